//! Telegram, Discord, Slack and Teams.

use serde_json::json;

use super::answer::Judge;
use super::message::{colour, cut, escape_html, split, word};
use super::{Message, Notice, Parcel, post_form, post_json, text_of};
use crate::model::field::Fields;
use crate::model::webhook::Prepared;

/// Longest text of one Telegram message.
const TELEGRAM_MAX: usize = 4_096;
const DISCORD_MAX: usize = 2_000;

/// One form per 4096 characters (`sendMessage`).
pub(super) fn telegram(f: &Fields, notice: &Notice<'_>) -> Result<(String, Parcel), String> {
    let (m, e) = (Message::of(notice.envelope), notice.envelope);
    let mode = f.text("parse_mode");
    let default = if mode == "HTML" {
        let host = m.host.as_deref().map(|h| format!("host: <code>{}</code>\n", escape_html(h))).unwrap_or_default();
        format!("[{}] <b>{}</b>\n{host}{}", word(e.severity), escape_html(&e.kind), escape_html(&m.line))
    } else {
        // Markdown of an arbitrary message would need escaping that differs between its two versions.
        format!("[{}] {}\n{}", word(e.severity), e.kind, m.line)
    };
    let text = text_of(notice, &default)?;
    // A plain default must not be read as markup.
    let mode = if mode == "HTML" || !notice.template.is_empty() { mode } else { "" };
    let url = format!("{}/bot{}/sendMessage", notice.providers.telegram.trim_end_matches('/'), f.text("bot_token"));
    let form = |piece: &String| {
        let mut pairs = vec![("chat_id", f.text("chat_id")), ("text", piece.as_str())];
        if !mode.is_empty() {
            pairs.push(("parse_mode", mode));
        }
        pairs.push(("disable_web_page_preview", "true"));
        post_form(url.clone(), &pairs)
    };
    let requests = split(&text, TELEGRAM_MAX).iter().map(form).collect();
    Ok((text, Parcel::Http { requests, judge: Judge::Telegram }))
}

/// Webhook execute; mentions in the text stay text.
pub(super) fn discord(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let (m, e) = (Message::of(notice.envelope), notice.envelope);
    let text = text_of(notice, &m.line)?;
    let embed = json!({
        "title": cut(&m.title, 256), "description": cut(&text, 4_000), "color": colour(e.severity, m.is_over), "timestamp": e.timestamp,
        "footer": { "text": m.host.as_deref().unwrap_or("Argos") },
    });
    let body = json!({ "content": cut(&m.title, DISCORD_MAX), "embeds": [embed], "allowed_mentions": { "parse": [] } });
    Ok(post_json(f.text("webhook_url"), Vec::new(), &body))
}

/// Incoming webhook, or `chat.postMessage` with a bot token.
pub(super) fn slack(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let (m, e) = (Message::of(notice.envelope), notice.envelope);
    // A template is the operator's own markup; the default escapes what came with the event.
    let text = text_of(notice, &escape_html(&m.line))?;
    let people: Vec<String> = f.list("mention_users").iter().map(|u| format!("<@{u}>")).collect();
    let text = if people.is_empty() { text } else { format!("{} {text}", people.join(" ")) };
    let context = format!("{} | {} | {}", e.severity.as_str(), escape_html(m.host.as_deref().unwrap_or("argos")), e.timestamp);
    let mut body = json!({
        "text": cut(&format!("{}: {}", escape_html(&m.title), text), 3_000),
        "blocks": [
            { "type": "header", "text": { "type": "plain_text", "text": cut(&m.title, 150) } },
            { "type": "section", "text": { "type": "mrkdwn", "text": cut(&text, 3_000) } },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": cut(&context, 2_000) }] },
        ],
        "attachments": [{ "color": format!("#{:06x}", colour(e.severity, m.is_over)), "fallback": cut(&m.title, 150) }],
    });
    if f.text("webhook_url").is_empty() {
        body["channel"] = json!(f.text("channel"));
        let url = format!("{}/api/chat.postMessage", notice.providers.slack.trim_end_matches('/'));
        let bearer = format!("Bearer {}", f.text("bot_token"));
        let mut request = post_json(url, vec![("authorization".to_owned(), bearer)], &body);
        request.content_type = "application/json; charset=utf-8".to_owned();
        return Ok(request);
    }
    Ok(post_json(f.text("webhook_url"), Vec::new(), &body))
}

/// Plain words from a bot to a member or a channel.
pub(crate) fn slack_text(base: &str, bot_token: &str, to: &str, text: &str) -> Prepared {
    let url = format!("{}/api/chat.postMessage", base.trim_end_matches('/'));
    let body = json!({ "channel": to, "text": cut(&escape_html(text), 3_000) });
    let mut request = post_json(url, vec![("authorization".to_owned(), format!("Bearer {bot_token}"))], &body);
    request.content_type = "application/json; charset=utf-8".to_owned();
    request
}

/// A message with one Adaptive Card, as workflows and connectors take it.
pub(super) fn teams(f: &Fields, notice: &Notice<'_>) -> Result<Prepared, String> {
    let (m, e) = (Message::of(notice.envelope), notice.envelope);
    let text = text_of(notice, &m.line)?;
    let colour = match (m.is_over, e.severity) {
        (true, _) => "Good",
        (_, argos_kernel::Severity::Critical | argos_kernel::Severity::Error) => "Attention",
        (_, argos_kernel::Severity::Warning) => "Warning",
        _ => "Accent",
    };
    let mut facts = vec![json!({ "title": "Severity", "value": e.severity.as_str() }), json!({ "title": "Time", "value": e.timestamp })];
    if let Some(host) = &m.host {
        facts.push(json!({ "title": "Host", "value": host }));
    }
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "body": [
            { "type": "TextBlock", "text": cut(&m.title, 250), "weight": "Bolder", "size": "Medium", "wrap": true, "color": colour },
            { "type": "TextBlock", "text": cut(&text, 8_000), "wrap": true },
            { "type": "FactSet", "facts": facts },
        ],
    });
    let attachment = json!({ "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card });
    Ok(post_json(f.text("webhook_url"), Vec::new(), &json!({ "type": "message", "attachments": [attachment] })))
}
