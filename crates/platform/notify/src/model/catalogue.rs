//! The channel types and their fields (platform spec 6.2).

use argos_mqtt::Broker;
use serde_json::{Map, Value, json};

use crate::model::channel::ChannelKind;
use crate::model::field::{Field, Fields, Shape};

const WEBHOOK: &[Field] = &[
    Field::url("url").required(),
    Field::one_of("method", &["POST", "PUT", "PATCH", "GET", "DELETE"], "\"POST\""),
    Field::text("secret").secret(),
    Field::int("signature_version", 1, 2, "1"),
];
const IN_APP: &[Field] = &[Field::one_of("role", &["", "viewer", "operator", "admin", "owner"], "\"\"")];
const EMAIL: &[Field] = &[
    Field::text("smtp_host").also(&["host", "smtp_server"]),
    Field::int("smtp_port", 1, 65_535, "587").also(&["port"]),
    Field::one_of("security", &["starttls", "tls", "none"], "\"starttls\""),
    Field::text("smtp_username").also(&["username"]),
    Field::text("smtp_password").also(&["password"]).secret(),
    Field::one_of("smtp_auth", &["PLAIN", "LOGIN"], "\"PLAIN\""),
    Field::text("from"),
    Field::list("to").also(&["recipients"]).required(),
    Field::list("cc"),
    Field::text("reply_to"),
    Field::text("subject"),
];
const TELEGRAM: &[Field] = &[
    Field::text("bot_token").also(&["token"]).secret().required(),
    Field::text("chat_id").required(),
    Field::one_of("parse_mode", &["HTML", "Markdown", "MarkdownV2"], "\"HTML\""),
];
const HOOKED: &[Field] = &[Field::url("webhook_url").also(&["url"]).secret().required()];
const SLACK: &[Field] = &[
    Field::url("webhook_url").also(&["url"]).secret(),
    Field::text("bot_token").secret(),
    Field::text("channel").also(&["default_channel"]),
    Field::list("mention_users"),
];
const PUSHOVER: &[Field] =
    &[Field::text("app_token").also(&["token"]).secret().required(), Field::text("user_key").also(&["user"]).secret().required()];
const GOTIFY: &[Field] =
    &[Field::url("url").required(), Field::text("app_token").also(&["token"]).secret().required(), Field::int("priority", 0, 10, "0")];
const NTFY: &[Field] = &[
    Field::url("url").required(),
    Field::text("topic").required(),
    Field::text("token").secret(),
    Field::one_of("priority", &["", "urgent", "high", "default", "low", "min"], "\"\""),
    Field::list("tags"),
];
const APPRISE: &[Field] = &[Field::url("url").required()];
const MQTT: &[Field] = &[Field::text("broker"), Field::text("topic").required(), Field::flag("retain")];
const PAGERDUTY: &[Field] = &[Field::text("routing_key").secret().required(), Field::one_of("region", &["us", "eu"], "\"us\"")];
const OPSGENIE: &[Field] = &[Field::text("api_key").secret().required(), Field::one_of("region", &["us", "eu"], "\"us\"")];

/// The fields of a type; those of webhooks and the inbox are read by types of their own and stand here for forms only.
pub(crate) const fn fields(kind: ChannelKind) -> &'static [Field] {
    match kind {
        ChannelKind::Webhook => WEBHOOK,
        ChannelKind::InApp => IN_APP,
        ChannelKind::BrowserPush => &[],
        ChannelKind::Email => EMAIL,
        ChannelKind::Telegram => TELEGRAM,
        ChannelKind::Discord | ChannelKind::Teams => HOOKED,
        ChannelKind::Slack => SLACK,
        ChannelKind::Pushover => PUSHOVER,
        ChannelKind::Gotify => GOTIFY,
        ChannelKind::Ntfy => NTFY,
        ChannelKind::Apprise => APPRISE,
        ChannelKind::Mqtt => MQTT,
        ChannelKind::Pagerduty => PAGERDUTY,
        ChannelKind::Opsgenie => OPSGENIE,
    }
}

/// Reads what a client sent for a type with fields.
pub(crate) fn read(kind: ChannelKind, input: &Map<String, Value>, stored: Option<&Fields>) -> Result<Fields, String> {
    let input = if kind == ChannelKind::Email { email_spellings(input)? } else { input.clone() };
    let out = Fields::read(fields(kind), kind.as_str(), &input, stored)?;
    match kind {
        ChannelKind::Email => check_email(&out)?,
        ChannelKind::Slack => check_slack(&out)?,
        ChannelKind::Mqtt => check_mqtt(&out)?,
        ChannelKind::Ntfy => check_ntfy(&out)?,
        _ => {}
    }
    Ok(out)
}

/// Older spellings: `smtp_server "h:p"`, `use_tls`, `use_starttls`, `starttls`.
fn email_spellings(input: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut out = input.clone();
    if let Some(Value::String(server)) = out.remove("smtp_server") {
        let (host, port) = server.rsplit_once(':').unwrap_or((&server, ""));
        out.entry("smtp_host").or_insert_with(|| json!(host));
        if !port.is_empty() {
            out.entry("smtp_port").or_insert_with(|| json!(port));
        }
    }
    let mut flag = |name: &str| match out.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(on)) => Ok(Some(on)),
        Some(_) => Err(format!("config.{name} must be true or false")),
    };
    let (tls, one, other) = (flag("use_tls")?, flag("use_starttls")?, flag("starttls")?);
    let word = match (tls, one.or(other)) {
        (Some(true), _) => Some("tls"),
        (_, Some(true)) => Some("starttls"),
        (_, Some(false)) | (Some(false), None) => Some("none"),
        (None, None) => None,
    };
    if let Some(word) = word {
        out.entry("security").or_insert_with(|| json!(word));
    }
    let port = out.get("smtp_port").or_else(|| out.get("port")).map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned));
    if port.as_deref() == Some("465") && out.get("security").is_none_or(|s| s == "starttls") {
        out.insert("security".to_owned(), json!("tls"));
    }
    Ok(out)
}

fn check_email(out: &Fields) -> Result<(), String> {
    let named = ["to", "cc"].into_iter().flat_map(|name| out.list(name).into_iter().map(move |a| (name, a)));
    let single = ["from", "reply_to"].into_iter().map(|name| (name, out.text(name))).filter(|(_, a)| !a.is_empty());
    for (name, address) in named.chain(single) {
        if argos_smtp::Mailbox::parse(address).is_none() {
            return Err(format!("config.{name}: {} is not a mail address", address.escape_debug()));
        }
    }
    if !out.text("smtp_host").is_empty() && out.text("from").is_empty() {
        return Err("config.from is required".to_owned());
    }
    Ok(())
}

fn check_slack(out: &Fields) -> Result<(), String> {
    if out.text("webhook_url").is_empty() && (out.text("bot_token").is_empty() || out.text("channel").is_empty()) {
        return Err("config.webhook_url, or config.bot_token with config.channel, is required".to_owned());
    }
    Ok(())
}

fn check_mqtt(out: &Fields) -> Result<(), String> {
    if !argos_mqtt::is_topic(out.text("topic")) {
        return Err("config.topic may not contain + or #".to_owned());
    }
    if !out.text("broker").is_empty() && Broker::parse(out.text("broker")).is_none() {
        return Err("config.broker must look like mqtt://host:1883 or mqtts://host:8883".to_owned());
    }
    Ok(())
}

fn check_ntfy(out: &Fields) -> Result<(), String> {
    let topic = out.text("topic");
    if topic.len() > 64 || !topic.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return Err("config.topic must be letters, digits, - and _, at most 64".to_owned());
    }
    Ok(())
}

/// The form of a type: `[{name,kind,secret,required,default,options,min,max}]`.
pub(crate) fn form(kind: ChannelKind) -> Vec<Value> {
    fields(kind)
        .iter()
        .map(|f| {
            let (word, options, range) = match f.shape {
                Shape::Text => ("text", None, None),
                Shape::Url => ("url", None, None),
                Shape::Int(min, max) => ("int", None, Some((min, max))),
                Shape::Bool => ("bool", None, None),
                Shape::OneOf(words) => ("enum", Some(words), None),
                Shape::List => ("list", None, None),
            };
            let default: Value = serde_json::from_str(f.default).unwrap_or_default();
            json!({
                "name": f.name, "kind": word, "secret": f.secret, "required": f.required, "default": default, "options": options.unwrap_or_default(),
                "min": range.map(|r| r.0), "max": range.map(|r| r.1),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: ChannelKind, input: &Value) -> Result<Fields, String> {
        read(kind, input.as_object().unwrap(), None)
    }

    #[test]
    fn mail_is_configured_in_every_documented_spelling() {
        let base = json!({"from": "a@x.test", "to": "b@x.test, C <c@x.test>"});
        let with = |more: Value| {
            let mut all = base.as_object().unwrap().clone();
            all.extend(more.as_object().unwrap().clone());
            of(ChannelKind::Email, &all.into()).unwrap()
        };
        let shape = |f: &Fields| (f.text("smtp_host").to_owned(), f.int("smtp_port"), f.text("security").to_owned());
        assert_eq!(shape(&with(json!({"smtp_server": "m.test:2525", "starttls": false}))), ("m.test".to_owned(), 2525, "none".to_owned()));
        assert_eq!(shape(&with(json!({"host": "m.test", "port": 465}))), ("m.test".to_owned(), 465, "tls".to_owned()));
        assert_eq!(shape(&with(json!({"smtp_host": "m.test", "use_tls": true}))), ("m.test".to_owned(), 587, "tls".to_owned()));
        assert_eq!(shape(&with(json!({}))), (String::new(), 587, "starttls".to_owned()));
        assert_eq!(with(json!({})).list("to"), ["b@x.test", "C <c@x.test>"]);
    }

    #[test]
    fn faulty_configurations_are_named() {
        for (kind, input, text) in [
            (ChannelKind::Email, json!({"smtp_host": "m", "from": "a@x"}), "config.to is required"),
            (ChannelKind::Email, json!({"smtp_host": "m", "to": "a@x"}), "config.from is required"),
            (ChannelKind::Email, json!({"from": "a", "to": "a@x"}), "config.from: a is not a mail address"),
            (ChannelKind::Telegram, json!({"bot_token": "1:a"}), "config.chat_id is required"),
            (ChannelKind::Slack, json!({"bot_token": "x"}), "config.webhook_url, or config.bot_token with config.channel, is required"),
            (ChannelKind::Mqtt, json!({"topic": "a/#"}), "config.topic may not contain + or #"),
            (
                ChannelKind::Mqtt,
                json!({"topic": "a", "broker": "http://x"}),
                "config.broker must look like mqtt://host:1883 or mqtts://host:8883",
            ),
            (
                ChannelKind::Ntfy,
                json!({"url": "https://n.test", "topic": "a/b"}),
                "config.topic must be letters, digits, - and _, at most 64",
            ),
            (ChannelKind::Pagerduty, json!({}), "config.routing_key is required"),
        ] {
            assert_eq!(of(kind, &input).unwrap_err(), text);
        }
        assert_eq!(of(ChannelKind::Telegram, &json!({"token": "1:a", "chat_id": -10_012})).unwrap().text("chat_id"), "-10012");
    }
}
