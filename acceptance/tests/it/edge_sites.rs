//! Edge scenarios H2, H3 and H4: sites in front of real nginx backends, published and changed while they serve.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use argos_peers::{ArgosConfig, Client, Nginx, Response, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(20);

/// A server with a data plane.
pub(crate) struct Edge {
    pub(crate) stage: Stage,
    pub(crate) http: SocketAddr,
}

impl Edge {
    pub(crate) fn start() -> Self {
        Self::on(config())
    }

    pub(crate) fn on(config: ArgosConfig) -> Self {
        let stage = Stage::on(config);
        let http = address(&stage, "edge_http");
        Self { stage, http }
    }

    /// Asks the data plane for a path of a site.
    pub(crate) fn get(&self, domain: &str, path: &str) -> Response {
        let site = self.site(domain);
        let ask = || site.request("GET", path);
        if self.stage.argos.ready()["edge_http"].as_str() == Some(&self.http.to_string()) {
            return ask().send();
        }
        // Caddy closes the connections that reach it while it takes over a document; ours may lose none.
        argos_peers::wait_for("an answer of Caddy", SOON, || ask().try_send().ok())
    }

    /// A client of a site.
    pub(crate) fn site(&self, domain: &str) -> Client {
        Client::new(self.http).with_header("Host", domain)
    }

    /// Publishes a site without TLS in front of these ports.
    pub(crate) fn publish(&self, domain: &str, ports: &[u16]) -> Value {
        let targets: Vec<Value> = ports.iter().map(|p| json!({"host": "127.0.0.1", "port": p})).collect();
        let pool = json!({"name": domain, "targets": targets});
        let reply =
            self.stage.owner.post("/api/hosts", json!({"domain": domain, "tls_mode": "none", "target_group": pool})).expect_status(201);
        assert_eq!(reply.header("x-argos-reconcile"), Some("ok"));
        reply.json()
    }

    pub(crate) fn health(&self, port: u16) -> Value {
        let all = self.stage.owner.get("/api/targets/health").expect_status(200).json();
        all["targets"].as_array().unwrap().iter().find(|t| t["port"] == port).cloned().unwrap_or_default()
    }

    /// Events of a kind, oldest first.
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        let page = self.stage.owner.get("/api/ui/timeline?limit=200").expect_status(200).json();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().filter(|e| e["kind"] == kind).rev().collect()
    }
}

pub(crate) fn config() -> ArgosConfig {
    ArgosConfig::new().env("ARGOS_EDGE_HTTP", "127.0.0.1:0").env("ARGOS_EDGE_HTTPS", "127.0.0.1:0").env("NUT_AUTO_DISCOVER", "false")
}

pub(crate) fn address(stage: &Stage, name: &str) -> SocketAddr {
    stage.argos.ready()[name].as_str().unwrap_or_else(|| panic!("{name} is in the ready line")).parse().unwrap()
}

/// A backend that says its name, what it was asked and who it was told asks.
pub(crate) fn backend(name: &str) -> Nginx {
    Nginx::start(1, |port, _| {
        format!(
            "server {{ listen 127.0.0.1:{port}; default_type text/plain; location = /health {{ return 200 up; }} \
             location / {{ return 200 '{name} $request_uri user=$http_x_auth_user mail=$http_x_auth_email host=$http_host'; }} }}"
        )
    })
}

#[test]
fn site_serves_at_once_and_answers_503_without_an_enabled_target() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    assert_eq!(edge.get("app.test", "/").status, 404, "nobody is published yet");
    let site = edge.publish("app.test", &[nginx.port()]);
    let answer = edge.get("app.test", "/hello?x=1");
    assert_eq!((answer.status, answer.text().starts_with("one /hello?x=1")), (200, true), "{}", answer.text());
    assert_eq!((&site["target_group"]["targets_count"], &site["tls_mode"], &site["rules_count"]), (&json!(1), &json!("none"), &json!(0)));

    let owner = &edge.stage.owner;
    let group = owner.get(&format!("/api/target-groups/{}", site["target_group_id"])).expect_status(200).json();
    let target = &group["targets"][0];
    let toggle = format!("/api/target-groups/{}/targets/{}/toggle", group["id"], target["id"]);
    assert_eq!(owner.post(&toggle, json!({})).expect_status(200).json()["enabled"], false);
    let answer = edge.get("app.test", "/");
    assert_eq!((answer.status, answer.text().trim()), (503, "no backend available"));
    let status = owner.get("/api/caddy/status").expect_status(200).json();
    assert_eq!((&status["ok"], &status["address"], &status["has_http"]), (&json!(true), &json!("embedded"), &json!(true)));
    assert!(status["warnings"][0].as_str().unwrap().contains("app.test"), "{status}");
    owner.post(&toggle, json!({})).expect_status(200);
    assert_eq!(edge.get("app.test", "/").status, 200);

    let toggle = format!("/api/hosts/{}/toggle", site["id"]);
    assert_eq!(owner.post(&toggle, json!({})).expect_status(200).json()["enabled"], false);
    assert_eq!(edge.get("app.test", "/").status, 404, "a disabled site is not served");
    owner.delete(&format!("/api/hosts/{}", site["id"])).expect_status(204);
    owner.delete(&format!("/api/target-groups/{}", group["id"])).expect_status(204);
    assert_eq!(owner.get("/api/hosts").json(), json!([]));
}

#[test]
fn bodies_are_judged_with_the_documented_answers() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let owner = &edge.stage.owner;
    let site = edge.publish("app.test", &[nginx.port()]);
    let pool = json!({"name": "other", "targets": [{"host": "127.0.0.1", "port": 1}]});
    let refused = |body: Value, status: u16, code: &str| assert_error(&owner.post("/api/hosts", body), status, code);
    for (body, field) in [
        (json!({"domain": "nope", "tls_mode": "none", "target_group": pool}), "domain"),
        (json!({"domain": "b.test", "tls_mode": "none"}), "target_group_id"),
        (
            json!({"domain": "b.test", "tls_mode": "none", "target_group_id": site["target_group_id"], "target_group": pool}),
            "target_group_id",
        ),
        (json!({"domain": "b.test", "tls_mode": "none", "target_group_id": 999}), "target_group_id"),
        (json!({"domain": "b.test", "tls_mode": "manual", "target_group": pool}), "tls_mode"),
        (json!({"domain": "b.test", "target_group": pool}), "tls_email"),
        (json!({"domain": "b.test", "tls_email": "a@b.test", "target_group": pool}), "tls_dns_provider"),
        (json!({"domain": "b.test", "tls_mode": "none", "target_group": {"name": "x", "targets": []}}), "target_group"),
    ] {
        assert_eq!(refused(body.clone(), 400, "invalid_field")["field"], field, "{body}");
    }
    let same = json!({"domain": "APP.test", "tls_mode": "none", "target_group_id": site["target_group_id"]});
    refused(same, 409, "already_exists");
    refused(json!({"domain": "b.test", "colour": 1}), 400, "invalid_field");
    let twice = json!({"name": "two", "targets": [{"host": "a", "port": 1}, {"host": "A", "port": 1}]});
    refused(json!({"domain": "b.test", "tls_mode": "none", "target_group": twice}), 409, "already_exists");
    assert_eq!(owner.get("/api/target-groups").json().as_array().unwrap().len(), 1, "a refused site leaves no pool behind");

    let group = format!("/api/target-groups/{}", site["target_group_id"]);
    assert_eq!(assert_error(&owner.delete(&group), 409, "in_use")["error"], "target group in use by 1 hosts");
    assert_error(&owner.get("/api/hosts/999"), 404, "not_found");
    assert_error(&owner.get("/api/hosts/abc"), 400, "invalid_id");
    assert_error(&owner.get("/api/hosts/0"), 400, "invalid_id");
    let put = owner.put(&format!("/api/hosts/{}", site["id"]), json!({"domain": "app.test", "tls_mode": "none"}));
    assert_eq!(assert_error(&put, 400, "invalid_field")["field"], "enabled");
    assert_eq!(edge.get("app.test", "/").status, 200);
}

#[test]
fn weights_share_the_load_and_a_killed_target_is_told_once() {
    let (edge, one) = (Edge::start(), backend("one"));
    weights_share_the_load(&edge, &one);
    assert_eq!(edge.health(one.port())["last_status_code"], 200);
}

/// Scenario H4, with every engine.
pub(crate) fn weights_share_the_load(edge: &Edge, one: &Nginx) {
    const SOON: Duration = Duration::from_secs(40);
    let two = backend("two");
    let pool = json!({
        "name": "both", "health_check_enabled": true, "health_check_path": "/health", "health_check_interval_seconds": 5,
        "health_check_fails_to_unhealthy": 1, "health_check_passes_to_healthy": 1,
        "targets": [{"host": "127.0.0.1", "port": one.port(), "weight": 3}, {"host": "127.0.0.1", "port": two.port()}],
    });
    edge.stage.owner.post("/api/hosts", json!({"domain": "app.test", "tls_mode": "none", "target_group": pool})).expect_status(201);
    wait_until("both are healthy", SOON, || {
        edge.health(one.port())["status"] == "healthy" && edge.health(two.port())["status"] == "healthy"
    });
    let first = (0..400).filter(|_| edge.get("app.test", "/").text().starts_with("one")).count();
    assert!((280..=320).contains(&first), "{first} of 400 went to the heavier one");

    let port = two.port();
    drop(two);
    let down = wait_for("the target is unhealthy", SOON, || Some(edge.health(port)).filter(|h| h["status"] == "unhealthy"));
    assert!(down["last_error"].as_str().is_some_and(|e| !e.is_empty()), "{down}");
    for _ in 0..20 {
        assert_eq!(edge.get("app.test", "/").status, 200, "the other one serves");
    }
    wait_until("the event", SOON, || edge.events("edge.target_unhealthy").len() == 1);
    // It is a problem by itself, without a rule, as long as it lasts.
    let problems = |open: bool| {
        let rule = format!("target_unhealthy:127.0.0.1:{port}");
        let rows = edge.stage.owner.get(&format!("/api/alert-history?rule_id={rule}")).expect_status(200).json();
        rows.as_array().unwrap().iter().filter(|row| row["resolved_at"].is_null() == open).count()
    };
    wait_until("the problem", SOON, || (problems(true), problems(false)) == (1, 0));
    let again = Nginx::start(1, |free, _| {
        format!("server {{ listen 127.0.0.1:{free}; }} server {{ listen 127.0.0.1:{port}; location / {{ return 200 back; }} }}")
    });
    wait_until("the target is healthy", SOON, || edge.health(port)["status"] == "healthy");
    wait_until("the second event", SOON, || edge.events("edge.target_recovered").len() == 1);
    assert_eq!(edge.events("edge.target_unhealthy").len(), 1);
    wait_until("the end of the problem", SOON, || (problems(true), problems(false)) == (0, 1));
    drop(again);
    wait_until("the next problem", SOON, || problems(true) == 1);
    // A backend that is removed is nobody's problem any more.
    let health = edge.health(port);
    let (group, target) = (&health["target_group_id"], &health["target_id"]);
    edge.stage.owner.delete(&format!("/api/target-groups/{group}/targets/{target}")).expect_status(204);
    wait_until("the end of that one too", SOON, || (problems(true), problems(false)) == (0, 2));
}

/// Backends that go and come while requests do: nobody notices as long as one of them is there.
#[test]
fn backends_are_killed_and_revived_under_load() {
    let (edge, steady) = (Edge::start(), backend("one"));
    let port = argos_peers::free_port();
    let pool = json!({
        "name": "both", "health_check_enabled": true, "health_check_path": "/health", "health_check_interval_seconds": 5,
        "health_check_fails_to_unhealthy": 1, "health_check_passes_to_healthy": 1,
        "targets": [{"host": "127.0.0.1", "port": steady.port()}, {"host": "127.0.0.1", "port": port}],
    });
    edge.stage.owner.post("/api/hosts", json!({"domain": "app.test", "tls_mode": "none", "target_group": pool})).expect_status(201);
    let (http, over, answered) = (edge.http, Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
            std::thread::spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    let answer = Client::new(http).with_header("Host", "app.test").get("/");
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let alive = || load.iter().all(|thread| !thread.is_finished());
    for round in 0..3 {
        let revived = Nginx::start(1, |free, _| {
            format!("server {{ listen 127.0.0.1:{free}; }} server {{ listen 127.0.0.1:{port}; location / {{ return 200 back; }} }}")
        });
        wait_until("it takes its share again", SOON, || !alive() || edge.get("app.test", "/").text() == "back");
        assert!(alive(), "a request failed when it came back, round {round}");
        // Ended at once, whatever it is doing.
        drop(revived);
        let so_far = answered.load(Ordering::SeqCst);
        wait_until("requests go on without it", SOON, || !alive() || answered.load(Ordering::SeqCst) > so_far + 20);
        assert!(alive(), "a request failed when it went, round {round}");
    }
    over.store(true, Ordering::SeqCst);
    load.into_iter().for_each(|thread| thread.join().unwrap());
}

/// What was told of a backend is taken back, also by a process that did not see it fail.
#[test]
fn backend_that_recovered_while_nobody_looked_is_shown_healthy() {
    let dir = tempfile::tempdir().unwrap();
    let flag = dir.path().join("down");
    let nginx = Nginx::start(1, |port, _| {
        let at = flag.display();
        format!("server {{ listen 127.0.0.1:{port}; location / {{ if (-f {at}) {{ return 503; }} return 200 up; }} }}")
    });
    let edge = Edge::start();
    let pool = json!({"name": "pool", "health_check_enabled": true, "health_check_interval_seconds": 5, "health_check_fails_to_unhealthy": 1,
        "health_check_passes_to_healthy": 1, "targets": [{"host": "127.0.0.1", "port": nginx.port()}]});
    let body = json!({"domain": "app.test", "tls_mode": "none", "target_group": pool});
    edge.stage.owner.post("/api/hosts", body).expect_status(201);
    std::fs::write(&flag, "").unwrap();
    wait_until("its failure is told", SOON, || edge.events("edge.target_unhealthy").len() == 1);
    let stopped = edge.stage.argos.kill9();
    std::fs::remove_file(&flag).unwrap();
    let stage = Stage::of(stopped.restart());
    let http = address(&stage, "edge_http");
    let edge = Edge { stage, http };
    wait_until("its recovery is told", Duration::from_secs(40), || edge.events("edge.target_recovered").len() == 1);
    let health = edge.stage.owner.get("/api/targets/health").expect_status(200).json();
    assert_eq!(health["targets"][0]["status"], "healthy", "{health}");
}

#[test]
fn killed_server_serves_again_before_anything_else() {
    let nginx = backend("one");
    let port = argos_peers::free_port();
    let edge = Edge::on(config().env("ARGOS_EDGE_HTTP", &format!("127.0.0.1:{port}")));
    edge.publish("app.test", &[nginx.port()]);
    assert_eq!(edge.get("app.test", "/").status, 200);
    let http = edge.http;
    let started = edge.stage.argos.kill9().restart();
    assert_eq!(started.ready()["edge_http"], json!(http.to_string()));
    let answer = Client::new(http).with_header("Host", "app.test").get("/");
    assert_eq!(answer.status, 200, "the first request after the ready line");
}

#[test]
fn taken_port_ends_the_start_with_its_own_code() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = socket.local_addr().unwrap().to_string();
    // Sockets of ours share their port among themselves only.
    let exited = config().env("ARGOS_EDGE_HTTP", &taken).try_start().unwrap_err();
    assert_eq!(exited.code, Some(4), "{exited}");
}

#[test]
fn requests_go_on_while_sites_change() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    edge.publish("app.test", &[nginx.port()]);
    let http = edge.http;
    let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (is_over, count) = (Arc::clone(&over), Arc::clone(&answered));
    let load = std::thread::spawn(move || {
        while !is_over.load(Ordering::SeqCst) {
            assert_eq!(Client::new(http).with_header("Host", "app.test").get("/").status, 200);
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    // So many of each, however long it takes.
    let mut changes = 0;
    while (changes < 8 || answered.load(Ordering::SeqCst) < 40) && !load.is_finished() {
        edge.publish(&format!("h{changes}.test"), &[nginx.port()]);
        changes += 1;
    }
    over.store(true, Ordering::SeqCst);
    load.join().unwrap();
}

#[test]
fn site_with_tls_is_redirected_to_and_served_with_its_own_certificate() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let owner = &edge.stage.owner;
    let pool = json!({"name": "p", "targets": [{"host": "127.0.0.1", "port": nginx.port()}]});
    let body =
        json!({"domain": "safe.test", "tls_mode": "auto", "tls_challenge": "http", "tls_email": "a@safe.test", "target_group": pool});
    owner.post("/api/hosts", body).expect_status(201);
    let plain = edge.get("safe.test", "/a?b=1");
    assert_eq!((plain.status, plain.header("location")), (308, Some("https://safe.test/a?b=1")));
    let https = address(&edge.stage, "edge_https");
    assert!(TcpStream::connect(https).is_ok());
    let resolve = format!("safe.test:{}:127.0.0.1", https.port());
    let url = format!("https://safe.test:{}/over-tls", https.port());
    let out = std::process::Command::new("curl").args(["-sk", "--resolve", &resolve, &url]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).starts_with("one /over-tls"), "{out:?}");
}
