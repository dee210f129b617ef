//! Sends a request to a backend and brings its answer back: choice, retries where they are safe, framing, upgrades.

use std::borrow::Cow;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use http::header::{COOKIE, HOST, HeaderValue, SET_COOKIE, TE};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode, Uri, Version, response};
use hyper::body::Incoming;

use crate::answer::Refusal;
use crate::body::{AnswerBody, H2Body, Progress, RequestBody, Source, Upload};
use crate::config::Limits;
use crate::connect::connect;
use crate::flight::Flight;
use crate::h2_attempt;
use crate::headers::{self, Hop, Origin};
use crate::inbound::{End, Inbound};
use crate::limit::Slot;
use crate::placeholder::push_query;
use crate::pool::{Asker, Pool};
use crate::report::Outcome;
use crate::service::Peer;
use crate::snapshot::Host;
use crate::upgrade;
use crate::wire::{NoAnswer, Wire};
use crate::wire_body::WireBody;
use crate::worker::Worker;

/// What is to be forwarded, and for whom.
pub(crate) struct Forward<'a> {
    pub(crate) worker: &'a Rc<Worker>,
    pub(crate) peer: &'a Rc<Peer>,
    pub(crate) host: &'a Host,
    pub(crate) pool: &'a Arc<Pool>,
    pub(crate) limits: &'a Limits,
    pub(crate) client: IpAddr,
    pub(crate) is_trusted: bool,
    /// There may be claims of the client among the headers.
    pub(crate) may_claim: bool,
    /// What the request asked of this hop.
    pub(crate) hop: Hop,
    /// A WebSocket over HTTP/2 (RFC 8441).
    pub(crate) extended: bool,
    pub(crate) authority: &'a HeaderValue,
    pub(crate) rewritten: Option<String>,
    pub(crate) slots: [Option<Slot>; 2],
}

/// The other end of an answer that has begun.
pub(crate) enum Line {
    /// With the length of the body, when the head told, and whether the head has headers of one hop.
    Wire(Box<Wire>, Option<u64>, bool),
    H2(Incoming),
}

/// What one attempt came to.
pub(crate) enum Attempt {
    Answered(response::Parts, Line),
    /// The backend never saw it, or may safely see it again.
    Again(Box<Request<RequestBody>>, Next),
    Failed(Box<Refusal>),
}

/// Where the next attempt goes.
#[derive(PartialEq, Eq)]
pub(crate) enum Next {
    /// To the same backend on a new connection: the kept one was stale.
    Fresh,
    /// To another backend: this one cannot be reached.
    Other,
}

/// Stale kept connections met in one request before only new ones are used.
const STALE_MAX: u32 = 2;

pub(crate) async fn forward(
    mut order: Forward<'_>,
    mut parts: Parts,
    body: Inbound,
    upstream: &mut Option<Arc<str>>,
) -> Result<Response<AnswerBody>, Box<Refusal>> {
    let too_large = || Refusal::text(StatusCode::PAYLOAD_TOO_LARGE, Outcome::BadRequest, "request body too large\n").closing();
    if order.host.body_bytes_max.is_some_and(|max| body.size_hint().lower() > max) {
        return Err(too_large());
    }
    let hop = order.hop;
    let (version, is_head) = (parts.version, parts.method == Method::HEAD);
    let tunnel = upgrade::Wanted::of(&parts, hop, order.extended, order.pool.config.protocol);
    // What came behind the head of an upgrade would be a body to us and the begin of the tunnel to the backend.
    let tunnel = tunnel.filter(|_| order.extended || body.is_end_stream());
    if order.extended && tunnel.is_none() {
        return Err(Refusal::text(StatusCode::NOT_IMPLEMENTED, Outcome::BadRequest, "no websocket to this backend\n"));
    }
    let coding = crate::compress::choose(&parts.headers, &order.host.compression);
    let token = order.pool.config.sticky_cookie.as_deref().and_then(|name| cookie(&parts, name));
    // Nobody changes the state of a request without a body.
    let progress = if body.is_end_stream() { Rc::clone(&order.worker.no_upload) } else { Rc::default() };
    let (front, body) = match tunnel {
        Some(_) => (body.into_end(&mut parts), RequestBody::Empty),
        None => (None, RequestBody::new(body, order.host, order.host.bounds.body_pause(order.limits), &progress)),
    };
    prepare(&order, &mut parts, hop, tunnel.as_ref())?;
    let mut request = Box::new(Request::from_parts(parts, body));
    let (mut tried, mut stale, mut again_to): (Vec<u64>, u32, Option<_>) = (Vec::new(), 0, None);
    let (head, line, mut flight) = loop {
        let target = match again_to.take() {
            Some(target) => target,
            None => {
                let now_ms = order.worker.now_ms();
                let asker = Asker { client: order.client, token: token.as_deref(), tried: &tried, now_ms, lot: order.worker.lot() };
                let chosen = order.pool.choose(&asker).cloned();
                chosen.ok_or_else(|| {
                    let (status, text) = if tried.is_empty() {
                        (StatusCode::SERVICE_UNAVAILABLE, "no backend available\n")
                    } else {
                        (StatusCode::BAD_GATEWAY, "no backend could be reached\n")
                    };
                    Refusal::upstream(status, text)
                })?
            }
        };
        *upstream = Some(Arc::clone(&target.name));
        let flight = Flight::new(order.worker, order.pool, &target);
        match attempt(&order, request, &flight, stale < STALE_MAX && tunnel.is_none(), &progress).await {
            Attempt::Answered(head, line) => break (head, line, flight),
            Attempt::Again(back, Next::Fresh) => {
                (request, again_to) = (back, Some(target));
                order.worker.moment.read();
                stale += 1;
            }
            Attempt::Again(back, Next::Other) if tried.len() < order.host.bounds.retries_max(&order.pool.config) => {
                request = back;
                tried.push(target.key);
                order.worker.moment.read();
            }
            Attempt::Again(_, Next::Other) => return Err(Refusal::upstream(StatusCode::BAD_GATEWAY, "no backend could be reached\n")),
            Attempt::Failed(refusal) => {
                return Err(match progress.upload() {
                    Upload::TooLarge => too_large(),
                    Upload::TimedOut => {
                        Refusal::text(StatusCode::REQUEST_TIMEOUT, Outcome::BadRequest, "request body took too long\n").closing()
                    }
                    Upload::Broken => Refusal::bad_request("bad request body\n"),
                    Upload::Untouched | Upload::Begun => refusal,
                });
            }
        }
    };
    flight.slots = std::mem::take(&mut order.slots);
    finish(&order, head, line, flight, Finish { front, tunnel, token, coding, is_head, version }).await
}

/// Turns the client's request into the backend's: address, hop, host, forwarding headers.
fn prepare(order: &Forward<'_>, parts: &mut Parts, hop: Hop, tunnel: Option<&upgrade::Wanted>) -> Result<(), Box<Refusal>> {
    let bad_path = || Refusal::bad_request("bad path\n");
    let (path, query) = match &order.rewritten {
        Some(rewritten) => rewritten.split_once('?').map_or((rewritten.as_str(), None), |(path, query)| (path, Some(query))),
        None => (parts.uri.path(), parts.uri.query()),
    };
    let changed = match crate::path::sent(path).map_err(|_| bad_path())? {
        Cow::Borrowed(_) if order.rewritten.is_none() => None,
        sent => {
            let mut changed = sent.into_owned();
            push_query(&mut changed, query);
            Some(PathAndQuery::try_from(changed).map_err(|_| bad_path())?)
        }
    };
    // Backends get the origin form; a copy of it shares its bytes.
    let is_absolute = parts.uri.authority().is_some();
    if let Some(origin) = changed.or_else(|| parts.uri.path_and_query().filter(|_| is_absolute).cloned()) {
        parts.uri = Uri::from(origin);
    }
    // One line a cookie is how HTTP/2 may send them; HTTP/1.1 wants one.
    if parts.version == Version::HTTP_2 {
        join_cookies(&mut parts.headers);
    }
    headers::remove_cookies(&mut parts.headers, &order.host.reserved_cookies);
    let client = (order.client != order.peer.address).then(|| HeaderValue::from_str(&order.client.to_string()).ok()).flatten();
    let origin = Origin {
        peer: &order.peer.value,
        client,
        is_trusted: order.is_trusted,
        may_claim: order.may_claim,
        tls: order.peer.tls,
        host: order.authority,
    };
    headers::forward(&mut parts.headers, &origin);
    if hop.trailers && order.pool.config.protocol.is_h2() {
        parts.headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    // Otherwise each attempt sets the one of its backend.
    if order.pool.config.preserve_host {
        parts.headers.insert(HOST, order.authority.clone());
    }
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    if let Some(tunnel) = tunnel {
        tunnel.prepare(parts);
    }
    Ok(())
}

fn join_cookies(headers: &mut http::HeaderMap) {
    let mut cookies = headers.get_all(COOKIE).iter();
    if cookies.next().is_none() || cookies.next().is_none() {
        return;
    }
    let all: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(joined) = HeaderValue::from_bytes(&all.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}

/// The value of a cookie.
fn cookie(parts: &Parts, name: &str) -> Option<String> {
    let values = parts.headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = values.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

async fn attempt(
    order: &Forward<'_>,
    mut request: Box<Request<RequestBody>>,
    flight: &Flight,
    may_reuse: bool,
    progress: &Progress,
) -> Attempt {
    let config = &order.pool.config;
    if !config.preserve_host {
        let authority = flight.target.authority.clone();
        // An insertion makes room before it finds that none is needed.
        match request.headers_mut().get_mut(HOST) {
            Some(host) => *host = authority,
            None => drop(request.headers_mut().insert(HOST, authority)),
        }
    }
    if config.protocol.is_h2() {
        return h2_attempt::attempt(order, request, flight, may_reuse, progress).await;
    }
    let connect_max = order.host.bounds.connect_timeout(config);
    let mut wire = match may_reuse.then(|| order.worker.take(flight)).flatten() {
        Some(wire) => wire,
        None => match connect(order.worker, &flight.target, connect_max).await {
            Ok(stream) => {
                order.worker.moment.read();
                Wire::new(stream)
            }
            Err(error) => {
                flight.unreached(&error.to_string(), error.kind() == ErrorKind::TimedOut, connect_max);
                return Attempt::Again(request, Next::Other);
            }
        },
    };
    // A backend may close a kept connection just as we send.
    let is_reused = wire.is_reused;
    let is_repeatable = is_idempotent(request.method()) && matches!(request.body(), RequestBody::Empty);
    match wire.send(&mut request, order.worker.moment.last(), order.host.bounds.answer_timeout(config)).await {
        Ok(answer) => {
            let (mut head, ()) = Response::new(()).into_parts();
            (head.status, head.headers) = (answer.status, answer.headers);
            Attempt::Answered(head, Line::Wire(wire, answer.length, answer.has_hop))
        }
        Err(NoAnswer::Unsent) if is_reused => Attempt::Again(request, Next::Fresh),
        Err(NoAnswer::Unsent) => {
            flight.failed("closed a new connection at once");
            Attempt::Again(request, Next::Other)
        }
        Err(NoAnswer::Closed) if is_repeatable && is_reused => Attempt::Again(request, Next::Fresh),
        // It ended just then; another one answers the same.
        Err(NoAnswer::Closed) if is_repeatable => {
            flight.failed("closed the connection without an answer");
            Attempt::Again(request, Next::Other)
        }
        Err(NoAnswer::Closed) => failed(flight, progress, "closed the connection without an answer"),
        Err(NoAnswer::TimedOut) => late(order, flight, progress),
        Err(NoAnswer::Bad) => failed(flight, progress, "sent no valid answer"),
        Err(NoAnswer::Ambiguous) => failed(flight, progress, "sent an answer of ambiguous length"),
    }
}

/// A failed attempt. What the client's own body broke is not held against the backend.
pub(crate) fn failed(flight: &Flight, progress: &Progress, reason: &str) -> Attempt {
    if matches!(progress.upload(), Upload::Untouched | Upload::Begun) {
        flight.failed(reason);
    }
    Attempt::Failed(Refusal::upstream(StatusCode::BAD_GATEWAY, "bad answer from the backend\n"))
}

/// An answer that did not begin in the time of its host.
pub(crate) fn late(order: &Forward<'_>, flight: &Flight, progress: &Progress) -> Attempt {
    let config = &order.pool.config;
    if matches!(progress.upload(), Upload::Untouched | Upload::Begun) {
        flight.late("did not answer in time", order.host.bounds.answer_timeout(config), config.answer_timeout);
    }
    Attempt::Failed(Refusal::upstream(StatusCode::GATEWAY_TIMEOUT, "the backend did not answer in time\n"))
}

pub(crate) fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
}

/// What is known of the client when the answer is there.
struct Finish {
    front: Option<End>,
    tunnel: Option<upgrade::Wanted>,
    token: Option<String>,
    coding: Option<crate::compress::Coding>,
    is_head: bool,
    version: Version,
}

async fn finish(
    order: &Forward<'_>,
    mut head: response::Parts,
    line: Line,
    flight: Flight,
    finish: Finish,
) -> Result<Response<AnswerBody>, Box<Refusal>> {
    flight.answered();
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        // Only after this does anything become a raw tunnel, and only when it was asked for.
        return match (finish.tunnel, finish.front, line) {
            (Some(tunnel), Some(front), Line::Wire(wire, ..)) => tunnel.join(order, &head, front, *wire, flight),
            _ => Err(Refusal::upstream(StatusCode::BAD_GATEWAY, "the backend switched protocols unasked\n")),
        };
    }
    head.extensions.clear();
    if !matches!(line, Line::Wire(_, _, false)) {
        headers::remove_hop_by_hop(&mut head.headers);
    }
    head.version = if finish.version == Version::HTTP_2 { Version::HTTP_2 } else { Version::HTTP_11 };
    if let Some(name) = &order.pool.config.sticky_cookie {
        let token = flight.target.token();
        if finish.token.as_deref() != Some(token.as_str()) {
            let secure = if order.peer.tls { "; Secure" } else { "" };
            if let Ok(value) = HeaderValue::try_from(format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}")) {
                head.headers.append(SET_COOKIE, value);
            }
        }
    }
    let pause_max = order.host.bounds.answer_pause(&order.pool.config);
    let mut source = match line {
        Line::Wire(wire, length, _) => {
            let mut body = WireBody::new(wire, length, pause_max, Rc::clone(order.worker), flight);
            match poll_fn(|cx| Poll::Ready(body.take_small(cx))).await {
                Some(bytes) => Source::Full((!bytes.is_empty()).then_some(bytes)),
                None => Source::Wire(Box::new(body)),
            }
        }
        Line::H2(incoming) => Source::H2(Box::new(H2Body { incoming, pause_max, pause: None, flight })),
    };
    match finish.coding {
        Some(coding) if !finish.is_head => source = crate::compress::wrap(source, &mut head, coding),
        _ if !order.host.compression.is_empty() => crate::compress::vary_where_it_gains(&mut head),
        _ => {}
    }
    Ok(Response::from_parts(head, AnswerBody { source, ticket: None, answering: None }))
}
