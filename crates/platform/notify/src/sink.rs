//! Alerts become inbox rows and deliveries inside the transaction of the firing.

use argos_alerts::{ChannelRef, FiringChange, FiringNotice, FiringSink};
use argos_kernel::Severity;
use argos_store::{StoreError, Tx};
use argos_web::BoxFuture;
use serde_json::json;

use crate::Notify;
use crate::model::channel::Channel;
use crate::model::envelope::{Envelope, shown_severity};
use crate::pipeline::{Candidate, level};
use crate::store::channels;
use crate::store::inbox::{self, NewInboxItem};

impl FiringSink for Notify {
    fn deliver<'a>(&'a self, tx: &'a mut Tx, notice: &'a FiringNotice) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            // What channels are spared, people are spared too; reminders are for channels only.
            if notice.withheld.is_none() && notice.change != FiringChange::Reminder {
                inbox::insert(tx, &inbox_item(self, notice)).await?;
            }
            let envelope = envelope(notice);
            let subject = format!("alert:{}", notice.firing_uid);
            let mut all = channels::list_in(tx).await?;
            all.retain(Channel::is_of_instance);
            let (targets, unknown) = targets(&all, &notice.channels);
            for channel in targets {
                let candidate = Candidate {
                    channel,
                    rule: None,
                    envelope: &envelope,
                    event_id: notice.event_id,
                    event_organization_id: notice.organization_id,
                    source: "ops",
                    subject: &subject,
                    withheld: notice.withheld,
                };
                self.enqueue(tx, &candidate).await?;
            }
            for name in unknown {
                self.enqueue_unknown(tx, &name, &envelope, notice.event_id, "ops").await?;
            }
            Ok(())
        })
    }
}

fn envelope(notice: &FiringNotice) -> Envelope {
    let severity = if notice.change == FiringChange::Resolved { Severity::Info } else { notice.severity };
    Envelope {
        kind: notice.change.event_kind().to_owned(),
        severity: shown_severity(severity),
        host_id: None,
        host_domain: None,
        timestamp: notice.at.rfc3339(),
        message: notice.message.clone(),
        data: json!({
            "rule_id": notice.rule_id, "rule_name": notice.rule_name, "firing_id": notice.firing_id, "firing_uid": notice.firing_uid,
            "value": notice.value, "labels": notice.labels, "reminder": notice.change == FiringChange::Reminder,
        }),
    }
}

fn inbox_item(notify: &Notify, notice: &FiringNotice) -> NewInboxItem {
    let (title, severity) = match notice.change {
        FiringChange::Resolved => (format!("Resolved: {}", notice.rule_name), Severity::Info),
        FiringChange::Escalated { .. } => (format!("Escalated: {}", notice.rule_name), notice.severity),
        FiringChange::Fired | FiringChange::Reminder => (notice.rule_name.clone(), notice.severity),
    };
    NewInboxItem {
        uid: notify.mint(),
        user_id: None,
        role: None,
        organization_id: notice.organization_id,
        kind: "alert".to_owned(),
        level: level(severity),
        title,
        message: notice.message.clone(),
        action_url: Some("/incidents".to_owned()),
        data: json!({ "rule_id": notice.rule_id, "firing_id": notice.firing_id }),
        event_id: notice.event_id,
        at: notice.at,
    }
}

/// The channels a rule names by id, name, `ops:<name>` or type, each once, and what it names that does not exist.
/// Nothing named = enabled channels with `broadcast`.
fn targets<'c>(all: &'c [Channel], named: &[ChannelRef]) -> (Vec<&'c Channel>, Vec<String>) {
    if named.is_empty() {
        return (all.iter().filter(|c| c.enabled && c.broadcast).collect(), Vec::new());
    }
    let (mut found, mut unknown): (Vec<&Channel>, Vec<String>) = (Vec::new(), Vec::new());
    for reference in named {
        let hits: Vec<&Channel> = match reference {
            ChannelRef::Id(id) => all.iter().filter(|c| c.id == *id).collect(),
            ChannelRef::Name(name) => by_name(all, name),
        };
        if hits.is_empty() {
            unknown.push(match reference {
                ChannelRef::Id(id) => id.to_string(),
                ChannelRef::Name(name) => name.clone(),
            });
        }
        for hit in hits {
            if !found.iter().any(|c| c.id == hit.id) {
                found.push(hit);
            }
        }
    }
    (found, unknown)
}

fn by_name<'c>(all: &'c [Channel], name: &str) -> Vec<&'c Channel> {
    let exact: Vec<&Channel> = all.iter().filter(|c| c.name == name || c.id.to_string() == name).collect();
    if !exact.is_empty() {
        return exact;
    }
    let legacy: Vec<&Channel> = all.iter().filter(|c| c.name.strip_prefix("ops:") == Some(name)).collect();
    if !legacy.is_empty() {
        return legacy;
    }
    all.iter().filter(|c| c.kind.as_str() == name).collect()
}
