//! What people are reminded of with an external Caddy: certificates that it holds and does not renew, firewalls that only watch.
//! One process of all looks, seldom; what was told is stored, so that a restart tells nothing twice.

use std::sync::Arc;
use std::time::Duration;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Shutdown, Timestamp};
use serde_json::json;

use super::certificates::ends;
use crate::caddy::Caddy;
use crate::model::certificate::{AUTO_THRESHOLDS, days_left, threshold};
use crate::model::host::Host;
use crate::service::Edge;
use crate::store::certificates::Issued;
use crate::store::notices::{self, Notice};
use crate::store::{hosts, security, troubles};

/// How often is looked; the first time at once, and soon again while Caddy shows nothing.
const LOOK: Duration = Duration::from_secs(3_600);
const AWAY: Duration = Duration::from_secs(60);
const DAY_S: i64 = 86_400;
/// From how many days on a firewall that only watches is one that was forgotten.
const WATCHING_DAYS: i64 = 7;
/// Kinds of notices.
const CERTIFICATE: &str = "caddy_certificate";
const WATCHING: &str = "detect_mode";
/// The certificate that was seen last, and the failure to have another that is not over yet (level 0; 1 when it is).
const SEEN: &str = "caddy_seen";
const FAILED: &str = "caddy_failed";
/// Authorities date certificates back by so much.
const DATED_BACK_S: i64 = 3_700;

pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let Some(caddy) = &edge.caddy else { return Ok(()) };
    loop {
        let is_seen = edge.remind_of_certificates(caddy).await?;
        edge.remind_of_watching().await?;
        if !stop.sleep(if is_seen { LOOK } else { AWAY }).await {
            return Ok(());
        }
    }
}

/// Whether a firewall that watches since then is told of again.
fn is_forgotten(since: Timestamp, told: Option<&Notice>, now: Timestamp) -> bool {
    let told_today = told.is_some_and(|notice| notice.mark == since.rfc3339() && now.secs_since(notice.told_at) < DAY_S);
    now.secs_since(since) > WATCHING_DAYS * DAY_S && !told_today
}

/// Whether what Caddy shows was had since: another one than was seen before, or one made after the failure.
fn is_news(shown: &Issued, seen: Option<&Notice>, failed: Option<&Notice>) -> bool {
    let differs = |mark: &str| !mark.is_empty() && mark != shown.fingerprint;
    seen.is_some_and(|s| differs(&s.mark))
        || failed.is_some_and(|f| differs(&f.mark) || (f.mark.is_empty() && shown.not_before.plus_secs(DATED_BACK_S) > f.told_at))
}

/// Whether a certificate was seen since a failure of this time: its line was only read late.
fn is_over(seen: Option<&Notice>, failed_at: Timestamp) -> bool {
    seen.is_some_and(|s| s.told_at >= failed_at)
}

impl Edge {
    /// False when there is to be looked again soon: Caddy shows no certificate of a site that should have one, or failed to
    /// have the next.
    async fn remind_of_certificates(&self, caddy: &Caddy) -> Result<bool> {
        let (db, now) = (&self.platform.store.state, self.platform.clock.now());
        let wants =
            hosts::list(db).await?.into_iter().filter(|h| h.enabled && h.spec.tls_mode == crate::model::host::TlsMode::Auto).collect();
        let mut is_seen = true;
        for standing in self.caddy_certificates(caddy, wants).await? {
            let (host, Some(shown)) = (standing.host, standing.issued) else {
                is_seen = false;
                continue;
            };
            is_seen &= !self.tell_of_a_newer(&host, &shown).await?;
            let days = days_left(shown.not_after, now);
            let told = notices::find(db, host.id, CERTIFICATE).await?.filter(|n| n.mark == shown.fingerprint).map(|n| n.level);
            let Some(at) = threshold(days, told, &AUTO_THRESHOLDS) else { continue };
            let event = ends("edge.cert_expiring_soon", host.id, &host.domain, days, at);
            self.tell_once(host.id, CERTIFICATE, Notice { mark: shown.fingerprint, level: at, told_at: now }, event).await?;
        }
        Ok(is_seen)
    }

    /// Remembers that Caddy could not have a certificate at that time, with the event of it.
    pub(super) async fn tell_failed_certificate(&self, host_id: i64, domain: &str, at: Timestamp, event: NewEvent) -> Result<()> {
        let db = &self.platform.store.state;
        let seen = notices::find(db, host_id, SEEN).await?;
        // Lines are told again after a failure of the store: what was told of this time is known.
        let told = notices::find(db, host_id, FAILED).await?;
        if is_over(seen.as_ref(), at) || is_over(told.as_ref(), at) {
            return Ok(());
        }
        let mark = seen.map(|n| n.mark).unwrap_or_default();
        let mut tx = db.begin().await?;
        if hosts::find_in(&mut tx, host_id).await?.is_none() {
            return Ok(());
        }
        notices::put(&mut tx, host_id, FAILED, &Notice { mark, level: 0, told_at: at }).await?;
        troubles::put(&mut tx, host_id, domain).await?;
        self.platform.events.publish(&mut tx, event).await?;
        Ok(tx.commit().await?)
    }

    /// Caddy says nothing of certificates it got: one that was not seen before ends the failure. Whether a failure is still
    /// waited out.
    async fn tell_of_a_newer(&self, host: &Host, shown: &Issued) -> Result<bool> {
        let (db, now) = (&self.platform.store.state, self.platform.clock.now());
        let seen = notices::find(db, host.id, SEEN).await?;
        let failed = notices::find(db, host.id, FAILED).await?.filter(|n| n.level == 0);
        if !is_news(shown, seen.as_ref(), failed.as_ref()) {
            if seen.is_none() {
                let mut tx = db.begin().await?;
                if hosts::find_in(&mut tx, host.id).await?.is_some() {
                    notices::put(&mut tx, host.id, SEEN, &Notice { mark: shown.fingerprint.clone(), level: 0, told_at: now }).await?;
                }
                tx.commit().await?;
            }
            return Ok(failed.is_some());
        }
        let kind = if seen.is_some() { "edge.cert_renewed" } else { "edge.cert_issued" };
        let text = format!("{} has a certificate of {} until {}", host.domain, shown.issuer, shown.not_after.rfc3339());
        let event = NewEvent::new(Source::Edge, kind, text).subject("host", host.id, &host.domain).data(json!({
            "host_id": host.id, "host_domain": host.domain, "issuer": shown.issuer, "not_after": shown.not_after.rfc3339(),
            "fingerprint_sha256": shown.fingerprint,
        }));
        let mut tx = db.begin().await?;
        if hosts::find_in(&mut tx, host.id).await?.is_none() {
            return Ok(false);
        }
        notices::put(&mut tx, host.id, SEEN, &Notice { mark: shown.fingerprint.clone(), level: 0, told_at: now }).await?;
        if let Some(failed) = failed {
            notices::put(&mut tx, host.id, FAILED, &Notice { level: 1, ..failed }).await?;
        }
        troubles::forget(&mut tx, host.id).await?;
        self.platform.events.publish(&mut tx, event).await?;
        tx.commit().await?;
        Ok(false)
    }

    async fn remind_of_watching(&self) -> Result<()> {
        let (db, now) = (&self.platform.store.state, self.platform.clock.now());
        for host in hosts::list(db).await?.into_iter().filter(|h| h.enabled) {
            let found = security::find(db, host.id).await?;
            let Some((_, since)) = found.filter(|(own, _)| own.waf_enabled && own.waf_mode == "detect") else { continue };
            let told = notices::find(db, host.id, WATCHING).await?;
            if !is_forgotten(since, told.as_ref(), now) {
                continue;
            }
            let days = now.secs_since(since) / DAY_S;
            let text = format!("The firewall of {} has only watched for {days} days", host.domain);
            let event = NewEvent::new(Source::Edge, "edge.waf_detect_mode_reminder", text).subject("host", host.id, &host.domain);
            let event = event.data(json!({ "host_id": host.id, "host_domain": host.domain, "days": days }));
            self.tell_once(host.id, WATCHING, Notice { mark: since.rfc3339(), level: days, told_at: now }, event).await?;
        }
        Ok(())
    }

    /// The event and the note that it was told, together; nothing when the site is gone.
    async fn tell_once(&self, host_id: i64, kind: &str, notice: Notice, event: NewEvent) -> Result<()> {
        let mut tx = self.platform.store.state.begin().await?;
        if hosts::find_in(&mut tx, host_id).await?.is_none() {
            return Ok(());
        }
        notices::put(&mut tx, host_id, kind, &notice).await?;
        self.platform.events.publish(&mut tx, event).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_is_news_when_it_is_another_one_or_younger_than_the_failure() {
        let at = Timestamp::from_secs(1_000_000);
        let shown = |fingerprint: &str, not_before: Timestamp| Issued {
            host_id: 1,
            domain: "a.example".to_owned(),
            directory: String::new(),
            chain_pem: String::new(),
            key_enc: String::new(),
            fingerprint: fingerprint.to_owned(),
            issuer: "CA".to_owned(),
            not_before,
            not_after: at.plus_secs(DAY_S),
            renew_at: at,
            ari_at: None,
            issued_at: not_before,
            told_days: None,
        };
        let noted = |mark: &str| Notice { mark: mark.to_owned(), level: 0, told_at: at };
        let old = shown("a", at.minus_secs(DAY_S));
        assert!(!is_news(&old, None, None) && !is_news(&old, Some(&noted("a")), Some(&noted("a"))), "the old one is still served");
        assert!(is_news(&shown("b", at.minus_secs(600)), Some(&noted("a")), Some(&noted("a"))));
        assert!(!is_news(&old, None, Some(&noted(""))), "nobody had looked, but it is older than the failure");
        assert!(is_news(&shown("b", at.minus_secs(600)), None, Some(&noted(""))));
    }

    #[test]
    fn failure_read_late_is_over_when_a_certificate_was_seen_since() {
        let at = Timestamp::from_secs(1_000_000);
        let seen = |told_at| Notice { mark: "a".to_owned(), level: 0, told_at };
        assert!(is_over(Some(&seen(at.plus_secs(60))), at));
        assert!(!is_over(Some(&seen(at.minus_secs(60))), at) && !is_over(None, at));
    }

    #[test]
    fn watching_is_forgotten_after_a_week_and_told_once_a_day() {
        let since = Timestamp::from_secs(1_000_000);
        let at = |days: i64| since.plus_secs(days * DAY_S + 60);
        let told = |days: i64| Notice { mark: since.rfc3339(), level: days, told_at: at(days) };
        assert!(!is_forgotten(since, None, at(6)) && is_forgotten(since, None, at(7)));
        assert!(!is_forgotten(since, Some(&told(7)), at(7)) && is_forgotten(since, Some(&told(7)), at(8)));
        let before = Notice { mark: "another state".to_owned(), ..told(7) };
        assert!(is_forgotten(since, Some(&before), at(7)), "what was told of a former state counts no more");
    }
}
