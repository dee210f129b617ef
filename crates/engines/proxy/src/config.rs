//! The declarative configuration: what an owner wants served. Plain data, as public as can be.
//!
//! Nothing here is checked; `Snapshot::compile` checks all of it and names the place of each fault. Ids are the owner's
//! own numbers: they come back in log records and health changes and carry state over a reload.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use rustls::sign::CertifiedKey;

use crate::auth::ForwardAuth;
use crate::compress::Coding;
use crate::filter::Filter;
use crate::health::{ActiveCheck, PassiveCheck};
use crate::limit::RateLimit;
use crate::prefix::Prefix;
use crate::rule::RuleConfig;

/// Everything the engine serves.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Sockets to listen on.
    pub listeners: Vec<ListenerConfig>,
    /// Groups of backends.
    pub pools: Vec<PoolConfig>,
    /// Names that are served.
    pub hosts: Vec<HostConfig>,
    /// Peers whose `X-Forwarded-*` headers are believed.
    pub trusted: Vec<Prefix>,
    /// Limits of every client connection.
    pub limits: Limits,
}

/// A socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerConfig {
    /// Where to bind. Port 0 takes a free one, which `Proxy::addresses` tells.
    pub address: SocketAddr,
    /// Whether connections begin with a TLS handshake.
    pub tls: bool,
    /// Peers that must begin with a PROXY protocol header; others must not. Empty = nobody.
    pub proxy_protocol: Vec<Prefix>,
}

/// Limits of a client connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for a request head (and for a TLS handshake or a PROXY header); also how long an idle connection is kept.
    pub header_timeout: Duration,
    /// Longest pause between two parts of a request body; ten seconds at most where filters wait for more of it.
    pub body_timeout: Duration,
    /// How long a client may leave unread what it asked for.
    pub stall_timeout: Duration,
    /// Bytes of a request head. A reload holds for the next request of every connection; only a higher limit does not reach
    /// HTTP/2 connections that are open: their library fixes it at the handshake, so their clients are asked to open others.
    pub header_bytes_max: usize,
    /// Header lines of a request.
    pub headers_max: usize,
    /// Concurrent streams of an HTTP/2 connection.
    pub h2_streams_max: u32,
    /// Connections of all listeners together.
    pub connections_max: usize,
    /// Connections of one client address (of one /64 network with IPv6). Trusted proxies may have any number: theirs are
    /// those of many clients.
    pub client_connections_max: u32,
    /// Bytes of bodies that all requests together hold while filters look at them; those of one client hold an eighth of it
    /// (a MiB at least). Requests beyond it wait a moment, then they are refused with 503.
    pub inspected_bytes_max: usize,
    /// How long a drained connection may finish what it does.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(60),
            header_bytes_max: 32 << 10,
            headers_max: 100,
            h2_streams_max: 128,
            connections_max: 20_000,
            client_connections_max: 1_000,
            inspected_bytes_max: 128 << 20,
            drain_timeout: Duration::from_secs(15),
        }
    }
}

/// A served name.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The owner's number.
    pub id: u64,
    /// `app.example.org`, or `*.example.org` for one label below it.
    pub name: String,
    /// How TLS is served for it.
    pub tls: HostTls,
    /// Answers 308 to https on plain listeners.
    pub redirect_to_https: bool,
    /// `Strict-Transport-Security` of answers over TLS.
    pub hsts: Option<Hsts>,
    /// Who may come at all; everybody when absent.
    pub admission: Option<Admission>,
    /// Requests per window and key.
    pub rate_limit: Option<RateLimit>,
    /// Requests in progress at one time.
    pub concurrency_max: Option<u32>,
    /// Bytes of a request body.
    pub body_bytes_max: Option<u64>,
    /// Times and limits of its exchanges.
    pub bounds: Bounds,
    /// Codings offered to clients for answers that compress well, in the order we like; empty = none.
    pub compression: Vec<Coding>,
    /// Request headers only the proxy may set; removed from every request.
    pub reserved_headers: Vec<HeaderName>,
    /// Cookies between clients and the proxy that backends never see.
    pub reserved_cookies: Vec<String>,
    /// Asked before a request is forwarded.
    pub forward_auth: Option<Arc<dyn ForwardAuth>>,
    /// Inspect a request after admission and limits, in order.
    pub filters: Vec<Arc<dyn Filter>>,
    /// Conditions and actions, tried by ascending priority.
    pub rules: Vec<RuleConfig>,
    /// The pool of requests that match no rule; 503 when absent.
    pub default_pool: Option<u64>,
    /// Own bodies of the proxy's error answers.
    pub error_pages: Vec<ErrorPage>,
}

impl HostConfig {
    /// A plain host that forwards everything to one pool.
    #[must_use]
    pub fn new(id: u64, name: impl Into<String>, default_pool: u64) -> Self {
        Self {
            id,
            name: name.into(),
            tls: HostTls::None,
            redirect_to_https: false,
            hsts: None,
            admission: None,
            rate_limit: None,
            concurrency_max: None,
            body_bytes_max: None,
            bounds: Bounds::default(),
            compression: Vec::new(),
            reserved_headers: Vec::new(),
            reserved_cookies: Vec::new(),
            forward_auth: None,
            filters: Vec::new(),
            rules: Vec::new(),
            default_pool: Some(default_pool),
            error_pages: Vec::new(),
        }
    }
}

/// Times and limits of a host's exchanges in place of those that its pools and the clients' connections have; `None` = those.
/// A backend that is given up sooner than its pool would is not put aside for it: other hosts may use it too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Longest wait for a connection to a backend.
    pub connect_timeout: Option<Duration>,
    /// Longest wait for the head of an answer, once the backend has the whole request.
    pub answer_timeout: Option<Duration>,
    /// Longest silence within a body, of a request or of an answer. A tunnel may be silent for longer.
    pub idle_timeout: Option<Duration>,
    /// Other backends tried after one failed before it saw the request.
    pub retries_max: Option<u32>,
    /// Bytes of a request head: 1024 at least, and not more than a connection takes (`Limits::header_bytes_max`).
    pub header_bytes_max: Option<usize>,
}

impl Bounds {
    pub(crate) fn connect_timeout(&self, pool: &PoolConfig) -> Duration {
        self.connect_timeout.unwrap_or(pool.connect_timeout)
    }

    pub(crate) fn answer_timeout(&self, pool: &PoolConfig) -> Duration {
        self.answer_timeout.unwrap_or(pool.answer_timeout)
    }

    /// Between parts of an answer.
    pub(crate) fn answer_pause(&self, pool: &PoolConfig) -> Duration {
        self.idle_timeout.unwrap_or(pool.answer_timeout)
    }

    /// Between parts of a request.
    pub(crate) fn body_pause(&self, limits: &Limits) -> Duration {
        self.idle_timeout.unwrap_or(limits.body_timeout)
    }

    pub(crate) fn retries_max(&self, pool: &PoolConfig) -> usize {
        self.retries_max.unwrap_or(pool.retries_max) as usize
    }
}

/// TLS of a host.
#[derive(Clone)]
pub enum HostTls {
    /// Plain HTTP only; a handshake for its name is refused.
    None,
    /// TLS is wanted, but there is no certificate yet: handshakes are refused, redirects are answered.
    Pending,
    /// Served with this certificate. Parsed once by the owner, so that a reload does not parse thousands of keys.
    Certificate(Arc<CertifiedKey>),
}

impl fmt::Debug for HostTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Pending => "Pending",
            Self::Certificate(_) => "Certificate(..)",
        })
    }
}

/// `Strict-Transport-Security`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hsts {
    /// For how long browsers keep to https.
    pub max_age: Duration,
    /// Whether names below the host are meant too.
    pub include_subdomains: bool,
}

/// Client addresses a host admits; others get 403 and the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Addresses that may come.
    pub ranges: Vec<Prefix>,
    /// What the others read.
    pub refusal: String,
}

/// The body of an error answer of the proxy itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// The status it is for, 400-599.
    pub status: u16,
    /// Its media type.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// A group of backends.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolConfig {
    /// The owner's number.
    pub id: u64,
    /// Shown in faults and records.
    pub name: String,
    /// How backends are spoken to.
    pub protocol: Protocol,
    /// Whether the backend sees the client's `Host`; else its own address.
    pub preserve_host: bool,
    /// How a backend is chosen.
    pub algorithm: Algorithm,
    /// Keeps a browser at its backend with a cookie of this name.
    pub sticky_cookie: Option<String>,
    /// The backends; those switched off are left out by the owner.
    pub targets: Vec<TargetConfig>,
    /// Regular probes.
    pub active: Option<ActiveCheck>,
    /// Judging by real requests.
    pub passive: Option<PassiveCheck>,
    /// A recovered backend takes its full share only after this time.
    pub slow_start: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for an answer's head, and between parts of its body.
    pub answer_timeout: Duration,
    /// Other backends tried after one failed before it saw the request.
    pub retries_max: u32,
    /// Idle connections kept per backend and thread.
    pub idle_max: usize,
    /// How long a connection may idle. Keep it below the backends' own limit.
    pub idle_timeout: Duration,
}

impl PoolConfig {
    /// A plain HTTP/1.1 pool with the usual times.
    #[must_use]
    pub fn new(id: u64, name: impl Into<String>, targets: Vec<TargetConfig>) -> Self {
        Self {
            id,
            name: name.into(),
            protocol: Protocol::Http,
            preserve_host: false,
            algorithm: Algorithm::RoundRobin,
            sticky_cookie: None,
            targets,
            active: None,
            passive: Some(PassiveCheck::default()),
            slow_start: Duration::ZERO,
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(60),
            retries_max: 2,
            idle_max: 64,
            idle_timeout: Duration::from_secs(50),
        }
    }
}

/// What is spoken to a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1.1 over TCP.
    Http,
    /// HTTP/1.1 over TLS.
    Https {
        /// Whether the certificate must be valid for the backend's name.
        verify: bool,
    },
    /// HTTP/2 over TCP, without negotiation.
    H2c,
    /// HTTP/2 over TLS.
    H2 {
        /// Whether the certificate must be valid for the backend's name.
        verify: bool,
    },
}

impl Protocol {
    /// Whether it is HTTP/2.
    #[must_use]
    pub fn is_h2(self) -> bool {
        matches!(self, Self::H2c | Self::H2 { .. })
    }

    /// Whether TLS is spoken, and whether the certificate is verified.
    #[must_use]
    pub fn tls(self) -> Option<bool> {
        match self {
            Self::Https { verify } | Self::H2 { verify } => Some(verify),
            Self::Http | Self::H2c => None,
        }
    }
}

/// How a backend is chosen among those that are fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// In turn, by weight.
    RoundRobin,
    /// The one with the fewest requests in progress for its weight.
    LeastConn,
    /// Always the same one for a client address, by weight.
    IpHash,
    /// By lot, by weight.
    Random,
}

/// A backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetConfig {
    /// The owner's number.
    pub id: u64,
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Its share, 1-256.
    pub weight: u16,
}

impl TargetConfig {
    /// A backend of weight 1.
    #[must_use]
    pub fn new(id: u64, host: impl Into<String>, port: u16) -> Self {
        Self { id, host: host.into(), port, weight: 1 }
    }
}
