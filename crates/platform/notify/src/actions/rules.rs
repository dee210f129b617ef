//! Creating, changing, switching and deleting notification rules.

use argos_audit::Mutation;
use argos_kernel::{Actor, AppError, Result, Severity};
use serde_json::{Value, json};

use super::{Of as _, bad, entry};
use crate::Notify;
use crate::model::channel::Channel;
use crate::model::condition;
use crate::model::event_types::is_known;
use crate::model::rule::{Priority, Rule};
use crate::model::template;
use crate::store::{channels, rules};

const NAME_MAX: usize = 128;
const THROTTLE_MAX: i64 = 86_400;
const RULES_MAX: usize = 2_000;

/// What a client sends; absent members keep what is stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleInput {
    pub(crate) name: Option<String>,
    pub(crate) channel_id: Option<i64>,
    /// One kind, alias or `prefix.*`; several separated by commas.
    pub(crate) event_type: Option<String>,
    pub(crate) host_ids: Option<Vec<i64>>,
    pub(crate) severities: Option<Vec<String>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) throttle_s: Option<i64>,
    /// Empty = none.
    pub(crate) min_severity: Option<String>,
    pub(crate) device_ids: Option<Vec<String>>,
    pub(crate) node_ids: Option<Vec<String>>,
    /// Empty = the channel's.
    pub(crate) template: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) conditions: Option<Value>,
    /// Empty = the subject.
    pub(crate) throttle_key: Option<String>,
    /// low, normal, high or urgent
    pub(crate) priority: Option<String>,
}

pub(crate) fn not_found() -> AppError {
    AppError::not_found("rule not found")
}

impl Notify {
    pub(super) fn apply(&self, input: &RuleInput, rule: &mut Rule) -> Result<()> {
        if let Some(name) = &input.name {
            name.trim().clone_into(&mut rule.name);
        }
        if rule.name.is_empty() || rule.name.chars().count() > NAME_MAX {
            let text =
                if rule.name.is_empty() { "name is required".to_owned() } else { format!("name must be at most {NAME_MAX} characters") };
            return Err(bad(text).with("field", "name"));
        }
        if let Some(types) = &input.event_type {
            rule.kinds = types.split(',').map(str::trim).filter(|k| !k.is_empty()).map(str::to_owned).collect();
        }
        let kinds = self.events().kinds();
        if rule.kinds.is_empty() {
            return Err(bad("event_type is required").with("field", "event_type"));
        }
        if let Some(unknown) = rule.kinds.iter().find(|k| !is_known(kinds, k)) {
            return Err(bad(format!("unknown event type '{}'", unknown.escape_debug())).with("field", "event_type"));
        }
        if let Some(words) = &input.severities {
            let parsed: Result<Vec<Severity>> = words
                .iter()
                .map(|w| match w.parse() {
                    Ok(Severity::Debug) | Err(()) => {
                        Err(bad(format!("unknown severity '{}'", w.escape_debug())).with("field", "filter_severities"))
                    }
                    Ok(s) => Ok(s),
                })
                .collect();
            rule.severities = parsed?;
        }
        if let Some(ids) = &input.host_ids {
            rule.host_ids.clone_from(ids);
        }
        if let Some(word) = &input.min_severity {
            let parsed = if word.is_empty() { Ok(None) } else { word.parse().map(Some) };
            let unknown = |()| bad(format!("unknown severity '{}'", word.escape_debug())).with("field", "min_severity");
            rule.min_severity = parsed.map_err(unknown)?;
        }
        for (given, place) in [(&input.device_ids, &mut rule.device_ids), (&input.node_ids, &mut rule.node_ids)] {
            if let Some(ids) = given {
                place.clone_from(ids);
            }
        }
        if let Some(text) = &input.template {
            template::check(text).map_err(|e| bad(e).with("field", "template"))?;
            rule.template = Some(text.clone()).filter(|t| !t.is_empty());
        }
        if let Some(tags) = &input.tags {
            rule.tags.clone_from(tags);
        }
        if let Some(conditions) = &input.conditions {
            condition::read(conditions).map_err(|e| bad(e).with("field", "conditions"))?;
            // An empty list takes them away: an absent member keeps what is stored.
            let none = conditions.as_array().is_some_and(Vec::is_empty) || conditions.as_object().is_some_and(serde_json::Map::is_empty);
            rule.conditions = if none { Value::Null } else { conditions.clone() };
        }
        if let Some(word) = &input.priority {
            let known = Priority::parse(word);
            rule.priority = Some(known.ok_or_else(|| bad("priority must be low, normal, high or urgent").with("field", "priority"))?);
        }
        if let Some(key) = &input.throttle_key {
            if let Some(path) = key.split(',').map(str::trim).find(|p| !key.is_empty() && !condition::is_path(p)) {
                let text = format!("throttle_key: `{}` is no path like subject_id or data.host", path.escape_debug());
                return Err(bad(text).with("field", "throttle_key"));
            }
            rule.throttle_key = Some(key.clone()).filter(|k| !k.is_empty());
        }
        rule.throttle_s = input.throttle_s.unwrap_or(rule.throttle_s);
        if !(0..=THROTTLE_MAX).contains(&rule.throttle_s) {
            return Err(
                bad(format!("throttle_window_seconds must be between 0 and {THROTTLE_MAX}")).with("field", "throttle_window_seconds")
            );
        }
        rule.channel_id = input.channel_id.unwrap_or(rule.channel_id);
        rule.enabled = input.enabled.unwrap_or(rule.enabled);
        Ok(())
    }

    /// Those of the instance's channels, newest first.
    pub(crate) async fn list_rules(&self) -> Result<Vec<Rule>> {
        let (own, mut all) = (self.list_channels().await?, rules::list(self.db()).await?);
        all.retain(|r| own.iter().any(|c| c.id == r.channel_id));
        Ok(all)
    }

    /// One of a channel of the instance.
    pub(crate) async fn get_rule(&self, id: i64) -> Result<Rule> {
        let rule = rules::find(self.db(), id).await?.ok_or_else(not_found)?;
        let channel = channels::find(self.db(), rule.channel_id).await?;
        channel.filter(Channel::is_of_instance).map(|_| rule).ok_or_else(not_found)
    }

    /// A new rule that matches nothing yet.
    pub(super) fn blank_rule(&self) -> Rule {
        let now = self.now();
        Rule {
            id: 0,
            uid: self.mint(),
            name: String::new(),
            channel_id: 0,
            kinds: Vec::new(),
            severities: Vec::new(),
            min_severity: None,
            host_ids: Vec::new(),
            device_ids: Vec::new(),
            node_ids: Vec::new(),
            tags: Vec::new(),
            conditions: Value::Null,
            throttle_key: None,
            priority: None,
            template: None,
            throttle_s: 0,
            enabled: true,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) async fn create_rule(&self, actor: &Actor, input: &RuleInput) -> Result<Rule> {
        self.create_rule_of(actor, input, None).await
    }

    /// `organization`: whose channel it must feed; `None` = the instance's.
    pub(crate) async fn create_rule_of(&self, actor: &Actor, input: &RuleInput, organization: Option<i64>) -> Result<Rule> {
        let mut rule = self.blank_rule();
        self.apply(input, &mut rule)?;
        let mut change = self.0.parts.audit.begin(actor).await?;
        known_channel(&mut change, rule.channel_id, organization).await?;
        let all = channels::list_in(&mut change).await?;
        let is_own = |r: &Rule| all.iter().any(|c| c.id == r.channel_id && c.organization_id == organization);
        if rules::list_in(&mut change).await?.into_iter().filter(is_own).count() >= RULES_MAX {
            return Err(bad(format!("there are already {RULES_MAX} rules")));
        }
        rule.id = rules::insert(&mut change, &rule).await?;
        self.note_change(&mut change, actor, (organization, "notification_rule", rule.id), &rule.name, "create").await?;
        change
            .commit(
                entry("notification_rule.create", rule.id, format!("Notification rule {} created", rule.name))
                    .of(organization)
                    .after(document(&rule)),
            )
            .await?;
        Ok(rule)
    }

    pub(crate) async fn update_rule(&self, actor: &Actor, id: i64, input: &RuleInput) -> Result<Rule> {
        let mut change = self.0.parts.audit.begin(actor).await?;
        let before = rules::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        let organization = owner_of(&mut change, before.channel_id).await?;
        self.offer_rule(&mut change, &before, organization).await?;
        let mut rule = before.clone();
        self.apply(input, &mut rule)?;
        known_channel(&mut change, rule.channel_id, organization).await?;
        rule.updated_at = self.now();
        rules::update(&mut change, &rule).await?;
        self.note_change(&mut change, actor, (organization, "notification_rule", id), &rule.name, "update").await?;
        let entry = entry("notification_rule.update", id, format!("Notification rule {} changed", rule.name)).of(organization);
        change.commit(entry.before(document(&before)).after(document(&rule))).await?;
        Ok(rule)
    }

    pub(crate) async fn toggle_rule(&self, actor: &Actor, id: i64) -> Result<Rule> {
        let mut change = self.0.parts.audit.begin(actor).await?;
        let mut rule = rules::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        let organization = owner_of(&mut change, rule.channel_id).await?;
        self.offer_rule(&mut change, &rule, organization).await?;
        rule.enabled = !rule.enabled;
        rule.updated_at = self.now();
        rules::set_enabled(&mut change, id, rule.enabled, rule.updated_at).await?;
        self.note_change(&mut change, actor, (organization, "notification_rule", id), &rule.name, "toggle").await?;
        let word = if rule.enabled { "enabled" } else { "disabled" };
        change.commit(entry("notification_rule.toggle", id, format!("Notification rule {} {word}", rule.name)).of(organization)).await?;
        Ok(rule)
    }

    pub(crate) async fn delete_rule(&self, actor: &Actor, id: i64) -> Result<()> {
        let mut change = self.0.parts.audit.begin(actor).await?;
        let rule = rules::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        let organization = owner_of(&mut change, rule.channel_id).await?;
        self.offer_rule(&mut change, &rule, organization).await?;
        rules::delete(&mut change, id).await?;
        self.note_change(&mut change, actor, (organization, "notification_rule", id), &rule.name, "delete").await?;
        change
            .commit(
                entry("notification_rule.delete", id, format!("Notification rule {} deleted", rule.name))
                    .of(organization)
                    .before(document(&rule)),
            )
            .await
    }
}

/// The organization of the channel a stored rule feeds.
async fn owner_of(change: &mut Mutation, id: i64) -> Result<Option<i64>> {
    Ok(channels::find_in(change, id).await?.and_then(|channel| channel.organization_id))
}

/// Refuses a channel that is not there or somebody else's.
async fn known_channel(change: &mut Mutation, id: i64, organization: Option<i64>) -> Result<()> {
    match channels::find_in(change, id).await? {
        Some(channel) if channel.organization_id == organization => Ok(()),
        _ => Err(bad("unknown channel").with("field", "channel_id")),
    }
}

fn document(r: &Rule) -> Value {
    json!({
        "name": r.name, "channel_id": r.channel_id, "event_type": r.kinds.join(","), "filter_severities": r.severities, "filter_host_ids": r.host_ids,
        "throttle_window_seconds": r.throttle_s, "enabled": r.enabled, "min_severity": r.min_severity, "device_ids": r.device_ids, "node_ids": r.node_ids,
        "template": r.template, "tags": r.tags, "conditions": r.conditions, "throttle_key": r.throttle_key, "priority": r.priority.map(Priority::as_str),
    })
}
