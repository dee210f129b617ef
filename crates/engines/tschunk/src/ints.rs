//! The integer column: any `i64` sequence, stored as differences of order 0, 1 or 2, minus their minimum, divided by their
//! greatest common divisor, then entropy-coded at the narrowest width (pco) or bit-packed when that is smaller.
//!
//! Layout: `coding | order << 4`, `order` zigzag seeds, base (zigzag), and unless constant: divisor (varint), then
//! either bits per value and the packed bits, or length (varint) and one pco wrapped file (header, chunk, page).
//! All arithmetic wraps, so every input is representable. Must never trust a length from the input.

use crate::chunk::DecodeError;
use crate::wire::{Reader, put_varint, put_zigzag, zigzag};
use pco::data_types::Number;
use pco::metadata::{DeltaEncoding, Mode};
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec, PagingSpec};

const CONSTANT: u8 = 0;
const BITS: u8 = 1;
const PCO_8: u8 = 2;
const PCO_16: u8 = 3;
const PCO_32: u8 = 4;
const PCO_64: u8 = 5;

const MAX_ORDER: usize = 2;

/// Below this many values the fixed cost of an entropy table never pays.
const PCO_MIN_VALUES: usize = 24;

/// Appends the column to `out`.
pub(crate) fn encode(values: &[i64], out: &mut Vec<u8>) {
    let orders = by_order(values);
    let mut best: Option<Vec<u8>> = None;
    let cheapest = orders.iter().map(|(_, _, cost)| *cost).min().unwrap_or(0);
    for (order, residuals, cost) in &orders {
        // The estimate ignores the shape of the distribution; whatever comes near the best one is tried for real.
        if *cost > cheapest + cheapest / 8 + 64 {
            continue;
        }
        let candidate = encode_residuals(values, *order, residuals);
        if best.as_ref().is_none_or(|b| candidate.len() < b.len()) {
            best = Some(candidate);
        }
    }
    if let Some(best) = best {
        out.extend_from_slice(&best);
    }
}

/// Residuals of each difference order with a rough cost in bits.
fn by_order(values: &[i64]) -> Vec<(usize, Vec<i64>, u64)> {
    let mut all = Vec::with_capacity(MAX_ORDER + 1);
    let mut current = values.to_vec();
    for order in 0..=MAX_ORDER.min(values.len()) {
        if order > 0 {
            current = current.windows(2).map(|w| w[1].wrapping_sub(w[0])).collect();
        }
        all.push((order, current.clone(), rough_bits(&current)));
    }
    all
}

/// Sum of the bit lengths of the distances to the median.
fn rough_bits(residuals: &[i64]) -> u64 {
    if residuals.is_empty() {
        return 0;
    }
    let mut sorted = residuals.to_vec();
    let middle = sorted.len() / 2;
    let (_, median, _) = sorted.select_nth_unstable(middle);
    let median = *median;
    residuals.iter().map(|r| u64::from(64 - zigzag(r.wrapping_sub(median)).leading_zeros())).sum()
}

fn encode_residuals(values: &[i64], order: usize, residuals: &[i64]) -> Vec<u8> {
    let mut out = Vec::new();
    let base = residuals.iter().copied().min().unwrap_or(0);
    let mut divisor = 0_u64;
    let mut widest = 0_u64;
    for r in residuals {
        let offset = r.wrapping_sub(base) as u64;
        divisor = gcd(offset, divisor);
        widest = widest.max(offset);
    }
    let head = |coding: u8, out: &mut Vec<u8>| {
        out.push(coding | (order as u8) << 4);
        for seed in seeds(values, order) {
            put_zigzag(out, seed);
        }
        put_zigzag(out, base);
    };
    if widest == 0 {
        head(CONSTANT, &mut out);
        return out;
    }
    let offsets: Vec<u64> = residuals.iter().map(|r| (r.wrapping_sub(base) as u64) / divisor).collect();
    let widest = widest / divisor;
    let bits = 64 - widest.leading_zeros();
    let packed_len = (offsets.len() * bits as usize).div_ceil(8);
    let pco = if offsets.len() < PCO_MIN_VALUES { None } else { entropy_code(&offsets, widest) };
    if let Some((coding, bytes)) = pco.filter(|(_, bytes)| bytes.len() < packed_len) {
        head(coding, &mut out);
        put_varint(&mut out, divisor);
        put_varint(&mut out, bytes.len() as u64);
        out.extend_from_slice(&bytes);
    } else {
        head(BITS, &mut out);
        put_varint(&mut out, divisor);
        out.push(bits as u8);
        pack_bits(&offsets, bits, &mut out);
    }
    out
}

/// The values that undo the differences: the first value, then the first difference.
fn seeds(values: &[i64], order: usize) -> Vec<i64> {
    match (order, values) {
        (1, [first, ..]) => vec![*first],
        (2, [first, second, ..]) => vec![*first, second.wrapping_sub(*first)],
        _ => Vec::new(),
    }
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}

fn entropy_code(offsets: &[u64], widest: u64) -> Option<(u8, Vec<u8>)> {
    fn narrow<T: Number + TryFrom<u64> + Default>(offsets: &[u64]) -> Option<Vec<u8>> {
        let narrow: Vec<T> = offsets.iter().map(|&o| T::try_from(o).unwrap_or_default()).collect();
        pco_encode(&narrow, ModeSpec::Classic, DeltaSpec::NoOp)
    }
    let (coding, bytes) = if u8::try_from(widest).is_ok() {
        (PCO_8, narrow::<u8>(offsets)?)
    } else if u16::try_from(widest).is_ok() {
        (PCO_16, narrow::<u16>(offsets)?)
    } else if u32::try_from(widest).is_ok() {
        (PCO_32, narrow::<u32>(offsets)?)
    } else {
        (PCO_64, narrow::<u64>(offsets)?)
    };
    Some((coding, bytes))
}

/// One pco wrapped file with a single chunk and page; `None` only if the encoder refuses the configuration.
pub(crate) fn pco_encode<T: Number>(values: &[T], mode: ModeSpec, delta: DeltaSpec) -> Option<Vec<u8>> {
    let config = ChunkConfig::default()
        .with_compression_level(8)
        .with_mode_spec(mode)
        .with_delta_spec(delta)
        .with_paging_spec(PagingSpec::Exact(vec![values.len()]))
        .with_enable_8_bit(true);
    let file = FileCompressor::default();
    let mut out = Vec::new();
    file.write_header(&mut out).ok()?;
    let mut chunk = file.chunk_compressor(values, &config).ok()?;
    chunk.write_meta(&mut out).ok()?;
    chunk.write_page(0, &mut out).ok()?;
    Some(out)
}

/// Reads what [`pco_encode`] wrote. Modes and delta encodings that this crate never writes are refused before pco
/// allocates for them (a dictionary or a look-back window is sized by the input).
pub(crate) fn pco_decode<T: Number + Default>(bytes: &[u8], n: usize) -> Result<Vec<T>, DecodeError> {
    const DICTIONARY: u8 = 4;
    let corrupt = |_| DecodeError::Corrupt("entropy-coded block");
    let (file, rest) = FileDecompressor::new(bytes).map_err(corrupt)?;
    // The first four bits of a chunk are its mode (pco format specification, "chunk meta").
    if rest.first().is_none_or(|b| b & 0x0f >= DICTIONARY) {
        return Err(DecodeError::Corrupt("mode of an entropy-coded block"));
    }
    let (mut chunk, rest) = file.chunk_decompressor::<T, _>(rest).map_err(corrupt)?;
    let known = matches!(chunk.meta().delta_encoding, DeltaEncoding::NoOp | DeltaEncoding::Consecutive { .. });
    if !known || matches!(chunk.meta().mode, Mode::Dict(_)) {
        return Err(DecodeError::Corrupt("encoding of an entropy-coded block"));
    }
    let mut values = vec![T::default(); n];
    let mut page = chunk.page_decompressor(rest, n).map_err(corrupt)?;
    let progress = page.read(&mut values).map_err(corrupt)?;
    if progress.n_processed != n || !page.into_src().is_empty() {
        return Err(DecodeError::Corrupt("length of an entropy-coded block"));
    }
    Ok(values)
}

fn pack_bits(offsets: &[u64], bits: u32, out: &mut Vec<u8>) {
    let mut pending = 0_u128;
    let mut filled = 0_u32;
    for &offset in offsets {
        pending |= u128::from(offset) << filled;
        filled += bits;
        while filled >= 8 {
            out.push(pending as u8);
            pending >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        out.push(pending as u8);
    }
}

fn unpack_bits(bytes: &[u8], bits: u32, n: usize) -> Vec<u64> {
    let mask = u64::MAX >> (64 - bits);
    let mut source = bytes.iter();
    let mut pending = 0_u128;
    let mut filled = 0_u32;
    (0..n)
        .map(|_| {
            while filled < bits {
                pending |= u128::from(source.next().copied().unwrap_or(0)) << filled;
                filled += 8;
            }
            let value = pending as u64 & mask;
            pending >>= bits;
            filled -= bits;
            value
        })
        .collect()
}

/// Reads a column of `n` integers.
pub(crate) fn decode(reader: &mut Reader<'_>, n: usize) -> Result<Vec<i64>, DecodeError> {
    let tag = reader.byte()?;
    let (coding, order) = (tag & 0x0f, usize::from(tag >> 4));
    if order > MAX_ORDER || order > n {
        return Err(DecodeError::Corrupt("difference order"));
    }
    let mut seeds = [0_i64; MAX_ORDER];
    for seed in &mut seeds[..order] {
        *seed = reader.zigzag()?;
    }
    let base = reader.zigzag()?;
    let residual_count = n - order;
    let residuals: Vec<i64> = match coding {
        CONSTANT => vec![base; residual_count],
        BITS | PCO_8..=PCO_64 => {
            let divisor = reader.varint()?;
            let undo = |offset: u64| base.wrapping_add(offset.wrapping_mul(divisor) as i64);
            if coding == BITS {
                let bits = u32::from(reader.byte()?);
                if !(1..=64).contains(&bits) {
                    return Err(DecodeError::Corrupt("bits per value"));
                }
                let packed = reader.bytes((residual_count * bits as usize).div_ceil(8))?;
                unpack_bits(packed, bits, residual_count).into_iter().map(undo).collect()
            } else {
                let len = reader.length(usize::MAX)?;
                let bytes = reader.bytes(len)?;
                match coding {
                    PCO_8 => widen(pco_decode::<u8>(bytes, residual_count)?, undo),
                    PCO_16 => widen(pco_decode::<u16>(bytes, residual_count)?, undo),
                    PCO_32 => widen(pco_decode::<u32>(bytes, residual_count)?, undo),
                    _ => widen(pco_decode::<u64>(bytes, residual_count)?, undo),
                }
            }
        }
        _ => return Err(DecodeError::Corrupt("integer coding")),
    };
    Ok(integrate(residuals, &seeds[..order]))
}

/// Passes over a column of `n` integers without decoding it.
pub(crate) fn skip(reader: &mut Reader<'_>, n: usize) -> Result<(), DecodeError> {
    let tag = reader.byte()?;
    let (coding, order) = (tag & 0x0f, usize::from(tag >> 4));
    if order > MAX_ORDER || order > n {
        return Err(DecodeError::Corrupt("difference order"));
    }
    for _ in 0..=order {
        reader.zigzag()?;
    }
    if coding == CONSTANT {
        return Ok(());
    }
    reader.varint()?;
    let len = match coding {
        BITS => {
            let bits = usize::from(reader.byte()?);
            if !(1..=64).contains(&bits) {
                return Err(DecodeError::Corrupt("bits per value"));
            }
            ((n - order) * bits).div_ceil(8)
        }
        PCO_8..=PCO_64 => reader.length(usize::MAX)?,
        _ => return Err(DecodeError::Corrupt("integer coding")),
    };
    reader.bytes(len).map(drop)
}

fn widen<T: Into<u64>>(offsets: Vec<T>, undo: impl Fn(u64) -> i64) -> Vec<i64> {
    offsets.into_iter().map(|o| undo(o.into())).collect()
}

fn integrate(residuals: Vec<i64>, seeds: &[i64]) -> Vec<i64> {
    match *seeds {
        [first] => running_sum(first, residuals),
        [first, difference] => running_sum(first, running_sum(difference, residuals)),
        _ => residuals,
    }
}

fn running_sum(first: i64, steps: Vec<i64>) -> Vec<i64> {
    let mut out = Vec::with_capacity(steps.len() + 1);
    let mut current = first;
    out.push(current);
    for step in steps {
        current = current.wrapping_add(step);
        out.push(current);
    }
    out
}
