//! SQL of the tables `testing_discover*` and the mapping of their rows, nothing else.

pub(crate) mod addresses;
pub(crate) mod flows;
pub(crate) mod pages;
pub(crate) mod patterns;
pub(crate) mod sealed;
pub(crate) mod sessions;

pub(crate) use crate::store::{json, text, word};

#[cfg(test)]
mod story;
