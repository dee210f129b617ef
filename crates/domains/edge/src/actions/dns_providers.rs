//! DNS providers: what is set up, and changes of it.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Secret};
use serde_json::json;

use super::Done;
use crate::certificates::dns_aad;
use crate::model::dns_provider::{CATALOGUE, Credentials, Provider, find};
use crate::service::Edge;
use crate::store::dns_providers::{self, Stored};

/// A provider of the catalogue and what is stored of it.
pub(crate) struct Standing {
    pub(crate) provider: &'static Provider,
    pub(crate) stored: Option<Stored>,
}

fn unknown() -> AppError {
    AppError::not_found("dns provider not found")
}

impl Edge {
    pub(crate) async fn list_dns_providers(&self) -> Result<Vec<Standing>> {
        let rows = dns_providers::list(&self.platform.store.state).await?;
        let of = |provider: &'static Provider| Standing { provider, stored: rows.iter().find(|row| row.name == provider.name).cloned() };
        Ok(CATALOGUE.iter().map(of).collect())
    }

    pub(crate) async fn get_dns_provider(&self, name: &str) -> Result<Standing> {
        let provider = find(name).ok_or_else(unknown)?;
        Ok(Standing { provider, stored: dns_providers::find(&self.platform.store.state, name).await? })
    }

    /// The opened credentials of a row.
    pub(crate) fn dns_credentials(&self, row: &Stored) -> Result<Secret<Credentials>> {
        let Some(sealed) = &row.credentials_enc else { return Ok(Secret::new(Credentials::new())) };
        let text = self.platform.vault.open_text(&dns_aad(&row.name), sealed)?;
        serde_json::from_str(text.reveal()).map(Secret::new).map_err(AppError::internal)
    }

    /// Sets a provider up, on or off. Without credentials only the switch moves.
    pub(crate) async fn put_dns_provider(
        &self,
        actor: &Actor,
        name: &str,
        enabled: Option<bool>,
        given: Option<&Credentials>,
    ) -> Result<Done<Standing>> {
        let provider = find(name).ok_or_else(unknown)?;
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(actor).await?;
        let before = dns_providers::find_in(&mut m, name).await?;
        let mut row = before.clone().unwrap_or(Stored { name: name.to_owned(), enabled: false, credentials_enc: None, updated_at: now });
        if let Some(given) = given {
            let known = self.dns_credentials(&row)?;
            let kept = provider.merge(given, known.reveal())?;
            let text = serde_json::to_string(&kept).map_err(AppError::internal)?;
            row.credentials_enc = Some(self.platform.vault.seal(&dns_aad(name), text.as_bytes())?);
        }
        row.enabled = enabled.unwrap_or(row.enabled);
        if row.enabled && row.credentials_enc.is_none() {
            return Err(AppError::bad_request(format!("{name} cannot be enabled without credentials"))
                .code("invalid_field")
                .with("field", "enabled"));
        }
        row.updated_at = now;
        dns_providers::put(&mut m, &row).await?;
        let entry = Entry::new("dns_provider.update", Category::Config)
            .alias("update")
            .target("dns_provider", name)
            .describe(format!("DNS provider {} {}", provider.display_name, if row.enabled { "set up" } else { "switched off" }))
            .before(json!({ "enabled": before.as_ref().is_some_and(|b| b.enabled) }))
            .after(json!({ "enabled": row.enabled, "credentials_changed": given.is_some() }));
        m.commit(entry).await?;
        // Orders that waited for it need not wait any longer.
        self.certificate_work.notify_one();
        // The built-in engine is told nothing of providers: Argos itself orders its certificates.
        let applied = self.caddy.is_none() || self.reconcile(true).await;
        Ok(Done { value: Standing { provider, stored: Some(row) }, applied })
    }

    /// The token of earlier versions' environment, taken over once.
    pub(crate) async fn seed_dns_provider(&self) -> Result<()> {
        let Some(token) = self.platform.settings.secret("dns.cloudflare_seed")? else { return Ok(()) };
        let stored = dns_providers::find(&self.platform.store.state, "cloudflare").await?;
        if stored.is_some_and(|row| row.credentials_enc.is_some()) {
            return Ok(());
        }
        let given = Credentials::from([("api_token".to_owned(), token.reveal().clone())]);
        self.put_dns_provider(&Actor::system(), "cloudflare", Some(true), Some(&given)).await.map(drop)
    }
}
