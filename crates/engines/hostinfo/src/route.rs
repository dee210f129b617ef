//! Routes of the main table, from `/proc/net/route` and `/proc/net/ipv6_route`.
//!
//! Used to find the default interface, and to tell which interface a local address belongs to where
//! the kernel cannot be asked. Addresses of IPv4 routes are hexadecimal in host byte order.

use crate::text;
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const RTF_UP: u64 = 0x1;
const RTF_REJECT: u64 = 0x200;

/// One usable route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    pub interface: String,
    pub destination: IpAddr,
    pub prefix: u8,
    /// `None` for a directly connected network.
    pub gateway: Option<IpAddr>,
    /// Lower wins.
    pub metric: u32,
}

impl Route {
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.prefix == 0 && self.destination.is_unspecified()
    }

    /// Whether the destination covers an address.
    #[must_use]
    pub fn covers(&self, address: IpAddr) -> bool {
        match (self.destination, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix.min(128))).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// Parses `/proc/net/route`; routes that are down or refuse traffic are left out.
#[must_use]
pub fn parse_v4(text: &[u8]) -> Vec<Route> {
    text::lines(text).skip(1).filter_map(parse_v4_line).collect()
}

fn parse_v4_line(line: &[u8]) -> Option<Route> {
    let mut fields = text::fields(line);
    let interface = text::words(fields.next()?)?;
    let destination = host_order(fields.next()?)?;
    let gateway = host_order(fields.next()?)?;
    let flags = text::hexadecimal(fields.next()?)?;
    let metric = fields.nth(2).and_then(text::number)?;
    let mask = host_order(fields.next()?)?;
    usable(flags).then(|| Route {
        interface,
        destination: IpAddr::V4(destination),
        // At most 32.
        prefix: mask.to_bits().count_ones() as u8,
        gateway: (!gateway.is_unspecified()).then_some(IpAddr::V4(gateway)),
        metric,
    })
}

/// Parses `/proc/net/ipv6_route`; the loopback's own entries and unusable routes are left out.
#[must_use]
pub fn parse_v6(text: &[u8]) -> Vec<Route> {
    text::lines(text).filter_map(parse_v6_line).collect()
}

fn parse_v6_line(line: &[u8]) -> Option<Route> {
    let mut fields = text::fields(line);
    let destination = parse_hex_v6(fields.next()?)?;
    let prefix = u8::try_from(text::hexadecimal(fields.next()?)?).ok().filter(|bits| *bits <= 128)?;
    let gateway = parse_hex_v6(fields.nth(2)?)?;
    let metric = u32::try_from(text::hexadecimal(fields.next()?)?).ok()?;
    let flags = text::hexadecimal(fields.nth(2)?)?;
    let interface = text::words(fields.next()?)?;
    (usable(flags) && interface != "lo").then(|| Route {
        interface,
        destination: IpAddr::V6(destination),
        prefix,
        gateway: (!gateway.is_unspecified()).then_some(IpAddr::V6(gateway)),
        metric,
    })
}

/// The default route with the lowest metric.
#[must_use]
pub fn default_route(routes: &[Route]) -> Option<&Route> {
    routes.iter().filter(|route| route.is_default()).min_by_key(|route| route.metric)
}

/// An IPv6 address as 32 hexadecimal digits without colons.
pub(crate) fn parse_hex_v6(field: &[u8]) -> Option<Ipv6Addr> {
    if field.len() != 32 || !field.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u128::from_str_radix(std::str::from_utf8(field).ok()?, 16).ok().map(Ipv6Addr::from_bits)
}

fn host_order(field: &[u8]) -> Option<Ipv4Addr> {
    let word = u32::try_from(text::hexadecimal(field)?).ok()?;
    Some(Ipv4Addr::from(word.to_ne_bytes()))
}

fn usable(flags: u64) -> bool {
    flags & RTF_UP != 0 && flags & RTF_REJECT == 0
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    const ROUTES: &[u8] = b"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
*\t0000FEA9\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0\n";

    #[test]
    fn default_route_is_the_one_with_the_lowest_metric() {
        let routes = parse_v4(ROUTES);
        assert_eq!(routes.len(), 3);
        let route = default_route(&routes).expect("default route");
        assert_eq!(route.interface, "eth0");
        assert_eq!(route.gateway, Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))));
    }

    #[test]
    fn connected_route_covers_its_network() {
        let routes = parse_v4(ROUTES);
        let connected = routes.iter().find(|route| route.prefix == 24).expect("connected");
        assert!(connected.covers(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77))));
        assert!(!connected.covers(IpAddr::V4(Ipv4Addr::new(192, 0, 3, 77))));
        assert!(!connected.covers(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        assert!(routes.first().is_some_and(|route| route.covers(IpAddr::V4(Ipv4Addr::LOCALHOST))));
    }

    #[test]
    fn ipv6_default_route_is_read() {
        let text = b"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n\
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n\
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
        let routes = parse_v6(text);
        assert_eq!(routes.len(), 2);
        let route = default_route(&routes).expect("default route");
        assert_eq!((route.interface.as_str(), route.metric), ("eth0", 1024));
        assert_eq!(route.gateway, "fe80::1".parse().ok());
    }
}
