//! The rules of the table, key by key and with any text.

use super::*;
use crate::registry;
use proptest::prelude::*;

fn check(key: &str, value: Value) -> Result<Value, String> {
    let spec = registry().find(key).unwrap();
    spec.rule.check(spec, value)
}

#[test]
fn bounds_lengths_and_words_are_enforced() {
    assert_eq!(check("metrics.raw_days", json!(90)), Ok(json!(90)));
    assert_eq!(check("metrics.raw_days", json!(91)), Err("must be between 1 and 90".to_owned()));
    assert_eq!(check("metrics.raw_days", json!(1.5)), Err("must be a whole number".to_owned()));
    assert_eq!(check("metrics.raw_days", json!(3.0)), Ok(json!(3)));
    assert_eq!(check("power.max_rows", json!(-1)), Err("must be at least 0".to_owned()));
    assert_eq!(check("node_offline_threshold_secs", json!(4)), Err("must be between 5 and 3600".to_owned()));
    assert_eq!(check("llm.temperature", json!(2.1)), Err("must be between 0 and 2".to_owned()));
    assert_eq!(check("api_key", json!("short")), Err("must be at least 32 characters".to_owned()));
    assert_eq!(check("auth.totp_issuer", json!("x".repeat(65))), Err("must be 1 to 64 characters".to_owned()));
    assert_eq!(check("auth.totp_issuer", json!("")), Err("must be 1 to 64 characters".to_owned()));
    assert_eq!(check("smtp.security", json!("TLS")), Ok(json!("tls")));
    assert_eq!(check("smtp.security", json!("ssl")), Err("must be one of starttls, tls, none".to_owned()));
    assert_eq!(check("power.snmp.v3_auth_protocol", json!("sha256")), Ok(json!("SHA256")));
    assert_eq!(check("power.enabled_exporters", json!(["csv", "csv"])), Ok(json!(["csv"])));
    assert!(check("power.enabled_exporters", json!(["x"])).is_err());
    assert_eq!(check("power.currency", json!("eur")), Ok(json!("EUR")));
}

#[test]
fn urls_obey_the_scheme_of_their_key() {
    assert!(check("http.public_url", json!("https://argos.example.com")).is_ok());
    assert!(check("http.public_url", json!("https://argos.example.com/x")).is_err());
    assert!(check("ldap.url", json!("ldaps://dc.example.com")).is_ok());
    assert!(check("ldap.url", json!("https://dc.example.com")).is_err());
    assert!(check("ai.base_url.openai", json!("http://127.0.0.1:9")).is_ok());
    assert!(check("ai.base_url.openai", json!("http://example.com")).is_err());
    assert!(check("acme.ca_url", json!("")).is_ok());
    assert!(check("acme.ca_url", json!("http://ca.test")).is_err());
    assert!(check("ops.plexUrl", json!("javascript:alert(1)")).is_err());
    assert!(check("database.url", json!("postgres://u:p@h/db")).is_ok());
}

#[test]
fn lists_addresses_zones_and_schedules_are_parsed() {
    assert_eq!(check("auth.ip_allowlist", json!(["10.0.0.0/8", " ::1 "])), Ok(json!(["10.0.0.0/8", "::1"])));
    assert_eq!(check("auth.ip_allowlist", json!(["10.0.0.0/8", "nope"])), Err("entry 2 is not an address or range".to_owned()));
    assert!(check("http.cors_origins", json!(["*"])).is_err());
    assert_eq!(check("http.cors_origins", json!(["https://App.example.com/"])), Ok(json!(["https://app.example.com"])));
    assert_eq!(check("oidc.allowed_domains", json!(["Example.COM"])), Ok(json!(["example.com"])));
    assert!(check("net.outbound_allow", json!(["a.lan:80", "10.0.0.0/8", "::1", "[::1]:80"])).is_ok());
    assert!(check("net.outbound_allow", json!(["http://x"])).is_err());
    assert!(check("backup.schedule", json!("*/5 * * * *")).is_ok());
    assert!(check("backup.schedule", json!("0 0 0 * * *")).is_err());
    assert!(check("backup.schedule", json!("61 * * * *")).is_err());
    assert_eq!(check("system.timezone", json!(":Europe/Berlin")), Ok(json!("Europe/Berlin")));
    assert!(check("system.timezone", json!("Mars/Olympus")).is_err());
    assert_eq!(check("https.listen", json!("8443")), Ok(json!(":8443")));
    assert_eq!(check("https.listen", json!("OFF")), Ok(json!("off")));
    assert!(check("http.listen", json!("off")).is_err());
    assert!(check("http.listen", json!("[::]:0")).is_ok());
    assert!(check("http.listen", json!("0.0.0.0:70000")).is_err());
    assert!(check("ops.wanTestIp", json!("8.8.8")).is_err());
}

#[test]
fn values_of_another_type_are_refused() {
    for (key, value) in [
        ("terminal.enabled", json!("yes")),
        ("jobs.max", json!("3")),
        ("smtp.host", json!(3)),
        ("social.providers", json!([])),
        ("ops.customActions", json!({})),
        ("oidc.allowed_emails", json!("a@b")),
        ("social.providers", json!({"$sealed": "v1:x:y"})),
    ] {
        assert!(check(key, value.clone()).is_err(), "{key} {value}");
    }
}

/// Every rule in the table is either enforced above or one of these remarks; a new one has to be looked at.
#[test]
fn every_rule_of_the_table_is_enforced_or_known_as_a_remark() {
    const REMARKS: [&str; 35] = [
        "",
        "created 0700",
        "as edge.http_listen",
        "extra listener, whole router",
        "host:port, port 0 = pick",
        "off when only --listen is given",
        "off when --listen is given without it; bound when the first enabled host exists",
        "all R keys become V",
        "demo commands need it",
        "documented v1 default was true",
        "http and loopback targets",
        "needs issuer and client",
        "notify class",
        "14",
        "ws://localhost:8765",
        "agents, nodes exempt",
        "required for behind_caddy",
        "names readable by env data sources",
        "event type -> severity",
        "google/facebook/github/microsoft {clientId,clientSecret*}",
        "group DN -> role",
        "s3/sftp",
        "TOML/YAML",
        "embedded set when absent",
        "environment only",
        "file",
        "informational",
        "lines name:token:scopes",
        "mode 0600",
        "none = self-signed ECDSA P-256, 825 d",
        "a>b,b>c",
        "osIp/bmcIp,...",
        "seeds the DNS provider once",
        "engine caddy",
        "every connection from there begins with a PROXY header",
    ];
    const ENFORCED: [&str; 19] = [
        "5 fields",
        "IANA",
        "never *",
        "lower-case",
        "https issuers",
        "host, CIDR, host:port",
        "ISO 4217",
        "non-empty",
        "http(s), no path",
        "https or loopback",
        "\"\" or https",
        "\"\" = off",
        "ldap(s)://",
        "mqtt(s)://",
        "sqlite path or postgres://",
        "accepted, unused",
        "one channel at first start",
        "first start only",
        "discovery must answer",
    ];
    // Said by the key's own routes or readers.
    const ELSEWHERE: [&str; 5] =
        ["openid always in", "leading dots stripped", "never settable by API", "empty = keep", "\"\" out and = keep in"];
    for spec in registry().specs() {
        let text = spec.rule_text;
        let known = REMARKS.contains(&text) || ENFORCED.contains(&text) || ELSEWHERE.contains(&text) || text.starts_with("view of ");
        let bounded = spec.rule.min.is_some() || spec.rule.chars_min > 0 || !spec.rule.words.is_empty();
        assert!(known || bounded, "{}: {text}", spec.key);
    }
}

proptest! {
    #[test]
    fn any_text_is_judged_without_a_panic_and_what_passes_passes_again(index in 0_usize..469, text in "\\PC{0,60}") {
        let spec = &registry().specs()[index];
        for value in [json!(text), json!([text.clone()]), json!({ "k": text })] {
            if let Ok(clean) = spec.rule.check(spec, value) {
                prop_assert_eq!(spec.rule.check(spec, clean.clone()), Ok(clean));
            }
        }
    }
}
