//! The share of the edge in the lists that every part has one in: credentials of DNS providers, keys of certificates, and
//! when certificates end or are renewed.

use std::collections::BTreeMap;

use argos_kernel::{Result, Timestamp};
use argos_platform::{Credential, DeskPart, Due, Renewal};
use argos_store::Database;
use argos_web::{BoxFuture, Req};

use super::certificates::wants;
use crate::model::dns_provider;
use crate::model::host::Host;
use crate::service::Edge;
use crate::store::{certificates, dns_providers, hosts, manual_certificates};

const CERTIFICATES: &str = "/sites/certificates";

pub(crate) struct EdgeDesk {
    db: Database,
    /// An external Caddy has its certificates issued itself.
    has_caddy: bool,
}

impl EdgeDesk {
    pub(crate) fn new(edge: &Edge) -> Self {
        Self { db: edge.platform.store.state.clone(), has_caddy: edge.caddy.is_some() }
    }
}

impl DeskPart for EdgeDesk {
    fn kind(&self) -> &'static str {
        "edge"
    }

    fn credentials<'a>(&'a self, req: &'a Req) -> BoxFuture<'a, Result<Vec<Credential>>> {
        Box::pin(async move {
            if !req.cx().has("edge:read") {
                return Ok(Vec::new());
            }
            let db = &self.db;
            let sites = hosts::list(db).await?;
            let mut found = Vec::new();
            for row in dns_providers::list(db).await?.into_iter().filter(|row| row.credentials_enc.is_some()) {
                let name = dns_provider::find(&row.name).map_or(row.name.as_str(), |p| p.display_name);
                let uses = |site: &&Host| site.spec.tls_challenge == "dns" && site.spec.tls_dns_provider == row.name;
                found.push(Credential {
                    used_by: sites.iter().filter(uses).map(|site| site.domain.clone()).collect(),
                    changed_at: Some(row.updated_at),
                    ..Credential::new("dns_provider", name, Renewal::Replace, CERTIFICATES)
                });
            }
            let of = |id: i64| sites.iter().find(|site| site.id == id).map(|site| site.domain.clone()).into_iter().collect::<Vec<_>>();
            for own in manual_certificates::list(db).await? {
                found.push(Credential {
                    used_by: of(own.host_id),
                    changed_at: Some(own.uploaded_at),
                    expires_at: Some(own.not_after),
                    ..Credential::new("certificate", own.subject_cn, Renewal::Replace, CERTIFICATES)
                });
            }
            for issued in certificates::list(db).await? {
                found.push(Credential {
                    used_by: of(issued.host_id),
                    changed_at: Some(issued.issued_at),
                    expires_at: Some(issued.not_after),
                    ..Credential::new("certificate", issued.domain, Renewal::Automatic, CERTIFICATES)
                });
            }
            Ok(found)
        })
    }

    fn due<'a>(&'a self, req: &'a Req, until: Timestamp) -> BoxFuture<'a, Result<Vec<Due>>> {
        Box::pin(async move {
            if !req.cx().has("edge:read") {
                return Ok(Vec::new());
            }
            let (db, now) = (&self.db, req.cx().now());
            let due = |kind: &'static str, name: String, at: Timestamp| Due {
                kind,
                name,
                // What is overdue happens as soon as it can.
                at: at.max(now),
                until: None,
                repeats: None,
                page: CERTIFICATES.to_owned(),
            };
            let sites = hosts::list(db).await?;
            let issued = if self.has_caddy { Vec::new() } else { certificates::outlines(db).await? };
            let is_wanted = |c: &certificates::Outline| sites.iter().any(|h| h.id == c.host_id && h.domain == c.domain && wants(h));
            let renewals = issued.into_iter().filter(is_wanted);
            let mut found: Vec<Due> = renewals.map(|c| due("certificate_renewal", c.domain, c.renew_at)).collect();
            let names: BTreeMap<i64, String> = sites.into_iter().map(|h| (h.id, h.domain)).collect();
            let ends = manual_certificates::outlines(db).await?.into_iter().filter(|c| c.not_after > now);
            found.extend(ends.filter_map(|c| Some(due("certificate_end", names.get(&c.host_id)?.clone(), c.not_after))));
            found.retain(|d| d.at < until);
            Ok(found)
        })
    }
}
