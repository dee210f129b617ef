//! What the firewall's rows say about a time: what was tried, from where, on what.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use argos_kernel::{Result, Timestamp};
use argos_logs::{LogEntry, LogFilter, Order, Source};

use super::dashboard::Range;
use crate::service::Edge;

/// Different addresses, paths and rules counted at most.
const KEYS_MAX: usize = 20_000;

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
    /// Attacks from addresses of private networks.
    pub(crate) private: u64,
}

/// Whether nobody in the internet has the address.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

impl Attacks {
    pub(crate) fn new(range: Range, now_s: i64) -> Self {
        Self { buckets: range.buckets(now_s).map(|at| (at, (0, 0))).collect(), ..Self::default() }
    }

    fn add(&mut self, entry: LogEntry, range: Range) {
        let at = entry.at.secs();
        let is_refused = entry.status.is_some_and(|status| status >= 400);
        if let Some((seen, refused)) = self.buckets.get_mut(&(at - at.rem_euclid(range.bucket))) {
            *if is_refused { refused } else { seen } += 1;
        }
        if let Some(rule) = entry.waf_rule_id.filter(|rule| self.rules.len() < KEYS_MAX || self.rules.contains_key(rule)) {
            self.rules.entry(rule).or_insert_with(|| (entry.waf_rule_message.unwrap_or_default(), 0)).1 += 1;
        }
        let domain = entry.host_domain.unwrap_or_default();
        if let Some(address) = entry.remote_ip {
            self.private += u64::from(address.parse().is_ok_and(is_private));
            if self.addresses.len() < KEYS_MAX || self.addresses.contains_key(&address) {
                let empty = || Attacker { count: 0, hosts: HashSet::new(), last_seen: entry.at };
                let found = self.addresses.entry(address).or_insert_with(empty);
                found.count += 1;
                found.last_seen = found.last_seen.max(entry.at);
                if !domain.is_empty() {
                    found.hosts.insert(domain.clone());
                }
            }
        }
        let key = (domain, entry.path.unwrap_or_default());
        if self.paths.len() < KEYS_MAX || self.paths.contains_key(&key) {
            *self.paths.entry(key).or_default() += 1;
        }
    }
}

impl Edge {
    pub(crate) async fn attacks_of(&self, range: Range) -> Result<Attacks> {
        let now = self.platform.clock.now().secs();
        let mut out = Attacks::new(range, now);
        let from = Some(Timestamp::from_secs(range.buckets(now).next().unwrap_or(now)));
        let filter = |source| LogFilter { from, sources: vec![source], ..LogFilter::default() };
        let visit = |entry| {
            out.add(entry, range);
            true
        };
        self.platform.logs.walk(&filter(Source::WafAudit), Order::Oldest, visit).await?;
        let limited = LogFilter { statuses: vec![(429, 429)], ..filter(Source::CaddyAccess) };
        out.rate_limited = u64::try_from(self.platform.logs.count(&limited).await?).unwrap_or(0);
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
        let mut attacks = Attacks::new(range, 1_700_000_000);
        let row = |address: &str, status, host: &str| {
            let mut entry = LogEntry::new(Source::WafAudit, Timestamp::from_secs(1_700_000_000), Severity::Warning, "");
            (entry.remote_ip, entry.status, entry.host_domain) = (Some(address.to_owned()), Some(status), Some(host.to_owned()));
            (entry.waf_rule_id, entry.waf_rule_message) = (Some("942100".to_owned()), Some("SQL injection".to_owned()));
            entry.path = Some("/login".to_owned());
            entry
        };
        for entry in [row("192.0.2.1", 403, "a.test"), row("192.0.2.1", 200, "b.test"), row("100.64.0.1", 403, "a.test")] {
            attacks.add(entry, range);
        }
        assert_eq!((attacks.buckets.len(), attacks.buckets.values().last()), (60, Some(&(1, 2))));
        assert_eq!(attacks.rules["942100"], ("SQL injection".to_owned(), 3));
        assert_eq!((attacks.addresses["192.0.2.1"].count, attacks.addresses["192.0.2.1"].hosts.len()), (2, 2));
        assert_eq!((attacks.private, attacks.paths[&("a.test".to_owned(), "/login".to_owned())]), (1, 2));
        for (address, private) in
            [("10.0.0.1", true), ("::ffff:10.0.0.1", true), ("fd00::1", true), ("8.8.8.8", false), ("2001:db8::1", false)]
        {
            assert_eq!(is_private(address.parse().unwrap()), private, "{address}");
        }
    }
}
