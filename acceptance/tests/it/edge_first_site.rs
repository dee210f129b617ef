//! From an empty directory to a site with a certificate, a WebSocket, a redirect, a limit, sign-in and a banned country: once
//! by the API and once by browser, each looked at from outside by the same client.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use argos_peers::{ArgosConfig, Chromium, CrowdSec, EchoServer, Nginx, Pebble, PebbleConfig, free_port, process, wait_until};
use serde_json::json;

use crate::edge_bans::{KEY, PASSWORD, crowdsec};
use crate::edge_countries::source;
use crate::edge_sites::address;
use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(60);
const DOMAIN: &str = "chat.test";

/// A server with nothing on it, and all that a site needs around it.
struct Scene {
    stage: Stage,
    _pebble: Pebble,
    echo: EchoServer,
    crowdsec: CrowdSec,
    _places: Nginx,
}

impl Scene {
    fn start() -> Self {
        let (http, https) = (free_port(), free_port());
        let pebble = Pebble::start(&PebbleConfig { http_port: http, tls_port: https, ..PebbleConfig::default() });
        let places = source(&[("203.0.113.0/24", "ES", "Spain")]);
        let crowdsec = crowdsec();
        let config = ArgosConfig::new()
            .env("ARGOS_EDGE_HTTP", &format!("127.0.0.1:{http}"))
            .env("ARGOS_EDGE_HTTPS", &format!("127.0.0.1:{https}"))
            .env("ARGOS_ACME_CA_URL", &pebble.directory())
            .env("SSL_CERT_FILE", &pebble.trust_file().display().to_string())
            .env("ARGOS_GEOIP_BASE_URL", &format!("http://127.0.0.1:{}", places.port()))
            .env("ARGOS_PANEL_DOMAIN", "panel.test")
            .env("NUT_AUTO_DISCOVER", "false")
            .arg("--allow-private-targets");
        Self { stage: Stage::on(config), _pebble: pebble, echo: EchoServer::start(), crowdsec, _places: places }
    }

    /// Runs the script of the interface against this server.
    fn script(&self, words: &[&str]) {
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web");
        let node: PathBuf = process::find_program(&["node"], &[]).expect("Node is there");
        let output = Command::new(node)
            .arg("e2e/publish.mjs")
            .args(words)
            .current_dir(web)
            .env("BASE_URL", format!("http://{}", address(&self.stage, "http")))
            .env("ARGOS_USER", "admin")
            .env("ARGOS_PASSWORD", argos_peers::argos::ADMIN_PASSWORD)
            .env("CHROMIUM", Chromium::find().unwrap().path)
            .env("SITE_DOMAIN", DOMAIN)
            .env("SITE_HTTP", address(&self.stage, "edge_http").to_string())
            .env("SITE_HTTPS", address(&self.stage, "edge_https").to_string())
            .env("SITE_BACKEND", format!("127.0.0.1:{}", self.echo.websocket()))
            .env("LAPI_URL", self.crowdsec.url())
            .env("LAPI_KEY", KEY)
            .env("LAPI_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn site_made_by_the_api_answers_as_it_was_asked_to() {
    let scene = Scene::start();
    let owner = &scene.stage.owner;
    let pool = json!({"name": "chat", "targets": [{"host": "127.0.0.1", "port": scene.echo.websocket()}]});
    let body = json!({"domain": DOMAIN, "tls_mode": "auto", "tls_email": "ops@example.org", "tls_challenge": "http", "auth_required": true, "target_group": pool});
    let site = owner.post("/api/hosts", body).expect_status(201).json();
    let rule = json!({"action": {"type": "redirect", "config": {"status_code": 301, "target": "/new", "strip_query": true}},
        "matchers": [{"type": "path", "config": {"patterns": ["/old*"]}}]});
    owner.post(&format!("/api/hosts/{}/rules", site["id"]), rule).expect_status(201);
    let limit = json!({"rate_limit_enabled": true, "rate_limit_requests": 5, "rate_limit_window_seconds": 3600});
    owner.put(&format!("/api/hosts/{}/security", site["id"]), limit).expect_status(200);
    let connection = json!({"enabled": true, "lapi_url": scene.crowdsec.url(), "bouncer_api_key": KEY, "machine_user": "argos", "machine_password": PASSWORD});
    owner.put("/api/crowdsec/connection", connection).expect_status(200);
    owner.post("/api/geoip/refresh", json!({})).expect_status(200);
    owner.post("/api/security/countries/ES/expand", json!({"duration": "24h"})).expect_status(202);
    wait_until("the country is banned", SOON, || owner.get("/api/security/countries").json()[0]["cidr_count"] == 1);
    scene.script(&["check"]);
}

#[test]
fn site_made_by_browser_answers_as_it_was_asked_to() {
    Scene::start().script(&[]);
}
