//! What of the edge stands in the inventory: sites and pools, and which machines serve them.

use std::net::IpAddr;

use argos_inventory::{Fact, Feed, Kind, LinkType, NewLink, NewThing, Status};

use super::desired::Desired;
use super::host::TlsMode;

/// The kinds this domain feeds.
pub(crate) const KINDS: &[Kind] =
    &[Kind::new("site", "edge:read", "A published domain."), Kind::new("pool", "edge:read", "A group of backends behind sites.")];

/// Everything that is wanted. `is_unhealthy` knows backends by id.
pub(crate) fn feed(desired: &Desired, is_unhealthy: impl Fn(i64) -> bool) -> Feed {
    let mut out = Feed { source: "edge", things: Vec::new(), links: Vec::new() };
    for group in &desired.groups {
        let all: Vec<_> = desired.live_targets(group.id).collect();
        let down = all.iter().filter(|t| is_unhealthy(t.id)).count();
        let (status, word) = pool_status(all.len(), down);
        let reference = format!("pool:{}", group.id);
        for target in &all {
            let evidence = format!("{} is a target of {}", target.address(), group.name);
            out.links.push(NewLink::new(&reference, LinkType::RunsOn, machine(&target.host), evidence));
        }
        let addresses: Vec<String> = all.iter().map(|t| t.address()).collect();
        let thing = NewThing::new(&reference, &group.name, status, word)
            .detail(addresses.join(", "))
            .page(format!("/sites/pools/{}", group.id))
            .subject("target_group", &group.id.to_string())
            .fact(Some(Fact::text("algorithm", &group.spec.algorithm)))
            .fact(Some(Fact::number("targets", &all.len(), "")));
        out.things.push(thing);
    }
    for host in &desired.hosts {
        let reference = format!("site:{}", host.id);
        let targets: Vec<_> = desired.live_targets(host.target_group_id).collect();
        let down = targets.iter().filter(|t| is_unhealthy(t.id)).count();
        let (status, word) = if host.enabled { pool_status(targets.len(), down) } else { (Status::Paused, "disabled") };
        let pool = desired.group(host.target_group_id);
        let name = pool.map_or("?", |g| g.name.as_str());
        let link = NewLink::new(&reference, LinkType::DependsOn, format!("pool:{}", host.target_group_id), format!("its pool is {name}"));
        out.links.push(link);
        for rule in desired.rules.iter().filter(|r| r.host_id == host.id && r.enabled) {
            if let Some(group) = rule.action.group().filter(|g| *g != host.target_group_id) {
                let evidence = format!("its rule {} forwards there", rule.priority);
                out.links.push(NewLink::new(&reference, LinkType::DependsOn, format!("pool:{group}"), evidence));
            }
        }
        let thing = NewThing::new(&reference, &host.domain, status, word)
            .detail(name)
            .page(format!("/sites/{}", host.id))
            .subject("host", &host.id.to_string())
            .fact(Some(Fact::text("tls", host.spec.tls_mode.as_str())))
            .fact((host.spec.tls_mode == TlsMode::Auto).then(|| Fact::text("challenge", &host.spec.tls_challenge)))
            .fact(host.spec.lan_only.then(|| Fact::text("access", "local network")));
        out.things.push(thing);
    }
    out
}

/// The thing that a backend's host is: this machine when it is here.
fn machine(host: &str) -> String {
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if here { "machine:local".to_owned() } else { format!("machine:{host}") }
}

fn pool_status(all: usize, down: usize) -> (Status, &'static str) {
    match (all, down) {
        (0, _) => (Status::Warning, "no target"),
        (all, down) if all == down => (Status::Critical, "down"),
        (_, 0) => (Status::Ok, "ok"),
        _ => (Status::Warning, "degraded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_are_judged_by_their_backends() {
        assert_eq!(pool_status(0, 0).1, "no target");
        assert_eq!(pool_status(2, 0).1, "ok");
        assert_eq!(pool_status(2, 1).1, "degraded");
        assert_eq!(pool_status(2, 2).1, "down");
        assert_eq!(machine("127.0.0.1"), "machine:local");
        assert_eq!(machine("web-1"), "machine:web-1");
    }
}
