//! Use cases of the inventory: take a feed, annotate a thing, correct a link, take something back, read.

pub(crate) mod annotate;
mod demo;
pub(crate) mod feed;
pub(crate) mod links;
pub(crate) mod read;
pub(crate) mod undo;
pub(crate) mod workspace;
