//! Batteries and mains adapters from `/sys/class/power_supply`.
//!
//! Batteries of mice and headsets are told apart from those that run the machine.
//! Format: Documentation/ABI/testing/sysfs-class-power of the kernel; units there are micro.

use crate::text;
use crate::tree::Tree;
use serde::Serialize;

/// One battery.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Battery {
    pub name: String,
    /// Charge left, 0 to 100.
    pub percent: Option<f64>,
    /// Kernel word: `Charging`, `Discharging`, `Full`, `Not charging`, `Unknown`.
    pub status: Option<String>,
    /// Until empty when discharging, until full when charging, at the present rate.
    pub remaining_s: Option<u64>,
    pub power_watts: Option<f64>,
    /// Full charge now in percent of the full charge it was built for.
    pub health_percent: Option<f64>,
    pub cycles: Option<u64>,
    pub model: Option<String>,
    /// Runs a peripheral, not the machine.
    pub peripheral: bool,
}

/// Supplies of one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PowerSupplies {
    pub batteries: Vec<Battery>,
    /// A mains or USB adapter delivers; `None` when the machine reports none.
    pub mains_online: Option<bool>,
}

impl PowerSupplies {
    /// The first battery that runs the machine.
    #[must_use]
    pub fn main_battery(&self) -> Option<&Battery> {
        self.batteries.iter().find(|battery| !battery.peripheral)
    }
}

/// One supply, as its `uevent` file describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Supply {
    Battery(Battery),
    Mains { online: Option<bool> },
}

/// Parses a `uevent` file (`POWER_SUPPLY_*=value` lines). Other kinds of supplies are `None`.
#[must_use]
pub fn parse_uevent(name: &str, text: &[u8]) -> Option<Supply> {
    let value = |key: &str| {
        text::lines(text)
            .filter_map(|line| text::pair(line, b'='))
            .find_map(|(found, value)| (found.strip_prefix(b"POWER_SUPPLY_")? == key.as_bytes()).then_some(value))
    };
    let micro = |key: &str| value(key).and_then(text::number::<i64>).map(|amount| amount.unsigned_abs() as f64 / 1e6);
    match value("TYPE")? {
        b"Mains" | b"USB" => {
            let online = value("ONLINE").and_then(text::number::<u8>).map(|online| online != 0);
            return Some(Supply::Mains { online });
        }
        b"Battery" => {}
        _ => return None,
    }
    if value("PRESENT") == Some(b"0") {
        return None;
    }
    let words = |key: &str| value(key).and_then(text::words);
    let status = words("STATUS");
    // Either energy (Wh) with power (W), or charge (Ah) with current (A): the ratios are the same.
    let (now, full, design, rate) = if value("ENERGY_NOW").is_some() {
        (micro("ENERGY_NOW"), micro("ENERGY_FULL"), micro("ENERGY_FULL_DESIGN"), micro("POWER_NOW"))
    } else {
        (micro("CHARGE_NOW"), micro("CHARGE_FULL"), micro("CHARGE_FULL_DESIGN"), micro("CURRENT_NOW"))
    };
    let share = |part: Option<f64>, whole: Option<f64>| {
        let (part, whole) = part.zip(whole)?;
        (whole > 0.0).then(|| (100.0 * part / whole).min(100.0))
    };
    let power = micro("POWER_NOW").or_else(|| Some(micro("VOLTAGE_NOW")? * micro("CURRENT_NOW")?));
    Some(Supply::Battery(Battery {
        name: name.to_owned(),
        percent: value("CAPACITY").and_then(text::decimal).or_else(|| share(now, full)),
        remaining_s: remaining(status.as_deref(), now, full, rate),
        status,
        power_watts: power,
        health_percent: share(full, design),
        cycles: value("CYCLE_COUNT").and_then(text::number).filter(|cycles| *cycles > 0),
        model: words("MODEL_NAME"),
        peripheral: value("SCOPE") == Some(b"Device"),
    }))
}

fn remaining(status: Option<&str>, now: Option<f64>, full: Option<f64>, rate: Option<f64>) -> Option<u64> {
    /// Above this the rate is noise.
    const HOURS_MAX: f64 = 24.0 * 30.0;
    let left = match status? {
        "Discharging" => now?,
        "Charging" => full? - now?,
        _ => return None,
    };
    let rate = rate.filter(|rate| *rate > 0.0)?;
    let hours = left / rate;
    // In range, so the conversion is exact to the second.
    (0.0..HOURS_MAX).contains(&hours).then(|| (hours * 3600.0).round() as u64)
}

pub(crate) fn sample(tree: &mut Tree) -> PowerSupplies {
    let mut supplies = PowerSupplies::default();
    for name in tree.names(format_args!("/sys/class/power_supply")) {
        let uevent = tree.read(format_args!("/sys/class/power_supply/{name}/uevent"));
        match uevent.and_then(|text| parse_uevent(&name, text)) {
            Some(Supply::Battery(battery)) => supplies.batteries.push(battery),
            Some(Supply::Mains { online: Some(online) }) => {
                supplies.mains_online = Some(online || supplies.mains_online == Some(true));
            }
            Some(Supply::Mains { online: None }) | None => {}
        }
    }
    supplies
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATTERY: &[u8] = b"POWER_SUPPLY_NAME=BAT0\nPOWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS=Discharging\n\
POWER_SUPPLY_PRESENT=1\nPOWER_SUPPLY_CYCLE_COUNT=214\nPOWER_SUPPLY_VOLTAGE_NOW=11850000\n\
POWER_SUPPLY_POWER_NOW=10000000\nPOWER_SUPPLY_ENERGY_FULL_DESIGN=57000000\n\
POWER_SUPPLY_ENERGY_FULL=45600000\nPOWER_SUPPLY_ENERGY_NOW=25000000\nPOWER_SUPPLY_CAPACITY=54\n\
POWER_SUPPLY_MODEL_NAME=02DL005\n";

    #[test]
    fn discharging_battery_tells_its_time() {
        let Some(Supply::Battery(battery)) = parse_uevent("BAT0", BATTERY) else { panic!("a battery") };
        assert_eq!((battery.percent, battery.cycles), (Some(54.0), Some(214)));
        assert_eq!(battery.status.as_deref(), Some("Discharging"));
        assert_eq!(battery.remaining_s, Some(9000));
        assert_eq!(battery.power_watts, Some(10.0));
        assert_eq!(battery.health_percent, Some(80.0));
        assert!(!battery.peripheral);
    }

    #[test]
    fn full_battery_with_charge_units_has_no_time() {
        let text = b"POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS=Full\nPOWER_SUPPLY_CHARGE_NOW=4000000\n\
POWER_SUPPLY_CHARGE_FULL=4000000\nPOWER_SUPPLY_CURRENT_NOW=-500000\nPOWER_SUPPLY_VOLTAGE_NOW=12000000\nPOWER_SUPPLY_SCOPE=Device\n";
        let Some(Supply::Battery(battery)) = parse_uevent("hid", text) else { panic!("a battery") };
        assert_eq!((battery.percent, battery.remaining_s), (Some(100.0), None));
        assert_eq!(battery.power_watts, Some(6.0));
        assert!(battery.peripheral);
    }

    #[test]
    fn mains_and_unknown_supplies() {
        let mains = parse_uevent("AC", b"POWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=1\n");
        assert_eq!(mains, Some(Supply::Mains { online: Some(true) }));
        assert_eq!(parse_uevent("ups", b"POWER_SUPPLY_TYPE=UPS\n"), None);
        assert_eq!(parse_uevent("BAT1", b"POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_PRESENT=0\n"), None);
    }
}
