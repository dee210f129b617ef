//! Types and pure rules: no async, no SQL, no HTTP, no clock.

pub mod alert_provider;
pub mod device;
pub mod energy;
pub mod export;
pub mod exposition;
pub mod import;
pub mod input;
pub mod nut_users;
pub mod reading;
pub mod series;
pub mod snapshot;
pub mod standing;
pub mod state;
pub mod tariff;
pub mod transition;
