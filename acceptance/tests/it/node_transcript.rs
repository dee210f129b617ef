//! Nodes spec E: what goes over the wire between the server and its nodes, byte for byte and in order, from their
//! registration to their removal. The nodes are scripts; nothing of the server's own types is used.

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::Duration;

use argos_peers::websocket::Frame;
use argos_peers::{Client, Response, WebSocket};
use serde_json::Value;

use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(60);

/// One step of a transcript. A letter or word before the mark names the node, where there are several. `>` it says, `>>` it
/// sends a frame of this opcode and these bytes in hexadecimal, `<` the server says, `<<` the server says in binary (header and bytes), `<.` the server pings, `|` the server ends the session
/// with this code, `+` it connects again, `-` its connection is cut. `!` somebody asks over HTTP, `=` what the last one who
/// asked is answered: the status, and members of the body. `~ token secret text`: the token is the HMAC of the text.
/// `$time` is any time; any other `$name` is whatever stands there first, something else than every other name, and the
/// same ever after.
const TRANSCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");

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

    fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("${name} is not known yet"))
    }

    fn fill(&self, pattern: &str) -> String {
        let mut parts = pattern.split('$');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = Self::split(part);
            out.push_str(self.get(name));
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
            let (value, after) = left.split_at(left.find('"').unwrap_or(left.len()));
            left = after.strip_prefix(rest).unwrap_or_else(|| unlike(pattern, text));
            if name == "time" {
                assert!(value.len() >= 20 && value.ends_with("+00:00") || value.ends_with('Z'), "a time: {text}");
                continue;
            }
            assert!(!value.is_empty(), "{name} is empty: {text}");
            if !self.0.contains_key(name) {
                assert!(self.0.values().all(|other| other != value), "{name} stands for what another name stands for: {text}");
                self.0.insert(name.to_owned(), value.to_owned());
            }
            assert_eq!(self.get(name), value, "{name}");
        }
        assert_eq!(left, "", "more came than expected: {text}");
    }

    /// Compares the members that are expected.
    #[track_caller]
    fn fit_json(&mut self, expected: &Value, got: &Value) {
        match (expected, got) {
            (Value::Object(members), Value::Object(_)) => members.iter().for_each(|(name, member)| self.fit_json(member, &got[name])),
            (Value::Array(items), Value::Array(all)) if items.len() <= all.len() => {
                items.iter().zip(all).for_each(|(item, got)| self.fit_json(item, got));
            }
            (Value::String(pattern), Value::String(text)) => self.fit(pattern, text),
            _ => assert_eq!(expected, got),
        }
    }

    /// Nodes spec E.7, worked out here with another implementation.
    #[track_caller]
    fn fit_hmac(&self, line: &str) {
        let words: Vec<String> = line.split(' ').map(|word| self.fill(word)).collect();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, words[1].as_bytes());
        assert_eq!(words[0], data_encoding::HEXLOWER.encode(ring::hmac::sign(&key, words[2].as_bytes()).as_ref()), "{line}");
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

/// The code the session ends with; a last heartbeat, or what is pushed to a node that has just come, may come before it.
fn close_of(socket: &mut WebSocket) -> Option<u16> {
    loop {
        match socket.next(SOON) {
            Frame::Close(code) => return code,
            Frame::Ping => {}
            Frame::Text(text) if [r#"{"type":"ping","#, r#"{"type":"command","#].iter().any(|kind| text.starts_with(kind)) => {}
            other => panic!("no end came: {other:?}"),
        }
    }
}

/// Somebody who plays a transcript.
struct Player {
    stage: Stage,
    names: Names,
    sockets: BTreeMap<String, WebSocket>,
    asked: Vec<JoinHandle<Response>>,
}

impl Player {
    fn open(&self) -> WebSocket {
        let offered = [("Sec-WebSocket-Extensions", "permessage-deflate")];
        let socket = WebSocket::open(self.stage.argos.address(), "/ws/node", &offered).unwrap();
        assert!(!socket.head.to_lowercase().contains("sec-websocket-extensions"), "nodes compress nothing: {}", socket.head);
        socket
    }

    fn step(&mut self, line: &str) {
        let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (node, mark) = head.split_at(head.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(head.len()));
        if !self.sockets.contains_key(node) {
            let socket = self.open();
            self.sockets.insert(node.to_owned(), socket);
        }
        let fresh = (mark == "+").then(|| self.open());
        let socket = self.sockets.get_mut(node).unwrap();
        match mark {
            ">" => socket.send(&self.names.fill(rest)).unwrap(),
            ">>" => {
                let (opcode, hex) = rest.split_once(' ').unwrap();
                socket.frame(opcode.parse().unwrap(), &data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()).unwrap();
            }
            "<" => self.names.fit(rest, &socket.text(SOON)),
            "<<" => {
                let Frame::Binary(bytes) = socket.next(SOON) else { panic!("no binary message came") };
                let length = usize::try_from(u32::from_be_bytes(bytes[2..6].try_into().unwrap())).unwrap();
                assert_eq!((&bytes[..2], bytes[6..].len()), (&[0xbc, 0x01][..], length + "media".len()));
                self.names.fit(rest, std::str::from_utf8(&bytes[6..]).unwrap());
            }
            "<." => assert_eq!(socket.next(SOON), Frame::Ping),
            "|" => assert_eq!(close_of(socket), rest.parse().ok()),
            "+" => *socket = fresh.unwrap(),
            "-" => socket.cut(),
            "!" => self.asked.push(ask(&self.stage.owner, self.names.fill(rest))),
            "=" => {
                let answer = self.asked.pop().unwrap().join().unwrap();
                let (status, body) = rest.split_once(' ').unwrap_or((rest, ""));
                assert_eq!(answer.status.to_string(), status, "{line}: {}", answer.text());
                if !body.is_empty() {
                    self.names.fit_json(&serde_json::from_str(body).unwrap(), &answer.json());
                }
            }
            "~" => self.names.fit_hmac(rest),
            _ => panic!("not a line of a transcript: {line}"),
        }
    }
}

fn play(name: &str) {
    let mut player = Player { stage: Stage::start(), names: Names::default(), sockets: BTreeMap::new(), asked: Vec::new() };
    let transcript = std::fs::read_to_string(format!("{TRANSCRIPTS}/{name}.txt")).unwrap();
    for line in transcript.lines().filter(|line| !line.is_empty()) {
        player.step(line);
    }
}

#[test]
fn wire_of_an_edge_is_as_published_from_registration_to_removal() {
    play("edge");
}

#[test]
fn wire_of_tunnels_is_as_published_for_a_relay_an_edge_and_one_of_the_first_protocol() {
    play("tunnels");
}
