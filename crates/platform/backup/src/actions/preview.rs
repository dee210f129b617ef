//! What a restore of a backup would change, told before anything is staged.

use argos_kernel::{Result, Secret};
use argos_store::{Part, transfer};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::files::Scratch;
use crate::actions::verify::Unpacked;
use crate::backups::Backups;
use crate::model::metadata::{Metadata, TableEntry};
use crate::model::preview::{TableChange, changes};

/// The backup against the running store.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Preview {
    pub filename: String,
    pub created_at: String,
    pub version: String,
    /// Engine it was taken from.
    pub engine: String,
    pub note: Option<String>,
    /// The master key in force opens the secrets inside.
    pub same_master_key: bool,
    /// The archive carries points and logs.
    pub includes_telemetry: bool,
    pub tables: Vec<TableChange>,
    pub warnings: Vec<String>,
}

impl Backups {
    pub async fn preview(&self, id: i64, passphrase: Option<Secret<String>>) -> Result<Preview> {
        let p = self.p();
        let backup = self.find(id).await?;
        let _turn = self.0.scratch.lock().await;
        let passphrase = match passphrase {
            Some(given) => Some(given),
            None => self.passphrase()?,
        };
        let scratch = Scratch::make(&p.dir, "preview", &*p.rng).await?;
        let (path, limit) = (self.path_of(&backup), super::restore::unpacked_max(&backup));
        let unpacked = self.unpack(&path, passphrase, Some(backup.sha256.clone()), &scratch.path, limit).await;
        let made = match unpacked {
            Ok(unpacked) => {
                let then = tables_of(&unpacked).await;
                unpacked.store.close().await;
                let (then, metadata) = (then?, unpacked.metadata);
                let current = transfer::digests(&mut p.store.reading().await?, &metadata.parts()).await?;
                let current: Vec<TableEntry> = current.into_iter().map(TableEntry::from).collect();
                let includes_telemetry = metadata.parts().contains(&Part::Telemetry);
                Ok(Preview {
                    filename: backup.filename.clone(),
                    created_at: metadata.created_at.clone(),
                    version: metadata.version.clone(),
                    engine: metadata.engine.clone(),
                    note: metadata.note.clone(),
                    same_master_key: unpacked.signed.is_some(),
                    includes_telemetry,
                    tables: changes(&then, &current),
                    warnings: self.warnings(unpacked.signed.is_some(), &metadata),
                })
            }
            Err(error) => Err(error),
        };
        scratch.remove().await;
        made
    }

    /// What whoever restores must know.
    pub(crate) fn warnings(&self, same_key: bool, metadata: &Metadata) -> Vec<String> {
        let mut warnings = Vec::new();
        if !same_key {
            warnings.push("The backup was made under another master key: its secrets cannot be read here".to_owned());
        }
        if !metadata.parts().contains(&Part::Telemetry) {
            warnings.push("The backup holds no points and logs; those of now are kept".to_owned());
        }
        let named = self.file_sets().into_iter().filter(|set| set.named.is_some());
        for set in named.filter(|set| !metadata.carried.iter().any(|name| name == set.name)) {
            warnings.push(format!("The backup holds no {}; those of now are kept", set.name));
        }
        if !metadata.missing.is_empty() {
            warnings.push(format!("{} files that the backup names were lost before it was made", metadata.missing.len()));
        }
        warnings
    }
}

/// What the tables of an archive hold, digested now where that was not done when it was made.
async fn tables_of(unpacked: &Unpacked) -> Result<Vec<TableEntry>> {
    if unpacked.metadata.is_digested() {
        return Ok(unpacked.metadata.tables.clone());
    }
    let found = transfer::digests(&mut unpacked.store.reading().await?, &unpacked.metadata.parts()).await?;
    Ok(found.into_iter().map(TableEntry::from).collect())
}
