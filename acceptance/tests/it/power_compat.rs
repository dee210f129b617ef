//! Power scenarios H8, H9 and H11 at the published ports of the power part: who may come in and how often.

use std::net::SocketAddr;
use std::time::Duration;

use argos_peers::raw::status_of;
use argos_peers::{Argos, ArgosConfig, Client, free_port, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(20);
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A server with its published ports; the addresses are those of its ready line.
fn published() -> (Stage, Vec<SocketAddr>) {
    for _ in 0..3 {
        let ports: Vec<String> = (0..3).map(|_| free_port().to_string()).collect();
        let config = ArgosConfig::new().env("API_HOST", "127.0.0.1").env("API_PORT", &ports[0]).env("HEALTH_PORT", &ports[1]);
        if let Ok(argos) = config.env("PROMETHEUS_PORT", &ports[2]).env("API_KEY", KEY).try_start() {
            let all = addresses(&argos);
            assert_eq!(all.iter().map(|a| a.port().to_string()).collect::<Vec<_>>(), ports);
            return (Stage::of(argos), all);
        }
    }
    panic!("no three free ports");
}

fn addresses(argos: &Argos) -> Vec<SocketAddr> {
    argos.ready()["compat"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().parse().unwrap()).collect()
}

fn detail(client: &Client, path: &str, status: u16) -> Value {
    client.get(path).expect_status(status).json()["detail"].clone()
}

/// A request of so many blanks whose length nobody declares.
fn chunked(length: usize) -> Vec<u8> {
    let head = format!("POST /api/devices HTTP/1.1\r\nHost: x\r\nX-Api-Key: {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut request = head.into_bytes();
    for part in vec![b' '; length].chunks(65_536) {
        request.extend(format!("{:x}\r\n", part.len()).into_bytes());
        request.extend(part);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    request
}

#[test]
fn devices_behave_at_the_published_port_as_documented() {
    let (_stage, all) = published();
    let api = Client::new(all[0]).with_header("X-Api-Key", KEY);
    let device = |id: &str| json!({"id": id, "name": id, "type": "ups", "poller": "apcupsd", "host": "127.0.0.1", "port": 9});
    assert_eq!(api.post("/api/devices", device("a")).expect_status(201).json()["port"], 9);
    let again = api.post("/api/devices", device("a")).expect_status(409).json();
    assert_eq!(again["detail"], "Device 'a' already exists. Use PUT to update.");
    api.put("/api/devices/a", json!({"id": "b"})).expect_status(400);
    let twins = api.put("/api/devices", json!([device("c"), device("c")])).expect_status(422).json();
    assert_eq!(twins["detail"][0]["loc"], json!(["body", "1", "id"]), "{twins}");
    api.put("/api/devices", json!({})).expect_status(400);
    let left = api.get("/api/devices").expect_status(200).json();
    assert_eq!(left.as_array().unwrap().iter().map(|d| &d["id"]).collect::<Vec<_>>(), [&json!("a")], "nothing changed");
    let gone = api.delete("/api/devices/a").expect_status(204);
    assert_eq!(gone.text(), "");
    assert_eq!(api.delete("/api/devices/a").expect_status(404).json()["detail"], "Device not found.");
    assert_eq!(api.put("/api/devices", json!([])).expect_status(200).json(), json!([]));
}

#[test]
fn published_ports_answer_existing_clients_and_stay_shut_by_default() {
    let (stage, all) = published();
    let api = Client::new(all[0]);
    assert_eq!(detail(&api, "/api/config", 401), "Missing X-Api-Key header.");
    assert_eq!(detail(&api.clone().with_header("X-Api-Key", "wrong"), "/api/config", 401), "Invalid API key.");
    let known = api.clone().with_header("X-Api-Key", KEY);
    assert_eq!(known.get("/api/config").expect_status(200).json()["poll_interval_minutes"], 5);
    api.clone().with_header("X-Api-Key", "wrong").get("/api/snapshots").expect_status(200);
    assert_eq!(api.get("/api/health").expect_status(200).json()["scheduler_running"], true);
    wait_until("the first cycle", SOON, || api.get("/api/health").json()["last_poll_at"].is_string());
    let told = api.get("/api/health").json();
    assert_eq!((&told["is_polling"], told["next_poll_at"].is_string()), (&json!(false), true), "{told}");
    assert_eq!(detail(&api, "/api/nothing-here", 404), "Not found");

    let health = Client::new(all[1]);
    let said = health.get("/health").expect_status(200).json();
    assert_eq!((&said["status"], &said["scheduler_running"], &said["scheduler_paused"]), (&json!("ok"), &json!(true), &json!(false)));
    for path in ["/", "/api/config", "/api/health", "/metrics", "/health/scheduler"] {
        assert_eq!(health.get(path).status, 404, "{path}");
    }
    let metrics = Client::new(all[2]);
    assert!(metrics.get("/metrics").expect_status(200).text().contains("# TYPE argus_power_watts gauge"));
    metrics.get("/ups_metrics").expect_status(200);
    for path in ["/", "/health", "/api/config"] {
        assert_eq!(metrics.get(path).status, 404, "{path}");
    }
    drop(stage);
    assert_eq!(ArgosConfig::new().start().ready()["compat"], json!([]));
}

#[test]
fn taken_published_port_ends_the_start_with_its_name() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let exited = ArgosConfig::new().env("HEALTH_PORT", &port).try_start().expect_err("the port is taken");
    assert_eq!(exited.code, Some(4), "{exited}");
    assert!(exited.stderr.contains("compat.health_port"), "{exited}");
}

#[test]
fn key_must_have_32_characters() {
    let exited = ArgosConfig::new().env("API_KEY", &KEY[1..]).try_start().expect_err("31 characters are too few");
    assert!(exited.code != Some(0) && exited.stderr.contains("API_KEY"), "{exited}");
    let argos = ArgosConfig::new().env("API_KEY", KEY).start();
    Client::new(argos.address()).with_header("X-Api-Key", KEY).get("/api/config").expect_status(200);
}

#[test]
fn sixty_first_request_of_a_key_waits_and_another_key_does_not() {
    let (stage, all) = published();
    let first = Client::new(all[0]).with_header("X-Api-Key", KEY);
    let made = stage.owner.post("/api/keys", json!({"name": "grafana", "role": "admin"})).expect_status(201).json();
    let second = Client::new(all[0]).with_header("X-Api-Key", made["key"].as_str().unwrap());
    for _ in 0..60 {
        first.get("/api/config").expect_status(200);
    }
    let refused = first.get("/api/config").expect_status(429);
    assert_eq!(refused.header("retry-after"), Some("60"));
    assert_eq!(refused.json()["detail"], "Rate limit exceeded. Try again in 60 seconds.");
    // The limit is judged before the body.
    assert_eq!(first.request("PUT", "/api/config").body("{oops").send().status, 429);
    second.get("/api/config").expect_status(200);
    for _ in 0..70 {
        first.get("/api/snapshots").expect_status(200);
    }
}

#[test]
fn body_over_a_megabyte_is_refused_before_anything_else() {
    let (_stage, all) = published();
    let api = Client::new(all[0]);
    let body = vec![b' '; 1_048_577];
    assert_eq!(api.request("POST", "/api/devices").body(body.clone()).send().status, 413, "without any key");
    let known = api.with_header("X-Api-Key", KEY);
    assert_eq!(known.request("POST", "/api/devices").body(body).send().status, 413);
    assert_eq!(status_of(all[0], &chunked(1_048_577), SOON).unwrap(), Some(413), "without a declared length");
    let mut most = b"{\"id\":\"x\"}".to_vec();
    most.resize(1_048_576, b' ');
    assert_eq!(known.request("POST", "/api/devices").body(most).send().status, 422, "one byte less is read");
}
