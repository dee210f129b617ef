//! The certificate each site is served with: the uploaded one, the one an authority issued, else a self-signed one. An
//! expired one goes on being served: the site stays reachable, and people are told.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_kernel::{AppError, Result};
use argos_platform::Platform;
use argos_tls::Chain;
use argos_web::BoxFuture;
use rustls::sign::CertifiedKey;
use tokio::sync::watch;

use super::{CertificateStore, SelfSigned};
use crate::model::host::{Host, TlsMode};
use crate::store::{certificates, dns_providers, manual_certificates};

/// A certificate in memory.
struct Held {
    domain: String,
    fingerprint: String,
    pair: Arc<CertifiedKey>,
}

/// The certificates of this installation.
pub(crate) struct Served {
    platform: Platform,
    fallback: SelfSigned,
    held: Mutex<HashMap<i64, Held>>,
    changes: watch::Sender<u64>,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("held", &self.held().len()).finish_non_exhaustive()
    }
}

/// Where the sealed key of an issued certificate stands.
pub(crate) fn issued_aad(host_id: &str) -> String {
    format!("edge_certificates.key:{host_id}")
}

/// Where the sealed key of an uploaded certificate stands.
pub(crate) fn manual_aad(host_id: &str) -> String {
    format!("edge_manual_certificates.key:{host_id}")
}

/// Where the sealed credentials of a DNS provider stand.
pub(crate) fn dns_aad(name: &str) -> String {
    format!("edge_dns_providers.credentials:{name}")
}

/// Which stored certificate a site is to be served with.
struct Choice {
    host_id: i64,
    domain: String,
    fingerprint: String,
    is_manual: bool,
}

impl Served {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self { platform: platform.clone(), fallback: SelfSigned::new(platform), held: Mutex::default(), changes: watch::channel(0).0 }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<i64, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is stored for these sites.
    async fn choices(&self, hosts: &[Host]) -> Result<Vec<Choice>> {
        let db = &self.platform.store.state;
        let sites: HashMap<i64, &Host> = hosts.iter().filter(|h| h.enabled).map(|h| (h.id, h)).collect();
        let site = |id: i64, mode: TlsMode| sites.get(&id).filter(|h| h.spec.tls_mode == mode);
        let issued =
            certificates::outlines(db).await?.into_iter().filter(|c| site(c.host_id, TlsMode::Auto).is_some_and(|h| h.domain == c.domain));
        let mut choices: Vec<Choice> =
            issued.map(|c| Choice { host_id: c.host_id, domain: c.domain, fingerprint: c.fingerprint, is_manual: false }).collect();
        for c in manual_certificates::outlines(db).await? {
            if let Some(host) = site(c.host_id, TlsMode::Manual) {
                choices.push(Choice { host_id: c.host_id, domain: host.domain.clone(), fingerprint: c.fingerprint, is_manual: true });
            }
        }
        Ok(choices)
    }

    /// Reads and opens one; `None` when it is gone meanwhile.
    async fn open(&self, choice: &Choice) -> Result<Option<Arc<CertifiedKey>>> {
        let db = &self.platform.store.state;
        let id = choice.host_id.to_string();
        let found = if choice.is_manual {
            manual_certificates::find(db, choice.host_id).await?.map(|c| (c.cert_pem + &c.chain_pem, c.key_enc, manual_aad(&id)))
        } else {
            certificates::find(db, choice.host_id).await?.map(|c| (c.chain_pem, c.key_enc, issued_aad(&id)))
        };
        let Some((chain_pem, key_enc, aad)) = found else { return Ok(None) };
        let key = self.platform.vault.open(&aad, &key_enc)?;
        let pair = Chain::from_pem(chain_pem.as_bytes()).and_then(|chain| chain.certified(key.reveal()));
        pair.map(Some).map_err(AppError::internal)
    }

    async fn hold(&self, choices: Vec<Choice>) {
        let fresh: Vec<Choice> = {
            let mut held = self.held();
            let wanted: HashSet<i64> = choices.iter().map(|c| c.host_id).collect();
            held.retain(|id, _| wanted.contains(id));
            let is_held = |c: &Choice| held.get(&c.host_id).is_some_and(|h| h.fingerprint == c.fingerprint && h.domain == c.domain);
            choices.into_iter().filter(|c| !is_held(c)).collect()
        };
        for choice in fresh {
            match self.open(&choice).await {
                Ok(Some(pair)) => {
                    let Choice { host_id, domain, fingerprint, .. } = choice;
                    self.held().insert(host_id, Held { domain, fingerprint, pair });
                }
                Ok(None) => {}
                // What is held already is better than nothing.
                Err(error) => tracing::error!(domain = choice.domain, ?error, "a stored certificate cannot be used"),
            }
        }
    }
}

impl CertificateStore for Served {
    fn find(&self, host_id: i64, domain: &str) -> Option<Arc<CertifiedKey>> {
        let own = self.held().get(&host_id).filter(|held| held.domain == domain).map(|held| Arc::clone(&held.pair));
        own.or_else(|| self.fallback.find(host_id, domain))
    }

    fn prepare<'a>(&'a self, hosts: &'a [Host]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.hold(self.choices(hosts).await?).await;
            let lacking: Vec<Host> = {
                let held = self.held();
                hosts.iter().filter(|h| held.get(&h.id).is_none_or(|held| held.domain != h.domain)).cloned().collect()
            };
            self.fallback.prepare(&lacking).await
        })
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn dns_provider_ready<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let row = dns_providers::find(&self.platform.store.state, name).await?;
            Ok(row.is_some_and(|row| row.enabled && row.credentials_enc.is_some()))
        })
    }
}
