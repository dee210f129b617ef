//! What needs no peer: the time of a reload, and of a ban lookup.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use argos_proxy::{Action, Config, HostConfig, Matcher, PoolConfig, Prefix, PrefixSet, RuleConfig, Snapshot, TargetConfig};

use crate::{Outcome, report};

const HOSTS: u32 = 2_000;
const BANS: u32 = 500_000;
const LOOKUPS: u32 = 2_000_000;

pub(crate) fn run() -> Outcome {
    let config = config();
    let first = Snapshot::compile(&config, None)?;
    let start = Instant::now();
    let second = Snapshot::compile(&config, Some(&first))?;
    report::figure("proxy.reload_2000_hosts", start.elapsed().as_secs_f64() * 1e3, "ms");
    drop(second);
    let address = |n: u32| -> IpAddr {
        let bits = n.wrapping_mul(2_654_435_761);
        if n.is_multiple_of(4) {
            Ipv6Addr::from_bits(u128::from(bits) << 80 | 0x2001_0db8 << 96).into()
        } else {
            Ipv4Addr::from_bits(bits).into()
        }
    };
    let prefixes = (0..BANS).filter_map(|n| Prefix::new(address(n), if n.is_multiple_of(4) { 48 } else { 32 }));
    let bans: PrefixSet = prefixes.collect();
    let start = Instant::now();
    let found = (0..LOOKUPS).filter(|n| bans.contains(black_box(address(n.wrapping_mul(7))))).count();
    let nanos = start.elapsed().as_secs_f64() * 1e9 / f64::from(LOOKUPS);
    if found == 0 {
        return Err("no ban was found".into());
    }
    report::figure("proxy.ban_lookup_500000", nanos, "ns");
    Ok(())
}

fn config() -> Config {
    let mut config = Config::default();
    for n in 1..=u64::from(HOSTS) {
        config.pools.push(PoolConfig::new(n, format!("pool {n}"), vec![TargetConfig::new(n, "127.0.0.1", 8080)]));
        let mut host = HostConfig::new(n, format!("h{n}.example.org"), n);
        host.rules = (1..=5)
            .map(|priority| RuleConfig {
                id: priority.into(),
                priority,
                matchers: vec![Matcher::Path(vec![format!("/part{priority}/*")])],
                action: Action::Forward { pool: n },
                concurrency_max: None,
            })
            .collect();
        config.hosts.push(host);
    }
    config
}
