//! Firings opened and closed by pairs of events, without a written rule.

use argos_events::Event;
use argos_kernel::{Result, Severity, Uid};
use argos_store::Tx;
use serde_json::Value;

use super::transition::Opening;
use super::windows::{Effects, effects};
use crate::Alerts;
use crate::model::matcher::Target;
use crate::model::pairs::{self, EventPair, Turn};
use crate::model::state::Withheld;
use crate::model::window::{Period, Window};
use crate::quiet::labels_of;
use crate::store::firings::{self, NewFiring};

impl Alerts {
    /// Opens or closes the firing of `event`, if it belongs to a pair. Doing it again changes nothing.
    pub(crate) async fn follow_pair(&self, tx: &mut Tx, event: &Event, active: &[(Window, Period)]) -> Result<bool> {
        let mut changed = false;
        for (pair, turn) in pairs::of(&event.kind, event.severity) {
            // An event that must last first opens nothing; its confirmation does.
            let waits = turn == Turn::Opens && pair.confirms.is_some() && event.data["debounce_seconds"].as_i64().is_some_and(|s| s > 0);
            if !waits {
                changed |= self.turn_pair(tx, event, pair, turn != Turn::Closes, active).await?;
            }
        }
        Ok(changed)
    }

    async fn turn_pair(&self, tx: &mut Tx, event: &Event, pair: &EventPair, opens: bool, active: &[(Window, Period)]) -> Result<bool> {
        let subject = event.subject_id.as_deref().or(event.subject_name.as_deref()).unwrap_or("argos");
        let name = event.subject_name.as_deref().unwrap_or(subject);
        // A rule id holds no space, so the two never meet.
        let apart = pair.by.and_then(|member| event.data[member].as_str()).map(|value| format!("|{value}")).unwrap_or_default();
        let fingerprint = format!("event {}|{subject}{apart}", pair.opens);
        let open = firings::open_by_fingerprint(tx, &fingerprint).await?;
        let labels = self.labels_of(event);
        match (opens, open) {
            (true, None) => {
                let rule_id = format!("{}:{name}", pair.rule_prefix);
                let planned = self.planned(&rule_id, pair.severity, &labels, active);
                let withheld = planned.withheld.map(Withheld::as_str);
                let new = NewFiring {
                    uid: Uid::mint(&*self.0.clock, &*self.0.rng),
                    rule_id: &rule_id,
                    fingerprint: &fingerprint,
                    severity: pair.severity,
                    message: &event.message,
                    cause: Some(&event.kind),
                    value: None,
                    labels: &labels,
                    group: "",
                    source: pair.source_type.map(|t| (t, name)),
                    at: event.created_at,
                    notified: withheld.is_none(),
                    withheld,
                };
                self.open_firing(tx, new, Opening { title: &event.message, rule: None, auto_close: planned.auto_close }).await?;
                Ok(true)
            }
            (false, Some(open)) => {
                let planned = self.planned(&open.rule_id, open.severity, &labels, active);
                let announce = open.notified && !open.is_silenced(event.created_at) && planned.withheld.is_none();
                self.resolve(tx, &open, None, announce, event.created_at).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// What an event names, and whose matter it is.
    pub(super) fn labels_of(&self, event: &Event) -> Value {
        let mut labels = labels_of(event);
        if let (Some(_), Some((_, uid)), Value::Object(labels)) = (event.organization_id, self.0.house.get(), &mut labels) {
            labels.insert(argos_metrics::ORGANIZATION.to_owned(), Value::from(uid.as_str()));
        }
        labels
    }

    /// What maintenance and silences do to an alert without a rule.
    pub(super) fn planned(&self, rule_id: &str, severity: Severity, labels: &Value, active: &[(Window, Period)]) -> Effects {
        let host = self.host_name();
        effects(active, Target { rule_id, group: "", severity, labels, host: host.as_deref() })
    }
}
