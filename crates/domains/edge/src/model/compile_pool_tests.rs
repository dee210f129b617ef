//! What the API takes of a pool the engine takes too, whatever its members say.

use std::collections::HashSet;
use std::net::IpAddr;

use argos_kernel::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;
use crate::model::group::GroupBody;

const AT: Timestamp = Timestamp::from_secs(1_700_000_000);

/// Around the longest label of DNS too.
fn label() -> impl Strategy<Value = String> {
    prop_oneof![6 => "[a-z]([a-z0-9-]{0,6}[a-z0-9])?", 1 => "[a-z0-9-]{1,4}", 2 => "[a-z]{60,65}"]
}

/// Up to five labels: around the longest name.
fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(label(), 1..=5).prop_map(|labels| labels.join("."))
}

fn backend() -> impl Strategy<Value = String> {
    prop_oneof![3 => any::<IpAddr>().prop_map(|ip| ip.to_string()), 8 => name(), 1 => r"[A-Za-z0-9.:\[\]_ -]{1,12}"]
}

fn target_body() -> impl Strategy<Value = Value> {
    let port = prop_oneof![9 => 1..=65_535_i64, 1 => -1..=70_000_i64];
    let weight = prop_oneof![9 => 0..=256_i64, 1 => -1..=300_i64];
    (backend(), port, weight).prop_map(|(host, port, weight)| json!({ "host": host, "port": port, "weight": weight }))
}

fn within(range: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = i64> {
    let (low, high) = range.clone().into_inner();
    prop_oneof![12 => range, 1 => Just(0), 1 => low - 2..=high + 2]
}

fn check() -> impl Strategy<Value = Value> {
    let path = prop_oneof![5 => r"/[a-z0-9/._~%?=-]{0,20}", 1 => r"/[!-~äß]{0,12}"];
    let status = prop_oneof![3 => select(vec!["", "200", "200-299", "200,204-206", "401", "404"]).prop_map(str::to_owned), 1 => "[1-6][0-9]{2}(-[1-6][0-9]{2})?"];
    let method = select(vec!["", "GET", "head", "POST"]);
    let times = (within(5..=300), within(1..=30), within(1..=10), within(1..=10));
    (any::<bool>(), path, status, method, times).prop_map(|(enabled, path, status, method, (interval, timeout, fails, passes))| {
        json!({
            "health_check_enabled": enabled, "health_check_path": path, "health_check_expect_status": status, "health_check_method": method,
            "health_check_interval_seconds": interval, "health_check_timeout_seconds": timeout,
            "health_check_fails_to_unhealthy": fails, "health_check_passes_to_healthy": passes,
        })
    })
}

fn body() -> impl Strategy<Value = Value> {
    let kind = (select(vec!["", "http", "https"]), select(vec!["", "round_robin", "least_conn", "ip_hash", "random"]));
    let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let targets = prop::collection::vec(target_body(), 0..=2);
    (kind, switches, within(0..=3_600), check(), targets).prop_map(
        |((protocol, algorithm), (verify_tls, preserve_host, http2, sticky), slow_start, check, targets)| {
            let mut body = json!({
                "name": "pool", "protocol": protocol, "algorithm": algorithm, "verify_tls": verify_tls, "preserve_host": preserve_host,
                "http2": http2, "sticky": sticky, "slow_start_seconds": slow_start, "targets": targets,
            });
            if let (Some(body), Some(check)) = (body.as_object_mut(), check.as_object()) {
                body.extend(check.clone());
            }
            body
        },
    )
}

proptest! {
    // Where too few of them were accepted, the test would end for its rejects: it cannot pass by refusing all.
    #![proptest_config(ProptestConfig { cases: 512, max_global_rejects: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn every_pool_that_is_accepted_is_served(body in body()) {
        let body: GroupBody = serde_json::from_value(body).unwrap();
        let (Ok(spec), Ok(specs)) = (body.spec(), body.target_specs()) else { return Err(TestCaseError::reject("refused")) };
        let (mut id, mut seen) = (0, HashSet::new());
        let mut targets = Vec::new();
        for spec in specs {
            // Of two with one address the store takes the first.
            prop_assume!(seen.insert((spec.host.clone(), spec.port)));
            id += 1;
            let (host, port, weight, enabled) = (spec.host, spec.port, spec.weight, spec.enabled);
            targets.push(Target { id, group_id: 1, host, port, weight, enabled, created_at: AT, updated_at: AT });
        }
        let group = TargetGroup { id: 1, name: "pool".to_owned(), spec, created_at: AT, updated_at: AT };
        let all: Vec<&Target> = targets.iter().collect();
        let config = engine::Config { pools: vec![pool(&group, &all)], ..engine::Config::default() };
        let outcome = engine::Snapshot::compile(&config, None).map(drop).map_err(|e| e.to_string());
        prop_assert_eq!(outcome, Ok(()));
        // A check that is asked for is not dropped on the way either.
        prop_assert_eq!(config.pools[0].active.is_some(), group.spec.health_check_enabled);
    }
}
