//! The proxy engine beside Debian's nginx and Caddy: the same backend, the same load, processor time per request.
//!
//! The engine runs as a process of its own (this program again, as `proxy.serve`), so that only its own work is counted.

mod contest;
mod download;
mod forward_auth;
mod handshakes;
mod inside;
mod reload;
mod serve;
mod stage;

use argos_peers::Nginx;

use crate::Outcome;

pub(crate) use forward_auth::run as forward_auth;
pub(crate) use serve::serve;

/// A backend that answers 64 bytes.
fn backend() -> Nginx {
    Nginx::start(1, |port, _| {
        let answer = "x".repeat(64);
        format!("keepalive_requests 1000000000;\nserver {{ listen 127.0.0.1:{port}; location / {{ return 200 {answer}; }} }}")
    })
}

/// All of it that needs no binary, or one part.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    let backend = backend();
    let is = |name: &str| part.is_none_or(|part| part == name);
    if is("inside") {
        inside::run()?;
    }
    if is("contest") {
        contest::run(backend.port())?;
    }
    if is("handshakes") {
        handshakes::run(backend.port())?;
    }
    if is("stream") {
        download::run()?;
    }
    if is("reload") {
        reload::run(backend.port())?;
    }
    Ok(())
}
