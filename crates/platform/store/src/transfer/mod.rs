//! Whole tables from one store to another, whatever the engines: what backups, restores and `argos db copy` stand on.
//!
//! A [`Reading`] is one consistent view of a store, a [`Load`] replaces the rows of another in one transaction per
//! database. Both stores must be at the same schema. It must never judge what a row means.

mod deferred;
mod digest;
mod load;
mod reading;
mod sealed;

use crate::{Part, Row, StoreError};

pub(crate) use deferred::complete;
pub use digest::{RowSum, TableDigest};
pub use load::Load;
pub use reading::{Reading, Rows};
pub use sealed::Depth;
pub use sealed::{Emptied, Holding};

/// Rows that travel together.
const BATCH: usize = 500;
/// Tables that say how a store was made; every store keeps its own.
const OWN_RECORDS: [&str; 3] = ["schema_migrations", "telemetry_migrations", deferred::TABLE];

/// One table as its engine describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub part: Part,
    pub name: String,
    /// In alphabetical order, so that both engines agree.
    pub columns: Vec<String>,
    /// The number the next row must exceed, when the table counts.
    pub sequence: Option<i64>,
    /// The counted column.
    pub counter: Option<String>,
}

impl Table {
    fn is_own_record(name: &str) -> bool {
        OWN_RECORDS.contains(&name)
    }
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn column_list(table: &Table) -> String {
    table.columns.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ")
}

/// Copies every table of `parts`; tells `progress` the rows done so far. Returns what was read, table by table.
pub async fn copy(
    from: &mut Reading,
    to: &mut Load,
    parts: &[Part],
    mut progress: impl FnMut(u64) + Send,
) -> Result<Vec<TableDigest>, StoreError> {
    let tables: Vec<Table> = from.tables().iter().filter(|t| parts.contains(&t.part)).cloned().collect();
    let targets = to.ordered(&tables)?;
    let (mut digests, mut done) = (Vec::with_capacity(targets.len()), 0);
    for table in targets {
        let mut sum = RowSum::default();
        let mut rows = from.rows(&table).await?;
        let mut next = digested(&mut rows, &mut sum).await?;
        while let Some(batch) = next {
            done += batch.len() as u64;
            // The next rows come while these are written.
            let (added, following) = tokio::join!(to.add(&table, batch), digested(&mut rows, &mut sum));
            added?;
            next = following?;
            progress(done);
        }
        to.count_from(&table).await?;
        digests.push(sum.finish(&table));
    }
    digests.sort_by(|a, b| (a.part.as_str(), &a.table).cmp(&(b.part.as_str(), &b.table)));
    Ok(digests)
}

/// The next rows, added to the sum.
async fn digested(rows: &mut Rows, sum: &mut RowSum) -> Result<Option<Vec<Row>>, StoreError> {
    let batch = rows.next_batch().await?;
    for row in batch.iter().flatten() {
        sum.add(row.values());
    }
    Ok(batch)
}

/// How many rows every table of `parts` has.
pub async fn counts(from: &mut Reading, parts: &[Part]) -> Result<Vec<(Table, u64)>, StoreError> {
    let mut tables: Vec<Table> = from.tables().iter().filter(|t| parts.contains(&t.part)).cloned().collect();
    tables.sort_by(|a, b| (a.part.as_str(), &a.name).cmp(&(b.part.as_str(), &b.name)));
    let mut counts = Vec::with_capacity(tables.len());
    for table in tables {
        let rows = from.count(&table).await?;
        counts.push((table, rows));
    }
    Ok(counts)
}

/// What every table of `parts` holds, without copying it.
pub async fn digests(from: &mut Reading, parts: &[Part]) -> Result<Vec<TableDigest>, StoreError> {
    let tables: Vec<Table> = from.tables().iter().filter(|t| parts.contains(&t.part)).cloned().collect();
    let mut digests = Vec::with_capacity(tables.len());
    for table in tables {
        let mut sum = RowSum::default();
        let mut rows = from.rows(&table).await?;
        while let Some(batch) = rows.next_batch().await? {
            for row in &batch {
                sum.add(row.values());
            }
        }
        digests.push(sum.finish(&table));
    }
    digests.sort_by(|a, b| (a.part.as_str(), &a.table).cmp(&(b.part.as_str(), &b.table)));
    Ok(digests)
}
