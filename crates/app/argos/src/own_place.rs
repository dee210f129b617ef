//! Where this very server can be reached: its ports and the addresses of the machine, so that no browser of ours is sent
//! to our own interface. Addresses are read from Linux; where it does not tell them only loopback is known.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use argos_platform::Platform;

use crate::listeners::Addresses;

/// Tells the address guard. Published sites are not ours to forbid, so the ports of the edge are not in it.
pub(crate) fn guard(platform: &Platform, addresses: &Addresses) {
    let mut policy = platform.net.policy().as_ref().clone();
    let own = [addresses.http, addresses.https].into_iter().flatten().chain(addresses.compat.iter().copied());
    policy.own_ports = own.map(|a| a.port()).collect();
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    policy.own_addresses = v4(&read("/proc/net/fib_trie")).into_iter().chain(v6(&read("/proc/net/if_inet6"))).collect();
    platform.net.set_policy(policy);
}

/// Addresses that the routing table marks as the machine's own.
fn v4(table: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    let mut last: Option<Ipv4Addr> = None;
    for line in table.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse().ok();
        } else if line.ends_with("host LOCAL")
            && let Some(address) = last.map(IpAddr::V4)
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

fn v6(table: &str) -> Vec<IpAddr> {
    let address = |line: &str| u128::from_str_radix(line.split_whitespace().next()?, 16).ok();
    table.lines().filter_map(address).map(|bits| IpAddr::V6(Ipv6Addr::from(bits))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_machine_are_read_from_the_tables_of_the_kernel() {
        let table = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- 192.168.1.9\n        /32 host LOCAL\n     |-- 192.168.1.255\n        /32 link BROADCAST\n     |-- 192.168.1.9\n        /32 host LOCAL\n";
        assert_eq!(v4(table), ["192.168.1.9".parse::<IpAddr>().unwrap()]);
        let table = "00000000000000000000000000000001 01 80 10 80       lo\nfe800000000000000000000000000009 02 40 20 80     eth0\nodd\n";
        assert_eq!(v6(table), ["::1".parse::<IpAddr>().unwrap(), "fe80::9".parse().unwrap()]);
    }
}
