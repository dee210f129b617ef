//! What people do with incidents: open, change, assign, write, merge, resolve, reopen.

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{Actor, AppError, Result, Severity, Timestamp, Uid};
use serde_json::{Value, json};

use crate::Alerts;
use crate::model::incident::{Incident, Status};
use crate::store::{firings, incidents};

const TITLE_MAX: usize = 300;
const TEXT_MAX: usize = 20_000;
/// Until its alerts clear, however long that takes.
const TILL_CLEAR_S: i64 = 3650 * 86_400;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("incident not found")
}

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::bad_request(text.into()).code("invalid_field").with("field", field)
}

/// A new incident by hand.
#[derive(Default)]
pub(crate) struct NewIncident {
    pub(crate) title: String,
    pub(crate) details: String,
    pub(crate) severity: Option<Severity>,
    pub(crate) public: bool,
    /// The first line of the public timeline.
    pub(crate) update: String,
}

/// What shall change; `None` = stays.
#[derive(Default)]
pub(crate) struct IncidentChange {
    pub(crate) title: Option<String>,
    pub(crate) details: Option<String>,
    pub(crate) severity: Option<Severity>,
    pub(crate) status: Option<Status>,
    pub(crate) public: Option<bool>,
    pub(crate) root_cause: Option<String>,
    pub(crate) postmortem: Option<String>,
}

fn checked(field: &str, text: &str, max: usize) -> Result<String> {
    let text = text.trim().replace('\0', "");
    if text.chars().count() > max {
        return Err(bad(field, format!("{field} must be at most {max} characters")));
    }
    Ok(text)
}

fn title_of(text: &str) -> Result<String> {
    let title = checked("title", text, TITLE_MAX)?;
    if title.is_empty() { Err(bad("title", "title is required")) } else { Ok(title) }
}

fn entry(action: &str, i: &Incident, text: String) -> Entry {
    Entry::new(action, Category::Action).target("incident", i.id).describe(text)
}

impl Alerts {
    pub(crate) async fn create_incident(&self, actor: &Actor, new: NewIncident) -> Result<i64> {
        let now = self.0.clock.now();
        let (title, update) = (title_of(&new.title)?, checked("message", &new.update, TEXT_MAX)?);
        let mut incident = Incident {
            id: 0,
            uid: Uid::mint(&*self.0.clock, &*self.0.rng).to_string(),
            kind: "manual".to_owned(),
            public: new.public,
            severity: new.severity.unwrap_or(Severity::Warning),
            status: Status::Investigating,
            title,
            details: checked("details", &new.details, TEXT_MAX)?,
            source: "manual".to_owned(),
            subject: None,
            fingerprint: None,
            organization_id: None,
            started_at: now,
            resolved_at: None,
            resolved_by: None,
            created_by: actor.name.clone(),
            assigned_to: None,
            auto_generated: false,
            root_cause: None,
            correlation: json!({}),
            postmortem: None,
            merged_into: None,
            updated_at: now,
        };
        let mut change = self.0.audit.begin(actor).await?;
        incident.id = incidents::insert(&mut change, &incident).await?;
        if !update.is_empty() {
            incidents::add_update(&mut change, incident.id, &update, incident.status, &actor.name, now).await?;
        }
        self.incident_event(&mut change, &incident, "incident.opened", json!({ "by": actor.name })).await?;
        let entry = entry("incident.create", &incident, format!("Incident opened: {}", incident.title));
        change.commit(entry.after(json!({ "title": incident.title, "severity": incident.severity, "public": incident.public }))).await?;
        Ok(incident.id)
    }

    async fn load(&self, change: &mut Mutation, id: i64) -> Result<Incident> {
        incidents::find(change, id).await?.ok_or_else(not_found)
    }

    /// Writes the incident, a system line in its war room and its event.
    async fn note_change(&self, change: &mut Mutation, i: &Incident, text: &str, data: Value) -> Result<()> {
        incidents::update(change, i).await?;
        incidents::add_message(change, i.id, "system", text, "system", i.updated_at).await?;
        self.incident_event(change, i, "incident.updated", data).await?;
        Ok(())
    }

    pub(crate) async fn change_incident(&self, actor: &Actor, id: i64, wanted: IncidentChange) -> Result<Incident> {
        let now = self.0.clock.now();
        let mut change = self.0.audit.begin(actor).await?;
        let before = self.load(&mut change, id).await?;
        let mut i = before.clone();
        i.updated_at = now;
        let mut lines = Vec::new();
        if let Some(title) = wanted.title.as_deref().map(title_of).transpose()?.filter(|t| *t != i.title) {
            lines.push(format!("title is now \"{title}\""));
            i.title = title;
        }
        if let Some(details) = wanted.details.map(|d| checked("details", &d, TEXT_MAX)).transpose()?.filter(|d| *d != i.details) {
            lines.push("details changed".to_owned());
            i.details = details;
        }
        for (field, text, slot) in
            [("root_cause", wanted.root_cause, &mut i.root_cause), ("postmortem", wanted.postmortem, &mut i.postmortem)]
        {
            let Some(text) = text else { continue };
            let text = Some(checked(field, &text, TEXT_MAX)?).filter(|t| !t.is_empty());
            if text != *slot {
                lines.push(format!("{} changed", field.replace('_', " ")));
                *slot = text;
            }
        }
        if let Some(severity) = wanted.severity.filter(|s| *s != i.severity) {
            lines.push(format!("severity {} to {}", i.severity.ops_word(), severity.ops_word()));
            i.severity = severity;
        }
        if let Some(public) = wanted.public.filter(|p| *p != i.public) {
            lines.push(if public { "published on the status page" } else { "taken off the status page" }.to_owned());
            i.public = public;
        }
        if let Some(status) = wanted.status.filter(|s| *s != i.status) {
            if status == Status::Resolved || i.status == Status::Resolved {
                return Err(bad("status", "use resolve and reopen for that"));
            }
            lines.push(format!("status {} to {}", i.status.as_str(), status.as_str()));
            incidents::add_update(&mut change, id, &format!("Status: {}", status.as_str()), status, &actor.name, now).await?;
            i.status = status;
        }
        if lines.is_empty() {
            return Ok(before);
        }
        let text = format!("{}: {}", actor.name, lines.join(", "));
        self.note_change(&mut change, &i, &text, json!({ "change": lines, "by": actor.name })).await?;
        change.commit(entry("incident.update", &i, text)).await?;
        Ok(i)
    }

    /// A line of the public timeline, which sets the status; `resolved` ends the incident.
    pub(crate) async fn post_update(&self, actor: &Actor, id: i64, message: &str, status: Status, public_only: bool) -> Result<i64> {
        let message = checked("message", message, TEXT_MAX)?;
        if message.is_empty() {
            return Err(bad("message", "message is required"));
        }
        let now = self.0.clock.now();
        let mut change = self.0.audit.begin(actor).await?;
        let mut i = self.load(&mut change, id).await?;
        if public_only && !i.public {
            return Err(not_found());
        }
        let update = incidents::add_update(&mut change, id, &message, status, &actor.name, now).await?;
        if status == Status::Resolved {
            if i.is_open() {
                self.end(&mut change, &mut i, actor, now, false).await?;
            }
        } else {
            self.revive(&mut change, &mut i, now).await?;
            i.status = status;
            i.updated_at = now;
            incidents::update(&mut change, &i).await?;
            self.incident_event(&mut change, &i, "incident.updated", json!({ "change": "update", "message": message })).await?;
        }
        change.commit(entry("incident.post_update", &i, format!("Update: {message}"))).await?;
        Ok(update)
    }

    /// Ends it; its alerts stay quiet until they clear. Ending it twice changes nothing.
    pub(crate) async fn resolve_incident(&self, actor: &Actor, id: i64, public_only: bool) -> Result<()> {
        let now = self.0.clock.now();
        let mut change = self.0.audit.begin(actor).await?;
        let mut i = self.load(&mut change, id).await?;
        if public_only && !i.public {
            return Err(not_found());
        }
        if !i.is_open() {
            return Ok(());
        }
        self.end(&mut change, &mut i, actor, now, true).await?;
        change.commit(entry("incident.resolve", &i, format!("Incident resolved: {}", i.title))).await
    }

    async fn end(&self, change: &mut Mutation, i: &mut Incident, actor: &Actor, now: Timestamp, line: bool) -> Result<()> {
        if line {
            self.close_incident(change, i, &actor.name, now).await?;
        } else {
            i.resolved_at = Some(now);
            i.resolved_by = Some(actor.name.clone());
            i.status = Status::Resolved;
            i.updated_at = now;
            incidents::update(change, i).await?;
            self.incident_event(change, i, "incident.resolved", json!({ "by": actor.name })).await?;
        }
        incidents::add_message(change, i.id, "system", &format!("Resolved by {}", actor.name), "system", now).await?;
        firings::silence_incident(change, i.id, Some(now.plus_secs(TILL_CLEAR_S)), &actor.name).await?;
        Ok(())
    }

    pub(crate) async fn reopen_incident(&self, actor: &Actor, id: i64) -> Result<()> {
        let now = self.0.clock.now();
        let mut change = self.0.audit.begin(actor).await?;
        let mut i = self.load(&mut change, id).await?;
        if i.merged_into.is_some() {
            return Err(AppError::conflict("a merged incident cannot be reopened").code("incident_merged"));
        }
        if i.is_open() {
            return Ok(());
        }
        self.revive(&mut change, &mut i, now).await?;
        incidents::add_update(&mut change, id, "reopened", Status::Investigating, &actor.name, now).await?;
        let text = format!("Reopened by {}", actor.name);
        self.note_change(&mut change, &i, &text, json!({ "change": "reopened", "by": actor.name })).await?;
        change.commit(entry("incident.reopen", &i, text)).await
    }

    /// Makes a resolved incident open again, in memory, and lets its alerts speak.
    async fn revive(&self, change: &mut Mutation, i: &mut Incident, now: Timestamp) -> Result<()> {
        if i.is_open() {
            return Ok(());
        }
        // Its alerts may have opened another one since; they stay there.
        if let Some(key) = &i.fingerprint
            && incidents::open_by_key(change, key).await?.is_some()
        {
            i.fingerprint = None;
        }
        i.resolved_at = None;
        i.resolved_by = None;
        i.status = Status::Investigating;
        i.updated_at = now;
        firings::silence_incident(change, i.id, None, "").await?;
        Ok(())
    }

    pub(crate) async fn assign_incident(&self, actor: &Actor, id: i64, to: &str) -> Result<Option<String>> {
        let wanted = checked("assigned_to", to, 64)?;
        let name = match (wanted.is_empty(), self.0.people.get()) {
            (true, _) => None,
            (false, Some(people)) => {
                let found = people.find(&wanted).await?;
                Some(found.ok_or_else(|| bad("assigned_to", format!("there is no user '{wanted}'")))?)
            }
            (false, None) => Some(wanted),
        };
        let mut change = self.0.audit.begin(actor).await?;
        let mut i = self.load(&mut change, id).await?;
        i.assigned_to.clone_from(&name);
        i.updated_at = self.0.clock.now();
        let text = name.as_ref().map_or_else(|| "Incident is unassigned".to_owned(), |n| format!("Assigned incident to {n}"));
        self.note_change(&mut change, &i, &text, json!({ "change": "assigned", "by": actor.name })).await?;
        change.commit(entry("incident.assign", &i, text)).await?;
        Ok(name)
    }

    /// A line of the war room.
    pub(crate) async fn post_message(&self, actor: &Actor, id: i64, message: &str, kind: &str) -> Result<i64> {
        let message = checked("message", message, TEXT_MAX)?;
        if message.is_empty() {
            return Err(bad("message", "message is required"));
        }
        if !["comment", "action", "note"].contains(&kind) {
            return Err(bad("msg_type", "msg_type must be comment, action or note"));
        }
        let mut change = self.0.audit.begin(actor).await?;
        let i = self.load(&mut change, id).await?;
        let now = self.0.clock.now();
        let line = incidents::add_message(&mut change, id, &actor.name, &message, kind, now).await?;
        self.incident_event(&mut change, &i, "incident.updated", json!({ "change": "message", "by": actor.name, "message_id": line }))
            .await?;
        change.commit(entry("incident.message", &i, format!("Message in the war room of: {}", i.title))).await?;
        Ok(line)
    }

    /// Moves the alerts and messages of `id` into `into` and ends `id`.
    pub(crate) async fn merge_incident(&self, actor: &Actor, id: i64, into: i64) -> Result<()> {
        if id == into {
            return Err(bad("into", "an incident cannot be merged into itself"));
        }
        let now = self.0.clock.now();
        let mut change = self.0.audit.begin(actor).await?;
        let mut i = self.load(&mut change, id).await?;
        let mut target = incidents::find(&mut change, into).await?.ok_or_else(|| bad("into", "there is no such incident"))?;
        if i.merged_into.is_some() || target.merged_into.is_some() || !target.is_open() {
            return Err(AppError::conflict("both incidents must be unmerged and the target open").code("incident_merged"));
        }
        firings::move_incident(&mut change, into, id).await?;
        incidents::move_messages(&mut change, into, id).await?;
        i.merged_into = Some(into);
        if i.is_open() {
            self.close_incident(&mut change, &mut i, &actor.name, now).await?;
        }
        incidents::update(&mut change, &i).await?;
        target.severity = target.severity.max(i.severity);
        target.started_at = target.started_at.min(i.started_at);
        target.updated_at = now;
        let text = format!("Incident #{id} merged into this one: {}", i.title);
        self.note_change(&mut change, &target, &text, json!({ "change": "merged", "from": id, "by": actor.name })).await?;
        incidents::add_message(&mut change, id, "system", &format!("Merged into incident #{into}"), "system", now).await?;
        change.commit(entry("incident.merge", &i, format!("Merged into #{into}"))).await
    }
}
