//! `/api/v1/stream/test/{run_id}`: a run as it goes on. A stream that connects late hears everything once; it ends with
//! the run.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Uid};
use argos_web::{Reply, Req, Routes, SseEvent};
use serde_json::Value;
use tokio::sync::watch;

use super::Service;
use crate::actions::runs::complete;
use crate::service::Testing;
use crate::store::run_events::{self, RunEvent};
use crate::store::runs;

/// Events read at once.
const BATCH: i64 = 500;
/// A run of another process is looked at this often.
const LOOK: Duration = Duration::from_secs(1);

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/stream/test/{run_id}", "test_runs.stream", "A run as it goes on (SSE), resumable by Last-Event-ID.", stream)
        .param("inline", "1 adds pictures as base64")
}

async fn stream(testing: Service, req: Req) -> Result<Reply> {
    let run = testing.run_named(&req, req.param("run_id")).await?;
    let after = req.header("last-event-id").and_then(|t| t.trim().parse().ok()).unwrap_or(0);
    let heard = testing.follow(run.uid);
    let follower =
        Follower { run: run.uid, after, heard, queue: VecDeque::new(), inline: req.query().flag("inline"), over: false, testing };
    Ok(Reply::sse(futures_util::stream::unfold(follower, |mut f| async move { f.next().await.map(|event| (event, f)) })))
}

struct Follower {
    testing: Arc<Testing>,
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
                self.over = event.name == "complete";
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
        let run = runs::find(&self.testing.platform.store.state, self.run).await?;
        self.queue = run_events::after(&self.testing.platform.store.telemetry, self.run, self.after, BATCH).await?.into();
        if !self.queue.is_empty() {
            return Ok(());
        }
        match run.filter(|r| !r.status.is_final()) {
            Some(_) => drop(tokio::time::timeout(LOOK, self.heard.changed()).await),
            None => self.close().await?,
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
        match runs::find(&self.testing.platform.store.state, self.run).await? {
            Some(run) => self.queue.push_back(RunEvent { seq: self.after + 1, name: "complete".to_owned(), data: complete(&run) }),
            None => self.over = true,
        }
        Ok(())
    }

    /// A picture gets its address, and itself when wanted.
    async fn shown(&self, event: RunEvent) -> SseEvent {
        let RunEvent { seq, name, mut data } = event;
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
