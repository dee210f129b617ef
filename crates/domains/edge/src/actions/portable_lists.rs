//! Providers of the DNS and the allow list in the configuration document. Secrets go out masked, with the whole of them
//! sealed beside it for this installation.

use argos_audit::{Mutation, SectionPlan};
use argos_kernel::{AppError, Result};
use argos_store::StoreError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::portable::body;
use super::whitelist::judge;
use crate::certificates::dns_aad;
use crate::model::dns_provider::{Credentials, UNCHANGED, find};
use crate::service::Edge;
use crate::store::dns_providers::{self, Stored};
use crate::store::{bans, whitelist};

const SEALED: &str = "ENC:";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderDoc {
    name: String,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    credentials: Credentials,
    /// All of the credentials, which only this installation opens.
    #[serde(default)]
    sealed: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedDoc {
    scope: String,
    value: String,
    #[serde(default)]
    reason: String,
}

impl Edge {
    /// Providers that anybody set up.
    pub(super) async fn providers_document(&self) -> Result<Vec<Value>> {
        let rows = dns_providers::list(&self.platform.store.state).await?;
        let shown = |row: &Stored| {
            let provider = find(&row.name)?;
            // Credentials that cannot be opened any more are left out, as if there were none.
            let opened = self.dns_credentials(row).map(argos_kernel::Secret::into_inner).unwrap_or_default();
            let is_secret = |key: &str| provider.fields.iter().any(|field| field.secret && field.key == key);
            let masked: Credentials =
                opened.into_iter().map(|(key, value)| if is_secret(&key) { (key, UNCHANGED.to_owned()) } else { (key, value) }).collect();
            let mut out = json!({ "name": row.name, "enabled": row.enabled, "credentials": masked });
            if let Some(sealed) = &row.credentials_enc {
                out["sealed"] = json!(format!("{SEALED}{sealed}"));
            }
            Some(out)
        };
        Ok(rows.iter().filter(|row| row.enabled || row.credentials_enc.is_some()).filter_map(shown).collect())
    }

    /// Oldest first.
    pub(super) async fn allow_list_document(&self) -> Result<Vec<Value>> {
        let mut rows = whitelist::list(&self.platform.store.state).await?;
        rows.sort_by_key(|entry| entry.id);
        Ok(rows.iter().map(|entry| json!({ "scope": entry.scope, "value": entry.value, "reason": entry.reason })).collect())
    }

    /// Whether a provider can do its part, as the change leaves it.
    pub(super) async fn is_provider_ready(&self, change: &mut Mutation, name: &str) -> Result<bool, StoreError> {
        Ok(dns_providers::find_in(change, name).await?.is_some_and(|row| row.enabled && row.credentials_enc.is_some()))
    }

    pub(super) async fn import_providers(
        &self,
        change: &mut Mutation,
        wanted: &[&Map<String, Value>],
        replace: bool,
        plan: &mut SectionPlan,
    ) -> Result<()> {
        let mut named = Vec::new();
        for object in wanted {
            match body::<ProviderDoc>(object, &[]) {
                Ok(doc) => {
                    named.push(doc.name.clone());
                    self.import_provider(change, &doc, plan).await?;
                }
                Err(fault) => plan.faults.push(format!("DNS provider: {fault}")),
            }
        }
        let rows = dns_providers::list(&self.platform.store.state).await?;
        for row in rows.iter().filter(|row| replace && (row.enabled || row.credentials_enc.is_some()) && !named.contains(&row.name)) {
            let gone = Stored { enabled: false, credentials_enc: None, updated_at: self.platform.clock.now(), name: row.name.clone() };
            dns_providers::put(change, &gone).await?;
            plan.removes.push(format!("DNS provider {}", row.name));
        }
        Ok(())
    }

    async fn import_provider(&self, change: &mut Mutation, doc: &ProviderDoc, plan: &mut SectionPlan) -> Result<()> {
        let title = format!("DNS provider {}", doc.name);
        let Some(provider) = find(&doc.name) else {
            plan.faults.push(format!("{title}: it is not known"));
            return Ok(());
        };
        let before = dns_providers::find_in(change, &doc.name).await?;
        let stored = before.as_ref().filter(|row| row.credentials_enc.is_some()).and_then(|row| self.dns_credentials(row).ok());
        let blob = doc.sealed.as_deref().and_then(|sealed| sealed.strip_prefix(SEALED));
        // What another installation sealed stays shut.
        let sealed = blob.and_then(|blob| self.platform.vault.try_open(&dns_aad(&doc.name), blob).ok());
        let sealed: Option<Credentials> = sealed.and_then(|plain| serde_json::from_slice(plain.reveal()).ok());
        let stored = stored.map(argos_kernel::Secret::into_inner);
        let kept = match provider.import(&doc.credentials, sealed.as_ref().or(stored.as_ref())) {
            Ok(kept) => kept,
            Err(error) => {
                plan.faults.push(format!("{title}: {}", error.message()));
                return Ok(());
            }
        };
        // Nothing was given that could stand in their place: what cannot be opened now may be opened again.
        if kept.is_none() && before.as_ref().is_some_and(|row| row.credentials_enc.is_some()) {
            plan.warnings.push(format!("{title}: its secrets are neither given nor can be opened; it stays as it is"));
            plan.unchanged += 1;
            return Ok(());
        }
        if kept.is_none() && doc.enabled {
            plan.warnings.push(format!("{title}: switched off until its secrets are given"));
        }
        let enabled = doc.enabled && kept.is_some();
        if before.as_ref().is_some_and(|row| row.enabled == enabled) && kept == stored {
            plan.unchanged += 1;
            return Ok(());
        }
        let seal = |kept: &Credentials| {
            let text = serde_json::to_string(kept).map_err(AppError::internal)?;
            self.platform.vault.seal(&dns_aad(&doc.name), text.as_bytes())
        };
        let credentials_enc = kept.as_ref().map(seal).transpose()?;
        let row = Stored { name: doc.name.clone(), enabled, credentials_enc, updated_at: self.platform.clock.now() };
        dns_providers::put(change, &row).await?;
        if before.is_some() { &mut plan.updates } else { &mut plan.creates }.push(title);
        Ok(())
    }

    pub(super) async fn import_allow_list(
        &self,
        change: &mut Mutation,
        wanted: &[&Map<String, Value>],
        replace: bool,
        plan: &mut SectionPlan,
    ) -> Result<()> {
        let known = whitelist::list(&self.platform.store.state).await?;
        let by = change.actor().name.clone();
        let mut named: Vec<(String, String)> = Vec::new();
        for object in wanted {
            let read = body::<AllowedDoc>(object, &[]);
            let judged = read.and_then(|doc| {
                judge(&doc.scope, &doc.value, &doc.reason)
                    .map(|(value, reason)| (doc.scope, value, reason))
                    .map_err(|e| e.message().to_owned())
            });
            let (scope, value, reason) = match judged {
                Ok(entry) => entry,
                Err(fault) => {
                    plan.faults.push(format!("allow list: {fault}"));
                    continue;
                }
            };
            if named.contains(&(scope.clone(), value.clone())) {
                continue;
            }
            named.push((scope.clone(), value.clone()));
            let before = known.iter().find(|entry| entry.scope == scope && entry.value == value);
            match before {
                Some(entry) if entry.reason == reason => {
                    plan.unchanged += 1;
                    continue;
                }
                Some(entry) => {
                    whitelist::delete(change, entry.id).await?;
                    plan.updates.push(format!("allowed {value}"));
                }
                None => plan.creates.push(format!("allowed {value}")),
            }
            whitelist::insert(change, (&scope, &value), &reason, self.platform.clock.now(), &by).await?;
        }
        for entry in known.iter().filter(|entry| replace && !named.contains(&(entry.scope.clone(), entry.value.clone()))) {
            whitelist::delete(change, entry.id).await?;
            plan.removes.push(format!("allowed {}", entry.value));
        }
        Ok(bans::bump(change).await?)
    }
}
