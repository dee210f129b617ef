//! Traffic by minute: counted while its lines are stored, and kept as hours when it is old.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_kernel::{Clock, Result, Rng, Timestamp, Uid};
use argos_logs::{Counter, LogEntry, LogFilter, Order, Source};
use argos_platform::Platform;
use argos_store::{Stmt, Value};

use crate::model::traffic::{self as counts, Figures, HOUR_S, Key, Parts};
use crate::service::Edge;
use crate::store::traffic::{self, Stored};

/// Minutes become hours after this time: no range that shows them by the minute goes further back.
const MINUTES_KEPT_S: i64 = 26 * HOUR_S;
/// A minute that somebody wrote since is not touched. Longer than a process keeps a part open.
const QUIET_S: i64 = 900;
/// How far back lines are counted that were stored before anybody counted.
const UNCOUNTED_S: i64 = 8 * 86_400;

/// Traffic from before this second is kept by the hour. Whole hours only: the rest of one would become an hour of its own later.
fn hours_before(now: Timestamp) -> i64 {
    let before = now.secs() - MINUTES_KEPT_S;
    before - before.rem_euclid(HOUR_S)
}

/// Counts what this process stores.
pub(crate) struct Counting {
    parts: Mutex<Parts>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Counting {
    pub(crate) fn new(platform: &Platform) -> Arc<Self> {
        Arc::new(Self { parts: Mutex::default(), clock: Arc::clone(&platform.clock), rng: Arc::clone(&platform.rng) })
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a line that found no room on its way to the store.
    pub(crate) fn miss(&self, line: &LogEntry) {
        self.parts().miss(line);
    }
}

impl Counter for Counting {
    fn count(&self, lines: &[LogEntry]) -> Vec<(Stmt, Vec<Value>)> {
        let now = self.clock.now();
        let mint = || Uid::mint(&*self.clock, &*self.rng).to_string();
        self.parts().count(lines, now.secs(), mint).map(|(key, part)| traffic::put(&part.id, key, &part.figures, now)).collect()
    }

    fn stored(&self) {
        self.parts().stored();
    }

    fn lost(&self, lines: &[LogEntry]) {
        let mut parts = self.parts();
        lines.iter().for_each(|line| parts.miss(line));
    }
}

impl Edge {
    fn mint(&self) -> String {
        Uid::mint(&*self.platform.clock, &*self.platform.rng).to_string()
    }

    /// Remembers which lines are there already when this process begins to count: nobody counted those.
    pub(crate) async fn mark_uncounted(&self) {
        let mark = async {
            let newest = self.platform.logs.newest().await?;
            Ok::<(), argos_kernel::AppError>(traffic::mark(&self.platform.store.telemetry, newest).await?)
        };
        // Sites are served whatever can be written.
        if let Err(error) = mark.await {
            tracing::warn!(?error, "requests of before will not be in the figures");
        }
    }

    /// Counts the lines that were stored before anybody counted, once.
    pub(crate) async fn count_uncounted(&self) -> Result<()> {
        let db = &self.platform.store.telemetry;
        let Some(newest) = traffic::marked(db).await? else { return Ok(()) };
        let now = self.platform.clock.now();
        let filter = |source| LogFilter { from: Some(now.minus_secs(UNCOUNTED_S)), sources: vec![source], ..LogFilter::default() };
        let hours_before = hours_before(now);
        let mut all: HashMap<(i64, Key), Figures> = HashMap::new();
        for source in [Source::CaddyAccess, Source::WafAudit] {
            let visit = |line: LogEntry| {
                if line.id <= newest {
                    counts::count_old(&mut all, &line, hours_before);
                }
                true
            };
            self.platform.logs.walk(&filter(source), Order::Oldest, visit).await?;
        }
        let stored = |((seconds, key), figures): ((i64, Key), Figures)| (seconds, Stored { part: self.mint(), key, figures });
        let all: Vec<(i64, Stored)> = all.into_iter().map(stored).collect();
        traffic::count_marked(db, &all).await?;
        Ok(())
    }

    /// Makes hours of old minutes, and removes what is older than lines are kept.
    pub(crate) async fn keep_traffic(&self) -> Result<()> {
        let db = &self.platform.store.telemetry;
        let now = self.platform.clock.now();
        let (before, quiet) = (hours_before(now), now.secs() - QUIET_S);
        while let Some(oldest) = traffic::oldest_minute(db, before, quiet).await? {
            let hour = oldest - oldest.rem_euclid(HOUR_S);
            let minutes = traffic::minutes(db, hour, quiet).await?;
            let hours = self.joined(hour, &minutes);
            let mut tx = db.begin().await?;
            if !traffic::replace(&mut tx, &minutes, &hours, quiet, now).await? {
                // Not committed: the next time sees what there is then.
                break;
            }
            tx.commit().await?;
        }
        let days = self.platform.settings.i64("logs.retention_days")?;
        traffic::prune(db, Timestamp::minus_secs(now, days.saturating_mul(86_400)).secs()).await?;
        Ok(())
    }

    /// One part of an hour for each site.
    fn joined(&self, hour: i64, minutes: &[Stored]) -> Vec<Stored> {
        let mut by_site: HashMap<(i64, &str), Figures> = HashMap::new();
        for minute in minutes {
            by_site.entry((minute.key.host_id, minute.key.domain.as_str())).or_default().join(&minute.figures);
        }
        let stored = |((host_id, domain), figures): ((i64, &str), Figures)| {
            let key = Key { at_s: hour, host_id, domain: domain.to_owned() };
            Stored { part: self.mint(), key, figures }
        };
        by_site.into_iter().map(stored).collect()
    }
}
