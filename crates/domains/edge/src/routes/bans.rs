//! `/api/security/decisions`: who is banned, banning by hand, lifting bans.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::geoip::GeoView;
use super::{Service, id, time};
use crate::actions::bans::NewBan;
use crate::model::ban::{Ban, Subject};
use crate::store::bans::Wanted;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/security/decisions", "edge.list_decisions", "Who is banned now.", list)
        .reply::<DecisionsView>()
        .param("q", "in value or scenario, in any case")
        .param("scope", "Ip, Range, Country or AS, in any case")
        .param("origin", "who decided, exactly")
        .param("limit", "1-1000 (100)")
        .param("offset", "0")
        .post("/api/security/decisions", "edge.create_decision", "Have CrowdSec ban an address or a range.", ban)
        .body::<BanBody>()
        .created::<BannedView>()
        .get("/api/security/decisions/preview", "edge.preview_decision", "What a ban would meet, and why it would be refused.", preview)
        .reply::<PreviewView>()
        .param("value", "an address or a range")
        .delete("/api/security/decisions/{id}", "edge.delete_decision", "Take a decision back.", lift)
        .reply::<LiftedView>()
        .post("/api/security/decisions/unban-ip", "edge.unban_ip", "Lift every ban of an address.", unban)
        .body::<UnbanBody>()
        .reply::<UnbannedView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
pub(super) struct DecisionView {
    id: i64,
    origin: String,
    #[serde(rename = "type")]
    kind: String,
    scope: String,
    value: String,
    scenario: String,
    /// As Go writes it: `3h59m58s`.
    duration: String,
    until: String,
    /// Of addresses, where a database of places is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    geo: Option<GeoView>,
}

#[derive(Serialize, JsonSchema)]
struct DecisionsView {
    decisions: Vec<DecisionView>,
    total: i64,
    limit: i64,
    offset: i64,
    /// When CrowdSec was heard last; null = never.
    heard_at: Option<String>,
    /// Why it cannot be heard now.
    error: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BanBody {
    /// An address or a range such as 203.0.113.0/24.
    value: String,
    /// 1-8760
    #[serde(default = "one")]
    duration_hours: u32,
    #[serde(default)]
    reason: String,
}

fn one() -> u32 {
    1
}

#[derive(Serialize, JsonSchema)]
struct BannedView {
    scope: &'static str,
    value: String,
    duration_hours: u32,
    reason: String,
    applied_at: String,
}

#[derive(Serialize, JsonSchema)]
struct PreviewView {
    scope: &'static str,
    value: String,
    allowed: bool,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalView>,
    /// Bans that meet all of it already.
    covering: Vec<DecisionView>,
}

#[derive(Serialize, JsonSchema)]
struct RefusalView {
    /// would_lock_out, private_network, trusted_proxy or allowed
    code: String,
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct LiftedView {
    id: i64,
    /// 1, or 0 when it was gone.
    deleted: u8,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UnbanBody {
    ip: String,
    /// Lifts ranges that hold the address too; without it they stay and the address goes on the allow list.
    #[serde(default)]
    lift_ranges: bool,
}

#[derive(Serialize, JsonSchema)]
struct UnbannedView {
    unbanned: usize,
    ip: String,
    lifted: Vec<PlaceView>,
    /// Ranges that hold the address and stay banned.
    covering: Vec<PlaceView>,
    /// Whether the address was put on the allow list because of them.
    whitelisted: bool,
}

#[derive(Serialize, JsonSchema)]
struct PlaceView {
    id: i64,
    scope: String,
    value: String,
}

pub(super) fn decision(edge: &Service, ban: Ban, now: Timestamp) -> DecisionView {
    let first = ban.range().filter(|_| edge.geoip.is_there()).map(|range| range.first());
    let left = argos_crowdsec::GoDuration::from_secs(ban.until.secs_since(now).max(0));
    DecisionView {
        id: ban.id,
        geo: first.map(|ip| edge.geoip.find(ip).into()),
        duration: left.to_string(),
        until: time(ban.until),
        origin: ban.origin,
        kind: ban.kind,
        scope: ban.scope,
        value: ban.value,
        scenario: ban.scenario,
    }
}

fn place(ban: &Ban) -> PlaceView {
    PlaceView { id: ban.id, scope: ban.scope.clone(), value: ban.value.clone() }
}

async fn list(edge: Service, req: Req) -> Result<Reply> {
    let query = req.query();
    let filled = |name: &str| query.filled(name).map(str::to_owned);
    let wanted = Wanted { text: filled("q"), scope: filled("scope"), origin: filled("origin") };
    let (limit, offset) = (query.int_clamped("limit", 100, 1, 1_000)?, query.int_clamped("offset", 0, 0, i64::MAX)?);
    let (found, total) = edge.list_bans(&wanted, (limit, offset)).await?;
    let exchange = edge.crowdsec_exchange().await?;
    let now = req.cx().now();
    Ok(Reply::json(&DecisionsView {
        decisions: found.into_iter().map(|ban| decision(&edge, ban, now)).collect(),
        total,
        limit,
        offset,
        heard_at: exchange.heard_at.map(time),
        error: exchange.error,
    }))
}

async fn ban(edge: Service, mut req: Req) -> Result<Reply> {
    let body: BanBody = req.json().await?;
    let subject = Subject::parse("value", &body.value)?;
    let wanted = NewBan { subject, hours: body.duration_hours, reason: body.reason.trim().to_owned() };
    let applied_at = time(edge.ban(&req.cx().actor(), &wanted).await?);
    Ok(Reply::created(&BannedView {
        scope: subject.scope(),
        value: subject.value(),
        duration_hours: wanted.hours,
        reason: wanted.reason,
        applied_at,
    }))
}

async fn preview(edge: Service, req: Req) -> Result<Reply> {
    let found = edge.preview_ban(&req.cx().actor(), req.query().text("value").unwrap_or_default()).await?;
    let now = req.cx().now();
    Ok(Reply::json(&PreviewView {
        scope: found.subject.scope(),
        value: found.subject.value(),
        allowed: found.refusal.is_none(),
        refusal: found.refusal.map(|e| RefusalView { code: e.code_str().to_owned(), message: e.message().to_owned() }),
        covering: found.covering.into_iter().map(|ban| decision(&edge, ban, now)).collect(),
    }))
}

async fn lift(edge: Service, req: Req) -> Result<Reply> {
    let id = id(&req, "id")?;
    let was_there = edge.lift_ban(&req.cx().actor(), id).await?;
    Ok(Reply::json(&LiftedView { id, deleted: u8::from(was_there) }))
}

async fn unban(edge: Service, mut req: Req) -> Result<Reply> {
    let body: UnbanBody = req.json().await?;
    let done = edge.unban(&req.cx().actor(), &body.ip, body.lift_ranges).await?;
    Ok(Reply::json(&UnbannedView {
        unbanned: done.bans.len(),
        ip: body.ip.trim().to_owned(),
        lifted: done.bans.iter().map(place).collect(),
        covering: done.covering.iter().map(place).collect(),
        whitelisted: done.is_allowed_now,
    }))
}
