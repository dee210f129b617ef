//! The protection of sites in the configuration document.

use argos_audit::{Mutation, SectionPlan};
use argos_kernel::{AppError, Result};
use serde_json::{Map, Value};

use super::portable::body;
use crate::model::host::Host;
use crate::model::security::{CustomRuleBody, ExclusionBody, Security, SecurityBody};
use crate::service::Edge;
use crate::store::{protection, security};

impl Edge {
    pub(super) async fn import_protection(
        &self,
        change: &mut Mutation,
        host: &Host,
        object: &Map<String, Value>,
        plan: &mut SectionPlan,
    ) -> Result<(), String> {
        let failed = |e: argos_store::StoreError| e.to_string();
        let place = |e: String| format!("protection of {}: {e}", host.domain);
        let said = |e: AppError| place(e.message().to_owned());
        let wanted: SecurityBody = body(object, &["host", "exclusions", "custom_rules", "updated_at"]).map_err(place)?;
        let wanted = wanted.check().map_err(said)?;
        let now = self.platform.clock.now();
        security::put(change, host.id, &wanted, now).await.map_err(failed)?;
        protection::clear(change, host.id).await.map_err(failed)?;
        let items = |name: &str| object.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        for item in items("exclusions") {
            let exclusion: ExclusionBody = serde_json::from_value(item).map_err(|e| place(e.to_string()))?;
            exclusion.check().map_err(said)?;
            protection::insert_exclusion(change, host.id, &exclusion, now).await.map_err(failed)?;
        }
        let mut taken = Vec::new();
        for item in items("custom_rules") {
            let own: CustomRuleBody = serde_json::from_value(item).map_err(|e| place(e.to_string()))?;
            own.check(&taken).map_err(said)?;
            taken.extend(crate::model::secrule::check(&own.secrule).unwrap_or_default());
            protection::insert_custom_rule(change, host.id, &own, now).await.map_err(failed)?;
        }
        plan.updates.push(format!("protection of {}", host.domain));
        Ok(())
    }

    /// Puts the protection of a site back to what every site has.
    pub(super) async fn clear_protection(&self, change: &mut Mutation, host: &Host, plan: &mut SectionPlan) -> Result<()> {
        let stored = security::find_in(change, host.id).await?.unwrap_or_default();
        if stored != Security::default() {
            security::put(change, host.id, &Security::default(), self.platform.clock.now()).await?;
        }
        if protection::clear(change, host.id).await? > 0 || stored != Security::default() {
            plan.updates.push(format!("protection of {}", host.domain));
        }
        Ok(())
    }
}
