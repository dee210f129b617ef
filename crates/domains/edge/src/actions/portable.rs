//! Sites, pools, rules and protection as a section of the configuration document, in the lists of the documented YAML.
//! Objects are known by name and domain; what belongs to one is replaced with it. Judged like the API judges.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use argos_audit::{Mutation, PortableSection, SectionPlan};
use argos_kernel::{AppError, Result};
use argos_web::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::model::compile::judge;
use crate::model::delivery::Delivery;
use crate::model::group::{GroupBody, Target};
use crate::model::host::{Host, HostBody, TlsMode};
use crate::model::rule::{PRIORITY_MAX, RuleBody};
use crate::service::Edge;
use crate::store::hosts::Wanted;
use crate::store::{delivery, groups, hosts, manual_certificates, protection, revision, rules};

const LISTS: [&str; 6] = ["target_groups", "hosts", "rules", "host_security", "dns_providers", "whitelist"];

/// The section. It does not keep the domain alive: the platform holds it, and the domain holds the platform.
pub(crate) struct EdgeSection(Weak<Edge>);

impl EdgeSection {
    pub(crate) fn new(edge: &Arc<Edge>) -> Self {
        Self(Arc::downgrade(edge))
    }
    fn edge(&self) -> Result<Arc<Edge>> {
        self.0.upgrade().ok_or_else(|| AppError::internal("the edge domain has ended"))
    }
}

fn bad(text: impl std::fmt::Display) -> AppError {
    AppError::bad_request(format!("The section edge: {text}")).code("invalid_document")
}

fn list<'a>(wanted: &'a Value, name: &str) -> Result<Vec<&'a Map<String, Value>>> {
    match wanted.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(|i| i.as_object().ok_or_else(|| bad(format!("{name} must hold objects")))).collect(),
        Some(_) => Err(bad(format!("{name} must be a list"))),
    }
}

pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A body out of an object without the members that name its owner.
pub(super) fn body<T: DeserializeOwned>(object: &Map<String, Value>, without: &[&str]) -> Result<T, String> {
    let rest: Map<String, Value> =
        object.iter().filter(|(k, _)| !without.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    serde_json::from_value(Value::Object(rest)).map_err(|e| e.to_string())
}

/// Older exports hold rules as JSON text or as the bytes of one.
fn opened(value: &Value) -> Value {
    let parsed = match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Array(bytes) if bytes.first().is_some_and(Value::is_u64) => {
            let raw: Option<Vec<u8>> = bytes.iter().map(|b| b.as_u64().and_then(|n| u8::try_from(n).ok())).collect();
            raw.and_then(|raw| serde_json::from_slice(&raw).ok())
        }
        _ => None,
    };
    parsed.unwrap_or_else(|| value.clone())
}

fn group_document(name: &str, spec: &impl serde::Serialize, targets: &[&Target]) -> Value {
    let shown = |t: &&Target| json!({ "host": t.host, "port": t.port, "weight": t.weight, "enabled": t.enabled });
    let mut out = json!({ "name": name });
    if let (Some(out), Value::Object(spec)) = (out.as_object_mut(), json!(spec)) {
        out.extend(spec);
        out.insert("targets".to_owned(), targets.iter().map(shown).collect());
    }
    out
}

impl Edge {
    async fn document(&self) -> Result<Value> {
        let db = &self.platform.store.state;
        let desired = crate::store::desired::load(db).await?;
        let targets = |id: i64| desired.targets.iter().filter(|t| t.group_id == id).collect::<Vec<_>>();
        let domain = |id: i64| desired.hosts.iter().find(|h| h.id == id).map(|h| h.domain.clone());
        let mut out_hosts = Vec::new();
        let mut protections = Vec::new();
        for host in &desired.hosts {
            let mut shown = json!({ "domain": host.domain, "target_group": desired.group(host.target_group_id).map(|g| &g.name), "enabled": host.enabled });
            if let (Some(shown), Value::Object(spec)) = (shown.as_object_mut(), json!(host.spec)) {
                shown.extend(spec);
                if let Some((_, delivery)) = desired.delivery.iter().find(|(id, _)| *id == host.id) {
                    shown.insert("delivery".to_owned(), json!(delivery));
                }
            }
            out_hosts.push(shown);
            let exclusions = protection::exclusions(db, host.id).await?;
            let own = protection::custom_rules(db, host.id).await?;
            let stored = desired.security.iter().find(|(id, _)| *id == host.id);
            if stored.is_none() && exclusions.is_empty() && own.is_empty() {
                continue;
            }
            let mut shown = json!({ "host": host.domain });
            if let (Some(shown), Value::Object(spec)) = (shown.as_object_mut(), json!(stored.map(|(_, s)| s.clone()).unwrap_or_default())) {
                shown.extend(spec);
                let exclusion = |e: &crate::model::security::Exclusion| json!({ "crs_rule_id": e.crs_rule_id, "path_pattern": e.path_pattern, "reason": e.reason, "enabled": e.enabled });
                shown.insert("exclusions".to_owned(), exclusions.iter().map(exclusion).collect());
                let rule = |r: &crate::model::security::CustomRule| json!({ "name": r.name, "secrule": r.secrule, "enabled": r.enabled });
                shown.insert("custom_rules".to_owned(), own.iter().map(rule).collect());
            }
            protections.push(shown);
        }
        let rule = |r: &crate::model::rule::Rule| {
            let mut action = json!(r.action);
            // A pool is known by its name: ids are another installation's.
            if let (Some(id), Some(config)) = (r.action.group(), action.get_mut("config").and_then(Value::as_object_mut)) {
                config.insert("target_group".to_owned(), json!(desired.group(id).map(|g| &g.name)));
                config.remove("target_group_id");
            }
            json!({
                "host": domain(r.host_id), "priority": r.priority, "name": r.name, "enabled": r.enabled, "action": action, "matchers": r.matchers,
                "requests_at_once_max": r.requests_at_once_max,
            })
        };
        Ok(json!({
            "target_groups": desired.groups.iter().map(|g| group_document(&g.name, &g.spec, &targets(g.id))).collect::<Vec<_>>(),
            "hosts": out_hosts,
            "rules": desired.rules.iter().map(rule).collect::<Vec<_>>(),
            "host_security": protections,
            "dns_providers": self.providers_document().await?,
            "whitelist": self.allow_list_document().await?,
        }))
    }

    async fn import_group(&self, change: &mut Mutation, object: &Map<String, Value>, plan: &mut SectionPlan) -> Result<(), String> {
        let wanted: GroupBody = body(object, &[])?;
        let said = |e: AppError| e.message().to_owned();
        let (name, spec, targets) = (wanted.name().map_err(said)?, wanted.spec().map_err(said)?, wanted.target_specs().map_err(said)?);
        let failed = |e: argos_store::StoreError| e.to_string();
        let now = self.platform.clock.now();
        let known = groups::list_in(change).await.map_err(failed)?.into_iter().find(|g| g.name == name);
        let id = match &known {
            Some(group) => {
                let own: Vec<Target> =
                    groups::targets_in(change).await.map_err(failed)?.into_iter().filter(|t| t.group_id == group.id).collect();
                let same = own.len() == targets.len()
                    && own
                        .iter()
                        .zip(&targets)
                        .all(|(a, b)| (&a.host, a.port, a.weight, a.enabled) == (&b.host, b.port, b.weight, b.enabled));
                if group.spec == spec && same {
                    plan.unchanged += 1;
                    return Ok(());
                }
                groups::update(change, group.id, &name, &spec, now).await.map_err(failed)?;
                for target in own.iter().filter(|t| !targets.iter().any(|w| (&w.host, w.port) == (&t.host, t.port))) {
                    groups::delete_target(change, target.id).await.map_err(failed)?;
                }
                for target in &targets {
                    match own.iter().find(|t| (&t.host, t.port) == (&target.host, target.port)) {
                        Some(old) => groups::update_target(change, old.id, target, now).await.map_err(failed)?,
                        None => drop(groups::insert_target(change, group.id, target, now).await.map_err(failed)?),
                    }
                }
                plan.updates.push(format!("pool {name}"));
                return Ok(());
            }
            None => groups::insert(change, &name, &spec, now).await.map_err(failed)?,
        };
        for target in &targets {
            groups::insert_target(change, id, target, now).await.map_err(|e| format!("pool {name}: {e}"))?;
        }
        plan.creates.push(format!("pool {name}"));
        Ok(())
    }

    async fn import_host(&self, change: &mut Mutation, object: &Map<String, Value>, plan: &mut SectionPlan) -> Result<(), String> {
        let failed = |e: argos_store::StoreError| e.to_string();
        let domain = text(object, "domain").trim().to_lowercase();
        let pool = text(object, "target_group");
        let group = groups::list_in(change).await.map_err(failed)?.into_iter().find(|g| g.name == pool);
        let group = group.ok_or_else(|| format!("site {domain}: there is no pool {pool:?}"))?;
        let known = hosts::list_in(change).await.map_err(failed)?.into_iter().find(|h| h.domain == domain);
        let mut object = object.clone();
        let was_manual = known.as_ref().is_some_and(|h| h.spec.tls_mode == TlsMode::Manual);
        if text(&object, "tls_mode") == "manual" && !was_manual {
            object.insert("tls_mode".to_owned(), json!("none"));
            plan.warnings
                .push(format!("site {domain}: its certificate is not in the document; it is served without TLS until you upload one"));
        }
        let wanted: HostBody = body(&object, &["target_group", "delivery"]).map_err(|e| format!("site {domain}: {e}"))?;
        let delivered: Option<Delivery> =
            object.get("delivery").map(|d| serde_json::from_value(d.clone())).transpose().map_err(|e| e.to_string())?;
        let delivered = delivered.unwrap_or_default().checked().map_err(|e| format!("site {domain}: {}", e.message()))?;
        let merged = wanted.merge(known.as_ref().map(|h| &h.spec));
        let (domain, spec) = merged.map_err(|e| format!("site {domain}: {}", e.message()))?;
        let enabled = wanted.enabled.unwrap_or(true);
        let row = Wanted { domain: &domain, target_group_id: group.id, enabled, spec: &spec };
        let now = self.platform.clock.now();
        let (id, stored) = match &known {
            Some(h) => (h.id, delivery::find_in(change, h.id).await.map_err(failed)?.unwrap_or_default()),
            None => (hosts::insert(change, &row, now).await.map_err(failed)?, Delivery::default()),
        };
        let is_same = |h: &Host| h.spec == spec && h.enabled == enabled && h.target_group_id == group.id && stored == delivered;
        match &known {
            Some(h) if is_same(h) => plan.unchanged += 1,
            Some(h) => {
                hosts::update(change, h.id, &row, now).await.map_err(failed)?;
                if was_manual && spec.tls_mode != TlsMode::Manual {
                    manual_certificates::delete(change, h.id).await.map_err(failed)?;
                }
                plan.updates.push(format!("site {domain}"));
            }
            None => plan.creates.push(format!("site {domain}")),
        }
        if spec.needs_dns() && !self.is_provider_ready(change, &spec.tls_dns_provider).await.map_err(failed)? {
            plan.warnings.push(format!("site {domain}: its certificate waits, the DNS provider {} is not ready", spec.tls_dns_provider));
        }
        if stored != delivered {
            delivery::put(change, id, &delivered, now).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn import_rules(
        &self,
        change: &mut Mutation,
        host: &Host,
        wanted: &[&Map<String, Value>],
        plan: &mut SectionPlan,
    ) -> Result<(), String> {
        let failed = |e: argos_store::StoreError| e.to_string();
        let pools: HashMap<String, i64> = groups::list_in(change).await.map_err(failed)?.into_iter().map(|g| (g.name, g.id)).collect();
        let before = rules::list_of_in(change, host.id).await.map_err(failed)?;
        let now = self.platform.clock.now();
        let mut made = Vec::new();
        for (n, object) in wanted.iter().enumerate() {
            let place = format!("rule {} of {}", n + 1, host.domain);
            let mut object = (*object).clone();
            for name in ["action", "matchers"] {
                let value = object.get(name).map(opened).unwrap_or_default();
                object.insert(name.to_owned(), value);
            }
            if let Some(config) = object.get_mut("action").and_then(|a| a.get_mut("config")).and_then(Value::as_object_mut)
                && let Some(name) = config.remove("target_group")
            {
                let id = name.as_str().and_then(|name| pools.get(name)).ok_or_else(|| format!("{place}: there is no pool {name}"))?;
                config.insert("target_group_id".to_owned(), json!(id));
            }
            let parsed: RuleBody = body(&object, &["host"]).map_err(|e| format!("{place}: {e}"))?;
            let (priority, enabled) = (parsed.priority.unwrap_or(10 * (i64::try_from(n).unwrap_or(0) + 1)), parsed.enabled.unwrap_or(true));
            if !(1..=PRIORITY_MAX).contains(&priority) {
                return Err(format!("{place}: priority must be 1 to {PRIORITY_MAX}"));
            }
            let spec = parsed.spec(&host.domain).map_err(|e| format!("{place}: {}", e.message()))?;
            judge(&host.domain, &spec.action, &spec.matchers).map_err(|e| format!("{place}: {e}"))?;
            made.push((priority, enabled, spec));
        }
        made.sort_by_key(|(priority, ..)| *priority);
        let same = before.len() == made.len()
            && before.iter().zip(&made).all(|(old, (priority, enabled, new))| {
                (old.priority, old.enabled, &old.name, &old.action, &old.matchers, old.requests_at_once_max)
                    == (*priority, *enabled, &new.name, &new.action, &new.matchers, new.requests_at_once_max)
            });
        if same {
            plan.unchanged += made.len();
            return Ok(());
        }
        for rule in &before {
            rules::delete(change, rule.id).await.map_err(failed)?;
        }
        for (priority, enabled, spec) in &made {
            rules::insert(change, host.id, *priority, *enabled, spec, now).await.map_err(|e| format!("rules of {}: {e}", host.domain))?;
        }
        plan.updates.push(format!("rules of {}", host.domain));
        Ok(())
    }

    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        if let Some(unknown) = wanted.as_object().and_then(|m| m.keys().find(|k| !LISTS.contains(&k.as_str()))) {
            return Err(bad(format!("it holds {}, not {unknown}", LISTS.join(", "))));
        }
        revision::lock(change).await?;
        let mut plan = SectionPlan::default();
        let (pools, sites) = (list(wanted, "target_groups")?, list(wanted, "hosts")?);
        let (routing, protections) = (list(wanted, "rules")?, list(wanted, "host_security")?);
        if wanted.get("dns_providers").is_some() {
            self.import_providers(change, &list(wanted, "dns_providers")?, replace, &mut plan).await?;
        }
        if wanted.get("whitelist").is_some() {
            self.import_allow_list(change, &list(wanted, "whitelist")?, replace, &mut plan).await?;
        }
        for object in &pools {
            if let Err(fault) = self.import_group(change, object, &mut plan).await {
                plan.faults.push(fault);
            }
        }
        for object in &sites {
            if let Err(fault) = self.import_host(change, object, &mut plan).await {
                plan.faults.push(fault);
            }
        }
        let known = hosts::list_in(change).await?;
        let named = |domain: &str| sites.iter().any(|s| text(s, "domain").trim().eq_ignore_ascii_case(domain));
        for object in routing.iter().chain(&protections).filter(|o| !known.iter().any(|h| h.domain == text(o, "host"))) {
            plan.faults.push(format!("there is no site {:?}", text(object, "host")));
        }
        for host in &known {
            let own: Vec<&Map<String, Value>> = routing.iter().copied().filter(|r| text(r, "host") == host.domain).collect();
            if (named(&host.domain) || !own.is_empty())
                && let Err(fault) = self.import_rules(change, host, &own, &mut plan).await
            {
                plan.faults.push(fault);
            }
            match protections.iter().find(|p| text(p, "host") == host.domain) {
                Some(object) => {
                    if let Err(fault) = self.import_protection(change, host, object, &mut plan).await {
                        plan.faults.push(fault);
                    }
                }
                // A site without protection of its own is named without one.
                None if replace && named(&host.domain) => self.clear_protection(change, host, &mut plan).await?,
                None => {}
            }
        }
        if replace {
            for host in known.iter().filter(|h| !named(&h.domain)) {
                hosts::delete(change, host.id).await?;
                plan.removes.push(format!("site {}", host.domain));
            }
            for group in groups::list_in(change).await?.iter().filter(|g| !pools.iter().any(|p| text(p, "name") == g.name)) {
                if groups::users(change, group.id).await? == (0, 0) {
                    groups::delete(change, group.id).await?;
                    plan.removes.push(format!("pool {}", group.name));
                }
            }
        }
        revision::bump(change).await?;
        Ok(plan)
    }
}

impl PortableSection for EdgeSection {
    fn name(&self) -> &'static str {
        "edge"
    }

    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async { self.edge()?.document().await })
    }

    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(async move { self.edge()?.import_section(change, wanted, replace).await })
    }

    fn imported(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            let edge = self.edge()?;
            // A refusal of the engine is told by its status; the import stands.
            edge.reconcile(false).await;
            edge.enforce_bans().await;
            edge.write_wishes().await;
            edge.certificate_work.notify_one();
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::opened;

    #[test]
    fn rules_of_older_exports_are_read_in_every_form() {
        let action = json!({ "type": "block", "config": {} });
        let bytes: Vec<u8> = action.to_string().into_bytes();
        assert_eq!(opened(&json!(action.to_string())), action);
        assert_eq!(opened(&json!(bytes)), action);
        assert_eq!(opened(&action), action);
        assert_eq!(opened(&json!([{ "type": "path" }])), json!([{ "type": "path" }]));
    }
}
