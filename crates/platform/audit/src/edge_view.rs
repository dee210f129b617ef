//! `/api/security/audit-log` (edge spec C19): the log in the words of the edge part, joined with what other parts tell of
//! attacks. Who has such rows hands over an [`AuditSource`]; this module never knows where they come from.

use std::sync::Arc;

use argos_kernel::{AppError, Page, PageRequest, Result, Timestamp};
use argos_web::{BoxFuture, Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::filter::{Filter, Order};
use crate::log::Audit;
use crate::row::AuditRow;

const AUDIT: &str = "audit";
/// Rows of each source that a page of several is joined from, at most.
const JOINED_MAX: i64 = 5_000;

/// A row that another part shows beside the audit rows.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// Its id where it is stored.
    pub id: i64,
    pub at: Timestamp,
    pub action: String,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub source_ip: Option<String>,
    /// More about it, for people.
    pub facts: Option<Value>,
}

/// A part that has rows to show beside the audit rows.
pub trait AuditSource: Send + Sync {
    /// Its word in `sources`.
    fn name(&self) -> &'static str;
    /// What a caller must hold besides the right to read the audit log.
    fn permission(&self) -> &'static str;
    /// Newest first; `text` = in action, resource or address. The total counts all that match.
    fn rows<'a>(&'a self, text: Option<&'a str>, page: PageRequest) -> BoxFuture<'a, Result<Page<SourceRow>>>;
}

pub(crate) fn declare(routes: Routes<Audit>) -> Routes<Audit> {
    routes
        .get("/api/security/audit-log", "audit.list_edge", "Audit log entries in the words of the edge part, newest first.", edge_rows)
        .param("q", "text in action, resource or address")
        .param("limit", "1-500, default 100")
        .param("offset", "rows to skip; of several sources at most 5000 rows deep")
        .param("sources", "comma list of audit, waf (findings of the firewall) and bouncer (new bans); default audit")
        .reply::<EdgePage>()
}

/// One row of the edge view.
#[derive(Serialize, JsonSchema)]
struct EdgeRow {
    /// Unique within its source.
    id: i64,
    /// audit, waf or bouncer
    source: &'static str,
    /// RFC 3339.
    timestamp: String,
    action: String,
    resource_type: Option<String>,
    resource_id: Option<String>,
    user_id: Option<i64>,
    source_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xff_chain: Option<String>,
    /// What was before and after, where the change has them; of other sources what is known of the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<Value>,
    #[serde(skip)]
    at: Timestamp,
}

#[derive(Serialize, JsonSchema)]
struct EdgePage {
    entries: Vec<EdgeRow>,
    /// Of all sources asked for.
    total: i64,
    limit: i64,
    offset: i64,
}

impl From<AuditRow> for EdgeRow {
    fn from(r: AuditRow) -> Self {
        let json = |text: &Option<String>| text.as_deref().and_then(|t| serde_json::from_str::<Value>(t).ok());
        let (before, after) = (json(&r.before), json(&r.after));
        let diff = (before.is_some() || after.is_some()).then(|| serde_json::json!({ "before": before, "after": after }));
        Self {
            id: r.id,
            source: AUDIT,
            timestamp: r.at.rfc3339(),
            at: r.at,
            action: r.shown_action().to_owned(),
            resource_type: r.target_type,
            resource_id: r.target_id,
            user_id: r.actor_id,
            source_ip: r.ip,
            xff_chain: r.xff_chain,
            diff,
        }
    }
}

impl EdgeRow {
    fn of(source: &'static str, r: SourceRow) -> Self {
        Self {
            id: r.id,
            source,
            timestamp: r.at.rfc3339(),
            at: r.at,
            action: r.action,
            resource_type: r.resource_type,
            resource_id: r.resource_id,
            user_id: None,
            source_ip: r.source_ip,
            xff_chain: None,
            diff: r.facts,
        }
    }
}

async fn edge_rows(audit: Audit, req: Req) -> Result<Reply> {
    let q = req.query();
    let page = Pager::limit_offset(q, 100, 500)?;
    let wanted = chosen(&audit, &req)?;
    // One source is asked for the page itself; several for all up to its end, which is then cut out of the whole.
    let is_joined = wanted.len() > 1;
    let reach = page.offset.saturating_add(page.limit);
    if is_joined && reach > JOINED_MAX {
        let text = format!("offset and limit must be {JOINED_MAX} together; ask for one source to go deeper");
        return Err(AppError::bad_request(text).code("invalid_parameter").with("field", "offset"));
    }
    let each = if is_joined { PageRequest { limit: reach, offset: 0 } } else { page };
    let (mut entries, mut total) = (Vec::new(), 0);
    for source in &wanted {
        let found = rows(&audit, source.as_ref(), q.filled("q"), each).await?;
        total += found.total;
        entries.extend(found.items);
    }
    if is_joined {
        entries.sort_by(|a, b| (b.at, b.source, b.id).cmp(&(a.at, a.source, a.id)));
        let skipped = usize::try_from(page.offset).unwrap_or(usize::MAX);
        entries = entries.into_iter().skip(skipped).take(usize::try_from(page.limit).unwrap_or(usize::MAX)).collect();
    }
    Ok(Reply::json(&EdgePage { entries, total, limit: page.limit, offset: page.offset }))
}

/// A part, or `None` for the log itself.
type Chosen = Option<Arc<dyn AuditSource>>;

/// Who is asked, each once. 400 for an unknown name, 403 without the right to what it shows.
fn chosen(audit: &Audit, req: &Req) -> Result<Vec<Chosen>> {
    let mut names = req.query().list("sources");
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(vec![None]);
    }
    let known = audit.sources();
    let find = |name: &str| -> Result<Chosen> {
        if name == AUDIT {
            return Ok(None);
        }
        let found = known.iter().find(|s| s.name() == name).cloned();
        let source = found.ok_or_else(|| {
            let names: Vec<&str> = std::iter::once(AUDIT).chain(known.iter().map(|s| s.name())).collect();
            let text = format!("sources must be of {}", names.join(", "));
            AppError::bad_request(text).code("invalid_parameter").with("field", "sources")
        })?;
        req.cx().require(source.permission())?;
        Ok(Some(source))
    };
    names.into_iter().map(find).collect()
}

async fn rows(audit: &Audit, source: Option<&Arc<dyn AuditSource>>, text: Option<&str>, page: PageRequest) -> Result<Page<EdgeRow>> {
    let Some(source) = source else {
        let filter = Filter { text: text.map(str::to_owned), ..Filter::default() };
        return Ok(audit.list(&filter, Order::NEWEST, page).await?.map(EdgeRow::from));
    };
    let name = source.name();
    Ok(source.rows(text, page).await?.map(|row| EdgeRow::of(name, row)))
}
