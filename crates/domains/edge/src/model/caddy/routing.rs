//! Rules of a site as routes. All conditions of a rule stand in one matcher set, which Caddy joins with AND.

use serde_json::{Map, Value, json};

use super::{ANSWERED, LOG_OUTCOME, LOG_RULE, literal};
use crate::model::rule::{Action, HeaderMode, Matcher, Rule};

/// Appends a text to the line of the access log.
pub(super) fn append(key: &str, value: impl Into<String>) -> Value {
    json!({ "handler": "log_append", "key": key, "value": value.into() })
}

/// The route of a rule that may forward to `pool`. `default` is what its site does otherwise.
pub(super) fn route(rule: &Rule, pool: &str, default: &Value) -> Value {
    let mut handle = vec![append(LOG_RULE, rule.id.to_string())];
    match &rule.action {
        Action::Forward { .. } => handle.push(json!({ "handler": "invoke", "name": pool })),
        Action::Redirect { status_code, target, strip_query } => {
            let answer = json!({ "handler": "static_response", "status_code": status_code, "headers": { "Location": [location(target, *strip_query)] } });
            handle.extend([append(LOG_OUTCOME, ANSWERED), answer]);
        }
        Action::FixedResponse { status_code, body, content_type } => {
            handle.extend([append(LOG_OUTCOME, ANSWERED), answer(*status_code, content_type, body)]);
        }
        Action::Block {} => handle.extend([append(LOG_OUTCOME, ANSWERED), json!({ "handler": "static_response", "status_code": 403 })]),
        Action::Rewrite { path, strip_prefix, query } => handle.extend([rewrite(path, strip_prefix, query), default.clone()]),
    }
    json!({ "match": [conditions(&rule.matchers)], "handle": handle, "terminal": true })
}

/// An answer of the proxy itself.
pub(super) fn answer(status: u16, content_type: &str, body: &str) -> Value {
    let kind = if content_type.is_empty() { "text/plain; charset=utf-8" } else { content_type };
    json!({ "handler": "static_response", "status_code": status, "headers": { "Content-Type": [literal(kind)] }, "body": literal(body) })
}

/// Names that only Caddyfiles know.
const SHORT: [(&str, &str); 7] = [
    ("{scheme}", "{http.request.scheme}"),
    ("{host}", "{http.request.host}"),
    ("{method}", "{http.request.method}"),
    ("{uri}", "{http.request.uri}"),
    ("{path}", "{http.request.uri.path}"),
    ("{query}", "{http.request.uri.query}"),
    ("{remote_host}", "{http.request.remote.host}"),
];

/// Where a redirect leads. The query of the request goes along unless the target has one.
fn location(target: &str, strip_query: bool) -> String {
    let full = SHORT.iter().fold(target.to_owned(), |text, (short, long)| text.replace(short, long));
    let has_query = full.contains('?')
        || ["{http.request.uri}", "{http.request.orig_uri}", "{http.request.uri.prefixed_query}"].iter().any(|p| full.contains(p));
    if strip_query || has_query {
        return full;
    }
    let (address, fragment) = full.split_once('#').map_or((full.as_str(), None), |(a, f)| (a, Some(f)));
    let fragment = fragment.map(|f| format!("#{f}")).unwrap_or_default();
    format!("{address}{{http.request.uri.prefixed_query}}{fragment}")
}

fn rewrite(path: &str, strip_prefix: &str, query: &str) -> Value {
    let mut out = json!({ "handler": "rewrite" });
    let uri = match (path.is_empty(), query.is_empty()) {
        (false, false) => Some(format!("{}?{}", literal(path), literal(query))),
        (false, true) => Some(literal(path)),
        (true, false) => Some(format!("{{http.request.uri.path}}?{}", literal(query))),
        (true, true) => None,
    };
    if let Some(uri) = uri {
        out["uri"] = json!(uri);
    }
    if !strip_prefix.is_empty() {
        out["strip_path_prefix"] = json!(literal(strip_prefix));
    }
    out
}

/// One set with every condition. A second condition of one kind is a double negation: Caddy joins values of one matcher
/// with OR, and the sets below `not` with AND.
fn conditions(matchers: &[Matcher]) -> Value {
    let (mut set, mut not) = (Map::new(), Vec::new());
    for matcher in matchers {
        let (kind, config, negate) = condition(matcher);
        if negate {
            not.push(json!({ kind: config }));
        } else if set.contains_key(kind) {
            not.push(json!({ "not": [{ kind: config }] }));
        } else {
            set.insert(kind.to_owned(), config);
        }
    }
    if !not.is_empty() {
        set.insert("not".to_owned(), json!(not));
    }
    Value::Object(set)
}

fn condition(matcher: &Matcher) -> (&'static str, Value, bool) {
    let literals = |texts: &[String]| texts.iter().map(|t| literal(t)).collect::<Vec<_>>();
    match matcher {
        Matcher::Path { patterns } => ("path", json!(literals(patterns)), false),
        Matcher::PathExact { values } => ("path", json!(literals(values)), false),
        Matcher::Method { methods } => ("method", json!(methods.iter().map(|m| m.to_ascii_uppercase()).collect::<Vec<_>>()), false),
        Matcher::Header { name, value, mode: HeaderMode::Regex } => ("header_regexp", json!({ name: { "pattern": value } }), false),
        // Stars and placeholders have a meaning in values of the plain matcher.
        Matcher::Header { name, value, mode: HeaderMode::Exact } if value.contains(['*', '{']) => {
            ("header_regexp", json!({ name: { "pattern": format!("^{}$", escape(value)) } }), false)
        }
        Matcher::Header { name, value, mode: HeaderMode::Exact } => ("header", json!({ name: [value] }), false),
        Matcher::Query { name, value } => {
            ("query", json!({ name: [if value.is_empty() { "*".to_owned() } else { literal(value) }] }), false)
        }
        Matcher::RemoteIp { ranges, negate } => ("client_ip", json!({ "ranges": ranges }), *negate),
        Matcher::HostHeader { values } => ("host", json!(values), false),
    }
}

/// A text as an expression that finds only itself.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
