//! Use cases of exploring: asking for one, doing it, learning from it, and making tests of it.

mod account;
mod crawl;
mod frontier;
pub(crate) mod input;
mod job;
mod learn;
pub(crate) mod lifecycle;
mod names;
mod opening;
pub(crate) mod patterns;
pub(crate) mod robots;
mod site;
mod start;
pub(crate) mod tell;
pub(crate) mod tests;
mod touch;
pub(crate) mod verify;
mod visit;

/// Width and height of the pictures of pages, in pixels.
pub(crate) const fn site_view() -> (u32, u32) {
    site::VIEW
}

pub(crate) use crawl::hosts_of;
