//! `/api/alert-rules/series`: what a condition can be about, for completion.

use argos_kernel::{Result, Role};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Alerts;
use crate::model::metric::build;
use crate::model::series::{Entry, How};
use crate::model::sight;

/// Metrics of an answer, and things of one metric.
const METRICS_MAX: usize = 400;
const SUBJECTS_MAX: usize = 200;

/// What conditions can be about.
#[derive(JsonSchema, Serialize)]
struct ChoicesView {
    metrics: Vec<ChoiceView>,
    /// Whether there are more than are listed.
    truncated: bool,
}

#[derive(JsonSchema, Serialize)]
struct ChoiceView {
    metric: String,
    /// `%`, `ms`, `bytes`; of a counter with "/s", because its increase per second is what a condition reads.
    unit: String,
    /// machine (this machine's newest sample), or who writes the series: power, edge, nodes, ops, quality, platform
    source: String,
    /// The labels a selector can name.
    labels: Vec<String>,
    subjects: Vec<SubjectView>,
    /// How many things have it; at most 200 are listed.
    total: usize,
}

#[derive(JsonSchema, Serialize)]
struct SubjectView {
    /// As a condition names it: `power_battery_percent[ups-1]`.
    metric: String,
    /// The present value; null when nothing came lately.
    value: Option<f64>,
}

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/alert-rules/series", "alerts.list_rule_series", "What a condition can be about: metrics, things, present values.", list)
        .param("q", "Only metrics whose name holds this")
        .reply::<ChoicesView>()
}

/// The unit of a name of the machine's sample, which ends with it.
fn unit_of(name: &str) -> &'static str {
    let units = [
        ("percent", "%"),
        ("_bps", "B/s"),
        ("net_rx_bytes", "B/s"),
        ("net_tx_bytes", "B/s"),
        ("_bytes", "bytes"),
        ("_ms", "ms"),
        ("_temp", "°C"),
    ];
    units.into_iter().find(|(end, _)| name.ends_with(*end)).map_or("", |(_, unit)| unit)
}

/// What belongs to an organization is for its members, and for the owner of the instance.
pub(super) fn is_member(req: &Req, organization: &str) -> bool {
    sight::is_member(&req.cx().caller, organization)
}

/// Whether an alert with these labels is for the caller.
pub(super) fn may_see(req: &Req, labels: &serde_json::Value) -> bool {
    sight::may_see(&req.cx().caller, labels)
}

/// The organizations whose incidents the caller sees, as the store takes them; `None` = all.
pub(super) fn organizations_of(req: &Req) -> Option<String> {
    let caller = &req.cx().caller;
    let own = || caller.memberships.iter().map(|m| m.organization_id.to_string()).collect::<Vec<_>>().join(",");
    (caller.role != Some(Role::Owner)).then(own)
}

/// Whether what belongs to this organization, or to the instance, is for the caller.
pub(super) fn is_for(req: &Req, organization: Option<i64>) -> bool {
    sight::is_for(&req.cx().caller, organization)
}

async fn list(alerts: Alerts, req: Req) -> Result<Reply> {
    let (q, now) = (req.query().filled("q").unwrap_or_default().to_lowercase(), req.cx().now());
    let wanted = |name: &str| q.is_empty() || name.to_lowercase().contains(&q);
    let catalogue = alerts.catalogue();
    let mut metrics: Vec<ChoiceView> = Vec::new();
    let may_see = |e: &&Entry| e.labels.get(argos_metrics::ORGANIZATION).is_none_or(|o| is_member(&req, o));
    for (name, series) in catalogue.metrics().filter(|(name, _)| wanted(name)) {
        let entries: Vec<&Entry> = series.entries.iter().filter(may_see).collect();
        if entries.is_empty() {
            continue;
        }
        let mut labels: Vec<String> = entries.iter().flat_map(|e| e.labels.keys().cloned()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels.retain(|l| l != argos_metrics::ORGANIZATION);
        let unit = if series.how == How::Counter { format!("{}/s", series.unit) } else { series.unit.clone() };
        let subject = |(_, bound): &(_, crate::model::series::Bound)| SubjectView {
            metric: bound.name.clone(),
            value: alerts.0.stored.get().and_then(|s| s.value(bound, now)),
        };
        let Some(metric) = build(name, None) else { continue };
        let subjects = crate::model::series::subjects(&[(&metric, series, entries.iter().take(SUBJECTS_MAX).copied().collect())]);
        let subjects = subjects.iter().flat_map(|s| s.series.iter().map(subject)).collect();
        metrics.push(ChoiceView { metric: name.to_owned(), unit, source: series.source.clone(), labels, subjects, total: entries.len() });
    }
    for text in alerts.available_metrics().into_iter().filter(|text| wanted(text)) {
        let value = alerts.live().and_then(|l| {
            let name = argos_condition::MetricRef::parse(&text).ok().map(|m| l.index.resolve(&m))?;
            l.values.value(&name.name, name.selector.as_deref())
        });
        let subjects = vec![SubjectView { metric: text.clone(), value }];
        metrics.push(ChoiceView {
            unit: unit_of(&text).to_owned(),
            metric: text,
            source: "machine".to_owned(),
            labels: Vec::new(),
            subjects,
            total: 1,
        });
    }
    metrics.sort_by(|a, b| (&a.metric, &a.source).cmp(&(&b.metric, &b.source)));
    let truncated = metrics.len() > METRICS_MAX;
    metrics.truncate(METRICS_MAX);
    Ok(Reply::json(&ChoicesView { metrics, truncated }))
}
