//! Every type's request against what its vendor documents.

use argos_kernel::Severity;
use serde_json::{Value, json};

use super::*;

fn event(kind: &str, severity: Severity) -> Envelope {
    Envelope {
        kind: kind.to_owned(),
        severity,
        host_id: None,
        host_domain: Some("web-1".to_owned()),
        timestamp: "2026-01-02T03:04:05Z".to_owned(),
        message: "Disk </> at 95 %".to_owned(),
        data: json!({ "firing_uid": "f-1", "rule_name": "Größe" }),
    }
}

fn made(kind: &str, config: &Value, template: &str, e: &Envelope) -> (String, Parcel) {
    let kind = ChannelKind::parse(kind).unwrap();
    let config = Config::read(kind, config.as_object().unwrap(), None).unwrap();
    let providers = Providers::default();
    let notice = Notice { envelope: e, template, origin: "edge", delivery: "d-1", now_s: 1_767_323_045, providers: &providers };
    parcel(&config, &notice).unwrap()
}

fn request(kind: &str, config: &Value, e: &Envelope) -> (Prepared, Value) {
    let (_, Parcel::Http { mut requests, .. }) = made(kind, config, "", e) else { panic!("not HTTP") };
    assert_eq!(requests.len(), 1);
    let p = requests.remove(0);
    let body = serde_json::from_str(&p.body).unwrap_or(Value::Null);
    (p, body)
}

fn header<'p>(p: &'p Prepared, name: &str) -> Option<&'p str> {
    p.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

#[test]
fn telegram_sends_an_escaped_form_and_splits_long_texts() {
    let config = json!({"bot_token": "1:a", "chat_id": "-5"});
    let (text, Parcel::Http { requests, .. }) = made("telegram", &config, "", &event("alert.firing", Severity::Error)) else { panic!() };
    assert_eq!(text, "[ERR] <b>alert.firing</b>\nhost: <code>web-1</code>\nDisk &lt;/&gt; at 95 %");
    assert_eq!(requests[0].url, "https://api.telegram.org/bot1:a/sendMessage");
    assert!(
        requests[0].body.starts_with("chat_id=-5&text=%5BERR%5D%20%3Cb%3E")
            && requests[0].body.contains("&parse_mode=HTML&disable_web_page_preview=true")
    );
    let (_, Parcel::Http { requests, .. }) = made("telegram", &config, &"x".repeat(9_000), &event("a", Severity::Info)) else { panic!() };
    assert_eq!(requests.len(), 3);
}

#[test]
fn chats_get_cards_with_the_colour_of_the_severity() {
    let hook = json!({"webhook_url": "https://chat.test/secret"});
    let (p, body) = request("discord", &hook, &event("alert.firing", Severity::Warning));
    assert_eq!((p.url.as_str(), body["embeds"][0]["color"].as_i64()), ("https://chat.test/secret", Some(0xffc107)));
    assert_eq!((body["content"].as_str(), body["allowed_mentions"]["parse"].as_array().map(Vec::len)), (Some("[WARN] Größe"), Some(0)));
    let (_, body) =
        request("slack", &json!({"webhook_url": "https://s.test/x", "mention_users": "U1"}), &event("alert.firing", Severity::Critical));
    assert_eq!(body["attachments"][0]["color"], "#dc3545");
    assert_eq!(body["blocks"][1]["text"]["text"], "<@U1> Disk &lt;/&gt; at 95 %");
    let (p, body) = request("slack", &json!({"bot_token": "xoxb", "channel": "#ops"}), &event("alert.firing", Severity::Info));
    assert_eq!(
        (p.url.as_str(), header(&p, "authorization"), body["channel"].as_str()),
        ("https://slack.com/api/chat.postMessage", Some("Bearer xoxb"), Some("#ops"))
    );
    let (_, body) = request("teams", &hook, &event("alert.resolved", Severity::Info));
    assert_eq!((body["type"].as_str(), body["attachments"][0]["content"]["type"].as_str()), (Some("message"), Some("AdaptiveCard")));
    assert_eq!(body["attachments"][0]["content"]["body"][0]["color"], "Good");
}

#[test]
fn phones_get_the_documented_priorities() {
    let e = event("alert.firing", Severity::Critical);
    let (p, _) = request("pushover", &json!({"app_token": "a", "user": "u"}), &e);
    assert_eq!(p.url, "https://api.pushover.net/1/messages.json");
    assert!(p.body.starts_with("token=a&user=u&title=") && p.body.ends_with("&priority=1"), "{}", p.body);
    let (p, body) = request("gotify", &json!({"url": "https://g.test/", "token": "t"}), &e);
    assert_eq!((p.url.as_str(), header(&p, "x-gotify-key"), body["priority"].as_i64()), ("https://g.test/message", Some("t"), Some(10)));
    let (_, body) = request("gotify", &json!({"url": "https://g.test", "token": "t", "priority": 2}), &e);
    assert_eq!(body["priority"], 2);
    let (p, _) = request("ntfy", &json!({"url": "https://n.test", "topic": "ops", "token": "k", "tags": "a,b"}), &e);
    assert_eq!((p.url.as_str(), p.body.as_str(), header(&p, "priority")), ("https://n.test/ops", "Disk </> at 95 %", Some("urgent")));
    assert_eq!((header(&p, "title"), header(&p, "tags")), (Some("=?UTF-8?B?W0NSSVRdIEdyw7bDn2U=?="), Some("a,b")));
    assert_eq!(header(&p, "authorization"), Some("Bearer k"));
    let (_, body) = request("apprise", &json!({"url": "https://a.test/notify"}), &event("x_recovered", Severity::Info));
    assert_eq!((body["type"].as_str(), body["title"].as_str()), (Some("success"), Some("Resolved: Größe")));
}

#[test]
fn problem_and_its_end_share_one_key_at_on_call_services() {
    let config = json!({"routing_key": "r", "region": "eu"});
    let (p, open) = request("pagerduty", &config, &event("alert.firing", Severity::Critical));
    let (_, over) = request("pagerduty", &config, &event("alert.resolved", Severity::Info));
    assert_eq!(p.url, "https://events.eu.pagerduty.com/v2/enqueue");
    assert_eq!((open["event_action"].as_str(), over["event_action"].as_str()), (Some("trigger"), Some("resolve")));
    assert_eq!((&open["dedup_key"], open["payload"]["severity"].as_str()), (&over["dedup_key"], Some("critical")));
    let (p, body) = request("opsgenie", &json!({"api_key": "k"}), &event("alert.firing", Severity::Error));
    assert_eq!(
        (p.url.as_str(), header(&p, "authorization"), body["priority"].as_str()),
        ("https://api.opsgenie.com/v2/alerts", Some("GenieKey k"), Some("P2"))
    );
    let (p, _) = request("opsgenie", &json!({"api_key": "k"}), &event("alert.resolved", Severity::Info));
    assert_eq!(p.url, "https://api.opsgenie.com/v2/alerts/argos%3Af-1/close?identifierType=alias");
}

#[test]
fn mail_has_the_documented_subject_and_sends_html_beside_text() {
    let config = json!({"smtp_host": "m.test", "from": "Argos <a@x.test>", "to": "b@x.test"});
    let (_, Parcel::Mail { mail, target }) = made("email", &config, "", &event("alert.firing", Severity::Error)) else { panic!() };
    assert_eq!((mail.subject.as_str(), mail.message_id.as_str(), target.port), ("[argos] error: alert.firing", "d-1@x.test", 587));
    assert_eq!((mail.html.as_deref(), mail.in_reply_to.as_deref()), (None, Some("argos.f-1@x.test")));
    let (_, Parcel::Mail { mail, .. }) = made("email", &config, "<html>{{ .Message | escapeHTML }}</html>", &event("a", Severity::Info))
    else {
        panic!()
    };
    assert_eq!(mail.html.as_deref(), Some("<html>Disk &lt;/&gt; at 95 %</html>"));
    assert!(!mail.text.contains("<html>"));
}

#[test]
fn missing_servers_of_the_instance_are_said_plainly() {
    let providers = Providers::default();
    let e = event("a", Severity::Info);
    let notice = Notice { envelope: &e, template: "", origin: "edge", delivery: "d", now_s: 0, providers: &providers };
    for (kind, config, text) in [
        (
            ChannelKind::Email,
            json!({"from": "a@x", "to": "b@x"}),
            "no mail server: neither config.smtp_host nor the setting smtp.host is set",
        ),
        (ChannelKind::Mqtt, json!({"topic": "t"}), "no broker: neither config.broker nor the setting mqtt.url is usable"),
    ] {
        let config = Config::read(kind, config.as_object().unwrap(), None).unwrap();
        assert_eq!(parcel(&config, &notice).err().as_deref(), Some(text));
    }
}

#[test]
fn default_document_speaks_the_words_of_the_channels_origin() {
    let e = event("on_battery", Severity::Error);
    let providers = Providers::default();
    let of = |origin| default_body(&Notice { envelope: &e, template: "", origin, delivery: "d", now_s: 0, providers: &providers });
    assert_eq!((of("edge")["type"].as_str(), of("edge")["host"].as_str()), (Some("on_battery"), Some("web-1")));
    assert_eq!((of("power")["source"].as_str(), of("power")["severity"].as_str()), (Some("Argus"), Some("high")));
    assert_eq!((of("quality")["event"].as_str(), of("quality")["priority"].as_str()), (Some("on_battery"), Some("high")));
}
