//! The checks before a handler, in the documented order: address, size, origin, credential, CSRF, rate, permission.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{AppError, CredentialKind, Result};
use tokio::time::Instant;

use crate::access::AccessRule;
use crate::auth::{self, AuthFailure};
use crate::context::{Caller, permission_denied};
use crate::error_reply::{rate_limited, unauthenticated};
use crate::family::Family;
use crate::rate::Verdict;
use crate::routes::Mounted;
use crate::web::{Incoming, Web};
use crate::{ClientInfo, Req, Tier, WebConfig, counted_network, websocket};

/// A refused credential is never answered faster than this, so that timing tells nothing.
const REFUSAL_FLOOR: Duration = Duration::from_millis(100);
/// Paths every session may reach, whatever is still missing from it.
const OPEN_PATHS: [&str; 7] =
    ["/api/auth/me", "/api/me", "/api/ui/me", "/api/logout", "/api/auth/logout", "/api/v1/auth/me", "/api/v1/auth/logout"];
/// Paths a session without its second factor may reach beside them.
const SETUP_PATHS: [&str; 7] = [
    "/api/auth/passkey/register/begin",
    "/api/auth/passkey/register/finish",
    "/api/auth/passkeys",
    "/api/auth/totp/setup",
    "/api/auth/totp/activate",
    "/api/auth/totp/enable",
    "/api/auth/totp/status",
];
/// Paths a session with a password that has to be replaced may reach beside them.
const PASSWORD_PATHS: [&str; 2] = ["/api/auth/password", "/api/profile/password"];

/// What the checks before the handler found out.
pub(crate) struct Admitted {
    pub(crate) caller: Arc<Caller>,
    pub(crate) verdict: Option<Verdict>,
}

impl Web {
    pub(crate) async fn admit(
        &self,
        route: &Mounted,
        incoming: &Incoming,
        config: &WebConfig,
    ) -> Result<Admitted, (AppError, Option<Verdict>)> {
        let began = Instant::now();
        let (rule, headers) = (route.rule, &incoming.parts.headers);
        let plain = |e| (e, None);
        if !rule.proves_itself() && rule.tier != Tier::Exempt && !config.ip_allowlist.is_empty() {
            let listed = incoming.client.ip.is_some_and(|ip| config.ip_allowlist.iter().any(|c| c.contains(ip)));
            if !listed {
                return Err(plain(AppError::forbidden("Your address is not allowed here").code("ip_not_allowed")));
            }
        }
        Req::refuse_declared_length(headers, route.body_limit).map_err(plain)?;
        if route.websocket && !rule.proves_itself() && !websocket::origin_ok(headers, &incoming.client.host, &config.cors_origins) {
            return Err(plain(AppError::forbidden("Origin not allowed").code("origin_not_allowed")));
        }
        let caller = self.identify(rule, incoming).await.map_err(plain)?;
        if !auth::csrf_ok(&incoming.parts.method, headers, &caller) && !rule.is_public() {
            return Err(plain(AppError::forbidden("CSRF token missing or wrong").code("csrf_failed")));
        }
        let who = principal(&caller, &incoming.client);
        let verdict =
            if is_named_later(route) { self.limiter.look(&who, rule.tier, config) } else { self.limiter.take(&who, rule.tier, config) };
        if let Some(v) = verdict.filter(|v| !v.allowed) {
            return Err((rate_limited(rule.family, v.reset_s.max(1), v.limit), verdict));
        }
        if let Err(e) = permitted(rule, &caller, &incoming.path) {
            // A right that is missing is told of; a password or second factor still owed is a step of signing in.
            if e.code_str() == "permission_denied" {
                self.tell(route, &caller, &incoming.client, &incoming.request_id, (e.kind().status(), began.elapsed()));
            }
            return Err((e, verdict));
        }
        Ok(Admitted { caller, verdict })
    }

    async fn identify(&self, rule: &AccessRule, incoming: &Incoming) -> Result<Arc<Caller>> {
        let started = Instant::now();
        if rule.proves_itself() {
            return Ok(Arc::new(Caller::anonymous()));
        }
        let query_allowed = rule.takes("query") || rule.takes("wstoken");
        let presented = auth::extract(&incoming.parts.headers, &incoming.parts.uri, query_allowed);
        let outcome = match (&presented, &self.authenticator) {
            (Some(p), Some(a)) => match a.cached(p) {
                Some(caller) => Ok(caller),
                None => a.authenticate(p, &incoming.client).await,
            },
            _ => Err(AuthFailure::Invalid),
        };
        match outcome {
            Ok(caller) => accepted_kind(rule, caller),
            Err(_) if rule.is_public() => Ok(Arc::new(Caller::anonymous())),
            Err(AuthFailure::Error(e)) => Err(e),
            Err(AuthFailure::Invalid) => {
                let error = match (&presented, incoming.client.ip) {
                    (Some(_), Some(ip)) => self.limiter.failed_auth(&counted_network(ip)).map(|s| rate_limited(rule.family, s, 20)),
                    _ => None,
                };
                tokio::time::sleep_until(started + REFUSAL_FLOOR).await;
                Err(error.unwrap_or_else(|| unauthenticated(rule.family, presented.is_none())))
            }
        }
    }
}

/// Many peers may stand behind one address: who proves himself by his first frame is counted by his name, and the address
/// pays for those that fail ([`crate::Knock`]).
pub(crate) fn is_named_later(route: &Mounted) -> bool {
    route.websocket && route.rule.proves_itself()
}

/// A key on a session-only route is told so instead of "unknown".
fn accepted_kind(rule: &AccessRule, caller: Arc<Caller>) -> Result<Arc<Caller>> {
    let takes = match caller.credential {
        CredentialKind::Cookie | CredentialKind::Session => rule.takes("session") || rule.takes("query") || rule.takes("wstoken"),
        CredentialKind::Jwt => rule.takes("jwt"),
        CredentialKind::ApiKey => rule.takes("apikey"),
        _ => true,
    };
    if takes || rule.is_public() {
        return Ok(caller);
    }
    Err(AppError::forbidden("User session required").code("user_session_required"))
}

/// Whether this caller, with this kind of credential, may make a request here.
pub(crate) fn judge(rule: &AccessRule, caller: &Arc<Caller>, path: &str) -> Result<()> {
    accepted_kind(rule, Arc::clone(caller))?;
    permitted(rule, caller, path)
}

fn permitted(rule: &AccessRule, caller: &Caller, path: &str) -> Result<()> {
    if rule.is_public() || rule.proves_itself() {
        return Ok(());
    }
    let open = OPEN_PATHS.contains(&path)
        || (caller.needs_2fa_setup && SETUP_PATHS.contains(&path))
        || (caller.must_change_password && (PASSWORD_PATHS.contains(&path) || is_nodes_password(path)));
    if caller.must_change_password && !open {
        let error = AppError::forbidden("Choose a new password first").code("password_change_required");
        return Err(error.with("must_change_password", true));
    }
    if caller.needs_2fa_setup && !open {
        return Err(AppError::forbidden("Set up a second factor first").code("totp_setup_required").with("requires_2fa_setup", true));
    }
    match rule.permission() {
        "self" => Ok(()),
        permission if caller.grants.has(permission) => Ok(()),
        // In which organization it is judged only the handler can tell.
        permission if rule.family == Family::Quality && caller.memberships.iter().any(|m| m.somewhere.has(permission)) => Ok(()),
        permission => Err(permission_denied(permission)),
    }
}

/// `/api/v1/users/{id}/password`; the handler refuses everybody's id but the caller's.
fn is_nodes_password(path: &str) -> bool {
    path.strip_prefix("/api/v1/users/").and_then(|rest| rest.strip_suffix("/password")).is_some_and(|id| !id.contains('/'))
}

pub(crate) fn principal(caller: &Caller, client: &ClientInfo) -> String {
    match (caller.api_key_id, caller.user_id, client.ip) {
        (Some(key), _, _) => format!("key:{key}"),
        (None, Some(user), _) => format!("user:{user}"),
        (None, None, Some(ip)) => format!("ip:{}", counted_network(ip)),
        (None, None, None) => format!("name:{}", caller.username),
    }
}
