//! What goes on by itself: what nodes told is written down, tunnels are tried again, expired nodes are put out, old
//! counters are forgotten.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Actor, Result, Shutdown};
use argos_store::{Database, Stmt};
use serde_json::Value;

use crate::elsewhere;
use crate::model::node::Node;
use crate::service::{Nodes, Session, hold};
use crate::store::nodes::{self, Seen};

const WRITE: Duration = Duration::from_secs(10);
const TUNNELS: Duration = Duration::from_secs(30);
const EXPIRY: Duration = Duration::from_secs(20);
/// Rows in a row that the store may refuse before it is the store that is ill.
const REFUSED_MAX: usize = 8;
/// Rows in one transaction: whoever writes meanwhile waits for no more.
const TOGETHER: usize = 200;
const ROTATION: Duration = Duration::from_secs(3_600);

/// In every process, before it is ready: what says that it is connected cannot be, with one process.
pub(crate) async fn start(nodes: &Arc<Nodes>) -> Result<()> {
    if nodes.is_alone() {
        nodes::all_offline(&nodes.platform.store.state).await?;
    }
    elsewhere::start(nodes);
    let tasks = &nodes.platform.tasks;
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-seen", move |stop| write_down(Arc::clone(&n), stop));
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-tunnels", move |stop| push(Arc::clone(&n), stop));
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-news", move |stop| {
        let n = Arc::clone(&n);
        async move { n.follow_events(stop).await }
    });
    let n = Arc::clone(nodes);
    tasks.supervise("nodes-expiry", move |stop| expire(Arc::clone(&n), stop));
    Ok(())
}

/// In the leading process.
pub(crate) fn lead(nodes: &Arc<Nodes>) {
    if nodes.platform.store.engine() == argos_store::Engine::Postgres {
        // Those that another process holds are written as connected again within seconds.
        let n = Arc::clone(nodes);
        nodes.platform.tasks.once("nodes-start", async move {
            if let Err(error) = nodes::all_offline(&n.platform.store.state).await {
                tracing::error!(%error, "the nodes of before were not marked as offline");
            }
        });
    }
    let n = Arc::clone(nodes);
    nodes.platform.tasks.supervise("nodes-rotation", move |stop| rotate(Arc::clone(&n), stop));
}

async fn write_down(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    loop {
        let goes_on = stop.sleep(WRITE).await;
        nodes.write_down().await?;
        if !goes_on {
            return Ok(());
        }
    }
}

async fn push(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    while stop.sleep(TUNNELS).await {
        nodes.push_all().await?;
    }
    Ok(())
}

async fn expire(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    while stop.sleep(EXPIRY).await {
        let now = nodes.now();
        hold(&nodes.lockout).purge(now);
        hold(&nodes.rivals).purge(now);
        // Taken first: a node that comes meanwhile is in the list.
        let sessions = nodes.own_sessions();
        let known: HashMap<String, Node> =
            nodes::list(&nodes.platform.store.state).await?.into_iter().map(|node| (node.id.clone(), node)).collect();
        for session in sessions {
            match known.get(&session.node_id) {
                Some(node) if node.is_expired(now) => session.end((4003, "expired")),
                // Done in another process, which may not have been able to end it.
                Some(node) if node.token_at != session.enrolled_at => session.end((4002, "token regenerated")),
                // Another process may have renamed it.
                Some(node) => hold(&session.node_name).clone_from(&node.name),
                None => session.end((4001, "node removed")),
            }
        }
        if !nodes.is_alone() {
            nodes.purge_calls().await?;
        }
    }
    Ok(())
}

async fn rotate(nodes: Arc<Nodes>, stop: Shutdown) -> Result<()> {
    while stop.sleep(ROTATION).await {
        let days = nodes.platform.settings.i64("node_secret_rotation_days")?;
        if days == 0 {
            continue;
        }
        let now = nodes.now();
        for node in nodes::list(&nodes.platform.store.state).await? {
            if node.is_due_for_rotation(now, days) && nodes.session(&node.id).is_some() {
                // A relay that cannot take one yet, or a node that is slow, is asked again in an hour.
                if let Err(error) = nodes.rotate_secret(&Actor::system(), &node.id).await {
                    tracing::info!(%error, node = node.id, "a secret was not replaced yet");
                }
            }
        }
    }
    Ok(())
}

type Row = (Arc<Session>, Option<Arc<Value>>, (Stmt, Vec<argos_store::Value>));

impl Nodes {
    /// Writes what the connected nodes told, in a few transactions.
    pub(crate) async fn write_down(&self) -> Result<()> {
        let mut work = Vec::new();
        let sessions = self.own_sessions();
        for session in &sessions {
            let told = hold(&session.told);
            let health = told.health.clone().filter(|_| told.unwritten);
            let statement = nodes::seen(&Seen {
                id: &session.node_id,
                status: told.health_word().as_str(),
                at: told.seen_at,
                version: told.software_version.as_deref().filter(|_| health.is_some()),
                capabilities: Some(told.capabilities.as_slice()).filter(|_| health.is_some()),
                process_started_at: told.process_started_at.filter(|_| health.is_some()),
                health: health.as_deref(),
            });
            work.push((Arc::clone(session), health, statement));
        }
        let db = &self.platform.store.state;
        let mut work = work.into_iter().peekable();
        while work.peek().is_some() {
            write_part(db, work.by_ref().take(TOGETHER).collect()).await?;
        }
        Ok(())
    }
}

/// Writes some rows in one transaction.
async fn write_part(db: &Database, work: Vec<Row>) -> Result<()> {
    let all = work.iter().map(|(_, _, statement)| statement.clone()).collect();
    let Err(error) = db.batch(all).await else {
        work.iter().for_each(|(session, health, _)| written(session, health.as_ref()));
        return Ok(());
    };
    tracing::warn!(%error, "what nodes told was not written together");
    // One row that the store does not take holds no other up. When none is taken, it is not the rows.
    let mut refused = 0;
    for (session, health, statement) in work {
        match db.batch(vec![statement]).await {
            Ok(_) => {
                refused = 0;
                written(&session, health.as_ref());
            }
            Err(error) if refused >= REFUSED_MAX => return Err(error.into()),
            Err(error) => {
                refused += 1;
                tracing::error!(%error, node = session.node_id, "what a node told was not written");
            }
        }
    }
    Ok(())
}

/// What was told since is still to be written.
fn written(session: &Session, health: Option<&Arc<Value>>) {
    let mut told = hold(&session.told);
    if health.is_some() && told.health.as_ref().zip(health).is_some_and(|(now, then)| Arc::ptr_eq(now, then)) {
        told.unwritten = false;
    }
}
