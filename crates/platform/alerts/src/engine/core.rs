//! Rules and states in memory. Always rebuilt from the store when in doubt; the store is the truth.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use argos_kernel::{Result, Timestamp};
use argos_store::Database;

use super::windows::Windows;
use crate::model::instance::{Instance, instances, is_settled};
use crate::model::rule::{AlertRule, Compiled};
use crate::model::series::Catalogue;
use crate::store::states::StateRow;
use crate::store::{firings, rules, states, watch};
use crate::stored::Question;
use crate::values::{NameIndex, questions};

#[derive(Default)]
pub(crate) struct Core {
    /// Active rules, the most severe first, so that a strong firing can cover a weak one in the same tick.
    pub(crate) rules: Vec<Arc<Compiled>>,
    pub(crate) states: HashMap<String, StateRow>,
    pub(crate) windows: Windows,
    /// When each instance fired lately, to tell flapping.
    fires: HashMap<String, VecDeque<Timestamp>>,
    stamp: Option<(i64, Timestamp)>,
    has_states: bool,
    watch: Option<Watch>,
    /// What the rules are judged for, by rule, while neither they nor the stored series change.
    plans: HashMap<String, Arc<Plan>>,
    planned_for: Arc<Catalogue>,
}

/// The instances of a rule and what they will ask about the past.
pub(crate) struct Plan {
    pub(crate) instances: Vec<Instance>,
    pub(crate) questions: Vec<Question>,
}

/// The running watch span: its row, the last tick and the last one written.
#[derive(Clone, Copy)]
struct Watch {
    id: i64,
    seen: Timestamp,
    written: Timestamp,
}

/// This many firings of one instance ...
const FLAPPING_FIRES: usize = 4;
/// ... within this time are flapping.
const FLAPPING_S: i64 = 1800;
/// Ticks further apart than this leave a gap in what is known.
const WATCH_GAP_S: i64 = 120;
const WATCH_WRITE_S: i64 = 60;

impl Core {
    /// Forgets what is in memory; the next evaluation reads it again.
    pub(crate) fn invalidate(&mut self) {
        self.stamp = None;
        self.has_states = false;
    }

    /// Reads rules when they changed (also on another replica) and states when they are not known.
    pub(crate) async fn refresh(&mut self, db: &Database, now: Timestamp) -> Result<()> {
        let stamp = rules::stamp(db).await?;
        if self.stamp != Some(stamp) {
            let mut active = Vec::new();
            for rule in rules::list(db).await?.into_iter().filter(AlertRule::is_active) {
                match rule.compile() {
                    Ok(compiled) => active.push(Arc::new(compiled)),
                    Err(error) => tracing::error!(rule = rule.id, error, "a stored alert rule cannot be read"),
                }
            }
            active.sort_by_key(|r| std::cmp::Reverse(r.rule.severity));
            self.rules = active;
            self.plans.clear();
            self.stamp = Some(stamp);
        }
        if !self.has_states {
            self.states = states::list(db).await?.into_iter().map(|s| (s.fingerprint.clone(), s)).collect();
            self.fires.clear();
            for (fingerprint, at) in firings::recent(db, now.minus_secs(FLAPPING_S)).await? {
                self.fires.entry(fingerprint).or_default().push_back(at);
            }
            self.has_states = true;
        }
        Ok(())
    }

    /// What a rule is judged for. Rules about what the newest sample lists are looked at anew each time.
    pub(crate) fn plan(&mut self, rule: &Compiled, index: &NameIndex, catalogue: &Arc<Catalogue>) -> Arc<Plan> {
        if !Arc::ptr_eq(&self.planned_for, catalogue) {
            self.plans.clear();
            self.planned_for = Arc::clone(catalogue);
        }
        if let Some(known) = self.plans.get(&rule.rule.id) {
            return Arc::clone(known);
        }
        let instances = instances(rule, index, catalogue);
        let plan = Arc::new(Plan { questions: questions(&instances), instances });
        if is_settled(rule, index, catalogue) {
            self.plans.insert(rule.rule.id.clone(), Arc::clone(&plan));
        }
        plan
    }

    /// Writes down, once a minute, that the engine is looking.
    pub(crate) async fn note_watching(&mut self, db: &Database, now: Timestamp) -> Result<()> {
        match &mut self.watch {
            Some(w) if now >= w.seen && now.secs_since(w.seen) <= WATCH_GAP_S => {
                w.seen = now;
                if now.secs_since(w.written) >= WATCH_WRITE_S {
                    watch::extend(db, w.id, now).await?;
                    w.written = now;
                }
            }
            _ => self.watch = Some(Watch { id: watch::begin(db, now).await?, seen: now, written: now }),
        }
        Ok(())
    }

    pub(crate) fn note_fire(&mut self, fingerprint: &str, at: Timestamp) {
        self.fires.entry(fingerprint.to_owned()).or_default().push_back(at);
    }

    /// Whether this instance has fired again and again lately.
    pub(crate) fn is_flapping(&mut self, fingerprint: &str, now: Timestamp) -> bool {
        let Some(times) = self.fires.get_mut(fingerprint) else { return false };
        while times.front().is_some_and(|t| now.secs_since(*t) >= FLAPPING_S) {
            times.pop_front();
        }
        times.len() >= FLAPPING_FIRES
    }
}
