//! One module per vendor: numbers of its MIB, scales, and the meaning of its enumerations. Sources are named at each.

pub(crate) mod apc_pdu;
pub(crate) mod apc_ups;
pub(crate) mod cyberpower;
pub(crate) mod eaton;
pub(crate) mod raritan;
pub(crate) mod rfc1628;
pub(crate) mod sentry;

use crate::answers::{Answers, dotted};
use crate::reading::{Outlet, OutletState, Phase};

/// The state whose number was answered.
pub(crate) fn outlet_state(code: Option<i64>, on: i64, off: i64) -> Option<OutletState> {
    match code? {
        code if code == on => Some(OutletState::On),
        code if code == off => Some(OutletState::Off),
        _ => None,
    }
}

/// The word of a test result: numbers count from 1.
pub(crate) fn test_result(code: Option<i64>, words: &[Option<&str>]) -> Option<String> {
    let index = usize::try_from(code?.checked_sub(1)?).ok()?;
    words.get(index).copied().flatten().map(str::to_owned)
}

/// A column and its scale.
pub(crate) type Column = Option<(&'static [u32], f64)>;

/// Columns of a phase table.
#[derive(Clone, Copy, Default)]
pub(crate) struct PhaseColumns {
    pub(crate) voltage: Column,
    pub(crate) current: Column,
    pub(crate) power: Column,
    pub(crate) load: Column,
}

/// Columns of an outlet table.
#[derive(Clone, Copy, Default)]
pub(crate) struct OutletColumns {
    pub(crate) name: &'static [u32],
    /// State: column, number of on, number of off.
    pub(crate) state: Option<(&'static [u32], i64, i64)>,
    pub(crate) current: Column,
    pub(crate) power: Column,
    pub(crate) energy: Column,
}

fn cell(answers: &Answers, base: &[u32], column: Column, row: &[u32]) -> Option<f64> {
    column.and_then(|(column, scale)| answers.cell(base, column, row, scale))
}

/// The rows of a phase table that hold any value.
pub(crate) fn phases(answers: &Answers, base: &[u32], columns: PhaseColumns) -> Vec<Phase> {
    let all: Vec<&[u32]> =
        [columns.voltage, columns.current, columns.power, columns.load].into_iter().flatten().map(|(column, _)| column).collect();
    answers
        .rows(base, &all)
        .into_iter()
        .map(|row| Phase {
            id: dotted(&row),
            voltage: cell(answers, base, columns.voltage, &row),
            current_amps: cell(answers, base, columns.current, &row),
            power_watts: cell(answers, base, columns.power, &row),
            load_percent: cell(answers, base, columns.load, &row),
        })
        .collect()
}

/// The rows of an outlet table.
pub(crate) fn outlets(answers: &Answers, base: &[u32], columns: OutletColumns) -> Vec<Outlet> {
    let measured = [columns.current, columns.power, columns.energy].into_iter().flatten().map(|(column, _)| column);
    let all: Vec<&[u32]> =
        measured.chain(columns.state.map(|(column, ..)| column)).chain([columns.name]).filter(|column| !column.is_empty()).collect();
    answers
        .rows(base, &all)
        .into_iter()
        .map(|row| Outlet {
            id: dotted(&row),
            name: answers.cell_text(base, columns.name, &row),
            state: columns.state.and_then(|(column, on, off)| outlet_state(answers.cell_int(base, column, &row), on, off)),
            current_amps: cell(answers, base, columns.current, &row),
            power_watts: cell(answers, base, columns.power, &row),
            energy_kwh: cell(answers, base, columns.energy, &row),
        })
        .collect()
}
