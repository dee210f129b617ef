//! The network protocol of Network UPS Tools (RFC 9271, upsd 2.8).
//!
//! `line` splits and quotes, `command` and `reply` are the two directions and `server` one client's session without any
//! I/O, `client` speaks them over TCP or TLS. It knows nothing of Argos: no clock, no store, no settings. What arrives from the other side is
//! untrusted: every size is bounded and control characters are dropped.

mod client;
mod client_error;
mod command;
mod error;
mod line;
mod reply;
mod server;
mod status;

pub use client::{Client, Limits, Target, TlsMode, Ups};
pub use client_error::ClientError;
pub use command::Command;
pub use error::{ErrorToken, NutError};
pub use line::{LINE_BYTES_MAX, LineError, is_name, quote, split};
pub use reply::{Collector, LIST_LINES_MAX, Reply, ReplyError, render_error, render_list, render_row};
pub use server::{Directory, Right, Served, Session, Step};
pub use status::Flags;
