//! `/api/notifications/deliveries*` and the recent alerts of the banner. The words of `status` are the edge family's.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result, Role, Timestamp};
use argos_web::{Pager, Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Notify;
use crate::model::envelope::documented_name;
use crate::store::deliveries::{self, Delivery, DeliveryFilter};

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/notifications/deliveries", "notify.list_deliveries", "What was sent, failed or held back, newest first.", list)
        .param("channel_id", "Of this channel")
        .param("rule_id", "Of this rule")
        .param("event_type", "About this event")
        .param("status", "pending, sent, failed, throttled or rate_limited")
        .param("source", "Part of the product the event speaks about: edge, power, ops, nodes, quality or platform")
        .param("from", "RFC 3339 or Unix seconds")
        .param("to", "RFC 3339 or Unix seconds")
        .param("limit", "1 to 1000, 200 when absent")
        .param("offset", "Rows to skip")
        .param("stats", "1 = also counts by status")
        .reply::<DeliveriesView>()
        .get("/api/notifications/deliveries/{id}", "notify.get_delivery", "One delivery.", get)
        .reply::<DeliveryView>()
        .post("/api/notifications/deliveries/{id}/retry", "notify.retry_delivery", "Send a delivery again, past throttle and rate.", retry)
        .reply::<DeliveryView>()
        .get("/api/notifications/recent-alerts", "notify.recent_alerts", "Deliveries of the last day about errors.", recent)
        .param("limit", "1 to 50, 5 when absent")
        .reply::<Vec<DeliveryView>>()
}

#[derive(JsonSchema, Serialize)]
struct DeliveryView {
    id: i64,
    /// Stable over all attempts; sent as `X-Argos-Delivery`.
    uid: String,
    rule_id: Option<i64>,
    channel_id: Option<i64>,
    channel_name: String,
    event_type: String,
    source: String,
    /// The event as JSON text.
    event_payload: String,
    rendered_payload: String,
    /// pending, sent, failed, throttled or rate_limited
    status: &'static str,
    /// Why it was held back: throttled, rate_limited, cooldown, duplicate, disabled.
    reason: Option<String>,
    error_message: Option<String>,
    attempts: i64,
    http_status: Option<i64>,
    created_at: String,
    sent_at: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct DeliveriesView {
    deliveries: Vec<DeliveryView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<BTreeMap<&'static str, i64>>,
}

/// Everything held back is `throttled` for published clients, but for the rate.
fn status_word(status: &str, reason: Option<&str>) -> &'static str {
    match (status, reason) {
        ("pending", _) => "pending",
        ("sent", _) => "sent",
        ("suppressed", Some("rate_limited")) => "rate_limited",
        ("suppressed", _) => "throttled",
        _ => "failed",
    }
}

fn view(d: Delivery) -> DeliveryView {
    DeliveryView {
        status: status_word(&d.status, d.reason.as_deref()),
        id: d.id,
        uid: d.uid.to_string(),
        rule_id: d.rule_id,
        channel_id: d.channel_id,
        channel_name: d.channel_name,
        event_type: d.event_type,
        source: d.source,
        event_payload: d.event_payload,
        rendered_payload: d.rendered_payload,
        reason: d.reason,
        error_message: d.error,
        attempts: d.attempts,
        http_status: d.http_status,
        created_at: d.created_at.rfc3339(),
        sent_at: d.sent_at.map(Timestamp::rfc3339),
    }
}

fn invalid(name: &str) -> AppError {
    AppError::bad_request(format!("invalid {name}")).code("invalid_parameter").with("field", name)
}

/// Whether the caller may read what organizations are told of: who may see their events (the log of events judges alike).
fn sees_organizations(req: &Req) -> bool {
    req.cx().caller.role == Some(Role::Owner)
}

fn filter(notify: &Notify, q: &Query, of_organizations: bool) -> Result<DeliveryFilter> {
    let mut filter = DeliveryFilter {
        channel_id: q.int("channel_id")?,
        rule_id: q.int("rule_id")?,
        from: instant(q, "from")?,
        to: instant(q, "to")?,
        source: q.filled("source").map(str::to_owned),
        of_organizations,
        ..DeliveryFilter::default()
    };
    // Stored under the documented name, whichever name is asked for.
    let kinds = notify.events().kinds();
    filter.event_type = q.filled("event_type").map(|word| documented_name(kinds, &kinds.canonical(word)));
    match q.filled("status") {
        None => {}
        Some("pending") => filter.status = Some("pending"),
        Some("sent") => filter.status = Some("sent"),
        Some("failed") => filter.status = Some("failed"),
        Some("rate_limited") => (filter.status, filter.reason) = (Some("suppressed"), Some("rate_limited")),
        Some("throttled") => (filter.status, filter.not_reason) = (Some("suppressed"), Some("rate_limited")),
        Some(_) => return Err(invalid("status")),
    }
    Ok(filter)
}

fn instant(q: &Query, name: &str) -> Result<Option<Timestamp>> {
    let Some(text) = q.filled(name) else { return Ok(None) };
    let parsed = Timestamp::parse_rfc3339(text).or_else(|| text.parse().ok().map(Timestamp::from_secs));
    parsed.map(Some).ok_or_else(|| invalid(name))
}

async fn list(notify: Notify, req: Req) -> Result<Reply> {
    let q = req.query();
    let filter = filter(&notify, q, sees_organizations(&req))?;
    let page = Pager::limit_offset(q, 200, 1000)?;
    let rows = deliveries::list(notify.db(), &filter, page.limit, page.offset).await?;
    let stats = if q.flag("stats") {
        let mut counts = BTreeMap::new();
        for (status, reason, n) in deliveries::stats(notify.db(), &filter).await? {
            *counts.entry(status_word(&status, reason.as_deref())).or_insert(0) += n;
        }
        Some(counts)
    } else {
        None
    };
    Ok(Reply::json(&DeliveriesView { deliveries: rows.into_iter().map(view).collect(), stats }))
}

async fn get(notify: Notify, req: Req) -> Result<Reply> {
    Ok(Reply::json(&view(notify.get_delivery(req.param_as("id")?, sees_organizations(&req)).await?)))
}

async fn retry(notify: Notify, req: Req) -> Result<Reply> {
    let delivery = notify.retry_delivery(&req.cx().actor(), req.param_as("id")?, sees_organizations(&req)).await?;
    Ok(Reply::json(&view(delivery)))
}

async fn recent(notify: Notify, req: Req) -> Result<Reply> {
    let limit = req.query().int_clamped("limit", 5, 1, 50)?;
    let rows = deliveries::recent(notify.db(), req.cx().now().minus_secs(86_400), sees_organizations(&req), limit).await?;
    Ok(Reply::json(&rows.into_iter().map(view).collect::<Vec<_>>()))
}
