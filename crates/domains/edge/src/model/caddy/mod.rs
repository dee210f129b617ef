//! From the wanted state to the document of an external Caddy (edge spec E1). Pure: the same state gives the same
//! document. What a build of Caddy cannot do is left out and said in words, never dropped silently.

mod firewall;
mod issuance;
mod pool;
mod routing;
mod site;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::delivery::Delivery;
use super::desired::Desired;
use super::dns_provider::Credentials;
use super::host::{Host, HostSpec, TlsMode};
use super::rule::Rule;
use super::security::{CustomRule, Exclusion, Security};

/// Modules that stock builds do not have. Without one, what needs it is left out with a warning.
const RATE_LIMIT: &str = "http.handlers.rate_limit";
const FIREWALL: &str = "http.handlers.waf";
const CROWDSEC: [&str; 2] = ["crowdsec", "http.handlers.crowdsec"];
const APPSEC: &str = "http.handlers.appsec";
const PROXY_PROTOCOL: &str = "caddy.listeners.proxy_protocol";
/// Seconds between two looks of Caddy at CrowdSec.
const TICKER: &str = "15s";
const APPSEC_BODY_BYTES: u32 = 524_288;

/// Names of what Caddy appends to lines of the access log.
pub(crate) const LOG_SITE: &str = "argos_site";
pub(crate) const LOG_RULE: &str = "argos_rule";
pub(crate) const LOG_UPSTREAM: &str = "argos_upstream";
pub(crate) const LOG_OUTCOME: &str = "argos_outcome";
/// The firewall was asked; the second only when it let the request pass.
pub(crate) const LOG_INSPECTED: &str = "argos_inspected";
pub(crate) const LOG_PASSED: &str = "argos_passed";
/// Values of the last one.
pub(crate) const NOT_ADMITTED: &str = "not_admitted";
pub(crate) const NOT_SIGNED_IN: &str = "not_signed_in";
pub(crate) const ANSWERED: &str = "answered";

/// Where Caddy asks about decisions.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrowdSecAt {
    pub(crate) url: String,
    pub(crate) streaming: bool,
    /// The listener of the firewall of the wanted mode; `None` = off.
    pub(crate) appsec_url: Option<String>,
    pub(crate) fail_open: bool,
}

/// What the document needs beside the wanted state.
pub(crate) struct Around<'a> {
    pub(crate) admin_listen: String,
    /// Addresses as Caddy writes them, and the port of each kind.
    pub(crate) listen: Vec<String>,
    pub(crate) http_port: Option<u16>,
    pub(crate) https_port: Option<u16>,
    pub(crate) trusted: Vec<String>,
    /// Whose connections begin with a PROXY header, as ranges: Caddy takes no bare address here.
    pub(crate) balancers: Vec<String>,
    pub(crate) lan: Vec<String>,
    /// Where Caddy reaches Argos, `host:port`.
    pub(crate) panel_upstream: String,
    /// The name of Argos itself, when that is a site too.
    pub(crate) panel: Option<String>,
    pub(crate) access_log: String,
    pub(crate) errors_log: String,
    pub(crate) firewall_log: String,
    /// Uploaded certificates, as Caddy sees the directory.
    pub(crate) manual_dir: String,
    /// Sites whose uploaded certificate is there.
    pub(crate) manual: BTreeSet<i64>,
    /// The directory of the authority of a site.
    pub(crate) authority: &'a dyn Fn(&HostSpec) -> String,
    /// Opened credentials of the providers that are on.
    pub(crate) providers: &'a BTreeMap<String, Credentials>,
    pub(crate) crowdsec: Option<CrowdSecAt>,
    /// Modules that this Caddy is known not to have.
    pub(crate) missing: &'a BTreeSet<String>,
    pub(crate) exclusions: &'a [Exclusion],
    pub(crate) custom_rules: &'a [CustomRule],
}

impl Around<'_> {
    fn has(&self, module: &str) -> bool {
        !self.missing.contains(module)
    }

    fn has_crowdsec(&self) -> bool {
        CROWDSEC.iter().all(|module| self.has(module))
    }
}

/// Whether the document can do without a module.
pub(crate) fn is_optional(module: &str) -> bool {
    [RATE_LIMIT, FIREWALL, APPSEC, PROXY_PROTOCOL].contains(&module) || CROWDSEC.contains(&module) || module.starts_with("dns.providers.")
}

/// The document, and what was left out of it in words.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) json: Value,
    pub(crate) warnings: Vec<String>,
}

/// A text in which Caddy shall find no placeholder.
fn literal(text: &str) -> String {
    // Without an opening brace Caddy does not look at escapes either.
    if text.contains('{') { text.replace('{', "\\{").replace('}', "\\}") } else { text.to_owned() }
}

pub(crate) fn generate(desired: &Desired, around: &Around<'_>) -> Document {
    let mut warnings = Vec::new();
    let mut rules: HashMap<i64, Vec<&Rule>> = HashMap::new();
    for rule in desired.rules.iter().filter(|r| r.enabled) {
        rules.entry(rule.host_id).or_default().push(rule);
    }
    let security: HashMap<i64, &Security> = desired.security.iter().map(|(id, s)| (*id, s)).collect();
    let delivery: HashMap<i64, &Delivery> = desired.delivery.iter().map(|(id, d)| (*id, d)).collect();
    let mut sites: Vec<&Host> = desired.live_hosts().collect();
    // Caddy takes the first route that fits, and a wildcard fits names that have a site of their own.
    sites.sort_by_key(|h| (h.domain.starts_with("*."), h.domain.clone()));

    let (named_routes, filled) = pool::named_routes(desired, &mut warnings);
    let (mut routes, mut errors) = (Vec::new(), Vec::new());
    for host in &sites {
        let mut own = rules.remove(&host.id).unwrap_or_default();
        own.sort_by_key(|rule| rule.priority);
        let site = site::Site {
            host,
            rules: &own,
            security: security.get(&host.id).copied(),
            delivery: delivery.get(&host.id).copied(),
            filled: &filled,
            around,
        };
        site.write(&mut routes, &mut errors, &mut warnings);
    }
    // Caddy answers an unknown name with an empty 200.
    routes.push(json!({ "handle": [{ "handler": "static_response", "status_code": 404 }] }));
    if around.crowdsec.is_some() && !around.has_crowdsec() && !sites.is_empty() {
        warnings.push("bans are not enforced: this build of Caddy has no module crowdsec".to_owned());
    }

    let mut server = Map::new();
    server.insert("listen".to_owned(), json!(around.listen));
    server.insert("routes".to_owned(), json!(routes));
    server.insert("named_routes".to_owned(), Value::Object(named_routes));
    server.insert("logs".to_owned(), json!({}));
    server.insert("client_ip_headers".to_owned(), json!(["X-Forwarded-For"]));
    if !around.trusted.is_empty() {
        server.insert("trusted_proxies".to_owned(), json!({ "source": "static", "ranges": around.trusted }));
        server.insert("trusted_proxies_strict".to_owned(), json!(1));
    }
    if !around.balancers.is_empty() && around.has(PROXY_PROTOCOL) {
        // Before TLS: the header comes first.
        let wrappers = json!([{ "wrapper": "proxy_protocol", "allow": around.balancers }, { "wrapper": "tls" }]);
        server.insert("listener_wrappers".to_owned(), wrappers);
    } else if !around.balancers.is_empty() {
        warnings.push(format!("PROXY headers are not read: this build of Caddy has no module {PROXY_PROTOCOL}"));
    }
    if !errors.is_empty() {
        server.insert("errors".to_owned(), json!({ "routes": errors }));
    }
    // Said aloud, or the port for TLS would speak plain HTTP until the first certificate is wanted.
    server.insert("tls_connection_policies".to_owned(), json!([{}]));
    let tls = issuance::tls(&sites, around, &mut warnings);
    let mut skip: Vec<&str> = sites.iter().filter(|h| h.spec.tls_mode == TlsMode::None).map(|h| h.domain.as_str()).collect();
    skip.extend(tls.without_certificate.iter().map(String::as_str));
    server.insert("automatic_https".to_owned(), json!({ "disable_redirects": true, "skip": skip }));

    let mut http = json!({ "servers": { "main": server } });
    for (name, port) in [("http_port", around.http_port), ("https_port", around.https_port)] {
        if let Some(port) = port {
            http[name] = json!(port);
        }
    }
    let mut apps = json!({ "http": http, "tls": tls.app });
    if let Some(at) = around.crowdsec.as_ref().filter(|_| around.has_crowdsec()) {
        apps["crowdsec"] = crowdsec(at, around.has(APPSEC));
    }
    Document { json: json!({ "admin": { "listen": around.admin_listen }, "logging": logging(around), "apps": apps }), warnings }
}

fn crowdsec(at: &CrowdSecAt, has_appsec: bool) -> Value {
    let mut app = json!({
        "api_url": at.url, "api_key": "{env.CROWDSEC_BOUNCER_API_KEY}", "ticker_interval": TICKER, "enable_streaming": at.streaming,
    });
    if let Some(url) = at.appsec_url.as_ref().filter(|_| has_appsec) {
        app["appsec_url"] = json!(url);
        app["appsec_max_body_bytes"] = json!(APPSEC_BODY_BYTES);
        app["appsec_fail_open"] = json!(at.fail_open);
    }
    app
}

fn logging(around: &Around<'_>) -> Value {
    // Compressed parts could not be read on after a pause, and their number says nothing about them.
    let file = |name: &str| {
        json!({ "output": "file", "filename": name, "mode": "0644", "roll": true, "roll_size_mb": 100, "roll_keep": 5, "roll_keep_days": 7,
            "roll_gzip": false })
    };
    const ACCESS: &str = "http.log.access";
    json!({ "logs": {
        "default": { "writer": { "output": "stdout" }, "encoder": { "format": "console" }, "exclude": [ACCESS] },
        "access_file": { "writer": file(&around.access_log), "encoder": { "format": "json" }, "include": [ACCESS] },
        "errors_file": { "writer": file(&around.errors_log), "encoder": { "format": "json" }, "level": "INFO", "exclude": [ACCESS] },
    } })
}
