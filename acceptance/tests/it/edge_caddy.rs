//! Edge scenarios H2, H3, H4, H7, H8 and H22 with a real external Caddy, a stock build: what its plugins would do is said
//! to be missing.

use std::net::SocketAddr;
use std::time::Duration;

use argos_peers::{ArgosConfig, Caddy, Client, free_port, wait_until};
use serde_json::{Value, json};

use crate::edge_protection::{protect, protected_site_asks_for_a_session, site_of_the_local_network};
use crate::edge_rules::rules_decide_in_their_order;
use crate::edge_sites::{Edge, backend, weights_share_the_load};
use crate::stage::{Stage, sql};

const SOON: Duration = Duration::from_secs(40);

/// A server that drives Caddy. Caddy reaches it, so its port is known.
pub(crate) fn config(caddy: &Caddy) -> ArgosConfig {
    let listen = format!("127.0.0.1:{}", free_port());
    let config = ArgosConfig::new().listen(&listen).env("ARGOS_PANEL_UPSTREAM", &listen).env("NUT_AUTO_DISCOVER", "false");
    caddy.environment().iter().fold(config, |config, (name, value)| config.env(name, value))
}

/// A server and the Caddy it drives.
pub(crate) struct Scene {
    pub(crate) edge: Edge,
    caddy: Caddy,
}

impl Scene {
    pub(crate) fn start() -> Self {
        let caddy = Caddy::start();
        let stage = Stage::on(config(&caddy));
        Self { edge: Edge { stage, http: caddy.http() }, caddy }
    }

    pub(crate) fn status(&self) -> Value {
        self.edge.stage.owner.get("/api/caddy/status").expect_status(200).json()
    }

    /// The document that Caddy runs.
    fn running(&self) -> Value {
        running(self.caddy.admin())
    }
}

fn running(admin: SocketAddr) -> Value {
    Client::new(admin).get("/config/").expect_status(200).json()
}

#[test]
fn site_is_pushed_at_once_and_answers_503_without_an_enabled_target() {
    let scene = Scene::start();
    let (edge, nginx) = (&scene.edge, backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let answer = edge.get("app.test", "/hello?x=1");
    assert_eq!((answer.status, answer.text().starts_with("one /hello?x=1")), (200, true), "{}", answer.text());
    let forged = edge.site("app.test").with_header("X-Auth-User", "root").with_header("Cookie", "a=1; argos_session=x; b=2").get("/");
    assert!(forged.text().contains("user= "), "identity headers of clients never reach a backend: {}", forged.text());

    let status = scene.status();
    assert_eq!(
        (&status["ok"], &status["engine"], &status["has_http"], &status["sites"]),
        (&json!(true), &json!("caddy"), &json!(true), &json!(1))
    );
    assert_eq!(status["address"], format!("http://{}", scene.caddy.admin()));
    let owner = &edge.stage.owner;
    let group = owner.get(&format!("/api/target-groups/{}", site["target_group_id"])).expect_status(200).json();
    let toggle = format!("/api/target-groups/{}/targets/{}/toggle", group["id"], group["targets"][0]["id"]);
    owner.post(&toggle, json!({})).expect_status(200);
    let answer = edge.get("app.test", "/");
    assert_eq!((answer.status, answer.text().trim()), (503, "no backend available"));
    assert!(scene.status()["warnings"][0].as_str().unwrap().contains("app.test"), "{}", scene.status());
    owner.post(&toggle, json!({})).expect_status(200);
    assert_eq!(edge.get("app.test", "/").status, 200);
    let toggle = format!("/api/hosts/{}/toggle", site["id"]);
    owner.post(&toggle, json!({})).expect_status(200);
    assert_eq!(edge.get("app.test", "/").status, 404, "a disabled site is not served");
}

#[test]
fn rules_mean_the_same_with_caddy() {
    rules_decide_in_their_order(&Scene::start().edge);
}

#[test]
fn site_of_the_local_network_turns_others_away_with_caddy() {
    site_of_the_local_network(&Scene::start().edge);
}

#[test]
fn protected_site_asks_for_a_session_with_caddy() {
    let caddy = Caddy::start();
    let stage = Stage::on(config(&caddy).env("ARGOS_PANEL_DOMAIN", "panel.test"));
    protected_site_asks_for_a_session(&Edge { stage, http: caddy.http() });
}

#[test]
fn weights_share_the_load_and_a_killed_target_is_told_once_with_caddy() {
    weights_share_the_load(&Scene::start().edge, &backend("one"));
}

/// Whether a site answers; nobody listens for a moment after a start.
fn serves(edge: &Edge, domain: &str) -> bool {
    let client = edge.site(domain);
    client.request("GET", "/").try_send().is_ok_and(|answer| answer.text().starts_with("one"))
}

#[test]
fn caddy_that_was_killed_is_given_its_sites_again() {
    let mut scene = Scene::start();
    let nginx = backend("one");
    scene.edge.publish("app.test", &[nginx.port()]);
    let before = scene.running();
    scene.caddy.kill();
    wait_until("the status says that it is away", SOON, || {
        scene.status()["error"].as_str().is_some_and(|e| e.starts_with("Caddy does not answer"))
    });
    wait_until("it is told", Duration::from_secs(90), || scene.edge.events("system.health_degraded").len() == 1);
    let owner = &scene.edge.stage.owner;
    let pool = json!({"name": "late", "targets": [{"host": "127.0.0.1", "port": nginx.port()}]});
    let reply = owner.post("/api/hosts", json!({"domain": "late.test", "tls_mode": "none", "target_group": pool})).expect_status(201);
    assert_eq!(reply.header("x-argos-reconcile"), Some("failed"), "the write succeeds all the same");
    let provider = owner.put("/api/dns-providers/exec", json!({"enabled": true, "credentials": {"program": "x"}})).expect_status(200);
    let told = provider.json();
    assert_eq!((provider.header("x-argos-reconcile"), &told["saved"]), (Some("failed"), &json!(true)), "{told}");
    assert!(told["reconcile_error"].as_str().is_some_and(|why| !why.is_empty()), "{told}");
    // Scenario H16: a mode that Caddy did not take is none.
    let mode = || owner.get("/api/appsec/status").expect_status(200).json()["mode"].clone();
    let switch = |mode: &str| owner.request("PATCH", "/api/appsec/mode").json(&json!({"mode": mode})).send();
    let refused = switch("block");
    assert_eq!((refused.status, mode()), (500, json!("detect")), "{}", refused.text());
    scene.caddy.resume();
    wait_until("the sites are back", SOON, || serves(&scene.edge, "app.test"));
    wait_until("with what was changed meanwhile", SOON, || serves(&scene.edge, "late.test"));
    // The sites answer before the whole document was compared.
    wait_until("the status says so", SOON, || scene.status()["ok"] == true);
    wait_until("its end is told", Duration::from_secs(90), || scene.edge.events("system.health_restored").len() == 1);
    assert_eq!(before["admin"], scene.running()["admin"]);
    let switched = switch("block").expect_status(200).json();
    assert_eq!((&switched["previous"], &switched["mode"], mode()), (&json!("detect"), &json!("block"), json!("block")));

    // Somebody else's document goes, also while Caddy runs on.
    let foreign = json!({"admin": {"listen": scene.caddy.admin().to_string()}});
    Client::new(scene.caddy.admin()).post("/load", foreign).expect_status(200);
    wait_until("the sites are back again", Duration::from_secs(60), || serves(&scene.edge, "app.test"));
}

#[test]
fn server_that_was_killed_finds_its_document_and_loads_nothing() {
    let caddy = Caddy::start();
    let edge = Edge { stage: Stage::on(config(&caddy)), http: caddy.http() };
    let nginx = backend("one");
    edge.publish("app.test", &[nginx.port()]);
    let before = running(caddy.admin());
    let stopped = edge.stage.argos.kill9();
    assert_eq!(Client::new(edge.http).with_header("Host", "app.test").get("/").status, 200, "Caddy serves without Argos");
    let stage = Stage::of(stopped.restart());
    assert_eq!(running(caddy.admin()), before, "the same state makes the same document");
    let status = stage.owner.get("/api/caddy/status").expect_status(200).json();
    assert_eq!((&status["ok"], &status["sites"]), (&json!(true), &json!(1)), "{status}");
}

#[test]
fn protection_that_this_build_lacks_is_named_and_the_site_serves() {
    let scene = Scene::start();
    let (edge, nginx) = (&scene.edge, backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let body = json!({"waf_enabled": true, "waf_mode": "block", "rate_limit_enabled": true, "rate_limit_requests": 5, "rate_limit_window_seconds": 60});
    protect(edge, &site, body);
    let status = scene.status();
    assert_eq!(status["missing_modules"], json!(["http.handlers.rate_limit", "http.handlers.waf"]), "{status}");
    let warnings: Vec<&str> = status["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for what in ["app.test: its rate limit does not act", "app.test: its firewall inspects nothing"] {
        assert!(warnings.iter().any(|w| w.starts_with(what)), "{status}");
    }
    assert_eq!((&status["ok"], edge.get("app.test", "/").status), (&json!(true), 200));

    // Anything else that Caddy refuses changes nothing.
    let before = scene.running();
    edge.stage.owner.put("/api/settings/proxy.trusted_ranges", json!({"value": "10.0.0.0/8"})).expect_status(200);
    wait_until("a setting acts", SOON, || scene.running() != before);
    assert_eq!(edge.get("app.test", "/").status, 200);
}

#[test]
fn preview_names_what_a_switch_changes_and_shows_no_credentials() {
    let caddy = Caddy::start();
    let environment = caddy.environment();
    let config = environment.iter().fold(ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false"), |c, (name, value)| c.env(name, value));
    let ports = ("127.0.0.1:0", "127.0.0.1:0");
    let stage = Stage::on(
        config
            .env("ARGOS_EDGE_ENGINE", "embedded")
            .env("ARGOS_ACME_CA_URL", "https://127.0.0.1:1/dir")
            .env("ARGOS_EDGE_HTTP", ports.0)
            .env("ARGOS_EDGE_HTTPS", ports.1),
    );
    let (owner, nginx) = (&stage.owner, backend("one"));
    let pool = json!({"name": "one", "slow_start_seconds": 9, "targets": [{"host": "127.0.0.1", "port": nginx.port()}]});
    let provider = json!({"enabled": true, "credentials": {"api_token": "top-secret-token"}});
    owner.put("/api/dns-providers/cloudflare", provider).expect_status(200);
    let body = json!({"domain": "app.test", "tls_mode": "auto", "tls_email": "ops@example.org", "target_group": pool});
    owner.post("/api/hosts", body).expect_status(201);
    let shown = owner.get("/api/ui/edge/engine").expect_status(200);
    assert!(!shown.text().contains("top-secret-token") && shown.text().contains("__REDACTED__"), "{}", shown.text());
    let shown = shown.json();
    assert_eq!((&shown["engine"], &shown["error"]), (&json!("embedded"), &Value::Null));
    assert!(shown["warnings"][0].as_str().unwrap().contains("slow start"), "{shown}");
    let changes = shown["changes"].as_array().unwrap();
    assert!(changes.iter().any(|c| c["path"] == "/apps" && c["kind"] == "added"), "{shown}");
    assert_eq!(running(caddy.admin()).get("apps"), None, "a look changes nothing");
    assert_eq!(stage.person("vera", "viewer").get("/api/ui/edge/engine").status, 200);
}

#[test]
fn rules_of_the_core_set_are_listed_from_their_directory() {
    let dir = tempfile::tempdir().unwrap();
    let found = argos_peers::packages::unpack("OWASP core rules", "modsecurity-crs", dir.path(), || {
        Some(dir.path().join("usr/share/modsecurity-crs/rules")).filter(|rules| rules.is_dir())
    });
    let rules = found.unwrap_or_else(|error| panic!("{error}"));
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_CRS_RULES_DIR", &rules.display().to_string()).env("NUT_AUTO_DISCOVER", "false"));
    let list = stage.owner.get("/api/crs/rules").expect_status(200).json();
    let list = list.as_array().unwrap();
    let sql = list.iter().find(|r| r["id"] == 942_100).unwrap();
    assert_eq!((&sql["category"], &sql["paranoia"]), (&json!("application-attack-sqli"), &json!(1)));
    assert!(sql["description"].as_str().unwrap().contains("libinjection"), "{sql}");
    assert!(list.len() > 150 && list.iter().all(|r| !(900_000..910_000).contains(&r["id"].as_i64().unwrap())), "{}", list.len());
    assert!(list.iter().any(|r| r["paranoia"] == 3), "levels are read");
}

#[test]
fn delivery_and_texts_of_a_site_reach_caddy_as_they_are() {
    let scene = Scene::start();
    let (edge, nginx) = (&scene.edge, backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let add = |config: Value, path: &str| {
        let action = json!({"type": "fixed_response", "config": config});
        let matchers = json!([{"type": "path_exact", "config": {"values": [path]}}]);
        owner.post(&format!("/api/hosts/{}/rules", site["id"]), json!({"action": action, "matchers": matchers})).expect_status(201);
    };
    add(json!({"status_code": 200, "body": "{\"home\":\"{env.HOME}\",\"a\":\"\\\\{b}\"}", "content_type": "application/json"}), "/json");
    let answer = edge.get("app.test", "/json");
    assert_eq!(
        (answer.text().as_str(), answer.header("content-type")),
        ("{\"home\":\"{env.HOME}\",\"a\":\"\\\\{b}\"}", Some("application/json"))
    );

    let page = json!({"status": 502, "content_type": "text/html", "body": "<h1>gone {http.request.host}</h1>"});
    owner
        .put(
            &format!("/api/hosts/{}/delivery", site["id"]),
            json!({"compression": true, "request_body_bytes_max": 1000, "error_pages": [page]}),
        )
        .expect_status(200);
    drop(nginx);
    let broken = edge.get("app.test", "/");
    assert_eq!((broken.status, broken.text().as_str()), (502, "<h1>gone {http.request.host}</h1>"));
}

#[test]
fn panel_behind_caddy_is_a_site_from_the_first_start_on() {
    let caddy = Caddy::start();
    let config = config(&caddy).env("ARGOS_PANEL_MODE", "behind_caddy").env("ARGOS_PANEL_DOMAIN", "panel.test");
    let stage = Stage::on(config);
    let sites = |stage: &Stage| stage.owner.get("/api/hosts").expect_status(200).json();
    let site = sites(&stage)[0].clone();
    assert_eq!(
        (&site["domain"], &site["tls_mode"], &site["tls_challenge"]),
        (&json!("panel.test"), &json!("auto"), &json!("http")),
        "{site}"
    );
    let pool = stage.owner.get(&format!("/api/target-groups/{}", site["target_group_id"])).expect_status(200).json();
    let listen = stage.argos.address();
    assert_eq!((&pool["name"], &pool["targets"][0]["port"]), (&json!("argos-panel-internal"), &json!(listen.port())), "{pool}");
    // In clear until there is a certificate; then it is Argos that answers, and signing in works as people do it.
    let plain = json!({"domain": "panel.test", "tls_mode": "none", "enabled": true});
    stage.owner.put(&format!("/api/hosts/{}", site["id"]), plain).expect_status(200);
    let panel = Client::new(caddy.http()).with_header("Host", "panel.test").with_header("Origin", "http://panel.test");
    wait_until("Argos answers", SOON, || panel.request("GET", "/healthz").try_send().is_ok_and(|answer| answer.text() == "ok"));
    let body = json!({"username": "admin", "password": argos_peers::argos::ADMIN_PASSWORD});
    let signed_in = panel.request("POST", "/api/auth/login").json(&body).send();
    assert!(signed_in.status == 200 && signed_in.header("set-cookie").is_some(), "{} {}", signed_in.status, signed_in.text());
    // Whoever deletes it but its pool is not given it again.
    stage.owner.delete(&format!("/api/hosts/{}", site["id"])).expect_status(204);
    let stage = Stage::of(stage.argos.kill9().restart());
    assert_eq!(sites(&stage), json!([]));
}

#[test]
fn firewall_that_only_watched_for_a_week_is_told_of_once_a_day() {
    let Scene { edge, caddy: _caddy } = Scene::start();
    let nginx = backend("one");
    let forgotten = edge.publish("old.test", &[nginx.port()]);
    let (fresh, blocking) = (edge.publish("new.test", &[nginx.port()]), edge.publish("block.test", &[nginx.port()]));
    for (site, mode) in [(&forgotten, "detect"), (&fresh, "detect"), (&blocking, "block")] {
        protect(&edge, site, json!({"waf_enabled": true, "waf_mode": mode}));
    }
    // What the worker goes by is when the protection was changed last.
    let eight_days_us = 8 * 86_400 * 1_000_000_i64;
    let age = format!("update edge_host_security set updated_at = updated_at - {eight_days_us} where host_id <> {}", fresh["id"]);
    let stopped = edge.stage.argos.stop();
    sql(&stopped.config, &age);
    let edge = Edge { stage: Stage::of(stopped.restart()), http: edge.http };
    let told = || edge.events("edge.waf_detect_mode_reminder");
    wait_until("it is told of", SOON, || !told().is_empty());
    let data = |event: &Value| (event["data"]["host_domain"].clone(), event["data"]["days"].clone());
    assert_eq!(told().iter().map(data).collect::<Vec<_>>(), [(json!("old.test"), json!(8))]);

    // The next start looks again: of another site that is forgotten by then, and not of this one.
    let Edge { stage, http } = edge;
    let stopped = stage.argos.stop();
    sql(
        &stopped.config,
        &format!("update edge_host_security set updated_at = updated_at - {eight_days_us} where host_id = {}", fresh["id"]),
    );
    let edge = Edge { stage: Stage::of(stopped.restart()), http };
    wait_until("the other one is told of", SOON, || edge.events("edge.waf_detect_mode_reminder").len() == 2);
    let told = edge.events("edge.waf_detect_mode_reminder");
    assert_eq!(told.iter().map(|event| event["data"]["host_domain"].clone()).collect::<Vec<_>>(), [json!("old.test"), json!("new.test")]);
}
