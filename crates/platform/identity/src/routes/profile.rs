//! One's own corner in the ops routes: profile with recent activity, password, sessions, preferences, card layout.

use argos_audit::{AuditRow, Filter, Order};
use argos_kernel::{AppError, PageRequest, Result, Role};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::StatusOk;
use super::me::shown_permissions;
use crate::actions::Document;
use crate::model::limiter::Family;
use crate::model::session::{Lifetimes, Session};
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/profile", "profile.get", "Own role, permissions and recent activity.", profile)
        .reply::<ProfileView>()
        .post("/api/profile/password", "profile.change_password", "Change one's own password.", password)
        .body::<PasswordBody>()
        .reply::<StatusOk>()
        .get("/api/profile/sessions", "profile.list_sessions", "Own sessions.", sessions)
        .reply::<Vec<SessionLine>>()
        .get("/api/user/preferences", "profile.get_preferences", "Own preferences of the user interface.", get_preferences)
        .put("/api/user/preferences", "profile.put_preferences", "Replace them.", put_preferences)
        .body::<PreferencesBody>()
        .reply::<StatusOk>()
        .body_limit(128 << 10)
        .delete("/api/user/preferences", "profile.delete_preferences", "Forget them.", delete_preferences)
        .reply::<StatusOk>()
        .get("/api/ui/preferences", "ui.preferences", "The same, for the pages of the product.", get_preferences)
        .put("/api/ui/preferences", "ui.put_preferences", "Replace them.", put_preferences)
        .body::<PreferencesBody>()
        .reply::<StatusOk>()
        .body_limit(128 << 10)
        .get("/api/dashboard", "dashboard.get_layout", "Own card layout of the overview.", get_layout)
        .post("/api/dashboard", "dashboard.put_layout", "Change it; absent members stay.", put_layout)
        .body::<LayoutBody>()
        .reply::<StatusOk>()
        .body_limit(128 << 10)
}

#[derive(Serialize, JsonSchema)]
struct ProfileView {
    username: String,
    /// An owner shows as `admin`.
    role: &'static str,
    global_role: Role,
    permissions: Vec<&'static str>,
    has_2fa: bool,
    /// At most 10, newest first.
    recent_logins: Vec<ActivityLine>,
    /// At most 5.
    failed_logins: Vec<ActivityLine>,
    /// At most 20.
    recent_actions: Vec<ActivityLine>,
}

/// One audit row in the ops shape.
#[derive(Serialize, JsonSchema)]
struct ActivityLine {
    /// Unix seconds.
    time: i64,
    username: String,
    action: String,
    details: String,
    ip: Option<String>,
}

impl From<AuditRow> for ActivityLine {
    fn from(row: AuditRow) -> Self {
        Self { time: row.at.secs(), action: row.shown_action().to_owned(), username: row.actor_name, details: row.description, ip: row.ip }
    }
}

/// One session in the ops shape.
#[derive(Serialize, JsonSchema)]
pub(super) struct SessionLine {
    prefix: String,
    username: String,
    role: &'static str,
    /// RFC 3339.
    expires: String,
    kind: &'static str,
    created_at: i64,
    last_seen_at: i64,
    ip: Option<String>,
    user_agent: Option<String>,
    current: bool,
}

impl SessionLine {
    pub(super) fn of((session, username, role): (Session, String, Role), lifetimes: &Lifetimes, current: Option<i64>) -> Self {
        Self {
            expires: session.ends_at(lifetimes).rfc3339(),
            prefix: session.prefix,
            username,
            role: role.ops_word(),
            kind: session.kind.as_str(),
            created_at: session.created_at.secs(),
            last_seen_at: session.last_seen_at.secs(),
            ip: session.client_ip,
            user_agent: session.user_agent,
            current: current == Some(session.id),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct PasswordBody {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
}

#[derive(Deserialize, JsonSchema)]
struct PreferencesBody {
    #[serde(default)]
    preferences: Value,
}

#[derive(Deserialize, JsonSchema)]
struct LayoutBody {
    card_order: Option<Vec<Value>>,
    card_vis: Option<Map<String, Value>>,
    card_theme: Option<Map<String, Value>>,
}

async fn recent(identity: &Identity, filter: Filter, limit: i64) -> Result<Vec<ActivityLine>> {
    let rows = identity.audit().slice(&filter, Order::NEWEST, PageRequest { limit, offset: 0 }).await?;
    Ok(rows.into_iter().map(ActivityLine::from).collect())
}

async fn profile(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let (user, _) = identity.account(cx.user_id()?).await?;
    let about = |action: &str| Filter {
        action: Some(action.to_owned()),
        target_type: Some("user".to_owned()),
        target_id: Some(user.username.clone()),
        ..Filter::default()
    };
    let by_me = Filter { actor: Some(user.username.clone()), ..Filter::default() };
    Ok(Reply::json(&ProfileView {
        role: user.role.ops_word(),
        global_role: user.role,
        permissions: shown_permissions(cx),
        has_2fa: user.has_2fa(),
        recent_logins: recent(&identity, about("auth.login"), 10).await?,
        failed_logins: recent(&identity, about("auth.login_failed"), 5).await?,
        recent_actions: recent(&identity, by_me, 20).await?,
        username: user.username,
    }))
}

async fn password(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: PasswordBody = req.json().await?;
    identity.change_own_password(req.cx(), Family::Ops, &body.current, &body.new).await?;
    Ok(Reply::json(&StatusOk::OK))
}

async fn sessions(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let lifetimes = identity.policy().lifetimes;
    let list = identity.live_sessions(Some(cx.user_id()?)).await?;
    let views: Vec<SessionLine> = list.into_iter().map(|s| SessionLine::of(s, &lifetimes, cx.caller.session_id)).collect();
    Ok(Reply::json(&views))
}

async fn get_preferences(identity: Identity, req: Req) -> Result<Reply> {
    Ok(match identity.document(req.cx().user_id()?, Document::Preferences).await? {
        Some((preferences, at)) => Reply::json(&json!({ "preferences": preferences, "updated_at": at.secs(), "synced": true })),
        None => Reply::json(&json!({ "preferences": {}, "synced": false })),
    })
}

async fn put_preferences(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: PreferencesBody = req.json().await?;
    let Value::Object(preferences) = body.preferences else {
        return Err(AppError::bad_request("preferences must be an object").with("field", "preferences"));
    };
    identity.put_document(req.cx(), Document::Preferences, &preferences).await?;
    Ok(Reply::json(&StatusOk::OK))
}

async fn delete_preferences(identity: Identity, req: Req) -> Result<Reply> {
    identity.delete_document(req.cx(), Document::Preferences).await?;
    Ok(Reply::json(&StatusOk::OK))
}

async fn get_layout(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let Some((layout, at)) = identity.document(cx.user_id()?, Document::Layout).await? else {
        return Ok(Reply::json(&json!({})));
    };
    let member = |name: &str| layout.get(name).cloned().unwrap_or(Value::Null);
    Ok(Reply::json(&json!({
        "username": cx.caller.username,
        "card_order": member("card_order"),
        "card_vis": member("card_vis"),
        "card_theme": member("card_theme"),
        "updated_at": at.secs(),
    })))
}

async fn put_layout(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: LayoutBody = req.json().await?;
    let cx = req.cx();
    let members = [
        ("card_order", body.card_order.map(Value::Array)),
        ("card_vis", body.card_vis.map(Value::Object)),
        ("card_theme", body.card_theme.map(Value::Object)),
    ];
    let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    identity.change_document(cx, Document::Layout, |layout| layout.extend(given)).await?;
    Ok(Reply::json(&StatusOk::OK))
}
