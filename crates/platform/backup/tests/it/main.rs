//! Backups on each engine: made, proven, damaged, restored.
#![expect(clippy::unwrap_used, reason = "test code")]

mod formats;
mod portable;
mod restore;
mod story;

use std::path::PathBuf;
use std::sync::Arc;

use argos_audit::Audit;
use argos_backup::{BackupParts, Backups};
use argos_events::Events;
use argos_jobs::{Jobs, NoLog, Schedules};
use argos_kernel::{Clock, ManualClock, Rng, SeededRng, Shutdown, Tasks, Timestamp};
use argos_net::{Net, Policy};
use argos_settings::Settings;
use argos_settings::boot::{Boot, Environment};
use argos_store::testing::{TestStore, each_engine};
use argos_store::{Migration, Store};
use argos_vault::{MasterKey, Vault};

pub(crate) const KEY: &str = "6b1f0c0d5a7e4493b2d8e1f60718293a4b5c6d7e8f901a2b3c4d5e6f70818293";
pub(crate) const OTHER_KEY: &str = "0000000000000000000000000000000000000000000000000000000000abcdef";

/// Every migration of the platform.
pub(crate) fn migrations() -> Vec<Migration> {
    [
        argos_vault::MIGRATIONS,
        argos_settings::MIGRATIONS,
        argos_events::MIGRATIONS,
        argos_audit::MIGRATIONS,
        argos_jobs::MIGRATIONS,
        argos_identity::MIGRATIONS,
        argos_metrics::MIGRATIONS,
        argos_logs::MIGRATIONS,
        argos_alerts::MIGRATIONS,
        argos_notify::MIGRATIONS,
        argos_backup::MIGRATIONS,
    ]
    .concat()
}

/// One installation: a store, a data directory, and the platform below backups.
pub(crate) struct House {
    pub(crate) backups: Backups,
    pub(crate) settings: Settings,
    pub(crate) vault: Vault,
    pub(crate) events: Events,
    pub(crate) clock: ManualClock,
    pub(crate) tasks: Tasks,
    pub(crate) store: Store,
    pub(crate) dir: PathBuf,
}

struct Quiet;
impl argos_settings::ChangeSink for Quiet {
    fn changed<'a>(
        &'a self,
        _: &'a mut argos_store::Tx,
        _: &'a argos_kernel::Actor,
        _: &'a [argos_settings::Change],
    ) -> argos_settings::BoxFuture<'a, argos_kernel::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

pub(crate) async fn house(store: &Store, dir: PathBuf, key: &str, seed: u64) -> House {
    let clock = ManualClock::at(Timestamp::from_secs(1_767_225_600));
    let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(seed));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let db = store.state.clone();
    let vault = Vault::unlock(&db, &MasterKey::parse(key).unwrap(), shared.clone(), rng.clone()).await.unwrap();
    let boot = Boot::load([("data_dir".to_owned(), dir.display().to_string())].into(), Environment::default()).unwrap();
    let settings = Settings::open(&db, &vault, boot, shared.clone(), rng.clone()).await.unwrap();
    settings.set_sink(Arc::new(Quiet));
    let events = Events::new(db.clone(), shared.clone(), rng.clone());
    let audit = Audit::new(db.clone(), shared.clone(), rng.clone());
    let jobs = Jobs::new(db, shared.clone(), rng.clone(), events.clone(), Arc::new(NoLog));
    let schedules = Schedules::new(jobs.clone(), chrono_tz::Tz::UTC);
    let tasks = Tasks::new(shared.clone(), rng.clone(), Shutdown::new());
    let backups = Backups::new(BackupParts {
        store: store.clone(),
        migrations: migrations().into(),
        clock: shared,
        rng,
        vault: vault.clone(),
        settings: settings.clone(),
        net: Net::new(Policy { allow_private_targets: true, ..Policy::default() }),
        events: events.clone(),
        audit,
        jobs,
        schedules,
        data_dir: dir.clone(),
        dir: dir.join("backups"),
        version: "2.10.0",
    });
    std::fs::create_dir_all(dir.join("backups")).unwrap();
    House { backups, settings, vault, events, clock, tasks, store: store.clone(), dir }
}

/// A house on each engine, with a directory that lives as long.
pub(crate) async fn houses() -> Vec<(House, TestStore, tempfile::TempDir)> {
    let mut all = Vec::new();
    for t in each_engine(&migrations()).await {
        let dir = tempfile::tempdir().unwrap();
        all.push((house(&t.store, dir.path().to_owned(), KEY, 5).await, t, dir));
    }
    all
}
