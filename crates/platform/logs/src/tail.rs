//! New lines as they come. It is a view, not a record.

use std::time::Duration;

use argos_kernel::Result;
use argos_store::{Engine, args};
use tokio::sync::watch;

use crate::entry::LogEntry;
use crate::filter::LogFilter;
use crate::logs::Logs;
use crate::store as sql;

/// New lines as they are stored.
pub struct Tail {
    logs: Logs,
    wake: watch::Receiver<i64>,
    after: i64,
    filter: LogFilter,
}

impl Tail {
    pub(crate) fn new(logs: Logs, wake: watch::Receiver<i64>, after: i64, filter: LogFilter) -> Self {
        Self { logs, wake, after, filter }
    }

    /// Waits for the next lines that match, at most 500 stored lines at a time.
    pub async fn next(&mut self) -> Result<Vec<LogEntry>> {
        loop {
            self.wake.mark_unchanged();
            let rows = self.logs.0.db.query(sql::AFTER, args![self.after, 500_i64]).await?;
            let mut lines = Vec::new();
            for row in &rows {
                let entry = LogEntry::read(row)?;
                self.after = entry.id;
                if self.filter.matches(&entry) {
                    lines.push(entry);
                }
            }
            if !lines.is_empty() {
                return Ok(lines);
            }
            if rows.is_empty() {
                // Other replicas do not wake this process.
                let poll = if self.logs.0.db.engine() == Engine::Postgres { Duration::from_secs(1) } else { Duration::from_secs(30) };
                if let Ok(Err(_)) = tokio::time::timeout(poll, self.wake.changed()).await {
                    tokio::time::sleep(poll).await;
                }
            }
        }
    }
}
