//! From configuration to a platform (platform spec 19, steps 1 to 8). Refuses bad values; changes nothing before it has
//! judged them all.

use std::collections::BTreeMap;
use std::sync::Arc;

use argos_alerts::Alerts;
use argos_approvals::{ApprovalParts, Approvals};
use argos_audit::{Houses, PortableSection, RequestLog};
use argos_backup::{BackupParts, Backups, Portable, pending};
use argos_events::Events;
use argos_identity::Identity;
use argos_inventory::Inventory;
use argos_jobs::{Jobs, OrganizationSchedules, Schedules};
use argos_kernel::{Clock, Rng, Secret, Shutdown, SystemClock, SystemRng, Tasks};
use argos_llm::{Llm, LlmParts};
use argos_logs::{Intake, LogQueue, Logs};
use argos_metrics::Metrics;
use argos_net::Net;
use argos_notify::{Notify, OrganizationNotifications};
use argos_platform::{Domain, Health, Platform};
use argos_settings::boot::{Boot, DatabaseTarget, Environment};
#[cfg(test)]
use argos_store::Stmt;
use argos_store::{Migration, Rollback, Store, StoreError};
use argos_vault::{KeyFile, MasterKey, Vault};
use argos_webhooks::Webhooks;
use tokio::time::Instant;

use crate::cli::{Cli, Command, ServeArgs};
use crate::exit::{Exit, Failure};
use crate::glue;
use crate::kept_settings::KeptByAlerts;
use crate::routes::health::VERSION;

/// Bootstrap values from the command line and the environment.
pub(crate) fn configuration(args: &ServeArgs) -> Result<Boot, Failure> {
    let mut cli = BTreeMap::new();
    let path = |p: &std::path::Path| p.display().to_string();
    let pairs = [
        ("data_dir", args.data_dir.as_deref().map(path)),
        ("http.listen", args.listen.clone()),
        ("https.listen", args.tls_listen.clone()),
        ("edge.http_listen", args.edge_http.clone()),
        ("edge.https_listen", args.edge_https.clone()),
        ("database.url", args.database_url.clone()),
        ("config_file", args.config.as_deref().map(path)),
        ("replica.id", args.replica_id.clone()),
        ("net.allow_private_targets", args.allow_private_targets.then(|| "true".to_owned())),
        ("log.format", args.log_format.clone()),
    ];
    cli.extend(pairs.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?))));
    Boot::load(cli, Environment::of_process()).map_err(Failure::configuration)
}

/// Threads that somebody asked for; `None` = one for each processor. A configuration that is wrong says so later.
pub(crate) fn worker_threads(cli: &Cli) -> Option<usize> {
    let boot = match &cli.command {
        None => configuration(&cli.serve),
        Some(Command::Serve(own)) => configuration(own),
        Some(_) => return None,
    };
    threads_of(&boot.ok()?)
}

fn threads_of(boot: &Boot) -> Option<usize> {
    boot.source("worker_threads")?;
    boot.int("worker_threads").and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0)
}

/// Every migration of the platform and the domains, in dependency order.
pub(crate) fn migrations(domains: &[Domain]) -> Vec<Migration> {
    let platform: [&[Migration]; 15] = [
        argos_vault::MIGRATIONS,
        argos_settings::MIGRATIONS,
        argos_events::MIGRATIONS,
        argos_audit::MIGRATIONS,
        argos_jobs::MIGRATIONS,
        argos_identity::MIGRATIONS,
        argos_approvals::MIGRATIONS,
        argos_metrics::MIGRATIONS,
        argos_logs::MIGRATIONS,
        argos_inventory::MIGRATIONS,
        argos_alerts::MIGRATIONS,
        argos_notify::MIGRATIONS,
        argos_webhooks::MIGRATIONS,
        argos_llm::MIGRATIONS,
        argos_backup::MIGRATIONS,
    ];
    let all = platform.into_iter().chain(domains.iter().map(|d| d.migrations));
    all.flatten().copied().collect()
}

/// Steps that can be taken back.
pub(crate) fn rollbacks() -> Vec<Rollback> {
    argos_inventory::ROLLBACKS.to_vec()
}

/// Every statement of the product, for the test that prepares them all.
#[cfg(test)]
pub(crate) fn statements(domains: &[Domain]) -> Vec<Stmt> {
    let platform: [&[&[Stmt]]; 16] = [
        argos_store::STATEMENTS,
        argos_vault::STATEMENTS,
        argos_settings::STATEMENTS,
        argos_events::STATEMENTS,
        argos_audit::STATEMENTS,
        argos_jobs::STATEMENTS,
        argos_identity::STATEMENTS,
        argos_approvals::STATEMENTS,
        argos_metrics::STATEMENTS,
        argos_logs::STATEMENTS,
        argos_inventory::STATEMENTS,
        argos_alerts::STATEMENTS,
        argos_notify::STATEMENTS,
        argos_webhooks::STATEMENTS,
        argos_llm::STATEMENTS,
        argos_backup::STATEMENTS,
    ];
    let all = platform.into_iter().chain(domains.iter().map(|d| d.statements));
    all.flatten().flat_map(|s| s.iter()).copied().collect()
}

/// Opens the store the configuration names.
pub(crate) async fn open_store(boot: &Boot) -> Result<Store, Failure> {
    let opened = match boot.database().map_err(Failure::configuration)? {
        DatabaseTarget::Sqlite(dir) => Store::open_sqlite(&dir).await,
        DatabaseTarget::Postgres(url) => Store::open_postgres(&url).await,
    };
    opened.map_err(|e| match e {
        StoreError::Corrupt(what) => Failure::runtime(format!("the database is damaged and was left as it is: {what}. Restore a backup.")),
        StoreError::ReadOnly => Failure::runtime("the data directory cannot be written"),
        other => Failure::from(other),
    })
}

/// Applies a staged restore, under the lock of the data directory and before anything uses the store.
pub(crate) async fn apply_restore(boot: &Boot, migrations: &[Migration]) -> Result<(), Failure> {
    let (dir, now) = (boot.data_dir(), SystemClock.now());
    let failed = |e: std::io::Error| Failure::runtime(format!("the staged restore could not be applied; it stays staged: {e}"));
    if !pending::is_pending(&dir) {
        // Only sweeps what a crash while staging left.
        pending::apply(&dir, pending::Target::Sqlite(&dir), migrations, now).await.map_err(failed)?;
        return Ok(());
    }
    tracing::warn!("a staged restore is applied");
    match boot.database().map_err(Failure::configuration)? {
        DatabaseTarget::Sqlite(database) => {
            pending::apply(&dir, pending::Target::Sqlite(&database), migrations, now).await.map_err(failed)?;
        }
        DatabaseTarget::Postgres(url) => {
            let store = Store::open_postgres(&url).await?;
            crate::commands::refuse_beside_servers(&store).await.map_err(|e| {
                let text = format!("{}; the staged restore waits until this server is the only one", e.message);
                Failure::new(e.exit, text)
            })?;
            pending::apply(&dir, pending::Target::Postgres(&store), migrations, now).await.map_err(failed)?;
            store.close().await;
        }
    }
    Ok(())
}

/// Unlocks the vault with the given master key, or with the key file in the data directory.
pub(crate) async fn unlock(boot: &Boot, store: &Store, clock: &Arc<dyn Clock>, rng: &Arc<dyn Rng>) -> Result<Vault, Failure> {
    let given: Option<Secret<String>> = boot.secret("master_key");
    let unlocked = match given {
        Some(text) => {
            let key = MasterKey::parse(text.reveal()).map_err(|e| Failure::configuration(format!("ARGOS_MASTER_KEY: {e}")))?;
            Vault::unlock(&store.state, &key, Arc::clone(clock), Arc::clone(rng)).await
        }
        None => {
            let file = KeyFile::in_dir(&boot.data_dir());
            Vault::unlock_from_file(&store.state, &file, Arc::clone(clock), Arc::clone(rng)).await
        }
    };
    unlocked.map_err(|e| Failure::new(Exit::Configuration, format!("master key: {e}")))
}

/// Where the archives of this instance lie.
pub(crate) fn backup_dir(boot: &Boot) -> std::path::PathBuf {
    boot.path("backup.dir").unwrap_or_else(|| boot.data_dir().join("backups"))
}

/// Builds the platform over a migrated store. Nothing runs yet.
pub(crate) async fn platform(
    boot: &Boot,
    store: Store,
    migrations: Vec<Migration>,
    (queue, intake): (LogQueue, Intake),
) -> Result<Platform, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rng: Arc<dyn Rng> = Arc::new(SystemRng::default());
    let tasks = Tasks::new(Arc::clone(&clock), Arc::clone(&rng), Shutdown::new());
    let vault = unlock(boot, &store, &clock, &rng).await?;
    let events = Events::with_kinds(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng), &[argos_identity::KINDS]);
    let audit = glue::audit(&store, &clock, &rng, &vault);
    let settings = glue::settings(boot, &store, &clock, &rng, &vault, &events, &audit).await?;
    let net = Net::new(glue::net_policy(boot, &settings)?);
    let redactor = vault.redactor().clone();
    queue.set_redactor(Arc::new(move |text| redactor.text(text)));
    let logs = Logs::new(store.telemetry.clone(), queue, intake);
    let jobs = Jobs::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng), events.clone(), Arc::new(logs.clone()));
    let schedules = Schedules::new(jobs.clone(), glue::time_zone(&settings)?);
    let metrics = Metrics::open(&store, Arc::clone(&clock)).await?;
    let deps = glue::identity_deps(boot, &store, &clock, &rng, &vault, &events, &audit, &settings);
    let identity = Identity::new(deps.map_err(Failure::configuration)?);
    let approvals = Approvals::new(ApprovalParts {
        db: store.state.clone(),
        clock: Arc::clone(&clock),
        rng: Arc::clone(&rng),
        events: events.clone(),
        audit: audit.clone(),
        jobs: jobs.clone(),
        people: Arc::new(glue::Users(identity.clone())),
    });
    let inventory = Inventory::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng), events.clone(), audit.clone());
    let alerts = Alerts::open(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng), events.clone(), audit.clone()).await?;
    let notify = Notify::new(glue::notify_parts(&store, &clock, &rng, &vault, &net, &events, &audit, &settings, &identity));
    alerts.set_inventory(inventory.clone());
    introduce(&alerts, &notify, &metrics, &schedules, (&identity, KeptByAlerts::new(&alerts, &audit, &settings)));
    alerts.set_zone(glue::time_zone(&settings)?);
    let webhooks = Webhooks::new(glue::webhook_parts(&store, &clock, &rng, &vault, &net, &events, &audit, &identity, &settings));
    let llm = Llm::new(LlmParts {
        db: store.state.clone(),
        clock: Arc::clone(&clock),
        rng: Arc::clone(&rng),
        vault: vault.clone(),
        settings: settings.clone(),
        net: net.clone(),
        audit: audit.clone(),
        alerts: alerts.clone(),
        identity: identity.clone(),
        organizations: Arc::new(glue::Users(identity.clone())),
    });
    let migrations: Arc<[Migration]> = migrations.into();
    let backups = Backups::new(BackupParts {
        store: store.clone(),
        migrations: Arc::clone(&migrations),
        clock: Arc::clone(&clock),
        rng: Arc::clone(&rng),
        vault: vault.clone(),
        settings: settings.clone(),
        net: net.clone(),
        events: events.clone(),
        audit: audit.clone(),
        jobs: jobs.clone(),
        schedules: schedules.clone(),
        data_dir: boot.data_dir(),
        dir: backup_dir(boot),
        version: VERSION,
    });
    let portable = Portable::new(settings.clone(), identity.clone(), audit.clone(), events.clone(), VERSION);
    add_sections(&portable, &identity, (&notify, &alerts), &schedules, (&webhooks, &vault));
    tell_identity(&identity, &notify, &llm);
    let health = Health::new(Arc::clone(&clock));
    let started = Instant::now();
    Ok(Platform {
        clock,
        rng,
        tasks,
        store,
        migrations,
        vault,
        settings,
        net,
        events,
        requests: RequestLog::new(audit.clone()),
        audit,
        jobs,
        schedules,
        identity,
        approvals,
        metrics,
        logs,
        inventory,
        alerts,
        notify,
        webhooks,
        llm,
        backups,
        portable,
        health,
        desk: argos_platform::Desk::default(),
        observed: argos_platform::Observed::default(),
        listeners: argos_platform::Listeners::default(),
        signals: argos_platform::Signals::default(),
        started,
    })
}

/// The platform's own parts of the configuration document, in the order in which they are written.
fn add_sections(
    portable: &Portable,
    identity: &Identity,
    (notify, alerts): (&Notify, &Alerts),
    schedules: &Schedules,
    (webhooks, vault): (&Webhooks, &Vault),
) {
    let houses: Arc<dyn Houses> = Arc::new(identity.clone());
    let sections: [Arc<dyn PortableSection>; 7] = [
        Arc::new(identity.clone()),
        Arc::new(notify.clone()),
        Arc::new(OrganizationNotifications::new(notify.clone(), Arc::clone(&houses))),
        Arc::new(alerts.clone()),
        Arc::new(schedules.clone()),
        Arc::new(OrganizationSchedules::new(schedules.clone(), vault.clone(), houses)),
        Arc::new(webhooks.clone()),
    ];
    sections.into_iter().for_each(|section| portable.add(section));
}

/// Identity stands below who carries its letters, who keeps what people want to hear and who counts what organizations spend.
fn tell_identity(identity: &Identity, notify: &Notify, llm: &Llm) {
    identity.set_post(Arc::new(glue::Letters(notify.clone())));
    identity.set_wishes(Arc::new(glue::WishesOfPeople(notify.clone())));
    identity.set_model_spend(Arc::new(llm.clone()));
}

/// Alerts are about the stored series, and are told through notifying, which asks them what maintenance withholds, as the clockwork does.
fn introduce(alerts: &Alerts, notify: &Notify, metrics: &Metrics, schedules: &Schedules, (identity, kept): (&Identity, KeptByAlerts)) {
    kept.settings.clone().set_elsewhere(Arc::new(kept));
    alerts.set_people(Arc::new(glue::Users(identity.clone())));
    alerts.set_metrics(metrics.clone());
    schedules.set_gate(Arc::new(glue::Held { alerts: alerts.clone(), identity: identity.clone() }));
    alerts.set_sink(Arc::new(notify.clone()));
    notify.set_alerts(alerts.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_counted_only_when_somebody_asked_for_them() {
        let of = |text: Option<&str>| {
            let given = text.map(|t| ("worker_threads".to_owned(), t.to_owned())).into_iter().collect();
            threads_of(&Boot::load(given, Environment::default()).unwrap())
        };
        assert_eq!((of(None), of(Some("3"))), (None, Some(3)));
    }
}
