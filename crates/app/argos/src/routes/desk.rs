//! The lists that every part has a share in: what waits for the caller and the word about it, credentials without their
//! secrets, and what happens by the clock.

use argos_kernel::{AppError, Result, Severity, Timestamp};
use argos_platform::{Credential, Desk, Due, Joined, Renewal, Said, Waiting, Word};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows of each part that a page of the inbox is joined from, at most.
const INBOX_DEPTH: i64 = 1_000;
const COMMENT_MAX: usize = 1_000;

pub(crate) fn routes(desk: Desk) -> Routes {
    Routes::new(desk)
        .get("/api/ui/inbox", "ui.inbox", "What waits for the caller, newest first: decisions, reviews, unread messages.", inbox)
        .param("kind", "comma list of approval, picture, test_fix, message; default all")
        .param("limit", "1-200, default 50")
        .param("offset", "rows to skip; with the limit at most 1000")
        .reply::<InboxView>()
        .post("/api/ui/inbox/{ref}/decide", "ui.decide", "Approve, deny or put off what waits, or mark a message as read.", decide)
        .body::<DecideBody>()
        .reply::<DecidedView>()
        .get(
            "/api/ui/credentials",
            "ui.credentials",
            "Every secret that is kept: what uses it and when it ends; never the secret.",
            credentials,
        )
        .param("kind", "exact kind")
        .param("limit", "1-1000, default 500")
        .param("offset", "rows to skip")
        .reply::<CredentialsView>()
        .get("/api/ui/schedules", "ui.schedules", "What will happen by the clock in the next days, in the order of time.", schedules)
        .param("days", "1-92, default 7")
        .reply::<DueView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct CountView {
    kind: &'static str,
    count: i64,
}

#[derive(Serialize, JsonSchema)]
struct InboxView {
    items: Vec<ItemView>,
    /// Of the kinds asked for.
    total: i64,
    counts: Vec<CountView>,
    /// Kinds that could not be asked; what they have is not in the list.
    unavailable: Vec<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct ItemView {
    /// `<kind>:<id>`, what a decision names.
    #[serde(rename = "ref")]
    reference: String,
    /// approval, picture, test_fix or message
    kind: &'static str,
    severity: Severity,
    title: String,
    detail: Option<String>,
    at: String,
    by: Option<String>,
    expires_at: Option<String>,
    /// low, medium or high; null when nobody judged it.
    risk: Option<String>,
    page: String,
    /// What the caller may say; empty when somebody else must.
    words: Vec<Word>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecideBody {
    word: Word,
    /// At most 1000 characters.
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct DecidedView {
    #[serde(rename = "ref")]
    reference: String,
    /// What it is now: pending while more consents are needed.
    state: String,
}

#[derive(Serialize, JsonSchema)]
struct CredentialsView {
    items: Vec<CredentialView>,
    total: i64,
    counts: Vec<CountView>,
    unavailable: Vec<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct CredentialView {
    /// api_key, certificate, channel, data_key, device_login, dns_provider, master_key, model_key, node_secret, own_certificate,
    /// plan_login, setting, ssh_key, tool_account, tunnel_key or webhook
    kind: &'static str,
    name: String,
    used_by: Vec<String>,
    created_at: Option<String>,
    /// When its value was set last; null when that is not known.
    changed_at: Option<String>,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    renewal: Renewal,
    /// Where it is changed.
    page: String,
}

#[derive(Serialize, JsonSchema)]
struct DueView {
    items: Vec<DueItem>,
    unavailable: Vec<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct DueItem {
    /// schedule, maintenance, certificate_renewal, certificate_end or key_end
    kind: &'static str,
    name: String,
    at: String,
    until: Option<String>,
    /// How it comes again, in words; empty when its plan has none, null when it happens once.
    repeats: Option<String>,
    page: String,
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

fn item(kind: &'static str, w: Waiting) -> ItemView {
    ItemView {
        reference: format!("{kind}:{}", w.id),
        kind,
        severity: w.severity,
        title: w.title,
        detail: w.detail,
        at: w.at.rfc3339(),
        by: w.by,
        expires_at: time(w.expires_at),
        risk: w.risk,
        page: w.page,
        words: w.words,
    }
}

fn credential(c: Credential) -> CredentialView {
    CredentialView {
        kind: c.kind,
        name: c.name,
        used_by: c.used_by,
        created_at: time(c.created_at),
        changed_at: time(c.changed_at),
        expires_at: time(c.expires_at),
        last_used_at: time(c.last_used_at),
        renewal: c.renewal,
        page: c.page,
    }
}

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::bad_request(text.into()).code("invalid_parameter").with("field", field)
}

/// Limit and offset.
fn page(q: &Query, limit: i64, most: i64) -> Result<(i64, i64)> {
    let number = |name: &str, or: i64, least: i64, most: i64| {
        let n = q.int(name)?.unwrap_or(or);
        if (least..=most).contains(&n) { Ok(n) } else { Err(bad(name, format!("{name} must be {least} to {most}"))) }
    };
    Ok((number("limit", limit, 1, most)?, number("offset", 0, 0, 1_000_000)?))
}

fn cut<T>(items: Vec<T>, (limit, offset): (i64, i64)) -> impl Iterator<Item = T> {
    let size = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    items.into_iter().skip(size(offset)).take(size(limit))
}

async fn inbox(desk: Desk, req: Req) -> Result<Reply> {
    let q = req.query();
    let (limit, offset) = page(q, 50, 200)?;
    if limit + offset > INBOX_DEPTH {
        return Err(bad("offset", format!("offset and limit must be at most {INBOX_DEPTH} together")));
    }
    let (wanted, known) = (q.list("kind"), desk.kinds());
    if let Some(unknown) = wanted.iter().find(|kind| !known.contains(kind)) {
        return Err(bad("kind", format!("unknown kind `{}`", unknown.escape_debug())));
    }
    let Joined { items, totals, unavailable } =
        desk.waiting(&req, |kind| wanted.is_empty() || wanted.contains(&kind), limit + offset).await;
    let total = totals.iter().map(|(_, n)| n).sum();
    let view = InboxView {
        items: cut(items, (limit, offset)).map(|(kind, w)| item(kind, w)).collect(),
        total,
        counts: totals.into_iter().filter(|(_, n)| *n > 0).map(|(kind, count)| CountView { kind, count }).collect(),
        unavailable,
    };
    Ok(Reply::json(&view).total_count(total))
}

async fn decide(desk: Desk, mut req: Req) -> Result<Reply> {
    let body: DecideBody = req.json().await?;
    if body.comment.as_ref().is_some_and(|c| c.chars().count() > COMMENT_MAX) {
        return Err(bad("comment", format!("comment must be at most {COMMENT_MAX} characters")));
    }
    let comment = body.comment.map(|c| c.trim().to_owned()).filter(|c| !c.is_empty());
    let reference = req.param("ref").to_owned();
    let state = desk.decide(&req, &reference, &Said { word: body.word, comment }).await?;
    Ok(Reply::json(&DecidedView { reference, state }))
}

async fn credentials(desk: Desk, req: Req) -> Result<Reply> {
    let q = req.query();
    let place = page(q, 500, 1_000)?;
    let Joined { items, unavailable, .. } = desk.credentials(&req).await;
    let mut counts: Vec<CountView> = Vec::new();
    for (_, c) in &items {
        match counts.last_mut().filter(|n| n.kind == c.kind) {
            Some(n) => n.count += 1,
            None => counts.push(CountView { kind: c.kind, count: 1 }),
        }
    }
    let wanted = q.filled("kind");
    let chosen: Vec<Credential> = items.into_iter().map(|(_, c)| c).filter(|c| wanted.is_none_or(|w| w == c.kind)).collect();
    let total = i64::try_from(chosen.len()).unwrap_or(i64::MAX);
    let items = cut(chosen, place).map(credential).collect();
    Ok(Reply::json(&CredentialsView { items, total, counts, unavailable }).total_count(total))
}

async fn schedules(desk: Desk, req: Req) -> Result<Reply> {
    let days = req.query().int("days")?.unwrap_or(7);
    if !(1..=92).contains(&days) {
        return Err(bad("days", "days must be 1 to 92"));
    }
    let Joined { items, unavailable, .. } = desk.due(&req, req.cx().now().plus_secs(days * 86_400)).await;
    let view = |d: Due| DueItem { kind: d.kind, name: d.name, at: d.at.rfc3339(), until: time(d.until), repeats: d.repeats, page: d.page };
    Ok(Reply::json(&DueView { items: items.into_iter().map(|(_, d)| view(d)).collect(), unavailable }))
}
