//! Rows of `testing_results`.

use std::collections::HashMap;

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text, word};
use crate::model::result::{Mark, ResultStatus, TestResult};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select s.uid, s.run_id, r.uid, s.test_uid, s.test_name, s.test_version, s.position, s.status, s.attempts, s.flaky, s.healed,
                    s.error_code, s.error_message, s.duration_ms, s.body, s.started_at, s.completed_at
             from testing_results s join testing_runs r on r.id = s.run_id ",
            $rest
        )
    };
}
macro_rules! history {
    ($what:literal, $rest:literal) => {
        concat!(
            "select ",
            $what,
            " from testing_results s join testing_runs r on r.id = s.run_id
             where s.test_uid = $1 and (cast($2 as text) is null or s.status = $2)
               and (cast($3 as bigint) is null or s.started_at >= $3) and (cast($4 as bigint) is null or s.started_at < $4) ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    OF_RUN = "testing.results.of_run", select!("where s.run_id = $1 order by s.position limit $2 offset $3");
    OF_TEST = "testing.results.of_test",
        select!("where s.test_uid = $1 and (cast($2 as text) is null or r.uid = $2) order by s.id desc limit $3 offset $4");
    PLACES = "testing.results.places", "select position, status from testing_results where run_id = $1";
    COUNT_OF_TEST = "testing.results.count_of_test",
        "select count(*) from testing_results s join testing_runs r on r.id = s.run_id
         where s.test_uid = $1 and (cast($2 as text) is null or r.uid = $2)";
    INSERT = "testing.results.insert",
        "insert into testing_results (uid, run_id, test_uid, test_name, test_version, position, status, attempts, flaky, healed, error_code,
            error_message, duration_ms, body, started_at, completed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         on conflict (run_id, position) do nothing";
    MARKS = "testing.results.marks",
        sqlite "select test_uid, run_uid, status, flaky, healed, duration_ms, completed_at from (
                  select s.test_uid, r.uid as run_uid, s.status, s.flaky, s.healed, s.duration_ms, s.completed_at,
                         row_number() over (partition by s.test_uid order by s.id desc) as place
                  from testing_results s join testing_runs r on r.id = s.run_id
                  where s.test_uid in (select value from json_each($1))) as marks
                where place <= $2 order by test_uid, place",
        postgres "select test_uid, run_uid, status, flaky, healed, duration_ms, completed_at from (
                  select s.test_uid, r.uid as run_uid, s.status, s.flaky, s.healed, s.duration_ms, s.completed_at,
                         row_number() over (partition by s.test_uid order by s.id desc) as place
                  from testing_results s join testing_runs r on r.id = s.run_id
                  where s.test_uid in (select jsonb_array_elements_text(cast(cast($1 as text) as jsonb)))) as marks
                where place <= $2 order by test_uid, place";
    FAILURES = "testing.results.failures",
        "select s.test_uid, s.test_name, r.uid, s.error_code, s.error_message, s.completed_at
         from testing_results s join testing_runs r on r.id = s.run_id
         where r.organization_id = $1 and (cast($2 as bigint) is null or r.project_id = $2)
           and s.status in ('failed', 'error') and s.error_message is not null order by s.id desc limit $3";
    HISTORY = "testing.results.history",
        history!("r.uid, s.status, r.trigger_kind, r.environment, r.browser, r.app_url, s.started_at, s.completed_at, s.duration_ms, s.attempts,
            s.flaky, s.healed, s.error_message", "order by s.id desc limit $5 offset $6");
    HISTORY_COUNT = "testing.results.history_count", history!("count(*)", "");
    HISTORY_MARKS = "testing.results.history_marks",
        history!("s.test_uid, r.uid, s.status, s.flaky, s.healed, s.duration_ms, s.completed_at", "order by s.id desc limit 1000");
}

fn read(row: &Row) -> Result<TestResult, StoreError> {
    Ok(TestResult {
        uid: row.get(0)?,
        run_id: row.get(1)?,
        run_uid: row.get(2)?,
        test_uid: row.get(3)?,
        test_name: row.get(4)?,
        test_version: row.get(5)?,
        position: row.get(6)?,
        status: word(ResultStatus::parse(&row.get::<String>(7)?), 7)?,
        attempts: row.get(8)?,
        flaky: row.get(9)?,
        healed: row.get(10)?,
        error_code: row.get(11)?,
        error_message: row.get(12)?,
        duration_ms: row.get(13)?,
        body: json(&row.get::<String>(14)?, 14)?,
        started_at: row.get(15)?,
        completed_at: row.get(16)?,
    })
}

fn read_mark(row: &Row) -> Result<Mark, StoreError> {
    Ok(Mark {
        test_uid: row.get(0)?,
        run_uid: row.get(1)?,
        status: word(ResultStatus::parse(&row.get::<String>(2)?), 2)?,
        flaky: row.get(3)?,
        healed: row.get(4)?,
        duration_ms: row.get(5)?,
        completed_at: row.get(6)?,
    })
}

/// In the order of the run.
pub(crate) async fn of_run(db: &Database, run_id: i64, page: PageRequest) -> Result<Vec<TestResult>, StoreError> {
    db.query(OF_RUN, args![run_id, page.limit, page.offset]).await?.iter().map(read).collect()
}

/// How the test at each place of a run ended.
pub(crate) async fn places(db: &Database, run_id: i64) -> Result<HashMap<i64, ResultStatus>, StoreError> {
    let rows = db.query(PLACES, args![run_id]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, word(ResultStatus::parse(&row.get::<String>(1)?), 1)?))).collect()
}

/// Newest first; of one run when named.
pub(crate) async fn of_test(db: &Database, test: Uid, run: Option<Uid>, page: PageRequest) -> Result<Page<TestResult>, StoreError> {
    let total = db.one(COUNT_OF_TEST, args![test, run]).await?.get(0)?;
    let rows = db.query(OF_TEST, args![test, run, page.limit, page.offset]).await?;
    Ok(Page { items: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

pub(crate) async fn insert(tx: &mut Tx, r: &TestResult) -> Result<(), StoreError> {
    let args = args![
        r.uid,
        r.run_id,
        r.test_uid,
        r.test_name.as_str(),
        r.test_version,
        r.position,
        r.status.as_str(),
        r.attempts,
        r.flaky,
        r.healed,
        r.error_code.as_deref(),
        r.error_message.as_deref(),
        r.duration_ms,
        text(&r.body),
        r.started_at,
        r.completed_at,
    ];
    tx.exec(INSERT, args).await.map(drop)
}

/// The last `most` results of each test, newest first.
pub(crate) async fn marks(db: &Database, tests: &[Uid], most: i64) -> Result<Vec<Mark>, StoreError> {
    let ids: Vec<String> = tests.iter().map(ToString::to_string).collect();
    db.query(MARKS, args![text(&ids), most]).await?.iter().map(read_mark).collect()
}

/// Which results of a test its history wants; `None` = any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) test: Uid,
    pub(crate) status: Option<ResultStatus>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

/// One line of a history.
pub(crate) struct HistoryRow {
    pub(crate) run_uid: Uid,
    pub(crate) status: ResultStatus,
    pub(crate) trigger: String,
    pub(crate) environment: String,
    pub(crate) browser: String,
    pub(crate) app_url: String,
    pub(crate) started_at: Timestamp,
    pub(crate) completed_at: Timestamp,
    pub(crate) duration_ms: i64,
    pub(crate) attempts: i64,
    pub(crate) flaky: bool,
    pub(crate) healed: bool,
    pub(crate) error_message: Option<String>,
}

fn read_history(row: &Row) -> Result<HistoryRow, StoreError> {
    Ok(HistoryRow {
        run_uid: row.get(0)?,
        status: word(ResultStatus::parse(&row.get::<String>(1)?), 1)?,
        trigger: row.get(2)?,
        environment: row.get(3)?,
        browser: row.get(4)?,
        app_url: row.get(5)?,
        started_at: row.get(6)?,
        completed_at: row.get(7)?,
        duration_ms: row.get(8)?,
        attempts: row.get(9)?,
        flaky: row.get(10)?,
        healed: row.get(11)?,
        error_message: row.get(12)?,
    })
}

/// Newest first, and the marks of the whole span (at most 1000) for its figures.
pub(crate) async fn history(db: &Database, span: Span, page: PageRequest) -> Result<(Page<HistoryRow>, Vec<Mark>), StoreError> {
    let mut args = args![span.test, span.status.map(ResultStatus::as_str), span.from, span.to];
    let total = db.one(HISTORY_COUNT, args.clone()).await?.get(0)?;
    let marks = db.query(HISTORY_MARKS, args.clone()).await?.iter().map(read_mark).collect::<Result<_, _>>()?;
    args.extend(args![page.limit, page.offset]);
    let items = db.query(HISTORY, args).await?.iter().map(read_history).collect::<Result<_, _>>()?;
    Ok((Page { items, total }, marks))
}

/// A failure of before, as it is compared with another.
pub(crate) struct Failure {
    pub(crate) test_uid: Uid,
    pub(crate) test_name: String,
    pub(crate) run_uid: Uid,
    pub(crate) error_code: Option<String>,
    pub(crate) error_message: String,
    pub(crate) completed_at: Timestamp,
}

/// The last failures of an organization, or of one project of it; newest first.
pub(crate) async fn failures(db: &Database, organization_id: i64, project_id: Option<i64>, most: i64) -> Result<Vec<Failure>, StoreError> {
    let read = |row: &Row| {
        Ok(Failure {
            test_uid: row.get(0)?,
            test_name: row.get(1)?,
            run_uid: row.get(2)?,
            error_code: row.get(3)?,
            error_message: row.get(4)?,
            completed_at: row.get(5)?,
        })
    };
    db.query(FAILURES, args![organization_id, project_id, most]).await?.iter().map(read).collect()
}
