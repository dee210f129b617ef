//! Enqueue, claim, run, retry, cancel, take over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argos_jobs::{Announce, Cancelled, JobFilter, KindSpec, NewJob, OUTPUT_BYTES_MAX, Restart, State, Verdict};
use argos_kernel::PageRequest;
use argos_store::Engine;
use serde_json::json;

use super::{Gauge, SPEC, handler, job, sqlite_stage, stages};

#[tokio::test]
async fn job_runs_once_after_its_commit_and_never_after_a_rollback() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register(
            "demo",
            SPEC,
            handler(|ctx| async move {
                ctx.say("hello");
                ctx.checkpoint(json!({"percent": 50})).await.unwrap();
                Verdict::Done(json!({"got": ctx.job().payload["n"]}))
            }),
        );
        p.start();
        let mut tx = s.t.store.state.begin().await.unwrap();
        p.jobs.enqueue(&mut tx, job().payload(json!({"n": 1}))).await.unwrap();
        drop(tx);
        let mut tx = s.t.store.state.begin().await.unwrap();
        let id = p.jobs.enqueue(&mut tx, job().payload(json!({"n": 2})).trigger("api")).await.unwrap();
        tx.commit().await.unwrap();
        let done = p.until(id, State::Succeeded).await;
        assert_eq!((done.result, done.progress, done.attempts), (Some(json!({"got": 2})), Some(json!({"percent": 50})), 1));
        assert!(done.lease_owner.is_none() && done.finished_at.is_some());
        let all = p.jobs.list(&JobFilter::default(), PageRequest { limit: 10, offset: 0 }).await.unwrap();
        assert_eq!(all.total, 1);
        p.stop().await;
        assert_eq!(p.log.of(id), ["hello", "succeeded"]);
    }
}

#[tokio::test]
async fn failing_job_is_retried_then_fails_with_an_event() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register(
            "demo",
            KindSpec { max_attempts: 3, ..SPEC },
            handler(|ctx| async move { Verdict::Retry { after: Some(Duration::ZERO), why: format!("attempt {}\0", ctx.job().attempts) } }),
        );
        p.start();
        let id = p.jobs.submit(job()).await.unwrap();
        let failed = p.until(id, State::Failed).await;
        assert_eq!((failed.attempts, failed.error.as_deref()), (3, Some("attempt 3")));
        assert_eq!(s.event_kinds().await, ["job.failed"]);
        p.stop().await;
    }
}

#[tokio::test]
async fn panicking_and_failing_handlers_do_not_take_the_worker_with_them() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register(
            "demo",
            KindSpec { announce: Announce::Never, ..SPEC },
            handler(|ctx| async move {
                assert!(ctx.job().payload["fine"].as_bool().unwrap_or(false), "on purpose");
                Verdict::Fail { why: "Exit code 3".to_owned(), exit_code: Some(3) }
            }),
        );
        p.start();
        let (bad, fine) = (p.jobs.submit(job()).await.unwrap(), p.jobs.submit(job().payload(json!({"fine": true}))).await.unwrap());
        assert_eq!(p.until(bad, State::Failed).await.error.as_deref(), Some("Internal error"));
        let fine = p.until(fine, State::Failed).await;
        assert_eq!((fine.error.as_deref(), fine.exit_code), (Some("Exit code 3"), Some(3)));
        assert!(s.event_kinds().await.is_empty());
        p.stop().await;
    }
}

#[tokio::test]
async fn pool_limit_priority_and_concurrency_key_hold() {
    for s in stages().await {
        let p = s.process(1);
        let (gauge, keyed, order) = (Arc::new(Gauge::default()), Arc::new(Gauge::default()), Arc::new(std::sync::Mutex::new(Vec::new())));
        let (g, k, o) = (Arc::clone(&gauge), Arc::clone(&keyed), Arc::clone(&order));
        p.jobs.register(
            "demo",
            SPEC,
            handler(move |ctx| {
                let (g, k, o) = (Arc::clone(&g), Arc::clone(&k), Arc::clone(&o));
                async move {
                    o.lock().unwrap().push(ctx.job().priority);
                    if ctx.job().concurrency_key.is_some() {
                        k.pass(Duration::from_millis(30)).await;
                    } else {
                        g.pass(Duration::from_millis(30)).await;
                    }
                    Verdict::done()
                }
            }),
        );
        let mut ids = Vec::new();
        for i in 0..12 {
            ids.push(p.jobs.submit(job().priority(i)).await.unwrap());
            ids.push(p.jobs.submit(job().concurrency("one").priority(-1)).await.unwrap());
        }
        p.start();
        for id in ids {
            p.until(id, State::Succeeded).await;
        }
        p.stop().await;
        assert_eq!((gauge.runs(), keyed.runs()), (12, 12));
        assert_eq!((gauge.most(), keyed.most()), (3, 1));
        let begun = order.lock().unwrap().clone();
        assert!(begun[..12].windows(2).all(|w| w[0] >= w[1] - 2), "{begun:?}");
        assert!(begun[..3].iter().all(|p| *p >= 9), "{begun:?}");
    }
}

#[tokio::test]
async fn same_idempotency_key_is_one_job_per_kind() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
        p.jobs.register("other", SPEC, handler(|_| async { Verdict::done() }));
        let first = p.jobs.submit(job().idempotency("k")).await.unwrap();
        assert_eq!(p.jobs.submit(job().idempotency("k")).await.unwrap(), first);
        assert_ne!(p.jobs.submit(NewJob::new("other").idempotency("k")).await.unwrap(), first);
        assert_ne!(p.jobs.submit(job()).await.unwrap(), p.jobs.submit(job()).await.unwrap());
        assert!(p.jobs.submit(NewJob::new("unheard")).await.is_err());
    }
}

#[tokio::test]
async fn delayed_job_waits_for_its_time() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
        p.start();
        let id = p.jobs.submit(job().run_at(argos_kernel::Clock::now(&s.clock).plus_secs(60))).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(p.job(id).await.state, State::Queued);
        s.clock.advance_secs(60);
        p.jobs.submit(job()).await.unwrap();
        p.until(id, State::Succeeded).await;
        p.stop().await;
    }
}

#[tokio::test]
async fn cancelling_ends_queued_jobs_at_once_and_running_ones_within_five_seconds() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register(
            "demo",
            SPEC,
            handler(|ctx| async move {
                if ctx.job().payload["stubborn"].as_bool() == Some(true) {
                    std::future::pending::<()>().await;
                }
                ctx.cancelled().await;
                ctx.checkpoint(json!({"cut": format!("{:?}", ctx.cut())})).await.unwrap();
                Verdict::fail("stopped half-way")
            }),
        );
        p.start();
        let cancel = async |id: i64| {
            let mut tx = s.t.store.state.begin().await.unwrap();
            let met = p.jobs.cancel(&mut tx, id).await;
            tx.commit().await.unwrap();
            met
        };
        let later = p.jobs.submit(job().run_at(argos_kernel::Clock::now(&s.clock).plus_secs(600))).await.unwrap();
        let (polite, stubborn) =
            (p.jobs.submit(job()).await.unwrap(), p.jobs.submit(job().payload(json!({"stubborn": true}))).await.unwrap());
        p.until(polite, State::Running).await;
        p.until(stubborn, State::Running).await;
        assert_eq!(cancel(later).await.unwrap(), Cancelled::AtOnce);
        assert_eq!(p.job(later).await.state, State::Cancelled);
        let begun = Instant::now();
        assert_eq!(cancel(polite).await.unwrap(), Cancelled::Signalled);
        assert_eq!(cancel(stubborn).await.unwrap(), Cancelled::Signalled);
        p.until(polite, State::Cancelled).await;
        assert_eq!(p.job(polite).await.progress, Some(json!({"cut": "Some(Cancelled)"})));
        assert!(begun.elapsed() < Duration::from_secs(2));
        p.until(stubborn, State::Cancelled).await;
        assert!(begun.elapsed() < Duration::from_secs(7));
        assert_eq!(cancel(polite).await.unwrap_err().kind().status(), 409);
        assert_eq!(cancel(9_999).await.unwrap_err().kind().status(), 404);
        p.stop().await;
    }
}

#[tokio::test]
async fn job_out_of_time_ends_as_timeout() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register(
            "demo",
            KindSpec { timeout: Some(Duration::from_millis(100)), ..SPEC },
            handler(|ctx| async move {
                ctx.cancelled().await;
                ctx.checkpoint(json!({"cut": format!("{:?}", ctx.cut())})).await.unwrap();
                Verdict::done()
            }),
        );
        p.start();
        let id = p.jobs.submit(job()).await.unwrap();
        assert_eq!(p.until(id, State::Timeout).await.error.as_deref(), Some("Timed out"));
        assert_eq!(p.job(id).await.progress, Some(json!({"cut": "Some(TimedOut)"})));
        assert_eq!(s.event_kinds().await, ["job.timeout"]);
        p.stop().await;
    }
}

#[tokio::test]
async fn several_workers_share_the_queue_and_run_each_job_once() {
    for s in stages().await {
        let gauge = Arc::new(Gauge::default());
        let processes: Vec<_> = (1..=3).map(|seed| s.process(seed)).collect();
        // On SQLite there is only ever one process.
        let processes = if s.t.store.engine() == Engine::Sqlite { &processes[..1] } else { &processes[..] };
        for p in processes {
            let g = Arc::clone(&gauge);
            p.jobs.register(
                "demo",
                SPEC,
                handler(move |_| {
                    let g = Arc::clone(&g);
                    async move {
                        g.pass(Duration::from_millis(5)).await;
                        Verdict::done()
                    }
                }),
            );
        }
        let mut ids = Vec::new();
        for _ in 0..40 {
            ids.push(processes[0].jobs.submit(job()).await.unwrap());
        }
        processes.iter().for_each(super::Process::start);
        for id in ids {
            assert_eq!(processes[0].until(id, State::Succeeded).await.attempts, 1);
        }
        for p in processes {
            p.stop().await;
        }
        assert_eq!(gauge.runs(), 40);
        assert!(gauge.most() <= 3, "{} at once over all processes", gauge.most());
    }
}

#[tokio::test]
async fn jobs_of_a_dead_process_are_requeued_or_failed_as_their_kind_says() {
    for s in stages().await {
        let dead = s.process(1);
        let hang = || handler(|_| std::future::pending());
        dead.jobs.register("demo", SPEC, hang());
        dead.jobs.register("once", KindSpec { restart: Restart::Fail("panel restarted"), ..KindSpec::new("import") }, hang());
        dead.jobs.register("gone", KindSpec::new("update"), hang());
        dead.start();
        let mut ids = Vec::new();
        for kind in ["demo", "once", "gone", "demo"] {
            ids.push(dead.jobs.submit(NewJob::new(kind)).await.unwrap());
        }
        for id in &ids {
            dead.until(*id, State::Running).await;
        }
        let mut tx = s.t.store.state.begin().await.unwrap();
        dead.jobs.cancel(&mut tx, ids[3]).await.unwrap();
        // The dead process never hears of it: the flag is stored, the signal is lost with the hooks.
        tx.commit().await.unwrap();
        let heir = s.process(2);
        heir.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
        heir.jobs.register(
            "once",
            KindSpec { restart: Restart::Fail("panel restarted"), ..KindSpec::new("import") },
            handler(|_| async { Verdict::done() }),
        );
        // Elsewhere than on SQLite a lease has to run out first.
        s.clock.advance_secs(61);
        heir.start();
        assert_eq!(heir.until(ids[0], State::Succeeded).await.attempts, 2);
        assert_eq!(heir.until(ids[1], State::Failed).await.error.as_deref(), Some("panel restarted"));
        assert_eq!(heir.until(ids[2], State::Failed).await.error.as_deref(), Some("Server restarted"));
        heir.until(ids[3], State::Cancelled).await;
        heir.stop().await;
    }
}

#[tokio::test]
async fn stopping_process_gives_its_jobs_back_without_counting_the_attempt() {
    let s = sqlite_stage().await;
    let p = s.process(1);
    let seen = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&seen);
    p.jobs.register(
        "demo",
        SPEC,
        handler(move |ctx| {
            let told = Arc::clone(&told);
            async move {
                ctx.cancelled().await;
                told.fetch_add(1, Ordering::SeqCst);
                std::future::pending().await
            }
        }),
    );
    p.start();
    let id = p.jobs.submit(job()).await.unwrap();
    p.until(id, State::Running).await;
    let begun = Instant::now();
    p.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(12));
    let released = p.job(id).await;
    assert_eq!((released.state, released.attempts, seen.load(Ordering::SeqCst)), (State::Queued, 0, 1));
}

#[tokio::test]
async fn output_is_capped_with_one_mark() {
    let s = sqlite_stage().await;
    let p = s.process(1);
    p.jobs.register(
        "demo",
        SPEC,
        handler(|ctx| async move {
            for _ in 0..600 {
                ctx.say("x".repeat(1023));
            }
            Verdict::done()
        }),
    );
    p.start();
    let id = p.jobs.submit(job()).await.unwrap();
    p.until(id, State::Succeeded).await;
    p.stop().await;
    let lines = p.log.of(id);
    let bytes: usize = lines.iter().map(|l| l.len() + 1).sum();
    assert!(bytes <= OUTPUT_BYTES_MAX + 100, "{bytes}");
    assert_eq!(lines.iter().filter(|l| *l == "[output truncated]").count(), 1);
    assert_eq!(lines.last().unwrap(), "succeeded");
}

#[tokio::test]
async fn loads_tell_room_and_pruning_removes_old_ends_only() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
        let id = p.jobs.submit(job()).await.unwrap();
        assert!(p.jobs.pool_load("script").await.unwrap().has_room());
        p.jobs.set_pool_limit("script", 1);
        let load = p.jobs.pool_load("script").await.unwrap();
        assert_eq!((load.running, load.queued, load.limit, load.has_room()), (0, 1, 1, false));
        let loads = p.jobs.loads().await.unwrap();
        assert_eq!((loads["script"].0.queued, loads["script"].1), (1, Some(argos_kernel::Clock::now(&s.clock))));
        let scheduled = p.jobs.submit(job().schedule(7)).await.unwrap();
        p.start();
        p.until(id, State::Succeeded).await;
        p.until(scheduled, State::Succeeded).await;
        p.stop().await;
        s.clock.advance_secs(31 * 86_400);
        p.jobs.submit(job()).await.unwrap();
        assert_eq!(p.jobs.prune(30, 365).await.unwrap(), 1);
        let left = async || p.jobs.list(&JobFilter::default(), PageRequest { limit: 10, offset: 0 }).await.unwrap().total;
        assert_eq!(left().await, 2, "what a schedule ran stays half a year");
        s.clock.advance_secs(150 * 86_400);
        assert_eq!((p.jobs.prune(30, 365).await.unwrap(), left().await), (1, 1));
    }
}
