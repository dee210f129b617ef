//! From a request to a reply, in the documented order: size, credential, CSRF, rate, permission, handler.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use argos_kernel::{AppError, Clock, CredentialKind, ErrorKind, Result, Rng, Tasks, Uid};
use http::{HeaderMap, HeaderValue, Method, header, request};
use tokio::time::Instant;

use crate::access::AccessRule;
use crate::auth::{self, AuthFailure, Authenticator, CredentialWatch};
use crate::body::{ReplyBody, RequestBody};
use crate::context::{Caller, OpCx, permission_denied};
use crate::error_reply::{rate_limited, render, route_not_found, unauthenticated};
use crate::family::Family;
use crate::idempotency::{self, Attempt, ReplayStore, Seen};
use crate::query::Query;
use crate::rate::{RateLimiter, Verdict};
use crate::router::{Found, Router};
use crate::routes::{Mounted, Routes};
use crate::{ClientInfo, Reply, Req, RouteStats, Tier, WebConfig, headers, websocket};

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

/// Answers everything that is not a declared route: the user interface.
pub trait Fallback: Send + Sync + 'static {
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap, signed_in: bool) -> Option<Reply>;
}

pub struct WebBuilder {
    routes: Vec<Mounted>,
    fallback: Option<Box<dyn Fallback>>,
    authenticator: Option<Arc<dyn Authenticator>>,
    replays: Option<Arc<dyn ReplayStore>>,
    config: WebConfig,
}

/// The assembled web kit.
pub struct Web {
    router: Router,
    fallback: Option<Box<dyn Fallback>>,
    authenticator: Option<Arc<dyn Authenticator>>,
    replays: Option<Arc<dyn ReplayStore>>,
    config: Arc<ArcSwap<WebConfig>>,
    limiter: RateLimiter,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    tasks: Tasks,
}

impl WebBuilder {
    #[must_use]
    pub fn mount(mut self, routes: Routes) -> Self {
        self.routes.extend(routes.into_list());
        self
    }
    #[must_use]
    pub fn fallback(mut self, fallback: impl Fallback) -> Self {
        self.fallback = Some(Box::new(fallback));
        self
    }
    #[must_use]
    pub fn authenticator(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.authenticator = Some(authenticator);
        self
    }
    /// Where replies to keyed requests are kept; without it `Idempotency-Key` is ignored.
    #[must_use]
    pub fn replays(mut self, replays: Arc<dyn ReplayStore>) -> Self {
        self.replays = Some(replays);
        self
    }
    #[must_use]
    pub fn config(mut self, config: WebConfig) -> Self {
        self.config = config;
        self
    }
    /// The declared routes so far, for the OpenAPI document.
    pub fn routes(&self) -> &[Mounted] {
        &self.routes
    }
    /// Fails when two routes claim the same place.
    pub fn build(self, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, tasks: Tasks) -> Result<Web, String> {
        Ok(Web {
            router: Router::new(self.routes)?,
            fallback: self.fallback,
            authenticator: self.authenticator,
            replays: self.replays,
            config: Arc::new(ArcSwap::from_pointee(self.config)),
            limiter: RateLimiter::new(),
            clock,
            rng,
            tasks,
        })
    }
}

/// What the checks before the handler found out.
struct Admitted {
    caller: Arc<Caller>,
    verdict: Option<Verdict>,
}

struct Incoming {
    parts: request::Parts,
    client: Arc<ClientInfo>,
    request_id: Arc<str>,
    path: String,
}

impl Web {
    pub fn builder() -> WebBuilder {
        WebBuilder { routes: Vec::new(), fallback: None, authenticator: None, replays: None, config: WebConfig::default() }
    }
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }
    /// Swaps the live settings.
    pub fn configure(&self, config: WebConfig) {
        self.config.store(Arc::new(config));
    }
    pub fn routes(&self) -> &[Mounted] {
        &self.router.routes
    }
    /// Totals per route that was called at least once.
    pub fn stats(&self) -> Vec<RouteStats> {
        let all = self.router.routes.iter().map(|r| r.counters.stats(r.method.as_str(), r.path, r.operation));
        all.filter(|s| s.by_class.iter().any(|n| *n > 0)).collect()
    }

    pub(crate) async fn handle(
        &self,
        parts: request::Parts,
        body: RequestBody,
        peer: Option<IpAddr>,
        tls: bool,
        upgrade: Option<hyper::upgrade::OnUpgrade>,
    ) -> http::Response<ReplyBody> {
        let started = Instant::now();
        let config = self.config.load_full();
        let authority = parts.uri.authority().map(http::uri::Authority::as_str);
        let client = ClientInfo::from_request(peer, tls, &parts.headers, authority, &config);
        let inbound = parts.headers.get("x-request-id").and_then(|v| v.to_str().ok()).filter(|v| valid_request_id(v));
        let request_id: Arc<str> = inbound.map_or_else(|| Uid::mint(&*self.clock, &*self.rng).to_string().into(), Into::into);
        let path = parts.uri.path().to_owned();
        let incoming = Incoming { parts, client: Arc::new(client), request_id, path };
        let method = incoming.parts.method.clone();
        let (https, origin) = (incoming.client.https, incoming.parts.headers.get(header::ORIGIN).cloned());
        let token_in_query = incoming.parts.uri.query().is_some_and(|q| q.contains("token="));
        let gzip = incoming.parts.headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("gzip"));
        let (path, request_id) = (incoming.path.clone(), Arc::clone(&incoming.request_id));

        let (mut reply, route) = if method == Method::OPTIONS && origin.is_some() {
            (Reply::new(204), None)
        } else {
            self.route(incoming, body, upgrade, &config).await
        };
        if let Some(route) = route {
            route.counters.note(reply.status.as_u16(), started.elapsed());
        }
        cors(&mut reply, origin.as_ref(), method == Method::OPTIONS, &config);
        headers::secure(&mut reply.headers, &path, token_in_query, https);
        if let Ok(value) = HeaderValue::try_from(&*request_id) {
            reply.headers.insert("x-request-id", value);
        }
        if gzip {
            compress(&mut reply);
        }
        let mut response = http::Response::new(if method == Method::HEAD { ReplyBody::Full(None) } else { reply.body });
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        response
    }

    async fn route(
        &self,
        incoming: Incoming,
        body: RequestBody,
        upgrade: Option<hyper::upgrade::OnUpgrade>,
        config: &WebConfig,
    ) -> (Reply, Option<&Mounted>) {
        let request_id = Arc::clone(&incoming.request_id);
        if incoming.parts.uri.path_and_query().is_some_and(|p| p.as_str().contains("%00")) {
            let e = AppError::bad_request("The address may not hold the character NUL").code("invalid_character");
            return (render(&e, Family::Edge, &request_id), None);
        }
        match self.router.find(&incoming.parts.method, &incoming.path) {
            Found::Route(route, params) => {
                let family = route.rule.family;
                let reply = match self.admit(route, &incoming, config).await {
                    Ok(admitted) => {
                        let verdict = admitted.verdict;
                        let watch = self.watch_of(route.rule, &incoming, &admitted.caller);
                        let (socket, stream) = if route.websocket { (watch, None) } else { (None, watch) };
                        let reply = self.call_once(route, params, incoming, body, (upgrade, socket), admitted.caller).await;
                        let reply = reply.map(|r| r.while_valid(stream));
                        with_rate_headers(reply.unwrap_or_else(|e| report(&e, family, &request_id)), verdict)
                    }
                    Err((e, verdict)) => with_rate_headers(report(&e, family, &request_id), verdict),
                };
                (reply, Some(route))
            }
            Found::OtherMethods(allow) => {
                let e = AppError::new(ErrorKind::MethodNotAllowed, "Method not allowed").with("allow", allow);
                (render(&e, Family::Edge, &request_id), None)
            }
            Found::Nothing => (self.fall_back(&incoming), None),
        }
    }

    fn fall_back(&self, incoming: &Incoming) -> Reply {
        let api = |p: &str| incoming.path == p || incoming.path.starts_with(&format!("{p}/"));
        let page = (!api("/api") && !api("/ws")).then(|| {
            let presented = auth::extract(&incoming.parts.headers, &incoming.parts.uri, false);
            let signed_in = presented.zip(self.authenticator.as_ref()).is_some_and(|(p, a)| a.cached(&p).is_some());
            self.fallback.as_ref()?.answer(&incoming.parts.method, &incoming.path, &incoming.parts.headers, signed_in)
        });
        page.flatten().unwrap_or_else(|| render(&route_not_found(), Family::Edge, &incoming.request_id))
    }

    async fn admit(&self, route: &Mounted, incoming: &Incoming, config: &WebConfig) -> Result<Admitted, (AppError, Option<Verdict>)> {
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
        let verdict = self.limiter.take(&principal(&caller, &incoming.client), rule.tier, config);
        if let Some(v) = verdict.filter(|v| !v.allowed) {
            return Err((rate_limited(rule.family, v.reset_s.max(1), v.limit), verdict));
        }
        permitted(rule, &caller, &incoming.path).map_err(|e| (e, verdict))?;
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
                    (Some(_), Some(ip)) => self.limiter.failed_auth(&ip.to_string()).map(|s| rate_limited(rule.family, s, 20)),
                    _ => None,
                };
                tokio::time::sleep_until(started + REFUSAL_FLOOR).await;
                Err(error.unwrap_or_else(|| unauthenticated(rule.family, presented.is_none())))
            }
        }
    }

    /// What an open stream or socket is checked against from time to time.
    fn watch_of(&self, rule: &AccessRule, incoming: &Incoming, caller: &Arc<Caller>) -> Option<CredentialWatch> {
        let query_allowed = rule.takes("query") || rule.takes("wstoken");
        let presented = auth::extract(&incoming.parts.headers, &incoming.parts.uri, query_allowed)?;
        let authenticator = self.authenticator.clone()?;
        let bound = !rule.is_public() && !rule.proves_itself();
        let (client, caller) = (Arc::clone(&incoming.client), Arc::clone(caller));
        bound.then_some(CredentialWatch { authenticator, presented, client, caller })
    }

    /// Calls the handler, or answers as it did when the same request came before.
    async fn call_once(
        &self,
        route: &Mounted,
        params: Vec<(String, String)>,
        incoming: Incoming,
        mut body: RequestBody,
        upgrade: (Option<hyper::upgrade::OnUpgrade>, Option<CredentialWatch>),
        caller: Arc<Caller>,
    ) -> Result<Reply> {
        let parts = &incoming.parts;
        let key = idempotency::key_of(route.rule, &parts.method, &parts.headers, &caller, route.body_limit)?;
        let (Some(key), Some(store)) = (key, &self.replays) else {
            return self.call(route, params, incoming, body, upgrade, caller).await;
        };
        let bytes = body.read(route.body_limit).await?;
        let path = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        let attempt = Attempt { principal: principal(&caller, &incoming.client), route: path, key, body: bytes.clone() };
        match store.begin(&attempt).await? {
            Seen::New => {}
            Seen::Kept(kept) => return Ok(idempotency::replayed(kept)),
            other => return Err(idempotency::conflict(&other)),
        }
        let (family, request_id) = (route.rule.family, Arc::clone(&incoming.request_id));
        let reply = self.call(route, params, incoming, RequestBody::Given(Some(bytes)), upgrade, caller).await;
        let reply = reply.unwrap_or_else(|e| report(&e, family, &request_id));
        if let Err(error) = store.end(&attempt, idempotency::kept(&reply)).await {
            tracing::warn!(?error, "the reply to a keyed request could not be kept");
        }
        Ok(reply)
    }

    async fn call(
        &self,
        route: &Mounted,
        params: Vec<(String, String)>,
        incoming: Incoming,
        body: RequestBody,
        (upgrade, watch): (Option<hyper::upgrade::OnUpgrade>, Option<CredentialWatch>),
        caller: Arc<Caller>,
    ) -> Result<Reply> {
        let cx = OpCx {
            caller,
            client: incoming.client,
            request_id: incoming.request_id,
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
            rule: route.rule,
        };
        let query = Query::parse(incoming.parts.uri.query());
        let request = Req {
            cx,
            method: incoming.parts.method,
            uri: incoming.parts.uri,
            headers: incoming.parts.headers,
            params,
            query,
            body: Mutex::new(Some(body)),
            body_limit: route.body_limit,
            upgrade: Mutex::new(upgrade),
            watch: Mutex::new(watch),
            tasks: self.tasks.clone(),
        };
        (route.handler)(request).await
    }
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

fn principal(caller: &Caller, client: &ClientInfo) -> String {
    match (caller.api_key_id, caller.user_id, client.ip) {
        (Some(key), _, _) => format!("key:{key}"),
        (None, Some(user), _) => format!("user:{user}"),
        (None, None, Some(ip)) => format!("ip:{ip}"),
        (None, None, None) => format!("name:{}", caller.username),
    }
}

fn report(error: &AppError, family: Family, request_id: &str) -> Reply {
    match error.kind() {
        ErrorKind::Internal => tracing::error!(request_id, error = ?error, "request failed"),
        ErrorKind::Unavailable | ErrorKind::Upstream => tracing::warn!(request_id, error = ?error, "request failed"),
        _ => tracing::debug!(request_id, error = ?error, "request refused"),
    }
    render(error, family, request_id)
}

fn with_rate_headers(mut reply: Reply, verdict: Option<Verdict>) -> Reply {
    if let Some(v) = verdict {
        reply.headers.insert("x-ratelimit-limit", v.limit.into());
        reply.headers.insert("x-ratelimit-remaining", v.remaining.into());
        reply.headers.insert("x-ratelimit-reset", v.reset_s.into());
    }
    reply
}

fn valid_request_id(text: &str) -> bool {
    (8..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn cors(reply: &mut Reply, origin: Option<&HeaderValue>, preflight: bool, config: &WebConfig) {
    let Some(origin) = origin.filter(|o| o.to_str().is_ok_and(|o| config.cors_origins.iter().any(|c| c == o))) else { return };
    reply.headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    reply.headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if preflight {
        let set = |h: &mut HeaderMap, name, value| drop(h.insert(name, HeaderValue::from_static(value)));
        set(&mut reply.headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE");
        set(
            &mut reply.headers,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, X-API-Key, X-CSRF-Token, X-Request-Id, Idempotency-Key",
        );
        set(&mut reply.headers, header::ACCESS_CONTROL_MAX_AGE, "600");
    }
}

/// Gzips whole text replies that are worth it.
fn compress(reply: &mut Reply) {
    const WORTH_IT: usize = 4096;
    let ReplyBody::Full(Some(bytes)) = &reply.body else { return };
    let text = reply.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let textual = text.starts_with("application/json") || text.starts_with("text/");
    if bytes.len() < WORTH_IT || !textual || reply.headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let mut out = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 4), flate2::Compression::fast());
    if std::io::Write::write_all(&mut out, bytes).is_err() {
        return;
    }
    if let Ok(zipped) = out.finish() {
        reply.body = ReplyBody::Full(Some(zipped.into()));
        reply.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        reply.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}
