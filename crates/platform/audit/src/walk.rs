//! Audit rows page by page, for files of any length: what is held at a time is one page. It shows the log as it was when
//! it began; rows written meanwhile, its own record of the export among them, come after the end.

use std::io;

use argos_kernel::{AppError, Result};
use argos_store::{StoreError, args};
use bytes::Bytes;
use futures_util::Stream;

use crate::filter::{Column, Filter, Order};
use crate::log::Audit;
use crate::row::AuditRow;
use crate::store as sql;

const PAGE: i64 = 1_000;
/// An order that no index gives is sorted anew for every page, so these are larger.
const SORTED_PAGE: i64 = 20_000;
/// Rows that a file may have in such an order.
const SORTED_MAX: i64 = 100_000;

/// A walk over the rows that match.
pub struct Walk {
    audit: Audit,
    filter: Filter,
    order: Order,
    /// The newest row of the walk.
    upto: i64,
    /// The last row's id, or the number of rows behind us when they are sorted by a column.
    place: Option<i64>,
    ended: bool,
}

impl Audit {
    /// Begins at the first row that matches now. 400 `too_many_to_sort` for an order other than by time when there are more
    /// than 100 000 rows.
    pub async fn walk(&self, filter: Filter, order: Order) -> Result<Walk> {
        let upto: i64 = self.database().one(sql::NEWEST_ID, args![]).await?.get(0)?;
        let walk = Walk { audit: self.clone(), filter, order, upto, place: None, ended: false };
        if order.by != Column::Time {
            may_be_sorted(walk.count().await?)?;
        }
        Ok(walk)
    }
}

fn may_be_sorted(rows: i64) -> Result<()> {
    if rows <= SORTED_MAX {
        return Ok(());
    }
    let text = format!("The log has {rows} rows; above {SORTED_MAX} it is exported by time only");
    Err(AppError::bad_request(text).code("too_many_to_sort").with("field", "sort"))
}

impl Walk {
    /// How many rows there are to come when nothing was read yet.
    pub async fn count(&self) -> Result<i64> {
        let mut values = self.filter.args();
        values.extend(args![self.upto]);
        Ok(self.audit.database().one(sql::COUNT_UPTO, values).await?.get(0)?)
    }

    /// The next page; empty at the end.
    pub async fn next(&mut self) -> Result<Vec<AuditRow>> {
        if self.ended {
            return Ok(Vec::new());
        }
        let mut values = self.filter.args();
        let (statement, page) = match (self.order.by, self.order.descending) {
            (Column::Time, true) => {
                values.extend(args![self.place.unwrap_or(self.upto.saturating_add(1)), PAGE]);
                (sql::WALK_NEWEST, PAGE)
            }
            (Column::Time, false) => {
                values.extend(args![self.place.unwrap_or(0), self.upto, PAGE]);
                (sql::WALK_OLDEST, PAGE)
            }
            _ => {
                let statement = self.order.statement(&mut values);
                values.extend(args![SORTED_PAGE, self.place.unwrap_or(0), self.upto]);
                (statement, SORTED_PAGE)
            }
        };
        let rows = self.audit.database().query(statement, values).await?;
        let rows = rows.iter().map(AuditRow::read).collect::<Result<Vec<_>, StoreError>>()?;
        self.ended = rows.len() < usize::try_from(page).unwrap_or(usize::MAX);
        self.place = match self.order.by {
            Column::Time => rows.last().map(|r| r.id),
            _ => Some(self.place.unwrap_or(0) + page),
        };
        Ok(rows)
    }

    /// The body of a file: `head`, every row as `render` writes it (told whether it is the first), `tail`.
    pub fn into_body(
        self,
        head: String,
        tail: &'static str,
        render: impl FnMut(AuditRow, bool, &mut String) + Send + 'static,
    ) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
        let begun = Body { walk: Some(self), head: Some(head), tail, is_first: true, render };
        futures_util::stream::unfold(begun, |mut body| async move {
            let piece = body.next().await?;
            Some((piece.map(Bytes::from), body))
        })
    }
}

struct Body<F> {
    /// `None` once the tail is out.
    walk: Option<Walk>,
    head: Option<String>,
    tail: &'static str,
    is_first: bool,
    render: F,
}

impl<F: FnMut(AuditRow, bool, &mut String)> Body<F> {
    async fn next(&mut self) -> Option<Result<String, io::Error>> {
        let walk = self.walk.as_mut()?;
        let mut out = self.head.take().unwrap_or_default();
        let rows = match walk.next().await {
            Ok(rows) => rows,
            Err(error) => {
                // The file breaks off, so nobody takes it for whole.
                tracing::error!(?error, "an export of the audit log broke off");
                self.walk = None;
                return Some(Err(io::Error::other("the export broke off")));
            }
        };
        if rows.is_empty() {
            self.walk = None;
            out.push_str(self.tail);
        }
        for row in rows {
            (self.render)(row, self.is_first, &mut out);
            self.is_first = false;
        }
        Some(Ok(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_that_is_too_long_to_be_sorted_is_refused_with_the_field_named() {
        assert!(may_be_sorted(SORTED_MAX).is_ok());
        let error = may_be_sorted(SORTED_MAX + 1).unwrap_err();
        assert_eq!((error.kind().status(), error.code_str()), (400, "too_many_to_sort"));
        assert!(error.message().contains("100001"));
    }
}
