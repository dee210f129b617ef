//! Digests: a channel gets five messages within the group window one by one; the rest waits for the window's end and
//! comes as one message. What is critical never waits. Each delivery keeps its own row and ends like the digest did.

use argos_kernel::{Result, Severity, Timestamp};
use serde_json::json;

use crate::Notify;
use crate::model::channel::{Channel, ChannelKind};
use crate::model::envelope::Envelope;
use crate::store::deliveries::{self, Delivery};

/// Told one by one within a window.
const ALONE_MAX: i64 = 5;
/// Deliveries in one digest, and lines shown of them.
const TOGETHER_MAX: i64 = 200;
const LINES_MAX: usize = 30;

/// The inbox is a list already, on-call services and buses want each event.
const fn is_grouped(kind: ChannelKind) -> bool {
    !matches!(kind, ChannelKind::InApp | ChannelKind::Pagerduty | ChannelKind::Opsgenie | ChannelKind::Mqtt)
}

/// Whether the channel's queue was put off to the end of the window.
pub(super) async fn hold(notify: &Notify, channel: &Channel, next: &Delivery) -> Result<bool> {
    let window = (notify.0.parts.providers)().group_window_s;
    if window <= 0 || !is_grouped(channel.kind) || next.severity == Severity::Critical || next.attempts > 0 {
        return Ok(false);
    }
    let (count, first) = deliveries::sent_since(notify.db(), channel.id, notify.now().minus_secs(window)).await?;
    if count < ALONE_MAX {
        return Ok(false);
    }
    let end = Timestamp::from_micros(first.plus_secs(window).micros() + 1);
    deliveries::hold_all(notify.db(), channel.id, end).await?;
    Ok(true)
}

/// Due deliveries that are told together: more than five, or what the last window held back. None is critical.
pub(super) async fn due(notify: &Notify, channel: &Channel, next: &Delivery) -> Result<Option<Vec<Delivery>>> {
    let window = (notify.0.parts.providers)().group_window_s;
    if window <= 0 || !is_grouped(channel.kind) || next.severity == Severity::Critical {
        return Ok(None);
    }
    let all = deliveries::due(notify.db(), channel.id, notify.now(), TOGETHER_MAX).await?;
    let near = |d: &Delivery| {
        d.severity != Severity::Critical && d.attempts == next.attempts && d.created_at.secs_since(next.created_at) <= window
    };
    let some: Vec<Delivery> = all.into_iter().filter(near).collect();
    let waiting = i64::try_from(some.len()).unwrap_or(0);
    // What was held back belongs to the window that just ended.
    let (before, _) = deliveries::sent_since(notify.db(), channel.id, notify.now().minus_secs(2 * window)).await?;
    Ok((waiting > ALONE_MAX || (waiting > 1 && before >= ALONE_MAX)).then_some(some))
}

/// One message for all of them.
pub(super) async fn send(notify: &Notify, channel: &Channel, mut all: Vec<Delivery>) -> Result<()> {
    let Some(first) = all.first().cloned() else { return Ok(()) };
    let envelope = digest(&all);
    // The template speaks about one event; a digest is about many.
    let plain = Channel { template: String::new(), ..channel.clone() };
    let (rendered, outcome) = notify.send(&plain, &envelope, &first.uid.to_string()).await;
    let mut tx = notify.db().begin().await?;
    for delivery in &mut all {
        delivery.attempts += 1;
        delivery.rendered_payload.clone_from(&rendered);
        delivery.http_status = outcome.http_status().map(i64::from);
        delivery.error = outcome.error().map(str::to_owned);
    }
    let again = notify.pause_after(channel, all.first().unwrap_or(&first), &outcome);
    for delivery in &all {
        notify.record(&mut tx, channel, delivery, &outcome, again).await?;
    }
    Ok(tx.commit().await?)
}

fn digest(all: &[Delivery]) -> Envelope {
    let events: Vec<Envelope> = all.iter().filter_map(|d| serde_json::from_str(&d.event_payload).ok()).collect();
    let worst = events.iter().map(|e| e.severity).max().unwrap_or(Severity::Info);
    let line = |e: &Envelope| {
        let host = e.host_domain.as_deref().map(|h| format!("{h}: ")).unwrap_or_default();
        format!("[{}] {host}{}", e.severity.as_str(), if e.message.is_empty() { &e.kind } else { &e.message })
    };
    let mut lines: Vec<String> = events.iter().take(LINES_MAX).map(line).collect();
    if events.len() > LINES_MAX {
        lines.push(format!("and {} more", events.len() - LINES_MAX));
    }
    Envelope {
        kind: "notification.digest".to_owned(),
        severity: worst,
        host_id: None,
        host_domain: None,
        timestamp: events.last().map(|e| e.timestamp.clone()).unwrap_or_default(),
        message: format!("{} notifications:\n{}", events.len(), lines.join("\n")),
        data: json!({ "count": events.len(), "types": events.iter().map(|e| &e.kind).collect::<std::collections::BTreeSet<_>>() }),
    }
}
