//! `/api/alert-rules*`.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::windows::DeletedView;
use crate::Alerts;
use crate::model::action::masked;
use crate::model::instance::{Silent, Why};
use crate::model::rule::{AlertRule, ChannelRef, EscalationTier};
use crate::model::rule_fields::to_json;
use crate::model::state::Phase;

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/alert-rules", "alerts.list_rules", "List configured alert rules.", list)
        .reply::<Vec<RuleView>>()
        .post("/api/alert-rules", "alerts.create_rule", "Create an alert rule.", create)
        .body::<RuleBody>()
        .reply::<SavedView>()
        .put("/api/alert-rules", "alerts.replace_rules", "Replace all alert rules; a bad one changes nothing.", replace)
        .body::<BatchBody>()
        .reply::<BatchView>()
        .body_limit(8 << 20)
        .put("/api/alert-rules/{rule_id}", "alerts.update_rule", "Change some fields of an alert rule.", update)
        .body::<RuleBody>()
        .reply::<SavedView>()
        .delete("/api/alert-rules/{rule_id}", "alerts.delete_rule", "Delete an alert rule and end its alerts.", delete)
        .reply::<DeletedView>()
        .get("/api/alert-rules/test/{rule_id}", "alerts.test_rule", "Evaluate a rule on the newest values.", test)
        .reply::<TestView>()
        .post("/api/alert-rules/preview", "alerts.preview_rule", "How often a condition would have fired.", preview)
        .body::<PreviewBody>()
        .reply::<PreviewView>()
}

/// A rule as listed; members the server does not know come back as they were saved.
#[derive(JsonSchema, Serialize)]
struct RuleView {
    id: String,
    name: String,
    condition: String,
    clear_condition: Option<String>,
    for_s: i64,
    /// info, warning, danger or critical
    severity: String,
    message: String,
    channels: Vec<ChannelRef>,
    /// Seconds.
    cooldown: i64,
    group: String,
    /// Labels that keep the incidents of a group apart.
    group_by: Vec<String>,
    /// Rules whose alerts explain this one.
    depends_on: Vec<String>,
    escalation: Vec<EscalationTier>,
    escalation_chain: Vec<Value>,
    autonomy: String,
    auto_approve_timeout: i64,
    circuit_break_after: i64,
    max_retries: i64,
    action: Option<Value>,
    scope: Vec<Value>,
    enabled: bool,
    builtin: bool,
    origin: String,
    /// ok, pending, firing, disabled, or no_data when nothing it is about says anything
    state: String,
    /// Metrics of the rule that nothing answers; the rule counts as false while they are unknown.
    unknown_metrics: Vec<String>,
    /// Metrics of the rule that say nothing now, and why.
    no_data: Vec<NoDataView>,
}

/// A metric that says nothing now.
#[derive(JsonSchema, Serialize)]
struct NoDataView {
    metric: String,
    /// never_seen: nothing here has this name; no_such_subject: nothing of that name fits the selector; silent: no new values, or never one
    reason: &'static str,
    /// Unix seconds of its last value, when there was one.
    since: Option<i64>,
}

fn no_data(silent: Vec<Silent>) -> Vec<NoDataView> {
    let view = |s: Silent| {
        let (reason, since) = match s.why {
            Why::NeverSeen => ("never_seen", None),
            Why::NoSuchSubject => ("no_such_subject", None),
            Why::Empty => ("silent", None),
            Why::Since(at) => ("silent", Some(at.secs())),
        };
        NoDataView { metric: s.metric, reason, since }
    };
    silent.into_iter().map(view).collect()
}

fn unknown(silent: &[Silent]) -> Vec<String> {
    silent.iter().filter(|s| s.why.is_unknown()).map(|s| s.metric.clone()).collect()
}

/// Members of a rule; on a change all are optional.
#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "documents the shape; bodies are read member by member so that unknown ones are kept")]
struct RuleBody {
    id: Option<String>,
    name: Option<String>,
    condition: Option<String>,
    clear_condition: Option<String>,
    for_s: Option<i64>,
    severity: Option<String>,
    message: Option<String>,
    channels: Option<Vec<ChannelRef>>,
    cooldown: Option<i64>,
    group: Option<String>,
    group_by: Option<Vec<String>>,
    depends_on: Option<Vec<String>>,
    escalation: Option<Vec<EscalationTier>>,
    escalation_chain: Option<Vec<Value>>,
    autonomy: Option<String>,
    auto_approve_timeout: Option<i64>,
    circuit_break_after: Option<i64>,
    max_retries: Option<i64>,
    action: Option<Value>,
    scope: Option<Vec<Value>>,
    enabled: Option<bool>,
}

#[derive(JsonSchema, Deserialize)]
struct BatchBody {
    /// Whole rules, in the order they shall be listed.
    #[serde(default)]
    rules: Option<Vec<Value>>,
}

#[derive(JsonSchema, Serialize)]
struct SavedView {
    status: &'static str,
    id: String,
    unknown_metrics: Vec<String>,
}

#[derive(JsonSchema, Serialize)]
struct BatchView {
    status: &'static str,
    count: usize,
    unknown_metrics: Vec<String>,
}

#[derive(JsonSchema, Serialize)]
struct TestView {
    rule_id: String,
    condition: String,
    result: bool,
    available_metrics: Vec<String>,
    /// What the condition's metrics read now; null = unknown.
    values: BTreeMap<String, Option<f64>>,
    unknown_metrics: Vec<String>,
    /// Questions about the past that have too little history for an answer.
    not_enough_data: Vec<String>,
}

#[derive(JsonSchema, Deserialize)]
struct PreviewBody {
    #[serde(default)]
    condition: String,
    #[serde(default)]
    clear_condition: Option<String>,
    #[serde(default)]
    for_s: i64,
    /// 1 to 168, 24 when absent.
    #[serde(default)]
    hours: Option<i64>,
}

#[derive(JsonSchema, Serialize)]
struct PreviewView {
    /// How often the rule would have fired.
    firings: usize,
    intervals: Vec<IntervalView>,
    /// Seconds between two evaluations of the preview.
    step_s: i64,
    hours: i64,
    unknown_metrics: Vec<String>,
    no_data: Vec<NoDataView>,
    /// What the condition reads and says now, of at most a hundred instances.
    now: Vec<PresentView>,
    /// How many things the rule is judged for.
    instances: usize,
    /// Seconds of `total_s` in which the condition could not be judged: too little history.
    unknown_s: i64,
    total_s: i64,
    curves: Vec<CurveView>,
}

#[derive(JsonSchema, Serialize)]
struct PresentView {
    /// Which instance; null for a rule about one thing.
    label: Option<String>,
    /// Null = unknown.
    value: Option<f64>,
    /// Whether the condition holds; null = it cannot be told.
    holds: Option<bool>,
}

#[derive(JsonSchema, Serialize)]
struct CurveView {
    metric: String,
    /// Unix seconds and value.
    points: Vec<(i64, f64)>,
}

#[derive(JsonSchema, Serialize)]
struct IntervalView {
    /// Unix seconds.
    from: i64,
    /// Null = still firing.
    to: Option<i64>,
    /// The largest value meanwhile.
    peak: Option<f64>,
    /// Which instance, for conditions with `[*]`.
    label: Option<String>,
}

async fn list(alerts: Alerts, req: Req) -> Result<Reply> {
    let may_see_secrets = req.cx().has("alerts:manage");
    let rules = alerts.list_rules().await?;
    let states = alerts.phase_words().await;
    let total = rules.len();
    let views: Vec<Value> = rules.iter().map(|r| view(&alerts, r, &states, may_see_secrets)).collect();
    Ok(Reply::json(&views).total_count(i64::try_from(total).unwrap_or(i64::MAX)))
}

fn view(alerts: &Alerts, rule: &AlertRule, states: &BTreeMap<String, &'static str>, may_see_secrets: bool) -> Value {
    let mut map: Map<String, Value> = to_json(rule);
    if let (false, Some(action)) = (may_see_secrets, &rule.action) {
        map.insert("action".to_owned(), masked(action));
    }
    if !may_see_secrets {
        let known: Map<String, Value> = rule.extra.clone();
        if let Value::Object(extra) = masked(&Value::Object(known)) {
            map.extend(extra);
        }
    }
    let compiled = rule.compile().ok();
    let silent = compiled.as_ref().map(|c| alerts.silent(c)).unwrap_or_default();
    // What ends it may be silent: it is judged all the same.
    let metrics: Vec<String> = compiled.iter().flat_map(|c| c.condition.metrics()).map(ToString::to_string).collect();
    let is_silent = |metric: &String| silent.iter().any(|s| s.metric == *metric);
    let state = match states.get(&rule.id) {
        _ if !rule.is_active() => "disabled",
        Some(state) => state,
        None if !metrics.is_empty() && metrics.iter().all(is_silent) => "no_data",
        None => "ok",
    };
    map.insert("state".to_owned(), json!(state));
    map.insert("unknown_metrics".to_owned(), json!(unknown(&silent)));
    map.insert("no_data".to_owned(), json!(no_data(silent)));
    Value::Object(map)
}

async fn create(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let input: Map<String, Value> = req.json().await?;
    let saved = alerts.create_rule(&req.cx().actor(), &input).await?;
    Ok(Reply::json(&SavedView { status: "ok", id: saved.id, unknown_metrics: saved.unknown_metrics }))
}

async fn replace(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: BatchBody = req.json().await?;
    let rules = body.rules.ok_or_else(|| AppError::bad_request("rules must be a list").code("invalid_field").with("field", "rules"))?;
    let saved = alerts.replace_rules(&req.cx().actor(), &rules).await?;
    let mut unknown: Vec<String> = saved.iter().flat_map(|s| s.unknown_metrics.clone()).collect();
    unknown.sort_unstable();
    unknown.dedup();
    Ok(Reply::json(&BatchView { status: "ok", count: saved.len(), unknown_metrics: unknown }))
}

async fn update(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let input: Map<String, Value> = req.json().await?;
    let saved = alerts.update_rule(&req.cx().actor(), req.param("rule_id"), &input).await?;
    Ok(Reply::json(&SavedView { status: "ok", id: saved.id, unknown_metrics: saved.unknown_metrics }))
}

async fn delete(alerts: Alerts, req: Req) -> Result<Reply> {
    let undo = alerts.delete_rule(&req.cx().actor(), req.param("rule_id")).await?;
    Ok(Reply::json(&DeletedView { status: "ok", undo }))
}

async fn test(alerts: Alerts, req: Req) -> Result<Reply> {
    let may_see = |organization: &str| super::choices::is_member(&req, organization);
    let found = alerts.test_rule(req.param("rule_id"), may_see).await?;
    Ok(Reply::json(&TestView {
        rule_id: found.rule_id,
        condition: found.condition,
        result: found.result,
        available_metrics: found.available_metrics,
        values: found.values,
        unknown_metrics: found.unknown_metrics,
        not_enough_data: found.not_enough_data,
    }))
}

async fn preview(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: PreviewBody = req.json().await?;
    let hours = body.hours.unwrap_or(24).clamp(1, 168);
    let for_s = body.for_s.clamp(0, 7 * 86_400);
    let may_see = |organization: &str| super::choices::is_member(&req, organization);
    let found = alerts.preview(&body.condition, body.clear_condition, for_s, hours, may_see).await?;
    let intervals: Vec<IntervalView> =
        found.intervals.into_iter().map(|(label, i)| IntervalView { from: i.from, to: i.to, peak: i.peak, label }).collect();
    let curves = found.curves.into_iter().map(|c| CurveView { metric: c.metric, points: c.points }).collect();
    Ok(Reply::json(&PreviewView {
        firings: intervals.len(),
        intervals,
        step_s: found.step_s,
        hours,
        unknown_metrics: unknown(&found.silent),
        no_data: no_data(found.silent),
        now: found.now.into_iter().map(|p| PresentView { label: p.label, value: p.value, holds: p.holds }).collect(),
        instances: found.instances,
        unknown_s: found.unknown_s,
        total_s: found.total_s,
        curves,
    }))
}

impl Alerts {
    /// The worst phase of each rule that is not ok.
    async fn phase_words(&self) -> BTreeMap<String, &'static str> {
        let mut words = BTreeMap::new();
        for state in self.0.core.lock().await.states.values() {
            match state.state.phase {
                Phase::Firing(_) => drop(words.insert(state.rule_id.clone(), "firing")),
                Phase::Pending { .. } => drop(words.entry(state.rule_id.clone()).or_insert("pending")),
                Phase::Ok => {}
            }
        }
        words
    }
}
