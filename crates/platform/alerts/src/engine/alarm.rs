//! What media nodes say is wrong, without a written rule: an alert for each node and category until somebody has
//! acknowledged it, a day at most (platform spec 5.3). Also the end of alerts of pairs that last for a time only.

use argos_events::{Event, Filter, Scope, Source};
use argos_kernel::{Result, Severity, Timestamp, Uid};
use argos_store::Tx;

use super::transition::Opening;
use super::windows::Effects;
use crate::Alerts;
use crate::model::attention::OpenFiring;
use crate::model::pairs;
use crate::model::state::Withheld;
use crate::model::window::{Period, Window};
use crate::store::firings::{self, NewFiring};

/// The longest life of an alarm that nobody acknowledged.
const ALARM_S: i64 = 86_400;
/// Open alarms of one node: a node chooses its categories itself.
const ALARMS_MAX: usize = 20;
/// How the identity of an alarm begins; a rule id holds no space, so the two never meet.
const ALARM: &str = "alarm ";

impl Alerts {
    /// Opens the alert of an alarm, unless it is open. Doing it again changes nothing.
    pub(crate) async fn follow_alarm(&self, tx: &mut Tx, event: &Event, active: &[(Window, Period)]) -> Result<()> {
        let Some(node) = event.node_uid.as_deref().filter(|_| self.is_alarm(event)) else { return Ok(()) };
        let name = event.subject_name.as_deref().unwrap_or(node);
        let rule_id = format!("node_alarm:{name}");
        let fingerprint = format!("{ALARM}{}|{node}", event.kind);
        let open = firings::open_of_rule(tx, &rule_id).await?;
        if open.len() >= ALARMS_MAX || open.iter().any(|f| f.fingerprint == fingerprint) {
            return Ok(());
        }
        let mut labels = self.labels_of(event);
        if labels.get("node").is_none() {
            labels["node"] = node.into();
        }
        let Effects { withheld, auto_close, .. } = self.planned(&rule_id, event.severity, &labels, active);
        let withheld = withheld.map(Withheld::as_str);
        let new = NewFiring {
            uid: Uid::mint(&*self.0.clock, &*self.0.rng),
            rule_id: &rule_id,
            fingerprint: &fingerprint,
            severity: event.severity,
            message: &event.message,
            cause: Some(&event.kind),
            value: None,
            labels: &labels,
            group: "",
            source: None,
            at: event.created_at,
            notified: withheld.is_none(),
            withheld,
        };
        self.open_firing(tx, new, Opening { title: &event.message, rule: None, auto_close }).await.map(drop)
    }

    /// Whether a node itself says that something is wrong; what is told of nodes here has kinds of its own.
    fn is_alarm(&self, event: &Event) -> bool {
        let is_own_word = self.0.events.kinds().find(&event.kind).is_some_and(|k| k.kind == "node.*");
        event.source == Source::Nodes && event.severity >= Severity::Warning && is_own_word
    }

    /// Ends alarms that were acknowledged or are a day old, and what else lasts for a time only. Nobody is told: it was
    /// seen, or it is old. The worker calls it; tests may.
    pub async fn settle_alarms(&self) -> Result<()> {
        let now = self.0.clock.now();
        for firing in self.open_firings().await? {
            if !self.is_over(&firing, now).await? {
                continue;
            }
            let mut tx = self.0.db.begin().await?;
            self.resolve(&mut tx, &firing, None, false, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn is_over(&self, f: &OpenFiring, now: Timestamp) -> Result<bool> {
        let age_s = now.secs_since(f.started_at);
        if let Some(pair) = f.fingerprint.strip_prefix("event ").and_then(|rest| pairs::opened_by(rest.split('|').next()?)) {
            return Ok(pair.lasts_s.is_some_and(|most| age_s >= most));
        }
        let Some(node) = f.fingerprint.strip_prefix(ALARM).and_then(|rest| rest.split_once('|')).map(|(_, node)| node) else {
            return Ok(false);
        };
        Ok(age_s >= ALARM_S || f.acknowledged_by.is_some() || self.is_seen(f, node).await?)
    }

    /// Whether somebody acknowledged the newest event of this alarm.
    async fn is_seen(&self, f: &OpenFiring, node: &str) -> Result<bool> {
        let kinds = f.cause.iter().map(|kind| self.0.events.kinds().pattern(kind)).collect();
        let scope = Scope { nodes: Some([node.to_owned()].into()), ..Scope::default() };
        // As `is_alarm` opens it: what is no alarm needs no acknowledgement.
        let severities = vec![Severity::Warning, Severity::Error, Severity::Critical];
        let newest = self.0.events.list(&Filter { kinds, severities, scope, ..Filter::default() }, None, 1).await?;
        Ok(newest.first().is_some_and(|e| e.node_uid.as_deref() == Some(node) && e.acknowledged_at.is_some()))
    }
}
