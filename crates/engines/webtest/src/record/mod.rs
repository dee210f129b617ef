//! Recordings of a page (events of rrweb) as steps: what a person did, by the steadiest selectors of the document as it
//! was at that moment. Pure: reads events, writes a plan. Passwords and what was masked become variables.

mod convert;
mod document;
mod live;
mod mask;
mod tabs;

pub use convert::{ConvertOptions, Converted, RecordedStep, convert};
pub use live::Live;
pub use mask::{interactions, mask};
pub use tabs::{TabTurn, turn_to_tab};

/// The script that records a page: `argosRecorder({ emit })` in it begins, and `emit` gets lists of events.
pub const RECORDER: &str = include_str!("recorder.js");
/// What lets a page record itself, after [`RECORDER`]: `argosRecord({ send })` begins and sends parts to that address;
/// `argusStopRecording()` ends it.
pub const PAGE: &str = include_str!("page.js");

#[cfg(test)]
mod tests;
