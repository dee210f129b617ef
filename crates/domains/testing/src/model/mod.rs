//! Types and pure rules of tests, runs and results. No SQL, no HTTP, no browser.

pub mod artifact;
pub mod figures;
pub mod input;
pub mod junit;
pub mod result;
pub mod run;
pub mod settings;
pub mod test;
