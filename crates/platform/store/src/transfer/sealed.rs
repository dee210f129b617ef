//! Finding sealed values wherever they stand, and emptying those of an SQLite store whose keys are lost: a sealed value is recognised
//! by its form, `v1:<8 hex>:...`, alone or as `{"$sealed": ...}`.

use crate::database::Inner;
use crate::transfer::quoted;
use crate::{Database, Store, StoreError, postgres, sqlite};

/// Values emptied in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emptied {
    pub table: String,
    pub column: String,
    pub values: u64,
}

/// How thoroughly the files of an SQLite store are looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every page and its place.
    Pages,
    /// Also every row against every index.
    Rows,
}

/// Text columns of every table: table, column, whether it must not be null.
const SQLITE_COLUMNS: &str = "select m.name, c.name, c.\"notnull\" from sqlite_master m join pragma_table_info(m.name) c
    where m.type = 'table' and lower(c.type) = 'text' and c.pk = 0 and m.name not like 'sqlite\\_%' escape '\\'";
const POSTGRES_COLUMNS: &str = "select c.table_name::text, c.column_name::text
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type = 'text'";

/// Values found in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    pub table: String,
    pub column: String,
    pub values: u64,
}

impl Database {
    /// Every text column with values that contain `needle`, whoever owns it.
    pub async fn columns_holding(&self, needle: &str) -> Result<Vec<Holding>, StoreError> {
        match &self.inner {
            Inner::Sqlite(db) => {
                let needle = needle.to_owned();
                db.session(true).await?.run(move |c| sqlite_holding(c, &needle)).await
            }
            Inner::Postgres(db) => {
                let fail = |e: tokio_postgres::Error| postgres::map("sealed.holding", &e);
                let client = db.client().await?;
                let mut found = Vec::new();
                for row in client.query(POSTGRES_COLUMNS, &[]).await.map_err(fail)? {
                    let (table, column): (String, String) = (row.get(0), row.get(1));
                    let text = format!("select count(*) from {} where position($1 in {}) > 0", quoted(&table), quoted(&column));
                    let values: i64 = client.query_one(&text, &[&needle]).await.map_err(fail)?.get(0);
                    if values > 0 {
                        found.push(Holding { table, column, values: values.unsigned_abs() });
                    }
                }
                Ok(found)
            }
        }
    }
}

fn sqlite_holding(c: &mut rusqlite::Connection, needle: &str) -> Result<Vec<Holding>, StoreError> {
    let fail = |e| sqlite::map("sealed.holding", e);
    let columns: Vec<(String, String)> = {
        let mut prepared = c.prepare(SQLITE_COLUMNS).map_err(fail)?;
        let rows = prepared.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).map_err(fail)?;
        rows.collect::<Result<_, _>>().map_err(fail)?
    };
    let mut found = Vec::new();
    for (table, column) in columns {
        let text = format!("select count(*) from {} where instr({}, ?1) > 0", quoted(&table), quoted(&column));
        let values: i64 = c.query_row(&text, [needle], |r| r.get(0)).map_err(fail)?;
        if values > 0 {
            found.push(Holding { table, column, values: values.unsigned_abs() });
        }
    }
    Ok(found)
}

impl Store {
    /// Empties every sealed value of the state database: null where the column allows it, else an empty text.
    pub async fn empty_sealed(&self) -> Result<Vec<Emptied>, StoreError> {
        let Inner::Sqlite(state) = &self.state.inner else {
            return Err(StoreError::Unavailable("only files of backups are emptied".to_owned()));
        };
        let session = state.session(false).await?;
        session
            .run(|c| {
                let fail = |e| sqlite::map("transfer.sealed", e);
                let columns: Vec<(String, String, bool)> = {
                    let mut prepared = c.prepare(SQLITE_COLUMNS).map_err(fail)?;
                    let rows = prepared.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).map_err(fail)?;
                    rows.collect::<Result<_, _>>().map_err(fail)?
                };
                let tx = c.transaction().map_err(fail)?;
                let mut emptied = Vec::new();
                for (table, column, not_null) in columns {
                    let (t, c, empty) = (quoted(&table), quoted(&column), if not_null { "''" } else { "null" });
                    let sql =
                        format!("update {t} set {c} = {empty} where {c} glob 'v1:????????:*' or {c} glob '*\"$sealed\"*v1:????????:*'");
                    let values = tx.execute(&sql, []).map_err(fail)? as u64;
                    if values > 0 {
                        emptied.push(Emptied { table, column, values });
                    }
                }
                tx.commit().map_err(fail)?;
                Ok(emptied)
            })
            .await
    }

    /// Checks the files of an SQLite store; a text when something is wrong.
    pub async fn integrity(&self, depth: Depth) -> Result<Option<String>, StoreError> {
        let (pragma, name) = match depth {
            Depth::Pages => ("pragma quick_check(1)", "quick_check"),
            Depth::Rows => ("pragma integrity_check(1)", "integrity_check"),
        };
        for part in [&self.state, &self.telemetry] {
            let Inner::Sqlite(db) = &part.inner else { continue };
            let session = db.session(true).await?;
            let verdict = session.run(move |c| c.query_row(pragma, [], |r| r.get::<_, String>(0)).map_err(|e| sqlite::map(name, e)));
            let verdict = verdict.await?;
            if verdict != "ok" {
                return Ok(Some(verdict));
            }
        }
        Ok(None)
    }
}
