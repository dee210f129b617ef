//! Use cases: ask a model, keep keys, sum up usage.

pub(crate) mod ask;
pub(crate) mod budget;
pub(crate) mod keys;
pub(crate) mod subject;
