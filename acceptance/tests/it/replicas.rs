//! Platform 18: two processes on one PostgreSQL. What must happen once happens once, and each hears of the other's
//! changes at once instead of at its next turn.

use std::path::Path;
use std::time::{Duration, Instant};

use argos_peers::postgres::PostgresDatabase;
use argos_peers::sse::Item;
use argos_peers::{Argos, ArgosConfig, Client, Database, EventStream, wait_until};
use serde_json::{Value, json};

/// A leader, and a follower on the same database with a directory of its own.
pub(crate) fn two() -> (Argos, Argos) {
    let database = PostgresDatabase::on_shared_server().unwrap_or_else(|error| panic!("{error}"));
    let url = database.url();
    let first = ArgosConfig::with_database(Database::Postgres(database)).start();
    let second = ArgosConfig::with_database(Database::Sqlite).arg("--database-url").arg(url).start();
    (first, second)
}

fn role(owner: &Client) -> String {
    let all = owner.get("/api/ui/components").expect_status(200).json();
    let found = all["components"].as_array().unwrap().iter().find(|c| c["name"] == "replica").cloned().unwrap_or(Value::Null);
    found["detail"].as_str().unwrap_or_default().to_owned()
}

/// Names of the tasks a process runs.
fn tasks(owner: &Client) -> Vec<String> {
    let all = owner.get("/api/ui/components").expect_status(200).json();
    all["tasks"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect()
}

const ONCE: [&str; 6] = ["metrics-seal", "jobs.scheduler", "maintenance", "alerts.events", "backup.follow-settings", "power-cycle"];

#[test]
fn one_of_two_leads_and_the_other_takes_over_when_it_dies() {
    let (first, second) = two();
    let (one, two) = (first.admin(), second.admin());
    assert_eq!((role(&one), role(&two)), ("leader".to_owned(), "follower".to_owned()));
    let (leads, follows) = (tasks(&one), tasks(&two));
    for name in ONCE {
        assert!(leads.iter().any(|t| t == name), "{name} runs on the leader: {leads:?}");
        assert!(!follows.iter().any(|t| t == name), "{name} does not run on the follower: {follows:?}");
    }
    let told =
        |kind: &str| two.get(&format!("/api/ui/timeline?kind={kind}")).expect_status(200).json()["items"].as_array().map_or(0, Vec::len);
    wait_until("both are told", Duration::from_secs(60), || told("replica.joined") == 2);
    let _dead = first.kill9();
    let killed = Instant::now();
    wait_until("the follower leads", Duration::from_secs(30), || role(&two) == "leader");
    assert!(killed.elapsed() < Duration::from_secs(30));
    wait_until("it runs what runs once", Duration::from_secs(10), || ONCE.iter().all(|name| tasks(&two).iter().any(|t| t == name)));
    wait_until("the dead one is told", Duration::from_secs(60), || told("replica.lost") == 1);
    assert_eq!(told("replica.joined"), 2, "nobody is told twice");
}

#[test]
fn change_on_one_process_is_heard_by_the_other_at_once() {
    let (first, second) = two();
    let (one, two) = (first.admin(), second.admin());
    let mut streams: Vec<EventStream> = [&one, &two]
        .iter()
        .map(|c| EventStream::open(c.request("GET", "/api/events/stream").header("Accept", "text/event-stream")))
        .collect();
    // Let both say hello first.
    for stream in &mut streams {
        assert_eq!(stream.head.status, 200);
        let hello = stream.next(Duration::from_secs(5));
        assert!(matches!(hello, Item::Comment(_) | Item::Event(_)), "{hello:?}");
    }
    two.put("/api/settings/jobs.max", json!({"value": "9"})).expect_status(200);
    for stream in &mut streams {
        let deadline = Instant::now() + Duration::from_secs(5);
        let heard = std::iter::from_fn(|| (Instant::now() < deadline).then(|| stream.next(Duration::from_millis(200))))
            .any(|item| matches!(&item, Item::Event(e) if e.data.contains("config_change")));
        assert!(heard, "both clients hear of the change");
    }
    wait_until("the setting acts on the other", Duration::from_secs(1), || one.get("/api/settings/jobs.max").json()["value"] == "9");

    // A job queued through the follower is done by whoever takes it first.
    let made = two.post("/api/backups", json!({}));
    assert_eq!(made.status, 201, "{}", made.text());
    let jobs = one.get("/api/jobs").expect_status(200).text();
    assert!(jobs.contains("backup"), "{jobs}");
    assert!(Path::new(first.data_dir()).exists());
}

#[test]
fn limits_are_divided_by_the_processes_that_live() {
    let (first, second) = two();
    let (one, two) = (first.admin(), second.admin());
    let limit = |of: &Client| of.get("/api/me").header("x-ratelimit-limit").unwrap_or_default().to_owned();
    for (name, of) in [("first", &one), ("second", &two)] {
        wait_until(&format!("the {name} gives half"), Duration::from_secs(10), || limit(of) == "600");
    }
    let _dead = second.kill9();
    wait_until("the one that is left gives all", Duration::from_secs(20), || limit(&one) == "1200");
}
