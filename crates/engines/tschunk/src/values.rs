//! The value column: numbers that are decimals `k / 10^d` become the integers `k`; everything else keeps its 64 bits.
//!
//! A decimal is accepted only if dividing `k` by `10^d` gives back the very same bits (both are exact doubles and the
//! division rounds correctly, so every decimal text of up to 15 digits qualifies). The few values that do not fit (NaN,
//! infinities, -0.0, outliers with more digits) are patched over by position. Lossless for every bit pattern.
//!
//! Layout: `DECIMAL | d << 4`, patches, integer column; or `RAW`, length, pco of the doubles; or `PLAIN`, 8 bytes each;
//! or `SAME`, 8 bytes once.

use crate::chunk::DecodeError;
use crate::ints;
use crate::wire::{Reader, put_varint};
use pco::{DeltaSpec, ModeSpec};

const DECIMAL: u8 = 0;
const RAW: u8 = 1;
const PLAIN: u8 = 2;
const SAME: u8 = 3;

const MAX_DIGITS: usize = 9;
const POWERS: [f64; MAX_DIGITS + 1] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Integers up to here are exact in a double.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Bytes a patched value costs, about.
const PATCH_BYTES: usize = 9;

/// The integer `k` with `k / 10^digits == value`, bit for bit.
fn scaled(value: f64, digits: usize) -> Option<i64> {
    let power = POWERS[digits];
    let k = (value * power).round();
    if k.abs() > MAX_EXACT {
        return None;
    }
    let k = if k.is_nan() { return None } else { k as i64 };
    (((k as f64) / power).to_bits() == value.to_bits()).then_some(k)
}

/// Appends the column.
pub(crate) fn encode(values: &[f64], out: &mut Vec<u8>) {
    let Some(first) = values.first() else { return };
    if scaled(*first, MAX_DIGITS).is_none() && values.iter().all(|v| v.to_bits() == first.to_bits()) {
        out.push(SAME);
        out.extend_from_slice(&first.to_bits().to_le_bytes());
        return;
    }
    let decimal = choose_digits(values).map(|choice| encode_decimal(values, &choice));
    let certain = decimal.as_ref().is_some_and(|(_, doubtful)| !doubtful);
    let raw = if certain { None } else { Some(encode_raw(values)) };
    let best = match (decimal, raw) {
        (Some((d, _)), Some(r)) => {
            if d.len() <= r.len() {
                d
            } else {
                r
            }
        }
        (Some((d, _)), None) => d,
        (None, Some(r)) => r,
        (None, None) => Vec::new(),
    };
    out.extend_from_slice(&best);
}

struct Choice {
    digits: usize,
    patched: usize,
}

/// The number of decimals with the lowest estimated cost; `None` when most values are no short decimals.
fn choose_digits(values: &[f64]) -> Option<Choice> {
    let mut need = [0_usize; MAX_DIGITS + 2];
    let mut likely = 0;
    for (i, &value) in values.iter().enumerate() {
        let digits = if scaled(value, likely).is_some() && (likely == 0 || scaled(value, likely - 1).is_none()) {
            likely
        } else {
            (0..=MAX_DIGITS).find(|&d| scaled(value, d).is_some()).unwrap_or(MAX_DIGITS + 1)
        };
        if digits <= MAX_DIGITS {
            likely = digits;
        }
        need[digits] += 1;
        // Random doubles: stop looking after a sample instead of trying ten scales on each.
        if i == 63 && need[MAX_DIGITS + 1] > 32 {
            return None;
        }
    }
    let mut patched = values.len();
    let mut best: Option<(usize, Choice)> = None;
    for (digits, count) in need.iter().take(MAX_DIGITS + 1).enumerate() {
        patched -= count;
        // One decimal more costs log2(10) bits on each value.
        let cost = patched * PATCH_BYTES + values.len() * digits * 415 / 1000;
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, Choice { digits, patched }));
        }
    }
    best.map(|(_, choice)| choice)
}

/// The encoded column, and whether the raw form might be smaller.
fn encode_decimal(values: &[f64], choice: &Choice) -> (Vec<u8>, bool) {
    let mut patches = Vec::new();
    let mut patched = 0_u64;
    let mut since = 0_u64;
    let mut filler = values.iter().find_map(|&v| scaled(v, choice.digits)).unwrap_or(0);
    let integers: Vec<i64> = values
        .iter()
        .map(|&value| {
            if let Some(k) = scaled(value, choice.digits) {
                filler = k;
                since += 1;
            } else {
                put_varint(&mut patches, since);
                patches.extend_from_slice(&value.to_bits().to_le_bytes());
                patched += 1;
                since = 0;
            }
            filler
        })
        .collect();
    let mut out = vec![DECIMAL | (choice.digits as u8) << 4];
    put_varint(&mut out, patched);
    out.extend_from_slice(&patches);
    ints::encode(&integers, &mut out);
    let doubtful = choice.digits > 4 || choice.patched * 16 > values.len();
    (out, doubtful)
}

fn encode_raw(values: &[f64]) -> Vec<u8> {
    // pco's float modes reason about finite numbers; with others in the column only the plain mode is asked for.
    let mode = if values.iter().all(|v| v.is_finite()) { ModeSpec::Auto } else { ModeSpec::Classic };
    let coded = ints::pco_encode(values, mode, DeltaSpec::TryConsecutive(0));
    let first_order = ints::pco_encode(values, ModeSpec::Classic, DeltaSpec::TryConsecutive(1));
    let smallest = coded.into_iter().chain(first_order).min_by_key(Vec::len);
    let mut out = Vec::new();
    match smallest {
        Some(bytes) if bytes.len() + 3 < values.len() * 8 => {
            out.push(RAW);
            put_varint(&mut out, bytes.len() as u64);
            out.extend_from_slice(&bytes);
        }
        _ => {
            out.push(PLAIN);
            for value in values {
                out.extend_from_slice(&value.to_bits().to_le_bytes());
            }
        }
    }
    out
}

/// Reads a column of `n` values.
pub(crate) fn decode(reader: &mut Reader<'_>, n: usize) -> Result<Vec<f64>, DecodeError> {
    if n == 0 {
        return Ok(Vec::new());
    }
    let tag = reader.byte()?;
    let digits = usize::from(tag >> 4);
    match tag & 0x0f {
        DECIMAL => decode_decimal(reader, n, digits),
        RAW => {
            let len = reader.length(usize::MAX)?;
            ints::pco_decode::<f64>(reader.bytes(len)?, n)
        }
        PLAIN => {
            let bytes = reader.bytes(n.saturating_mul(8))?;
            Ok(bytes.as_chunks::<8>().0.iter().map(|raw| f64::from_bits(u64::from_le_bytes(*raw))).collect())
        }
        SAME => Ok(vec![f64::from_bits(reader.u64_le()?); n]),
        _ => Err(DecodeError::Corrupt("value coding")),
    }
}

/// Passes over a column of `n` values without decoding it.
pub(crate) fn skip(reader: &mut Reader<'_>, n: usize) -> Result<(), DecodeError> {
    if n == 0 {
        return Ok(());
    }
    let tag = reader.byte()?;
    match tag & 0x0f {
        DECIMAL => {
            for _ in 0..reader.length(n)? {
                reader.varint()?;
                reader.bytes(8)?;
            }
            ints::skip(reader, n)
        }
        RAW => {
            let len = reader.length(usize::MAX)?;
            reader.bytes(len).map(drop)
        }
        PLAIN => reader.bytes(n.saturating_mul(8)).map(drop),
        SAME => reader.bytes(8).map(drop),
        _ => Err(DecodeError::Corrupt("value coding")),
    }
}

fn decode_decimal(reader: &mut Reader<'_>, n: usize, digits: usize) -> Result<Vec<f64>, DecodeError> {
    let power = *POWERS.get(digits).ok_or(DecodeError::Corrupt("decimal digits"))?;
    let patch_count = reader.length(n)?;
    let mut patches = Vec::with_capacity(patch_count);
    let mut next = 0_usize;
    for _ in 0..patch_count {
        let at = next + reader.length(n)?;
        if at >= n {
            return Err(DecodeError::Corrupt("position of a patched value"));
        }
        patches.push((at, f64::from_bits(reader.u64_le()?)));
        next = at + 1;
    }
    let integers = ints::decode(reader, n)?;
    let mut values: Vec<f64> = integers.into_iter().map(|k| (k as f64) / power).collect();
    for (at, value) in patches {
        values[at] = value;
    }
    Ok(values)
}
