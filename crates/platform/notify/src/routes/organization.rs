//! `/api/v1/notifications/channels*` and what several of these routes share (quality-platform C.22): the channels of one
//! organization. It must never show, use or tell anything of another one, nor of the instance.

use argos_kernel::{AppError, ErrorKind, FieldError, Result, Timestamp, Uid};
use argos_web::{ProjectRef, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::channels::present;
use crate::Notify;
use crate::actions::channels::{ChannelInput, Owner, not_found};
use crate::model::channel::Channel;
use crate::model::field::masked_as;
use crate::model::quiet::QuietHours;
use crate::store::channels;

const LIMIT_MAX: i64 = 200;

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/v1/notifications/channels", "organization_channels.list", "Channels of an organization, newest first.", list)
        .param("organization_id", "Of this organization; absent = of the one the request acts in")
        .param("project_id", "Channels of one project")
        .param("channel_type", "Of this type")
        .param("enabled", "true or false")
        .param("limit", "1 to 200, 100 when absent")
        .reply::<Vec<OrganizationChannelView>>()
        .post("/api/v1/notifications/channels", "organization_channels.create", "Create a channel of an organization.", create)
        .body::<OrganizationChannelBody>()
        .created::<OrganizationChannelView>()
        .get("/api/v1/notifications/channels/{id}", "organization_channels.get", "One channel, secrets masked.", get)
        .reply::<OrganizationChannelView>()
        .patch("/api/v1/notifications/channels/{id}", "organization_channels.patch", "Change a channel; masks keep secrets.", patch)
        .body::<OrganizationChannelPatch>()
        .reply::<OrganizationChannelView>()
        .delete("/api/v1/notifications/channels/{id}", "organization_channels.delete", "Delete a channel and its rules.", delete)
        .reply::<ChannelDone>()
        .post("/api/v1/notifications/channels/{id}/test", "organization_channels.test", "Send a test message.", test)
        .reply::<ChannelDone>()
}

/// A channel of an organization. Secrets of `config` read `***`.
#[derive(JsonSchema, Serialize)]
struct OrganizationChannelView {
    id: String,
    organization_id: String,
    /// Hears of this project alone; null = of all.
    project_id: Option<String>,
    name: String,
    channel_type: &'static str,
    config: Value,
    enabled: bool,
    /// The last thing sent arrived.
    verified: bool,
    /// 0 = unlimited
    rate_limit_per_hour: i64,
    /// `{start,end,timezone}`; what is critical or told by an urgent rule passes. Null = none.
    quiet_hours: Option<Value>,
    last_sent_at: Option<String>,
    sent_today: i64,
    created_at: String,
    updated_at: String,
}

#[derive(JsonSchema, Deserialize)]
struct OrganizationChannelBody {
    /// Whose it is; absent = of the organization the request acts in.
    #[serde(default)]
    organization_id: Option<String>,
    /// A project of the organization; absent = all of them.
    #[serde(default)]
    project_id: Option<String>,
    /// 1 to 100 characters
    name: String,
    channel_type: String,
    config: Map<String, Value>,
    /// True when absent.
    #[serde(default)]
    enabled: Option<bool>,
    /// 0 to 10000, 100 when absent; 0 = unlimited
    #[serde(default)]
    rate_limit_per_hour: Option<i64>,
    /// `{start,end,timezone}`; none when absent.
    #[serde(default)]
    quiet_hours: Option<Value>,
}

#[derive(JsonSchema, Deserialize)]
struct OrganizationChannelPatch {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    config: Option<Map<String, Value>>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    rate_limit_per_hour: Option<i64>,
    /// `{start,end,timezone}`; null = none, absent = as it is.
    #[serde(default, deserialize_with = "present")]
    quiet_hours: Option<Value>,
}

/// What a change without a view of its own answers.
#[derive(JsonSchema, Serialize)]
pub(super) struct ChannelDone {
    pub(super) success: bool,
    pub(super) message: String,
    pub(super) details: Value,
}

pub(super) fn done(message: &str, details: Value) -> Reply {
    Reply::json(&ChannelDone { success: true, message: message.to_owned(), details })
}

/// An organization as its routes see it.
pub(super) struct House {
    pub(super) id: i64,
    pub(super) uid: Uid,
    pub(super) projects: Vec<ProjectRef>,
}

impl House {
    /// The organization that `named` (number, id, `default`) means, else the one the request acts in.
    pub(super) async fn of(notify: &Notify, req: &Req, named: Option<&str>) -> Result<Self> {
        let all = &notify.0.parts.organizations;
        let id = match named.filter(|text| !text.is_empty()) {
            Some(text) => all.organization_named(req, text).await?,
            None => all.organization_of(req).await?,
        };
        let uid = all.uid_of(id).await?.ok_or_else(|| AppError::not_found("Organization not found"))?;
        Ok(Self { id, uid, projects: all.projects_of(id).await? })
    }

    /// A project of this organization that the caller may use here.
    pub(super) async fn project(&self, notify: &Notify, req: &Req, named: Option<&str>) -> Result<Option<i64>> {
        let Some(text) = named.filter(|text| !text.is_empty()) else { return Ok(None) };
        let project = notify.0.parts.organizations.project_named(req, text).await?;
        // The caller may see it in another of his organizations.
        if project.organization_id != self.id {
            return Err(AppError::not_found("Project not found"));
        }
        Ok(Some(project.id))
    }

    pub(super) fn project_uid(&self, id: Option<i64>) -> Option<String> {
        self.projects.iter().find(|p| Some(p.id) == id).map(|p| p.uid.to_string())
    }

    /// The channel that the path or a body names.
    pub(super) async fn channel(&self, notify: &Notify, uid: &str) -> Result<Option<Channel>> {
        let all = channels::of_organization(notify.db(), self.id).await?;
        Ok(all.into_iter().find(|c| c.uid.to_string() == uid))
    }

    fn view(&self, notify: &Notify, c: &Channel) -> Result<OrganizationChannelView> {
        let today = notify.now().secs().div_euclid(86_400);
        Ok(OrganizationChannelView {
            id: c.uid.to_string(),
            organization_id: self.uid.to_string(),
            project_id: self.project_uid(c.project_id),
            name: c.name.clone(),
            channel_type: c.kind.as_str(),
            config: masked_as(notify.open_config(c)?.view(), "***"),
            enabled: c.enabled,
            verified: c.verified,
            rate_limit_per_hour: c.rate_per_hour,
            quiet_hours: c.quiet_hours.as_ref().map(QuietHours::view),
            last_sent_at: c.last_sent_at.map(Timestamp::rfc3339),
            sent_today: if c.sent_day == today { c.sent_today } else { 0 },
            created_at: c.created_at.rfc3339(),
            updated_at: c.updated_at.rfc3339(),
        })
    }
}

/// A refused member in the words of this family: 422 with its place. `names`: what is called otherwise here.
pub(super) fn placed(error: AppError, names: &[(&str, &str)]) -> AppError {
    match error.extra().get("field").and_then(Value::as_str).filter(|_| error.kind() == ErrorKind::BadRequest) {
        Some(field) => {
            let own = names.iter().find(|(inside, _)| *inside == field).map_or(field, |(_, own)| own);
            AppError::invalid(vec![FieldError::new(own, error.message())])
        }
        None => error,
    }
}

/// What a channel calls otherwise inside; its template comes within the configuration.
const NAMES: [(&str, &str); 2] = [("type", "channel_type"), ("template", "config")];

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::invalid(vec![FieldError::new(field, text)])
}

async fn list(notify: Notify, req: Req) -> Result<Reply> {
    let q = req.query();
    let house = House::of(&notify, &req, q.filled("organization_id")).await?;
    let project = house.project(&notify, &req, q.filled("project_id")).await?;
    let enabled = match q.filled("enabled") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(bad("enabled", "enabled must be true or false")),
    };
    let limit = q.int("limit")?.unwrap_or(100);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(bad("limit", format!("limit must be between 1 and {LIMIT_MAX}")));
    }
    let mut all = channels::of_organization(notify.db(), house.id).await?;
    all.retain(|c| {
        project.is_none_or(|p| c.project_id == Some(p))
            && enabled.is_none_or(|e| c.enabled == e)
            && q.filled("channel_type").is_none_or(|kind| c.kind.as_str() == kind)
    });
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let shown = all.iter().take(usize::try_from(limit).unwrap_or(0));
    let views = shown.map(|c| house.view(&notify, c)).collect::<Result<Vec<_>>>()?;
    Ok(Reply::json(&views).total_count(total))
}

async fn create(notify: Notify, mut req: Req) -> Result<Reply> {
    let body: OrganizationChannelBody = req.json().await?;
    let house = House::of(&notify, &req, body.organization_id.as_deref()).await?;
    let project_id = house.project(&notify, &req, body.project_id.as_deref()).await?;
    let input = ChannelInput {
        name: Some(body.name),
        kind: Some(body.channel_type),
        enabled: body.enabled,
        config: Some(body.config),
        rate_per_hour: body.rate_limit_per_hour,
        quiet_hours: body.quiet_hours,
        ..ChannelInput::default()
    };
    let owner = Owner { organization_id: house.id, project_id };
    let channel = notify.create_channel_of(&req.cx().actor(), &input, Some(owner)).await.map_err(|e| placed(e, &NAMES))?;
    Ok(Reply::created(&house.view(&notify, &channel)?))
}

/// The channel of the path, in the organization where the request acts.
async fn named(notify: &Notify, req: &Req) -> Result<(House, Channel)> {
    let house = House::of(notify, req, None).await?;
    let channel = house.channel(notify, req.param("id")).await?.ok_or_else(not_found)?;
    Ok((house, channel))
}

async fn get(notify: Notify, req: Req) -> Result<Reply> {
    let (house, channel) = named(&notify, &req).await?;
    Ok(Reply::json(&house.view(&notify, &channel)?))
}

async fn patch(notify: Notify, mut req: Req) -> Result<Reply> {
    let (house, channel) = named(&notify, &req).await?;
    let body: OrganizationChannelPatch = req.json().await?;
    let input = ChannelInput {
        name: body.name,
        config: body.config,
        enabled: body.enabled,
        rate_per_hour: body.rate_limit_per_hour,
        quiet_hours: body.quiet_hours,
        ..ChannelInput::default()
    };
    let channel = notify.update_channel(&req.cx().actor(), channel.id, &input).await.map_err(|e| placed(e, &NAMES))?;
    Ok(Reply::json(&house.view(&notify, &channel)?))
}

async fn delete(notify: Notify, req: Req) -> Result<Reply> {
    let (_, channel) = named(&notify, &req).await?;
    notify.delete_channel(&req.cx().actor(), channel.id).await?;
    Ok(done("Channel deleted", json!({ "channel_id": channel.uid.to_string() })))
}

async fn test(notify: Notify, req: Req) -> Result<Reply> {
    let (_, channel) = named(&notify, &req).await?;
    let result = notify.test_channel(&req.cx().actor(), &channel).await?;
    let details = json!({ "channel_id": channel.uid.to_string(), "response_code": result.http_status });
    match result.error {
        None => Ok(done("Test notification sent", details)),
        Some(why) => Err(AppError::new(ErrorKind::Upstream, why).code("channel_failed").with("response_code", json!(result.http_status))),
    }
}
