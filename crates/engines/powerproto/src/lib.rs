//! Power protocols that are too small for a crate each. Here: [`apcupsd`], the network information server (NIS) of apcupsd.
//!
//! Parsers are pure and never panic on received bytes; clients have a deadline and a limit of bytes. Units are in the
//! field names; unknown is `None`.

pub mod apcupsd;
