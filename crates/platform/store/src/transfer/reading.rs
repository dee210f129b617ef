//! One consistent view of a store: on PostgreSQL a single repeatable-read snapshot over both schemas, on SQLite one
//! read transaction per file. Nothing it does can be seen by others.

use std::collections::BTreeMap;

use deadpool_postgres::Object;
use futures_util::StreamExt;
use rusqlite::Connection;
use tokio::sync::mpsc;

use crate::database::Inner;
use crate::postgres;
use crate::sqlite::{self, Session};
use crate::transfer::{BATCH, Table, column_list, quoted};
use crate::{Part, Row, Store, StoreError};

enum Source {
    Sqlite { state: Session, telemetry: Session },
    Postgres(Box<Object>),
}

/// A consistent view. Dropping it ends it.
pub struct Reading {
    source: Source,
    tables: Vec<Table>,
}

impl Store {
    /// Takes a view of both databases, for copying them out.
    pub async fn reading(&self) -> Result<Reading, StoreError> {
        let (source, tables) = match (&self.state.inner, &self.telemetry.inner) {
            (Inner::Sqlite(state), Inner::Sqlite(telemetry)) => {
                let (state, telemetry) = (state.session(true).await?, telemetry.session(true).await?);
                for session in [&state, &telemetry] {
                    // A deferred transaction sees what was committed when it first reads.
                    session
                        .run(|c| c.execute_batch("begin; select count(*) from sqlite_master").map_err(|e| sqlite::map("begin", e)))
                        .await?;
                }
                let mut tables = sqlite_tables(&state, Part::State).await?;
                tables.extend(sqlite_tables(&telemetry, Part::Telemetry).await?);
                (Source::Sqlite { state, telemetry }, tables)
            }
            (Inner::Postgres(db), _) => {
                let client = db.client().await?;
                let begun = client.batch_execute("begin isolation level repeatable read read only").await;
                begun.map_err(|e| postgres::map("begin", &e))?;
                let tables = postgres_tables(&client).await?;
                (Source::Postgres(Box::new(client)), tables)
            }
            _ => return Err(StoreError::Unavailable("the two databases of a store have different engines".to_owned())),
        };
        Ok(Reading { source, tables })
    }
}

impl Reading {
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &Table) -> Result<u64, StoreError> {
        let name = quoted(&table.name);
        let count: i64 = match &self.source {
            Source::Sqlite { state, telemetry } => {
                let session = if table.part == Part::State { state } else { telemetry };
                let sql = format!("select count(*) from {name}");
                session.run(move |c| c.query_row(&sql, [], |r| r.get(0)).map_err(|e| sqlite::map("transfer.count", e))).await?
            }
            Source::Postgres(client) => {
                let sql = format!("select count(*) from {}.{name}", schema(table.part));
                client.query_one(&sql, &[]).await.map_err(|e| postgres::map(&table.name, &e))?.get(0)
            }
        };
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// All rows of a table, columns in the order of [`Table::columns`]. One table at a time.
    pub async fn rows(&mut self, table: &Table) -> Result<Rows, StoreError> {
        let columns = column_list(table);
        match &self.source {
            Source::Sqlite { state, telemetry } => {
                let session = if table.part == Part::State { state } else { telemetry };
                let sql = format!("select {columns} from {}", quoted(&table.name));
                let (send, receive) = mpsc::channel(4);
                session.start(move |c| stream(c, &sql, &send)).await?;
                Ok(Rows::Sqlite(receive))
            }
            Source::Postgres(client) => {
                let schema = schema(table.part);
                let sql = format!("select {columns} from {schema}.{}", quoted(&table.name));
                let none: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
                let rows = client.query_raw(sql.as_str(), none).await.map_err(|e| postgres::map(&table.name, &e))?;
                // After its end such a stream answers with an error, not with nothing.
                Ok(Rows::Postgres { rows: Box::pin(rows.fuse()), name: table.name.clone() })
            }
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Source::Postgres(_) = &self.source {
            // The connection is inside a transaction: it must not go back to the pool.
            let empty = Source::Sqlite { state: Session::closed(), telemetry: Session::closed() };
            if let Source::Postgres(client) = std::mem::replace(&mut self.source, empty) {
                drop(Object::take(*client));
            }
        }
    }
}

/// The rows of one table, in batches.
pub enum Rows {
    #[doc(hidden)]
    Sqlite(mpsc::Receiver<Result<Vec<Row>, StoreError>>),
    #[doc(hidden)]
    Postgres { rows: std::pin::Pin<Box<futures_util::stream::Fuse<tokio_postgres::RowStream>>>, name: String },
}

impl Rows {
    /// `None` after the last row.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<Row>>, StoreError> {
        match self {
            Self::Sqlite(receive) => receive.recv().await.transpose(),
            Self::Postgres { rows, name } => {
                let mut batch = Vec::with_capacity(BATCH);
                while batch.len() < BATCH {
                    match rows.next().await {
                        Some(Ok(row)) => batch.push(postgres::read(&row, name)?),
                        Some(Err(e)) => return Err(postgres::map(name, &e)),
                        None => break,
                    }
                }
                Ok(Some(batch).filter(|b| !b.is_empty()))
            }
        }
    }
}

/// Sends every row in batches; stops when nobody listens any more.
fn stream(c: &Connection, sql: &str, send: &mpsc::Sender<Result<Vec<Row>, StoreError>>) {
    let outcome = (|| {
        let fail = |e| sqlite::map("transfer.rows", e);
        let mut prepared = c.prepare(sql).map_err(fail)?;
        let columns = prepared.column_count();
        let mut rows = prepared.query([]).map_err(fail)?;
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(row) = rows.next().map_err(fail)? {
            batch.push(sqlite::read(row, columns).map_err(fail)?);
            if batch.len() == BATCH && send.blocking_send(Ok(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))).is_err() {
                return Ok(());
            }
        }
        if !batch.is_empty() {
            drop(send.blocking_send(Ok(batch)));
        }
        Ok(())
    })();
    if let Err(error) = outcome {
        drop(send.blocking_send(Err(error)));
    }
}

pub(super) async fn sqlite_tables(session: &Session, part: Part) -> Result<Vec<Table>, StoreError> {
    session
        .run(move |c| {
            let fail = |e| sqlite::map("transfer.tables", e);
            let mut tables: BTreeMap<String, Table> = BTreeMap::new();
            // Indexes of texts are tables of their own kind; triggers fill them anew.
            let text = "select m.name, c.name, upper(m.sql) like '%AUTOINCREMENT%' and c.pk > 0
                        from sqlite_master m join pragma_table_list l on l.schema = 'main' and l.name = m.name join pragma_table_info(m.name) c
                        where l.type = 'table' and m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\' order by m.name, c.name";
            let mut prepared = c.prepare(text).map_err(fail)?;
            let mut rows = prepared.query([]).map_err(fail)?;
            while let Some(row) = rows.next().map_err(fail)? {
                let (name, column): (String, String) = (row.get(0).map_err(fail)?, row.get(1).map_err(fail)?);
                let counted: bool = row.get(2).map_err(fail)?;
                note(&mut tables, part, &name, column, counted);
            }
            drop(rows);
            for table in tables.values_mut().filter(|t| t.counter.is_some()) {
                let mut find = c.prepare_cached("select seq from sqlite_sequence where name = ?1").map_err(fail)?;
                let mut found = find.query([&table.name]).map_err(fail)?;
                table.sequence = found.next().map_err(fail)?.map(|r| r.get(0)).transpose().map_err(fail)?;
            }
            Ok(tables.into_values().collect())
        })
        .await
}

pub(super) async fn postgres_tables(client: &Object) -> Result<Vec<Table>, StoreError> {
    let fail = |e: tokio_postgres::Error| postgres::map("transfer.tables", &e);
    let text = "select c.table_schema::text, c.table_name::text, c.column_name::text, c.is_identity = 'YES'
                from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
                where c.table_schema in ('public', 'telemetry') and t.table_type = 'BASE TABLE'";
    let mut parts: [BTreeMap<String, Table>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for row in client.query(text, &[]).await.map_err(fail)? {
        let (schema, name, column): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let counted: bool = row.get(3);
        let (part, tables) = match schema.as_str() {
            "telemetry" => (Part::Telemetry, &mut parts[1]),
            _ => (Part::State, &mut parts[0]),
        };
        note(tables, part, &name, column, counted);
    }
    let mut tables: Vec<Table> = parts.into_iter().flat_map(BTreeMap::into_values).collect();
    for table in &mut tables {
        table.columns.sort_unstable();
        let Some(counter) = &table.counter else { continue };
        let full = format!("{}.{}", schema(table.part), quoted(&table.name));
        let sequence: Option<String> =
            client.query_one("select pg_get_serial_sequence($1, $2)", &[&full, counter]).await.map_err(fail)?.get(0);
        let Some(sequence) = sequence else { continue };
        let row = client.query_one(&format!("select last_value, is_called from {sequence}"), &[]).await.map_err(fail)?;
        table.sequence = row.get::<_, bool>(1).then(|| row.get(0));
    }
    Ok(tables)
}

fn note(tables: &mut BTreeMap<String, Table>, part: Part, name: &str, column: String, counted: bool) {
    if Table::is_own_record(name) {
        return;
    }
    let empty = || Table { part, name: name.to_owned(), columns: Vec::new(), sequence: None, counter: None };
    let table = tables.entry(name.to_owned()).or_insert_with(empty);
    if counted {
        table.counter = Some(column.clone());
    }
    table.columns.push(column);
}

pub(super) const fn schema(part: Part) -> &'static str {
    match part {
        Part::State => "public",
        Part::Telemetry => "telemetry",
    }
}
