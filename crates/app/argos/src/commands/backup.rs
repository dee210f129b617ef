//! Backups and databases from the command line: make, list, verify, stage a restore, copy between engines, compare.

use std::path::{Path, PathBuf};

use argos_backup::Consent;
use argos_kernel::{Actor, Clock, Secret, SystemClock};
use argos_platform::{Domain, Platform};
use argos_store::{Migration, Part, Store, transfer};
use argos_vault::MasterKey;

use super::{refuse_beside_servers, say, visit};
use crate::boot;
use crate::cli::{BackupCommand, DbCommand, RestoreArgs, ServeArgs};
use crate::data_dir::DataDir;
use crate::exit::Failure;

const BOTH: [Part; 2] = [Part::State, Part::Telemetry];

/// The platform with its domains built, but nothing running: each domain names the files that a backup carries.
async fn built(args: &ServeArgs, domains: Vec<Domain>) -> Result<Platform, Failure> {
    let platform = visit(args, &domains).await?;
    platform.tasks.shutdown().trigger();
    for domain in domains {
        drop(domain.build(&platform));
    }
    Ok(platform)
}

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, command: BackupCommand) -> Result<(), Failure> {
    let platform = built(args, domains).await?;
    let backups = &platform.backups;
    let done = async {
        match command {
            BackupCommand::Create { note } => {
                let made = backups.create_now(note).await.map_err(refused)?;
                say(format_args!("{}  {} bytes  {}", made.filename, made.size_bytes, made.verify_detail.unwrap_or_default()))
            }
            BackupCommand::List => {
                for b in backups.list(1000).await? {
                    let verified = b.verify_state.as_deref().unwrap_or("not verified");
                    say(format_args!("{:>5}  {}  {:>12}  {:<9}  {verified}", b.id, b.filename, b.size_bytes, b.kind))?;
                }
                Ok(())
            }
            BackupCommand::Verify { id } => {
                let (ok, detail) = backups.verify_now(id).await.map_err(refused)?;
                if ok { say(format_args!("ok: {detail}")) } else { Err(Failure::runtime(detail)) }
            }
        }
    };
    let done = done.await;
    platform.store.close().await;
    done
}

pub(crate) async fn restore(args: &ServeArgs, domains: Vec<Domain>, wanted: RestoreArgs) -> Result<(), Failure> {
    if !wanted.yes {
        return Err(Failure::configuration("nothing was changed: confirm with --yes"));
    }
    let consent = Consent {
        passphrase: wanted.passphrase_file.as_deref().map(secret_file).transpose()?,
        archive_key: match wanted.archive_key_file.as_deref() {
            Some(path) => Some(MasterKey::parse(secret_file(path)?.reveal()).map_err(Failure::configuration)?),
            None => None,
        },
        without_secrets: wanted.without_secrets,
    };
    let platform = built(args, domains).await?;
    let staged = platform.backups.restore_file(&Actor::cli(), &wanted.file, consent).await;
    platform.store.close().await;
    for warning in staged.map_err(refused)?.warnings {
        say(format_args!("warning: {warning}"))?;
    }
    say("staged: the next start of the server applies it")
}

pub(crate) async fn db(args: &ServeArgs, domains: Vec<Domain>, command: DbCommand) -> Result<(), Failure> {
    let migrations = boot::migrations(&domains);
    match command {
        DbCommand::Digest => {
            let boot = boot::configuration(args)?;
            DataDir::visit(&boot.data_dir())?;
            let store = boot::open_store(&boot).await?;
            let printed = print_digests(&store).await;
            store.close().await;
            printed
        }
        DbCommand::Copy { from, to, replace } => copy(&from, &to, replace, &migrations).await,
    }
}

async fn print_digests(store: &Store) -> Result<(), Failure> {
    for t in transfer::digests(&mut store.reading().await?, &BOTH).await? {
        say(format_args!("{:<9}  {:<28}  {:>10}  {}", t.part.as_str(), t.table, t.rows, t.digest))?;
    }
    Ok(())
}

/// An SQLite directory is locked while it is copied, so that no server runs on it; a database that a server shares is refused.
async fn open(place: &str) -> Result<(Store, Option<DataDir>), Failure> {
    if place.starts_with("postgres://") || place.starts_with("postgresql://") {
        let store = Store::open_postgres(&Secret::new(place.to_owned())).await?;
        refuse_beside_servers(&store).await?;
        return Ok((store, None));
    }
    let held = DataDir::hold(&PathBuf::from(place))?;
    Ok((Store::open_sqlite(&held.path).await?, Some(held)))
}

async fn copy(from: &str, to: &str, replace: bool, migrations: &[Migration]) -> Result<(), Failure> {
    let now = SystemClock.now();
    let ((source, _source_lock), (target, _target_lock)) = (open(from).await?, open(to).await?);
    if !source.due(migrations).await?.is_empty() {
        return Err(Failure::configuration(
            "the source has an older schema: start the server on it once, which backs it up and upgrades it",
        ));
    }
    source.migrate(migrations, now).await?;
    target.migrate(migrations, now).await?;
    let held = transfer::digests(&mut target.reading().await?, &BOTH).await?;
    // A fresh schema brings some rows of its own; people and keys come with the first start.
    let lived_in = |t: &transfer::TableDigest| matches!(t.table.as_str(), "users" | "vault_keys" | "settings") && t.rows > 0;
    if !replace && held.iter().any(lived_in) {
        return Err(Failure::configuration("the target is not empty; --replace overwrites it"));
    }
    let mut load = target.load(&BOTH).await?;
    let read = transfer::copy(&mut source.reading().await?, &mut load, &BOTH, |_| {}).await?;
    load.commit().await?;
    let written = transfer::digests(&mut target.reading().await?, &BOTH).await?;
    source.close().await;
    target.close().await;
    match read.iter().find(|t| !written.contains(t)) {
        Some(t) => Err(Failure::runtime(format!("table {} is not equal after the copy", t.table))),
        None => say(format_args!("{} tables, {} rows copied and compared", read.len(), read.iter().map(|t| t.rows).sum::<u64>())),
    }
}

fn secret_file(path: &Path) -> Result<Secret<String>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::configuration(format!("{}: {e}", path.display())))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// What the operator can mend is said in its own words.
fn refused(e: argos_kernel::AppError) -> Failure {
    match e.kind() {
        argos_kernel::ErrorKind::Internal => Failure::from(e),
        _ => Failure::runtime(e.message()),
    }
}
