//! Power protocols that are too small for a crate each: [`apcupsd`], the network information server (NIS) of apcupsd,
//! [`ipmi`], power reading and chassis of a management controller, and [`modbus`], the reading half of Modbus/TCP.
//!
//! Parsers are pure and never panic on received bytes; clients have a deadline and a limit of bytes. Units are in the
//! field names; unknown is `None`.

pub mod apcupsd;
pub mod ipmi;
pub mod modbus;
