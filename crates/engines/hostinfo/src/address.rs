//! Local IP addresses and the interfaces that carry them.
//!
//! On the running machine the kernel is asked over rtnetlink, which alone knows the interface of
//! every address. Below a foreign root (or where such sockets are forbidden) the tables
//! `fib_trie`, `route` and `if_inet6` give the same for ordinary networks.
//! Message format: rtnetlink(7), RFC 3549.

use crate::route::{self, Route};
use crate::text;
use crate::tree::Tree;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// How far an address reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    Global,
    Link,
    Host,
}

/// An address of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Address {
    pub ip: IpAddr,
    /// Length of the network part; `None` where the tables do not tell.
    pub prefix: Option<u8>,
    pub scope: Scope,
}

/// How a source of addresses names the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    Index(u32),
    Name(String),
}

impl Address {
    fn new(ip: IpAddr, prefix: Option<u8>) -> Self {
        let scope = match ip {
            _ if ip.is_loopback() => Scope::Host,
            IpAddr::V4(v4) if v4.is_link_local() => Scope::Link,
            IpAddr::V6(v6) if v6.is_unicast_link_local() => Scope::Link,
            _ => Scope::Global,
        };
        Self { ip, prefix, scope }
    }
}

/// All local addresses, in the kernel's order.
pub(crate) fn sample(tree: &mut Tree, v4_routes: &[Route]) -> Vec<(Carrier, Address)> {
    if tree.is_live()
        && let Some(addresses) = ask_kernel()
    {
        return addresses;
    }
    let net = tree.net();
    let local = tree.read(format_args!("{net}/fib_trie")).map(parse_fib_trie).unwrap_or_default();
    let mut addresses = attribute(&local, v4_routes);
    if let Some(text) = tree.read(format_args!("{net}/if_inet6")) {
        addresses.extend(parse_if_inet6(text));
    }
    addresses
}

const NLMSG_HEADER: usize = 16;
const IFADDR_HEADER: usize = 8;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_DUMP: u16 = 0x300;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// The kernel never sends more than this in one datagram of a dump.
const DATAGRAM_BYTES: usize = 32 << 10;
/// Enough for tens of thousands of addresses; a bound against a stream that never ends.
const DATAGRAMS_MAX: usize = 256;

fn ask_kernel() -> Option<Vec<(Carrier, Address)>> {
    let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None).ok()?;
    set_socket_timeout(&socket, Timeout::Recv, Some(Duration::from_secs(1))).ok()?;
    rustix::net::send(&socket, &address_request(), SendFlags::empty()).ok()?;
    let mut datagram = vec![0_u8; DATAGRAM_BYTES];
    let mut addresses = Vec::new();
    for _ in 0..DATAGRAMS_MAX {
        let (_, length) = rustix::net::recv(&socket, &mut datagram[..], RecvFlags::empty()).ok()?;
        match parse_datagram(datagram.get(..length)?, &mut addresses) {
            Dump::Continues => {}
            Dump::Done => return Some(addresses),
            Dump::Failed => return None,
        }
    }
    None
}

/// `RTM_GETADDR` for all families: a message header and an `ifaddrmsg` of zeros.
fn address_request() -> Vec<u8> {
    let length = (NLMSG_HEADER + IFADDR_HEADER) as u32;
    let mut message = Vec::with_capacity(NLMSG_HEADER + IFADDR_HEADER);
    message.extend_from_slice(&length.to_ne_bytes());
    message.extend_from_slice(&RTM_GETADDR.to_ne_bytes());
    message.extend_from_slice(&(NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    message.resize(NLMSG_HEADER + IFADDR_HEADER, 0);
    message
}

/// Where an address dump stands after a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dump {
    Continues,
    Done,
    Failed,
}

/// Reads the `RTM_NEWADDR` messages of one datagram.
pub fn parse_datagram(datagram: &[u8], into: &mut Vec<(Carrier, Address)>) -> Dump {
    let mut rest = datagram;
    while !rest.is_empty() {
        let Some((length, kind)) = word32(rest, 0).zip(word16(rest, 4)) else {
            return Dump::Failed;
        };
        let length = length as usize;
        let Some(body) = rest.get(NLMSG_HEADER..length) else {
            return Dump::Failed;
        };
        match kind {
            NLMSG_DONE => return Dump::Done,
            NLMSG_ERROR => return Dump::Failed,
            RTM_NEWADDR => into.extend(parse_new_address(body)),
            _ => {}
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Dump::Continues
}

fn parse_new_address(body: &[u8]) -> Option<(Carrier, Address)> {
    let family = *body.first()?;
    let prefix = *body.get(1)?;
    let index = word32(body, 4)?;
    let (mut peer, mut local) = (None, None);
    let mut attributes = body.get(IFADDR_HEADER..)?;
    while let Some((length, kind)) = word16(attributes, 0).zip(word16(attributes, 2)) {
        let length = usize::from(length);
        let Some(value) = attributes.get(4..length) else {
            break;
        };
        match kind {
            IFA_ADDRESS => peer = parse_ip(family, value),
            IFA_LOCAL => local = parse_ip(family, value),
            _ => {}
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    // On a point-to-point link IFA_ADDRESS is the other end.
    Some((Carrier::Index(index), Address::new(local.or(peer)?, Some(prefix))))
}

fn parse_ip(family: u8, value: &[u8]) -> Option<IpAddr> {
    match family {
        AF_INET => Some(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?))),
        AF_INET6 => Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?))),
        _ => None,
    }
}

fn word16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Local addresses of `/proc/net/fib_trie`: leaves with a `/32 host LOCAL` entry, each once.
#[must_use]
pub fn parse_fib_trie(text: &[u8]) -> Vec<Ipv4Addr> {
    let mut found: Vec<Ipv4Addr> = Vec::new();
    let mut leaf = None;
    for line in text::lines(text) {
        let entry = line.trim_ascii();
        if let Some(address) = entry.strip_prefix(b"|-- ") {
            leaf = text::number::<Ipv4Addr>(address);
        } else if entry == b"/32 host LOCAL"
            && let Some(address) = leaf
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

/// Gives each address to the interface of the narrowest route that covers it.
fn attribute(local: &[Ipv4Addr], routes: &[Route]) -> Vec<(Carrier, Address)> {
    let carry = |&address: &Ipv4Addr| {
        let ip = IpAddr::V4(address);
        if address.is_loopback() {
            return Some((Carrier::Name("lo".to_owned()), Address::new(ip, Some(8))));
        }
        let connected = routes.iter().filter(|route| route.gateway.is_none() && !route.is_default());
        let route = connected.filter(|route| route.covers(ip)).max_by_key(|route| route.prefix)?;
        Some((Carrier::Name(route.interface.clone()), Address::new(ip, Some(route.prefix))))
    };
    local.iter().filter_map(carry).collect()
}

/// Parses `/proc/net/if_inet6`: address, index, prefix length, scope, flags, interface.
#[must_use]
pub fn parse_if_inet6(text: &[u8]) -> Vec<(Carrier, Address)> {
    let parse = |line| {
        let mut fields = text::fields(line);
        let ip = route::parse_hex_v6(fields.next()?)?;
        let prefix = u8::try_from(text::hexadecimal(fields.nth(1)?)?).ok();
        let name = text::words(fields.nth(2)?)?;
        Some((Carrier::Name(name), Address::new(IpAddr::V6(ip), prefix)))
    };
    text::lines(text).filter_map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut message = Vec::new();
        message.extend_from_slice(&((NLMSG_HEADER + body.len()) as u32).to_ne_bytes());
        message.extend_from_slice(&kind.to_ne_bytes());
        message.resize(NLMSG_HEADER, 0);
        message.extend_from_slice(body);
        message
    }

    fn attribute_bytes(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&(4 + value.len() as u16).to_ne_bytes());
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(value);
        bytes
    }

    #[test]
    fn datagram_with_a_point_to_point_address_gives_the_local_end() {
        let mut body = vec![AF_INET, 32, 0, 0];
        body.extend_from_slice(&7_u32.to_ne_bytes());
        body.extend(attribute_bytes(IFA_ADDRESS, &[10, 0, 0, 1]));
        body.extend(attribute_bytes(IFA_LOCAL, &[10, 0, 0, 2]));
        let mut datagram = message(RTM_NEWADDR, &body);
        datagram.extend(message(NLMSG_DONE, &[0; 4]));
        let mut addresses = Vec::new();
        assert_eq!(parse_datagram(&datagram, &mut addresses), Dump::Done);
        let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
        let address = Address { ip, prefix: Some(32), scope: Scope::Global };
        assert_eq!(addresses, [(Carrier::Index(7), address)]);
    }

    #[test]
    fn datagram_that_is_cut_or_an_error_fails() {
        let mut addresses = Vec::new();
        assert_eq!(parse_datagram(&[1, 2, 3], &mut addresses), Dump::Failed);
        assert_eq!(parse_datagram(&[0; 16], &mut addresses), Dump::Failed);
        assert_eq!(parse_datagram(&message(NLMSG_ERROR, &[0; 4]), &mut addresses), Dump::Failed);
        assert!(addresses.is_empty());
    }

    #[test]
    fn kernel_and_tables_agree_on_this_machine() {
        let table = std::fs::read("/proc/net/fib_trie").map(|text| parse_fib_trie(&text));
        // Either source may be forbidden in a sandbox.
        let Some((asked, table)) = ask_kernel().zip(table.ok()) else {
            return;
        };
        for address in table {
            let known = |(_, other): &(Carrier, Address)| other.ip == IpAddr::V4(address);
            assert!(asked.iter().any(known), "{address} is not in {asked:?}");
        }
    }

    #[test]
    fn fib_trie_lists_local_addresses_once() {
        let text = b"Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
           |-- 127.0.0.1\n              /32 host LOCAL\n        |-- 192.0.2.2\n           /32 host LOCAL\n\
        |-- 192.0.2.255\n           /32 link BROADCAST\nLocal:\n        |-- 192.0.2.2\n           /32 host LOCAL\n";
        assert_eq!(parse_fib_trie(text), [Ipv4Addr::LOCALHOST, Ipv4Addr::new(192, 0, 2, 2)]);
    }

    #[test]
    fn attribute_uses_the_narrowest_connected_route() {
        let route = |interface: &str, prefix, gateway| Route {
            interface: interface.to_owned(),
            destination: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 0)),
            prefix,
            gateway,
            metric: 0,
        };
        let routes = [route("wide0", 16, None), route("eth0", 24, None), route("via0", 28, Some(IpAddr::V4(Ipv4Addr::LOCALHOST)))];
        let owned = attribute(&[Ipv4Addr::new(192, 0, 2, 2), Ipv4Addr::new(198, 51, 100, 1)], &routes);
        assert_eq!(owned.len(), 1);
        let (carrier, address) = owned.first().expect("one");
        assert_eq!(*carrier, Carrier::Name("eth0".to_owned()));
        assert_eq!(address.prefix, Some(24));
    }

    #[test]
    fn if_inet6_is_read_with_scope() {
        let text = b"fd000000000000000000000000000002 04 40 00 82     eth0\n\
fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\nbroken\n";
        let addresses = parse_if_inet6(text);
        let scopes: Vec<_> = addresses.iter().map(|(_, address)| address.scope).collect();
        assert_eq!(scopes, [Scope::Global, Scope::Link, Scope::Host]);
        assert_eq!(addresses.first().and_then(|(_, address)| address.prefix), Some(64));
    }
}
