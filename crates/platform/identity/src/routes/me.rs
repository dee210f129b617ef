//! Who am I and what may I do: `/api/me`, `/api/permissions`, and the start-up document of the user interface.

use std::collections::BTreeMap;

use argos_kernel::{Result, Role};
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::actions::Document;
use crate::model::permission::{Grants, OrgRole, classic};
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/me", "auth.get_own_permissions", "Own name, role and permissions.", me)
        .reply::<MeView>()
        .get("/api/permissions", "auth.list_permissions", "The permissions of each role.", permissions)
        .param("all", "1 adds owner, organization roles and the whole catalogue")
        .get("/api/ui/me", "auth.get_ui_me", "What the user interface needs to start.", ui_me)
        .reply::<UiMe>()
}

#[derive(Serialize, JsonSchema)]
struct MeView {
    username: String,
    /// An owner shows as `admin`.
    role: &'static str,
    global_role: Role,
    /// The classic list of the role.
    permissions: Vec<&'static str>,
    /// Everything this credential may do.
    grants: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_2fa_setup: Option<bool>,
}

/// The classic list of the role; of a key, as much of it as the key's scopes leave.
pub(super) fn shown_permissions(cx: &OpCx) -> Vec<&'static str> {
    let mut list = classic(cx.caller.role.unwrap_or(Role::Viewer));
    if cx.caller.api_key_id.is_some() {
        list.retain(|name| cx.has(name));
    }
    list
}

async fn me(_: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let role = cx.caller.role.unwrap_or(Role::Viewer);
    Ok(Reply::json(&MeView {
        username: cx.caller.username.clone(),
        role: role.ops_word(),
        global_role: role,
        permissions: shown_permissions(cx),
        grants: cx.caller.grants.sorted(),
        requires_2fa_setup: cx.caller.needs_2fa_setup.then_some(true),
    }))
}

async fn permissions(_: Identity, req: Req) -> Result<Reply> {
    let mut view = Map::new();
    for role in [Role::Viewer, Role::Operator, Role::Admin] {
        view.insert(role.as_str().to_owned(), json!(classic(role)));
    }
    if req.query().flag("all") {
        view.insert("owner".to_owned(), json!(Grants::of_role(Role::Owner).names()));
        let roles: BTreeMap<&str, Vec<&str>> = Role::ALL.into_iter().map(|r| (r.as_str(), Grants::of_role(r).names())).collect();
        view.insert("roles".to_owned(), json!(roles));
        let roles: BTreeMap<&str, Vec<&str>> = OrgRole::ALL.into_iter().map(|r| (r.as_str(), Grants::of_org_role(r).names())).collect();
        view.insert("organization_roles".to_owned(), json!(roles));
        view.insert("catalogue".to_owned(), json!(Grants::all().names()));
    }
    Ok(Reply::json(&view))
}

#[derive(Serialize, JsonSchema)]
struct UiMe {
    user: UiUser,
    /// Every permission of this session, sorted.
    can: Vec<String>,
    preferences: Map<String, Value>,
    requires_2fa_setup: bool,
}

#[derive(Serialize, JsonSchema)]
struct UiUser {
    id: i64,
    uid: String,
    username: String,
    display_name: String,
    role: Role,
    must_change_password: bool,
    has_2fa: bool,
}

async fn ui_me(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let (user, _) = identity.account(cx.user_id()?).await?;
    let preferences = identity.document(user.id, Document::Preferences).await?.map(|(value, _)| value).unwrap_or_default();
    Ok(Reply::json(&UiMe {
        user: UiUser {
            id: user.id,
            uid: user.uid.to_string(),
            has_2fa: user.has_2fa(),
            username: user.username,
            display_name: user.display_name,
            role: user.role,
            must_change_password: user.must_change_password,
        },
        can: cx.caller.grants.sorted(),
        preferences,
        requires_2fa_setup: cx.caller.needs_2fa_setup,
    }))
}
