//! Pools: one proxy each, as a named route that every use invokes, so that a pool is probed once.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::model::compile::STICKY_COOKIE;
use crate::model::delivery::Delivery;
use crate::model::desired::Desired;
use crate::model::group::{GroupSpec, Target, TargetGroup};

pub(super) fn name(group_id: i64) -> String {
    format!("pool_{group_id}")
}

/// The name of a pool's proxy as a site uses it: its own where the site has times of its own.
pub(super) fn name_for(group_id: i64, host_id: i64, delivery: Option<&Delivery>) -> String {
    if delivery.is_some_and(has_times) { format!("pool_{group_id}_of_{host_id}") } else { name(group_id) }
}

fn has_times(delivery: &Delivery) -> bool {
    delivery.connect_timeout_seconds > 0 || delivery.response_timeout_seconds > 0 || delivery.tries_max > 0
}

/// The proxy of every pool that has an enabled target, and the ids of those pools.
pub(super) fn named_routes(desired: &Desired, warnings: &mut Vec<String>) -> (Map<String, Value>, HashSet<i64>) {
    let (mut routes, mut filled) = (Map::new(), HashSet::new());
    for group in &desired.groups {
        let targets: Vec<&Target> = desired.live_targets(group.id).collect();
        if targets.is_empty() {
            continue;
        }
        if group.spec.slow_start_seconds > 0 {
            warnings.push(format!("pool {}: Caddy has no slow start, a backend that came back takes its full share at once", group.name));
        }
        filled.insert(group.id);
        let mut plain = proxy(group, &targets);
        hold(&mut plain, &usual(), targets.len());
        routes.insert(name(group.id), json!({ "handle": [plain] }));
        // Caddy keeps times with a proxy: a site with its own has a proxy of its own, which probes for itself.
        for (host_id, delivery) in desired.delivery.iter().filter(|(id, d)| has_times(d) && uses(desired, *id, group.id)) {
            let mut own = plain.clone();
            hold(&mut own, delivery, targets.len());
            routes.insert(name_for(group.id, *host_id, Some(delivery)), json!({ "handle": [own] }));
        }
    }
    (routes, filled)
}

/// Whether a site that is on sends requests to this pool, by itself or by a rule.
fn uses(desired: &Desired, host_id: i64, group_id: i64) -> bool {
    let by_rule = || desired.rules.iter().any(|r| r.enabled && r.host_id == host_id && r.action.group() == Some(group_id));
    desired.live_hosts().any(|host| host.id == host_id && (host.target_group_id == group_id || by_rule()))
}

/// What the built-in engine does for a site that says nothing, where Caddy would do otherwise. It waits for an answer without
/// end, which is left as it is: long polls live on it.
fn usual() -> Delivery {
    Delivery { connect_timeout_seconds: 5, tries_max: 3, ..Delivery::default() }
}

/// Holds a proxy to the times of a site.
fn hold(proxy: &mut Value, delivery: &Delivery, targets: usize) {
    let times = [("dial_timeout", delivery.connect_timeout_seconds), ("response_header_timeout", delivery.response_timeout_seconds)];
    for (name, seconds) in times.into_iter().filter(|(_, seconds)| *seconds > 0) {
        proxy["transport"][name] = json!(format!("{seconds}s"));
    }
    if delivery.tries_max > 0 {
        // Each is tried once: a failure more in the same request would put the only target aside.
        let tries = usize::try_from(delivery.tries_max).unwrap_or(1).min(targets);
        proxy["load_balancing"]["retries"] = json!(tries.saturating_sub(1));
    }
}

fn proxy(group: &TargetGroup, targets: &[&Target]) -> Value {
    let spec = &group.spec;
    let dials: Vec<Value> = targets.iter().map(|t| json!({ "dial": t.address() })).collect();
    let mut checks = json!({ "passive": { "max_fails": 3, "fail_duration": "30s" } });
    if spec.health_check_enabled {
        checks["active"] = active(spec);
    }
    let host = if spec.preserve_host { "{http.request.hostport}" } else { "{http.reverse_proxy.upstream.hostport}" };
    json!({
        "handler": "reverse_proxy",
        "upstreams": dials,
        "load_balancing": { "selection_policy": selection(spec, targets) },
        "health_checks": checks,
        "transport": transport(spec),
        "headers": { "request": { "set": { "Host": [host] } } },
    })
}

/// 1.1 comes first so that WebSocket upgrades work.
fn transport(spec: &GroupSpec) -> Value {
    let is_tls = spec.protocol == "https";
    let versions = match (is_tls, spec.http2) {
        (true, true) => json!(["2"]),
        (false, true) => json!(["h2c", "2"]),
        (_, false) => json!(["1.1", "2"]),
    };
    let mut out = json!({ "protocol": "http", "versions": versions });
    if is_tls {
        out["tls"] = if spec.verify_tls { json!({}) } else { json!({ "insecure_skip_verify": true }) };
    }
    out
}

fn selection(spec: &GroupSpec, targets: &[&Target]) -> Value {
    let weights: Vec<u16> = targets.iter().map(|t| t.weight).collect();
    let differ = weights.iter().any(|w| Some(w) != weights.first());
    let policy = match spec.algorithm.as_str() {
        "least_conn" => json!({ "policy": "least_conn" }),
        // The client behind trusted proxies, as everywhere.
        "ip_hash" => json!({ "policy": "client_ip_hash" }),
        "random" => json!({ "policy": "random" }),
        _ if differ => json!({ "policy": "weighted_round_robin", "weights": weights }),
        _ => json!({ "policy": "round_robin" }),
    };
    if spec.sticky { json!({ "policy": "cookie", "name": STICKY_COOKIE, "fallback": policy }) } else { policy }
}

fn active(spec: &GroupSpec) -> Value {
    json!({
        "uri": spec.health_check_path,
        "method": spec.health_check_method,
        "interval": format!("{}s", spec.health_check_interval_seconds),
        "timeout": format!("{}s", spec.health_check_timeout_seconds),
        "fails": spec.health_check_fails_to_unhealthy,
        "passes": spec.health_check_passes_to_healthy,
        "expect_status": expected(&spec.health_check_expect_status),
    })
}

/// One code as it is, several of one class as that class.
fn expected(text: &str) -> u16 {
    let class = || text.chars().next().and_then(|c| c.to_digit(10)).and_then(|d| u16::try_from(d).ok());
    text.parse().ok().or_else(class).unwrap_or(2)
}
