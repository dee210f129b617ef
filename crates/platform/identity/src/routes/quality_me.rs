//! `/api/v1/users/me`: the personal profile, preferences and assistant settings, and ending one's own sessions.

use argos_kernel::{AppError, FieldError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use serde_json::{Map, Value, json};

use crate::actions::{Authority, Document, UserChange};
use crate::model::user::User;
use crate::model::{hearing, profile};
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/users/me", "users.get_profile", "Own profile.", get_profile)
        .put("/api/v1/users/me", "users.update_profile", "Change members of the own profile.", put_profile)
        .get("/api/v1/users/me/preferences", "users.get_preferences", "Own notification and test preferences.", get_preferences)
        .put("/api/v1/users/me/preferences", "users.update_preferences", "Change some of them.", put_preferences)
        .get("/api/v1/users/me/ai-config", "users.get_ai_config", "Own assistant settings.", get_ai)
        .put("/api/v1/users/me/ai-config", "users.update_ai_config", "Change some of them.", put_ai)
        .get("/api/v1/users/me/ai-preferences", "users.get_ai_preferences", "The same as ai-config.", get_ai)
        .put("/api/v1/users/me/ai-preferences", "users.update_ai_preferences", "The same as ai-config.", put_ai)
        .put("/api/v1/users/me/test-defaults", "users.update_test_defaults", "Change some defaults of own tests.", put_tests)
        .put("/api/v1/users/me/discovery-preferences", "users.update_discovery", "Change some defaults of own explorations.", put_discovery)
        .delete("/api/v1/users/me/sessions", "users.revoke_own_sessions", "End one's own sessions.", end_sessions)
        .param("except_current", "true keeps the session of this request")
}

type Members = Map<String, Value>;
/// What the profile keeps of what its owner wants to hear.
const WISHES: &str = "notification_preferences";
/// What of a body is kept, or everything wrong with it.
type Judged = std::result::Result<Members, Vec<FieldError>>;

/// The stored document of the signed-in user, empty when there is none.
async fn stored(identity: &Identity, user_id: i64, document: Document) -> Result<Members> {
    Ok(identity.document(user_id, document).await?.map(|(map, _)| map).unwrap_or_default())
}

/// A member that holds an object, empty when it is absent.
fn member(map: &Members, name: &str) -> Members {
    map.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn profile_view(user: &User, stored: &Members, wishes: &Members, last_active_at: Option<Timestamp>) -> Members {
    let mut view = profile::profile_defaults();
    for name in view.keys().cloned().collect::<Vec<_>>() {
        if let Some(value) = stored.get(&name) {
            view.insert(name, value.clone());
        }
    }
    let facts = json!({
        "id": user.uid,
        "user_id": user.uid,
        "username": user.username,
        "email": user.email,
        "display_name": user.display_name,
        "default_organization_id": stored.get("default_organization_id"),
        "default_project_id": stored.get("default_project_id"),
        "last_login_at": user.last_login_at.map(Timestamp::rfc3339),
        "last_active_at": last_active_at.map(Timestamp::rfc3339),
        "login_count": user.login_count,
        "notification_preferences": hearing::shown(wishes, &member(stored, WISHES)),
        // These are kept and shown, and change nothing.
        "notification_preferences_without_effect": hearing::WITHOUT_EFFECT,
        "test_defaults": profile::merged(profile::test_defaults(), &member(stored, "test_defaults")),
        "discovery_preferences": profile::merged(profile::discovery_defaults(), &member(stored, "discovery_preferences")),
        "created_at": user.created_at.rfc3339(),
        "updated_at": user.updated_at.rfc3339(),
    });
    if let Value::Object(facts) = facts {
        view.extend(facts);
    }
    view
}

async fn get_profile(identity: Identity, req: Req) -> Result<Reply> {
    profile_reply(&identity, req.cx().user_id()?).await
}

/// The profile of a user as it is shown.
pub(super) async fn profile_reply(identity: &Identity, user_id: i64) -> Result<Reply> {
    let stored = stored(identity, user_id, Document::Profile).await?;
    shown(identity, user_id, &stored).await
}

async fn shown(identity: &Identity, user_id: i64, stored: &Members) -> Result<Reply> {
    let (user, _) = identity.account(user_id).await?;
    let wishes = identity.wishes()?.of(user_id).await?;
    Ok(Reply::json(&profile_view(&user, stored, &wishes, identity.last_active_at(user_id).await?)))
}

async fn put_profile(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: Members = req.json().await?;
    let cx = req.cx();
    let user_id = cx.user_id()?;
    let patch = profile::profile_patch(&body).map_err(AppError::invalid)?;
    let name = match body.get("display_name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) if (1..=profile::DISPLAY_NAME_CHARS_MAX).contains(&name.chars().count()) => Some(name.clone()),
        Some(_) => return Err(AppError::invalid(vec![FieldError::new("display_name", "display_name must be 1-100 characters")])),
    };
    if let Some(name) = name {
        let change = UserChange { display_name: Some(name), ..UserChange::default() };
        identity.change_user(&Authority::of(cx), user_id, change).await?;
    }
    let document = if patch.is_empty() {
        stored(&identity, user_id, Document::Profile).await?
    } else {
        identity.change_document(cx, Document::Profile, |document| document.extend(patch)).await?.0
    };
    shown(&identity, user_id, &document).await
}

fn preferences_view(view: &Members) -> Value {
    let of = |name: &str| view.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "notification_preferences": of(WISHES),
        "notification_preferences_without_effect": of("notification_preferences_without_effect"),
        "test_defaults": of("test_defaults"),
        "theme": of("theme"),
        "timezone": of("timezone"),
        "language": of("language"),
    })
}

async fn get_preferences(identity: Identity, req: Req) -> Result<Reply> {
    let (user, _) = identity.account(req.cx().user_id()?).await?;
    let stored = stored(&identity, user.id, Document::Profile).await?;
    let wishes = identity.wishes()?.of(user.id).await?;
    Ok(Reply::json(&preferences_view(&profile_view(&user, &stored, &wishes, None))))
}

async fn put_preferences(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: Members = req.json().await?;
    let cx = req.cx();
    let (user, _) = identity.account(cx.user_id()?).await?;
    let wanted = body.get(WISHES).and_then(Value::as_object).unwrap_or(&body).clone();
    let appearance: Members = body
        .iter()
        .filter(|(name, _)| ["theme", "timezone", "language"].contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    let appearance = profile::profile_patch(&appearance).map_err(AppError::invalid)?;
    let kept = hearing::kept(&wanted).map_err(AppError::invalid)?;
    let edit = move |now: &Members| hearing::change(now, &wanted);
    let wishes = identity.wishes()?.change(&cx.actor(), user.id, Box::new(edit)).await?;
    let document = if appearance.is_empty() && kept.is_empty() {
        stored(&identity, user.id, Document::Profile).await?
    } else {
        let edit = |document: &mut Members| {
            document.extend(appearance);
            if !kept.is_empty() {
                let merged = profile::merged(member(document, WISHES), &kept);
                document.insert(WISHES.to_owned(), Value::Object(merged));
            }
        };
        identity.change_document(cx, Document::Profile, edit).await?.0
    };
    Ok(Reply::json(&preferences_view(&profile_view(&user, &document, &wishes, None))))
}

async fn get_ai(identity: Identity, req: Req) -> Result<Reply> {
    let stored = stored(&identity, req.cx().user_id()?, Document::AiConfig).await?;
    Ok(Reply::json(&profile::merged(profile::ai_defaults(), &stored)))
}

async fn put_ai(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: Members = req.json().await?;
    let cx = req.cx();
    let patch = profile::ai_patch(&body).map_err(AppError::invalid)?;
    let (document, _) = identity.change_document(cx, Document::AiConfig, |document| document.extend(patch)).await?;
    Ok(Reply::json(&profile::merged(profile::ai_defaults(), &document)))
}

/// Changes the defaults that the profile holds as `name`.
async fn put_defaults(identity: &Identity, req: &mut Req, name: &str, patch: fn(&Members) -> Judged) -> Result<Reply> {
    let body: Members = req.json().await?;
    let patch = patch(&body).map_err(AppError::invalid)?;
    let edit = |document: &mut Members| {
        let merged = profile::merged(member(document, name), &patch);
        document.insert(name.to_owned(), Value::Object(merged));
    };
    let (document, _) = identity.change_document(req.cx(), Document::Profile, edit).await?;
    shown(identity, req.cx().user_id()?, &document).await
}

async fn put_tests(identity: Identity, mut req: Req) -> Result<Reply> {
    put_defaults(&identity, &mut req, "test_defaults", profile::test_patch).await
}

async fn put_discovery(identity: Identity, mut req: Req) -> Result<Reply> {
    put_defaults(&identity, &mut req, "discovery_preferences", profile::discovery_patch).await
}

async fn end_sessions(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let (user, _) = identity.account(cx.user_id()?).await?;
    let except = cx.caller.session_id.filter(|_| req.query().flag("except_current"));
    let ended = identity.revoke_all(&Authority::of(cx), &user, except).await?;
    let message = format!("{ended} sessions ended");
    Ok(Reply::json(&json!({ "success": true, "sessions_revoked": ended, "message": message })))
}
