//! Types and pure rules of the inventory: things, their statuses and links, the words they are found by.

pub(crate) mod demo;
pub(crate) mod graph;
pub(crate) mod kind;
pub(crate) mod link;
pub(crate) mod query;
pub(crate) mod scope;
pub(crate) mod status;
pub(crate) mod thing;
pub(crate) mod words;
