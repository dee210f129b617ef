//! `/api/appsec/*` and the wishes that a script beside CrowdSec applies: scenarios, scores, drift.

use argos_crowdsec::ALERTS_MAX;
use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::geoip::GeoView;
use super::{Service, time};
use crate::actions::appsec::{Scenario, Tuning};
use crate::model::firewall::{Findings, Window};

/// What an operator runs beside CrowdSec, where it stands in the container that its head describes; the data plane of this
/// process needs nothing.
pub(super) const APPLY_COMMAND: &str = "docker compose exec crowdsec /setup-appsec.sh";
/// What keeps findings from being counted.
const DEGRADED: [&str; 4] = ["machine_credentials_missing", "crowdsec_unreachable", "credentials_refused", "lapi_error"];
const APPLY_SCRIPT: &str = include_str!("../../assets/setup-appsec.sh");

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/appsec/metrics", "edge.get_appsec_metrics", "What the rule engine found.", metrics)
        .reply::<MetricsView>()
        .param("window", "1h, 6h, 12h or 24h (default)")
        .patch("/api/appsec/mode", "edge.set_appsec_mode", "Switch the firewall of CrowdSec that looks at every request.", mode)
        .body::<ModeBody>()
        .reply::<ModeView>()
        .get("/api/security/scenarios", "edge.list_scenarios", "Scenarios of CrowdSec by name.", scenarios)
        .reply::<ScenariosView>()
        .patch("/api/security/scenarios/{name}", "edge.switch_scenario", "Switch a scenario off or on.", switch)
        .body::<SwitchBody>()
        .reply::<SwitchedView>()
        .get("/api/security/appsec-tuning", "edge.get_appsec_tuning", "Scores from which the firewall of CrowdSec acts.", tuning)
        .reply::<TuningView>()
        .patch("/api/security/appsec-tuning", "edge.change_appsec_tuning", "Change one score or both.", tune)
        .body::<TuningBody>()
        .reply::<TuningView>()
        .get("/api/security/apply-script", "edge.get_apply_script", "The script that carries wishes out beside CrowdSec.", script)
        .done()
}

#[derive(Serialize, JsonSchema)]
struct MetricsView {
    window: &'static str,
    /// `unavailable`: CrowdSec is not set up.
    mode: String,
    total_hits: u64,
    blocked: u64,
    logged: u64,
    by_category: Vec<CategoryView>,
    top_ips: Vec<AddressView>,
    top_paths: Vec<PathView>,
    top_rules: Vec<RuleView>,
    hits_over_time: Vec<BucketView>,
    /// Why nothing could be counted, or with the code `cut` not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded: Option<DegradedView>,
}

#[derive(Serialize, JsonSchema)]
struct CategoryView {
    category: &'static str,
    count: u64,
}

#[derive(Serialize, JsonSchema)]
struct AddressView {
    ip: String,
    count: u64,
    /// Null when the alerts say no readable time.
    last_seen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geo: Option<GeoView>,
}

#[derive(Serialize, JsonSchema)]
struct PathView {
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    path: String,
    count: u64,
}

#[derive(Serialize, JsonSchema)]
struct RuleView {
    rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    count: u64,
}

#[derive(Serialize, JsonSchema)]
struct BucketView {
    time: String,
    hits: u64,
    blocked: u64,
}

#[derive(Serialize, JsonSchema)]
struct DegradedView {
    code: String,
    message: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ModeBody {
    /// detect, block or disabled
    mode: String,
}

#[derive(Serialize, JsonSchema)]
struct ModeView {
    ok: bool,
    mode: String,
    previous: String,
    reconciled_at: String,
}

#[derive(Serialize, JsonSchema)]
struct ScenariosView {
    scenarios: Vec<ScenarioView>,
    /// Whether the directory of CrowdSec can be read.
    is_available: bool,
    mount_path: String,
    disabled_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ScenarioView {
    short_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    canonical_name: String,
    path: String,
    disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SwitchBody {
    disabled: bool,
}

#[derive(Serialize, JsonSchema)]
struct SwitchedView {
    name: String,
    disabled: bool,
    changed: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TuningBody {
    #[serde(default)]
    inbound_threshold: Option<i64>,
    #[serde(default)]
    outbound_threshold: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct TuningView {
    inbound_threshold: i64,
    outbound_threshold: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_at: Option<String>,
}

async fn metrics(edge: Service, req: Req) -> Result<Reply> {
    let window = Window::parse(req.query().text("window"));
    let mode = edge.appsec_mode()?;
    let (found, trouble) = match edge.firewall_findings(window, &mode).await {
        Ok(found) => (Some(found), None),
        // What is not counted is no failure of the page.
        Err(error) if DEGRADED.contains(&error.code_str()) => (None, Some(error)),
        Err(error) => return Err(error),
    };
    let none = Findings::default();
    let found = found.as_deref().unwrap_or(&none);
    let cut = found.is_cut.then(|| DegradedView {
        code: "cut".to_owned(),
        message: format!("CrowdSec has more alerts of this time: only its newest {ALERTS_MAX} are counted"),
    });
    let geo = |ip: &str| ip.parse().ok().filter(|_| edge.geoip.is_there()).map(|ip| GeoView::from(edge.geoip.find(ip)));
    let address = |(ip, count, last): &(String, u64, Option<Timestamp>)| AddressView {
        geo: geo(ip),
        ip: ip.clone(),
        count: *count,
        last_seen: last.map(time),
    };
    let rule = |(rule, message, count): &(String, String, u64)| RuleView {
        rule: rule.clone(),
        message: Some(message.clone()).filter(|m| !m.is_empty()),
        count: *count,
    };
    Ok(Reply::json(&MetricsView {
        window: window.word,
        mode,
        total_hits: found.hits,
        blocked: found.blocked,
        logged: found.hits - found.blocked,
        by_category: found.categories.iter().map(|(category, count)| CategoryView { category, count: *count }).collect(),
        top_ips: found.addresses.iter().map(address).collect(),
        top_paths: found
            .paths
            .iter()
            .map(|((host, path), count)| PathView { host: host.clone(), path: path.clone(), count: *count })
            .collect(),
        top_rules: found.rules.iter().map(rule).collect(),
        hits_over_time: found
            .buckets
            .iter()
            .map(|(at, hits, blocked)| BucketView { time: time(Timestamp::from_secs(*at)), hits: *hits, blocked: *blocked })
            .collect(),
        degraded: trouble.map(|error| DegradedView { code: error.code_str().to_owned(), message: error.message().to_owned() }).or(cut),
    }))
}

async fn mode(edge: Service, mut req: Req) -> Result<Reply> {
    let body: ModeBody = req.json().await?;
    let done = edge.set_appsec_mode(&req.cx().actor(), &body.mode).await?;
    Ok(Reply::json(&ModeView { ok: true, mode: body.mode, previous: done.previous, reconciled_at: time(done.at) }))
}

async fn scenarios(edge: Service, _: Req) -> Result<Reply> {
    let (found, is_available) = tokio::task::block_in_place(|| edge.list_scenarios())?;
    let view = |s: Scenario| ScenarioView {
        short_name: s.short_name,
        source: s.source,
        canonical_name: s.canonical_name,
        path: s.path,
        disabled: s.disabled,
        description: s.description,
    };
    Ok(Reply::json(&ScenariosView {
        disabled_count: found.iter().filter(|s| s.disabled).count(),
        scenarios: found.into_iter().map(view).collect(),
        is_available,
        mount_path: edge.state_dir().display().to_string(),
        last_modified_at: edge.platform.settings.opt_text("appsec.scenarios.last_modified_at")?,
    }))
}

async fn switch(edge: Service, mut req: Req) -> Result<Reply> {
    let body: SwitchBody = req.json().await?;
    let name = req.param("name").to_owned();
    let changed = edge.switch_scenario(&req.cx().actor(), &name, body.disabled).await?;
    Ok(Reply::json(&SwitchedView { name, disabled: body.disabled, changed }))
}

fn tuning_view(t: Tuning) -> TuningView {
    TuningView { inbound_threshold: t.inbound, outbound_threshold: t.outbound, last_modified_at: t.last_modified_at }
}

async fn tuning(edge: Service, _: Req) -> Result<Reply> {
    Ok(Reply::json(&tuning_view(edge.get_tuning()?)))
}

async fn tune(edge: Service, mut req: Req) -> Result<Reply> {
    let body: TuningBody = req.json().await?;
    let changed = edge.change_tuning(&req.cx().actor(), body.inbound_threshold, body.outbound_threshold).await?;
    Ok(Reply::json(&tuning_view(changed)))
}

async fn script(_: Service, _: Req) -> Result<Reply> {
    Ok(Reply::bytes("text/x-shellscript; charset=utf-8", APPLY_SCRIPT).attachment("setup-appsec.sh"))
}
