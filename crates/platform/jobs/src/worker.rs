//! Claims jobs, runs their handlers, keeps their leases, and cleans up after dead processes.
//!
//! A lease lasts 60 s and is renewed every 10 s. A worker that cannot renew stops its jobs before the lease ends, so
//! that no two processes work on one job.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use argos_events::{NewEvent, Source};
use argos_kernel::{Backoff, Result, Severity, Shutdown, Tasks, Timestamp};
use argos_store::{Engine, StoreError, args};
use futures_util::FutureExt;
use tokio::time::Instant;

use crate::handler::{Announce, Cut, JobContext, Restart, Verdict};
use crate::job::{Job, State};
use crate::jobs::{Jobs, Registered, Running};
use crate::store as sql;

pub(crate) const LEASE_S: i64 = 60;
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// Without a renewal for this long, jobs are stopped while their lease still holds.
const FENCE_AFTER: Duration = Duration::from_secs(45);
/// What a handler gets to end by itself.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
const STOP_GRACE: Duration = Duration::from_secs(10);
const DIED: &str = "Server restarted";

/// How an attempt ended, seen from outside the handler.
enum Ended {
    Said(Verdict),
    Panicked,
    TimedOut,
    Cancelled,
    /// The process stops; the job goes back to the queue.
    Released,
    /// Somebody else may hold it: nothing may be written.
    Fenced,
}

impl Jobs {
    /// Starts the worker and the keeper of leases. Register the kinds first: jobs of dead processes are judged at once.
    pub fn start(&self, tasks: &Tasks) {
        let (jobs, all) = (self.clone(), tasks.clone());
        tasks.supervise("jobs.worker", move |stop| jobs.clone().work(all.clone(), stop));
        let jobs = self.clone();
        tasks.supervise("jobs.keeper", move |stop| jobs.clone().keep(stop));
    }

    async fn work(self, tasks: Tasks, stop: Shutdown) -> Result<()> {
        loop {
            if stop.is_triggered() {
                return Ok(());
            }
            self.claim_all(&tasks, &stop).await?;
            let pause = self.pause().await?;
            tokio::select! {
                () = stop.wait() => return Ok(()),
                () = self.0.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Until the next delayed job is due; other replicas' jobs are found by asking now and then.
    async fn pause(&self) -> Result<Duration> {
        let poll = if self.0.db.engine() == Engine::Postgres { Duration::from_secs(1) } else { Duration::from_secs(15) };
        let now = self.0.clock.now();
        let next: Option<Timestamp> = self.0.db.one(sql::NEXT_RUN, args![now]).await?.get(0)?;
        let wait = next.map(|t| Duration::from_micros(u64::try_from(t.micros() - now.micros()).unwrap_or(0)));
        Ok(wait.map_or(poll, |w| w.min(poll)))
    }

    /// Claims and starts everything that may run now.
    async fn claim_all(&self, tasks: &Tasks, stop: &Shutdown) -> Result<()> {
        let ready = self.0.db.query(sql::READY_POOLS, args![self.0.clock.now()]).await?;
        let ready: BTreeSet<String> = ready.iter().map(|r| r.get(0)).collect::<Result<_, StoreError>>()?;
        for pool in ready {
            while let Some((job, kind)) = self.claim(&pool).await? {
                let run = Arc::new(Running::new());
                self.0.running().insert(job.id, Arc::clone(&run));
                let (jobs, stop) = (self.clone(), stop.clone());
                tasks.once("job", async move {
                    let id = job.id;
                    jobs.run(job, kind, run, stop).await;
                    jobs.0.running().remove(&id);
                    jobs.0.wake.notify_one();
                });
            }
        }
        Ok(())
    }

    /// Takes the first job of the pool that may run, if the pool has room.
    async fn claim(&self, pool: &str) -> Result<Option<(Job, Registered)>> {
        let shared = &self.0;
        let kinds: Vec<String> = {
            let all = shared.kinds.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            all.iter().filter(|(_, r)| r.spec.pool == pool).map(|(k, _)| k.clone()).collect()
        };
        if kinds.is_empty() {
            return Ok(None);
        }
        let now = shared.clock.now();
        let limit = i64::from(self.pool_limit(pool));
        let mut tx = shared.db.begin().await?;
        tx.exec(sql::ADD_POOL, args![pool]).await?;
        tx.one(sql::LOCK_POOL, args![pool]).await?;
        let values = args![shared.owner.as_str(), now.plus_secs(LEASE_S), now, pool, kinds.join(","), limit];
        let row = match tx.find(sql::CLAIM, values).await {
            // Two pools met on one concurrency key; the next round sees the winner.
            Err(StoreError::Unique(_)) => return Ok(None),
            other => other?,
        };
        // Also without a job: a dropped transaction costs PostgreSQL its connection.
        tx.commit().await?;
        let Some(row) = row else { return Ok(None) };
        let job = Job::read(&row)?;
        Ok(self.registered(&job.kind).map(|kind| (job, kind)))
    }

    async fn run(&self, job: Job, kind: Registered, run: Arc<Running>, stop: Shutdown) {
        let shared = &self.0;
        let ctx = JobContext::new(
            job.clone(),
            shared.owner.clone(),
            shared.db.clone(),
            Arc::clone(&shared.clock),
            Arc::clone(&shared.log),
            Arc::clone(&run),
        );
        let limit = job.timeout_s.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs).or(kind.spec.timeout);
        let ended = attempt(&kind, ctx, &run, &stop, limit).await;
        if matches!(ended, Ended::Fenced) {
            tracing::error!(job = job.id, kind = job.kind, "lease lost, the job was stopped");
            return;
        }
        // The outcome must not be lost to a moment of a busy store; the keeper holds the lease meanwhile.
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
        for _ in 0..8 {
            match self.settle(&job, &kind, &ended).await {
                Ok(()) => return,
                Err(error) => tracing::error!(job = job.id, ?error, "the outcome of a job could not be stored"),
            }
            tokio::time::sleep(backoff.next(&*shared.rng)).await;
        }
    }

    /// Writes what became of an attempt, with its event, if this process still holds the job.
    async fn settle(&self, job: &Job, kind: &Registered, ended: &Ended) -> Result<()> {
        let shared = &self.0;
        let attempts_left = job.attempts < job.max_attempts;
        let finish = |state: State, result: Option<String>, error: Option<String>, code: Option<i64>| (state, result, error, code);
        let (state, result, error, code) = match ended {
            Ended::Said(Verdict::Done(result)) => finish(State::Succeeded, Some(result.to_string()), None, None),
            Ended::Said(Verdict::Retry { after, why }) if attempts_left => {
                let pause = after.unwrap_or_else(|| retry_pause(kind, job.attempts));
                let at = shared.clock.now().micros().saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX));
                let values = args![at, clean(why), 0_i64, shared.clock.now(), job.id, shared.owner.as_str()];
                shared.db.exec(sql::REQUEUE, values).await?;
                return Ok(());
            }
            Ended::Released => {
                return match kind.spec.restart {
                    Restart::Requeue => {
                        // An attempt the process itself cut short does not count.
                        let values = args![shared.clock.now(), None::<&str>, 1_i64, shared.clock.now(), job.id, shared.owner.as_str()];
                        shared.db.exec(sql::REQUEUE, values).await.map(drop).map_err(Into::into)
                    }
                    Restart::Fail(text) => self.finish(job, kind, (State::Failed, None, Some(text.to_owned()), None)).await,
                };
            }
            Ended::Said(Verdict::Retry { why, .. }) => finish(State::Failed, None, Some(why.clone()), None),
            Ended::Said(Verdict::Fail { why, exit_code }) => finish(State::Failed, None, Some(why.clone()), *exit_code),
            Ended::Panicked => finish(State::Failed, None, Some("Internal error".to_owned()), None),
            Ended::TimedOut => finish(State::Timeout, None, Some("Timed out".to_owned()), None),
            Ended::Cancelled => finish(State::Cancelled, None, Some("Cancelled".to_owned()), None),
            Ended::Fenced => return Ok(()),
        };
        self.finish(job, kind, (state, result, error, code)).await
    }

    async fn finish(&self, job: &Job, kind: &Registered, outcome: (State, Option<String>, Option<String>, Option<i64>)) -> Result<()> {
        let shared = &self.0;
        let (state, result, error, code) = outcome;
        let error = error.map(|e| clean(&e));
        let now = shared.clock.now();
        let mut tx = shared.db.begin().await?;
        let values = args![state.as_str(), result, error.clone(), code, now, job.id, shared.owner.as_str()];
        if tx.exec(sql::FINISH, values).await? == 0 {
            tracing::warn!(job = job.id, "the job ended after its lease was lost; the outcome is dropped");
            // Nothing was written, but a dropped transaction costs PostgreSQL its connection.
            return Ok(tx.commit().await?);
        }
        self.close(&mut tx, job, kind.spec.announce, state, error.as_deref()).await?;
        tx.commit().await?;
        let level = if matches!(state, State::Succeeded | State::Cancelled) { Severity::Info } else { Severity::Error };
        let text = error.map_or_else(|| state.as_str().to_owned(), |e| format!("{}: {e}", state.as_str()));
        shared.log.append(job.id, now, level, text);
        Ok(())
    }

    /// What goes with the end of a job: its event and its schedule's last state.
    pub(crate) async fn close(
        &self,
        tx: &mut argos_store::Tx,
        job: &Job,
        announce: Announce,
        state: State,
        error: Option<&str>,
    ) -> Result<()> {
        if let Some(schedule) = job.schedule_id {
            tx.exec(sql::SCHEDULE_STATE, args![state.as_str(), schedule]).await?;
            if job.organization_id.is_none() {
                self.judge_schedule(tx, job, schedule, state, error).await?;
            }
        }
        let wanted = match announce {
            Announce::Never => false,
            Announce::Failures => matches!(state, State::Failed | State::Timeout),
            Announce::Always => true,
        };
        if wanted {
            let text =
                error.map_or_else(|| format!("{} {}", job.kind, state.as_str()), |e| format!("{} {}: {e}", job.kind, state.as_str()));
            let data = serde_json::json!({ "job": job.kind, "trigger": job.trigger, "attempts": job.attempts, "error": error, "schedule_id": job.schedule_id });
            let mut event = NewEvent::new(Source::Ops, state.event_kind(), text).subject("job", job.id, job.kind.as_str()).data(data);
            event.organization_id = job.organization_id;
            event.project_id = job.project_id;
            event.actor = Some(job.triggered_by.clone());
            self.0.events.publish(tx, event).await?;
        }
        Ok(())
    }

    /// Renews leases, hears of cancellations asked for elsewhere, and reaps jobs of dead processes.
    async fn keep(self, stop: Shutdown) -> Result<()> {
        let shared = &self.0;
        let alone = shared.db.engine() == Engine::Sqlite;
        // On SQLite there is one process, so every other owner is dead; elsewhere its lease has to run out.
        self.reap(if alone { Some(shared.owner.as_str()) } else { None }).await?;
        let every = if alone { RENEW_EVERY } else { Duration::from_secs(4) };
        let mut renewed = Instant::now();
        let mut looked = Instant::now();
        loop {
            if !stop.sleep(every).await {
                // Leases were renewed within the last ten seconds and outlast the grace of the jobs.
                while !shared.running().is_empty() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                return Ok(());
            }
            let idle = shared.running().is_empty();
            match if idle { Ok(()) } else { self.renew().await } {
                Ok(()) => renewed = Instant::now(),
                Err(error) => {
                    tracing::warn!(?error, "job leases not renewed");
                    if renewed.elapsed() > FENCE_AFTER {
                        shared.running().values().for_each(|r| r.stop.trigger());
                    }
                }
            }
            if looked.elapsed() >= RENEW_EVERY {
                looked = Instant::now();
                self.reap(None).await?;
            }
        }
    }

    async fn renew(&self) -> Result<()> {
        let shared = &self.0;
        // Claimed while we look is not lost: only what was known before is compared.
        let known: Vec<i64> = shared.running().keys().copied().collect();
        shared.db.exec(sql::EXTEND, args![shared.clock.now().plus_secs(LEASE_S), shared.owner.as_str()]).await?;
        let rows = shared.db.query(sql::MINE, args![shared.owner.as_str()]).await?;
        let mut held = BTreeSet::new();
        for row in &rows {
            let id: i64 = row.get(0)?;
            held.insert(id);
            if row.get(1)? {
                shared.signal(id);
            }
        }
        for id in known.into_iter().filter(|id| !held.contains(id)) {
            // Settled a moment ago is gone from the map; still there means that somebody else has it.
            if let Some(run) = shared.running().get(&id) {
                run.stop.trigger();
            }
        }
        Ok(())
    }

    /// Ends the leases of dead processes: back to the queue, or failed with the documented text.
    pub(crate) async fn reap(&self, sole_owner: Option<&str>) -> Result<()> {
        let shared = &self.0;
        let now = shared.clock.now();
        let rows = shared.db.query(sql::ORPHANS, args![now, sole_owner]).await?;
        for job in rows.iter().map(Job::read) {
            let job = job?;
            let kind = self.registered(&job.kind);
            let restart = kind.as_ref().map_or(Restart::Fail(DIED), |k| k.spec.restart);
            let (state, error) = match restart {
                _ if job.cancel_requested => (State::Cancelled, Some("Cancelled")),
                Restart::Fail(text) => (State::Failed, Some(text)),
                // A job that takes its process down with it must not do so for ever.
                Restart::Requeue if job.attempts >= job.max_attempts.max(3) => (State::Failed, Some(DIED)),
                Restart::Requeue => (State::Queued, None),
            };
            let finished = state.is_final().then_some(now);
            let mut tx = shared.db.begin().await?;
            let values = args![state.as_str(), now, error, finished, job.id, job.lease_owner.clone(), job.lease_until];
            if tx.exec(sql::REAP, values).await? == 0 {
                tx.commit().await?;
                continue;
            }
            if state.is_final() {
                let announce = kind.map_or(Announce::Failures, |k| k.spec.announce);
                self.close(&mut tx, &job, announce, state, error).await?;
            }
            tx.commit().await?;
            tracing::warn!(job = job.id, kind = job.kind, state = state.as_str(), "a job of a dead process was taken over");
            shared.wake.notify_one();
        }
        Ok(())
    }
}

/// One attempt: the handler against its time limit, its cancellation and the end of the process.
async fn attempt(kind: &Registered, ctx: JobContext, run: &Running, stop: &Shutdown, limit: Option<Duration>) -> Ended {
    let work = AssertUnwindSafe(kind.handler.run(ctx)).catch_unwind();
    tokio::pin!(work);
    // A handler that hears the signal may answer before this function hears it: what counts is that it was given.
    let said = |r: std::thread::Result<Verdict>| match r {
        Ok(done @ Verdict::Done(_)) => Ended::Said(done),
        _ if run.is_by_user() => Ended::Cancelled,
        _ if run.stop.is_triggered() => Ended::Fenced,
        Ok(verdict) => Ended::Said(verdict),
        Err(_) => Ended::Panicked,
    };
    let clock = async move {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        verdict = &mut work => said(verdict),
        () = clock => {
            run.end(Cut::TimedOut);
            drop(tokio::time::timeout(CANCEL_GRACE, work).await);
            Ended::TimedOut
        }
        () = run.stop.wait() => match tokio::time::timeout(CANCEL_GRACE, work).await {
            Ok(verdict) => said(verdict),
            Err(_) if run.is_by_user() => Ended::Cancelled,
            Err(_) => Ended::Fenced,
        },
        () = stop.wait() => {
            // First the chance to end as if nothing was, then the signal.
            match tokio::time::timeout(STOP_GRACE - CANCEL_GRACE, &mut work).await {
                Ok(verdict) => said(verdict),
                Err(_) => {
                    run.end(Cut::Stopping);
                    match tokio::time::timeout(CANCEL_GRACE, work).await {
                        Ok(Ok(done @ Verdict::Done(_))) => Ended::Said(done),
                        _ => Ended::Released,
                    }
                }
            }
        }
    }
}

/// Doubles from the kind's first pause to its cap.
fn retry_pause(kind: &Registered, attempts: i64) -> Duration {
    let doublings = u32::try_from((attempts - 1).clamp(0, 20)).unwrap_or(0);
    kind.spec.retry_first.saturating_mul(1 << doublings).min(kind.spec.retry_cap)
}

/// Errors as they are stored: at most 4000 characters, without NUL (PostgreSQL stores none).
fn clean(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(4_000).collect()
}
