//! Swaps and ends under load: no request is lost.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use argos_proxy::{Facts, Filter, HostConfig, Inspection, StartError, TargetConfig, Verdict, Want};
use bytes::Bytes;

use crate::stage::{Backend, LIMIT, Stage, body, config, listener, read_until, status};

/// Sends requests, each with a fresh connection after five on one, until told; the first that fails is the error.
fn load(address: SocketAddr, stop: &AtomicBool, done: &AtomicUsize) -> Result<(), String> {
    while !stop.load(Ordering::Relaxed) {
        let mut client = TcpStream::connect(address).map_err(|e| e.to_string())?;
        for _ in 0..5 {
            client.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n").map_err(|e| e.to_string())?;
            let answer = String::from_utf8_lossy(&read_until(&mut client, b"ok")).into_owned();
            if status(&answer) != 200 {
                return Err(format!("answered {answer:?}"));
            }
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

#[test]
fn reloads_under_load_lose_no_request() {
    let (a, b) = (Backend::simple(), Backend::simple());
    let stage = Stage::start(&config(a.port));
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (address, stop, done) = (stage.address, Arc::clone(&stop), Arc::clone(&done));
            std::thread::spawn(move || load(address, &stop, &done))
        })
        .collect();
    for n in 0..30u16 {
        let mut wanted = config(if n % 2 == 0 { b.port } else { a.port });
        wanted.pools[0].targets[0].id = u64::from(n);
        wanted.hosts.extend((0..50).map(|h| HostConfig::new(100 + h, format!("h{h}.test"), 1)));
        if n % 3 == 0 {
            wanted.listeners.push(listener());
        }
        stage.proxy.reload(&wanted).unwrap();
        let before = done.load(Ordering::Relaxed);
        argos_peers::wait_until("some requests later", LIMIT, || {
            done.load(Ordering::Relaxed) > before + 20 || clients.iter().all(std::thread::JoinHandle::is_finished)
        });
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap().unwrap();
    }
    assert!(!a.seen().is_empty() && !b.seen().is_empty());
    assert_eq!(stage.proxy.addresses().len(), 1);
}

/// Lets everything pass, and shows by being there that a configuration is.
#[derive(Debug)]
struct Passes;

impl Filter for Passes {
    fn want(&self, _: &Facts<'_>) -> Want {
        Want::Nothing(Verdict::Pass)
    }

    fn inspect(&self, _: &Facts<'_>, _: &Bytes) -> Inspection {
        Inspection::Now(Verdict::Pass)
    }
}

#[test]
fn a_replaced_configuration_goes_though_its_connections_stay() {
    let backend = Backend::simple();
    let mut wanted = config(backend.port);
    let filter = Arc::new(Passes);
    let seen = Arc::downgrade(&filter);
    wanted.hosts[0].filters = vec![filter];
    let stage = Stage::start(&wanted);
    let mut client = TcpStream::connect(stage.address).unwrap();
    let mut ask = || {
        client.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n").unwrap();
        assert_eq!(status(&String::from_utf8_lossy(&read_until(&mut client, b"ok"))), 200);
    };
    ask();
    wanted.hosts[0].filters.clear();
    stage.proxy.reload(&wanted).unwrap();
    // Each thread lets go of it with its next request.
    argos_peers::wait_until("nobody holds it", LIMIT, || status(&stage.get("/", "")) == 200 && seen.strong_count() == 0);
    ask();
}

#[test]
fn a_refused_configuration_changes_nothing() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    let mut wanted = config(backend.port);
    wanted.hosts[0].default_pool = Some(9);
    let error = stage.proxy.reload(&wanted).unwrap_err();
    assert!(matches!(error, StartError::Config(_)) && error.to_string().contains("hosts[app.test].default_pool: there is no pool 9"));
    let mut wanted = config(backend.port);
    wanted.hosts.clear();
    // An address of a network that is not here.
    wanted.listeners[0].address = "192.0.2.1:1".parse().unwrap();
    assert!(matches!(stage.proxy.reload(&wanted), Err(StartError::Bind(..))));
    assert_eq!(status(&stage.get("/", "")), 200);
}

#[test]
fn a_closed_listener_refuses_and_the_others_go_on() {
    let backend = Backend::simple();
    let mut wanted = config(backend.port);
    wanted.listeners.push(listener());
    let stage = Stage::start(&wanted);
    let second = stage.proxy.addresses()[1];
    assert_eq!(status(&crate::stage::exchange(second, b"GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")), 200);
    wanted.listeners.pop();
    stage.proxy.reload(&wanted).unwrap();
    argos_peers::wait_until("the listener is closed", LIMIT, || TcpStream::connect(second).is_err());
    assert_eq!(status(&stage.get("/", "")), 200);
}

#[test]
fn a_stop_lets_answers_end_and_then_refuses() {
    let (send, begun) = std::sync::mpsc::channel();
    let send = std::sync::Mutex::new(send);
    let backend = Backend::start(move |_, stream| {
        send.lock().unwrap().send(()).unwrap();
        drop(read_until(stream, b"go"));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nended").is_ok()
    });
    let mut wanted = config(backend.port);
    wanted.limits.drain_timeout = LIMIT;
    wanted.pools[0].targets = vec![TargetConfig::new(1, "localhost", backend.port)];
    let stage = Stage::start(&wanted);
    let mut idle = TcpStream::connect(stage.address).unwrap();
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\n").unwrap();
    begun.recv_timeout(LIMIT).unwrap();
    let (address, proxy) = (stage.address, stage.proxy);
    let stopping = std::thread::spawn(move || proxy.stop());
    argos_peers::wait_until("no new connections", LIMIT, || TcpStream::connect(address).is_err());
    client.write_all(b"go").unwrap();
    let answer = String::from_utf8(read_until(&mut client, b"ended")).unwrap();
    assert_eq!((status(&answer), body(&answer)), (200, "ended"));
    assert!(answer.contains("connection: close"), "{answer}");
    stopping.join().unwrap();
    idle.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(std::io::Read::read(&mut idle, &mut [0; 8]).unwrap(), 0, "an idle connection is closed");
}

#[test]
fn a_stop_tells_of_every_request_also_of_those_it_cuts_off() {
    let (send, begun) = std::sync::mpsc::channel();
    let send = std::sync::Mutex::new(send);
    let backend = Backend::start(move |head, stream| {
        if head.starts_with("get /short ") {
            return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_ok();
        }
        send.lock().unwrap().send(()).unwrap();
        drop(read_until(stream, b"never"));
        false
    });
    let mut wanted = config(backend.port);
    wanted.limits.drain_timeout = Duration::from_millis(300);
    let Stage { proxy, mut reports, address } = Stage::start(&wanted);
    let mut long = TcpStream::connect(address).unwrap();
    long.write_all(b"GET /long HTTP/1.1\r\nHost: app.test\r\n\r\n").unwrap();
    begun.recv_timeout(LIMIT).unwrap();
    assert_eq!(status(&crate::stage::exchange(address, b"GET /short HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")), 200);
    proxy.stop();
    let mut told: Vec<(String, u16)> = Vec::new();
    while let Some(batch) = reports.access.blocking_recv() {
        told.extend(batch.iter().map(|record| (record.uri.path().to_owned(), record.status.as_u16())));
    }
    told.sort();
    assert_eq!(told, [("/long".to_owned(), 499), ("/short".to_owned(), 200)]);
}
