//! Slots: fired once, missed, overlapping, by hand.

use argos_jobs::{JobFilter, Misfire, Overlap, ScheduleSpec, Schedules, State, Verdict};
use argos_kernel::{Actor, Clock, PageRequest, Timestamp};
use chrono_tz::Tz;

use super::{Process, SPEC, Stage, handler, stages};

fn spec() -> ScheduleSpec {
    ScheduleSpec::new("nightly", "demo", "0 * * * *")
}

fn process(s: &Stage, seed: u64) -> (Process, Schedules) {
    let p = s.process(seed);
    p.jobs.register(
        "demo",
        SPEC,
        handler(|ctx| async move {
            ctx.cancelled().await;
            Verdict::done()
        }),
    );
    let schedules = Schedules::new(p.jobs.clone(), Tz::UTC);
    (p, schedules)
}

async fn create(s: &Stage, schedules: &Schedules, spec: &ScheduleSpec) -> i64 {
    let mut tx = s.t.store.state.begin().await.unwrap();
    let id = schedules.create(&mut tx, spec).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn states(p: &Process) -> Vec<State> {
    let all = p.jobs.list(&JobFilter::default(), PageRequest { limit: 100, offset: 0 }).await.unwrap();
    all.items.into_iter().rev().map(|j| j.state).collect()
}

fn at(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text)
}

#[tokio::test]
async fn slot_fires_once_however_many_look_and_the_next_is_planned() {
    for s in stages().await {
        let (p, schedules) = process(&s, 1);
        let (_q, others) = process(&s, 2);
        let id = create(&s, &schedules, &spec()).await;
        assert_eq!(schedules.find(id).await.unwrap().unwrap().next_run_at, at("2026-01-01T10:00:00Z"));
        assert_eq!(schedules.fire_due().await.unwrap(), 0);
        s.clock.advance_secs(31);
        let (a, b) = tokio::join!(schedules.fire_due(), others.fire_due());
        assert_eq!(a.unwrap() + b.unwrap(), 1);
        let after = schedules.find(id).await.unwrap().unwrap();
        assert_eq!((after.next_run_at, after.last_run_at), (at("2026-01-01T11:00:00Z"), at("2026-01-01T10:00:00Z")));
        let jobs =
            p.jobs.list(&JobFilter { schedule_id: Some(id), ..JobFilter::default() }, PageRequest { limit: 9, offset: 0 }).await.unwrap();
        assert_eq!((jobs.total, jobs.items[0].trigger.as_str()), (1, "schedule:0 * * * *"));
    }
}

#[tokio::test]
async fn missed_slots_run_once_within_grace_else_are_skipped_with_an_event() {
    for s in stages().await {
        let (p, schedules) = process(&s, 1);
        let lenient = ScheduleSpec { overlap: Overlap::Allow, ..spec() };
        let strict = ScheduleSpec { misfire: Misfire::Skip, ..lenient.clone() };
        let id = create(&s, &schedules, &lenient).await;
        create(&s, &schedules, &strict).await;
        s.clock.advance_secs(5 * 3600 + 1200);
        assert_eq!(schedules.fire_due().await.unwrap(), 1);
        assert_eq!(states(&p).await, [State::Queued]);
        assert_eq!(schedules.find(id).await.unwrap().unwrap().last_run_at, at("2026-01-01T15:00:00Z"));
        assert_eq!(s.event_kinds().await, ["schedule.skipped"]);
        let ended = ScheduleSpec { until: at("2026-01-01T15:30:00Z"), ..lenient };
        let id = create(&s, &schedules, &ended).await;
        assert_eq!(schedules.find(id).await.unwrap().unwrap().next_run_at, None);
    }
}

#[tokio::test]
async fn overlap_policies_do_what_they_say() {
    for s in stages().await {
        for (overlap, expected, event) in [
            (Overlap::Skip, vec![State::Running], true),
            (Overlap::Queue, vec![State::Running, State::Queued], true),
            (Overlap::Allow, vec![State::Running, State::Running, State::Running], false),
        ] {
            let stage = Stage::of(argos_store::testing::sqlite(&super::migrations()).await);
            let s = if s.t.store.engine() == argos_store::Engine::Sqlite { &stage } else { &s };
            let (p, schedules) = process(s, 7);
            p.start();
            let before = states(&p).await.len();
            let id = create(s, &schedules, &ScheduleSpec { overlap, ..spec() }).await;
            for _ in 0..3 {
                let next = schedules.find(id).await.unwrap().unwrap().next_run_at.unwrap();
                s.clock.set(next.plus_secs(1));
                schedules.fire_due().await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            }
            let mut now = states(&p).await.split_off(before);
            now.sort_by_key(|s| s.as_str() == "queued");
            assert_eq!(now, expected, "{overlap:?}");
            assert_eq!(s.event_kinds().await.contains(&"schedule.skipped".to_owned()), event || before > 0, "{overlap:?}");
            let mut tx = s.t.store.state.begin().await.unwrap();
            schedules.remove(&mut tx, id).await.unwrap();
            tx.commit().await.unwrap();
            cancel_all(s, &p).await;
            p.stop().await;
        }
    }
}

async fn cancel_all(s: &Stage, p: &Process) {
    let active = JobFilter { states: vec![State::Queued, State::Running], ..JobFilter::default() };
    let page = PageRequest { limit: 100, offset: 0 };
    for job in p.jobs.list(&active, page).await.unwrap().items {
        let mut tx = s.t.store.state.begin().await.unwrap();
        p.jobs.cancel(&mut tx, job.id).await.unwrap();
        tx.commit().await.unwrap();
    }
    while p.jobs.list(&active, page).await.unwrap().total > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn replacing_cancels_the_active_run_first() {
    for s in stages().await {
        let (p, schedules) = process(&s, 1);
        p.start();
        let id = create(&s, &schedules, &ScheduleSpec { overlap: Overlap::Replace, ..spec() }).await;
        s.clock.advance_secs(31);
        schedules.fire_due().await.unwrap();
        p.until(1, State::Running).await;
        s.clock.advance_secs(3600);
        assert_eq!(schedules.fire_due().await.unwrap(), 1);
        // The handler answers a cancellation with success, so the first run counts as finished.
        p.until(1, State::Succeeded).await;
        p.until(2, State::Running).await;
        assert_eq!(schedules.find(id).await.unwrap().unwrap().last_run_at, at("2026-01-01T11:00:00Z"));
        cancel_all(&s, &p).await;
        p.stop().await;
    }
}

#[tokio::test]
async fn paused_schedule_never_fires_but_runs_by_hand() {
    for s in stages().await {
        let (p, schedules) = process(&s, 1);
        let id = create(&s, &schedules, &ScheduleSpec { enabled: false, ..spec() }).await;
        s.clock.advance_secs(7200);
        assert_eq!(schedules.fire_due().await.unwrap(), 0);
        let mut tx = s.t.store.state.begin().await.unwrap();
        let job = schedules.trigger(&mut tx, id, &Actor::cli()).await.unwrap();
        assert_eq!(schedules.trigger(&mut tx, 99, &Actor::cli()).await.unwrap_err().kind().status(), 404);
        schedules.replace(&mut tx, id, &spec()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((p.job(job).await.trigger, p.job(job).await.triggered_by), ("manual".to_owned(), "cli".to_owned()));
        assert_eq!(schedules.find(id).await.unwrap().unwrap().next_run_at, at("2026-01-01T12:00:00Z"));
    }
}

#[tokio::test]
async fn changed_system_zone_replans_schedules_without_their_own() {
    for s in stages().await {
        let (_p, schedules) = process(&s, 1);
        let daily = ScheduleSpec { cron: "0 3 * * *".into(), ..spec() };
        let a = create(&s, &schedules, &daily).await;
        let b = create(&s, &schedules, &ScheduleSpec { timezone: Some("Asia/Tokyo".into()), jitter_s: 600, ..daily }).await;
        schedules.set_zone(Tz::Europe__Madrid).await.unwrap();
        assert_eq!(schedules.find(a).await.unwrap().unwrap().next_run_at, at("2026-01-02T02:00:00Z"));
        let b = schedules.find(b).await.unwrap().unwrap();
        assert_eq!(b.next_run_at, at("2026-01-01T18:00:00Z"));
        let delay = b.due_at.unwrap().secs_since(b.next_run_at.unwrap());
        assert!((1..=600).contains(&delay), "{delay}");
    }
}

#[tokio::test]
async fn clockwork_fires_reboot_schedules_at_start_and_slots_in_time() {
    for s in stages().await {
        let (p, schedules) = process(&s, 1);
        create(&s, &schedules, &ScheduleSpec { cron: "@reboot".into(), ..spec() }).await;
        let id = create(&s, &schedules, &spec()).await;
        schedules.start(&p.tasks);
        while states(&p).await.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        s.clock.set(at("2026-01-01T10:00:00Z").unwrap());
        // A write wakes it; without one it wakes by itself within 15 s.
        let mut tx = s.t.store.state.begin().await.unwrap();
        schedules.create(&mut tx, &ScheduleSpec { cron: "0 0 1 1 *".into(), ..spec() }).await.unwrap();
        tx.commit().await.unwrap();
        while schedules.find(id).await.unwrap().unwrap().last_run_at.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(states(&p).await.len(), 2);
        assert_eq!(s.clock.now(), at("2026-01-01T10:00:00Z").unwrap());
        p.stop().await;
    }
}

#[tokio::test]
async fn schedule_of_a_kind_nobody_runs_is_skipped_not_stuck() {
    for s in stages().await {
        let (_p, schedules) = process(&s, 1);
        let id = create(&s, &schedules, &ScheduleSpec { job_kind: "unheard".into(), ..spec() }).await;
        s.clock.advance_secs(31);
        assert_eq!(schedules.fire_due().await.unwrap(), 0);
        let after = schedules.find(id).await.unwrap().unwrap();
        assert_eq!((after.next_run_at, after.last_state.as_deref()), (at("2026-01-01T11:00:00Z"), Some("skipped")));
    }
}

/// Writes down who was asked.
#[derive(Clone, Default)]
struct Asked(std::sync::Arc<std::sync::Mutex<Vec<(i64, String)>>>);

impl argos_jobs::Gate for Asked {
    fn ask<'a>(&'a self, _: &'a mut argos_store::Tx, held: argos_jobs::Held<'a>) -> argos_web::BoxFuture<'a, argos_kernel::Result<()>> {
        self.0.lock().unwrap().push((held.job_id, held.hold.description.clone()));
        Box::pin(async { Ok(()) })
    }
    fn withdraw<'a>(&'a self, _: &'a mut argos_store::Tx, _: i64) -> argos_web::BoxFuture<'a, argos_kernel::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn slot_of_a_schedule_with_approval_waits_and_the_next_one_is_skipped() {
    for s in stages().await {
        let (p, schedules) = process(&s, 1);
        let gate = Asked::default();
        p.jobs.set_gate(std::sync::Arc::new(gate.clone()));
        let id = create(&s, &schedules, &spec()).await;
        let mut tx = s.t.store.state.begin().await.unwrap();
        schedules.set_approval(&mut tx, id, Some(&argos_jobs::HoldPolicy::default())).await.unwrap();
        tx.commit().await.unwrap();
        p.start();
        s.clock.advance_secs(31);
        assert_eq!(schedules.fire_due().await.unwrap(), 1);
        assert_eq!(*gate.0.lock().unwrap(), [(1, "Run the schedule nightly".to_owned())]);
        assert_eq!(
            (states(&p).await, schedules.find(id).await.unwrap().unwrap().last_state.as_deref()),
            (vec![State::Waiting], Some("waiting"))
        );
        s.clock.advance_secs(3_600);
        assert_eq!(schedules.fire_due().await.unwrap(), 0);
        // A setting that defines the rest leaves the policy alone.
        let mut tx = s.t.store.state.begin().await.unwrap();
        schedules.replace(&mut tx, id, &spec()).await.unwrap();
        assert!(p.jobs.refuse(&mut tx, 1, "Denied by ada").await.unwrap());
        assert!(!p.jobs.release(&mut tx, 1, &serde_json::json!({}), Timestamp::from_secs(0)).await.unwrap());
        tx.commit().await.unwrap();
        let after = schedules.find(id).await.unwrap().unwrap();
        assert_eq!((after.approval, after.last_state.as_deref()), (Some(argos_jobs::HoldPolicy::default()), Some("cancelled")));
        p.stop().await;
    }
}

#[tokio::test]
async fn failing_schedule_says_so_and_when_it_runs_well_again_or_is_gone() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register(
            "demo",
            SPEC,
            handler(|ctx| async move { if ctx.job().id == 3 { Verdict::done() } else { Verdict::fail("no space left") } }),
        );
        let schedules = Schedules::new(p.jobs.clone(), Tz::UTC);
        let mut tx = s.t.store.state.begin().await.unwrap();
        let id = schedules.create(&mut tx, &ScheduleSpec::new("nightly", "demo", "0 4 * * *")).await.unwrap();
        tx.commit().await.unwrap();
        p.start();
        for (job, state) in [(1, State::Failed), (2, State::Failed), (3, State::Succeeded), (4, State::Failed)] {
            let mut tx = s.t.store.state.begin().await.unwrap();
            schedules.trigger(&mut tx, id, &Actor::system()).await.unwrap();
            tx.commit().await.unwrap();
            p.until(job, state).await;
        }
        let mut tx = s.t.store.state.begin().await.unwrap();
        schedules.remove(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        let said: Vec<String> = s.event_kinds().await.into_iter().rev().filter(|k| k.starts_with("schedule.")).collect();
        assert_eq!(said, ["schedule.failed", "schedule.failed", "schedule.recovered", "schedule.failed", "schedule.recovered"]);
        p.stop().await;
    }
}

#[tokio::test]
async fn run_asked_for_again_under_its_key_marks_and_tells_nothing() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register("demo", SPEC, handler(|_| async { Verdict::fail("no space left") }));
        let schedules = Schedules::new(p.jobs.clone(), Tz::UTC);
        let id = create(&s, &schedules, &ScheduleSpec { organization_id: Some(1), ..spec() }).await;
        let ask = async |key: &str| {
            let mut tx = s.t.store.state.begin().await.unwrap();
            let job = schedules.trigger_once(&mut tx, id, &Actor::system(), key).await.unwrap();
            tx.commit().await.unwrap();
            job
        };
        let seen = async || {
            let found = schedules.find(id).await.unwrap().unwrap();
            (found.last_run_at, found.last_state, s.event_kinds().await)
        };
        let first = ask("alert.action:one").await;
        assert_eq!(s.event_kinds().await, ["schedule.triggered"]);
        p.start();
        p.until(first, State::Failed).await;
        let before = seen().await;
        assert_eq!(before.1.as_deref(), Some("failed"));
        s.clock.advance_secs(600);
        assert_eq!(ask("alert.action:one").await, first);
        assert_eq!(seen().await, before);
        assert_ne!(ask("alert.action:two").await, first);
        p.stop().await;
    }
}

/// Holds what has this word in its name, while it is told to.
struct Window(std::sync::atomic::AtomicBool);
impl argos_jobs::SlotGate for Window {
    fn holds<'a>(&'a self, schedule: &'a argos_jobs::Schedule) -> argos_web::BoxFuture<'a, argos_kernel::Result<bool>> {
        let holds = self.0.load(std::sync::atomic::Ordering::SeqCst) && schedule.spec.name.contains("night");
        Box::pin(async move { Ok(holds) })
    }
}

#[tokio::test]
async fn slot_in_maintenance_is_skipped_with_its_reason_and_the_next_one_runs() {
    for s in stages().await {
        let (p, schedules) = process(&s, 1);
        let gate = std::sync::Arc::new(Window(true.into()));
        schedules.set_gate(gate.clone());
        let each = ScheduleSpec { overlap: Overlap::Allow, ..spec() };
        let held = create(&s, &schedules, &each).await;
        let free = create(&s, &schedules, &ScheduleSpec { name: "hourly".to_owned(), ..each }).await;
        s.clock.advance_secs(31);
        assert_eq!(schedules.fire_due().await.unwrap(), 1);
        let of = |id| {
            let schedules = schedules.clone();
            async move { schedules.find(id).await.unwrap().unwrap() }
        };
        let after = of(held).await;
        assert_eq!((after.last_state.as_deref(), after.skip_reason.as_deref()), (Some("skipped"), Some("maintenance")));
        assert_eq!((after.last_run_at, after.next_run_at), (None, at("2026-01-01T11:00:00Z")));
        assert_eq!(of(free).await.skip_reason, None);
        let told = s.events.list(&argos_events::Filter::default(), None, 10).await.unwrap();
        let skipped: Vec<_> = told.iter().filter(|e| e.kind == "schedule.skipped").map(|e| e.data["reason"].clone()).collect();
        assert_eq!(skipped, ["maintenance"]);
        // By hand it runs whatever the clockwork may do.
        let mut tx = s.t.store.state.begin().await.unwrap();
        schedules.trigger(&mut tx, held, &Actor::system()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(of(held).await.skip_reason, None);
        drop(p);
        gate.0.store(false, std::sync::atomic::Ordering::SeqCst);
        s.clock.advance_secs(3600);
        schedules.fire_due().await.unwrap();
        for id in [held, free] {
            assert_eq!(of(id).await.last_run_at, at("2026-01-01T11:00:00Z"), "the window is over");
        }
    }
}
