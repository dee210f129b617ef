//! Organizations and their projects as the section `organizations` of the configuration document: what they are set to,
//! who belongs to them, and their secrets sealed for this installation. An organization is known by its slug, a project by
//! its uid, else by its name. What is in a project (tests, runs, pictures) is no configuration and stays where it is.

use argos_audit::{House, Houses, Mutation, PortableSection, SectionPermissions, SectionPlan, read_section};
use argos_kernel::{AppError, FieldError, Result, Uid};
use argos_store::Tx;
use argos_web::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::portable_projects::{ProjectDoc, project_document, uid_of};
use crate::model::organization::{Member, MemberStatus, Organization, apply_patch, check_name, check_slug};
use crate::model::permission::OrgRole;
use crate::service::Identity;
use crate::store::{members, organizations, projects, users};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    /// Absent = nothing is said of them.
    #[serde(default)]
    organizations: Option<Vec<Value>>,
}

/// What the document names, though it be null.
fn said<'de, D: serde::Deserializer<'de>>(value: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// What is absent stays as it is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationDoc {
    slug: String,
    name: String,
    #[serde(default)]
    is_personal: bool,
    #[serde(default)]
    plan: Option<String>,
    #[serde(default)]
    settings: Option<Map<String, Value>>,
    #[serde(default)]
    features: Option<Map<String, Value>>,
    #[serde(default)]
    ai_budget_daily: Option<f64>,
    #[serde(default)]
    ai_budget_monthly: Option<f64>,
    #[serde(default, deserialize_with = "said")]
    logo_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    domain: Option<Option<String>>,
    #[serde(default)]
    sso_enabled: Option<bool>,
    #[serde(default)]
    members: Option<Vec<MemberDoc>>,
    #[serde(default)]
    projects: Option<Vec<Value>>,
}

/// Somebody's place; in a project beside the one in the organization.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberDoc {
    pub(super) user: String,
    pub(super) role: String,
}

/// Everything wrong with one object, in one line.
pub(super) fn faults(all: &[FieldError]) -> String {
    all.iter().map(|f| f.msg.as_str()).collect::<Vec<_>>().join("; ")
}

fn document(org: &Organization, people: &[Member], projects: &[ProjectDoc]) -> Result<Value> {
    let place = |m: &Member| m.username.clone().map(|user| MemberDoc { user, role: m.role.as_str().to_owned() });
    let mut places: Vec<_> = people.iter().filter(|m| m.status == MemberStatus::Active).filter_map(place).collect();
    places.sort_by(|a, b| a.user.cmp(&b.user));
    let doc = OrganizationDoc {
        slug: org.slug.clone(),
        name: org.name.clone(),
        is_personal: org.is_personal,
        plan: Some(org.plan.clone()),
        settings: Some(org.settings.clone()),
        features: Some(org.features.clone()),
        ai_budget_daily: Some(org.ai_budget_daily),
        ai_budget_monthly: Some(org.ai_budget_monthly),
        logo_url: Some(org.logo_url.clone()),
        domain: Some(org.domain.clone()),
        sso_enabled: Some(org.sso_enabled),
        members: Some(places),
        projects: Some(projects.iter().map(serde_json::to_value).collect::<Result<_, _>>().map_err(AppError::internal)?),
    };
    serde_json::to_value(doc).map_err(AppError::internal)
}

impl OrganizationDoc {
    /// What the organization becomes, judged as the API judges.
    fn applied(&self, old: &Organization) -> Result<Organization, String> {
        let mut new = old.clone();
        let body = json!({
            "name": self.name, "plan": self.plan, "settings": self.settings, "features": self.features, "sso_enabled": self.sso_enabled,
            "ai_budget_daily": self.ai_budget_daily, "ai_budget_monthly": self.ai_budget_monthly,
            "logo_url": self.logo_url, "domain": self.domain,
        });
        apply_patch(&mut new, body.as_object().unwrap_or(&Map::new()), true).map_err(|all| faults(&all))?;
        new.logo_url = new.logo_url.filter(|_| self.logo_url != Some(None));
        new.domain = new.domain.filter(|_| self.domain != Some(None));
        Ok(new)
    }

    fn places(&self) -> Result<Option<Vec<(String, OrgRole)>>, String> {
        let Some(members) = &self.members else { return Ok(None) };
        let mut out: Vec<(String, OrgRole)> = Vec::new();
        for place in members {
            let role = OrgRole::parse(&place.role).ok_or_else(|| format!("{}: unknown role {}", place.user, place.role))?;
            if out.iter().any(|(user, _)| user.eq_ignore_ascii_case(&place.user)) {
                return Err(format!("{} is there twice", place.user));
            }
            out.push((place.user.clone(), role));
        }
        Ok(Some(out))
    }
}

fn same(a: &Organization, b: &Organization) -> bool {
    let of = |o: &Organization| {
        let texts = (o.name.clone(), o.plan.clone(), o.logo_url.clone(), o.domain.clone());
        (texts, o.settings.clone(), o.features.clone(), o.sso_enabled, o.ai_budget_daily.to_bits(), o.ai_budget_monthly.to_bits())
    };
    of(a) == of(b)
}

impl Identity {
    async fn organizations_document(&self) -> Result<Value> {
        let mut all = organizations::every(&self.0.db).await?;
        all.sort_by(|a, b| a.slug.cmp(&b.slug));
        let mut out = Vec::new();
        for org in &all {
            let people = members::list(&self.0.db, org.id).await?;
            let mut own = projects::of_organization(&self.0.db, org.id, None).await?;
            own.sort_by(|a, b| (&a.fields.name, a.id).cmp(&(&b.fields.name, b.id)));
            let mut documents = Vec::new();
            for project in &own {
                let stored = projects::settings_of(&self.0.db, project.id).await?;
                documents.push(project_document(project, stored, &projects::members(&self.0.db, project.id).await?));
            }
            out.push(document(org, &people, &documents)?);
        }
        Ok(json!({ "organizations": out }))
    }

    async fn import_organizations(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: Section = read_section("organizations", wanted)?;
        let existing = organizations::every_in(change).await?;
        let (mut plan, mut named): (SectionPlan, Vec<String>) = Default::default();
        for (at, value) in section.organizations.iter().flatten().enumerate() {
            let judged = serde_json::from_value::<OrganizationDoc>(value.clone()).map_err(|e| e.to_string());
            let judged =
                judged.and_then(|doc| if named.contains(&doc.slug) { Err(format!("{} is there twice", doc.slug)) } else { Ok(doc) });
            let done = match judged {
                Ok(doc) => {
                    named.push(doc.slug.clone());
                    self.import_organization(change, &doc, &existing, replace, &mut plan).await?
                }
                Err(why) => Err(why),
            };
            if let Err(why) = done {
                plan.faults.push(format!("organizations[{at}]: {why}"));
            }
        }
        if replace && section.organizations.is_some() && plan.faults.is_empty() {
            for gone in existing.iter().filter(|o| !o.is_default && !named.contains(&o.slug)) {
                organizations::delete(change, gone, self.now()).await?;
                plan.removes.push(format!("organization {}", gone.name));
            }
        }
        self.evict_on_commit(change);
        Ok(plan)
    }

    /// The inner error is a fault of the document.
    async fn import_organization(
        &self,
        change: &mut Mutation,
        doc: &OrganizationDoc,
        existing: &[Organization],
        replace: bool,
        plan: &mut SectionPlan,
    ) -> Result<Result<(), String>> {
        let slug = &doc.slug;
        let told = |why: String| Ok(Err(format!("{slug}: {why}")));
        let before = existing.iter().find(|o| o.slug == *slug);
        if let Err(fault) = check_name(&doc.name) {
            return told(fault.msg);
        }
        let places = match doc.places() {
            Ok(places) => places,
            Err(why) => return told(why),
        };
        let (blank, is_back) = match before {
            Some(org) => (org.clone(), false),
            None => match check_slug(slug) {
                Ok(()) => self.made_or_back(change, doc).await?,
                Err(fault) => return told(fault.msg),
            },
        };
        let after = match doc.applied(&blank) {
            Ok(after) => after,
            Err(why) => return told(why),
        };
        organizations::lock(change, blank.id).await?;
        let differs = !same(&blank, &after);
        if differs {
            organizations::update(change, &after, self.now()).await?;
        }
        let moved = match &places {
            Some(places) => self.import_places(change, &blank, places, replace, plan).await?,
            None => false,
        };
        let text = format!("organization {}", doc.name);
        match before {
            None if is_back => plan.creates.push(format!("{text}, which was deleted, with everything in it")),
            None => plan.creates.push(text),
            Some(_) if differs || moved => plan.updates.push(text),
            Some(_) => plan.unchanged += 1,
        }
        // Whoever imports owns what would have no owner: an organization always has one.
        if !members::other_owner_exists(change, blank.id, 0).await? {
            let Some(own) = change.actor().id else { return told("names no owner who has an account here".to_owned()) };
            members::join(change, self.mint(), blank.id, own, OrgRole::Owner, self.now()).await?;
            plan.updates.push(format!("{} is owner in organization {}", change.actor().name, doc.name));
            plan.warnings.push(format!(
                "organization {}: it names no owner who has an account here; {} becomes one",
                doc.name,
                change.actor().name
            ));
        }
        let Some(wanted) = &doc.projects else { return Ok(Ok(())) };
        Ok(self.import_projects(change, &blank, wanted, replace, plan).await?.map_err(|why| format!("{slug}: {why}")))
    }

    /// A new organization; else the deleted one whose projects the document names, and then true.
    async fn made_or_back(&self, change: &mut Mutation, doc: &OrganizationDoc) -> Result<(Organization, bool)> {
        let mut buried = None;
        for uid in doc.projects.iter().flatten().filter_map(uid_of) {
            buried = organizations::find_buried(change, &doc.slug, uid).await?;
            if buried.is_some() {
                break;
            }
        }
        let id = match buried {
            Some(id) => {
                organizations::unbury(change, id, &doc.slug, self.now()).await?;
                id
            }
            None => organizations::insert(change, self.mint(), &doc.name, &doc.slug, doc.is_personal, self.now()).await?,
        };
        let made = organizations::every_in(change).await?.into_iter().find(|o| o.id == id).ok_or(argos_store::StoreError::NoRow)?;
        Ok((made, buried.is_some()))
    }

    /// Whether any place changed.
    async fn import_places(
        &self,
        change: &mut Mutation,
        org: &Organization,
        wanted: &[(String, OrgRole)],
        replace: bool,
        plan: &mut SectionPlan,
    ) -> Result<bool> {
        let (mut moved, mut kept) = (false, Vec::new());
        for (name, role) in wanted {
            let Some((user, _)) = users::lock(change, users::By::Name(name)).await? else {
                plan.warnings.push(format!("organization {}: {name} has no account here", org.name));
                continue;
            };
            kept.push(user.id);
            let there = members::by_user(change, org.id, user.id).await?.filter(|m| m.status == MemberStatus::Active);
            if there.is_none_or(|m| m.role != *role) {
                members::join(change, self.mint(), org.id, user.id, *role, self.now()).await?;
                plan.updates.push(format!("{} is {} in organization {}", user.username, role.as_str(), org.name));
                moved = true;
            }
        }
        // Everybody belongs to the default one, and nobody puts himself out.
        kept.extend(change.actor().id);
        for place in members::list_in(change, org.id).await?.iter().filter(|_| replace && !org.is_default) {
            if place.user_id.is_some_and(|id| !kept.contains(&id)) {
                members::remove(change, place).await?;
                plan.removes.push(format!("{} from organization {}", place.username.as_deref().unwrap_or("somebody"), org.name));
                moved = true;
            }
        }
        Ok(moved)
    }

    pub(super) fn sealed_here(&self, project: Uid, document: Option<&str>) -> Option<String> {
        let blob = document?.strip_prefix("ENC:")?;
        self.0.vault.try_open(&super::project_settings::aad(project), blob).is_ok().then(|| blob.to_owned())
    }
}

impl Houses for Identity {
    fn houses<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<Vec<House>>> {
        Box::pin(async move {
            let mut out = Vec::new();
            for org in organizations::every_in(tx).await? {
                let projects = projects::of_organization_in(tx, org.id).await?.iter().map(|p| (p.id, p.uid)).collect();
                out.push(House { id: org.id, slug: org.slug, projects });
            }
            out.sort_by(|a, b| a.slug.cmp(&b.slug));
            Ok(out)
        })
    }
}

impl PortableSection for Identity {
    fn name(&self) -> &'static str {
        "organizations"
    }
    fn permissions(&self) -> Option<SectionPermissions> {
        Some(SectionPermissions { export: "instance:export", import: "instance:import" })
    }
    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(self.organizations_document())
    }
    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(self.import_organizations(change, wanted, replace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    argos_audit::section_property!(Section, |s| s.organizations.unwrap_or_default(), OrganizationDoc);
}
