//! What the firewall of CrowdSec found, counted from its alerts. Pure.

use std::collections::{BTreeMap, HashMap};

use argos_crowdsec::Alert;
use argos_kernel::Timestamp;

/// Members of every list.
const TOP: usize = 10;

/// A time that is looked back at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// As Go writes it.
    pub(crate) word: &'static str,
    pub(crate) seconds: i64,
    bucket: i64,
}

impl Window {
    /// Anything unknown is a day.
    pub(crate) fn parse(text: Option<&str>) -> Self {
        let (word, hours, minutes) = match text {
            Some("1h") => ("1h0m0s", 1, 5),
            Some("6h") => ("6h0m0s", 6, 15),
            Some("12h") => ("12h0m0s", 12, 30),
            _ => ("24h0m0s", 24, 60),
        };
        Self { word, seconds: hours * 3_600, bucket: minutes * 60 }
    }
}

/// Which mode was in force.
#[derive(Clone, Debug)]
pub(crate) struct Modes {
    pub(crate) current: String,
    /// The one before, and when it ended.
    pub(crate) previous: Option<(String, Timestamp)>,
}

impl Modes {
    fn at(&self, at: Option<Timestamp>) -> &str {
        match (&self.previous, at) {
            (Some((previous, until)), Some(at)) if at < *until => previous,
            _ => &self.current,
        }
    }
}

/// A name with how often it was seen.
pub(crate) type Counted<K> = Vec<(K, u64)>;

#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) hits: u64,
    pub(crate) blocked: u64,
    pub(crate) categories: Counted<&'static str>,
    /// With when each was seen last.
    pub(crate) addresses: Vec<(String, u64, Option<Timestamp>)>,
    /// Site and path.
    pub(crate) paths: Counted<(Option<String>, String)>,
    /// With a message.
    pub(crate) rules: Vec<(String, String, u64)>,
    /// First second of every bucket, hits, and how many of them were blocked.
    pub(crate) buckets: Vec<(i64, u64, u64)>,
    /// CrowdSec has more alerts of the window than it told: these are of the newest alone.
    pub(crate) is_cut: bool,
}

/// Whether an alert is one of the firewall.
fn is_of_firewall(alert: &Alert) -> bool {
    let name = alert.scenario.strip_prefix("crowdsecurity/");
    alert.kind == "waf" || name.is_some_and(|n| n == "crs" || ["vpatch-", "generic-", "appsec-"].iter().any(|p| n.starts_with(p)))
}

/// The documented word for a rule.
fn category(scenario: &str) -> &'static str {
    let name = scenario.strip_prefix("crowdsecurity/").unwrap_or(scenario);
    match name {
        "crs" => "crs",
        _ if name.starts_with("vpatch-CVE-") => "cve",
        _ if name.starts_with("vpatch-") => "virtual-patching",
        _ if name.starts_with("generic-") => "generic",
        _ if name.starts_with("appsec-") => "appsec-misc",
        _ => "other",
    }
}

/// The most frequent first, equals by name.
fn top<K: Ord>(counts: impl IntoIterator<Item = (K, u64)>) -> Counted<K> {
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(TOP);
    all
}

/// Counts the alerts of a window that ends now. `is_cut`: there are older ones that are not among them.
pub(crate) fn count(alerts: &[Alert], is_cut: bool, window: Window, modes: &Modes, now: Timestamp) -> Findings {
    let (now_s, from) = (now.secs(), now.secs() - window.seconds);
    let bucket_of = |at: i64| at - at.rem_euclid(window.bucket);
    let mut buckets: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    let mut at = bucket_of(from) + window.bucket;
    while at <= now_s {
        buckets.insert(at, (0, 0));
        at += window.bucket;
    }
    if is_cut && let Some(oldest) = alerts.iter().filter_map(|alert| Timestamp::parse_rfc3339(&alert.created_at)).min() {
        // Of what lies before nothing is known, which is not zero.
        buckets.retain(|at, _| *at > oldest.secs());
    }
    let mut out = Findings { is_cut, ..Findings::default() };
    let mut categories: HashMap<&'static str, u64> = HashMap::new();
    let mut addresses: HashMap<String, (u64, Option<Timestamp>)> = HashMap::new();
    let mut paths: HashMap<(Option<String>, String), u64> = HashMap::new();
    let mut rules: HashMap<String, (String, u64)> = HashMap::new();
    for alert in alerts.iter().filter(|alert| is_of_firewall(alert)) {
        let at = Timestamp::parse_rfc3339(&alert.created_at);
        let has_decisions = alert.decisions.as_ref().is_some_and(|d| !d.is_empty());
        let is_blocked = has_decisions || modes.at(at) == "block";
        out.hits += 1;
        out.blocked += u64::from(is_blocked);
        *categories.entry(category(&alert.scenario)).or_default() += 1;
        if !alert.source.value.is_empty() {
            let seen = addresses.entry(alert.source.value.clone()).or_default();
            *seen = (seen.0 + 1, seen.1.max(at));
        }
        if let Some(uri) = alert.meta(&["target_uri", "uri"]) {
            let path = uri.split('?').next().unwrap_or(uri).to_owned();
            *paths.entry((alert.meta(&["target_fqdn", "target_host"]).map(str::to_owned), path)).or_default() += 1;
        }
        rules.entry(alert.scenario.clone()).or_insert_with(|| (alert.message.clone(), 0)).1 += 1;
        if let Some((hits, blocked)) = at.and_then(|at| buckets.get_mut(&bucket_of(at.secs()))) {
            (*hits, *blocked) = (*hits + 1, *blocked + u64::from(is_blocked));
        }
    }
    out.categories = top(categories);
    let last: HashMap<String, Option<Timestamp>> = addresses.iter().map(|(ip, (_, last))| (ip.clone(), *last)).collect();
    let counted = top(addresses.into_iter().map(|(ip, (n, _))| (ip, n)));
    out.addresses = counted.into_iter().map(|(ip, n)| (ip.clone(), n, last.get(&ip).copied().flatten())).collect();
    out.paths = top(paths);
    out.rules = top(rules.into_iter().map(|(rule, (message, n))| ((rule, message), n))).into_iter().map(|((r, m), n)| (r, m, n)).collect();
    out.buckets = buckets.into_iter().map(|(at, (hits, blocked))| (at, hits, blocked)).collect();
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn findings_are_counted_by_kind_address_path_and_mode_of_their_time() {
        let now = Timestamp::parse_rfc3339("2026-03-01T12:00:10Z").unwrap();
        let alert = |scenario: &str, at: &str, ip: &str, uri: &str, decisions: serde_json::Value| -> Alert {
            serde_json::from_value(json!({
                "id": 1, "scenario": scenario, "created_at": at, "source": { "scope": "Ip", "value": ip }, "decisions": decisions, "message": "m",
                "events": [{ "meta": [{ "key": "target_uri", "value": uri }, { "key": "target_fqdn", "value": "app.test" }] }]
            }))
            .unwrap()
        };
        let ban = json!([{ "id": 3, "type": "ban", "scope": "Ip", "value": "x", "duration": "4h" }]);
        let none = serde_json::Value::Null;
        let alerts = [
            alert("crowdsecurity/vpatch-CVE-2024-1", "2026-03-01T11:30:00Z", "198.51.100.7", "/a?x=1", none.clone()),
            alert("crowdsecurity/vpatch-env-access", "2026-03-01T11:50:00Z", "198.51.100.7", "/a", none.clone()),
            alert("crowdsecurity/crs", "2026-03-01T11:30:00Z", "198.51.100.8", "/b", ban),
            alert("crowdsecurity/generic-x", "yesterday", "198.51.100.9", "", none.clone()),
            alert("crowdsecurity/ssh-bf", "2026-03-01T11:30:00Z", "198.51.100.9", "/", none),
        ];
        // Watched until 11:40, blocked since.
        let modes = Modes {
            current: "block".to_owned(),
            previous: Some(("detect".to_owned(), Timestamp::parse_rfc3339("2026-03-01T11:40:00Z").unwrap())),
        };
        let found = count(&alerts, false, Window::parse(Some("1h")), &modes, now);
        assert_eq!((found.hits, found.blocked), (4, 3), "a ban, one since the mode changed, one of an unreadable time");
        assert_eq!(found.categories, [("crs", 1), ("cve", 1), ("generic", 1), ("virtual-patching", 1)]);
        assert_eq!((found.addresses[0].0.as_str(), found.addresses[0].1), ("198.51.100.7", 2));
        assert_eq!(found.addresses[0].2, Timestamp::parse_rfc3339("2026-03-01T11:50:00Z"));
        assert_eq!(found.paths[0], ((Some("app.test".to_owned()), "/a".to_owned()), 2));
        assert_eq!(found.rules[0], ("crowdsecurity/crs".to_owned(), "m".to_owned(), 1));
        assert_eq!(
            (found.buckets.len(), found.buckets.iter().map(|b| (b.1, b.2)).fold((0, 0), |s, b| (s.0 + b.0, s.1 + b.1))),
            (12, (3, 2))
        );
        let cut = count(&alerts, true, Window::parse(Some("1h")), &modes, now);
        assert_eq!((cut.is_cut, cut.hits, cut.buckets.len()), (true, 4, 6), "nothing is claimed of the time before the oldest alert");
        assert_eq!(cut.buckets[0].0, Timestamp::parse_rfc3339("2026-03-01T11:35:00Z").unwrap().secs());
        assert_eq!(Window::parse(Some("soon")).word, "24h0m0s");
    }
}
