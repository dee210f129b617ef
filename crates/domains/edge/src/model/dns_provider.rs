//! Who can write records of the DNS for us, and what each of them needs to know. A catalogue: one more row is one more
//! provider in forms and checks.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result};

/// Keeps what is stored.
pub(crate) const UNCHANGED: &str = "__UNCHANGED__";
/// Stands in an exported document for a secret that it does not carry.
const REDACTED: &str = "__REDACTED__";
const VALUE_MAX: usize = 4096;

/// Credentials of a provider, by field.
pub(crate) type Credentials = BTreeMap<String, String>;

/// A provider.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) name: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) fields: &'static [Field],
    pub(crate) caddy_module: &'static str,
    pub(crate) docs_url: Option<&'static str>,
}

/// Something a provider needs to know.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    pub(crate) required: bool,
    pub(crate) secret: bool,
    pub(crate) placeholder: Option<&'static str>,
}

const fn open(key: &'static str, label: &'static str, required: bool, placeholder: Option<&'static str>) -> Field {
    Field { key, label, required, secret: false, placeholder }
}

const fn secret(key: &'static str, label: &'static str) -> Field {
    Field { key, label, required: true, secret: true, placeholder: None }
}

pub(crate) const CATALOGUE: &[Provider] = &[
    Provider {
        name: "cloudflare",
        display_name: "Cloudflare",
        fields: &[
            secret("api_token", "API token (Zone: DNS: Edit)"),
            open("api_url", "API address", false, Some(crate::certificates::dns::CLOUDFLARE)),
        ],
        caddy_module: "dns.providers.cloudflare",
        docs_url: Some("https://developers.cloudflare.com/fundamentals/api/get-started/create-token/"),
    },
    Provider {
        name: "route53",
        display_name: "Amazon Route 53",
        fields: &[
            open("access_key_id", "Access key ID", true, Some("AKIA...")),
            secret("secret_access_key", "Secret access key"),
            open("region", "Region", false, Some("us-east-1")),
            open("api_url", "API address", false, Some(crate::certificates::dns::ROUTE53)),
        ],
        caddy_module: "dns.providers.route53",
        docs_url: Some("https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/access-control-overview.html"),
    },
    Provider {
        name: "rfc2136",
        display_name: "Own name server (RFC 2136)",
        fields: &[
            open("server", "Name server", true, Some("ns1.example.org:53")),
            open("key_name", "Key name", true, Some("argos-update")),
            secret("key_secret", "Key secret (base64)"),
            open("key_algorithm", "Key algorithm", false, Some("hmac-sha256")),
            open("zone", "Zone, when it is not found by itself", false, Some("example.org")),
        ],
        caddy_module: "dns.providers.rfc2136",
        docs_url: None,
    },
    Provider {
        name: "exec",
        display_name: "Own program",
        fields: &[open("program", "Program in the directory dns-hooks of the data directory", true, Some("update-dns"))],
        caddy_module: "",
        docs_url: None,
    },
];

/// A provider of the catalogue.
pub(crate) fn find(name: &str) -> Option<&'static Provider> {
    CATALOGUE.iter().find(|provider| provider.name == name)
}

impl Provider {
    /// What is stored after an import: `given` over `base`; all of `base` when nothing is given. `None` = a secret is in
    /// neither.
    pub(crate) fn import(&self, given: &Credentials, base: Option<&Credentials>) -> Result<Option<Credentials>> {
        if given.is_empty() {
            return Ok(base.cloned());
        }
        let is_masked = |value: &str| value == REDACTED || value == UNCHANGED;
        if given.iter().any(|(key, value)| is_masked(value) && base.is_none_or(|base| !base.contains_key(key))) {
            return Ok(None);
        }
        let masked = |value: &String| if is_masked(value) { UNCHANGED.to_owned() } else { value.clone() };
        let given = given.iter().map(|(key, value)| (key.clone(), masked(value))).collect();
        self.merge(&given, base.unwrap_or(&Credentials::new())).map(Some)
    }

    /// What is stored after a change: `given` over `before`.
    pub(crate) fn merge(&self, given: &Credentials, before: &Credentials) -> Result<Credentials> {
        let bad = |key: &str, text: String| AppError::bad_request(text).code("invalid_field").with("field", format!("credentials.{key}"));
        if let Some(key) = given.keys().find(|key| !self.fields.iter().any(|field| field.key == key.as_str())) {
            return Err(bad(key, format!("{key} is no field of the DNS provider {}", self.name)));
        }
        let mut kept = Credentials::new();
        for field in self.fields {
            let value = match given.get(field.key).map(|value| value.trim()) {
                Some(UNCHANGED) => before.get(field.key).map(String::as_str),
                value => value,
            };
            let value = value.unwrap_or_default();
            if value.len() > VALUE_MAX || value.chars().any(char::is_control) {
                return Err(bad(field.key, format!("{} must be one line of at most {VALUE_MAX} bytes", field.key)));
            }
            if field.required && value.is_empty() {
                return Err(bad(field.key, format!("{} is required", field.key)));
            }
            if !value.is_empty() {
                kept.insert(field.key.to_owned(), value.to_owned());
            }
        }
        if let Some(program) = kept.get("program").filter(|p| p.contains('/') || p.starts_with('.')) {
            return Err(bad("program", format!("{program} must be the name of a file, without a directory")));
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Credentials {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn import_takes_secrets_from_what_is_known_or_does_without_the_provider() {
        let cloudflare = find("cloudflare").unwrap();
        let (masked, known) = (values(&[("api_token", REDACTED), ("api_url", "https://a")]), values(&[("api_token", "t1")]));
        assert_eq!(cloudflare.import(&masked, None).unwrap(), None);
        let both = values(&[("api_token", "t1"), ("api_url", "https://a")]);
        assert_eq!(cloudflare.import(&masked, Some(&known)).unwrap(), Some(both));
        assert_eq!(cloudflare.import(&values(&[("api_token", "t2")]), Some(&known)).unwrap(), Some(values(&[("api_token", "t2")])));
        assert_eq!(cloudflare.import(&Credentials::new(), Some(&known)).unwrap(), Some(known));
        assert!(cloudflare.import(&values(&[("token", "x")]), None).is_err(), "no field of it");
    }

    #[test]
    fn unchanged_keeps_and_missing_is_refused() {
        let route53 = find("route53").unwrap();
        let before = values(&[("access_key_id", "AKIA1"), ("secret_access_key", "s1"), ("region", "eu-west-1")]);
        let kept = route53.merge(&values(&[("access_key_id", " AKIA2 "), ("secret_access_key", UNCHANGED)]), &before).unwrap();
        assert_eq!(kept, values(&[("access_key_id", "AKIA2"), ("secret_access_key", "s1")]));
        for (given, field) in [
            (values(&[("access_key_id", "x")]), "credentials.secret_access_key"),
            (values(&[("access_key_id", "x"), ("secret_access_key", UNCHANGED)]), "credentials.secret_access_key"),
            (values(&[("token", "x")]), "credentials.token"),
        ] {
            assert_eq!(route53.merge(&given, &Credentials::new()).unwrap_err().extra()["field"], field);
        }
        assert!(find("exec").unwrap().merge(&values(&[("program", "../sh")]), &Credentials::new()).is_err());
        assert!(find("nobody").is_none());
    }
}
