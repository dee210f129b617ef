//! The engine as a process, in front of one backend, until its input ends. A line of input is a reload.
#![expect(clippy::print_stdout, reason = "tells its addresses to the process that started it")]

use std::sync::Arc;
use std::time::Duration;

use argos_proxy::{Config, HostConfig, HostTls, ListenerConfig, Options, PoolConfig, Proxy, TargetConfig};
use rustls::RootCertStore;

use crate::Outcome;

/// The name that is asked for.
pub(crate) const HOST: &str = "bench.test";

/// `proxy.serve BACKEND_PORT THREADS CERTIFICATE KEY`: prints its plain and its TLS address and serves.
pub(crate) fn serve(words: &[String]) -> Outcome {
    let [backend, threads, certificate, key] = words else {
        return Err("proxy.serve takes a port, a number of threads and the files of a certificate and its key".into());
    };
    let listener = |tls| ListenerConfig { address: ([127, 0, 0, 1], 0).into(), tls, proxy_protocol: Vec::new() };
    let chain = argos_tls::Chain::from_pem(&std::fs::read(certificate)?).map_err(|e| e.to_string())?;
    let pair = chain.certified(&std::fs::read(key)?).map_err(|e| e.to_string())?;
    let mut config = Config {
        listeners: vec![listener(false), listener(true)],
        pools: vec![PoolConfig::new(1, "backend", vec![TargetConfig::new(1, "127.0.0.1", backend.parse()?)])],
        hosts: vec![HostConfig { tls: HostTls::Certificate(Arc::clone(&pair)), ..HostConfig::new(1, HOST, 1) }],
        ..Config::default()
    };
    // Ten thousand idle connections of one client take a while to open.
    config.limits.header_timeout = Duration::from_secs(600);
    config.limits.client_connections_max = 20_000;
    let (proxy, mut reports) = Proxy::start(&config, &Options { threads: threads.parse()?, roots: RootCertStore::empty() })?;
    for tls in [false, true] {
        let bound = proxy.listeners();
        println!("{}", bound.iter().find(|(listener, _)| listener.tls == tls).ok_or("a listener is missing")?.1);
    }
    // Records are taken as an owner would, so that their cost counts.
    let reader = std::thread::spawn(move || while reports.access.blocking_recv().is_some() {});
    for (n, line) in (2..).zip(std::io::stdin().lines()) {
        line?;
        // Another site comes and the one before it goes.
        config.hosts.truncate(1);
        config.hosts.push(HostConfig::new(n, format!("h{n}.test"), 1));
        proxy.reload(&config)?;
    }
    proxy.stop();
    reader.join().map_err(|_| "the reader of records panicked".into())
}
