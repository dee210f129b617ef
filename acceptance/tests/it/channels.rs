//! Channel types against real peers: a mail server, a broker, and receivers that stand in for vendors' addresses.

use std::time::Duration;

use argos_peers::{ArgosConfig, MailServer, Mosquitto, WebhookReceiver, mail, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

fn add(stage: &Stage, name: &str, kind: &str, config: &Value) -> i64 {
    let made = stage.owner.post("/api/notifications/channels", json!({"name": name, "type": kind, "config": config, "broadcast": false}));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_i64().expect("an id")
}

fn test(stage: &Stage, id: i64) -> Value {
    stage.owner.post(&format!("/api/notifications/channels/{id}/test"), json!({})).expect_status(200).json()
}

#[test]
fn mail_goes_out_encrypted_and_signed_in_and_refusals_are_told() {
    for mode in ["starttls", "tls"] {
        let server = MailServer::start(mode);
        let config = ArgosConfig::new().arg("--allow-private-targets").env("SSL_CERT_FILE", &server.certificate());
        let stage = Stage::on(config);
        let base = json!({
            "smtp_host": "localhost", "smtp_port": server.port(), "security": mode, "smtp_username": mail::USER,
            "smtp_password": mail::PASSWORD, "from": "Argos <argos@example.test>", "to": "ops@example.test",
        });
        let with = |key: &str, value: &str| {
            let mut all = base.clone();
            all[key] = json!(value);
            all
        };
        let id = add(&stage, "mail", "email", &base);
        let result = test(&stage, id);
        assert_eq!((result["success"].as_bool(), result["answer"].as_str()), (Some(true), Some("250 2.0.0 queued as 1")), "{result}");
        let got = &server.wait(1, Duration::from_secs(5))[0];
        assert_eq!((got["tls"].as_bool(), got["login"].as_bool()), (Some(true), Some(true)), "{got}");
        assert_eq!((got["subject"].as_str(), got["to"][0].as_str()), (Some("[argos] info: config_change"), Some("ops@example.test")));
        assert!(got["text"].as_str().unwrap().contains("Test notification from Argos"), "{got}");

        let result = test(&stage, add(&stage, "unknown", "email", &with("to", "nobody@example.test")));
        assert_eq!(result["error_message"], "the mail server refused a recipient: 550 5.1.1 no such mailbox", "{result}");
        let result = test(&stage, add(&stage, "wrong", "email", &with("smtp_password", "not-this-one")));
        assert!(result["error_message"].as_str().unwrap().starts_with("the mail server refused the sign-in: 535"), "{result}");
        let shown = stage.owner.get(&format!("/api/notifications/channels/{id}")).expect_status(200);
        assert!(!shown.text().contains(mail::PASSWORD) && shown.json()["config"]["smtp_password"] == "__UNCHANGED__");
        let cli = |kind: &str| stage.argos.config().cli(&["channel", "inspect", "--type", kind]);
        let printed = String::from_utf8(cli("email").stdout).unwrap();
        assert_eq!(printed.lines().count(), 3, "{printed}");
        assert!(printed.contains(r#""smtp_password":"***REDACTED***""#) && !printed.contains(mail::PASSWORD), "{printed}");
        assert!(cli("mqtt").status.success() && cli("mqtt").stdout.is_empty() && cli("pigeon").status.code() == Some(2));
    }
}

#[test]
fn mail_server_with_an_unknown_certificate_gets_no_password() {
    let server = MailServer::start("starttls");
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let config = json!({
        "smtp_host": "localhost", "smtp_port": server.port(), "smtp_username": mail::USER, "smtp_password": mail::PASSWORD,
        "from": "a@example.test", "to": "ops@example.test",
    });
    let result = test(&stage, add(&stage, "mail", "email", &config));
    assert!(result["error_message"].as_str().unwrap().starts_with("TLS failed"), "{result}");
    assert!(server.mails().is_empty());
}

#[test]
fn broker_confirms_what_a_subscriber_then_reads() {
    let broker = Mosquitto::start();
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets").env("ARGOS_MQTT_URL", &broker.url()));
    let result = test(&stage, add(&stage, "bus", "mqtt", &json!({"topic": "home/argos", "retain": true})));
    assert_eq!((result["success"].as_bool(), result["answer"].as_str()), (Some(true), Some("confirmed by the broker")), "{result}");
    let line = broker.wait("home/argos", Duration::from_secs(5));
    let payload: Value = serde_json::from_str(line.splitn(3, ' ').nth(2).unwrap()).unwrap();
    assert_eq!((payload["type"].as_str(), payload["severity"].as_str()), (Some("config_change"), Some("info")));
    let wrong = broker.url().replace("broker-pass-word", "another");
    let result = test(&stage, add(&stage, "wrong", "mqtt", &json!({"topic": "x", "broker": wrong})));
    assert!(result["error_message"].as_str().unwrap().starts_with("the broker refused the connection"), "{result}");
}

#[test]
fn vendors_get_their_documented_requests_at_the_configured_addresses() {
    let vendor = WebhookReceiver::start();
    let base = vendor.url("");
    let mut config = ArgosConfig::new().arg("--allow-private-targets");
    for name in ["TELEGRAM", "SLACK", "PUSHOVER", "PAGERDUTY", "OPSGENIE"] {
        config = config.env(&format!("ARGOS_{name}_API"), &base);
    }
    let stage = Stage::on(config);
    let cases = [
        ("telegram", json!({"bot_token": "1:telegram-token", "chat_id": "5"}), "/bot1:telegram-token/sendMessage"),
        ("discord", json!({"webhook_url": vendor.url("/discord")}), "/discord"),
        ("teams", json!({"webhook_url": vendor.url("/teams")}), "/teams"),
        ("slack", json!({"webhook_url": vendor.url("/slack")}), "/slack"),
        ("gotify", json!({"url": vendor.url("/gotify"), "app_token": "gotify-token"}), "/gotify/message"),
        ("ntfy", json!({"url": vendor.url("/ntfy"), "topic": "ops"}), "/ntfy/ops"),
        ("apprise", json!({"url": vendor.url("/notify/x")}), "/notify/x"),
        ("pagerduty", json!({"routing_key": "pagerduty-key"}), "/v2/enqueue"),
        ("opsgenie", json!({"api_key": "opsgenie-key"}), "/v2/alerts"),
    ];
    for (count, (kind, config, target)) in cases.into_iter().enumerate() {
        let id = add(&stage, kind, kind, &config);
        let result = test(&stage, id);
        assert_eq!((result["success"].as_bool(), result["http_status"].as_i64()), (Some(true), Some(200)), "{kind}: {result}");
        let all = vendor.wait_received(count + 1, Duration::from_secs(5));
        assert_eq!((all[count].method.as_str(), all[count].target.as_str()), ("POST", target), "{kind}");
        let text = result.to_string();
        assert!(!text.contains("-token") && !text.contains("-key"), "{kind} shows a secret: {text}");
    }
    // A vendor that says no with status 200: "ok" is not Slack's API.
    let result = test(&stage, add(&stage, "bot", "slack", &json!({"bot_token": "xoxb-1", "channel": "#ops"})));
    assert_eq!(result["error_message"], "the answer is not the documented one", "{result}");
}

#[test]
fn maintenance_withholds_what_a_rule_would_tell_and_writes_down_why() {
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let (owner, receiver) = (&stage.owner, WebhookReceiver::start());
    let hook = add(&stage, "hook", "webhook", &json!({"url": receiver.url("/hook")}));
    for kind in ["config_change", "maintenance.*"] {
        let rule = json!({"name": kind, "event_type": kind, "channel_id": hook});
        owner.post("/api/notifications/rules", rule).expect_status(201);
    }
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    let body = json!({"name": "upgrade", "one_off_start": now - 5.0, "one_off_end": now + 600.0, "scope": []});
    let window = owner.post("/api/maintenance-windows", body).expect_status(200).json()["id"].clone();
    owner.put("/api/settings/jobs.max", json!({"value": "9"})).expect_status(200);
    let withheld = || {
        let rows = owner.get("/api/notifications/deliveries?limit=50").expect_status(200).json();
        let is_ours = |row: &&Value| row["reason"] == "maintenance" && row.to_string().contains("jobs.max");
        rows["deliveries"].as_array().unwrap().iter().filter(is_ours).count()
    };
    wait_until("the change is written down, and why nobody hears of it", Duration::from_secs(40), || withheld() == 1);
    owner.delete(&format!("/api/maintenance-windows/{window}")).expect_status(200);
    owner.put("/api/settings/jobs.max", json!({"value": "8"})).expect_status(200);
    let said = |word: &str| receiver.received().iter().filter(|got| String::from_utf8_lossy(&got.body).contains(word)).count();
    wait_until("the next one is told", Duration::from_secs(40), || said("jobs.max") == 1);
    assert_eq!(withheld(), 1, "what was withheld is not told later");
}

#[test]
fn preview_renders_a_drafted_channel_without_sending() {
    let stage = Stage::start();
    let types = stage.owner.get("/api/notifications/channel-types").expect_status(200).json();
    assert_eq!(types.as_array().unwrap().len(), 15);
    let body = json!({"type": "gotify", "config": {"url": "https://gotify.example.test", "app_token": "drafted-token"}, "template": "{{ .Type | upper }} {{ .Data.username }}"});
    let shown = stage.owner.post("/api/notifications/preview", body).expect_status(200).json();
    assert!(shown["rendered"].as_str().unwrap().contains("LOGIN_FAILED ada"), "{shown}");
    let faulty = stage.owner.post(
        "/api/notifications/preview",
        json!({"type": "ntfy", "config": {"url": "https://x.test", "topic": "t"}, "template": "{{ .A"}),
    );
    assert_eq!((faulty.status, faulty.json()["field"].as_str()), (400, Some("template")), "{}", faulty.text());
}

/// A browser's key pair, and how it reads a body of RFC 8291.
struct Browser {
    private: ring::agreement::EphemeralPrivateKey,
    public: Vec<u8>,
}

struct Length(usize);

impl ring::hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derived(salt: &[u8], material: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    let key = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, salt).extract(material);
    key.expand(&[info], Length(length)).unwrap().fill(&mut out).unwrap();
    out
}

const AUTH: [u8; 16] = [3; 16];

impl Browser {
    fn new() -> Self {
        let private =
            ring::agreement::EphemeralPrivateKey::generate(&ring::agreement::ECDH_P256, &ring::rand::SystemRandom::new()).unwrap();
        let public = private.compute_public_key().unwrap().as_ref().to_vec();
        Self { private, public }
    }

    fn subscription(&self, endpoint: &str) -> Value {
        let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        json!({"endpoint": endpoint, "p256dh_key": encode(&self.public), "auth_key": encode(&AUTH), "user_agent": "test"})
    }

    fn read(self, body: &[u8]) -> Value {
        let (salt, rest) = body.split_at(16);
        let (sender, record) = rest[5..].split_at(65);
        let info = [b"WebPush: info\0".as_slice(), &self.public, sender].concat();
        let peer = ring::agreement::UnparsedPublicKey::new(&ring::agreement::ECDH_P256, sender.to_vec());
        let material = ring::agreement::agree_ephemeral(self.private, &peer, |secret| derived(&AUTH, secret, &info, 32)).unwrap();
        let key = derived(salt, &material, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = derived(salt, &material, b"Content-Encoding: nonce\0", 12);
        let opening = ring::aead::LessSafeKey::new(ring::aead::UnboundKey::new(&ring::aead::AES_128_GCM, &key).unwrap());
        let nonce = ring::aead::Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let mut record = record.to_vec();
        let plain = opening.open_in_place(nonce, ring::aead::Aad::empty(), &mut record).unwrap();
        serde_json::from_slice(&plain[..plain.len() - 1]).unwrap()
    }
}

#[test]
fn push_reaches_a_subscribed_browser_encrypted_and_an_ended_one_is_forgotten() {
    let service = WebhookReceiver::start();
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let key = stage.owner.get("/api/push/vapid-public-key").expect_status(200).json()["public_key"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 87);
    let browser = Browser::new();
    let path = "/api/push/subscribe";
    assert_eq!(stage.owner.post(path, json!({"endpoint": "https://x.test", "p256dh_key": "a", "auth_key": "b"})).status, 400);
    let made = stage.owner.post(path, browser.subscription(&service.url("/push/1")));
    assert_eq!(made.status, 201, "{}", made.text());
    let id = add(&stage, "browsers", "browser_push", &json!({}));
    let result = test(&stage, id);
    assert_eq!((result["success"].as_bool(), result["answer"].as_str()), (Some(true), Some("1 of 1 browsers")), "{result}");
    let request = &service.wait_received(1, Duration::from_secs(5))[0];
    assert_eq!((request.header("content-encoding"), request.header("ttl")), (Some("aes128gcm"), Some("86400")));
    assert!(request.header("authorization").unwrap().ends_with(&format!(", k={key}")), "{:?}", request.headers);
    let payload = browser.read(&request.body);
    assert_eq!((payload["title"].as_str(), payload["body"].as_str()), (Some("argos: config_change"), Some("Test notification from Argos")));

    let other = stage.person("pia", "admin");
    let listed = other.get("/api/push/subscriptions").expect_status(200).json();
    assert_eq!((listed[0]["auth_key"].as_str(), listed[0]["user_agent"].as_str()), (Some(""), Some("test")), "{listed}");
    service.fail_next(1, 410);
    assert_eq!(test(&stage, id)["success"], true);
    assert_eq!(stage.owner.get("/api/push/subscriptions").expect_status(200).json(), json!([]));
    assert_eq!(stage.owner.request("DELETE", path).json(&json!({"endpoint": service.url("/push/1")})).send().status, 404);
    // The pair outlives a restart.
    let again = stage.argos.kill9().restart();
    assert_eq!(again.admin().get("/api/push/vapid-public-key").expect_status(200).json()["public_key"], key.as_str());
}

/// Platform spec 6.5: notification settings of the operations part are a view of broadcast channels.
#[test]
fn notification_settings_have_channels_that_follow_them() {
    let stage = Stage::start();
    let listed = || stage.owner.get("/api/notifications/channels").expect_status(200).json();
    let named = |name: &str| {
        let all = listed();
        all.as_array().into_iter().flatten().find(|c| c["name"] == name).cloned()
    };
    let set = |body: Value| drop(stage.owner.post("/api/settings", body).expect_status(200));
    set(
        json!({"pushoverEnabled": true, "pushoverAppToken": "app-token-of-30-characters-000", "pushoverUserKey": "user-key-of-30-characters-0000",
        "notifications": {"telegram": {"enabled": false, "bot_token": "123:abcdef", "chat_id": "7"}}}),
    );
    let pushover = wait_for("the channel of Pushover", Duration::from_secs(60), || named("ops:pushover"));
    assert_eq!((&pushover["type"], &pushover["enabled"]), (&json!("pushover"), &json!(true)), "{pushover}");
    let telegram = wait_for("the channel of Telegram", Duration::from_secs(60), || named("ops:telegram"));
    assert_eq!(telegram["enabled"], false, "{telegram}");
    assert!(!listed().to_string().contains("app-token-of"), "secrets are not shown");
    set(json!({"pushoverEnabled": false, "notifications": {}}));
    wait_for("what is off is off", Duration::from_secs(60), || {
        let off = named("ops:pushover").is_some_and(|c| c["enabled"] == false);
        (off && named("ops:telegram").is_none()).then_some(())
    });
}
