//! Rows of `testing_versions`: every saved state of a test.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::model::test::{Document, Version};

argos_store::statements! {
    state;
    LIST = "testing.versions.list",
        "select version, summary, created_by, created_at from testing_versions where test_id = $1 order by version desc limit 1000";
    GET = "testing.versions.get", "select document from testing_versions where test_id = $1 and version = $2";
    INSERT = "testing.versions.insert",
        "insert into testing_versions (test_id, version, document, summary, created_by, created_at) values ($1, $2, $3, $4, $5, $6)";
}

fn read(row: &Row) -> Result<Version, StoreError> {
    Ok(Version { version: row.get(0)?, summary: row.get(1)?, created_by: row.get(2)?, created_at: row.get(3)? })
}

/// Newest first.
pub(crate) async fn list(db: &Database, test_id: i64) -> Result<Vec<Version>, StoreError> {
    db.query(LIST, args![test_id]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, test_id: i64, version: i64) -> Result<Option<Document>, StoreError> {
    let row = db.find(GET, args![test_id, version]).await?;
    row.map(|row| json(&row.get::<String>(0)?, 0)).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, test_id: i64, document: &Document, of: &Version) -> Result<(), StoreError> {
    let at: Timestamp = of.created_at;
    let args = args![test_id, of.version, text(document), of.summary.as_str(), of.created_by.as_str(), at];
    tx.exec(INSERT, args).await.map(drop)
}
