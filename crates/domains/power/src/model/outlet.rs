//! Outlets and phases of a device: what the rows of PDUs and three-phase UPSes hold. Unknown is `None`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reading::Variables;
use super::snapshot::number;

/// Whether an outlet is powered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutletState {
    On,
    Off,
    #[default]
    Unknown,
}

impl OutletState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }
    /// Anything but the two words is unknown.
    pub fn parse(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "on" => Self::On,
            "off" => Self::Off,
            _ => Self::Unknown,
        }
    }
}

/// One outlet as the device tells of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlet {
    /// The device's own index: a number, numbers with dots between, or a short name.
    pub id: String,
    pub name: Option<String>,
    pub state: OutletState,
    pub current_amps: Option<f64>,
    pub power_watts: Option<f64>,
    pub energy_kwh: Option<f64>,
    /// The device can be told to switch it.
    pub switchable: bool,
}

/// One phase, line, inlet or cord.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Phase {
    pub id: String,
    pub voltage: Option<f64>,
    pub current_amps: Option<f64>,
    pub power_watts: Option<f64>,
    pub load_percent: Option<f64>,
}

/// Whether a text is an outlet's index.
pub fn is_outlet_id(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')))
}

/// What an action can make of an outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    On,
    Off,
    Cycle,
}

impl Switch {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Cycle => "cycle",
        }
    }
    /// The state the outlet has when it is done.
    pub const fn goal(self) -> OutletState {
        match self {
            Self::On | Self::Cycle => OutletState::On,
            Self::Off => OutletState::Off,
        }
    }
    /// The instant command of NUT.
    pub fn nut_command(self, outlet: &str) -> String {
        format!("outlet.{outlet}.load.{}", self.as_str())
    }
}

/// The outlets of NUT's variables `outlet.<n>.*`; `outlet.0` is the whole device.
pub fn nut_outlets(variables: &Variables, commands: &[String]) -> Vec<Outlet> {
    let mut rows: BTreeMap<u32, Outlet> = BTreeMap::new();
    for (name, value) in variables {
        let Some((index, field)) = name.strip_prefix("outlet.").and_then(|rest| rest.split_once('.')) else { continue };
        let Some(n) = index.parse::<u32>().ok().filter(|n| *n > 0 && index.len() < 6) else { continue };
        let row = rows.entry(n).or_insert_with(|| Outlet { id: n.to_string(), ..Outlet::default() });
        let positive = || number(value).filter(|v| *v >= 0.0);
        match field {
            "desc" => row.name = Some(value.trim().to_owned()).filter(|t| !t.is_empty()),
            "name" if row.name.is_none() => row.name = Some(value.trim().to_owned()).filter(|t| !t.is_empty()),
            "status" => row.state = OutletState::parse(value),
            "current" => row.current_amps = positive(),
            "realpower" => row.power_watts = positive(),
            "energy" => row.energy_kwh = positive().map(|wh| wh / 1000.0),
            _ => {}
        }
    }
    for row in rows.values_mut() {
        row.switchable = commands.contains(&Switch::Off.nut_command(&row.id)) || commands.contains(&Switch::On.nut_command(&row.id));
    }
    rows.into_values().collect()
}

/// The phases of NUT's variables: those of the output, else those of the input.
pub fn nut_phases(variables: &Variables) -> Vec<Phase> {
    let of = |side: &str| {
        let mut rows: Vec<Phase> = Vec::new();
        for line in ["L1", "L2", "L3"] {
            let read = |name: String| variables.get(&name).and_then(|v| number(v)).filter(|v| *v >= 0.0);
            let phase = Phase {
                id: line.to_owned(),
                voltage: read(format!("{side}.{line}-N.voltage")).or_else(|| read(format!("{side}.{line}.voltage"))),
                current_amps: read(format!("{side}.{line}.current")),
                power_watts: read(format!("{side}.{line}.realpower")),
                load_percent: read(format!("{side}.{line}.power.percent")).or_else(|| read(format!("{side}.{line}.load"))),
            };
            if phase != (Phase { id: line.to_owned(), ..Phase::default() }) {
                rows.push(phase);
            }
        }
        rows
    };
    let output = of("output");
    if output.is_empty() { of("input") } else { output }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(lines: &[(&str, &str)]) -> Variables {
        lines.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn nut_variables_become_outlets_in_their_order() {
        let v = variables(&[
            ("outlet.0.status", "on"),
            ("outlet.10.status", "off"),
            ("outlet.2.desc", "server"),
            ("outlet.2.status", "on"),
            ("outlet.2.realpower", "245"),
            ("outlet.2.energy", "1500"),
            ("outlet.count", "2"),
            ("outlet.x.status", "on"),
        ]);
        let outlets = nut_outlets(&v, &["outlet.2.load.off".to_owned()]);
        let ids: Vec<&str> = outlets.iter().map(|o| o.id.as_str()).collect();
        assert_eq!(ids, ["2", "10"]);
        assert_eq!((outlets[0].state, outlets[0].power_watts, outlets[0].energy_kwh), (OutletState::On, Some(245.0), Some(1.5)));
        assert_eq!((outlets[0].name.as_deref(), outlets[0].switchable, outlets[1].switchable), (Some("server"), true, false));
    }

    #[test]
    fn phases_of_the_output_win_over_the_input() {
        let v = variables(&[("output.L1.realpower", "2400"), ("input.L1-N.voltage", "231"), ("output.L2-N.voltage", "230")]);
        let phases = nut_phases(&v);
        assert_eq!((phases.len(), phases[0].power_watts, phases[1].voltage), (2, Some(2400.0), Some(230.0)));
        assert_eq!(nut_phases(&variables(&[("input.L3.current", "4")]))[0].current_amps, Some(4.0));
        assert!(nut_phases(&variables(&[("input.voltage", "230")])).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_variables_make_outlets_with_sound_ids(names in proptest::collection::vec("outlet\\.[0-9a-z.]{0,12}", 0..8), value in "\\PC{0,8}") {
            let v: Variables = names.into_iter().map(|n| (n, value.clone())).collect();
            for outlet in nut_outlets(&v, &[]) {
                proptest::prop_assert!(is_outlet_id(&outlet.id));
            }
        }
    }
}
