//! Lines by the end of their message, which says what became of a request: counted by the database, by client and by path.

use argos_kernel::{Result, Timestamp};
use argos_store::{StoreError, Value};

use crate::filter::LogFilter;
use crate::logs::Logs;
use crate::store as sql;

/// Lines of a client to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfClient {
    pub remote_ip: Option<String>,
    pub country_code: Option<String>,
    pub host_domain: Option<String>,
    pub lines: u64,
    pub newest: Timestamp,
}

/// Lines about a path of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfPath {
    pub host_domain: Option<String>,
    pub path: Option<String>,
    pub lines: u64,
}

/// How the message of a line ends: with one of these words, which hold no line end, no quotation mark and no backslash.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    pub any: &'a [&'a str],
    /// But not with this.
    pub but: &'a str,
}

impl Ending<'_> {
    fn args(&self, filter: &LogFilter, most: i64) -> Vec<Value> {
        let mut args = filter.args();
        args.extend([Value::from(self.any.join("\n")), Value::from(self.but), Value::from(most)]);
        args
    }
}

fn lines(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

impl Logs {
    /// Lines that match and end so, by client: the `most` with most lines. The filter may ask for no expression and no network.
    pub async fn ending_by_client(&self, filter: &LogFilter, ending: Ending<'_>, most: i64) -> Result<Vec<OfClient>> {
        let rows = self.0.db.query(sql::ENDING_BY_CLIENT, ending.args(filter, most)).await?;
        let read = |row: &argos_store::Row| {
            Ok(OfClient {
                remote_ip: row.get(0)?,
                country_code: row.get(1)?,
                host_domain: row.get(2)?,
                lines: lines(row.get(3)?),
                newest: row.get(4)?,
            })
        };
        Ok(rows.iter().map(read).collect::<Result<_, StoreError>>()?)
    }

    /// The same by what was asked for.
    pub async fn ending_by_path(&self, filter: &LogFilter, ending: Ending<'_>, most: i64) -> Result<Vec<OfPath>> {
        let rows = self.0.db.query(sql::ENDING_BY_PATH, ending.args(filter, most)).await?;
        let read = |row: &argos_store::Row| Ok(OfPath { host_domain: row.get(0)?, path: row.get(1)?, lines: lines(row.get(2)?) });
        Ok(rows.iter().map(read).collect::<Result<_, StoreError>>()?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use argos_kernel::{Severity, SystemClock};

    use super::*;
    use crate::entry::{LogEntry, Source};
    use crate::queue::LogQueue;

    #[tokio::test]
    async fn lines_are_counted_by_the_end_of_their_message() {
        for t in argos_store::testing::each_engine(&[argos_audit::MIGRATIONS, crate::MIGRATIONS].concat()).await {
            let (queue, intake) = LogQueue::new(Arc::new(SystemClock));
            let logs = Logs::new(t.store.telemetry.clone(), queue, intake);
            let line = |at: i64, client: &str, path: &str, message: &str| {
                let mut line = LogEntry::new(Source::CaddyAccess, Timestamp::from_secs(1_750_000_000 + at), Severity::Info, message);
                (line.remote_ip, line.path) = (Some(client.to_owned()), Some(path.to_owned()));
                (line.host_domain, line.status) = (Some("a.test".to_owned()), Some(403));
                line.country_code = (client == "203.0.113.9").then(|| "ES".to_owned());
                line
            };
            let all = [
                line(1, "203.0.113.9", "/a", "GET /a -> 403 (banned)"),
                line(9, "203.0.113.9", "/a", "GET /a -> 403 (banned)"),
                line(5, "203.0.113.9", "/b", "GET /b -> 403 (limit)"),
                line(6, "10.0.0.1", "/a", "GET /a -> 403 (limit)"),
                line(7, "10.0.0.1", "/a", "GET /a -> 403"),
                line(8, "10.0.0.1", "/(limit)", "GET /(limit) -> 403 (broke off)"),
                line(9, "10.0.0.1", "/a", "GET /a -> 503 (limit)"),
            ];
            logs.store(&all).await.unwrap();
            let ending = Ending { any: &[" (banned)", " (limit)"], but: " -> 503 (limit)" };
            let by_client = logs.ending_by_client(&LogFilter::default(), ending, 9).await.unwrap();
            let said: Vec<_> =
                by_client.iter().map(|c| (c.remote_ip.as_deref().unwrap(), c.lines, c.newest.secs() - 1_750_000_000)).collect();
            assert_eq!(said, [("203.0.113.9", 3, 9), ("10.0.0.1", 1, 6)]);
            assert_eq!((by_client[0].country_code.as_deref(), by_client[1].country_code.as_deref()), (Some("ES"), None));
            let by_path = logs.ending_by_path(&LogFilter::default(), ending, 9).await.unwrap();
            let said: Vec<_> = by_path.iter().map(|p| (p.path.as_deref().unwrap(), p.lines)).collect();
            assert_eq!(said, [("/a", 3), ("/b", 1)]);
            assert_eq!(logs.ending_by_path(&LogFilter::default(), ending, 1).await.unwrap().len(), 1);
            let later = LogFilter { from: Some(Timestamp::from_secs(1_750_000_009)), ..LogFilter::default() };
            assert_eq!(logs.ending_by_client(&later, ending, 9).await.unwrap()[0].lines, 1);
        }
    }
}
