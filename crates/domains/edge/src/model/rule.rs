//! Routing rules of a site: conditions that must all hold, and what then happens.

use std::net::IpAddr;

use argos_kernel::{Result, Timestamp};
use argos_proxy::Prefix;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bad;
use super::name::covers;

pub(crate) const PRIORITY_MAX: i64 = 50_000;
const NAME_MAX: usize = 255;
const MATCHERS_MAX: usize = 50;
const REQUESTS_MAX: i64 = 1_000_000;
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "config", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Action {
    Forward {
        target_group_id: i64,
    },
    Redirect {
        status_code: u16,
        target: String,
        #[serde(default)]
        strip_query: bool,
    },
    FixedResponse {
        status_code: u16,
        #[serde(default)]
        body: String,
        #[serde(default)]
        content_type: String,
    },
    Block {},
    Rewrite {
        #[serde(default)]
        path: String,
        #[serde(default)]
        strip_prefix: String,
        #[serde(default)]
        query: String,
    },
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "config", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Matcher {
    Path {
        patterns: Vec<String>,
    },
    PathExact {
        values: Vec<String>,
    },
    Method {
        methods: Vec<String>,
    },
    Header {
        name: String,
        value: String,
        #[serde(default)]
        mode: HeaderMode,
    },
    Query {
        name: String,
        #[serde(default)]
        value: String,
    },
    RemoteIp {
        ranges: Vec<String>,
        #[serde(default)]
        negate: bool,
    },
    HostHeader {
        values: Vec<String>,
    },
}

/// How a header's value is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HeaderMode {
    #[default]
    Exact,
    Regex,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: i64,
    pub(crate) host_id: i64,
    pub(crate) priority: i64,
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) action: Action,
    pub(crate) matchers: Vec<Matcher>,
    /// Of its requests in progress at one time; 0 = any number.
    #[serde(default)]
    pub(crate) requests_at_once_max: i64,
    #[serde(skip)]
    pub(crate) created_at: Timestamp,
    #[serde(skip)]
    pub(crate) updated_at: Timestamp,
}

/// A rule as asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleBody {
    #[serde(default)]
    pub(crate) priority: Option<i64>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
    #[schemars(with = "Action")]
    action: Value,
    #[schemars(with = "Vec<Matcher>")]
    matchers: Vec<Value>,
    /// Requests of this rule in progress at one time, 0 to 1000000; 0 or nothing = any number. More are answered with 503.
    #[serde(default)]
    requests_at_once_max: Option<i64>,
}

/// A rule that may be stored.
#[derive(Clone, Debug)]
pub(crate) struct RuleSpec {
    pub(crate) name: String,
    pub(crate) action: Action,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) requests_at_once_max: i64,
}

/// `{type,config}` with a missing or empty configuration filled in.
fn typed<T: serde::de::DeserializeOwned>(field: &str, mut value: Value) -> Result<T> {
    if let Some(object) = value.as_object_mut()
        && object.get("config").is_none_or(Value::is_null)
    {
        object.insert("config".to_owned(), json!({}));
    }
    serde_json::from_value(value).map_err(|e| {
        let text = e.to_string();
        bad(field, format!("{field}: {}", text.split(" at line ").next().unwrap_or_default()))
    })
}

impl RuleBody {
    /// The rule for a site of this domain, judged. Whether its pool exists is the store's to say.
    pub(crate) fn spec(self, domain: &str) -> Result<RuleSpec> {
        let name = self.name.unwrap_or_default().trim().to_owned();
        if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            return Err(bad("name", format!("name must be at most {NAME_MAX} characters")));
        }
        let requests_at_once_max = self.requests_at_once_max.unwrap_or(0);
        if !(0..=REQUESTS_MAX).contains(&requests_at_once_max) {
            return Err(bad("requests_at_once_max", format!("requests_at_once_max must be 0 to {REQUESTS_MAX}")));
        }
        if self.matchers.is_empty() || self.matchers.len() > MATCHERS_MAX {
            return Err(bad("matchers", format!("matchers: 1 to {MATCHERS_MAX} are needed")));
        }
        let action: Action = typed("action", self.action)?;
        action.check().map_err(|e| bad("action", format!("action: {e}")))?;
        let named = |(n, value)| {
            let field = format!("matchers[{n}]");
            let matcher: Matcher = typed(&field, value)?;
            let matcher = matcher.normal();
            matcher.check(domain).map_err(|e| bad("matchers", format!("{field}: {e}")))?;
            Ok(matcher)
        };
        let matchers = self.matchers.into_iter().enumerate().map(named).collect::<Result<Vec<_>>>()?;
        Ok(RuleSpec { name, action, matchers, requests_at_once_max })
    }
}

fn has_break(text: &str) -> bool {
    text.chars().any(char::is_control)
}

impl Action {
    /// The pool it forwards to.
    pub(crate) fn group(&self) -> Option<i64> {
        if let Self::Forward { target_group_id } = self { Some(*target_group_id) } else { None }
    }

    fn check(&self) -> Result<(), String> {
        let err = |text: &str| Err(text.to_owned());
        match self {
            Self::Forward { target_group_id } if *target_group_id < 1 => err("target_group_id must be positive"),
            Self::Redirect { status_code, .. } if ![301, 302, 307, 308].contains(status_code) => {
                err("status_code must be 301, 302, 307 or 308")
            }
            Self::Redirect { target, .. } if target.trim().is_empty() => err("target is required"),
            Self::Redirect { target, .. } if has_break(target) => err("target may hold no control characters"),
            Self::FixedResponse { status_code, .. } if !(200..=599).contains(status_code) => {
                err("status_code must be 200 to 599; an answer of class 1xx is never the last one")
            }
            Self::FixedResponse { content_type, .. } if has_break(content_type) => err("content_type may hold no control characters"),
            Self::Rewrite { path, strip_prefix, query } if path.is_empty() && strip_prefix.is_empty() && query.is_empty() => {
                err("at least one of path, strip_prefix and query is needed")
            }
            Self::Rewrite { path, .. } if !path.is_empty() && !path.starts_with('/') => err("path must start with /"),
            Self::Rewrite { strip_prefix, .. } if !strip_prefix.is_empty() && !strip_prefix.starts_with('/') => {
                err("strip_prefix must start with /")
            }
            Self::Rewrite { path, strip_prefix, query } if [path, strip_prefix, query].into_iter().any(|t| has_break(t)) => {
                err("path, strip_prefix and query may hold no control characters")
            }
            _ => Ok(()),
        }
    }
}

/// Whether a site of this domain could have a rule with these conditions; they may name hosts that it does not serve.
pub(crate) fn fit(matchers: &[Matcher], domain: &str) -> Result<(), String> {
    matchers.iter().try_for_each(|matcher| matcher.check(domain))
}

impl Matcher {
    /// Methods in upper case, names in lower case, addresses as networks are written.
    fn normal(self) -> Self {
        match self {
            Self::Method { methods } => Self::Method { methods: methods.iter().map(|m| m.trim().to_ascii_uppercase()).collect() },
            Self::HostHeader { values } => Self::HostHeader { values: values.iter().map(|v| v.trim().to_ascii_lowercase()).collect() },
            Self::RemoteIp { ranges, negate } => Self::RemoteIp { ranges: ranges.iter().map(|r| r.trim().to_owned()).collect(), negate },
            other => other,
        }
    }

    fn check(&self, domain: &str) -> Result<(), String> {
        let (name, values): (&str, &[String]) = match self {
            Self::Path { patterns } => ("patterns", patterns),
            Self::PathExact { values } | Self::HostHeader { values } => ("values", values),
            Self::Method { methods } => ("methods", methods),
            Self::RemoteIp { ranges, .. } => ("ranges", ranges),
            Self::Header { .. } | Self::Query { .. } => ("", &[]),
        };
        if !name.is_empty() && values.is_empty() {
            return Err(format!("{name} must not be empty"));
        }
        let each = |fault: &dyn Fn(&str) -> bool, text: &str| match values.iter().find(|v| fault(v)) {
            Some(value) => Err(format!("{value:?}: {text}")),
            None => Ok(()),
        };
        match self {
            Self::Path { .. } => each(&|v| !v.starts_with('/') || has_break(v), "a path pattern starts with /"),
            Self::PathExact { .. } => {
                each(&|v| !v.starts_with('/') || v.contains(['*', '?']) || has_break(v), "a path starts with / and holds no * or ?")
            }
            Self::Method { .. } => each(&|v| !METHODS.contains(&v), "must be one of GET POST PUT DELETE PATCH HEAD OPTIONS"),
            Self::RemoteIp { .. } => {
                each(&|v| v.parse::<IpAddr>().is_err() && v.parse::<Prefix>().is_err(), "must be an IP address or a network")
            }
            Self::HostHeader { .. } => each(&|v| !covers(domain, v), &format!("is not a name of {domain}")),
            Self::Query { name, .. } if name.is_empty() => Err("name is required".to_owned()),
            Self::Header { name, .. } if http::HeaderName::from_bytes(name.as_bytes()).is_err() => {
                Err("name must be a header name".to_owned())
            }
            Self::Header { value, .. } if has_break(value) => Err("value may hold no control characters".to_owned()),
            Self::Query { .. } | Self::Header { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "reads as literals at every call")]
    fn spec(action: Value, matchers: Value) -> Result<RuleSpec> {
        let body: RuleBody = serde_json::from_value(json!({ "action": action, "matchers": matchers })).unwrap();
        body.spec("app.test")
    }

    fn any() -> Value {
        json!([{ "type": "path", "config": { "patterns": ["/*"] } }])
    }

    #[test]
    fn every_documented_action_and_matcher_is_taken() {
        for action in [
            json!({ "type": "forward", "config": { "target_group_id": 1 } }),
            json!({ "type": "redirect", "config": { "status_code": 301, "target": "https://a.test{http.request.uri}" } }),
            json!({ "type": "fixed_response", "config": { "status_code": 418, "body": "x" } }),
            json!({ "type": "block" }),
            json!({ "type": "block", "config": {} }),
            json!({ "type": "rewrite", "config": { "strip_prefix": "/api" } }),
        ] {
            assert!(spec(action.clone(), any()).is_ok(), "{action}");
        }
        let all = json!([
            { "type": "path_exact", "config": { "values": ["/a"] } },
            { "type": "method", "config": { "methods": ["get", "Post"] } },
            { "type": "header", "config": { "name": "X-A", "value": "^b", "mode": "regex" } },
            { "type": "query", "config": { "name": "q", "value": "1" } },
            { "type": "remote_ip", "config": { "ranges": ["10.0.0.0/8", "::1"], "negate": true } },
            { "type": "host_header", "config": { "values": ["App.Test"] } },
        ]);
        let rule = spec(json!({ "type": "block" }), all).unwrap();
        assert_eq!(rule.matchers[1], Matcher::Method { methods: vec!["GET".to_owned(), "POST".to_owned()] });
    }

    #[test]
    fn faults_are_named() {
        for action in [
            json!({ "type": "forward", "config": { "target_group_id": 0 } }),
            json!({ "type": "forward" }),
            json!({ "type": "redirect", "config": { "status_code": 303, "target": "/" } }),
            json!({ "type": "redirect", "config": { "status_code": 301, "target": " " } }),
            json!({ "type": "fixed_response", "config": { "status_code": 99 } }),
            json!({ "type": "rewrite", "config": {} }),
            json!({ "type": "rewrite", "config": { "path": "a" } }),
            json!({ "type": "explode", "config": {} }),
            json!({ "type": "block", "config": { "why": 1 } }),
        ] {
            assert_eq!(spec(action.clone(), any()).unwrap_err().extra()["field"], "action", "{action}");
        }
        for matcher in [
            json!({ "type": "path", "config": { "patterns": [] } }),
            json!({ "type": "path", "config": { "patterns": ["x"] } }),
            json!({ "type": "path_exact", "config": { "values": ["/a*"] } }),
            json!({ "type": "method", "config": { "methods": ["FETCH"] } }),
            json!({ "type": "header", "config": { "name": "a b", "value": "" } }),
            json!({ "type": "header", "config": { "name": "a", "value": "x\r\ny" } }),
            json!({ "type": "query", "config": { "name": "" } }),
            json!({ "type": "remote_ip", "config": { "ranges": ["10.0.0.0/40"] } }),
            json!({ "type": "host_header", "config": { "values": ["other.test"] } }),
        ] {
            let error = spec(json!({ "type": "block" }), json!([matcher.clone()])).unwrap_err();
            assert!(error.message().contains("matchers[0]"), "{matcher}: {error}");
        }
        assert!(spec(json!({ "type": "block" }), json!([])).is_err());
    }

    proptest! {
        #[test]
        fn no_json_breaks_the_reader(kind in "[a-z_]{0,14}", key in "[a-z_]{0,14}", text in ".{0,40}") {
            let value = json!({ "type": kind, "config": { key: [text.clone()] } });
            drop(spec(value.clone(), json!([value])));
        }
    }
}
