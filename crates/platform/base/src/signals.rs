//! Wake-ups by topic, from this process or another one of the same store. A signal is a hint to look, never data, and may
//! be lost: whoever waits for one also looks now and then by itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// The topics somebody waits for. Clones share them.
#[derive(Clone, Default)]
pub struct Signals(Arc<Mutex<HashMap<String, watch::Sender<()>>>>);

impl Signals {
    /// Hears every ring of the topic from now on.
    pub fn subscribe(&self, topic: &str) -> watch::Receiver<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(topic.to_owned()).or_default().subscribe()
    }

    /// Something of this topic changed; nobody needs to wait for it.
    pub fn ring(&self, topic: &str) {
        if let Some(bell) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(topic) {
            bell.send_replace(());
        }
    }

    /// Anything may have changed.
    pub fn ring_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().for_each(|bell| bell.send_replace(()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bell: &mut watch::Receiver<()>) -> bool {
        let rang = bell.has_changed().unwrap();
        bell.mark_unchanged();
        rang
    }

    #[test]
    fn only_who_waits_for_a_topic_hears_it() {
        let signals = Signals::default();
        let (mut a, mut b) = (signals.subscribe("a"), signals.subscribe("b"));
        signals.ring("a");
        signals.ring("nobody");
        assert!(heard(&mut a) && !heard(&mut b));
        signals.ring_all();
        assert!(heard(&mut a) && heard(&mut b));
        assert!(!heard(&mut a), "one ring is heard once");
    }
}
