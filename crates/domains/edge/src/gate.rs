//! Whether the firewall is asked about requests. What gives no word about one request may give it about all others: such a
//! request may have been made for that. So a missing word only has it looked at, and what that look finds counts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the firewall is left alone after a look found that it does not answer.
pub(crate) const REST: Duration = Duration::from_secs(5);

/// One firewall as the requests of this process met it.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<Standing>);

#[derive(Debug, Default)]
struct Standing {
    /// Until when it is left alone; past = one request asks for all.
    rests: Option<Instant>,
    is_looked_at: bool,
}

impl Gate {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody is asked now.
    pub(crate) fn rests(&self, now: Instant) -> bool {
        self.standing().rests.is_some_and(|until| now < until)
    }

    /// Whether this request is told. After a rest one request asks for all.
    pub(crate) fn may_ask(&self, now: Instant) -> bool {
        let mut standing = self.standing();
        match standing.rests {
            Some(until) if now < until => false,
            Some(_) => {
                standing.rests = Some(now + REST);
                true
            }
            None => true,
        }
    }

    /// It gave its word.
    pub(crate) fn answered(&self) {
        self.standing().rests = None;
    }

    /// It gave no word about a request. Whether the caller has to look at it now; somebody else may do so already.
    pub(crate) fn missed(&self) -> bool {
        !std::mem::replace(&mut self.standing().is_looked_at, true)
    }

    /// What the look found. Whether it is left alone from now on and was not before.
    pub(crate) fn looked(&self, is_there: bool, now: Instant) -> bool {
        let mut standing = self.standing();
        standing.is_looked_at = false;
        let before = standing.rests;
        standing.rests = (!is_there).then_some(now + REST);
        before.is_none() && !is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_without_a_word_closes_nothing_and_only_a_look_at_the_firewall_does() {
        let (gate, start) = (Gate::default(), Instant::now());
        assert!(gate.may_ask(start) && gate.may_ask(start), "as many as come while it answers");
        assert!(gate.missed() && !gate.missed(), "one looks");
        assert!(gate.may_ask(start) && !gate.rests(start), "one request says nothing about the others");
        assert!(!gate.looked(true, start) && gate.may_ask(start), "it is there");
        assert!(gate.missed() && gate.looked(false, start), "it is away");
        assert!(!gate.may_ask(start + REST / 2) && gate.rests(start + REST / 2));
        assert!(!gate.rests(start + REST), "nothing is decided before one asked");
        assert!(gate.may_ask(start + REST) && !gate.may_ask(start + REST), "one asks for all");
        assert!(gate.missed() && !gate.looked(false, start + REST), "told once");
        gate.answered();
        assert!(gate.may_ask(start) && gate.may_ask(start));
    }
}
