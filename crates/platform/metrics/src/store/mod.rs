//! SQL of the time series, nothing else.

pub(crate) mod points;
pub(crate) mod rollups;
pub(crate) mod series;
