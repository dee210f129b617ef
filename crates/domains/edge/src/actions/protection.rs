//! Protection of a site: mode and limits, exclusions, own rules. The rules of the firewall are kept and judged as text;
//! no engine for them is built in yet, which `/api/appsec/status` says.

use argos_kernel::{Actor, AppError, Result, Timestamp};
use argos_store::Tx;
use serde_json::json;

use super::hosts::no_host;
use super::{Done, EXCLUSION_TAKEN, entry, taken, undo};
use crate::model::bad;
use crate::model::host::Host;
use crate::model::secrule;
use crate::model::security::{CustomRule, CustomRuleBody, Exclusion, ExclusionBody, Security, SecurityBody};
use crate::service::Edge;
use crate::store::{hosts, protection, security};

/// The whole protection of a site.
pub(crate) struct Protection {
    pub(crate) security: Security,
    /// Null before the first change.
    pub(crate) updated_at: Option<Timestamp>,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) custom_rules: Vec<CustomRule>,
}

pub(super) fn no_exclusion() -> AppError {
    AppError::not_found("exclusion not found")
}

fn no_custom_rule() -> AppError {
    AppError::not_found("custom rule not found")
}

async fn host_in(tx: &mut Tx, id: i64) -> Result<Host> {
    hosts::find_in(tx, id).await?.ok_or_else(no_host)
}

/// Ids that the other own rules of a site use.
async fn taken_ids(tx: &mut Tx, host_id: i64, but: Option<i64>) -> Result<Vec<u64>> {
    let rules = protection::custom_rules_in(tx, host_id).await?;
    Ok(rules.iter().filter(|r| Some(r.id) != but).flat_map(|r| secrule::check(&r.secrule).unwrap_or_default()).collect())
}

fn required(enabled: Option<bool>) -> Result<bool> {
    enabled.ok_or_else(|| bad("enabled", "enabled is required"))
}

impl Edge {
    pub(crate) async fn get_protection(&self, host_id: i64) -> Result<Protection> {
        let db = &self.platform.store.state;
        hosts::find(db, host_id).await?.ok_or_else(no_host)?;
        let found = security::find(db, host_id).await?;
        Ok(Protection {
            updated_at: found.as_ref().map(|(_, at)| *at),
            security: found.map(|(s, _)| s).unwrap_or_default(),
            exclusions: protection::exclusions(db, host_id).await?,
            custom_rules: protection::custom_rules(db, host_id).await?,
        })
    }

    pub(crate) async fn put_security(&self, actor: &Actor, host_id: i64, body: SecurityBody) -> Result<Done<(Security, Timestamp)>> {
        let wanted = body.check()?;
        let mut m = self.begin(actor).await?;
        let host = host_in(&mut m, host_id).await?;
        let before = security::find_in(&mut m, host_id).await?.unwrap_or_default();
        undo::offer_security(&mut m, host_id, &before).await?;
        let now = self.platform.clock.now();
        security::put(&mut m, host_id, &wanted, now).await?;
        let line = entry("host_security.update", "update", "host", host_id).describe(format!("protection of {} changed", host.domain));
        let applied = self.finish(m, line.before(json!(before)).after(json!(wanted))).await?;
        Ok(Done { value: (wanted, now), applied })
    }

    pub(crate) async fn create_exclusion(&self, actor: &Actor, host_id: i64, body: &ExclusionBody) -> Result<Done<Exclusion>> {
        body.check()?;
        let mut m = self.begin(actor).await?;
        let host = host_in(&mut m, host_id).await?;
        let now = self.platform.clock.now();
        let id = protection::insert_exclusion(&mut m, host_id, body, now).await.map_err(|e| taken(e, &[EXCLUSION_TAKEN]))?;
        let made = protection::find_exclusion(&mut m, host_id, id).await?.ok_or_else(no_exclusion)?;
        undo::offer_new_exclusion(&mut m, &made).await?;
        let text = format!("rule {} excluded on {}", made.crs_rule_id, host.domain);
        let applied = self.finish(m, entry("exclusion.create", "create", "exclusion", id).describe(text).after(shown(&made))).await?;
        Ok(Done { value: made, applied })
    }

    async fn change_exclusion(
        &self,
        actor: &Actor,
        (host_id, id): (i64, i64),
        action: (&str, &str),
        change: impl FnOnce(&mut Exclusion),
    ) -> Result<Done<Exclusion>> {
        let mut m = self.begin(actor).await?;
        let host = host_in(&mut m, host_id).await?;
        let before = protection::find_exclusion(&mut m, host_id, id).await?.ok_or_else(no_exclusion)?;
        undo::offer_exclusion(&mut m, &before).await?;
        let mut after = before.clone();
        change(&mut after);
        after.updated_at = self.platform.clock.now();
        protection::update_exclusion(&mut m, &after, after.updated_at).await.map_err(|e| taken(e, &[EXCLUSION_TAKEN]))?;
        let text = format!("exclusion of rule {} on {} changed", after.crs_rule_id, host.domain);
        let line = entry(action.0, action.1, "exclusion", id).describe(text).before(shown(&before)).after(shown(&after));
        let applied = self.finish(m, line).await?;
        Ok(Done { value: after, applied })
    }

    pub(crate) async fn update_exclusion(&self, actor: &Actor, place: (i64, i64), body: ExclusionBody) -> Result<Done<Exclusion>> {
        body.check()?;
        let enabled = required(body.enabled)?;
        let change = |e: &mut Exclusion| {
            (e.crs_rule_id, e.path_pattern, e.reason, e.enabled) = (body.crs_rule_id, body.path_pattern, body.reason, enabled);
        };
        self.change_exclusion(actor, place, ("exclusion.update", "update"), change).await
    }

    pub(crate) async fn toggle_exclusion(&self, actor: &Actor, place: (i64, i64)) -> Result<Done<Exclusion>> {
        self.change_exclusion(actor, place, ("exclusion.toggle", "toggle"), |e| e.enabled = !e.enabled).await
    }

    pub(crate) async fn delete_exclusion(&self, actor: &Actor, host_id: i64, id: i64) -> Result<bool> {
        let mut m = self.begin(actor).await?;
        let host = host_in(&mut m, host_id).await?;
        let gone = protection::find_exclusion(&mut m, host_id, id).await?.ok_or_else(no_exclusion)?;
        undo::offer_exclusion(&mut m, &gone).await?;
        protection::delete_exclusion(&mut m, id).await?;
        let text = format!("exclusion of rule {} on {} deleted", gone.crs_rule_id, host.domain);
        self.finish(m, entry("exclusion.delete", "delete", "exclusion", id).describe(text).before(shown(&gone))).await
    }

    pub(crate) async fn create_custom_rule(&self, actor: &Actor, host_id: i64, body: &CustomRuleBody) -> Result<Done<CustomRule>> {
        let mut m = self.begin(actor).await?;
        let host = host_in(&mut m, host_id).await?;
        body.check(&taken_ids(&mut m, host_id, None).await?)?;
        let id = protection::insert_custom_rule(&mut m, host_id, body, self.platform.clock.now()).await?;
        let made = protection::find_custom_rule(&mut m, host_id, id).await?.ok_or_else(no_custom_rule)?;
        let text = format!("own rule {} of {} created", made.name, host.domain);
        let line = entry("custom_rule.create", "create", "custom_rule", id).describe(text).after(shown_rule(&made));
        let applied = self.finish(m, line).await?;
        Ok(Done { value: made, applied })
    }

    async fn change_custom_rule(
        &self,
        actor: &Actor,
        (host_id, id): (i64, i64),
        action: (&str, &str),
        wanted: Option<&CustomRuleBody>,
    ) -> Result<Done<CustomRule>> {
        let mut m = self.begin(actor).await?;
        let host = host_in(&mut m, host_id).await?;
        let before = protection::find_custom_rule(&mut m, host_id, id).await?.ok_or_else(no_custom_rule)?;
        undo::offer_custom_rule(&mut m, &before).await?;
        let mut after = before.clone();
        match wanted {
            Some(body) => {
                body.check(&taken_ids(&mut m, host_id, Some(id)).await?)?;
                (after.name, after.secrule, after.enabled) = (body.name.trim().to_owned(), body.secrule.clone(), required(body.enabled)?);
            }
            None => after.enabled = !after.enabled,
        }
        after.updated_at = self.platform.clock.now();
        protection::update_custom_rule(&mut m, &after, after.updated_at).await?;
        let text = format!("own rule {} of {} changed", after.name, host.domain);
        let line = entry(action.0, action.1, "custom_rule", id).describe(text).before(shown_rule(&before)).after(shown_rule(&after));
        let applied = self.finish(m, line).await?;
        Ok(Done { value: after, applied })
    }

    pub(crate) async fn update_custom_rule(&self, actor: &Actor, place: (i64, i64), body: &CustomRuleBody) -> Result<Done<CustomRule>> {
        self.change_custom_rule(actor, place, ("custom_rule.update", "update"), Some(body)).await
    }

    pub(crate) async fn toggle_custom_rule(&self, actor: &Actor, place: (i64, i64)) -> Result<Done<CustomRule>> {
        self.change_custom_rule(actor, place, ("custom_rule.toggle", "toggle"), None).await
    }

    pub(crate) async fn delete_custom_rule(&self, actor: &Actor, host_id: i64, id: i64) -> Result<bool> {
        let mut m = self.begin(actor).await?;
        let host = host_in(&mut m, host_id).await?;
        let gone = protection::find_custom_rule(&mut m, host_id, id).await?.ok_or_else(no_custom_rule)?;
        undo::offer_custom_rule(&mut m, &gone).await?;
        protection::delete_custom_rule(&mut m, id).await?;
        let text = format!("own rule {} of {} deleted", gone.name, host.domain);
        self.finish(m, entry("custom_rule.delete", "delete", "custom_rule", id).describe(text).before(shown_rule(&gone))).await
    }
}

fn shown(e: &Exclusion) -> serde_json::Value {
    json!({ "crs_rule_id": e.crs_rule_id, "path_pattern": e.path_pattern, "reason": e.reason, "enabled": e.enabled })
}

fn shown_rule(r: &CustomRule) -> serde_json::Value {
    json!({ "name": r.name, "secrule": r.secrule, "enabled": r.enabled })
}
