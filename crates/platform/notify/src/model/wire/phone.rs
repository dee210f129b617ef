//! Pushover, Gotify, ntfy and Apprise.

use argos_kernel::Severity;
use data_encoding::BASE64;
use http::Method;
use serde_json::json;

use super::message::cut;
use super::{Message, Notice, post_form, post_json, text_of};
use crate::model::envelope::Envelope;
use crate::model::field::Fields;
use crate::model::webhook::Prepared;

fn is_bad(e: &Envelope) -> bool {
    e.severity >= Severity::Error
}

/// Messages API: title 250, message 1024 characters; priority 1 for errors and worse.
pub(super) fn pushover(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let m = Message::of(notice.envelope);
    let text = cut(&text_of(notice, &m.line)?, 1_024);
    let priority = if is_bad(notice.envelope) && !m.is_over { "1" } else { "0" };
    let url = format!("{}/1/messages.json", notice.providers.pushover.trim_end_matches('/'));
    let title = cut(&m.title, 250);
    Ok(post_form(
        url,
        &[("token", f.text("app_token")), ("user", f.text("user_key")), ("title", &title), ("message", &text), ("priority", priority)],
    ))
}

/// `POST /message`
pub(super) fn gotify(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let m = Message::of(notice.envelope);
    let text = text_of(notice, &m.line)?;
    let by_severity = match notice.envelope.severity {
        _ if notice.origin == "ops" => {
            if is_bad(notice.envelope) {
                8
            } else {
                5
            }
        }
        Severity::Critical => 10,
        Severity::Error => 8,
        Severity::Warning => 5,
        Severity::Info | Severity::Debug => 3,
    };
    let priority = if f.int("priority") > 0 { f.int("priority") } else { by_severity };
    let url = format!("{}/message", f.text("url").trim_end_matches('/'));
    let key = vec![("x-gotify-key".to_owned(), f.text("app_token").to_owned())];
    Ok(post_json(url, key, &json!({ "title": m.title, "message": text, "priority": priority })))
}

/// Text in the body, the rest in headers.
pub(super) fn ntfy(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let m = Message::of(notice.envelope);
    let body = text_of(notice, &m.line)?;
    let by_severity = match notice.envelope.severity {
        Severity::Critical => "urgent",
        Severity::Error => "high",
        Severity::Warning => "default",
        Severity::Info | Severity::Debug => "low",
    };
    let priority = Some(f.text("priority")).filter(|p| !p.is_empty()).unwrap_or(by_severity);
    let mut headers = vec![("title".to_owned(), header_text(&m.title)), ("priority".to_owned(), priority.to_owned())];
    let tags = f.list("tags").join(",");
    if !tags.is_empty() {
        headers.push(("tags".to_owned(), header_text(&tags)));
    }
    if !f.text("token").is_empty() {
        headers.push(("authorization".to_owned(), format!("Bearer {}", f.text("token"))));
    }
    let url = format!("{}/{}", f.text("url").trim_end_matches('/'), f.text("topic"));
    Ok(Prepared { method: Method::POST, url, content_type: "text/plain; charset=utf-8".to_owned(), headers, body })
}

/// One line; RFC 2047 when it is not ASCII.
fn header_text(text: &str) -> String {
    let line: String = cut(text, 200).chars().filter(|c| !c.is_control()).collect();
    if line.is_ascii() { line } else { format!("=?UTF-8?B?{}?=", BASE64.encode(line.as_bytes())) }
}

/// The notify endpoint of the Apprise API.
pub(super) fn apprise(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let m = Message::of(notice.envelope);
    let text = text_of(notice, &m.line)?;
    let kind = match notice.envelope.severity {
        _ if m.is_over => "success",
        Severity::Critical | Severity::Error => "failure",
        Severity::Warning => "warning",
        Severity::Info | Severity::Debug => "info",
    };
    Ok(post_json(f.text("url"), Vec::new(), &json!({ "title": m.title, "body": text, "type": kind })))
}
