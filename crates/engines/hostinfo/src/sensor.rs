//! Temperatures and fans from hwmon and thermal zones in sysfs.
//!
//! The channels are looked up rarely, their values read on every tick. Disk temperatures of the
//! `drivetemp` driver are left out unless asked for: reading them may keep a disk from spinning down
//! (Documentation/hwmon/drivetemp.rst). Units: Documentation/hwmon/sysfs-interface.rst.

use crate::tree::Tree;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One temperature in degrees Celsius.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Temperature {
    /// Driver or zone, such as `coretemp`, `nvme`, `acpitz`.
    pub chip: Arc<str>,
    /// What is measured, such as `Package id 0`; drivers may not tell.
    pub label: Option<Arc<str>>,
    /// The device behind the chip, such as `nvme0`.
    pub device: Option<Arc<str>>,
    pub celsius: f64,
    pub max_celsius: Option<f64>,
    pub critical_celsius: Option<f64>,
}

/// One fan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fan {
    pub chip: Arc<str>,
    pub label: Option<Arc<str>>,
    pub rpm: u64,
    pub min_rpm: Option<u64>,
}

/// All readings of one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sensors {
    pub temperatures: Vec<Temperature>,
    pub fans: Vec<Fan>,
}

/// Chips that measure the processor, best first; within a chip the labels that mean all of it.
const CPU_CHIPS: [&str; 5] = ["coretemp", "k10temp", "zenpower", "cpu_thermal", "acpitz"];
const CPU_LABELS: [&str; 3] = ["Package id", "Tctl", "Tdie"];

impl Sensors {
    /// Temperature of the processor: the package sensor of the best chip, else its hottest sensor.
    #[must_use]
    pub fn cpu_celsius(&self) -> Option<f64> {
        CPU_CHIPS.iter().find_map(|chip| {
            let mine = || self.temperatures.iter().filter(move |reading| same_chip(&reading.chip, chip));
            let whole = CPU_LABELS.iter().find_map(|wanted| {
                let labelled = mine().filter(|reading| reading.label.as_deref().is_some_and(|label| label.starts_with(wanted)));
                hottest(labelled)
            });
            whole.or_else(|| hottest(mine()))
        })
    }
}

fn hottest<'a>(readings: impl Iterator<Item = &'a Temperature>) -> Option<f64> {
    readings.map(|reading| reading.celsius).reduce(f64::max)
}

/// Zones and chips spell one name with `-` or `_`.
fn same_chip(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(a, b)| a == b || (a == b'-' && b == b'_') || (a == b'_' && b == b'-'))
}

#[derive(Debug)]
struct TemperatureChannel {
    path: String,
    chip: Arc<str>,
    label: Option<Arc<str>>,
    device: Option<Arc<str>>,
    max_celsius: Option<f64>,
    critical_celsius: Option<f64>,
}

#[derive(Debug)]
struct FanChannel {
    path: String,
    chip: Arc<str>,
    label: Option<Arc<str>>,
    min_rpm: Option<u64>,
}

/// Keeps the list of channels.
#[derive(Debug, Default)]
pub(crate) struct SensorCollector {
    temperatures: Vec<TemperatureChannel>,
    fans: Vec<FanChannel>,
}

impl SensorCollector {
    /// Looks all channels up again.
    pub(crate) fn discover(&mut self, tree: &mut Tree, drives: bool) {
        self.temperatures.clear();
        self.fans.clear();
        for directory in tree.names(format_args!("/sys/class/hwmon")) {
            self.discover_chip(tree, &format!("/sys/class/hwmon/{directory}"), drives);
        }
        for zone in tree.names(format_args!("/sys/class/thermal")) {
            if zone.starts_with("thermal_zone") {
                self.discover_zone(tree, &format!("/sys/class/thermal/{zone}"));
            }
        }
    }

    fn discover_chip(&mut self, tree: &mut Tree, base: &str, drives: bool) {
        let Some(chip) = tree.words(format_args!("{base}/name")) else {
            return;
        };
        if &*chip == "drivetemp" && !drives {
            return;
        }
        let device = tree.link_name(format_args!("{base}/device"));
        let names = tree.names(format_args!("{base}"));
        for number in channels(&names, "temp") {
            let limit = |tree: &mut Tree, kind: &str| {
                let millis = tree.number(format_args!("{base}/temp{number}_{kind}"));
                millis.and_then(plausible_limit)
            };
            self.temperatures.push(TemperatureChannel {
                path: format!("{base}/temp{number}_input"),
                chip: Arc::clone(&chip),
                label: tree.words(format_args!("{base}/temp{number}_label")),
                device: device.clone(),
                max_celsius: limit(tree, "max"),
                critical_celsius: limit(tree, "crit"),
            });
        }
        for number in channels(&names, "fan") {
            self.fans.push(FanChannel {
                path: format!("{base}/fan{number}_input"),
                chip: Arc::clone(&chip),
                label: tree.words(format_args!("{base}/fan{number}_label")),
                min_rpm: tree.number(format_args!("{base}/fan{number}_min")),
            });
        }
    }

    fn discover_zone(&mut self, tree: &mut Tree, base: &str) {
        let Some(chip) = tree.words(format_args!("{base}/type")) else {
            return;
        };
        // Most zones appear a second time as a hwmon chip of the same name.
        if self.temperatures.iter().any(|channel| channel.path.starts_with("/sys/class/hwmon") && same_chip(&channel.chip, &chip)) {
            return;
        }
        let names = tree.names(format_args!("{base}"));
        let critical = names
            .iter()
            .filter_map(|name| name.strip_prefix("trip_point_")?.strip_suffix("_type"))
            .find(|number| {
                let kind = tree.read(format_args!("{base}/trip_point_{number}_type"));
                kind.is_some_and(|kind| kind.trim_ascii() == b"critical")
            })
            .map(str::to_owned);
        let critical_celsius = critical.and_then(|number| {
            let millis = tree.number(format_args!("{base}/trip_point_{number}_temp"));
            millis.and_then(plausible_limit)
        });
        self.temperatures.push(TemperatureChannel {
            path: format!("{base}/temp"),
            chip,
            label: None,
            device: None,
            max_celsius: None,
            critical_celsius,
        });
    }

    /// Reads the known channels; one that cannot be read or is implausible is left out.
    pub(crate) fn sample(&self, tree: &mut Tree) -> Sensors {
        let mut sensors = Sensors::default();
        for channel in &self.temperatures {
            let millis = tree.number(format_args!("{}", channel.path));
            let Some(celsius) = millis.and_then(plausible_reading) else {
                continue;
            };
            sensors.temperatures.push(Temperature {
                chip: Arc::clone(&channel.chip),
                label: channel.label.clone(),
                device: channel.device.clone(),
                celsius,
                max_celsius: channel.max_celsius,
                critical_celsius: channel.critical_celsius,
            });
        }
        for channel in &self.fans {
            let Some(rpm) = tree.number(format_args!("{}", channel.path)) else {
                continue;
            };
            sensors.fans.push(Fan { chip: Arc::clone(&channel.chip), label: channel.label.clone(), rpm, min_rpm: channel.min_rpm });
        }
        sensors
    }
}

/// Numbers of the channels of a kind, in numeric order: `temp1_input`, `temp2_input`.
fn channels(names: &[String], kind: &str) -> BTreeSet<u32> {
    let number = |name: &String| name.strip_prefix(kind)?.strip_suffix("_input")?.parse().ok();
    names.iter().filter_map(number).collect()
}

/// Chips answer for unconnected inputs with values no sensor can measure.
fn plausible_reading(millis: i64) -> Option<f64> {
    (-60_000..=200_000).contains(&millis).then(|| millis as f64 / 1000.0)
}

/// Zero and absurd limits mean "none set".
fn plausible_limit(millis: i64) -> Option<f64> {
    (1..=200_000).contains(&millis).then(|| millis as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(chip: &str, label: Option<&str>, celsius: f64) -> Temperature {
        Temperature { chip: Arc::from(chip), label: label.map(Arc::from), device: None, celsius, max_celsius: None, critical_celsius: None }
    }

    #[test]
    fn cpu_temperature_prefers_the_package_of_the_best_chip() {
        let sensors = Sensors {
            temperatures: vec![
                reading("acpitz", None, 27.8),
                reading("nvme", Some("Composite"), 70.0),
                reading("coretemp", Some("Core 0"), 61.0),
                reading("coretemp", Some("Package id 0"), 55.0),
                reading("coretemp", Some("Package id 1"), 58.0),
            ],
            fans: Vec::new(),
        };
        assert_eq!(sensors.cpu_celsius(), Some(58.0));
    }

    #[test]
    fn cpu_temperature_without_package_is_the_hottest_core() {
        let temperatures = vec![reading("cpu-thermal", None, 48.3), reading("cpu-thermal", None, 49.1)];
        let sensors = Sensors { temperatures, fans: Vec::new() };
        assert_eq!(sensors.cpu_celsius(), Some(49.1));
        assert_eq!(Sensors::default().cpu_celsius(), None);
    }

    #[test]
    fn implausible_values_are_none() {
        assert_eq!(plausible_reading(45_500), Some(45.5));
        assert_eq!(plausible_reading(-128_000), None);
        assert_eq!(plausible_limit(65_261_850), None);
        assert_eq!(plausible_limit(0), None);
    }

    #[test]
    fn channels_come_in_numeric_order() {
        let names = ["temp10_input", "temp2_input", "temp2_label", "fan1_input", "temp_input"];
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        assert_eq!(channels(&names, "temp").into_iter().collect::<Vec<_>>(), [2, 10]);
    }
}
