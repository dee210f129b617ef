//! `/api/runs/{run_id}/stream`: what a run writes, as it writes it (SSE), and how it ended.

use std::collections::VecDeque;
use std::time::Duration;

use argos_kernel::Result;
use argos_web::SseEvent;
use futures_util::Stream;
use serde_json::json;

use crate::handler::LogLine;
use crate::job::State;
use crate::jobs::Jobs;

/// Lines read at once.
const BATCH: i64 = 500;
/// Lines are stored in batches about this often, by whichever process runs the job.
const LOOK: Duration = Duration::from_secs(1);

struct Follower {
    jobs: Jobs,
    run: i64,
    after: i64,
    lines: VecDeque<LogLine>,
    /// The state it ended with; the last lines are stored a moment after that.
    ended: Option<State>,
    /// Whether the writer had its time after the end: it holds lines for a second and stores them in less than another.
    is_settled: bool,
    is_over: bool,
}

/// Everything after line `after`, then the state it ended with.
pub(crate) fn follow(jobs: Jobs, run: i64, after: i64) -> impl Stream<Item = SseEvent> + Send {
    let follower = Follower { jobs, run, after, lines: VecDeque::new(), ended: None, is_settled: false, is_over: false };
    futures_util::stream::unfold(follower, |mut f| async move { f.next().await.map(|event| (event, f)) })
}

impl Follower {
    async fn next(&mut self) -> Option<SseEvent> {
        while !self.is_over {
            if let Some(line) = self.lines.pop_front() {
                self.after = line.id;
                return Some(SseEvent::json(&json!({ "chunk": format!("{}\n", line.text) })).id(line.id));
            }
            match self.read().await {
                Ok(Some(state)) => {
                    self.is_over = true;
                    return Some(SseEvent::json(&json!({ "status": state.ops_word() })));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(?error, run = self.run, "the stream of a run ended");
                    return None;
                }
            }
        }
        None
    }

    /// Fills the queue, or waits a little. The state once nothing more comes.
    async fn read(&mut self) -> Result<Option<State>> {
        if self.ended.is_none() {
            // A run that is gone was removed with its output.
            let state = self.jobs.find(&self.run.to_string()).await?.map_or(State::Cancelled, |job| job.state);
            self.ended = Some(state).filter(|state| state.is_final());
        }
        self.lines = self.jobs.output(self.run, self.after, BATCH).await?.into();
        if self.lines.is_empty() {
            if self.is_settled {
                return Ok(self.ended);
            }
            self.is_settled = self.ended.is_some();
            tokio::time::sleep(if self.is_settled { LOOK * 2 } else { LOOK }).await;
        }
        Ok(None)
    }
}
