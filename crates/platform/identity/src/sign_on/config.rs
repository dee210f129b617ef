//! The settings of OpenID Connect, read at each use and written as a whole.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result, Role, Secret};
use argos_settings::Write;
use argos_web::OpCx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::SignOn;
use super::discovery::Metadata;
use crate::model::external::Admission;

/// What the settings say.
pub(crate) struct OidcConfig {
    pub(crate) enabled: bool,
    pub(crate) issuer_url: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret<String>>,
    pub(crate) display_name: String,
    /// Always with `openid`.
    pub(crate) scopes: String,
    pub(crate) cookie_parent_domain: Option<String>,
    pub(crate) default_role: Role,
    pub(crate) admission: Admission,
    pub(crate) endpoints: Endpoints,
}

/// The addresses of a provider that publishes no discovery document.
#[derive(Clone, Default)]
pub(crate) struct Endpoints {
    pub(crate) authorization: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) userinfo: Option<String>,
    pub(crate) jwks_uri: Option<String>,
}

impl Endpoints {
    /// Without any, discovery says where they are.
    fn is_empty(&self) -> bool {
        [&self.authorization, &self.token, &self.userinfo, &self.jwks_uri].iter().all(|e| e.is_none())
    }

    /// What they amount to, once authorization and token endpoint and one way to learn who somebody is are there.
    fn metadata(&self, issuer: &str) -> Option<Metadata> {
        self.userinfo.as_ref().or(self.jwks_uri.as_ref())?;
        Some(Metadata {
            issuer: issuer.to_owned(),
            authorization_endpoint: self.authorization.clone()?,
            token_endpoint: self.token.clone()?,
            userinfo_endpoint: self.userinfo.clone(),
            jwks_uri: self.jwks_uri.clone(),
            id_token_signing_alg_values_supported: None,
            token_endpoint_auth_methods_supported: None,
            authorization_response_iss_parameter_supported: None,
            is_guessed: false,
        })
    }

    fn with(&self, change: &OidcChange) -> Self {
        let pick = |given: &Option<String>, kept: &Option<String>| match given {
            Some(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
            None => kept.clone(),
        };
        Self {
            authorization: pick(&change.authorization_endpoint, &self.authorization),
            token: pick(&change.token_endpoint, &self.token),
            userinfo: pick(&change.userinfo_endpoint, &self.userinfo),
            jwks_uri: pick(&change.jwks_uri, &self.jwks_uri),
        }
    }
}

impl OidcConfig {
    /// Issuer and client id, when there is enough to sign in with.
    pub(crate) fn complete(&self) -> Option<(&str, &str)> {
        Some((self.issuer_url.as_deref()?, self.client_id.as_deref()?))
    }
    /// The provider without asking it, where the settings name its endpoints.
    pub(crate) fn explicit(&self) -> Option<Metadata> {
        self.endpoints.metadata(self.issuer_url.as_deref()?)
    }
    pub(crate) fn is_available(&self) -> bool {
        self.enabled && self.complete().is_some()
    }
}

/// What is to be changed; absent members stay.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OidcChange {
    enabled: Option<bool>,
    issuer_url: Option<String>,
    client_id: Option<String>,
    /// Empty = keep the stored one.
    client_secret: Option<String>,
    display_name: Option<String>,
    scopes: Option<String>,
    cookie_parent_domain: Option<String>,
    auto_provision: Option<bool>,
    default_role: Option<String>,
    require_email_verified: Option<bool>,
    allowed_emails: Option<Vec<String>>,
    allowed_domains: Option<Vec<String>>,
    /// With `token_endpoint` and one of the next two: the provider is not asked for its document. Empty = ask it.
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    jwks_uri: Option<String>,
}

impl SignOn {
    pub(crate) fn oidc_config(&self) -> Result<OidcConfig> {
        let s = &self.0.settings;
        let filled = |key: &str| Ok::<_, AppError>(s.opt_text(key)?.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()));
        Ok(OidcConfig {
            enabled: s.bool("oidc.enabled")?,
            issuer_url: filled("oidc.issuer_url")?,
            client_id: filled("oidc.client_id")?,
            client_secret: s.secret("oidc.client_secret")?.filter(|secret| !secret.reveal().is_empty()),
            display_name: s.text("oidc.display_name")?,
            scopes: with_openid(&s.text("oidc.scopes")?),
            cookie_parent_domain: filled("oidc.cookie_parent_domain")?,
            default_role: s.text("oidc.default_role")?.parse().unwrap_or(Role::Viewer),
            admission: Admission {
                auto_provision: s.bool("oidc.auto_provision")?,
                require_email: true,
                require_email_verified: s.bool("oidc.require_email_verified")?,
                allowed_emails: s.list("oidc.allowed_emails")?,
                allowed_domains: s.list("oidc.allowed_domains")?,
            },
            endpoints: Endpoints {
                authorization: filled("oidc.authorization_endpoint")?,
                token: filled("oidc.token_endpoint")?,
                userinfo: filled("oidc.userinfo_endpoint")?,
                jwks_uri: filled("oidc.jwks_uri")?,
            },
        })
    }

    /// Writes the settings. Enabling asks the issuer first.
    pub(crate) async fn change_oidc(&self, cx: &OpCx, change: OidcChange) -> Result<()> {
        let before = self.oidc_config()?;
        let enabled = change.enabled.unwrap_or(before.enabled);
        let issuer = match &change.issuer_url {
            Some(url) => Some(url.trim()).filter(|u| !u.is_empty()),
            None => before.issuer_url.as_deref(),
        };
        let asked_anew = !before.enabled || issuer != before.issuer_url.as_deref();
        let endpoints = before.endpoints.with(&change);
        match issuer {
            None if enabled => return Err(bad("issuer_url", "issuer_url is required to enable single sign-on")),
            Some(issuer) if !endpoints.is_empty() && endpoints.metadata(issuer).is_none() => {
                let text = "authorization_endpoint, token_endpoint and userinfo_endpoint or jwks_uri belong together";
                return Err(bad("authorization_endpoint", text));
            }
            Some(_) if !endpoints.is_empty() => {}
            Some(url) if enabled && asked_anew => {
                self.0.providers.discover(url).await.map_err(|fault| bad("issuer_url", &format!("discovery: {fault}")))?;
            }
            _ => {}
        }
        let writes = writes_of(change)?;
        let (settings, audit) = (&self.0.settings, self.0.identity.audit());
        let mut mutation = audit.begin(&cx.actor()).await?;
        let changed = settings.set_many_in(&mut mutation, &cx.actor(), &writes).await?;
        let keys: Vec<&str> = changed.iter().map(|c| c.key).collect();
        let entry = Entry::new("auth.oidc_config", Category::Security).alias("oidc_config_changed").target("settings", "oidc");
        mutation.commit(entry.after(json!({ "changed": keys }))).await?;
        self.0.providers.forget();
        Ok(())
    }
}

fn bad(field: &str, text: &str) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

fn writes_of(change: OidcChange) -> Result<Vec<Write>> {
    let mut writes = Vec::new();
    let mut text = |key: &str, value: Option<String>| {
        if let Some(value) = value.map(|v| v.trim().to_owned()) {
            writes.push(if value.is_empty() { Write::clear(key) } else { Write::text(key, value) });
        }
    };
    text("oidc.issuer_url", change.issuer_url);
    text("oidc.client_id", change.client_id);
    text("oidc.display_name", change.display_name);
    text("oidc.scopes", change.scopes.map(|s| with_openid(&s)));
    text("oidc.authorization_endpoint", change.authorization_endpoint);
    text("oidc.token_endpoint", change.token_endpoint);
    text("oidc.userinfo_endpoint", change.userinfo_endpoint);
    text("oidc.jwks_uri", change.jwks_uri);
    text("oidc.cookie_parent_domain", change.cookie_parent_domain.map(|d| d.trim().trim_start_matches('.').to_lowercase()));
    text("oidc.client_secret", change.client_secret.filter(|s| !s.trim().is_empty()));
    if let Some(role) = change.default_role {
        if !["viewer", "operator", "admin"].contains(&role.as_str()) {
            return Err(bad("default_role", "default_role must be viewer, operator or admin"));
        }
        writes.push(Write::text("oidc.default_role", role));
    }
    let flags = [
        ("oidc.enabled", change.enabled),
        ("oidc.auto_provision", change.auto_provision),
        ("oidc.require_email_verified", change.require_email_verified),
    ];
    writes.extend(flags.into_iter().filter_map(|(key, value)| Some(Write::json(key, value?))));
    let lists = [("oidc.allowed_emails", change.allowed_emails), ("oidc.allowed_domains", change.allowed_domains)];
    writes.extend(lists.into_iter().filter_map(|(key, value)| Some(Write::json(key, plain_list(value?)))));
    Ok(writes)
}

/// Trimmed, in lower case, each once.
fn plain_list(list: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for entry in list {
        let entry = entry.trim().to_lowercase();
        if !entry.is_empty() && !out.contains(&entry) {
            out.push(entry);
        }
    }
    out
}

fn with_openid(scopes: &str) -> String {
    let mut words: Vec<&str> = scopes.split_whitespace().collect();
    if !words.contains(&"openid") {
        words.insert(0, "openid");
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_always_hold_openid_and_lists_are_plain() {
        assert_eq!(with_openid("email profile"), "openid email profile");
        assert_eq!(with_openid("email openid"), "email openid");
        assert_eq!(plain_list(vec![" A@b.C".to_owned(), "a@b.c".to_owned(), String::new()]), ["a@b.c"]);
    }
}
