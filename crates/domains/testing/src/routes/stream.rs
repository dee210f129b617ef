//! `/api/v1/stream/test/{run_id}` and `/api/v1/stream/discovery/{session_id}`: a run or an exploration as it goes on. A
//! stream that connects late hears everything once; it ends with what it follows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Uid};
use argos_web::{Reply, Req, Routes, SseEvent};
use serde_json::Value;
use tokio::sync::watch;

use super::Service;
use super::only_project;
use super::runs::ResumeBody;
use super::start::{ManyBody, start_many};
use crate::actions::runs::complete;
use crate::discovery::actions::tell;
use crate::discovery::store::sessions;
use crate::service::Testing;
use crate::store::run_events::{self, RunEvent};
use crate::store::{chats, runs};

/// Events read at once.
const BATCH: i64 = 500;
/// A run of another process is looked at this often.
const LOOK: Duration = Duration::from_secs(1);

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/stream/test/{run_id}", "test_runs.stream", "A run as it goes on (SSE), resumable by Last-Event-ID.", stream)
        .param("inline", "1 adds pictures as base64")
        .post("/api/v1/stream/test", "test_runs.start_stream", "Start a run of a project's tests and follow it (SSE).", start_stream)
        .body::<ManyBody>()
        .post(
            "/api/v1/stream/resume/{run_id}",
            "test_runs.resume_stream",
            "Go on with a run that has ended, as a new one, and follow that (SSE).",
            resume_stream,
        )
        .body::<ResumeBody>()
        .get(
            "/api/v1/stream/discovery/{session_id}",
            "discovery.stream",
            "An exploration as it goes on (SSE), resumable by Last-Event-ID.",
            stream_discovery,
        )
        .get("/api/v1/discovery/sessions/{id}/stream", "discovery.stream_here", "The same.", stream_discovery_here)
}

/// What is followed.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Run,
    Discovery,
    Chat,
}

impl Subject {
    fn is_last(self, name: &str) -> bool {
        match self {
            Self::Run => name == "complete",
            Self::Discovery => matches!(name, "complete" | "cancelled" | "failed"),
            // Each turn has an end of its own.
            Self::Chat => false,
        }
    }

    /// Whether it goes on; false when it is gone.
    async fn goes_on(self, testing: &Testing, uid: Uid) -> Result<bool> {
        let db = &testing.platform.store.state;
        Ok(match self {
            Self::Run => runs::find(db, uid).await?.is_some_and(|r| !r.status.is_final()),
            Self::Discovery => sessions::find(db, uid).await?.is_some_and(|d| !d.status.is_final()),
            Self::Chat => chats::by_uid(db, uid).await?.is_some_and(|c| c.running),
        })
    }

    /// The last thing said of what has ended.
    async fn last(self, testing: &Testing, uid: Uid) -> Result<Option<(&'static str, Value)>> {
        let db = &testing.platform.store.state;
        Ok(match self {
            Self::Run => runs::find(db, uid).await?.map(|run| ("complete", complete(&run))),
            Self::Discovery => sessions::find(db, uid).await?.and_then(|d| tell::last(&d)),
            Self::Chat => None,
        })
    }
}

async fn stream(testing: Service, req: Req) -> Result<Reply> {
    let run = testing.run_followed(&req, req.param("run_id")).await?;
    Ok(follow(testing, &req, Subject::Run, run.uid, 0))
}

async fn start_stream(testing: Service, mut req: Req) -> Result<Reply> {
    let mut body: ManyBody = req.json().await?;
    if body.project_id.is_empty() {
        body.project_id = only_project(&testing, &req).await?;
    }
    let run = start_many(&testing, &req, &body).await?;
    Ok(follow(testing, &req, Subject::Run, run.uid, 0))
}

async fn resume_stream(testing: Service, mut req: Req) -> Result<Reply> {
    let run = testing.run_followed(&req, req.param("run_id")).await?;
    let body: ResumeBody = req.json_or_default().await?;
    let run = testing.resume_run(req.cx(), &run, body.tests).await?;
    Ok(follow(testing, &req, Subject::Run, run.uid, 0))
}

async fn stream_discovery(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("session_id")).await?;
    Ok(follow(testing, &req, Subject::Discovery, session.uid, 0))
}

async fn stream_discovery_here(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    Ok(follow(testing, &req, Subject::Discovery, session.uid, 0))
}

/// Everything that was said after `from`, or after what the client heard already.
pub(super) fn follow(testing: Service, req: &Req, subject: Subject, uid: Uid, from: i64) -> Reply {
    let after = req.header("last-event-id").and_then(|t| t.trim().parse().ok()).unwrap_or(from);
    let heard = testing.follow(uid);
    let inline = req.query().flag("inline");
    let follower = Follower { subject, run: uid, after, heard, queue: VecDeque::new(), inline, over: false, testing };
    Reply::sse(futures_util::stream::unfold(follower, |mut f| async move { f.next().await.map(|event| (event, f)) }))
}

struct Follower {
    testing: Arc<Testing>,
    subject: Subject,
    run: Uid,
    after: i64,
    heard: watch::Receiver<i64>,
    queue: VecDeque<RunEvent>,
    inline: bool,
    over: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<SseEvent> {
        while !self.over {
            if let Some(event) = self.queue.pop_front() {
                self.after = event.seq;
                self.over = self.subject.is_last(&event.name);
                return Some(self.shown(event).await);
            }
            if let Err(error) = self.read().await {
                tracing::warn!(?error, run = %self.run, "the stream of a run ended");
                return None;
            }
        }
        None
    }

    /// Fills the queue, or waits until there may be something.
    async fn read(&mut self) -> Result<()> {
        self.heard.mark_unchanged();
        // The run first: what it said before it ended is there when it has ended.
        let goes_on = self.subject.goes_on(&self.testing, self.run).await?;
        self.queue = run_events::after(&self.testing.platform.store.telemetry, self.run, self.after, BATCH).await?.into();
        if !self.queue.is_empty() {
            return Ok(());
        }
        if goes_on {
            drop(tokio::time::timeout(LOOK, self.heard.changed()).await);
        } else {
            self.close().await?;
        }
        Ok(())
    }

    /// The run is over and its record does not say so, or says it before where the client is.
    async fn close(&mut self) -> Result<()> {
        // The last words are written a moment after the run's row.
        drop(tokio::time::timeout(LOOK, self.heard.changed()).await);
        let late = run_events::after(&self.testing.platform.store.telemetry, self.run, self.after, BATCH).await?;
        if !late.is_empty() {
            self.queue = late.into();
            return Ok(());
        }
        match self.subject.last(&self.testing, self.run).await? {
            Some((name, data)) => self.queue.push_back(RunEvent { seq: self.after + 1, name: name.to_owned(), data }),
            None => self.over = true,
        }
        Ok(())
    }

    /// A picture gets its address, and itself when wanted.
    async fn shown(&self, event: RunEvent) -> SseEvent {
        let RunEvent { seq, name, mut data } = event;
        if let Some(page) = data.get_mut("page").and_then(Value::as_object_mut)
            && let Some(id) = page.get("artifact_id").and_then(Value::as_str)
        {
            let address = self.testing.signed(id);
            page.insert("screenshot_url".to_owned(), address.into());
        }
        let artifact = data.get("artifact_id").and_then(Value::as_str).map(str::to_owned);
        if let (Some(id), Some(data)) = (artifact, data.as_object_mut()) {
            data.insert("screenshot_url".to_owned(), Value::from(self.testing.signed(&id)));
            if self.inline
                && let Ok(artifact) = self.testing.artifact(&id).await
                && let Ok(bytes) = self.testing.artifact_bytes(&artifact).await
            {
                data.insert("screenshot".to_owned(), Value::from(data_encoding::BASE64.encode(&bytes)));
            }
        }
        SseEvent::json(&data).id(seq).event(&name)
    }
}
