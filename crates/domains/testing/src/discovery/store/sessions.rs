//! Rows of `testing_discoveries`.

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text, word};
use crate::discovery::model::{Discovery, Found, Status};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, job_id, organization_id, project_id, project_uid, status, phase, app_url, wanted, auth_enc, robots, pages_found,
                    flows_found, elements_found, forms_found, errors_count, queued, active_ms, current_url, current_depth, coverage_score,
                    error, created_by, created_at, started_at, completed_at from testing_discoveries ",
            $rest
        )
    };
}
macro_rules! filtered {
    ($head:expr) => {
        concat!(
            $head,
            "where organization_id = $1 and (cast($2 as bigint) is null or project_id = $2) and (cast($3 as text) is null or status = $3) "
        )
    };
}

argos_store::statements! {
    state;
    BY_UID = "testing.discovery.by_uid", select!("where uid = $1");
    LIST = "testing.discovery.list", concat!(filtered!(select!("")), "order by id desc limit $4 offset $5");
    COUNT = "testing.discovery.count", filtered!("select count(*) from testing_discoveries ");
    ACTIVE = "testing.discovery.active", select!("where status in ('pending', 'running') order by id limit 1000");
    INSERT = "testing.discovery.insert",
        "insert into testing_discoveries (uid, job_id, organization_id, project_id, project_uid, status, phase, app_url, wanted, auth_enc,
            pages_found, flows_found, elements_found, forms_found, errors_count, queued, active_ms, created_by, created_at)
         values ($1, $2, $3, $4, $5, 'pending', 'exploring', $6, $7, $8, 0, 0, 0, 0, 0, 0, 0, $9, $10) returning id";
    BEGIN = "testing.discovery.begin",
        "update testing_discoveries set status = 'running', started_at = coalesce(started_at, $3)
         where id = $1 and job_id = $2 and status in ('pending', 'running')";
    HELD = "testing.discovery.held", "select count(*) from testing_discoveries where id = $1 and job_id = $2 and status = 'running'";
    PROGRESS = "testing.discovery.progress",
        "update testing_discoveries set pages_found = $3, elements_found = $4, forms_found = $5, errors_count = $6, queued = $7,
            active_ms = $8, current_url = $9, current_depth = $10 where id = $1 and job_id = $2 and status = 'running'";
    START = "testing.discovery.start", "update testing_discoveries set app_url = $2 where id = $1";
    ROBOTS = "testing.discovery.robots", "update testing_discoveries set robots = $2 where id = $1";
    LEARNED = "testing.discovery.learned",
        "update testing_discoveries set phase = 'verifying', flows_found = $3, coverage_score = $4
         where id = $1 and job_id = $2 and status = 'running'";
    MOVE = "testing.discovery.move",
        "update testing_discoveries set status = $2, error = $3, completed_at = $4, phase = case when $2 = 'completed' then 'done' else phase end
         where id = $1 and status = $5";
    AGAIN = "testing.discovery.again",
        "update testing_discoveries set status = 'pending', job_id = $2 where id = $1 and status = 'paused'";
    DELETE = "testing.discovery.delete",
        "delete from testing_discoveries where id = $1 and status not in ('pending', 'running')";
    PRUNE = "testing.discovery.prune",
        "delete from testing_discoveries where id in
            (select id from testing_discoveries where created_at < $1 and completed_at is not null order by id limit 200)";
}

fn read(row: &Row) -> Result<Discovery, StoreError> {
    Ok(Discovery {
        id: row.get(0)?,
        uid: row.get(1)?,
        job_id: row.get(2)?,
        organization_id: row.get(3)?,
        project_id: row.get(4)?,
        project_uid: row.get(5)?,
        status: word(Status::parse(&row.get::<String>(6)?), 6)?,
        phase: row.get(7)?,
        app_url: row.get(8)?,
        wanted: json(&row.get::<String>(9)?, 9)?,
        auth_enc: row.get(10)?,
        robots: row.get::<Option<String>>(11)?.map(|t| json(&t, 11)).transpose()?,
        found: Found {
            pages: row.get(12)?,
            flows: row.get(13)?,
            elements: row.get(14)?,
            forms: row.get(15)?,
            errors: row.get(16)?,
            queued: row.get(17)?,
            active_ms: row.get(18)?,
        },
        current_url: row.get(19)?,
        current_depth: row.get(20)?,
        coverage_score: row.get(21)?,
        error: row.get(22)?,
        created_by: row.get(23)?,
        created_at: row.get(24)?,
        started_at: row.get(25)?,
        completed_at: row.get(26)?,
    })
}

/// Which explorations a list wants; `None` = any.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
    pub(crate) status: Option<Status>,
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Discovery>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// Newest first.
pub(crate) async fn list(db: &Database, filter: &Filter, page: PageRequest) -> Result<Page<Discovery>, StoreError> {
    let mut args = args![filter.organization_id, filter.project_id, filter.status.map(Status::as_str)];
    let total = db.one(COUNT, args.clone()).await?.get(0)?;
    args.extend(args![page.limit, page.offset]);
    Ok(Page { items: db.query(LIST, args).await?.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// Those that wait or run.
pub(crate) async fn active(db: &Database) -> Result<Vec<Discovery>, StoreError> {
    db.query(ACTIVE, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn insert(tx: &mut Tx, d: &Discovery) -> Result<i64, StoreError> {
    let args = args![
        d.uid,
        d.job_id,
        d.organization_id,
        d.project_id,
        d.project_uid,
        d.app_url.as_str(),
        text(&d.wanted),
        d.auth_enc.clone(),
        d.created_by.as_str(),
        d.created_at,
    ];
    tx.one(INSERT, args).await?.get(0)
}

/// False when it is another job's now, or was paused or ended.
pub(crate) async fn begin(db: &Database, d: &Discovery, job_id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(db.exec(BEGIN, args![d.id, job_id, now]).await? == 1)
}

/// Whether this job shall go on.
pub(crate) async fn is_held(db: &Database, id: i64, job_id: i64) -> Result<bool, StoreError> {
    Ok(db.one(HELD, args![id, job_id]).await?.get::<i64>(0)? == 1)
}

/// False when this job shall not go on: nothing of the transaction may stay.
pub(crate) async fn put_progress(tx: &mut Tx, id: i64, job_id: i64, f: &Found, at: Option<(&str, i64)>) -> Result<bool, StoreError> {
    let args = args![id, job_id, f.pages, f.elements, f.forms, f.errors, f.queued, f.active_ms, at.map(|a| a.0), at.map(|a| a.1)];
    Ok(tx.exec(PROGRESS, args).await? == 1)
}

/// Where the site really begins.
pub(crate) async fn put_start(db: &Database, id: i64, url: &str) -> Result<(), StoreError> {
    db.exec(START, args![id, url]).await.map(drop)
}

pub(crate) async fn put_robots(db: &Database, id: i64, robots: &serde_json::Value) -> Result<(), StoreError> {
    db.exec(ROBOTS, args![id, text(robots)]).await.map(drop)
}

pub(crate) async fn put_learned(tx: &mut Tx, id: i64, job_id: i64, flows: i64, coverage: Option<f64>) -> Result<bool, StoreError> {
    Ok(tx.exec(LEARNED, args![id, job_id, flows, coverage]).await? == 1)
}

/// From one status to another; false when it has another one by now.
pub(crate) async fn move_to(tx: &mut Tx, d: &Discovery, to: Status, error: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
    let completed = to.is_final().then_some(now);
    Ok(tx.exec(MOVE, args![d.id, to.as_str(), error, completed, d.status.as_str()]).await? == 1)
}

/// A paused one waits for another job; false when it is not paused.
pub(crate) async fn again(tx: &mut Tx, id: i64, job_id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(AGAIN, args![id, job_id]).await? == 1)
}

/// False when it waits or runs.
pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}

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
