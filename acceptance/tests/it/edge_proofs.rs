//! Certificates where it takes more than one: authorities that want an account of their own, processes that order for
//! others that serve, backends with certificates of theirs.

use std::net::SocketAddr;

use argos_peers::postgres::PostgresDatabase;
use argos_peers::{ArgosConfig, Database, Nginx, Pebble, PebbleConfig, free_port, wait_for, wait_until};
use serde_json::json;

use crate::edge_certificates::{SOON, Scene, served};
use crate::edge_sites::{Edge, backend, config};

#[test]
fn authority_with_external_accounts_issues_once_the_account_is_set() {
    let (key_id, secret) = ("kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W");
    let scene = Scene::of(PebbleConfig { external_account: Some((key_id.to_owned(), secret.to_owned())), ..PebbleConfig::default() });
    let host = scene.publish("app.test", "http", "");
    let shown = scene.wait(host, "a failure", |c| c["failures"] == 1);
    assert_eq!(shown["error_code"], "external_account");
    assert!(shown["last_renewal_event"]["message"].as_str().unwrap().contains("acme.eab_key_id"), "{shown}");
    let owner = &scene.stage.owner;
    let set = |key: &str, value: &str| drop(owner.put(&format!("/api/settings/{key}"), json!({"value": value})).expect_status(200));
    set("acme.eab_key_id", key_id);
    set("acme.eab_mac_key", "c2hvcnQ");
    owner.post(&format!("/api/certs/{host}/renew"), json!({})).expect_status(202);
    scene.wait(host, "the wrong secret is refused", |c| c["failures"] == 2);
    set("acme.eab_mac_key", secret);
    owner.post(&format!("/api/certs/{host}/renew"), json!({})).expect_status(202);
    scene.wait_issued(host);
    let settings = owner.get("/api/settings?prefix=acme.").expect_status(200).text();
    assert!(!settings.contains(secret), "{settings}");
}

/// Two processes share a database: the one that orders has no data plane, the other shows what it has to prove.
#[test]
fn proof_is_shown_by_a_process_that_does_not_order() {
    let (http, https) = (free_port(), free_port());
    let pebble = Pebble::start(&PebbleConfig { http_port: http, tls_port: https, ..PebbleConfig::default() });
    let database = PostgresDatabase::on_shared_server().unwrap_or_else(|error| panic!("{error}"));
    let url = database.url();
    let common = |config: ArgosConfig| {
        let config = config.env("ARGOS_ACME_CA_URL", &pebble.directory()).env("NUT_AUTO_DISCOVER", "false").arg("--allow-private-targets");
        let config = config.env("ARGOS_HTTP_RATE_LIMITING", "false");
        config.env("SSL_CERT_FILE", &pebble.trust_file().display().to_string())
    };
    let leader = common(ArgosConfig::with_database(Database::Postgres(database))).start();
    let follower = common(ArgosConfig::with_database(Database::Sqlite).arg("--database-url").arg(url))
        .env("ARGOS_EDGE_HTTP", &format!("127.0.0.1:{http}"))
        .env("ARGOS_EDGE_HTTPS", &format!("127.0.0.1:{https}"))
        .start();
    let (owner, nginx) = (leader.admin(), backend("one"));
    for (domain, challenge) in [("http.test", "http"), ("alpn.test", "tls-alpn")] {
        let pool = json!({"name": domain, "targets": [{"host": "127.0.0.1", "port": nginx.port()}]});
        let body =
            json!({"domain": domain, "tls_mode": "auto", "tls_email": "ops@example.org", "tls_challenge": challenge, "target_group": pool});
        owner.post("/api/hosts", body).expect_status(201);
        let state = || owner.get("/api/certs").expect_status(200).text();
        wait_until(&format!("{domain} is issued; {}", state()), SOON, || {
            let all = owner.get("/api/certs").expect_status(200).json();
            all.as_array().unwrap().iter().any(|c| c["domain"] == domain && c["status"] == "ok")
        });
        let place: SocketAddr = follower.ready()["edge_https"].as_str().unwrap().parse().unwrap();
        wait_until("the process that serves shows it", SOON, || served(place, domain).1.contains("Pebble"));
    }
}

#[test]
fn expired_certificate_of_a_backend_is_named_and_the_site_serves_on() {
    let faketime = argos_peers::packages::require("faketime", &["faketime"], || argos_peers::process::find_program(&["faketime"], &[]));
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let extension = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];
    let new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost"];
    let pair = |name: &str, when: &str| {
        let (cert, key) = (at(&format!("{name}.crt")), at(&format!("{name}.key")));
        let words = [&[when], new.as_slice(), &["-days", "10", "-out", &cert, "-keyout", &key], &extension].concat();
        argos_peers::process::run(faketime.as_ref().unwrap(), &words, &[]).unwrap();
        (cert, key)
    };
    let backend = |(cert, key): &(String, String)| {
        let line = format!("ssl_certificate {cert}; ssl_certificate_key {key}; location / {{ return 200 ok; }}");
        Nginx::start(1, |port, _| format!("server {{ listen 127.0.0.1:{port} ssl; {line} }}"))
    };
    let (old, new) = (pair("old", "2020-01-01"), pair("new", "now"));
    let (nginx, good) = (backend(&old), backend(&new));
    let both = [std::fs::read(&old.0).unwrap(), std::fs::read(&new.0).unwrap()].concat();
    std::fs::write(at("both"), both).unwrap();
    let edge = Edge::on(config().env("SSL_CERT_FILE", &at("both")));
    let owner = &edge.stage.owner;
    let pool = json!({"name": "old", "protocol": "https", "targets": [{"host": "localhost", "port": nginx.port()}]});
    let body = json!({"domain": "app.test", "tls_mode": "none", "target_group": pool});
    let site = owner.post("/api/hosts", body).expect_status(201).json();
    for _ in 0..3 {
        assert_eq!(edge.get("app.test", "/").status, 502);
    }
    let target = wait_for("the reason", SOON, || {
        let all = owner.get("/api/targets/health").expect_status(200).json();
        Some(all["targets"][0].clone()).filter(|t| !t["last_error"].is_null())
    });
    assert_eq!(target["status"], "unhealthy", "{target}");
    assert_eq!(target["last_error"], "it could not be reached: its certificate has expired", "{target}");
    // Another one beside it, and nobody notices; the page still says what is wrong.
    let pool = format!("/api/target-groups/{}/targets", site["target_group_id"]);
    owner.post(&pool, json!({"host": "localhost", "port": good.port()})).expect_status(201);
    assert!((0..20).all(|_| edge.get("app.test", "/").status == 200));
    let shown = edge.health(nginx.port());
    assert!(shown["status"] == "unhealthy" && shown["last_error"].as_str().unwrap().contains("expired"), "{shown}");
}
