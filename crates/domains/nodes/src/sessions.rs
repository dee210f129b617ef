//! Who is connected: one session a node, of this process or the mirror of one elsewhere. The newest connection wins; the one
//! before is told that it is superseded.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use crate::service::{Session, hold};

/// By node.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Arc<Session>>>);

impl Sessions {
    pub(crate) fn get(&self, node: &str) -> Option<Arc<Session>> {
        hold(&self.0).get(node).cloned()
    }
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        hold(&self.0).values().cloned().collect()
    }
    /// Those of this process.
    pub(crate) fn own(&self) -> Vec<Arc<Session>> {
        hold(&self.0).values().filter(|s| s.there.is_none()).cloned().collect()
    }
    pub(crate) fn count_own(&self) -> usize {
        hold(&self.0).values().filter(|s| s.there.is_none()).count()
    }

    /// Nobody else is newer than a node that has just proved itself here; the session it ended.
    pub(crate) fn enter(&self, session: &Arc<Session>) -> Option<Arc<Session>> {
        let before = hold(&self.0).insert(session.node_id.clone(), Arc::clone(session))?;
        before.end((4000, "superseded"));
        Some(before)
    }

    /// Shows a session of another process; false when this process has a newer one.
    pub(crate) fn mirror(&self, session: Arc<Session>) -> bool {
        let mut sessions = hold(&self.0);
        if let Some(own) = sessions.get(&session.node_id).filter(|now| now.there.is_none()) {
            let seq = own.seq.load(Ordering::Relaxed);
            // One that came while the links were read has no number before it is written.
            if seq == 0 || seq >= session.seq.load(Ordering::Relaxed) {
                return false;
            }
        }
        let before = sessions.insert(session.node_id.clone(), session);
        drop(sessions);
        if let Some(before) = before {
            before.end((4000, "superseded"));
        }
        true
    }

    /// Whether any went.
    pub(crate) fn drop_mirrors(&self, gone: impl Fn(&Session) -> bool) -> bool {
        let mut sessions = hold(&self.0);
        let before = sessions.len();
        sessions.retain(|_, session| session.there.is_none() || !gone(session));
        sessions.len() < before
    }

    /// Takes a session out, unless a newer one took its place; whether it was the one of its node.
    pub(crate) fn leave(&self, session: &Session) -> bool {
        let mut sessions = hold(&self.0);
        let own = sessions.get(&session.node_id).is_some_and(|now| now.number == session.number);
        if own {
            sessions.remove(&session.node_id);
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::model::node::Node;
    use crate::service::{CloseReason, Told};

    fn session(there: Option<&str>, number: u64, seq: i64) -> Arc<Session> {
        let body = json!({ "name": "edge" });
        let node = Node::create("a".to_owned(), "hash".to_owned(), body.as_object().unwrap(), Timestamp::from_secs(1)).unwrap();
        let (session, ..) = Session::new(&node, Timestamp::from_secs(2), None, None, Told::default());
        Arc::new(Session { there: there.map(str::to_owned), number, seq: seq.into(), ..session })
    }

    fn ended(session: &Session) -> Option<CloseReason> {
        *session.close.borrow()
    }

    #[test]
    fn mirror_takes_the_place_of_an_older_session_only() {
        let sessions = Sessions::default();
        let own = session(None, 1, 0);
        sessions.enter(&own);
        assert!(!sessions.mirror(session(Some("p2"), 0, 5)), "it came while the links were read");
        own.seq.store(6, Ordering::Relaxed);
        assert!(!sessions.mirror(session(Some("p2"), 0, 5)));
        assert!(ended(&own).is_none() && sessions.count_own() == 1);
        assert!(sessions.mirror(session(Some("p2"), 0, 7)), "it is newer over there");
        assert_eq!((ended(&own), sessions.count_own()), (Some((4000, "superseded")), 0));
        assert!(!sessions.leave(&own), "it is not the one of its node any more");
        assert_eq!(sessions.get("a").unwrap().there.as_deref(), Some("p2"));
        assert!(sessions.mirror(session(Some("p3"), 0, 2)), "whatever a mirror showed, the store knows better");
        assert!(!sessions.drop_mirrors(|mirror| mirror.there.as_deref() == Some("p2")));
        assert!(sessions.drop_mirrors(|_| true) && sessions.all().is_empty());
    }

    #[test]
    fn the_end_of_an_older_session_changes_nothing() {
        let sessions = Sessions::default();
        let (older, newer) = (session(None, 1, 1), session(None, 2, 2));
        sessions.enter(&older);
        sessions.enter(&newer);
        assert_eq!((ended(&older), sessions.leave(&older), sessions.own().len()), (Some((4000, "superseded")), false, 1));
        assert!(!sessions.drop_mirrors(|_| true), "it is no mirror");
        assert!(sessions.leave(&newer) && sessions.get("a").is_none());
    }
}
