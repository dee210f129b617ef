//! The site of Argos itself, where it is reached through the proxy (`edge.panel_mode` = behind_caddy): made once, and from
//! then on a site like any other.

use argos_kernel::{Actor, AppError, Result};
use argos_settings::boot::Boot;
use serde_json::json;

use crate::model::host::HostBody;
use crate::service::Edge;
use crate::store::{groups, hosts};

const POOL: &str = "argos-panel-internal";
/// Asked for when its DNS provider is ready; else the authority looks at the site.
const PROVIDER: &str = "cloudflare";

/// Where the proxy reaches Argos: as somebody said, or on this machine when the proxy is part of it.
fn upstream(boot: &Boot, is_embedded: bool) -> Option<(String, u16)> {
    let own = || {
        let own = boot.listener("http.listen").filter(|own| own.port != 0)?;
        // An address that stands for all of them is bound, not reached.
        let host = match own.bind_host() {
            "0.0.0.0" => "127.0.0.1",
            "::" => "::1",
            host => host,
        };
        Some((host.to_owned(), own.port))
    };
    if is_embedded && boot.source("panel.upstream").is_none() {
        return own();
    }
    let text = boot.text("panel.upstream").unwrap_or_else(|| "argos:8080".to_owned());
    let (host, port) = text.rsplit_once(':')?;
    Some((host.trim_start_matches('[').trim_end_matches(']').to_owned(), port.parse().ok()?))
}

impl Edge {
    /// Makes the site, unless there is one of its name or it was made before. A failure is only told: everything else serves.
    pub(crate) async fn ensure_panel_site(&self) {
        match self.make_panel_site().await {
            // Another process was quicker.
            Err(error) if error.kind() == argos_kernel::ErrorKind::Conflict => {}
            Err(error) => tracing::error!(error = error.message(), "the site of the panel could not be made"),
            Ok(()) => {}
        }
    }

    async fn make_panel_site(&self) -> Result<()> {
        let boot = self.platform.settings.boot();
        let domain = boot.text("edge.panel_domain").filter(|domain| !domain.is_empty());
        let Some(domain) = domain.filter(|_| boot.text("edge.panel_mode").as_deref() == Some("behind_caddy")) else { return Ok(()) };
        let db = &self.platform.store.state;
        let domain = domain.to_lowercase();
        let is_there = hosts::list(db).await?.iter().any(|host| host.domain == domain);
        // Whoever deleted the site and kept its pool wanted it so.
        if is_there || groups::list(db).await?.iter().any(|group| group.name == POOL) {
            return Ok(());
        }
        let (host, port) =
            upstream(&boot, self.caddy.is_none()).ok_or_else(|| AppError::conflict("nobody said where the proxy reaches Argos"))?;
        let has_dns = self.certificates.dns_provider_ready(PROVIDER).await?;
        let body = json!({
            "domain": domain, "tls_mode": "auto", "tls_email": format!("admin@{domain}"),
            "tls_challenge": if has_dns { "dns" } else { "http" }, "tls_dns_provider": PROVIDER,
            "target_group": {
                "name": POOL, "protocol": "http",
                // Argos compares where a request comes from with the name it was asked for.
                "preserve_host": true,
                "health_check_enabled": true, "health_check_path": "/healthz", "health_check_method": "GET", "health_check_expect_status": "200",
                "health_check_interval_seconds": 15, "health_check_timeout_seconds": 5,
                "health_check_fails_to_unhealthy": 3, "health_check_passes_to_healthy": 2,
                "targets": [{ "host": host, "port": port }],
            },
        });
        let body: HostBody = serde_json::from_value(body).map_err(AppError::internal)?;
        self.create_host(&Actor::system(), &body).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use argos_settings::boot::Environment;

    use super::*;

    #[test]
    fn proxy_reaches_argos_where_it_listens_or_where_somebody_says() {
        let boot =
            |pairs: &[(&str, &str)]| Boot::load(std::collections::BTreeMap::new(), Environment::from_pairs(pairs.iter().copied())).unwrap();
        let found = |pairs: &[(&str, &str)], is_embedded| upstream(&boot(pairs), is_embedded).map(|(host, port)| format!("{host} {port}"));
        for (listen, wanted) in [
            (":8080", Some("127.0.0.1 8080")),
            ("0.0.0.0:81", Some("127.0.0.1 81")),
            ("192.168.1.5:8080", Some("192.168.1.5 8080")),
            ("[::1]:8080", Some("::1 8080")),
            ("[::]:8080", Some("::1 8080")),
            (":0", None),
        ] {
            assert_eq!(found(&[("ARGOS_LISTEN", listen)], true).as_deref(), wanted, "{listen}");
        }
        let said = [("ARGOS_LISTEN", "[::1]:8080"), ("ARGOS_PANEL_UPSTREAM", "[2001:db8::1]:99")];
        assert_eq!(found(&said, true).as_deref(), Some("2001:db8::1 99"));
        assert_eq!(found(&[("ARGOS_LISTEN", ":81")], false).as_deref(), Some("argos 8080"), "a Caddy stands elsewhere");
    }
}
