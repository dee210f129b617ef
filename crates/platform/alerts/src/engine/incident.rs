//! Firings and incidents: which incident a firing joins or opens, and when an incident ends with its last firing.

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Severity, Timestamp, Uid};
use argos_store::{StoreError, Tx};
use serde_json::{Value, json};

use crate::Alerts;
use crate::model::attention::OpenFiring;
use crate::model::incident::{Incident, Status, key, opens};
use crate::model::rule::AlertRule;
use crate::store::{firings, incidents};

/// Who changes incidents on behalf of alerts.
const ENGINE: &str = "alerts";

impl Alerts {
    /// Puts a new firing into its incident: that of what explains it, the open one of its group, or a new one.
    pub(crate) async fn join_incident(
        &self,
        tx: &mut Tx,
        open: &OpenFiring,
        rule: Option<&AlertRule>,
        source: &str,
        auto_close: bool,
    ) -> Result<Option<i64>> {
        let organization_id = self.organization_of(&open.labels);
        // What is an organization's never joins what everybody sees.
        let apart = organization_id.map(|id| format!("|organization {id}")).unwrap_or_default();
        let fingerprint = key(rule, &open.labels, &open.fingerprint) + &apart;
        let root = self.root_incident(tx, open).await?.filter(|root| root.organization_id == organization_id);
        let known = match root {
            Some(root) => Some(root),
            None => incidents::open_by_key(tx, &fingerprint).await?,
        };
        let id = match known {
            Some(incident) => {
                self.add_to(tx, incident.clone(), open).await?;
                incident.id
            }
            None if opens(rule, open.severity) => self.open_incident(tx, open, rule, source, fingerprint, auto_close).await?,
            None => return Ok(None),
        };
        firings::set_incident(tx, open.id, id).await?;
        Ok(Some(id))
    }

    /// The open incident of an alert that explains this one.
    async fn root_incident(&self, tx: &mut Tx, open: &OpenFiring) -> Result<Option<Incident>> {
        for parent in &open.depends_on {
            for candidate in firings::open_of_rule(tx, parent).await? {
                let Some(id) = candidate.incident_id.filter(|_| candidate.explains(&open.depends_on, &open.labels)) else { continue };
                if let Some(incident) = incidents::find(tx, id).await?.filter(Incident::is_open) {
                    return Ok(Some(incident));
                }
            }
        }
        Ok(None)
    }

    async fn add_to(&self, tx: &mut Tx, mut incident: Incident, open: &OpenFiring) -> Result<()> {
        let now = open.started_at;
        incidents::add_message(tx, incident.id, ENGINE, &format!("Alert joined: {}", open.message), "system", now).await?;
        let worse = open.severity > incident.severity;
        incident.severity = incident.severity.max(open.severity);
        incident.updated_at = now;
        incidents::update(tx, &incident).await?;
        let what = if worse { "severity" } else { "alert" };
        self.incident_event(tx, &incident, "incident.updated", json!({ "change": what, "rule_id": open.rule_id })).await?;
        Ok(())
    }

    async fn open_incident(
        &self,
        tx: &mut Tx,
        open: &OpenFiring,
        rule: Option<&AlertRule>,
        source: &str,
        fingerprint: String,
        auto_close: bool,
    ) -> Result<i64> {
        let now = open.started_at;
        let details = match (&open.cause, rule) {
            (Some(cause), Some(rule)) if !rule.name.is_empty() => format!("{}: {cause}", rule.name),
            (Some(cause), _) => cause.clone(),
            (None, _) => String::new(),
        };
        let mut incident = Incident {
            id: 0,
            uid: Uid::mint(&*self.0.clock, &*self.0.rng).to_string(),
            kind: "auto".to_owned(),
            public: false,
            severity: open.severity,
            status: Status::Investigating,
            title: open.message.clone(),
            details,
            source: source.to_owned(),
            subject: rule.map(|r| r.id.clone()).or_else(|| Some(open.rule_id.clone())),
            fingerprint: Some(fingerprint),
            organization_id: self.organization_of(&open.labels),
            started_at: now,
            resolved_at: None,
            resolved_by: None,
            created_by: ENGINE.to_owned(),
            assigned_to: None,
            auto_generated: true,
            root_cause: None,
            correlation: json!({ "labels": open.labels, "rule_id": open.rule_id }),
            postmortem: None,
            merged_into: None,
            updated_at: now,
        };
        incident.id = incidents::insert(tx, &incident).await?;
        self.incident_event(tx, &incident, "incident.opened", json!({ "rule_id": open.rule_id })).await?;
        if auto_close {
            incidents::add_message(tx, incident.id, ENGINE, "Closed at once: maintenance", "system", now).await?;
            self.close_incident(tx, &mut incident, "maintenance", now).await?;
        }
        Ok(incident.id)
    }

    /// Ends an automatic incident whose last firing is over.
    pub(crate) async fn settle_incident(&self, tx: &mut Tx, id: i64, now: Timestamp) -> Result<()> {
        let Some(mut incident) = incidents::find(tx, id).await?.filter(|i| i.is_open() && i.auto_generated) else { return Ok(()) };
        if firings::open_of_incident(tx, id).await?.is_empty() {
            self.close_incident(tx, &mut incident, ENGINE, now).await?;
        }
        Ok(())
    }

    /// Stores the end of an incident with its public line and its event.
    pub(crate) async fn close_incident(&self, tx: &mut Tx, incident: &mut Incident, by: &str, now: Timestamp) -> Result<()> {
        incident.resolved_at = Some(now);
        incident.resolved_by = Some(by.to_owned());
        incident.status = Status::Resolved;
        incident.updated_at = now;
        incidents::update(tx, incident).await?;
        incidents::add_update(tx, incident.id, "resolved", Status::Resolved, by, now).await?;
        let duration = now.secs_since(incident.started_at);
        self.incident_event(tx, incident, "incident.resolved", json!({ "duration_s": duration, "by": by })).await?;
        Ok(())
    }

    pub(crate) async fn incident_event(&self, tx: &mut Tx, i: &Incident, kind: &str, more: Value) -> Result<i64, StoreError> {
        let mut data = json!({
            "incident_id": i.id, "title": i.title, "status": i.status.as_str(), "kind": i.kind, "source": i.source, "assigned_to": i.assigned_to,
        });
        if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
            data.extend(more);
        }
        let event = NewEvent::new(Source::Ops, kind, i.title.as_str())
            .subject("incident", i.id, i.title.as_str())
            .correlation(i.uid.as_str())
            .severity(if i.is_open() { i.severity } else { Severity::Info })
            .data(data);
        let event = NewEvent { organization_id: i.organization_id, ..event };
        self.0.events.publish(tx, event).await
    }
}
