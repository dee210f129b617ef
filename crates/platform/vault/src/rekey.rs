//! The two key changes, both beside a running server: `rotate` wraps the data keys with another master key (seconds),
//! `rekey` makes a new data key and has every owner of sealed columns re-encrypt them in batches.
//!
//! Owners register as [`Resealer`]s or describe their columns as [`SealedColumn`]s. An old key is forgotten only when all
//! of them finished without an error and no column of any table holds a value of it any more, listed or not.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use argos_kernel::{AppError, Result, Rng};
use argos_store::{Database, Stmt, Value, args};

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

/// How the rows of a table are told apart.
#[derive(Clone, Copy, Debug)]
pub enum RowKey {
    Number,
    Text,
}

/// A column of sealed blobs that two statements describe.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// `<table>.<column>`
    pub name: &'static str,
    pub key: RowKey,
    /// Key, what names the place, and blob of the rows after key `$1`, in order of the key, at most `$2`; only rows with
    /// a blob.
    pub after: Stmt,
    /// Writes blob `$1` to the row with key `$2` while it still holds `$3`.
    pub reseal: Stmt,
    /// The place a blob was sealed for.
    pub place: fn(&str) -> String,
}

const BATCH: i64 = 200;

impl SealedColumn {
    /// The column in a database.
    pub fn on(self, db: Database) -> Box<dyn Resealer> {
        Box::new(Sealed { column: self, db })
    }
}

struct Sealed {
    column: SealedColumn,
    db: Database,
}

impl Resealer for Sealed {
    fn name(&self) -> &'static str {
        self.column.name
    }
    fn step<'a>(&'a self, vault: &'a Vault, cursor: Option<String>) -> Pin<Box<dyn Future<Output = Result<ResealBatch>> + Send + 'a>> {
        Box::pin(async move {
            let of = &self.column;
            let key = |text: &str| match of.key {
                RowKey::Number => Value::from(text.parse::<i64>().unwrap_or(0)),
                RowKey::Text => Value::from(text.to_owned()),
            };
            let rows = self.db.query(of.after, vec![key(&cursor.unwrap_or_default()), Value::from(BATCH)]).await?;
            let (mut work, mut last) = (Vec::new(), None);
            for row in &rows {
                let id = match of.key {
                    RowKey::Number => row.get::<i64>(0)?.to_string(),
                    RowKey::Text => row.get(0)?,
                };
                let (names, blob): (String, String) = (row.get(1)?, row.get(2)?);
                if let Some(fresh) = vault.reseal(&(of.place)(&names), &blob)? {
                    work.push((of.reseal, vec![Value::from(fresh), key(&id), Value::from(blob)]));
                }
                last = Some(id);
            }
            let resealed = if work.is_empty() { 0 } else { self.db.batch(work).await? };
            Ok(ResealBatch { resealed, next: last.filter(|_| rows.len() as i64 == BATCH) })
        })
    }
}

/// How far a re-encryption is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RekeyStep {
    /// The owner at work.
    pub owner: &'static str,
    /// Owners done, and all of them.
    pub done: usize,
    pub of: usize,
    /// Blobs sealed again so far.
    pub resealed: u64,
}

/// Is told how far a re-encryption is; an error ends it, and it can be continued.
pub trait RekeyWatch: Send + Sync {
    fn note(&self, step: RekeyStep) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>>;
}

/// Nobody looks.
struct Unwatched;

impl RekeyWatch for Unwatched {
    fn note(&self, _: RekeyStep) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async { Ok(()) })
    }
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
/// key before it is used, and to stop using the old one (5 s beside a server, zero without one). After a failure or a
/// crash it can be called again: a generation that was begun is finished, and no further one is made.
pub async fn rekey(vault: &Vault, owners: &[&dyn Resealer], settle: Duration) -> Result<RekeyReport> {
    rekey_watched(vault, owners, settle, &Unwatched).await
}

/// [`rekey`], telling `watch` how far it is.
pub async fn rekey_watched(vault: &Vault, owners: &[&dyn Resealer], settle: Duration, watch: &dyn RekeyWatch) -> Result<RekeyReport> {
    vault.begin_generation().await?;
    tokio::time::sleep(settle).await;
    vault.activate_next().await?;
    tokio::time::sleep(settle).await;
    vault.refresh().await?;
    let (active, retired) = (vault.active_kid(), vault.retired_kids().await?);
    let mut report = RekeyReport { resealed: owners.iter().map(|o| (o.name(), 0)).collect(), keys_forgotten: 0 };
    // What a slow process sealed with the old key behind our back is found by going round again.
    loop {
        let again = reseal_all(vault, owners, &mut report, watch).await?;
        if again == 0 {
            break;
        }
    }
    for kid in &retired {
        let left = vault.values_sealed_with(kid).await?;
        if !left.is_empty() {
            let text = format!("the old key {kid} is kept: values of it are left in {}", left.join(", "));
            return Err(AppError::conflict(text).code("sealed_values_left"));
        }
    }
    report.keys_forgotten = vault.forget_retired(&active, &retired).await?;
    Ok(report)
}

/// One round over every owner; how many blobs were sealed again.
async fn reseal_all(vault: &Vault, owners: &[&dyn Resealer], report: &mut RekeyReport, watch: &dyn RekeyWatch) -> Result<u64> {
    let mut round = 0;
    for (done, owner) in owners.iter().enumerate() {
        let mut cursor = None;
        loop {
            let resealed = report.resealed.iter().map(|(_, n)| n).sum();
            watch.note(RekeyStep { owner: owner.name(), done, of: owners.len(), resealed }).await?;
            let batch = owner.step(vault, cursor).await?;
            round += batch.resealed;
            if let Some((_, count)) = report.resealed.get_mut(done) {
                *count += batch.resealed;
            }
            match batch.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        tracing::info!(owner = owner.name(), "re-encrypted");
    }
    Ok(round)
}
