//! TCP and UDP sockets from `/proc/net/{tcp,tcp6,udp,udp6}` and the processes that hold them.
//!
//! Owners are found by reading the descriptors of all processes, so this is work for a question,
//! not for a tick. Addresses are hexadecimal in host byte order; IPv4 seen through an IPv6 socket is
//! shown as IPv4. Format: proc_net_tcp(5), states of include/net/tcp_states.h.

use crate::text;
use crate::tree::Tree;
use serde::Serialize;
use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

/// Transport of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Tcp,
    Udp,
}

/// State of a socket in the words of RFC 9293. A UDP socket without a peer is `Unconnected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SocketState {
    Established,
    SynSent,
    #[serde(rename = "SYN_RECV")]
    SynReceived,
    #[serde(rename = "FIN_WAIT1")]
    FinWait1,
    #[serde(rename = "FIN_WAIT2")]
    FinWait2,
    TimeWait,
    #[serde(rename = "CLOSE")]
    Closed,
    CloseWait,
    LastAck,
    Listen,
    Closing,
    Unconnected,
}

/// One socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Socket {
    pub transport: Transport,
    pub local: SocketAddr,
    /// `None` when it has no peer.
    pub remote: Option<SocketAddr>,
    pub state: SocketState,
    pub uid: u32,
    /// 0 once the process let go of it, as in `TIME_WAIT`.
    pub inode: u64,
    /// `None` when nobody holds it or the holder may not be read.
    pub pid: Option<u32>,
    pub process: Option<Arc<str>>,
}

/// All sockets of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sockets {
    pub all: Vec<Socket>,
}

impl SocketState {
    /// The word `ss` and `netstat` print.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Established => "ESTABLISHED",
            Self::SynSent => "SYN_SENT",
            Self::SynReceived => "SYN_RECV",
            Self::FinWait1 => "FIN_WAIT1",
            Self::FinWait2 => "FIN_WAIT2",
            Self::TimeWait => "TIME_WAIT",
            Self::Closed => "CLOSE",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
            Self::Unconnected => "UNCONNECTED",
        }
    }

    fn parse(transport: Transport, code: u64) -> Option<Self> {
        Some(match (transport, code) {
            (_, 1) => Self::Established,
            (Transport::Udp, 7) => Self::Unconnected,
            (Transport::Udp, _) => return None,
            (_, 2) => Self::SynSent,
            // 12 is a request socket of a connection not yet accepted.
            (_, 3 | 12) => Self::SynReceived,
            (_, 4) => Self::FinWait1,
            (_, 5) => Self::FinWait2,
            (_, 6) => Self::TimeWait,
            (_, 7) => Self::Closed,
            (_, 8) => Self::CloseWait,
            (_, 9) => Self::LastAck,
            (_, 10) => Self::Listen,
            (_, 11) => Self::Closing,
            _ => return None,
        })
    }
}

impl Sockets {
    /// Sockets with a peer.
    pub fn connections(&self) -> impl Iterator<Item = &Socket> {
        self.all.iter().filter(|socket| socket.state != SocketState::Listen && socket.remote.is_some())
    }

    /// Sockets that wait for others: TCP listeners and UDP sockets without a peer, by port.
    #[must_use]
    pub fn listening(&self) -> Vec<&Socket> {
        let waits = |socket: &&Socket| matches!(socket.state, SocketState::Listen | SocketState::Unconnected);
        let mut listening: Vec<&Socket> = self.all.iter().filter(waits).collect();
        listening.sort_by_key(|socket| (socket.local.port(), socket.transport, socket.local));
        listening
    }
}

/// Parses one line of a socket table; the header is `None`.
#[must_use]
pub fn parse_line(transport: Transport, line: &[u8]) -> Option<Socket> {
    let mut fields = text::fields(line).skip(1);
    let local = parse_address(fields.next()?)?;
    let remote = parse_address(fields.next()?)?;
    let state = SocketState::parse(transport, text::hexadecimal(fields.next()?)?)?;
    let uid = text::number(fields.nth(3)?)?;
    let inode = text::number(fields.nth(1)?)?;
    let peer = remote.port() != 0 || !remote.ip().is_unspecified();
    Some(Socket { transport, local, remote: peer.then_some(remote), state, uid, inode, pid: None, process: None })
}

/// `0100007F:0CEA` or 32 digits and a port: words of 32 bits, each in host byte order.
fn parse_address(field: &[u8]) -> Option<SocketAddr> {
    let (address, port) = text::pair(field, b':')?;
    let port = u16::try_from(text::hexadecimal(port)?).ok()?;
    let word = |digits: &[u8]| u32::try_from(text::hexadecimal(digits)?).ok().map(u32::to_ne_bytes);
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(address)?)),
        32 => {
            let mut octets = [0_u8; 16];
            for (octets, digits) in octets.chunks_exact_mut(4).zip(address.chunks_exact(8)) {
                octets.copy_from_slice(&word(digits)?);
            }
            Ipv6Addr::from(octets).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Reads all tables and finds the holders. `pids` is a list that is kept.
pub(crate) fn sample(tree: &mut Tree, pids: &mut Vec<u32>) -> Option<Sockets> {
    let net = tree.net();
    let mut all = Vec::new();
    let mut readable = false;
    for (file, transport) in [("tcp", Transport::Tcp), ("tcp6", Transport::Tcp), ("udp", Transport::Udp), ("udp6", Transport::Udp)] {
        if let Some(text) = tree.read(format_args!("{net}/{file}")) {
            readable = true;
            all.extend(text::lines(text).filter_map(|line| parse_line(transport, line)));
        }
    }
    if !readable {
        return None;
    }
    let mut wanted: HashMap<u64, Option<(u32, Arc<str>)>> =
        all.iter().filter(|socket| socket.inode != 0).map(|socket| (socket.inode, None)).collect();
    find_holders(tree, pids, &mut wanted);
    for socket in &mut all {
        if let Some(Some((pid, name))) = wanted.get(&socket.inode) {
            socket.pid = Some(*pid);
            socket.process = Some(Arc::clone(name));
        }
    }
    Some(Sockets { all })
}

/// The process with the lowest id holds a socket that several share.
fn find_holders(tree: &mut Tree, pids: &mut Vec<u32>, wanted: &mut HashMap<u64, Option<(u32, Arc<str>)>>) {
    if wanted.is_empty() || tree.pids(pids).is_none() {
        return;
    }
    let mut held = Vec::new();
    for &pid in pids.iter() {
        held.clear();
        let directory = tree.locate(format_args!("/proc/{pid}/fd"));
        let Some(entries) = directory.and_then(|path| fs::read_dir(path).ok()) else {
            continue;
        };
        let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        held.extend(links.filter_map(|target| parse_link(target.as_os_str().as_bytes())));
        held.retain(|inode| wanted.get(inode).is_some_and(Option::is_none));
        if held.is_empty() {
            continue;
        }
        let Some(name) = tree.words(format_args!("/proc/{pid}/comm")) else {
            continue;
        };
        for inode in &held {
            wanted.insert(*inode, Some((pid, Arc::clone(&name))));
        }
    }
}

/// `socket:[12345]`
fn parse_link(target: &[u8]) -> Option<u64> {
    text::number(target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?)
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    #[test]
    fn tcp_listener_has_no_peer() {
        let line = b"   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   112        0 21341 1 0000000000000000 100 0 0 10 0";
        let socket = parse_line(Transport::Tcp, line).expect("socket");
        assert_eq!(socket.local, "127.0.0.1:3306".parse().expect("address"));
        assert_eq!((socket.remote, socket.state), (None, SocketState::Listen));
        assert_eq!((socket.uid, socket.inode), (112, 21_341));
    }

    #[test]
    fn tcp6_connection_over_ipv4_is_shown_as_ipv4() {
        let line = b"   3: 0000000000000000FFFF0000020200C0:01BB 0000000000000000FFFF0000050200C0:D431 01 00000000:00000000 02:000A7A4C 00000000     0        0 99 2 0 20 4 30 10 -1";
        let socket = parse_line(Transport::Tcp, line).expect("socket");
        assert_eq!(socket.local, "192.0.2.2:443".parse().expect("address"));
        assert_eq!(socket.remote, "192.0.2.5:54321".parse().ok());
        assert_eq!(socket.state.word(), "ESTABLISHED");
    }

    #[test]
    fn tcp6_address_keeps_its_order() {
        let address = parse_address(b"B80D01200000000000000000010000FF:0050").expect("address");
        assert_eq!(address, "[2001:db8::ff00:1]:80".parse().expect("address"));
    }

    #[test]
    fn udp_states_and_headers() {
        let line =
            b" 1234: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 15001 2 0000000000000000 0";
        let socket = parse_line(Transport::Udp, line).expect("socket");
        assert_eq!(socket.state, SocketState::Unconnected);
        let header = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
        assert_eq!(parse_line(Transport::Udp, header), None);
    }

    #[test]
    fn links_of_other_descriptors_are_none() {
        assert_eq!(parse_link(b"socket:[77]"), Some(77));
        assert_eq!(parse_link(b"pipe:[77]"), None);
        assert_eq!(parse_link(b"/dev/null"), None);
    }
}
