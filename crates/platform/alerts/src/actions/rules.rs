//! Creating, changing, replacing and deleting rules. A bad batch changes nothing.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use argos_audit::{Category, Entry, Mutation};
use argos_condition::{Comparison, Condition, Expr, Literal, MetricRef};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, hex};
use serde_json::{Map, Value, json};

use crate::Alerts;
use crate::engine::close_rule;
use crate::model::rule::{AlertRule, circle};
use crate::model::rule_fields::{apply, check_id, to_json};
use crate::model::series::is_named;
use crate::store::rules;

/// Rules one installation may hold.
const RULES_MAX: usize = 20_000;

/// A saved rule and what is doubtful about it.
pub(crate) struct Saved {
    pub(crate) id: String,
    pub(crate) unknown_metrics: Vec<String>,
}

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Rule not found")
}

/// A 400 that names the field, when the text says which.
pub(super) fn bad(text: String) -> AppError {
    let field = field_of(&text).map(str::to_owned);
    let error = AppError::bad_request(text).code("invalid_rule");
    match field {
        Some(field) => error.with("field", field),
        None => error,
    }
}

/// The faults of a condition have documented words that name no field.
fn field_of(text: &str) -> Option<&str> {
    let text = text.strip_prefix("Rule #").and_then(|rest| rest.split_once(": ")).map_or(text, |(_, rest)| rest);
    if let Some(rest) = text.strip_prefix("Invalid ") {
        let word = rest.split([':', ' ']).next().unwrap_or_default();
        return match word {
            "clear_condition" => Some("clear_condition"),
            "condition" => Some("condition"),
            "rule" => Some("id"),
            word => Some(word).filter(|w| !w.is_empty()),
        };
    }
    (text.starts_with("Condition ") || text.starts_with("condition")).then_some("condition")
}

/// 400 when the rule would depend on itself. Only who depends on something can.
async fn no_circle(change: &mut argos_audit::Mutation, rule: &AlertRule) -> Result<()> {
    if rule.depends_on.is_empty() {
        return Ok(());
    }
    circle(rule, &rules::list_in(change).await?).map_or(Ok(()), |text| Err(bad(text)))
}

impl Alerts {
    /// What a save tells about metrics nothing answers.
    fn saved(&self, rule: &AlertRule) -> Saved {
        let unknown_metrics = rule.compile().map(|c| self.unknown_metrics(&c)).unwrap_or_default();
        Saved { id: rule.id.clone(), unknown_metrics }
    }

    fn chosen_id(&self, input: &Map<String, Value>) -> Result<String, String> {
        match input.get("id") {
            None | Some(Value::Null) => Ok(hex(&self.0.rng.bytes::<4>())),
            Some(Value::String(id)) if id.is_empty() => Ok(hex(&self.0.rng.bytes::<4>())),
            Some(Value::String(id)) => check_id(id).map(|()| id.clone()),
            Some(_) => Err("Invalid rule id".to_owned()),
        }
    }

    pub(crate) async fn list_rules(&self) -> Result<Vec<AlertRule>> {
        Ok(rules::list(&self.0.db).await?)
    }

    pub(crate) async fn create_rule(&self, actor: &Actor, input: &Map<String, Value>) -> Result<Saved> {
        let mut rule = AlertRule::new(self.chosen_id(input).map_err(bad)?, "");
        apply(&mut rule, input).and_then(|()| self.sensible(&rule)).map_err(bad)?;
        self.check_action(&rule, None).await?.map_err(bad)?;
        rule.updated_at = self.0.clock.now();
        let mut core = self.0.core.lock().await;
        let mut change = self.0.audit.begin(actor).await?;
        if rules::find(&mut change, &rule.id).await?.is_some() {
            return Err(AppError::conflict(format!("Rule '{}' already exists", rule.id)).code("duplicate_rule"));
        }
        if rules::count(&mut change).await? >= RULES_MAX {
            return Err(bad(format!("There are already {RULES_MAX} rules")));
        }
        no_circle(&mut change, &rule).await?;
        rules::insert(&mut change, &rule).await?;
        self.note(&mut change, actor, &rule.id, "create").await?;
        let entry =
            entry("alert_rule.create", &rule.id, format!("Alert rule {} created: {}", rule.id, rule.condition)).after(document(&rule));
        change.commit(entry).await?;
        core.invalidate();
        Ok(self.saved(&rule))
    }

    pub(crate) async fn update_rule(&self, actor: &Actor, id: &str, input: &Map<String, Value>) -> Result<Saved> {
        let mut core = self.0.core.lock().await;
        let mut change = self.0.audit.begin(actor).await?;
        let before = rules::find(&mut change, id).await?.ok_or_else(not_found)?;
        let mut rule = before.clone();
        apply(&mut rule, input).and_then(|()| self.sensible(&rule)).map_err(bad)?;
        self.check_action(&rule, Some(&before)).await?.map_err(bad)?;
        no_circle(&mut change, &rule).await?;
        self.store_update(&mut change, &before, &mut rule, None).await?;
        self.note(&mut change, actor, id, "update").await?;
        let entry = entry("alert_rule.update", id, format!("Alert rule {id} changed")).before(document(&before)).after(document(&rule));
        change.commit(entry).await?;
        core.invalidate();
        Ok(self.saved(&rule))
    }

    /// The token takes it back for a minute.
    pub(crate) async fn delete_rule(&self, actor: &Actor, id: &str) -> Result<Option<String>> {
        let mut core = self.0.core.lock().await;
        let mut change = self.0.audit.begin(actor).await?;
        let rule = rules::find(&mut change, id).await?.ok_or_else(not_found)?;
        if rule.builtin {
            return Err(bad("Built-in rules cannot be deleted; disable them instead".to_owned()));
        }
        close_rule(self, &mut change, &rule, self.0.clock.now()).await?;
        rules::delete(&mut change, id).await?;
        self.note(&mut change, actor, id, "delete").await?;
        let undo = self.offer_rule(&mut change, actor, &rule).await?;
        change.commit(entry("alert_rule.delete", id, format!("Alert rule {id} deleted")).before(document(&rule))).await?;
        core.invalidate();
        Ok(undo)
    }

    /// Replaces every rule that is not built in; built-in ones in the list are changed, the others stay.
    pub(crate) async fn replace_rules(&self, actor: &Actor, list: &[Value]) -> Result<Vec<Saved>> {
        if list.len() > RULES_MAX {
            return Err(bad(format!("More than {RULES_MAX} rules")));
        }
        let mut core = self.0.core.lock().await;
        let mut change = self.0.audit.begin(actor).await?;
        let existing = rules::list_in(&mut change).await?;
        let wanted = self.read_batch(list, &existing).map_err(bad)?;
        self.check_actions(&wanted, &existing).await?.map_err(bad)?;
        let now = self.0.clock.now();
        let kept: HashSet<&str> = wanted.iter().map(|w| w.id.as_str()).collect();
        for gone in existing.iter().filter(|r| !r.builtin && !kept.contains(r.id.as_str())) {
            close_rule(self, &mut change, gone, now).await?;
            rules::delete(&mut change, &gone.id).await?;
        }
        let by_id: HashMap<&str, &AlertRule> = existing.iter().map(|r| (r.id.as_str(), r)).collect();
        let mut saved = Vec::new();
        for (position, mut rule) in (1_i64..).zip(wanted) {
            match by_id.get(rule.id.as_str()).copied() {
                Some(before) => self.store_update(&mut change, before, &mut rule, (!before.builtin).then_some(position)).await?,
                None => {
                    rule.updated_at = now;
                    rules::insert(&mut change, &rule).await?;
                    rules::update(&mut change, &rule, Some(position)).await?;
                }
            }
            saved.push(self.saved(&rule));
        }
        self.note(&mut change, actor, "*", "update").await?;
        let ids = |rules: &[AlertRule]| rules.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
        let entry = Entry::new("alert_rule.replace_all", Category::Config)
            .target("alert_rule", "*")
            .describe(format!("All alert rules replaced: {} given", saved.len()))
            .before(json!({ "rules": ids(&existing) }))
            .after(json!({ "rules": saved.iter().map(|s| s.id.clone()).collect::<Vec<_>>() }));
        change.commit(entry).await?;
        core.invalidate();
        Ok(saved)
    }

    /// The same of the actions of a batch.
    pub(super) async fn check_actions(&self, wanted: &[AlertRule], existing: &[AlertRule]) -> Result<Result<(), String>> {
        for (n, rule) in (1..).zip(wanted) {
            let before = existing.iter().find(|r| r.id == rule.id);
            if let Err(text) = self.check_action(rule, before).await? {
                return Ok(Err(format!("Rule #{n}: {text}")));
            }
        }
        Ok(Ok(()))
    }

    /// Every rule of a batch, checked; the error names the first bad one.
    pub(super) fn read_batch(&self, list: &[Value], existing: &[AlertRule]) -> Result<Vec<AlertRule>, String> {
        let mut wanted: Vec<AlertRule> = Vec::with_capacity(list.len());
        let by_id: HashMap<&str, &AlertRule> = existing.iter().map(|r| (r.id.as_str(), r)).collect();
        let mut seen = HashSet::new();
        for (n, item) in (1..).zip(list) {
            let rule = self.read_one(item, &by_id).map_err(|text| format!("Rule #{n}: {text}"))?;
            if !seen.insert(rule.id.clone()) {
                return Err(format!("Rule #{n}: duplicate id '{}'", rule.id));
            }
            wanted.push(rule);
        }
        for (n, rule) in (1..).zip(&wanted) {
            circle(rule, &wanted).map_or(Ok(()), |text| Err(format!("Rule #{n}: {text}")))?;
        }
        Ok(wanted)
    }

    fn read_one(&self, item: &Value, existing: &HashMap<&str, &AlertRule>) -> Result<AlertRule, String> {
        let input = item.as_object().ok_or("not an object")?;
        let id = self.chosen_id(input)?;
        let known = existing.get(id.as_str()).copied();
        if let Some(builtin) = known.filter(|r| r.builtin) {
            let mut rule = builtin.clone();
            apply(&mut rule, input)?;
            return Ok(rule);
        }
        // A replaced rule begins from the defaults; only masked secrets of its action come from the stored one.
        let mut rule = AlertRule { action: known.and_then(|r| r.action.clone()), ..AlertRule::new(id, "") };
        if !input.contains_key("action") {
            rule.action = None;
        }
        apply(&mut rule, input)?;
        self.sensible(&rule)?;
        Ok(rule)
    }

    /// What can never hold is refused: a measured series is a number, not a text, and gone before it is absent for weeks.
    pub(crate) fn sensible(&self, rule: &AlertRule) -> Result<(), String> {
        let (compiled, catalogue) = (rule.compile()?, self.catalogue());
        let sides = [("condition", Some(&compiled.condition)), ("clear_condition", compiled.clear.as_ref())];
        for (field, condition) in sides {
            let texts = condition.map(texts_compared).unwrap_or_default();
            if let Some(metric) = texts.into_iter().find(|m| !m.name().contains('.') && catalogue.find(m).is_some()) {
                return Err(format!("Invalid {field}: {metric} is a number and cannot be compared with a text"));
            }
            // Without its name a series is not looked for any more by then.
            let is_late = |(metric, over): &(&MetricRef, Duration)| {
                let gone_s = catalogue.find(metric).filter(|_| !is_named(metric)).map(|(series, _)| series.how.gone_s());
                gone_s.is_some_and(|s| over.as_secs() >= s.unsigned_abs())
            };
            if let Some((metric, _)) = condition.map(absences).unwrap_or_default().into_iter().find(is_late) {
                return Err(format!(
                    "Invalid {field}: absent({metric}) for so long has to name one: what is silent so long is taken to be gone"
                ));
            }
        }
        Ok(())
    }

    pub(super) async fn store_update(
        &self,
        change: &mut Mutation,
        before: &AlertRule,
        rule: &mut AlertRule,
        position: Option<i64>,
    ) -> Result<()> {
        let now = self.0.clock.now();
        rule.updated_at = now;
        if before.is_active() && !rule.is_active() {
            close_rule(self, change, before, now).await?;
        }
        rules::update(change, rule, position).await?;
        Ok(())
    }

    async fn note(&self, change: &mut Mutation, actor: &Actor, id: &str, verb: &str) -> Result<()> {
        let event = NewEvent::new(Source::Platform, "config_change", format!("Alert rule {id}: {verb}"))
            .subject("alert_rule", id, id)
            .data(json!({ "object": "alert_rule", "id": id, "action": verb }))
            .actor(actor);
        self.0.events.publish(change, event).await?;
        Ok(())
    }
}

/// The metrics whose silence a condition asks for, and how long.
fn absences(condition: &Condition) -> Vec<(&MetricRef, Duration)> {
    fn walk<'a>(expr: &'a Expr, out: &mut Vec<(&'a MetricRef, Duration)>) {
        match expr {
            Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|p| walk(p, out)),
            Expr::Not(inner) => walk(inner, out),
            Expr::Absent { metric, over } => out.push((metric, *over)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(condition.expr(), &mut out);
    out
}

/// The metrics that a condition compares with texts.
fn texts_compared(condition: &Condition) -> Vec<&MetricRef> {
    fn walk<'a>(expr: &'a Expr, out: &mut Vec<&'a MetricRef>) {
        match expr {
            Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|p| walk(p, out)),
            Expr::Not(inner) => walk(inner, out),
            Expr::Compare(Comparison { value, literal: Literal::Text(_), .. }) => out.push(value.metric()),
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(condition.expr(), &mut out);
    out
}

fn entry(action: &str, id: &str, text: String) -> Entry {
    Entry::new(action, Category::Config).target("alert_rule", id).describe(text)
}

pub(super) fn document(rule: &AlertRule) -> Value {
    Value::Object(to_json(rule))
}
