//! What the question who asks adds to a request, with the real server: one connection to a site that everybody may see and
//! to one that asks for a session, in turn.

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{ArgosConfig, Database, Nginx, packages, process as peer};
use serde_json::json;

use super::contest::micros;
use crate::{Outcome, report};

const SECONDS: u32 = 3;
/// Runs of each, in turn; the quickest counts.
const ROUNDS: usize = 4;

pub(crate) fn run() -> Outcome {
    let backend = Nginx::start(1, |port, _| {
        format!("keepalive_requests 1000000000;\nserver {{ listen 127.0.0.1:{port}; location / {{ return 200 {}; }} }}", "x".repeat(64))
    });
    let config = ArgosConfig::with_database(Database::Sqlite)
        .env("ARGOS_EDGE_HTTP", "127.0.0.1:0")
        .env("ARGOS_EDGE_HTTPS", "off")
        .env("ARGOS_PUBLIC_URL", "https://panel.test")
        .env("NUT_AUTO_DISCOVER", "false");
    let argos = config.try_start().map_err(|e| e.to_string())?;
    let token = argos.login("admin", ADMIN_PASSWORD);
    let owner = argos.anonymous().with_bearer(&token);
    for (name, asks) in [("open.test", false), ("asks.test", true)] {
        let pool = json!({"name": name, "targets": [{"host": "127.0.0.1", "port": backend.port()}]});
        let site = json!({"domain": name, "tls_mode": "none", "auth_required": asks, "target_group": pool});
        owner.post("/api/hosts", site).expect_status(201);
    }
    let address = argos.ready()["edge_http"].as_str().ok_or("the proxy listens nowhere")?.to_owned();
    let cookie = format!("Cookie: argos_session={token}");
    let (mut open, mut asks) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        open = open.min(median(&address, "open.test", &cookie)?);
        asks = asks.min(median(&address, "asks.test", &cookie)?);
    }
    report::figure("proxy.forward_auth_p50", asks - open, "us more");
    report::against("proxy.request_p50", asks, "us", "without", open);
    argos.stop();
    Ok(())
}

fn median(address: &str, name: &str, cookie: &str) -> Outcome<f64> {
    let wrk = packages::require("wrk", &["wrk"], || peer::find_program(&["wrk"], &[]))?;
    let (url, host) = (format!("http://{address}/"), format!("Host: {name}"));
    let out = peer::run(&wrk, &["-t1", "-c1", &format!("-d{SECONDS}s"), "--latency", "-H", &host, "-H", cookie, &url], &[])?;
    if out.contains("Non-2xx") || out.contains("Socket errors") {
        return Err(format!("{name}: {out}").into());
    }
    let p50 = out.lines().find_map(|l| l.trim().strip_prefix("50%")).ok_or("wrk tells no median")?;
    micros(p50.trim())
}
