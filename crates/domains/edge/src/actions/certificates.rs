//! How the certificates of sites stand, what is due, and asking for one by hand.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Timestamp};
use serde_json::json;

use super::hosts::no_host;
use crate::model::certificate::may_renew_early;
use crate::model::host::{Host, HostSpec, TlsMode};
use crate::service::Edge;
use crate::store::acme_orders::{Order, Step};
use crate::store::certificates::{Attempt, Issued};
use crate::store::{acme_orders, certificates, hosts, manual_certificates};

/// A site that has its certificate from an authority, and all there is to know of it.
pub(crate) struct Standing {
    pub(crate) host: Host,
    pub(crate) issued: Option<Issued>,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) order: Option<Order>,
    /// What happened in the newest order.
    pub(crate) steps: Vec<Step>,
}

/// Whether it is to have its certificate from an authority.
pub(crate) fn wants(host: &Host) -> bool {
    host.enabled && host.spec.tls_mode == TlsMode::Auto
}

impl Edge {
    /// The directory of the authority of a site: environment, site, setting, Let's Encrypt.
    pub(crate) fn acme_directory(&self, spec: &HostSpec) -> String {
        let settings = &self.platform.settings;
        let set = settings.opt_text("acme.ca_url").ok().flatten().filter(|url| !url.is_empty());
        let own = Some(spec.tls_acme_ca_url.clone()).filter(|url| !url.is_empty());
        let is_given = settings.boot().source("acme.ca_url").is_some();
        let chosen = if is_given { set.or(own) } else { own.or(set) };
        chosen.unwrap_or_else(|| argos_acme::LETS_ENCRYPT.to_owned())
    }

    /// By domain.
    pub(crate) async fn list_certificates(&self) -> Result<Vec<Standing>> {
        let db = &self.platform.store.state;
        if let Some(caddy) = &self.caddy {
            let sites = hosts::list(db).await?.into_iter().filter(wants).collect();
            return self.caddy_certificates(caddy, sites).await;
        }
        let (mut issued, mut attempts) = (certificates::list(db).await?, certificates::attempts(db).await?);
        let (mut orders, steps) = (acme_orders::list(db).await?, acme_orders::steps(db).await?);
        let standing = |host: Host| {
            let steps = steps.iter().filter(|s| s.host_id == host.id).cloned().collect();
            Standing {
                issued: taken(&mut issued, |c| c.host_id == host.id && c.domain == host.domain),
                attempt: taken(&mut attempts, |a| a.host_id == host.id),
                order: taken(&mut orders, |o| o.host_id == host.id),
                steps,
                host,
            }
        };
        Ok(hosts::list(db).await?.into_iter().filter(wants).map(standing).collect())
    }

    /// Every enabled site that wants TLS, by domain, and when the certificate that an authority issued or a person
    /// uploaded ends.
    pub(crate) async fn certificate_ends(&self) -> Result<Vec<(String, Option<Timestamp>)>> {
        let db = &self.platform.store.state;
        let manual = manual_certificates::outlines(db).await?;
        let issued: Vec<(i64, Timestamp)> = if self.caddy.is_some() {
            let standing = self.list_certificates().await?;
            standing.into_iter().filter_map(|s| s.issued).map(|c| (c.host_id, c.not_after)).collect()
        } else {
            let sites = hosts::list(db).await?;
            let is_of = |c: &certificates::Outline| sites.iter().any(|h| h.id == c.host_id && h.domain == c.domain);
            certificates::outlines(db).await?.into_iter().filter(is_of).map(|c| (c.host_id, c.not_after)).collect()
        };
        let end = |host: &Host| match host.spec.tls_mode {
            TlsMode::Auto => issued.iter().find(|(id, _)| *id == host.id).map(|(_, end)| *end),
            TlsMode::Manual => manual.iter().find(|c| c.host_id == host.id).map(|c| c.not_after),
            TlsMode::None => None,
        };
        let wanting = hosts::list(db).await?.into_iter().filter(|h| h.enabled && h.spec.tls_mode != TlsMode::None);
        Ok(wanting.map(|h| (h.domain.clone(), end(&h))).collect())
    }

    /// Sites to work on now: without a certificate, with one to renew, with an order under way, or to be asked about.
    pub(crate) async fn due_for_certificate(&self) -> Result<Vec<Host>> {
        let (db, now) = (&self.platform.store.state, self.platform.clock.now());
        let (outlines, attempts, open) =
            (certificates::outlines(db).await?, certificates::attempts(db).await?, acme_orders::open(db).await?);
        let is_due = |host: &Host| {
            let waits = attempts.iter().any(|a| a.host_id == host.id && a.next_at.is_some_and(|at| at > now));
            match outlines.iter().find(|c| c.host_id == host.id && c.domain == host.domain) {
                None => !waits,
                Some(c) => ((c.renew_at <= now || open.contains(&host.id)) && !waits) || c.ari_at.is_some_and(|at| at <= now),
            }
        };
        Ok(hosts::list(db).await?.into_iter().filter(|host| wants(host) && is_due(host)).collect())
    }

    /// Looks at a certificate now. It is renewed when it is due or near its end, or when that is demanded.
    pub(crate) async fn renew_certificate(&self, actor: &Actor, host_id: i64, is_demanded: bool) -> Result<(String, &'static str)> {
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(actor).await?;
        let host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        if host.spec.tls_mode != TlsMode::Auto {
            return Err(AppError::bad_request("host has no automatic certificate (tls_mode is not auto)").code("not_auto"));
        }
        if !host.enabled {
            return Err(AppError::bad_request("host is disabled").code("host_disabled"));
        }
        if let Some(caddy) = &self.caddy {
            let entry = renewal(&host).after(json!({ "domain": host.domain }));
            m.commit(entry).await?;
            self.force_caddy(caddy).await?;
            return Ok((host.domain, "Caddy looks at the certificate; it renews in the last thirty days"));
        }
        let issued = certificates::find(&self.platform.store.state, host_id).await?.filter(|c| c.domain == host.domain);
        let renews = issued.as_ref().is_none_or(|c| is_demanded || may_renew_early(c.not_after, c.renew_at, now));
        certificates::retry_now(&mut m, host_id).await?;
        if let Some(mut certificate) = issued {
            if renews {
                certificate.renew_at = now;
            }
            certificate.ari_at = certificate.ari_at.map(|_| Timestamp::from_secs(0));
            certificates::put(&mut m, &certificate).await?;
        }
        m.commit(renewal(&host).after(json!({ "domain": host.domain, "renews": renews }))).await?;
        self.certificate_work.notify_one();
        let message = if renews { "the order is queued" } else { "not due yet; the renewal window of the authority is asked again" };
        Ok((host.domain, message))
    }
}

fn renewal(host: &Host) -> Entry {
    let entry = Entry::new("certificate.renew", Category::Action).alias("renew").target("host", host.id);
    entry.describe(format!("Renewal of the certificate of {} asked for", host.domain))
}

/// Takes the first match out of a list.
fn taken<T>(list: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> Option<T> {
    let place = list.iter().position(is_it)?;
    Some(list.swap_remove(place))
}
