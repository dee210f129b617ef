//! Planted secrets: none of them is found in the database, the data directory, the log, a backup, an export or an answer. Also
//! nodes spec F.1 to F.3.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{ArgosConfig, Client, MediaNode, WebSocket};
use serde_json::{Value, json};

use crate::node_link::{register, wait_status};
use crate::stage::{PASSWORD, Stage};
use crate::table;

const JWT_SECRET: &str = "planted-jwt-signing-secret-0000000000001";
const API_KEY: &str = "planted-power-api-key-000000000000000002";

/// What was planted: where, and its text.
type Planted = Vec<(&'static str, String)>;

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("{member} in {value}")).to_owned()
}

fn settings(owner: &Client, planted: &mut Planted) {
    let keys = [
        ("smtp.password", "planted-smtp-password-03"),
        ("ldap.bind_password", "planted-ldap-bind-password-05"),
        ("mqtt.password", "planted-mqtt-password-06"),
        ("metrics.token", "planted-metrics-token-07"),
        ("oauth.github.client_secret", "planted-github-oauth-secret-09"),
        ("power.snmp.v3_auth_key", "planted-snmp-auth-key-10"),
    ];
    for (key, secret) in keys {
        drop(owner.put(&format!("/api/settings/{key}"), json!({"value": secret})).expect_status(200));
        planted.push((key, secret.to_owned()));
    }
    let secret = "planted-oidc-client-secret-04";
    drop(owner.put("/api/auth/oidc/config", json!({"client_secret": secret})).expect_status(200));
    planted.push(("oidc.client_secret", secret.to_owned()));
    let nested = "planted-nested-client-secret-11";
    let value = json!({"github": {"clientId": "x", "clientSecret": nested}});
    drop(owner.put("/api/settings/social.providers", json!({"value": value})).expect_status(200));
    planted.push(("social.providers", nested.to_owned()));
}

fn channels(owner: &Client, planted: &mut Planted) {
    let gone = argos_peers::free_port();
    let kinds = [
        ("webhook", json!({"url": format!("http://127.0.0.1:{gone}/planted-webhook-path-12"), "secret": "planted-webhook-secret-13"})),
        ("telegram", json!({"bot_token": "123456:planted-telegram-token-14", "chat_id": "1"})),
        (
            "email",
            json!({"smtp_host": "127.0.0.1", "smtp_port": gone, "smtp_username": "u", "smtp_password": "planted-mail-password-15", "from": "a@example.test", "to": "b@example.test"}),
        ),
    ];
    for (kind, config) in kinds {
        let made = owner.post(
            "/api/notifications/channels",
            json!({"name": format!("planted {kind}"), "type": kind, "config": config, "broadcast": false}),
        );
        assert_eq!(made.status, 201, "{kind}: {}", made.text());
        let tested = owner.post(&format!("/api/notifications/channels/{}/test", made.json()["id"]), json!({})).expect_status(200);
        assert_eq!(tested.json()["success"], false, "the receiver is away, so that an error is written");
    }
    planted.extend([
        ("channel webhook", "planted-webhook-secret-13".to_owned()),
        ("channel telegram", "planted-telegram-token-14".to_owned()),
        ("channel email", "planted-mail-password-15".to_owned()),
    ]);
}

fn people(stage: &Stage, planted: &mut Planted) {
    stage.add_user("vera", "viewer");
    let vera = stage.anonymous().with_bearer(&stage.argos.login("vera", PASSWORD));
    planted.push(("a session", vera.bearer().expect("a token").to_owned()));
    let setup = vera.post("/api/auth/totp/setup", json!({})).expect_status(200).json();
    planted.push(("a one-time secret", text(&setup, "secret")));
    for code in setup["recovery_codes"].as_array().expect("codes") {
        planted.push(("a recovery code", code.as_str().expect("a code").to_owned()));
    }
    let key = stage.owner.post("/api/v1/api-keys", json!({"name": "planted", "scopes": ["read"]})).json();
    planted.push(("an API key", text(&key, "key")));
    let hook = stage.owner.post("/api/webhooks", json!({"name": "planted"})).json();
    planted.push(("a hook secret", text(&hook, "secret")));
    let tokens = json!({"username": "vera", "password": PASSWORD, "tokens": true});
    let pair = stage.anonymous().post("/api/v1/auth/login", tokens).expect_status(200).json();
    planted.push(("a refresh token", text(&pair, "refresh_token")));
    planted.push(("a password", PASSWORD.to_owned()));
    planted.push(("the first password", ADMIN_PASSWORD.to_owned()));
    // What is typed wrongly is a secret as well: often the password of something else.
    assert_eq!(stage.anonymous().post("/api/login", json!({"username": "vera", "password": "planted-mistyped-16"})).status, 401);
    planted.push(("a mistyped password", "planted-mistyped-16".to_owned()));
    assert_eq!(stage.anonymous().with_header("X-API-Key", "argus_sk_planted-wrong-key-17").get("/api/me").status, 401);
    planted.push(("a wrong key", "planted-wrong-key-17".to_owned()));
    drop(stage.anonymous().get("/api/stream?token=planted-query-token-18"));
    planted.push(("a token in a query", "planted-query-token-18".to_owned()));
}

/// Nodes that are connected with secrets of every kind, told a tunnel, and given a new secret.
struct Nodes {
    edge: MediaNode,
    _far: MediaNode,
    _relay: MediaNode,
    id: String,
    tunnel: String,
}

fn nodes(stage: &Stage, planted: &mut Planted) -> Nodes {
    let owner = &stage.owner;
    let [edge, far, relay] = [("edge", "edge"), ("far", "edge"), ("relay", "relay")].map(|(name, kind)| register(owner, name, kind));
    let address = stage.argos.address();
    let (near, other, way) = (MediaNode::edge(address, &edge.1), MediaNode::edge(address, &far.1), MediaNode::relay(address, &relay.1));
    let passphrase = "planted-srt-passphrase-19";
    near.set_config(
        "inputs",
        json!([{ "id": "i", "name": "I", "type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000", "passphrase": passphrase }]),
    );
    near.set_config("flows", json!([{ "id": "f", "name": "F", "input_ids": ["i"], "output_ids": [] }]));
    for id in [&edge.0, &far.0, &relay.0] {
        wait_status(owner, id, "online");
    }
    planted.extend([("a registration token", register(owner, "waits", "edge").1), ("a used registration token", edge.1)]);
    planted.extend([("a node secret", near.secret_on_disk().expect("a secret")), ("a passphrase", passphrase.to_owned())]);
    planted.push(("the token of a relay", "relay-api-token".to_owned()));
    let tunnel = owner.post(
        "/api/v1/tunnels",
        json!({ "name": "planted", "protocol": "udp", "mode": "relay", "ingress_node_id": edge.0, "ingress_listen_port": 9700,
            "egress_node_id": far.0, "egress_forward_addr": "127.0.0.1:9100", "relay_addr": "127.0.0.1:4433", "relay_node_id": relay.0 }),
    );
    let tunnel = text(&tunnel.expect_status(200).json(), "id");
    let told = near.config()["tunnels"][0].clone();
    planted.extend([("a tunnel key", text(&told, "tunnel_encryption_key")), ("a bind secret", text(&told, "tunnel_bind_secret"))]);
    let tokens = way.authorized()[&tunnel].clone();
    planted.extend(["ingress_token", "egress_token"].map(|name| ("a bind token", text(&tokens, name))));
    let path = format!("/api/v1/nodes/{}", edge.0);
    let config = owner.get(&format!("{path}/config?refresh=true")).expect_status(200).json();
    drop(owner.put(&format!("{path}/config"), config).expect_status(200));
    // A command that fails is written down with what it was about.
    let output = json!({ "id": "o", "name": "O", "type": "rtmp", "dest_url": "rtmp://live.example.test/app", "stream_key": "planted-stream-key-20" });
    let refused = json!({ "action": { "type": "add_output", "flow_id": "none", "output": output } });
    assert_eq!(owner.post(&format!("{path}/command"), refused).status, 422);
    planted.push(("a stream key", "planted-stream-key-20".to_owned()));
    drop(owner.post(&format!("{path}/rotate-secret"), json!({})).expect_status(200));
    planted.push(("a new node secret", near.secret_on_disk().expect("a secret")));
    let mut stranger = WebSocket::open(address, "/ws/node", &[]).expect("a socket");
    let proof = json!({ "type": "auth", "payload": { "node_id": edge.0, "node_secret": "planted-wrong-node-secret-21" } });
    stranger.send(&proof.to_string()).expect("it is open");
    assert!(stranger.text(Duration::from_secs(60)).contains("auth_error"));
    planted.push(("a wrong node secret", "planted-wrong-node-secret-21".to_owned()));
    Nodes { edge: near, _far: other, _relay: way, id: edge.0, tunnel }
}

fn plant(stage: &Stage) -> (Planted, Nodes) {
    let mut planted = vec![("ARGOS_JWT_SECRET", JWT_SECRET.to_owned()), ("ARGOS_API_KEY", API_KEY.to_owned())];
    settings(&stage.owner, &mut planted);
    channels(&stage.owner, &mut planted);
    people(stage, &mut planted);
    let nodes = nodes(stage, &mut planted);
    (planted, nodes)
}

fn house() -> Stage {
    Stage::on(
        ArgosConfig::new()
            .arg("--allow-private-targets")
            .env("ARGOS_HTTP_RATE_LIMITING", "false")
            .env("ARGOS_JWT_SECRET", JWT_SECRET)
            .env("ARGOS_API_KEY", API_KEY)
            .env("ARGOS_LOG_LEVEL", "debug")
            .env("ARGOS_POWER_ALERT_ALLOW_INSECURE", "true"),
    )
}

fn found_in(planted: &Planted, place: &str, bytes: &[u8]) -> Vec<String> {
    let holds = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    planted.iter().filter(|(_, secret)| holds(secret)).map(|(name, _)| format!("{name} in {place}")).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                _ => found.push(entry.path()),
            }
        }
    }
    found
}

#[test]
fn planted_secrets_are_in_no_file_and_in_no_line_of_the_log() {
    let stage = house();
    let (planted, nodes) = plant(&stage);
    assert!(planted.len() > 35, "{}", planted.len());
    drop(stage.owner.post("/api/backups", json!({})));
    let (log, dir) = (stage.argos.log(), stage.argos.data_dir().to_owned());
    let stopped = stage.argos.stop();
    drop(nodes);
    let mut leaks = found_in(&planted, "the log", log.as_bytes());
    let mut looked_at = 0;
    for path in files(&dir) {
        looked_at += 1;
        let packed = path.extension().is_some_and(|e| e == "gz");
        let bytes = if packed {
            Command::new("gzip").arg("-dc").arg(&path).output().expect("gzip").stdout
        } else {
            std::fs::read(&path).expect("a readable file")
        };
        leaks.extend(found_in(&planted, &path.display().to_string(), &bytes));
    }
    assert!(looked_at > 0 && leaks.is_empty(), "{}", leaks.join("\n"));
    drop(stopped);
}

#[test]
fn planted_secrets_are_in_no_answer_and_no_export() {
    let stage = house();
    let (planted, nodes) = plant(&stage);
    let document = stage.owner.get("/openapi.json").expect_status(200).json();
    let rows: Vec<table::Access> = table::all()
        .into_iter()
        .filter(|row| row.method == "GET" && !row.path.contains("stream") && document["paths"][&row.path].get("get").is_some())
        .filter(|row| row.takes("session") || row.takes("public"))
        .collect();
    assert!(rows.len() > 100, "only {} routes are read", rows.len());
    let mut leaks: Vec<String> = table::probe_all(&rows, |_, row| {
        let answer = stage.owner.request("GET", &table::concrete(&row.path)).send();
        found_in(&planted, &format!("GET {}", row.path), answer.text().as_bytes())
    })
    .into_iter()
    .flatten()
    .collect();
    let node = |path: &str| format!("/api/v1/nodes/{}{path}", nodes.id);
    let mut of_nodes: Vec<String> = ["", "/config", "/config/history", "/flows", "/stats", "/tunnels"].map(node).to_vec();
    of_nodes.extend(["/api/v1/export?include_events=true&include_audit=true".to_owned(), format!("/api/v1/tunnels/{}", nodes.tunnel)]);
    of_nodes.extend(["/api/v1/nodes/endpoints", "/api/v1/events", "/api/audit?limit=200", "/api/v1/topology"].map(str::to_owned));
    for path in of_nodes {
        leaks.extend(found_in(&planted, &path, stage.owner.get(&path).expect_status(200).text().as_bytes()));
    }
    assert!(nodes.edge.is_connected(), "its routes were asked");
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    let exported = stage.argos.config().cli(&["config", "export"]);
    let effective = stage.argos.config().cli(&["config", "effective"]);
    for (place, output) in [("config export", exported), ("config effective", effective)] {
        assert!(output.status.success(), "{place}");
        let leaks = found_in(&planted, place, &[output.stdout, output.stderr].concat());
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }
}
