//! A compiled configuration: immutable, found through one pointer, read by every request.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use rustls::sign::CertifiedKey;

use crate::auth::ForwardAuth;
use crate::compress::Coding;
use crate::config::{Admission, Bounds, Config, HostTls, Limits};
use crate::error::ConfigError;
use crate::filter::Filter;
use crate::limit::{Limiter, Slots};
use crate::prefix::Prefix;
use crate::replayed::Room;
use crate::rule::Rule;

pub(crate) use crate::pool::Pool;

/// A compiled configuration.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) pools: HashMap<u64, Arc<Pool>>,
    pub(crate) hosts: Hosts,
    pub(crate) trusted: Vec<Prefix>,
    pub(crate) limits: Limits,
    /// Room for bodies that filters look at.
    pub(crate) held: Arc<Room>,
}

/// Hosts by name.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    pub(crate) exact: HashMap<Box<str>, Arc<Host>>,
    /// By what follows the `*.`
    pub(crate) wildcard: HashMap<Box<str>, Arc<Host>>,
}

/// A compiled host.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) id: u64,
    pub(crate) name: Arc<str>,
    pub(crate) tls: HostTls,
    pub(crate) redirect_to_https: bool,
    pub(crate) hsts: Option<HeaderValue>,
    pub(crate) admission: Option<Admission>,
    pub(crate) limiter: Option<Arc<Limiter>>,
    pub(crate) slots: Option<Arc<Slots>>,
    pub(crate) body_bytes_max: Option<u64>,
    pub(crate) bounds: Bounds,
    pub(crate) compression: Vec<Coding>,
    pub(crate) reserved_headers: Arc<[HeaderName]>,
    pub(crate) reserved_cookies: Vec<String>,
    pub(crate) forward_auth: Option<Arc<dyn ForwardAuth>>,
    pub(crate) filters: Vec<Arc<dyn Filter>>,
    /// By ascending priority.
    pub(crate) rules: Vec<Rule>,
    pub(crate) default_pool: Option<Arc<Pool>>,
    /// Whether one of its pools speaks HTTP/2.
    pub(crate) to_h2: bool,
    pub(crate) error_pages: HashMap<StatusCode, (HeaderValue, Bytes)>,
}

impl Hosts {
    /// The host that serves a name in lower case: itself, or the wildcard one label above.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Host>> {
        self.exact.get(name).or_else(|| {
            let (label, parent) = name.split_once('.')?;
            if label.is_empty() { None } else { self.wildcard.get(parent) }
        })
    }
}

impl Snapshot {
    /// Compiles a configuration. State of pools, limiters and counters that did not change is carried on from `previous`.
    ///
    /// # Errors
    /// All faults of the configuration, each with its place.
    pub fn compile(config: &Config, previous: Option<&Snapshot>) -> Result<Self, ConfigError> {
        crate::compile::compile(config, previous)
    }

    /// The certificate for a name in lower case.
    pub(crate) fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        match &self.hosts.find(name)?.tls {
            HostTls::Certificate(key) => Some(Arc::clone(key)),
            HostTls::None | HostTls::Pending => None,
        }
    }
}
