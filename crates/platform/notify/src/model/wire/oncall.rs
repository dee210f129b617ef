//! PagerDuty (Events API v2) and Opsgenie (Alert API): a problem opens an alert, its end closes the same one.

use argos_kernel::Severity;
use serde_json::json;

use super::message::cut;
use super::{Message, Notice, encoded, post_json, text_of};
use crate::model::field::Fields;
use crate::model::webhook::Prepared;

/// The configured base address, else the vendor's for the region.
fn base(configured: &str, us: &str, eu: &str, region: &str) -> String {
    let vendor = if region == "eu" { eu } else { us };
    if configured.is_empty() { vendor } else { configured }.trim_end_matches('/').to_owned()
}

pub(super) fn pagerduty(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let (m, e) = (Message::of(notice.envelope), notice.envelope);
    let text = text_of(notice, &m.line)?;
    let url = base(&notice.providers.pagerduty, "https://events.pagerduty.com", "https://events.eu.pagerduty.com", f.text("region"))
        + "/v2/enqueue";
    if m.is_over {
        let body = json!({ "routing_key": f.text("routing_key"), "event_action": "resolve", "dedup_key": cut(&m.problem, 255) });
        return Ok(post_json(url, Vec::new(), &body));
    }
    let severity = match e.severity {
        Severity::Critical => "critical",
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Debug => "info",
    };
    let body = json!({
        "routing_key": f.text("routing_key"), "event_action": "trigger", "dedup_key": cut(&m.problem, 255), "client": "Argos",
        "payload": {
            "summary": cut(&text, 1_024), "source": m.host.as_deref().unwrap_or("argos"), "severity": severity, "timestamp": e.timestamp,
            "class": e.kind, "custom_details": e.data,
        },
    });
    Ok(post_json(url, Vec::new(), &body))
}

pub(super) fn opsgenie(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let (m, e) = (Message::of(notice.envelope), notice.envelope);
    let text = text_of(notice, &m.line)?;
    let base = base(&notice.providers.opsgenie, "https://api.opsgenie.com", "https://api.eu.opsgenie.com", f.text("region"));
    let key = vec![("authorization".to_owned(), format!("GenieKey {}", f.text("api_key")))];
    let alias = cut(&m.problem, 512);
    if m.is_over {
        let url = format!("{base}/v2/alerts/{}/close?identifierType=alias", encoded(&alias));
        return Ok(post_json(url, key, &json!({ "source": "Argos", "note": cut(&text, 25_000) })));
    }
    let priority = match e.severity {
        Severity::Critical => "P1",
        Severity::Error => "P2",
        Severity::Warning => "P3",
        Severity::Info | Severity::Debug => "P5",
    };
    let body = json!({
        "message": cut(&m.title, 130), "alias": alias, "description": cut(&text, 15_000), "priority": priority, "source": "Argos",
        "entity": m.host.as_deref().unwrap_or("argos"), "tags": [e.kind, e.severity.as_str()], "details": { "timestamp": e.timestamp },
    });
    Ok(post_json(format!("{base}/v2/alerts"), key, &body))
}
