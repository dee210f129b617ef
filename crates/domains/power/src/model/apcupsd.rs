//! What apcupsd tells, under NUT's names.

use argos_powerproto::apcupsd::Status;

use super::sample::{Sample, Writer};

pub fn sample(status: &Status) -> Sample {
    let mut v = Writer::default();
    v.text("device.type", Some("ups"));
    v.text("device.mfr", Some("APC"));
    v.text("device.model", status.model.as_deref());
    v.text("device.serial", status.serial.as_deref());
    v.text("ups.firmware", status.firmware.as_deref());
    v.text("ups.id", status.name.as_deref());
    v.text("ups.status", Some(&status.flags.join(" ")));
    v.number("ups.load", status.load_percent);
    v.number("ups.realpower.nominal", status.rated_watts);
    v.number("ups.temperature", status.temperature_c);
    v.number("input.voltage", status.input_voltage);
    v.number("input.frequency", status.frequency_hz);
    v.number("output.voltage", status.output_voltage);
    v.number("battery.charge", status.battery_percent);
    v.number("battery.runtime", status.runtime_seconds);
    v.number("battery.voltage", status.battery_voltage);
    Sample { variables: v.0, ..Sample::default() }
}
