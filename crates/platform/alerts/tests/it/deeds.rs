//! What rules have done: refused where nobody can, left alone after failures in a row, never done twice after a crash, held
//! by maintenance whoever consents, and only what was consented to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argos_alerts::{Alerts, Deed, Order, RuleAction};
use argos_events::Filter;
use argos_jobs::{Gate, Held, Hold, HoldPolicy, Job, JobContext, JobFilter, Jobs, KindSpec, NewJob, NoLog, State, Verdict};
use argos_kernel::{AppError, Clock, PageRequest, Result, SeededRng, Shutdown, SystemClock, Tasks};
use argos_store::Tx;
use argos_store::testing::{TestStore, each_engine, sqlite};
use argos_web::BoxFuture;
use serde_json::{Value, json};

use crate::engine::{only_own, rule};
use crate::routes::client;
use crate::stage::{Stage, migrations};

/// Counts its tries; a door that hangs never answers, one that breaks has no store, one that hands on names its job.
#[derive(Clone, Default)]
struct Door {
    tries: Arc<AtomicUsize>,
    hangs: bool,
    breaks: bool,
    hands_on: Option<i64>,
}

/// Records nothing: the test decides.
struct Asked;

impl Gate for Asked {
    fn ask<'a>(&'a self, _: &'a mut Tx, _: Held<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
    fn withdraw<'a>(&'a self, _: &'a mut Tx, _: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

impl RuleAction for Door {
    fn word(&self) -> &'static str {
        "door"
    }
    fn describe(&self, params: &Value) -> String {
        format!("open {}", params["which"])
    }
    fn check<'a>(&'a self, params: &'a Value) -> BoxFuture<'a, Result<Result<(), String>>> {
        Box::pin(async move { Ok(if params["which"].is_string() { Ok(()) } else { Err("which: it is missing".to_owned()) }) })
    }
    fn is_idempotent(&self) -> bool {
        false
    }
    fn carry_out<'a>(&'a self, _: &'a Value, _: &'a Order) -> BoxFuture<'a, Result<Deed>> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match self.hands_on {
                _ if self.hangs => std::future::pending().await,
                _ if self.breaks => Err(AppError::internal("no store")),
                Some(id) => Ok(Deed::Job(id)),
                None => Ok(Deed::Failed("it is stuck".to_owned())),
            }
        })
    }
}

/// A queue of its own, as each process has one, that works for these alerts.
fn works_for(s: &Stage, alerts: &Alerts, door: &Door, seed: u64) -> Tasks {
    let (jobs, tasks) = queue(s, alerts, door, seed);
    jobs.start(&tasks);
    tasks
}

/// The same, not started yet.
fn queue(s: &Stage, alerts: &Alerts, door: &Door, seed: u64) -> (Jobs, Tasks) {
    let rng = Arc::new(SeededRng::new(seed));
    let jobs = Jobs::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), rng.clone(), s.events.clone(), Arc::new(NoLog));
    alerts.set_jobs(&jobs);
    alerts.offer_action(Arc::new(door.clone()));
    jobs.set_gate(Arc::new(Asked));
    (jobs, Tasks::new(Arc::new(SystemClock), rng, Shutdown::new()))
}

async fn stage() -> Stage {
    Stage::of(sqlite(&[migrations(), argos_jobs::MIGRATIONS.to_vec()].concat()).await).await
}

async fn stages() -> Vec<Stage> {
    let mut all = Vec::new();
    let stores: Vec<TestStore> = each_engine(&[migrations(), argos_jobs::MIGRATIONS.to_vec()].concat()).await;
    for store in stores {
        all.push(Stage::of(store).await);
    }
    all
}

/// The newest job of a rule.
async fn newest(jobs: &Jobs) -> Job {
    let filter = JobFilter { kind: Some("alert.action".to_owned()), ..JobFilter::default() };
    jobs.list(&filter, PageRequest { limit: 1, offset: 0 }).await.unwrap().items.remove(0)
}

/// Somebody says yes to it now.
async fn consent(s: &Stage, jobs: &Jobs, job: &Job) {
    let mut payload = job.payload.clone();
    payload["approval"] = json!({"status": "approved", "decided_by": "ada"});
    let mut tx = s.t.store.state.begin().await.unwrap();
    assert!(jobs.release(&mut tx, job.id, &payload, s.clock.now()).await.unwrap());
    tx.commit().await.unwrap();
}

async fn hold_healing(s: &Stage, duration: &str, action: &str) -> Value {
    let window = json!({"target": "all", "duration": duration, "reason": "rack move", "action": action});
    let made = client(s).post("/api/healing/maintenance", window).await;
    assert!(made.status < 300, "{}", made.text());
    made.json()["id"].clone()
}

async fn failed(s: &Stage) -> usize {
    let filter = Filter { kinds: vec![s.events.kinds().pattern("heal.failed")], ..Filter::default() };
    s.events.list(&filter, None, 10).await.unwrap().len()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looking).await.unwrap_or_else(|_| panic!("{what}"));
}

async fn lines(s: &Stage) -> Vec<String> {
    let c = client(s);
    let mut out = Vec::new();
    for incident in c.get("/api/incidents").await.json().as_array().unwrap() {
        let room = c.get(&format!("/api/incidents/{}/messages", incident["id"])).await.json();
        out.extend(room["messages"].as_array().unwrap().iter().map(|m| m["message"].as_str().unwrap().to_owned()));
    }
    out
}

#[tokio::test]
async fn action_that_fails_again_and_again_is_left_alone() {
    let s = stage().await;
    let (c, door) = (client(&s), Door::default());
    let tasks = works_for(&s, &s.alerts, &door, 7);
    only_own(&c).await;
    let body =
        |action: Value| json!({"id": "r", "condition": "cpu_percent > 50", "action": action, "circuit_break_after": 2, "max_retries": 0});
    for (action, field) in [(json!({"type": "window", "which": "front"}), "action.type"), (json!({"type": "door"}), "action.params.which")]
    {
        let refused = c.post("/api/alert-rules", body(action)).await;
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some(field)), "{}", refused.text());
    }
    rule(&c, body(json!({"type": "door", "which": "front"}))).await;
    for round in 1..=3_usize {
        assert_eq!(s.tick(&[("cpu_percent", 90.0)]).await.fired, 1);
        until("the action to end", async || failed(&s).await == round.min(2)).await;
        s.tick(&[("cpu_percent", 1.0)]).await;
        assert_eq!(s.tick(&[("cpu_percent", 1.0)]).await.resolved, 1);
    }
    assert_eq!(door.tries.load(Ordering::SeqCst), 2);
    // Maintenance that holds healing back holds it, whatever became of it before.
    s.clock.advance_secs(3_601);
    let window = json!({"target": "all", "duration": "1h", "reason": "rack move", "action": "suppress"});
    assert!(c.post("/api/healing/maintenance", window).await.status < 300);
    assert_eq!(s.tick(&[("cpu_percent", 90.0)]).await.fired, 1);
    assert!(lines(&s).await.iter().any(|l| l == "Action not taken, maintenance: open \"front\""), "{:?}", lines(&s).await);
    let told = lines(&s).await;
    assert_eq!(told.iter().filter(|l| l.starts_with("Action failed. open \"front\": it is stuck")).count(), 2, "{told:?}");
    assert!(told.iter().any(|l| l.starts_with("Action not taken") && l.contains("2 times in a row")), "{told:?}");
    tasks.shutdown().trigger();
}

#[tokio::test]
async fn action_that_a_crash_cut_off_is_not_done_again_and_said_to_be_unknown() {
    let s = stage().await;
    let (c, door) = (client(&s), Door { hangs: true, ..Door::default() });
    let dying = works_for(&s, &s.alerts, &door, 7);
    only_own(&c).await;
    rule(&c, json!({"id": "r", "condition": "cpu_percent > 50", "action": {"type": "door", "which": "front"}})).await;
    s.tick(&[("cpu_percent", 90.0)]).await;
    until("the action to begin", async || door.tries.load(Ordering::SeqCst) == 1).await;
    // On SQLite whoever else held a job is dead.
    let after = s.restarted().await;
    let tasks = works_for(&s, &after, &Door { hangs: false, ..door.clone() }, 8);
    until("the outcome to be told", async || failed(&s).await == 1).await;
    assert_eq!(door.tries.load(Ordering::SeqCst), 1, "nobody opened it twice");
    let told = lines(&s).await;
    assert!(told.iter().any(|l| l.contains("it is not known whether it was")), "{told:?}");
    dying.shutdown().trigger();
    tasks.shutdown().trigger();
}

#[tokio::test]
async fn consent_under_windows_that_queue_waits_for_the_last_end_and_the_stronger_window_counts() {
    for s in stages().await {
        let (c, door) = (client(&s), Door::default());
        let (jobs, tasks) = queue(&s, &s.alerts, &door, 7);
        jobs.start(&tasks);
        only_own(&c).await;
        let action = json!({"type": "door", "which": "front"});
        rule(&c, json!({"id": "r", "condition": "cpu_percent > 50", "action": action, "autonomy": "approve", "max_retries": 0})).await;
        let began = s.clock.now();
        hold_healing(&s, "3h", "queue").await;
        hold_healing(&s, "1h", "queue").await;
        assert_eq!(s.tick(&[("cpu_percent", 90.0)]).await.fired, 1);
        let job = newest(&jobs).await;
        assert_eq!(job.state, State::Waiting);
        consent(&s, &jobs, &job).await;
        let job = newest(&jobs).await;
        assert_eq!((job.state, job.run_at.secs_since(began)), (State::Queued, 3 * 3_600));
        assert!(lines(&s).await.iter().any(|l| l.starts_with("Action waits for consent and the end of maintenance")));
        s.clock.advance_secs(3_600);
        jobs.wake();
        // What the queue does meanwhile it does in order: a job queued now ends first.
        jobs.register("alert.beside", KindSpec::new("heal"), |_: JobContext| -> BoxFuture<'static, Verdict> {
            Box::pin(async { Verdict::done() })
        });
        let beside = jobs.submit(NewJob::new("alert.beside")).await.unwrap();
        until("the job beside it to end", async || jobs.find_many(&[beside]).await.unwrap()[&beside].state == State::Succeeded).await;
        assert_eq!(door.tries.load(Ordering::SeqCst), 0, "nobody opened it in the middle of the work");
        s.clock.advance_secs(2 * 3_600);
        jobs.wake();
        until("the action to be done", async || failed(&s).await == 1).await;
        assert_eq!(door.tries.load(Ordering::SeqCst), 1);
        s.tick(&[("cpu_percent", 1.0)]).await;
        assert_eq!(s.tick(&[("cpu_percent", 1.0)]).await.resolved, 1);
        // The newer one is over earlier and says less.
        hold_healing(&s, "3h", "suppress").await;
        hold_healing(&s, "1h", "queue").await;
        assert_eq!(s.tick(&[("cpu_percent", 90.0)]).await.fired, 1);
        let told = lines(&s).await;
        assert!(told.iter().any(|l| l == "Action not taken, maintenance: open \"front\""), "{told:?}");
        tasks.shutdown().trigger();
    }
}

#[tokio::test]
async fn action_changed_since_the_question_is_not_done_whatever_its_sentence_says() {
    for s in stages().await {
        let (c, door) = (client(&s), Door::default());
        let (jobs, tasks) = queue(&s, &s.alerts, &door, 7);
        jobs.start(&tasks);
        only_own(&c).await;
        let action = |minutes: i64| json!({"type": "door", "params": {"which": "front", "minutes": minutes, "password": "s3cret"}});
        rule(&c, json!({"id": "r", "condition": "cpu_percent > 50", "action": action(5), "autonomy": "approve"})).await;
        assert_eq!(s.tick(&[("cpu_percent", 90.0)]).await.fired, 1);
        let job = newest(&jobs).await;
        let shown = json!({"type": "door", "params": {"which": "front", "minutes": 5, "password": "***"}});
        assert_eq!((&job.payload["wanted"], &job.hold.as_ref().unwrap().evidence["action"]), (&shown, &shown));
        let changed = c.put("/api/alert-rules/r", json!({"action": action(600)})).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        consent(&s, &jobs, &job).await;
        until("the outcome to be told", async || lines(&s).await.iter().any(|l| l.starts_with("Action left out"))).await;
        let told = lines(&s).await;
        assert!(told.iter().any(|l| l == "Action left out, the rule was changed: open \"front\""), "{told:?}");
        assert_eq!(door.tries.load(Ordering::SeqCst), 0);
        tasks.shutdown().trigger();
    }
}

#[tokio::test]
async fn action_whose_job_waits_is_not_told_as_done() {
    let s = stage().await;
    // A queue of a store without jobs: the held one is number one.
    let door = Door { hands_on: Some(1), ..Door::default() };
    let (jobs, tasks) = queue(&s, &s.alerts, &door, 5);
    jobs.register("demo", KindSpec::new("heal"), |_: JobContext| -> BoxFuture<'static, Verdict> { Box::pin(async { Verdict::done() }) });
    let hold = Hold::new("automation", "Run the demo", "automations:run", HoldPolicy::default());
    let held = jobs.submit(NewJob::new("demo").hold(hold)).await.unwrap();
    assert_eq!(Some(held), door.hands_on);
    jobs.start(&tasks);
    let c = client(&s);
    only_own(&c).await;
    rule(&c, json!({"id": "r", "condition": "cpu_percent > 50", "action": {"type": "door", "which": "front"}})).await;
    s.tick(&[("cpu_percent", 90.0)]).await;
    let wanted = format!("Action handed on, its job {held} waits for a decision of its own: open \"front\"");
    until("the outcome to be told", async || lines(&s).await.contains(&wanted)).await;
    let told = lines(&s).await;
    assert!(!told.iter().any(|l| l.starts_with("Action done") || l.starts_with("Action failed")), "{told:?}");
    assert_eq!(failed(&s).await, 0);
    tasks.shutdown().trigger();
}

#[tokio::test]
async fn action_whose_last_try_breaks_is_told_in_the_incident() {
    let s = stage().await;
    let (c, door) = (client(&s), Door { breaks: true, ..Door::default() });
    let tasks = works_for(&s, &s.alerts, &door, 7);
    only_own(&c).await;
    let action = json!({"type": "door", "which": "front"});
    rule(&c, json!({"id": "r", "condition": "cpu_percent > 50", "action": action, "max_retries": 0})).await;
    s.tick(&[("cpu_percent", 90.0)]).await;
    until("the outcome to be told", async || failed(&s).await == 1).await;
    let told = lines(&s).await;
    assert!(told.iter().any(|l| l.starts_with("Action failed. open \"front\": it broke off")), "{told:?}");
    tasks.shutdown().trigger();
}
