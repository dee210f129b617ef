//! Use cases: load, decide, write, record, commit, then let the workers know.

pub(crate) mod announce;
pub(crate) mod artifacts;
pub(crate) mod attempt;
pub(crate) mod bulk;
pub(crate) mod data_tests;
pub(crate) mod described;
pub(crate) mod desk;
pub(crate) mod driving;
pub(crate) mod evidence;
pub(crate) mod executor;
pub(crate) mod files;
pub(crate) mod heal_help;
mod heal_notice;
pub(crate) mod heal_review;
pub(crate) mod healing;
pub(crate) mod looks;
mod points;
pub(crate) mod portable;
mod progress;
pub(crate) mod recorder;
pub(crate) mod recordings;
pub(crate) mod resume;
pub(crate) mod retention;
pub(crate) mod runs;
pub(crate) mod scheduled;
pub(crate) mod tests;
