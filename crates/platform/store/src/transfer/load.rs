//! Replacing the rows of a store. On PostgreSQL one transaction over both schemas; on SQLite one per file, so there it
//! is for stores nobody uses yet. Dropped before [`Load::commit`] nothing has changed.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;

use crate::database::Inner;
use crate::sqlite::{self, Session};
use crate::transfer::reading::{postgres_tables, schema, sqlite_tables};
use crate::transfer::{Table, column_list, quoted};
use crate::{Part, Row, Store, StoreError, postgres};

/// Parameters of one statement stay well below the protocol's 65 535.
const PARAMETERS_MAX: usize = 8_000;

enum Target {
    Sqlite { state: Session, telemetry: Session },
    Postgres(Option<Box<Object>>),
}

/// An open replacement of rows.
pub struct Load {
    target: Target,
    tables: Vec<Table>,
    /// Pairs (table, the table it points at).
    references: Vec<(String, String)>,
}

impl Store {
    /// Begins to replace all rows of `parts`: they are gone inside the transaction.
    pub async fn load(&self, parts: &[Part]) -> Result<Load, StoreError> {
        match (&self.state.inner, &self.telemetry.inner) {
            (Inner::Sqlite(state), Inner::Sqlite(telemetry)) => {
                let (state, telemetry) = (state.session(false).await?, telemetry.session(false).await?);
                let mut tables = sqlite_tables(&state, Part::State).await?;
                tables.extend(sqlite_tables(&telemetry, Part::Telemetry).await?);
                tables.retain(|t| parts.contains(&t.part));
                for (part, session) in [(Part::State, &state), (Part::Telemetry, &telemetry)] {
                    let mut script = "pragma foreign_keys = off; begin immediate;".to_owned();
                    for table in tables.iter().filter(|t| t.part == part) {
                        script.push_str(&format!("delete from {};", quoted(&table.name)));
                    }
                    session.run(move |c| c.execute_batch(&script).map_err(|e| sqlite::map("transfer.begin", e))).await?;
                }
                Ok(Load { target: Target::Sqlite { state, telemetry }, tables, references: Vec::new() })
            }
            (Inner::Postgres(db), _) => {
                let client = db.client().await?;
                let fail = |e: tokio_postgres::Error| postgres::map("transfer.begin", &e);
                client.batch_execute("begin").await.map_err(fail)?;
                let mut load = Load { target: Target::Postgres(None), tables: postgres_tables(&client).await?, references: Vec::new() };
                load.tables.retain(|t| parts.contains(&t.part));
                load.references = references(&client).await?;
                let names: Vec<String> = load.tables.iter().map(|t| format!("{}.{}", schema(t.part), quoted(&t.name))).collect();
                if !names.is_empty() {
                    client.batch_execute(&format!("truncate {}", names.join(", "))).await.map_err(fail)?;
                }
                load.target = Target::Postgres(Some(Box::new(client)));
                Ok(load)
            }
            _ => Err(StoreError::Unavailable("the two databases of a store have different engines".to_owned())),
        }
    }
}

impl Load {
    /// The given tables in an order that foreign keys allow. An error when this store does not know one of them, or
    /// knows other columns.
    pub fn ordered(&self, tables: &[Table]) -> Result<Vec<Table>, StoreError> {
        let own: BTreeMap<(&str, &str), &Table> = self.tables.iter().map(|t| ((t.part.as_str(), t.name.as_str()), t)).collect();
        let mut pending: Vec<Table> = Vec::with_capacity(tables.len());
        for table in tables {
            let here = own.get(&(table.part.as_str(), table.name.as_str()));
            if here.is_none_or(|h| h.columns != table.columns) {
                return Err(StoreError::Constraint(format!("table {} is not the same on both sides", table.name)));
            }
            // The counter belongs to the target: only it knows how it counts.
            pending.push(Table { counter: here.and_then(|h| h.counter.clone()), ..table.clone() });
        }
        let mut done: BTreeSet<String> = BTreeSet::new();
        let mut ordered = Vec::with_capacity(pending.len());
        while !pending.is_empty() {
            let waits = |t: &Table, done: &BTreeSet<String>, pending: &[Table]| {
                let points = self.references.iter().filter(|(from, to)| *from == t.name && to != from);
                points.clone().any(|(_, to)| !done.contains(to) && pending.iter().any(|p| p.name == *to))
            };
            let (ready, rest): (Vec<_>, Vec<_>) = pending.iter().cloned().partition(|t| !waits(t, &done, &pending));
            if ready.is_empty() {
                return Err(StoreError::Constraint("the tables reference each other in a circle".to_owned()));
            }
            done.extend(ready.iter().map(|t| t.name.clone()));
            ordered.extend(ready);
            pending = rest;
        }
        Ok(ordered)
    }

    /// Adds rows, columns in the order of [`Table::columns`].
    pub async fn add(&mut self, table: &Table, rows: Vec<Row>) -> Result<(), StoreError> {
        match &self.target {
            Target::Sqlite { .. } => {
                let marks = (1..=table.columns.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
                let sql = format!("insert into {} ({}) values ({marks})", quoted(&table.name), column_list(table));
                let name = table.name.clone();
                let work = move |c: &mut rusqlite::Connection| {
                    let fail = |e| sqlite::map(&name, e);
                    let mut prepared = c.prepare_cached(&sql).map_err(fail)?;
                    for row in &rows {
                        prepared.execute(rusqlite::params_from_iter(row.values())).map_err(fail)?;
                    }
                    Ok(())
                };
                self.session(table.part)?.run(work).await
            }
            Target::Postgres(Some(client)) => {
                let per_statement = (PARAMETERS_MAX / table.columns.len().max(1)).max(1);
                for chunk in rows.chunks(per_statement) {
                    insert(client, table, chunk).await?;
                }
                Ok(())
            }
            Target::Postgres(None) => Err(ended()),
        }
    }

    /// Makes the table count on from where the source stood.
    pub async fn count_from(&mut self, table: &Table) -> Result<(), StoreError> {
        let (Some(counter), Some(last)) = (&table.counter, table.sequence.filter(|n| *n > 0)) else { return Ok(()) };
        match &self.target {
            Target::Sqlite { .. } => {
                let name = table.name.clone();
                let work = move |c: &mut rusqlite::Connection| {
                    let fail = |e| sqlite::map("transfer.sequence", e);
                    c.execute("delete from sqlite_sequence where name = ?1", [&name]).map_err(fail)?;
                    c.execute("insert into sqlite_sequence (name, seq) values (?1, ?2)", rusqlite::params![name, last]).map_err(fail)?;
                    Ok(())
                };
                self.session(table.part)?.run(work).await
            }
            Target::Postgres(Some(client)) => {
                let full = format!("{}.{}", schema(table.part), quoted(&table.name));
                let set = "select setval(pg_get_serial_sequence($1, $2), $3)";
                client.query(set, &[&full, counter, &last]).await.map(drop).map_err(|e| postgres::map("transfer.sequence", &e))
            }
            Target::Postgres(None) => Err(ended()),
        }
    }

    /// Makes everything durable. Foreign keys are checked first.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        match &mut self.target {
            Target::Sqlite { state, telemetry } => {
                for session in [telemetry, state] {
                    let work = |c: &mut rusqlite::Connection| {
                        let fail = |e| sqlite::map("transfer.commit", e);
                        let broken = c.prepare("pragma foreign_key_check").and_then(|mut p| p.exists([])).map_err(fail)?;
                        if broken {
                            return Err(StoreError::ForeignKey);
                        }
                        c.execute_batch("commit; pragma foreign_keys = on").map_err(fail)
                    };
                    session.run(work).await?;
                }
                Ok(())
            }
            Target::Postgres(client) => {
                let held = client.as_ref().ok_or_else(ended)?;
                held.batch_execute("commit").await.map_err(|e| postgres::map("commit", &e))?;
                drop(client.take());
                Ok(())
            }
        }
    }

    pub(super) fn is_sqlite(&self) -> bool {
        matches!(self.target, Target::Sqlite { .. })
    }

    pub(super) fn session(&self, part: Part) -> Result<&Session, StoreError> {
        match &self.target {
            Target::Sqlite { state, telemetry } => Ok(if part == Part::State { state } else { telemetry }),
            Target::Postgres(_) => Err(ended()),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if let Target::Postgres(client) = &mut self.target
            && let Some(client) = client.take()
        {
            // Closing rolls back on the server.
            drop(Object::take(*client));
        }
    }
}

fn ended() -> StoreError {
    StoreError::Unavailable("the transfer has ended".to_owned())
}

async fn insert(client: &Object, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
    let width = table.columns.len();
    let tuple = |row: usize| (1..=width).map(|n| format!("${}", row * width + n)).collect::<Vec<_>>().join(",");
    let tuples = (0..rows.len()).map(|r| format!("({})", tuple(r))).collect::<Vec<_>>().join(",");
    let full = format!("{}.{}", schema(table.part), quoted(&table.name));
    let sql = format!("insert into {full} ({}) overriding system value values {tuples}", column_list(table));
    let fail = |e: tokio_postgres::Error| postgres::map(&table.name, &e);
    let prepared = client.prepare(&sql).await.map_err(fail)?;
    let values: Vec<&(dyn ToSql + Sync)> = rows.iter().flat_map(|r| r.values().iter().map(|v| v as &(dyn ToSql + Sync))).collect();
    client.execute(&prepared, &values).await.map(drop).map_err(fail)
}

async fn references(client: &Object) -> Result<Vec<(String, String)>, StoreError> {
    let text = "select f.relname::text, t.relname::text from pg_constraint k join pg_class f on f.oid = k.conrelid
                join pg_class t on t.oid = k.confrelid where k.contype = 'f'";
    let rows = client.query(text, &[]).await.map_err(|e| postgres::map("transfer.references", &e))?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1))).collect())
}
