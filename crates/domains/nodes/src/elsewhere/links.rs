//! Which process has which node. The newest connection wins wherever it is: each is numbered by the store.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use argos_kernel::Result;
use argos_store::{StoreError, Tx};
use tokio::time::Instant;

use super::{Beat, Elsewhere, FORGOTTEN, SILENCE};
use crate::link::{arrival, departure};
use crate::model::node::Node;
use crate::service::{Nodes, Session, Told, hold};
use crate::store::links::Link;
use crate::store::{links, nodes};

/// So many nodes are looked up one by one; of more the whole list is read.
const FEW: usize = 16;

impl Elsewhere {
    /// Whether a process showed something new lately.
    fn lives(&self, replica: &str) -> bool {
        hold(&self.beats).get(replica).is_some_and(Beat::is_fresh)
    }

    /// Whether those that live and this one are all the processes the store has.
    pub(super) fn are_all(&self, processes: u32) -> bool {
        let living = hold(&self.beats).values().filter(|beat| beat.is_fresh()).count();
        usize::try_from(processes).is_ok_and(|all| all <= living + 1)
    }

    /// A process is named as the one that has a node: it may be dead since before this one began.
    fn named(&self, replica: &str) {
        hold(&self.beats).entry(replica.to_owned()).or_insert_with(|| Beat { number: None, at: Instant::now(), changed: false });
    }

    /// Takes in what a process showed last.
    pub(super) fn heard(&self, replica: &str, number: i64) {
        let mut beats = hold(&self.beats);
        let before = beats.get(replica).and_then(|beat| beat.number);
        if before != Some(number) {
            beats.insert(replica.to_owned(), Beat { number: Some(number), at: Instant::now(), changed: before.is_some() });
        }
    }

    /// Processes that showed nothing new for this long; they are named once. One that was never seen alive, as what is left
    /// of this one before a restart, is given all the time its nodes may need to come back.
    fn forgotten(&self, silence: Duration) -> Vec<String> {
        let mut beats = hold(&self.beats);
        let is_gone = |beat: &Beat| beat.at.elapsed() > if beat.changed { silence } else { FORGOTTEN };
        let gone: Vec<String> = beats.iter().filter(|(_, beat)| is_gone(beat)).map(|(name, _)| name.clone()).collect();
        beats.retain(|name, _| !gone.contains(name));
        gone
    }
}

impl Beat {
    fn is_fresh(&self) -> bool {
        self.changed && self.at.elapsed() < SILENCE
    }
}

impl Nodes {
    /// Writes that this process has the node now.
    pub(crate) async fn claim(&self, tx: &mut Tx, session: &Session) -> Result<(), StoreError> {
        if !self.is_alone() {
            session.seq.store(links::claim(tx, &session.node_id, &self.elsewhere.replica).await?, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes that it has it no more.
    pub(crate) async fn release(&self, session: &Session) -> Result<(), StoreError> {
        let seq = session.seq.load(Ordering::Relaxed);
        if self.is_alone() || seq == 0 {
            return Ok(());
        }
        let link = Link { node_id: session.node_id.clone(), seq, replica: self.elsewhere.replica.clone() };
        links::release(&self.platform.store.state, &link).await.map(drop)
    }

    /// What this process has stands in the table, and nothing else: a write may have failed, and others may have thought it
    /// gone.
    async fn mend_own(&self, own: &[Link], others: &[Link]) -> Result<()> {
        let db = &self.platform.store.state;
        // A session is entered before it is claimed.
        for link in own.iter().filter(|link| self.own_session(&link.node_id).is_none()) {
            links::release(db, link).await?;
        }
        let named: HashSet<&str> = own.iter().chain(others).map(|link| link.node_id.as_str()).collect();
        for session in self.own_sessions() {
            if session.seq.load(Ordering::Relaxed) != 0 && !named.contains(session.node_id.as_str()) {
                let mut tx = db.begin().await?;
                // One that was removed is about to be put out.
                let Some(node) = nodes::find_in(&mut tx, &session.node_id).await? else { continue };
                self.claim(&mut tx, &session).await?;
                // Whoever thought this process gone told that the node is lost.
                self.platform.events.publish(&mut tx, arrival(&node.id, &node.name)).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Ends sessions that are newer elsewhere, and mirrors what others have.
    pub(super) async fn look_at_links(&self) -> Result<()> {
        let db = &self.platform.store.state;
        let (own, mut all): (Vec<_>, Vec<_>) = links::links(db).await?.into_iter().partition(|l| l.replica == self.elsewhere.replica);
        self.mend_own(&own, &all).await?;
        all.iter().for_each(|link| self.elsewhere.named(&link.replica));
        all.retain(|link| self.elsewhere.lives(&link.replica));
        let mut unknown = Vec::new();
        for link in &all {
            match self.session(&link.node_id) {
                // Its own number is not known before it is written.
                Some(own) if own.there.is_none() => {
                    let seq = own.seq.load(Ordering::Relaxed);
                    if seq != 0 && link.seq > seq {
                        own.end((4000, "superseded"));
                        unknown.push(link);
                    }
                }
                Some(mirror) if mirror.there.as_deref() == Some(&link.replica) && mirror.seq.load(Ordering::Relaxed) == link.seq => {}
                _ => unknown.push(link),
            }
        }
        self.drop_mirrors(|mirror| !all.iter().any(|link| link.node_id == mirror.node_id));
        if unknown.is_empty() {
            return Ok(());
        }
        let known = if unknown.len() <= FEW {
            let mut found = Vec::new();
            for link in &unknown {
                found.extend(nodes::find(db, &link.node_id).await?);
            }
            found
        } else {
            nodes::list(db).await?
        };
        for link in unknown {
            if let Some(node) = known.iter().find(|node| node.id == link.node_id) {
                self.mirror(mirror(node, &link.replica, link.seq, self.now()));
            }
        }
        Ok(())
    }

    /// Shows nothing any more of processes that are silent, and tells of the nodes of those that were for `gone`.
    pub(super) fn forget_silent(self: &Arc<Self>, gone: Duration) {
        self.drop_mirrors(|mirror| mirror.there.as_deref().is_some_and(|replica| !self.elsewhere.lives(replica)));
        for replica in self.elsewhere.forgotten(gone) {
            let nodes = Arc::clone(self);
            // By itself, so that what this process shows of its own nodes does not wait for it.
            self.platform.tasks.once("node-lost", async move {
                if let Err(error) = nodes.bury_replica(&replica).await {
                    // What is left is found again, because it still stands in the table.
                    tracing::error!(%error, replica, "not all nodes of a process that is gone were told as lost");
                }
            });
        }
    }

    async fn bury_replica(&self, replica: &str) -> Result<()> {
        let db = &self.platform.store.state;
        for link in links::links(db).await?.iter().filter(|link| link.replica == replica) {
            if self.session(&link.node_id).is_none() {
                self.lose(link).await?;
            }
        }
        Ok(links::end_feed(db, replica).await?)
    }

    /// Writes that a node went with its process, and tells so: once, whoever finds it first.
    async fn lose(&self, link: &Link) -> Result<()> {
        let mut tx = self.platform.store.state.begin().await?;
        // The node before its link, as whoever lets it in does: neither waits for the other for ever.
        nodes::lost(&mut tx, &link.node_id).await?;
        if !links::release_in(&mut tx, link).await? {
            return Ok(());
        }
        if let Some(node) = nodes::find_in(&mut tx, &link.node_id).await?.filter(|node| node.status != "pending") {
            let event = departure(&node.id, &node.name);
            self.platform.events.publish(&mut tx, event).await?;
        }
        tx.commit().await?;
        self.changed();
        self.reset_tunnels_of(&link.node_id, false).await
    }
}

fn mirror(node: &Node, replica: &str, seq: i64, now: argos_kernel::Timestamp) -> Arc<Session> {
    let told =
        Told { capabilities: node.capabilities.clone(), seen_at: now, process_started_at: node.process_started_at, ..Told::default() };
    let session = Session::new(node, now, None, node.protocol_version, told);
    Arc::new(Session { there: Some(replica.to_owned()), seq: seq.into(), ..session.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_process_lives_as_long_as_it_shows_something_new() {
        let others = Elsewhere::new("me".to_owned());
        others.named("b");
        others.heard("b", 6);
        assert!(!others.lives("b"), "it may be what is left of a process that died");
        others.heard("b", 7);
        assert!(others.lives("b") && others.are_all(2) && !others.are_all(3));
        tokio::time::advance(SILENCE / 2).await;
        others.heard("b", 7);
        others.named("b");
        tokio::time::advance(SILENCE / 2).await;
        assert!(!others.lives("b"), "the same again is nothing new");
        assert!(!others.are_all(2) && others.are_all(1), "the store has no connection of it any more");
        others.heard("b", 8);
        assert!(others.lives("b") && others.forgotten(FORGOTTEN).is_empty());
        tokio::time::advance(SILENCE * 2).await;
        others.named("c");
        assert!(others.forgotten(FORGOTTEN).is_empty(), "it may be slow");
        assert_eq!(others.forgotten(SILENCE), ["b"]);
        tokio::time::advance(SILENCE * 2).await;
        assert!(others.forgotten(SILENCE).is_empty(), "it was there before this process: its nodes may be on their way");
        tokio::time::advance(FORGOTTEN * 2).await;
        assert_eq!(others.forgotten(SILENCE), ["c"]);
    }
}
