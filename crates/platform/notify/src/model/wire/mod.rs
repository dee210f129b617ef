//! What goes over the wire for each channel type, as its vendor documents it (edge E9, power E.4, quality E.4). Pure:
//! from a configuration and an event to a parcel. Sending it is `delivery`'s work.

pub(crate) mod answer;
mod chat;
mod mail;
mod message;
mod oncall;
mod phone;

use http::Method;
use serde_json::{Value, json};

use crate::model::channel::{ChannelKind, Config};
use crate::model::envelope::Envelope;
use crate::model::field::Fields;
use crate::model::in_app::InApp;
use crate::model::template;
use crate::model::webhook::Prepared;
use crate::providers::Providers;
use answer::Judge;
use argos_mqtt::Broker;
pub(crate) use chat::slack_text;
pub(crate) use mail::SmtpTarget;
pub(crate) use message::Message;

/// One event on its way to one channel.
pub(crate) struct Notice<'a> {
    pub(crate) envelope: &'a Envelope,
    /// Empty = the default of the type.
    pub(crate) template: &'a str,
    /// Whose default body: edge, power, ops or quality.
    pub(crate) origin: &'a str,
    /// Stable over all attempts.
    pub(crate) delivery: &'a str,
    pub(crate) now_s: i64,
    pub(crate) providers: &'a Providers,
}

/// What is sent and how.
pub(crate) enum Parcel {
    /// Requests in order; the first that fails ends it.
    Http {
        requests: Vec<Prepared>,
        judge: Judge,
    },
    Mail {
        mail: Box<argos_smtp::Mail>,
        target: SmtpTarget,
    },
    Mqtt {
        broker: Broker,
        topic: String,
        payload: String,
        retain: bool,
    },
    Inbox(InApp),
    /// To every browser that subscribed.
    Push {
        payload: String,
    },
}

/// The text that is shown as "what was sent", and the parcel. The error is for people.
pub(crate) fn parcel(config: &Config, notice: &Notice<'_>) -> Result<(String, Parcel), String> {
    match config {
        Config::InApp(target) => Ok((text_of(notice, &notice.envelope.message)?, Parcel::Inbox(target.clone()))),
        Config::Webhook(hook) => {
            let body = match notice.template {
                "" => default_body(notice).to_string(),
                template => template::render(template, notice.envelope).map_err(faulty)?,
            };
            let request = hook.prepare(body.clone(), &notice.envelope.kind, notice.delivery, notice.now_s);
            Ok((body, Parcel::Http { requests: vec![request], judge: Judge::Status }))
        }
        Config::Fields(kind, fields) => of_fields(*kind, fields, notice),
    }
}

fn of_fields(kind: ChannelKind, f: &Fields, notice: &Notice<'_>) -> Result<(String, Parcel), String> {
    let one = |request: Prepared, judge: Judge| (request.body.clone(), Parcel::Http { requests: vec![request], judge });
    Ok(match kind {
        ChannelKind::Email => mail::parcel(f, notice)?,
        ChannelKind::Telegram => chat::telegram(f, notice)?,
        ChannelKind::Discord => one(chat::discord(f, notice)?, Judge::Discord),
        ChannelKind::Teams => one(chat::teams(f, notice)?, Judge::Status),
        ChannelKind::Slack => {
            let judge = if f.text("webhook_url").is_empty() { Judge::SlackApi } else { Judge::Status };
            one(chat::slack(f, notice)?, judge)
        }
        ChannelKind::Pushover => one(phone::pushover(f, notice)?, Judge::Pushover),
        ChannelKind::Gotify => one(phone::gotify(f, notice)?, Judge::Status),
        ChannelKind::Ntfy => one(phone::ntfy(f, notice)?, Judge::Status),
        ChannelKind::Apprise => one(phone::apprise(f, notice)?, Judge::Status),
        ChannelKind::Pagerduty => one(oncall::pagerduty(f, notice)?, Judge::Status),
        ChannelKind::Opsgenie => one(oncall::opsgenie(f, notice)?, Judge::Status),
        ChannelKind::Mqtt => mqtt(f, notice)?,
        ChannelKind::BrowserPush => {
            let m = Message::of(notice.envelope);
            let body = text_of(notice, &m.line)?;
            let payload = json!({
                "title": format!("argos: {}", notice.envelope.kind), "body": message::cut(&body, 1_500), "severity": notice.envelope.severity,
                "host": notice.envelope.host_domain,
            });
            (payload.to_string(), Parcel::Push { payload: payload.to_string() })
        }
        // They have configurations of their own.
        ChannelKind::Webhook | ChannelKind::InApp => return Err("the configuration does not fit the type".to_owned()),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn faulty(error: String) -> String {
    format!("template: {error}")
}

/// The channel's template, or the default text.
fn text_of(notice: &Notice<'_>, default: &str) -> Result<String, String> {
    match notice.template {
        "" => Ok(default.to_owned()),
        template => template::render(template, notice.envelope).map_err(faulty),
    }
}

/// The default document of a webhook and of MQTT, in the words of the part the channel came from.
fn default_body(notice: &Notice<'_>) -> Value {
    let e = notice.envelope;
    match notice.origin {
        "power" if e.kind == "monitoring_failed" => json!({
            "source": "Argus", "failure_count": e.data.get("failure_count"), "last_error": e.data.get("last_error"), "timestamp": e.timestamp,
            "event_type": e.kind, "message": e.message, "severity": message::power_severity(e.severity),
        }),
        "power" => json!({
            "source": "Argus", "event_type": if e.data.get("test") == Some(&Value::Bool(true)) { "test" } else { &e.kind }, "device_id": e.data.get("device_id"), "message": e.message,
            "severity": message::power_severity(e.severity), "timestamp": e.timestamp, "event": e.kind, "device_name": e.host_domain, "metadata": e.data,
        }),
        "quality" => json!({
            "id": notice.delivery, "event": e.kind, "timestamp": e.timestamp, "organization_id": e.data.get("organization_id"),
            "project_id": e.data.get("project_id"), "priority": e.data.get("priority").and_then(Value::as_str).unwrap_or(message::quality_priority(e.severity)), "data": e.data,
        }),
        _ => e.default_body(),
    }
}

fn mqtt(f: &Fields, notice: &Notice<'_>) -> Result<(String, Parcel), String> {
    let own = f.text("broker");
    let broker = if own.is_empty() { notice.providers.mqtt.clone() } else { Broker::parse(own) };
    let broker = broker.ok_or("no broker: neither config.broker nor the setting mqtt.url is usable")?;
    let payload = match notice.template {
        "" => default_body(notice).to_string(),
        template => template::render(template, notice.envelope).map_err(faulty)?,
    };
    Ok((payload.clone(), Parcel::Mqtt { broker, topic: f.text("topic").to_owned(), payload, retain: f.is_on("retain") }))
}

fn post_json(url: impl Into<String>, headers: Vec<(String, String)>, body: &Value) -> Prepared {
    Prepared { method: Method::POST, url: url.into(), content_type: "application/json".to_owned(), headers, body: body.to_string() }
}

/// `application/x-www-form-urlencoded`
fn post_form(url: String, pairs: &[(&str, &str)]) -> Prepared {
    let body = pairs.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect::<Vec<_>>().join("&");
    Prepared { method: Method::POST, url, content_type: "application/x-www-form-urlencoded".to_owned(), headers: Vec::new(), body }
}

/// Percent-encoding of everything but unreserved characters.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests;
