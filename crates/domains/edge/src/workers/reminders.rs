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
use crate::service::Edge;
use crate::store::notices::{self, Notice};
use crate::store::{hosts, security};

/// How often is looked; the first time at once, and soon again while Caddy shows nothing.
const LOOK: Duration = Duration::from_secs(3_600);
const AWAY: Duration = Duration::from_secs(60);
const DAY_S: i64 = 86_400;
/// From how many days on a firewall that only watches is one that was forgotten.
const WATCHING_DAYS: i64 = 7;
/// Kinds of notices.
const CERTIFICATE: &str = "caddy_certificate";
const WATCHING: &str = "detect_mode";

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

impl Edge {
    /// False when Caddy shows no certificate of a site that should have one.
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
            let days = days_left(shown.not_after, now);
            let told = notices::find(db, host.id, CERTIFICATE).await?.filter(|n| n.mark == shown.fingerprint).map(|n| n.level);
            let Some(at) = threshold(days, told, &AUTO_THRESHOLDS) else { continue };
            let event = ends("edge.cert_expiring_soon", host.id, &host.domain, days, at);
            self.tell_once(host.id, CERTIFICATE, Notice { mark: shown.fingerprint, level: at, told_at: now }, event).await?;
        }
        Ok(is_seen)
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
