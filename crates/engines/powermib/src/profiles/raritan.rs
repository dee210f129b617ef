//! PDU2-MIB (Raritan PX2, PX3, Xerus): every value is a sensor with its own number of decimal digits.

use crate::answers::{Answers, dotted};
use crate::profile::List;
use crate::profiles::outlet_state;
use crate::reading::{Identity, Outlet, Phase, Reading, mean, sum};

pub(crate) const BASE: [u32; 8] = [1, 3, 6, 1, 4, 1, 13742, 6];

const INLET_DIGITS: [u32; 5] = [3, 3, 4, 1, 7];
const INLET_VALUE: [u32; 5] = [5, 2, 3, 1, 4];
const OUTLET_DIGITS: [u32; 5] = [3, 5, 4, 1, 7];
const OUTLET_VALUE: [u32; 5] = [5, 4, 3, 1, 4];

pub(crate) const LIST: List = List {
    status_scalars: &[],
    // inletSensorDecimalDigits, measurementsInletSensorValue.
    status_tables: &[&INLET_DIGITS, &INLET_VALUE],
    scalars: &[],
    // nameplate, outletCount, firmware, outletName, outletSensorDecimalDigits, outletSwitchingState, outlet values.
    tables: &[&[3, 2, 1, 1], &[3, 2, 2, 1, 4], &[3, 2, 3, 1, 6], &[3, 5, 3, 1, 3], &OUTLET_DIGITS, &[4, 1, 2, 1, 3], &OUTLET_VALUE],
};

/// SensorTypeEnumeration.
#[derive(Clone, Copy)]
enum Sensor {
    RmsCurrent = 1,
    RmsVoltage = 4,
    ActivePower = 5,
    ApparentPower = 6,
    PowerFactor = 7,
    ActiveEnergy = 8,
    Frequency = 23,
}

impl Sensor {
    /// Digits of firmware that does not tell.
    fn default_digits(self) -> i64 {
        match self {
            Self::RmsCurrent => 3,
            Self::PowerFactor => 2,
            Self::Frequency => 1,
            _ => 0,
        }
    }
}

fn measured(answers: &Answers, digits: &[u32], value: &[u32], row: &[u32], sensor: Sensor) -> Option<f64> {
    let row = [row, &[sensor as u32]].concat();
    let digits = answers.cell_int(&BASE, digits, &row).unwrap_or_else(|| sensor.default_digits());
    let digits = i32::try_from(digits).ok().filter(|digits| (0..=9).contains(digits))?;
    answers.cell(&BASE, value, &row, 1.0).map(|raw| raw / 10_f64.powi(digits))
}

/// The rows of a sensor table without the sensor type behind them.
fn parts(answers: &Answers, column: &[u32]) -> Vec<Vec<u32>> {
    let mut rows = answers.rows(&BASE, &[column]);
    for row in &mut rows {
        row.pop();
    }
    rows.dedup();
    rows.retain(|row| !row.is_empty());
    rows
}

pub(crate) fn read(answers: &Answers) -> Reading {
    let plate = |column: u32| {
        answers.rows(&BASE, &[&[3, 2, 1, 1, column]]).first().and_then(|row| answers.cell_text(&BASE, &[3, 2, 1, 1, column], row))
    };
    let inlets = parts(answers, &INLET_VALUE);
    let inlet = |row: &Vec<u32>, sensor| measured(answers, &INLET_DIGITS, &INLET_VALUE, row, sensor);
    let all = |sensor| inlets.iter().map(|row| inlet(row, sensor)).collect::<Vec<_>>();
    let mut outlet_rows = answers.rows(&BASE, &[&[3, 5, 3, 1, 3], &[4, 1, 2, 1, 3]]);
    outlet_rows.extend(parts(answers, &OUTLET_VALUE));
    outlet_rows.sort();
    outlet_rows.dedup();
    let outlets = outlet_rows.into_iter().map(|row| {
        let value = |sensor| measured(answers, &OUTLET_DIGITS, &OUTLET_VALUE, &row, sensor);
        Outlet {
            id: dotted(&row),
            name: answers.cell_text(&BASE, &[3, 5, 3, 1, 3], &row),
            // SensorStateEnumeration: 7 on, 8 off.
            state: outlet_state(answers.cell_int(&BASE, &[4, 1, 2, 1, 3], &row), 7, 8),
            current_amps: value(Sensor::RmsCurrent),
            power_watts: value(Sensor::ActivePower),
            energy_kwh: value(Sensor::ActiveEnergy).map(|watt_hours| watt_hours / 1000.0),
        }
    });
    Reading {
        identity: Identity {
            manufacturer: plate(2).or_else(|| Some("Raritan".to_owned())),
            model: plate(3),
            serial: plate(4),
            firmware: answers.rows(&BASE, &[&[3, 2, 3, 1, 6]]).first().and_then(|row| answers.cell_text(&BASE, &[3, 2, 3, 1, 6], row)),
            name: None,
        },
        apparent_va: sum(&all(Sensor::ApparentPower)),
        power_factor: mean(&all(Sensor::PowerFactor)),
        input_voltage: mean(&all(Sensor::RmsVoltage)),
        frequency_hz: mean(&all(Sensor::Frequency)),
        energy_kwh: sum(&all(Sensor::ActiveEnergy)).map(|watt_hours| watt_hours / 1000.0),
        outlet_count: answers
            .rows(&BASE, &[&[3, 2, 2, 1, 4]])
            .first()
            .and_then(|row| u32::try_from(answers.cell_int(&BASE, &[3, 2, 2, 1, 4], row)?).ok()),
        phases: inlets
            .iter()
            .map(|row| Phase {
                id: dotted(row),
                voltage: inlet(row, Sensor::RmsVoltage),
                current_amps: inlet(row, Sensor::RmsCurrent),
                power_watts: inlet(row, Sensor::ActivePower),
                load_percent: None,
            })
            .collect(),
        outlets: outlets.collect(),
        ..Reading::default()
    }
}
