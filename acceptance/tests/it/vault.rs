//! Re-encryption of everything that is sealed, beside a running server and across a crash.

use std::time::Duration;

use argos_peers::{ArgosConfig, Client, WebhookReceiver, wait_for};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, assert_error, sql};

fn vault(owner: &Client) -> Value {
    owner.get("/api/system/vault").expect_status(200).json()
}

fn ended(owner: &Client) -> Value {
    wait_for("the end of the re-encryption", Duration::from_secs(90), || {
        let shown = vault(owner);
        let state = shown["rekey"]["state"].as_str().unwrap_or_default().to_owned();
        (!["queued", "running"].contains(&state.as_str())).then_some(shown)
    })
}

/// A channel whose receiver checks nothing, and a second factor that waits for its first code.
fn plant(stage: &Stage, receiver: &WebhookReceiver) -> i64 {
    let config = json!({"url": receiver.url("/hook"), "secret": "a-secret-of-the-channel"});
    let made =
        stage.owner.post("/api/notifications/channels", json!({"name": "hook", "type": "webhook", "config": config, "broadcast": false}));
    drop(stage.owner.put("/api/settings/smtp.password", json!({"value": "a-password-of-the-mail-server"})).expect_status(200));
    drop(stage.owner.post("/api/webhooks", json!({"name": "in"})));
    stage.add_user("vera", "viewer");
    drop(stage.sign_in("vera").post("/api/auth/totp/setup", json!({})).expect_status(200));
    made.json()["id"].as_i64().expect("an id")
}

/// The job of a killed process comes back when its lease of a minute ends; the questions asked until then are not limited.
fn config() -> ArgosConfig {
    let config = ArgosConfig::new().arg("--allow-private-targets").env("ARGOS_POWER_ALERT_ALLOW_INSECURE", "true");
    config.env("ARGOS_HTTP_RATE_LIMITING", "false")
}

#[test]
fn rekey_killed_in_the_middle_goes_on_after_the_restart_and_everything_is_read() {
    let receiver = WebhookReceiver::start();
    let stage = Stage::on(config());
    let channel = plant(&stage, &receiver);
    let before = vault(&stage.owner);
    assert_eq!((&before["retired_keys"], &before["rekey"]), (&json!([]), &Value::Null));
    drop(stage.owner.post("/api/system/vault/rekey", json!({})).expect_status(202));
    assert_error(&stage.owner.post("/api/system/vault/rekey", json!({})), 409, "rekey_running");
    // The new key is in force and the old one still needed: the moment at which losing one would lose secrets.
    wait_for("the new key", Duration::from_secs(30), || (vault(&stage.owner)["active_key"] != before["active_key"]).then_some(()));
    let stage = Stage::of(stage.argos.kill9().restart());
    let after = ended(&stage.owner);
    assert_eq!(after["rekey"]["state"], "succeeded", "{after}");
    assert_eq!((&after["retired_keys"], &after["unreadable"]), (&json!([]), &json!(0)), "{after}");
    assert_ne!(after["active_key"], before["active_key"]);
    let tested = stage.owner.post(&format!("/api/notifications/channels/{channel}/test"), json!({})).expect_status(200).json();
    assert_eq!(tested["success"], true, "{tested}");
    assert!(receiver.received()[0].header("X-Argos-Signature").is_some(), "the secret of the channel was read");
    let vera = stage.sign_in("vera");
    assert_eq!(vera.post("/api/auth/totp/activate", json!({"code": "000000"})).status, 401, "the pending secret is read");
    let said = stage.argos.config().cli(&["vault", "status"]);
    let said: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!((&said["active_key"], &said["retired_keys"]), (&after["active_key"], &json!([])));
}

#[test]
fn command_line_rekeys_beside_the_server_and_only_an_owner_may_by_the_interface() {
    let receiver = WebhookReceiver::start();
    let stage = Stage::on(config());
    let channel = plant(&stage, &receiver);
    let before = vault(&stage.owner);
    let admin = stage.person("adam", "admin");
    assert_eq!(admin.get("/api/system/vault").status, 403);
    assert_eq!(admin.post("/api/system/vault/rekey", json!({})).status, 403);
    let output = stage.argos.config().cli(&["vault", "rekey"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&report["keys_forgotten"], &report["resealed"]["notification_channels.config_enc"]), (&json!(1), &json!(1)), "{report}");
    assert!(report["resealed"]["webhook_endpoints.secret_enc"] == 1 && report["resealed"]["users.totp_secret_enc"] == 1, "{report}");
    let tested = stage.owner.post(&format!("/api/notifications/channels/{channel}/test"), json!({})).expect_status(200).json();
    assert_eq!(tested["success"], true, "the running server learned the new key: {tested}");
    assert_ne!(vault(&stage.owner)["active_key"], before["active_key"]);
    assert_eq!(stage.argos.login("vera", PASSWORD).len(), 64);
}

/// Platform spec 10.1: one bad blob is one feature's trouble. It is told of, never taken for empty, and the rest goes on.
#[test]
fn secrets_that_cannot_be_opened_are_each_told_of_and_the_rest_goes_on() {
    let receiver = WebhookReceiver::start();
    let stage = Stage::on(config());
    let channel = plant(&stage, &receiver);
    let hooks = stage.owner.get("/api/webhooks").expect_status(200).json();
    let hook = hooks[0]["hook_id"].as_str().expect("an address").to_owned();
    let stopped = stage.argos.stop();
    // Sealed with a key that is lost: what a store holds whose keys were exchanged for another installation's.
    let lost = "v1:00000000:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    sql(&stopped.config, &format!("update notification_channels set config_enc = '{lost}'"));
    sql(&stopped.config, &format!("update webhook_endpoints set secret_enc = '{lost}'"));
    let argos = stopped.config.start();
    let owner = argos.admin();
    let tested = owner.post(&format!("/api/notifications/channels/{channel}/test"), json!({})).expect_status(200).json();
    assert_eq!((&tested["success"], &tested["error_message"]), (&json!(false), &json!("A stored secret cannot be read")));
    assert_error(&argos.anonymous().post(&format!("/hooks/{hook}"), json!({})), 503, "secret_unreadable");
    let told = |place: &str| owner.get("/api/notifications?limit=100").expect_status(200).text().contains(place);
    for place in ["notification_channels.config", "webhook_endpoints.secret"] {
        wait_for(place, Duration::from_secs(60), || told(place).then_some(()));
    }
    assert!(vault(&owner)["unreadable"].as_u64().is_some_and(|n| n >= 2), "{}", vault(&owner));
    assert_eq!(owner.get("/api/settings/smtp.password").expect_status(200).json()["unreadable"], false);
    owner.put("/api/settings/jobs.max", json!({"value": "4"})).expect_status(200);
}
