//! The installation's webhooks as the section `webhooks` of the configuration document. One is known by its uid; its
//! address goes with it, so that senders need not be told, and its secret sealed for this installation.

use argos_audit::{Mutation, PortableSection, SectionPlan, read_section};
use argos_kernel::{Result, Uid, hex};
use argos_web::BoxFuture;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Webhooks;
use crate::endpoints::{ENDPOINTS_MAX, named};
use crate::store::{self, Endpoint};
use crate::verify::{MODES, SOURCES};

const SEALED: &str = "ENC:";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    endpoints: Vec<Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointDoc {
    #[serde(default)]
    uid: Option<String>,
    name: String,
    source: String,
    verify_mode: String,
    #[serde(default = "yes")]
    enabled: bool,
    /// The secret part of its address.
    #[serde(default)]
    hook_id: Option<String>,
    /// `ENC:` and what only this installation opens.
    #[serde(default)]
    secret: Option<String>,
}

const fn yes() -> bool {
    true
}

/// One of the document, judged.
struct Wanted {
    endpoint: Endpoint,
    /// Its secret came with it.
    brings_secret: bool,
    before: Option<Endpoint>,
}

impl Webhooks {
    fn judge_document(&self, value: &Value, existing: &[Endpoint]) -> Result<Wanted, String> {
        let doc: EndpointDoc = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
        let name = named(&doc.name).map_err(|e| e.message().to_owned())?;
        if !SOURCES.contains(&doc.source.as_str()) {
            return Err(format!("{name}: source must be one of {}", SOURCES.join(", ")));
        }
        if !MODES.contains(&doc.verify_mode.as_str()) {
            return Err(format!("{name}: verify_mode must be one of {}", MODES.join(", ")));
        }
        let uid = doc.uid.as_deref().map(str::parse::<Uid>).transpose().map_err(|_| format!("{name}: uid is none"))?;
        let before = match uid {
            Some(uid) => existing.iter().find(|e| e.uid == uid),
            None => existing.iter().find(|e| e.name == name && e.source == doc.source),
        };
        let uid = uid.or_else(|| before.map(|e| e.uid)).unwrap_or_else(|| self.mint());
        let random = || BASE64URL_NOPAD.encode(&self.0.rng.bytes::<16>());
        let hook_id = doc.hook_id.or_else(|| before.map(|e| e.hook_id.clone())).unwrap_or_else(random);
        if BASE64URL_NOPAD.decode(hook_id.as_bytes()).ok().is_none_or(|bytes| bytes.len() != 16) {
            return Err(format!("{name}: hook_id is none"));
        }
        let blob = doc.secret.as_deref().and_then(|s| s.strip_prefix(SEALED));
        let sealed = blob.filter(|blob| self.0.vault.try_open(&store::place_of(&uid.to_string()), blob).is_ok());
        let endpoint = Endpoint {
            id: before.map_or(0, |e| e.id),
            uid,
            hook_id,
            name,
            source: doc.source,
            verify_mode: doc.verify_mode,
            secret_enc: sealed.map(str::to_owned).or_else(|| before.map(|e| e.secret_enc.clone())).unwrap_or_default(),
            previous: None,
            enabled: doc.enabled,
            trigger_count: 0,
            rejected: 0,
            last_triggered: None,
            created_at: before.map_or_else(|| self.now(), |e| e.created_at),
            organization_id: None,
            project_id: None,
        };
        Ok(Wanted { brings_secret: sealed.is_some(), before: before.cloned(), endpoint })
    }

    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: Section = read_section("webhooks", wanted)?;
        let existing = store::list_in(change).await?;
        let (mut plan, mut all): (SectionPlan, Vec<Wanted>) = Default::default();
        for (at, value) in section.endpoints.iter().enumerate() {
            match self.judge_document(value, &existing) {
                Err(why) => plan.faults.push(format!("endpoints[{at}]: {why}")),
                Ok(w) if all.iter().any(|o| o.endpoint.uid == w.endpoint.uid || o.endpoint.hook_id == w.endpoint.hook_id) => {
                    plan.faults.push(format!("endpoints[{at}]: {} is there twice", w.endpoint.name));
                }
                Ok(w) => all.push(w),
            }
        }
        let is_named = |e: &Endpoint| all.iter().any(|w| w.endpoint.uid == e.uid);
        let stay = existing.iter().filter(|e| !replace && !is_named(e));
        if i64::try_from(stay.clone().count() + all.len()).unwrap_or(i64::MAX) > ENDPOINTS_MAX {
            plan.faults.push(format!("endpoints: there may be {ENDPOINTS_MAX}"));
        }
        for w in &all {
            if store::is_taken(change, &w.endpoint.hook_id, w.endpoint.uid).await? {
                plan.faults.push(format!("{}: its address belongs to another webhook", w.endpoint.name));
            }
        }
        if !plan.faults.is_empty() {
            return Ok(plan);
        }
        for gone in existing.iter().filter(|e| replace && !is_named(e)) {
            store::delete(change, gone.id).await?;
            plan.removes.push(format!("webhook {}", gone.name));
        }
        for Wanted { mut endpoint, brings_secret, before } in all {
            let name = format!("webhook {}", endpoint.name);
            let same = |b: &Endpoint| {
                let of = |e: &Endpoint| {
                    (e.name.clone(), e.source.clone(), e.verify_mode.clone(), e.enabled, e.hook_id.clone(), e.secret_enc.clone())
                };
                of(b) == of(&endpoint)
            };
            if before.as_ref().is_some_and(same) {
                plan.unchanged += 1;
                continue;
            }
            if endpoint.secret_enc.is_empty() {
                let secret = hex(&self.0.rng.bytes::<32>());
                endpoint.secret_enc = self.0.vault.seal(&endpoint.aad(), secret.as_bytes())?;
                plan.warnings
                    .push(format!("{name}: the document brings no secret that can be read here; it got a new one, which a rotation shows"));
            } else if !brings_secret {
                plan.warnings.push(format!("{name}: it keeps the secret it has here"));
            }
            if before.is_some() {
                store::replace(change, &endpoint).await?;
                plan.updates.push(name);
            } else {
                let id = store::insert(change, &endpoint).await?;
                store::update(change, id, &endpoint.name, endpoint.enabled).await?;
                plan.creates.push(name);
            }
        }
        Ok(plan)
    }
}

fn document(e: &Endpoint) -> EndpointDoc {
    EndpointDoc {
        uid: Some(e.uid.to_string()),
        name: e.name.clone(),
        source: e.source.clone(),
        verify_mode: e.verify_mode.clone(),
        enabled: e.enabled,
        hook_id: Some(e.hook_id.clone()),
        secret: Some(format!("{SEALED}{}", e.secret_enc)),
    }
}

impl PortableSection for Webhooks {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async {
            let all = store::list(&self.0.db).await?;
            Ok(json!({ "endpoints": all.iter().map(document).collect::<Vec<_>>() }))
        })
    }

    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(self.import_section(change, wanted, replace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    argos_audit::section_property!(Section, |s| s.endpoints, EndpointDoc);
}
