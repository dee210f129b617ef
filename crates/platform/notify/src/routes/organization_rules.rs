//! `/api/v1/notifications/rules*`, `/logs` and `/event-types` (quality-platform C.22): what the channels of one
//! organization are told, and what became of it.

use argos_kernel::{AppError, FieldError, Result, Timestamp};
use argos_web::{ProjectRef, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::organization::{ChannelDone, House, done, placed};
use crate::Notify;
use crate::actions::rules::{RuleInput, not_found};
use crate::model::channel::Channel;
use crate::model::rule::{Priority, Rule};
use crate::store::{channels, deliveries, rules};

const COOLDOWN_MAX_MINUTES: i64 = 1_440;
const LOGS_MAX: i64 = 200;
/// What a rule calls otherwise inside.
const NAMES: [(&str, &str); 2] = [("template", "message_template"), ("throttle_window_seconds", "cooldown_minutes")];

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/v1/notifications/rules", "organization_rules.list", "Rules of an organization's channels, newest first.", list)
        .reply::<Vec<OrganizationRuleView>>()
        .post("/api/v1/notifications/rules", "organization_rules.create", "Tell a channel of an event.", create)
        .body::<OrganizationRuleBody>()
        .created::<OrganizationRuleView>()
        .get("/api/v1/notifications/rules/{id}", "organization_rules.get", "One rule.", get)
        .reply::<OrganizationRuleView>()
        .patch("/api/v1/notifications/rules/{id}", "organization_rules.patch", "Change a rule.", patch)
        .body::<OrganizationRulePatch>()
        .reply::<OrganizationRuleView>()
        .delete("/api/v1/notifications/rules/{id}", "organization_rules.delete", "Delete a rule.", delete)
        .reply::<ChannelDone>()
        .get("/api/v1/notifications/logs", "organization_logs.list", "What the channels were sent, newest first.", logs)
        .param("channel_id", "Of this channel")
        .param("status", "queued, sent, failed or suppressed")
        .param("limit", "1 to 200, 50 when absent")
        .reply::<Vec<NotificationLogView>>()
        .get("/api/v1/notifications/event-types", "organization_rules.event_types", "Events a rule can name.", event_types)
        .reply::<EventTypesView>()
}

#[derive(JsonSchema, Serialize)]
struct OrganizationRuleView {
    id: String,
    channel_id: String,
    name: String,
    event_type: String,
    /// All hold: severity, project_id, tags, schedule_id, threshold {type, operator, value}.
    conditions: Value,
    /// Null = the channel's default.
    message_template: Option<String>,
    /// low, normal, high or urgent; what is urgent passes quiet hours
    priority: &'static str,
    cooldown_minutes: i64,
    enabled: bool,
    created_at: String,
    updated_at: String,
}

#[derive(JsonSchema, Deserialize)]
struct OrganizationRuleBody {
    channel_id: String,
    /// The event when absent.
    #[serde(default)]
    name: Option<String>,
    /// An event or `prefix.*`.
    event_type: String,
    #[serde(default)]
    conditions: Option<Value>,
    #[serde(default)]
    message_template: Option<String>,
    /// normal when absent
    #[serde(default)]
    priority: Option<String>,
    /// 0 to 1440
    #[serde(default)]
    cooldown_minutes: Option<i64>,
    #[serde(default)]
    enabled: Option<bool>,
}

#[derive(JsonSchema, Deserialize)]
struct OrganizationRulePatch {
    #[serde(default)]
    channel_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    event_type: Option<String>,
    #[serde(default)]
    conditions: Option<Value>,
    #[serde(default)]
    message_template: Option<String>,
    #[serde(default)]
    priority: Option<String>,
    #[serde(default)]
    cooldown_minutes: Option<i64>,
    #[serde(default)]
    enabled: Option<bool>,
}

#[derive(JsonSchema, Serialize)]
struct NotificationLogView {
    id: String,
    channel_id: Option<String>,
    rule_id: Option<String>,
    event_type: String,
    /// queued, sent, failed or suppressed
    status: String,
    response_code: Option<i64>,
    error_message: Option<String>,
    sent_at: Option<String>,
    created_at: String,
}

#[derive(JsonSchema, Serialize)]
struct EventTypesView {
    event_types: Vec<NamedEvent>,
}

#[derive(JsonSchema, Serialize)]
struct NamedEvent {
    r#type: &'static str,
    description: &'static str,
}

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::invalid(vec![FieldError::new(field, text)])
}

/// Projects stand in conditions by their number; clients know their ids.
fn projects_in(conditions: &Value, of: impl Fn(&Value) -> Option<Value> + Copy) -> Option<Value> {
    match conditions {
        Value::Array(all) => all.iter().map(|one| projects_in(one, of)).collect::<Option<Vec<_>>>().map(Value::Array),
        Value::Object(members) => {
            let place = |(name, value): (&String, &Value)| {
                let value = if name == "project_id" { of(value)? } else { value.clone() };
                Some((name.clone(), value))
            };
            members.iter().map(place).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        other => Some(other.clone()),
    }
}

fn stored_conditions(given: Option<&Value>, projects: &[ProjectRef]) -> Result<Option<Value>> {
    let Some(given) = given else { return Ok(None) };
    let number = |value: &Value| projects.iter().find(|p| value.as_str() == Some(&p.uid.to_string())).map(|p| json!(p.id));
    let unknown = || bad("conditions", "conditions.project_id is no project of this organization");
    projects_in(given, number).map(Some).ok_or_else(unknown)
}

fn shown_conditions(stored: &Value, projects: &[ProjectRef]) -> Value {
    let uid = |value: &Value| {
        let found = projects.iter().find(|p| value.as_i64() == Some(p.id));
        // A project that is gone matches nothing any more.
        Some(found.map_or(Value::Null, |p| json!(p.uid.to_string())))
    };
    projects_in(stored, uid).filter(|shown| !shown.is_null()).unwrap_or_else(|| json!({}))
}

fn view(r: &Rule, channel: &Channel, house: &House) -> OrganizationRuleView {
    OrganizationRuleView {
        id: r.uid.to_string(),
        channel_id: channel.uid.to_string(),
        name: r.name.clone(),
        event_type: r.kinds.join(","),
        conditions: shown_conditions(&r.conditions, &house.projects),
        message_template: r.template.clone(),
        priority: r.priority.unwrap_or(Priority::Normal).as_str(),
        cooldown_minutes: r.throttle_s / 60,
        enabled: r.enabled,
        created_at: r.created_at.rfc3339(),
        updated_at: r.updated_at.rfc3339(),
    }
}

/// The rules of the organization with their channels.
async fn rules_of(notify: &Notify, house: &House) -> Result<Vec<(Rule, Channel)>> {
    let own = channels::of_organization(notify.db(), house.id).await?;
    let all = rules::list(notify.db()).await?;
    Ok(all.into_iter().filter_map(|r| own.iter().find(|c| c.id == r.channel_id).cloned().map(|c| (r, c))).collect())
}

async fn named(notify: &Notify, req: &Req) -> Result<(House, Rule, Channel)> {
    let house = House::of(notify, req, None).await?;
    let found = rules_of(notify, &house).await?.into_iter().find(|(r, _)| r.uid.to_string() == req.param("id"));
    let (rule, channel) = found.ok_or_else(not_found)?;
    Ok((house, rule, channel))
}

fn cooldown(minutes: Option<i64>) -> Result<Option<i64>> {
    match minutes {
        Some(m) if !(0..=COOLDOWN_MAX_MINUTES).contains(&m) => {
            Err(bad("cooldown_minutes", format!("cooldown_minutes must be between 0 and {COOLDOWN_MAX_MINUTES}")))
        }
        other => Ok(other.map(|m| m * 60)),
    }
}

async fn list(notify: Notify, req: Req) -> Result<Reply> {
    let house = House::of(&notify, &req, req.query().filled("organization_id")).await?;
    let all = rules_of(&notify, &house).await?;
    let views: Vec<_> = all.iter().map(|(r, c)| view(r, c, &house)).collect();
    Ok(Reply::json(&views).total_count(i64::try_from(views.len()).unwrap_or(i64::MAX)))
}

async fn create(notify: Notify, mut req: Req) -> Result<Reply> {
    let house = House::of(&notify, &req, None).await?;
    let body: OrganizationRuleBody = req.json().await?;
    let channel = channel_of(&notify, &house, &body.channel_id).await?;
    let input = RuleInput {
        name: Some(body.name.filter(|n| !n.trim().is_empty()).unwrap_or_else(|| body.event_type.clone())),
        channel_id: Some(channel.id),
        event_type: Some(body.event_type),
        conditions: stored_conditions(body.conditions.as_ref(), &house.projects)?,
        template: body.message_template,
        priority: Some(body.priority.unwrap_or_else(|| "normal".to_owned())),
        throttle_s: cooldown(body.cooldown_minutes)?,
        enabled: body.enabled,
        ..RuleInput::default()
    };
    let rule = notify.create_rule_of(&req.cx().actor(), &input, Some(house.id)).await.map_err(|e| placed(e, &NAMES))?;
    Ok(Reply::created(&view(&rule, &channel, &house)))
}

async fn channel_of(notify: &Notify, house: &House, uid: &str) -> Result<Channel> {
    let absent = || AppError::bad_request("channel not found").code("channel_not_found").with("field", "channel_id");
    house.channel(notify, uid).await?.ok_or_else(absent)
}

async fn get(notify: Notify, req: Req) -> Result<Reply> {
    let (house, rule, channel) = named(&notify, &req).await?;
    Ok(Reply::json(&view(&rule, &channel, &house)))
}

async fn patch(notify: Notify, mut req: Req) -> Result<Reply> {
    let (house, rule, mut channel) = named(&notify, &req).await?;
    let body: OrganizationRulePatch = req.json().await?;
    if let Some(uid) = &body.channel_id {
        channel = channel_of(&notify, &house, uid).await?;
    }
    let input = RuleInput {
        name: body.name,
        channel_id: Some(channel.id),
        event_type: body.event_type,
        conditions: stored_conditions(body.conditions.as_ref(), &house.projects)?,
        template: body.message_template,
        priority: body.priority,
        throttle_s: cooldown(body.cooldown_minutes)?,
        enabled: body.enabled,
        ..RuleInput::default()
    };
    let rule = notify.update_rule(&req.cx().actor(), rule.id, &input).await.map_err(|e| placed(e, &NAMES))?;
    Ok(Reply::json(&view(&rule, &channel, &house)))
}

async fn delete(notify: Notify, req: Req) -> Result<Reply> {
    let (_, rule, _) = named(&notify, &req).await?;
    notify.delete_rule(&req.cx().actor(), rule.id).await?;
    Ok(done("Rule deleted", json!({ "rule_id": rule.uid.to_string() })))
}

async fn logs(notify: Notify, req: Req) -> Result<Reply> {
    let q = req.query();
    let house = House::of(&notify, &req, q.filled("organization_id")).await?;
    let status = match q.filled("status") {
        None => None,
        Some("queued") => Some("pending"),
        Some(word @ ("sent" | "failed" | "suppressed")) => Some(word),
        Some(_) => return Err(bad("status", "status must be queued, sent, failed or suppressed")),
    };
    let limit = q.int("limit")?.unwrap_or(50);
    if !(1..=LOGS_MAX).contains(&limit) {
        return Err(bad("limit", format!("limit must be between 1 and {LOGS_MAX}")));
    }
    let channel = match q.filled("channel_id") {
        Some(uid) => Some(house.channel(&notify, uid).await?.ok_or_else(crate::actions::channels::not_found)?.id),
        None => None,
    };
    let own = channels::of_organization(notify.db(), house.id).await?;
    let all_rules = rules_of(&notify, &house).await?;
    let found = deliveries::of_organization(notify.db(), house.id, channel, status, limit).await?;
    let views = found.into_iter().map(|d| NotificationLogView {
        id: d.uid.to_string(),
        channel_id: own.iter().find(|c| Some(c.id) == d.channel_id).map(|c| c.uid.to_string()),
        rule_id: all_rules.iter().find(|(r, _)| Some(r.id) == d.rule_id).map(|(r, _)| r.uid.to_string()),
        event_type: d.event_type,
        status: if d.status == "pending" { "queued".to_owned() } else { d.status },
        response_code: d.http_status,
        error_message: d.error.or(d.reason),
        sent_at: d.sent_at.map(Timestamp::rfc3339),
        created_at: d.created_at.rfc3339(),
    });
    Ok(Reply::json(&views.collect::<Vec<_>>()))
}

async fn event_types(notify: Notify, _req: Req) -> Result<Reply> {
    let all = notify.events().kinds().all();
    Ok(Reply::json(&EventTypesView { event_types: all.map(|k| NamedEvent { r#type: k.kind, description: k.description }).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_of_conditions_are_numbers_inside_and_ids_outside() {
        let uid = "01890000-0000-7000-8000-000000000007";
        let projects = [ProjectRef { id: 7, uid: uid.parse().unwrap(), organization_id: 1 }];
        let given = json!([{"project_id": uid}, {"severity": ["error"]}]);
        let stored = stored_conditions(Some(&given), &projects).unwrap().unwrap();
        assert_eq!(stored, json!([{"project_id": 7}, {"severity": ["error"]}]));
        assert_eq!(shown_conditions(&stored, &projects), given);
        assert_eq!(shown_conditions(&Value::Null, &projects), json!({}));
        assert!(stored_conditions(Some(&json!({"project_id": "9"})), &projects).is_err());
    }
}
