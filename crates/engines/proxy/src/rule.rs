//! Rules of a host: conditions that must all hold, and what then happens. Declarative half and compiled half.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use regex::Regex;

use crate::glob::Glob;
use crate::placeholder::Template;
use crate::prefix::Prefix;
use crate::request::Facts;
use crate::snapshot::Pool;
use std::sync::Arc;

/// A rule as wanted.
#[derive(Clone, Debug)]
pub struct RuleConfig {
    /// The owner's number.
    pub id: u64,
    /// Lower is tried first; unique within a host.
    pub priority: u32,
    /// All must hold; at least one.
    pub matchers: Vec<Matcher>,
    /// What happens then.
    pub action: Action,
    /// Requests of this rule in progress at one time.
    pub concurrency_max: Option<u32>,
}

/// A condition.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Patterns with `*`; a star at the end matches everything, one before it stays within its segment.
    Path(Vec<String>),
    /// Whole paths.
    PathExact(Vec<String>),
    /// Methods, in any case.
    Method(Vec<String>),
    /// A header with exactly this value.
    Header {
        /// Header.
        name: String,
        /// Value.
        value: String,
    },
    /// A header whose value the expression finds something in.
    HeaderRegex {
        /// Header.
        name: String,
        /// Expression.
        pattern: String,
    },
    /// A query parameter; `None` and `*` accept any value.
    Query {
        /// Parameter.
        name: String,
        /// Value.
        value: Option<String>,
    },
    /// The client's address (after trusted proxies) lies in one of the ranges, or in none when negated.
    RemoteIp {
        /// Ranges.
        ranges: Vec<Prefix>,
        /// Whether it must lie outside.
        negate: bool,
    },
    /// The requested name, for wildcard hosts.
    HostHeader(Vec<String>),
}

/// What a rule does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends the request to a pool.
    Forward {
        /// Its id.
        pool: u64,
    },
    /// Answers with a `Location`.
    Redirect {
        /// 301, 302, 307 or 308.
        status: u16,
        /// Where to; placeholders as `{http.request.uri}` are filled in.
        target: String,
        /// Whether the request's query is left out when the target has none.
        strip_query: bool,
    },
    /// Answers with this body.
    Fixed {
        /// 200-599.
        status: u16,
        /// Body.
        body: String,
        /// Media type; empty = plain text.
        content_type: String,
    },
    /// Answers 403 without a body.
    Block,
    /// Changes the address, then goes to the host's default pool.
    Rewrite {
        /// The new path.
        path: Option<String>,
        /// Removed from the front of the path.
        strip_prefix: Option<String>,
        /// The new query.
        query: Option<String>,
    },
}

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) act: Act,
    pub(crate) slots: Option<Arc<crate::limit::Slots>>,
}

/// A compiled condition.
#[derive(Debug)]
pub(crate) enum Condition {
    Path(Vec<Glob>),
    Method(Vec<Method>),
    Header(HeaderName, HeaderValue),
    HeaderRegex(HeaderName, Regex),
    Query(String, Option<String>),
    RemoteIp(Vec<Prefix>, bool),
    HostHeader(Vec<String>),
}

/// A compiled action.
#[derive(Debug)]
pub(crate) enum Act {
    Forward(Arc<Pool>),
    Redirect { status: StatusCode, target: Template, strip_query: bool },
    Fixed { status: StatusCode, body: bytes::Bytes, content_type: HeaderValue },
    Block,
    Rewrite { path: Option<String>, strip_prefix: Option<String>, query: Option<String> },
}

impl Rule {
    /// Whether all conditions hold.
    pub(crate) fn matches(&self, facts: &Facts<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(facts))
    }
}

impl Condition {
    fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Path(globs) => globs.iter().any(|glob| glob.matches(facts.path)),
            Self::Method(methods) => methods.contains(facts.method),
            Self::Header(name, value) => values(facts.headers, name).any(|v| v == value),
            Self::HeaderRegex(name, regex) => {
                values(facts.headers, name).any(|v| std::str::from_utf8(v.as_bytes()).is_ok_and(|v| regex.is_match(v)))
            }
            Self::Query(name, value) => facts.query.is_some_and(|query| has_parameter(query, name, value.as_deref())),
            Self::RemoteIp(ranges, negate) => ranges.iter().any(|range| range.contains(facts.client)) != *negate,
            Self::HostHeader(names) => names.iter().any(|name| name == facts.host),
        }
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a HeaderValue> {
    headers.get_all(name).iter()
}

/// Whether a raw query has the parameter, compared after decoding.
fn has_parameter(query: &str, name: &str, value: Option<&str>) -> bool {
    query.split('&').any(|pair| {
        let (key, content) = pair.split_once('=').unwrap_or((pair, ""));
        crate::path::decode_form(key) == name && value.is_none_or(|wanted| crate::path::decode_form(content) == wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::has_parameter;

    #[test]
    fn query_parameters_are_compared_after_decoding() {
        assert!(has_parameter("a=1&b%63=x+y", "bc", Some("x y")));
        assert!(has_parameter("flag", "flag", Some("")));
        assert!(has_parameter("flag=7", "flag", None));
        assert!(!has_parameter("a=1", "b", None));
        assert!(!has_parameter("a=1", "a", Some("2")));
    }
}
