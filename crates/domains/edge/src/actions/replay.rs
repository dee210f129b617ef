//! What the firewall of a site reported within a day, and what it would have refused.

use std::collections::BTreeSet;
use std::net::IpAddr;

use argos_kernel::Result;
use argos_logs::{LogEntry, LogFilter, Order, Source};

use super::hosts::no_host;
use crate::model::replay::{Now, Reader, Replay};
use crate::model::security::Security;
use crate::service::Edge;
use crate::store::{hosts, protection, security};

/// Seconds that are looked back.
pub(crate) const WINDOW_S: i64 = 86_400;
/// Rows read at most, the newest first.
const ROWS_MAX: usize = 50_000;

/// The day of a site.
pub(crate) struct Day {
    pub(crate) security: Security,
    pub(crate) replay: Replay,
    /// There were more rows than are read.
    pub(crate) is_cut: bool,
    /// Where people are signed in to Argos from.
    pub(crate) signed_in: BTreeSet<IpAddr>,
}

impl Edge {
    pub(crate) async fn firewall_day(&self, host_id: i64) -> Result<Day> {
        let db = &self.platform.store.state;
        hosts::find(db, host_id).await?.ok_or_else(no_host)?;
        let (exclusions, own) = (protection::exclusions(db, host_id).await?, protection::custom_rules(db, host_id).await?);
        let own_refusing = Now::refusing(&own);
        let mut reader = Reader::new(Now { exclusions: &exclusions, own_refusing: &own_refusing });
        let from = Some(self.platform.clock.now().minus_secs(WINDOW_S));
        let (host_ids, host_names) = (vec![host_id], self.platform.logs.site_names(&[host_id]));
        let filter = LogFilter { from, sources: vec![Source::WafAudit], host_ids, host_names, ..LogFilter::default() };
        let mut left = ROWS_MAX;
        let take = |row: LogEntry| {
            if left == 0 {
                return false;
            }
            left -= 1;
            reader.take(row);
            true
        };
        self.platform.logs.walk(&filter, Order::Newest, take).await?;
        Ok(Day {
            security: security::find(db, host_id).await?.map(|(security, _)| security).unwrap_or_default(),
            replay: reader.end(),
            is_cut: left == 0,
            signed_in: self.platform.identity.signed_in_addresses().await?,
        })
    }
}
