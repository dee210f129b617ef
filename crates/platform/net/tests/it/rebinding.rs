//! DNS rebinding through the operating system's resolver: a name server on port 53 that answers in turn with an address
//! of the internet and with this machine, for no time at all.
//!
//! The resolver is told of it in a mount namespace of its own, which takes root; without it there is nothing to ask.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argos_net::process::{Limits, run};
use argos_net::{BlockReason, Class, Net, NetError, Policy, Request};

const NAME_SERVER: &str = "127.0.0.77:53";
/// Of the documentation, so that nobody is there (RFC 5737).
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PORT: &str = "ARGOS_REBINDING_PORT";
const TRIES: usize = 8;

/// Answers to one question (RFC 1035 4.1): the address for A, nothing for other types.
fn answer(question: &[u8], address: Ipv4Addr) -> Option<(Vec<u8>, bool)> {
    let name_ends = 12 + question.get(12..)?.iter().position(|b| *b == 0)?;
    let is_a = question.get(name_ends + 1..name_ends + 3)? == [0, 1];
    let mut out = question.get(..2)?.to_vec();
    out.extend([0x84, 0, 0, 1, 0, u8::from(is_a), 0, 0, 0, 0]);
    out.extend(question.get(12..name_ends + 5)?);
    if is_a {
        out.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        out.extend(address.octets());
    }
    Some((out, is_a))
}

/// Serves until the test ends; how many addresses it gave out.
fn serve(socket: UdpSocket) -> Arc<AtomicUsize> {
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 512];
        while let Ok((size, from)) = socket.recv_from(&mut buffer) {
            let turn = count.load(Ordering::SeqCst);
            let address = if turn.is_multiple_of(2) { ELSEWHERE } else { Ipv4Addr::LOCALHOST };
            if let Some((reply, is_a)) = answer(&buffer[..size], address) {
                count.fetch_add(usize::from(is_a), Ordering::SeqCst);
                drop(socket.send_to(&reply, from));
            }
        }
    });
    given
}

/// Inside the namespace: asks, and never reaches this machine.
async fn ask(port: &str) {
    let net = Net::new(Policy::default());
    let (mut blocked, mut went_elsewhere) = (0, 0);
    for _ in 0..TRIES {
        let request = Request::get(Class::Notify, format!("http://rebind.test:{port}/")).timeout(Duration::from_millis(500));
        let error = net.send(request).await.err().expect("nobody answers");
        assert!(!matches!(error, NetError::Dns(_)), "the name server was not asked: {error}");
        match error {
            NetError::Blocked(BlockReason::Loopback) => blocked += 1,
            _ => went_elsewhere += 1,
        }
    }
    assert!(blocked > 0 && went_elsewhere > 0, "both answers were judged: {blocked} {went_elsewhere}");
}

#[tokio::test]
async fn name_that_changes_its_address_between_check_and_connect_reaches_nothing_here() {
    if let Some(port) = std::env::var_os(PORT) {
        return ask(&port.to_string_lossy()).await;
    }
    let alone = run("unshare", ["-m", "true"], Limits::default()).await.is_ok_and(|done| done.success());
    let Some(socket) = UdpSocket::bind(NAME_SERVER).ok().filter(|_| alone) else {
        eprintln!("skipped: it takes root to answer the resolver");
        return;
    };
    let given = serve(socket);
    let here = TcpListener::bind("127.0.0.1:0").unwrap();
    here.set_nonblocking(true).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let resolver = dir.path().join("resolv.conf");
    std::fs::write(&resolver, "nameserver 127.0.0.77\n").unwrap();
    let script = "mount --bind \"$1\" /etc/resolv.conf && shift && exec \"$@\"";
    let test = std::env::current_exe().unwrap();
    let port = format!("{PORT}={}", here.local_addr().unwrap().port());
    let name = "rebinding::name_that_changes_its_address_between_check_and_connect_reaches_nothing_here";
    let words: [&Path; 6] = [script.as_ref(), "sh".as_ref(), &resolver, "env".as_ref(), port.as_ref(), &test];
    let words = ["-m", "sh", "-c"].map(OsString::from).into_iter().chain(words.map(OsString::from));
    let words = words.chain(["--exact", name, "--nocapture"].map(OsString::from));
    let done = run("unshare", words, Limits::default()).await.unwrap();
    assert!(done.success(), "{}{}", done.stdout_text(), done.stderr_text());
    assert!(given.load(Ordering::SeqCst) >= TRIES, "each try asked anew");
    assert_eq!(here.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody connected to this machine");
}
