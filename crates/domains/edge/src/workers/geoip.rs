//! Keeps the databases of places fresh: once a month, and at the start when one is missing.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Timestamp};
use chrono::{Datelike as _, Months, NaiveDate};

use crate::geoip::Kind;
use crate::service::Edge;

/// Day and hour of the month at which the new databases are there (03:00 UTC on the fifth).
const DAY: u32 = 5;
const HOUR: u32 = 3;
/// A failed attempt is made again after this time.
const RETRY: Duration = Duration::from_secs(6 * 3_600);
/// Longest sleep; the clock may be set meanwhile.
const LOOK: Duration = Duration::from_secs(60);

/// The next time the databases are fetched.
pub(crate) fn next_refresh(now: Timestamp) -> Timestamp {
    let today = now.datetime().date_naive();
    let first = NaiveDate::from_ymd_opt(today.year(), today.month(), DAY).unwrap_or(today);
    let at = |date: NaiveDate| date.and_hms_opt(HOUR, 0, 0).map_or(now, |at| Timestamp::from_secs(at.and_utc().timestamp()));
    let this = at(first);
    if this > now { this } else { first.checked_add_months(Months::new(1)).map_or(now, at) }
}

pub(super) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let geo = &edge.geoip;
    let mut due = edge.platform.clock.now();
    if Kind::ALL.iter().all(|kind| geo.loaded(*kind).is_some()) {
        due = next_refresh(due);
    }
    loop {
        let now = edge.platform.clock.now();
        // Nobody is asked on behalf of an installation that publishes nothing.
        if now >= due && edge.standing().sites > 0 {
            due = match geo.refresh(now).await {
                Ok(()) => next_refresh(now),
                Err(why) => {
                    tracing::warn!(why, "the databases of places could not be fetched");
                    now.plus_secs(i64::try_from(RETRY.as_secs()).unwrap_or(i64::MAX))
                }
            };
        }
        let left = u64::try_from(due.secs_since(now)).unwrap_or(0);
        if !stop.sleep(LOOK.min(Duration::from_secs(left.max(1)))).await {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_fetched_on_the_fifth_of_each_month() {
        let next = |text: &str| next_refresh(Timestamp::parse_rfc3339(text).unwrap()).rfc3339();
        assert!(next("2026-03-01T00:00:00Z").starts_with("2026-03-05T03:00:00"));
        assert!(next("2026-03-05T03:00:00Z").starts_with("2026-04-05T03:00:00"));
        assert!(next("2026-12-31T23:59:59Z").starts_with("2027-01-05T03:00:00"));
    }
}
