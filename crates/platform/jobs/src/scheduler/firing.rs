//! The clockwork: what is due is fired, held or skipped, and pauses end.

use std::time::Duration;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Shutdown, Tasks, Timestamp};
use argos_store::{Tx, args};

use super::{MAINTENANCE, Schedules};
use crate::cron::Cron;
use crate::schedule::{Schedule, ScheduleSpec, Slot, judge};
use crate::store as sql;

/// It looks at least this often: clocks jump and other replicas write.
const WAKE_AT_LEAST: Duration = Duration::from_secs(15);

/// What one due schedule does now.
struct Plan {
    run: Option<Timestamp>,
    skipped: Option<&'static str>,
    next: Option<Timestamp>,
    due: Option<Timestamp>,
}

impl Schedules {
    /// Starts the clockwork. Queues the `@reboot` schedules first.
    pub fn start(&self, tasks: &Tasks) {
        let schedules = self.clone();
        tasks.supervise("jobs.scheduler", move |stop| schedules.clone().tick_for_ever(stop));
    }

    async fn tick_for_ever(self, stop: Shutdown) -> Result<()> {
        self.run_reboot_schedules().await?;
        while !stop.is_triggered() {
            self.resume_due().await?;
            self.fire_due().await?;
            let next: Option<Timestamp> = self.jobs.database().one(sql::SCHEDULE_NEXT_DUE, args![]).await?.get(0)?;
            let now = self.jobs.0.clock.now();
            let wait = next.map(|t| Duration::from_micros(u64::try_from(t.micros() - now.micros()).unwrap_or(0)));
            tokio::select! {
                () = stop.wait() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait.map_or(WAKE_AT_LEAST, |w| w.min(WAKE_AT_LEAST))) => {}
            }
        }
        Ok(())
    }

    async fn run_reboot_schedules(&self) -> Result<()> {
        let reboot = |s: &Schedule| s.spec.enabled && s.spec.cron.parse::<Cron>().is_ok_and(|c| c.is_reboot());
        for schedule in self.list(None).await?.into_iter().filter(reboot) {
            if self.is_held(&schedule).await? {
                let mut tx = self.jobs.database().begin().await?;
                tx.exec(sql::SCHEDULE_SKIPPED, args![MAINTENANCE, schedule.id]).await?;
                self.tell_skipped(&mut tx, &schedule, self.jobs.0.clock.now(), MAINTENANCE).await?;
                tx.commit().await?;
                continue;
            }
            // Once per process, also when this task is restarted.
            let key = format!("schedule:{}:boot:{}", schedule.id, self.jobs.0.owner);
            let job = self.job_of(&schedule)?.trigger(format!("schedule:{}", schedule.spec.cron)).idempotency(key);
            let mut tx = self.jobs.database().begin().await?;
            let state = job.first_state();
            self.jobs.enqueue(&mut tx, job).await?;
            tx.exec(sql::SCHEDULE_MARK, args![self.jobs.0.clock.now(), state.as_str(), schedule.id]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Ends the pauses that were given an end. The clockwork calls it; tests may.
    pub async fn resume_due(&self) -> Result<()> {
        let now = self.jobs.0.clock.now();
        for row in self.jobs.database().query(sql::SCHEDULES_RESUME, args![now]).await? {
            let id = Schedule::read(&row)?.id;
            let mut tx = self.jobs.database().begin().await?;
            // Somebody may have changed, paused or removed it since it was listed.
            let Some(schedule) = self.lock(&mut tx, id).await? else { continue };
            if schedule.spec.enabled || schedule.paused_until.is_none_or(|until| until > now) {
                continue;
            }
            self.replace(&mut tx, id, &ScheduleSpec { enabled: true, ..schedule.spec }).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Fires everything that is due now; the number of jobs queued. The clockwork calls it; tests may.
    pub async fn fire_due(&self) -> Result<usize> {
        let mut fired = 0;
        loop {
            let rows = self.jobs.database().query(sql::SCHEDULES_DUE, args![self.jobs.0.clock.now()]).await?;
            if rows.is_empty() {
                return Ok(fired);
            }
            for row in &rows {
                fired += usize::from(self.fire(&Schedule::read(row)?).await?);
            }
        }
    }

    /// Claims the slot of one due schedule and queues its job; false when nothing was queued.
    async fn fire(&self, schedule: &Schedule) -> Result<bool> {
        let Some(slot) = schedule.next_run_at else { return Ok(false) };
        let mut plan = self.judge(schedule, slot);
        if plan.run.is_some() && self.is_held(schedule).await? {
            (plan.run, plan.skipped) = (None, Some(MAINTENANCE));
        }
        let mut tx = self.jobs.database().begin().await?;
        if plan.run.is_some() {
            plan.skipped = self.overlap(&mut tx, schedule).await?;
            plan.run = plan.run.filter(|_| plan.skipped.is_none());
        }
        let job = self.job_of(schedule)?.trigger(format!("schedule:{}", schedule.spec.cron));
        let state = if plan.run.is_some() { job.first_state().as_str() } else { "skipped" };
        if tx.exec(sql::SCHEDULE_CLAIM, args![plan.next, plan.due, plan.run, state, plan.skipped, schedule.id, slot]).await? == 0 {
            return Ok(false);
        }
        if let Some(at) = plan.run {
            let key = format!("schedule:{}:{}", schedule.id, at.micros());
            self.jobs.enqueue(&mut tx, job.idempotency(key)).await?;
            self.jobs.tell_triggered(&mut tx, schedule).await?;
        }
        if let Some(reason) = plan.skipped {
            self.tell_skipped(&mut tx, schedule, slot, reason).await?;
        }
        tx.commit().await?;
        Ok(plan.run.is_some())
    }

    async fn tell_skipped(&self, tx: &mut Tx, schedule: &Schedule, slot: Timestamp, reason: &str) -> Result<()> {
        let name = schedule.spec.name.as_str();
        let mut event = NewEvent::new(Source::Ops, "schedule.skipped", format!("{name} was skipped: {reason}"))
            .subject("schedule", schedule.id, name)
            .data(serde_json::json!({ "schedule": name, "slot": slot.rfc3339(), "reason": reason }));
        event.organization_id = schedule.spec.organization_id;
        self.jobs.0.events.publish(tx, event).await?;
        Ok(())
    }

    fn judge(&self, schedule: &Schedule, slot: Timestamp) -> Plan {
        let now = self.jobs.0.clock.now();
        let spec = &schedule.spec;
        let never = |reason| Plan { run: None, skipped: Some(reason), next: None, due: None };
        let (Ok(cron), Ok(zone)) = (spec.cron.parse::<Cron>(), spec.zone(self.zone())) else {
            return never("its expression or timezone is not valid any more");
        };
        let (next, due) = self.after(spec, &cron, zone, now);
        if self.jobs.registered(&spec.job_kind).is_none() {
            return Plan { next, due, ..never("nothing here can run it") };
        }
        match judge(spec, &cron, zone, slot, schedule.due_at.unwrap_or(slot), now) {
            Slot::Run(at) => Plan { run: Some(at), skipped: None, next, due },
            Slot::Skip(reason) => Plan { next, due, ..never(reason) },
        }
    }
}
