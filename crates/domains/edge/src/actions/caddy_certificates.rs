//! Certificates that an external Caddy has issued: seen from outside, asked about in its log.

use std::sync::PoisonError;

use argos_kernel::{PageRequest, Result, Timestamp};
use argos_logs::{LogFilter, Order, Source};
use argos_tls::Certificate;
use futures_util::StreamExt;
use futures_util::stream;

use super::certificates::Standing;
use crate::caddy::Caddy;
use crate::certificates::leaf;
use crate::model::host::Host;
use crate::service::Edge;
use crate::store::certificates::{Attempt, Issued};

/// Handshakes at one time.
const PROBES_MAX: usize = 8;
/// How long what was seen is shown.
const FRESH_S: i64 = 30;
/// Caddy renews in the last third of a certificate's life, thirty days of the usual ninety.
const RENEWED_BEFORE_S: i64 = 30 * 86_400;

impl Edge {
    /// How the certificates of these sites stand.
    pub(crate) async fn caddy_certificates(&self, caddy: &Caddy, hosts: Vec<Host>) -> Result<Vec<Standing>> {
        let now = self.platform.clock.now();
        let mut out = Vec::with_capacity(hosts.len());
        let seen = stream::iter(hosts).map(|host| async move {
            let found = self.seen_certificate(caddy, &host, now).await;
            (host, found)
        });
        let mut seen = std::pin::pin!(seen.buffered(PROBES_MAX));
        while let Some((host, found)) = seen.next().await {
            let attempt = self.last_words(&host).await?;
            let issued = found.map(|leaf| issued(&host, leaf, self.acme_directory(&host.spec)));
            out.push(Standing { host, issued, attempt, order: None, steps: Vec::new() });
        }
        Ok(out)
    }

    /// What a site is served with, at most half a minute ago.
    async fn seen_certificate(&self, caddy: &Caddy, host: &Host, now: Timestamp) -> Option<Certificate> {
        // A wildcard is shown to every name below it.
        let name = host.domain.replacen('*', "argos-check", 1);
        let kept = caddy.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some((_, found)) = kept.filter(|(at, _)| now.secs_since(*at) < FRESH_S) {
            return Some(found);
        }
        let found = leaf(&caddy.tls_dial, &name).await.filter(|leaf| leaf.covers(&name));
        let mut seen = caddy.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, (at, _)| now.secs_since(*at) < FRESH_S);
        // Nothing is asked for again at once, so that a page that waits sees it come.
        if let Some(found) = &found {
            seen.insert(name, (now, found.clone()));
        }
        found
    }

    /// What Caddy said last about the certificate of a site.
    async fn last_words(&self, host: &Host) -> Result<Option<Attempt>> {
        let filter = LogFilter {
            sources: vec![Source::CaddyError],
            host_ids: vec![host.id],
            text: Some("certificate".to_owned()),
            ..LogFilter::default()
        };
        let page = self.platform.logs.list(&filter, Order::Newest, PageRequest { limit: 1, offset: 0 }).await?;
        let attempt = |row: argos_logs::LogEntry| {
            let said = row.message.to_lowercase();
            let ok = !["error", "fail", "unable"].iter().any(|word| said.contains(word)) && row.level < argos_kernel::Severity::Error;
            let code = if ok { String::new() } else { "refused".to_owned() };
            Attempt { host_id: host.id, failures: i64::from(!ok), next_at: None, at: row.at, ok, code, message: row.message }
        };
        Ok(page.items.into_iter().next().map(attempt))
    }
}

fn issued(host: &Host, leaf: Certificate, directory: String) -> Issued {
    let (from, to) = (Timestamp::from_secs(leaf.not_before), Timestamp::from_secs(leaf.not_after));
    Issued {
        host_id: host.id,
        domain: host.domain.clone(),
        directory,
        chain_pem: String::new(),
        key_enc: String::new(),
        fingerprint: leaf.fingerprint_sha256,
        issuer: leaf.issuer_name,
        not_before: from,
        not_after: to,
        renew_at: to.minus_secs(RENEWED_BEFORE_S).max(from),
        ari_at: None,
        issued_at: from,
        told_days: None,
    }
}
