//! Routing rules of a site.

use argos_kernel::{Actor, AppError, Result};
use argos_store::Tx;
use serde_json::{Value, json};

use super::hosts::no_host;
use super::reconcile::refused;
use super::{Done, PRIORITY_TAKEN, entry, taken, undo};
use crate::model::bad;
use crate::model::compile::judge;
use crate::model::host::Host;
use crate::model::rule::{PRIORITY_MAX, Rule, RuleBody, RuleSpec, fit};
use crate::service::Edge;
use crate::store::{groups, hosts, rules};

pub(super) fn no_rule() -> AppError {
    AppError::not_found("rule not found")
}

fn priority(given: Option<i64>) -> Result<i64> {
    given.filter(|p| (1..=PRIORITY_MAX).contains(p)).ok_or_else(|| bad("priority", format!("priority must be 1 to {PRIORITY_MAX}")))
}

fn document(rule: &Rule) -> Value {
    json!({
        "priority": rule.priority, "name": rule.name, "enabled": rule.enabled, "action": rule.action, "matchers": rule.matchers,
        "requests_at_once_max": rule.requests_at_once_max,
    })
}

/// The rule as the site may have it.
async fn judged(tx: &mut Tx, host: &Host, body: RuleBody) -> Result<RuleSpec> {
    let spec = body.spec(&host.domain)?;
    judge(&host.domain, &spec.action, &spec.matchers).map_err(refused)?;
    if let Some(group) = spec.action.group() {
        groups::find_in(tx, group).await?.ok_or_else(|| bad("action", "action: target group not found"))?;
    }
    Ok(spec)
}

impl Edge {
    pub(crate) async fn list_rules(&self, host_id: i64) -> Result<Vec<Rule>> {
        let db = &self.platform.store.state;
        hosts::find(db, host_id).await?.ok_or_else(no_host)?;
        Ok(rules::list_of(db, host_id).await?)
    }

    pub(crate) async fn get_rule(&self, host_id: i64, id: i64) -> Result<Rule> {
        let db = &self.platform.store.state;
        hosts::find(db, host_id).await?.ok_or_else(no_host)?;
        rules::find(db, host_id, id).await?.ok_or_else(no_rule)
    }

    pub(crate) async fn create_rule(&self, actor: &Actor, host_id: i64, body: RuleBody) -> Result<Done<Rule>> {
        let mut m = self.begin(actor).await?;
        let host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        let (wanted, enabled) = (body.priority.filter(|p| *p != 0), body.enabled.unwrap_or(true));
        let spec = judged(&mut m, &host, body).await?;
        let next = match wanted {
            Some(given) => priority(Some(given))?,
            None => {
                let last = rules::list_of_in(&mut m, host_id).await?.last().map_or(0, |r| r.priority);
                priority(Some(last + 10))?
            }
        };
        let now = self.platform.clock.now();
        let id = rules::insert(&mut m, host_id, next, enabled, &spec, now).await.map_err(|e| taken(e, &[PRIORITY_TAKEN]))?;
        let rule = rules::find_in(&mut m, host_id, id).await?.ok_or_else(no_rule)?;
        let line = entry("rule.create", "create", "rule", id).describe(format!("rule {} of {} created", rule.priority, host.domain));
        let applied = self.finish(m, line.after(document(&rule))).await?;
        Ok(Done { value: rule, applied })
    }

    pub(crate) async fn update_rule(&self, actor: &Actor, (host_id, id): (i64, i64), body: RuleBody) -> Result<Done<Rule>> {
        let mut m = self.begin(actor).await?;
        let host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        let before = rules::find_in(&mut m, host_id, id).await?.ok_or_else(no_rule)?;
        undo::offer_rule(&mut m, &before).await?;
        let wanted = priority(body.priority)?;
        let enabled = body.enabled.ok_or_else(|| bad("enabled", "enabled is required"))?;
        let spec = judged(&mut m, &host, body).await?;
        let now = self.platform.clock.now();
        rules::update(&mut m, id, wanted, enabled, &spec, now).await.map_err(|e| taken(e, &[PRIORITY_TAKEN]))?;
        let after = rules::find_in(&mut m, host_id, id).await?.ok_or_else(no_rule)?;
        let line = entry("rule.update", "update", "rule", id).describe(format!("rule {} of {} changed", after.priority, host.domain));
        let applied = self.finish(m, line.before(document(&before)).after(document(&after))).await?;
        Ok(Done { value: after, applied })
    }

    pub(crate) async fn toggle_rule(&self, actor: &Actor, host_id: i64, id: i64) -> Result<Done<Rule>> {
        let mut m = self.begin(actor).await?;
        let host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        let before = rules::find_in(&mut m, host_id, id).await?.ok_or_else(no_rule)?;
        if !before.enabled {
            fit(&before.matchers, &host.domain).map_err(refused)?;
        }
        undo::offer_rule_switch(&mut m, &before).await?;
        let spec = RuleSpec {
            name: before.name.clone(),
            action: before.action.clone(),
            matchers: before.matchers.clone(),
            requests_at_once_max: before.requests_at_once_max,
        };
        rules::update(&mut m, id, before.priority, !before.enabled, &spec, self.platform.clock.now()).await?;
        let after = rules::find_in(&mut m, host_id, id).await?.ok_or_else(no_rule)?;
        let word = if after.enabled { "on" } else { "off" };
        let line =
            entry("rule.toggle", "toggle", "rule", id).describe(format!("rule {} of {} switched {word}", after.priority, host.domain));
        let applied = self.finish(m, line.after(json!({ "enabled": after.enabled }))).await?;
        Ok(Done { value: after, applied })
    }

    pub(crate) async fn reorder_rules(&self, actor: &Actor, host_id: i64, order: &[i64]) -> Result<Done<Vec<Rule>>> {
        let mut m = self.begin(actor).await?;
        let host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        let before: Vec<i64> = rules::list_of_in(&mut m, host_id).await?.iter().map(|r| r.id).collect();
        let (mut had, mut wanted) = (before.clone(), order.to_vec());
        had.sort_unstable();
        wanted.sort_unstable();
        if had != wanted {
            return Err(bad("rule_ids", "rule_ids must name every rule of the host exactly once"));
        }
        undo::offer_order(&mut m, host_id, before.clone()).await?;
        rules::renumber(&mut m, host_id, order, self.platform.clock.now()).await?;
        let after = rules::list_of_in(&mut m, host_id).await?;
        let line = entry("rule.reorder", "reorder", "host", host_id).describe(format!("rules of {} reordered", host.domain));
        let applied = self.finish(m, line.before(json!({ "rule_ids": before })).after(json!({ "rule_ids": order }))).await?;
        Ok(Done { value: after, applied })
    }

    pub(crate) async fn delete_rule(&self, actor: &Actor, host_id: i64, id: i64) -> Result<bool> {
        let mut m = self.begin(actor).await?;
        let host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        let rule = rules::find_in(&mut m, host_id, id).await?.ok_or_else(no_rule)?;
        undo::offer_rule(&mut m, &rule).await?;
        rules::delete(&mut m, id).await?;
        let line = entry("rule.delete", "delete", "rule", id).describe(format!("rule {} of {} deleted", rule.priority, host.domain));
        self.finish(m, line.before(document(&rule))).await
    }
}
