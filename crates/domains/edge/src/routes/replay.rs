//! `/api/ui/edge/firewall/{host_id}`: what the firewall of a site reported within a day, and what it would have refused.

use std::net::IpAddr;

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::dashboard::top;
use super::{Service, id, time};
use crate::actions::replay::{Day, WINDOW_S};
use crate::model::replay::Reported;

/// Rules and addresses named.
const NAMED_MAX: usize = 20;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get(
            "/api/ui/edge/firewall/{host_id}",
            "edge.replay_firewall",
            "What the firewall of a site found in a day, and would refuse.",
            day,
        )
        .reply::<DayView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct DayView {
    window_seconds: i64,
    /// off, detect or block: what is set up now.
    mode: &'static str,
    /// It inspects since then at least; null when nothing is inspected, or nobody knows since when.
    watched_since: Option<String>,
    /// Requests of which it reported something.
    requests: u64,
    /// Refused then.
    refused: u64,
    /// Let pass then; with today's exclusions and own rules they would be refused in block mode.
    would_refuse: u64,
    /// Of these, from addresses where somebody is signed in to Argos; null without users:manage.
    would_refuse_signed_in: Option<u64>,
    /// The oldest rows were too many to be read.
    is_cut: bool,
    /// The twenty met by most requests.
    rules: Vec<RuleView>,
    /// The twenty with most requests.
    clients: Vec<ClientView>,
    /// The newest fifty, newest first.
    recent: Vec<RequestView>,
}

#[derive(Serialize, JsonSchema)]
struct RuleView {
    rule_id: i64,
    message: String,
    severity: Option<String>,
    requests: u64,
    would_refuse: u64,
    /// The five where it was met most.
    paths: Vec<PathView>,
}

#[derive(Serialize, JsonSchema)]
struct PathView {
    path: String,
    requests: u64,
}

#[derive(Serialize, JsonSchema)]
struct ClientView {
    remote_ip: String,
    requests: u64,
    would_refuse: u64,
    last_seen: Option<String>,
    /// Null without users:manage.
    signed_in: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct RequestView {
    time: String,
    remote_ip: Option<String>,
    method: Option<String>,
    path: String,
    status: Option<i64>,
    score: Option<i64>,
    /// Null when its line does not say.
    refused: Option<bool>,
    would_refuse: bool,
    findings: Vec<FindingView>,
}

#[derive(Serialize, JsonSchema)]
struct FindingView {
    /// 0 when the line names none.
    rule_id: i64,
    message: String,
    severity: Option<String>,
}

fn request_view((request, would_refuse): &(Reported, bool)) -> RequestView {
    let findings = request.findings.iter();
    RequestView {
        time: time(request.at),
        remote_ip: request.remote_ip.clone(),
        method: request.method.clone(),
        path: request.path.clone(),
        status: request.status,
        score: request.score,
        refused: request.is_refused,
        would_refuse: *would_refuse,
        findings: findings.map(|f| FindingView { rule_id: f.rule_id, message: f.message.clone(), severity: f.severity.clone() }).collect(),
    }
}

async fn day(edge: Service, req: Req) -> Result<Reply> {
    // Where others are signed in is told as the list of their sessions is.
    let may_know = req.cx().has("users:manage");
    let Day { security, read, signed_in, watched_since } = edge.firewall_day(id(&req, "host_id")?, may_know).await?;
    let replay = &read.replay;
    let is_known = |address: &str| signed_in.as_ref().map(|known| address.parse::<IpAddr>().is_ok_and(|ip| known.contains(&ip)));
    let rules = top(replay.rules.iter().map(|(id, of)| (*id, of.requests)), NAMED_MAX).into_iter();
    let clients = top(replay.clients.iter().map(|(address, of)| (address, of.requests)), NAMED_MAX).into_iter();
    let rule = |(rule_id, requests): (i64, u64)| {
        let of = replay.rules.get(&rule_id)?;
        let paths = of.top_paths().into_iter().map(|(path, requests)| PathView { path: path.to_owned(), requests }).collect();
        let (message, severity) = (of.message.clone(), of.severity.clone());
        Some(RuleView { rule_id, message, severity, requests, would_refuse: of.would_refuse, paths })
    };
    let client = |(address, requests): (&String, u64)| {
        let of = replay.clients.get(address)?;
        let (remote_ip, last_seen) = (address.clone(), of.last_seen.map(time));
        Some(ClientView { remote_ip, requests, would_refuse: of.would_refuse, last_seen, signed_in: is_known(address) })
    };
    Ok(Reply::json(&DayView {
        window_seconds: WINDOW_S,
        mode: match (security.waf_enabled, security.waf_mode.as_str()) {
            (false, _) => "off",
            (true, "block") => "block",
            (true, _) => "detect",
        },
        watched_since: watched_since.map(time),
        requests: replay.requests,
        refused: replay.refused,
        would_refuse: replay.would_refuse,
        would_refuse_signed_in: may_know
            .then(|| replay.clients.iter().filter(|(a, _)| is_known(a) == Some(true)).map(|(_, of)| of.would_refuse).sum()),
        is_cut: read.is_cut,
        rules: rules.filter_map(rule).collect(),
        clients: clients.filter_map(client).collect(),
        recent: replay.recent.iter().map(request_view).collect(),
    }))
}
