//! The files a run leaves: a trace with everything that was seen, and a film. Formats only; what goes in is decided by
//! the runner.

pub(crate) mod trace;
pub(crate) mod webm;
pub(crate) mod zip;
