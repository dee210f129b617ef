//! Judges the accessibility of a page: the rules of axe-core (Mozilla Public License 2.0, unchanged, its text beside it in
//! `assets`) in a world of our own that no script of the page reaches, and what only somebody who uses the page notices:
//! where the Tab key leads, and whether the page fits a narrow screen. It keeps nothing and opens no address.
//!
//! Not judged: contrast of icons (1.4.11 beyond the edges of fields), and documents of other origins in frames.

mod own;
mod report;
mod run;
mod score;

pub use report::{Audit, Bounds, Compliance, Issue, Level, Severity};
pub use run::{Options, audit};
