//! The memory of the shutdown plans: what is remembered of each, which runs are at work, and a time that never jumps
//! and goes on over a restart. The tables are the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_kernel::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::actions::facade::Logins;
use crate::model::plan_trigger::PlanWatch;

/// One per process.
pub(crate) struct Shutdowns {
    started: (i64, Instant),
    /// By plan.
    watches: Mutex<BTreeMap<i64, PlanWatch>>,
    /// Plans of which memory is ahead of the table.
    unsaved: Mutex<BTreeSet<i64>>,
    /// Runs that have a task.
    working: Mutex<BTreeSet<i64>>,
    /// Hosts that a step acts on right now.
    claims: Mutex<BTreeSet<String>>,
    /// Since when the mains are good, by run and purpose.
    good_since: Mutex<BTreeMap<(i64, &'static str), i64>>,
    /// Sources whose triggers a maintenance window holds back.
    held: Mutex<BTreeSet<String>>,
    /// What keeps the plans from acting, since when.
    trouble: Mutex<Option<Trouble>>,
    /// Clients of our own NUT server that hold a login.
    pub(crate) logins: Arc<Mutex<Logins>>,
    pub(crate) kick: Notify,
    /// One writer of plans and runs at a time.
    pub(crate) writing: tokio::sync::Mutex<()>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A plan that must act and cannot: nothing is done that could not be written down first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trouble {
    pub(crate) since: Timestamp,
    pub(crate) text: String,
}

/// Held by the task of a run, or by a step for its host.
pub(crate) struct Held<'a, T: Ord> {
    set: &'a Mutex<BTreeSet<T>>,
    what: T,
}

impl<T: Ord> Drop for Held<'_, T> {
    fn drop(&mut self) {
        lock(self.set).remove(&self.what);
    }
}

fn hold<T: Ord + Clone>(set: &Mutex<BTreeSet<T>>, what: T) -> Option<Held<'_, T>> {
    // What is refused must not be built: dropping it would take the lock again, and release what somebody else holds.
    let fresh = lock(set).insert(what.clone());
    fresh.then(|| Held { set, what })
}

impl Shutdowns {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            started: (now.micros(), Instant::now()),
            watches: Mutex::default(),
            unsaved: Mutex::default(),
            working: Mutex::default(),
            claims: Mutex::default(),
            good_since: Mutex::default(),
            held: Mutex::default(),
            trouble: Mutex::default(),
            logins: Arc::default(),
            kick: Notify::default(),
            writing: tokio::sync::Mutex::default(),
        }
    }

    /// Microseconds that never jump while the process runs; comparable with those of an earlier process.
    pub(crate) fn now(&self) -> i64 {
        self.started.0.saturating_add(i64::try_from(self.started.1.elapsed().as_micros()).unwrap_or(i64::MAX))
    }

    /// When the process started.
    pub(crate) fn started_at(&self) -> Timestamp {
        Timestamp::from_micros(self.started.0)
    }

    pub(crate) fn watch(&self, plan: i64) -> Option<PlanWatch> {
        lock(&self.watches).get(&plan).cloned()
    }
    pub(crate) fn put_watch(&self, plan: i64, watch: PlanWatch) {
        lock(&self.watches).insert(plan, watch);
    }
    pub(crate) fn forget_watch(&self, plan: i64) {
        lock(&self.watches).remove(&plan);
    }

    pub(crate) fn is_unsaved(&self, plan: i64) -> bool {
        lock(&self.unsaved).contains(&plan)
    }
    pub(crate) fn mark_unsaved(&self, plan: i64, unsaved: bool) {
        let mut all = lock(&self.unsaved);
        if unsaved {
            all.insert(plan);
        } else {
            all.remove(&plan);
        }
    }

    /// Nobody asks the sources: their silence says nothing.
    pub(crate) fn pause(&self) {
        lock(&self.watches).values_mut().for_each(PlanWatch::pause);
    }

    pub(crate) fn hold_back(&self, sources: BTreeSet<String>) {
        *lock(&self.held) = sources;
    }
    pub(crate) fn is_held_back(&self, source: &str) -> bool {
        lock(&self.held).contains(source)
    }

    pub(crate) fn trouble(&self) -> Option<Trouble> {
        lock(&self.trouble).clone()
    }
    /// Whether this is new.
    pub(crate) fn set_trouble(&self, trouble: Trouble) -> bool {
        let mut now = lock(&self.trouble);
        if now.as_ref().is_some_and(|t| t.text == trouble.text) {
            return false;
        }
        *now = Some(trouble);
        true
    }
    /// What was the matter, when it is over.
    pub(crate) fn clear_trouble(&self) -> Option<Trouble> {
        lock(&self.trouble).take()
    }

    /// `None` when the run has a task already.
    pub(crate) fn work_on(&self, run: i64) -> Option<Held<'_, i64>> {
        hold(&self.working, run)
    }
    pub(crate) fn is_worked_on(&self, run: i64) -> bool {
        lock(&self.working).contains(&run)
    }
    /// `None` while another step acts on the same host.
    pub(crate) fn claim(&self, key: &str) -> Option<Held<'_, String>> {
        hold(&self.claims, key.to_owned())
    }

    /// For how long, in seconds, `good` has held without a break.
    pub(crate) fn good_for(&self, run: i64, purpose: &'static str, good: bool) -> Option<i64> {
        let now = self.now();
        let mut since = lock(&self.good_since);
        if !good {
            since.remove(&(run, purpose));
            return None;
        }
        Some((now - *since.entry((run, purpose)).or_insert(now)) / 1_000_000)
    }
    pub(crate) fn forget_run(&self, run: i64) {
        lock(&self.good_since).retain(|(id, _), _| *id != run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_that_is_held_is_refused_to_others_until_it_is_let_go() {
        let shutdowns = Shutdowns::new(Timestamp::from_secs(0));
        let first = shutdowns.claim("nas");
        assert!(first.is_some());
        assert!(shutdowns.claim("nas").is_none());
        assert!(shutdowns.claim("nas").is_none(), "a refusal lets nothing go");
        assert!(shutdowns.claim("web").is_some());
        drop(first);
        assert!(shutdowns.claim("nas").is_some());
    }
}
