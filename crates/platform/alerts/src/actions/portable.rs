//! Alert rules, maintenance windows and silences as a section of the configuration document. Built-in rules are in it
//! too; of them only what people may change is read.

use argos_audit::{Mutation, PortableSection, SectionPlan};
use argos_kernel::{AppError, Result};
use argos_web::BoxFuture;
use serde_json::{Map, Value, json};

use crate::Alerts;
use crate::actions::portable_windows::{self, is_over};
use crate::engine::close_rule;
use crate::model::action::masked;
use crate::model::rule::{AlertRule, ChannelRef, circle};
use crate::model::rule_fields::to_json;
use crate::store::{rules, windows};

/// A rule as the document shows it: secrets of its action masked, nothing only this installation knows.
fn document(rule: &AlertRule) -> Map<String, Value> {
    let mut map = to_json(rule);
    map.remove("origin");
    if let Some(action) = map.get_mut("action").filter(|a| a.is_object()) {
        *action = masked(action);
    }
    map
}

fn same(a: &AlertRule, b: &AlertRule) -> bool {
    to_json(a) == to_json(b)
}

impl Alerts {
    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        // Windows alone leave the rules as they are.
        if let Some(list) = wanted.as_object().filter(|m| m.len() == 1).and_then(|m| m.get("windows")?.as_array()) {
            let mut plan = SectionPlan::default();
            self.import_windows(change, list, replace, &mut plan).await?;
            return Ok(plan);
        }
        let rules_wanted = wanted.get("rules").and_then(Value::as_array);
        let unknown = wanted.as_object().and_then(|m| m.keys().find(|k| !["rules", "windows"].contains(&k.as_str())));
        // A document of before has no windows, and those that are there stay.
        let windows_wanted = match wanted.get("windows") {
            None | Some(Value::Null) => Some(None),
            Some(value) => value.as_array().map(Some),
        };
        let (Some(list), None, Some(windows)) = (rules_wanted, unknown, windows_wanted) else {
            let text = "The section alerts must hold rules and may hold windows, both lists";
            return Err(AppError::bad_request(text).code("invalid_document"));
        };
        let existing = rules::list_in(change).await?;
        let mut plan = SectionPlan::default();
        let wanted = match self.read_batch(list, &existing) {
            Ok(wanted) => wanted,
            Err(fault) => {
                plan.faults.push(fault);
                return Ok(plan);
            }
        };
        for rule in &wanted {
            let before = existing.iter().find(|r| r.id == rule.id);
            // What an action needs may stand in the same document, and is judged again when it is carried out.
            if let Err(why) = self.check_action(rule, before).await? {
                plan.warnings.push(format!("rule {}: {why}", rule.id));
            }
            if before.and_then(|b| b.action.as_ref()) != rule.action.as_ref()
                && rule.action.as_ref().is_some_and(|a| crate::rule_action::word(a) == "schedule")
            {
                plan.warnings.push(format!("rule {}: it runs a schedule by number, which may be another schedule here", rule.id));
            }
        }
        let after: Vec<AlertRule> =
            existing.iter().filter(|r| !replace && wanted.iter().all(|w| w.id != r.id)).cloned().chain(wanted.clone()).collect();
        for rule in &wanted {
            plan.faults.extend(circle(rule, &after).map(|text| format!("rule {}: {text}", rule.id)));
            if rule.channels.iter().any(|c| matches!(c, ChannelRef::Id(_))) {
                plan.warnings.push(format!("rule {}: it names channels by number, which may be another channel here", rule.id));
            }
        }
        if !plan.faults.is_empty() {
            return Ok(plan);
        }
        for mut rule in wanted {
            match existing.iter().find(|r| r.id == rule.id) {
                Some(before) if same(before, &rule) => plan.unchanged += 1,
                Some(before) => {
                    self.store_update(change, before, &mut rule, None).await?;
                    plan.updates.push(format!("rule {}", rule.id));
                }
                None => {
                    rule.updated_at = self.0.clock.now();
                    rules::insert(change, &rule).await?;
                    plan.creates.push(format!("rule {}", rule.id));
                }
            }
        }
        let kept = |id: &str| after.iter().any(|r| r.id == id);
        for gone in existing.iter().filter(|r| replace && !r.builtin && !kept(&r.id)) {
            close_rule(self, change, gone, self.0.clock.now()).await?;
            rules::delete(change, &gone.id).await?;
            plan.removes.push(format!("rule {}", gone.id));
        }
        if let Some(list) = windows {
            self.import_windows(change, list, replace, &mut plan).await?;
        }
        Ok(plan)
    }
}

impl PortableSection for Alerts {
    fn name(&self) -> &'static str {
        "alerts"
    }

    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async {
            let rules = rules::list(&self.0.db).await?;
            let (windows, now) = (windows::list(&self.0.db).await?, self.0.clock.now());
            let windows: Vec<Value> = windows.iter().filter(|w| !is_over(w, now)).map(portable_windows::document).collect();
            Ok(json!({ "rules": rules.iter().map(document).collect::<Vec<_>>(), "windows": windows }))
        })
    }

    fn hold(&self) -> BoxFuture<'_, Box<dyn Send + '_>> {
        Box::pin(async { Box::new(self.0.core.lock().await) as Box<dyn Send + '_> })
    }

    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(self.import_section(change, wanted, replace))
    }

    fn imported(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            self.0.core.lock().await.invalidate();
            self.sync_periods(self.0.clock.now()).await
        })
    }
}
