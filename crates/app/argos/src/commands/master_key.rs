//! Changing the master key. The new key is staged beside the old one before the store is touched, and every step can be
//! repeated: a start after a crash in between finds the key that opens the store.

use std::path::Path;

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, Secret};
use argos_platform::{Domain, Platform};
use argos_settings::boot::Boot;
use argos_vault::{KeyFile, MasterKey, rotate};
use serde_json::json;

use super::{say, visit};
use crate::boot;
use crate::cli::{MasterKeyCommand, ServeArgs};
use crate::exit::Failure;

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>, command: MasterKeyCommand) -> Result<(), Failure> {
    let boot = boot::configuration(args)?;
    // Opening the platform proves the key in force, and finishes a rotation that was cut off.
    let platform = visit(args, &domains).await?;
    let done = match command {
        MasterKeyCommand::Fingerprint => say(platform.vault.fingerprint()),
        MasterKeyCommand::Rotate { new, old } => change(&platform, &boot, new.as_deref(), old.as_deref()).await,
    };
    platform.store.close().await;
    done
}

async fn change(platform: &Platform, boot: &Boot, new: Option<&Path>, old: Option<&Path>) -> Result<(), Failure> {
    let file = KeyFile::in_dir(&boot.data_dir());
    let given: Option<Secret<String>> = boot.secret("master_key");
    let in_force = match (old, &given) {
        (Some(path), _) => key_in(path)?,
        (None, Some(text)) => MasterKey::parse(text.reveal()).map_err(Failure::configuration)?,
        (None, None) => file.read_or_create(&*platform.rng).map_err(Failure::configuration)?.0,
    };
    let wanted = match (new, &given) {
        (Some(path), _) => key_in(path)?,
        (None, None) => MasterKey::generate(&*platform.rng),
        (None, Some(_)) => {
            return Err(Failure::configuration("the master key comes from the environment: name the file of the new one with --new"));
        }
    };
    if wanted == in_force {
        return Err(Failure::configuration("the new master key is the one in force"));
    }
    if given.is_none() {
        file.stage(&wanted).map_err(Failure::runtime)?;
    }
    let count = rotate(&platform.store.state, &in_force, &wanted, &*platform.rng).await.map_err(Failure::configuration)?;
    let text = format!("{count} data keys wrapped with master key {}", wanted.fingerprint());
    let mut change = platform.audit.begin(&Actor::cli()).await?;
    let event = NewEvent::new(Source::Platform, "secret.rotated", format!("The master key was changed: {text}")).actor(&Actor::cli());
    platform.events.publish(&mut change, event.data(json!({ "where": "master key", "values": count }))).await?;
    change.commit(Entry::new("vault.rotate", Category::Security).describe(text.clone())).await?;
    if given.is_none() {
        file.promote().map_err(Failure::runtime)?;
        say(format_args!("{text}; written to {}: copy it to a safe place", file.path().display()))
    } else {
        say(format_args!("{text}; set ARGOS_MASTER_KEY to it before the next start"))
    }
}

fn key_in(path: &Path) -> Result<MasterKey, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::configuration(format!("{}: {e}", path.display())))?;
    MasterKey::parse(&text).map_err(|e| Failure::configuration(format!("{}: {e}", path.display())))
}
