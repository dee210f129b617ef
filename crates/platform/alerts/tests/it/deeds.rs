//! What rules have done: refused where nobody can, left alone after failures in a row, never done twice after a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argos_alerts::{Alerts, Deed, Order, RuleAction};
use argos_events::Filter;
use argos_jobs::{Jobs, NoLog};
use argos_kernel::{Result, SeededRng, Shutdown, SystemClock, Tasks};
use argos_store::testing::sqlite;
use argos_web::BoxFuture;
use serde_json::{Value, json};

use crate::engine::{only_own, rule};
use crate::routes::client;
use crate::stage::{Stage, migrations};

/// Counts its tries; a door that hangs never answers.
#[derive(Clone, Default)]
struct Door {
    tries: Arc<AtomicUsize>,
    hangs: bool,
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
        Box::pin(async move { if self.hangs { std::future::pending().await } else { Ok(Deed::Failed("it is stuck".to_owned())) } })
    }
}

/// A queue of its own, as each process has one, that works for these alerts.
fn works_for(s: &Stage, alerts: &Alerts, door: &Door, seed: u64) -> Tasks {
    let rng = Arc::new(SeededRng::new(seed));
    let jobs = Jobs::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), rng.clone(), s.events.clone(), Arc::new(NoLog));
    alerts.set_jobs(&jobs);
    alerts.offer_action(Arc::new(door.clone()));
    let tasks = Tasks::new(Arc::new(SystemClock), rng, Shutdown::new());
    jobs.start(&tasks);
    tasks
}

async fn stage() -> Stage {
    Stage::of(sqlite(&[migrations(), argos_jobs::MIGRATIONS.to_vec()].concat()).await).await
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
