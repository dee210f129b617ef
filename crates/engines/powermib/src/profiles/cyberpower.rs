//! CPS-MIB: UPSes, and two generations of PDUs (`ePDU` and `ePDU2`).

use crate::answers::Answers;
use crate::profile::List;
use crate::profiles::{OutletColumns, PhaseColumns, outlets, phases, test_result};
use crate::reading::{Flag, Identity, Reading, mean, sum};

pub(crate) const UPS: [u32; 10] = [1, 3, 6, 1, 4, 1, 3808, 1, 1, 1];
pub(crate) const PDU: [u32; 10] = [1, 3, 6, 1, 4, 1, 3808, 1, 1, 3];
pub(crate) const PDU2: [u32; 10] = [1, 3, 6, 1, 4, 1, 3808, 1, 1, 6];

fn maker() -> Option<String> {
    Some("CyberPower".to_owned())
}

pub(crate) const UPS_LIST: List = List {
    // upsBaseBatteryStatus, capacity, runtime, replace indicator, upsBaseOutputStatus, load, power.
    status_scalars: &[&[2, 1, 1, 0], &[2, 2, 1, 0], &[2, 2, 4, 0], &[2, 2, 5, 0], &[4, 1, 1, 0], &[4, 2, 3, 0], &[4, 2, 5, 0]],
    status_tables: &[],
    // Identity; battery voltage, temperature; input voltage, frequency; output voltage, frequency, current, energy;
    // result of the last test.
    scalars: &[
        &[1, 1, 1, 0],
        &[1, 1, 2, 0],
        &[1, 2, 1, 0],
        &[1, 2, 3, 0],
        &[2, 2, 2, 0],
        &[2, 2, 3, 0],
        &[3, 2, 1, 0],
        &[3, 2, 4, 0],
        &[4, 2, 1, 0],
        &[4, 2, 2, 0],
        &[4, 2, 4, 0],
        &[4, 2, 6, 0],
        &[7, 2, 3, 0],
    ],
    tables: &[],
};

pub(crate) fn read_ups(answers: &Answers) -> Reading {
    let tenths = |tail: &[u32]| answers.number(&UPS, tail, 0.1);
    let whole = |tail: &[u32]| answers.number(&UPS, tail, 1.0);
    let mut reading = Reading {
        identity: Identity {
            manufacturer: maker(),
            model: answers.text(&UPS, &[1, 1, 1, 0]),
            firmware: answers.text(&UPS, &[1, 2, 1, 0]),
            serial: answers.text(&UPS, &[1, 2, 3, 0]),
            name: answers.text(&UPS, &[1, 1, 2, 0]),
        },
        power_watts: whole(&[4, 2, 5, 0]),
        load_percent: whole(&[4, 2, 3, 0]),
        input_voltage: tenths(&[3, 2, 1, 0]),
        output_voltage: tenths(&[4, 2, 1, 0]),
        current_amps: tenths(&[4, 2, 4, 0]),
        frequency_hz: tenths(&[3, 2, 4, 0]).or_else(|| tenths(&[4, 2, 2, 0])),
        battery_percent: whole(&[2, 2, 1, 0]),
        battery_voltage: tenths(&[2, 2, 2, 0]),
        // TimeTicks.
        runtime_seconds: answers.number(&UPS, &[2, 2, 4, 0], 0.01),
        temperature_c: whole(&[2, 2, 3, 0]),
        energy_kwh: tenths(&[4, 2, 6, 0]),
        // upsAdvanceTestDiagnosticsResults.
        test_result: test_result(answers.int(&UPS, &[7, 2, 3, 0]), &[Some("passed"), Some("failed"), None, Some("in progress")]),
        ..Reading::default()
    };
    // upsBaseOutputStatus.
    let status: &[Flag] = match answers.int(&UPS, &[4, 1, 1, 0]) {
        Some(2 | 7) => &[Flag::Ol],
        Some(3) => &[Flag::Ob],
        Some(4) => &[Flag::Ol, Flag::Boost],
        Some(5 | 6) => &[Flag::Off],
        Some(8) => &[Flag::Ol, Flag::Eco],
        Some(9) => &[Flag::Ol, Flag::Bypass],
        Some(10) => &[Flag::Ol, Flag::Trim],
        Some(11) => &[Flag::Ol, Flag::Over],
        _ => &[],
    };
    status.iter().for_each(|flag| reading.raise(*flag));
    match answers.int(&UPS, &[2, 1, 1, 0]) {
        Some(3) => reading.raise(Flag::Lb),
        Some(4) => reading.alarm("battery_not_present"),
        _ => {}
    }
    if answers.int(&UPS, &[2, 2, 5, 0]) == Some(2) {
        reading.raise(Flag::Rb);
    }
    if reading.load_percent.is_some_and(|load| load > 100.0) {
        reading.raise(Flag::Over);
    }
    reading
}

pub(crate) const PDU_LIST: List = List {
    status_scalars: &[],
    // ePDULoadStatusTable.
    status_tables: &[&[2, 3, 1, 1]],
    scalars: &[&[1, 1, 0], &[1, 3, 0], &[1, 5, 0], &[1, 6, 0]],
    // ePDUOutletStatusTable.
    tables: &[&[3, 5, 1, 1]],
};

pub(crate) fn read_pdu(answers: &Answers) -> Reading {
    let columns = PhaseColumns {
        voltage: Some((&[2, 3, 1, 1, 6], 0.1)),
        current: Some((&[2, 3, 1, 1, 2], 0.1)),
        power: Some((&[2, 3, 1, 1, 7], 1.0)),
        load: None,
    };
    let phases = phases(answers, &PDU, columns);
    let mut reading = Reading {
        identity: Identity {
            manufacturer: maker(),
            model: answers.text(&PDU, &[1, 5, 0]),
            firmware: answers.text(&PDU, &[1, 3, 0]),
            serial: answers.text(&PDU, &[1, 6, 0]),
            name: answers.text(&PDU, &[1, 1, 0]),
        },
        apparent_va: sum(&answers.column(&PDU, &[2, 3, 1, 1, 8], 1.0)),
        power_factor: mean(&answers.column(&PDU, &[2, 3, 1, 1, 9], 0.01)),
        input_voltage: mean(&phases.iter().map(|phase| phase.voltage).collect::<Vec<_>>()),
        phases,
        outlets: outlets(
            answers,
            &PDU,
            OutletColumns { name: &[3, 5, 1, 1, 2], state: Some((&[3, 5, 1, 1, 4], 1, 2)), ..OutletColumns::default() },
        ),
        ..Reading::default()
    };
    // ePDULoadStatusLoadState: 3 near overload, 4 overload.
    for row in answers.rows(&PDU, &[&[2, 3, 1, 1, 3]]) {
        match answers.cell_int(&PDU, &[2, 3, 1, 1, 3], &row) {
            Some(3) => reading.alarm("near_overload"),
            Some(4) => {
                reading.alarm("overload");
                reading.raise(Flag::Over);
            }
            _ => {}
        }
    }
    reading
}

pub(crate) const PDU2_LIST: List = List {
    status_scalars: &[],
    // ePDU2DeviceStatusTable.
    status_tables: &[&[3, 4, 1]],
    scalars: &[],
    tables: &[],
};

pub(crate) fn read_pdu2(answers: &Answers) -> Reading {
    let device = |column: u32, scale| answers.column(&PDU2, &[3, 4, 1, column], scale);
    Reading {
        identity: Identity { manufacturer: maker(), ..Identity::default() },
        power_watts: sum(&device(18, 1.0)),
        current_amps: sum(&device(5, 0.1)),
        energy_kwh: sum(&device(9, 0.1)),
        apparent_va: sum(&device(15, 1.0)),
        power_factor: mean(&device(16, 0.01)),
        ..Reading::default()
    }
}
