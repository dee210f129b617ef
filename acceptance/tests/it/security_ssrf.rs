//! The server asks no address that an outsider could only reach through it: loopback, link-local, metadata, in every
//! spelling, directly and by a redirect.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argos_peers::{ArgosConfig, Client, WebhookReceiver};
use serde_json::{Value, json};

use crate::stage::Stage;

/// Spellings of this machine and of addresses that no class may reach; `{}` is a port.
const SPELLINGS: [&str; 14] = [
    "http://127.0.0.1:{}",
    "http://localhost:{}",
    "http://localhost.:{}",
    "http://127.1:{}",
    "http://2130706433:{}",
    "http://0x7f000001:{}",
    "http://0177.0.0.1:{}",
    "http://0.0.0.0:{}",
    "http://[::1]:{}",
    "http://[::ffff:127.0.0.1]:{}",
    "http://[::ffff:7f00:1]:{}",
    "http://169.254.169.254",
    "http://[fd00:ec2::254]",
    "http://metadata.google.internal",
];

pub(crate) fn port_of(receiver: &WebhookReceiver) -> String {
    receiver.url("").rsplit(':').next().expect("a port").to_owned()
}

/// What the test of a channel with this address says.
pub(crate) fn tried(owner: &Client, kind: &str, config: &Value) -> Value {
    let made = owner.post("/api/notifications/channels", json!({"name": "probe", "type": kind, "config": config, "broadcast": false}));
    if made.status == 400 || made.status == 422 {
        return json!({"success": false, "error_message": made.text()});
    }
    assert_eq!(made.status, 201, "{}", made.text());
    let path = format!("/api/notifications/channels/{}", made.json()["id"]);
    let said = owner.post(&format!("{path}/test"), json!({})).expect_status(200).json();
    drop(owner.delete(&path));
    said
}

#[test]
fn channel_to_this_machine_or_a_metadata_address_is_refused_in_every_spelling() {
    let target = WebhookReceiver::start();
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").env("ARGOS_POWER_ALERT_ALLOW_INSECURE", "true"));
    for spelling in SPELLINGS {
        let url = format!("{}/hook", spelling.replace("{}", &port_of(&target)));
        let said = tried(&stage.owner, "webhook", &json!({"url": url}));
        assert_eq!(said["success"], false, "{url}: {said}");
    }
    assert!(target.received().is_empty(), "{:?}", target.received());
}

#[test]
fn provider_address_on_this_machine_is_refused_in_every_setting() {
    let target = WebhookReceiver::start();
    let stage = Stage::start();
    for spelling in SPELLINGS {
        let url = spelling.replace("{}", &port_of(&target));
        let said = stage.owner.post("/api/auth/oidc/test", json!({"issuer_url": url}));
        assert!(matches!(said.status, 400 | 502), "{url}: {} {}", said.status, said.text());
    }
    let own = format!("http://127.0.0.1:{}", port_of(&target));
    drop(stage.owner.put("/api/settings/auth.jwt_issuers", json!({"value": [own]})).expect_status(200));
    let token =
        "eyJhbGciOiJFUzI1NiJ9.".to_owned() + &data_encoding::BASE64URL_NOPAD.encode(json!({"iss": own}).to_string().as_bytes()) + ".AAAA";
    assert_eq!(stage.anonymous().with_bearer(&token).get("/api/auth/me").status, 401);
    let named = json!({
        "issuer_url": own, "client_id": "x", "client_secret": "y", "enabled": true, "authorization_endpoint": format!("{own}/a"),
        "token_endpoint": format!("{own}/t"), "jwks_uri": format!("{own}/k"),
    });
    drop(stage.owner.put("/api/auth/oidc/config", named).expect_status(200));
    let left = stage.anonymous().get("/api/auth/oidc/login?rd=/").expect_status(302);
    let mark = left.cookie("argos_sign_on").expect("a mark");
    let state = left.header("location").and_then(|to| to.split("state=").nth(1)?.split('&').next().map(str::to_owned)).expect("a state");
    let back = stage.anonymous().with_header("Cookie", &format!("argos_sign_on={mark}"));
    assert_eq!(back.get(&format!("/api/auth/oidc/callback?code=c&state={state}")).header("location"), Some("/login?oidc_error=callback"));
    drop(stage.owner.put("/api/settings/ldap.url", json!({"value": format!("ldap://127.0.0.1:{}", port_of(&target))})).expect_status(200));
    assert_eq!(stage.anonymous().post("/api/login", json!({"username": "nobody", "password": "x"})).status, 401);
    assert!(target.received().is_empty(), "{:?}", target.received());
}

/// Answers every request with a redirect; counts them.
pub(crate) fn redirecting(to: String) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&count);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0_u8; 4096];
            drop(stream.read(&mut head));
            seen.fetch_add(1, Ordering::SeqCst);
            let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    (port, count)
}

#[test]
fn redirect_to_an_address_that_is_not_allowed_is_not_followed() {
    let target = WebhookReceiver::start();
    for to in [target.url("/secret"), format!("http://localhost:{}/secret", port_of(&target)), "http://169.254.169.254/latest".to_owned()] {
        let (port, asked) = redirecting(to.clone());
        let stage = Stage::on(
            ArgosConfig::new()
                .env("ARGOS_NET_OUTBOUND_ALLOW", &format!("127.0.0.1:{port}"))
                .env("ARGOS_POWER_ALERT_ALLOW_INSECURE", "true"),
        );
        let said = stage.owner.post("/api/auth/oidc/test", json!({"issuer_url": format!("http://127.0.0.1:{port}")}));
        assert_eq!(said.status, 502, "{to}: {}", said.text());
        assert!(asked.load(Ordering::SeqCst) > 0, "the allowed address was asked");
        let said = tried(&stage.owner, "webhook", &json!({"url": format!("http://127.0.0.1:{port}/hook")}));
        assert_eq!(said["success"], false, "{to}: {said}");
    }
    assert!(target.received().is_empty(), "{:?}", target.received());
}
