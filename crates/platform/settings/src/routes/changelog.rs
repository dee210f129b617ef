//! The change log (ops-core C.3): who changed what together, newest first, secrets masked, values cut to 80 characters.

use argos_kernel::{Result, Timestamp};
use argos_store::args;
use argos_web::{Reply, Req};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Settings, registry, store};

const SETS: i64 = 100;
const CHANGES_PER_SET: usize = 20;

/// What one request changed.
#[derive(Serialize, JsonSchema)]
pub(super) struct ChangeSet {
    /// Names the change, to take it back.
    id: String,
    /// Unix seconds.
    timestamp: i64,
    username: String,
    changes: Vec<ChangedKey>,
}

#[derive(Serialize, JsonSchema)]
struct ChangedKey {
    /// The flat ops name where the key has one, else the canonical key.
    key: String,
    old: String,
    new: String,
    /// The canonical key.
    setting: String,
}

pub(super) async fn changelog(settings: Settings, _req: Req) -> Result<Reply> {
    let rows = settings.0.db.query(store::CHANGES, args![SETS]).await?;
    let mut sets: Vec<(String, ChangeSet)> = Vec::new();
    for row in &rows {
        let (change, at): (String, Timestamp) = (row.get(0)?, row.get(1)?);
        let setting: String = row.get(3)?;
        let key = registry().find(&setting).and_then(|s| s.ops_name).unwrap_or(&setting).to_owned();
        let changed = ChangedKey { key, old: row.get(4)?, new: row.get(5)?, setting };
        // Rows of one change stand together.
        match sets.last_mut().filter(|(id, _)| *id == change) {
            Some((_, set)) if set.changes.len() < CHANGES_PER_SET => set.changes.push(changed),
            Some(_) => {}
            None => {
                let set = ChangeSet { id: change.clone(), timestamp: at.secs(), username: row.get(2)?, changes: vec![changed] };
                sets.push((change, set));
            }
        }
    }
    let sets: Vec<ChangeSet> = sets.into_iter().map(|(_, set)| set).collect();
    Ok(Reply::json(&sets))
}
