//! Rules and states in memory. Always rebuilt from the store when in doubt; the store is the truth.

use std::collections::HashMap;
use std::sync::Arc;

use argos_kernel::{Result, Timestamp};
use argos_store::Database;

use crate::model::rule::{AlertRule, Compiled};
use crate::store::states::StateRow;
use crate::store::{rules, states};

#[derive(Default)]
pub(crate) struct Core {
    /// Active rules, the most severe first, so that a strong firing can cover a weak one in the same tick.
    pub(crate) rules: Vec<Arc<Compiled>>,
    pub(crate) states: HashMap<String, StateRow>,
    stamp: Option<(i64, Timestamp)>,
    has_states: bool,
}

impl Core {
    /// Forgets what is in memory; the next evaluation reads it again.
    pub(crate) fn invalidate(&mut self) {
        self.stamp = None;
        self.has_states = false;
    }

    /// Reads rules when they changed (also on another replica) and states when they are not known.
    pub(crate) async fn refresh(&mut self, db: &Database) -> Result<()> {
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
            self.stamp = Some(stamp);
        }
        if !self.has_states {
            self.states = states::list(db).await?.into_iter().map(|s| (s.fingerprint.clone(), s)).collect();
            self.has_states = true;
        }
        Ok(())
    }
}
