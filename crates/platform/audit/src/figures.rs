//! Figures of the audit rows of one organization.

use argos_kernel::{Result, Timestamp};
use argos_store::{Row, StoreError, args};

use crate::log::Audit;
use crate::store as sql;

/// How many rows there are since each of some moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub all: i64,
    /// In the order in which the moments were given.
    pub since: [i64; 3],
}

/// Rows that are alike in what they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// As a part's view shows it.
    pub action: String,
    pub target_type: Option<String>,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub status: String,
    pub count: i64,
}

impl Audit {
    /// Rows of an organization in all, and since each of these moments.
    pub async fn counts_of(&self, organization: i64, since: [Timestamp; 3]) -> Result<Counts> {
        let [a, b, c] = since;
        let row = self.database().one(sql::COUNTS_OF, args![a, b, c, organization]).await?;
        Ok(Counts { all: row.get(0)?, since: [row.get(1)?, row.get(2)?, row.get(3)?] })
    }

    /// Rows of an organization since a moment, each kind with its number.
    pub async fn kinds_of(&self, organization: i64, since: Timestamp) -> Result<Vec<Alike>> {
        let rows = self.database().query(sql::KINDS_OF, args![organization, since]).await?;
        Ok(rows.iter().map(read).collect::<Result<_, StoreError>>()?)
    }
}

fn read(row: &Row) -> Result<Alike, StoreError> {
    Ok(Alike {
        action: row.get(0)?,
        target_type: row.get(1)?,
        actor_id: row.get(2)?,
        actor_name: row.get(3)?,
        status: row.get(4)?,
        count: row.get(5)?,
    })
}
