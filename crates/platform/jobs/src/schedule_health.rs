//! Whether what is due by the clock does its work: an event when it begins to fail, one when it does not any more.

use argos_events::{NewEvent, Source};
use argos_kernel::Result;

use crate::job::{Job, State};
use crate::jobs::Jobs;
use crate::schedule::Schedule;
use crate::store as sql;
use argos_store::args;

impl Jobs {
    /// An organization hears that its schedule asked for a run; how the run goes is told by who does it.
    pub(crate) async fn tell_triggered(&self, tx: &mut argos_store::Tx, schedule: &Schedule) -> Result<()> {
        let spec = &schedule.spec;
        if spec.organization_id.is_none() {
            return Ok(());
        }
        let data = serde_json::json!({ "schedule_id": schedule.uid.to_string(), "schedule": spec.name });
        let mut event = NewEvent::new(Source::Quality, "schedule.triggered", format!("{} asked for a run", spec.name))
            .subject("schedule", schedule.uid, spec.name.as_str())
            .data(data);
        (event.organization_id, event.project_id) = (spec.organization_id, spec.project_id);
        self.0.events.publish(tx, event).await?;
        Ok(())
    }

    /// Says when what is due by the clock begins to fail, and when it does not fail any more.
    pub(crate) async fn judge_schedule(
        &self,
        tx: &mut argos_store::Tx,
        job: &Job,
        id: i64,
        state: State,
        error: Option<&str>,
    ) -> Result<()> {
        let Some(row) = tx.find(sql::SCHEDULE_GET, args![id]).await? else { return Ok(()) };
        let schedule = Schedule::read(&row)?;
        let name = schedule.spec.name;
        let event = match state {
            State::Failed | State::Timeout => {
                let why = error.unwrap_or("it ran out of time");
                let event = NewEvent::new(Source::Ops, "schedule.failed", format!("{name} failed: {why}"));
                event.data(serde_json::json!({ "schedule": name, "error": error, "job_id": job.id }))
            }
            State::Succeeded => {
                let before = tx.find(sql::ENDED_BEFORE, args![id, job.id]).await?;
                let before: Option<String> = before.map(|r| r.get(0)).transpose()?;
                if before.is_none_or(|word| word == State::Succeeded.as_str()) {
                    return Ok(());
                }
                NewEvent::new(Source::Ops, "schedule.recovered", format!("{name} runs well again"))
                    .data(serde_json::json!({ "schedule": name, "job_id": job.id }))
            }
            _ => return Ok(()),
        };
        self.0.events.publish(tx, event.subject("schedule", id, name.as_str())).await?;
        Ok(())
    }
}
