//! How the newest jobs of a kind ended, for who stops asking after too many failures.

use argos_kernel::{Result, Timestamp};
use argos_store::{StoreError, Tx, args};

use crate::job::State;
use crate::jobs::Jobs;
use crate::store as sql;

impl Jobs {
    /// How the newest jobs of a kind that one trigger set off ended, and when they were queued; newest first, without those
    /// that have not ended and those whose result begins with `besides`.
    pub async fn newest_ends(&self, tx: &mut Tx, kind: &str, trigger: &str, besides: &str, limit: i64) -> Result<Vec<(State, Timestamp)>> {
        let rows = tx.query(sql::NEWEST_ENDS, args![kind, trigger, besides, limit]).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let state: String = row.get(0)?;
            out.extend(State::parse(&state).map(|state| Ok::<_, StoreError>((state, row.get(1)?))).transpose()?);
        }
        Ok(out)
    }
}
