//! `/api/ui/stream`: what changed of the things somebody sees, at most once a second each. It pulls from the store at the
//! client's pace, so nothing is queued for a slow one.

use std::collections::VecDeque;
use std::time::Duration;

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes, SseEvent};
use futures_util::Stream;
use serde_json::json;
use tokio::sync::watch;

use crate::Inventory;
use crate::model::scope::Scope;
use crate::model::thing::Thing;
use crate::store::things;

/// Changes of the same thing are told apart by this much at least.
const PAUSE: Duration = Duration::from_secs(1);
/// Another process may have written.
const LOOK_AT_LEAST: Duration = Duration::from_secs(5);
/// Who was away for more revisions is told to load everything again.
const REPLAY_REVS_MAX: i64 = 2_000;

pub(super) fn declare(routes: Routes<Inventory>) -> Routes<Inventory> {
    routes
        .get("/api/ui/stream", "ui.stream", "Changes of things as they happen (SSE), resumable by Last-Event-ID.", stream)
        .param("topics", "comma list of kinds of things; absent = all")
        .param("last_event_id", "like the Last-Event-ID header")
}

struct Follower {
    inventory: Inventory,
    scope: Scope,
    topics: Vec<String>,
    newest: watch::Receiver<i64>,
    at: i64,
    ready: VecDeque<SseEvent>,
}

async fn stream(inventory: Inventory, req: Req) -> Result<Reply> {
    let q = req.query();
    let last = req.header("last-event-id").or_else(|| q.filled("last_event_id")).map(|t| t.trim().parse::<i64>());
    let last = last.transpose().map_err(|_| AppError::bad_request("Invalid Last-Event-ID"))?;
    let topics = q.list("topics").into_iter().map(str::to_owned).collect();
    Ok(Reply::sse(follow(inventory, req, topics, last).await?))
}

async fn follow(
    inventory: Inventory,
    req: Req,
    topics: Vec<String>,
    last: Option<i64>,
) -> Result<impl Stream<Item = SseEvent> + Send + 'static> {
    let newest = inventory.changes();
    let rev = things::rev(&inventory.0.db).await?;
    // An id from before a restore may lie in the future.
    let gap = last.is_some_and(|id| id > rev || rev - id > REPLAY_REVS_MAX);
    let at = last.filter(|_| !gap).unwrap_or(rev);
    let hello = SseEvent::json(&json!({ "rev": at })).event(if gap { "reset" } else { "ready" }).id(at);
    let scope = inventory.scope_of(&req.cx().caller);
    let follower = Follower { inventory, scope, topics, newest, at, ready: VecDeque::from([hello]) };
    Ok(futures_util::stream::unfold(follower, |mut f| async move {
        loop {
            if let Some(frame) = f.ready.pop_front() {
                return Some((frame, f));
            }
            if let Err(error) = f.look().await {
                // The client reconnects with its last id and misses nothing.
                tracing::warn!(?error, "stream of things ended");
                return None;
            }
        }
    }))
}

impl Follower {
    /// Reads what is new, or waits for it.
    async fn look(&mut self) -> Result<()> {
        self.newest.mark_unchanged();
        let changed = things::after(&self.inventory.0.db, self.at).await?;
        let Some(last) = changed.last() else {
            tokio::select! {
                _ = self.newest.changed() => {}
                () = tokio::time::sleep(LOOK_AT_LEAST) => {}
            }
            return Ok(());
        };
        self.at = last.rev;
        let wanted = changed.iter().filter(|t| self.scope.sees(t) && (self.topics.is_empty() || self.topics.contains(&t.kind)));
        self.ready.extend(wanted.map(frame));
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

fn frame(t: &Thing) -> SseEvent {
    let fields = json!({
        "name": t.name, "status": t.status, "word": t.word, "detail": t.detail, "tags": t.tags, "status_since": t.status_since.rfc3339(),
    });
    let at = t.gone_at.unwrap_or(t.status_since).rfc3339();
    let patch = json!({ "ref": t.reference, "kind": t.kind, "rev": t.rev, "gone": t.gone_at.is_some(), "fields": fields, "at": at });
    SseEvent::json(&patch).event("thing").id(t.rev)
}
