//! The operation context: who asks, from where, at what time. Handlers and actions receive nothing else.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use argos_kernel::{Actor, AppError, Clock, CredentialKind, Result, Rng, Role, Timestamp, Uid};

use crate::{AccessRule, ClientInfo};

/// A set of permission strings. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Grants(Arc<HashSet<Cow<'static, str>>>);

impl Grants {
    pub fn new(permissions: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        Self(Arc::new(permissions.into_iter().map(Into::into).collect()))
    }
    pub fn has(&self, permission: &str) -> bool {
        self.0.contains(permission)
    }
    /// Whether every permission of `other` is in this set.
    fn covers(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || other.0.is_subset(&self.0)
    }
    /// All permissions in alphabetical order.
    pub fn sorted(&self) -> Vec<String> {
        let mut list: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        list.sort_unstable();
        list
    }
}

/// An organization a caller acts in, and what it may do there.
#[derive(Clone, Debug)]
pub struct Membership {
    pub organization_id: i64,
    pub organization_uid: Uid,
    pub is_default: bool,
    /// The word of the role.
    pub role: &'static str,
    /// Everywhere in the organization.
    pub grants: Grants,
    /// In at least one of its projects; the handler judges in which.
    pub somewhere: Grants,
}

/// A recognised caller, as the authenticator vouches for it.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user_id: Option<i64>,
    pub user_uid: Option<Uid>,
    /// User name, or `apikey:<name>`.
    pub username: String,
    pub role: Option<Role>,
    pub credential: CredentialKind,
    pub session_id: Option<i64>,
    pub session_uid: Option<Uid>,
    /// What `X-CSRF-Token` must equal; only for cookie sessions.
    pub csrf_token: Option<String>,
    pub api_key_id: Option<i64>,
    pub grants: Grants,
    pub stepped_up_at: Option<Timestamp>,
    /// The session may only reach second-factor set-up, me and logout (`auth.require_2fa`).
    pub needs_2fa_setup: bool,
    /// The session may only set a new password, ask who it is, and sign out.
    pub must_change_password: bool,
    /// Node scope; `None` = all nodes.
    pub allowed_node_ids: Option<Arc<[String]>>,
    /// Organizations the caller belongs to; a key's own one alone.
    pub memberships: Arc<[Membership]>,
    /// The scopes of an API key as they were written; empty for everybody else.
    pub key_scopes: Arc<[String]>,
}

impl Caller {
    /// Who acts in a request, for records.
    pub(crate) fn actor(&self, client: &ClientInfo, request_id: &str) -> Actor {
        Actor {
            id: self.user_id,
            name: self.username.clone(),
            role: self.role,
            credential: self.credential,
            ip: client.ip.map(|ip| ip.to_string()),
            xff_chain: client.xff_chain.clone(),
            user_agent: client.user_agent.clone(),
            request_id: Some(request_id.to_owned()),
        }
    }

    /// Nobody: what public routes see without a credential.
    pub fn anonymous() -> Self {
        Self {
            user_id: None,
            user_uid: None,
            username: "anonymous".to_owned(),
            role: None,
            credential: CredentialKind::None,
            session_id: None,
            session_uid: None,
            csrf_token: None,
            api_key_id: None,
            grants: Grants::default(),
            stepped_up_at: None,
            needs_2fa_setup: false,
            must_change_password: false,
            allowed_node_ids: None,
            memberships: Arc::default(),
            key_scopes: Arc::default(),
        }
    }
    /// Whether this caller may still do everything `before` could: the same one, with no right, organization or node less and
    /// nothing more to be done first.
    pub(crate) fn covers(&self, before: &Self) -> bool {
        let nodes = match (&self.allowed_node_ids, &before.allowed_node_ids) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(now), Some(before)) => before.iter().all(|id| now.contains(id)),
        };
        let kept = |m: &Membership| {
            let same = |n: &&Membership| n.organization_id == m.organization_id;
            self.memberships.iter().find(same).is_some_and(|n| n.grants.covers(&m.grants) && n.somewhere.covers(&m.somewhere))
        };
        self.user_id == before.user_id
            && self.grants.covers(&before.grants)
            && nodes
            && (before.needs_2fa_setup || !self.needs_2fa_setup)
            && (before.must_change_password || !self.must_change_password)
            && before.memberships.iter().all(kept)
    }
    pub fn is_anonymous(&self) -> bool {
        self.credential == CredentialKind::None
    }
}

/// Everything an action may ask of its surroundings.
#[derive(Clone)]
pub struct OpCx {
    pub caller: Arc<Caller>,
    pub client: Arc<ClientInfo>,
    pub request_id: Arc<str>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) rule: &'static AccessRule,
}

impl OpCx {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
    pub fn rng(&self) -> &Arc<dyn Rng> {
        &self.rng
    }
    /// The rule under which this request was let in.
    pub fn rule(&self) -> &'static AccessRule {
        self.rule
    }
    pub fn has(&self, permission: &str) -> bool {
        self.caller.grants.has(permission)
    }
    /// 403 `Permission denied: <permission>` unless the caller has it.
    pub fn require(&self, permission: &str) -> Result<()> {
        if self.has(permission) { Ok(()) } else { Err(permission_denied(permission)) }
    }
    /// The permission where a thing belongs: on the instance, or in the organization that has it, in some project at least: for
    /// what the caller did there already, so that it was judged. 404 to those who are no member there.
    pub fn require_where(&self, organization: Option<i64>, on_instance: &str, in_organization: &str) -> Result<()> {
        let Some(id) = organization else { return self.require(on_instance) };
        // The instance's owner acts as an owner in every organization; a key never does.
        if self.caller.role == Some(Role::Owner) && self.caller.credential != CredentialKind::ApiKey {
            return Ok(());
        }
        let member = self.caller.memberships.iter().find(|m| m.organization_id == id);
        let member = member.ok_or_else(|| AppError::not_found("Not found"))?;
        if member.grants.has(in_organization) || member.somewhere.has(in_organization) {
            Ok(())
        } else {
            Err(permission_denied(in_organization))
        }
    }
    /// The signed-in user's id; 403 `User session required` for keys.
    pub fn user_id(&self) -> Result<i64> {
        self.caller.user_id.ok_or_else(|| AppError::forbidden("User session required").code("user_session_required"))
    }
    /// 403 `step_up_required` unless the caller proved itself again within ten minutes.
    pub fn require_step_up(&self) -> Result<()> {
        let fresh = self.caller.stepped_up_at.is_some_and(|at| self.now().secs_since(at) <= 600);
        if fresh { Ok(()) } else { Err(AppError::forbidden("Please confirm your identity again").code("step_up_required")) }
    }
    pub fn client_ip_text(&self) -> Option<String> {
        self.client.ip.map(|ip| ip.to_string())
    }
    /// What the caller's failures are counted on.
    pub fn counted_network(&self) -> Option<String> {
        self.client.ip.map(crate::counted_network)
    }
    /// The facts audit rows and events keep about the caller.
    pub fn actor(&self) -> Actor {
        self.caller.actor(&self.client, &self.request_id)
    }
}

pub(crate) fn permission_denied(permission: &str) -> AppError {
    AppError::forbidden(format!("Permission denied: {permission}")).code("permission_denied").with("permission", permission)
}
