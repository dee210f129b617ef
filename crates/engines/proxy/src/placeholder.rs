//! Texts with `{placeholders}` that the request fills in. Only facts of the request can be named, so that a text cannot
//! reach the environment or files.

use crate::request::Facts;

/// A compiled text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Fact(Fact),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    Scheme,
    Host,
    Method,
    Uri,
    Path,
    Query,
    PrefixedQuery,
    RemoteHost,
}

const FACTS: &[(&str, Fact)] = &[
    ("http.request.scheme", Fact::Scheme),
    ("http.request.host", Fact::Host),
    ("http.request.method", Fact::Method),
    ("http.request.uri", Fact::Uri),
    ("http.request.orig_uri", Fact::Uri),
    ("http.request.uri.path", Fact::Path),
    ("http.request.uri.query", Fact::Query),
    ("http.request.uri.prefixed_query", Fact::PrefixedQuery),
    ("http.request.remote.host", Fact::RemoteHost),
    ("scheme", Fact::Scheme),
    ("host", Fact::Host),
    ("method", Fact::Method),
    ("uri", Fact::Uri),
    ("path", Fact::Path),
    ("query", Fact::Query),
    ("remote_host", Fact::RemoteHost),
];

impl Template {
    /// Compiles a text; the error says which placeholder is not known.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("has a `{` without `}`")?;
            let fact = FACTS.iter().find(|(known, _)| *known == name).ok_or_else(|| format!("names the unknown placeholder {{{name}}}"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Fact(fact.1));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// Whether the text has a query of its own.
    pub(crate) fn has_query(&self) -> bool {
        self.0.iter().any(|part| match part {
            Part::Text(text) => text.contains('?'),
            Part::Fact(fact) => matches!(fact, Fact::Uri | Fact::Query | Fact::PrefixedQuery),
        })
    }

    /// The text for a request.
    pub(crate) fn fill(&self, facts: &Facts<'_>) -> String {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Fact(fact) => fact.write(facts, &mut filled),
            }
        }
        filled
    }
}

impl Fact {
    fn write(self, facts: &Facts<'_>, out: &mut String) {
        match self {
            Self::Scheme => out.push_str(facts.scheme()),
            Self::Host => out.push_str(facts.host),
            Self::Method => out.push_str(facts.method.as_str()),
            Self::Path => out.push_str(facts.raw_path),
            Self::Query => out.push_str(facts.query.unwrap_or("")),
            Self::PrefixedQuery => push_query(out, facts.query),
            Self::Uri => {
                out.push_str(facts.raw_path);
                push_query(out, facts.query);
            }
            Self::RemoteHost => out.push_str(&facts.client.to_string()),
        }
    }
}

/// Appends `?query`, or nothing.
pub(crate) fn push_query(out: &mut String, query: Option<&str>) {
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn unknown_placeholders_are_refused_by_name() {
        assert_eq!(Template::new("{env.SECRET}").unwrap_err(), "names the unknown placeholder {env.SECRET}");
        assert_eq!(Template::new("https://{http.request.host").unwrap_err(), "has a `{` without `}`");
        assert!(Template::new("https://{http.request.host}{http.request.uri}").unwrap().has_query());
        assert!(!Template::new("https://{host}/").unwrap().has_query());
    }
}
