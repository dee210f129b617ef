//! Nodes spec E: what goes over the wire between the server and an edge, byte for byte and in order, from its registration
//! to its removal. The node is a script; nothing of the server's own types is used.

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::Duration;

use argos_peers::websocket::Frame;
use argos_peers::{Client, Response, WebSocket};
use serde_json::{Value, json};

use crate::node_link::register;
use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(60);

/// `>` the node says, `<` the server says, `b<` the server says in binary (header and bytes), `!` somebody asks over HTTP,
/// `=` what he is answered, `x` the server ends the session with this code, `+` the node connects again. `$time` is any time;
/// any other `$name` is whatever stands there first, and the same ever after.
const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/edge.txt");

#[track_caller]
fn unlike(expected: &str, got: &str) -> ! {
    panic!("\nexpected {expected}\n     got {got}")
}

/// What the names of the transcript stand for.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    /// Where a name ends: letters and digits.
    fn split(text: &str) -> (&str, &str) {
        text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len()))
    }

    fn fill(&self, pattern: &str) -> String {
        let mut parts = pattern.split('$');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = Self::split(part);
            out.push_str(self.0.get(name).unwrap_or_else(|| panic!("${name} is not known yet")));
            out.push_str(rest);
        }
        out
    }

    /// Compares byte by byte and learns the names that were not known.
    #[track_caller]
    fn fit(&mut self, pattern: &str, text: &str) {
        let mut parts = pattern.split('$');
        let mut left = text.strip_prefix(parts.next().unwrap_or_default()).unwrap_or_else(|| unlike(pattern, text));
        for part in parts {
            let (name, rest) = Self::split(part);
            let (value, after) = left.split_at(left.find('"').unwrap_or_else(|| unlike(pattern, text)));
            left = after.strip_prefix(rest).unwrap_or_else(|| unlike(pattern, text));
            if name == "time" {
                assert!(value.len() >= 20 && value.ends_with("+00:00") || value.ends_with('Z'), "a time: {text}");
            } else {
                assert!(!value.is_empty(), "{name} is empty: {text}");
                assert_eq!(*self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned()), value, "{name}");
            }
        }
        assert_eq!(left, "", "more came than expected: {text}");
    }
}

fn ask(owner: &Client, line: String) -> JoinHandle<Response> {
    let owner = owner.clone();
    std::thread::spawn(move || {
        let mut words = line.splitn(3, ' ');
        let (method, path, body) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
        let request = owner.request(method, path);
        match serde_json::from_str::<Value>(body) {
            Ok(body) => request.json(&body).send(),
            Err(_) if body.is_empty() => request.send(),
            Err(_) => request.body(body).send(),
        }
    })
}

/// The code the session ends with; a last heartbeat may come before it.
fn close_of(socket: &mut WebSocket) -> Option<u16> {
    loop {
        match socket.next(SOON) {
            Frame::Close(code) => return code,
            Frame::Ping => {}
            Frame::Text(text) if text.starts_with(r#"{"type":"ping","#) => {}
            other => panic!("no end came: {other:?}"),
        }
    }
}

#[test]
fn wire_of_an_edge_is_as_published_from_registration_to_removal() {
    let stage = Stage::start();
    stage
        .owner
        .put(
            "/api/v1/settings",
            json!({ "settings": { "ws_keepalive_interval_secs": 300, "node_offline_threshold_secs": 600, "command_timeout_secs": 120 } }),
        )
        .expect_status(200);
    let (node, token) = register(&stage.owner, "edge", "edge");
    let (other, _) = register(&stage.owner, "other", "edge");
    let mut names = Names(BTreeMap::from([("node", node), ("token", token), ("other", other)].map(|(n, v)| (n.to_owned(), v))));
    let open = || WebSocket::open(stage.argos.address(), "/ws/node", &[]).unwrap();
    let (mut socket, mut asked) = (open(), None);
    let transcript = std::fs::read_to_string(TRANSCRIPT).unwrap();
    for line in transcript.lines().filter(|line| !line.is_empty()) {
        match line.split_once(' ').unwrap_or((line, "")) {
            (">", text) => socket.send(&names.fill(text)).unwrap(),
            ("<", text) => names.fit(text, &socket.text(SOON)),
            ("b<", pattern) => {
                let Frame::Binary(bytes) = socket.next(SOON) else { panic!("no binary message came") };
                let length = usize::try_from(u32::from_be_bytes(bytes[2..6].try_into().unwrap())).unwrap();
                assert_eq!((&bytes[..2], bytes[6..].len()), (&[0xbc, 0x01][..], length + "media".len()));
                names.fit(pattern, std::str::from_utf8(&bytes[6..]).unwrap());
            }
            ("!", request) => asked = Some(ask(&stage.owner, names.fill(request))),
            ("=", status) => {
                let answer = asked.take().unwrap().join().unwrap();
                assert_eq!(answer.status.to_string(), status, "{line}: {}", answer.text());
            }
            ("x", code) => assert_eq!(close_of(&mut socket), code.parse().ok()),
            ("+", _) => socket = open(),
            _ => panic!("not a line of a transcript: {line}"),
        }
    }
}
