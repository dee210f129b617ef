//! Rows of `testing_snapshots`.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::visual::model::record::Snapshot;

argos_store::statements! {
    state;
    GET = "testing.snapshots.get",
        "select uid, organization_id, project_id, project_uid, name, url, browser, viewport, picture, facts, metadata, captured_at
         from testing_snapshots where uid = $1";
    INSERT = "testing.snapshots.insert",
        "insert into testing_snapshots (uid, organization_id, project_id, project_uid, name, url, browser, viewport, picture, facts, metadata,
            captured_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    PRUNE = "testing.snapshots.prune",
        "delete from testing_snapshots where id in (select id from testing_snapshots where captured_at < $1 order by captured_at limit 500)";
}

fn read(row: &Row) -> Result<Snapshot, StoreError> {
    Ok(Snapshot {
        uid: row.get(0)?,
        organization_id: row.get(1)?,
        project_id: row.get(2)?,
        project_uid: row.get(3)?,
        name: row.get(4)?,
        url: row.get(5)?,
        browser: row.get(6)?,
        viewport: json(&row.get::<String>(7)?, 7)?,
        picture: row.get(8)?,
        facts: row.get(9)?,
        metadata: json(&row.get::<String>(10)?, 10)?,
        captured_at: row.get(11)?,
    })
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Snapshot>, StoreError> {
    db.find(GET, args![uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, s: &Snapshot) -> Result<(), StoreError> {
    let args = args![
        s.uid,
        s.organization_id,
        s.project_id,
        s.project_uid,
        s.name.as_deref(),
        s.url.as_str(),
        s.browser.as_str(),
        text(&s.viewport),
        s.picture.as_str(),
        s.facts.as_str(),
        text(&s.metadata),
        s.captured_at,
    ];
    tx.exec(INSERT, args).await.map(drop)
}

/// Removes the rows older than `before`; baselines made of them keep their pictures.
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let n = db.exec(PRUNE, args![before]).await?;
        gone += n;
        if n == 0 {
            return Ok(gone);
        }
    }
}
