//! The two key changes, both beside a running server: `rotate` wraps the data keys with another master key (seconds),
//! `rekey` makes a new data key and has every owner of sealed columns re-encrypt them in batches.
//!
//! Owners register as [`Resealer`]s; the old key is forgotten only when all of them finished without an error.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use argos_kernel::{Result, Rng};
use argos_store::{Database, args};

use crate::keyring::{list_in, unwrap, wrap};
use crate::{MasterKey, Vault, VaultError, store};

/// Wraps every data key with `new` instead of `old`; the number of keys. Running processes keep working: they hold
/// the data keys, which do not change.
pub async fn rotate(db: &Database, old: &MasterKey, new: &MasterKey, rng: &dyn Rng) -> Result<u64, VaultError> {
    let (old, new) = (old.kek(), new.kek());
    let mut tx = db.begin().await?;
    let mut count = 0;
    for row in list_in(&mut tx).await? {
        let key = unwrap(&old, &row)?;
        count += tx.exec(store::REWRAP, args![wrap(&new, rng, &row.kid, key.reveal()), &row.kid]).await?;
    }
    tx.commit().await?;
    Ok(count)
}

/// One step of a re-encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResealBatch {
    /// Blobs sealed again in this step.
    pub resealed: u64,
    /// Where the next step goes on; `None` when the column is done.
    pub next: Option<String>,
}

/// The owner of sealed columns. `step` handles a bounded number of rows after the cursor in one transaction, with
/// [`Vault::reseal`].
pub trait Resealer: Send + Sync {
    /// Names the columns, e.g. `settings.value`.
    fn name(&self) -> &'static str;
    fn step<'a>(&'a self, vault: &'a Vault, cursor: Option<String>) -> Pin<Box<dyn Future<Output = Result<ResealBatch>> + Send + 'a>>;
}

/// What a re-encryption did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RekeyReport {
    /// Blobs sealed again, per owner.
    pub resealed: Vec<(&'static str, u64)>,
    /// Old data keys deleted.
    pub keys_forgotten: u64,
}

/// Re-encrypts everything with a new data key. `settle` is how long other running processes get to learn the new
/// key before it is used, and to stop using the old one (5 s beside a server, zero without one). After a failure it
/// can be called again; a generation that was begun is continued.
pub async fn rekey(vault: &Vault, owners: &[&dyn Resealer], settle: Duration) -> Result<RekeyReport> {
    if !vault.has_next().await? {
        vault.create_next().await?;
    }
    tokio::time::sleep(settle).await;
    vault.activate_next().await?;
    tokio::time::sleep(settle).await;
    let mut report = RekeyReport::default();
    for owner in owners {
        let (mut done, mut cursor) = (0, None);
        loop {
            let batch = owner.step(vault, cursor).await?;
            done += batch.resealed;
            match batch.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        tracing::info!(owner = owner.name(), resealed = done, "re-encrypted");
        report.resealed.push((owner.name(), done));
    }
    report.keys_forgotten = vault.forget_retired().await?;
    Ok(report)
}
