//! The sealed columns of this crate, for `argos vault rekey`.

use argos_kernel::Result;
use argos_store::{Database, args};
use argos_vault::{ResealBatch, Resealer, Vault};
use serde_json::json;

use crate::snapshot::{aad, history_aad, sealed_blob};
use crate::{BoxFuture, Settings, store};

const BATCH: i64 = 200;

/// `settings.value`
struct Values(Database);
/// `settings_history.value`
struct Versions(Database);

impl Settings {
    /// The owners of this crate's sealed columns.
    pub fn resealers(&self) -> Vec<Box<dyn Resealer>> {
        vec![Box::new(Values(self.0.db.clone())), Box::new(Versions(self.0.db.clone()))]
    }
}

/// The column text sealed again, when it has to be.
fn reseal(vault: &Vault, aad: &str, column: &str) -> Result<Option<String>> {
    match sealed_blob(column) {
        Some(blob) => Ok(vault.reseal(aad, &blob)?.map(|blob| json!({ "$sealed": blob }).to_string())),
        None => Ok(None),
    }
}

impl Resealer for Values {
    fn name(&self) -> &'static str {
        "settings.value"
    }
    fn step<'a>(&'a self, vault: &'a Vault, cursor: Option<String>) -> BoxFuture<'a, Result<ResealBatch>> {
        Box::pin(async move {
            let rows = self.0.query(store::SEALED_AFTER, args![cursor.unwrap_or_default(), BATCH]).await?;
            let (mut work, mut last) = (Vec::new(), None);
            for row in &rows {
                let (key, column): (String, String) = (row.get(0)?, row.get(1)?);
                if let Some(fresh) = reseal(vault, &aad(&key), &column)? {
                    work.push((store::RESEAL, args![fresh, &key, column]));
                }
                last = Some(key);
            }
            let resealed = self.0.batch(work).await?;
            Ok(ResealBatch { resealed, next: last.filter(|_| rows.len() as i64 == BATCH) })
        })
    }
}

impl Resealer for Versions {
    fn name(&self) -> &'static str {
        "settings_history.value"
    }
    fn step<'a>(&'a self, vault: &'a Vault, cursor: Option<String>) -> BoxFuture<'a, Result<ResealBatch>> {
        Box::pin(async move {
            let after: i64 = cursor.and_then(|c| c.parse().ok()).unwrap_or(0);
            let rows = self.0.query(store::SEALED_VERSIONS_AFTER, args![after, BATCH]).await?;
            let (mut work, mut last) = (Vec::new(), None);
            for row in &rows {
                let (id, key, version, column): (i64, String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                if let Some(fresh) = reseal(vault, &history_aad(&key, version), &column)? {
                    work.push((store::RESEAL_VERSION, args![fresh, id, column]));
                }
                last = Some(id.to_string());
            }
            let resealed = self.0.batch(work).await?;
            Ok(ResealBatch { resealed, next: last.filter(|_| rows.len() as i64 == BATCH) })
        })
    }
}
