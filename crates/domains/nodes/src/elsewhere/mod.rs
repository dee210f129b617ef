//! Nodes that another process of the same store has (platform spec 18.4). Which process has a node stands in `node_links`;
//! what it knows of its nodes it shows in `node_feeds`, so that a session of ours mirrors the one over there; what a node
//! shall do goes there as a call. With the embedded database there is one process and nothing of this runs.
//!
//! A feed is as old as its turn, a call is carried out once at most, and a process that died is not waited for longer than
//! the command may take. Calls carry secrets, so they are sealed.

mod calls;
mod feed;
mod links;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_kernel::{Result, Shutdown};
use tokio::sync::{OwnedMutexGuard, Semaphore};
use tokio::time::Instant;

use crate::service::Nodes;

/// How often a process shows what it knows and looks at the others.
const TURN: Duration = Duration::from_secs(2);
/// A process that shows nothing new for this long is gone.
const SILENCE: Duration = Duration::from_secs(15);
/// What is left of a process that is gone for this long is removed.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// How long a node may be held for a change that another process makes.
const LENT: Duration = Duration::from_secs(120);
/// Calls that nobody waits for any more.
const CALLS_KEPT_S: i64 = 600;

/// When a process showed something new.
struct Beat {
    number: i64,
    /// First seen, or seen to change last.
    at: Instant,
    /// What stands there may be what is left of a process that died: it counts from the first change on.
    changed: bool,
}

/// What this process remembers of the others.
pub(crate) struct Elsewhere {
    /// This process.
    pub(crate) replica: String,
    beats: Mutex<HashMap<String, Beat>>,
    /// Turns of nodes that other processes took, by the id they gave them.
    lent: Mutex<HashMap<String, OwnedMutexGuard<()>>>,
    /// Configurations asked for at the same time.
    fetching: Semaphore,
}

impl Elsewhere {
    pub(crate) fn new(replica: String) -> Self {
        Self { replica, beats: Mutex::default(), lent: Mutex::default(), fetching: Semaphore::new(8) }
    }
}

/// Starts what several processes need; nothing with one.
pub(crate) fn start(nodes: &Arc<Nodes>) {
    if nodes.is_alone() {
        return;
    }
    let tasks = &nodes.platform.tasks;
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-feed", move |stop| feed(Arc::clone(&n), stop));
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-links", move |stop| watch(Arc::clone(&n), stop));
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-calls", move |stop| serve(Arc::clone(&n), stop));
}

async fn feed(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    let mut beat = nodes.now().micros();
    while stop.sleep(TURN).await {
        beat += 1;
        if nodes.platform.store.state.processes().await? > 1 {
            nodes.show_feed(beat).await?;
            nodes.read_feeds().await?;
        }
        nodes.forget_silent().await?;
    }
    // Whoever looked at them here finds them elsewhere soon, or nowhere.
    nodes.end_feed().await
}

async fn watch(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    let mut changed = nodes.platform.signals.subscribe("nodes.links");
    loop {
        nodes.look_at_links().await?;
        tokio::select! {
            () = stop.wait() => return Ok(()),
            _ = changed.changed() => {}
            () = tokio::time::sleep(TURN) => {}
        }
    }
}

async fn serve(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    let mut asked = nodes.platform.signals.subscribe("nodes.calls");
    loop {
        nodes.serve_calls().await?;
        tokio::select! {
            () = stop.wait() => return Ok(()),
            _ = asked.changed() => {}
            () = tokio::time::sleep(TURN) => {}
        }
    }
}
