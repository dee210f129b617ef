//! Trying a stored rule on the newest values; nothing fires.

use std::collections::BTreeMap;

use argos_condition::Metrics;
use argos_kernel::{AppError, Result};

use super::rules::not_found;
use crate::Alerts;
use crate::model::instance::instances;
use crate::values::{NameIndex, Reading, asked, questions, written};

/// Instances whose values a test lists.
const TESTED_MAX: usize = 200;
/// Names of metrics a test offers.
const OFFERED_MAX: usize = 50;

/// What a rule says now.
pub(crate) struct Tested {
    pub(crate) rule_id: String,
    pub(crate) condition: String,
    pub(crate) result: bool,
    pub(crate) available_metrics: Vec<String>,
    /// What the condition's metrics read; nothing = unknown.
    pub(crate) values: BTreeMap<String, Option<f64>>,
    pub(crate) unknown_metrics: Vec<String>,
    /// Questions about the past that have too little history for an answer.
    pub(crate) not_enough_data: Vec<String>,
}

impl Alerts {
    /// `may_see` = whether the caller belongs to an organization.
    pub(crate) async fn test_rule(&self, id: &str, may_see: impl Fn(&str) -> bool) -> Result<Tested> {
        let rule = self.list_rules().await?.into_iter().find(|r| r.id == id).ok_or_else(not_found)?;
        let compiled = rule.compile().map_err(AppError::bad_request)?;
        let now = self.0.clock.now();
        let counts = self.count_events(&compiled, now).await?;
        let (live, empty) = (self.live(), NameIndex::default());
        let index = live.as_ref().map_or(&empty, |l| &*l.index);
        let all = instances(&compiled, index, &self.catalogue());
        // What it says of an organization is for the members of that: for others there is nothing to test.
        if !all.iter().all(|i| i.is_seen(&may_see)) {
            return Err(not_found());
        }
        let stored = self.0.stored.get();
        if let Some(stored) = stored {
            stored.load(&questions(&all), now).await;
        }
        let reading = Reading { values: live.as_ref().map(|l| &*l.values), index, stored, events: &counts, now };
        let result = all.iter().any(|i| i.judge(&reading.of(i)).truth.is_true());
        let (mut values, mut not_enough_data) = (BTreeMap::new(), Vec::new());
        for instance in all.iter().take(TESTED_MAX) {
            let seen = reading.of(instance);
            values.extend(instance.metrics().map(|m| (instance.name_of(m), seen.value(m))));
            for condition in instance.conditions() {
                asked(condition, &mut |metric, ask| {
                    let is_open = instance.bound(metric).is_none_or(|b| stored.is_none_or(|s| s.answer(b, ask).is_none()));
                    let text = written(&instance.name_of(metric), ask);
                    if is_open && !not_enough_data.contains(&text) {
                        not_enough_data.push(text);
                    }
                });
            }
        }
        let mut available_metrics = self.available_metrics();
        available_metrics.truncate(OFFERED_MAX);
        let unknown_metrics = self.unknown_metrics(&compiled);
        Ok(Tested { rule_id: rule.id, condition: rule.condition, result, available_metrics, values, unknown_metrics, not_enough_data })
    }
}
