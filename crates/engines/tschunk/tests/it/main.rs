//! Integration tests of the time series engine.

mod codec;
mod head;
mod season;
mod series;
mod statistics;
