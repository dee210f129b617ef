//! How the data plane stands: `/api/caddy/status`, the firewall's status, the overview of protection.

use std::collections::HashMap;

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, time};
use crate::caddy::Caddy;
use crate::model::certificate;
use crate::model::obstacle::{Cause, Kind, Obstacle};
use crate::service::{Edge, Standing};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/caddy/status", "edge.get_engine_status", "How the data plane stands to what is wanted.", status)
        .reply::<StatusView>()
        .get("/api/appsec/status", "edge.get_appsec_status", "Whether a rule engine inspects requests.", appsec)
        .reply::<AppsecView>()
        .get("/api/security/overview", "edge.get_security_overview", "Protection of every site at a glance.", overview)
        .reply::<OverviewView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    ok: bool,
    /// embedded, or the address of the admin API of Caddy
    address: String,
    /// embedded or caddy
    engine: &'static str,
    /// Modules that this build of Caddy does not have; what needs them is left out.
    missing_modules: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    has_http: bool,
    /// Whether anything is to be served: a built-in proxy without a listener has nothing to do, which is no fault.
    wanted: bool,
    /// What of the wanted state is left out, in words.
    warnings: Vec<String>,
    /// Sites and pools that the proxy refuses as they are wanted. Everything else is served.
    obstacles: Vec<ObstacleView>,
    /// The change that `error` refuses; null when no change is the reason, or it is not known.
    refused: Option<RefusedView>,
    /// Why requests are served but not recorded now; null while they are.
    unrecorded: Option<String>,
    /// When the served state was taken; null when none is.
    applied_at: Option<String>,
    /// Sites that are served.
    sites: usize,
    /// Where it listens; null = not.
    http: Option<String>,
    https: Option<String>,
    /// Client connections that are open; 0 with Caddy, which does not say.
    connections: usize,
    /// Client connections turned away because there were too many, since this process started.
    connections_turned_away: u64,
}

/// A change that the proxy refuses.
#[derive(Serialize, JsonSchema)]
struct RefusedView {
    /// The revision that was refused first.
    revision: i64,
    /// Whose change that was; null when it is not known, or without `audit:read`.
    cause: Option<CauseView>,
}

/// A row of the audit log.
#[derive(Serialize, JsonSchema)]
struct CauseView {
    audit_id: i64,
    at: String,
    actor: String,
    description: String,
}

#[derive(Serialize, JsonSchema)]
struct ObstacleView {
    kind: Kind,
    id: i64,
    /// The domain, or the name of the pool.
    name: String,
    /// Why it is refused.
    reason: String,
    /// It goes on as it was before. Otherwise a site is not served, and nothing is sent to a pool.
    goes_on: bool,
    /// Null when no change is the reason: it came with a newer release.
    refused: Option<RefusedView>,
}

fn refused_view(revision: i64, cause: Option<Cause>, req: &Req) -> RefusedView {
    let cause = cause.filter(|_| req.cx().has("audit:read"));
    let view = |Cause { audit_id, at, actor, description }| CauseView { audit_id, at, actor, description };
    RefusedView { revision, cause: cause.map(view) }
}

fn obstacle_view(o: Obstacle, req: &Req) -> ObstacleView {
    let refused = o.since.map(|since| refused_view(since, o.cause, req));
    ObstacleView { kind: o.kind, id: o.id, name: o.name, reason: o.why, goes_on: o.goes_on, refused }
}

#[derive(Serialize, JsonSchema)]
struct AppsecView {
    /// `unavailable`: CrowdSec is not set up, so there is no firewall to ask.
    mode: String,
    /// Of the firewall that is asked; empty while it does not answer.
    collections_installed: Vec<String>,
    total_rules: usize,
    /// Whether it answers; null when nobody is to be asked.
    reachable: Option<bool>,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Whether requests pass while it does not: always as long as nobody chose a mode.
    fail_open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_mode_change_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_mode_change_by: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct OverviewView {
    hosts: Vec<OverviewHost>,
    waf_detect_count: usize,
    waf_block_count: usize,
    waf_off_count: usize,
    rate_limit_on_count: usize,
    forward_auth_on_count: usize,
    lan_only_count: usize,
    /// Attacks of severity CRITICAL or ERROR that the firewall reported.
    blocked_24h_total: u64,
    /// Of these, CRITICAL ones.
    alerts_critical_24h: u64,
    certs: CertificateCounts,
}

/// Certificates of authorities by how they stand.
#[derive(Default, Serialize, JsonSchema)]
struct CertificateCounts {
    ok: usize,
    warning: usize,
    critical: usize,
    expired: usize,
    unknown: usize,
}

async fn certificate_counts(edge: &Service, now: Timestamp) -> Result<CertificateCounts> {
    let mut counts = CertificateCounts::default();
    for standing in edge.list_certificates().await? {
        let word = standing.issued.map_or("unknown", |c| certificate::status(certificate::days_left(c.not_after, now)));
        *match word {
            "ok" => &mut counts.ok,
            "warning" => &mut counts.warning,
            "critical" => &mut counts.critical,
            "expired" => &mut counts.expired,
            _ => &mut counts.unknown,
        } += 1;
    }
    Ok(counts)
}

#[derive(Serialize, JsonSchema)]
struct OverviewHost {
    host_id: i64,
    domain: String,
    waf_enabled: bool,
    waf_mode: String,
    waf_paranoia: i64,
    rate_limit_enabled: bool,
    /// The firewall of CrowdSec does not look at it.
    appsec_exempt: bool,
    auth_required: bool,
    lan_only: bool,
    blocked_24h: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_triggered_at: Option<String>,
    /// Requests per second over the last minute.
    requests_per_second: f64,
    /// Refused by limits, bans and gates in the last quarter of an hour.
    refused_15m: u64,
}

/// What is left out, and what would be missing after a crash.
fn warnings(standing: &Standing) -> Vec<String> {
    let unkept = standing.unkept.as_ref().map(|unkept| format!("what is served is not kept on disk for the next start: {}", unkept.why));
    standing.warnings.iter().cloned().chain(unkept).collect()
}

/// Caddy is asked now: what was pushed a minute ago may be gone.
async fn caddy_status(edge: &Edge, caddy: &Caddy, req: &Req) -> StatusView {
    let standing = edge.standing();
    let running = caddy.admin().config().await;
    let has_http = running.as_ref().is_ok_and(|config| config.pointer("/apps/http").is_some());
    let error = running.err().map(|e| e.to_string()).or_else(|| standing.error.clone());
    let listen = |port: Option<u16>| {
        let ends = port.map(|p| format!(":{p}"))?;
        caddy.listen.addresses.iter().find(|address| address.ends_with(&ends)).cloned()
    };
    StatusView {
        ok: error.is_none(),
        address: caddy.address.clone(),
        engine: "caddy",
        missing_modules: caddy.missing().into_iter().collect(),
        error,
        has_http,
        wanted: true,
        warnings: warnings(&standing),
        obstacles: Vec::new(),
        refused: standing.refused.map(|(revision, cause)| refused_view(revision, cause, req)),
        unrecorded: edge.platform.logs.trouble(),
        applied_at: caddy.pushed_at().map(time),
        sites: standing.sites,
        http: listen(caddy.listen.http_port),
        https: listen(caddy.listen.https_port),
        connections: 0,
        connections_turned_away: 0,
    }
}

async fn status(edge: Service, req: Req) -> Result<Reply> {
    if let Some(caddy) = &edge.caddy {
        return Ok(Reply::json(&caddy_status(&edge, caddy, &req).await));
    }
    let standing = edge.standing();
    let wanted = edge.plane.is_wanted();
    let error = standing.error.clone();
    let address = |tls| edge.plane.address(tls).map(|a| a.to_string());
    Ok(Reply::json(&StatusView {
        ok: error.is_none(),
        address: "embedded".to_owned(),
        engine: "embedded",
        missing_modules: Vec::new(),
        error,
        has_http: edge.plane.proxy().is_some() && standing.sites > 0,
        wanted,
        warnings: warnings(&standing),
        obstacles: standing.obstacles.into_iter().map(|o| obstacle_view(o, &req)).collect(),
        refused: standing.refused.map(|(revision, cause)| refused_view(revision, cause, &req)),
        unrecorded: edge.platform.logs.trouble(),
        applied_at: standing.applied_at.map(time),
        sites: standing.sites,
        http: address(false),
        https: address(true),
        connections: edge.plane.proxy().map_or(0, |p| p.connections()),
        connections_turned_away: edge.plane.proxy().map_or(0, |p| p.turned_away()),
    }))
}

async fn appsec(edge: Service, _: Req) -> Result<Reply> {
    let settings = &edge.platform.settings;
    let trouble = match edge.firewall_place() {
        Ok(Some(place)) => Some(edge.firewall_trouble(&place).await?),
        Ok(None) => None,
        // Nobody can ask it.
        Err(error) => Some(Some(error.message().to_owned())),
    };
    let reachable = trouble.as_ref().map(Option::is_none);
    let has_rules = reachable == Some(true);
    let (collections_installed, total_rules) =
        if has_rules { tokio::task::block_in_place(|| edge.firewall_rules()) } else { (Vec::new(), 0) };
    Ok(Reply::json(&AppsecView {
        mode: edge.appsec_mode()?,
        collections_installed,
        total_rules,
        reachable,
        error: trouble.flatten(),
        fail_open: edge.passes_unseen()?,
        last_mode_change_at: settings.opt_text("appsec.last_mode_change_at")?,
        last_mode_change_by: settings.opt_text("appsec.last_mode_change_by")?,
    }))
}

async fn overview(edge: Service, req: Req) -> Result<Reply> {
    let db = &edge.platform.store.state;
    let hosts = crate::store::hosts::list(db).await?;
    let mut security: HashMap<_, _> = crate::store::security::list(db).await?.into_iter().collect();
    let reports = edge.reports_of_day().await?;
    let mut out = OverviewView {
        hosts: Vec::with_capacity(hosts.len()),
        waf_detect_count: 0,
        waf_block_count: 0,
        waf_off_count: 0,
        rate_limit_on_count: 0,
        forward_auth_on_count: hosts.iter().filter(|h| h.spec.auth_required).count(),
        lan_only_count: hosts.iter().filter(|h| h.spec.lan_only).count(),
        blocked_24h_total: reports.values().map(|r| r.severe).sum(),
        alerts_critical_24h: reports.values().map(|r| r.critical).sum(),
        certs: certificate_counts(&edge, req.cx().now()).await?,
    };
    let traffic = edge.live_traffic().await?;
    for host in hosts {
        let own = security.remove(&host.id).unwrap_or_default();
        let report = reports.get(&Some(host.id));
        match (own.waf_enabled, own.waf_mode.as_str()) {
            (false, _) => out.waf_off_count += 1,
            (true, "block") => out.waf_block_count += 1,
            (true, _) => out.waf_detect_count += 1,
        }
        out.rate_limit_on_count += usize::from(own.rate_limit_enabled);
        let now = traffic.get(&host.id).copied().unwrap_or_default();
        out.hosts.push(OverviewHost {
            host_id: host.id,
            domain: host.domain,
            waf_enabled: own.waf_enabled,
            waf_mode: own.waf_mode,
            waf_paranoia: own.waf_paranoia,
            rate_limit_enabled: own.rate_limit_enabled,
            appsec_exempt: own.appsec_exempt,
            auth_required: host.spec.auth_required,
            lan_only: host.spec.lan_only,
            blocked_24h: report.map_or(0, |r| r.severe),
            last_triggered_at: report.and_then(|r| r.last).map(time),
            requests_per_second: now.requests_per_second,
            refused_15m: now.refused,
        });
    }
    Ok(Reply::json(&out))
}
