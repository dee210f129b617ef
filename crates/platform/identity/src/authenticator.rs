//! Recognises callers for the web kit: sessions, API keys, one-time socket tokens. A verified caller is believed for
//! five seconds without asking the store.

use std::sync::Arc;

use argos_audit::{Category, Entry, Status};
use argos_events::{NewEvent, Source as EventSource};
use argos_kernel::{Actor, AppError, CredentialKind, Result, Role, Severity, Timestamp};
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Membership, Presented, Source};
use serde_json::json;

use crate::actions::WsGrant;
use crate::cache::CacheKey;
use crate::model::api_key::{self, ApiKey};
use crate::model::constant_time;
use crate::model::permission::{Grants, OrgRole};
use crate::model::scope;
use crate::model::session::{Session, SessionKind, TOUCH_S};
use crate::model::user::User;
use crate::service::{Identity, web_grants};
use crate::store::{api_keys, members, organizations, sessions, users};
use crate::windows::BadKey;

/// What a token of a foreign issuer may be used for, within the rights of its user.
pub(crate) const FOREIGN_SCOPES: [&str; 3] = ["read", "write", "execute"];

/// A recognised caller and the moment the credential ends.
type Recognised = (Arc<Caller>, Timestamp);

impl Authenticator for Identity {
    fn cached(&self, presented: &Presented) -> Option<Arc<Caller>> {
        self.0.cache.get(&self.cache_key(presented)?, self.now())
    }

    fn authenticate<'a>(&'a self, presented: &'a Presented, client: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async move {
            let generation = self.0.cache.generation();
            let found = match presented {
                Presented::Session { token, source } => self.by_session(token, *source).await,
                Presented::ApiKey { key, .. } => self.by_key(key, client).await,
                Presented::WsToken { token } => self.by_ws_token(token).await,
                Presented::Jwt { token, .. } => self.by_jwt(token).await,
            };
            let (caller, ends_at) = found.map_err(AuthFailure::Error)?.ok_or(AuthFailure::Invalid)?;
            if let Some(key) = self.cache_key(presented) {
                self.0.cache.put(generation, key, Arc::clone(&caller), self.now(), ends_at);
            }
            Ok(caller)
        })
    }

    fn current<'a>(&'a self, caller: &'a Arc<Caller>) -> BoxFuture<'a, Result<Option<Arc<Caller>>>> {
        Box::pin(async move {
            let grant = WsGrant { session_uid: caller.session_uid, api_key_id: caller.api_key_id };
            Ok(self.by_grant(&grant).await?.map(|(caller, _)| caller))
        })
    }
}

impl Identity {
    /// Socket tokens are used once and never remembered.
    fn cache_key(&self, presented: &Presented) -> Option<CacheKey> {
        match presented {
            Presented::Session { token, source } => Some((self.token_hash(token), *source == Source::Cookie)),
            Presented::ApiKey { key, .. } => Some((api_key::hash(key), false)),
            Presented::Jwt { token, .. } => Some((self.token_hash(token), false)),
            Presented::WsToken { .. } => None,
        }
    }

    async fn by_session(&self, token: &str, source: Source) -> Result<Option<Recognised>> {
        let hash = self.token_hash_text(token);
        let Some(session) = sessions::by_hash(&self.0.db, &hash, self.now()).await? else {
            return Ok(self.by_metrics_token(token));
        };
        self.of_session(&session, source == Source::Cookie).await
    }

    async fn by_jwt(&self, token: &str) -> Result<Option<Recognised>> {
        match self.session_of_jwt(token).await? {
            Some(session) => self.of_session(&session, false).await,
            None => self.by_foreign_token(token).await,
        }
    }

    /// Somebody another issuer vouches for: the user that account belongs to, within the scopes such tokens have.
    async fn by_foreign_token(&self, token: &str) -> Result<Option<Recognised>> {
        let Some(judge) = self.0.foreign_tokens.get() else { return Ok(None) };
        let Some(believed) = judge.check(token).await? else { return Ok(None) };
        let now = self.now();
        let Some(user) = self.owner_of(&believed).await?.filter(|user| user.may_sign_in(now)) else { return Ok(None) };
        let scopes = FOREIGN_SCOPES.map(str::to_owned);
        let implies = self.policy().write_implies_execute;
        let grants = api_key::effective(user.role, &scopes, Some(user.grants()), true, implies);
        let memberships = self.memberships_of(user.id).await?.iter().map(|m| within(m, scope::expand_all(&scopes, implies))).collect();
        let ends_at = user.expires_at.map_or(believed.ends_at, |at| at.min(believed.ends_at));
        let caller = Caller {
            user_id: Some(user.id),
            user_uid: Some(user.uid),
            username: user.username.clone(),
            role: Some(user.role),
            credential: CredentialKind::Jwt,
            grants: web_grants(grants),
            must_change_password: user.owes_a_password(),
            allowed_node_ids: user.allowed_node_ids.clone().map(Arc::from),
            memberships,
            ..Caller::anonymous()
        };
        Ok(Some((Arc::new(caller), ends_at)))
    }

    async fn of_session(&self, session: &Session, cookie: bool) -> Result<Option<Recognised>> {
        let now = self.now();
        let ends_at = session.ends_at(&self.policy().lifetimes);
        if ends_at <= now {
            return Ok(None);
        }
        let Some((user, _)) = users::find(&self.0.db, users::By::Id(session.user_id)).await? else { return Ok(None) };
        if !user.may_sign_in(now) {
            return Ok(None);
        }
        if now.secs_since(session.last_seen_at) >= TOUCH_S
            && let Err(error) = sessions::touch(&self.0.db, session.id, now).await
        {
            tracing::warn!(%error, "the last use of a session could not be stored");
        }
        let ends_at = user.expires_at.map_or(ends_at, |at| at.min(ends_at));
        let memberships = self.memberships_of(user.id).await?;
        Ok(Some((Arc::new(Caller { memberships, ..self.session_caller(session, &user, cookie) }), ends_at)))
    }

    fn session_caller(&self, session: &Session, user: &User, cookie: bool) -> Caller {
        let credential = match (session.kind, cookie) {
            (SessionKind::JwtAccess | SessionKind::JwtRefresh, _) => CredentialKind::Jwt,
            (_, true) => CredentialKind::Cookie,
            (_, false) => CredentialKind::Session,
        };
        let grants = match &session.scopes {
            Some(scopes) => api_key::effective(user.role, scopes, Some(user.grants()), true, self.policy().write_implies_execute),
            None => user.grants(),
        };
        Caller {
            user_id: Some(user.id),
            user_uid: Some(user.uid),
            username: user.username.clone(),
            role: Some(user.role),
            credential,
            session_id: Some(session.id),
            session_uid: Some(session.uid),
            csrf_token: cookie.then(|| self.csrf_token(session.uid)),
            api_key_id: None,
            grants: web_grants(grants),
            stepped_up_at: session.stepped_up_at,
            needs_2fa_setup: session.setup_only && !user.has_2fa(),
            must_change_password: user.owes_a_password(),
            allowed_node_ids: user.allowed_node_ids.clone().map(Arc::from),
            memberships: Arc::default(),
            key_scopes: Arc::default(),
        }
    }

    /// The organizations somebody belongs to, each with the rights there.
    async fn memberships_of(&self, user_id: i64) -> Result<Arc<[Membership]>> {
        let mut found: Vec<(Membership, Grants)> = Vec::new();
        for line in members::standing_of(&self.0.db, user_id).await? {
            let somewhere = line.project_role.map_or(Grants::EMPTY, Grants::of_org_role);
            if let Some((_, seen)) = found.iter_mut().find(|(m, _)| m.organization_id == line.organization_id) {
                *seen = seen.union(somewhere);
                continue;
            }
            let grants = Grants::of_org_role(line.role);
            found.push((membership(&line, grants), grants.union(somewhere)));
        }
        let list = found.into_iter().map(|(m, somewhere)| Membership { somewhere: web_grants(somewhere), ..m });
        Ok(list.collect())
    }

    async fn by_key(&self, text: &str, client: &ClientInfo) -> Result<Option<Recognised>> {
        let (now, ip) = (self.now(), client.ip.map(argos_web::counted_network));
        if let Some(left) = ip.as_deref().and_then(|ip| self.0.bad_keys.blocked_s(ip, now)) {
            return Err(AppError::rate_limited("Rate limit exceeded", left));
        }
        if let Some(found) = self.by_builtin_key(text).or_else(|| self.by_metrics_token(text)) {
            return Ok(Some(found));
        }
        if let Some(found) = self.by_service_token(text).await? {
            return Ok(Some(found));
        }
        let hash = argos_kernel::hex(&api_key::hash(text));
        let key = api_keys::by_hash(&self.0.db, &hash).await?.filter(|k| k.is_active(now));
        let found = match key {
            Some(key) => self.of_key(&key).await?,
            None => None,
        };
        match (&found, ip) {
            (None, Some(network)) => self.note_bad_key(&network, client).await?,
            (Some((caller, _)), _) => {
                if let Some(id) = caller.api_key_id {
                    self.0.cache.count_use(id);
                }
            }
            _ => {}
        }
        Ok(found)
    }

    async fn of_key(&self, key: &ApiKey) -> Result<Option<Recognised>> {
        let now = self.now();
        let owner = match key.owner_id {
            Some(id) => match users::find(&self.0.db, users::By::Id(id)).await? {
                Some((user, _)) if user.may_sign_in(now) => Some(user),
                _ => return Ok(None),
            },
            None => None,
        };
        let implies = self.policy().write_implies_execute;
        let org_role = match (key.organization_id, &owner) {
            (Some(organization), owner) => match self.role_of_key(organization, owner.as_ref()).await? {
                Some(role) => Some(role),
                None => return Ok(None),
            },
            _ => None,
        };
        let inside = org_role.map_or(Grants::EMPTY, Grants::inside_organization);
        let rights = owner.as_ref().map(|o| Grants::of_role(o.role).union(inside));
        let grants = api_key::effective(key.role_cap, &key.scopes, rights, key.organization_id.is_some(), implies);
        let nodes = key.node_ids.clone().or_else(|| owner.as_ref().and_then(|o| o.allowed_node_ids.clone()));
        let role = owner.as_ref().map_or(key.role_cap, |o| o.role.min(key.role_cap));
        let mut caller = key_caller(key.actor_name(), key.id, role, grants, nodes);
        caller.key_scopes = Arc::from(key.scopes.as_slice());
        if let (Some(organization_id), Some(org_role)) = (key.organization_id, org_role)
            && let Some(organization) = organizations::find(&self.0.db, organizations::By::Id(organization_id)).await?
        {
            let grants = Grants::of_org_role(org_role).intersect(scope::expand_all(&key.scopes, implies));
            let (grants, somewhere) = (web_grants(grants), web_grants(grants));
            let (organization_uid, is_default) = (organization.uid, organization.is_default);
            let own = Membership { organization_id, organization_uid, is_default, role: org_role.as_str(), grants, somewhere };
            caller.memberships = Arc::from([own]);
        }
        let ends_at = [key.expires_at, key.revoked_at].into_iter().flatten().min();
        Ok(Some((Arc::new(caller), ends_at.unwrap_or(Timestamp::from_micros(i64::MAX)))))
    }

    /// The role a key's owner has in the key's organization; `None` when it ended with the membership.
    async fn role_of_key(&self, organization_id: i64, owner: Option<&User>) -> Result<Option<OrgRole>> {
        let Some(owner) = owner else { return Ok(Some(OrgRole::ServiceAccount)) };
        if owner.role == Role::Owner {
            return Ok(Some(OrgRole::Owner));
        }
        Ok(members::role_of(&self.0.db, organization_id, owner.id).await?)
    }

    /// `ARGOS_API_KEY`: the power routes with an administrator's rights there.
    fn by_builtin_key(&self, text: &str) -> Option<Recognised> {
        let expected = self.0.builtin_key.as_ref()?;
        if !constant_time::equal(expected, &api_key::hash(text)) {
            return None;
        }
        let grants = api_key::effective(Role::Admin, &["power".to_owned()], None, false, false);
        let caller = key_caller("apikey:ARGOS_API_KEY".to_owned(), 0, Role::Admin, grants, None);
        Some((Arc::new(caller), Timestamp::from_micros(i64::MAX)))
    }

    /// A program of the service token file: a service account of the default organization, within its scopes.
    async fn by_service_token(&self, text: &str) -> Result<Option<Recognised>> {
        let hash = api_key::hash(text);
        let Some(token) = self.0.boot.service_tokens.iter().find(|t| constant_time::equal(&t.hash, &hash)) else { return Ok(None) };
        let scopes = scope::expand_all(&token.scopes, self.policy().write_implies_execute);
        let inside = Grants::of_org_role(OrgRole::ServiceAccount).intersect(scopes);
        let own = Grants::single("self").unwrap_or(Grants::EMPTY);
        let mut caller = key_caller(format!("svc:{}", token.name), 0, Role::Viewer, inside.union(own), None);
        caller.key_scopes = Arc::from(token.scopes.as_slice());
        if let Some(organization) = organizations::find(&self.0.db, organizations::By::Default).await? {
            let (grants, somewhere) = (web_grants(inside), web_grants(inside));
            let role = OrgRole::ServiceAccount.as_str();
            let (organization_id, organization_uid) = (organization.id, organization.uid);
            caller.memberships = Arc::from([Membership { organization_id, organization_uid, is_default: true, role, grants, somewhere }]);
        }
        Ok(Some((Arc::new(caller), Timestamp::from_micros(i64::MAX))))
    }

    /// The token of metric scrapers: reads metrics, nothing else.
    fn by_metrics_token(&self, text: &str) -> Option<Recognised> {
        let expected = self.policy().metrics_token_hash?;
        if !constant_time::equal(&expected, &api_key::hash(text)) {
            return None;
        }
        let grants = scope::expand_all(&["metrics"], false);
        let caller = key_caller("apikey:metrics".to_owned(), 0, Role::Viewer, grants, None);
        Some((Arc::new(caller), Timestamp::from_micros(i64::MAX)))
    }

    async fn by_ws_token(&self, token: &str) -> Result<Option<Recognised>> {
        match self.take_ws_token(token).await? {
            Some(grant) => self.by_grant(&grant).await,
            None => Ok(None),
        }
    }

    /// The session or key that a one-time token stands for.
    async fn by_grant(&self, grant: &WsGrant) -> Result<Option<Recognised>> {
        if let Some(id) = grant.api_key_id {
            let key = api_keys::find(&self.0.db, api_keys::By::Id(id)).await?.filter(|k| k.is_active(self.now()));
            return match key {
                Some(key) => self.of_key(&key).await,
                None => Ok(None),
            };
        }
        let Some(uid) = grant.session_uid else { return Ok(None) };
        match sessions::by_uid(&self.0.db, uid, self.now()).await? {
            Some(session) => self.of_session(&session, false).await,
            None => Ok(None),
        }
    }

    /// Counts a bad key; the twentieth within five minutes blocks the address for one and is put on record.
    async fn note_bad_key(&self, network: &str, client: &ClientInfo) -> Result<()> {
        if self.0.bad_keys.note(network, self.now()) == BadKey::Counted {
            return Ok(());
        }
        let ip = &client.ip.map(|ip| ip.to_string()).unwrap_or_default();
        let actor = Actor { ip: Some(ip.clone()), user_agent: client.user_agent.clone(), ..Actor::anonymous() };
        let mut change = self.0.audit.begin(&actor).await?;
        let event = NewEvent::new(EventSource::Platform, "security.brute_force", format!("Many wrong API keys from {ip}"))
            .severity(Severity::Error)
            .subject("address", ip.as_str(), ip.as_str())
            .data(json!({ "ip": ip }));
        self.0.events.publish(&mut change, event).await?;
        let entry = Entry::new("security.brute_force", Category::Security)
            .target("address", ip)
            .describe(format!("Many wrong API keys from {ip}; blocked for a minute"))
            .status(Status::Failure)
            .severity(Severity::Error);
        change.commit(entry).await
    }
}

/// A membership cut down to what a credential's scopes leave of it.
fn within(of: &Membership, scopes: Grants) -> Membership {
    let cut = |grants: &argos_web::Grants| web_grants(Grants::matching(|name| grants.has(name)).intersect(scopes));
    Membership { grants: cut(&of.grants), somewhere: cut(&of.somewhere), ..of.clone() }
}

/// A membership without what its projects add.
fn membership(line: &members::Standing, grants: Grants) -> Membership {
    Membership {
        organization_id: line.organization_id,
        organization_uid: line.organization_uid,
        is_default: line.is_default,
        role: line.role.as_str(),
        grants: web_grants(grants),
        somewhere: argos_web::Grants::default(),
    }
}

fn key_caller(name: String, id: i64, role: Role, grants: Grants, nodes: Option<Vec<String>>) -> Caller {
    Caller {
        username: name,
        role: Some(role),
        credential: CredentialKind::ApiKey,
        api_key_id: Some(id),
        grants: web_grants(grants),
        allowed_node_ids: nodes.map(Arc::from),
        ..Caller::anonymous()
    }
}
