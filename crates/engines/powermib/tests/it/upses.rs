//! UPS profiles: exact values of the recordings, and the status tables.

use argos_powermib::Flag;
use argos_snmp::Value;

use crate::recording::{reading, reading_with};

#[test]
fn rfc1628_three_phase_ups_on_battery_reads_sums_means_and_flags() {
    let ups = reading("rfc1628");
    assert_eq!(ups.status().as_deref(), Some("OB LB"));
    assert_eq!(ups.power_watts, Some(7160.0));
    assert_eq!(ups.load_percent, Some(22.0));
    assert_eq!(ups.output_voltage, Some(231.0));
    assert!((ups.current_amps.unwrap() - 32.9).abs() < 1e-9);
    assert_eq!(ups.runtime_seconds, Some(180.0));
    assert_eq!((ups.battery_percent, ups.battery_voltage, ups.temperature_c), (Some(18.0), Some(216.0), Some(27.0)));
    assert_eq!((ups.rated_va, ups.rated_watts), (Some(15000.0), Some(12000.0)));
    assert_eq!(ups.phases.len(), 3);
    assert_eq!((ups.phases[2].current_amps, ups.phases[2].load_percent), (Some(12.5), Some(22.0)));
    assert_eq!(ups.alarms, ["on_battery", "low_battery"]);
    assert_eq!(ups.identity.model.as_deref(), Some("Tri 10k"));
    assert_eq!(ups.energy_kwh, None);
}

#[test]
fn rfc1628_output_source_reads_as_nut_flags() {
    let status = |source: i64| {
        reading_with("rfc1628", &[("4.1.0", Value::Integer(source)), ("2.1.0", Value::Integer(2)), ("6.2.1.2.9", Value::Null)])
    };
    for (source, flags) in
        [(1, None), (2, Some("OFF")), (3, Some("OL")), (4, Some("OL BYPASS")), (6, Some("OL BOOST")), (7, Some("OL TRIM"))]
    {
        // The recording's own low-battery alarm stays: it is a row of its own.
        let wanted = flags.map_or("LB".to_owned(), |flags| format!("{flags} LB"));
        assert_eq!(status(source).status(), Some(wanted), "{source}");
    }
}

#[test]
fn rfc1628_overload_and_bad_battery_alarms_raise_flags() {
    let alarm = |number: u32| Value::Oid(format!("1.3.6.1.2.1.33.1.6.3.{number}").parse().unwrap());
    let ups = reading_with("rfc1628", &[("6.2.1.2.7", alarm(8)), ("6.2.1.2.9", alarm(1))]);
    assert_eq!(ups.status().as_deref(), Some("OB LB OVER RB"));
    assert_eq!(ups.alarms, ["output_overload", "battery_bad"]);
}

#[test]
fn apc_ups_on_mains_prefers_tenths() {
    let ups = reading("apc_ups");
    assert_eq!(ups.status().as_deref(), Some("OL"));
    assert_eq!((ups.battery_percent, ups.load_percent, ups.power_watts), (Some(97.4), Some(28.3), Some(756.0)));
    assert_eq!((ups.input_voltage, ups.output_voltage, ups.current_amps), (Some(231.4), Some(230.1), Some(3.3)));
    assert_eq!((ups.runtime_seconds, ups.temperature_c, ups.energy_kwh), (Some(2460.0), Some(31.2), Some(8123.45)));
    assert_eq!((ups.battery_voltage, ups.frequency_hz, ups.apparent_va), (Some(54.6), Some(50.0), Some(800.0)));
    assert_eq!(ups.identity.serial.as_deref(), Some("AS0000000001"));
}

#[test]
fn apc_ups_without_tenths_falls_back_to_whole_numbers() {
    let ups = reading_with(
        "apc_ups",
        &[("2.3.1.0", Value::Integer(-1)), ("4.3.3.0", Value::Gauge32(0x7fff_ffff)), ("4.3.6.0", Value::Integer(-1))],
    );
    assert_eq!((ups.battery_percent, ups.load_percent, ups.energy_kwh), (Some(97.0), Some(28.0), Some(8123.0)));
}

#[test]
fn apc_ups_status_numbers_read_as_nut_flags() {
    for (number, flags) in [(3, "OB"), (4, "OL BOOST"), (7, "OFF"), (9, "OL BYPASS"), (12, "OL TRIM"), (13, "OL ECO"), (24, "OL")] {
        assert_eq!(reading_with("apc_ups", &[("4.1.1.0", Value::Integer(number))]).status().as_deref(), Some(flags), "{number}");
    }
    let ups = reading_with(
        "apc_ups",
        &[
            ("4.1.1.0", Value::Integer(3)),
            ("2.1.1.0", Value::Integer(3)),
            ("2.2.4.0", Value::Integer(2)),
            ("7.2.6.0", Value::Integer(3)),
            ("4.3.3.0", Value::Gauge32(1120)),
        ],
    );
    assert_eq!(ups.status().as_deref(), Some("OB LB RB CAL OVER"));
    assert_eq!(ups.load_percent, Some(112.0));
}

#[test]
fn cyberpower_ups_on_low_battery_reads_flags_and_ticks() {
    let ups = reading("cyberpower_ups");
    assert_eq!(ups.status().as_deref(), Some("OB LB RB"));
    assert_eq!((ups.battery_percent, ups.runtime_seconds, ups.load_percent), (Some(21.0), Some(300.0), Some(36.0)));
    assert_eq!((ups.power_watts, ups.current_amps, ups.energy_kwh), (Some(322.0), Some(1.4), Some(432.1)));
    assert_eq!((ups.input_voltage, ups.output_voltage, ups.battery_voltage), (Some(0.4), Some(229.8), Some(23.1)));
}

#[test]
fn eaton_xups_on_bypass_reads_power_of_its_phases_and_the_alarm() {
    let ups = reading("eaton_xups");
    assert_eq!(ups.status().as_deref(), Some("OL BYPASS CHRG LB"));
    assert_eq!((ups.power_watts, ups.load_percent, ups.runtime_seconds), (Some(840.0), Some(31.0), Some(1290.0)));
    assert_eq!((ups.input_voltage, ups.output_voltage, ups.frequency_hz), (Some(229.0), Some(230.0), Some(49.9)));
    assert_eq!(ups.alarms, ["low_battery"]);
    assert!(ups.flags.contains(&Flag::Lb));
}

#[test]
fn result_of_the_last_battery_test_is_read_in_words() {
    let result = |name| reading(name).test_result;
    assert_eq!(
        (result("rfc1628").as_deref(), result("apc_ups").as_deref(), result("eaton_xups").as_deref()),
        (Some("failed"), Some("passed"), Some("in progress"))
    );
    assert_eq!(reading_with("rfc1628", &[("7.3.0", Value::Integer(6))]).test_result, None);
}
