//! Types and pure rules: no async, no SQL, no HTTP, no clock.

pub mod apcupsd;
pub mod connection;
pub mod alert_provider;
pub mod device;
pub mod energy;
pub mod export;
pub mod exposition;
pub mod fields;
pub mod import;
pub mod input;
pub mod nut_users;
pub mod outlet;
pub mod reading;
pub mod redfish;
pub mod registers;
pub mod sample;
pub mod series;
pub mod snapshot;
pub mod snmp;
pub mod standing;
pub mod state;
pub mod targets;
pub mod tariff;
pub mod things;
pub mod transition;
