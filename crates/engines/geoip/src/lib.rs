//! Where an address is and whose network it belongs to, from databases in MaxMind's format.
//!
//! It reads a database from memory and answers; it never fetches one, keeps no file and guesses nothing: what a database
//! does not say is `None`.

mod database;
#[cfg(test)]
mod tests;

pub use database::{BadDatabase, Country, Database, Network};
