//! PowerNet-MIB, subtree `ups`: Smart-UPS and Symmetra. High-precision objects (tenths) are preferred over whole numbers.

use crate::answers::Answers;
use crate::profile::List;
use crate::profiles::test_result;
use crate::reading::{Flag, Identity, Reading};

pub(crate) const BASE: [u32; 10] = [1, 3, 6, 1, 4, 1, 318, 1, 1, 1];

pub(crate) const LIST: List = List {
    // upsBasicBatteryStatus, capacity (whole, high precision), runtime, replace indicator, upsBasicOutputStatus,
    // load (whole, high precision), active power, calibration.
    status_scalars: &[
        &[2, 1, 1, 0],
        &[2, 2, 1, 0],
        &[2, 3, 1, 0],
        &[2, 2, 3, 0],
        &[2, 2, 4, 0],
        &[4, 1, 1, 0],
        &[4, 2, 3, 0],
        &[4, 3, 3, 0],
        &[4, 2, 8, 0],
        &[7, 2, 6, 0],
    ],
    status_tables: &[],
    // Identity; temperature, battery voltage; input voltage, frequency; output voltage, current, VA, energy;
    // result of the last test.
    scalars: &[
        &[1, 1, 1, 0],
        &[1, 1, 2, 0],
        &[1, 2, 1, 0],
        &[1, 2, 3, 0],
        &[2, 2, 2, 0],
        &[2, 3, 2, 0],
        &[2, 2, 8, 0],
        &[2, 3, 4, 0],
        &[3, 2, 1, 0],
        &[3, 3, 1, 0],
        &[3, 2, 4, 0],
        &[3, 3, 4, 0],
        &[4, 2, 1, 0],
        &[4, 3, 1, 0],
        &[4, 2, 4, 0],
        &[4, 3, 4, 0],
        &[4, 2, 9, 0],
        &[4, 2, 12, 0],
        &[4, 3, 6, 0],
        &[7, 2, 3, 0],
    ],
    tables: &[],
};

pub(crate) fn read(answers: &Answers) -> Reading {
    let fine = |fine: &[u32], coarse: &[u32]| answers.number(&BASE, fine, 0.1).or_else(|| answers.number(&BASE, coarse, 1.0));
    let mut reading = Reading {
        identity: Identity {
            manufacturer: Some("APC".to_owned()),
            model: answers.text(&BASE, &[1, 1, 1, 0]),
            firmware: answers.text(&BASE, &[1, 2, 1, 0]),
            serial: answers.text(&BASE, &[1, 2, 3, 0]),
            name: answers.text(&BASE, &[1, 1, 2, 0]),
        },
        power_watts: answers.number(&BASE, &[4, 2, 8, 0], 1.0),
        apparent_va: answers.number(&BASE, &[4, 2, 9, 0], 1.0),
        load_percent: fine(&[4, 3, 3, 0], &[4, 2, 3, 0]),
        input_voltage: fine(&[3, 3, 1, 0], &[3, 2, 1, 0]),
        output_voltage: fine(&[4, 3, 1, 0], &[4, 2, 1, 0]),
        current_amps: fine(&[4, 3, 4, 0], &[4, 2, 4, 0]),
        frequency_hz: fine(&[3, 3, 4, 0], &[3, 2, 4, 0]),
        battery_percent: fine(&[2, 3, 1, 0], &[2, 2, 1, 0]),
        battery_voltage: fine(&[2, 3, 4, 0], &[2, 2, 8, 0]),
        // TimeTicks.
        runtime_seconds: answers.number(&BASE, &[2, 2, 3, 0], 0.01),
        temperature_c: fine(&[2, 3, 2, 0], &[2, 2, 2, 0]),
        energy_kwh: answers.number(&BASE, &[4, 3, 6, 0], 0.01).or_else(|| answers.number(&BASE, &[4, 2, 12, 0], 1.0)),
        // upsAdvTestDiagnosticsResults.
        test_result: test_result(answers.int(&BASE, &[7, 2, 3, 0]), &[Some("passed"), Some("failed"), None, Some("in progress")]),
        ..Reading::default()
    };
    // upsBasicOutputStatus.
    let status: &[Flag] = match answers.int(&BASE, &[4, 1, 1, 0]) {
        Some(2 | 14 | 15 | 19 | 21 | 22 | 24 | 25 | 28) => &[Flag::Ol],
        Some(3) => &[Flag::Ob],
        Some(4) => &[Flag::Ol, Flag::Boost],
        Some(5 | 6 | 7 | 11) => &[Flag::Off],
        Some(9 | 10 | 16 | 17) => &[Flag::Ol, Flag::Bypass],
        Some(12) => &[Flag::Ol, Flag::Trim],
        Some(13 | 20) => &[Flag::Ol, Flag::Eco],
        _ => &[],
    };
    status.iter().for_each(|flag| reading.raise(*flag));
    // upsBasicBatteryStatus: low, in fault.
    if matches!(answers.int(&BASE, &[2, 1, 1, 0]), Some(3 | 4)) {
        reading.raise(Flag::Lb);
    }
    // upsAdvBatteryReplaceIndicator.
    if answers.int(&BASE, &[2, 2, 4, 0]) == Some(2) {
        reading.raise(Flag::Rb);
    }
    // upsAdvTestCalibrationResults: in progress.
    if answers.int(&BASE, &[7, 2, 6, 0]) == Some(3) {
        reading.raise(Flag::Cal);
    }
    if reading.load_percent.is_some_and(|load| load > 100.0) {
        reading.raise(Flag::Over);
    }
    reading
}
