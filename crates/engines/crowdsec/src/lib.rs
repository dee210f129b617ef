//! A client of the local API (LAPI) of CrowdSec: the decisions a bouncer enforces, and what a machine may report and take
//! back.
//!
//! It works over a transport of its owner and keeps no clock, no task and no file; the owner says how often it asks. It
//! never retries by itself, but for one new login when a token is refused.

mod alert;
mod appsec;
mod bouncer;
mod decision;
mod duration;
mod error;
mod machine;
mod transport;

pub use alert::{Alert, AlertDecision, AlertEvent, AlertSource, Meta, NewAlert};
pub use appsec::{AppSec, Inspected, Word};
pub use bouncer::{Bouncer, Changes};
pub use decision::Decision;
pub use duration::{BadDuration, GoDuration};
pub use error::LapiError;
pub use machine::{ALERTS_MAX, Machine, Token};
pub use transport::{BoxFuture, HttpRequest, HttpResponse, Transport};

#[cfg(test)]
mod tests;
