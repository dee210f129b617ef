//! Which lines are wanted: the documented filters (edge spec C11), for SQL and for live lines. Both must agree.

use std::net::IpAddr;

use argos_kernel::{Severity, Timestamp};
use argos_store::{Value, args};
use argos_web::Cidr;
use regex::{Regex, RegexBuilder};

use crate::entry::{LogEntry, Source};

/// Compiled size of a `re:` pattern; the engine is linear in the text anyway.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// How the path is matched.
#[derive(Clone, Debug)]
pub enum PathMatch {
    Contains(String),
    Regex(Regex),
}

/// How the client address is matched.
#[derive(Clone, Debug)]
pub enum IpMatch {
    Contains(String),
    Within(Cidr),
}

/// All members are ANDed; empty or `None` = any.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Inclusive.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub sources: Vec<Source>,
    pub levels: Vec<Severity>,
    pub methods: Vec<String>,
    pub host_ids: Vec<i64>,
    /// Names of these sites: lines from before a site was there carry its name only.
    pub host_names: Vec<String>,
    pub rule_ids: Vec<i64>,
    pub waf_rule_ids: Vec<String>,
    pub waf_severities: Vec<String>,
    /// Inclusive ranges.
    pub statuses: Vec<(i64, i64)>,
    pub path: Option<PathMatch>,
    pub remote_ip: Option<IpMatch>,
    /// Substring of path, user agent, message or raw, whatever the case.
    pub text: Option<String>,
    pub stream: Option<String>,
    pub duration_ms_min: Option<i64>,
    /// Two capital letters each.
    pub countries: Vec<String>,
}

impl PathMatch {
    /// `re:<regex>` or a substring; `None` when the pattern is no regex.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("re:") {
            Some(pattern) => RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).build().ok().map(Self::Regex),
            None => Some(Self::Contains(text.to_owned())),
        }
    }
}

impl IpMatch {
    /// A network in CIDR form, else a substring.
    pub fn parse(text: &str) -> Self {
        match text.contains('/').then(|| Cidr::parse(text)).flatten() {
            Some(net) => Self::Within(net),
            None => Self::Contains(text.to_owned()),
        }
    }
}

/// `200`, `4xx`, `500-504`, or a comma list of these; `None` when any part is none of them.
pub fn parse_statuses(text: &str) -> Option<Vec<(i64, i64)>> {
    let code = |t: &str| t.parse::<i64>().ok().filter(|n| (100..=599).contains(n) && t.len() == 3);
    let part = |t: &str| match t.split_once('-') {
        Some((a, b)) => Some((code(a)?, code(b)?)).filter(|(a, b)| a <= b),
        None => match t.to_ascii_lowercase().strip_suffix("xx") {
            Some(class) => class.parse::<i64>().ok().filter(|c| (1..=5).contains(c) && class.len() == 1).map(|c| (c * 100, c * 100 + 99)),
            None => code(t).map(|n| (n, n)),
        },
    };
    text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(part).collect::<Option<Vec<_>>>().filter(|v| !v.is_empty())
}

fn joined<T: ToString>(all: impl IntoIterator<Item = T>) -> Option<String> {
    let text = all.into_iter().map(|t| t.to_string()).collect::<Vec<_>>().join(",");
    if text.is_empty() { None } else { Some(text) }
}

/// A `like` pattern (escape character `\`) that finds `text` anywhere.
fn like(text: &str) -> String {
    let mut out = String::from("%");
    for c in text.chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}

/// A name without what SQL takes for a placeholder: clients may send any.
fn name_key(name: &str) -> String {
    format!("@{}", name.replace(['%', '_'], ""))
}

/// What a line is compared by when sites are asked for: its site, or the name it was sent to. As in `filter!`.
fn site_key(e: &LogEntry) -> String {
    e.host_id.map_or_else(|| name_key(e.host_domain.as_deref().unwrap_or_default()), |id| id.to_string())
}

/// Trigrams asked for at most: more narrow no further and cost.
const TRIGRAMS_MAX: usize = 12;

impl LogFilter {
    /// The text as a question to the index of SQLite: some of its trigrams, which a line with this text has all. `None`
    /// when there is no text, or one too short for the index.
    pub(crate) fn trigrams(&self) -> Option<String> {
        let chars: Vec<char> = self.text.as_deref()?.chars().filter(|c| *c != '\0').collect();
        let last = chars.windows(3).last()?;
        let spread = chars.windows(3).step_by(3).take(TRIGRAMS_MAX - 1).chain([last]);
        let quoted = spread.map(|three| format!("\"{}\"", three.iter().collect::<String>().replace('"', "\"\"")));
        Some(quoted.collect::<Vec<_>>().join(" AND "))
    }

    /// True when SQL alone cannot decide.
    pub(crate) fn needs_walk(&self) -> bool {
        matches!(self.path, Some(PathMatch::Regex(_))) || matches!(self.remote_ip, Some(IpMatch::Within(_)))
    }

    pub(crate) fn args(&self) -> Vec<Value> {
        let path = match &self.path {
            Some(PathMatch::Contains(t)) => Some(like(t)),
            _ => None,
        };
        let ip = match &self.remote_ip {
            Some(IpMatch::Contains(t)) => Some(like(t)),
            _ => None,
        };
        args![
            self.from,
            self.to,
            joined(self.sources.iter().map(|s| s.as_str())),
            joined(&self.levels),
            joined(&self.methods),
            joined(self.sites()),
            joined(&self.rule_ids),
            joined(&self.waf_rule_ids),
            joined(&self.waf_severities),
            joined(self.statuses.iter().flat_map(|(a, b)| *a..=*b)),
            path,
            ip,
            self.text.as_deref().map(like),
            self.stream.as_deref(),
            self.duration_ms_min,
            joined(&self.countries),
        ]
    }

    /// The sites asked for as [`site_key`]s.
    fn sites(&self) -> Vec<String> {
        let named = self.host_names.iter().filter(|_| !self.host_ids.is_empty()).map(|name| name_key(name));
        self.host_ids.iter().map(ToString::to_string).chain(named).collect()
    }

    /// The whole decision for a line in hand.
    pub fn matches(&self, e: &LogEntry) -> bool {
        fn any<T: PartialEq>(wanted: &[T], got: Option<&T>) -> bool {
            wanted.is_empty() || got.is_some_and(|g| wanted.contains(g))
        }
        fn folds(text: Option<&str>, part: &str) -> bool {
            text.unwrap_or_default().to_lowercase().contains(&part.to_lowercase())
        }
        self.from.is_none_or(|t| e.at >= t)
            && self.to.is_none_or(|t| e.at <= t)
            && any(&self.sources, Some(&e.source))
            && any(&self.levels, Some(&e.level))
            && any(&self.methods, e.method.as_ref())
            && any(&self.sites(), Some(&site_key(e)))
            && any(&self.rule_ids, e.rule_id.as_ref())
            && any(&self.waf_rule_ids, e.waf_rule_id.as_ref())
            && any(&self.waf_severities, e.waf_severity.as_ref())
            && any(&self.countries, e.country_code.as_ref())
            && (self.statuses.is_empty() || e.status.is_some_and(|s| self.statuses.iter().any(|(a, b)| (*a..=*b).contains(&s))))
            && match &self.path {
                None => true,
                Some(PathMatch::Contains(part)) => e.path.is_some() && folds(e.path.as_deref(), part),
                Some(PathMatch::Regex(regex)) => e.path.as_deref().is_some_and(|p| regex.is_match(p)),
            }
            && match &self.remote_ip {
                None => true,
                Some(IpMatch::Contains(part)) => e.remote_ip.as_ref().is_some_and(|ip| ip.contains(part.as_str())),
                Some(IpMatch::Within(net)) => {
                    e.remote_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok()).is_some_and(|ip| net.contains(ip))
                }
            }
            && self.text.as_ref().is_none_or(|part| {
                [e.path.as_deref(), e.user_agent.as_deref(), Some(e.message.as_str()), e.raw.as_deref()].into_iter().any(|t| folds(t, part))
            })
            && self.stream.as_ref().is_none_or(|s| *s == e.stream)
            && self.duration_ms_min.is_none_or(|least| e.duration_ms.is_some_and(|ms| ms >= least_ms(least)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a bound of a few thousand milliseconds")]
fn least_ms(ms: i64) -> f64 {
    ms as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn status_expressions_are_read_or_refused_whole() {
        assert_eq!(parse_statuses("200"), Some(vec![(200, 200)]));
        assert_eq!(parse_statuses("4xx, 500-504,301"), Some(vec![(400, 499), (500, 504), (301, 301)]));
        for bad in ["", "20", "6xx", "xx", "504-500", "200,abc", "2000", "99-200", "-", "12xx"] {
            assert_eq!(parse_statuses(bad), None, "{bad}");
        }
    }

    #[test]
    fn text_is_asked_for_by_trigrams_that_cover_its_ends() {
        let of = |text: &str| LogFilter { text: Some(text.to_owned()), ..LogFilter::default() }.trigrams();
        assert_eq!(of("timeout").as_deref(), Some("\"tim\" AND \"eou\" AND \"out\""));
        assert_eq!(of("a\"b").as_deref(), Some("\"a\"\"b\" AND \"a\"\"b\""));
        assert_eq!((of("ab"), of("")), (None, None));
        assert_eq!(of(&"x".repeat(500)).unwrap().matches("AND").count(), TRIGRAMS_MAX - 1);
    }

    proptest! {
        #[test]
        fn any_status_text_is_read_without_panic_and_stays_in_range(text in "[0-9xX,\\- ]{0,16}") {
            for (a, b) in parse_statuses(&text).unwrap_or_default() {
                prop_assert!((100..=599).contains(&a) && a <= b && b <= 599);
            }
        }

        #[test]
        fn any_path_pattern_compiles_or_is_refused(text in "re:.{0,40}") {
            if let Some(PathMatch::Regex(r)) = PathMatch::parse(&text) {
                r.is_match("/a/b?c=d");
            }
        }
    }
}
