//! PowerNet-MIB, the three generations of rack PDUs: `rPDU` (2G before 2011), `rPDU2`, and the Easy PDU's `ePDU`.

use crate::answers::Answers;
use crate::profile::List;
use crate::profiles::{OutletColumns, PhaseColumns, outlets, phases};
use crate::reading::{Identity, Reading, mean, sum};

pub(crate) const RPDU2: [u32; 10] = [1, 3, 6, 1, 4, 1, 318, 1, 1, 26];
pub(crate) const RPDU: [u32; 10] = [1, 3, 6, 1, 4, 1, 318, 1, 1, 12];
pub(crate) const EPDU: [u32; 10] = [1, 3, 6, 1, 4, 1, 318, 1, 1, 30];

pub(crate) const RPDU2_LIST: List = List {
    status_scalars: &[],
    // rPDU2DeviceStatusTable.
    status_tables: &[&[4, 3, 1]],
    scalars: &[],
    // Identity, phases, outlet states, outlet meters, temperature and humidity sensors.
    tables: &[&[2, 1], &[6, 3, 1], &[9, 2, 3, 1], &[9, 4, 3, 1], &[10, 2, 2, 1]],
};

pub(crate) fn read_rpdu2(answers: &Answers) -> Reading {
    let base = &RPDU2;
    let unit = |column: u32| answers.rows(base, &[&[2, 1, column]]).first().and_then(|row| answers.cell_text(base, &[2, 1, column], row));
    let device = |column: u32, scale| answers.column(base, &[4, 3, 1, column], scale);
    let switched = OutletColumns { name: &[9, 2, 3, 1, 3], state: Some((&[9, 2, 3, 1, 5], 1, 2)), ..OutletColumns::default() };
    let metered = OutletColumns {
        name: &[9, 4, 3, 1, 3],
        current: Some((&[9, 4, 3, 1, 6], 0.1)),
        power: Some((&[9, 4, 3, 1, 7], 1.0)),
        energy: Some((&[9, 4, 3, 1, 11], 0.1)),
        ..OutletColumns::default()
    };
    let mut list = outlets(answers, base, switched);
    for meter in outlets(answers, base, metered) {
        match list.iter_mut().find(|outlet| outlet.id == meter.id) {
            Some(outlet) => {
                outlet.current_amps = meter.current_amps;
                outlet.power_watts = meter.power_watts;
                outlet.energy_kwh = meter.energy_kwh;
            }
            None => list.push(meter),
        }
    }
    let columns = PhaseColumns {
        voltage: Some((&[6, 3, 1, 6], 1.0)),
        current: Some((&[6, 3, 1, 5], 0.1)),
        power: Some((&[6, 3, 1, 7], 10.0)),
        load: None,
    };
    let phases = phases(answers, base, columns);
    // rPDU2SensorTempHumidityStatusCommStatus 2 is ok.
    let sensor = answers.rows(base, &[&[10, 2, 2, 1, 6]]).into_iter().find(|row| answers.cell_int(base, &[10, 2, 2, 1, 6], row) == Some(2));
    let sensed = |column: u32, scale| sensor.as_ref().and_then(|row| answers.cell(base, &[10, 2, 2, 1, column], row, scale));
    let mut reading = Reading {
        identity: Identity { manufacturer: Some("APC".to_owned()), model: unit(8), firmware: unit(6), serial: unit(9), name: unit(3) },
        power_watts: sum(&device(5, 10.0)),
        energy_kwh: sum(&device(9, 0.1)),
        apparent_va: sum(&device(16, 10.0)),
        power_factor: mean(&device(17, 0.01)),
        input_voltage: mean(&phases.iter().map(|phase| phase.voltage).collect::<Vec<_>>()),
        temperature_c: sensed(8, 0.1),
        humidity_percent: sensed(10, 1.0),
        phases,
        outlets: list,
        ..Reading::default()
    };
    // rPDU2DeviceStatusLoadState: 3 near overload, 4 overload; rPDU2DeviceStatusPowerSupplyAlarm: 2 alarm.
    for row in answers.rows(base, &[&[4, 3, 1, 4]]) {
        load_state(&mut reading, answers.cell_int(base, &[4, 3, 1, 4], &row));
    }
    reading
}

pub(crate) const RPDU_LIST: List = List {
    // rPDUIdentDeviceLinetoLineVoltage, PowerWatts, PowerFactor, PowerVA.
    status_scalars: &[&[1, 15, 0], &[1, 16, 0], &[1, 17, 0], &[1, 18, 0]],
    // rPDULoadStatusTable.
    status_tables: &[&[2, 3, 1, 1]],
    scalars: &[&[1, 1, 0], &[1, 3, 0], &[1, 5, 0], &[1, 6, 0], &[1, 8, 0]],
    // rPDUOutletStatusTable.
    tables: &[&[3, 5, 1, 1]],
};

pub(crate) fn read_rpdu(answers: &Answers) -> Reading {
    let base = &RPDU;
    let columns = PhaseColumns { current: Some((&[2, 3, 1, 1, 2], 0.1)), ..PhaseColumns::default() };
    let phases = phases(answers, base, columns);
    let current = sum(&phases.iter().map(|phase| phase.current_amps).collect::<Vec<_>>());
    let voltage = answers.number(base, &[1, 15, 0], 1.0);
    let measured = answers.number(base, &[1, 16, 0], 1.0);
    let mut reading = Reading {
        identity: Identity {
            manufacturer: Some("APC".to_owned()),
            model: answers.text(base, &[1, 5, 0]),
            firmware: answers.text(base, &[1, 3, 0]),
            serial: answers.text(base, &[1, 6, 0]),
            name: answers.text(base, &[1, 1, 0]),
        },
        power_watts: measured.or_else(|| Some(current? * voltage?)),
        power_estimated: measured.is_none(),
        apparent_va: answers.number(base, &[1, 18, 0], 1.0),
        // Thousandths.
        power_factor: answers.number(base, &[1, 17, 0], 0.001),
        input_voltage: voltage,
        current_amps: current,
        outlet_count: answers.int(base, &[1, 8, 0]).and_then(|count| u32::try_from(count).ok()),
        phases,
        outlets: outlets(
            answers,
            base,
            OutletColumns { name: &[3, 5, 1, 1, 2], state: Some((&[3, 5, 1, 1, 4], 1, 2)), ..OutletColumns::default() },
        ),
        ..Reading::default()
    };
    for row in answers.rows(base, &[&[2, 3, 1, 1, 3]]) {
        load_state(&mut reading, answers.cell_int(base, &[2, 3, 1, 1, 3], &row));
    }
    reading
}

/// Both generations: 3 near overload, 4 overload.
fn load_state(reading: &mut Reading, state: Option<i64>) {
    match state {
        Some(3) => reading.alarm("near_overload"),
        Some(4) => {
            reading.alarm("overload");
            reading.raise(crate::reading::Flag::Over);
        }
        _ => {}
    }
}

pub(crate) const EPDU_LIST: List = List {
    status_scalars: &[],
    // ePDUDeviceStatusTable, ePDUPhaseStatusTable.
    status_tables: &[&[2, 1, 1], &[4, 2, 1]],
    scalars: &[],
    // ePDUOutletStatusTable.
    tables: &[&[6, 1, 1]],
};

pub(crate) fn read_epdu(answers: &Answers) -> Reading {
    let base = &EPDU;
    let unit =
        |column: u32| answers.rows(base, &[&[2, 1, 1, column]]).first().and_then(|row| answers.cell_text(base, &[2, 1, 1, column], row));
    let columns = PhaseColumns {
        voltage: Some((&[4, 2, 1, 4], 0.1)),
        current: Some((&[4, 2, 1, 5], 0.01)),
        power: Some((&[4, 2, 1, 6], 1.0)),
        load: None,
    };
    let phases = phases(answers, base, columns);
    // ePDUOutletStatusState is off(1), on(2): the reverse of its sisters. A PDU without outlet switching answers one row of −1.
    let mut outlets = outlets(answers, base, OutletColumns { state: Some((&[6, 1, 1, 4], 2, 1)), ..OutletColumns::default() });
    outlets.retain(|outlet| outlet.state.is_some());
    Reading {
        identity: Identity { manufacturer: Some("APC".to_owned()), model: unit(4), firmware: unit(3), serial: unit(5), name: None },
        power_watts: sum(&answers.column(base, &[2, 1, 1, 7], 1.0)),
        input_voltage: mean(&phases.iter().map(|phase| phase.voltage).collect::<Vec<_>>()),
        phases,
        outlets,
        ..Reading::default()
    }
}
