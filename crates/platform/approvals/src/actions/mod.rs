//! Use cases: record a question, decide it, put it off, let it run out.

mod ask;
mod decide;
mod sweep;

pub(crate) use decide::{Word, absent, may_decide};
