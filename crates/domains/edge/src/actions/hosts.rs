//! Sites.

use std::collections::HashMap;

use argos_kernel::{Actor, AppError, Result};
use argos_store::Tx;
use serde_json::{Value, json};

use super::undo::{self, Takes};
use super::{DOMAIN_TAKEN, Done, entry, taken};
use crate::model::bad;
use crate::model::group::{Target, TargetGroup};
use crate::model::host::{Host, HostBody, HostSpec, TlsMode};
use crate::model::rule::fit;
use crate::service::Edge;
use crate::store::hosts::{self, Wanted};
use crate::store::{groups, manual_certificates, rules};

pub(crate) fn no_host() -> AppError {
    AppError::not_found("host not found")
}

/// A site with what its row in a list shows.
pub(crate) struct Shown {
    pub(crate) host: Host,
    pub(crate) group: Option<TargetGroup>,
    pub(crate) targets: usize,
    pub(crate) targets_enabled: usize,
    pub(crate) rules: i64,
}

fn document(host: &Host) -> Value {
    json!({ "domain": host.domain, "target_group_id": host.target_group_id, "enabled": host.enabled, "spec": host.spec })
}

/// Whether a site with the rules that are on may be served by this domain: one about another name would be refused by the
/// engine, with every later change of every site.
pub(super) async fn judge_name(tx: &mut Tx, id: i64, domain: &str) -> Result<Result<(), String>> {
    for rule in rules::list_of_in(tx, id).await?.into_iter().filter(|rule| rule.enabled) {
        if let Err(why) = fit(&rule.matchers, domain) {
            return Ok(Err(format!("rule {} does not fit it, {why}", rule.priority)));
        }
    }
    Ok(Ok(()))
}

impl Edge {
    pub(crate) async fn list_hosts(&self) -> Result<Vec<Shown>> {
        let db = &self.platform.store.state;
        let found = hosts::list(db).await?;
        let mut pools: HashMap<i64, (TargetGroup, usize, usize)> = groups::list(db).await?.into_iter().map(|g| (g.id, (g, 0, 0))).collect();
        for target in groups::targets(db).await? {
            if let Some((_, all, enabled)) = pools.get_mut(&target.group_id) {
                *all += 1;
                *enabled += usize::from(target.enabled);
            }
        }
        let counts: HashMap<i64, i64> = rules::counts(db).await?.into_iter().collect();
        let shown = |host: Host| {
            let pool = pools.get(&host.target_group_id);
            Shown {
                group: pool.map(|(g, _, _)| g.clone()),
                targets: pool.map_or(0, |(_, all, _)| *all),
                targets_enabled: pool.map_or(0, |(_, _, enabled)| *enabled),
                rules: counts.get(&host.id).copied().unwrap_or(0),
                host,
            }
        };
        Ok(found.into_iter().map(shown).collect())
    }

    pub(crate) async fn get_host(&self, id: i64) -> Result<Shown> {
        let db = &self.platform.store.state;
        let host = hosts::find(db, id).await?.ok_or_else(no_host)?;
        let group = groups::find(db, host.target_group_id).await?;
        let targets: Vec<Target> = groups::targets_of(db, host.target_group_id).await?;
        let count = rules::list_of(db, id).await?.len();
        Ok(Shown {
            group,
            targets: targets.len(),
            targets_enabled: targets.iter().filter(|t| t.enabled).count(),
            rules: i64::try_from(count).unwrap_or(i64::MAX),
            host,
        })
    }

    /// The provider of the DNS that the certificate needs can do its part.
    pub(super) async fn require_dns(&self, spec: &HostSpec) -> Result<()> {
        let name = &spec.tls_dns_provider;
        if spec.needs_dns() && !self.certificates.dns_provider_ready(name).await? {
            let text = format!("DNS provider {name} is not ready: enable it and store its credentials, or choose another tls_challenge");
            return Err(bad("tls_dns_provider", text));
        }
        Ok(())
    }

    pub(crate) async fn create_host(&self, actor: &Actor, body: &HostBody) -> Result<Done<Shown>> {
        let (domain, spec) = body.merge(None)?;
        self.require_dns(&spec).await?;
        let mut m = self.begin(actor).await?;
        let group_id = match (body.target_group_id.filter(|id| *id != 0), &body.target_group) {
            (Some(id), None) => groups::find_in(&mut m, id).await?.ok_or_else(|| bad("target_group_id", "target group not found"))?.id,
            (None, Some(group)) => {
                if group.targets.as_ref().is_none_or(Vec::is_empty) {
                    return Err(bad("target_group", "target_group needs at least one target"));
                }
                self.insert_group(&mut m, group).await?.0
            }
            _ => return Err(bad("target_group_id", "exactly one of target_group_id and target_group is required")),
        };
        let enabled = body.enabled.unwrap_or(true);
        let wanted = Wanted { domain: &domain, target_group_id: group_id, enabled, spec: &spec };
        let now = self.platform.clock.now();
        let id = hosts::insert(&mut m, &wanted, now).await.map_err(|e| taken(e, &[DOMAIN_TAKEN]))?;
        let line = entry("host.create", "create", "host", id).describe(format!("site {domain} created"));
        let line = line.after(json!({ "domain": domain, "target_group_id": group_id, "enabled": enabled, "spec": spec }));
        let applied = self.finish(m, line).await?;
        Ok(Done { value: self.get_host(id).await?, applied })
    }

    pub(crate) async fn update_host(&self, actor: &Actor, id: i64, body: &HostBody) -> Result<Done<Shown>> {
        let before = hosts::find(&self.platform.store.state, id).await?.ok_or_else(no_host)?;
        let (domain, spec) = body.merge(Some(&before.spec))?;
        let enabled = body.enabled.ok_or_else(|| bad("enabled", "enabled is required"))?;
        if body.target_group.is_some() {
            return Err(bad("target_group", "target_group is only taken when a host is created"));
        }
        self.require_dns(&spec).await?;
        let mut m = self.begin(actor).await?;
        // Judged again inside the change: somebody may have been quicker.
        let before = hosts::find_in(&mut m, id).await?.ok_or_else(no_host)?;
        let ends = before.spec.tls_mode == TlsMode::Manual && spec.tls_mode != TlsMode::Manual;
        if enabled && (domain != before.domain || !before.enabled) {
            judge_name(&mut m, id, &domain).await?.map_err(|why| bad("domain", format!("domain: {why}")))?;
        }
        undo::offer_site(&mut m, &before, if ends { Takes::Certificate } else { Takes::Nothing }).await?;
        let group_id = body.target_group_id.filter(|id| *id != 0).unwrap_or(before.target_group_id);
        groups::find_in(&mut m, group_id).await?.ok_or_else(|| bad("target_group_id", "target group not found"))?;
        let wanted = Wanted { domain: &domain, target_group_id: group_id, enabled, spec: &spec };
        hosts::update(&mut m, id, &wanted, self.platform.clock.now()).await.map_err(|e| taken(e, &[DOMAIN_TAKEN]))?;
        let after = hosts::find_in(&mut m, id).await?.ok_or_else(no_host)?;
        if ends {
            // Nobody serves it any more, so nobody shall be told of its end either; its files go with the reload.
            manual_certificates::delete(&mut m, id).await?;
        }
        let guards = before.spec.auth_required != after.spec.auth_required;
        let alias = if guards { "host_auth_required_changed" } else { "update" };
        let line = entry("host.update", alias, "host", id).describe(format!("site {domain} changed"));
        let applied = self.finish(m, line.before(document(&before)).after(document(&after))).await?;
        Ok(Done { value: self.get_host(id).await?, applied })
    }

    pub(crate) async fn toggle_host(&self, actor: &Actor, id: i64) -> Result<Done<Shown>> {
        let mut m = self.begin(actor).await?;
        let host = hosts::find_in(&mut m, id).await?.ok_or_else(no_host)?;
        undo::offer_site_switch(&mut m, &host).await?;
        let enabled = !host.enabled;
        if enabled {
            judge_name(&mut m, id, &host.domain).await?.map_err(|why| bad("domain", format!("domain: {why}")))?;
        }
        let wanted = Wanted { domain: &host.domain, target_group_id: host.target_group_id, enabled, spec: &host.spec };
        hosts::update(&mut m, id, &wanted, self.platform.clock.now()).await?;
        let word = if enabled { "on" } else { "off" };
        let line = entry("host.toggle", "toggle", "host", id).describe(format!("site {} switched {word}", host.domain));
        let applied = self.finish(m, line.before(json!({ "enabled": host.enabled })).after(json!({ "enabled": enabled }))).await?;
        Ok(Done { value: self.get_host(id).await?, applied })
    }

    pub(crate) async fn delete_host(&self, actor: &Actor, id: i64) -> Result<bool> {
        let mut m = self.begin(actor).await?;
        let host = hosts::find_in(&mut m, id).await?.ok_or_else(no_host)?;
        undo::offer_site(&mut m, &host, Takes::Everything).await?;
        hosts::delete(&mut m, id).await?;
        let line = entry("host.delete", "delete", "host", id).describe(format!("site {} deleted", host.domain));
        self.finish(m, line.before(document(&host))).await
    }
}
