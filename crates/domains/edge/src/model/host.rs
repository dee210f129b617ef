//! Sites: a domain, the pool behind it, how its TLS is had, and who may come.

use argos_kernel::{Result, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bad;
use super::group::GroupBody;
use super::name::{is_domain, is_wildcard};

const TEXT_MAX: usize = 320;

/// How a site's certificate is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TlsMode {
    /// From a certificate authority by ACME.
    Auto,
    /// Plain HTTP only.
    None,
    /// Uploaded.
    Manual,
}

impl TlsMode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::None => "none",
            Self::Manual => "manual",
        }
    }
    fn parse(word: &str) -> Result<Self> {
        match word {
            "" | "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            "manual" => Ok(Self::Manual),
            _ => Err(bad("tls_mode", "tls_mode must be auto, none or manual")),
        }
    }
}

/// What a person set up of a site, beside domain, pool and whether it is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct HostSpec {
    pub(crate) tls_mode: TlsMode,
    pub(crate) tls_email: String,
    pub(crate) auth_required: bool,
    /// Scripts of pages, and requests that are no GET, are answered 401 instead of being sent to the sign-in page.
    #[serde(default)]
    pub(crate) auth_json: bool,
    pub(crate) lan_only: bool,
    pub(crate) true_detect_mode: bool,
    pub(crate) tls_acme_ca_url: String,
    /// dns, http or tls-alpn
    pub(crate) tls_challenge: String,
    pub(crate) tls_dns_provider: String,
}

impl Default for HostSpec {
    fn default() -> Self {
        Self {
            tls_mode: TlsMode::Auto,
            tls_email: String::new(),
            auth_required: false,
            auth_json: false,
            lan_only: false,
            true_detect_mode: false,
            tls_acme_ca_url: String::new(),
            tls_challenge: "dns".to_owned(),
            tls_dns_provider: "cloudflare".to_owned(),
        }
    }
}

/// A site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Host {
    pub(crate) id: i64,
    pub(crate) domain: String,
    pub(crate) target_group_id: i64,
    pub(crate) enabled: bool,
    pub(crate) spec: HostSpec,
    #[serde(skip)]
    pub(crate) created_at: Timestamp,
    #[serde(skip)]
    pub(crate) updated_at: Timestamp,
}

/// A site as asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostBody {
    #[serde(default)]
    domain: Option<String>,
    #[serde(default)]
    pub(crate) target_group_id: Option<i64>,
    /// A new pool with at least one target, instead of `target_group_id`.
    #[serde(default)]
    pub(crate) target_group: Option<GroupBody>,
    #[serde(default)]
    tls_mode: Option<String>,
    #[serde(default)]
    tls_email: Option<String>,
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
    #[serde(default)]
    auth_required: Option<bool>,
    #[serde(default)]
    auth_json: Option<bool>,
    #[serde(default)]
    lan_only: Option<bool>,
    #[serde(default)]
    true_detect_mode: Option<bool>,
    #[serde(default)]
    tls_acme_ca_url: Option<String>,
    #[serde(default)]
    tls_challenge: Option<String>,
    #[serde(default)]
    tls_dns_provider: Option<String>,
}

impl HostBody {
    /// The body with what a change leaves out taken from `before`; the domain and the rest, judged.
    pub(crate) fn merge(&self, before: Option<&HostSpec>) -> Result<(String, HostSpec)> {
        let base = before.cloned().unwrap_or_default();
        let text = |given: &Option<String>, base: String| given.as_ref().map_or(base, |t| t.trim().to_owned());
        let spec = HostSpec {
            tls_mode: TlsMode::parse(self.tls_mode.as_deref().unwrap_or_default().trim())?,
            tls_email: text(&self.tls_email, base.tls_email),
            auth_required: self.auth_required.unwrap_or(base.auth_required),
            auth_json: self.auth_json.unwrap_or(base.auth_json),
            lan_only: self.lan_only.unwrap_or(base.lan_only),
            true_detect_mode: self.true_detect_mode.unwrap_or(base.true_detect_mode),
            tls_acme_ca_url: text(&self.tls_acme_ca_url, base.tls_acme_ca_url),
            tls_challenge: text(&self.tls_challenge, base.tls_challenge),
            tls_dns_provider: text(&self.tls_dns_provider, base.tls_dns_provider),
        };
        let was_manual = before.is_some_and(|b| b.tls_mode == TlsMode::Manual);
        if spec.tls_mode == TlsMode::Manual && !was_manual {
            return Err(bad("tls_mode", "tls_mode manual is set by uploading a certificate"));
        }
        let domain = self.domain.as_deref().unwrap_or_default().trim().to_lowercase();
        if domain.is_empty() {
            return Err(bad("domain", "domain is required"));
        }
        spec.check(&domain)?;
        Ok((domain, spec))
    }
}

impl HostSpec {
    /// Judges the members together with the domain.
    pub(crate) fn check(&self, domain: &str) -> Result<()> {
        let is_auto = self.tls_mode == TlsMode::Auto;
        if !is_domain(domain) && !is_wildcard(domain) {
            return Err(bad("domain", "domain must be a DNS name, as app.example.org"));
        }
        if is_wildcard(domain) && is_auto && self.tls_challenge != "dns" {
            return Err(bad("domain", "a wildcard domain needs tls_challenge dns, or a tls_mode other than auto"));
        }
        if is_auto && self.tls_email.is_empty() {
            return Err(bad("tls_email", "tls_email is required when tls_mode is auto"));
        }
        let mail = &self.tls_email;
        let well_formed = mail.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        // Caddy puts what stands in its environment in place of `{env.NAME}`, and tells it the authority.
        let is_strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}');
        if !mail.is_empty() && (!well_formed || mail.len() > TEXT_MAX || mail.chars().any(is_strange)) {
            return Err(bad("tls_email", "tls_email must be a mail address"));
        }
        if is_auto && !["dns", "http", "tls-alpn"].contains(&self.tls_challenge.as_str()) {
            return Err(bad("tls_challenge", "tls_challenge must be dns, http or tls-alpn"));
        }
        let url = &self.tls_acme_ca_url;
        let has_host = url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':', '?', '#']));
        if !url.is_empty() && (!has_host || url.contains(['{', '}']) || url.parse::<http::Uri>().is_err()) {
            return Err(bad("tls_acme_ca_url", "tls_acme_ca_url must be empty or an https URL"));
        }
        Ok(())
    }

    /// Whether the certificate needs a DNS provider that is ready.
    pub(crate) fn needs_dns(&self) -> bool {
        self.tls_mode == TlsMode::Auto && self.tls_challenge == "dns"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn merge(body: Value, before: Option<&HostSpec>) -> Result<(String, HostSpec)> {
        serde_json::from_value::<HostBody>(body).unwrap().merge(before)
    }

    #[test]
    fn bad_members_are_refused_by_name() {
        for (body, field) in [
            (json!({ "tls_mode": "none" }), "domain"),
            (json!({ "domain": "nope", "tls_mode": "none" }), "domain"),
            (json!({ "domain": "*.a.test", "tls_email": "a@b.c", "tls_challenge": "http" }), "domain"),
            (json!({ "domain": "a.test" }), "tls_email"),
            (json!({ "domain": "a.test", "tls_email": "nobody" }), "tls_email"),
            (json!({ "domain": "a.test", "tls_email": "a{env.CROWDSEC_BOUNCER_API_KEY}@b.c" }), "tls_email"),
            (json!({ "domain": "a.test", "tls_mode": "none", "tls_acme_ca_url": "https://a.test/{env.HOME}" }), "tls_acme_ca_url"),
            (json!({ "domain": "a.test", "tls_email": "a@b.c", "tls_challenge": "mail" }), "tls_challenge"),
            (json!({ "domain": "a.test", "tls_mode": "none", "tls_acme_ca_url": "http://a" }), "tls_acme_ca_url"),
            (json!({ "domain": "a.test", "tls_mode": "none", "tls_acme_ca_url": "https://" }), "tls_acme_ca_url"),
            (json!({ "domain": "a.test", "tls_mode": "manual" }), "tls_mode"),
            (json!({ "domain": "a.test", "tls_mode": "magic" }), "tls_mode"),
        ] {
            assert_eq!(merge(body, None).unwrap_err().extra()["field"], field);
        }
    }

    #[test]
    fn change_keeps_what_it_leaves_out_but_not_the_mode() {
        let before = HostSpec { tls_mode: TlsMode::None, lan_only: true, tls_email: "a@b.c".to_owned(), ..HostSpec::default() };
        let (domain, spec) = merge(json!({ "domain": " App.Test " }), Some(&before)).unwrap();
        assert_eq!((domain.as_str(), spec.tls_mode, spec.lan_only), ("app.test", TlsMode::Auto, true));
        let manual = HostSpec { tls_mode: TlsMode::Manual, ..HostSpec::default() };
        assert_eq!(merge(json!({ "domain": "a.test", "tls_mode": "manual" }), Some(&manual)).unwrap().1.tls_mode, TlsMode::Manual);
    }
}
