//! Ops scenario 3: the live stream of this machine.

use std::time::{Duration, Instant};

use argos_peers::EventStream;
use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::sse::Item;
use serde_json::Value;

use crate::stage::Stage;

fn open(stage: &Stage) -> EventStream {
    let token = stage.argos.login("admin", ADMIN_PASSWORD);
    EventStream::open(stage.anonymous().request("GET", &format!("/api/stream?token={token}")))
}

#[test]
fn stream_sends_a_snapshot_at_once_and_every_five_seconds() {
    let stage = Stage::start();
    let token = stage.argos.login("admin", ADMIN_PASSWORD);
    let began = Instant::now();
    let mut stream = EventStream::open(stage.anonymous().request("GET", &format!("/api/stream?token={token}")));
    assert_eq!(stream.head.status, 200);
    assert!(stream.head.header("content-type").is_some_and(|value| value.starts_with("text/event-stream")));
    assert_eq!(stream.head.header("x-accel-buffering"), Some("no"));
    let mut at = Vec::new();
    for number in 0..4 {
        let event = stream.next_event(Duration::from_secs(8));
        at.push(Instant::now());
        assert_eq!((event.kind.as_deref(), event.id.as_deref(), event.data_lines), (None, None, 1), "event {number}");
        let body: Value = serde_json::from_str(&event.data).unwrap();
        for key in ["cpu_percent", "cpuPercent", "timestamp", "memory", "disks", "hostname"] {
            assert!(body.as_object().unwrap().contains_key(key), "{key} in event {number}");
        }
        assert_eq!(body["cpu_percent"], body["cpuPercent"]);
    }
    assert!(at[0] - began < Duration::from_secs(1), "first event after {:?}", at[0] - began);
    // The first event repeats the last snapshot; from the second on the cadence counts.
    for pair in at[1..].windows(2) {
        let gap = (pair[1] - pair[0]).as_secs_f64();
        assert!((4.5..=5.5).contains(&gap), "{gap} s between two events");
    }
}

#[test]
fn snapshot_of_the_stream_is_the_one_of_stats() {
    let stage = Stage::start();
    let mut stream = open(&stage);
    let event: Value = serde_json::from_str(&stream.next_event(Duration::from_secs(5)).data).unwrap();
    let stats = stage.owner.get("/api/stats").expect_status(200).json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&event), keys(&stats));
    assert_eq!(stats["hostname"], std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim());
    assert!(stats["mem_percent"].as_f64().is_some_and(|percent| (0.0..=100.0).contains(&percent)));
}

#[test]
fn stream_without_a_credential_is_refused() {
    let stage = Stage::start();
    assert_eq!(stage.anonymous().get("/api/stream").status, 401);
    assert_eq!(stage.anonymous().get("/api/stream?token=f00").status, 401);
}

#[test]
fn stream_ends_when_the_server_stops() {
    let stage = Stage::start();
    let mut stream = open(&stage);
    stream.next_event(Duration::from_secs(5));
    let began = Instant::now();
    assert_eq!(stage.argos.stop().code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "an open stream held the stop for {:?}", began.elapsed());
    loop {
        match stream.next(Duration::from_secs(5)) {
            Item::End => break,
            Item::Silence => panic!("the stream neither ended nor spoke"),
            Item::Event(_) | Item::Comment(_) => {}
        }
    }
}

#[test]
fn stream_of_a_revoked_session_is_closed() {
    let stage = Stage::start();
    stage.add_user("vera", "viewer");
    let token = stage.argos.login("vera", crate::stage::PASSWORD);
    let mut stream = EventStream::open(stage.anonymous().request("GET", &format!("/api/stream?token={token}")));
    stream.next_event(Duration::from_secs(5));
    stage.owner.post("/api/admin/users", serde_json::json!({"action": "remove", "username": "vera"})).expect_status(200);
    let deadline = Instant::now() + Duration::from_secs(45);
    while !matches!(stream.next(Duration::from_secs(10)), Item::End) {
        assert!(Instant::now() < deadline, "still open 45 s after the revocation");
    }
}

#[test]
fn stream_opened_with_a_one_time_or_signed_token_is_closed_with_its_session() {
    let stage = Stage::start();
    stage.add_user("vera", "viewer");
    let login = serde_json::json!({"username": "vera", "password": crate::stage::PASSWORD, "tokens": true});
    let pair = stage.anonymous().post("/api/v1/auth/login", login).expect_status(200).json();
    let access = pair["access_token"].as_str().expect("an access token");
    let client = stage.anonymous().with_bearer(access);
    let one_time = client.post("/api/ws-token", serde_json::json!({})).expect_status(200).json();
    let tokens = [one_time["token"].as_str().expect("a token"), access];
    let open = |token: &str| EventStream::open(stage.anonymous().request("GET", &format!("/api/stream?token={token}")));
    let mut streams = tokens.map(open);
    for stream in &mut streams {
        stream.next_event(Duration::from_secs(5));
    }
    assert_eq!(stage.anonymous().get(&format!("/api/stream?token={}", tokens[0])).status, 401, "it works once");
    drop(client.post("/api/v1/auth/logout", serde_json::json!({})).expect_status(200));
    let deadline = Instant::now() + Duration::from_secs(30);
    for (stream, what) in streams.iter_mut().zip(["one-time", "signed"]) {
        while !matches!(stream.next(Duration::from_secs(10)), Item::End) {
            assert!(Instant::now() < deadline, "the {what} token's stream is still open 30 s after logout");
        }
    }
}

#[test]
fn fourth_log_stream_of_a_user_is_refused_until_one_ends() {
    let stage = Stage::start();
    let token = stage.argos.login("admin", ADMIN_PASSWORD);
    let open = || EventStream::open(stage.anonymous().request("GET", &format!("/api/logs/stream?token={token}")));
    let mut held: Vec<EventStream> = (0..3).map(|_| open()).collect();
    assert!(held.iter().all(|s| s.head.status == 200));
    let refused = stage.anonymous().get(&format!("/api/logs/stream?token={token}"));
    assert_eq!((refused.status, refused.json()["code"].as_str()), (429, Some("too_many_streams")), "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    held.pop();
    // The server learns of the end when it next writes to it.
    argos_peers::wait_until("a place is free again", Duration::from_secs(40), || open().head.status == 200);
}
