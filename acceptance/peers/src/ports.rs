//! Ports that one test process has for itself, so that a peer finds its port again after it was stopped.

use std::hash::{BuildHasher, RandomState};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// A port of the loopback interface, free for TCP and UDP, that no other test gets while this process lives: its peer may
/// be stopped and started again on it.
///
/// It lies below those the kernel gives to whoever binds 0 and to outgoing connections, which nobody could be kept from.
/// Programs that are no test may still take it, so starters try again with another one.
///
/// # Panics
/// When the machine has no free port there.
#[must_use]
pub fn free_port() -> u16 {
    reserved().find(|port| is_free(*port)).expect("the loopback interface has a free port")
}

/// A listener on such a port. Whoever looks first and binds then may find that a program that is no test was quicker: here it
/// is another port then.
///
/// # Panics
/// When the machine has no free port there.
#[must_use]
pub fn listener() -> TcpListener {
    bound(reserved())
}

fn bound(mut ports: impl Iterator<Item = u16>) -> TcpListener {
    ports.find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).expect("the loopback interface has a free port")
}

/// Ports that no other test has, each another one.
fn reserved() -> impl Iterator<Item = u16> {
    let tries = (0_u64..10_000).map(|n| RandomState::new().hash_one(n));
    tries.map(|random| 10_240 + u16::try_from(random % 22_000).unwrap_or(0)).filter(|port| reserve(*port))
}

/// Takes a name that the kernel gives to one process of the machine at a time, and takes back when that process is gone,
/// however it ended. It leaves no file behind, and children do not inherit it.
fn reserve(port: u16) -> bool {
    let name = SocketAddr::from_abstract_name(format!("argos-test-port-{port}")).expect("a short name");
    // Held to the end of the process, whoever drops the peer before.
    UnixDatagram::bind_addr(&name).map(std::mem::forget).is_ok()
}

fn is_free(port: u16) -> bool {
    let address = ("127.0.0.1", port);
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::process::{Command, Stdio};

    use super::{bound, free_port, listener, reserve};

    /// Set in the process that takes a port and waits to be ended.
    const HOLDER: &str = "ARGOS_TEST_HOLDS_PORT";

    #[test]
    fn listener_takes_the_next_port_when_somebody_has_the_first() {
        let (other, free) = (listener(), free_port());
        let taken = other.local_addr().unwrap().port();
        assert!(!reserve(taken), "no other test gets it");
        assert_eq!(bound([taken, free].into_iter()).local_addr().unwrap().port(), free);
    }

    #[test]
    fn port_of_a_peer_is_nobody_elses_until_its_test_is_gone() {
        if std::env::var_os(HOLDER).is_some() {
            println!("port {}", free_port());
            std::io::stdin().lines().for_each(drop);
            return;
        }
        let me = std::env::current_exe().unwrap();
        let mut other = Command::new(me)
            .args(["--exact", "--nocapture", "ports::tests::port_of_a_peer_is_nobody_elses_until_its_test_is_gone"])
            .env(HOLDER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(other.stdout.take().unwrap()));
        let port = lines.map_while(Result::ok).find_map(|line| line.split_once("port ")?.1.trim().parse().ok()).unwrap();
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok(), "its peer is stopped: nobody listens");
        assert!(!reserve(port), "another test would get it");
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(reserve(port), "it is kept by nobody");
    }
}
