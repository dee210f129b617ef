//! Network interfaces: traffic (see `link`), link facts from sysfs, addresses, default route.
//!
//! Interfaces that only move traffic inside the machine (bridges, container ends) are listed, but
//! not summed: each byte counts once.

use crate::address::{self, Address, Carrier, Scope};
use crate::interval::Pace;
use crate::link::{self, LinkCounters, LinkRates};
use crate::route;
use crate::text;
use crate::tree::Tree;
use serde::Serialize;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// One interface.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interface {
    pub name: Arc<str>,
    pub index: Option<u32>,
    pub totals: LinkCounters,
    pub rates: LinkRates,
    /// RFC 2863 word: `up`, `down`, `dormant`, `lowerlayerdown`, `unknown` (most tunnels).
    pub oper_state: Option<Arc<str>>,
    /// Switched on by the administrator (`IFF_UP`).
    pub admin_up: Option<bool>,
    /// `None` where the driver does not know: tunnels, radio, no cable.
    pub speed_mbps: Option<u32>,
    pub mtu: Option<u32>,
    pub mac: Option<Arc<str>>,
    /// Has no hardware of its own; `None` when sysfs does not show it.
    #[serde(rename = "virtual")]
    pub is_virtual: Option<bool>,
    pub loopback: bool,
    pub addresses: Arc<[Address]>,
}

/// Network figures of one sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Network {
    pub interfaces: Vec<Interface>,
    /// Interface of the default route, IPv4 before IPv6.
    pub default_interface: Option<String>,
    pub default_gateway: Option<IpAddr>,
    /// First global address of the default interface.
    pub default_ip: Option<IpAddr>,
    /// Sums over the interfaces with hardware; without any, over the main ones.
    pub rx_bytes_total: Option<u64>,
    pub tx_bytes_total: Option<u64>,
    pub rx_bytes_per_s: Option<f64>,
    pub tx_bytes_per_s: Option<f64>,
}

impl Interface {
    /// Whether a summary shows it: not the loopback, nor an end of a container or virtual machine
    /// bridge (`veth*`, `br-*`, `docker*`, `virbr*`).
    #[must_use]
    pub fn is_main(&self) -> bool {
        !self.loopback && !["veth", "br-", "docker", "virbr"].iter().any(|prefix| self.name.starts_with(prefix))
    }

    /// Carries traffic: the link is up, or its kind has no link state and it is switched on.
    #[must_use]
    pub fn is_up(&self) -> Option<bool> {
        match self.oper_state.as_deref() {
            Some("up") => Some(true),
            Some("unknown") | None => self.admin_up,
            Some(_) => Some(false),
        }
    }

    /// First IPv4 address.
    #[must_use]
    pub fn ipv4(&self) -> Option<IpAddr> {
        self.addresses.iter().map(|address| address.ip).find(IpAddr::is_ipv4)
    }
}

#[derive(Debug)]
struct Tracked {
    shown: Interface,
    seen: u64,
}

/// Keeps counters, link facts and addresses per interface.
#[derive(Debug, Default)]
pub(crate) struct NetworkCollector {
    pace: Pace,
    round: u64,
    known: HashMap<Box<str>, Tracked>,
    fresh: Vec<(Box<str>, LinkCounters)>,
    default_interface: Option<String>,
    default_gateway: Option<IpAddr>,
}

impl NetworkCollector {
    /// `facts`: read the slow facts again too. They are read anyway when an interface appears,
    /// disappears or changes state.
    pub(crate) fn sample(&mut self, tree: &mut Tree, now: Duration, facts: bool) -> Option<Network> {
        let net = tree.net();
        let text = tree.read(format_args!("{net}/dev"))?;
        let interval = self.pace.tick(now);
        self.round += 1;
        for (name, counters) in text::lines(text).filter_map(link::parse_line) {
            match self.known.get_mut(name) {
                Some(tracked) => {
                    let continuous = interval.filter(|_| tracked.seen + 1 == self.round);
                    tracked.shown.rates = counters.rates(&tracked.shown.totals, continuous);
                    tracked.shown.totals = counters;
                    tracked.seen = self.round;
                }
                None => self.fresh.push((Box::from(name), counters)),
            }
        }
        let mut stale = facts || !self.fresh.is_empty();
        while let Some((name, totals)) = self.fresh.pop() {
            let tracked = Tracked { shown: discover(tree, &name, totals), seen: self.round };
            self.known.insert(name, tracked);
        }
        let before = self.known.len();
        self.known.retain(|_, tracked| tracked.seen == self.round);
        stale |= before != self.known.len();
        for tracked in self.known.values_mut() {
            stale |= refresh_state(tree, &mut tracked.shown);
        }
        if stale {
            self.refresh_facts(tree);
        }
        Some(self.report())
    }

    fn refresh_facts(&mut self, tree: &mut Tree) {
        let net = tree.net();
        let v4 = tree.read(format_args!("{net}/route")).map(route::parse_v4).unwrap_or_default();
        let addresses = address::sample(tree, &v4);
        for tracked in self.known.values_mut() {
            let shown = &mut tracked.shown;
            refresh_link(tree, shown);
            let mine = addresses.iter().filter(|(carrier, _)| match carrier {
                Carrier::Index(index) => shown.index == Some(*index),
                Carrier::Name(name) => *name == *shown.name,
            });
            shown.addresses = mine.map(|(_, address)| *address).collect();
        }
        let v6;
        let chosen = match route::default_route(&v4) {
            Some(route) => Some(route),
            None => {
                let text = tree.read(format_args!("{net}/ipv6_route"));
                v6 = text.map(route::parse_v6).unwrap_or_default();
                route::default_route(&v6)
            }
        };
        self.default_interface = chosen.map(|route| route.interface.clone());
        self.default_gateway = chosen.and_then(|route| route.gateway);
    }

    fn report(&self) -> Network {
        let mut interfaces: Vec<Interface> = self.known.values().map(|tracked| tracked.shown.clone()).collect();
        interfaces.sort_unstable_by_key(|interface| (interface.index, Arc::clone(&interface.name)));
        let mut network = Network {
            default_ip: default_ip(&interfaces, self.default_interface.as_deref()),
            default_interface: self.default_interface.clone(),
            default_gateway: self.default_gateway,
            ..Network::default()
        };
        let hardware = interfaces.iter().any(|interface| interface.is_virtual == Some(false));
        for interface in &interfaces {
            let counts = if hardware { interface.is_virtual == Some(false) } else { interface.is_main() };
            if counts {
                add(&mut network.rx_bytes_total, Some(interface.totals.rx_bytes), u64::saturating_add);
                add(&mut network.tx_bytes_total, Some(interface.totals.tx_bytes), u64::saturating_add);
                add(&mut network.rx_bytes_per_s, interface.rates.rx_bytes_per_s, |a, b| a + b);
                add(&mut network.tx_bytes_per_s, interface.rates.tx_bytes_per_s, |a, b| a + b);
            }
        }
        network.interfaces = interfaces;
        network
    }
}

fn add<T: Copy>(sum: &mut Option<T>, value: Option<T>, plus: fn(T, T) -> T) {
    if let Some(value) = value {
        *sum = Some(sum.map_or(value, |sum| plus(sum, value)));
    }
}

fn default_ip(interfaces: &[Interface], default: Option<&str>) -> Option<IpAddr> {
    let interface = interfaces.iter().find(|interface| Some(&*interface.name) == default)?;
    let mut global: Vec<IpAddr> =
        interface.addresses.iter().filter(|address| address.scope == Scope::Global).map(|address| address.ip).collect();
    global.sort_by_key(IpAddr::is_ipv6); // stable: IPv4 first, else the kernel's order
    global.first().copied()
}

fn discover(tree: &mut Tree, name: &str, totals: LinkCounters) -> Interface {
    let target = tree.link(format_args!("/sys/class/net/{name}"));
    Interface {
        name: Arc::from(name),
        index: tree.number(format_args!("/sys/class/net/{name}/ifindex")),
        totals,
        rates: LinkRates::default(),
        oper_state: None,
        admin_up: None,
        speed_mbps: None,
        mtu: None,
        mac: None,
        is_virtual: target.map(|target| target.to_string_lossy().contains("/virtual/")),
        loopback: name == "lo",
        addresses: Arc::from([]),
    }
}

/// True when the state changed.
fn refresh_state(tree: &mut Tree, interface: &mut Interface) -> bool {
    let name = &interface.name;
    let state = tree.read(format_args!("/sys/class/net/{name}/operstate")).and_then(|state| std::str::from_utf8(state.trim_ascii()).ok());
    let changed = interface.oper_state.as_deref() != state;
    if changed {
        interface.oper_state = state.map(Arc::from);
    }
    changed
}

fn refresh_link(tree: &mut Tree, interface: &mut Interface) {
    const IFF_UP: u64 = 0x1;
    const IFF_LOOPBACK: u64 = 0x8;
    let name = Arc::clone(&interface.name);
    let flags = tree.hexadecimal(format_args!("/sys/class/net/{name}/flags"));
    interface.admin_up = flags.map(|flags| flags & IFF_UP != 0);
    interface.loopback = flags.map_or(&*name == "lo", |flags| flags & IFF_LOOPBACK != 0);
    // Drivers say -1, or refuse, where there is no speed.
    let speed: Option<i64> = tree.number(format_args!("/sys/class/net/{name}/speed"));
    interface.speed_mbps = speed.filter(|mbps| *mbps > 0).and_then(|mbps| u32::try_from(mbps).ok());
    interface.mtu = tree.number(format_args!("/sys/class/net/{name}/mtu"));
    let mac = tree.words(format_args!("/sys/class/net/{name}/address"));
    // The loopback and tunnels say all zeros: no address.
    interface.mac = mac.filter(|mac| mac.bytes().any(|byte| !matches!(byte, b'0' | b':')));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn main_interfaces_exclude_container_ends() {
        for (name, main) in [
            ("eth0", true),
            ("br0", true),
            ("wg0", true),
            ("lo", false),
            ("veth12ab", false),
            ("br-5f3a", false),
            ("docker0", false),
            ("virbr0", false),
        ] {
            let mut tree = Tree::new(std::path::Path::new("/nonexistent"));
            let interface = discover(&mut tree, name, LinkCounters::default());
            assert_eq!(interface.is_main(), main, "{name}");
        }
    }
}
