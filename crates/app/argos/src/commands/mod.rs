//! Commands besides `serve`. They work on the store beside a running server and print to standard output.

pub(crate) mod backup;
pub(crate) mod channel;
pub(crate) mod config;
pub(crate) mod demo;
mod demo_traffic;
pub(crate) mod doctor;
pub(crate) mod identity;
pub(crate) mod master_key;
pub(crate) mod migrate;
pub(crate) mod setup;
mod terminal;
pub(crate) mod vault;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::SystemClock;
use argos_logs::LogQueue;
use argos_platform::{Domain, Platform};
use argos_store::Store;
use clap::CommandFactory;

use crate::boot;
use crate::cli::{Cli, ServeArgs};
use crate::data_dir::DataDir;
use crate::exit::{Exit, Failure};
use crate::upgrade;

/// Writes one line to standard output.
pub(crate) fn say(text: impl std::fmt::Display) -> Result<(), Failure> {
    writeln!(std::io::stdout().lock(), "{text}").map_err(Failure::runtime)
}

/// The platform over the existing store, without taking it over from a running server: beside one it upgrades nothing.
pub(crate) async fn visit(args: &ServeArgs, domains: &[Domain]) -> Result<Platform, Failure> {
    let boot = boot::configuration(args)?;
    DataDir::visit(&boot.data_dir())?;
    let store = boot::open_store(&boot).await?;
    let migrations = boot::migrations(domains);
    // Nobody upgrades under a running server, or beside one that upgrades; one that shares the database may run elsewhere.
    let _alone = if store.due(&migrations).await?.is_empty() {
        None
    } else {
        let held = DataDir::hold(&boot.data_dir())?;
        refuse_beside_servers(&store).await?;
        Some(held)
    };
    let before_upgrade = upgrade::run(&boot, &store, &migrations, args.skip_upgrade_backup).await?;
    let platform = boot::platform(&boot, store, migrations, LogQueue::new(Arc::new(SystemClock))).await?;
    if let Some(made) = before_upgrade {
        let backup = platform.backups.record_upgrade(made).await?;
        platform.backups.copy_upgrade(&backup).await;
    }
    Ok(platform)
}

/// A server that shares the database from elsewhere holds no lock of this data directory. One that just stopped is shown by
/// the database for a moment.
pub(crate) async fn refuse_beside_servers(store: &Store) -> Result<(), Failure> {
    let mut looks = 10;
    loop {
        let names = store.state.replicas().await?;
        if names.is_empty() {
            return Ok(());
        }
        looks -= 1;
        if looks == 0 {
            let text = format!("nothing was changed: a server runs on this database: {}", names.join(", "));
            return Err(Failure::new(Exit::InUse, text));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub(crate) async fn openapi(domains: Vec<Domain>) -> Result<(), Failure> {
    say(crate::openapi::document(domains).await?)
}

pub(crate) fn completion(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "argos", &mut text);
    std::io::stdout().lock().write_all(&text).map_err(Failure::runtime)
}

pub(crate) async fn settings(args: &ServeArgs, domains: Vec<Domain>) -> Result<(), Failure> {
    let platform = visit(args, &domains).await?;
    let text = argos_settings::render_effective(&platform.settings.effective());
    platform.store.close().await;
    say(text)
}
