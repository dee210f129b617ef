//! The secrets the platform keeps, by name: each list is shown to who may see it where it is kept.

use argos_identity::Identity;
use argos_kernel::Result;
use argos_llm::Llm;
use argos_notify::Notify;
use argos_platform::{Credential, DeskPart, Listeners, Renewal};
use argos_settings::Settings;
use argos_vault::Vault;
use argos_web::{BoxFuture, OpCx, Req};
use argos_webhooks::Webhooks;

const KEYS: &str = "/settings/credentials";
const SSH_KEYS: &str = "/settings/credentials?tab=ssh";

pub(super) struct Keys {
    pub(super) identity: Identity,
    pub(super) settings: Settings,
    pub(super) notify: Notify,
    pub(super) webhooks: Webhooks,
    pub(super) llm: Llm,
    pub(super) vault: Vault,
    pub(super) listeners: Listeners,
}

impl DeskPart for Keys {
    fn kind(&self) -> &'static str {
        "credentials"
    }

    fn credentials<'a>(&'a self, req: &'a Req) -> BoxFuture<'a, Result<Vec<Credential>>> {
        Box::pin(async move {
            let cx = req.cx();
            let mut found = self.api_keys(cx).await?;
            found.extend(self.models(cx).await?);
            found.extend(self.hooks(cx).await?);
            if cx.has("notifications:inspect") {
                let channels = self.notify.kept_channels().await?;
                found.extend(channels.into_iter().map(|c| Credential {
                    used_by: c.rules,
                    created_at: Some(c.created_at),
                    changed_at: Some(c.updated_at),
                    last_used_at: c.last_sent_at,
                    ..Credential::new("channel", c.name, Renewal::Replace, "/settings/channels")
                }));
            }
            if cx.has("settings:read") {
                found.extend(self.set_secrets());
                found.extend(self.own_certificate());
            }
            if cx.has("ssh_keys:manage") {
                found.extend(self.ssh_keys().await?);
            }
            if let Some(user) = cx.caller.user_id {
                found.extend(self.accounts(user).await?);
            }
            if cx.has("instance:restore") {
                let name = self.vault.fingerprint();
                found.push(Credential {
                    used_by: vec![self.vault.active_kid()],
                    ..Credential::new("master_key", name, Renewal::Command, "/settings/security")
                });
                found.push(Credential::new("data_key", self.vault.active_kid(), Renewal::Rotate, "/settings/security"));
            }
            Ok(found)
        })
    }
}

impl Keys {
    /// Keys of the instance, and of the organizations in which the caller sees theirs.
    async fn api_keys(&self, cx: &OpCx) -> Result<Vec<Credential>> {
        let (manages, now) = (cx.has("api_keys:manage"), cx.now());
        let member = |id: i64| cx.caller.memberships.iter().any(|m| m.organization_id == id && m.grants.has("api_key:read"));
        let sees = |organization: Option<i64>| organization.map_or(manages, member);
        let keys = self.identity.every_key().await?.into_iter().filter(|k| k.is_active(now) && sees(k.organization_id));
        let credential = |k: argos_identity::model::api_key::ApiKey| {
            let tab = if k.organization_id.is_some() {
                "?tab=organization"
            } else if k.origin == "power" {
                "?tab=power"
            } else {
                ""
            };
            Credential {
                used_by: k.scopes.iter().take(5).cloned().collect(),
                created_at: Some(k.created_at),
                // The text of a key never changes: a rotated one is a new key.
                changed_at: Some(k.created_at),
                // A key that was rotated ends when its grace does.
                expires_at: k.revoked_at.or(k.expires_at),
                last_used_at: k.last_used_at,
                ..Credential::new("api_key", k.name, Renewal::Rotate, format!("{KEYS}{tab}"))
            }
        };
        Ok(keys.map(credential).collect())
    }

    /// The caller's own keys of language models, and those of organizations whose settings the caller manages.
    async fn models(&self, cx: &OpCx) -> Result<Vec<Credential>> {
        let mut kept = self.llm.kept_keys(cx.caller.user_id, None).await?;
        for member in cx.caller.memberships.iter().filter(|m| m.grants.has("org:manage_settings")) {
            kept.extend(self.llm.kept_keys(None, Some(member.organization_id)).await?);
        }
        let credential = |k: argos_llm::KeptKey| Credential {
            created_at: Some(k.created_at),
            changed_at: Some(k.updated_at),
            ..Credential::new("model_key", format!("{} {}", k.provider, k.shown), Renewal::Replace, "/settings/models")
        };
        Ok(kept.into_iter().map(credential).collect())
    }

    async fn hooks(&self, cx: &OpCx) -> Result<Vec<Credential>> {
        let mut found = Vec::new();
        let mut places: Vec<Option<i64>> = cx.has("webhooks:manage").then_some(None).into_iter().collect();
        let configures = cx.caller.memberships.iter().filter(|m| m.grants.has("integration:configure"));
        places.extend(configures.map(|m| Some(m.organization_id)));
        for place in places {
            let page = if place.is_some() { "/settings/organizations" } else { "/settings/webhooks" };
            found.extend(self.webhooks.kept_secrets(place).await?.into_iter().map(|s| Credential {
                used_by: vec![s.source],
                created_at: Some(s.created_at),
                last_used_at: s.last_used_at,
                ..Credential::new("webhook", s.name, Renewal::Rotate, page)
            }));
        }
        Ok(found)
    }

    /// The certificate of our own listener, where there is one.
    fn own_certificate(&self) -> Option<Credential> {
        let own = self.listeners.certificate()?;
        let listeners = ["https", "http"].into_iter().filter_map(|name| self.listeners.get(name));
        let renewal = if own.self_signed { Renewal::Automatic } else { Renewal::Replace };
        Some(Credential {
            used_by: listeners.take(1).map(|at| at.to_string()).collect(),
            changed_at: Some(own.not_before),
            expires_at: Some(own.not_after),
            ..Credential::new("own_certificate", own.subject, renewal, "/settings/security")
        })
    }

    /// Keys that sign in as the service account; none where it has no home to keep them in.
    async fn ssh_keys(&self) -> Result<Vec<Credential>> {
        let keys = match self.identity.ssh_keys().await {
            Ok(keys) => keys,
            Err(error) if error.code_str() == "no_home_directory" => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let credential = |k: argos_identity::SshKey| {
            let name = if k.comment.is_empty() { k.sha256 } else { k.comment };
            Credential { used_by: vec![k.kind], ..Credential::new("ssh_key", name, Renewal::Replace, SSH_KEYS) }
        };
        Ok(keys.into_iter().map(credential).collect())
    }

    /// The caller's accounts at other tools.
    async fn accounts(&self, user: i64) -> Result<Vec<Credential>> {
        let credential = |a: argos_identity::KeptAccount| Credential {
            used_by: vec![a.platform.clone()],
            created_at: Some(a.connected_at),
            changed_at: Some(a.connected_at),
            expires_at: a.expires_at,
            ..Credential::new(
                "tool_account",
                a.name.unwrap_or(a.platform),
                if a.renews { Renewal::Automatic } else { Renewal::Replace },
                "/settings/integrations",
            )
        };
        Ok(self.identity.kept_accounts(user).await?.into_iter().map(credential).collect())
    }

    /// Secrets among the settings that have a value.
    fn set_secrets(&self) -> Vec<Credential> {
        // The master key has a line of its own, for those who may change it.
        let secret = argos_settings::registry().specs().iter().filter(|spec| spec.secret && spec.key != "master_key");
        let set = secret.map(|spec| self.settings.view(spec)).filter(|view| view.set);
        let credential = |view: argos_settings::SettingView| Credential {
            changed_at: view.updated_at.as_deref().and_then(argos_kernel::Timestamp::parse_rfc3339),
            ..Credential::new(
                "setting",
                view.key,
                // What comes from the environment is changed there.
                if view.locked || view.class == "B" { Renewal::Command } else { Renewal::Replace },
                format!("/settings/system/configuration?q={}", view.key),
            )
        };
        set.map(credential).collect()
    }
}
