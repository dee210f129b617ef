//! `/api/appsec/*` and the wishes that a script beside CrowdSec applies: scenarios, scores, drift. No rule engine is built
//! in yet, and these routes say so.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, time};
use crate::actions::appsec::{Scenario, Tuning};

/// What an operator runs beside CrowdSec, where it stands in the container that its head describes; the data plane of this
/// process needs nothing.
pub(super) const APPLY_COMMAND: &str = "docker compose exec crowdsec /setup-appsec.sh";
const APPLY_SCRIPT: &str = include_str!("../../assets/setup-appsec.sh");

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/appsec/metrics", "edge.get_appsec_metrics", "What the rule engine found.", metrics)
        .reply::<MetricsView>()
        .param("window", "1h, 6h, 12h or 24h (default)")
        .patch("/api/appsec/mode", "edge.set_appsec_mode", "Switch the firewall of CrowdSec that an external Caddy asks.", mode)
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
        .get("/api/security/drift", "edge.get_security_drift", "What is wanted of CrowdSec beside what it runs.", drift)
        .reply::<DriftView>()
        .get("/api/security/apply-script", "edge.get_apply_script", "The script that carries wishes out beside CrowdSec.", script)
        .done()
}

#[derive(Serialize, JsonSchema)]
struct MetricsView {
    window: &'static str,
    /// `unavailable`: no rule engine is built in.
    mode: &'static str,
    total_hits: u64,
    blocked: u64,
    logged: u64,
    by_category: Vec<String>,
    top_ips: Vec<String>,
    top_paths: Vec<String>,
    top_rules: Vec<String>,
    hits_over_time: Vec<String>,
    degraded: DegradedView,
}

#[derive(Serialize, JsonSchema)]
struct DegradedView {
    code: &'static str,
    message: &'static str,
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

#[derive(Serialize, JsonSchema)]
struct DriftView {
    scenarios: ScenarioDriftView,
    appsec_tuning: TuningDriftView,
    last_check_at: String,
}

#[derive(Serialize, JsonSchema)]
struct ScenarioDriftView {
    drift_detected: bool,
    expected_disabled: Vec<String>,
    actually_enabled: Vec<String>,
    last_check_at: String,
}

#[derive(Serialize, JsonSchema)]
struct TuningDriftView {
    drift_detected: bool,
    expected_inbound: i64,
    /// Null = CrowdSec's file cannot be read.
    actual_inbound: Option<i64>,
    expected_outbound: i64,
    actual_outbound: Option<i64>,
    last_check_at: String,
}

async fn metrics(_: Service, req: Req) -> Result<Reply> {
    let window = match req.query().text("window") {
        Some("1h") => "1h0m0s",
        Some("6h") => "6h0m0s",
        Some("12h") => "12h0m0s",
        _ => "24h0m0s",
    };
    let degraded = DegradedView { code: "appsec_unavailable", message: "no rule engine is built in yet, so nothing was inspected" };
    Ok(Reply::json(&MetricsView {
        window,
        mode: "unavailable",
        total_hits: 0,
        blocked: 0,
        logged: 0,
        by_category: Vec::new(),
        top_ips: Vec::new(),
        top_paths: Vec::new(),
        top_rules: Vec::new(),
        hits_over_time: Vec::new(),
        degraded,
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

async fn drift(edge: Service, _: Req) -> Result<Reply> {
    let (found, at) = tokio::task::block_in_place(|| edge.find_drift())?;
    let wanted = edge.get_tuning()?;
    let differs = |actual: Option<i64>, expected: i64| actual.is_some_and(|a| a != expected);
    let at = time(at);
    Ok(Reply::json(&DriftView {
        scenarios: ScenarioDriftView {
            drift_detected: !found.actually_enabled.is_empty(),
            expected_disabled: found.expected_disabled,
            actually_enabled: found.actually_enabled,
            last_check_at: at.clone(),
        },
        appsec_tuning: TuningDriftView {
            drift_detected: differs(found.actual_inbound, wanted.inbound) || differs(found.actual_outbound, wanted.outbound),
            expected_inbound: wanted.inbound,
            actual_inbound: found.actual_inbound,
            expected_outbound: wanted.outbound,
            actual_outbound: found.actual_outbound,
            last_check_at: at.clone(),
        },
        last_check_at: at,
    }))
}

async fn script(_: Service, _: Req) -> Result<Reply> {
    Ok(Reply::bytes("text/x-shellscript; charset=utf-8", APPLY_SCRIPT).attachment("setup-appsec.sh"))
}
