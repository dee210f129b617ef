//! The schedules of organizations as the section `organization_schedules` of the configuration document: when tests run,
//! with the variables that runs keep secret sealed for this installation. One is known by its public id, else by its name
//! in its project. Organizations that the document does not name keep what they have.

use std::sync::Arc;

use argos_audit::{House, Houses, Mutation, PortableSection, SectionPermissions, SectionPlan, of_houses, read_section};
use argos_kernel::{AppError, ErrorKind, Result, Uid};
use argos_store::{StoreError, args};
use argos_vault::Vault;
use argos_web::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::portable::ScheduleDoc;
use crate::quality::{TEST_RUN, judge_payload, schedule_variables};
use crate::schedule::{Schedule, ScheduleSpec};
use crate::schedule_routes::NAME_MAX;
use crate::scheduler::Schedules;
use crate::store as sql;

const NAME: &str = "organization_schedules";
const SEALED: &str = "ENC:";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    organizations: Vec<OfOrganization>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrganization {
    /// Its slug.
    organization: String,
    #[serde(default)]
    schedules: Vec<OwnedDoc>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedDoc {
    /// The public id of the project whose tests it runs.
    project: String,
    #[serde(default)]
    uid: Option<String>,
    #[serde(default)]
    created_by: Option<String>,
    /// The variables of its runs, which only this installation opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    schedule: ScheduleDoc,
}

/// A schedule of the document, judged.
struct Wanted {
    uid: Option<Uid>,
    spec: ScheduleSpec,
}

fn aad(house: &House, name: &str) -> String {
    format!("schedules.document:{}/{name}", house.slug)
}

impl OwnedDoc {
    fn judge(&self, house: &House, schedules: &Schedules) -> Result<Wanted, String> {
        let told = |e: AppError| e.message().to_owned();
        let doc = &self.schedule;
        let name = doc.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(format!("name must be 1 to {NAME_MAX} characters"));
        }
        if doc.kind != TEST_RUN {
            return Err(format!("kind must be {TEST_RUN}"));
        }
        let project = self.project.parse::<Uid>().ok().and_then(|uid| house.project(uid));
        let project = project.ok_or_else(|| format!("project: there is no project {} in {}", self.project, house.slug))?;
        let uid = self.uid.as_deref().map(|text| text.parse::<Uid>().map_err(|_| "uid must be a uid".to_owned())).transpose()?;
        judge_payload(&doc.payload)?;
        schedules.jobs().check_payload(TEST_RUN, &doc.payload).map_err(told)?;
        doc.approval.as_ref().map_or(Ok(()), crate::hold::HoldPolicy::check).map_err(told)?;
        let spec = ScheduleSpec { organization_id: Some(house.id), project_id: Some(project), ..doc.spec()? };
        Ok(Wanted { uid, spec })
    }
}

/// The section.
pub struct OrganizationSchedules {
    schedules: Schedules,
    vault: Vault,
    houses: Arc<dyn Houses>,
}

impl OrganizationSchedules {
    pub fn new(schedules: Schedules, vault: Vault, houses: Arc<dyn Houses>) -> Self {
        Self { schedules, vault, houses }
    }

    async fn document(&self) -> Result<Value> {
        let all = self.schedules.list(Some(TEST_RUN)).await?;
        let mut tx = self.schedules.jobs().database().begin().await?;
        let houses = self.houses.houses(&mut tx).await?;
        tx.commit().await?;
        let mut organizations = Vec::new();
        for house in &houses {
            let own = all.iter().filter(|s| s.spec.organization_id == Some(house.id));
            let shown = own.filter_map(|s| Some((s, house.project_uid(s.spec.project_id?)?)));
            let schedules = shown.map(|(s, project)| self.shown(house, s, project)).collect::<Result<_>>()?;
            organizations.push(OfOrganization { organization: house.slug.clone(), schedules });
        }
        serde_json::to_value(Section { organizations }).map_err(AppError::internal)
    }

    fn shown(&self, house: &House, s: &Schedule, project: Uid) -> Result<OwnedDoc> {
        let variables = schedule_variables(&self.vault, s)?;
        let seal = || self.vault.seal(&aad(house, &s.spec.name), Value::Object(variables.clone()).to_string().as_bytes());
        let sealed = (!variables.is_empty()).then(seal).transpose()?;
        Ok(OwnedDoc {
            project: project.to_string(),
            uid: Some(s.uid.to_string()),
            created_by: s.created_by.clone(),
            sealed: sealed.map(|blob| format!("{SEALED}{blob}")),
            schedule: ScheduleDoc::of(s),
        })
    }

    /// The variables the document means; `None` = another installation sealed them.
    fn variables(&self, house: &House, doc: &OwnedDoc) -> Option<Map<String, Value>> {
        let Some(sealed) = &doc.sealed else { return Some(Map::new()) };
        let plain = self.vault.try_open(&aad(house, doc.schedule.name.trim()), sealed.strip_prefix(SEALED)?).ok()?;
        serde_json::from_slice(plain.reveal()).ok()
    }

    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: Section = read_section(NAME, wanted)?;
        let houses = self.houses.houses(change).await?;
        let rows = change.query(sql::SCHEDULE_LIST, args![Some(TEST_RUN)]).await?;
        let all: Vec<Schedule> = rows.iter().map(Schedule::read).collect::<Result<_, StoreError>>()?;
        let mut plan = SectionPlan::default();
        let wanted = section.organizations.into_iter().map(|one| (one.organization, one.schedules));
        for (house, schedules) in of_houses(&houses, wanted.collect(), &mut plan) {
            self.import_of(change, house, &schedules, (&all, replace), &mut plan).await?;
        }
        Ok(plan)
    }

    async fn import_of(
        &self,
        change: &mut Mutation,
        house: &House,
        wanted: &[OwnedDoc],
        (all, replace): (&[Schedule], bool),
        plan: &mut SectionPlan,
    ) -> Result<()> {
        let existing: Vec<&Schedule> = all.iter().filter(|s| s.spec.organization_id == Some(house.id)).collect();
        let mut met: Vec<i64> = Vec::new();
        for (at, doc) in wanted.iter().enumerate() {
            let place = format!("{}: schedules[{at}]", house.slug);
            let Wanted { uid, spec } = match doc.judge(house, &self.schedules) {
                Ok(wanted) => wanted,
                Err(why) => {
                    plan.faults.push(format!("{place}: {}: {why}", doc.schedule.name));
                    continue;
                }
            };
            let free = |s: &&&Schedule| !met.contains(&s.id);
            let same_uid = existing.iter().filter(free).find(|s| Some(s.uid) == uid);
            let same_name = || existing.iter().filter(free).find(|s| s.spec.name == spec.name && s.spec.project_id == spec.project_id);
            let before = same_uid.or_else(same_name).copied();
            met.extend(before.map(|s| s.id));
            match self.import_one(change, house, (doc, spec), before, plan).await {
                Ok(()) => {}
                // What is wrong with the expression, the zone or a number is said by who judges it.
                Err(e) if matches!(e.kind(), ErrorKind::BadRequest | ErrorKind::Invalid) => {
                    plan.faults.push(format!("{place}: {}: {}", doc.schedule.name, e.message()));
                }
                Err(e) => return Err(e),
            }
        }
        for gone in existing.iter().filter(|s| replace && plan.faults.is_empty() && !met.contains(&s.id)) {
            self.schedules.remove(change, gone.id).await?;
            plan.removes.push(format!("schedule {} of {}", gone.spec.name, house.slug));
        }
        Ok(())
    }

    async fn import_one(
        &self,
        change: &mut Mutation,
        house: &House,
        (doc, mut spec): (&OwnedDoc, ScheduleSpec),
        before: Option<&Schedule>,
        plan: &mut SectionPlan,
    ) -> Result<()> {
        let name = format!("schedule {} of {}", spec.name, house.slug);
        let stored = before.map(|s| schedule_variables(&self.vault, s)).transpose()?.unwrap_or_default();
        let wanted = self.variables(house, doc);
        if wanted.is_none() {
            let what = if before.is_some() { "its variables stay as they are" } else { "switched off until its variables are given" };
            plan.warnings.push(format!("{name}: {what}, another installation sealed those of the document"));
            spec.enabled &= before.is_some();
        }
        let variables = wanted.unwrap_or_else(|| stored.clone());
        let approval = doc.schedule.approval.as_ref();
        let id = match before {
            Some(s) if s.spec == spec && s.approval.as_ref() == approval && stored == variables => {
                plan.unchanged += 1;
                return Ok(());
            }
            Some(s) => {
                self.schedules.replace(change, s.id, &spec).await?;
                plan.updates.push(name);
                s.id
            }
            None => {
                let id = self.schedules.create(change, &spec).await?;
                plan.creates.push(name);
                id
            }
        };
        let made =
            self.schedules.find_in(change, id).await?.ok_or_else(|| AppError::internal("a schedule that was just written is gone"))?;
        let plain = json!(variables).to_string();
        let sealed =
            (!variables.is_empty()).then(|| self.vault.seal(&sql::place_of(&made.uid.to_string()), plain.as_bytes())).transpose()?;
        let created_by = doc.created_by.as_deref().filter(|_| before.is_none());
        self.schedules.own(change, id, created_by, sealed.as_deref()).await?;
        self.schedules.set_approval(change, id, approval).await
    }
}

impl PortableSection for OrganizationSchedules {
    fn name(&self) -> &'static str {
        NAME
    }
    fn permissions(&self) -> Option<SectionPermissions> {
        Some(SectionPermissions { export: "instance:export", import: "instance:import" })
    }
    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(self.document())
    }
    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(self.import_section(change, wanted, replace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_text_is_a_section_or_an_error(text in "[\\[\\]{}:,\"a-z0-9_ ]{0,200}") {
            drop(serde_json::from_str::<Section>(&text));
        }
    }
}
