//! One request from its head to its answer: who asks, for which host, may they, and what the rules say.

use std::borrow::Cow;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderValue, STRICT_TRANSPORT_SECURITY, USER_AGENT};
use http::request::Parts;
use http::{Method, Response, StatusCode, Version};

use crate::access::Ticket;
use crate::activity::{Activity, Answering};
use crate::answer::Refusal;
use crate::body::AnswerBody;
use crate::clients::Place;
use crate::filter::{Reply, Verdict, Want};
use crate::forward::{Forward, forward};
use crate::guard::{admit, authenticate, inspect, redirect, redirect_to_https, take_slot};
use crate::h1::Marks;
use crate::headers::{self, Hop};
use crate::hostname;
use crate::inbound::Inbound;
use crate::limit::Slot;
use crate::placeholder::push_query;
use crate::pool::Pool;
use crate::replayed::{NoBody, Replayed};
use crate::report::{AccessRecord, Outcome};
use crate::request::Facts;
use crate::rule::Act;
use crate::snapshot::{Host, Snapshot};
use crate::worker::Worker;

/// The other end of a client connection.
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// The same as a header value.
    pub(crate) value: HeaderValue,
    pub(crate) tls: bool,
    pub(crate) activity: Activity,
    /// Its place among the connections of its address.
    pub(crate) _place: Option<Place>,
}

/// Answers a request; failures are answers too. `marks` are there when our own parser read the head.
pub(crate) async fn serve(worker: Rc<Worker>, peer: Rc<Peer>, parts: Parts, body: Inbound, marks: Option<Marks>) -> Response<AnswerBody> {
    let snapshot = worker.snapshot();
    let started = worker.moment.read();
    let answering = Some(Answering::new(Rc::clone(&peer), started));
    // There before anything is awaited: a client that leaves in the middle is on record too.
    let mut ticket = Box::new(Ticket { worker: Rc::clone(&worker), record: None, complete: false });
    let record = ticket.record.insert(AccessRecord {
        started,
        duration: Duration::ZERO,
        host_id: None,
        host: None,
        rule_id: None,
        client: peer.address,
        method: parts.method.clone(),
        uri: parts.uri.clone(),
        version: parts.version,
        tls: peer.tls,
        status: client_gone(),
        bytes: 0,
        user_agent: parts.headers.get(USER_AGENT).cloned(),
        upstream: None,
        outcome: Outcome::Forwarded,
    });
    let mut exchange = Exchange { worker: &worker, peer: &peer, snapshot: &snapshot, host: None, record: &mut *record };
    let answered = Box::pin(exchange.run(parts, body, marks)).await;
    let host = exchange.host;
    let mut response = answered.unwrap_or_else(|refusal| {
        record.outcome = refusal.outcome;
        refusal.into_response(host)
    });
    if peer.tls
        && let Some(hsts) = host.and_then(|h| h.hsts.as_ref())
    {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    if record.version == Version::HTTP_2 {
        response.headers_mut().remove(http::header::CONNECTION);
    }
    record.status = response.status();
    response.body_mut().answering = answering;
    response.body_mut().ticket = Some(ticket);
    response
}

/// What stands on record while there is no answer: the status servers give a client that left before it.
fn client_gone() -> StatusCode {
    StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST)
}

struct Exchange<'a, 'r> {
    worker: &'a Rc<Worker>,
    peer: &'a Rc<Peer>,
    snapshot: &'a Snapshot,
    host: Option<&'a Host>,
    record: &'r mut AccessRecord,
}

/// What the rules chose.
struct Choice<'a> {
    pool: Option<&'a Arc<Pool>>,
    /// A changed path and query.
    rewritten: Option<String>,
    slot: Option<Slot>,
}

impl<'a> Exchange<'a, '_> {
    async fn run(&mut self, mut parts: Parts, body: Inbound, marks: Option<Marks>) -> Result<Response<AnswerBody>, Box<Refusal>> {
        let extended = parts.extensions.get::<hyper::ext::Protocol>().is_some_and(|p| p.as_str() == "websocket");
        // HTTP/1.1 judged its framing when it read the head.
        if marks.is_none() && headers::has_odd_framing(&parts.headers) {
            return Err(Refusal::bad_request("ambiguous message length\n"));
        }
        if parts.uri.authority().is_some() && parts.uri.scheme().is_none() && parts.method != Method::CONNECT {
            return Err(Refusal::bad_request("bad path\n"));
        }
        let authority = authority(&parts).ok_or_else(|| Refusal::bad_request("bad or missing host\n"))?;
        let name = name(&authority).ok_or_else(|| Refusal::bad_request("bad or missing host\n"))?;
        if parts.method == Method::CONNECT && !extended || parts.method == Method::TRACE {
            return Err(Refusal::text(StatusCode::METHOD_NOT_ALLOWED, Outcome::BadRequest, "method not allowed\n"));
        }
        let is_trusted = headers::is_trusted(self.peer.address, &self.snapshot.trusted);
        let client =
            if is_trusted { headers::client(self.peer.address, &parts.headers, &self.snapshot.trusted) } else { self.peer.address };
        self.record.client = client;
        // Before anybody is turned away: who was refused at which site is asked later.
        let found = self.snapshot.hosts.find(&name);
        if let Some(host) = found {
            self.record.host_id = Some(host.id);
            self.record.host = Some(Arc::clone(&host.name));
        }
        if self.worker.shared.bans.load().contains(client) {
            return Err(Refusal::text(StatusCode::FORBIDDEN, Outcome::Banned, "forbidden\n"));
        }
        self.answer_challenge(parts.uri.path())?;
        let host: &'a Host = found.ok_or_else(|| Refusal::text(StatusCode::NOT_FOUND, Outcome::Answered, "no such host\n"))?;
        self.host = Some(host);
        // A connection over HTTP/2 still has the limit that it was opened with.
        if head_bytes(&parts, marks) > host.bounds.header_bytes_max.unwrap_or(self.snapshot.limits.header_bytes_max) {
            let text = "request header too large\n";
            return Err(Refusal::text(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Outcome::BadRequest, text).closing());
        }
        // A copy shares its bytes.
        let (uri, method) = (parts.uri.clone(), parts.method.clone());
        let raw_path = uri.path();
        let sent = crate::path::sent(raw_path).map_err(|_| Refusal::bad_request("bad path\n"))?;
        let path = crate::path::seen(&sent).map_err(|_| Refusal::bad_request("bad path\n"))?;
        let forwarded_tls = is_trusted && parts.headers.get(headers::X_FORWARDED_PROTO).is_some_and(|p| p == "https");
        let tls = self.peer.tls || forwarded_tls;
        let query = uri.query();
        let (version, headers) = (parts.version, &parts.headers);
        let facts = Facts {
            host_id: host.id,
            host: &name,
            tls,
            client,
            version,
            method: &method,
            path: &path,
            raw_path,
            sent_path: &sent,
            query,
            headers,
            to_h2: host.to_h2,
        };
        redirect_to_https(host, &facts)?;
        let slot = admit(host, &facts)?;
        let body = if host.filters.is_empty() { body } else { self.inspected(host, &facts, body, extended).await? };
        let identity = authenticate(host, &facts).await?;
        if !host.filters.is_empty() || host.forward_auth.is_some() {
            // That may have taken long, and the time for the answer begins now.
            self.worker.moment.read();
        }
        let choice = self.choose(host, &facts)?;
        // Before the identity is set: a client could have `Connection` name one of its headers.
        let hop = match marks {
            Some(marks) if !marks.hop => {
                if marks.plain {
                    parts.headers.remove(CONNECTION);
                }
                Hop::default()
            }
            _ => headers::remove_hop_by_hop(&mut parts.headers),
        };
        if !host.reserved_headers.is_empty() || marks.is_none_or(|marks| marks.underscore) {
            headers::remove_reserved(&mut parts.headers, &host.reserved_headers);
        }
        for (name, value) in identity {
            parts.headers.insert(name, value);
        }
        let pool = choice.pool.ok_or_else(|| Refusal::upstream(StatusCode::SERVICE_UNAVAILABLE, "no backend available\n"))?;
        let order = Forward {
            worker: self.worker,
            peer: self.peer,
            host,
            pool,
            limits: &self.snapshot.limits,
            client,
            is_trusted,
            may_claim: marks.is_none_or(|marks| marks.claims),
            hop,
            extended,
            authority: &authority,
            rewritten: choice.rewritten,
            slots: [slot, choice.slot],
        };
        forward(order, parts, body, &mut self.record.upstream).await
    }

    /// Has the filters see a request with the begin of its body; gives the whole body back. `extended`: a WebSocket over
    /// HTTP/2 has no body, what comes is the tunnel's.
    async fn inspected(&self, host: &Host, facts: &Facts<'_>, body: Inbound, extended: bool) -> Result<Inbound, Box<Refusal>> {
        let mut asked = Vec::with_capacity(host.filters.len());
        for filter in &host.filters {
            match filter.want(facts) {
                Want::Body(bytes) => asked.push((filter, bytes)),
                Want::Nothing(Verdict::Pass) => {}
                Want::Nothing(Verdict::Refuse(reply)) => return Err(Refusal::reply(reply, Outcome::Filtered)),
            }
        }
        let wanted = asked.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0);
        if wanted == 0 || extended || body.is_end_stream() {
            return inspect(&asked, facts, &Bytes::new()).await.map(|()| body);
        }
        // A trusted proxy that names no client speaks for many.
        let one = (!headers::is_trusted(facts.client, &self.snapshot.trusted)).then_some(facts.client);
        let read = Replayed::read(body, wanted, host.bounds.body_pause(&self.snapshot.limits), self.snapshot.held.taken_by(one)).await;
        let (replayed, begin) = read.map_err(|missing| match missing {
            NoBody::TimedOut => Refusal::text(StatusCode::REQUEST_TIMEOUT, Outcome::BadRequest, "request body took too long\n").closing(),
            NoBody::Broken => Refusal::bad_request("bad request body\n"),
            NoBody::NoRoom => Refusal::text(StatusCode::SERVICE_UNAVAILABLE, Outcome::Busy, "too many request bodies at one time\n")
                .retry_after(1)
                .closing(),
        })?;
        inspect(&asked, facts, &begin).await.map(|()| Inbound::Replayed(Box::new(replayed)))
    }

    /// A challenge of an authority is answered whatever the name: the one that orders may know a site that this snapshot
    /// does not know yet.
    fn answer_challenge(&self, path: &str) -> Result<(), Box<Refusal>> {
        if !self.peer.tls
            && let Some(token) = path.strip_prefix("/.well-known/acme-challenge/")
            && let Some(authorization) = self.worker.shared.http_challenges.load().get(token)
        {
            return Err(Refusal::reply(Reply::text(StatusCode::OK, authorization.clone()), Outcome::Answered));
        }
        Ok(())
    }

    /// The first rule that matches, or the host's default.
    fn choose(&mut self, host: &'a Host, facts: &Facts<'_>) -> Result<Choice<'a>, Box<Refusal>> {
        let default = |rewritten| Choice { pool: host.default_pool.as_ref(), rewritten, slot: None };
        let Some(rule) = host.rules.iter().find(|rule| rule.matches(facts)) else { return Ok(default(None)) };
        self.record.rule_id = Some(rule.id);
        let slot = take_slot(rule.slots.as_ref())?;
        match &rule.act {
            Act::Forward(pool) => Ok(Choice { pool: Some(pool), rewritten: None, slot }),
            Act::Block => Err(Refusal::text(StatusCode::FORBIDDEN, Outcome::Answered, "")),
            Act::Fixed { status, body, content_type } => {
                let reply = Reply { status: *status, content_type: content_type.clone(), body: body.clone(), location: None };
                Err(Refusal::reply(reply, Outcome::Answered))
            }
            Act::Redirect { status, target, strip_query } => {
                let mut location = target.fill(facts);
                if !strip_query && !target.has_query() {
                    push_query(&mut location, facts.query);
                }
                Err(redirect(*status, &location))
            }
            Act::Rewrite { path, strip_prefix, query } => {
                let mut rewritten = match (path, strip_prefix) {
                    (Some(path), _) => path.clone(),
                    (None, Some(prefix)) => {
                        // What the rule judged: without dot segments.
                        let rest = facts.sent_path.strip_prefix(prefix.as_str()).unwrap_or(facts.sent_path);
                        if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
                    }
                    (None, None) => facts.sent_path.to_owned(),
                };
                push_query(&mut rewritten, query.as_deref().map_or(facts.query, |q| (!q.is_empty()).then_some(q)));
                Ok(Choice { slot, ..default(Some(rewritten)) })
            }
        }
    }
}

/// Bytes of a request head: as it came, or as HTTP/2 counts a list of headers (RFC 9113, 6.5.2).
fn head_bytes(parts: &Parts, marks: Option<Marks>) -> usize {
    const FIELD: usize = 32;
    let told = |(name, value): (&http::HeaderName, &HeaderValue)| name.as_str().len() + value.len() + FIELD;
    let uri = &parts.uri;
    // `:method`, `:scheme`, `:authority` and `:path` are fields too.
    let asked = || {
        let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
        let authority = uri.authority().map_or(0, |authority| authority.as_str().len() + ":authority".len() + FIELD);
        let scheme = uri.scheme_str().map_or(0, |scheme| scheme.len() + ":scheme".len() + FIELD);
        parts.method.as_str().len() + ":method".len() + target + ":path".len() + 2 * FIELD + authority + scheme
    };
    marks.map_or_else(|| asked() + parts.headers.iter().map(told).sum::<usize>(), |marks| marks.bytes)
}

/// The requested authority as it came: of an absolute address, else the one `Host` header.
fn authority(parts: &Parts) -> Option<HeaderValue> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return None;
    }
    match parts.uri.authority() {
        None => host.cloned(),
        Some(authority) => {
            // HTTP/2 allows both only when they agree; HTTP/1.1 says the address wins.
            let agrees = host.is_none_or(|h| h.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()));
            if parts.version == Version::HTTP_2 && !agrees { None } else { HeaderValue::from_str(authority.as_str()).ok() }
        }
    }
}

/// The name in an authority, in lower case.
fn name(authority: &HeaderValue) -> Option<Cow<'_, str>> {
    let name = hostname::of_authority(authority.to_str().ok()?)?;
    Some(if name.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) })
}
