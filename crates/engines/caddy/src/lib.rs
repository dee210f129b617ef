//! An external Caddy as its owner needs it: the admin API, what its access, error and firewall logs say, the health of
//! backends as they and the API tell it, and files that are read while they grow and are rotated.
//!
//! It works over a transport of its owner and keeps no clock and no task. It knows nothing of what the owner publishes:
//! the documents it loads are the owner's.

mod access;
mod admin;
mod error_line;
mod files;
mod head;
mod health;
mod transport;
mod waf;

pub use access::AccessLine;
pub use admin::{Admin, AdminError, Upstream};
pub use error_line::ErrorLine;
pub use files::{Batch, Follower, Position};
pub use health::{Evidence, HealthBook, Judgement};
pub use transport::{BoxFuture, HttpRequest, HttpResponse, Transport};
pub use waf::{SEVERITIES, WafFinding, WafLine};

use serde_json::Value;

/// Microseconds since 1970 of a time in seconds with a fraction; `None` when it is none of this age.
fn micros(seconds: f64) -> Option<i64> {
    // Between 1970 and the year 9999, which an i64 of microseconds holds easily.
    (seconds.is_finite() && (0.0..253_402_300_800.0).contains(&seconds)).then(|| (seconds * 1e6).round() as i64)
}

/// A text member of an object.
fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str().filter(|t| !t.is_empty())
}

/// The first value of a header, whatever the case of its name.
fn header<'a>(headers: Option<&'a Value>, name: &str) -> Option<&'a str> {
    let (_, values) = headers?.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    values.as_str().or_else(|| values.get(0)?.as_str())
}

/// A host without its port, in lower case; an IPv6 address loses its brackets.
fn host_name(host: &str) -> String {
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or(host),
        None => host,
    };
    bare.to_ascii_lowercase()
}
