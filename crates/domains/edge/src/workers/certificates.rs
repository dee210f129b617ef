//! Has every site that wants one a certificate, renews them in time, and tells people when one ends soon. One process of
//! all does this; a few orders at a time, so that a slow authority holds nobody up.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use argos_acme::{Client, Directory, RetryAfter, certificate_id};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, Result, Severity, Shutdown, Timestamp};
use argos_tls::Chain;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::json;

use super::acme_failure::{Failure, Lost};
use super::acme_order::{Obtained, Work};
use crate::actions::certificates::wants;
use crate::certificates::{Way, issued_aad};
use crate::model::certificate::{AUTO_THRESHOLDS, MANUAL_THRESHOLDS, days_left, moment_of_window, pause_s, renewal_at, threshold};
use crate::model::host::Host;
use crate::service::Edge;
use crate::store::certificates::{Attempt, Issued};
use crate::store::{acme_orders, certificates, hosts, manual_certificates, revision, troubles};

/// Orders that are worked on at one time.
const ORDERS_MAX: usize = 4;
/// How often is looked what is due when nothing wakes.
const LOOK: Duration = Duration::from_secs(20);
/// Pause before the authority is asked for a renewal window again when it names none.
const ARI_S: i64 = 6 * 3_600;

pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    if let Err(error) = edge.seed_dns_provider().await {
        tracing::error!(?error, "the DNS provider of the environment could not be stored");
    }
    let mut changes = edge.changes.subscribe();
    let mut running = FuturesUnordered::new();
    let mut busy = HashSet::new();
    loop {
        changes.mark_unchanged();
        // An external Caddy has its certificates issued itself; ends of uploaded ones are told all the same.
        let due = if edge.caddy.is_none() && edge.has_data_plane().await? { edge.due_for_certificate().await? } else { Vec::new() };
        for host in due {
            if busy.len() < ORDERS_MAX && busy.insert(host.id) {
                let (edge, stop) = (Arc::clone(&edge), stop.clone());
                running.push(Box::pin(async move {
                    let outcome = attempt(&edge, &host, &stop).await;
                    (host.id, outcome)
                }));
            }
        }
        edge.tell_of_ends().await?;
        tokio::select! {
            () = stop.wait() => break,
            Some((id, outcome)) = running.next(), if !running.is_empty() => {
                busy.remove(&id);
                outcome?;
            }
            () = edge.certificate_work.notified() => {}
            changed = changes.changed() => if changed.is_err() { break },
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    // They see the stop themselves and leave their orders for the next start.
    while running.next().await.is_some() {}
    Ok(())
}

/// Asks for the renewal window, or has a certificate issued.
async fn attempt(edge: &Edge, host: &Host, stop: &Shutdown) -> Result<()> {
    let db = &edge.platform.store.state;
    let issued = certificates::find(db, host.id).await?.filter(|c| c.domain == host.domain);
    let is_ordered = acme_orders::find(db, host.id).await?.is_some();
    let now = edge.platform.clock.now();
    if let Some(certificate) = issued.as_ref().filter(|c| !is_ordered && c.renew_at > now) {
        return edge.ask_renewal_window(certificate).await;
    }
    let mut again = true;
    loop {
        match Work::new(edge, host, stop).run().await {
            Ok(obtained) => return edge.take_certificate(host, issued.is_some(), obtained).await,
            Err(failure) if failure.is_stopping => return Ok(()),
            Err(failure) if failure.lost != Lost::Nothing && again => {
                again = false;
                edge.forget(host, failure.lost).await?;
            }
            Err(failure) => return edge.note_failure(host, &failure).await,
        }
    }
}

impl Edge {
    /// Drops what the authority has forgotten.
    async fn forget(&self, host: &Host, lost: Lost) -> Result<()> {
        let db = &self.platform.store.state;
        if let Some(order) = acme_orders::find(db, host.id).await?.filter(|_| lost == Lost::Account) {
            acme_orders::set_account_url(db, &order.account_id, None).await?;
        }
        let mut tx = db.begin().await?;
        acme_orders::delete(&mut tx, host.id).await?;
        Ok(tx.commit().await?)
    }

    async fn ask_renewal_window(&self, certificate: &Issued) -> Result<()> {
        let db = &self.platform.store.state;
        let now = self.platform.clock.now();
        let read = Chain::from_pem(certificate.chain_pem.as_bytes()).ok();
        let id = read.as_ref().and_then(|chain| certificate_id(chain.leaf()));
        let asked = match id {
            Some(id) => renewal_window(self, &certificate.directory, &id).await,
            None => Ok(None),
        };
        let later = |after: Option<RetryAfter>| {
            let pause = after.map_or(ARI_S, |after| i64::try_from(after.delay(now.secs()).as_secs()).unwrap_or(ARI_S));
            now.plus_secs(pause.clamp(600, 86_400))
        };
        let (renew_at, ari_at) = match asked {
            Ok(Some((start, end, after))) => {
                let inside = certificate.renew_at.secs() >= start && certificate.renew_at.secs() < end;
                let moment = moment_of_window(start, end, now.secs(), |bound| self.platform.rng.below(bound));
                (if inside { certificate.renew_at } else { Timestamp::from_secs(moment) }, Some(later(after)))
            }
            Ok(None) => (certificate.renew_at, None),
            Err(error) => {
                tracing::info!(domain = certificate.domain, error, "the authority did not tell a renewal window");
                (certificate.renew_at, Some(later(None)))
            }
        };
        certificates::set_renewal(db, certificate, renew_at, ari_at).await?;
        self.changed();
        Ok(())
    }

    /// Keeps a new certificate, tells it, and serves it.
    async fn take_certificate(&self, host: &Host, is_renewal: bool, got: Obtained) -> Result<()> {
        let now = self.platform.clock.now();
        let leaf = got.chain.leaf();
        let renew_at = renewal_at(leaf.not_before, leaf.not_after, |bound| self.platform.rng.below(bound));
        let row = Issued {
            host_id: host.id,
            domain: host.domain.clone(),
            directory: got.directory,
            chain_pem: got.chain_pem,
            key_enc: self.platform.vault.seal(&issued_aad(&host.id.to_string()), got.key_pem.as_bytes())?,
            fingerprint: leaf.fingerprint_sha256.clone(),
            issuer: leaf.issuer_name.clone(),
            not_before: Timestamp::from_secs(leaf.not_before),
            not_after: Timestamp::from_secs(leaf.not_after),
            renew_at: Timestamp::from_secs(renew_at),
            ari_at: got.has_renewal_info.then_some(now),
            issued_at: now,
            told_days: None,
        };
        let (kind, verb) = if is_renewal { ("edge.cert_renewed", "renewed") } else { ("edge.cert_issued", "issued") };
        let text = format!("{} has a certificate of {} until {}", host.domain, row.issuer, row.not_after.rfc3339());
        let data = json!({ "host_id": host.id, "host_domain": host.domain, "issuer": row.issuer, "not_after": row.not_after.rfc3339(), "fingerprint_sha256": row.fingerprint });
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        // First, as every change of what is served does: none waits for another crosswise.
        revision::bump(&mut m).await?;
        if hosts::find_in(&mut m, host.id).await?.is_none() {
            return Ok(());
        }
        certificates::put(&mut m, &row).await?;
        acme_orders::delete(&mut m, host.id).await?;
        let attempt =
            Attempt { host_id: host.id, failures: 0, next_at: None, at: now, ok: true, code: String::new(), message: text.clone() };
        certificates::put_attempt(&mut m, &attempt).await?;
        troubles::forget(&mut m, host.id).await?;
        self.platform.events.publish(&mut m, event(kind, text.clone(), host.id, &host.domain).data(data.clone())).await?;
        let entry = argos_audit::Entry::new(format!("certificate.{verb}"), argos_audit::Category::Config);
        m.commit(entry.target("host", host.id).describe(text).after(data)).await?;
        self.say(Severity::Info, Some((host.id, &host.domain)), format!("tls.obtain: certificate obtained: {}", attempt.message));
        self.reconcile(true).await;
        Ok(())
    }

    async fn note_failure(&self, host: &Host, failure: &Failure) -> Result<()> {
        let db = &self.platform.store.state;
        let now = self.platform.clock.now();
        let before = certificates::attempts(db).await?.into_iter().find(|a| a.host_id == host.id);
        let failures = before.as_ref().map_or(0, |a| a.failures) + 1;
        let asked = failure.retry_after.map_or(0, |after| i64::try_from(after.delay(now.secs()).as_secs()).unwrap_or(0));
        let pause = pause_s(failures).max(asked.min(7 * 86_400));
        let jitter = i64::try_from(self.platform.rng.below(u64::try_from(pause / 10 + 1).unwrap_or(1))).unwrap_or(0);
        let next_at = now.plus_secs(pause + jitter);
        tracing::warn!(domain = host.domain, code = failure.code, reason = failure.text, failures, "no certificate could be had");
        let mut tx = db.begin().await?;
        if hosts::find_in(&mut tx, host.id).await?.is_none() {
            return Ok(());
        }
        if !failure.keeps_order() {
            acme_orders::delete(&mut tx, host.id).await?;
        }
        let message = failure.text.clone();
        let attempt =
            Attempt { host_id: host.id, failures, next_at: Some(next_at), at: now, ok: false, code: failure.code.clone(), message };
        certificates::put_attempt(&mut tx, &attempt).await?;
        troubles::put(&mut tx, host.id, &host.domain).await?;
        let text = format!("No certificate for {}: {}", host.domain, failure.text);
        let data = json!({ "host_id": host.id, "host_domain": host.domain, "code": failure.code, "failures": failures, "next_attempt_at": next_at.rfc3339() });
        let line = format!("tls.obtain: could not get a certificate: {text}");
        self.platform.events.publish(&mut tx, event("edge.cert_renewal_failed", text, host.id, &host.domain).data(data)).await?;
        tx.commit().await?;
        self.say(Severity::Error, Some((host.id, &host.domain)), line);
        self.changed();
        Ok(())
    }

    /// Ends the problem of sites that want no certificate of an authority any more: removed, switched off, or secured otherwise.
    pub(super) async fn settle_certificates(&self) -> Result<()> {
        let db = &self.platform.store.state;
        for (id, domain) in troubles::list(db).await? {
            let mut tx = db.begin().await?;
            let is_wanted = hosts::find_in(&mut tx, id).await?.is_some_and(|host| wants(&host));
            if is_wanted || !troubles::forget(&mut tx, id).await? {
                continue;
            }
            let told = event("edge.cert_not_needed", format!("{domain} wants no certificate any more"), id, &domain);
            self.platform.events.publish(&mut tx, told.data(json!({ "host_id": id, "host_domain": domain }))).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// One event for the nearest threshold crossed, once for each certificate.
    async fn tell_of_ends(&self) -> Result<()> {
        let db = &self.platform.store.state;
        let now = self.platform.clock.now();
        let sites = hosts::list(db).await?;
        let name = |id: i64| sites.iter().find(|h| h.id == id).map(|h| h.domain.clone());
        let issued = if self.caddy.is_some() { Vec::new() } else { certificates::outlines(db).await? };
        for c in issued {
            let days = days_left(c.not_after, now);
            let Some((at, domain)) = threshold(days, c.told_days, &AUTO_THRESHOLDS).zip(name(c.host_id)) else { continue };
            let mut tx = db.begin().await?;
            certificates::told(&mut tx, c.host_id, at, &c.fingerprint).await?;
            self.platform.events.publish(&mut tx, ends("edge.cert_expiring_soon", c.host_id, &domain, days, at)).await?;
            tx.commit().await?;
        }
        for c in manual_certificates::outlines(db).await? {
            let days = days_left(c.not_after, now);
            let Some((at, domain)) = threshold(days, c.told_days, &MANUAL_THRESHOLDS).zip(name(c.host_id)) else { continue };
            let mut tx = db.begin().await?;
            manual_certificates::told(&mut tx, c.host_id, at, &c.fingerprint).await?;
            self.platform.events.publish(&mut tx, ends("edge.manual_cert_expiring_soon", c.host_id, &domain, days, at)).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

type Window = (i64, i64, Option<RetryAfter>);

/// What the authority says of a certificate; asking needs no account.
async fn renewal_window(edge: &Edge, directory_url: &str, id: &str) -> Result<Option<Window>, String> {
    let way = Arc::new(Way(edge.platform.net.clone()));
    let directory = Directory::get(way.as_ref(), directory_url).await.map_err(|e| e.to_string())?;
    let info = Client::renewal_window(way.as_ref(), &directory, id).await.map_err(|e| e.to_string())?;
    Ok(info.map(|info| (info.start, info.end, info.retry_after)))
}

fn event(kind: &str, text: String, host_id: i64, domain: &str) -> NewEvent {
    NewEvent::new(Source::Edge, kind, text).subject("host", host_id, domain)
}

pub(super) fn ends(kind: &str, host_id: i64, domain: &str, days: i64, at: i64) -> NewEvent {
    let text = if days > 0 {
        format!("The certificate of {domain} ends in {days} days")
    } else {
        format!("The certificate of {domain} has ended")
    };
    let event = event(kind, text, host_id, domain);
    let event = if days > 0 { event } else { event.severity(argos_kernel::Severity::Critical) };
    event.data(json!({ "host_id": host_id, "host_domain": domain, "days_left": days, "threshold": at }))
}
