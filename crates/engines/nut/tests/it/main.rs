//! The protocol without a server: quoting, every request both ways, answers, TLS upgrade over a local socket.

mod properties;
mod replies;
mod upgrade;
