//! A walk over stored lines, page by page, for what no single statement answers.

use argos_kernel::Result;
use argos_store::{StoreError, args};

use crate::entry::LogEntry;
use crate::filter::LogFilter;
use crate::logs::{Logs, Order};
use crate::store as sql;

/// Rows read at a time.
const WALK_PAGE: i64 = 2_000;

/// A walk over everything that matches, page by page behind the last line seen.
pub struct Walk {
    logs: Logs,
    filter: LogFilter,
    order: Order,
    last: Option<(i64, i64)>,
    done: bool,
}

impl Walk {
    pub fn new(logs: Logs, filter: LogFilter, order: Order) -> Self {
        Self { logs, filter, order, last: None, done: false }
    }

    /// The next lines (possibly none of a page match); `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<LogEntry>>> {
        if self.done {
            return Ok(None);
        }
        let (plain, by_text, start) = match self.order {
            Order::Newest => (sql::WALK_NEWEST, sql::WALK_NEWEST_TEXT, (i64::MAX, i64::MAX)),
            Order::Oldest => (sql::WALK_OLDEST, sql::WALK_OLDEST_TEXT, (i64::MIN, 0)),
        };
        let (at, id) = self.last.unwrap_or(start);
        let mut args = self.filter.args();
        args.extend(args![at, id, WALK_PAGE]);
        let statement = self.logs.asked(plain, by_text, &self.filter, &mut args);
        let rows = self.logs.0.db.query(statement, args).await?;
        self.done = rows.len() < usize::try_from(WALK_PAGE).unwrap_or(usize::MAX);
        let mut lines = rows.iter().map(LogEntry::read).collect::<Result<Vec<_>, StoreError>>()?;
        self.last = lines.last().map(|e| (e.at.micros(), e.id)).or(self.last);
        if self.filter.needs_walk() {
            lines.retain(|e| self.filter.matches(e));
        }
        Ok(Some(lines))
    }
}
