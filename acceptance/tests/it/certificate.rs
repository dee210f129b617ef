//! The certificate of the HTTPS listener: shown, replaced while serving, kept over a restart. The peer is OpenSSL.

use std::path::Path;
use std::process::{Command, Stdio};

use argos_peers::ArgosConfig;
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

fn openssl(args: &[&str]) -> String {
    let output = Command::new("openssl").args(args).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A certificate and its key as PEM.
fn pair(dir: &Path, name: &str, days: &str) -> (String, String) {
    let file = |end: &str| dir.join(format!("{name}.{end}")).display().to_string();
    let (cert, key) = (file("crt"), file("key"));
    let subject = format!("/O=Example/CN={name}.example.test");
    let extension = format!("subjectAltName=DNS:{name}.example.test,IP:127.0.0.1");
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        days,
        "-subj",
        &subject,
        "-addext",
        &extension,
        "-out",
        &cert,
        "-keyout",
        &key,
    ]);
    (std::fs::read_to_string(cert).unwrap(), std::fs::read_to_string(key).unwrap())
}

/// The name in the certificate that a client is shown.
fn served(address: &str) -> String {
    openssl(&["s_client", "-connect", address])
}

fn https(ready: &Value) -> String {
    ready["https"].as_str().unwrap().to_owned()
}

#[test]
fn uploaded_certificate_is_served_at_once_and_after_a_restart() {
    let stage = Stage::on(ArgosConfig::new().arg("--tls-listen=127.0.0.1:0"));
    let dir = stage.argos.config().scratch().to_owned();
    let address = https(stage.argos.ready());
    let first = stage.owner.get("/api/v1/settings/tls").expect_status(200).json();
    assert_eq!((&first["is_self_signed"], &first["mode"]), (&json!(true), &json!("direct")), "{first}");
    assert!(first["sans"].to_string().contains("127.0.0.1"));

    let (cert, key) = pair(&dir, "box", "30");
    let (_, other_key) = pair(&dir, "other", "30");
    let upload = |cert: &str, key: &str| stage.owner.post("/api/v1/settings/tls/upload", json!({"cert_pem": cert, "key_pem": key}));
    for (cert, key, text) in [
        ("nothing", key.as_str(), "no certificate found"),
        (cert.as_str(), "nothing", "no private key found"),
        (cert.as_str(), other_key.as_str(), "key does not match certificate"),
    ] {
        let answer = upload(cert, key).expect_status(200).json();
        assert_eq!((&answer["success"], &answer["error"]), (&json!(false), &json!(text)));
    }
    assert!(!served(&address).contains("box.example.test"));
    let done = upload(&cert, &key).expect_status(200).json();
    assert_eq!((&done["success"], &done["restart_required"]), (&json!(true), &json!(false)), "{done}");
    assert!(served(&address).contains("CN = box.example.test") || served(&address).contains("CN=box.example.test"));
    let shown = stage.owner.get("/api/v1/settings/tls").expect_status(200);
    assert!(!shown.text().contains("PRIVATE KEY"));
    assert_eq!(shown.json()["subject"], "O=Example, CN=box.example.test");
    assert_eq!(shown.json()["sans"], json!(["box.example.test", "127.0.0.1"]));
    let rows = stage.owner.get("/api/audit?action=tls.upload").expect_status(200);
    assert!(rows.text().contains("box.example.test") && !rows.text().contains("PRIVATE KEY"));

    let argos = stage.argos.stop().restart();
    assert!(served(&https(argos.ready())).contains("box.example.test"));
}

#[test]
fn proxy_in_front_and_people_without_the_permission_are_refused() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTPS_MODE", "behind_proxy"));
    assert_error(&stage.owner.post("/api/v1/settings/tls/upload", json!({"cert_pem": "", "key_pem": ""})), 409, "behind_proxy");
    let viewer = stage.person("vera", "viewer");
    assert_eq!(viewer.get("/api/v1/settings/tls").status, 403);
}
