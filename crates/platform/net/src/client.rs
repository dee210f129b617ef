//! The guarded HTTP client. Each request resolves its host, judges every address, and runs on a connection pool that
//! is pinned to exactly those addresses: a name that changes its mind between check and connect changes nothing.
//!
//! System proxies are not used: behind one, the address judged would not be the address reached.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode, header};
use reqwest::Url;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::in_words;
use crate::lookup::{Lookup, SystemLookup};
use crate::policy::{AllowEntry, BlockReason, Class, Policy};
use crate::{NetError, Request, Response, Tls, tls};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Pinned pools kept, and how long an unused one lives.
const POOLS_MAX: usize = 128;
const POOL_IDLE: Duration = Duration::from_secs(90);
/// Headers that must not follow a redirect to another host.
const CREDENTIAL_HEADERS: [&str; 5] = ["authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token"];

#[derive(Clone, PartialEq, Eq, Hash)]
struct Pin {
    host: String,
    addrs: Vec<SocketAddr>,
    tls: Tls,
}

struct Pool {
    client: reqwest::Client,
    used: Instant,
}

struct Inner {
    policy: RwLock<Arc<Policy>>,
    lookup: Arc<dyn Lookup>,
    roots: RootCertStore,
    pools: Mutex<HashMap<Pin, Pool>>,
}

/// The one outbound HTTP client. Clones share policy and connections.
#[derive(Clone)]
pub struct Net(Arc<Inner>);

/// A URL taken apart as far as the guard needs it.
struct Target {
    url: Url,
    host: String,
    literal: Option<IpAddr>,
    port: u16,
}

impl Net {
    pub fn new(policy: Policy) -> Self {
        Self::with_lookup(policy, Arc::new(SystemLookup))
    }

    /// With another resolver; tests use it.
    pub fn with_lookup(policy: Policy, lookup: Arc<dyn Lookup>) -> Self {
        Self(Arc::new(Inner {
            policy: RwLock::new(Arc::new(policy)),
            lookup,
            roots: tls::native_roots(),
            pools: Mutex::new(HashMap::new()),
        }))
    }

    /// Replaces the policy; open connections the old one allowed are dropped.
    pub fn set_policy(&self, policy: Policy) {
        *self.0.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Replaces the policy by what `change` makes of it, unless it makes nothing; nobody changes it in between.
    pub fn change_policy(&self, change: impl FnOnce(&Policy) -> Option<Policy>) {
        {
            let mut policy = self.0.policy.write().unwrap_or_else(PoisonError::into_inner);
            let Some(new) = change(&policy) else { return };
            *policy = Arc::new(new);
        }
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.0.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends and reads the whole response. Any status is a response; see [`Response::success`].
    pub async fn send(&self, request: Request) -> Result<Response, NetError> {
        if let Some(why) = request.invalid {
            return Err(NetError::Request(why));
        }
        let limit = request.timeout;
        tokio::time::timeout(limit, self.exchange(request)).await.unwrap_or(Err(NetError::Timeout))
    }

    /// The same, handing every piece of a good answer to `sink` as it comes, for streams. The sink ends the exchange by
    /// answering false; the body of the returned response is empty then, as it is for every streamed one.
    pub async fn send_watched(&self, request: Request, mut sink: impl FnMut(&[u8]) -> bool + Send) -> Result<Response, NetError> {
        if let Some(why) = request.invalid {
            return Err(NetError::Request(why));
        }
        let (limit, bytes_max) = (request.timeout, request.bytes_max);
        let exchange = async {
            let mut response = self.answered(request).await?;
            if !response.status().is_success() {
                return read(response, bytes_max).await;
            }
            let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
            let mut size = 0;
            while let Some(piece) = response.chunk().await.map_err(|e| NetError::of(&e))? {
                size += piece.len();
                if size > bytes_max {
                    return Err(NetError::TooLarge(bytes_max));
                }
                if !sink(&piece) {
                    break;
                }
            }
            Ok(Response { status, headers, body: Bytes::new() })
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or(Err(NetError::Timeout))
    }

    /// Resolves and judges a target of another protocol (SMTP, MQTT, LDAP). The caller connects to one of these.
    pub async fn resolve(&self, class: Class, host: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        self.judged(class, host, literal, port, &[]).await
    }

    /// Opens a connection of another protocol to a judged address.
    pub async fn connect(&self, class: Class, host: &str, port: u16) -> Result<TcpStream, NetError> {
        self.connect_also(class, host, port, &[]).await
    }

    /// The same, with the caller's own allow-list beside the installation's.
    pub async fn connect_also(&self, class: Class, host: &str, port: u16, extra: &[AllowEntry]) -> Result<TcpStream, NetError> {
        let mut last = NetError::Timeout;
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        for addr in self.judged(class, host, literal, port, extra).await? {
            match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(addr)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(e)) => last = NetError::Connect(in_words(e.to_string())),
                Err(_) => last = NetError::Timeout,
            }
        }
        Err(last)
    }

    /// Encrypts a connection, judging the other side's certificate for `host`.
    pub async fn encrypt(&self, host: &str, stream: TcpStream, tls: &Tls) -> Result<TlsStream<TcpStream>, NetError> {
        let mut config = tls::client_config(&self.0.roots, tls)?;
        // Offered for HTTP only.
        config.alpn_protocols.clear();
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare).map_err(|_| NetError::InvalidUrl)?;
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let outcome = tokio::time::timeout(CONNECT_TIMEOUT, handshake).await.map_err(|_| NetError::Timeout)?;
        outcome.map_err(|e| NetError::Tls(e.to_string()))
    }

    /// Judges a URL without connecting, for targets that are stored now and reached later.
    pub async fn check_url(&self, class: Class, url: &str, extra: &[AllowEntry]) -> Result<(), NetError> {
        let target = Target::parse(url)?;
        self.judged(class, &target.host, target.literal, target.port, extra).await.map(drop)
    }

    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let bytes_max = request.bytes_max;
        read(self.answered(request).await?, bytes_max).await
    }

    /// The answer of the last hop, its body unread.
    async fn answered(&self, mut request: Request) -> Result<reqwest::Response, NetError> {
        let mut target = Target::parse(&request.url)?;
        let mut hops = 0;
        loop {
            if request.https_only && target.url.scheme() != "https" && !self.policy().allow_private_targets {
                return Err(NetError::Blocked(BlockReason::PlainHttp));
            }
            let addrs = self.judged(request.class, &target.host, target.literal, target.port, &request.extra_allow).await?;
            let client = self.pinned(&target.host, addrs, &request.tls)?;
            let sent = client
                .request(request.method.clone(), target.url.clone())
                .headers(request.headers.clone())
                .body(request.body.clone())
                .send();
            let response = sent.await.map_err(|e| NetError::of(&e))?;
            let Some(next) = redirect_of(&response, &target.url).filter(|_| request.redirects > 0) else {
                return Ok(response);
            };
            let next = Target::parse(next?.as_str())?;
            hops += 1;
            if hops > request.redirects || next.url.scheme() != target.url.scheme() {
                return Err(NetError::Blocked(BlockReason::Redirect));
            }
            follow(&mut request, response.status(), (next.host != target.host) || (next.port != target.port));
            target = next;
        }
    }

    /// The addresses of a host, all of them allowed for this class.
    async fn judged(
        &self,
        class: Class,
        host: &str,
        literal: Option<IpAddr>,
        port: u16,
        extra: &[AllowEntry],
    ) -> Result<Vec<SocketAddr>, NetError> {
        Policy::check_name(host).map_err(NetError::Blocked)?;
        let ips = match literal {
            Some(ip) => vec![ip],
            None => {
                let found = tokio::time::timeout(CONNECT_TIMEOUT, self.0.lookup.lookup(host)).await;
                found.map_err(|_| NetError::Timeout)?.map_err(|e| NetError::Dns(e.to_string()))?
            }
        };
        if ips.is_empty() {
            return Err(NetError::Dns("the name has no address".to_owned()));
        }
        let policy = self.policy();
        let mut addrs: Vec<SocketAddr> = ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        for addr in &addrs {
            policy.check(class, host, *addr, extra).map_err(NetError::Blocked)?;
        }
        addrs.sort_unstable();
        Ok(addrs)
    }

    /// The connection pool that reaches `host` only at `addrs`.
    fn pinned(&self, host: &str, addrs: Vec<SocketAddr>, tls: &Tls) -> Result<reqwest::Client, NetError> {
        let pin = Pin { host: host.to_owned(), addrs, tls: tls.clone() };
        let now = Instant::now();
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get_mut(&pin) {
            pool.used = now;
            return Ok(pool.client.clone());
        }
        pools.retain(|_, p| now.duration_since(p.used) < POOL_IDLE);
        if pools.len() >= POOLS_MAX
            && let Some(oldest) = pools.iter().min_by_key(|(_, p)| p.used).map(|(k, _)| k.clone())
        {
            pools.remove(&oldest);
        }
        let client = build(&pin, tls::client_config(&self.0.roots, tls)?)?;
        pools.insert(pin, Pool { client: client.clone(), used: now });
        Ok(client)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes an HTTP client")]
fn build(pin: &Pin, tls: rustls::ClientConfig) -> Result<reqwest::Client, NetError> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .resolve_to_addrs(&pin.host, &pin.addrs)
        .no_proxy()
        .referer(false)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        .user_agent(concat!("Argos/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| NetError::of(&e))
}

impl Target {
    fn parse(text: &str) -> Result<Self, NetError> {
        let url = Url::parse(text).map_err(|_| NetError::InvalidUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NetError::Blocked(BlockReason::Scheme));
        }
        let host = url.host_str().filter(|h| !h.is_empty()).ok_or(NetError::InvalidUrl)?.to_owned();
        let port = url.port_or_known_default().ok_or(NetError::InvalidUrl)?;
        // The URL parser has already turned 0x7f.1 and 2130706433 into dotted form.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        Ok(Self { url, host, literal, port })
    }
}

/// Where a 3xx points, when it points anywhere.
fn redirect_of(response: &reqwest::Response, from: &Url) -> Option<Result<Url, NetError>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok();
    Some(location.and_then(|l| from.join(l).ok()).ok_or(NetError::InvalidUrl))
}

/// Turns the request into the one a redirect asks for (RFC 9110 15.4).
fn follow(request: &mut Request, status: StatusCode, elsewhere: bool) {
    let get = status == StatusCode::SEE_OTHER || (matches!(status.as_u16(), 301 | 302) && request.method == Method::POST);
    if get && request.method != Method::HEAD {
        request.method = Method::GET;
        request.body = Bytes::new();
        request.headers.remove(header::CONTENT_TYPE);
    }
    if elsewhere {
        for name in CREDENTIAL_HEADERS {
            request.headers.remove(name);
        }
    }
}

async fn read(mut response: reqwest::Response, bytes_max: usize) -> Result<Response, NetError> {
    if response.content_length().is_some_and(|n| n > bytes_max as u64) {
        return Err(NetError::TooLarge(bytes_max));
    }
    let status = response.status().as_u16();
    let headers: HeaderMap = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|e| NetError::of(&e))? {
        if body.len() + piece.len() > bytes_max {
            return Err(NetError::TooLarge(bytes_max));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Response { status, headers, body: body.freeze() })
}
