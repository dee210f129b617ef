//! The peers for use outside Rust tests: installs them, or runs a command beside one.
//!
//! `argos-peers install`, `argos-peers with-postgres COMMAND..`, `argos-peers with-argos COMMAND..`, `argos-peers node-sim KIND ADDRESS TOKEN`,
//! `argos-peers fixtures COMMAND..` (beside the fixture applications; their address is in `FIXTURES_URL`)
#![expect(clippy::print_stderr, reason = "a command line tool reports on stderr")]
#![expect(clippy::disallowed_methods, reason = "starts the command it was given beside a real peer")]

use std::process::{Command, ExitCode};

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::packages::Unavailable;
use argos_peers::{
    Argos, Bind9, Caddy, Chromium, CrowdSec, EchoServer, FixtureSite, IpmiSim, Java, MailServer, MediaNode, ModbusDevice, Mosquitto,
    NutServer, OidcProvider, Pebble, Postgres, Prometheus, S3Server, Slapd, Snmpd, Snmpsim, Sshd, VictoriaMetrics, packages, process,
};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.split_first().map(|(verb, rest)| (verb.as_str(), rest)) {
        Some(("install", [])) => install().map(|()| ExitCode::SUCCESS),
        Some(("with-postgres", command)) if !command.is_empty() => {
            Postgres::start().and_then(|server| run(command, &[("ARGOS_TEST_POSTGRES_URL", server.admin_url())]))
        }
        Some(("with-argos", command)) if !command.is_empty() => with_argos(command),
        Some(("node-sim", [kind, address, token])) => node_sim(kind, address, token),
        Some(("fixtures", command)) if !command.is_empty() => run(command, &[("FIXTURES_URL", FixtureSite::start().url(""))]),
        _ => Err(Unavailable(
            "use: argos-peers install | with-postgres COMMAND.. | with-argos COMMAND.. | node-sim edge|relay ADDRESS TOKEN | fixtures COMMAND..".to_owned(),
        )),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("argos-peers: {error}");
        ExitCode::from(2)
    })
}

/// Installs every package that a test or benchmark may ask for, so that no test waits for one.
fn install() -> Result<(), Unavailable> {
    packages::require("PostgreSQL", &["postgresql"], || process::find_program(&["psql"], &[]))?;
    Postgres::find()?;
    Chromium::find()?;
    EchoServer::find()?;
    Bind9::find()?;
    Caddy::find()?;
    CrowdSec::find()?;
    Pebble::find()?;
    Prometheus::find()?;
    OidcProvider::find()?;
    Slapd::find()?;
    VictoriaMetrics::find()?;
    MailServer::find()?;
    ModbusDevice::find()?;
    IpmiSim::find()?;
    Java::find()?;
    Mosquitto::find()?;
    S3Server::find()?;
    Snmpd::find()?;
    Snmpsim::find()?;
    Sshd::find()?;
    NutServer::find()?;
    packages::require("faketime", &["faketime"], || process::find_program(&["faketime"], &[]))?;
    packages::require("sqlite3", &["sqlite3"], || process::find_program(&["sqlite3"], &[]))?;
    Ok(())
}

/// A media node that runs until it is killed, to look at the pages with.
fn node_sim(kind: &str, address: &str, token: &str) -> Result<ExitCode, Unavailable> {
    let address = address.parse().map_err(|_| Unavailable(format!("{address} is no address")))?;
    let _node = if kind == "relay" { MediaNode::relay(address, token) } else { MediaNode::edge(address, token) };
    loop {
        std::thread::park();
    }
}

/// The browser suite's contract: `BASE_URL`, `ARGOS_USER`, `ARGOS_PASSWORD`, `CHROMIUM`, and `CHROMIUM_WHOLE` with windows.
fn with_argos(command: &[String]) -> Result<ExitCode, Unavailable> {
    let chromium = Chromium::find()?;
    let server = Argos::start();
    let env = [
        ("BASE_URL", server.base()),
        ("ARGOS_USER", "admin".to_owned()),
        ("ARGOS_PASSWORD", ADMIN_PASSWORD.to_owned()),
        ("CHROMIUM", chromium.path.display().to_string()),
        ("CHROMIUM_WHOLE", Chromium::whole()?.path.display().to_string()),
        ("ARGOS_BIN", argos_peers::argos::binary().display().to_string()),
    ];
    run(command, &env)
}

fn run(command: &[String], env: &[(&str, String)]) -> Result<ExitCode, Unavailable> {
    let status = Command::new(&command[0])
        .args(&command[1..])
        .envs(env.iter().map(|(name, value)| (name, value)))
        .status()
        .map_err(|error| Unavailable(format!("{}: {error}", command[0])))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
