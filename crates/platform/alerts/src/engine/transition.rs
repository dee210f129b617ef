//! Stores one transition: the firing row, its event, the notices and the state, in one transaction.

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Timestamp, Uid};
use argos_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::windows::{Effects, Heal};
use crate::Alerts;
use crate::model::action::masked;
use crate::model::attention::OpenFiring;
use crate::model::instance::{Place, message};
use crate::model::rule::{AlertRule, Autonomy, Compiled};
use crate::model::state::{Effect, Phase, Withheld};
use crate::sink::{FiringChange, FiringNotice};
use crate::store::states::StateRow;
use crate::store::{firings, states};

/// What changed about one instance of a rule.
pub(crate) struct Change<'a> {
    pub(crate) rule: &'a Compiled,
    pub(crate) place: &'a Place,
    pub(crate) value: Option<f64>,
    pub(crate) effects: &'a [Effect],
    pub(crate) open: Option<&'a OpenFiring>,
    pub(crate) now: Timestamp,
    /// What maintenance and silences do to it.
    pub(crate) planned: Effects,
}

/// Besides the row: whom to tell about a new firing, and which incident it belongs to.
pub(crate) struct Opening<'a> {
    pub(crate) title: &'a str,
    pub(crate) rule: Option<&'a AlertRule>,
    pub(crate) auto_close: bool,
}

/// What availability summaries count a firing for.
fn source_of<'a>(rule: &AlertRule, place: &'a Place) -> Option<(&'static str, &'a str)> {
    let label = |name: &str| place.labels.get(name).and_then(Value::as_str);
    // A weak rule about a service does not make it unavailable.
    let service = || label("service").filter(|_| rule.severity >= argos_kernel::Severity::Error).map(|s| ("service", s));
    label("agent").map(|a| ("agent", a)).or_else(service)
}

impl Alerts {
    /// Stores `row` and what `change` did; the firing that was opened, if one was.
    pub(crate) async fn store_change(&self, row: &mut StateRow, change: &Change<'_>) -> Result<Option<OpenFiring>> {
        let mut tx = self.0.db.begin().await?;
        let mut opened = None;
        for effect in change.effects {
            match effect {
                Effect::Fire { withheld } => {
                    let firing = self.fire(&mut tx, row, change, *withheld).await?;
                    row.firing_id = Some(firing.id);
                    opened = Some(firing);
                }
                Effect::Remind => {
                    if let Some(open) = change.open {
                        let notice = notice(open, FiringChange::Reminder, &change.rule.rule, change.now);
                        self.tell(&mut tx, FiringNotice { value: change.value.or(open.value), ..notice }).await?;
                    }
                }
                Effect::Escalate { step } => {
                    if let Some(open) = change.open {
                        self.escalate(&mut tx, open, change, *step).await?;
                    }
                }
                Effect::Resolve { announce } => {
                    if let Some(open) = change.open {
                        self.resolve(&mut tx, open, Some(&change.rule.rule), *announce, change.now).await?;
                    }
                    row.firing_id = None;
                }
            }
        }
        if let (Phase::Firing(f), Some(id)) = (&row.state.phase, row.firing_id) {
            firings::progress(&mut tx, id, f.escalation_step, row.state.last_notified_at, f.notified, change.value).await?;
        }
        states::save(&mut tx, row, change.now).await?;
        tx.commit().await?;
        Ok(opened)
    }

    async fn fire(&self, tx: &mut Tx, row: &StateRow, change: &Change<'_>, withheld: Option<Withheld>) -> Result<OpenFiring> {
        let rule = &change.rule.rule;
        let mut text = message(&rule.message, change.place, change.value);
        // Nobody wrote a message: say at least what it is about.
        if let Some(shown) = change.place.shown.as_deref().filter(|_| rule.message == rule.condition) {
            text = format!("{shown}: {text}");
        }
        let autonomy = change.planned.autonomy.unwrap_or(rule.autonomy);
        if autonomy == Autonomy::Approve && rule.action.is_some() {
            text = format!("[APPROVAL NEEDED] {text}");
        }
        let new = firings::NewFiring {
            uid: Uid::mint(&*self.0.clock, &*self.0.rng),
            rule_id: &rule.id,
            fingerprint: &row.fingerprint,
            severity: rule.severity,
            message: &text,
            cause: Some(&rule.condition),
            value: change.value,
            labels: &change.place.labels,
            group: &rule.group,
            source: source_of(rule, change.place),
            at: change.now,
            notified: withheld.is_none(),
            withheld: withheld.map(Withheld::as_str),
        };
        let how = Opening { title: rule.title(), rule: Some(rule), auto_close: change.planned.auto_close };
        let open = self.open_firing(tx, new, how).await?;
        if matches!(autonomy, Autonomy::Execute | Autonomy::Approve) {
            self.ask_for_action(tx, rule, &open, (autonomy, change.planned.heal)).await?;
        }
        Ok(open)
    }

    /// Has done what the rule wants done about it, and says so. Secrets of the action are for who may manage alerts.
    async fn ask_for_action(
        &self,
        tx: &mut Tx,
        rule: &AlertRule,
        open: &OpenFiring,
        (autonomy, heal): (Autonomy, Option<Heal>),
    ) -> Result<()> {
        let Some(action) = &rule.action else { return Ok(()) };
        let job_id = self.order_action(tx, rule, open, (autonomy, heal)).await?;
        let data = json!({
            "rule_id": rule.id, "firing_id": open.id, "action": masked(action), "autonomy": autonomy, "labels": open.labels, "max_retries": rule.max_retries,
            "circuit_break_after": rule.circuit_break_after, "auto_approve_timeout": rule.auto_approve_timeout, "escalation_chain": rule.escalation_chain,
            "job_id": job_id,
        });
        let mut event = NewEvent::new(Source::Ops, "heal.requested", format!("{}: an action is wanted", rule.title()))
            .subject("alert_rule", &rule.id, rule.title())
            .correlation(open.uid.as_str())
            .data(data);
        event.organization_id = self.organization_of(&open.labels);
        self.0.events.publish(tx, event).await?;
        Ok(())
    }

    /// Writes the firing row, its event, its notice and its place in an incident.
    pub(crate) async fn open_firing(&self, tx: &mut Tx, new: firings::NewFiring<'_>, how: Opening<'_>) -> Result<OpenFiring> {
        let Opening { title, rule, auto_close } = how;
        let id = firings::insert(tx, &new).await?;
        let mut open = OpenFiring {
            id,
            uid: new.uid.to_string(),
            rule_id: new.rule_id.to_owned(),
            fingerprint: new.fingerprint.to_owned(),
            severity: new.severity,
            message: new.message.to_owned(),
            cause: new.cause.map(str::to_owned),
            value: new.value,
            labels: new.labels.clone(),
            group: new.group.to_owned(),
            started_at: new.at,
            silenced_until: None,
            acknowledged_by: None,
            event_id: None,
            notified: new.notified,
            builtin: rule.is_some_and(|r| r.builtin),
            incident_id: None,
            depends_on: rule.map(|r| r.depends_on.clone()).unwrap_or_default(),
            flapping: new.withheld == Some(Withheld::Flapping.as_str()),
        };
        let event_id = self.publish(tx, &open, FiringChange::Fired, title, json!({})).await?;
        firings::set_event(tx, id, event_id).await?;
        open.event_id = Some(event_id);
        let notice = FiringNotice {
            event_id: Some(event_id),
            rule_name: title.to_owned(),
            channels: rule.map(|r| r.channels.clone()).unwrap_or_default(),
            withheld: new.withheld,
            ..bare_notice(&open, FiringChange::Fired, new.at)
        };
        self.tell(tx, notice).await?;
        let source = new.source.map_or("alert", |(_, name)| name);
        open.incident_id = self.join_incident(tx, &open, rule, source, auto_close).await?;
        Ok(open)
    }

    async fn escalate(&self, tx: &mut Tx, open: &OpenFiring, change: &Change<'_>, step: usize) -> Result<()> {
        let what = FiringChange::Escalated { step: step + 1 };
        let rule = &change.rule.rule;
        let event_id = self.publish(tx, open, what, rule.title(), json!({ "step": step + 1 })).await?;
        let channels = change.rule.tiers.get(step).map(|t| t.channels.clone()).filter(|c| !c.is_empty());
        let mut notice = notice(open, what, rule, change.now);
        notice.message = format!("[ESCALATED] {}", open.message);
        notice.event_id = Some(event_id);
        notice.channels = channels.unwrap_or_else(|| rule.channels.clone());
        self.tell(tx, notice).await
    }

    /// Ends a firing. `rule` is absent for event pairs.
    pub(crate) async fn resolve(
        &self,
        tx: &mut Tx,
        open: &OpenFiring,
        rule: Option<&AlertRule>,
        announce: bool,
        now: Timestamp,
    ) -> Result<()> {
        if !firings::resolve(tx, open.id, now).await? {
            return Ok(());
        }
        let title = rule.map_or(open.message.as_str(), AlertRule::title);
        let data = json!({ "duration_s": now.secs_since(open.started_at) });
        let event_id = self.publish(tx, open, FiringChange::Resolved, title, data).await?;
        if let Some(incident) = open.incident_id {
            self.settle_incident(tx, incident, now).await?;
        }
        if !announce {
            return Ok(());
        }
        let mut notice = bare_notice(open, FiringChange::Resolved, now);
        notice.event_id = Some(event_id);
        notice.rule_name = title.to_owned();
        notice.message = format!("[RESOLVED] {}", open.message);
        notice.channels = rule.map(|r| r.channels.clone()).unwrap_or_default();
        self.tell(tx, notice).await
    }

    async fn publish(&self, tx: &mut Tx, open: &OpenFiring, change: FiringChange, title: &str, more: Value) -> Result<i64, StoreError> {
        let mut data = json!({
            "rule_id": open.rule_id, "firing_id": open.id, "value": open.value, "labels": open.labels, "cause": open.cause, "group": open.group,
        });
        if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
            data.extend(more);
        }
        let mut event = NewEvent::new(Source::Ops, change.event_kind(), open.message.as_str())
            .subject("alert_rule", &open.rule_id, title)
            .correlation(open.uid.as_str())
            .data(data);
        if change != FiringChange::Resolved {
            event = event.severity(open.severity);
        }
        event.organization_id = self.organization_of(&open.labels);
        self.0.events.publish(tx, event).await
    }

    async fn tell(&self, tx: &mut Tx, notice: FiringNotice) -> Result<()> {
        let notice = FiringNotice { organization_id: self.organization_of(&notice.labels), ..notice };
        if let Some(sink) = self.0.sink.get() {
            sink.deliver(tx, &notice).await?;
        }
        Ok(())
    }
}

fn bare_notice(open: &OpenFiring, change: FiringChange, at: Timestamp) -> FiringNotice {
    FiringNotice {
        change,
        firing_id: open.id,
        firing_uid: open.uid.clone(),
        event_id: None,
        rule_id: open.rule_id.clone(),
        rule_name: open.rule_id.clone(),
        severity: open.severity,
        message: open.message.clone(),
        value: open.value,
        labels: open.labels.clone(),
        channels: Vec::new(),
        withheld: None,
        organization_id: None,
        at,
    }
}

fn notice(open: &OpenFiring, change: FiringChange, rule: &AlertRule, at: Timestamp) -> FiringNotice {
    FiringNotice { rule_name: rule.title().to_owned(), channels: rule.channels.clone(), ..bare_notice(open, change, at) }
}

/// Ends every firing of a rule that is switched off or deleted, and forgets its states.
pub(crate) async fn close_rule(alerts: &Alerts, tx: &mut Tx, rule: &AlertRule, now: Timestamp) -> Result<()> {
    for open in firings::open_of_rule(tx, &rule.id).await? {
        let announce = open.notified && !open.is_silenced(now);
        alerts.resolve(tx, &open, Some(rule), announce, now).await?;
    }
    Ok(states::delete_of_rule(tx, &rule.id).await?)
}
