//! Hits that may make a burst, counted together with those of the other processes; a burst is told in the same transaction.

use std::collections::BTreeMap;

use argos_events::{NewEvent, Source};
use argos_kernel::Result;
use argos_logs::LogEntry;
use serde_json::json;

use crate::model::bursts::{ATTACKED, LIMITED, Rule};
use crate::service::Edge;
use crate::store::bursts;

/// Names counted in one transaction. More come only in a flood from everywhere, which the first of them began.
const NAMES_MAX: usize = 1_000;
/// Names of a kind without a burst that are remembered. More come only from somebody with addresses without number.
const UNTOLD_MAX: i64 = 100_000;
/// After so long nobody needs to know that a burst was told.
const KEPT_S: i64 = 7 * 86_400;
/// Hits that made no burst are of no use after so long.
const UNTOLD_KEPT_S: i64 = 3_600;

/// The seconds of serious findings about an address, and the last of them.
pub(crate) type Attackers = BTreeMap<String, (Vec<i64>, LogEntry)>;

impl Edge {
    /// Counts requests that the limits of sites turned away: the seconds of each site.
    pub(crate) async fn count_limited(&self, hits: BTreeMap<i64, Vec<i64>>) -> Result<()> {
        let names = self.names.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let tell = |site: &i64| {
            let Rule { hits, window_s, .. } = LIMITED;
            let name = names.get(site).cloned().unwrap_or_default();
            let text = format!("{name} turns requests away: its rate limit was hit at least {hits} times in {window_s} s");
            let event = NewEvent::new(Source::Edge, "edge.rate_limit_triggered", text).subject("host", *site, &name);
            event.data(json!({ "host_id": site, "host_domain": name, "count": hits, "window_seconds": window_s }))
        };
        self.count_hits(LIMITED, hits, tell).await
    }

    /// Counts serious findings of the firewall.
    pub(crate) async fn count_attacks_of(&self, found: &[LogEntry]) -> Result<()> {
        let is_serious = |row: &&LogEntry| matches!(row.waf_severity.as_deref(), Some("CRITICAL" | "ERROR"));
        let mut attackers = Attackers::new();
        for row in found.iter().filter(is_serious) {
            let Some(address) = &row.remote_ip else { continue };
            let (hits, last) = attackers.entry(address.clone()).or_insert_with(|| (Vec::new(), row.clone()));
            hits.push(row.at.secs());
            last.clone_from(row);
        }
        self.count_attackers(attackers).await
    }

    /// The same, by address.
    pub(crate) async fn count_attackers(&self, attackers: Attackers) -> Result<()> {
        let (mut hits, mut last) = (BTreeMap::new(), BTreeMap::new());
        for (address, (at, row)) in attackers {
            hits.insert(address.clone(), at);
            last.insert(address, row);
        }
        let tell = |address: &String| {
            let Rule { hits, window_s, .. } = ATTACKED;
            let text = format!("{address} attacks: {hits} serious findings of the firewall within {window_s} s");
            let site = last.get(address).and_then(|row| Some((row.host_id?, row.host_domain.clone()?)));
            let domain = last.get(address).and_then(|row| row.host_domain.clone());
            let data = json!({ "remote_ip": address, "count": hits, "window_seconds": window_s,
                "host_id": site.as_ref().map(|(id, _)| id), "host_domain": domain });
            let event = NewEvent::new(Source::Edge, "edge.waf_attack_burst", text).data(data);
            if let Some((id, domain)) = site { event.subject("host", id, &domain) } else { event }
        };
        self.count_hits(ATTACKED, hits, tell).await
    }

    async fn count_hits<K: ToString + Ord>(&self, rule: Rule, hits: BTreeMap<K, Vec<i64>>, tell: impl Fn(&K) -> NewEvent) -> Result<()> {
        if hits.is_empty() {
            return Ok(());
        }
        let mut tx = self.platform.store.state.begin().await?;
        // In the order of their names, so that no two processes wait for each other.
        let mut named: Vec<(String, K, Vec<i64>)> = hits.into_iter().map(|(key, at)| (key.to_string(), key, at)).collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        let has_room = bursts::untold(&mut tx, rule.kind).await? < UNTOLD_MAX;
        for (name, key, at) in named.into_iter().take(NAMES_MAX) {
            let first = at.first().copied().unwrap_or(0);
            let Some(mut burst) = bursts::hold(&mut tx, rule.kind, &name, first, has_room).await? else { continue };
            if burst.count(rule, &at) {
                self.platform.events.publish(&mut tx, tell(&key)).await?;
            }
            bursts::put(&mut tx, rule.kind, &name, &burst).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets bursts of long ago.
    pub(crate) async fn forget_bursts(&self) -> Result<u64> {
        let now = self.platform.clock.now().secs();
        Ok(bursts::prune(&self.platform.store.state, now - KEPT_S, now - UNTOLD_KEPT_S).await?)
    }
}
