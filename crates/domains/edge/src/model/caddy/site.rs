//! One site: the redirect to https, who may come, what is inspected, who asks, and then its rules and its pool.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::routing::{answer, append};
use super::{
    APPSEC, Around, FIREWALL, LOG_INSPECTED, LOG_OUTCOME, LOG_PASSED, LOG_SITE, LOG_UPSTREAM, NOT_ADMITTED, NOT_SIGNED_IN, RATE_LIMIT,
    firewall, pool, routing,
};
use crate::model::compile::{AUTH_JSON, IDENTITY_HEADERS, LAN_REFUSAL, RESERVED_COOKIES};
use crate::model::delivery::Delivery;
use crate::model::host::{Host, TlsMode};
use crate::model::rule::Rule;
use crate::model::security::Security;

pub(super) struct Site<'a> {
    pub(super) host: &'a Host,
    /// By priority.
    pub(super) rules: &'a [&'a Rule],
    pub(super) security: Option<&'a Security>,
    pub(super) delivery: Option<&'a Delivery>,
    /// Pools with an enabled target.
    pub(super) filled: &'a HashSet<i64>,
    pub(super) around: &'a Around<'a>,
}

impl Site<'_> {
    fn domain(&self) -> &str {
        &self.host.domain
    }

    pub(super) fn write(&self, routes: &mut Vec<Value>, errors: &mut Vec<Value>, warnings: &mut Vec<String>) {
        // Without a port for TLS the redirect would lead nowhere.
        if self.host.spec.tls_mode != TlsMode::None && self.around.https_port.is_some() {
            let to = json!({ "handler": "static_response", "status_code": 308,
                "headers": { "Location": ["https://{http.request.host}{http.request.uri}"] } });
            let handle = [append(LOG_SITE, self.host.id.to_string()), append(LOG_OUTCOME, super::ANSWERED), to];
            routes.push(json!({ "match": [{ "host": [self.domain()], "protocol": "http" }], "handle": handle, "terminal": true }));
        }
        let mut handle = vec![append(LOG_SITE, self.host.id.to_string()), append(LOG_UPSTREAM, "{http.reverse_proxy.upstream.hostport}")];
        self.guard(&mut handle, errors, warnings);
        self.ask(&mut handle);
        self.deliver(&mut handle, errors, warnings);
        handle.push(json!({ "handler": "subroute", "routes": self.routing(warnings) }));
        routes.push(json!({ "match": [{ "host": [self.domain()] }], "handle": handle, "terminal": true }));
    }

    /// Bans, the network gate, the rate limit and the firewall.
    fn guard(&self, handle: &mut Vec<Value>, errors: &mut Vec<Value>, warnings: &mut Vec<String>) {
        let (around, domain) = (self.around, self.domain());
        if let Some(at) = around.crowdsec.as_ref().filter(|_| around.has_crowdsec()) {
            handle.push(json!({ "handler": "crowdsec" }));
            // What people tell Argos itself, passwords and keys, is told to nobody else.
            let is_panel = around.panel.as_deref() == Some(domain);
            let is_exempt = is_panel || self.security.is_some_and(|security| security.appsec_exempt);
            if at.appsec_url.is_some() && around.has(APPSEC) && !is_exempt {
                handle.push(json!({ "handler": "appsec" }));
            }
        }
        let names: Vec<String> = IDENTITY_HEADERS.iter().map(|name| canonical(name)).collect();
        handle.push(json!({ "handler": "headers", "request": { "delete": names } }));
        if self.host.spec.lan_only {
            let refusal = [append(LOG_OUTCOME, NOT_ADMITTED), self.refusal(403, LAN_REFUSAL)];
            let gate = json!({ "match": [{ "not": [{ "client_ip": { "ranges": around.lan } }] }], "handle": refusal, "terminal": true });
            handle.push(json!({ "handler": "subroute", "routes": [gate] }));
        }
        let Some(security) = self.security else { return };
        if security.rate_limit_enabled {
            if around.has(RATE_LIMIT) {
                handle.push(self.rate_limit(security));
                if security.rate_limit_status != 429 {
                    errors.push(self.on_error(429, &self.refusal(status(security.rate_limit_status, 429), "")));
                }
            } else {
                warnings.push(format!("{domain}: its rate limit does not act, this build of Caddy has no module {RATE_LIMIT}"));
            }
        }
        if security.waf_enabled {
            if around.has(FIREWALL) {
                let text = firewall::directives(self.host.id, security, around);
                // Both stand in the line of the access log when it let the request pass; the first says how it refuses.
                let refuses_with = status(security.waf_block_status, 403).to_string();
                let inspect = json!({ "handler": "waf", "directives": text });
                handle.extend([append(LOG_INSPECTED, refuses_with), inspect, append(LOG_PASSED, "1")]);
                if security.waf_block_status != 403 || !security.waf_block_body.is_empty() {
                    let refusal = self.refusal(status(security.waf_block_status, 403), &security.waf_block_body);
                    errors.push(self.on_error(403, &refusal));
                }
            } else {
                warnings.push(format!("{domain}: its firewall inspects nothing, this build of Caddy has no module {FIREWALL}"));
            }
        }
    }

    /// Who comes: asked of Argos, told to the backend. The session itself stays here.
    fn ask(&self, handle: &mut Vec<Value>) {
        if self.host.spec.auth_required {
            handle.push(self.forward_auth());
        }
        if self.around.panel.as_deref() != Some(self.domain()) {
            let cookies = RESERVED_COOKIES.map(|name| {
                let first = json!({ "search_regexp": format!("^({name}=[^;]*(; ?|$))+"), "replace": "" });
                [first, json!({ "search_regexp": format!("; ?{name}=[^;]*"), "replace": "" })]
            });
            handle.push(json!({ "handler": "headers", "request": { "replace": { "Cookie": cookies.concat() } } }));
        }
    }

    fn forward_auth(&self) -> Value {
        // A header that Argos does not send would reach the backend as the text of its placeholder.
        let told = IDENTITY_HEADERS.iter().map(|name| {
            let name = canonical(name);
            let placeholder = format!("{{http.reverse_proxy.header.{name}}}");
            let set = json!({ "handler": "headers", "request": { "set": { &name: [&placeholder] } } });
            json!({ "match": [{ "not": [{ "vars": { placeholder: [""] } }] }], "handle": [set] })
        });
        let passes = json!({ "match": { "status_code": [2] }, "routes": told.collect::<Vec<_>>() });
        // Everything else is the answer of Argos, as it came.
        let refused = json!({ "routes": [{ "handle": [append(LOG_OUTCOME, NOT_SIGNED_IN), { "handler": "copy_response" }] }] });
        // Also to nothing: what a client says in it never counts.
        let is_json = if self.host.spec.auth_json { "1" } else { "" };
        json!({
            "handler": "reverse_proxy",
            "upstreams": [{ "dial": self.around.panel_upstream }],
            "rewrite": { "method": "GET", "uri": "/api/auth/forward" },
            "headers": { "request": { "set": {
                "X-Forwarded-Method": ["{http.request.method}"],
                "X-Forwarded-Uri": ["{http.request.uri}"],
                "X-Forwarded-Host": ["{http.request.hostport}"],
                "X-Forwarded-Proto": ["{http.request.scheme}"],
                (canonical(AUTH_JSON)): [is_json],
            } } },
            "handle_response": [passes, refused],
        })
    }

    fn rate_limit(&self, security: &Security) -> Value {
        let key = match security.rate_limit_key.as_str() {
            "header" => format!("{{http.request.header.{}}}", security.rate_limit_header_name),
            "global" => "global".to_owned(),
            _ => "{http.vars.client_ip}".to_owned(),
        };
        let zone = json!({
            "key": key, "window": format!("{}s", security.rate_limit_window_seconds), "max_events": security.rate_limit_requests,
        });
        json!({ "handler": "rate_limit", "rate_limits": { format!("rl_host_{}", self.host.id): zone } })
    }

    /// An answer of the proxy itself: the page that was set up for this status, else the text.
    fn refusal(&self, status: u16, text: &str) -> Value {
        let page = self.delivery.and_then(|d| d.error_pages.iter().find(|page| page.status == status));
        page.map_or_else(|| answer(status, "", text), |page| answer(status, &page.content_type, &page.body))
    }

    fn on_error(&self, status: u16, handle: &Value) -> Value {
        let fits = json!({ "host": [self.domain()], "vars": { "{http.error.status_code}": [status.to_string()] } });
        json!({ "match": [fits], "handle": [handle], "terminal": true })
    }

    fn deliver(&self, handle: &mut Vec<Value>, errors: &mut Vec<Value>, warnings: &mut Vec<String>) {
        let Some(delivery) = self.delivery else { return };
        if delivery.hsts_max_age_seconds > 0 {
            let below = if delivery.hsts_include_subdomains { "; includeSubDomains" } else { "" };
            let value = format!("max-age={}{below}", delivery.hsts_max_age_seconds);
            let set = json!({ "handler": "headers", "response": { "deferred": true, "set": { "Strict-Transport-Security": [value] } } });
            handle.push(json!({ "handler": "subroute", "routes": [{ "match": [{ "protocol": "https" }], "handle": [set] }] }));
        }
        if delivery.compression {
            handle.push(json!({ "handler": "encode", "encodings": { "gzip": {} }, "prefer": ["gzip"] }));
        }
        if delivery.request_body_bytes_max > 0 {
            handle.push(json!({ "handler": "request_body", "max_size": delivery.request_body_bytes_max }));
        }
        if delivery.requests_at_once_max > 0 {
            warnings.push(format!("{}: Caddy does not count requests in progress, that limit does not act", self.domain()));
        }
        if delivery.request_header_bytes_max > 0 {
            warnings.push(format!("{}: Caddy limits headers for all sites together, that limit does not act", self.domain()));
        }
        if delivery.idle_timeout_seconds > 0 {
            let why = "Caddy knows no longest silence that leaves WebSockets alone, that time does not act";
            warnings.push(format!("{}: {why}", self.domain()));
        }
        if delivery.response_timeout_seconds > 0 && delivery.tries_max != 1 {
            let why = "Caddy asks another target again for a GET whose time for an answer ran out";
            warnings.push(format!("{}: {why}", self.domain()));
        }
        for page in &delivery.error_pages {
            errors.push(self.on_error(page.status, &answer(page.status, &page.content_type, &page.body)));
        }
    }

    fn routing(&self, warnings: &mut Vec<String>) -> Vec<Value> {
        let domain = self.domain();
        let pool_id = self.host.target_group_id;
        let default = if self.filled.contains(&pool_id) {
            json!({ "handler": "invoke", "name": pool::name_for(pool_id, self.host.id, self.delivery) })
        } else {
            warnings.push(format!("{domain}: its pool has no enabled target, requests are answered with 503"));
            self.refusal(503, "no backend available\n")
        };
        let mut routes = Vec::new();
        for rule in self.rules {
            let name = if rule.name.is_empty() { format!("rule {}", rule.priority) } else { rule.name.clone() };
            if rule.requests_at_once_max > 0 {
                warnings.push(format!("{domain}: Caddy does not count requests in progress, the limit of {name} does not act"));
            }
            match rule.action.group() {
                Some(group) if !self.filled.contains(&group) => {
                    warnings.push(format!("{domain}: {name} is left out, its pool has no enabled target"));
                }
                group => {
                    let pool = group.map(|id| pool::name_for(id, self.host.id, self.delivery)).unwrap_or_default();
                    routes.push(routing::route(rule, &pool, &default));
                }
            }
        }
        routes.push(json!({ "handle": [default] }));
        routes
    }
}

fn status(n: i64, default: u16) -> u16 {
    u16::try_from(n).unwrap_or(default)
}

/// As Go writes names of headers.
fn canonical(name: &str) -> String {
    let part = |p: &str| p.chars().enumerate().map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c }).collect::<String>();
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}
