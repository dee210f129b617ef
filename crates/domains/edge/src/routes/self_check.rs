//! `/api/security/check-self` and the figures of the security area.

use std::collections::BTreeMap;

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::bans::{DecisionView, decision};
use super::{Service, time};
use crate::model::ban::COUNTRY_ORIGIN;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/security/check-self", "edge.check_self", "Whether you are banned at any of your addresses.", check)
        .reply::<SelfView>()
        .get("/api/security/public-ip-self", "edge.get_public_ip", "The public address of this machine, as it was found last.", public_ip)
        .reply::<PublicIpView>()
        .get("/api/security/dashboard-stats", "edge.get_security_stats", "Bans, allowed addresses and audit rows in numbers.", stats)
        .reply::<StatsView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct SelfView {
    client_ip: Option<String>,
    /// Whether the address of this request is.
    banned: bool,
    decisions: Vec<DecisionView>,
    current_session_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_ip_self: Option<String>,
    active_session_ips: Vec<String>,
    any_banned: bool,
    banned_count: usize,
    banned_ips: Vec<BannedIpView>,
}

#[derive(Serialize, JsonSchema)]
struct PublicIpView {
    ip: Option<String>,
    last_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    detect_url: String,
    disabled: bool,
}

#[derive(Serialize, JsonSchema)]
struct BannedIpView {
    ip: String,
    /// current_session, public_ip or active_session
    source: &'static str,
    decisions: Vec<DecisionView>,
}

#[derive(Serialize, JsonSchema)]
struct StatsView {
    bans_total: i64,
    bans_by_scope: BTreeMap<String, i64>,
    bans_by_origin: BTreeMap<String, i64>,
    /// Of manual bans and detections; the most frequent ten.
    bans_by_scenario: Vec<ScenarioCount>,
    top_countries: Vec<CountryCount>,
    whitelist_entries: usize,
    audit_last_24h: i64,
    generated_at: String,
}

#[derive(Serialize, JsonSchema)]
struct CountryCount {
    country_code: String,
    cidr_count: i64,
    /// Ranges that are banned now; one that was reported twice is one.
    decisions_active: i64,
}

#[derive(Serialize, JsonSchema)]
struct ScenarioCount {
    scenario: String,
    count: i64,
}

async fn check(edge: Service, req: Req) -> Result<Reply> {
    let (actor, now) = (req.cx().actor(), req.cx().now());
    let found = edge.check_self(&actor).await?;
    let current = actor.ip.clone();
    let mut banned_ips = Vec::new();
    let mut decisions = Vec::new();
    for seen in found.seen.into_iter().filter(|s| !s.bans.is_empty()) {
        if seen.source == "current_session" {
            decisions = seen.bans.iter().cloned().map(|ban| decision(&edge, ban, now)).collect();
        }
        let all = seen.bans.into_iter().map(|ban| decision(&edge, ban, now)).collect();
        banned_ips.push(BannedIpView { ip: seen.ip.to_string(), source: seen.source, decisions: all });
    }
    Ok(Reply::json(&SelfView {
        banned: !decisions.is_empty(),
        decisions,
        current_session_ip: current.clone(),
        client_ip: current,
        public_ip_self: found.public.map(|ip| ip.to_string()),
        active_session_ips: found.sessions.iter().map(ToString::to_string).collect(),
        any_banned: !banned_ips.is_empty(),
        banned_count: banned_ips.len(),
        banned_ips,
    }))
}

async fn public_ip(edge: Service, _: Req) -> Result<Reply> {
    let settings = &edge.platform.settings;
    let found = settings.json("panel.public_ip_self")?;
    let text = |name: &str| found.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    let detect_url = settings.text("panel.public_ip_detect_url")?;
    // A look that found nothing new is not written down; the process that looks remembers it.
    let looked = edge.public_ip_checked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).map(time);
    let (ip, last_at, last_error) = (text("ip"), looked.or_else(|| text("last_at")), text("last_error"));
    Ok(Reply::json(&PublicIpView { ip, last_at, last_error, disabled: detect_url.is_empty(), detect_url }))
}

async fn stats(edge: Service, req: Req) -> Result<Reply> {
    let stats = edge.security_stats().await?;
    let mut scenarios: BTreeMap<String, i64> = BTreeMap::new();
    let (mut by_scope, mut by_origin) = (BTreeMap::new(), BTreeMap::new());
    for group in &stats.groups {
        *by_scope.entry(group.scope.clone()).or_insert(0) += group.count;
        *by_origin.entry(group.origin.clone()).or_insert(0) += group.count;
        *scenarios.entry(group.scenario.clone()).or_insert(0) += group.count;
    }
    let mut top_countries: Vec<CountryCount> = Vec::new();
    for country in edge.list_countries().await? {
        let origin = format!("{COUNTRY_ORIGIN}{}", country.country_code);
        let decisions_active = stats.banned.get(&origin).copied().unwrap_or(0);
        top_countries.push(CountryCount { country_code: country.country_code, cidr_count: country.cidr_count, decisions_active });
    }
    top_countries.sort_by_key(|c| std::cmp::Reverse(c.cidr_count));
    top_countries.truncate(20);
    let mut scenarios: Vec<ScenarioCount> = scenarios.into_iter().map(|(scenario, count)| ScenarioCount { scenario, count }).collect();
    scenarios.sort_by_key(|s| std::cmp::Reverse(s.count));
    scenarios.truncate(10);
    Ok(Reply::json(&StatsView {
        bans_total: stats.groups.iter().map(|g| g.count).sum(),
        bans_by_scope: by_scope,
        bans_by_origin: by_origin,
        bans_by_scenario: scenarios,
        top_countries,
        whitelist_entries: stats.allowed,
        audit_last_24h: stats.audit_last_24h,
        generated_at: time(req.cx().now()),
    }))
}
