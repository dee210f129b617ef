//! `/api/dashboard/security`: what the firewall saw in a time.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use super::dashboard::{PathCount, top};
use crate::actions::dashboard::Range;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/dashboard/security", "edge.get_dashboard_security", "Attacks of a range by rule, address and path.", security)
        .reply::<SecurityView>()
        .param("range", "1h, 6h, 24h (default) or 7d")
        .done()
}

#[derive(Serialize, JsonSchema)]
struct SecurityView {
    range: &'static str,
    granularity: &'static str,
    waf_timeseries: Vec<SeenView>,
    top_attack_types: Vec<TypeView>,
    top_attack_ips: Vec<AddressView>,
    top_attacked_paths: Vec<PathCount>,
    /// Answers with status 429.
    rate_limit_hits: u64,
    /// Empty while no address database is there.
    by_country: Vec<CountryView>,
    /// Attacks from addresses of private networks.
    private_hits: u64,
}

#[derive(Serialize, JsonSchema)]
struct SeenView {
    time: String,
    /// Let pass.
    detected: u64,
    blocked: u64,
}

#[derive(Serialize, JsonSchema)]
struct TypeView {
    rule_id: String,
    message: String,
    count: u64,
}

#[derive(Serialize, JsonSchema)]
struct AddressView {
    remote_ip: String,
    count: u64,
    distinct_hosts: usize,
    last_seen: String,
}

#[derive(Serialize, JsonSchema)]
struct CountryView {
    country_code: String,
    country_name: String,
    count: u64,
}

async fn security(edge: Service, req: Req) -> Result<Reply> {
    let range = Range::parse(req.query().filled("range"))?;
    let found = edge.attacks_of(range).await?;
    let types = top(found.rules.iter().map(|(rule, (_, n))| (rule, *n)), 10).into_iter();
    let addresses = top(found.addresses.iter().map(|(address, seen)| (address, seen.count)), 20).into_iter();
    let paths = top(found.paths.iter().map(|(path, n)| (path, *n)), 10).into_iter();
    let seen = |(at, (detected, blocked)): (&i64, &(u64, u64))| SeenView {
        time: Timestamp::from_secs(*at).rfc3339(),
        detected: *detected,
        blocked: *blocked,
    };
    let address = |(remote_ip, count): (&String, u64)| {
        let one = found.addresses.get(remote_ip)?;
        Some(AddressView { remote_ip: remote_ip.clone(), count, distinct_hosts: one.hosts.len(), last_seen: one.last_seen.rfc3339() })
    };
    let message = |rule: &String| found.rules.get(rule).map(|(message, _)| message.clone()).unwrap_or_default();
    Ok(Reply::json(&SecurityView {
        range: range.word,
        granularity: range.granularity,
        waf_timeseries: found.buckets.iter().map(seen).collect(),
        top_attack_types: types.map(|(rule, count)| TypeView { message: message(rule), rule_id: rule.clone(), count }).collect(),
        top_attack_ips: addresses.filter_map(address).collect(),
        top_attacked_paths: paths.map(|((host, path), count)| PathCount { host_domain: host.clone(), path: path.clone(), count }).collect(),
        rate_limit_hits: found.rate_limited,
        by_country: Vec::new(),
        private_hits: found.private,
    }))
}
