//! One normalised sample of a device (power spec B.3), whatever it was read with. Unknown is `None`.

use argos_kernel::Timestamp;
use argos_nut::Flags;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device::DeviceType;

/// Whether watts were measured or follow from the nameplate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PowerSource {
    Measured,
    Estimated,
}

/// The values of one sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    pub power_watts: Option<f64>,
    pub load_percent: Option<f64>,
    pub voltage: Option<f64>,
    pub battery_percent: Option<f64>,
    pub runtime_seconds: Option<f64>,
    pub ups_status: Option<String>,
    pub temperature_c: Option<f64>,
    #[serde(flatten)]
    pub extras: Extras,
}

/// Values beyond the core ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Extras {
    pub current_amps: Option<f64>,
    pub frequency_hz: Option<f64>,
    pub input_voltage: Option<f64>,
    pub output_voltage: Option<f64>,
    pub outlet_count: Option<f64>,
    pub power_source: Option<PowerSource>,
    pub apparent_va: Option<f64>,
    pub power_factor: Option<f64>,
    /// The device's own counter.
    pub energy_kwh: Option<f64>,
    pub humidity_percent: Option<f64>,
    pub battery_voltage: Option<f64>,
    pub nominal_voltage: Option<f64>,
    pub alarms: Vec<String>,
}

impl Snapshot {
    pub fn flags(&self) -> Flags {
        Flags::parse(self.ups_status.as_deref().unwrap_or_default())
    }

    /// Name, unit and value of everything numeric, for the metrics.
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, &'static str, f64)> {
        let e = &self.extras;
        [
            ("power_watts", "W", self.power_watts),
            ("load_percent", "%", self.load_percent),
            ("voltage", "V", self.voltage),
            ("battery_percent", "%", self.battery_percent),
            ("runtime_seconds", "s", self.runtime_seconds),
            ("temperature_c", "°C", self.temperature_c),
            ("current_amps", "A", e.current_amps),
            ("frequency_hz", "Hz", e.frequency_hz),
            ("input_voltage", "V", e.input_voltage),
            ("output_voltage", "V", e.output_voltage),
            ("apparent_va", "VA", e.apparent_va),
            ("power_factor", "", e.power_factor),
            ("humidity_percent", "%", e.humidity_percent),
            ("battery_voltage", "V", e.battery_voltage),
        ]
        .into_iter()
        .filter_map(|(name, unit, value)| Some((name, unit, value?)))
    }
}

/// A stored row.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotRow {
    pub id: i64,
    pub at: Timestamp,
    pub device_id: String,
    pub kind: DeviceType,
    pub values: Snapshot,
}

/// Reads a number as devices write it: blanks, leading zeros and a trailing unit are fine; anything else is unknown.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    let end = text.find(|c: char| !digits(c)).unwrap_or(text.len());
    let (head, unit) = text.split_at_checked(end)?;
    // `1.2.3` or `12:30` is no number with a unit.
    if unit.trim_start().starts_with(|c: char| c.is_ascii_digit() || matches!(c, ':' | '/' | '-')) {
        return None;
    }
    head.parse::<f64>().ok().filter(|n| n.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_leniently_and_nonsense_is_unknown() {
        for (text, value) in [("042.7", 42.7), (" 12.0 Percent", 12.0), ("-3", -3.0), ("230V", 230.0), (".5", 0.5)] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "n/a", "1.2.3", "12:30", "NaN", "inf", "2026-01-02", "-"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_finite_number_or_unknown(text in "\\PC{0,30}") {
            proptest::prop_assert!(number(&text).is_none_or(f64::is_finite));
        }
    }
}
