//! What people subscribed to reaches them by mail, at the address of their account, when they want it.

use std::time::Duration;

use argos_peers::scripted_http::ScriptedHttp;
use argos_peers::{ArgosConfig, MailServer, mail, wait_until};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage};

#[test]
fn subscriber_is_mailed_at_once_or_in_a_digest_as_preferred() {
    let server = MailServer::start("starttls");
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets").env("SSL_CERT_FILE", &server.certificate()));
    for (key, value) in [
        ("smtp.host", json!("localhost")),
        ("smtp.port", json!(server.port())),
        ("smtp.user", json!(mail::USER)),
        ("smtp.password", json!(mail::PASSWORD)),
        ("smtp.from", json!("Argos <argos@example.test>")),
    ] {
        drop(stage.owner.put(&format!("/api/settings/{key}"), json!({ "value": value })).expect_status(200));
    }
    // Before the other, so that a letter to her would come first.
    let stranger = stage.person("vera", "viewer");
    stranger.post("/api/v1/notifications/subscribe/config_change", json!({"channels": ["email", "in_app"]})).expect_status(200);
    let told = || stranger.get("/api/v1/notifications").expect_status(200).text().matches("Settings changed: system.timezone").count();
    let invite = json!({"email": "ops@example.test"});
    let invited = stage.owner.post("/api/v1/organizations/default/members", invite).expect_status(200).json();
    let token = invited["invite_path"].as_str().and_then(|p| p.strip_prefix("/invite/")).expect("a link").to_owned();
    let account = json!({"username": "mia", "password": PASSWORD});
    stage.anonymous().post(&format!("/api/v1/invitations/register/{token}"), account).expect_status(200);
    let mia = stage.sign_in("mia");
    let before = server.wait(1, Duration::from_secs(10)).len();
    let subscribe = |event: &str| mia.post(&format!("/api/v1/notifications/subscribe/{event}"), json!({"channels": ["email"]}));
    subscribe("config_change").expect_status(200);
    let change = |zone: &str| drop(stage.owner.put("/api/settings/system.timezone", json!({ "value": zone })).expect_status(200));
    change("Europe/Madrid");
    let mails = server.wait(before + 1, Duration::from_secs(10));
    let got = &mails[before];
    assert_eq!((got["to"][0].as_str(), got["tls"].as_bool()), (Some("ops@example.test"), Some(true)), "{got}");
    assert!(got["text"].as_str().unwrap_or_default().contains("Settings changed: system.timezone"), "{got}");
    // By the hour nothing comes at once; in-app nothing was asked for. Not within the last minute of an hour, whose letter comes.
    wait_until("the hour is not about to end", Duration::from_secs(90), || {
        std::time::UNIX_EPOCH.elapsed().is_ok_and(|now| now.as_secs() % 3_600 < 3_540)
    });
    mia.put("/api/v1/notifications/preferences", json!({"email_frequency": "hourly"})).expect_status(200);
    let known = told();
    change("Europe/Berlin");
    // What counts is how she wants it when it is routed, which is for everybody at once.
    wait_until("the change to be routed", Duration::from_secs(10), || told() > known);
    mia.put("/api/v1/notifications/preferences", json!({"email_frequency": "instant"})).expect_status(200);
    change("Europe/Lisbon");
    let mails = server.wait(before + 2, Duration::from_secs(10));
    assert_eq!(mails.len(), before + 2, "the one of the hour waits: {mails:?}");
    let inbox = mia.get("/api/v1/notifications").json();
    assert!(!inbox.to_string().contains("timezone"), "{inbox}");
    assert!(mails.iter().all(|m| m["to"][0] == "ops@example.test"), "no address, no letter: {mails:?}");
}

#[test]
fn subscriber_hears_in_slack_where_they_read_it_by_the_bot_of_the_installation() {
    // What Slack's API answers to chat.postMessage: it says no with status 200, once.
    let slack = ScriptedHttp::start(|asked| {
        let is_known = asked.header("authorization") == Some("Bearer xoxb-installation");
        (200, json!({ "ok": is_known, "error": "invalid_auth" }).to_string())
    });
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets").env("ARGOS_SLACK_API", &slack.url()));
    let channel = json!({"name": "ops bot", "type": "slack", "config": {"bot_token": "xoxb-installation", "channel": "#ops"}});
    let made = stage.owner.post("/api/notifications/channels", channel);
    assert_eq!(made.status, 201, "{}", made.text());
    let (ada, bob) = (stage.person("ada", "viewer"), stage.person("bob", "viewer"));
    for person in [&ada, &bob] {
        person.post("/api/v1/notifications/subscribe/config_change", json!({"channels": ["slack"]})).expect_status(200);
    }
    // Bob wants it too, but never said where.
    let types = json!(["failure", "quality", "system"]);
    bob.put("/api/v1/notifications/preferences", json!({"slack_enabled": true, "slack_types": types})).expect_status(200);
    ada.put("/api/v1/notifications/preferences", json!({"slack_enabled": true, "slack_channel": "@ada", "slack_types": types}))
        .expect_status(200);
    stage.owner.put("/api/settings/system.timezone", json!({"value": "Europe/Madrid"})).expect_status(200);
    // The machine of the tests may be busy enough for an alert of its own, which goes to the channel.
    let told = || slack.asked().into_iter().filter(|a| a.body.contains("system.timezone")).collect::<Vec<_>>();
    wait_until("a message to ada", Duration::from_secs(10), || !told().is_empty());
    let asked = told();
    let body: Value = serde_json::from_str(&asked[0].body).expect("JSON");
    assert_eq!((asked[0].target.as_str(), body["channel"].as_str()), ("/api/chat.postMessage", Some("@ada")), "{body}");
    assert_eq!(asked.len(), 1, "nobody else and no second time: {asked:?}");
    assert!(!stage.owner.get("/api/audit?limit=200").text().contains("xoxb-installation"));
}
