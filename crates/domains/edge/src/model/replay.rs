//! What the firewall of a site reported, request by request, and which of those requests it would refuse as the site is set
//! up now: rows were written under the exclusions of their time. Pure.

use std::collections::{BTreeMap, BTreeSet};

use argos_kernel::Timestamp;
use argos_logs::LogEntry;

use super::caddy_rows;
use super::security::{CustomRule, Exclusion};

/// Rules of the core set that add up what the others found and refuse; they find nothing themselves.
const VERDICTS: [i64; 4] = [949_110, 949_111, 959_100, 959_101];
/// Rules of the core set that only report a sum.
const REPORTS: std::ops::RangeInclusive<i64> = 980_000..=980_999;
/// The sums from which the core set refuses, as it comes: of what a request carries, and of what an answer gives away.
const THRESHOLD: i64 = 5;
const ANSWER_THRESHOLD: i64 = 4;
/// Rules of the core set that look at answers, and their verdicts.
const ANSWER_RULES: std::ops::RangeInclusive<i64> = 950_000..=959_999;
/// Different rules, addresses and paths counted at most.
const ROOM: usize = 5_000;
/// Paths named beside a rule.
const PATHS_MAX: usize = 5;
const RECENT_MAX: usize = 50;

/// One thing that a rule said about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// 0 when the line names none.
    pub(crate) rule_id: i64,
    pub(crate) message: String,
    pub(crate) severity: Option<String>,
}

impl Finding {
    /// Whether it is about the request and not about a sum.
    fn is_own(&self) -> bool {
        self.rule_id > 0 && !VERDICTS.contains(&self.rule_id) && !REPORTS.contains(&self.rule_id)
    }

    /// Whether it is about the answer and not about the request.
    fn is_of_answer(&self) -> bool {
        ANSWER_RULES.contains(&self.rule_id)
    }

    /// What the core set counts for it.
    fn points(&self) -> i64 {
        match self.severity.as_deref() {
            Some("EMERGENCY" | "ALERT" | "CRITICAL") => 5,
            Some("ERROR") => 4,
            Some("WARNING") => 3,
            Some("NOTICE") => 2,
            _ => 0,
        }
    }
}

/// A request of which the firewall said something.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    pub(crate) at: Timestamp,
    pub(crate) remote_ip: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) path: String,
    pub(crate) status: Option<i64>,
    pub(crate) score: Option<i64>,
    /// Whether it was refused; `None` when its line does not say.
    pub(crate) is_refused: Option<bool>,
    pub(crate) findings: Vec<Finding>,
    /// The line it came from: rows of one request carry the same.
    raw: Option<String>,
}

impl Reported {
    fn of(row: LogEntry) -> Self {
        let mut new = Self {
            at: row.at,
            remote_ip: row.remote_ip.clone(),
            method: row.method.clone(),
            path: row.path.clone().unwrap_or_default(),
            status: row.status,
            score: row.waf_anomaly_score,
            is_refused: caddy_rows::is_refused(&row),
            findings: Vec::new(),
            raw: row.raw.clone(),
        };
        new.push(row);
        new
    }

    fn is_of(&self, row: &LogEntry) -> bool {
        self.at == row.at && self.remote_ip == row.remote_ip && Some(self.path.as_str()) == row.path.as_deref() && self.raw == row.raw
    }

    fn push(&mut self, row: LogEntry) {
        let rule_id = row.waf_rule_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or(0);
        let message = row.waf_rule_message.unwrap_or(row.message);
        self.findings.push(Finding { rule_id, message, severity: row.waf_severity });
    }
}

/// What a site leaves out and what it adds, as it is set up now.
pub(crate) struct Now<'a> {
    pub(crate) exclusions: &'a [Exclusion],
    /// Ids of own rules that refuse by themselves.
    pub(crate) own_refusing: &'a BTreeSet<i64>,
}

impl Now<'_> {
    /// Ids in the text of own rules that are on and refuse.
    pub(crate) fn refusing(rules: &[CustomRule]) -> BTreeSet<i64> {
        let ids = |rule: &CustomRule| super::secrule::refusing_ids(&rule.secrule);
        rules.iter().filter(|rule| rule.enabled).flat_map(ids).filter_map(|id| i64::try_from(id).ok()).collect()
    }

    fn leaves_out(&self, finding: &Finding, path: &str) -> bool {
        self.exclusions.iter().any(|e| e.enabled && e.crs_rule_id == finding.rule_id && path.starts_with(&e.path_pattern))
    }

    /// Whether it would be refused in block mode.
    pub(crate) fn refuses(&self, request: &Reported) -> bool {
        let (gone, left): (Vec<&Finding>, Vec<&Finding>) =
            request.findings.iter().filter(|f| f.is_own()).partition(|f| self.leaves_out(f, &request.path));
        if left.iter().any(|f| self.own_refusing.contains(&f.rule_id)) {
            return true;
        }
        let judged = |answer: bool| request.findings.iter().any(|f| VERDICTS.contains(&f.rule_id) && f.is_of_answer() == answer);
        let (by_request, by_answer) = (judged(false), judged(true));
        // A line with both sums does not say whose the one is that it tells.
        let score = request.score.filter(|_| by_request != by_answer);
        let refuses = |answer: bool, threshold: i64| {
            let of = |all: &[&Finding]| {
                let points: Vec<i64> = all.iter().filter(|f| f.is_of_answer() == answer).map(|f| f.points()).collect();
                (!points.is_empty(), points.iter().sum::<i64>())
            };
            let ((is_any_gone, gone), (is_any_left, left)) = (of(&gone), of(&left));
            // A rule that was met by several parts of a request counts each time, and its line may stand once.
            !is_any_gone || (is_any_left && score.map_or(left, |score| score - gone) >= threshold)
        };
        (by_request && refuses(false, THRESHOLD)) || (by_answer && refuses(true, ANSWER_THRESHOLD))
    }
}

/// A rule and the requests it was met by.
#[derive(Debug, Default)]
pub(crate) struct OfRule {
    pub(crate) message: String,
    pub(crate) severity: Option<String>,
    pub(crate) requests: u64,
    pub(crate) would_refuse: u64,
    paths: BTreeMap<String, u64>,
}

impl OfRule {
    /// Where it was met most.
    pub(crate) fn top_paths(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<_> = self.paths.iter().map(|(path, n)| (path.as_str(), *n)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(PATHS_MAX);
        all
    }
}

/// What an address did.
#[derive(Debug, Default)]
pub(crate) struct OfClient {
    pub(crate) requests: u64,
    pub(crate) would_refuse: u64,
    pub(crate) last_seen: Option<Timestamp>,
}

/// Everything reported of a site in a time.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    pub(crate) requests: u64,
    /// Refused then.
    pub(crate) refused: u64,
    /// Let pass then, and refused by what is set up now in block mode.
    pub(crate) would_refuse: u64,
    pub(crate) rules: BTreeMap<i64, OfRule>,
    pub(crate) clients: BTreeMap<String, OfClient>,
    /// The newest, newest first, each with whether it would be refused.
    pub(crate) recent: Vec<(Reported, bool)>,
}

/// Takes rows, the newest first, one finding each.
pub(crate) struct Reader<'a> {
    now: Now<'a>,
    open: Option<Reported>,
    out: Replay,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(now: Now<'a>) -> Self {
        Self { now, open: None, out: Replay::default() }
    }

    pub(crate) fn take(&mut self, row: LogEntry) {
        match &mut self.open {
            Some(open) if open.is_of(&row) => open.push(row),
            _ => {
                let before = self.open.replace(Reported::of(row));
                self.count(before);
            }
        }
    }

    pub(crate) fn end(mut self) -> Replay {
        let last = self.open.take();
        self.count(last);
        self.out
    }

    fn count(&mut self, request: Option<Reported>) {
        let Some(request) = request else { return };
        // Without a verdict in its line nobody knows: a status may be the backend's. Rather foretold once too often.
        let was_refused = request.is_refused == Some(true);
        let would = !was_refused && self.now.refuses(&request);
        let out = &mut self.out;
        out.requests += 1;
        out.refused += u64::from(was_refused);
        out.would_refuse += u64::from(would);
        let rules: BTreeMap<i64, &Finding> = request.findings.iter().filter(|f| f.is_own()).map(|f| (f.rule_id, f)).collect();
        for (id, finding) in rules {
            if out.rules.len() >= ROOM && !out.rules.contains_key(&id) {
                continue;
            }
            let of = out.rules.entry(id).or_default();
            if of.message.is_empty() {
                of.message.clone_from(&finding.message);
                of.severity.clone_from(&finding.severity);
            }
            of.requests += 1;
            of.would_refuse += u64::from(would);
            if of.paths.len() < ROOM || of.paths.contains_key(&request.path) {
                *of.paths.entry(request.path.clone()).or_default() += 1;
            }
        }
        if let Some(address) = request.remote_ip.clone().filter(|a| out.clients.len() < ROOM || out.clients.contains_key(a)) {
            let of = out.clients.entry(address).or_default();
            of.requests += 1;
            of.would_refuse += u64::from(would);
            of.last_seen = of.last_seen.max(Some(request.at));
        }
        if out.recent.len() < RECENT_MAX {
            out.recent.push((request, would));
        }
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::Severity;
    use argos_logs::Source;
    use proptest::prelude::*;

    use super::*;

    fn row(line: &str, path: &str, rule: &str, severity: &str, score: Option<i64>) -> LogEntry {
        let mut row = LogEntry::new(Source::WafAudit, Timestamp::from_secs(1_700_000_000), Severity::Warning, "m");
        (row.remote_ip, row.path, row.status) = (Some("198.51.100.7".to_owned()), Some(path.to_owned()), Some(200));
        (row.waf_rule_id, row.waf_rule_message) = (Some(rule.to_owned()), Some(format!("rule {rule}")));
        (row.waf_severity, row.waf_anomaly_score, row.raw) = (Some(severity.to_owned()), score, Some(line.to_owned()));
        row
    }

    fn exclusion(rule: i64, path: &str) -> Exclusion {
        let at = Timestamp::from_secs(0);
        let (path_pattern, reason) = (path.to_owned(), String::new());
        Exclusion { id: 1, host_id: 1, crs_rule_id: rule, path_pattern, reason, enabled: true, created_at: at, updated_at: at }
    }

    fn read(rows: Vec<LogEntry>, exclusions: &[Exclusion], own: &BTreeSet<i64>) -> Replay {
        let mut reader = Reader::new(Now { exclusions, own_refusing: own });
        rows.into_iter().for_each(|row| reader.take(row));
        reader.end()
    }

    fn two_requests() -> Vec<LogEntry> {
        vec![
            row("a", "/search", "942100", "CRITICAL", Some(5)),
            row("a", "/search", "949110", "EMERGENCY", Some(5)),
            row("b", "/other", "920350", "WARNING", None),
        ]
    }

    #[test]
    fn request_that_reached_the_threshold_would_be_refused_and_a_mere_finding_not() {
        let found = read(two_requests(), &[], &BTreeSet::new());
        assert_eq!((found.requests, found.refused, found.would_refuse), (2, 0, 1));
        assert_eq!((found.rules[&942_100].would_refuse, found.rules[&920_350].would_refuse, found.rules.len()), (1, 0, 2), "no sums");
        assert_eq!(found.rules[&942_100].top_paths(), [("/search", 1)]);
        assert_eq!((found.clients["198.51.100.7"].requests, found.clients["198.51.100.7"].would_refuse), (2, 1));
        assert_eq!(found.recent.iter().map(|(r, would)| (r.findings.len(), *would)).collect::<Vec<_>>(), [(2, true), (1, false)]);
    }

    #[test]
    fn exclusion_made_since_takes_its_points_away() {
        let would = |exclusions: &[Exclusion], rows| read(rows, exclusions, &BTreeSet::new()).would_refuse;
        assert_eq!(would(&[exclusion(942_100, "/search")], two_requests()), 0);
        assert_eq!(would(&[exclusion(942_100, "")], two_requests()), 0, "everywhere");
        assert_eq!(would(&[exclusion(942_100, "/login")], two_requests()), 1, "another path");
        let mut off = exclusion(942_100, "/search");
        off.enabled = false;
        assert_eq!(would(&[off], two_requests()), 1, "switched off");
        let twice = vec![
            row("a", "/s", "942100", "CRITICAL", Some(10)),
            row("a", "/s", "941100", "CRITICAL", Some(10)),
            row("a", "/s", "949110", "EMERGENCY", Some(10)),
        ];
        assert_eq!(would(&[exclusion(942_100, "/s")], twice), 1, "the other rule is enough");
    }

    #[test]
    fn answer_that_gives_something_away_is_refused_from_four_points_on() {
        let rows = |score| {
            vec![
                row("a", "/s", "951120", "ERROR", score),
                row("a", "/s", "950100", "ERROR", score),
                row("a", "/s", "959100", "EMERGENCY", score),
            ]
        };
        let would = |rows, out: i64| read(rows, &[exclusion(out, "/s")], &BTreeSet::new()).would_refuse;
        assert_eq!((would(rows(Some(8)), 951_120), would(rows(None), 951_120)), (1, 1), "four are left");
        let mut both = rows(Some(8));
        both.extend([row("a", "/s", "942100", "CRITICAL", Some(8)), row("a", "/s", "949110", "EMERGENCY", Some(8))]);
        assert_eq!(would(both.clone(), 942_100), 1, "the answer is enough");
        let mut rest = both;
        rest.retain(|row| row.waf_rule_id.as_deref() != Some("951120"));
        assert_eq!(would(rest, 950_100), 1, "the request is enough, though of the answer nothing is left");
        let one = vec![row("a", "/s", "951120", "ERROR", Some(4)), row("a", "/s", "959100", "EMERGENCY", Some(4))];
        assert_eq!((would(one.clone(), 951_120), would(one, 1)), (0, 1));
    }

    #[test]
    fn own_rule_that_refuses_needs_no_sum() {
        let rows = vec![row("a", "/old", "100001", "NOTICE", None)];
        assert_eq!(read(rows.clone(), &[], &BTreeSet::from([100_001])).would_refuse, 1);
        assert_eq!(read(rows, &[], &BTreeSet::new()).would_refuse, 0);
    }

    #[test]
    fn request_that_was_refused_is_not_counted_again() {
        let mut rows = two_requests();
        rows.iter_mut().for_each(|row| row.status = Some(403));
        let untold = read(rows.clone(), &[], &BTreeSet::new());
        assert_eq!((untold.refused, untold.would_refuse), (0, 1), "a status may be the backend's");
        for row in &mut rows {
            let id = row.raw.take().unwrap();
            row.raw = Some(format!(r#"{{"transaction":{{"id":"{id}","is_interrupted":true}},"messages":[]}}"#));
        }
        let found = read(rows, &[], &BTreeSet::new());
        assert_eq!((found.refused, found.would_refuse), (2, 0));
    }

    proptest! {
        #[test]
        fn counts_agree_whatever_the_rows_say(rows in prop::collection::vec(("[ab]", "[a-z/]{0,3}", "[0-9a-z]{0,7}", "CRITICAL|WARNING|", prop::option::of(-9_i64..99)), 0..40)) {
            let rows: Vec<LogEntry> = rows.iter().map(|(line, path, rule, severity, score)| row(line, path, rule, severity, *score)).collect();
            let lines = rows.len() as u64;
            let found = read(rows, &[exclusion(7, "/")], &BTreeSet::new());
            prop_assert!(found.requests <= lines && found.refused + found.would_refuse <= found.requests);
            let of_clients: u64 = found.clients.values().map(|c| c.requests).sum();
            prop_assert_eq!(of_clients, found.requests);
            prop_assert!(found.rules.values().all(|r| r.requests <= found.requests && r.would_refuse <= found.would_refuse));
        }
    }
}
