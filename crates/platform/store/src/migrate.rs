//! Forward-only numbered migrations, each module with its own numbers, recorded with a checksum.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use argos_kernel::{Timestamp, hex};

use crate::{Database, Store, StoreError, args};

/// Which of the two databases a migration or statement belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    State,
    Telemetry,
}

impl Part {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Telemetry => "telemetry",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        [Self::State, Self::Telemetry].into_iter().find(|p| p.as_str() == word)
    }
}

/// One step of a module's schema. Text that was released never changes.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub module: &'static str,
    pub part: Part,
    /// 1, 2, 3 ... within the module and part.
    pub version: i64,
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// A recorded step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedMigration {
    pub module: String,
    pub version: i64,
    pub name: String,
    pub applied_at: Timestamp,
}

#[derive(Debug)]
pub enum MigrateError {
    /// The store was written by a newer binary.
    Newer {
        module: String,
        version: i64,
    },
    /// A released migration was changed.
    Changed {
        module: String,
        version: i64,
    },
    Failed {
        module: String,
        version: i64,
        cause: StoreError,
    },
    Store(StoreError),
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { module, version } => {
                write!(f, "the store is newer than this binary: it has {module} version {version}")
            }
            Self::Changed { module, version } => write!(f, "migration {module} {version} differs from the one that was applied"),
            Self::Failed { module, version, cause } => write!(f, "migration {module} {version} failed: {cause}"),
            Self::Store(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for MigrateError {}

impl From<StoreError> for MigrateError {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

pub(crate) fn table(part: Part) -> &'static str {
    match part {
        Part::State => "schema_migrations",
        Part::Telemetry => "telemetry_migrations",
    }
}

mod state_sql {
    crate::statements! {
        state;
        LIST = "store.migrations.list", "select module, version, name, checksum, applied_at from schema_migrations order by applied_at, module, version";
    }
}
mod telemetry_sql {
    crate::statements! {
        telemetry;
        LIST = "store.telemetry_migrations.list", "select module, version, name, checksum, applied_at from telemetry_migrations order by applied_at, module, version";
    }
}

pub(crate) const STATEMENTS: &[&[crate::Stmt]] = &[state_sql::ALL, telemetry_sql::ALL];

impl Store {
    /// Brings both databases to the newest schema; returns the steps that were applied now. A backup that becomes a store gets
    /// the indexes first that it was written without.
    pub async fn migrate(&self, migrations: &[Migration], now: Timestamp) -> Result<Vec<Migration>, MigrateError> {
        let mut done = Vec::new();
        for part in [Part::State, Part::Telemetry] {
            crate::transfer::complete(self.part(part)).await?;
            let of_part: Vec<_> = migrations.iter().filter(|m| m.part == part).copied().collect();
            done.extend(migrate_part(self.part(part), part, &of_part, now).await?);
        }
        Ok(done)
    }

    /// The steps that [`Store::migrate`] would apply, in its order. Changes nothing but that the list of steps exists.
    pub async fn due(&self, migrations: &[Migration]) -> Result<Vec<Migration>, MigrateError> {
        let mut due = Vec::new();
        for part in [Part::State, Part::Telemetry] {
            let of_part: Vec<_> = migrations.iter().filter(|m| m.part == part).copied().collect();
            due.extend(due_of_part(self.part(part), part, &of_part).await?.into_iter().map(|d| d.step));
        }
        Ok(due)
    }

    /// Every recorded step of one part, oldest first; empty before the first migration.
    pub async fn applied(&self, part: Part) -> Result<Vec<AppliedMigration>, StoreError> {
        let rows = list(self.part(part), part).await?;
        Ok(rows.into_iter().map(|(m, _)| m).collect())
    }
}

async fn list(db: &Database, part: Part) -> Result<Vec<(AppliedMigration, String)>, StoreError> {
    let sql = format!(
        "create table if not exists {} (module text not null, version bigint not null, name text not null,
         checksum text not null, applied_at bigint not null, primary key (module, version))",
        table(part)
    );
    db.script(&sql).await?;
    let stmt = if part == Part::State { state_sql::LIST } else { telemetry_sql::LIST };
    let rows = db.query(stmt, args![]).await?;
    rows.iter()
        .map(|r| {
            let step = AppliedMigration { module: r.get(0)?, version: r.get(1)?, name: r.get(2)?, applied_at: r.get(4)? };
            Ok((step, r.get(3)?))
        })
        .collect()
}

struct Due {
    step: Migration,
    text: &'static str,
    checksum: String,
}

/// What is not applied yet, after a look at what is: neither newer nor changed.
async fn due_of_part(db: &Database, part: Part, migrations: &[Migration]) -> Result<Vec<Due>, MigrateError> {
    let applied: BTreeMap<(String, i64), String> = list(db, part).await?.into_iter().map(|(m, sum)| ((m.module, m.version), sum)).collect();
    let known: BTreeSet<(&str, i64)> = migrations.iter().map(|m| (m.module, m.version)).collect();
    if let Some((module, version)) = applied.keys().find(|(m, v)| !known.contains(&(m.as_str(), *v))) {
        return Err(MigrateError::Newer { module: module.clone(), version: *version });
    }
    let mut due = Vec::new();
    for step in migrations.iter().copied() {
        let text = match db.engine() {
            crate::Engine::Sqlite => step.sqlite,
            crate::Engine::Postgres => step.postgres,
        };
        let checksum = hex(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref());
        match applied.get(&(step.module.to_owned(), step.version)) {
            Some(sum) if *sum == checksum => {}
            Some(_) => return Err(MigrateError::Changed { module: step.module.to_owned(), version: step.version }),
            None => due.push(Due { step, text, checksum }),
        }
    }
    Ok(due)
}

async fn migrate_part(db: &Database, part: Part, migrations: &[Migration], now: Timestamp) -> Result<Vec<Migration>, MigrateError> {
    let mut done = Vec::new();
    for Due { step, text, checksum } in due_of_part(db, part, migrations).await? {
        // The step and its record are one transaction: a crash leaves both or neither.
        let script = format!(
            "{text};\ninsert into {} (module, version, name, checksum, applied_at) values ('{}', {}, '{}', '{checksum}', {});",
            table(part),
            step.module,
            step.version,
            step.name,
            now.micros()
        );
        let failed = |cause| MigrateError::Failed { module: step.module.to_owned(), version: step.version, cause };
        db.script(&script).await.map_err(failed)?;
        tracing::info!(module = step.module, version = step.version, name = step.name, "migrated");
        done.push(step);
    }
    Ok(done)
}
