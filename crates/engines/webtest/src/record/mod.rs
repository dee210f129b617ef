//! Recordings of a page (events of rrweb) as steps: what a person did, by the steadiest selectors of the document as it
//! was at that moment. Pure: reads events, writes a plan. Passwords and what was masked become variables.

mod convert;
mod document;

pub use convert::{ConvertOptions, Converted, RecordedStep, convert};

#[cfg(test)]
mod tests;
