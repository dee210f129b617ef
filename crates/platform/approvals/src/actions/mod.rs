//! Use cases: record a question, decide it, put it off, let it run out.

mod ask;
mod decide;
mod sweep;
mod waiting;

pub(crate) use decide::{Word, absent, may_decide};
pub use waiting::Asked;
pub(crate) use waiting::{is_visible, seen};
