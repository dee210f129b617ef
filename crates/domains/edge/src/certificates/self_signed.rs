//! Self-signed certificates: what a site is served with until somebody vouches for it. One per site, kept in the store
//! with its key sealed, so that browsers that made an exception need not be asked again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_kernel::{AppError, Result};
use argos_platform::Platform;
use argos_web::BoxFuture;
use rustls::sign::CertifiedKey;
use tokio::sync::watch;

use super::CertificateStore;
use crate::model::host::{Host, TlsMode};
use crate::store::self_signed::{self, Row};
use argos_tls::Chain;

const VALID_DAYS: i64 = 365;
/// A certificate with less life than this is replaced.
const RENEW_S: i64 = 30 * 86_400;

/// A certificate in memory.
#[derive(Debug)]
struct Held {
    domain: String,
    not_after: i64,
    pair: Arc<CertifiedKey>,
}

/// The self-signed certificates of this installation.
pub(crate) struct SelfSigned {
    platform: Platform,
    held: Mutex<HashMap<i64, Held>>,
    changes: watch::Sender<u64>,
}

impl std::fmt::Debug for SelfSigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SelfSigned").field("held", &self.held().len()).finish_non_exhaustive()
    }
}

/// Where a sealed key stands.
pub(crate) fn aad(host_id: &str) -> String {
    format!("edge_self_signed.key:{host_id}")
}

impl SelfSigned {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self { platform: platform.clone(), held: Mutex::default(), changes: watch::channel(0).0 }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<i64, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, host: &Host, domain: &str, not_after: i64) -> bool {
        domain == host.domain && not_after - self.platform.clock.now().secs() > RENEW_S
    }

    fn open(&self, row: &Row) -> Result<Held> {
        let key = self.platform.vault.open(&aad(&row.host_id.to_string()), &row.key_enc)?;
        let pair = Chain::from_pem(row.cert_pem.as_bytes()).and_then(|chain| chain.certified(key.reveal())).map_err(AppError::internal)?;
        Ok(Held { domain: row.domain.clone(), not_after: row.not_after.secs(), pair })
    }

    async fn make(&self, host: &Host) -> Result<Held> {
        let now = self.platform.clock.now();
        let names = [host.domain.clone()];
        let (cert_pem, key) = argos_tls::self_signed(&names, now.secs() - 86_400, VALID_DAYS).map_err(AppError::internal)?;
        let key_enc = self.platform.vault.seal(&aad(&host.id.to_string()), key.as_bytes())?;
        let not_after = now.plus_secs((VALID_DAYS - 1) * 86_400);
        let row = Row { host_id: host.id, domain: host.domain.clone(), cert_pem, key_enc, not_after, created_at: now };
        self_signed::put(&self.platform.store.state, &row).await?;
        self.open(&row)
    }

    async fn hold(&self, host: &Host, stored: Option<&Row>) -> Result<()> {
        let good = stored.filter(|row| self.is_good(host, &row.domain, row.not_after.secs()));
        let held = match good.map(|row| self.open(row)) {
            Some(Ok(held)) => held,
            // A key that cannot be opened any more is worth no more than none.
            Some(Err(_)) | None => self.make(host).await?,
        };
        self.held().insert(host.id, held);
        Ok(())
    }
}

impl CertificateStore for SelfSigned {
    fn find(&self, host_id: i64, domain: &str) -> Option<Arc<CertifiedKey>> {
        self.held().get(&host_id).filter(|h| h.domain == domain).map(|h| Arc::clone(&h.pair))
    }

    fn prepare<'a>(&'a self, hosts: &'a [Host]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let wanting = hosts.iter().filter(|h| h.enabled && h.spec.tls_mode != TlsMode::None);
            let known = |h: &Host| self.held().get(&h.id).is_some_and(|held| self.is_good(h, &held.domain, held.not_after));
            let missing: Vec<&Host> = wanting.filter(|h| !known(h)).collect();
            self.held().retain(|id, _| hosts.iter().any(|h| h.id == *id));
            if missing.is_empty() {
                return Ok(());
            }
            let stored = self_signed::list(&self.platform.store.state).await?;
            for host in missing {
                if let Err(error) = self.hold(host, stored.iter().find(|row| row.host_id == host.id)).await {
                    tracing::error!(domain = host.domain, ?error, "no self-signed certificate could be made");
                }
            }
            Ok(())
        })
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn dns_provider_ready<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(false) })
    }
}
