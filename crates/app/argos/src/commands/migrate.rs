//! The schema from the command line: which steps were applied, and the newest one taken back.

use argos_platform::Domain;
use argos_store::{Migration, Part, Store};

use super::{refuse_beside_servers, say};
use crate::boot;
use crate::cli::{MigrateCommand, ServeArgs};
use crate::data_dir::DataDir;
use crate::exit::Failure;

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, command: MigrateCommand) -> Result<(), Failure> {
    let boot = boot::configuration(args)?;
    let known = boot::migrations(&domains);
    // Nobody takes the floor away under a running server.
    let _held = match command {
        MigrateCommand::Status => DataDir::visit(&boot.data_dir())?,
        MigrateCommand::Rollback { .. } => DataDir::hold(&boot.data_dir())?,
    };
    let store = boot::open_store(&boot).await?;
    let done = match command {
        MigrateCommand::Status => status(&store, &known).await,
        MigrateCommand::Rollback { yes } => rollback(&store, &known, yes).await,
    };
    store.close().await;
    done
}

async fn status(store: &Store, known: &[Migration]) -> Result<(), Failure> {
    for part in [Part::State, Part::Telemetry] {
        let applied = store.applied(part).await?;
        for step in known.iter().filter(|m| m.part == part) {
            let at = applied.iter().find(|a| a.module == step.module && a.version == step.version);
            let state = at.map_or_else(|| "pending".to_owned(), |a| format!("applied {}", a.applied_at.rfc3339()));
            say(format_args!("{:<10} {:>3}  {:<20} {state}", step.module, step.version, step.name))?;
        }
    }
    Ok(())
}

async fn rollback(store: &Store, known: &[Migration], yes: bool) -> Result<(), Failure> {
    refuse_beside_servers(store).await?;
    // A store that has more than this binary knows, or less, is not this binary's to change.
    if !store.due(known).await?.is_empty() {
        return Err(Failure::configuration(
            "nothing was changed: the schema is older than this binary, so there is nothing of it to take back",
        ));
    }
    let declared = boot::rollbacks();
    let newest = store.newest(known).await?;
    let newest = newest.ok_or_else(|| Failure::configuration("nothing was changed: the store has no schema yet"))?;
    let name = format!("{} {} ({})", newest.module, newest.version, newest.name);
    let Some(back) = declared.iter().find(|r| (r.module, r.version) == (newest.module, newest.version)) else {
        let text = format!(
            "nothing was changed: the newest step, {name}, cannot be taken back. Restore the backup that was made before the upgrade."
        );
        return Err(Failure::configuration(text));
    };
    if !yes {
        return Err(Failure::configuration(format!("nothing was changed: {name} is taken back with --yes; it removes {}", back.loses)));
    }
    store.roll_back(&newest, back).await?;
    say(format_args!("{name} was taken back; start an older binary now: this one would apply it again"))
}
