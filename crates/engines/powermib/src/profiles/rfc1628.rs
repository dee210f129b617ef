//! UPS-MIB (RFC 1628): the standard that most network cards answer, with whole percent and tenths of volts and amperes.

use argos_snmp::Oid;

use crate::answers::Answers;
use crate::profile::List;
use crate::profiles::{PhaseColumns, phases, test_result};
use crate::reading::{Flag, Identity, Reading, mean, sum};

pub(crate) const BASE: [u32; 8] = [1, 3, 6, 1, 2, 1, 33, 1];

pub(crate) const LIST: List = List {
    // upsBatteryStatus, upsEstimatedMinutesRemaining, upsEstimatedChargeRemaining, upsOutputSource, upsAlarmsPresent.
    status_scalars: &[&[2, 1, 0], &[2, 3, 0], &[2, 4, 0], &[4, 1, 0], &[6, 1, 0]],
    // upsOutputTable, upsAlarmTable.
    status_tables: &[&[4, 4, 1], &[6, 2, 1, 2]],
    // upsIdent, upsBatteryVoltage, upsBatteryTemperature, upsOutputFrequency, upsConfigOutputVA, upsConfigOutputPower,
    // upsTestResultsSummary.
    scalars: &[
        &[1, 1, 0],
        &[1, 2, 0],
        &[1, 3, 0],
        &[1, 4, 0],
        &[1, 5, 0],
        &[2, 5, 0],
        &[2, 7, 0],
        &[4, 2, 0],
        &[7, 3, 0],
        &[9, 5, 0],
        &[9, 6, 0],
    ],
    // upsInputTable.
    tables: &[&[3, 3, 1]],
};

/// upsWellKnownAlarms, by their number.
const ALARMS: [&str; 24] = [
    "battery_bad",
    "on_battery",
    "low_battery",
    "depleted_battery",
    "temperature_bad",
    "input_bad",
    "output_bad",
    "output_overload",
    "on_bypass",
    "bypass_bad",
    "output_off_as_requested",
    "ups_off_as_requested",
    "charger_failed",
    "ups_output_off",
    "ups_system_off",
    "fan_failure",
    "fuse_failure",
    "general_fault",
    "diagnostic_test_failed",
    "communications_lost",
    "awaiting_power",
    "shutdown_pending",
    "shutdown_imminent",
    "test_in_progress",
];

pub(crate) fn read(answers: &Answers) -> Reading {
    let outputs = phases(
        answers,
        &BASE,
        PhaseColumns {
            voltage: Some((&[4, 4, 1, 2], 1.0)),
            current: Some((&[4, 4, 1, 3], 0.1)),
            power: Some((&[4, 4, 1, 4], 1.0)),
            load: Some((&[4, 4, 1, 5], 1.0)),
        },
    );
    let inputs = answers.column(&BASE, &[3, 3, 1, 3], 1.0);
    let input_hz = answers.column(&BASE, &[3, 3, 1, 2], 0.1);
    let mut reading = Reading {
        identity: Identity {
            manufacturer: answers.text(&BASE, &[1, 1, 0]),
            model: answers.text(&BASE, &[1, 2, 0]),
            firmware: answers.text(&BASE, &[1, 3, 0]).or_else(|| answers.text(&BASE, &[1, 4, 0])),
            serial: None,
            name: answers.text(&BASE, &[1, 5, 0]),
        },
        power_watts: sum(&outputs.iter().map(|phase| phase.power_watts).collect::<Vec<_>>()),
        input_voltage: mean(&inputs),
        output_voltage: mean(&outputs.iter().map(|phase| phase.voltage).collect::<Vec<_>>()),
        frequency_hz: mean(&input_hz).or_else(|| answers.number(&BASE, &[4, 2, 0], 0.1)),
        battery_percent: answers.number(&BASE, &[2, 4, 0], 1.0),
        battery_voltage: answers.number(&BASE, &[2, 5, 0], 0.1),
        runtime_seconds: answers.number(&BASE, &[2, 3, 0], 60.0),
        temperature_c: answers.number(&BASE, &[2, 7, 0], 1.0),
        rated_va: answers.number(&BASE, &[9, 5, 0], 1.0),
        rated_watts: answers.number(&BASE, &[9, 6, 0], 1.0),
        // upsTestResultsSummary.
        test_result: test_result(
            answers.int(&BASE, &[7, 3, 0]),
            &[Some("passed"), Some("warning"), Some("failed"), Some("aborted"), Some("in progress")],
        ),
        phases: outputs,
        ..Reading::default()
    };
    // upsOutputSource.
    let source: &[Flag] = match answers.int(&BASE, &[4, 1, 0]) {
        Some(2) => &[Flag::Off],
        Some(3) => &[Flag::Ol],
        Some(4) => &[Flag::Ol, Flag::Bypass],
        Some(5) => &[Flag::Ob],
        Some(6) => &[Flag::Ol, Flag::Boost],
        Some(7) => &[Flag::Ol, Flag::Trim],
        _ => &[],
    };
    source.iter().for_each(|flag| reading.raise(*flag));
    // upsBatteryStatus: low, depleted.
    if matches!(answers.int(&BASE, &[2, 1, 0]), Some(3 | 4)) {
        reading.raise(Flag::Lb);
    }
    let well_known = Oid::joined(&BASE, &[6, 3]);
    for row in answers.rows(&BASE, &[&[6, 2, 1, 2]]) {
        let descr = answers.value(&BASE, &[&[6, 2, 1, 2], row.as_slice()].concat()).and_then(|value| value.as_oid());
        let Some([number, ..]) = descr.and_then(|oid| oid.index_under(well_known.components())) else { continue };
        let Some(name) = usize::try_from(*number).ok().and_then(|number| ALARMS.get(number.checked_sub(1)?)) else { continue };
        reading.alarm(name);
        match number {
            1 => reading.raise(Flag::Rb),
            3 | 4 => reading.raise(Flag::Lb),
            8 => reading.raise(Flag::Over),
            9 => reading.raise(Flag::Bypass),
            _ => {}
        }
    }
    reading
}
