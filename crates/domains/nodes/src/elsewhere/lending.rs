//! The turn to change a node, or to send it a file: nobody else has it while one is held, in whatever process. The turn of a
//! node elsewhere is lent by the process that has the node for as long as the borrower says that he still needs it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_kernel::{AppError, Result};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedMutexGuard, oneshot};
use tokio::time::{Instant, timeout};

use super::calls::{Answer, Wish, strange};
use crate::actions::commands::LinkFault;
use crate::service::{Nodes, Session, hold};

/// How long a turn is waited for, and how long one is lent to a borrower that says nothing: he may be dead.
const LENT: Duration = Duration::from_secs(120);
/// How often a borrower says that he still needs it.
const KEEP: Duration = Duration::from_secs(30);

/// What the turn is for.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum What {
    Change,
    Upload,
}

/// Nobody else has the turn while this is held. One of a node elsewhere ends early when the process that has the node is
/// gone, or could not be told for two minutes that it is still needed.
pub(crate) struct Turn {
    _here: OwnedMutexGuard<()>,
    /// Given back when this is dropped.
    _there: Option<oneshot::Sender<()>>,
}

/// Turns of nodes of this process that others hold, by the id they gave them.
#[derive(Default)]
pub(crate) struct Lending(Mutex<HashMap<String, Lent>>);

struct Lent {
    _guard: OwnedMutexGuard<()>,
    until: Instant,
}

impl Lending {
    fn lend(&self, turn: String, guard: OwnedMutexGuard<()>) {
        hold(&self.0).insert(turn, Lent { _guard: guard, until: Instant::now() + LENT });
    }
    pub(super) fn keep(&self, turn: &str) {
        if let Some(lent) = hold(&self.0).get_mut(turn) {
            lent.until = Instant::now() + LENT;
        }
    }
    pub(super) fn give_back(&self, turn: &str) {
        drop(hold(&self.0).remove(turn));
    }
    /// Takes back what nobody said he still needs.
    pub(super) fn expire(&self) {
        let now = Instant::now();
        hold(&self.0).retain(|_, lent| now < lent.until);
    }
}

impl Nodes {
    /// The turn to change a node, here or elsewhere.
    pub(crate) async fn turn_of(self: &Arc<Self>, session: &Arc<Session>) -> Result<Turn> {
        let here = Arc::clone(&session.changing).lock_owned().await;
        self.borrow(session, here, What::Change).await?.ok_or_else(|| LinkFault::Busy.error(LENT))
    }

    /// The turn to send a node a file; 409 when another one is on its way, from whatever process.
    pub(crate) async fn upload_turn_of(self: &Arc<Self>, session: &Arc<Session>) -> Result<Turn> {
        let taken = || AppError::conflict("Another file is on its way to this node").code("upload_in_progress");
        let here = Arc::clone(&session.uploading).try_lock_owned().map_err(|_| taken())?;
        self.borrow(session, here, What::Upload).await?.ok_or_else(taken)
    }

    /// `None` when somebody else has it over there.
    async fn borrow(self: &Arc<Self>, session: &Arc<Session>, here: OwnedMutexGuard<()>, what: What) -> Result<Option<Turn>> {
        if session.there.is_none() {
            return Ok(Some(Turn { _here: here, _there: None }));
        }
        let id = self.random_uuid();
        // From here on it is given back, whatever becomes of the question.
        let turn = Turn { _here: here, _there: Some(self.keep_turn(session, &id)) };
        let limit = if matches!(what, What::Change) { LENT } else { Duration::ZERO };
        match self.call(session, Wish::Take { turn: id, what }, limit).await? {
            Answer::Done => Ok(Some(turn)),
            Answer::Taken => Ok(None),
            other => Err(strange(session, other)),
        }
    }

    /// Says that a turn is still needed until what this returns is dropped, and then gives it back.
    fn keep_turn(self: &Arc<Self>, session: &Arc<Session>, id: &str) -> oneshot::Sender<()> {
        let (held, mut dropped) = oneshot::channel();
        let (nodes, session, id) = (Arc::clone(self), Arc::clone(session), id.to_owned());
        self.platform.tasks.once("node-turn", async move {
            while timeout(KEEP, &mut dropped).await.is_err() {
                if let Err(error) = nodes.call(&session, Wish::Keep { turn: id.clone() }, Duration::ZERO).await {
                    tracing::info!(%error, node = session.node_id, "another process does not know that a node is still being changed");
                }
            }
            // When this is not heard over there it ends by itself.
            drop(nodes.call(&session, Wish::GiveBack { turn: id }, Duration::ZERO).await);
        });
        held
    }

    /// Lends the turn of a node of this process.
    pub(super) async fn lend(&self, session: &Session, turn: String, what: What) -> Answer {
        let guard = match what {
            // The borrower waits a little longer, so he hears of what he is lent.
            What::Change => timeout(LENT, Arc::clone(&session.changing).lock_owned()).await.ok(),
            What::Upload => Arc::clone(&session.uploading).try_lock_owned().ok(),
        };
        match guard {
            Some(guard) => {
                self.elsewhere.lending.lend(turn, guard);
                Answer::Done
            }
            None => Answer::Taken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_turn_is_lent_as_long_as_it_is_needed_and_no_longer() {
        let (lending, node) = (Lending::default(), Arc::new(tokio::sync::Mutex::new(())));
        let is_free = || node.try_lock().is_ok();
        lending.lend("t1".to_owned(), Arc::clone(&node).lock_owned().await);
        for _ in 0..10 {
            tokio::time::advance(LENT / 2).await;
            lending.keep("t1");
            lending.expire();
            assert!(!is_free(), "a change may take long");
        }
        lending.give_back("t1");
        assert!(is_free());
        lending.lend("t2".to_owned(), Arc::clone(&node).lock_owned().await);
        lending.give_back("t1");
        tokio::time::advance(LENT / 2).await;
        lending.expire();
        assert!(!is_free());
        tokio::time::advance(LENT / 2).await;
        lending.expire();
        assert!(is_free(), "the borrower is dead");
        lending.keep("t2");
        assert!(is_free());
    }
}
