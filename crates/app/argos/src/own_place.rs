//! Where this very server can be reached: its ports and the addresses of the machine, so that no browser of ours is sent
//! to our own interface. Addresses are read from Linux; where it does not tell them only loopback is known.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use argos_kernel::{AppError, Result, Shutdown};
use argos_net::{Net, Policy};
use argos_platform::Platform;

use crate::listeners::Addresses;

/// How often the addresses are read again: a machine gets new ones while it runs.
const LOOK: Duration = Duration::from_secs(60);

/// Tells the address guard, now and whenever the addresses change. Published sites are not ours to forbid, so the ports
/// of the edge are not in it.
pub(crate) fn guard(platform: &Platform, addresses: &Addresses) {
    let mut policy = platform.net.policy().as_ref().clone();
    let own = [addresses.http, addresses.https].into_iter().flatten().chain(addresses.compat.iter().copied());
    policy.own_ports = own.map(|a| a.port()).collect();
    policy.own_addresses = read_or_told();
    platform.net.set_policy(policy);
    let net = platform.net.clone();
    platform.tasks.supervise("own-addresses", move |stop| follow(net.clone(), stop));
}

async fn follow(net: Net, stop: Shutdown) -> Result<()> {
    while stop.sleep(LOOK).await {
        let found = tokio::task::spawn_blocking(read_or_told).await.map_err(AppError::internal)?;
        // A new policy ends the connections of the old one, so it is only set when something changed.
        net.change_policy(|policy| moved(policy, found));
    }
    Ok(())
}

/// The policy with these addresses; `None` when it has them, or when none were found: every machine has one, so they
/// could not be read, and what was ours a minute ago stays forbidden.
fn moved(policy: &Policy, found: Vec<IpAddr>) -> Option<Policy> {
    (!found.is_empty() && policy.own_addresses != found).then(|| Policy { own_addresses: found, ..policy.clone() })
}

/// The addresses; none, with a line in the log, when they cannot be read.
fn read_or_told() -> Vec<IpAddr> {
    own_addresses().unwrap_or_else(|error| {
        tracing::warn!(%error, "the addresses of this machine cannot be read");
        Vec::new()
    })
}

fn own_addresses() -> io::Result<Vec<IpAddr>> {
    let v6_table = match std::fs::read_to_string("/proc/net/if_inet6") {
        // A machine without IPv6 has no such table.
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        other => other?,
    };
    Ok(v4(&std::fs::read_to_string("/proc/net/fib_trie")?).into_iter().chain(v6(&v6_table)).collect())
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

    #[test]
    fn policy_follows_the_addresses_and_stays_when_they_stay() {
        let policy = Policy { own_ports: vec![8080], own_addresses: vec!["192.0.2.1".parse().unwrap()], ..Policy::default() };
        assert!(moved(&policy, policy.own_addresses.clone()).is_none());
        assert!(moved(&policy, Vec::new()).is_none(), "what cannot be read does not open our own ports");
        let new = moved(&policy, vec!["192.0.2.2".parse().unwrap()]).unwrap();
        assert_eq!((new.own_ports, new.own_addresses), (vec![8080], vec!["192.0.2.2".parse::<IpAddr>().unwrap()]));
    }
}
