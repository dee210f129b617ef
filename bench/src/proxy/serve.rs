//! The engine as a process, in front of one backend, until its input ends.
#![expect(clippy::print_stdout, reason = "tells its address to the process that started it")]

use std::io::Read as _;

use argos_proxy::{Config, HostConfig, ListenerConfig, Options, PoolConfig, Proxy, TargetConfig};
use rustls::RootCertStore;

use crate::Outcome;

/// The name that is asked for.
pub(crate) const HOST: &str = "bench.test";

/// `proxy.serve BACKEND_PORT THREADS`: prints its address and serves.
pub(crate) fn serve(words: &[String]) -> Outcome {
    let [backend, threads] = words else { return Err("proxy.serve takes a port and a number of threads".into()) };
    let config = Config {
        listeners: vec![ListenerConfig { address: ([127, 0, 0, 1], 0).into(), tls: false, proxy_protocol: Vec::new() }],
        pools: vec![PoolConfig::new(1, "backend", vec![TargetConfig::new(1, "127.0.0.1", backend.parse()?)])],
        hosts: vec![HostConfig::new(1, HOST, 1)],
        ..Config::default()
    };
    let (proxy, mut reports) = Proxy::start(&config, &Options { threads: threads.parse()?, roots: RootCertStore::empty() })?;
    for address in proxy.addresses() {
        println!("{address}");
    }
    // Records are taken as an owner would, so that their cost counts.
    let reader = std::thread::spawn(move || while reports.access.blocking_recv().is_some() {});
    std::io::stdin().read_to_end(&mut Vec::new())?;
    proxy.stop();
    reader.join().map_err(|_| "the reader of records panicked".into())
}
