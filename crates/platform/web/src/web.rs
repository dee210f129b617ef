//! From a request to a reply: the route, the checks, the handler, the headers every reply carries.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use argos_kernel::{AppError, Clock, ErrorKind, Result, Rng, Tasks, Uid};
use http::{HeaderMap, HeaderValue, Method, header, request};
use tokio::time::Instant;

use crate::access::AccessRule;
use crate::admission::{self, principal};
use crate::auth::{self, Authenticator, CredentialWatch};
use crate::body::{ReplyBody, RequestBody};
use crate::builder::WebBuilder;
use crate::context::{Caller, OpCx};
use crate::error_reply::{render, route_not_found};
use crate::family::Family;
use crate::finish::{compress, cors};
use crate::idempotency::{self, Attempt, ReplayStore, Seen};
use crate::query::Query;
use crate::rate::{Knock, RateLimiter, Verdict};
use crate::router::{Found, Router};
use crate::routes::Mounted;
use crate::streams::{OpenStreams, StreamPlace};
use crate::{Answered, ClientInfo, Listener, Reply, Req, RouteStats, Tier, WebConfig, headers};

/// Answers everything that is not a declared route: the user interface.
pub trait Fallback: Send + Sync + 'static {
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap, signed_in: bool) -> Option<Reply>;
}

/// The assembled web kit.
pub struct Web {
    pub(crate) router: Router,
    pub(crate) fallback: Option<Box<dyn Fallback>>,
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
    pub(crate) replays: Option<Arc<dyn ReplayStore>>,
    pub(crate) listener: Option<Arc<dyn Listener>>,
    pub(crate) config: Arc<ArcSwap<WebConfig>>,
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) streams: OpenStreams,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) tasks: Tasks,
}

/// A route as [`Web::judge`] sees it.
pub struct Judged {
    pub operation: &'static str,
    pub summary: &'static str,
    /// As it is declared.
    pub path: &'static str,
    /// What stands in the variable parts of the path.
    pub params: Vec<(String, String)>,
    pub refusal: Option<AppError>,
}

impl Judged {
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

/// What a request that becomes a socket needs: the connection, what it lives by, and its place.
type Upgrade = (Option<hyper::upgrade::OnUpgrade>, Option<CredentialWatch>, Option<StreamPlace>);

/// A request whose body is not read yet.
pub(crate) struct Incoming {
    pub(crate) parts: request::Parts,
    pub(crate) client: Arc<ClientInfo>,
    pub(crate) request_id: Arc<str>,
    pub(crate) path: String,
}

impl Web {
    pub fn builder() -> WebBuilder {
        WebBuilder::default()
    }
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }
    /// Swaps the live settings.
    pub fn configure(&self, config: WebConfig) {
        self.config.store(Arc::new(config));
    }
    /// How many processes share the limits: each gives its part of them.
    pub fn share_limits(&self, processes: u32) {
        self.limiter.share(processes);
        self.streams.share(processes);
    }
    pub fn routes(&self) -> &[Mounted] {
        &self.router.routes
    }
    /// Totals per route that was called at least once.
    pub fn stats(&self) -> Vec<RouteStats> {
        let all = self.router.routes.iter().map(|r| r.counters.stats(r.method.as_str(), r.path, r.operation));
        all.filter(|s| s.by_class.iter().any(|n| *n > 0)).collect()
    }

    /// What a request would be called, and whether this caller may make it as far as that is known before its handler
    /// looks; `None` when there is no such route.
    pub fn judge(&self, caller: &Arc<Caller>, method: &str, path: &str) -> Option<Judged> {
        let method = Method::from_bytes(method.as_bytes()).ok()?;
        let Found::Route(route, params) = self.router.find(&method, path) else { return None };
        let refusal = admission::judge(route.rule, caller, path).err();
        Some(Judged { operation: route.operation, summary: route.summary, path: route.path, params, refusal })
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
                        let place = match self.place_of(route, &admitted.caller, &incoming) {
                            Ok(place) => place,
                            Err(e) => return (with_rate_headers(report(&e, family, &request_id), verdict), Some(route)),
                        };
                        let (held, place) = if route.websocket { (place, None) } else { (None, place) };
                        let (asker, from) = (Arc::clone(&admitted.caller), Arc::clone(&incoming.client));
                        let began = Instant::now();
                        let reply = self.call_once(route, params, incoming, body, (upgrade, socket, held), admitted.caller).await;
                        let reply =
                            reply.map(|r| r.while_valid(stream).in_place(place)).unwrap_or_else(|e| report(&e, family, &request_id));
                        self.tell(route, &asker, &from, &request_id, (reply.status.as_u16(), began.elapsed()));
                        with_rate_headers(reply, verdict)
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

    fn place_of(&self, route: &Mounted, caller: &Caller, incoming: &Incoming) -> Result<Option<StreamPlace>> {
        let streams = route.rule.tier == Tier::Stream;
        streams.then(|| self.streams.take(caller, &incoming.client, route.path)).transpose()
    }

    /// Tells the listener of an answered request, when it wants to hear.
    pub(crate) fn tell(&self, route: &Mounted, caller: &Caller, client: &ClientInfo, request_id: &str, (status, took): (u16, Duration)) {
        let method = route.method.as_str();
        if let Some(listener) = self.listener.as_ref().filter(|l| l.wants(caller.credential, method, status)) {
            let (actor, method) = (caller.actor(client, request_id), method.to_owned());
            listener.answered(Answered { actor, method, route: route.path, operation: route.operation, status, took });
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
        upgrade: Upgrade,
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
        (upgrade, watch, place): Upgrade,
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
        let knock = admission::is_named_later(route).then(|| Knock {
            limiter: Arc::clone(&self.limiter),
            config: self.config.load_full(),
            tier: route.rule.tier,
            address: admission::principal(&cx.caller, &cx.client),
            ended: false,
        });
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
            place: Mutex::new(place),
            tasks: self.tasks.clone(),
            knock,
        };
        crate::undo::with_offer((route.handler)(request)).await
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
