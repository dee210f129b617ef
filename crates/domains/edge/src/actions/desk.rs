//! The share of the edge in the lists that every part has one in: credentials of DNS providers, keys of certificates, and
//! when certificates end or are renewed.

use std::collections::BTreeMap;

use argos_kernel::{Result, Timestamp};
use argos_platform::{Credential, DeskPart, Due, Renewal};
use argos_store::Database;
use argos_web::{BoxFuture, Consequence, Judged, Req};

use super::certificates::wants;
use crate::model::dns_provider;
use crate::model::host::Host;
use crate::service::Edge;
use crate::store::{certificates, dns_providers, groups, hosts, manual_certificates, protection, rules, traffic};

const CERTIFICATES: &str = "/sites/certificates";
const DAY_S: i64 = 86_400;

pub(crate) struct EdgeDesk {
    db: Database,
    telemetry: Database,
    /// An external Caddy has its certificates issued itself.
    has_caddy: bool,
}

impl EdgeDesk {
    pub(crate) fn new(edge: &Edge) -> Self {
        let store = &edge.platform.store;
        Self { db: store.state.clone(), telemetry: store.telemetry.clone(), has_caddy: edge.caddy.is_some() }
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

    fn foresees<'a>(&'a self, req: &'a Req, change: &'a Judged) -> BoxFuture<'a, Result<Vec<Consequence>>> {
        Box::pin(async move {
            if !req.cx().has("edge:read") {
                return Ok(Vec::new());
            }
            let number = |name: &str| change.param(name).parse::<i64>().unwrap_or_default();
            match change.operation {
                "edge.delete_host" => self.goes_with_site(number("id"), req.cx().now(), true).await,
                "edge.toggle_host" => self.goes_with_site(number("id"), req.cx().now(), false).await,
                "edge.delete_target_group" => self.uses_pool(number("id")).await,
                "edge.delete_target" | "edge.toggle_target" => self.needs_target(number("id"), number("target_id")).await,
                "edge.delete_manual_certificate" => {
                    let site = hosts::find(&self.db, number("host_id")).await?;
                    Ok(Consequence::named("site_without_certificate", site.map(|h| h.domain)).into_iter().collect())
                }
                _ => Ok(Vec::new()),
            }
        })
    }
}

impl EdgeDesk {
    /// `gone`: with all that is deleted with it; else it is switched off or on.
    async fn goes_with_site(&self, id: i64, now: Timestamp, gone: bool) -> Result<Vec<Consequence>> {
        let db = &self.db;
        let Some(site) = hosts::find(db, id).await? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        if site.enabled {
            let day = traffic::between(&self.telemetry, now.secs() - DAY_S, now.secs() + 60, Some((id, &site.domain))).await?;
            let requests: u64 = day.iter().flat_map(|s| s.figures.classes).sum();
            found.extend(Consequence::counted("site_requests", usize::try_from(requests).unwrap_or(usize::MAX)));
        }
        if gone {
            found.extend(Consequence::counted("site_rules", rules::list_of(db, id).await?.len()));
            let own = protection::exclusions(db, id).await?.len() + protection::custom_rules(db, id).await?.len();
            found.extend(Consequence::counted("site_protection", own));
            let held = certificates::find(db, id).await?.is_some() || manual_certificates::find(db, id).await?.is_some();
            found.extend(Consequence::named("certificates", held.then(|| site.domain.clone())));
        }
        Ok(found)
    }

    /// The sites that lead to a pool: while there are any it is not deleted.
    async fn uses_pool(&self, id: i64) -> Result<Vec<Consequence>> {
        let by_rule: Vec<i64> = rules::list(&self.db).await?.iter().filter(|r| r.action.group() == Some(id)).map(|r| r.host_id).collect();
        let sites = hosts::list(&self.db).await?.into_iter().filter(|h| h.target_group_id == id || by_rule.contains(&h.id));
        let backends = groups::targets_of(&self.db, id).await?.len();
        let found = [Consequence::named("pool_in_use", sites.map(|h| h.domain)), Consequence::counted("targets", backends)];
        Ok(found.into_iter().flatten().collect())
    }

    /// The sites that nothing serves any more without this backend.
    async fn needs_target(&self, group: i64, target: i64) -> Result<Vec<Consequence>> {
        let all = groups::targets_of(&self.db, group).await?;
        let is_last = all.iter().any(|t| t.id == target && t.enabled) && !all.iter().any(|t| t.id != target && t.enabled);
        if !is_last {
            return Ok(Vec::new());
        }
        let sites = hosts::list(&self.db).await?.into_iter().filter(|h| h.enabled && h.target_group_id == group);
        Ok(Consequence::named("site_without_backend", sites.map(|h| h.domain)).into_iter().collect())
    }
}
