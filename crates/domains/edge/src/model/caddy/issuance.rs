//! The TLS part: one automation policy per site that has its certificate from an authority, files for uploaded ones.

use serde_json::{Value, json};

use super::Around;
use crate::model::dns_provider::{self, Credentials};
use crate::model::host::{Host, TlsMode};

pub(super) struct Tls {
    pub(super) app: Value,
    /// Sites that want a certificate Caddy cannot have for them.
    pub(super) without_certificate: Vec<String>,
}

pub(super) fn tls(sites: &[&Host], around: &Around<'_>, warnings: &mut Vec<String>) -> Tls {
    let (mut policies, mut files, mut without_certificate) = (Vec::new(), Vec::new(), Vec::new());
    for host in sites {
        match host.spec.tls_mode {
            TlsMode::None => {}
            TlsMode::Auto => match challenges(host, around) {
                Ok(challenges) => {
                    let mut issuer = json!({ "module": "acme", "ca": (around.authority)(&host.spec), "challenges": challenges });
                    if !host.spec.tls_email.is_empty() {
                        issuer["email"] = json!(host.spec.tls_email);
                    }
                    policies.push(json!({ "subjects": [host.domain], "issuers": [issuer] }));
                }
                Err(why) => {
                    warnings.push(format!("{}: no certificate is asked for, {why}", host.domain));
                    without_certificate.push(host.domain.clone());
                }
            },
            TlsMode::Manual if around.manual.contains(&host.id) => {
                let at = |end: &str| format!("{}/{}.{end}", around.manual_dir.trim_end_matches('/'), host.id);
                files.push(json!({ "certificate": at("crt"), "key": at("key"), "tags": [format!("manual-{}", host.id)] }));
            }
            TlsMode::Manual => {
                warnings.push(format!("{}: its uploaded certificate cannot be read", host.domain));
                without_certificate.push(host.domain.clone());
            }
        }
    }
    let mut app = json!({ "automation": { "policies": policies } });
    if !files.is_empty() {
        app["certificates"] = json!({ "load_files": files });
    }
    Tls { app, without_certificate }
}

/// How a site proves itself, or why it cannot. The other ways are switched off, or Caddy would try them too.
fn challenges(host: &Host, around: &Around<'_>) -> Result<Value, String> {
    let off = json!({ "disabled": true });
    match host.spec.tls_challenge.as_str() {
        "http" => Ok(json!({ "http": {}, "tls-alpn": off })),
        "tls-alpn" => Ok(json!({ "http": off, "tls-alpn": {} })),
        _ => Ok(json!({ "http": off, "tls-alpn": off, "dns": { "provider": provider(&host.spec.tls_dns_provider, around)? } })),
    }
}

fn provider(name: &str, around: &Around<'_>) -> Result<Value, String> {
    let known = dns_provider::find(name).ok_or_else(|| format!("the DNS provider {name} is not known"))?;
    if known.caddy_module.is_empty() {
        return Err(format!("Caddy cannot use the DNS provider {}", known.display_name));
    }
    if !around.has(known.caddy_module) {
        return Err(format!("this build of Caddy has no module {}", known.caddy_module));
    }
    let mut out = json!({ "name": name });
    match (name, around.providers.get(name)) {
        ("cloudflare", None) => out["api_token"] = json!("{env.CLOUDFLARE_API_TOKEN}"),
        (_, None) => {}
        (_, Some(credentials)) => {
            for (key, value) in named(name, credentials) {
                out[key] = json!(super::literal(value));
            }
        }
    }
    Ok(out)
}

/// Credentials under the names of Caddy's modules. What only the built-in client knows stays out.
fn named<'a>(provider: &str, credentials: &'a Credentials) -> Vec<(&'a str, &'a str)> {
    let name = |key: &'a str| match (provider, key) {
        ("rfc2136", "key_secret") => Some("key"),
        ("rfc2136", "key_algorithm") => Some("key_alg"),
        ("rfc2136", "zone") | (_, "api_url") => None,
        (_, key) => Some(key),
    };
    credentials.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(key, value)| Some((name(key)?, value.as_str()))).collect()
}
