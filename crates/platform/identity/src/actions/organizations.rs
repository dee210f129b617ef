//! Making, changing, deleting and handing over organizations. The default one cannot be deleted, and each keeps an owner.

use argos_audit::{Category, Entry, Mutation};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, FieldError, Result, Uid, hex};
use argos_store::StoreError;
use argos_web::OpCx;
use serde_json::{Map, Value, json};

use super::{Document, OrganizationAccess};
use crate::model::organization::{self, Organization};
use crate::model::permission::OrgRole;
use crate::model::user::User;
use crate::service::Identity;
use crate::store::{members, organizations};

/// What audit keeps of an organization.
fn facts(org: &Organization) -> Value {
    json!({
        "name": org.name, "slug": org.slug, "plan": org.plan, "settings": org.settings, "features": org.features,
        "ai_budget_daily": org.ai_budget_daily, "ai_budget_monthly": org.ai_budget_monthly, "logo_url": org.logo_url,
        "domain": org.domain, "sso_enabled": org.sso_enabled,
    })
}

impl Identity {
    /// The public id of an organization that is not deleted.
    pub async fn organization_uid(&self, id: i64) -> Result<Option<Uid>> {
        Ok(organizations::find(&self.0.db, organizations::By::Id(id)).await?.map(|o| o.uid))
    }

    /// The organization that the instance itself belongs to: its number and its public id.
    pub async fn default_organization(&self) -> Result<Option<(i64, Uid)>> {
        Ok(organizations::find(&self.0.db, organizations::By::Default).await?.map(|o| (o.id, o.uid)))
    }

    /// Makes an organization with the caller as its owner.
    pub(crate) async fn create_organization(&self, cx: &OpCx, name: &str, slug: Option<&str>) -> Result<Organization> {
        let name = organization::check_name(name).map_err(one_fault)?;
        let slug = match slug {
            Some(slug) => {
                organization::check_slug(slug).map_err(one_fault)?;
                slug.to_owned()
            }
            None => organization::slug_of(name)
                .ok_or_else(|| AppError::bad_request("name must hold a letter or digit").with("field", "name"))?,
        };
        let owner = cx.user_id()?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let id = self.insert_organization(&mut change, name, &slug, owner, false).await?;
        let entry = Entry::new("org.create", Category::Data).organization(id).target("organization", &slug);
        self.organization_changed(&mut change, name, "created").await?;
        change.commit(entry.describe(format!("Organization {name} created")).after(json!({ "name": name, "slug": slug }))).await?;
        self.organization(id).await
    }

    /// The personal organization of somebody who belongs to none; the same one when asked again.
    pub(crate) async fn ensure_personal_organization(&self, user: &User, actor: &Actor) -> Result<()> {
        let local = user.email.as_deref().and_then(|e| e.split('@').next()).unwrap_or(&user.username);
        let local = organization::slug_of(local).unwrap_or_else(|| "user".to_owned());
        let mut change = self.0.audit.begin(actor).await?;
        // Named after the user, so that two requests at once make one.
        let own: String = user.uid.short().chars().take(8).collect();
        let slug = format!("{}-workspace-{own}", local.chars().take(30).collect::<String>());
        if organizations::slug_is_taken(&mut change, &slug).await? {
            return Ok(());
        }
        let name = format!("{local}'s Workspace");
        let id = match self.insert_organization(&mut change, &name, &slug, user.id, true).await {
            Ok(id) => id,
            Err(e) if e.code_str() == "slug_taken" => return Ok(()),
            Err(e) => return Err(e),
        };
        let entry = Entry::new("org.create", Category::Data).organization(id).target("organization", &slug);
        change.commit(entry.describe(format!("Personal organization of {} created", user.username))).await
    }

    /// A taken slug gets six more characters.
    async fn insert_organization(&self, change: &mut Mutation, name: &str, slug: &str, owner: i64, personal: bool) -> Result<i64> {
        let (now, mut slug) = (self.now(), slug.to_owned());
        if organizations::slug_is_taken(change, &slug).await? {
            slug = format!("{}-{}", slug.chars().take(43).collect::<String>(), hex(&self.0.rng.bytes::<3>()));
        }
        let inserted = organizations::insert(change, self.mint(), name, &slug, personal, now).await;
        let id = inserted.map_err(|e| match e {
            e if e.is_unique("organizations.slug") => AppError::conflict("This slug is taken").code("slug_taken").with("field", "slug"),
            e => e.into(),
        })?;
        members::join(change, self.mint(), id, owner, OrgRole::Owner, now).await?;
        self.evict_on_commit(change);
        Ok(id)
    }

    pub(crate) async fn organization(&self, id: i64) -> Result<Organization> {
        let found = organizations::find(&self.0.db, organizations::By::Id(id)).await?;
        found.ok_or_else(|| StoreError::NoRow.into())
    }

    /// Writes the members of a partial update.
    pub(crate) async fn change_organization(&self, cx: &OpCx, old: &Organization, body: &Map<String, Value>) -> Result<Organization> {
        let mut new = old.clone();
        organization::apply_patch(&mut new, body, cx.has("admin:full_access")).map_err(AppError::invalid)?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !organizations::update(&mut change, &new, self.now()).await? {
            return Err(AppError::not_found("Organization not found"));
        }
        self.organization_changed(&mut change, &new.name, "updated").await?;
        let entry = Entry::new("org.update", Category::Data).organization(old.id).target("organization", &old.slug);
        change.commit(entry.describe(format!("Organization {} changed", new.name)).before(facts(old)).after(facts(&new))).await?;
        self.organization(old.id).await
    }

    /// Hides an organization at once; its keys end, its rows go a month later.
    pub(crate) async fn delete_organization(&self, cx: &OpCx, org: &Organization) -> Result<()> {
        if org.is_default {
            return Err(AppError::conflict("The default organization cannot be deleted").code("default_organization"));
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !organizations::delete(&mut change, org, self.now()).await? {
            return Err(AppError::not_found("Organization not found"));
        }
        self.evict_on_commit(&mut change);
        self.organization_changed(&mut change, &org.name, "deleted").await?;
        let entry = Entry::new("org.delete", Category::Data).organization(org.id).target("organization", &org.slug);
        change.commit(entry.describe(format!("Organization {} deleted", org.name)).before(facts(org))).await
    }

    /// Makes an active member the owner in the place of the caller, who becomes an administrator.
    pub(crate) async fn transfer_organization(&self, cx: &OpCx, access: &OrganizationAccess, to: Uid) -> Result<()> {
        let org = &access.organization;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        organizations::lock(&mut change, org.id).await?;
        let target = members::by_uid(&mut change, org.id, to).await?;
        let target = target.filter(|m| m.status == organization::MemberStatus::Active);
        let target =
            target.ok_or_else(|| AppError::bad_request("The new owner must be an active member").with("field", "new_owner_user_id"))?;
        if target.user_id == cx.caller.user_id {
            return Err(AppError::bad_request("You own this organization already").with("field", "new_owner_user_id"));
        }
        members::set_role(&mut change, target.id, OrgRole::Owner).await?;
        if let Some(own) = members::by_user(&mut change, org.id, cx.user_id()?).await? {
            members::set_role(&mut change, own.id, OrgRole::Admin).await?;
        }
        self.evict_on_commit(&mut change);
        let who = target.username.unwrap_or_default();
        self.member_changed(&mut change, &org.name, &who, "became owner").await?;
        let entry = Entry::new("org.transfer", Category::Security).organization(org.id).target("organization", &org.slug);
        change.commit(entry.describe(format!("Organization {} handed over to {who}", org.name)).after(json!({ "owner": who }))).await
    }

    /// The organization, and a project of it, the caller acts in without saying so.
    pub(crate) async fn choose_organization(&self, cx: &OpCx, organization: Uid, project: Option<Uid>) -> Result<()> {
        let mut profile = self.document(cx.user_id()?, Document::Profile).await?.map(|(map, _)| map).unwrap_or_default();
        profile.insert("default_organization_id".to_owned(), json!(organization));
        profile.insert("default_project_id".to_owned(), json!(project));
        self.put_document(cx, Document::Profile, &profile).await.map(drop)
    }

    async fn organization_changed(&self, change: &mut Mutation, name: &str, what: &str) -> Result<()> {
        let event = NewEvent::new(Source::Platform, "organization.changed", format!("Organization {name} was {what}"))
            .subject("organization", name, name)
            .actor(change.actor())
            .data(json!({ "name": name, "change": what }));
        self.0.events.publish(change, event).await?;
        Ok(())
    }

    pub(crate) async fn member_changed(&self, change: &mut Mutation, organization: &str, who: &str, what: &str) -> Result<()> {
        let event = NewEvent::new(Source::Platform, "organization.member_changed", format!("{who} {what} in {organization}"))
            .subject("organization", organization, organization)
            .actor(change.actor())
            .data(json!({ "organization": organization, "who": who, "change": what }));
        self.0.events.publish(change, event).await?;
        Ok(())
    }
}

pub(crate) fn one_fault(fault: FieldError) -> AppError {
    AppError::invalid(vec![fault])
}
