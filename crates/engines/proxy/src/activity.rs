//! Whether anything goes on in a connection. The kernel ends a TCP connection whose client reads nothing, but windows of
//! HTTP/2 can be shut while TCP goes on; and without a request nobody looks whether a connection is of use.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::moment::Moment;
use crate::service::Peer;

/// What the answers of a connection are at.
pub(crate) struct Activity {
    open: Cell<u32>,
    /// Answers that have more to hand over than the client takes.
    unread: Cell<u32>,
    moved: Cell<Instant>,
    moment: Moment,
}

/// What to do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Busy,
    /// No request for too long.
    Idle,
    /// The client has not taken anything for too long.
    Stalled,
}

impl Activity {
    pub(crate) fn new(moment: Moment) -> Self {
        Self { open: Cell::new(0), unread: Cell::new(0), moved: Cell::new(moment.read()), moment }
    }

    /// How long a connection without a request may still wait for the next head; a request in progress has all its time.
    pub(crate) fn head_due(&self, now: Instant, head_max: Duration) -> Duration {
        let still = now.saturating_duration_since(self.moved.get());
        if self.open.get() > 0 { head_max } else { head_max.saturating_sub(still) }
    }

    pub(crate) fn judge(&self, now: Instant, idle_max: Duration, stall_max: Duration) -> Judgement {
        let still = now.saturating_duration_since(self.moved.get());
        match (self.open.get(), self.unread.get()) {
            // It was told to end, and its client does not even take the rest of its last answer.
            (0, _) if still >= idle_max.saturating_add(stall_max) => Judgement::Stalled,
            (0, _) if still >= idle_max => Judgement::Idle,
            (1.., 1..) if still >= stall_max => Judgement::Stalled,
            _ => Judgement::Busy,
        }
    }
}

/// A request and its answer, from the head of the one to the last byte of the other.
pub(crate) struct Answering {
    peer: Rc<Peer>,
    is_unread: bool,
}

impl Answering {
    pub(crate) fn new(peer: Rc<Peer>, now: Instant) -> Self {
        let activity = &peer.activity;
        activity.open.set(activity.open.get() + 1);
        activity.moved.set(now);
        Self { peer, is_unread: false }
    }

    /// The client has room for more. `has_more` says whether there was something for it; if so, the next poll comes when
    /// the client took it.
    pub(crate) fn polled(&mut self, has_more: bool) {
        let activity = &self.peer.activity;
        if has_more {
            activity.moved.set(activity.moment.last());
        }
        if has_more != self.is_unread {
            self.is_unread = has_more;
            let unread = activity.unread.get();
            activity.unread.set(if has_more { unread + 1 } else { unread.saturating_sub(1) });
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.polled(false);
        let activity = &self.peer.activity;
        activity.open.set(activity.open.get().saturating_sub(1));
        activity.moved.set(activity.moment.last());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Activity, Judgement};
    use crate::moment::Moment;

    #[test]
    fn a_connection_is_judged_by_what_its_answers_are_at() {
        let activity = Activity::new(Moment::new());
        let judge = |seconds| {
            let now = activity.moved.get() + Duration::from_secs(seconds);
            activity.judge(now, Duration::from_secs(30), Duration::from_secs(60))
        };
        assert_eq!([judge(29), judge(30), judge(89), judge(90)], [Judgement::Busy, Judgement::Idle, Judgement::Idle, Judgement::Stalled]);
        activity.open.set(1);
        assert_eq!(judge(1_000), Judgement::Busy, "it waits for its backend");
        activity.unread.set(1);
        assert_eq!([judge(59), judge(60)], [Judgement::Busy, Judgement::Stalled]);
    }
}
