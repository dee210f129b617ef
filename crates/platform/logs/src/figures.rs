//! Figures over the lines that match: counted by the database where its filters suffice, line by line where they do not.

use argos_kernel::Result;
use argos_store::{Row, Stmt, StoreError, Value};

use crate::entry::Source;
use crate::filter::LogFilter;
use crate::logs::{Logs, Order};
use crate::stats::{Classes, Labelled, Series, SeriesView, Stats, StatsView, TOP, place_of_p95, round};
use crate::store as sql;

impl LogFilter {
    /// Whether the plain statements of the database decide it alone. A text is found by its own index.
    fn is_countable(&self) -> bool {
        !self.needs_walk() && self.text.is_none()
    }
}

impl Logs {
    pub(crate) async fn stats(&self, filter: &LogFilter) -> Result<StatsView> {
        if !filter.is_countable() {
            return self.stats_by_line(filter).await;
        }
        let mut view = StatsView {
            total: 0,
            by_status_class: Classes::default(),
            by_source: Default::default(),
            by_country: Default::default(),
            avg_duration_ms: None,
            p95_duration_ms: None,
            top_hosts: self.top(sql::TOP_HOSTS, filter).await?,
            top_paths: self.top(sql::TOP_PATHS, filter).await?,
        };
        let (mut timed, mut duration) = (0_usize, 0.0);
        for row in self.figures(sql::GROUPS, filter, None).await? {
            let lines = number(&row, 3)?;
            view.total += lines;
            view.by_status_class.add_many(row.get(0)?, lines);
            let source = Source::parse(row.get::<String>(1)?.as_str()).ok_or(StoreError::Column { index: 1, wanted: "a log source" })?;
            *view.by_source.entry(source.as_str()).or_default() += lines;
            if let Some(code) = row.get::<Option<String>>(2)? {
                *view.by_country.entry(code).or_default() += lines;
            }
            timed += usize::try_from(number(&row, 4)?).unwrap_or(usize::MAX);
            duration += row.get::<f64>(5)?;
        }
        if let Some(place) = place_of_p95(timed) {
            #[expect(clippy::cast_precision_loss, reason = "a count of lines")]
            let mean = duration / timed as f64;
            view.avg_duration_ms = Some(round(mean));
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            let found = self.figures(sql::NTH_DURATION, filter, Some(place)).await?;
            view.p95_duration_ms = found.first().map(|row| row.get(0).map(round)).transpose()?;
        }
        Ok(view)
    }

    pub(crate) async fn series(&self, filter: &LogFilter, bucket_seconds: i64) -> Result<SeriesView> {
        let mut series = Series::new(bucket_seconds);
        if filter.is_countable() {
            let width = bucket_seconds.max(1).saturating_mul(1_000_000);
            for row in self.figures(sql::SERIES, filter, Some(width)).await? {
                series.add_many(row.get(0)?, row.get(1)?, number(&row, 2)?);
            }
        } else {
            self.walk(filter, Order::Oldest, |e| {
                series.add(e.at, e.status);
                true
            })
            .await?;
        }
        Ok(series.finish())
    }

    async fn stats_by_line(&self, filter: &LogFilter) -> Result<StatsView> {
        let mut stats = Stats::default();
        self.walk(filter, Order::Newest, |e| {
            stats.add(e);
            true
        })
        .await?;
        Ok(stats.finish())
    }

    async fn top(&self, statement: Stmt, filter: &LogFilter) -> Result<Vec<Labelled>> {
        let rows = self.figures(statement, filter, i64::try_from(TOP).ok()).await?;
        Ok(rows.iter().map(|row| Ok(Labelled { label: row.get(0)?, count: number(row, 1)? })).collect::<Result<_, StoreError>>()?)
    }

    async fn figures(&self, statement: Stmt, filter: &LogFilter, more: Option<i64>) -> Result<Vec<Row>> {
        let mut args = filter.args();
        args.extend(more.map(Value::from));
        Ok(self.0.db.query(statement, args).await?)
    }
}

fn number(row: &Row, index: usize) -> Result<u64, StoreError> {
    row.get::<i64>(index).map(|n| u64::try_from(n).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use argos_kernel::{Severity, SystemClock, Timestamp};

    use super::*;
    use crate::entry::LogEntry;
    use crate::queue::LogQueue;

    /// Lines of every kind: with and without status, country, duration, host and path.
    fn lines() -> Vec<LogEntry> {
        (0..700_i64)
            .map(|n| {
                let source = if n % 5 == 0 { Source::WafAudit } else { Source::CaddyAccess };
                let mut e = LogEntry::new(source, Timestamp::from_secs(1_750_000_000 + n * 7), Severity::Info, "m");
                e.status = (n % 11 != 0).then_some(100 + n % 500);
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let ms = (n % 97) as f64 / 4.0;
                e.duration_ms = (n % 3 != 0).then_some(ms);
                e.country_code = (n % 4 == 0).then(|| ["DE", "FR", "NL"][usize::try_from(n % 3).unwrap()].to_owned());
                e.host_domain = (n % 13 != 0).then(|| format!("{}.test", ["b", "a", "B", "ä"][usize::try_from(n % 4).unwrap()]));
                e.path = (n % 17 != 0).then(|| format!("/p{}", n % 9));
                e
            })
            .collect()
    }

    #[tokio::test]
    async fn figures_of_the_database_are_those_of_the_lines() {
        for t in argos_store::testing::each_engine(&[argos_audit::MIGRATIONS, crate::MIGRATIONS].concat()).await {
            let (queue, intake) = LogQueue::new(Arc::new(SystemClock));
            let logs = Logs::new(t.store.telemetry.clone(), queue, intake);
            assert_eq!(logs.stats(&LogFilter::default()).await.unwrap().p95_duration_ms, None);
            logs.store(&lines()).await.unwrap();
            let at = |s: i64| Some(Timestamp::from_secs(1_750_000_000 + s));
            let some = LogFilter { from: at(900), to: at(3_000), ..LogFilter::default() };
            let none = LogFilter { from: at(90_000), ..LogFilter::default() };
            for filter in [LogFilter::default(), some, none] {
                assert_eq!(logs.stats(&filter).await.unwrap(), logs.stats_by_line(&filter).await.unwrap());
                let mut by_line = Series::new(300);
                logs.walk(&filter, Order::Oldest, |e| {
                    by_line.add(e.at, e.status);
                    true
                })
                .await
                .unwrap();
                assert_eq!(logs.series(&filter, 300).await.unwrap(), by_line.finish());
            }
        }
    }
}
