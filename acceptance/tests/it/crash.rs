//! Platform 19: `kill -9` at any moment leaves a store that opens and holds everything that was answered.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Argos, ArgosConfig, Client, wait_for};
use serde_json::json;

use crate::stage::Stage;

/// How often the server is killed.
const KILLS: usize = 50;

/// What a writer was told is done.
#[derive(Default)]
struct Answered {
    rules: BTreeSet<String>,
    note: Option<usize>,
}

/// Writes until the server is gone: a new rule and the owner's preferences, in turns.
fn write(client: &Client, round: usize, writer: usize, dead: &AtomicBool) -> Answered {
    let mut answered = Answered::default();
    for number in 0.. {
        if dead.load(Ordering::SeqCst) {
            break;
        }
        let id = format!("{round:02x}{writer:01x}{number:05x}");
        let rule = json!({"id": id, "condition": "mem_percent > 999", "enabled": false});
        match client.request("POST", "/api/alert-rules").json(&rule).try_send() {
            Ok(answer) if answer.status == 200 => drop(answered.rules.insert(id)),
            Ok(answer) if answer.status == 429 => break,
            Ok(answer) => panic!("round {round}: {} {}", answer.status, answer.text()),
            Err(_) => break,
        }
        if writer == 0 {
            let body = json!({"preferences": {"round": round, "number": number}});
            match client.request("PUT", "/api/user/preferences").json(&body).try_send() {
                Ok(answer) if answer.status == 200 => answered.note = Some(number),
                _ => break,
            }
        }
    }
    answered
}

#[test]
fn crash_loop_of_fifty_kills_loses_nothing_that_was_answered() {
    let mut argos = ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").start();
    let token = argos.login("admin", ADMIN_PASSWORD);
    let mut expected = BTreeSet::new();
    let mut written = 0;
    for round in 0..KILLS {
        let client = argos.anonymous().with_bearer(&token);
        let dead = AtomicBool::new(false);
        let (stopped, answered) = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2)
                .map(|writer| {
                    let (client, dead) = (&client, &dead);
                    scope.spawn(move || write(client, round, writer, dead))
                })
                .collect();
            // Another moment in every round, so that all parts of a write are hit.
            std::thread::sleep(Duration::from_millis(15 + (round as u64 * 37) % 140));
            let stopped = argos.kill9();
            dead.store(true, Ordering::SeqCst);
            (stopped, writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>())
        });
        argos = stopped.restart();
        let client = argos.anonymous().with_bearer(&token);
        assert_eq!(client.get("/api/me").status, 200, "round {round}: the session outlives the crash");
        written += answered.iter().map(|each| each.rules.len()).sum::<usize>();
        expected.extend(answered.iter().flat_map(|each| each.rules.iter().cloned()));
        let listed = client.get("/api/alert-rules").expect_status(200).json();
        let present: BTreeSet<String> =
            listed.as_array().unwrap().iter().filter_map(|rule| rule["id"].as_str().map(str::to_owned)).collect();
        let lost: Vec<_> = expected.difference(&present).collect();
        assert!(lost.is_empty(), "round {round}: answered and lost: {lost:?}");
        if let Some(number) = answered[0].note {
            let preferences = client.get("/api/user/preferences").expect_status(200).json();
            let kept = preferences["preferences"]["number"].as_u64();
            // The write after the last answered one may have been stored without its answer.
            assert!(kept.is_some_and(|kept| kept >= number as u64), "round {round}: {preferences} after {number}");
        }
        // Keeps the list short, so that every round writes as fast as the first.
        for id in std::mem::take(&mut expected) {
            assert_eq!(client.delete(&format!("/api/alert-rules/{id}")).status, 200, "round {round}");
        }
    }
    assert!(written > KILLS, "only {written} writes were hit");
    let verified = argos.admin().get("/api/audit/verify").expect_status(200).json();
    assert!(verified.to_string().contains("true"), "the audit chain: {verified}");
    assert_eq!(argos.stop().code, Some(0));
}

#[test]
fn kill_during_the_first_start_leaves_a_directory_that_starts() {
    for delay in [5, 30, 60, 100, 160, 250] {
        let config = ArgosConfig::new();
        let mut child = config.spawn_unready();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill();
        drop(child);
        let argos = config.start();
        assert_eq!(argos.admin().get("/api/me").status, 200, "killed after {delay} ms");
    }
}

#[test]
fn points_answered_before_a_crash_are_there_after_it() {
    let stage = Stage::start();
    let history = |stage: &Stage| {
        let body = stage.owner.get("/api/history/mem_percent?range=1&resolution=1").expect_status(200).json();
        body.as_array().unwrap().iter().filter_map(|point| point["time"].as_i64()).collect::<Vec<_>>()
    };
    let before = wait_for("three samples", Duration::from_secs(40), || {
        let times = history(&stage);
        (times.len() >= 3).then_some(times)
    });
    let stage = Stage::of(stage.argos.kill9().restart());
    let after = wait_for("a sample after the restart", Duration::from_secs(30), || {
        let times = history(&stage);
        times.last().is_some_and(|last| last > &before[before.len() - 1]).then_some(times)
    });
    // Platform 19: at most one second of raw points may be lost, which is at most the newest sample.
    for time in &before[..before.len() - 1] {
        assert!(after.contains(time), "{time} is lost: {after:?}");
    }
}

#[test]
fn audit_events_and_users_outlive_a_crash() {
    let stage = Stage::start();
    stage.add_user("vera", "operator");
    let argos: Argos = stage.argos.kill9().restart();
    let stage = Stage::of(argos);
    let users = stage.owner.get("/api/admin/users").expect_status(200).json();
    assert!(users.as_array().unwrap().iter().any(|user| user["username"] == "vera" && user["role"] == "operator"), "{users}");
    let rows = stage.owner.get("/api/audit?limit=100").expect_status(200).json();
    assert!(rows.as_array().unwrap().iter().any(|row| row["action"] == "user_add"), "{rows}");
}
