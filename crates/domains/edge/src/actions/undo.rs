//! Putting sites, pools and what belongs to them back as they were before a change. All return under their numbers, so that
//! their history is theirs again; a deleted site returns with rules, protection and certificates.

use std::sync::Arc;

use argos_audit::Mutation;
use argos_kernel::{AppError, Result, Timestamp};
use argos_web::OpCx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::groups::{no_group, no_target};
use super::hosts::{judge_name, no_host};
use super::protection::no_exclusion;
use super::rules::no_rule;
use super::undo_certificates::{kept_issued, kept_manual, read_issued, read_manual};
use super::{DOMAIN_TAKEN, EXCLUSION_TAKEN, GROUP_TAKEN, PRIORITY_TAKEN, TARGET_TAKEN, entry, taken};
use crate::model::group::{Target, TargetGroup, TargetSpec};
use crate::model::host::Host;
use crate::model::kept::{Kept, KeptCustomRule, KeptExclusion, KeptRest, KeptRule, KeptSite, KeptTarget};
use crate::model::name::is_backend;
use crate::model::rule::{Rule, RuleSpec, fit};
use crate::model::security::{CustomRule, CustomRuleBody, Exclusion, ExclusionBody, Security};
use crate::service::Edge;
use crate::store::hosts::{self, Wanted};
use crate::store::{certificates, delivery, groups, manual_certificates, protection, rules, security};

const UNDO: &str = "edge.put_back";

/// What is put back, and the permission that the change took.
#[derive(Serialize, Deserialize)]
struct Offer {
    permission: String,
    kept: Kept,
}

/// What a change of a site takes away beside what it says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// Its uploaded certificate.
    Certificate,
    Everything,
}

fn changed_since(text: &str) -> AppError {
    AppError::conflict(text).code("changed_since")
}

/// A rule that is on and a domain would meet that do not go together.
fn unfit() -> AppError {
    changed_since("A rule of this site is about another domain than it would have")
}

fn unserved() -> AppError {
    changed_since("The proxy would not take it as it was")
}

pub(super) fn unreadable() -> AppError {
    AppError::internal("an offer to undo cannot be read")
}

async fn offer(m: &mut Mutation, permission: &str, kept: Kept) -> Result<()> {
    let subject = kept.subject();
    m.offer_undo(UNDO, &subject, &json!(Offer { permission: permission.to_owned(), kept })).await
}

pub(super) async fn offer_site(m: &mut Mutation, host: &Host, takes: Takes) -> Result<()> {
    let kept = keep_site(m, host, takes).await?;
    offer(m, "edge:write", Kept::Site(Box::new(kept))).await
}
pub(super) async fn offer_site_switch(m: &mut Mutation, host: &Host) -> Result<()> {
    offer(m, "edge:operate", Kept::SiteSwitch { id: host.id, enabled: host.enabled }).await
}
pub(super) async fn offer_rule(m: &mut Mutation, rule: &Rule) -> Result<()> {
    offer(m, "edge:write", Kept::Rule(rule.into())).await
}
pub(super) async fn offer_rule_switch(m: &mut Mutation, rule: &Rule) -> Result<()> {
    offer(m, "edge:operate", Kept::RuleSwitch { host_id: rule.host_id, id: rule.id, enabled: rule.enabled }).await
}
pub(super) async fn offer_order(m: &mut Mutation, host_id: i64, rule_ids: Vec<i64>) -> Result<()> {
    offer(m, "edge:write", Kept::Order { host_id, rule_ids }).await
}
pub(super) async fn offer_security(m: &mut Mutation, host_id: i64, says: &Security) -> Result<()> {
    offer(m, "edge:security", Kept::Security { host_id, says: says.clone() }).await
}
pub(super) async fn offer_exclusion(m: &mut Mutation, e: &Exclusion) -> Result<()> {
    offer(m, "edge:operate", Kept::Exclusion(e.into())).await
}
pub(super) async fn offer_new_exclusion(m: &mut Mutation, e: &Exclusion) -> Result<()> {
    offer(m, "edge:operate", Kept::NewExclusion { host_id: e.host_id, id: e.id }).await
}
pub(super) async fn offer_custom_rule(m: &mut Mutation, r: &CustomRule) -> Result<()> {
    offer(m, "edge:security", Kept::CustomRule(r.into())).await
}
/// `with` are the backends that are about to go with it.
pub(super) async fn offer_pool(m: &mut Mutation, g: &TargetGroup, with: &[Target]) -> Result<()> {
    let targets = with.iter().map(KeptTarget::from).collect();
    offer(m, "edge:write", Kept::Pool { id: g.id, name: g.name.clone(), spec: g.spec.clone(), targets }).await
}
pub(super) async fn offer_target(m: &mut Mutation, t: &Target) -> Result<()> {
    offer(m, "edge:write", Kept::Target(t.into())).await
}
pub(super) async fn offer_target_switch(m: &mut Mutation, t: &Target) -> Result<()> {
    offer(m, "edge:operate", Kept::TargetSwitch { group_id: t.group_id, id: t.id, enabled: t.enabled }).await
}

/// A site as it is now, with what the change takes away. Read inside the change: through the pool it would wait for a second
/// connection while it holds one, and could miss what goes with it.
async fn keep_site(m: &mut Mutation, host: &Host, takes: Takes) -> Result<KeptSite> {
    let id = host.id;
    let rest = if takes == Takes::Everything {
        Some(KeptRest {
            security: security::find_in(m, id).await?,
            delivery: delivery::find_in(m, id).await?,
            rules: rules::list_of_in(m, id).await?.iter().map(KeptRule::from).collect(),
            exclusions: protection::exclusions_in(m, id).await?.iter().map(KeptExclusion::from).collect(),
            custom_rules: protection::custom_rules_in(m, id).await?.iter().map(KeptCustomRule::from).collect(),
            issued: certificates::find_in(m, id).await?.as_ref().map(kept_issued),
        })
    } else {
        None
    };
    let manual = manual_certificates::find_in(m, id).await?;
    let uploaded = manual.is_some();
    let manual = manual.filter(|_| takes != Takes::Nothing).as_ref().map(kept_manual);
    let (domain, spec) = (host.domain.clone(), host.spec.clone());
    Ok(KeptSite { id, domain, target_group_id: host.target_group_id, enabled: host.enabled, spec, uploaded, manual, rest })
}

impl Edge {
    pub(crate) fn offer_undos(self: &Arc<Self>) {
        self.platform.audit.undo_by(UNDO, self, |edge, cx, kept| Box::pin(async move { edge.put_back(&cx, kept).await }));
    }

    async fn put_back(&self, cx: &OpCx, kept: Value) -> Result<()> {
        let Offer { permission, kept } = serde_json::from_value(kept).map_err(|_| unreadable())?;
        cx.require(&permission)?;
        let mut m = self.begin(&cx.actor()).await?;
        let now = self.platform.clock.now();
        let (kind, id) = match &kept {
            Kept::Site(site) => {
                self.write_site(&mut m, site).await?;
                ("host", site.id)
            }
            Kept::SiteSwitch { id, enabled } => {
                let h = hosts::find_in(&mut m, *id).await?.ok_or_else(no_host)?;
                if *enabled && judge_name(&mut m, *id, &h.domain).await?.is_err() {
                    return Err(unfit());
                }
                let wanted = Wanted { domain: &h.domain, target_group_id: h.target_group_id, enabled: *enabled, spec: &h.spec };
                hosts::update(&mut m, *id, &wanted, now).await?;
                ("host", *id)
            }
            Kept::Rule(rule) => {
                write_rule(&mut m, rule, rule.enabled, now).await?;
                ("rule", rule.id)
            }
            Kept::RuleSwitch { host_id, id, enabled } => {
                let host = hosts::find_in(&mut m, *host_id).await?.ok_or_else(no_host)?;
                let Rule { name, action, matchers, priority, requests_at_once_max, .. } =
                    rules::find_in(&mut m, *host_id, *id).await?.ok_or_else(no_rule)?;
                if *enabled && fit(&matchers, &host.domain).is_err() {
                    return Err(unfit());
                }
                let spec = RuleSpec { name, action, matchers, requests_at_once_max };
                rules::update(&mut m, *id, priority, *enabled, &spec, now).await?;
                ("rule", *id)
            }
            Kept::Order { host_id, rule_ids } => {
                let mut had: Vec<i64> = rules::list_of_in(&mut m, *host_id).await?.iter().map(|r| r.id).collect();
                let mut wanted = rule_ids.clone();
                had.sort_unstable();
                wanted.sort_unstable();
                if had != wanted {
                    return Err(changed_since("The rules of this site changed since"));
                }
                rules::renumber(&mut m, *host_id, rule_ids, now).await?;
                ("host", *host_id)
            }
            Kept::Security { host_id, says } => {
                hosts::find_in(&mut m, *host_id).await?.ok_or_else(no_host)?;
                security::put(&mut m, *host_id, says, now).await?;
                ("host", *host_id)
            }
            Kept::Exclusion(e) => {
                write_exclusion(&mut m, e, now).await?;
                ("exclusion", e.id)
            }
            Kept::NewExclusion { host_id, id } => {
                protection::find_exclusion(&mut m, *host_id, *id).await?.ok_or_else(no_exclusion)?;
                protection::delete_exclusion(&mut m, *id).await?;
                ("exclusion", *id)
            }
            Kept::CustomRule(r) => {
                write_custom_rule(&mut m, r, now).await?;
                ("custom_rule", r.id)
            }
            Kept::Pool { id, name, spec, targets } => {
                if !spec.can_be_checked() {
                    return Err(unserved());
                }
                if groups::find_in(&mut m, *id).await?.is_some() {
                    groups::update(&mut m, *id, name, spec, now).await.map_err(|e| taken(e, &[GROUP_TAKEN]))?;
                } else {
                    groups::restore(&mut m, *id, name, spec, now).await.map_err(|e| taken(e, &[GROUP_TAKEN]))?;
                    for target in targets {
                        write_target(&mut m, target, now).await?;
                    }
                }
                ("target_group", *id)
            }
            Kept::Target(target) => {
                write_target(&mut m, target, now).await?;
                ("target", target.id)
            }
            Kept::TargetSwitch { group_id, id, enabled } => {
                let Target { host, port, weight, .. } = groups::find_target(&mut m, *group_id, *id).await?.ok_or_else(no_target)?;
                groups::update_target(&mut m, *id, &TargetSpec { host, port, weight, enabled: *enabled }, now).await?;
                ("target", *id)
            }
        };
        let word = if matches!(kept, Kept::NewExclusion { .. }) { "taken back" } else { "put back" };
        let text = format!("{} {id} {word}", kind.replace('_', " "));
        self.finish(m, entry(&format!("{kind}.restore"), "restore", kind, id).describe(text)).await?;
        self.certificate_work.notify_one();
        Ok(())
    }

    async fn write_site(&self, m: &mut Mutation, site: &KeptSite) -> Result<()> {
        let now = self.platform.clock.now();
        groups::find_in(m, site.target_group_id).await?.ok_or_else(no_group)?;
        let wanted = Wanted { domain: &site.domain, target_group_id: site.target_group_id, enabled: site.enabled, spec: &site.spec };
        let now_there = hosts::find_in(m, site.id).await?;
        let is_new = now_there.as_ref().is_some_and(|there| there.domain != site.domain || !there.enabled);
        if site.enabled && is_new && judge_name(m, site.id, &site.domain).await?.is_err() {
            return Err(unfit());
        }
        let written = match (now_there, &site.rest) {
            (Some(_), _) => hosts::update(m, site.id, &wanted, now).await,
            (None, Some(_)) => hosts::restore(m, site.id, &wanted, now).await,
            // Without its protection it does not return.
            (None, None) => return Err(no_host()),
        };
        written.map_err(|e| taken(e, &[DOMAIN_TAKEN]))?;
        let there = manual_certificates::find_in(m, site.id).await?.is_some();
        match &site.manual {
            // What was uploaded since stays.
            Some(manual) if !there => manual_certificates::put(m, &read_manual(site.id, manual)?).await?,
            None if there != site.uploaded => return Err(changed_since("The certificate of this site changed since")),
            _ => {}
        }
        let Some(rest) = &site.rest else { return Ok(()) };
        if let Some(says) = &rest.security {
            security::put(m, site.id, says, now).await?;
        }
        if let Some(says) = &rest.delivery {
            delivery::put(m, site.id, says, now).await?;
        }
        if let Some(issued) = &rest.issued {
            certificates::put(m, &read_issued(site.id, issued)?).await?;
        }
        for rule in &rest.rules {
            // One that would keep all sites from being served returns switched off.
            let enabled = rule.enabled && fit(&rule.matchers, &site.domain).is_ok();
            write_rule(m, rule, enabled, now).await?;
        }
        for exclusion in &rest.exclusions {
            write_exclusion(m, exclusion, now).await?;
        }
        for rule in &rest.custom_rules {
            write_custom_rule(m, rule, now).await?;
        }
        Ok(())
    }
}

async fn write_rule(m: &mut Mutation, rule: &KeptRule, enabled: bool, now: Timestamp) -> Result<()> {
    let host = hosts::find_in(m, rule.host_id).await?.ok_or_else(no_host)?;
    if enabled && fit(&rule.matchers, &host.domain).is_err() {
        return Err(unfit());
    }
    if let Some(pool) = rule.action.group() {
        groups::find_in(m, pool).await?.ok_or_else(no_group)?;
    }
    let (name, action, matchers) = (rule.name.clone(), rule.action.clone(), rule.matchers.clone());
    let spec = RuleSpec { name, action, matchers, requests_at_once_max: rule.requests_at_once_max };
    let written = match rules::find_in(m, rule.host_id, rule.id).await? {
        Some(_) => rules::update(m, rule.id, rule.priority, enabled, &spec, now).await,
        None => rules::restore(m, (rule.host_id, rule.id), rule.priority, enabled, &spec, now).await,
    };
    written.map_err(|e| taken(e, &[PRIORITY_TAKEN]))
}

async fn write_exclusion(m: &mut Mutation, e: &KeptExclusion, now: Timestamp) -> Result<()> {
    hosts::find_in(m, e.host_id).await?.ok_or_else(no_host)?;
    let (crs_rule_id, path_pattern, reason, enabled) = (e.crs_rule_id, e.path_pattern.clone(), e.reason.clone(), e.enabled);
    let written = match protection::find_exclusion(m, e.host_id, e.id).await? {
        Some(there) => protection::update_exclusion(m, &Exclusion { crs_rule_id, path_pattern, reason, enabled, ..there }, now).await,
        None => {
            let body = ExclusionBody { crs_rule_id, path_pattern, reason, enabled: Some(enabled) };
            protection::restore_exclusion(m, (e.host_id, e.id), &body, enabled, now).await
        }
    };
    written.map_err(|e| taken(e, &[EXCLUSION_TAKEN]))
}

async fn write_custom_rule(m: &mut Mutation, r: &KeptCustomRule, now: Timestamp) -> Result<()> {
    hosts::find_in(m, r.host_id).await?.ok_or_else(no_host)?;
    let (name, secrule, enabled) = (r.name.clone(), r.secrule.clone(), r.enabled);
    match protection::find_custom_rule(m, r.host_id, r.id).await? {
        Some(there) => protection::update_custom_rule(m, &CustomRule { name, secrule, enabled, ..there }, now).await?,
        None => {
            let body = CustomRuleBody { name, secrule, enabled: Some(enabled) };
            protection::restore_custom_rule(m, (r.host_id, r.id), &body, enabled, now).await?;
        }
    }
    Ok(())
}

async fn write_target(m: &mut Mutation, t: &KeptTarget, now: Timestamp) -> Result<()> {
    groups::find_in(m, t.group_id).await?.ok_or_else(no_group)?;
    if t.enabled && !is_backend(&t.host) {
        return Err(unserved());
    }
    let spec = TargetSpec { host: t.host.clone(), port: t.port, weight: t.weight, enabled: t.enabled };
    let written = match groups::find_target(m, t.group_id, t.id).await? {
        Some(_) => groups::update_target(m, t.id, &spec, now).await,
        None => groups::restore_target(m, t.group_id, t.id, &spec, now).await,
    };
    written.map_err(|e| taken(e, &[TARGET_TAKEN]))
}
