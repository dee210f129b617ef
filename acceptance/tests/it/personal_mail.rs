//! What people subscribed to reaches them by mail, at the address of their account, when they want it.

use std::time::Duration;

use argos_peers::{ArgosConfig, MailServer, mail};
use serde_json::json;

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
    stranger.post("/api/v1/notifications/subscribe/config_change", json!({"channels": ["email"]})).expect_status(200);
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
    // By the hour nothing comes at once; in-app nothing was asked for.
    mia.put("/api/v1/notifications/preferences", json!({"email_frequency": "hourly"})).expect_status(200);
    change("Europe/Berlin");
    mia.put("/api/v1/notifications/preferences", json!({"email_frequency": "instant"})).expect_status(200);
    change("Europe/Lisbon");
    let mails = server.wait(before + 2, Duration::from_secs(10));
    assert_eq!(mails.len(), before + 2, "the one of the hour waits: {mails:?}");
    let inbox = mia.get("/api/v1/notifications").json();
    assert!(!inbox.to_string().contains("timezone"), "{inbox}");
    assert!(mails.iter().all(|m| m["to"][0] == "ops@example.test"), "no address, no letter: {mails:?}");
}
