//! Time series in memory and on the wire of the store: compressed column chunks, the mutable head that feeds them,
//! rollup buckets, resampling to a query grid, and the statistics charts and alerts ask for.
//!
//! Everything here is a pure function over numbers: no clock, no files, no database, no threads. Timestamps are
//! `i64` microseconds since the Unix epoch (UTC), values are `f64`. A missing measurement is `None`, never zero; a NaN
//! value is stored bit for bit but counts as "no measurement" in every aggregate.
//!
//! Tests: `tests/it`; speed and size: `examples/bench.rs`.

mod anomaly;
mod bucket;
mod chunk;
mod crc;
mod downsample;
mod head;
mod ints;
mod order;
mod resample;
mod season;
mod times;
mod trend;
mod values;
mod wire;

pub use anomaly::{Band, RobustConfig, RobustScore, band, robust_score, robust_scores};
pub use bucket::{Bucket, Kind, Step, coarsen, merge, rollup, samples};
pub use chunk::{
    BucketParts, DecodeError, EncodeError, Header, MAX_COLUMNS, MAX_POINTS, decode, decode_buckets, decode_buckets_partly, decode_columns,
    encode, encode_buckets, encode_columns, header,
};
pub use downsample::minmax_downsample;
pub use head::{Appended, Head};
pub use order::ascending;
pub use resample::{Function, Grid, GridError, MAX_BINS, ParseFunctionError, aggregate, resample};
pub use season::{NoSeason, Season, season};
pub use trend::{Trend, trend};

/// One measurement: time in microseconds since the Unix epoch (UTC) and its value in the unit of the series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub t: i64,
    /// Value in the unit of the series; NaN means the source answered without a number.
    pub v: f64,
}

impl Point {
    /// Builds a point from microseconds UTC and a value.
    #[must_use]
    pub const fn new(t: i64, v: f64) -> Self {
        Self { t, v }
    }
}
