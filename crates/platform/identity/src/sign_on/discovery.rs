//! What providers publish: their endpoints and their keys, kept for a while. It believes a document only for the issuer
//! it was fetched from, and asks a provider that just failed no sooner than [`FAILED_S`] later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_kernel::{Clock, Timestamp};
use argos_net::{Class, Net, NetError, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::jose::{self, Claims, KeySet, Unverified};

const TIMEOUT: Duration = Duration::from_secs(5);
const METADATA_FRESH_S: i64 = 600;
const KEYS_FRESH_S: i64 = 3600;
/// An unknown key makes us look again, at most this often.
const KEYS_RETRY_S: i64 = 60;
/// How long a failed question is not asked again: anybody can send a token that would make us ask.
const FAILED_S: i64 = 10;
const DOCUMENT_BYTES_MAX: usize = 256 << 10;
const KEPT_MAX: usize = 64;

/// The parts of a discovery document we use (OpenID Connect Discovery 3).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) userinfo_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jwks_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_token_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// RFC 9207: the provider names itself when a browser comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authorization_response_iss_parameter_supported: Option<bool>,
    /// Nobody told us how the provider names itself.
    #[serde(skip)]
    pub(crate) is_guessed: bool,
}

impl Metadata {
    /// The documented addresses of a provider that publishes no document. It has no keys, so who somebody is comes
    /// from its userinfo alone.
    fn without_document(issuer: &str) -> Self {
        let at = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: at("/authorize"),
            token_endpoint: at("/token"),
            userinfo_endpoint: Some(at("/userinfo")),
            jwks_uri: None,
            id_token_signing_alg_values_supported: None,
            token_endpoint_auth_methods_supported: None,
            authorization_response_iss_parameter_supported: None,
            is_guessed: true,
        }
    }
}

/// Answers by address, with the time they came.
struct Kept<T>(Mutex<HashMap<String, (T, Timestamp)>>);

impl<T: Clone> Kept<T> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
    fn get(&self, key: &str, now: Timestamp, fresh_s: i64) -> Option<T> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        known.filter(|(_, at)| now.secs_since(*at) < fresh_s).map(|(value, _)| value)
    }
    fn put(&self, key: &str, value: T, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT_MAX {
            all.clear();
        }
        all.insert(key.to_owned(), (value, now));
    }
    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Asks providers and remembers what they said.
pub(crate) struct Providers {
    net: Net,
    clock: Arc<dyn Clock>,
    metadata: Kept<Metadata>,
    keys: Kept<KeySet>,
    failures: Kept<String>,
}

/// Why a provider cannot be used, in words for an administrator.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) String);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<NetError> for Fault {
    fn from(error: NetError) -> Self {
        Self(error.to_string())
    }
}

pub(crate) fn refused(fault: jose::Fault) -> Fault {
    Fault(format!("the token is refused: {fault:?}"))
}

impl Providers {
    pub(crate) fn new(net: Net, clock: Arc<dyn Clock>) -> Self {
        Self { net, clock, metadata: Kept::new(), keys: Kept::new(), failures: Kept::new() }
    }

    /// The configuration changed.
    pub(crate) fn forget(&self) {
        self.metadata.forget();
        self.keys.forget();
        self.failures.forget();
    }

    /// The document of an issuer, as fresh as ten minutes.
    pub(crate) async fn metadata(&self, issuer: &str) -> Result<Metadata, Fault> {
        if let Some(metadata) = self.metadata.get(issuer, self.clock.now(), METADATA_FRESH_S) {
            return Ok(metadata);
        }
        self.unless_failed(issuer)?;
        let found = self.noted(issuer, self.discover(issuer).await)?;
        self.metadata.put(issuer, found.clone(), self.clock.now());
        Ok(found)
    }

    /// Asks the issuer now.
    pub(crate) async fn discover(&self, issuer: &str) -> Result<Metadata, Fault> {
        let base = issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let request = Request::get(Class::Admin, url).timeout(TIMEOUT).bytes_max(DOCUMENT_BYTES_MAX).follow_redirects(2);
        let metadata: Metadata = match self.net.send(request).await?.success() {
            Err(NetError::Status(404)) => return Ok(Metadata::without_document(issuer)),
            answer => answer?.json()?,
        };
        if metadata.issuer.trim_end_matches('/') != base {
            return Err(Fault(format!("the document names another issuer: {}", metadata.issuer)));
        }
        Ok(metadata)
    }

    /// The keys at an address; `again` when one was missing.
    async fn keys(&self, jwks_uri: &str, again: bool) -> Result<KeySet, Fault> {
        let fresh_s = if again { KEYS_RETRY_S } else { KEYS_FRESH_S };
        if let Some(keys) = self.keys.get(jwks_uri, self.clock.now(), fresh_s) {
            return Ok(keys);
        }
        self.unless_failed(jwks_uri)?;
        let keys = self.noted(jwks_uri, self.fetch_keys(jwks_uri).await)?;
        self.keys.put(jwks_uri, keys.clone(), self.clock.now());
        Ok(keys)
    }

    async fn fetch_keys(&self, jwks_uri: &str) -> Result<KeySet, Fault> {
        let request = Request::get(Class::Admin, jwks_uri).timeout(TIMEOUT).bytes_max(DOCUMENT_BYTES_MAX);
        Ok(self.net.send(request).await?.success()?.json()?)
    }

    fn unless_failed(&self, address: &str) -> Result<(), Fault> {
        self.failures.get(address, self.clock.now(), FAILED_S).map_or(Ok(()), |text| Err(Fault(text)))
    }

    fn noted<T>(&self, address: &str, answer: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(Fault(text)) = &answer {
            self.failures.put(address, text.clone(), self.clock.now());
        }
        answer
    }

    /// Claims signed by one of the published keys; an unknown key makes us look once more.
    pub(crate) async fn verified(&self, token: &str, jwks_uri: &str) -> Result<Claims, Fault> {
        let parse = || Unverified::parse(token).map_err(refused);
        match parse()?.verify(&self.keys(jwks_uri, false).await?) {
            Ok(claims) => Ok(claims),
            Err(jose::Fault::UnknownKey | jose::Fault::Signature) => parse()?.verify(&self.keys(jwks_uri, true).await?).map_err(refused),
            Err(fault) => Err(refused(fault)),
        }
    }
}
