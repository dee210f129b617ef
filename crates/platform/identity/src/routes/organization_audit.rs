//! `/api/v1/audit/organizations/...`: the audit rows of one organization, as the quality part documents them (C.15).
//! The log itself belongs to the audit crate; here is only who may see which rows of it.

use std::collections::HashMap;

use argos_audit::{AuditRow, Category, Entry, Filter, Order, csv};
use argos_kernel::{AppError, FieldError, PageRequest, Result, Timestamp};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::service::Identity;

const PAGE_MAX: i64 = 100;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/audit/organizations/{org_id}/logs", "organization_audit.list", "Audit rows of an organization, newest first.", list)
        .param("page", "from 1")
        .param("page_size", "1-100, default 50")
        .param("action", "documented or canonical name")
        .param("resource_type", "kind of the changed object")
        .param("user_id", "number of the user")
        .param("status", "success, failure or pending")
        .param("start_date", "RFC 3339")
        .param("end_date", "RFC 3339")
        .param("search", "text in the description")
        .reply::<LogPage>()
        .get("/api/v1/audit/organizations/{org_id}/logs/export", "organization_audit.export", "The same rows as a file.", export)
        .param("format", "json (default) or csv")
        .reply::<Export>()
        .get("/api/v1/audit/organizations/{org_id}/export", "organization_audit.export_alias", "The same, under its older name.", export)
        .param("format", "json (default) or csv")
        .reply::<Export>()
        .get("/api/v1/audit/organizations/{org_id}/security-events", "organization_audit.security", "Its security rows.", security)
        .param("severity", "debug, info, warning, error or critical")
        .param("event_type", "name of the event")
        .param("outcome", "success, failure or error")
        .param("ip_address", "whole address")
        .reply::<EventPage>()
}

#[derive(Serialize, JsonSchema)]
pub(super) struct LogView {
    id: String,
    user_id: Option<i64>,
    user_email: Option<String>,
    user_role: Option<String>,
    action: String,
    resource_type: Option<String>,
    resource_id: Option<String>,
    description: String,
    metadata: Option<Value>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    status: String,
    error_message: Option<String>,
    created_at: String,
    request_id: Option<String>,
    duration_ms: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct LogPage {
    logs: Vec<LogView>,
    total: i64,
    page: i64,
    page_size: i64,
    has_more: bool,
}

#[derive(Serialize, JsonSchema)]
struct EventView {
    id: String,
    event_type: String,
    severity: String,
    outcome: String,
    user_id: Option<i64>,
    user_email: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    description: String,
    metadata: Option<Value>,
    created_at: String,
}

#[derive(Serialize, JsonSchema)]
struct EventPage {
    events: Vec<EventView>,
    total: i64,
    page: i64,
    page_size: i64,
    has_more: bool,
}

#[derive(Serialize, JsonSchema)]
struct DateRange {
    start: Option<String>,
    end: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Export {
    organization_id: String,
    exported_at: String,
    log_count: i64,
    date_range: DateRange,
    logs: Vec<LogView>,
}

pub(super) type Emails = HashMap<i64, String>;

fn metadata(row: &AuditRow) -> Option<Value> {
    let json = |text: &Option<String>| text.as_deref().and_then(|t| serde_json::from_str::<Value>(t).ok());
    let (before, after) = (json(&row.before), json(&row.after));
    (before.is_some() || after.is_some()).then(|| serde_json::json!({ "before": before, "after": after }))
}

pub(super) fn log_view(row: AuditRow, emails: &Emails) -> LogView {
    LogView {
        metadata: metadata(&row),
        action: row.shown_action().to_owned(),
        user_email: row.actor_id.and_then(|id| emails.get(&id).cloned()),
        error_message: (row.status == "failure").then(|| row.description.clone()),
        id: row.uid,
        user_id: row.actor_id,
        user_role: row.actor_role,
        resource_type: row.target_type,
        resource_id: row.target_id,
        description: row.description,
        ip_address: row.ip,
        user_agent: row.user_agent,
        status: row.status,
        created_at: row.at.rfc3339(),
        request_id: row.request_id,
        duration_ms: row.duration_ms,
    }
}

fn event_view(row: AuditRow, emails: &Emails) -> EventView {
    EventView {
        metadata: metadata(&row),
        event_type: row.shown_action().to_owned(),
        user_email: row.actor_id.and_then(|id| emails.get(&id).cloned()),
        id: row.uid,
        severity: row.severity,
        outcome: row.status,
        user_id: row.actor_id,
        ip_address: row.ip,
        user_agent: row.user_agent,
        description: row.description,
        created_at: row.at.rfc3339(),
    }
}

fn refused(name: &str, text: String) -> AppError {
    let mut fault = FieldError::new(name, text);
    fault.loc = vec!["query".to_owned(), name.to_owned()];
    AppError::invalid(vec![fault])
}

fn time(q: &Query, name: &str) -> Result<Option<Timestamp>> {
    let Some(text) = q.filled(name) else { return Ok(None) };
    Timestamp::parse_rfc3339(text).map(Some).ok_or_else(|| refused(name, format!("{name} must be an RFC 3339 time")))
}

fn number(q: &Query, name: &str, default: i64, max: i64) -> Result<i64> {
    match q.int(name) {
        Ok(value) if (1..=max).contains(&value.unwrap_or(default)) => Ok(value.unwrap_or(default)),
        _ => Err(refused(name, format!("{name} must be between 1 and {max}"))),
    }
}

/// The page and its first row.
fn page_of(q: &Query) -> Result<(PageRequest, i64)> {
    let (page, size) = (number(q, "page", 1, i64::MAX / PAGE_MAX)?, number(q, "page_size", 50, PAGE_MAX)?);
    Ok((PageRequest { limit: size, offset: (page - 1) * size }, page))
}

fn filter_of(q: &Query, organization_id: i64) -> Result<Filter> {
    let text = |name: &str| q.filled(name).map(str::to_owned);
    let actor_id = q.int("user_id").map_err(|_| refused("user_id", "user_id must be a number".to_owned()))?;
    Ok(Filter {
        organization_id: Some(organization_id),
        from: time(q, "start_date")?,
        to: time(q, "end_date")?,
        action: text("action"),
        target_type: text("resource_type"),
        status: text("status"),
        text: text("search"),
        actor_id,
        ..Filter::default()
    })
}

impl Identity {
    pub(super) async fn emails(&self, organization_id: i64) -> Result<Emails> {
        let members = self.members_of(organization_id).await?;
        Ok(members.into_iter().filter_map(|m| Some((m.user_id?, m.email?))).collect())
    }
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let (slice, page) = page_of(req.query())?;
    let filter = filter_of(req.query(), access.organization.id)?;
    let rows = identity.0.audit.list(&filter, Order::NEWEST, slice).await?;
    let emails = identity.emails(access.organization.id).await?;
    let has_more = slice.offset + slice.limit < rows.total;
    let logs = rows.items.into_iter().map(|r| log_view(r, &emails)).collect();
    Ok(Reply::json(&LogPage { logs, total: rows.total, page, page_size: slice.limit, has_more }))
}

async fn security(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let (slice, page) = page_of(req.query())?;
    let q = req.query();
    let mut filter = filter_of(q, access.organization.id)?;
    filter.category = Some(Category::Security.as_str().to_owned());
    filter.action = q.filled("event_type").map(str::to_owned);
    filter.severity = q.filled("severity").map(str::to_owned);
    filter.status = q.filled("outcome").map(|o| if o == "error" { "failure" } else { o }.to_owned());
    filter.ip = q.filled("ip_address").map(str::to_owned);
    let rows = identity.0.audit.list(&filter, Order::NEWEST, slice).await?;
    let emails = identity.emails(access.organization.id).await?;
    let has_more = slice.offset + slice.limit < rows.total;
    let events = rows.items.into_iter().map(|r| event_view(r, &emails)).collect();
    Ok(Reply::json(&EventPage { events, total: rows.total, page, page_size: slice.limit, has_more }))
}

const COLUMNS: [&str; 11] = [
    "id",
    "created_at",
    "user_id",
    "user_email",
    "user_role",
    "action",
    "resource_type",
    "resource_id",
    "description",
    "status",
    "ip_address",
];

fn push_csv(out: &mut String, l: &LogView) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let user = l.user_id.map(|id| id.to_string()).unwrap_or_default();
    let cells = [
        l.id.clone(),
        l.created_at.clone(),
        user,
        text(&l.user_email),
        text(&l.user_role),
        l.action.clone(),
        text(&l.resource_type),
        text(&l.resource_id),
        l.description.clone(),
        l.status.clone(),
        text(&l.ip_address),
    ];
    csv::push_row(out, cells.each_ref().map(String::as_str));
}

async fn export(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let q = req.query();
    let as_csv = match q.filled("format") {
        None | Some("json") => false,
        Some("csv") => true,
        Some(_) => return Err(refused("format", "format must be json or csv".to_owned())),
    };
    let filter = filter_of(q, access.organization.id)?;
    let emails = identity.emails(access.organization.id).await?;
    let walk = identity.0.audit.walk(filter.clone(), Order::NEWEST).await?;
    let (count, org, now) = (walk.count().await?, access.organization, req.cx().now());
    let mut entry = Entry::new("audit.export", Category::Data).target("organization", org.uid);
    entry = entry.organization(org.id).describe(format!("{count} audit rows of {} exported", org.name));
    identity.0.audit.note(&req.cx().actor(), entry).await?;
    let day = now.datetime().format("%Y%m%d").to_string();
    if as_csv {
        let mut head = String::new();
        csv::push_row(&mut head, COLUMNS);
        let pieces = walk.into_body(head, "", move |row, _, out| push_csv(out, &log_view(row, &emails)));
        return Ok(Reply::stream("text/csv; charset=utf-8", pieces).attachment(&format!("audit_logs_{}_{day}.csv", org.uid)));
    }
    let date_range = DateRange { start: filter.from.map(Timestamp::rfc3339), end: filter.to.map(Timestamp::rfc3339) };
    let about = Export { organization_id: org.uid.to_string(), exported_at: now.rfc3339(), log_count: count, date_range, logs: Vec::new() };
    let about = serde_json::to_string(&about).map_err(AppError::internal)?;
    // Everything but the end of the empty list: the rows follow as they are read.
    let head = about.strip_suffix("]}").ok_or_else(|| AppError::internal("the list of rows stands last"))?.to_owned();
    let pieces = walk.into_body(head, "]}", move |row, is_first, out| {
        if !is_first {
            out.push(',');
        }
        out.push_str(&serde_json::to_string(&log_view(row, &emails)).unwrap_or_default());
    });
    Ok(Reply::stream("application/json", pieces))
}
