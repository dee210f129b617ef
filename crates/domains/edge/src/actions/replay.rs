//! What the firewall of a site reported within a day, and what it would have refused.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use argos_kernel::{Result, Timestamp};
use argos_logs::{LogEntry, LogFilter, Order, Source};

use super::hosts::no_host;
use crate::model::access;
use crate::model::replay::{Now, Reader, Replay};
use crate::model::security::Security;
use crate::service::Edge;
use crate::store::{hosts, protection, revision, security};

/// Seconds that are looked back.
pub(crate) const WINDOW_S: i64 = 86_400;
/// Rows read at most, the newest first.
const ROWS_MAX: usize = 50_000;

/// What was read of a day.
pub(crate) struct Read {
    pub(crate) replay: Replay,
    /// There were more rows than are read.
    pub(crate) is_cut: bool,
}

/// The day of a site.
pub(crate) struct Day {
    pub(crate) security: Security,
    pub(crate) read: Arc<Read>,
    /// Where people are signed in to Argos from; `None` for whoever may not know.
    pub(crate) signed_in: Option<BTreeSet<IpAddr>>,
    /// It inspects since then at least; `None` when nothing is inspected or nobody knows since when.
    pub(crate) watched_since: Option<Timestamp>,
}

impl Edge {
    pub(crate) async fn firewall_day(&self, host_id: i64, with_sessions: bool) -> Result<Day> {
        let db = &self.platform.store.state;
        let host = hosts::find(db, host_id).await?.ok_or_else(no_host)?;
        let revision = revision::current(db).await?;
        let read = self.replays.of((host_id, revision), self.read_day(host_id)).await?;
        let (security, changed_at) = security::find(db, host_id).await?.map_or_else(Default::default, |(s, at)| (s, Some(at)));
        // Only an external engine inspects. What was before the last change of the protection or of the site is not known.
        let is_watched = security.waf_enabled && host.enabled && self.caddy.is_some();
        Ok(Day {
            watched_since: changed_at.filter(|_| is_watched).map(|at| at.max(host.updated_at)),
            security,
            read,
            signed_in: if with_sessions { Some(self.platform.identity.signed_in_addresses().await?) } else { None },
        })
    }

    /// Every open page asks for it again and again, and these are many and long rows.
    async fn read_day(&self, host_id: i64) -> Result<Read> {
        let db = &self.platform.store.state;
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
            // What CrowdSec refuses does not go by the rules of the site.
            if !access::is_refusal(&row) {
                reader.take(row);
            }
            true
        };
        self.platform.logs.walk(&filter, Order::Newest, take).await?;
        Ok(Read { replay: reader.end(), is_cut: left == 0 })
    }
}
