//! Schedules: stored, planned, fired. A slot is claimed by compare-and-set in the transaction that queues its job, so
//! it runs once, however many processes look at it and whenever one dies.

mod firing;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, Timestamp, Uid};
use argos_store::{StoreError, Tx, Value, args};
use argos_web::BoxFuture;
use chrono_tz::Tz;
use tokio::sync::Notify;

use crate::cron::Cron;
use crate::hold::{Hold, HoldPolicy};
use crate::job::{NewJob, State};
use crate::jobs::Jobs;
use crate::schedule::{Overlap, Schedule, ScheduleSpec};
use crate::store as sql;

/// A handle to the schedules. Clones share it.
#[derive(Clone)]
pub struct Schedules {
    jobs: Jobs,
    zone: Arc<RwLock<Tz>>,
    wake: Arc<Notify>,
    /// Job kinds whose schedules a setting defines, and that setting.
    managed: Arc<RwLock<BTreeMap<String, &'static str>>>,
    gate: Arc<OnceLock<Arc<dyn SlotGate>>>,
}

/// The reason of a slot that a maintenance window held.
pub(crate) const MAINTENANCE: &str = "maintenance";

/// Who may hold the slots of schedules back: maintenance windows, which this crate knows nothing of.
pub trait SlotGate: Send + Sync + 'static {
    /// Whether this slot must not be run. Asked outside of transactions.
    fn holds<'a>(&'a self, schedule: &'a Schedule) -> BoxFuture<'a, Result<bool>>;
}

impl Schedules {
    /// `zone` = `system.timezone`.
    pub fn new(jobs: Jobs, zone: Tz) -> Self {
        Self { jobs, zone: Arc::new(RwLock::new(zone)), wake: Arc::default(), managed: Arc::default(), gate: Arc::default() }
    }

    /// Names who may hold slots back. The first one counts.
    pub fn set_gate(&self, gate: Arc<dyn SlotGate>) {
        self.gate.get_or_init(|| gate);
    }
    async fn is_held(&self, schedule: &Schedule) -> Result<bool> {
        match self.gate.get() {
            Some(gate) => gate.holds(schedule).await,
            None => Ok(false),
        }
    }

    /// Says that `setting` defines the schedules of a job kind, so that nobody changes them elsewhere.
    pub fn set_managed(&self, job_kind: &str, setting: &'static str) {
        self.managed.write().unwrap_or_else(PoisonError::into_inner).insert(job_kind.to_owned(), setting);
    }
    pub fn managed_by(&self, job_kind: &str) -> Option<&'static str> {
        self.managed.read().unwrap_or_else(PoisonError::into_inner).get(job_kind).copied()
    }

    /// When it runs, in words.
    pub fn readable(&self, spec: &ScheduleSpec) -> String {
        crate::cron::readable(&spec.cron, spec.zone(self.zone()).map_or("", |zone| zone.name()))
    }

    /// The next slots of a schedule as it is planned now; none while it is off.
    pub fn upcoming(&self, spec: &ScheduleSpec, count: usize) -> Vec<Timestamp> {
        let (Ok(cron), Ok(zone), true) = (spec.cron.parse::<Cron>(), spec.zone(self.zone()), spec.enabled) else { return Vec::new() };
        let first = cron.next_after(zone, self.jobs.0.clock.now());
        let slots = std::iter::successors(first, |t| cron.next_after(zone, *t));
        slots.take_while(|t| spec.until.is_none_or(|u| *t <= u)).take(count).collect()
    }

    pub fn zone(&self) -> Tz {
        *self.zone.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a change of `system.timezone`: schedules without a zone of their own are planned anew.
    pub async fn set_zone(&self, zone: Tz) -> Result<()> {
        if std::mem::replace(&mut *self.zone.write().unwrap_or_else(PoisonError::into_inner), zone) == zone {
            return Ok(());
        }
        for listed in self.list(None).await?.into_iter().filter(|s| s.spec.timezone.is_none()) {
            let mut tx = self.jobs.database().begin().await?;
            let Some(schedule) = self.lock(&mut tx, listed.id).await? else { continue };
            self.replace(&mut tx, schedule.id, &schedule.spec).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Stores a new schedule inside `tx`. 400 with the documented text when a field is wrong.
    pub async fn create(&self, tx: &mut Tx, spec: &ScheduleSpec) -> Result<i64> {
        let shared = &self.jobs.0;
        let now = shared.clock.now();
        let (next, due) = self.plan(spec, now)?;
        let mut values = args![Uid::mint(&*shared.clock, &*shared.rng)];
        values.extend(spec_args(spec, next, due));
        values.push(Value::from(now));
        let id = tx.one(sql::SCHEDULE_INSERT, values).await?.get(0)?;
        self.kick_on_commit(tx);
        Ok(id)
    }

    /// Stores a removed schedule again inside `tx`, under its number and uid.
    pub(crate) async fn restore(&self, tx: &mut Tx, id: i64, uid: Uid, spec: &ScheduleSpec) -> Result<()> {
        let now = self.jobs.0.clock.now();
        let (next, due) = self.plan(spec, now)?;
        let mut values = args![id, uid];
        values.extend(spec_args(spec, next, due));
        values.push(Value::from(now));
        tx.exec(sql::SCHEDULE_RESTORE, values).await?;
        self.kick_on_commit(tx);
        Ok(())
    }

    /// Replaces all fields inside `tx` and plans the next slot from now. 404 when there is no such schedule.
    pub async fn replace(&self, tx: &mut Tx, id: i64, spec: &ScheduleSpec) -> Result<()> {
        let now = self.jobs.0.clock.now();
        let (next, due) = self.plan(spec, now)?;
        let mut values = spec_args(spec, next, due);
        values.extend(args![now, id]);
        if tx.exec(sql::SCHEDULE_UPDATE, values).await? == 0 {
            return Err(absent());
        }
        self.kick_on_commit(tx);
        Ok(())
    }

    /// Removes it inside `tx`; its jobs stay. 404 when there is no such schedule.
    pub async fn remove(&self, tx: &mut Tx, id: i64) -> Result<()> {
        let row = tx.find(sql::SCHEDULE_GET, args![id]).await?.ok_or_else(absent)?;
        let schedule = Schedule::read(&row)?;
        tx.exec(sql::SCHEDULE_DELETE, args![id]).await?;
        let failed = [State::Failed.as_str(), State::Timeout.as_str()].map(Some).contains(&schedule.last_state.as_deref());
        if failed && schedule.spec.organization_id.is_none() {
            // Nobody would ever say that it is well again.
            let name = schedule.spec.name;
            let event =
                NewEvent::new(Source::Ops, "schedule.recovered", format!("{name} was removed")).subject("schedule", id, name.as_str());
            self.jobs.0.events.publish(tx, event.data(serde_json::json!({ "schedule": name }))).await?;
        }
        Ok(())
    }

    /// Removes inside `tx` the schedules of a project that is about to go, with the secrets they carry.
    pub async fn remove_of_project(&self, tx: &mut Tx, project_id: i64) -> Result<()> {
        for row in tx.query(sql::SCHEDULES_OF_PROJECT, args![project_id]).await? {
            self.remove(tx, row.get(0)?).await?;
        }
        Ok(())
    }

    pub(crate) async fn find_in(&self, tx: &mut Tx, id: i64) -> Result<Option<Schedule>> {
        Ok(tx.find(sql::SCHEDULE_GET, args![id]).await?.as_ref().map(Schedule::read).transpose()?)
    }

    /// Those of an organization and job kind, newest first.
    pub(crate) async fn of_organization(&self, job_kind: &str, organization: i64) -> Result<Vec<Schedule>> {
        let rows = self.jobs.database().query(sql::SCHEDULES_OF, args![job_kind, organization]).await?;
        Ok(rows.iter().map(Schedule::read).collect::<Result<_, StoreError>>()?)
    }

    /// Whether a run of it is queued, running or waiting.
    pub(crate) async fn is_active(&self, tx: &mut Tx, id: i64) -> Result<bool> {
        Ok(!tx.query(sql::ACTIVE_OF_SCHEDULE, args![id]).await?.is_empty())
    }

    pub(crate) async fn find_uid(&self, uid: Uid) -> Result<Option<Schedule>> {
        let row = self.jobs.database().find(sql::SCHEDULE_GET_UID, args![uid]).await?;
        Ok(row.as_ref().map(Schedule::read).transpose()?)
    }

    pub async fn find(&self, id: i64) -> Result<Option<Schedule>> {
        let row = self.jobs.database().find(sql::SCHEDULE_GET, args![id]).await?;
        Ok(row.as_ref().map(Schedule::read).transpose()?)
    }

    /// All schedules, or those of one job kind, by id.
    pub async fn list(&self, job_kind: Option<&str>) -> Result<Vec<Schedule>> {
        let rows = self.jobs.database().query(sql::SCHEDULE_LIST, args![job_kind]).await?;
        Ok(rows.iter().map(Schedule::read).collect::<Result<_, StoreError>>()?)
    }

    /// Says who made it and what its runs keep secret, inside `tx`.
    pub(crate) async fn own(&self, tx: &mut Tx, id: i64, created_by: Option<&str>, secrets_enc: Option<&str>) -> Result<()> {
        tx.exec(sql::SCHEDULE_OWN, args![created_by, secrets_enc, id]).await?;
        Ok(())
    }

    /// Ends a pause by itself at `until`, inside `tx`.
    pub(crate) async fn resume_at(&self, tx: &mut Tx, id: i64, until: Option<Timestamp>) -> Result<()> {
        tx.exec(sql::SCHEDULE_PAUSED, args![until, id]).await?;
        self.kick_on_commit(tx);
        Ok(())
    }

    /// Queues this run of a schedule by hand, inside `tx`.
    pub(crate) async fn run_now(&self, tx: &mut Tx, schedule: &Schedule, job: NewJob) -> Result<i64> {
        let state = job.first_state();
        let id = self.jobs.enqueue(tx, job).await?;
        tx.exec(sql::SCHEDULE_MARK, args![self.jobs.0.clock.now(), state.as_str(), schedule.id]).await?;
        self.jobs.tell_triggered(tx, schedule).await?;
        Ok(id)
    }

    /// Queues a run by hand inside `tx`; works while the schedule is paused. Returns the job's id.
    pub async fn trigger(&self, tx: &mut Tx, id: i64, actor: &Actor) -> Result<i64> {
        let row = tx.find(sql::SCHEDULE_GET, args![id]).await?.ok_or_else(absent)?;
        let schedule = Schedule::read(&row)?;
        self.run_now(tx, &schedule, self.job_of(&schedule)?.trigger("manual").by(actor)).await
    }

    /// The same once per `key`, for work that may be asked for again after a crash.
    pub async fn trigger_once(&self, tx: &mut Tx, id: i64, actor: &Actor, key: &str) -> Result<i64> {
        let row = tx.find(sql::SCHEDULE_GET, args![id]).await?.ok_or_else(absent)?;
        let schedule = Schedule::read(&row)?;
        // Asked for before: its run is what it became since, and nothing is marked or told again.
        if let Some(row) = tx.find(sql::BY_KEY, args![schedule.spec.job_kind.as_str(), key]).await? {
            return Ok(row.get(0)?);
        }
        let job = self.job_of(&schedule)?.trigger(actor.name.as_str()).by(actor).idempotency(key);
        self.run_now(tx, &schedule, job).await
    }

    /// Says whether its runs wait for a decision, inside `tx`. 404 when there is no such schedule.
    pub async fn set_approval(&self, tx: &mut Tx, id: i64, policy: Option<&HoldPolicy>) -> Result<()> {
        policy.map_or(Ok(()), HoldPolicy::check)?;
        let text = policy.map(serde_json::to_string).transpose().map_err(AppError::internal)?;
        if tx.exec(sql::SCHEDULE_HOLD, args![text, self.jobs.0.clock.now(), id]).await? == 0 { Err(absent()) } else { Ok(()) }
    }

    /// The job of a schedule. Its runs wait for one another unless they may overlap.
    pub(crate) fn job_of(&self, schedule: &Schedule) -> Result<NewJob> {
        let spec = &schedule.spec;
        let mut job = NewJob::new(spec.job_kind.as_str()).payload(spec.payload.clone()).schedule(schedule.id);
        if spec.overlap != Overlap::Allow {
            job = job.concurrency(format!("schedule:{}", schedule.id));
        }
        (job.organization_id, job.project_id) = (spec.organization_id, spec.project_id);
        let minutes = spec.payload.get("timeout_minutes").and_then(serde_json::Value::as_i64);
        if let Some(minutes) = minutes.filter(|_| spec.job_kind == crate::TEST_RUN) {
            job = job.timeout_s(minutes.saturating_mul(60));
        }
        if let Some(policy) = &schedule.approval {
            let text = format!("Run the schedule {}", spec.name);
            let mut hold = Hold::new("automation", text, "automations:run", policy.clone());
            hold.target = Some(spec.name.clone());
            let modifiable = self.jobs.registered(&spec.job_kind).map_or(&[][..], |kind| kind.spec.modifiable);
            hold.modifiable = modifiable.iter().map(|m| (*m).to_owned()).collect();
            job = job.hold(hold);
        } else {
            job.hold = self.jobs.asks(&spec.job_kind, &spec.payload)?;
        }
        Ok(job)
    }

    pub(crate) fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// The schedule as it is until the end of `tx`.
    pub(crate) async fn lock(&self, tx: &mut Tx, id: i64) -> Result<Option<Schedule>> {
        Ok(tx.find(sql::SCHEDULE_LOCK, args![id]).await?.as_ref().map(Schedule::read).transpose()?)
    }

    /// The next slot and when it is due, for a checked spec.
    fn plan(&self, spec: &ScheduleSpec, now: Timestamp) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
        let (cron, zone) = spec.check(self.zone(), now)?;
        Ok(if spec.enabled { self.after(spec, &cron, zone, now) } else { (None, None) })
    }

    fn after(&self, spec: &ScheduleSpec, cron: &Cron, zone: Tz, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        let next = cron.next_after(zone, now).filter(|t| spec.until.is_none_or(|u| *t <= u));
        let jitter_us = u64::try_from(spec.jitter_s).unwrap_or(0).saturating_mul(1_000_000);
        let delay = i64::try_from(self.jobs.0.rng.below(jitter_us.saturating_add(1))).unwrap_or(0);
        (next, next.map(|t| Timestamp::from_micros(t.micros().saturating_add(delay))))
    }

    fn kick_on_commit(&self, tx: &mut Tx) {
        let wake = Arc::clone(&self.wake);
        tx.on_commit(move || wake.notify_one());
    }
}

fn absent() -> AppError {
    AppError::not_found("Schedule not found")
}

/// The columns insert and update share, from `name` to `organization_id`.
fn spec_args(spec: &ScheduleSpec, next: Option<Timestamp>, due: Option<Timestamp>) -> Vec<Value> {
    let s = spec.clone();
    args![
        s.name,
        s.job_kind,
        s.payload.to_string(),
        s.cron,
        s.timezone,
        s.enabled,
        next,
        due,
        s.overlap.as_str(),
        s.misfire.as_str(),
        s.grace_s,
        s.jitter_s,
        s.until,
        s.organization_id,
        s.project_id,
    ]
}
