//! Exploring a website: its pages, what is on them, the ways through it and the tests they make.
//!
//! An exploration is a job of the queue. Each page is one transaction: the page, the addresses it leads to and the figures,
//! so a process that dies repeats at most the page it was at. It must never leave the site it was sent to, trigger what
//! cannot be taken back, or send a form that is not a search, but for signing in with the account it was given.

pub mod model;
pub mod patterns;

pub(crate) mod actions;
pub(crate) mod routes;
pub(crate) mod store;
pub(crate) mod view;
