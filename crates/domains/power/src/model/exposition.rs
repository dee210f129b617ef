//! Prometheus text format 0.0.4: one family after the other, unknown values left out. Names are those dashboards of
//! other tools already ask for.

use std::collections::BTreeSet;

/// A text under construction.
#[derive(Debug, Default)]
pub struct Exposition {
    out: String,
    /// Labels the operator does not want.
    hidden: BTreeSet<String>,
}

/// Label values are cut here.
const LABEL_MAX: usize = 256;

impl Exposition {
    pub fn without_labels(hidden: impl IntoIterator<Item = String>) -> Self {
        Self { out: String::new(), hidden: hidden.into_iter().collect() }
    }
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.out.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let shown = labels.iter().filter(|(n, _)| !self.hidden.contains(*n));
        let text: Vec<String> = shown.map(|(n, v)| format!("{n}=\"{}\"", escaped(v))).collect();
        let labels = if text.is_empty() { String::new() } else { format!("{{{}}}", text.join(",")) };
        self.out.push_str(&format!("{name}{labels} {value}\n"));
    }
    pub fn finish(self) -> String {
        self.out
    }
}

fn escaped(value: &str) -> String {
    value.chars().take(LABEL_MAX).collect::<String>().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Flags the usual NUT exporter shows for every UPS.
pub const FLAGS: [&str; 15] =
    ["OL", "OB", "LB", "HB", "RB", "CHRG", "DISCHRG", "BYPASS", "CAL", "OFF", "OVER", "TRIM", "BOOST", "FSD", "SD"];

/// The metric name of a NUT variable, and its value: numbers as they are, switches as 1 and 0.
pub fn variable(name: &str, value: &str) -> Option<(String, f64)> {
    let number = match value.trim().to_ascii_lowercase().as_str() {
        "on" | "enabled" | "yes" => 1.0,
        "off" | "disabled" | "no" => 0.0,
        text => text.parse::<f64>().ok().filter(|n| n.is_finite())?,
    };
    Some((format!("network_ups_tools_{}", name.replace(['.', '-'], "_")), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_escape_their_labels_and_leave_hidden_ones_out() {
        let mut e = Exposition::without_labels(["device_type".to_owned()]);
        e.family("argus_voltage_volts", "gauge", "Input voltage");
        e.sample("argus_voltage_volts", &[("device_id", "a\"b\\c\n"), ("device_type", "ups")], 231.5);
        assert_eq!(
            e.finish(),
            "# HELP argus_voltage_volts Input voltage\n# TYPE argus_voltage_volts gauge\nargus_voltage_volts{device_id=\"a\\\"b\\\\c\\n\"} 231.5\n"
        );
    }

    #[test]
    fn variables_become_names_and_numbers() {
        assert_eq!(variable("battery.charge", "97"), Some(("network_ups_tools_battery_charge".to_owned(), 97.0)));
        assert_eq!(variable("input.L1-N.voltage", " 231.5 "), Some(("network_ups_tools_input_L1_N_voltage".to_owned(), 231.5)));
        assert_eq!(variable("ups.beeper.status", "enabled"), Some(("network_ups_tools_ups_beeper_status".to_owned(), 1.0)));
        assert_eq!(variable("ups.model", "Smart 980"), None);
    }
}
