//! Rows of `testing_patterns` and `testing_heal_configs`: replacements that were right before, and how healing is wanted.

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::{Map, Value};

use super::{json, text};
use crate::model::healing::KeptPattern;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select p.id, p.uid, r.uid, p.project_id, p.fingerprint, p.original_selector, p.healed_selector, p.error_type, p.success_count,
                    p.failure_count, p.created_at
             from testing_patterns p join projects r on r.id = p.project_id ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    BY_UID = "testing.patterns.by_uid", select!("where p.uid = $1");
    LIST = "testing.patterns.list",
        select!("where p.organization_id = $1 and (cast($2 as bigint) is null or p.project_id = $2)
                   and cast(p.success_count as double precision) >= cast($3 as double precision) * (p.success_count + p.failure_count)
                 order by p.success_count desc, p.id desc limit $4 offset $5");
    COUNT = "testing.patterns.count",
        "select count(*) from testing_patterns p where p.organization_id = $1 and (cast($2 as bigint) is null or p.project_id = $2)
            and cast(p.success_count as double precision) >= cast($3 as double precision) * (p.success_count + p.failure_count)";
    PER_PROJECT = "testing.patterns.per_project",
        "select r.uid, cast(count(*) as bigint) from testing_patterns p join projects r on r.id = p.project_id
         where p.organization_id = $1 and (cast($2 as bigint) is null or p.project_id = $2) group by r.uid";
    // The success of another replacement begins anew.
    RIGHT = "testing.patterns.right",
        "insert into testing_patterns (uid, organization_id, project_id, fingerprint, original_selector, healed_selector, error_type,
            success_count, failure_count, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8, $8)
         on conflict (project_id, fingerprint) do update set
            success_count = case when testing_patterns.healed_selector = excluded.healed_selector then testing_patterns.success_count + 1 else 1 end,
            failure_count = case when testing_patterns.healed_selector = excluded.healed_selector then testing_patterns.failure_count else 0 end,
            healed_selector = excluded.healed_selector, updated_at = excluded.updated_at";
    COUNTED = "testing.patterns.counted",
        "update testing_patterns set success_count = success_count + $4, failure_count = failure_count + $5, updated_at = $6
         where project_id = $1 and fingerprint = $2 and healed_selector = $3 and success_count + $4 >= 0 and failure_count + $5 >= 0";
    DELETE = "testing.patterns.delete", "delete from testing_patterns where id = $1";
    CONFIG = "testing.heal_configs.get",
        "select project_id, uid, fields, created_at, updated_at from testing_heal_configs where organization_id = $1 and project_id in (0, $2)";
    PUT_CONFIG = "testing.heal_configs.put",
        "insert into testing_heal_configs (organization_id, project_id, uid, fields, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)
         on conflict (organization_id, project_id) do update set fields = excluded.fields, updated_at = excluded.updated_at";
    SWEEP_CONFIGS = "testing.heal_configs.sweep",
        "delete from testing_heal_configs where project_id <> 0 and project_id not in (select id from projects)";
}

fn read(row: &Row) -> Result<KeptPattern, StoreError> {
    Ok(KeptPattern {
        id: row.get(0)?,
        uid: row.get(1)?,
        project_uid: row.get(2)?,
        project_id: row.get(3)?,
        fingerprint: row.get(4)?,
        original: row.get(5)?,
        healed: row.get(6)?,
        error_type: row.get(7)?,
        successes: row.get(8)?,
        failures: row.get(9)?,
        created_at: row.get(10)?,
    })
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<KeptPattern>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// The most often right first.
pub(crate) async fn list(
    db: &Database,
    organization_id: i64,
    project_id: Option<i64>,
    min_confidence: f64,
    page: PageRequest,
) -> Result<Page<KeptPattern>, StoreError> {
    let mut args = args![organization_id, project_id, min_confidence];
    let total = db.one(COUNT, args.clone()).await?.get(0)?;
    args.extend(args![page.limit, page.offset]);
    Ok(Page { items: db.query(LIST, args).await?.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// How many patterns each project has.
pub(crate) async fn per_project(db: &Database, organization_id: i64, project_id: Option<i64>) -> Result<Vec<(String, i64)>, StoreError> {
    db.query(PER_PROJECT, args![organization_id, project_id]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A replacement that was right.
pub(crate) struct Right<'a> {
    pub(crate) uid: Uid,
    pub(crate) organization_id: i64,
    pub(crate) project_id: i64,
    pub(crate) fingerprint: &'a str,
    pub(crate) original: &'a str,
    pub(crate) healed: &'a str,
    pub(crate) error_type: &'a str,
    pub(crate) now: Timestamp,
}

pub(crate) async fn right(tx: &mut Tx, r: &Right<'_>) -> Result<(), StoreError> {
    let args = args![r.uid, r.organization_id, r.project_id, r.fingerprint, r.original, r.healed, r.error_type, r.now];
    tx.exec(RIGHT, args).await.map(drop)
}

/// Counts on a pattern that is there: (successes, failures), which may be negative.
pub(crate) async fn counted(
    tx: &mut Tx,
    project_id: i64,
    fingerprint: &str,
    healed: &str,
    (right, wrong): (i64, i64),
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.exec(COUNTED, args![project_id, fingerprint, healed, right, wrong, now]).await? == 1)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}

/// What an organization (project 0) or a project of it set.
#[derive(Clone, Debug)]
pub(crate) struct ConfigRow {
    pub(crate) project_id: i64,
    pub(crate) uid: Uid,
    pub(crate) fields: Map<String, Value>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// The organization's and the project's, as far as there are any.
pub(crate) async fn configs(db: &Database, organization_id: i64, project_id: i64) -> Result<Vec<ConfigRow>, StoreError> {
    let read = |row: &Row| {
        Ok(ConfigRow {
            project_id: row.get(0)?,
            uid: row.get(1)?,
            fields: json(&row.get::<String>(2)?, 2)?,
            created_at: row.get(3)?,
            updated_at: row.get(4)?,
        })
    };
    db.query(CONFIG, args![organization_id, project_id]).await?.iter().map(read).collect()
}

pub(crate) async fn put_config(
    tx: &mut Tx,
    (organization_id, project_id): (i64, i64),
    uid: Uid,
    fields: &Map<String, Value>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(PUT_CONFIG, args![organization_id, project_id, uid, text(fields), now]).await.map(drop)
}

pub(crate) async fn sweep_configs(db: &Database) -> Result<u64, StoreError> {
    db.exec(SWEEP_CONFIGS, args![]).await
}
