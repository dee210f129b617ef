//! What was tried in a time, from where, on what: rows of the firewall, and requests that the proxy turned away because of
//! a ban, a gate or a limit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use argos_kernel::{Result, Timestamp};
use argos_logs::{LogEntry, LogFilter, OfClient, Order, Source};

use super::dashboard::Range;
use crate::model::access::{self, TURNED_AWAY};
use crate::model::caddy_rows;
use crate::model::origin::Origins;
use crate::service::Edge;

/// Different addresses and paths asked of the store; those with most come first.
const KEYS_MAX: i64 = 20_000;
/// Different addresses, paths and rules counted at most.
const ROOM: usize = 40_000;

/// What one address did.
#[derive(Clone, Debug)]
pub(crate) struct Attacker {
    pub(crate) count: u64,
    pub(crate) hosts: HashSet<String>,
    pub(crate) last_seen: Timestamp,
}

/// Attacks of a range.
#[derive(Debug, Default)]
pub(crate) struct Attacks {
    /// Every bucket of the range by its first second: seen only, and refused.
    pub(crate) buckets: BTreeMap<i64, (u64, u64)>,
    /// By rule, with its message.
    pub(crate) rules: HashMap<String, (String, u64)>,
    pub(crate) addresses: HashMap<String, Attacker>,
    pub(crate) paths: HashMap<(String, String), u64>,
    /// Requests beyond a rate limit.
    pub(crate) rate_limited: u64,
    pub(crate) origins: Origins,
}

/// The request that a line of the firewall is about: when, who, what, and the whole line.
type Request = (Timestamp, Option<String>, Option<String>, Option<String>);

impl Attacks {
    pub(crate) fn new(range: Range, now_s: i64) -> Self {
        Self { buckets: range.buckets(now_s).map(|at| (at, (0, 0))).collect(), ..Self::default() }
    }

    /// Counts what the firewall reported: a line for each rule that found something in a request, one after the other. Who it
    /// was and what was asked counts once a request, as with those that were turned away unseen.
    /// `last` is the request that was reported on before this.
    fn add_report(&mut self, entry: LogEntry, range: Range, last: &mut Option<Request>) {
        let at = entry.at.secs();
        // A chart has two sorts only: where the line does not say, its status has to.
        let is_refused = caddy_rows::is_refused(&entry).unwrap_or_else(|| entry.status.is_some_and(|status| status >= 400));
        if let Some((seen, refused)) = self.buckets.get_mut(&(at - at.rem_euclid(range.bucket))) {
            *if is_refused { refused } else { seen } += 1;
        }
        if let Some(rule) = entry.waf_rule_id.clone().filter(|rule| self.rules.len() < ROOM || self.rules.contains_key(rule)) {
            self.rules.entry(rule).or_insert_with(|| (entry.waf_rule_message.clone().unwrap_or_default(), 0)).1 += 1;
        }
        if access::is_refusal(&entry) {
            // The line of the request says where it came from and what it met.
            return;
        }
        let request = (entry.at, entry.remote_ip.clone(), entry.path.clone(), entry.raw.clone());
        if last.as_ref() != Some(&request) {
            self.add(entry);
            *last = Some(request);
        }
    }

    /// Counts where an attack came from and what it met.
    fn add(&mut self, entry: LogEntry) {
        let (host_domain, path) = (entry.host_domain.clone(), entry.path.unwrap_or_default());
        self.add_client(OfClient {
            remote_ip: entry.remote_ip,
            country_code: entry.country_code,
            host_domain: entry.host_domain,
            lines: 1,
            newest: entry.at,
        });
        self.add_path(host_domain.unwrap_or_default(), path, 1);
    }

    fn add_client(&mut self, client: OfClient) {
        self.origins.add_many(client.remote_ip.as_deref(), client.country_code.as_deref(), client.lines);
        let has_room = self.addresses.len() < ROOM;
        if let Some(address) = client.remote_ip.filter(|a| has_room || self.addresses.contains_key(a)) {
            let empty = || Attacker { count: 0, hosts: HashSet::new(), last_seen: client.newest };
            let found = self.addresses.entry(address).or_insert_with(empty);
            found.count += client.lines;
            found.last_seen = found.last_seen.max(client.newest);
            found.hosts.extend(client.host_domain.filter(|domain| !domain.is_empty()));
        }
    }

    fn add_path(&mut self, domain: String, path: String, count: u64) {
        let key = (domain, path);
        if self.paths.len() < ROOM || self.paths.contains_key(&key) {
            *self.paths.entry(key).or_default() += count;
        }
    }
}

/// What the firewall reported about a site within a day; `None` as the site = of no known one.
pub(crate) type Reports = HashMap<Option<i64>, Reported>;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reported {
    /// Of severity CRITICAL or ERROR.
    pub(crate) severe: u64,
    pub(crate) critical: u64,
    pub(crate) last: Option<Timestamp>,
}

impl Edge {
    /// Counted at most every half minute.
    pub(crate) async fn reports_of_day(&self) -> Result<Arc<Reports>> {
        let count = async {
            let from = Some(self.platform.clock.now().minus_secs(86_400));
            let filter = LogFilter { from, sources: vec![Source::WafAudit], ..LogFilter::default() };
            let mut out = Reports::new();
            let visit = |entry: LogEntry| {
                let of = out.entry(entry.host_id).or_default();
                let severity = entry.waf_severity.unwrap_or_default();
                of.critical += u64::from(severity == "CRITICAL");
                of.severe += u64::from(severity == "CRITICAL" || severity == "ERROR");
                of.last = of.last.max(Some(entry.at));
                true
            };
            self.platform.logs.walk(&filter, Order::Oldest, visit).await?;
            Ok(out)
        };
        self.reports_counted.of((), count).await
    }

    /// Counted at most every half minute, whoever asks.
    pub(crate) async fn attacks_of(&self, range: Range) -> Result<Arc<Attacks>> {
        self.attacks_counted.of(range.word, self.count_attacks(range)).await
    }

    async fn count_attacks(&self, range: Range) -> Result<Attacks> {
        let now = self.platform.clock.now().secs();
        let mut out = Attacks::new(range, now);
        let from = Some(Timestamp::from_secs(range.buckets(now).next().unwrap_or(now)));
        let filter = |source, statuses| LogFilter { from, sources: vec![source], statuses, ..LogFilter::default() };
        let logs = &self.platform.logs;
        let mut last = None;
        let report = |entry| {
            out.add_report(entry, range, &mut last);
            true
        };
        logs.walk(&filter(Source::WafAudit, Vec::new()), Order::Oldest, report).await?;
        // Of requests there may be a million: those are counted where they are.
        let limited = logs.count(&filter(Source::CaddyAccess, vec![(429, 429)])).await?;
        out.rate_limited = u64::try_from(limited).unwrap_or(0);
        let requests = filter(Source::CaddyAccess, vec![(400, 599)]);
        for client in logs.ending_by_client(&requests, TURNED_AWAY, KEYS_MAX).await? {
            out.add_client(client);
        }
        for path in logs.ending_by_path(&requests, TURNED_AWAY, KEYS_MAX).await? {
            out.add_path(path.host_domain.unwrap_or_default(), path.path.unwrap_or_default(), path.lines);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::Severity;

    use super::*;

    #[test]
    fn rows_of_the_firewall_are_counted_by_rule_address_and_path() {
        let range = Range::parse(Some("1h")).unwrap();
        let (mut attacks, mut last) = (Attacks::new(range, 1_700_000_000), None);
        let row = |address: &str, status, host: &str| {
            let mut entry = LogEntry::new(Source::WafAudit, Timestamp::from_secs(1_700_000_000), Severity::Warning, "");
            (entry.remote_ip, entry.status, entry.host_domain) = (Some(address.to_owned()), Some(status), Some(host.to_owned()));
            (entry.waf_rule_id, entry.waf_rule_message) = (Some("942100".to_owned()), Some("SQL injection".to_owned()));
            entry.path = Some("/login".to_owned());
            entry
        };
        let rows = [row("192.0.2.1", 403, "a.test"), row("192.0.2.1", 200, "b.test"), row("100.64.0.1", 403, "a.test")];
        for (n, mut entry) in rows.into_iter().enumerate() {
            entry.raw = Some(format!("line {n}"));
            attacks.add_report(entry.clone(), range, &mut last);
            // What a second rule found in the same request.
            (entry.waf_rule_id, entry.waf_rule_message) = (Some("949110".to_owned()), None);
            attacks.add_report(entry, range, &mut last);
        }
        assert_eq!((attacks.buckets.len(), attacks.buckets.values().last()), (60, Some(&(2, 4))));
        assert_eq!((&attacks.rules["942100"], attacks.rules["949110"].1), (&("SQL injection".to_owned(), 3), 3));
        assert_eq!((attacks.addresses["192.0.2.1"].count, attacks.addresses["192.0.2.1"].hosts.len()), (2, 2));
        assert_eq!((attacks.origins.private, attacks.paths[&("a.test".to_owned(), "/login".to_owned())]), (1, 2));
    }
}
