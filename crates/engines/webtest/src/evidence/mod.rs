//! The files a run leaves: a trace with everything that was seen, and a film. Formats only; what goes in is decided by
//! the runner. A trace is read here too, part by part.

pub(crate) mod reader;
mod stream;
pub(crate) mod trace;
pub(crate) mod video;
pub(crate) mod webm;
pub(crate) mod zip;
