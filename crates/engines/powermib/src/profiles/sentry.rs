//! Server Technology: Sentry3-MIB (CDU, Switched PDU) and Sentry4-MIB (PRO). −1 is "not available", never summed.

use crate::answers::Answers;
use crate::profile::List;
use crate::profiles::{OutletColumns, PhaseColumns, outlets, phases};
use crate::reading::{Identity, Reading, mean, sum};

pub(crate) const SENTRY3: [u32; 8] = [1, 3, 6, 1, 4, 1, 1718, 3];
pub(crate) const SENTRY4: [u32; 9] = [1, 3, 6, 1, 4, 1, 1718, 4, 1];

fn first(answers: &Answers, base: &[u32], column: &[u32]) -> Option<String> {
    answers.rows(base, &[column]).first().and_then(|row| answers.cell_text(base, column, row))
}

pub(crate) const SENTRY3_LIST: List = List {
    // systemTotalPower.
    status_scalars: &[&[1, 6, 0]],
    // infeedTable.
    status_tables: &[&[2, 2, 1]],
    // systemVersion.
    scalars: &[&[1, 1, 0]],
    // towerTable, outletTable.
    tables: &[&[2, 1, 1], &[2, 3, 1]],
};

pub(crate) fn read3(answers: &Answers) -> Reading {
    let base = &SENTRY3;
    let columns = PhaseColumns {
        voltage: Some((&[2, 2, 1, 11], 0.1)),
        current: Some((&[2, 2, 1, 7], 0.01)),
        power: Some((&[2, 2, 1, 12], 1.0)),
        load: None,
    };
    let mut phases = phases(answers, base, columns);
    for phase in &mut phases {
        let row: Vec<u32> = phase.id.split('.').filter_map(|part| part.parse().ok()).collect();
        // infeedCapacity.
        let capacity = answers.cell(base, &[2, 2, 1, 10], &row, 1.0).filter(|capacity| *capacity > 0.0);
        phase.load_percent = phase.current_amps.zip(capacity).map(|(current, capacity)| current * 100.0 / capacity);
    }
    Reading {
        identity: Identity {
            manufacturer: Some("Server Technology".to_owned()),
            model: first(answers, base, &[2, 1, 1, 7]),
            serial: first(answers, base, &[2, 1, 1, 6]),
            firmware: answers.text(base, &[1, 1, 0]),
            name: None,
        },
        power_watts: answers.number(base, &[1, 6, 0], 1.0),
        apparent_va: sum(&answers.column(base, &[2, 2, 1, 13], 1.0)),
        power_factor: mean(&answers.column(base, &[2, 2, 1, 14], 0.01)),
        energy_kwh: sum(&answers.column(base, &[2, 2, 1, 16], 0.1)),
        input_voltage: mean(&phases.iter().map(|phase| phase.voltage).collect::<Vec<_>>()),
        phases,
        outlets: outlets(
            answers,
            base,
            OutletColumns {
                name: &[2, 3, 1, 3],
                // outletStatus: on(1), off(0).
                state: Some((&[2, 3, 1, 5], 1, 0)),
                current: Some((&[2, 3, 1, 7], 0.01)),
                power: Some((&[2, 3, 1, 14], 1.0)),
                energy: Some((&[2, 3, 1, 18], 0.001)),
            },
        ),
        ..Reading::default()
    }
}

pub(crate) const SENTRY4_LIST: List = List {
    status_scalars: &[],
    // st4InputCordMonitorTable.
    status_tables: &[&[3, 3, 1]],
    // st4SystemFirmwareVersion.
    scalars: &[&[1, 1, 2, 0]],
    // st4UnitConfigTable, st4PhaseMonitorTable, st4OutletConfig name, st4OutletMonitorTable, st4TempSensorValue.
    tables: &[&[2, 2, 1], &[5, 3, 1], &[8, 2, 1, 3], &[8, 3, 1], &[9, 3, 1, 1]],
};

pub(crate) fn read4(answers: &Answers) -> Reading {
    let base = &SENTRY4;
    let cord = |column: u32, scale| answers.column(base, &[3, 3, 1, column], scale);
    let cords = phases(
        answers,
        base,
        PhaseColumns { power: Some((&[3, 3, 1, 3], 1.0)), load: Some((&[3, 3, 1, 7], 0.1)), ..PhaseColumns::default() },
    );
    let lines = phases(
        answers,
        base,
        PhaseColumns {
            voltage: Some((&[5, 3, 1, 3], 0.1)),
            current: Some((&[5, 3, 1, 6], 0.01)),
            power: Some((&[5, 3, 1, 8], 1.0)),
            load: None,
        },
    );
    let watts: Vec<_> = cords.iter().map(|cord| cord.power_watts).collect();
    let mut reading = Reading {
        identity: Identity {
            manufacturer: Some("Server Technology".to_owned()),
            model: first(answers, base, &[2, 2, 1, 5]),
            serial: first(answers, base, &[2, 2, 1, 4]),
            firmware: answers.text(base, &[1, 1, 2, 0]),
            name: first(answers, base, &[2, 2, 1, 3]),
        },
        power_watts: sum(&watts),
        apparent_va: sum(&cord(5, 1.0)),
        power_factor: mean(&cord(8, 0.01)),
        energy_kwh: sum(&cord(10, 0.1)),
        frequency_hz: mean(&cord(11, 0.1)),
        load_percent: cords.iter().filter_map(|cord| cord.load_percent).reduce(f64::max),
        input_voltage: mean(&lines.iter().map(|line| line.voltage).collect::<Vec<_>>()),
        temperature_c: mean(&answers.column(base, &[9, 3, 1, 1], 0.1)),
        phases: if lines.is_empty() { cords } else { lines },
        outlets: outlets(
            answers,
            base,
            OutletColumns {
                name: &[8, 2, 1, 3],
                // st4OutletState: off(0), on(1).
                state: Some((&[8, 3, 1, 1], 1, 0)),
                current: Some((&[8, 3, 1, 3], 0.01)),
                power: Some((&[8, 3, 1, 7], 1.0)),
                energy: Some((&[8, 3, 1, 14], 0.001)),
            },
        ),
        ..Reading::default()
    };
    if reading.power_watts.is_some() && watts.contains(&None) {
        reading.alarm("partial");
    }
    // st4InputCordStatus: 0 is normal.
    if answers.rows(base, &[&[3, 3, 1, 2]]).iter().any(|row| answers.cell_int(base, &[3, 3, 1, 2], row).is_some_and(|status| status != 0)) {
        reading.alarm("input_cord_not_normal");
    }
    reading
}
