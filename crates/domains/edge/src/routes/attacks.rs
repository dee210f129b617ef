//! `/api/dashboard/security`: what the firewall saw in a time, whom the proxy turned away, and where they came from.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use super::dashboard::{CountryView, PathCount, by_country, top};
use super::geoip::GeoView;
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
    /// The thirty with most; empty while no database of places is there.
    by_country: Vec<CountryView>,
    /// Attacks from addresses of private networks.
    private_hits: u64,
    /// From addresses whose country nobody knew.
    unknown_hits: u64,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    geo: Option<GeoView>,
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
        let geo = remote_ip.parse().ok().filter(|_| edge.geoip.is_there()).map(|ip| edge.geoip.find(ip).into());
        let (distinct_hosts, last_seen) = (one.hosts.len(), one.last_seen.rfc3339());
        Some(AddressView { remote_ip: remote_ip.clone(), count, distinct_hosts, last_seen, geo })
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
        by_country: by_country(&edge, &found.origins, 30),
        private_hits: found.origins.private,
        unknown_hits: found.origins.unknown,
    }))
}
