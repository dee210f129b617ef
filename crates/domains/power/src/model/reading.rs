//! From the variables of NUT to a snapshot (power spec E.1.2, D.3). Pure; a bad value spoils only its own field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::device::{Device, DeviceType};
use super::sample::Sample;
use super::snapshot::{Extras, PowerSource, Snapshot, number};

/// Raw variables by name.
pub type Variables = BTreeMap<String, String>;

/// Load above this is a defect, not an overload.
const LOAD_MAX: f64 = 1000.0;

/// What a device says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    pub model: Option<String>,
    pub manufacturer: Option<String>,
    pub serial: Option<String>,
    pub firmware: Option<String>,
}

impl Identity {
    /// Brings what is stored up to date. `before`: what the device said of itself last; anything else was written by a
    /// person and stays. Says whether something changed.
    pub fn renew(&self, device: &mut Device, before: &Self) -> bool {
        let members = [
            (&mut device.model, &before.model, &self.model),
            (&mut device.manufacturer, &before.manufacturer, &self.manufacturer),
            (&mut device.serial, &before.serial, &self.serial),
            (&mut device.firmware, &before.firmware, &self.firmware),
        ];
        let mut changed = false;
        for (known, before, told) in members {
            if told.is_some() && known != told && (known.is_none() || known == before) {
                known.clone_from(told);
                changed = true;
            }
        }
        changed
    }
}

struct Reader<'a>(&'a Variables);

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|t| t.trim()).filter(|t| !t.is_empty())
    }
    fn number(&self, name: &str) -> Option<f64> {
        self.text(name).and_then(number)
    }
    fn first(&self, names: &[&str]) -> Option<f64> {
        names.iter().find_map(|n| self.number(n))
    }
    fn positive(&self, names: &[&str]) -> Option<f64> {
        names.iter().filter_map(|n| self.number(n)).find(|n| *n >= 0.0)
    }
    /// The numbers of every variable the pattern `head` `n` `tail` names.
    fn numbered(&self, head: &str, tails: &[&str]) -> Vec<f64> {
        let named = |name: &str| {
            let rest = name.strip_prefix(head)?;
            let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|n| *n > 0)?;
            tails.contains(&rest.get(digits..)?).then_some(())
        };
        self.0.iter().filter(|(name, _)| named(name).is_some()).filter_map(|(_, v)| number(v)).filter(|n| *n >= 0.0).collect()
    }
}

fn sum(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum())
}

#[expect(clippy::cast_precision_loss, reason = "a handful of phases")]
fn mean(values: &[f64]) -> Option<f64> {
    sum(values).map(|total| total / values.len() as f64)
}

fn largest(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::max)
}

/// The snapshot of a poll.
pub fn of_sample(device: &Device, sample: &Sample) -> Snapshot {
    let mut snapshot = snapshot(device, &sample.variables);
    if sample.estimated && snapshot.power_watts.is_some() {
        snapshot.extras.power_source = Some(PowerSource::Estimated);
    }
    if !sample.alarms.is_empty() {
        snapshot.extras.alarms.clone_from(&sample.alarms);
    }
    snapshot
}

/// The snapshot these variables make.
pub fn snapshot(device: &Device, variables: &Variables) -> Snapshot {
    let r = Reader(variables);
    let lines = |head: &str| {
        // Between two lines only where nothing is told about the neutral: it is higher by the root of three.
        mean(&r.numbered(head, &["-N.voltage", ".voltage"]))
            .or_else(|| mean(&r.numbered(head, &["-L1.voltage", "-L2.voltage", "-L3.voltage"])))
    };
    let input_voltage = r.positive(&["input.voltage"]).or_else(|| lines("input.L"));
    let output_voltage = r.positive(&["output.voltage"]).or_else(|| lines("output.L"));
    let load = r.positive(&["ups.load", "output.load"]).or_else(|| largest(&r.numbered("output.L", &[".power.percent"])));
    let mut load = load.or_else(|| r.positive(&["input.load"])).filter(|n| *n <= LOAD_MAX);
    let current = r.positive(&["output.current", "input.current"]);
    let factor = r.positive(&["output.powerfactor"]);
    let (power, source) = watts(device, &r, load, current, output_voltage.or(input_voltage), factor);
    if load.is_none()
        && let (Some(watts), Some(rated)) = (power, device.rated_power_watts)
    {
        load = Some(watts / rated * 100.0);
    }
    let ambient_first = matches!(device.kind, DeviceType::Sensor | DeviceType::Pdu);
    let temperature_names = if ambient_first {
        ["ambient.temperature", "ups.temperature", "battery.temperature"]
    } else {
        ["ups.temperature", "battery.temperature", "ambient.temperature"]
    };
    let alarm = r.text("ups.alarm").map(|text| text.chars().take(500).collect::<String>());
    Snapshot {
        power_watts: power,
        load_percent: load,
        voltage: input_voltage.or(output_voltage),
        battery_percent: r.number("battery.charge").map(|n| n.clamp(0.0, 100.0)),
        runtime_seconds: r.positive(&["battery.runtime"]),
        ups_status: r.text("ups.status").map(str::to_owned),
        temperature_c: r.first(&temperature_names),
        extras: Extras {
            current_amps: current,
            frequency_hz: r.positive(&["input.frequency", "output.frequency"]),
            input_voltage,
            output_voltage,
            outlet_count: r.positive(&["outlet.count"]),
            power_source: source,
            apparent_va: r.positive(&["ups.power", "output.power"]),
            power_factor: factor,
            energy_kwh: r.positive(&["input.energy", "outlet.energy"]).map(|wh| wh / 1000.0),
            humidity_percent: r.positive(&["ambient.humidity"]),
            battery_voltage: r.number("battery.voltage"),
            nominal_voltage: r.positive(&["input.voltage.nominal"]),
            alarms: alarm.into_iter().collect(),
        },
    }
}

/// Watts by the documented order: measured first, nameplate last.
fn watts(
    device: &Device,
    r: &Reader<'_>,
    load: Option<f64>,
    amps: Option<f64>,
    volts: Option<f64>,
    factor: Option<f64>,
) -> (Option<f64>, Option<PowerSource>) {
    let measured = r
        .positive(&["ups.realpower", "output.realpower"])
        .or_else(|| sum(&r.numbered("output.L", &[".realpower"])))
        .or_else(|| sum(&r.numbered("outlet.", &[".realpower"])))
        .or_else(|| r.positive(&["input.realpower"]).filter(|_| device.kind == DeviceType::Pdu));
    if measured.is_some() {
        return (measured, Some(PowerSource::Measured));
    }
    if let (Some(amps), Some(volts), Some(factor)) = (amps, volts, factor) {
        return (Some(amps * volts * factor), Some(PowerSource::Estimated));
    }
    let rated = device
        .rated_power_watts
        .or_else(|| r.positive(&["ups.realpower.nominal"]))
        .or_else(|| r.positive(&["ups.power.nominal"]).map(|va| va * device.nominal_power_factor));
    let estimated = load.zip(rated).map(|(load, rated)| load * rated / 100.0);
    (estimated, estimated.map(|_| PowerSource::Estimated))
}

/// Make, model and numbers of the device.
pub fn identity(variables: &Variables) -> Identity {
    let r = Reader(variables);
    let first = |names: &[&str]| names.iter().find_map(|n| r.text(n)).map(|t| t.chars().filter(|c| !c.is_control()).take(128).collect());
    Identity {
        model: first(&["device.model", "ups.model"]),
        manufacturer: first(&["device.mfr", "ups.mfr"]),
        serial: first(&["device.serial", "ups.serial"]),
        firmware: first(&["ups.firmware", "ups.firmware.aux"]),
    }
}

/// What the device says it is.
pub fn kind(variables: &Variables) -> DeviceType {
    if Reader(variables).text("device.type") == Some("pdu") { DeviceType::Pdu } else { DeviceType::Ups }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::input::merge;
    use argos_kernel::Timestamp;
    use serde_json::json;

    fn device() -> Device {
        let body = json!({"id": "nut:a@h", "name": "A", "type": "ups", "poller": "nut", "host": "h"});
        merge(None, body.as_object().unwrap(), None, Timestamp::from_secs(0), "manual").unwrap().device
    }

    fn read(lines: &[(&str, &str)]) -> Snapshot {
        snapshot(&device(), &lines.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn watts_follow_the_documented_order() {
        let s = read(&[("ups.load", "23.4"), ("ups.realpower.nominal", "980")]);
        assert!((s.power_watts.unwrap() - 229.32).abs() < 1e-9);
        assert_eq!(s.extras.power_source, Some(PowerSource::Estimated));
        assert_eq!(read(&[("ups.load", "12")]).power_watts, None);
        assert_eq!(read(&[("ups.load", "112"), ("ups.realpower.nominal", "600")]).power_watts, Some(672.0));
        assert_eq!(read(&[("ups.load", "40"), ("ups.power.nominal", "1000")]).power_watts, Some(240.0));
        let s = read(&[("ups.realpower", "756"), ("ups.load", "40"), ("ups.power.nominal", "1000")]);
        assert_eq!((s.power_watts, s.extras.power_source), (Some(756.0), Some(PowerSource::Measured)));
    }

    #[test]
    fn identity_follows_the_device_except_for_what_a_person_wrote() {
        let told = |firmware: &str| Identity { model: Some("X".to_owned()), firmware: Some(firmware.to_owned()), ..Identity::default() };
        let mut d = Device { model: Some("Cellar UPS".to_owned()), ..device() };
        assert!(told("1").renew(&mut d, &Identity::default()));
        assert_eq!((d.model.as_deref(), d.firmware.as_deref()), (Some("Cellar UPS"), Some("1")));
        assert!(!told("1").renew(&mut d, &told("1")) && told("2").renew(&mut d, &told("1")));
        assert_eq!((d.model.as_deref(), d.firmware.as_deref()), (Some("Cellar UPS"), Some("2")));
        assert!(!Identity::default().renew(&mut d, &told("2")), "what is not told stays");
    }

    #[test]
    fn bad_field_never_spoils_the_sample() {
        let s = read(&[("ups.load", "n/a"), ("battery.charge", "130"), ("ups.temperature", "042.7"), ("battery.runtime", "-1")]);
        assert_eq!((s.load_percent, s.battery_percent, s.temperature_c, s.runtime_seconds), (None, Some(100.0), Some(42.7), None));
    }

    #[test]
    fn three_phases_become_sum_largest_and_mean() {
        let s = read(&[
            ("output.L1.realpower", "2400"),
            ("output.L2.realpower", "2050"),
            ("output.L3.realpower", "2710"),
            ("output.L1.power.percent", "19"),
            ("output.L3.power.percent", "22"),
            ("input.L1-N.voltage", "231"),
            ("input.L2-N.voltage", "230"),
            ("input.L3-N.voltage", "232"),
        ]);
        assert_eq!((s.power_watts, s.load_percent, s.voltage), (Some(7160.0), Some(22.0), Some(231.0)));
        let between = [("input.L1-L2.voltage", "400"), ("input.L2-L3.voltage", "402"), ("input.L3-L1.voltage", "398")];
        assert_eq!(read(&between).voltage, Some(400.0));
        assert_eq!(read(&[between[0], ("input.L1-N.voltage", "231")]).voltage, Some(231.0));
    }
}
