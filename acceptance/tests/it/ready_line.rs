//! Platform 20: what a starting server says on stdout, and how it stops.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use argos_peers::{Argos, ArgosConfig, free_port};
use rustix::process::Signal;

#[test]
fn ready_line_names_what_is_bound_and_comes_once() {
    let mut argos = Argos::start();
    assert_eq!(argos.anonymous().get("/readyz").status, 200, "ready means ready");
    let ready = argos.ready().clone();
    let keys: Vec<&str> = ready.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["version", "pid", "http", "https", "edge_http", "edge_https", "nut", "compat", "data_dir"]);
    assert_eq!(ready["pid"], argos.pid());
    assert_eq!(ready["http"], argos.address().to_string());
    assert_eq!(ready["compat"], serde_json::json!([]));
    for off in ["https", "edge_http", "edge_https", "nut"] {
        assert!(ready[off].is_null(), "with --listen alone {off} is off: {ready}");
    }
    let named = std::path::Path::new(ready["data_dir"].as_str().unwrap()).canonicalize().unwrap();
    assert_eq!(named, argos.data_dir().canonicalize().unwrap());
    assert_eq!(argos.stdout().len(), 1);
    let stopped = argos.stop();
    assert_eq!(stopped.code, Some(0));
    assert_eq!(stopped.stdout.len(), 1, "nothing else ever: {:?}", stopped.stdout);
}

#[test]
fn log_goes_to_stderr_and_names_no_secret() {
    let argos = Argos::start();
    let token = argos.login("admin", argos_peers::argos::ADMIN_PASSWORD);
    assert_eq!(argos.anonymous().get(&format!("/api/stats?token={token}")).status, 401);
    let log = argos.log();
    assert!(!log.is_empty());
    for secret in [argos_peers::argos::MASTER_KEY, argos_peers::argos::ADMIN_PASSWORD, &token] {
        assert!(!log.contains(secret), "the log holds a secret");
    }
}

#[test]
fn data_directory_is_private_and_holds_everything() {
    let argos = Argos::start();
    let mode = std::fs::metadata(argos.data_dir()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    let outside: Vec<_> = std::fs::read_dir(argos.config().scratch())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name != "data" && name != "stderr.log")
        .collect();
    assert!(outside.is_empty(), "written outside the data directory: {outside:?}");
}

#[test]
fn stop_signal_ends_the_server_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let argos = Argos::start();
        let (address, began) = (argos.address(), Instant::now());
        argos.signal(signal);
        let stopped = argos.stop();
        assert_eq!(stopped.code, Some(0), "{signal:?}");
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        assert!(TcpStream::connect(address).is_err(), "the port is free again");
    }
}

#[test]
fn two_servers_with_their_own_directories_run_side_by_side() {
    let (one, other) = (Argos::start(), Argos::start());
    assert_ne!(one.address(), other.address());
    assert_eq!(one.anonymous().get("/healthz").status, 200);
    assert_eq!(other.anonymous().get("/healthz").status, 200);
}

#[test]
fn fixed_port_is_used() {
    let port = free_port();
    let argos = ArgosConfig::new().listen(&format!("127.0.0.1:{port}")).start();
    assert_eq!(argos.address().port(), port);
}

#[test]
fn version_is_the_same_everywhere() {
    let argos = Argos::start();
    let version = argos.ready()["version"].as_str().unwrap().to_owned();
    assert_eq!(argos.anonymous().get("/api/health").json()["version"], version.as_str());
    let output = argos.config().cli(&["doctor"]);
    assert!(output.status.code().is_some_and(|code| code <= 1), "doctor runs beside a server: {output:?}");
}
