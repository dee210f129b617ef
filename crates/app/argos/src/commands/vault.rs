//! Re-encryption from the command line, beside a running server. Killed, it goes on when it is called again.

use std::future::Future;
use std::pin::Pin;

use argos_kernel::{Actor, Result};
use argos_platform::Domain;
use argos_vault::{RekeyStep, RekeyWatch};

use super::{say, visit};
use crate::cli::{ServeArgs, VaultCommand};
use crate::exit::Failure;
use crate::rekey;

/// Says on standard error which column is at work.
struct Shown;

impl RekeyWatch for Shown {
    fn note(&self, step: RekeyStep) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async move {
            tracing::info!(column = step.owner, done = step.done, of = step.of, resealed = step.resealed, "re-encrypting");
            Ok(())
        })
    }
}

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, command: VaultCommand) -> Result<(), Failure> {
    let columns = rekey::columns(&domains);
    let platform = visit(args, &domains).await?;
    let done = match command {
        VaultCommand::Rekey => match rekey::run(&platform, &columns, &Actor::cli(), &Shown).await {
            Ok(report) => say(rekey::shown(&report)),
            Err(error) => Err(Failure::runtime(error)),
        },
        VaultCommand::Status => {
            let retired = platform.vault.retired_kids().await.map_err(Failure::runtime)?;
            say(serde_json::json!({ "active_key": platform.vault.active_kid(), "retired_keys": retired }))
        }
    };
    platform.store.close().await;
    done
}
