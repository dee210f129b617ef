//! What one good poll brought, whatever the device was read with: variables under NUT's names, outlets and phases.

use argos_powermib::{Command, OutletState as MibState, Profile, Reading};

use super::device::DeviceType;
use super::outlet::{Outlet, OutletState, Phase, nut_outlets, nut_phases};
use super::reading::Variables;

/// One poll.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Under NUT's names, so that our NUT server serves every device alike.
    pub variables: Variables,
    pub outlets: Vec<Outlet>,
    pub phases: Vec<Phase>,
    /// Names of alarms, where the device has a list of them; else `ups.alarm` speaks.
    pub alarms: Vec<String>,
    /// The watts follow from something else than a power meter.
    pub estimated: bool,
    /// What one raw unit of the device's energy counter is worth, where it is known to wrap at 32 bits.
    pub energy_unit_kwh: Option<f64>,
    /// The same of the counters of its outlets.
    pub outlet_energy_unit_kwh: Option<f64>,
}

impl Sample {
    /// The variables of a NUT server; `commands` are the instant commands it knows for the device.
    pub fn from_nut(variables: Variables, commands: &[String]) -> Self {
        let (outlets, phases) = (nut_outlets(&variables, commands), nut_phases(&variables));
        Self { variables, outlets, phases, ..Self::default() }
    }

    /// What an SNMP agent answered.
    pub fn from_mib(profile: Profile, reading: &Reading) -> Self {
        let mut v = Writer::default();
        let ups = profile.is_ups();
        let kind = if ups { DeviceType::Ups } else { DeviceType::Pdu };
        v.text("device.type", Some(kind.as_str()));
        v.text("device.mfr", reading.identity.manufacturer.as_deref());
        v.text("device.model", reading.identity.model.as_deref());
        v.text("device.serial", reading.identity.serial.as_deref());
        v.text("ups.firmware", reading.identity.firmware.as_deref());
        v.text("ups.id", reading.identity.name.as_deref());
        v.text("ups.status", reading.status().as_deref());
        v.number("ups.realpower", reading.power_watts);
        v.number("ups.power", reading.apparent_va);
        v.number("output.powerfactor", reading.power_factor);
        v.number("ups.load", reading.load_percent);
        v.number("input.voltage", reading.input_voltage);
        v.number("output.voltage", reading.output_voltage);
        v.number(if ups { "output.current" } else { "input.current" }, reading.current_amps);
        v.number("input.frequency", reading.frequency_hz);
        v.number("battery.charge", reading.battery_percent);
        v.number("battery.voltage", reading.battery_voltage);
        v.number("battery.runtime", reading.runtime_seconds);
        v.number(if ups { "ups.temperature" } else { "ambient.temperature" }, reading.temperature_c);
        v.number("ambient.humidity", reading.humidity_percent);
        v.number("input.energy", reading.energy_kwh.map(|kwh| kwh * 1000.0));
        v.number("ups.realpower.nominal", reading.rated_watts);
        v.number("ups.power.nominal", reading.rated_va);
        v.number("outlet.count", reading.outlet_count.map(f64::from));
        v.text("ups.test.result", reading.test_result.as_deref());
        v.text("ups.alarm", Some(reading.alarms.join(" ")).filter(|t| !t.is_empty()).as_deref());
        let side = if ups { "output" } else { "input" };
        for (index, phase) in reading.phases.iter().enumerate().filter(|_| reading.phases.len() > 1) {
            let line = format!("{side}.L{}", index + 1);
            v.number(&format!("{line}-N.voltage"), phase.voltage);
            v.number(&format!("{line}.current"), phase.current_amps);
            v.number(&format!("{line}.realpower"), phase.power_watts);
            v.number(&format!("{line}.power.percent"), phase.load_percent);
        }
        for (index, outlet) in reading.outlets.iter().enumerate() {
            let head = format!("outlet.{}", index + 1);
            v.text(&format!("{head}.id"), Some(&outlet.id));
            v.text(&format!("{head}.desc"), outlet.name.as_deref());
            v.text(&format!("{head}.status"), outlet.state.map(|s| if s == MibState::On { "on" } else { "off" }));
            v.number(&format!("{head}.current"), outlet.current_amps);
            v.number(&format!("{head}.realpower"), outlet.power_watts);
            v.number(&format!("{head}.energy"), outlet.energy_kwh.map(|kwh| kwh * 1000.0));
        }
        Self {
            variables: v.0,
            outlets: reading.outlets.iter().map(|o| outlet(profile, o)).collect(),
            phases: reading.phases.iter().map(phase).collect(),
            alarms: reading.alarms.clone(),
            estimated: reading.power_estimated,
            energy_unit_kwh: profile.energy_unit_kwh(),
            outlet_energy_unit_kwh: profile.outlet_energy_unit_kwh(),
        }
    }
}

fn outlet(profile: Profile, o: &argos_powermib::Outlet) -> Outlet {
    let on = Command::Outlet(o.id.clone(), argos_powermib::Switch::On);
    Outlet {
        id: o.id.clone(),
        name: o.name.clone(),
        state: match o.state {
            Some(MibState::On) => OutletState::On,
            Some(MibState::Off) => OutletState::Off,
            None => OutletState::Unknown,
        },
        current_amps: o.current_amps,
        power_watts: o.power_watts,
        energy_kwh: o.energy_kwh,
        switchable: o.state.is_some() && profile.command(&on).is_some(),
    }
}

fn phase(p: &argos_powermib::Phase) -> Phase {
    Phase { id: p.id.clone(), voltage: p.voltage, current_amps: p.current_amps, power_watts: p.power_watts, load_percent: p.load_percent }
}

/// Variables as they come; unknown ones stay away.
#[derive(Default)]
pub struct Writer(pub Variables);

impl Writer {
    pub fn text(&mut self, name: &str, value: Option<&str>) {
        let clean: Option<String> = value.map(|t| t.trim().chars().filter(|c| !c.is_control()).take(256).collect());
        if let Some(text) = clean.filter(|t| !t.is_empty()) {
            self.0.insert(name.to_owned(), text);
        }
    }
    /// Without the dust of binary fractions.
    pub fn number(&mut self, name: &str, value: Option<f64>) {
        if let Some(value) = value.filter(|v| v.is_finite()) {
            self.0.insert(name.to_owned(), ((value * 1e4).round() / 1e4).to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pdu_reading_becomes_variables_outlets_and_phases() {
        let reading = Reading {
            power_watts: Some(1410.0),
            energy_kwh: Some(12_345.6),
            outlets: vec![argos_powermib::Outlet { id: "3".to_owned(), state: Some(MibState::Off), ..argos_powermib::Outlet::default() }],
            ..Reading::default()
        };
        let sample = Sample::from_mib(Profile::ApcRpdu2, &reading);
        let get = |name: &str| sample.variables.get(name).map(String::as_str);
        assert_eq!((get("ups.realpower"), get("input.energy"), get("outlet.1.status")), (Some("1410"), Some("12345600"), Some("off")));
        assert_eq!((get("ups.status"), get("device.type")), (None, Some("pdu")));
        assert!(sample.outlets[0].switchable && sample.outlets[0].state == OutletState::Off);
        assert!(!Sample::from_mib(Profile::ApcEasypdu, &reading).outlets[0].switchable);
    }
}
