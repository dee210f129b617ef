//! `/api/threats/*`: the older names of bans and scenarios, for clients that know no others.

use std::collections::BTreeMap;

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bans::{DecisionView, decision};
use super::{Service, crowdsec, time};
use crate::actions::bans::NewBan;
use crate::model::bad;
use crate::model::ban::{Ban, Subject};
use crate::store::bans::Wanted;

/// Decisions of one answer.
const DECISIONS_MAX: usize = 1_000;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/threats/status", "edge.get_threats_status", "How the exchange with CrowdSec stands.", status)
        .reply::<StatusView>()
        .get("/api/threats/decisions", "edge.list_threats", "Who is banned now, the newest thousand.", list)
        .reply::<Vec<DecisionView>>()
        .param("origin", "who decided, exactly")
        .param("type", "ban, captcha or another kind, exactly")
        .param("search", "in value or scenario, in any case")
        .post("/api/threats/decisions", "edge.create_threat", "Have CrowdSec ban an address.", ban)
        .body::<BanBody>()
        .created::<BannedView>()
        .delete("/api/threats/decisions", "edge.delete_threats", "Lift the bans of an address.", lift)
        .param("ip", "an address")
        .reply::<LiftedView>()
        .get("/api/threats/stats", "edge.get_threats_stats", "Bans by who decided, why and about what.", stats)
        .reply::<StatsView>()
        .get("/api/threats/scenarios", "edge.list_threat_scenarios", "Scenarios that CrowdSec runs, by their author.", scenarios)
        .reply::<Vec<ScenariosView>>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    /// not_configured, connected, disconnected or degraded
    state: &'static str,
    lapi_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_heartbeat: Option<String>,
    /// Null = not tried, or nobody answers.
    bouncer_ok: Option<bool>,
    machine_ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BanBody {
    ip: String,
    /// 1-8760
    #[serde(default = "one")]
    duration_hours: u32,
    #[serde(default)]
    reason: String,
}

fn one() -> u32 {
    1
}

#[derive(Serialize, JsonSchema)]
struct BannedView {
    ip: String,
    duration_hours: u32,
    reason: String,
    applied_at: String,
}

#[derive(Serialize, JsonSchema)]
struct LiftedView {
    ip: String,
    removed: usize,
}

#[derive(Serialize, JsonSchema)]
struct StatsView {
    range: &'static str,
    active_decisions: i64,
    by_origin: BTreeMap<String, i64>,
    by_scenario: BTreeMap<String, i64>,
    by_scope: BTreeMap<String, i64>,
    last_updated: String,
}

/// Parsers and scenarios of one author.
#[derive(Serialize, JsonSchema)]
struct ScenariosView {
    name: String,
    parsers: Vec<String>,
    scenarios: Vec<String>,
}

async fn status(edge: Service, _: Req) -> Result<Reply> {
    let now = crowdsec::view(&edge).await?;
    Ok(Reply::json(&StatusView {
        state: now.state,
        lapi_url: now.lapi_url,
        last_heartbeat: now.last_heartbeat,
        bouncer_ok: now.bouncer_ok,
        machine_ok: now.machine_ok,
        error: now.error,
    }))
}

async fn list(edge: Service, req: Req) -> Result<Reply> {
    let filled = |name: &str| req.query().filled(name).map(str::to_owned);
    let wanted = Wanted { text: filled("search"), scope: None, origin: filled("origin") };
    let kind = filled("type");
    let mut found: Vec<Ban> = Vec::new();
    let mut offset = 0;
    loop {
        let (page, total) = edge.list_bans(&wanted, (1_000, offset)).await?;
        found.extend(page.into_iter().filter(|ban| kind.as_ref().is_none_or(|k| ban.kind == *k)));
        offset += 1_000;
        if found.len() >= DECISIONS_MAX || offset >= total {
            break;
        }
    }
    found.truncate(DECISIONS_MAX);
    let now = req.cx().now();
    Ok(Reply::json(&found.into_iter().map(|ban| decision(&edge, ban, now)).collect::<Vec<_>>()))
}

async fn ban(edge: Service, mut req: Req) -> Result<Reply> {
    let body: BanBody = req.json().await?;
    let subject = Subject::parse("ip", &body.ip)?;
    if !subject.range.is_single() {
        return Err(bad("ip", "ip is not an IP address"));
    }
    let wanted = NewBan { subject, hours: body.duration_hours, reason: body.reason.trim().to_owned() };
    let applied_at = time(edge.ban(&req.cx().actor(), &wanted).await?);
    Ok(Reply::created(&BannedView { ip: subject.value(), duration_hours: wanted.hours, reason: wanted.reason, applied_at }))
}

async fn lift(edge: Service, req: Req) -> Result<Reply> {
    let ip = req.query().text("ip").unwrap_or_default().trim().to_owned();
    let done = edge.unban(&req.cx().actor(), &ip, false).await?;
    Ok(Reply::json(&LiftedView { ip, removed: done.bans.len() }))
}

async fn stats(edge: Service, req: Req) -> Result<Reply> {
    let found = edge.security_stats().await?;
    let (mut by_origin, mut by_scenario, mut by_scope) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for group in &found.groups {
        *by_origin.entry(group.origin.clone()).or_insert(0) += group.count;
        *by_scenario.entry(group.scenario.clone()).or_insert(0) += group.count;
        *by_scope.entry(group.scope.clone()).or_insert(0) += group.count;
    }
    let active_decisions = found.groups.iter().map(|g| g.count).sum();
    Ok(Reply::json(&StatsView { range: "current", active_decisions, by_origin, by_scenario, by_scope, last_updated: time(req.cx().now()) }))
}

async fn scenarios(edge: Service, _: Req) -> Result<Reply> {
    let (found, _) = tokio::task::block_in_place(|| edge.list_scenarios())?;
    let parsers = tokio::task::block_in_place(|| edge.list_parsers());
    let mut by_author: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    let author = |source: Option<String>| source.unwrap_or_else(|| "local".to_owned());
    for scenario in found.into_iter().filter(|s| !s.path.is_empty()) {
        by_author.entry(author(scenario.source)).or_default().1.push(scenario.canonical_name);
    }
    for (owner, name) in parsers {
        by_author.entry(author(owner)).or_default().0.push(name);
    }
    let view = |(name, (parsers, scenarios))| ScenariosView { name, parsers, scenarios };
    Ok(Reply::json(&by_author.into_iter().map(view).collect::<Vec<_>>()))
}
