//! Eaton: UPSes (XUPS-MIB, also Powerware) and rack PDUs (EATON-EPDU-MIB; units count from 0).

use crate::answers::Answers;
use crate::profile::List;
use crate::profiles::{OutletColumns, PhaseColumns, outlets, phases, test_result};
use crate::reading::{Flag, Identity, Reading, mean, sum};

pub(crate) const XUPS: [u32; 8] = [1, 3, 6, 1, 4, 1, 534, 1];
pub(crate) const EPDU: [u32; 10] = [1, 3, 6, 1, 4, 1, 534, 6, 6, 7];

pub(crate) const XUPS_LIST: List = List {
    // xupsBatTimeRemaining, xupsBatCapacity, xupsBatteryAbmStatus, xupsOutputLoad, xupsOutputSource, xupsAlarms.
    status_scalars: &[&[2, 1, 0], &[2, 4, 0], &[2, 5, 0], &[4, 1, 0], &[4, 5, 0], &[7, 1, 0], &[7, 3, 0], &[7, 4, 0]],
    // xupsOutputTable, xupsAlarmTable.
    status_tables: &[&[4, 4, 1], &[7, 2, 1, 2]],
    // xupsIdent, xupsBatVoltage, xupsInputFrequency, xupsOutputFrequency, xupsEnvAmbientTemp, xupsTestBatteryStatus.
    scalars: &[&[1, 1, 0], &[1, 2, 0], &[1, 3, 0], &[2, 2, 0], &[3, 1, 0], &[4, 2, 0], &[6, 1, 0], &[8, 2, 0]],
    // xupsInputTable.
    tables: &[&[3, 4, 1]],
};

pub(crate) fn read_xups(answers: &Answers) -> Reading {
    let columns = PhaseColumns {
        voltage: Some((&[4, 4, 1, 2], 1.0)),
        current: Some((&[4, 4, 1, 3], 1.0)),
        power: Some((&[4, 4, 1, 4], 1.0)),
        load: None,
    };
    let outputs = phases(answers, &XUPS, columns);
    let mut reading = Reading {
        identity: Identity {
            manufacturer: answers.text(&XUPS, &[1, 1, 0]).or_else(|| Some("Eaton".to_owned())),
            model: answers.text(&XUPS, &[1, 2, 0]),
            firmware: answers.text(&XUPS, &[1, 3, 0]),
            ..Identity::default()
        },
        load_percent: answers.number(&XUPS, &[4, 1, 0], 1.0),
        input_voltage: mean(&answers.column(&XUPS, &[3, 4, 1, 2], 1.0)),
        output_voltage: mean(&outputs.iter().map(|phase| phase.voltage).collect::<Vec<_>>()),
        frequency_hz: answers.number(&XUPS, &[3, 1, 0], 0.1).or_else(|| answers.number(&XUPS, &[4, 2, 0], 0.1)),
        battery_percent: answers.number(&XUPS, &[2, 4, 0], 1.0),
        battery_voltage: answers.number(&XUPS, &[2, 2, 0], 1.0),
        runtime_seconds: answers.number(&XUPS, &[2, 1, 0], 1.0),
        temperature_c: answers.number(&XUPS, &[6, 1, 0], 1.0),
        // xupsTestBatteryStatus.
        test_result: test_result(answers.int(&XUPS, &[8, 2, 0]), &[None, Some("passed"), Some("failed"), Some("in progress")]),
        phases: outputs,
        ..Reading::default()
    };
    // xupsOutputSource.
    let source: &[Flag] = match answers.int(&XUPS, &[4, 5, 0]) {
        Some(2) => &[Flag::Off],
        Some(3 | 8 | 9 | 12) => &[Flag::Ol],
        Some(4 | 11) => &[Flag::Ol, Flag::Bypass],
        Some(5) => &[Flag::Ob],
        Some(6) => &[Flag::Ol, Flag::Boost],
        Some(7) => &[Flag::Ol, Flag::Trim],
        Some(10) => &[Flag::Ol, Flag::Eco],
        _ => &[],
    };
    source.iter().for_each(|flag| reading.raise(*flag));
    // xupsBatteryAbmStatus.
    match answers.int(&XUPS, &[2, 5, 0]) {
        Some(1) => reading.raise(Flag::Chrg),
        Some(2) => reading.raise(Flag::Dischrg),
        _ => {}
    }
    // xupsAlarmDescr points at xupsWellKnownAlarms (xupsAlarms 3 xupsOnBattery, 4 xupsLowBattery).
    for row in answers.rows(&XUPS, &[&[7, 2, 1, 2]]) {
        let descr = answers.value(&XUPS, &[&[7, 2, 1, 2], row.as_slice()].concat()).and_then(|value| value.as_oid());
        match descr.and_then(|oid| oid.index_under(&XUPS)) {
            Some([7, 3, ..]) => reading.alarm("on_battery"),
            Some([7, 4, ..]) => {
                reading.alarm("low_battery");
                reading.raise(Flag::Lb);
            }
            Some([7, number, ..]) => reading.alarm(&format!("xups_alarm_{number}")),
            _ => {}
        }
    }
    if reading.load_percent.is_some_and(|load| load > 100.0) {
        reading.raise(Flag::Over);
    }
    reading
}

pub(crate) const EPDU_LIST: List = List {
    status_scalars: &[],
    // inputCurrentTable, inputTotalPowerTable, inputPowerTable.
    status_tables: &[&[3, 3, 1], &[3, 5, 1], &[3, 4, 1, 4]],
    scalars: &[],
    // unitTable, inputFrequency, inputVoltage, outlet name, current, power, control state.
    tables: &[&[1, 2, 1], &[3, 1, 1, 3], &[3, 2, 1, 3], &[6, 1, 1, 3], &[6, 4, 1, 3], &[6, 5, 1], &[6, 6, 1, 2]],
};

pub(crate) fn read_epdu(answers: &Answers) -> Reading {
    let base = &EPDU;
    let unit =
        |column: u32| answers.rows(base, &[&[1, 2, 1, column]]).first().and_then(|row| answers.cell_text(base, &[1, 2, 1, column], row));
    // Millivolts, milliamperes; rows are unit.input.phase.
    let columns = PhaseColumns {
        voltage: Some((&[3, 2, 1, 3], 0.001)),
        current: Some((&[3, 3, 1, 4], 0.001)),
        power: Some((&[3, 4, 1, 4], 1.0)),
        load: Some((&[3, 3, 1, 11], 1.0)),
    };
    let phases = phases(answers, base, columns);
    let mut outlets = outlets(
        answers,
        base,
        OutletColumns {
            name: &[6, 1, 1, 3],
            state: None,
            current: Some((&[6, 4, 1, 3], 0.001)),
            power: Some((&[6, 5, 1, 3], 1.0)),
            energy: Some((&[6, 5, 1, 4], 0.001)),
        },
    );
    for outlet in &mut outlets {
        let row: Vec<u32> = outlet.id.split('.').filter_map(|part| part.parse().ok()).collect();
        // outletControlStatus: 0 off, 1 on, 2 pending off (still on), 3 pending on (still off).
        outlet.state = match answers.cell_int(base, &[6, 6, 1, 2], &row) {
            Some(1 | 2) => Some(crate::reading::OutletState::On),
            Some(0 | 3) => Some(crate::reading::OutletState::Off),
            _ => None,
        };
    }
    Reading {
        identity: Identity { manufacturer: Some("Eaton".to_owned()), model: unit(2), firmware: unit(5), serial: unit(4), name: None },
        power_watts: sum(&answers.column(base, &[3, 5, 1, 4], 1.0)),
        apparent_va: sum(&answers.column(base, &[3, 5, 1, 3], 1.0)),
        energy_kwh: sum(&answers.column(base, &[3, 5, 1, 5], 0.001)),
        frequency_hz: mean(&answers.column(base, &[3, 1, 1, 3], 0.1)),
        input_voltage: mean(&phases.iter().map(|phase| phase.voltage).collect::<Vec<_>>()),
        phases,
        outlets,
        ..Reading::default()
    }
}
