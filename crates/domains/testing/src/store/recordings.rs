//! Rows of `testing_recordings` and of their events.

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::Value;

use super::{json, text, word};
use crate::model::recording::{Masked, Recording, RecordingStatus};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, organization_id, project_id, project_uid, test_uid, name, url, status, source, client_key, metadata, masked,
                    events_count, interaction_count, bytes, first_ms, last_ms, created_by, created_at, updated_at
             from testing_recordings ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    BY_UID = "testing.recordings.by_uid", select!("where uid = $1");
    BY_KEY = "testing.recordings.by_key", select!("where project_id = $1 and client_key = $2");
    LIST = "testing.recordings.list",
        select!("where organization_id = $1 and (cast($2 as bigint) is null or project_id = $2) order by created_at desc, id desc limit $3 offset $4");
    COUNT = "testing.recordings.count",
        "select count(*) from testing_recordings where organization_id = $1 and (cast($2 as bigint) is null or project_id = $2)";
    PROJECTS = "testing.recordings.projects", "select id from projects where organization_id = $1 and is_active = true order by id limit 2";
    OTHERS = "testing.recordings.others_under_way",
        "select count(*) from testing_recordings where project_id = $1 and status = 'recording' and source = 'snippet'
            and updated_at > $2 and client_key <> $3";
    INSERT = "testing.recordings.insert",
        "insert into testing_recordings (uid, organization_id, project_id, project_uid, name, url, status, source, client_key, metadata, masked,
            events_count, interaction_count, bytes, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 'recording', $7, $8, $9, '{}', 0, 0, 0, $10, $11, $11)
         on conflict (project_id, client_key) do nothing";
    // Locks the row: parts are taken in one after the other.
    TOUCH = "testing.recordings.touch", "update testing_recordings set updated_at = $2 where id = $1";
    HAS_SEQUENCE = "testing.recordings.has_sequence",
        "select count(*) from testing_recording_parts where recording_id = $1 and sequence = $2";
    PART = "testing.recordings.part", "insert into testing_recording_parts (recording_id, part, sequence, events) values ($1, $2, $3, $4)";
    GREW = "testing.recordings.grew",
        "update testing_recordings set url = $2, masked = $3, events_count = $4, interaction_count = $5, bytes = $6, first_ms = $7, last_ms = $8,
            status = $9, metadata = $10, updated_at = $11 where id = $1";
    SETTLE = "testing.recordings.settle",
        "update testing_recordings set status = $2, test_uid = coalesce($3, test_uid), updated_at = $4 where id = $1";
    PARTS = "testing.recordings.parts", "select events from testing_recording_parts where recording_id = $1 order by part";
    DELETE = "testing.recordings.delete", "delete from testing_recordings where id = $1";
    PRUNE = "testing.recordings.prune",
        "delete from testing_recordings where id in (select id from testing_recordings where created_at < $1 order by created_at limit 100)";
}

fn read(row: &Row) -> Result<Recording, StoreError> {
    Ok(Recording {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        project_id: row.get(3)?,
        project_uid: row.get(4)?,
        test_uid: row.get(5)?,
        name: row.get(6)?,
        url: row.get(7)?,
        status: word(RecordingStatus::parse(&row.get::<String>(8)?), 8)?,
        source: row.get(9)?,
        client_key: row.get(10)?,
        metadata: json(&row.get::<String>(11)?, 11)?,
        masked: json(&row.get::<String>(12)?, 12)?,
        events_count: row.get(13)?,
        interaction_count: row.get(14)?,
        bytes: row.get(15)?,
        first_ms: row.get(16)?,
        last_ms: row.get(17)?,
        created_by: row.get(18)?,
        created_at: row.get(19)?,
        updated_at: row.get(20)?,
    })
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Recording>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// The recording, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: i64, uid: Uid, now: Timestamp) -> Result<Option<Recording>, StoreError> {
    tx.exec(TOUCH, args![id, now]).await?;
    tx.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// Recordings of other pages of the project that grew since then.
pub(crate) async fn others_under_way(tx: &mut Tx, r: &Recording, since: Timestamp) -> Result<i64, StoreError> {
    let rows = tx.query(OTHERS, args![r.project_id, since, r.client_key.as_deref().unwrap_or_default()]).await?;
    rows.first().map_or(Ok(0), |row| row.get(0))
}

/// The one a page sends under its own name.
pub(crate) async fn by_key(db: &Database, project_id: i64, key: &str) -> Result<Option<Recording>, StoreError> {
    db.find(BY_KEY, args![project_id, key]).await?.as_ref().map(read).transpose()
}

/// Newest first.
pub(crate) async fn list(
    db: &Database,
    organization_id: i64,
    project_id: Option<i64>,
    page: PageRequest,
) -> Result<Page<Recording>, StoreError> {
    let total = db.one(COUNT, args![organization_id, project_id]).await?.get(0)?;
    let rows = db.query(LIST, args![organization_id, project_id, page.limit, page.offset]).await?;
    Ok(Page { items: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// The first two active projects of an organization.
pub(crate) async fn projects_of(db: &Database, organization_id: i64) -> Result<Vec<i64>, StoreError> {
    db.query(PROJECTS, args![organization_id]).await?.iter().map(|row| row.get(0)).collect()
}

/// The row of a recording without events; nothing when a page's own name is taken already.
pub(crate) async fn insert(tx: &mut Tx, r: &Recording) -> Result<(), StoreError> {
    let args = args![
        r.uid,
        r.organization_id,
        r.project_id,
        r.project_uid,
        r.name.as_str(),
        r.url.as_deref(),
        r.source.as_str(),
        r.client_key.as_deref(),
        text(&r.metadata),
        r.created_by.as_str(),
        r.created_at,
    ];
    tx.exec(INSERT, args).await.map(drop)
}

pub(crate) async fn has_sequence(tx: &mut Tx, id: i64, sequence: i64) -> Result<bool, StoreError> {
    Ok(tx.one(HAS_SEQUENCE, args![id, sequence]).await?.get::<i64>(0)? > 0)
}

/// Adds events to a locked recording; `r` is as it stands afterwards, `part` its number of events before.
pub(crate) async fn append(tx: &mut Tx, r: &Recording, part: i64, sequence: Option<i64>, events: Option<&str>) -> Result<(), StoreError> {
    if let Some(events) = events {
        tx.exec(PART, args![r.id, part, sequence, events]).await?;
    }
    let args = args![
        r.id,
        r.url.as_deref(),
        text::<Masked>(&r.masked),
        r.events_count,
        r.interaction_count,
        r.bytes,
        r.first_ms,
        r.last_ms,
        r.status.as_str(),
        text(&r.metadata),
        r.updated_at,
    ];
    tx.exec(GREW, args).await.map(drop)
}

pub(crate) async fn settle(tx: &mut Tx, id: i64, status: RecordingStatus, test: Option<Uid>, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SETTLE, args![id, status.as_str(), test, now]).await.map(drop)
}

/// All events, in the order they came in.
pub(crate) async fn events(db: &Database, id: i64) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for row in db.query(PARTS, args![id]).await? {
        all.extend(json::<Vec<Value>>(&row.get::<String>(0)?, 0)?);
    }
    Ok(all)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}

/// Removes what is older.
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
