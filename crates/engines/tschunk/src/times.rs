//! The timestamp column: distances from a regular grid (first time plus a multiple of the median step).
//!
//! A strictly regular series costs a few bytes whatever its length; timer jitter costs its entropy; gaps and changed
//! intervals are left to the difference orders of the integer column.

use crate::chunk::DecodeError;
use crate::ints;
use crate::wire::{Reader, put_zigzag};

/// Appends the column; the first time itself stands in the chunk header.
pub(crate) fn encode(times: &[i64], out: &mut Vec<u8>) {
    let step = median_step(times);
    put_zigzag(out, step);
    let Some(&first) = times.first() else { return };
    let mut expected = first;
    let residuals: Vec<i64> = times
        .iter()
        .map(|&t| {
            let residual = t.wrapping_sub(expected);
            expected = expected.wrapping_add(step);
            residual
        })
        .collect();
    ints::encode(&residuals, out);
}

fn median_step(times: &[i64]) -> i64 {
    let mut steps: Vec<i64> = times.windows(2).map(|w| w[1].wrapping_sub(w[0])).collect();
    if steps.is_empty() {
        return 0;
    }
    let middle = steps.len() / 2;
    *steps.select_nth_unstable(middle).1
}

/// Reads `n` times, which must ascend strictly.
pub(crate) fn decode(reader: &mut Reader<'_>, first: i64, n: usize) -> Result<Vec<i64>, DecodeError> {
    let step = reader.zigzag()?;
    let mut times = ints::decode(reader, n)?;
    let mut expected = first;
    for t in &mut times {
        *t = t.wrapping_add(expected);
        expected = expected.wrapping_add(step);
    }
    if times.windows(2).any(|w| w[0] >= w[1]) {
        return Err(DecodeError::Corrupt("times do not ascend"));
    }
    Ok(times)
}
