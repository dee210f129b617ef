//! Types and pure rules: no async, no SQL, no HTTP, no clock.

pub mod device;
pub mod energy;
pub mod exposition;
pub mod import;
pub mod input;
pub mod nut_users;
pub mod reading;
pub mod snapshot;
pub mod state;
pub mod tariff;
pub mod things;
pub mod transition;
