//! Which process has which node. The newest connection wins wherever it is: each is numbered by the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use argos_kernel::Result;
use argos_store::{StoreError, Tx};
use tokio::time::Instant;

use super::{Beat, Elsewhere, FORGOTTEN, SILENCE};
use crate::model::node::Node;
use crate::service::{Nodes, Session, Told, hold};
use crate::store::{links, nodes};

impl Elsewhere {
    /// Whether a process showed something new lately.
    fn lives(&self, replica: &str) -> bool {
        hold(&self.beats).get(replica).is_some_and(|beat| beat.changed && beat.at.elapsed() < SILENCE)
    }

    /// Takes in what a process showed last.
    pub(super) fn heard(&self, replica: &str, number: i64) {
        let mut beats = hold(&self.beats);
        match beats.get_mut(replica) {
            Some(beat) if beat.number == number => {}
            Some(beat) => *beat = Beat { number, at: Instant::now(), changed: true },
            None => {
                beats.insert(replica.to_owned(), Beat { number, at: Instant::now(), changed: false });
            }
        }
    }

    /// Processes that are gone for long; they are named once.
    fn forgotten(&self) -> Vec<String> {
        let mut beats = hold(&self.beats);
        let gone: Vec<String> = beats.iter().filter(|(_, beat)| beat.at.elapsed() > FORGOTTEN).map(|(name, _)| name.clone()).collect();
        beats.retain(|name, _| !gone.contains(name));
        gone
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
        links::release(&self.platform.store.state, &session.node_id, seq, &self.elsewhere.replica).await
    }

    /// Ends sessions that are newer elsewhere, and mirrors what others have.
    pub(super) async fn look_at_links(&self) -> Result<()> {
        let db = &self.platform.store.state;
        let mut all = links::links(db).await?;
        all.retain(|link| link.replica != self.elsewhere.replica && self.elsewhere.lives(&link.replica));
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
        let known = nodes::list(db).await?;
        for link in unknown {
            if let Some(node) = known.iter().find(|node| node.id == link.node_id) {
                self.mirror(mirror(node, &link.replica, link.seq, self.now()));
            }
        }
        Ok(())
    }

    /// Forgets what processes had that are gone.
    pub(super) async fn forget_silent(&self) -> Result<()> {
        self.drop_mirrors(|mirror| mirror.there.as_deref().is_some_and(|replica| !self.elsewhere.lives(replica)));
        for replica in self.elsewhere.forgotten() {
            links::forget_replica(&self.platform.store.state, &replica).await?;
        }
        Ok(())
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
        others.heard("b", 6);
        assert!(!others.lives("b"), "it may be what is left of a process that died");
        others.heard("b", 7);
        assert!(others.lives("b"));
        tokio::time::advance(SILENCE / 2).await;
        others.heard("b", 7);
        tokio::time::advance(SILENCE / 2).await;
        assert!(!others.lives("b"), "the same again is nothing new");
        others.heard("b", 8);
        assert!(others.lives("b") && others.forgotten().is_empty());
        tokio::time::advance(FORGOTTEN * 2).await;
        assert_eq!(others.forgotten(), ["b"]);
        assert!(others.forgotten().is_empty());
    }
}
