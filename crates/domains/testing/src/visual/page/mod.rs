//! What is asked of a browser: a page that stands still, its picture, and what it says of itself.

pub(crate) mod shot;
pub(crate) mod visit;
