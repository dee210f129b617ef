//! Edge scenario H12 with an external Caddy: certificates that Caddy has from Pebble, and uploaded ones as files.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use argos_peers::{Caddy, Client, Pebble, PebbleConfig, free_port, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_caddy::config;
use crate::edge_certificates::{pair, served, upload};
use crate::edge_sites::{Edge, backend};
use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(60);

#[test]
fn certificates_are_issued_by_caddy_or_uploaded_as_files() {
    let (http, https) = (free_port(), free_port());
    let short = Some(12 * 86_400);
    let pebble = Pebble::start(&PebbleConfig { http_port: http, tls_port: https, validity_s: short, ..PebbleConfig::default() });
    let caddy = Caddy::on(http, https, Some(pebble.trust_file().as_path()));
    let config = config(&caddy).env("ARGOS_ACME_CA_URL", &pebble.directory());
    let (edge, nginx) = (Edge { stage: Stage::on(config), http: caddy.http() }, backend("one"));
    let stage = &edge.stage;
    let owner = &stage.owner;
    let target = json!([{"host": "127.0.0.1", "port": nginx.port()}]);
    let body = json!({"domain": "app.test", "tls_mode": "auto", "tls_email": "ops@example.org", "tls_challenge": "http",
        "target_group": {"name": "one", "targets": target}});
    let site = owner.post("/api/hosts", body).expect_status(201).json();
    let shown = |name: &str| {
        let list = owner.get("/api/certs").expect_status(200).json();
        list.as_array().unwrap().iter().find(|c| c["domain"] == name).cloned().unwrap_or(Value::Null)
    };
    assert_eq!(shown("app.test")["host_id"], site["id"], "listed before it is issued");
    let issued = wait_for("Caddy has a certificate", SOON, || Some(shown("app.test")).filter(|c| c["status"] == "warning"));
    assert!(issued["issuer"].as_str().unwrap().contains("Pebble"), "{issued}");
    assert_eq!(served(caddy.https(), "app.test").0, issued["fingerprint_sha256"].as_str().unwrap());

    let plain = Client::new(caddy.http());
    let redirect = plain.request("GET", "/x?y=1").header("Host", "app.test").send();
    assert_eq!((redirect.status, redirect.header("location")), (308, Some("https://app.test/x?y=1")));
    let open = json!({"domain": "open.test", "tls_mode": "none", "target_group_id": site["target_group_id"]});
    owner.post("/api/hosts", open).expect_status(201);
    assert_eq!(plain.request("GET", "/").header("Host", "open.test").send().status, 200);
    assert_eq!((shown("open.test"), served(caddy.https(), "open.test").0), (Value::Null, String::new()));
    let queued = owner.post(&format!("/api/certs/{}/renew", site["id"]), json!({})).expect_status(202).json();
    assert_eq!((&queued["queued"], &queued["domain"]), (&json!(true), &json!("app.test")));

    // Whoever looks next tells that it ends soon, once.
    let told = |edge: &Edge| edge.events("edge.cert_expiring_soon").len();
    let edge = Edge { stage: Stage::of(edge.stage.argos.kill9().restart()), http: caddy.http() };
    wait_until("its end is told", SOON, || told(&edge) == 1);
    // The next one looks too: a second site shows that it did.
    let late = json!({"domain": "late.test", "tls_mode": "auto", "tls_email": "ops@example.org", "tls_challenge": "http",
        "target_group_id": site["target_group_id"]});
    edge.stage.owner.post("/api/hosts", late).expect_status(201);
    wait_until("Caddy has its certificate", SOON, || !served(caddy.https(), "late.test").0.is_empty());
    let edge = Edge { stage: Stage::of(edge.stage.argos.kill9().restart()), http: caddy.http() };
    let told_of = |name: &str| edge.events("edge.cert_expiring_soon").iter().filter(|e| e["data"]["host_domain"] == name).count();
    wait_until("the end of the other one is told", SOON, || told_of("late.test") == 1);
    assert_eq!(told_of("app.test"), 1, "a restart tells nothing twice");
    let (stage, owner) = (&edge.stage, &edge.stage.owner);

    // Uploaded, and replaced by another one under the same names.
    let dir = stage.argos.config().scratch().to_owned();
    let path = format!("/api/manual-certs/{}", site["id"]);
    let put = |days: &str| {
        let (cert, key) = pair(&dir, "app.test", days);
        let done = upload(owner, &path, &[("cert_pem", &cert), ("key_pem", &key)]).expect_status(200).json();
        let fingerprint = done["cert"]["fingerprint_sha256"].as_str().unwrap().to_owned();
        wait_until("it is served", SOON, || served(caddy.https(), "app.test").0 == fingerprint);
        fingerprint
    };
    let (first, second) = (put("90"), put("80"));
    assert_ne!(first, second);
    let file = |end: &str| caddy.certificates().join(format!("{}.{end}", site["id"]));
    let mode = std::fs::metadata(file("key")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640, "the key is for Caddy's group and nobody else");

    std::fs::remove_file(file("crt")).unwrap();
    std::fs::remove_file(file("key")).unwrap();
    let edge = Edge { stage: Stage::of(edge.stage.argos.kill9().restart()), http: caddy.http() };
    let stage = &edge.stage;
    wait_until("the files are back", SOON, || file("crt").is_file() && file("key").is_file());
    wait_until("it is served", SOON, || served(caddy.https(), "app.test").0 == second);
    let owner = &stage.owner;
    owner.delete(&format!("{path}?revert=none")).expect_status(200);
    assert!(!file("crt").exists() && !file("key").exists(), "no key stays behind");
    assert_eq!(plain.request("GET", "/").header("Host", "app.test").send().status, 200, "in clear, as wanted");
    let refused = owner.post(&format!("/api/certs/{}/renew", site["id"]), json!({}));
    assert_error(&refused, 400, "not_auto");
}
