//! The chunk: a header and one time column with one or more value columns over it.
//!
//! Layout (version 1): version byte, CRC-32C (little endian) of everything after it, point count (varint), column count
//! (byte), first time (zigzag), last minus first time (varint), time column, value columns. Times ascend strictly.
//! Must never panic on arbitrary bytes nor allocate more than [`MAX_POINTS`] x [`MAX_COLUMNS`] values allow.

use crate::bucket::Bucket;
use crate::resample::Function;
use crate::wire::{Reader, put_varint, put_zigzag};
use crate::{Point, crc, times, values};
use std::fmt;

/// Most points in one chunk: 3.8 days at one point every 5 s, 1 MiB once decoded.
pub const MAX_POINTS: usize = 65_536;

/// Most value columns in one chunk.
pub const MAX_COLUMNS: usize = 16;

const VERSION: u8 = 1;
const CHECKED_FROM: usize = 5;

/// Why a set of points cannot become a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// More than [`MAX_POINTS`] points; split them.
    TooManyPoints,
    /// More than [`MAX_COLUMNS`] columns, or columns of different length.
    BadColumns,
    /// Times must ascend strictly; the index is the first offender.
    NotAscending(usize),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyPoints => write!(f, "a chunk holds at most {MAX_POINTS} points"),
            Self::BadColumns => write!(f, "a chunk holds at most {MAX_COLUMNS} columns of equal length"),
            Self::NotAscending(at) => write!(f, "time {at} is not later than the one before it"),
        }
    }
}

impl std::error::Error for EncodeError {}

/// Why bytes are not a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end too early.
    Truncated,
    /// Written by a newer release.
    UnknownVersion(u8),
    /// The checksum does not match: damaged in storage or on the way.
    Checksum,
    /// The checksum matches, yet the named part makes no sense.
    Corrupt(&'static str),
    /// The chunk holds other columns than asked for.
    WrongColumns,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("chunk ends too early"),
            Self::UnknownVersion(version) => write!(f, "chunk version {version} is not known"),
            Self::Checksum => f.write_str("chunk checksum does not match"),
            Self::Corrupt(part) => write!(f, "chunk is corrupt: {part}"),
            Self::WrongColumns => f.write_str("chunk holds other columns"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// What stands in front of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Number of points.
    pub count: usize,
    /// Number of value columns.
    pub columns: usize,
    /// First time, microseconds UTC; 0 when empty.
    pub t_min: i64,
    /// Last time, microseconds UTC; 0 when empty.
    pub t_max: i64,
}

/// Encodes points whose times ascend strictly.
///
/// # Errors
/// [`EncodeError::TooManyPoints`] and [`EncodeError::NotAscending`].
pub fn encode(points: &[Point]) -> Result<Vec<u8>, EncodeError> {
    let times: Vec<i64> = points.iter().map(|p| p.t).collect();
    let column: Vec<f64> = points.iter().map(|p| p.v).collect();
    encode_columns(&times, &[&column])
}

/// Encodes several value columns over one time column.
///
/// # Errors
/// See [`EncodeError`].
pub fn encode_columns(times: &[i64], columns: &[&[f64]]) -> Result<Vec<u8>, EncodeError> {
    if times.len() > MAX_POINTS {
        return Err(EncodeError::TooManyPoints);
    }
    if columns.len() > MAX_COLUMNS || columns.iter().any(|c| c.len() != times.len()) {
        return Err(EncodeError::BadColumns);
    }
    if let Some(at) = times.windows(2).position(|w| w[0] >= w[1]) {
        return Err(EncodeError::NotAscending(at + 1));
    }
    let mut out = vec![VERSION, 0, 0, 0, 0];
    put_varint(&mut out, times.len() as u64);
    out.push(columns.len() as u8);
    if let (Some(&first), Some(&last)) = (times.first(), times.last()) {
        put_zigzag(&mut out, first);
        put_varint(&mut out, last.wrapping_sub(first) as u64);
        times::encode(times, &mut out);
        for column in columns {
            values::encode(column, &mut out);
        }
    }
    let crc = crc::crc32c(&out[CHECKED_FROM..]);
    out[1..CHECKED_FROM].copy_from_slice(&crc.to_le_bytes());
    Ok(out)
}

/// Reads only the header, without verifying the checksum.
///
/// # Errors
/// See [`DecodeError`].
pub fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    read_header(&mut Reader::new(bytes)).map(|(header, _)| header)
}

fn read_header(reader: &mut Reader<'_>) -> Result<(Header, u32), DecodeError> {
    let version = reader.byte()?;
    if version != VERSION {
        return Err(DecodeError::UnknownVersion(version));
    }
    let crc = reader.u32_le()?;
    let count = reader.length(MAX_POINTS)?;
    let columns = usize::from(reader.byte()?);
    if columns > MAX_COLUMNS {
        return Err(DecodeError::Corrupt("number of columns"));
    }
    let (t_min, t_max) = if count == 0 {
        (0, 0)
    } else {
        let first = reader.zigzag()?;
        (first, first.wrapping_add(reader.varint()? as i64))
    };
    Ok((Header { count, columns, t_min, t_max }, crc))
}

/// Decodes a chunk of points.
///
/// # Errors
/// See [`DecodeError`]; arbitrary bytes are safe to pass.
pub fn decode(bytes: &[u8]) -> Result<Vec<Point>, DecodeError> {
    let (times, columns) = decode_columns(bytes)?;
    let [values] = <[Vec<f64>; 1]>::try_from(columns).map_err(|_| DecodeError::WrongColumns)?;
    Ok(times.into_iter().zip(values).map(|(t, v)| Point { t, v }).collect())
}

/// Decodes times and all value columns.
///
/// # Errors
/// See [`DecodeError`]; arbitrary bytes are safe to pass.
pub fn decode_columns(bytes: &[u8]) -> Result<(Vec<i64>, Vec<Vec<f64>>), DecodeError> {
    decode_some(bytes, |_| true)
}

/// Times and value columns; a column that is not wanted comes back empty.
fn decode_some(bytes: &[u8], wanted: impl Fn(usize) -> bool) -> Result<(Vec<i64>, Vec<Vec<f64>>), DecodeError> {
    let mut reader = Reader::new(bytes);
    let (header, crc) = read_header(&mut reader)?;
    if crc::crc32c(&bytes[CHECKED_FROM..]) != crc {
        return Err(DecodeError::Checksum);
    }
    if header.count == 0 {
        return if reader.is_empty() {
            Ok((Vec::new(), vec![Vec::new(); header.columns]))
        } else {
            Err(DecodeError::Corrupt("bytes after the last column"))
        };
    }
    let times = times::decode(&mut reader, header.t_min, header.count)?;
    if times.first() != Some(&header.t_min) || times.last() != Some(&header.t_max) {
        return Err(DecodeError::Corrupt("time range"));
    }
    let mut columns = Vec::with_capacity(header.columns);
    for column in 0..header.columns {
        columns.push(if wanted(column) {
            values::decode(&mut reader, header.count)?
        } else {
            values::skip(&mut reader, header.count)?;
            Vec::new()
        });
    }
    if !reader.is_empty() {
        return Err(DecodeError::Corrupt("bytes after the last column"));
    }
    Ok((times, columns))
}

/// Columns of a bucket chunk: min, max, sum, count, last, time of last minus start, span.
const BUCKET_COLUMNS: usize = 7;

/// Encodes rollup buckets whose starts ascend strictly.
///
/// # Errors
/// [`EncodeError::TooManyPoints`] and [`EncodeError::NotAscending`].
pub fn encode_buckets(buckets: &[Bucket]) -> Result<Vec<u8>, EncodeError> {
    let times: Vec<i64> = buckets.iter().map(|b| b.start).collect();
    let column = |of: fn(&Bucket) -> f64| buckets.iter().map(of).collect::<Vec<f64>>();
    let columns: [Vec<f64>; BUCKET_COLUMNS] = [
        column(|b| b.min),
        column(|b| b.max),
        column(|b| b.sum),
        column(|b| f64::from(b.count)),
        column(|b| b.last),
        column(|b| b.last_at.wrapping_sub(b.start) as f64),
        column(|b| b.span_us as f64),
    ];
    encode_columns(&times, &columns.each_ref().map(Vec::as_slice))
}

/// Decodes a chunk of rollup buckets.
///
/// # Errors
/// See [`DecodeError`]; arbitrary bytes are safe to pass.
pub fn decode_buckets(bytes: &[u8]) -> Result<Vec<Bucket>, DecodeError> {
    decode_buckets_partly(bytes, BucketParts::ALL)
}

/// Which parts of rollup buckets a reader needs; start and count it always gets. Decoding fewer is faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketParts {
    /// Smallest value; 0 when left out.
    pub min: bool,
    /// Largest value; 0 when left out.
    pub max: bool,
    /// Sum; 0 when left out.
    pub sum: bool,
    /// Latest value and its time; NaN at the start of the bucket when left out.
    pub last: bool,
    /// Time that increments cover; 0 when left out.
    pub span: bool,
}

impl BucketParts {
    /// Everything.
    pub const ALL: Self = Self { min: true, max: true, sum: true, last: true, span: true };

    /// What [`crate::resample()`] needs for a function.
    #[must_use]
    pub const fn of(function: Function) -> Self {
        let none = Self { min: false, max: false, sum: false, last: false, span: false };
        match function {
            Function::Count => none,
            Function::Avg | Function::Sum | Function::Increase | Function::Quantile(_) => Self { sum: true, ..none },
            Function::Min => Self { min: true, ..none },
            Function::Max => Self { max: true, ..none },
            Function::Last | Function::Delta => Self { last: true, ..none },
            Function::Rate => Self { sum: true, last: true, span: true, ..none },
        }
    }

    const fn wants(self, column: usize) -> bool {
        match column {
            0 => self.min,
            1 => self.max,
            2 => self.sum,
            4 | 5 => self.last,
            6 => self.span,
            _ => true,
        }
    }
}

/// Decodes the wanted parts of a chunk of rollup buckets.
///
/// # Errors
/// See [`DecodeError`]; arbitrary bytes are safe to pass. Damage inside a part that is left out goes unseen only if the
/// checksum holds.
pub fn decode_buckets_partly(bytes: &[u8], parts: BucketParts) -> Result<Vec<Bucket>, DecodeError> {
    let (times, columns) = decode_some(bytes, |column| parts.wants(column))?;
    let [min, max, sum, count, last, last_after, span] =
        <[Vec<f64>; BUCKET_COLUMNS]>::try_from(columns).map_err(|_| DecodeError::WrongColumns)?;
    let at = |column: &[f64], i: usize| column.get(i).copied().unwrap_or(0.0);
    Ok(times
        .into_iter()
        .enumerate()
        .map(|(i, start)| Bucket {
            start,
            min: at(&min, i),
            max: at(&max, i),
            sum: at(&sum, i),
            count: at(&count, i) as u32,
            last: last.get(i).copied().unwrap_or(f64::NAN),
            last_at: start.saturating_add(at(&last_after, i) as i64),
            span_us: at(&span, i) as i64,
        })
        .collect())
}
