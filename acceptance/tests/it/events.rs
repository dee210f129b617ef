//! Platform 3.7 and 4: the shared event stream, its ids, and its replay after a lost connection.

use std::time::Duration;

use argos_peers::sse::{Event, Item};
use argos_peers::{EventStream, wait_until};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage};

fn open(stage: &Stage, after: Option<&str>) -> EventStream {
    let request = stage.owner.request("GET", "/api/events/stream");
    let request = after.map_or(stage.owner.request("GET", "/api/events/stream"), |id| request.header("Last-Event-ID", id));
    let stream = EventStream::open(request);
    assert_eq!(stream.head.status, 200);
    stream
}

/// A failed sign-in is an event; it is the cheapest fact to make.
fn make_an_event(stage: &Stage, username: &str) {
    let body = serde_json::json!({"username": username, "password": "Wrong-Pass-1"});
    assert_eq!(stage.anonymous().post("/api/login", body).status, 401);
}

/// The next events of the stream until one speaks of `word`.
#[track_caller]
fn until(stream: &mut EventStream, word: &str) -> Event {
    for _ in 0..50 {
        let event = stream.next_event(Duration::from_secs(10));
        if event.data.contains(word) {
            return event;
        }
    }
    panic!("no event speaks of {word}");
}

#[test]
fn event_reaches_an_open_stream_with_an_id() {
    let stage = Stage::start();
    let mut stream = open(&stage, None);
    make_an_event(&stage, "mallory-one");
    let event = until(&mut stream, "mallory-one");
    assert!(event.id.as_deref().is_some_and(|id| id.parse::<i64>().is_ok()), "{event:?}");
    let body: Value = serde_json::from_str(&event.data).unwrap();
    for key in ["id", "uid", "kind", "severity", "message", "created_at"] {
        assert!(!body[key].is_null(), "{key} in {body}");
    }
}

#[test]
fn stream_opened_with_the_last_id_replays_what_was_missed_once_and_in_order() {
    let stage = Stage::start();
    let mut stream = open(&stage, None);
    make_an_event(&stage, "mallory-one");
    let seen = until(&mut stream, "mallory-one").id.expect("an id");
    drop(stream);
    make_an_event(&stage, "mallory-two");
    make_an_event(&stage, "mallory-three");

    let mut stream = open(&stage, Some(&seen));
    let mut ids = vec![seen.parse::<i64>().unwrap()];
    let mut names = Vec::new();
    while names.len() < 2 {
        let event = stream.next_event(Duration::from_secs(10));
        // The first frame only tells the position.
        let Some(id) = event.id else { continue };
        ids.push(id.parse().unwrap());
        assert!(!event.data.contains("mallory-one"), "what was seen is not repeated");
        names.extend(["mallory-two", "mallory-three"].into_iter().filter(|name| event.data.contains(name)));
    }
    assert_eq!(names, ["mallory-two", "mallory-three"]);
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
}

#[test]
fn replay_reaches_over_a_crash() {
    let stage = Stage::start();
    let mut stream = open(&stage, None);
    make_an_event(&stage, "mallory-one");
    let seen = until(&mut stream, "mallory-one").id.expect("an id");
    make_an_event(&stage, "mallory-two");
    let stage = Stage::of(stage.argos.kill9().restart());
    let mut stream = open(&stage, Some(&seen));
    until(&mut stream, "mallory-two");
}

#[test]
fn silent_stream_says_that_it_lives() {
    let stage = Stage::start();
    let mut stream = open(&stage, None);
    for _ in 0..50 {
        match stream.next(Duration::from_secs(17)) {
            Item::Comment(_) => return,
            Item::Event(_) => {}
            other => panic!("{other:?} instead of a heartbeat within 15 s"),
        }
    }
    panic!("fifty events and no heartbeat");
}

#[test]
fn kinds_are_described() {
    let stage = Stage::start();
    let body = stage.owner.get("/api/events/kinds").expect_status(200).json();
    let list = body.as_array().or(body["kinds"].as_array()).expect("a list").clone();
    assert!(list.len() > 10, "{} kinds", list.len());
    for kind in &list {
        for key in ["kind", "source", "description"] {
            assert!(kind[key].as_str().is_some_and(|text| !text.is_empty()), "{key} in {kind}");
        }
    }
}

#[test]
fn process_tells_that_it_starts_and_stops_whom_it_refuses_and_that_keys_were_changed() {
    let stage = Stage::start();
    let told = |owner: &argos_peers::Client, kind: &str| {
        owner.get(&format!("/api/ui/timeline?kind={kind}")).expect_status(200).json()["items"].as_array().cloned().unwrap_or_default()
    };
    assert_eq!(told(&stage.owner, "system.started").len(), 1);
    // A password still owed is no refusal.
    let tom = json!({"username": "tom", "password": PASSWORD, "role": "viewer", "must_change_password": true});
    stage.owner.post("/api/v1/users", tom).expect_status(201);
    let tom = stage.sign_in("tom");
    for _ in 0..7 {
        assert_eq!(tom.get("/api/users").expect_status(403).json()["code"], "password_change_required");
    }
    let vera = stage.person("vera", "viewer");
    for _ in 0..7 {
        assert_eq!(vera.get("/api/users").status, 403);
    }
    wait_until("the refusals are told", Duration::from_secs(60), || !told(&stage.owner, "security.access_denied").is_empty());
    let refused = told(&stage.owner, "security.access_denied");
    assert_eq!(refused.len(), 1, "nobody else was refused: {refused:?}");
    assert_eq!((&refused[0]["data"]["username"], &refused[0]["data"]["times"]), (&json!("vera"), &json!(5)), "{refused:?}");
    let rekeyed = stage.argos.config().cli(&["vault", "rekey"]);
    assert!(rekeyed.status.success(), "{}", String::from_utf8_lossy(&rekeyed.stderr));
    assert_eq!(told(&stage.owner, "secret.rotated")[0]["data"]["where"], "vault");
    // What is offered is what somebody publishes.
    let offered = stage.owner.get("/api/notifications/event-types").expect_status(200).text();
    assert!(offered.contains("system.stopping") && !offered.contains("update.available"), "{offered}");
    let argos = stage.argos.stop().restart();
    let owner = argos.admin();
    assert_eq!(told(&owner, "system.stopping")[0]["data"]["restarts"], false);
    assert_eq!(told(&owner, "system.started").len(), 2);
}
