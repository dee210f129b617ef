//! Rows of `testing_runs`.

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, Stmt, StoreError, Tx, args};

use super::{json, text, word};
use crate::model::run::{Counts, Run, RunStatus};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, job_id, organization_id, project_id, project_uid, test_uid, name, trigger_kind, status, app_url, environment,
                    browser, ci_metadata, total_tests, passed, failed, skipped, flaky, error, created_by, created_at, started_at,
                    completed_at, cost_micros, request from testing_runs ",
            $rest
        )
    };
}
macro_rules! lines {
    ($rest:literal) => {
        concat!(
            "select id, uid, job_id, organization_id, project_id, project_uid, test_uid, name, trigger_kind, status, app_url, environment,
                    browser, ci_metadata, total_tests, passed, failed, skipped, flaky, error, created_by, created_at, started_at,
                    completed_at, cost_micros from testing_runs ",
            $rest
        )
    };
}
macro_rules! filtered {
    ($head:expr, $organizations:literal) => {
        concat!(
            $head,
            "where organization_id in (",
            $organizations,
            ") and (cast($2 as bigint) is null or project_id = $2)
               and (cast($3 as text) is null or id in (select run_id from testing_results where test_uid = $3) or test_uid = $3)
               and (cast($4 as text) is null or $4 like '%,' || status || ',%')
               and (cast($5 as bigint) is null or created_at >= $5) and (cast($6 as bigint) is null or created_at < $6)
               and (cast($7 as text) is null or trigger_kind = $7) "
        )
    };
}

macro_rules! of_lite {
    ($head:expr) => {
        filtered!($head, "select value from json_each($1)")
    };
}
macro_rules! of_postgres {
    ($head:expr) => {
        filtered!($head, "select cast(value as bigint) from jsonb_array_elements_text(cast(cast($1 as text) as jsonb))")
    };
}

argos_store::statements! {
    state;
    BY_UID = "testing.runs.by_uid", select!("where uid = $1");
    BY_THREAD = "testing.runs.by_thread", "select uid from testing_runs where organization_id = $1 and thread_id = $2 order by id desc limit 1";
    LIST = "testing.runs.list",
        sqlite concat!(of_lite!(lines!("")), "order by id desc limit $8 offset $9"),
        postgres concat!(of_postgres!(lines!("")), "order by id desc limit $8 offset $9");
    WHOLE = "testing.runs.whole",
        sqlite concat!(of_lite!(select!("")), "order by id desc limit $8 offset $9"),
        postgres concat!(of_postgres!(select!("")), "order by id desc limit $8 offset $9");
    COUNT = "testing.runs.count",
        sqlite of_lite!("select count(*) from testing_runs "), postgres of_postgres!("select count(*) from testing_runs ");
    ACTIVE = "testing.runs.active", select!("where status in ('pending', 'running') order by id limit 1000");
    INSERT = "testing.runs.insert",
        "insert into testing_runs (uid, job_id, organization_id, project_id, project_uid, test_uid, name, trigger_kind, status, app_url,
            environment, browser, request, ci_metadata, total_tests, passed, failed, skipped, flaky, created_by, created_at,
            thread_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 0, 0, $16, $17, $18) returning id";
    BEGIN = "testing.runs.begin",
        "update testing_runs set status = 'running', started_at = $2 where id = $1 and status = 'pending'";
    COUNTS = "testing.runs.counts",
        "update testing_runs set passed = $2, failed = $3, skipped = $4, flaky = $5, cost_micros = $6 where id = $1";
    FINISH = "testing.runs.finish",
        "update testing_runs set status = $2, error = $3, completed_at = $4 where id = $1 and status in ('pending', 'running')";
    PRUNE = "testing.runs.prune",
        "delete from testing_runs where id in (select id from testing_runs where created_at < $1 and completed_at is not null order by id limit 200)";
}

fn read_with<W>(row: &Row, wanted: W) -> Result<Run<W>, StoreError> {
    Ok(Run {
        wanted,
        id: row.get(0)?,
        uid: row.get(1)?,
        job_id: row.get(2)?,
        organization_id: row.get(3)?,
        project_id: row.get(4)?,
        project_uid: row.get(5)?,
        test_uid: row.get(6)?,
        name: row.get(7)?,
        trigger: row.get(8)?,
        status: word(RunStatus::parse(&row.get::<String>(9)?), 9)?,
        app_url: row.get(10)?,
        environment: row.get(11)?,
        browser: row.get(12)?,
        ci_metadata: json(&row.get::<String>(13)?, 13)?,
        counts: Counts {
            total: row.get(14)?,
            passed: row.get(15)?,
            failed: row.get(16)?,
            skipped: row.get(17)?,
            flaky: row.get(18)?,
            cost_micros: row.get(24)?,
        },
        error: row.get(19)?,
        created_by: row.get(20)?,
        created_at: row.get(21)?,
        started_at: row.get(22)?,
        completed_at: row.get(23)?,
    })
}

fn read(row: &Row) -> Result<Run, StoreError> {
    read_with(row, json(&row.get::<String>(25)?, 25)?)
}

/// Which runs a list wants; `None` = any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Of any of them.
    pub(crate) organizations: Vec<i64>,
    pub(crate) project_id: Option<i64>,
    pub(crate) test_uid: Option<Uid>,
    /// Any of them; empty = any at all.
    pub(crate) statuses: Vec<RunStatus>,
    pub(crate) trigger: Option<String>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Run>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// The newest run of a thread, by the name its client gave it.
pub(crate) async fn of_thread(db: &Database, organization_id: i64, thread: &str) -> Result<Option<Uid>, StoreError> {
    db.find(BY_THREAD, args![organization_id, thread]).await?.map(|row| row.get(0)).transpose()
}

async fn rows(db: &Database, filter: &Filter, page: PageRequest, list: Stmt) -> Result<Page<Row>, StoreError> {
    let words: Vec<&str> = filter.statuses.iter().map(|s| s.as_str()).collect();
    let status = (!words.is_empty()).then(|| format!(",{},", words.join(",")));
    let trigger = filter.trigger.as_deref();
    let mut args = args![text(&filter.organizations), filter.project_id, filter.test_uid, status, filter.from, filter.to, trigger];
    let total = db.one(COUNT, args.clone()).await?.get(0)?;
    args.extend(args![page.limit, page.offset]);
    Ok(Page { items: db.query(list, args).await?, total })
}

/// Newest first.
pub(crate) async fn list(db: &Database, filter: &Filter, page: PageRequest) -> Result<Page<Run<()>>, StoreError> {
    let found = rows(db, filter, page, LIST).await?;
    Ok(Page { items: found.items.iter().map(|row| read_with(row, ())).collect::<Result<_, _>>()?, total: found.total })
}

/// The same with what was asked of each.
pub(crate) async fn list_whole(db: &Database, filter: &Filter, page: PageRequest) -> Result<Page<Run>, StoreError> {
    let found = rows(db, filter, page, WHOLE).await?;
    Ok(Page { items: found.items.iter().map(read).collect::<Result<_, _>>()?, total: found.total })
}

/// Runs that have not ended.
pub(crate) async fn active(db: &Database) -> Result<Vec<Run>, StoreError> {
    db.query(ACTIVE, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn insert(tx: &mut Tx, run: &Run) -> Result<i64, StoreError> {
    let args = args![
        run.uid,
        run.job_id,
        run.organization_id,
        run.project_id,
        run.project_uid,
        run.test_uid,
        run.name.as_str(),
        run.trigger.as_str(),
        run.status.as_str(),
        run.app_url.as_str(),
        run.environment.as_str(),
        run.browser.as_str(),
        text(&run.wanted),
        text(&run.ci_metadata),
        run.counts.total,
        run.created_by.as_str(),
        run.created_at,
        run.thread(),
    ];
    tx.one(INSERT, args).await?.get(0)
}

/// False when it has begun or ended before.
pub(crate) async fn begin(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(BEGIN, args![id, now]).await? == 1)
}

pub(crate) async fn put_counts(tx: &mut Tx, id: i64, c: Counts) -> Result<(), StoreError> {
    tx.exec(COUNTS, args![id, c.passed, c.failed, c.skipped, c.flaky, c.cost_micros]).await.map(drop)
}

/// False when it had ended before.
pub(crate) async fn finish(tx: &mut Tx, id: i64, status: RunStatus, error: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(FINISH, args![id, status.as_str(), error, now]).await? == 1)
}

/// Removes runs that were asked for before `before`, with their results.
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
