//! What keeps people from signing in to a site that asks for it: each is a setting that is missing or does not fit.

use schemars::JsonSchema;
use serde::Serialize;

use super::host::{Host, TlsMode};

/// Why signing in to a site cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Obstacle {
    /// Nobody said where the sign-in page is: `http.public_url`, or `edge.panel_domain`.
    PanelAddress,
    /// The session's cookie does not reach the site: `oidc.cookie_parent_domain` is not a domain above both.
    CookieDomain,
    /// The sign-in page speaks https, the site does not: browsers keep the session to themselves.
    PlainHttp,
}

/// Whether a name is the domain or lies below it.
fn is_within(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// What is in the way at a site. `base` is the address of Argos, empty when nobody said it.
pub(crate) fn obstacles(host: &Host, base: &str, panel: Option<&str>, cookie_domain: &str) -> Vec<Obstacle> {
    if !host.spec.auth_required {
        return Vec::new();
    }
    let Some(panel) = panel else { return vec![Obstacle::PanelAddress] };
    let site = host.domain.strip_prefix("*.").unwrap_or(&host.domain);
    let shared = !cookie_domain.is_empty() && is_within(site, cookie_domain) && is_within(panel, cookie_domain);
    let mut out = Vec::new();
    if site != panel && !shared {
        out.push(Obstacle::CookieDomain);
    }
    if host.spec.tls_mode == TlsMode::None && base.starts_with("https:") {
        out.push(Obstacle::PlainHttp);
    }
    out
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;

    use super::*;
    use crate::model::host::HostSpec;

    #[test]
    fn missing_and_unfitting_settings_are_named() {
        let at = Timestamp::from_secs(0);
        let site = |domain: &str, tls_mode, auth_required| {
            let spec = HostSpec { tls_mode, auth_required, ..HostSpec::default() };
            Host { id: 1, domain: domain.to_owned(), target_group_id: 1, enabled: true, spec, created_at: at, updated_at: at }
        };
        let judge = |host: &Host, base: &str, cookie: &str| obstacles(host, base, base.split("://").nth(1), cookie);
        let app = site("app.home.test", TlsMode::Auto, true);
        assert_eq!(judge(&app, "", ""), [Obstacle::PanelAddress]);
        assert_eq!(judge(&app, "https://argos.home.test", ""), [Obstacle::CookieDomain]);
        assert_eq!(judge(&app, "https://argos.home.test", "home.test"), []);
        assert_eq!(judge(&app, "https://argos.other.test", "home.test"), [Obstacle::CookieDomain]);
        assert_eq!(judge(&site("evilhome.test", TlsMode::Auto, true), "https://argos.home.test", "home.test"), [Obstacle::CookieDomain]);
        assert_eq!(judge(&site("*.home.test", TlsMode::Manual, true), "https://argos.home.test", "home.test"), []);
        assert_eq!(judge(&site("app.home.test", TlsMode::None, true), "https://argos.home.test", "home.test"), [Obstacle::PlainHttp]);
        assert_eq!(judge(&site("app.home.test", TlsMode::None, true), "http://argos.home.test", "home.test"), []);
        assert_eq!(judge(&site("app.home.test", TlsMode::None, false), "", ""), []);
    }
}
