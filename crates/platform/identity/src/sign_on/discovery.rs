//! What providers publish: their endpoints and their keys, kept for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argos_kernel::Timestamp;
use argos_net::{Class, NetError, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SignOn;
use crate::model::jose::KeySet;

const TIMEOUT: Duration = Duration::from_secs(5);
const METADATA_FRESH_S: i64 = 600;
const KEYS_FRESH_S: i64 = 3600;
/// An unknown key makes us look again, at most this often.
const KEYS_RETRY_S: i64 = 60;
const DOCUMENT_BYTES_MAX: usize = 256 << 10;

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
}

#[derive(Default)]
pub(crate) struct Providers {
    metadata: Mutex<HashMap<String, (Metadata, Timestamp)>>,
    keys: Mutex<HashMap<String, (KeySet, Timestamp)>>,
}

impl Providers {
    /// The configuration changed.
    pub(crate) fn forget(&self) {
        self.metadata.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Why a provider cannot be used, in words for an administrator.
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

impl SignOn {
    /// The document of an issuer, as fresh as ten minutes.
    pub(crate) async fn metadata(&self, issuer: &str) -> Result<Metadata, Fault> {
        let now = self.0.identity.now();
        let known = self.0.providers.metadata.lock().unwrap_or_else(PoisonError::into_inner).get(issuer).cloned();
        if let Some((metadata, _)) = known.filter(|(_, at)| now.secs_since(*at) < METADATA_FRESH_S) {
            return Ok(metadata);
        }
        let metadata = self.discover(issuer).await?;
        self.0.providers.metadata.lock().unwrap_or_else(PoisonError::into_inner).insert(issuer.to_owned(), (metadata.clone(), now));
        Ok(metadata)
    }

    /// Asks the issuer now.
    pub(crate) async fn discover(&self, issuer: &str) -> Result<Metadata, Fault> {
        let base = issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let request = Request::get(Class::Admin, url).timeout(TIMEOUT).bytes_max(DOCUMENT_BYTES_MAX).follow_redirects(2);
        let metadata: Metadata = self.0.net.send(request).await?.success()?.json()?;
        if metadata.issuer.trim_end_matches('/') != base {
            return Err(Fault(format!("the document names another issuer: {}", metadata.issuer)));
        }
        Ok(metadata)
    }

    /// The keys at an address; `again` when one was missing.
    pub(crate) async fn keys(&self, jwks_uri: &str, again: bool) -> Result<KeySet, Fault> {
        let now = self.0.identity.now();
        let fresh_s = if again { KEYS_RETRY_S } else { KEYS_FRESH_S };
        let known = self.0.providers.keys.lock().unwrap_or_else(PoisonError::into_inner).get(jwks_uri).cloned();
        if let Some((keys, _)) = known.filter(|(_, at)| now.secs_since(*at) < fresh_s) {
            return Ok(keys);
        }
        let request = Request::get(Class::Admin, jwks_uri).timeout(TIMEOUT).bytes_max(DOCUMENT_BYTES_MAX);
        let keys: KeySet = self.0.net.send(request).await?.success()?.json()?;
        self.0.providers.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(jwks_uri.to_owned(), (keys.clone(), now));
        Ok(keys)
    }
}
