//! The HTTP side of the audit log: the ops views, verification and export. Read only.

use argos_kernel::{AppError, PageRequest, Result, Timestamp};
use argos_web::{Pager, Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::{Category, Entry};
use crate::filter::{Column, Filter, Order};
use crate::log::{Audit, Verdict};
use crate::row::AuditRow;
use crate::{csv, edge_view};

/// The routes of the audit log.
pub fn routes(audit: Audit) -> Routes {
    let routes = Routes::new(audit).get("/api/audit", "audit.list", "Audit log entries, newest first.", list_rows);
    let routes = list_params(routes).get("/api/ui/audit", "ui.audit", "The same, for the pages of the product.", list_rows);
    let routes = list_params(routes)
        .post("/api/audit/export", "audit.export", "The audit log as a file, whole however long it is.", export_rows)
        .body::<ExportBody>()
        .get("/api/audit/verify", "audit.verify", "Walks the hash chain.", verify_chain)
        .reply::<Verdict>()
        .get("/api/action-audit", "audit.list_actions", "Executed actions, newest first.", list_actions)
        .reply::<Vec<ActionView>>()
        .param("limit", "1-500, default 100")
        .param("trigger_type", "manual, workflow, approval, healing_pipeline, rollback, chaos or auto_approve")
        .param("outcome", "success, failure or error");
    edge_view::declare(routes).done()
}

/// What both lists take and answer.
fn list_params(routes: Routes<Audit>) -> Routes<Audit> {
    routes
        .reply::<Vec<AuditView>>()
        .param("limit", "1-1000, default 100")
        .param("offset", "rows to skip")
        .param("user", "exact name")
        .param("action", "documented or canonical name")
        .param("category", "auth, config, data, action, security, safety, or power: what is done to power devices and shutdown plans")
        .param("status", "success, failure or pending")
        .param("target_type", "kind of the changed object")
        .param("target_id", "its id")
        .param("q", "text in details, action, user, target or address")
        .param("from", "Unix seconds or RFC 3339")
        .param("to", "Unix seconds or RFC 3339")
        .param("sort", "time, username, action, details or ip")
        .param("dir", "asc or desc")
}

/// One row of the ops view (ops-core C.3), with what the product's own page adds.
#[derive(Serialize, JsonSchema)]
struct AuditView {
    /// Unix seconds.
    time: i64,
    username: String,
    action: String,
    details: String,
    ip: String,
    id: i64,
    /// The canonical name of `action`.
    canonical: String,
    category: String,
    status: String,
    severity: String,
    role: Option<String>,
    target_type: Option<String>,
    target_id: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    request_id: Option<String>,
}

impl From<AuditRow> for AuditView {
    fn from(r: AuditRow) -> Self {
        let json = |text: Option<String>| text.and_then(|t| serde_json::from_str(&t).ok());
        Self {
            time: r.at.secs(),
            action: r.shown_action().to_owned(),
            username: r.actor_name,
            details: r.description,
            ip: r.ip.unwrap_or_default(),
            id: r.id,
            canonical: r.action,
            category: r.category,
            status: r.status,
            severity: r.severity,
            role: r.actor_role,
            target_type: r.target_type,
            target_id: r.target_id,
            before: json(r.before),
            after: json(r.after),
            request_id: r.request_id,
        }
    }
}

/// One executed action (ops-automation B.1, `action_audit`). Facts the row does not hold are `null`.
#[derive(Serialize, JsonSchema)]
struct ActionView {
    id: i64,
    /// Unix seconds.
    timestamp: i64,
    trigger_type: String,
    trigger_id: Option<Value>,
    action_type: String,
    action_params: Option<Value>,
    target: Option<String>,
    outcome: String,
    duration_s: Option<f64>,
    output: Option<Value>,
    approved_by: Option<Value>,
    rollback_result: Option<Value>,
    error: Option<Value>,
}

impl From<AuditRow> for ActionView {
    fn from(r: AuditRow) -> Self {
        let mut facts: Value = r.after.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        let mut take = |name: &str| facts.get_mut(name).map(Value::take).filter(|v| !v.is_null());
        #[expect(clippy::cast_precision_loss, reason = "milliseconds shown with two decimals")]
        let duration_s = r.duration_ms.map(|ms| (ms as f64 / 10.0).round() / 100.0);
        Self {
            id: r.id,
            timestamp: r.at.secs(),
            trigger_type: r.trigger_type.clone().unwrap_or_else(|| "manual".to_owned()),
            trigger_id: take("trigger_id"),
            action_type: r.shown_action().to_owned(),
            action_params: take("params"),
            target: r.target_id.clone(),
            outcome: take("outcome").and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_else(|| r.status.clone()),
            duration_s,
            output: take("output"),
            approved_by: take("approved_by"),
            rollback_result: take("rollback_result"),
            error: take("error"),
        }
    }
}

#[derive(Default, Deserialize, JsonSchema)]
struct ExportBody {
    /// time, username, action, details or ip.
    sort: Option<String>,
    /// asc or desc.
    dir: Option<String>,
    /// csv or json, csv when absent.
    format: Option<String>,
}

async fn list_rows(audit: Audit, req: Req) -> Result<Reply> {
    let q = req.query();
    let text = |name: &str| q.filled(name).map(str::to_owned);
    let filter = Filter {
        from: time(q, "from")?,
        to: time(q, "to")?,
        actor: text("user"),
        action: text("action"),
        category: text("category"),
        status: text("status"),
        target_type: text("target_type"),
        target_id: text("target_id"),
        text: text("q"),
        ..Filter::default()
    };
    let page = Pager::limit_offset(q, 100, 1_000)?;
    let rows = audit.list(&filter, order(q.filled("sort"), q.filled("dir")), page).await?;
    let total = rows.total;
    let views: Vec<AuditView> = rows.items.into_iter().map(AuditView::from).collect();
    Ok(Reply::json(&views).total_count(total))
}

async fn export_rows(audit: Audit, mut req: Req) -> Result<Reply> {
    let body: ExportBody = req.json().await?;
    let as_json = match body.format.as_deref() {
        None | Some("csv") => false,
        Some("json") => true,
        Some(_) => {
            return Err(AppError::bad_request("format must be csv or json").code("invalid_parameter").with("field", "format"));
        }
    };
    let order = order(body.sort.as_deref(), body.dir.as_deref());
    let walk = audit.walk(Filter::default(), order).await?;
    let entry = Entry::new("audit.export", Category::Data).target("audit_log", "all").describe("The audit log was exported");
    audit.note(&req.cx().actor(), entry.after(serde_json::json!({ "format": if as_json { "json" } else { "csv" } }))).await?;
    if as_json {
        let pieces = walk.into_body("[".to_owned(), "\n]\n", |row, is_first, out| {
            out.push_str(if is_first { "\n" } else { ",\n" });
            out.push_str(&serde_json::to_string(&AuditView::from(row)).unwrap_or_default());
        });
        return Ok(Reply::stream("application/json", pieces).attachment("argos-audit.json"));
    }
    let mut head = String::new();
    csv::push_row(&mut head, ["timestamp", "username", "action", "details", "ip"]);
    let pieces = walk.into_body(head, "", |r, _, out| {
        let at = r.at.secs().to_string();
        csv::push_row(out, [at.as_str(), &r.actor_name, r.shown_action(), &r.description, r.ip.as_deref().unwrap_or_default()]);
    });
    Ok(Reply::stream("text/csv; charset=utf-8", pieces).attachment("argos-audit.csv"))
}

async fn verify_chain(audit: Audit, _: Req) -> Result<Reply> {
    Ok(Reply::json(&audit.verify().await?))
}

async fn list_actions(audit: Audit, req: Req) -> Result<Reply> {
    let q = req.query();
    // The log knows failures; whether a failed action was an error of its own is in the row's facts.
    let wanted = q.filled("outcome");
    let status = wanted.map(|w| if w == "error" { "failure" } else { w }.to_owned());
    let filter =
        Filter { category: Some("action".to_owned()), trigger: q.filled("trigger_type").map(str::to_owned), status, ..Filter::default() };
    let limit = q.int_clamped("limit", 100, 1, 500)?;
    let rows = audit.slice(&filter, Order::NEWEST, PageRequest { limit, offset: 0 }).await?;
    let mut views: Vec<ActionView> = rows.into_iter().map(ActionView::from).collect();
    views.retain(|v| wanted.is_none_or(|w| v.outcome == w));
    Ok(Reply::json(&views))
}

/// Unknown words fall back to newest first, as the ops family is lenient.
fn order(sort: Option<&str>, dir: Option<&str>) -> Order {
    let by = match sort.unwrap_or_default() {
        "username" | "user" => Column::Actor,
        "action" => Column::Action,
        "details" => Column::Description,
        "ip" => Column::Ip,
        _ => Column::Time,
    };
    Order { by, descending: !dir.is_some_and(|d| d.eq_ignore_ascii_case("asc")) }
}

/// Unix seconds or RFC 3339.
fn time(q: &Query, name: &str) -> Result<Option<Timestamp>> {
    let Some(text) = q.filled(name) else { return Ok(None) };
    let parsed = text.parse::<i64>().ok().map(Timestamp::from_secs).or_else(|| Timestamp::parse_rfc3339(text));
    parsed.map(Some).ok_or_else(|| AppError::bad_request(format!("Invalid {name} parameter")).code("invalid_parameter").with("field", name))
}
