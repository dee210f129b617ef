//! Rows of `testing_artifacts`.

use argos_kernel::{Page, PageRequest, Timestamp};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text, word};
use crate::model::artifact::{Artifact, Kind};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, organization_id, kind, content_type, sha256, size_bytes, metadata, created_at, expires_at from testing_artifacts ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    GET = "testing.artifacts.get", select!("where id = $1");
    LIST = "testing.artifacts.list",
        select!("where organization_id = $1 and (cast($2 as text) is null or kind = $2) order by created_at desc, id limit $3 offset $4");
    COUNT = "testing.artifacts.count",
        "select count(*) from testing_artifacts where organization_id = $1 and (cast($2 as text) is null or kind = $2)";
    INSERT = "testing.artifacts.insert",
        "insert into testing_artifacts (id, organization_id, project_id, run_uid, kind, content_type, sha256, size_bytes, metadata, created_at,
            expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing";
    PRUNE = "testing.artifacts.prune",
        "delete from testing_artifacts where id in (select id from testing_artifacts where expires_at < $1 order by expires_at limit 500)";
    FILES = "testing.artifacts.files", "select distinct sha256 from testing_artifacts";
    USED = "testing.artifacts.used", "select count(*) from testing_artifacts where sha256 = $1";
}

fn read(row: &Row) -> Result<Artifact, StoreError> {
    Ok(Artifact {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        kind: word(Kind::parse(&row.get::<String>(2)?), 2)?,
        content_type: row.get(3)?,
        sha256: row.get(4)?,
        size_bytes: row.get(5)?,
        metadata: json(&row.get::<String>(6)?, 6)?,
        created_at: row.get(7)?,
        expires_at: row.get(8)?,
    })
}

pub(crate) async fn find(db: &Database, id: &str) -> Result<Option<Artifact>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

/// Newest first.
pub(crate) async fn list(db: &Database, organization_id: i64, kind: Option<Kind>, page: PageRequest) -> Result<Page<Artifact>, StoreError> {
    let kind = kind.map(Kind::as_str);
    let total = db.one(COUNT, args![organization_id, kind]).await?.get(0)?;
    let rows = db.query(LIST, args![organization_id, kind, page.limit, page.offset]).await?;
    Ok(Page { items: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

pub(crate) async fn insert(tx: &mut Tx, a: &Artifact, project_id: i64, run_uid: &str) -> Result<(), StoreError> {
    let args = args![
        a.id.as_str(),
        a.organization_id,
        project_id,
        run_uid,
        a.kind.as_str(),
        a.content_type.as_str(),
        a.sha256.as_str(),
        a.size_bytes,
        text(&a.metadata),
        a.created_at,
        a.expires_at,
    ];
    tx.exec(INSERT, args).await.map(drop)
}

/// Removes the rows whose time is over.
pub(crate) async fn prune(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let n = db.exec(PRUNE, args![now]).await?;
        gone += n;
        if n == 0 {
            return Ok(gone);
        }
    }
}

/// Whether an artifact has this content.
pub(crate) async fn is_used(db: &Database, sha256: &str) -> Result<bool, StoreError> {
    Ok(db.one(USED, args![sha256]).await?.get::<i64>(0)? > 0)
}

/// The digests of every content that an artifact has.
pub(crate) async fn contents(db: &Database) -> Result<Vec<String>, StoreError> {
    db.query(FILES, args![]).await?.iter().map(|row| row.get(0)).collect()
}
