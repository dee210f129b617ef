//! The schedules that people made, as the section `schedules` of the configuration document. One is known by its name and
//! the kind of its work. What a setting defines comes with the settings, and what belongs to an organization with that.

use argos_audit::{Mutation, PortableSection, SectionPlan, read_section};
use argos_kernel::{AppError, ErrorKind, Result, Timestamp};
use argos_store::{StoreError, args};
use argos_web::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::hold::HoldPolicy;
use crate::schedule::{Misfire, Overlap, Schedule, ScheduleSpec};
use crate::schedule_routes::NAME_MAX;
use crate::scheduler::Schedules;
use crate::store as sql;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    schedules: Vec<Value>,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleDoc {
    pub(crate) name: String,
    pub(crate) kind: String,
    #[serde(default = "nothing")]
    pub(crate) payload: Value,
    cron: String,
    #[serde(default)]
    timezone: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    overlap: Overlap,
    #[serde(default)]
    misfire: Misfire,
    #[serde(default)]
    grace_s: Option<i64>,
    #[serde(default)]
    jitter_s: Option<i64>,
    /// RFC 3339.
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    pub(crate) approval: Option<HoldPolicy>,
}

const fn yes() -> bool {
    true
}
fn nothing() -> Value {
    json!({})
}

impl ScheduleDoc {
    pub(crate) fn of(s: &Schedule) -> Self {
        let spec = s.spec.clone();
        Self {
            name: spec.name,
            kind: spec.job_kind,
            payload: spec.payload,
            cron: spec.cron,
            timezone: spec.timezone,
            enabled: spec.enabled,
            overlap: spec.overlap,
            misfire: spec.misfire,
            grace_s: Some(spec.grace_s),
            jitter_s: Some(spec.jitter_s),
            until: spec.until.map(Timestamp::rfc3339),
            approval: s.approval.clone(),
        }
    }

    pub(crate) fn spec(&self) -> Result<ScheduleSpec, String> {
        let base = ScheduleSpec::new(self.name.trim(), self.kind.as_str(), self.cron.as_str());
        let until = match &self.until {
            Some(text) => Some(Timestamp::parse_rfc3339(text).ok_or("until must be a time as RFC 3339 writes it")?),
            None => None,
        };
        Ok(ScheduleSpec {
            payload: self.payload.clone(),
            timezone: self.timezone.clone().filter(|z| !z.is_empty()),
            enabled: self.enabled,
            overlap: self.overlap,
            misfire: self.misfire,
            grace_s: self.grace_s.unwrap_or(base.grace_s),
            jitter_s: self.jitter_s.unwrap_or(base.jitter_s),
            until,
            ..base
        })
    }
}

impl Schedules {
    /// Whether people may put this kind of work on a schedule.
    fn is_for_people(&self, kind: &str) -> bool {
        self.managed_by(kind).is_none() && self.jobs().registered(kind).is_some_and(|k| k.spec.schedulable.is_some())
    }

    fn is_portable(&self, s: &Schedule) -> bool {
        s.spec.organization_id.is_none() && self.is_for_people(&s.spec.job_kind)
    }

    fn judge_document(&self, value: &Value) -> Result<(ScheduleSpec, Option<HoldPolicy>), String> {
        let doc: ScheduleDoc = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
        let name = doc.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(format!("name must be 1 to {NAME_MAX} characters"));
        }
        if !self.is_for_people(&doc.kind) {
            return Err(format!("{name}: kind `{}` cannot be put on a schedule", doc.kind));
        }
        let told = |e: AppError| format!("{name}: {}", e.message());
        self.jobs().check_payload(&doc.kind, &doc.payload).map_err(told)?;
        doc.approval.as_ref().map_or(Ok(()), HoldPolicy::check).map_err(told)?;
        let spec = doc.spec().map_err(|why| format!("{name}: {why}"))?;
        Ok((spec, doc.approval))
    }

    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: Section = read_section("schedules", wanted)?;
        let rows = change.query(sql::SCHEDULE_LIST, args![None::<&str>]).await?;
        let all: Vec<Schedule> = rows.iter().map(Schedule::read).collect::<Result<_, StoreError>>()?;
        let existing: Vec<Schedule> = all.into_iter().filter(|s| self.is_portable(s)).collect();
        let (mut plan, mut named): (SectionPlan, Vec<(String, String)>) = Default::default();
        for (at, value) in section.schedules.iter().enumerate() {
            let (spec, approval) = match self.judge_document(value) {
                Ok(read) => read,
                Err(why) => {
                    plan.faults.push(format!("schedules[{at}]: {why}"));
                    continue;
                }
            };
            let (name, known_as) = (format!("schedule {}", spec.name), (spec.name.clone(), spec.job_kind.clone()));
            if named.contains(&known_as) {
                plan.faults.push(format!("schedules[{at}]: {} is there twice", spec.name));
                continue;
            }
            named.push(known_as);
            let before = existing.iter().find(|s| s.spec.name == spec.name && s.spec.job_kind == spec.job_kind);
            let written = match before {
                Some(s) if s.spec == spec && s.approval == approval => {
                    plan.unchanged += 1;
                    continue;
                }
                Some(s) => self.replace(change, s.id, &spec).await.map(|()| (s.id, true)),
                None => self.create(change, &spec).await.map(|id| (id, false)),
            };
            match written {
                Ok((id, there)) => {
                    self.set_approval(change, id, approval.as_ref()).await?;
                    if there { plan.updates.push(name) } else { plan.creates.push(name) }
                }
                // What is wrong with the expression, the zone or a number is said by who judges it.
                Err(e) if matches!(e.kind(), ErrorKind::BadRequest | ErrorKind::Invalid) => {
                    plan.faults.push(format!("schedules[{at}]: {}: {}", spec.name, e.message()));
                }
                Err(e) => return Err(e),
            }
        }
        let is_named = |s: &Schedule| named.iter().any(|(name, kind)| *name == s.spec.name && *kind == s.spec.job_kind);
        for gone in existing.iter().filter(|s| replace && plan.faults.is_empty() && !is_named(s)) {
            self.remove(change, gone.id).await?;
            plan.removes.push(format!("schedule {}", gone.spec.name));
        }
        Ok(plan)
    }
}

impl PortableSection for Schedules {
    fn name(&self) -> &'static str {
        "schedules"
    }

    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async {
            let all = self.list(None).await?;
            Ok(json!({ "schedules": all.iter().filter(|s| self.is_portable(s)).map(ScheduleDoc::of).collect::<Vec<_>>() }))
        })
    }

    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(self.import_section(change, wanted, replace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    argos_audit::section_property!(Section, |s| s.schedules, ScheduleDoc);
}
