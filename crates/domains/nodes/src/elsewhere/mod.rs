//! Nodes that another process of the same store has (platform spec 18.4). Which process has a node stands in `node_links`;
//! what it knows of its nodes it shows in `node_feeds`, so that a session of ours mirrors the one over there; what a node
//! shall do goes there as a call. With the embedded database there is one process and nothing of this runs.
//!
//! A feed is as old as its turn, a call is carried out once at most, and a process that died is not waited for longer than
//! the command may take. Calls carry secrets, so they are sealed.

mod calls;
mod feed;
mod lending;
mod links;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_kernel::{Result, Shutdown};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::service::Nodes;

/// How often a process shows what it knows and looks at the others.
const TURN: Duration = Duration::from_secs(2);
/// A process that shows nothing new for this long is gone.
const SILENCE: Duration = Duration::from_secs(15);
/// A process that is silent for this long does not come back, and its nodes are lost: longer than the longest backoff of what
/// shows them.
const FORGOTTEN: Duration = Duration::from_secs(120);
/// In so many turns in a row the store must have no connection of a silent process, so that it is not waited for as long.
const MISSED_TURNS: u32 = 15;
/// How long a burst of arrivals has to come to rest before everybody looks at it.
const REST: Duration = Duration::from_millis(200);
/// Calls that nobody waits for any more.
const CALLS_KEPT_S: i64 = 600;

/// When a process showed something new.
struct Beat {
    /// Nothing while it only stands in the table of links.
    number: Option<i64>,
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
    lending: lending::Lending,
    waiting: calls::Waiting,
    /// Configurations asked for at the same time.
    fetching: Semaphore,
}

impl Elsewhere {
    pub(crate) fn new(replica: String) -> Self {
        Self {
            replica,
            beats: Mutex::default(),
            lending: lending::Lending::default(),
            waiting: calls::Waiting::default(),
            fetching: Semaphore::new(8),
        }
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
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-tunnel-news", move |stop| {
        let n = Arc::clone(&n);
        async move { n.follow_tunnels(stop).await }
    });
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-answers", move |stop| hear(Arc::clone(&n), stop));
}

async fn feed(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    let mut beat = nodes.now().micros();
    // Turns in which the store answered: while it does not, nobody can show that he lives.
    let mut missed = 0;
    while stop.sleep(TURN).await {
        beat += 1;
        let processes = nodes.platform.store.state.processes().await?;
        if processes > 1 {
            nodes.show_feed(beat).await?;
            nodes.read_feeds().await?;
        }
        missed = if nodes.elsewhere.are_all(processes) { missed + 1 } else { 0 };
        nodes.forget_silent(if missed >= MISSED_TURNS { SILENCE } else { FORGOTTEN });
    }
    // Whoever looked at them here finds them elsewhere soon, or nowhere.
    nodes.end_feed().await
}

/// Waits for a signal, which may be lost, or the next turn; false when the process stops.
async fn next(stop: &Shutdown, signal: &mut watch::Receiver<()>) -> bool {
    tokio::select! {
        () = stop.wait() => false,
        _ = signal.changed() => true,
        () = tokio::time::sleep(TURN) => true,
    }
}

async fn watch(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    let mut changed = nodes.platform.signals.subscribe("nodes.links");
    loop {
        nodes.look_at_links().await?;
        if !next(&stop, &mut changed).await || !stop.sleep(REST).await {
            return Ok(());
        }
        changed.mark_unchanged();
    }
}

async fn serve(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    let mut asked = nodes.platform.signals.subscribe("nodes.calls");
    loop {
        nodes.serve_calls().await?;
        nodes.elsewhere.lending.expire();
        if !next(&stop, &mut asked).await {
            return Ok(());
        }
    }
}

async fn hear(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    let mut answered = nodes.platform.signals.subscribe("nodes.answers");
    loop {
        nodes.hear_answers().await?;
        if !next(&stop, &mut answered).await {
            return Ok(());
        }
    }
}
