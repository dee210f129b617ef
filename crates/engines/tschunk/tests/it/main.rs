//! Integration tests of the time series engine.

mod codec;
mod head;
mod series;
mod statistics;
