//! Argos: the composition root. Reading this file shows the whole house: what is mounted, and what the command line does.

mod announced;
mod boot;
mod cli;
mod commands;
mod data_dir;
mod desk;
mod exit;
mod glue;
mod kept_settings;
mod listeners;
mod logging;
mod maintenance;
mod observed;
mod offered;
mod openapi;
mod own_place;
mod pid_file;
mod refusals;
mod rekey;
mod replicas;
mod routes;
mod rule_actions;
mod serve;
mod set_channels;
#[cfg(test)]
mod statements;
mod upgrade;

use std::io::Write;
use std::process::ExitCode;

use argos_platform::Domain;
use clap::Parser;

use crate::cli::{Cli, Command};
use crate::exit::Failure;

/// The jobs this binary does.
fn domains() -> Vec<Domain> {
    vec![argos_edge::domain(), argos_host::domain(), argos_nodes::domain(), argos_power::domain(), argos_testing::domain()]
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // One provider for everything that speaks TLS; a second call would only say that it is there.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = boot::worker_threads(&cli) {
        builder.worker_threads(threads);
    }
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return fail(&Failure::runtime(e)),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let args = cli.serve;
    match cli.command {
        None => serve::run(&args, domains()).await,
        Some(Command::Serve(own)) => serve::run(&merge(args, *own), domains()).await,
        Some(Command::Openapi) => commands::openapi(domains()).await,
        Some(Command::Completion { shell }) => commands::completion(shell),
        Some(Command::Doctor { bundle }) => commands::doctor::run(&args, domains(), bundle.as_deref()).await,
        Some(Command::Settings) => commands::settings(&args, domains()).await,
        Some(Command::Backup(command)) => commands::backup::run(&args, domains(), command).await,
        Some(Command::Channel(command)) => commands::channel::run(&args, domains(), command).await,
        Some(Command::Restore(restore)) => commands::backup::restore(&args, domains(), restore).await,
        Some(Command::Db(command)) => commands::backup::db(&args, domains(), command).await,
        Some(Command::Configuration(command)) => commands::config::run(&args, domains(), command).await,
        Some(Command::MasterKey(command)) => commands::master_key::run(&args, domains(), command).await,
        Some(Command::Vault(command)) => commands::vault::run(&args, domains(), command).await,
        Some(Command::Migrate(command)) => commands::migrate::run(&args, domains(), command).await,
        Some(Command::Setup(wanted)) => commands::setup::run(&args, domains(), wanted).await,
        Some(Command::Demo(command)) => commands::demo::run(&args, domains(), command).await,
        Some(command) => commands::identity::run(&args, domains(), command).await,
    }
}

/// Global flags may stand before or after the word `serve`.
fn merge(outer: cli::ServeArgs, inner: cli::ServeArgs) -> cli::ServeArgs {
    cli::ServeArgs {
        data_dir: inner.data_dir.or(outer.data_dir),
        listen: inner.listen.or(outer.listen),
        tls_listen: inner.tls_listen.or(outer.tls_listen),
        edge_http: inner.edge_http.or(outer.edge_http),
        edge_https: inner.edge_https.or(outer.edge_https),
        database_url: inner.database_url.or(outer.database_url),
        config: inner.config.or(outer.config),
        replica_id: inner.replica_id.or(outer.replica_id),
        allow_private_targets: inner.allow_private_targets || outer.allow_private_targets,
        print_first_run_password: inner.print_first_run_password || outer.print_first_run_password,
        skip_upgrade_backup: inner.skip_upgrade_backup || outer.skip_upgrade_backup,
        log_format: inner.log_format.or(outer.log_format),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    // Nobody is left to tell when standard error is closed.
    drop(writeln!(std::io::stderr(), "argos: {}", failure.message));
    ExitCode::from(failure.exit as u8)
}
