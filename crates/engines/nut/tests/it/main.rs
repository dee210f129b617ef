//! The protocol without a server: quoting, every request both ways, answers, TLS upgrade over a local socket.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail as tests do")]

mod properties;
mod replies;
mod sessions;
mod upgrade;
