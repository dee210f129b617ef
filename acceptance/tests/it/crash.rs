//! Platform 19: `kill -9` at any moment leaves a store that opens and holds everything that was answered.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Argos, ArgosConfig, Client, WebhookReceiver, wait_for, wait_until};
use serde_json::json;

use crate::stage::Stage;

/// How often the server is killed. `cargo xtask test` asks for 200: 100 on each engine, some minutes each.
/// `ARGOS_TEST_KILLS=200` asks for as many on one.
fn kills() -> usize {
    std::env::var("ARGOS_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(50)
}

/// Schedules of the same minute: their slots are claimed one after the other, and a kill falls between them.
const SCHEDULES: usize = 12;
/// A round that begins so shortly before a minute ends lets the kill fall into the claims of its slots.
const NEAR: Duration = Duration::from_secs(3);

/// What every round is watched for besides the writes: each event reaches a receiver, each slot of a schedule runs once.
struct Watched {
    receiver: WebhookReceiver,
    schedules: Vec<String>,
    began: i64,
}

impl Watched {
    fn arrange(client: &Client) -> Self {
        let receiver = WebhookReceiver::start();
        let config = json!({"url": receiver.url("/crash")});
        let channel = client.post("/api/notifications/channels", json!({"name": "crash", "type": "webhook", "config": config})).json();
        let rule = json!({"name": "all", "event_type": "config_change", "channel_id": channel["id"]});
        assert_eq!(client.post("/api/notifications/rules", rule).status, 201);
        let schedule = |n: usize| {
            let body = json!({"name": format!("minute {n}"), "kind": "jobs.prune", "payload": {"days": 3650}, "cron": "* * * * *", "overlap": "allow"});
            let made = client.post("/api/schedules", body);
            assert_eq!(made.status, 201, "{}", made.text());
            made.json()["id"].to_string()
        };
        let schedules = (0..SCHEDULES).map(schedule).collect();
        let began = seconds();
        Self { receiver, schedules, began }
    }

    /// Every answered write was told to the receiver, at least once.
    fn check_deliveries(&self, answered: &BTreeSet<String>) {
        let missing = wait_for("every delivery", Duration::from_secs(240), || {
            let told: BTreeSet<String> =
                self.receiver.received().iter().filter_map(|each| each.json()["data"]["id"].as_str().map(str::to_owned)).collect();
            let missing = answered.difference(&told).count();
            (missing == 0).then_some(missing)
        });
        assert_eq!(missing, 0);
    }

    /// Every minute that passed has one run of each schedule, whatever died in it.
    fn check_slots(&self, client: &Client) {
        for schedule in &self.schedules {
            self.check_slots_of(client, schedule);
        }
    }

    fn check_slots_of(&self, client: &Client, schedule: &str) {
        let whole = |at: i64| at - at.rem_euclid(60);
        // The newest slot gets the time a restarted server needs to catch it up.
        let slots: BTreeSet<i64> = (1..)
            .map(|n| whole(self.began) + 60 * n)
            .take_while(|slot| *slot <= seconds() - 15)
            .filter(|slot| *slot > self.began + 1)
            .collect();
        let jobs = client.get(&format!("/api/jobs?schedule_id={schedule}&limit=200")).expect_status(200).json();
        let mut ran = Vec::new();
        for job in jobs["items"].as_array().unwrap() {
            assert_eq!(job["trigger"], "schedule:* * * * *", "{job}");
            ran.push(whole(unix(job["created_at"].as_str().unwrap())));
        }
        let distinct: BTreeSet<i64> = ran.iter().copied().collect();
        assert_eq!(distinct.len(), ran.len(), "a slot was run twice: {jobs}");
        let missed: Vec<_> = slots.difference(&distinct).collect();
        assert!(missed.is_empty(), "slots without a run: {missed:?} of {slots:?}: {jobs}");
    }

    /// Every run that was begun ends, though its process died: none is lost and none stays open.
    fn check_runs_end(&self, client: &Client) {
        wait_until("every run to end", Duration::from_secs(120), || {
            let open = client.get("/api/jobs?kind=jobs.prune&state=queued,running&limit=1").expect_status(200).json();
            open["items"].as_array().unwrap().is_empty()
        });
    }
}

/// When the server is killed in a round: at another moment in each, so that all parts of a write are hit, and shortly after
/// a minute began when that is near.
fn moment(round: usize) -> Duration {
    let after = Duration::from_millis((round as u64 * 37) % 140);
    let now = UNIX_EPOCH.elapsed().unwrap();
    let left = Duration::from_secs(60) - Duration::from_nanos(u64::try_from(now.as_nanos() % 60_000_000_000).unwrap());
    if left <= NEAR { left + after } else { after }
}

fn seconds() -> i64 {
    i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}

/// Seconds of `2026-01-01T10:00:00.123Z`; only differences of one run are compared.
fn unix(text: &str) -> i64 {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let of_year = (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    days * 86_400 + number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19)
}

/// Clients that write at once.
const WRITERS: usize = 4;

/// What a writer was told is done.
#[derive(Default)]
struct Answered {
    rules: BTreeSet<String>,
    note: Option<usize>,
}

/// Writes until the server is gone: a new rule and the owner's preferences, in turns.
fn write(client: &Client, round: usize, writer: usize, (dead, hits): (&AtomicBool, &AtomicUsize)) -> Answered {
    let mut answered = Answered::default();
    for number in 0.. {
        if dead.load(Ordering::SeqCst) {
            break;
        }
        let id = format!("{round:02x}{writer:01x}{number:05x}");
        let rule = json!({"id": id, "condition": "mem_percent > 999", "enabled": false});
        match client.request("POST", "/api/alert-rules").json(&rule).try_send() {
            Ok(answer) if answer.status == 200 => {
                answered.rules.insert(id);
                hits.fetch_add(1, Ordering::SeqCst);
            }
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
fn crash_loop_loses_no_answered_write_and_no_delivery_and_runs_no_slot_twice() {
    let config = ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").env("ARGOS_POWER_ALERT_GROUP_WINDOW_SECONDS", "0");
    let mut argos = config.arg("--allow-private-targets").start();
    let token = argos.login("admin", ADMIN_PASSWORD);
    let watched = Watched::arrange(&argos.anonymous().with_bearer(&token));
    let (kills, mut told) = (kills(), BTreeSet::new());
    let mut expected = BTreeSet::new();
    let mut written = 0;
    for round in 0..kills {
        let client = argos.anonymous().with_bearer(&token);
        let (dead, hits) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (stopped, answered) = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (client, at) = (&client, (&dead, &hits));
                    scope.spawn(move || write(client, round, writer, at))
                })
                .collect();
            // Under load: the writers are at it.
            wait_until("the first write of the round", Duration::from_secs(60), || hits.load(Ordering::SeqCst) > 0);
            std::thread::sleep(moment(round));
            let stopped = argos.kill9();
            dead.store(true, Ordering::SeqCst);
            (stopped, writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>())
        });
        argos = stopped.restart();
        let client = argos.anonymous().with_bearer(&token);
        assert_eq!(client.get("/api/me").status, 200, "round {round}: the session outlives the crash");
        written += answered.iter().map(|each| each.rules.len()).sum::<usize>();
        expected.extend(answered.iter().flat_map(|each| each.rules.iter().cloned()));
        told.extend(expected.iter().cloned());
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
    assert!(written > kills, "{kills} kills fell on {written} writes");
    watched.check_deliveries(&told);
    let client = argos.anonymous().with_bearer(&token);
    watched.check_slots(&client);
    watched.check_runs_end(&client);
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
