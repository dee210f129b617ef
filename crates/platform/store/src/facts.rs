//! What a database says about itself, for self-observation: version, log, connections, whether it takes writes.

use crate::database::{Database, Inner};
use crate::sqlite;
use crate::transfer::quoted;
use crate::{Stmt, StoreError};

/// Connections of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolFacts {
    pub size: usize,
    pub in_use: usize,
    pub idle: usize,
}

const VERSION: Stmt = Stmt {
    name: "store.version",
    sqlite: "select sqlite_version()",
    postgres: "select current_setting('server_version')",
    part: crate::Part::State,
};
/// Changes nothing, but a database that only reads refuses it.
const WRITE: Stmt = Stmt {
    name: "store.write_probe",
    sqlite: "update schema_migrations set version = version where 1 = 0",
    postgres: "update schema_migrations set version = version where 1 = 0",
    part: crate::Part::State,
};

/// The session of the signals of each process that lives.
const PROCESSES: Stmt = Stmt {
    name: "store.processes",
    sqlite: "select 1",
    postgres: "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'argos-replica%'",
    part: crate::Part::State,
};

/// The names under which they are known.
const REPLICAS: Stmt = Stmt {
    name: "store.replicas",
    sqlite: "select ''",
    postgres: "select distinct substr(application_name, 15) from pg_stat_activity
      where datname = current_database() and application_name like 'argos-replica:%' order by 1",
    part: crate::Part::State,
};

impl Database {
    /// The names of the processes that hear each other through this database; nothing on SQLite, where there is one.
    pub async fn replicas(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.query(REPLICAS, Vec::new()).await?;
        let names: Vec<String> = rows.iter().map(|r| r.get(0)).collect::<Result<_, _>>()?;
        Ok(names.into_iter().filter(|name| !name.is_empty()).collect())
    }

    /// How many processes hear each other through this database; at least this one.
    pub async fn processes(&self) -> Result<u32, StoreError> {
        let count: i64 = self.one(PROCESSES, Vec::new()).await?.get(0)?;
        Ok(u32::try_from(count).unwrap_or(1).max(1))
    }

    /// Version of the engine.
    pub async fn version(&self) -> Result<String, StoreError> {
        self.one(VERSION, Vec::new()).await?.get(0)
    }

    /// Bytes of the write-ahead log that are not folded back; `None` on PostgreSQL.
    pub fn wal_bytes(&self) -> Option<u64> {
        match &self.inner {
            Inner::Sqlite(db) => Some(db.wal_bytes()),
            Inner::Postgres(_) => None,
        }
    }

    /// `None` on SQLite, which has no pool.
    pub fn pool(&self) -> Option<PoolFacts> {
        match &self.inner {
            Inner::Sqlite(_) => None,
            Inner::Postgres(db) => Some(db.pool_facts()),
        }
    }

    /// Whether it takes a write now. Only for the state database.
    pub async fn takes_writes(&self) -> bool {
        self.exec(WRITE, Vec::new()).await.is_ok()
    }
}

impl crate::Store {
    /// Rows of every table as `part.table`; on PostgreSQL as its statistics estimate them, for counting reads all rows.
    pub async fn row_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        match (&self.state.inner, &self.telemetry.inner) {
            (Inner::Postgres(db), _) => {
                let rows = db.query(ESTIMATES, Vec::new()).await?;
                rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
            }
            (Inner::Sqlite(state), Inner::Sqlite(telemetry)) => {
                let mut out = Vec::new();
                for (part, db) in [("state", state), ("telemetry", telemetry)] {
                    let session = db.session(true).await?;
                    let counted = session.run(|c| row_counts(c)).await?;
                    out.extend(counted.into_iter().map(|(table, rows)| (format!("{part}.{table}"), rows)));
                }
                Ok(out)
            }
            (Inner::Sqlite(_), Inner::Postgres(_)) => Ok(Vec::new()),
        }
    }
}

const ESTIMATES: Stmt = Stmt {
    name: "store.row_estimates",
    sqlite: "select 1, 1",
    postgres: "select case schemaname when 'telemetry' then 'telemetry.' else 'state.' end || relname, n_live_tup from pg_stat_user_tables
               where schemaname in ('public', 'telemetry') order by 1",
    part: crate::Part::State,
};

/// Rows of every ordinary table.
fn row_counts(c: &rusqlite::Connection) -> Result<Vec<(String, i64)>, StoreError> {
    let fail = |e| sqlite::map("store.row_counts", e);
    let mut prepared =
        c.prepare("select name from pragma_table_list where schema = 'main' and type = 'table' order by name").map_err(fail)?;
    let names = prepared.query_map([], |r| r.get::<_, String>(0)).map_err(fail)?.collect::<Result<Vec<_>, _>>().map_err(fail)?;
    let mut out = Vec::new();
    for name in names.into_iter().filter(|n| !n.starts_with("sqlite_")) {
        let count = format!("select count(*) from {}", quoted(&name));
        let rows = c.query_row(&count, [], |r| r.get(0)).map_err(fail)?;
        out.push((name, rows));
    }
    Ok(out)
}
