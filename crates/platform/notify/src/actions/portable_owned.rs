//! The channels and rules of organizations as the section `organization_notifications` of the configuration document. An
//! organization is known by its slug, a channel and a rule by their names in it. Organizations that the document does not
//! name keep what they have.

use std::sync::Arc;

use argos_audit::{House, Houses, Mutation, PortableSection, SectionPermissions, SectionPlan, of_houses, read_section};
use argos_kernel::{AppError, Result};
use argos_web::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::portable::{Owned, Section};
use super::portable_docs::{ChannelDoc, RuleDoc};
use crate::Notify;
use crate::store::{channels, rules};

const NAME: &str = "organization_notifications";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedSection {
    #[serde(default)]
    organizations: Vec<OfOrganization>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrganization {
    /// Its slug.
    organization: String,
    #[serde(default)]
    channels: Vec<ChannelDoc>,
    #[serde(default)]
    rules: Vec<RuleDoc>,
}

/// The section.
pub struct OrganizationNotifications {
    notify: Notify,
    houses: Arc<dyn Houses>,
}

impl OrganizationNotifications {
    pub fn new(notify: Notify, houses: Arc<dyn Houses>) -> Self {
        Self { notify, houses }
    }

    async fn document(&self) -> Result<Value> {
        let db = self.notify.db();
        let (all, rules) = (channels::list(db).await?, rules::list(db).await?);
        let mut tx = db.begin().await?;
        let houses = self.houses.houses(&mut tx).await?;
        tx.commit().await?;
        let of = |house: &House| {
            let Section { channels, rules } = self.notify.section_of(Owned::By(house), &all, &rules)?;
            Ok(OfOrganization { organization: house.slug.clone(), channels, rules })
        };
        let organizations = houses.iter().map(of).collect::<Result<_>>()?;
        serde_json::to_value(OwnedSection { organizations }).map_err(AppError::internal)
    }

    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: OwnedSection = read_section(NAME, wanted)?;
        let houses = self.houses.houses(change).await?;
        let wanted = section.organizations.into_iter().map(|one| (one.organization, Section { channels: one.channels, rules: one.rules }));
        let mut plan = SectionPlan::default();
        for (house, own) in of_houses(&houses, wanted.collect(), &mut plan) {
            self.notify.import_owned(change, &own, Owned::By(house), replace, &mut plan).await?;
        }
        Ok(plan)
    }
}

impl PortableSection for OrganizationNotifications {
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
    fn imported(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.notify.refresh_redactor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_text_is_a_section_or_an_error(text in "[\\[\\]{}:,\"a-z0-9_ ]{0,200}") {
            drop(serde_json::from_str::<OwnedSection>(&text));
        }
    }
}
