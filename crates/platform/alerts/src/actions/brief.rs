//! An alert or incident in words: what summaries are made of. Pure reading.

use argos_kernel::{Result, Severity, Timestamp};
use argos_web::Caller;

use crate::Alerts;
use crate::model::attention::OpenFiring;
use crate::model::sight;
use crate::store::{firings, incidents};

/// Lines of a war room that are told.
const STEPS_MAX: i64 = 50;

/// An alert or incident as somebody would tell it.
#[derive(Clone, Debug)]
pub struct Brief {
    pub title: String,
    pub severity: Severity,
    pub status: String,
    pub source: String,
    pub details: String,
    pub root_cause: Option<String>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Oldest first.
    pub steps: Vec<(Timestamp, String)>,
}

impl Alerts {
    /// Open firings that the caller may know of, oldest first.
    pub async fn firings_for(&self, caller: &Caller) -> Result<Vec<OpenFiring>> {
        let mut open = self.open_firings().await?;
        open.retain(|f| sight::may_see(caller, &f.labels));
        Ok(open)
    }

    /// An alert, open or past; none when it is about an organization of others.
    pub async fn brief_firing(&self, caller: &Caller, id: i64) -> Result<Option<Brief>> {
        let found = firings::by_id(&self.0.db, id).await?.filter(|f| sight::may_see(caller, &f.labels));
        let Some(f) = found else { return Ok(None) };
        let mut details = format!("Labels: {}", f.labels);
        if let Some(value) = f.value {
            details.push_str(&format!(", value {value}"));
        }
        let status = if f.resolved_at.is_some() { "resolved" } else { "open" };
        let mut steps = vec![(f.started_at, f.message.clone())];
        steps.extend(f.resolved_at.map(|at| (at, "resolved".to_owned())));
        Ok(Some(Brief {
            title: f.message,
            severity: f.severity,
            status: status.to_owned(),
            source: f.rule_id,
            details,
            root_cause: None,
            started_at: f.started_at,
            ended_at: f.resolved_at,
            steps,
        }))
    }

    /// An incident with its alerts, updates and messages; none when it belongs to others.
    pub async fn brief_incident(&self, caller: &Caller, id: i64) -> Result<Option<Brief>> {
        let db = &self.0.db;
        let Some(i) = incidents::get(db, id).await?.filter(|i| sight::is_for(caller, i.organization_id)) else { return Ok(None) };
        let mut steps: Vec<(Timestamp, String)> = Vec::new();
        for f in firings::of_incident(db, id).await? {
            steps.push((f.started_at, format!("alert {}: {}", f.rule_id, f.message)));
            steps.extend(f.resolved_at.map(|at| (at, format!("alert {} resolved", f.rule_id))));
        }
        steps.extend(incidents::updates(db, id).await?.into_iter().map(|u| (u.at, format!("{} by {}: {}", u.status, u.by, u.message))));
        let messages = incidents::messages(db, id, STEPS_MAX).await?;
        steps.extend(messages.into_iter().map(|m| (m.at, format!("{}: {}", m.author, m.message))));
        steps.sort_by_key(|(at, _)| *at);
        Ok(Some(Brief {
            title: i.title,
            severity: i.severity,
            status: i.status.as_str().to_owned(),
            source: i.source,
            details: i.details,
            root_cause: i.root_cause,
            started_at: i.started_at,
            ended_at: i.resolved_at,
            steps,
        }))
    }
}
