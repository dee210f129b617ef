//! The certificate of the HTTPS listener: shown, replaced while serving, kept over a restart. The peer is OpenSSL.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use argos_peers::ArgosConfig;
use serde_json::{Value, json};

use crate::node_link::register;
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

/// A media node that has opened its socket over TLS and not said who it is.
struct OpenNode(Child);

impl OpenNode {
    fn open(address: &str) -> Self {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-quiet", "-connect", address]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut node = Self(command.spawn().unwrap());
        node.say(
            b"GET /ws/node HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        );
        assert!(node.hear_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
        node
    }

    fn say(&mut self, bytes: &[u8]) {
        let stdin = self.0.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    /// What it hears up to this text; a connection that ends before it is a failure.
    fn hear_until(&mut self, end: &str) -> String {
        let (mut heard, mut byte) = (Vec::new(), [0]);
        while !heard.ends_with(end.as_bytes()) {
            self.0.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
            heard.push(byte[0]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// Sends a short text frame whose mask changes nothing.
    fn frame(&mut self, text: &str) {
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.say(&frame);
    }
}

impl Drop for OpenNode {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
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
    let (_, token) = register(&stage.owner, "edge-1", "edge");
    let mut node = OpenNode::open(&address);
    let done = upload(&cert, &key).expect_status(200).json();
    assert_eq!((&done["success"], &done["restart_required"]), (&json!(true), &json!(false)), "{done}");
    assert!(served(&address).contains("CN = box.example.test") || served(&address).contains("CN=box.example.test"));
    // Who is connected stays so.
    node.frame(&json!({"type": "auth", "payload": {"registration_token": token}}).to_string());
    node.hear_until("register_ack");
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
