//! PDU profiles: exact values of the recordings, sentinels, and commands.

use argos_powermib::{Command, OutletState, Profile, Reading, Switch};
use argos_snmp::Value;

use crate::recording::{reading, reading_with};

fn states(pdu: &Reading) -> Vec<Option<OutletState>> {
    pdu.outlets.iter().map(|outlet| outlet.state).collect()
}

const ON: Option<OutletState> = Some(OutletState::On);
const OFF: Option<OutletState> = Some(OutletState::Off);

#[test]
fn apc_rpdu2_joins_outlet_states_and_meters() {
    let pdu = reading("apc_rpdu2");
    assert_eq!(
        (pdu.power_watts, pdu.energy_kwh, pdu.apparent_va, pdu.power_factor),
        (Some(1410.0), Some(12345.6), Some(1480.0), Some(0.95))
    );
    assert_eq!(states(&pdu), [ON, ON, OFF]);
    let watts: Vec<_> = pdu.outlets.iter().map(|outlet| (outlet.power_watts, outlet.current_amps)).collect();
    assert_eq!(watts, [(Some(245.0), Some(1.1)), (Some(1165.0), Some(5.2)), (Some(0.0), Some(0.0))]);
    assert_eq!((pdu.temperature_c, pdu.humidity_percent, pdu.outlet_count), (Some(23.4), Some(41.0), Some(3)));
    assert_eq!((pdu.input_voltage, pdu.current_amps), (Some(231.0), Some(6.3)));
    assert!(pdu.flags.is_empty() && pdu.alarms.is_empty());
}

#[test]
fn apc_rpdu2_sensor_without_contact_is_unknown() {
    let pdu = reading_with("apc_rpdu2", &[("10.2.2.1.6.1", Value::Integer(3))]);
    assert_eq!((pdu.temperature_c, pdu.humidity_percent), (None, None));
}

#[test]
fn apc_rpdu_without_power_estimates_it_and_says_so() {
    let pdu = reading("apc_rpdu");
    assert!((pdu.power_watts.unwrap() - 736.0).abs() < 1e-9);
    assert!(pdu.power_estimated);
    assert_eq!(states(&pdu), [ON, OFF]);
    assert_eq!(pdu.alarms, ["near_overload"]);
    let measured = reading_with("apc_rpdu", &[("1.16.0", Value::Integer(690))]);
    assert_eq!((measured.power_watts, measured.power_estimated), (Some(690.0), false));
}

#[test]
fn apc_easypdu_reads_reversed_outlet_states_and_hides_the_empty_row() {
    let pdu = reading("apc_easypdu");
    assert_eq!((pdu.power_watts, pdu.input_voltage, pdu.current_amps), (Some(785.0), Some(230.4), Some(3.53)));
    assert!(pdu.outlets.is_empty());
    let switched = reading_with("apc_easypdu", &[("6.1.1.4.1", Value::Integer(1)), ("6.1.1.4.2", Value::Integer(2))]);
    assert_eq!(states(&switched), [OFF, ON]);
}

#[test]
fn cyberpower_pdus_read_their_tables() {
    let pdu = reading("cyberpower_pdu");
    assert_eq!((pdu.power_watts, pdu.input_voltage, pdu.current_amps), (Some(1580.0), Some(231.2), Some(7.1)));
    assert_eq!((pdu.apparent_va, pdu.power_factor), (Some(1641.0), Some(0.96)));
    assert_eq!(states(&pdu), [ON, OFF]);
    assert_eq!(pdu.alarms, ["near_overload"]);
    let second = reading("cyberpower_pdu2");
    assert_eq!((second.power_watts, second.current_amps, second.energy_kwh), (Some(981.0), Some(4.4), Some(987.6)));
}

#[test]
fn eaton_epdu_reads_thousandths_and_pending_states() {
    let pdu = reading("eaton_epdu");
    assert_eq!((pdu.power_watts, pdu.apparent_va, pdu.energy_kwh), (Some(960.0), Some(1000.0), Some(7654.321)));
    assert_eq!(
        (pdu.input_voltage, pdu.current_amps, pdu.load_percent, pdu.frequency_hz),
        (Some(231.4), Some(4.321), Some(27.0), Some(50.0))
    );
    assert_eq!(states(&pdu), [ON, OFF]);
    assert_eq!(pdu.outlets[0].name.as_deref(), Some("first"));
    assert_eq!((pdu.outlets[0].id.as_str(), pdu.outlets[0].energy_kwh), ("0.1", Some(12.5)));
}

#[test]
fn raritan_scales_by_the_digits_of_each_sensor() {
    let pdu = reading("raritan");
    assert_eq!(pdu.current_amps, Some(4.321));
    assert_eq!((pdu.power_watts, pdu.power_factor, pdu.frequency_hz), (Some(950.0), Some(0.95), Some(50.0)));
    assert_eq!((pdu.energy_kwh, pdu.outlet_count), (Some(1234.567), Some(2)));
    assert_eq!(states(&pdu), [ON, OFF]);
    assert_eq!((pdu.outlets[0].current_amps, pdu.outlets[0].power_watts), (Some(2.1), Some(470.0)));
}

#[test]
fn sentry3_infeed_without_value_is_unknown_and_makes_the_total_partial() {
    let pdu = reading("sentry3");
    assert_eq!((pdu.power_watts, pdu.current_amps), (Some(930.0), Some(4.12)));
    assert_eq!(pdu.alarms, ["partial"]);
    assert_eq!(pdu.phases[1].power_watts, None);
    assert_eq!(pdu.phases[0].load_percent, Some(25.75));
    assert_eq!((pdu.energy_kwh, pdu.outlets[0].energy_kwh), (Some(5555.5), Some(123.4)));
    let total = reading_with("sentry3", &[("1.6.0", Value::Integer(1500))]);
    assert_eq!((total.power_watts, total.alarms.is_empty()), (Some(1500.0), true));
}

#[test]
fn sentry4_reads_cord_line_and_outlet() {
    let pdu = reading("sentry4");
    assert_eq!((pdu.power_watts, pdu.load_percent, pdu.energy_kwh), (Some(2210.0), Some(30.5), Some(4444.4)));
    assert_eq!((pdu.input_voltage, pdu.current_amps, pdu.temperature_c), (Some(230.6), Some(9.97), Some(22.6)));
    assert_eq!(states(&pdu), [ON]);
    assert_eq!(pdu.outlets[0].energy_kwh, Some(6.0));
}

#[test]
fn outlet_command_sets_the_cell_of_its_row() {
    let set = |profile: Profile, id: &str, switch| {
        profile
            .command(&Command::Outlet(id.to_owned(), switch))
            .map(|list| list.into_iter().map(|(oid, value)| (oid.to_string(), value)).collect::<Vec<_>>())
    };
    let one = |oid: &str, value| Some(vec![(oid.to_owned(), Value::Integer(value))]);
    assert_eq!(set(Profile::ApcRpdu2, "3", Switch::Cycle), one("1.3.6.1.4.1.318.1.1.26.9.2.4.1.5.3", 3));
    assert_eq!(set(Profile::Raritan, "1.2", Switch::Off), one("1.3.6.1.4.1.13742.6.4.1.2.1.2.1.2", 0));
    assert_eq!(set(Profile::EatonEpdu, "0.1", Switch::On), one("1.3.6.1.4.1.534.6.6.7.6.6.1.4.0.1", 0));
    assert_eq!(set(Profile::Sentry3, "1.1.4", Switch::Off), one("1.3.6.1.4.1.1718.3.2.3.1.11.1.1.4", 2));
    for bad in ["", "x", "1.x", "1.2", "-1", "1..2"] {
        assert_eq!(set(Profile::ApcRpdu2, bad, Switch::On), None, "{bad}");
    }
    assert_eq!(set(Profile::ApcUps, "1", Switch::On), None);
    assert_eq!(Profile::Raritan.command(&Command::BatteryTest), None);
}
