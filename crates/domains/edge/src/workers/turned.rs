//! What the engine turned away, until it is counted: a flood must not become as many transactions, and the store may be away.

use std::collections::BTreeMap;

use argos_kernel::Result;
use argos_logs::LogEntry;

use crate::actions::bursts::Attackers;
use crate::model::bursts::{ATTACKED, LIMITED, Rule};
use crate::service::Edge;

/// Addresses that wait at most. More come only in a flood from everywhere, which the first of them began.
const ADDRESSES_MAX: usize = 10_000;

/// Hits by who they are about: as many as make a burst.
#[derive(Default)]
pub(super) struct Turned {
    /// The seconds in which limits of sites turned requests away.
    limited: BTreeMap<i64, Vec<i64>>,
    /// What the firewall refused, by address.
    attacked: Attackers,
}

impl Turned {
    pub(super) fn limited(&mut self, site: i64, at_s: i64) {
        keep_newest(self.limited.entry(site).or_default(), at_s, LIMITED);
    }

    pub(super) fn attacked(&mut self, row: LogEntry) {
        let Some(address) = row.remote_ip.clone() else { return };
        if self.attacked.len() >= ADDRESSES_MAX && !self.attacked.contains_key(&address) {
            return;
        }
        let at_s = row.at.secs();
        let (hits, last) = self.attacked.entry(address).or_insert_with(|| (Vec::new(), row.clone()));
        keep_newest(hits, at_s, ATTACKED);
        *last = row;
    }

    /// Counts what is there; what cannot be counted now stays.
    pub(super) async fn count(&mut self, edge: &Edge) -> Result<()> {
        edge.count_limited(self.limited.clone()).await?;
        self.limited.clear();
        edge.count_attackers(self.attacked.clone()).await?;
        self.attacked.clear();
        Ok(())
    }
}

/// The newest hits, until they make a burst: they may have to wait for the store.
fn keep_newest(hits: &mut Vec<i64>, at: i64, rule: Rule) {
    let span = hits.first().zip(hits.last()).map(|(first, last)| last - first);
    if hits.len() >= rule.hits {
        if span.is_some_and(|span| span < rule.window_s) {
            return;
        }
        hits.remove(0);
    }
    hits.push(at);
}

#[cfg(test)]
mod tests {
    use argos_kernel::{Severity, Timestamp};
    use argos_logs::Source;

    use super::*;

    #[test]
    fn hits_that_wait_are_the_newest_until_they_make_a_burst() {
        let mut hits = Vec::new();
        for at in [0, 20, 40, 60, 80, 90, 91, 92, 93, 94, 95] {
            keep_newest(&mut hits, at, LIMITED);
        }
        assert_eq!(hits, [80, 90, 91, 92, 93]);
    }

    #[test]
    fn flood_from_everywhere_takes_no_more_room_and_forgets_nobody_who_is_known() {
        let mut turned = Turned::default();
        let row = |n: usize, at: i64| {
            let mut row = LogEntry::new(Source::WafAudit, Timestamp::from_secs(at), Severity::Error, "refused");
            row.remote_ip = Some(format!("2001:db8::{n:x}"));
            row
        };
        (0..=ADDRESSES_MAX).for_each(|n| turned.attacked(row(n, 1)));
        turned.attacked(row(0, 2));
        assert_eq!((turned.attacked.len(), turned.attacked["2001:db8::0"].0.as_slice()), (ADDRESSES_MAX, &[1, 2][..]));
        assert_eq!(turned.attacked["2001:db8::0"].1.at.secs(), 2);
    }
}
