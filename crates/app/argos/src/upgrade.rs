//! Bringing a store to the schema of this binary, with a backup before the first step (platform spec 19). A backup that
//! fails stops the upgrade before it changed anything; `--skip-upgrade-backup` goes on without one.
//!
//! A mark in the data directory names the backup of an upgrade under way, so that an upgrade which fails or is killed
//! again and again makes one backup and not one an attempt.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use argos_backup::{Backup, BackupParts, Backups, schema_of};
use argos_events::Events;
use argos_jobs::{Jobs, NoLog, Schedules};
use argos_kernel::{Clock, Rng, SystemClock, SystemRng};
use argos_net::Net;
use argos_settings::boot::Boot;
use argos_store::{Migration, Part, Store};
use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::routes::health::VERSION;
use crate::{boot, glue};

const MARK: &str = "upgrade.json";

/// The backup of an upgrade that is not finished.
#[derive(Serialize, Deserialize)]
struct Mark {
    backup: String,
    /// The schema that the upgrade leads to; another upgrade gets a backup of its own.
    to: BTreeMap<String, i64>,
}

/// Migrates; the backup that was made before, which has no row yet.
pub(crate) async fn run(boot: &Boot, store: &Store, migrations: &[Migration], skip_backup: bool) -> Result<Option<Backup>, Failure> {
    let place = boot.data_dir().join(MARK);
    let due = store.due(migrations).await?;
    let mut made = None;
    if !due.is_empty() && is_lived_in(store).await? {
        if skip_backup {
            tracing::warn!(steps = due.len(), "the store is upgraded without a backup");
        } else {
            made = back_up(boot, store, migrations, &due, &place).await.map_err(|e| {
                Failure::runtime(format!(
                    "the upgrade was stopped before it changed anything, because the backup before it failed: {}. \
                     Mend that, or start once with --skip-upgrade-backup to go on without a backup.",
                    e.message
                ))
            })?;
        }
    }
    let fresh = store.migrate(migrations, SystemClock.now()).await?;
    if !fresh.is_empty() {
        tracing::info!(steps = fresh.len(), "the store was brought to the newest schema");
    }
    match std::fs::remove_file(&place) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Failure::runtime(format!("{}: {e}", place.display()))),
        _ => Ok(made),
    }
}

/// A store whose first start never ended has nothing to keep.
async fn is_lived_in(store: &Store) -> Result<bool, Failure> {
    let applied = store.applied(Part::State).await?;
    Ok(applied.iter().any(|m| m.module == "identity") && argos_identity::is_lived_in(&store.state).await?)
}

async fn back_up(boot: &Boot, store: &Store, all: &[Migration], due: &[Migration], place: &Path) -> Result<Option<Backup>, Failure> {
    let is_due = |m: &Migration| due.iter().any(|d| (d.part, d.module, d.version) == (m.part, m.module, m.version));
    let applied: Vec<Migration> = all.iter().filter(|m| !is_due(m)).copied().collect();
    let backups = over_the_old_schema(boot, store, applied).await?;
    let to = schema_of(all);
    if let Some(mark) = read(place).filter(|mark| mark.to == to && backups.has_file(&mark.backup)) {
        tracing::info!(file = mark.backup, "the interrupted upgrade goes on; its backup is there");
        return Ok(None);
    }
    tracing::info!(steps = due.len(), "the store is backed up before it is upgraded");
    let made =
        backups.create_before_upgrade(format!("before the upgrade to {VERSION}")).await.map_err(|e| Failure::runtime(e.message()))?;
    tracing::info!(file = made.filename, bytes = made.size_bytes, "backed up");
    write(place, &Mark { backup: made.filename.clone(), to }).map_err(|e| Failure::runtime(format!("{}: {e}", place.display())))?;
    Ok(Some(made))
}

/// What a backup needs, over a store of which only `applied` was applied. Nothing of it runs.
async fn over_the_old_schema(boot: &Boot, store: &Store, applied: Vec<Migration>) -> Result<Backups, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rng: Arc<dyn Rng> = Arc::new(SystemRng::default());
    let vault = boot::unlock(boot, store, &clock, &rng).await?;
    let events = Events::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let audit = glue::audit(store, &clock, &rng, &vault);
    let settings = glue::settings(boot, store, &clock, &rng, &vault, &events, &audit).await?;
    let jobs = Jobs::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng), events.clone(), Arc::new(NoLog));
    let schedules = Schedules::new(jobs.clone(), glue::time_zone(&settings)?);
    Ok(Backups::new(BackupParts {
        store: store.clone(),
        migrations: applied.into(),
        clock,
        rng,
        vault,
        net: Net::new(glue::net_policy(boot, &settings)?),
        settings,
        events,
        audit,
        jobs,
        schedules,
        data_dir: boot.data_dir(),
        dir: boot::backup_dir(boot),
        version: VERSION,
    }))
}

/// A mark that cannot be read is none: then there is one backup more.
fn read(place: &Path) -> Option<Mark> {
    serde_json::from_slice(&std::fs::read(place).ok()?).ok()
}

fn write(place: &Path, mark: &Mark) -> std::io::Result<()> {
    let beside = PathBuf::from(format!("{}.new", place.display()));
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(&serde_json::to_vec(mark)?)?;
    file.sync_all()?;
    std::fs::rename(&beside, place)?;
    std::fs::File::open(place.parent().unwrap_or(place))?.sync_all()
}

#[cfg(test)]
#[path = "tests/upgrade.rs"]
mod tests;
