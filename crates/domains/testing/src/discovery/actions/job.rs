//! The job of an exploration: it begins where the tables say it stands, and ends when the site is known, when somebody
//! pauses or stops it, or when it cannot go on.

use std::sync::Arc;
use std::time::Duration;

use argos_events::{NewEvent, Source};
use argos_jobs::{Announce, JobContext, KindSpec, Verdict};
use argos_kernel::{AppError, BoxFuture, Result, Uid};
use argos_store::Tx;
use serde_json::json;

use super::crawl::{Ended, Explorer};
use super::tell;
use crate::actions::recorder::Recorder;
use crate::discovery::model::{Discovery, Status};
use crate::discovery::store::sessions;
use crate::service::Testing;
use crate::store::run_events;

/// The job that explores.
pub(crate) const DISCOVERY: &str = "discovery";
/// Longer than an exploration works at once, so that its own limit ends it.
const TIMEOUT: Duration = Duration::from_secs(2 * 3_600);

impl Testing {
    pub(crate) fn register_discovery_job(self: &Arc<Self>) {
        // Queued again after a crash: it goes on from the last page.
        let spec = KindSpec { timeout: Some(TIMEOUT), announce: Announce::Never, max_attempts: 20, ..KindSpec::new("discovery") };
        let testing = Arc::clone(self);
        self.platform.jobs.register(DISCOVERY, spec, move |ctx: JobContext| -> BoxFuture<'static, Verdict> {
            let testing = Arc::clone(&testing);
            Box::pin(async move { testing.do_discovery(ctx).await })
        });
    }

    async fn do_discovery(self: &Arc<Self>, ctx: JobContext) -> Verdict {
        match Box::pin(self.discover(&ctx)).await {
            Ok(()) => Verdict::done(),
            Err(error) => {
                tracing::warn!(?error, job = ctx.job().id, "an exploration could not be done");
                Verdict::fail(error.message())
            }
        }
    }

    async fn discover(self: &Arc<Self>, ctx: &JobContext) -> Result<()> {
        let uid = ctx.job().payload.get("discovery").and_then(|v| v.as_str()).and_then(|t| t.parse::<Uid>().ok());
        let uid = uid.ok_or_else(|| AppError::bad_request("The job names no exploration"))?;
        let db = &self.platform.store.state;
        let Some(found) = sessions::find(db, uid).await? else { return Ok(()) };
        let first = found.started_at.is_none();
        if !sessions::begin(db, &found, ctx.job().id, ctx.now()).await? {
            // Paused or ended before it began.
            return Ok(());
        }
        let Some(session) = sessions::find(db, uid).await? else { return Ok(()) };
        let recorder = Recorder::after(uid, run_events::last(&self.platform.store.telemetry, uid).await?);
        let work = async {
            let outcome = self.explored(&session, ctx, &recorder, first).await;
            recorder.close();
            outcome
        };
        let (outcome, ()) = tokio::join!(work, recorder.write(self));
        outcome
    }

    async fn explored(self: &Arc<Self>, session: &Discovery, ctx: &JobContext, recorder: &Arc<Recorder>, first: bool) -> Result<()> {
        let id = session.uid.to_string();
        let now = ctx.now().rfc3339();
        if first {
            recorder.say("start", json!({ "session_id": id, "status": "running", "pages_found": 0, "flows_found": 0, "started_at": now }));
        } else {
            recorder.say("resumed", json!({ "session_id": id, "status": "running", "timestamp": now }));
        }
        recorder.say("running", json!({ "session_id": id, "status": "running", "timestamp": now }));
        let outcome = Explorer::new(self, ctx, session, recorder).run().await;
        let (status, error) = match outcome {
            // The tables say why: it was paused or stopped, or it is another job's now.
            Ok(Ended::Left) => return self.say_why(session, recorder, &now).await,
            // The process stops and the job comes back, or it was stopped.
            Err(_) if ctx.is_cancelled() => return self.say_why(session, recorder, &now).await,
            Ok(Ended::Done) => (Status::Completed, None),
            Err(error) => (Status::Failed, Some(error)),
        };
        self.end_discovery(session, status, error.as_ref().map(AppError::message), recorder).await?;
        error.map_or(Ok(()), Err)
    }

    async fn say_why(&self, session: &Discovery, recorder: &Recorder, now: &str) -> Result<()> {
        let Some(d) = sessions::find(&self.platform.store.state, session.uid).await? else { return Ok(()) };
        if d.status == Status::Paused {
            recorder.say("paused", json!({ "session_id": d.uid.to_string(), "status": "paused", "timestamp": now }));
        } else if let Some((name, data)) = tell::last(&d) {
            recorder.say(name, data);
        }
        Ok(())
    }

    /// Tells how an exploration ended; what somebody stopped is no news.
    pub(super) async fn tell_end(&self, tx: &mut Tx, d: &Discovery, status: Status, error: Option<&str>) -> Result<()> {
        let (kind, words) = match status {
            Status::Completed => ("discovery.completed", format!("{} was explored", d.app_url)),
            Status::Failed => ("discovery.failed", format!("{} could not be explored: {}", d.app_url, error.unwrap_or("unknown"))),
            _ => return Ok(()),
        };
        let id = d.uid.to_string();
        let data =
            json!({ "session_id": id, "project_id": d.project_uid.to_string(), "app_url": d.app_url, "status": status, "error": error });
        let event = NewEvent::new(Source::Quality, kind, words).subject("discovery", d.uid, &d.app_url).data(data);
        Ok(self.platform.events.publish(tx, event.organization(d.organization_id).project(d.project_id)).await.map(drop)?)
    }

    async fn end_discovery(&self, session: &Discovery, status: Status, error: Option<&str>, recorder: &Recorder) -> Result<()> {
        let db = &self.platform.store.state;
        let mut tx = db.begin().await?;
        let running = Discovery { status: Status::Running, ..session.clone() };
        let moved = sessions::move_to(&mut tx, &running, status, error, self.platform.clock.now()).await?;
        if moved {
            self.tell_end(&mut tx, session, status, error).await?;
        }
        tx.commit().await?;
        if moved
            && let Some(ended) = sessions::find(db, session.uid).await?
            && let Some((name, data)) = tell::last(&ended)
        {
            recorder.say(name, data);
        }
        Ok(())
    }
}
