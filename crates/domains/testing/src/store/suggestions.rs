//! Rows of `testing_suggestions` and `testing_heal_uses`: what healing proposes, and when it was used.

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text, word};
use crate::model::healing::{Details, Suggestion, SuggestionStatus};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select s.id, s.uid, s.organization_id, s.project_id, t.project_uid, s.test_id, t.uid, t.name, s.status, s.phase, s.step_index,
                    s.error_type, s.failure_type, s.fix_type, s.old_value, s.new_value, s.confidence, s.times_seen, s.times_used, s.run_uid,
                    s.body, s.created_at, s.reviewed_at, s.reviewed_by, s.note
             from testing_suggestions s join testing_tests t on t.id = s.test_id ",
            $rest
        )
    };
}
macro_rules! filtered {
    ($what:literal, $rest:literal) => {
        concat!(
            $what,
            " where s.organization_id = $1 and (cast($2 as bigint) is null or s.project_id = $2)
               and (cast($3 as bigint) is null or s.test_id = $3) and (cast($4 as text) is null or s.run_uid = $4)
               and (cast($5 as text) is null or s.status = $5) and (cast($6 as text) is null or s.fix_type = $6)
               and s.confidence >= $7 ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    BY_UID = "testing.suggestions.by_uid", select!("where s.uid = $1");
    LIST = "testing.suggestions.list",
        filtered!("select s.id, s.uid, s.organization_id, s.project_id, t.project_uid, s.test_id, t.uid, t.name, s.status, s.phase, s.step_index,
                    s.error_type, s.failure_type, s.fix_type, s.old_value, s.new_value, s.confidence, s.times_seen, s.times_used, s.run_uid,
                    s.body, s.created_at, s.reviewed_at, s.reviewed_by, s.note
             from testing_suggestions s join testing_tests t on t.id = s.test_id",
            "order by s.confidence desc, s.id desc limit $8 offset $9");
    COUNT = "testing.suggestions.count", filtered!("select count(*) from testing_suggestions s", "");
    OF_TEST = "testing.suggestions.of_test", select!("where s.test_id = $1 order by s.id desc limit $2 offset $3");
    COUNT_OF_TEST = "testing.suggestions.count_of_test", "select count(*) from testing_suggestions where test_id = $1";
    AT_STEP = "testing.suggestions.at_step",
        select!("where s.test_id = $1 and s.phase = $2 and s.step_index = $3 and s.status = 'pending' order by s.id desc limit 20");
    REFUSED = "testing.suggestions.refused",
        "select old_value, new_value, fix_type, body from testing_suggestions
         where test_id = $1 and status = 'rejected' and reviewed_at > $2 order by id desc limit 500";
    INSERT = "testing.suggestions.insert",
        "insert into testing_suggestions (uid, organization_id, project_id, test_id, status, phase, step_index, error_type, failure_type,
            fix_type, old_value, new_value, confidence, times_seen, times_used, run_uid, body, created_at, seen_at)
         values ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15, $16, $16) returning id";
    AGAIN = "testing.suggestions.again",
        "update testing_suggestions set times_seen = times_seen + 1, times_used = times_used + $2, confidence = $3, run_uid = $4, body = $5,
            seen_at = $6, new_value = $7 where id = $1 and status = 'pending'";
    SETTLE = "testing.suggestions.settle",
        "update testing_suggestions set status = $3, body = $4, reviewed_at = $5, reviewed_by = $6, note = $7
         where id = $1 and status = $2";
    EXPIRE = "testing.suggestions.expire",
        "update testing_suggestions set status = 'expired' where status = 'pending' and seen_at < $1";
    // Texts are people's to judge.
    PENDING = "testing.suggestions.pending",
        select!("where s.status = 'pending' and s.created_at < $1 and s.id > $2 and s.fix_type <> 'update_assertion' order by s.id limit 500");
    PENDING_OF_TEST = "testing.suggestions.pending_of_test",
        select!("where s.test_id = $1 and s.status = 'pending' order by s.id limit 500");
    USE = "testing.suggestions.use", "insert into testing_heal_uses (project_id, used_at) values ($1, $2)";
    USES = "testing.suggestions.uses", "select count(*) from testing_heal_uses where project_id = $1 and used_at > $2";
    FORGET_USES = "testing.suggestions.forget_uses", "delete from testing_heal_uses where used_at < $1";
    FIGURES = "testing.suggestions.figures",
        "select status, error_type, cast(count(*) as bigint), cast(sum(confidence) as double precision), cast(sum(times_used) as bigint),
                cast(sum(case when reviewed_at > $3 then 1 else 0 end) as bigint), cast(sum(case when reviewed_at > $4 then 1 else 0 end) as bigint),
                cast(sum(case when reviewed_at > $5 then 1 else 0 end) as bigint)
         from testing_suggestions where organization_id = $1 and (cast($2 as bigint) is null or project_id = $2) group by status, error_type";
    RECENT = "testing.suggestions.recent",
        select!("where s.organization_id = $1 and (cast($2 as bigint) is null or s.project_id = $2) and s.status in ('applied', 'auto_applied')
                 order by s.reviewed_at desc, s.id desc limit 10");
}

fn read(row: &Row) -> Result<Suggestion, StoreError> {
    Ok(Suggestion {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        project_id: row.get(3)?,
        project_uid: row.get(4)?,
        test_id: row.get(5)?,
        test_uid: row.get(6)?,
        test_name: row.get(7)?,
        status: word(SuggestionStatus::parse(&row.get::<String>(8)?), 8)?,
        phase: row.get(9)?,
        step_index: row.get(10)?,
        error_type: row.get(11)?,
        failure_type: row.get(12)?,
        fix_type: row.get(13)?,
        old_value: row.get(14)?,
        new_value: row.get(15)?,
        confidence: row.get(16)?,
        times_seen: row.get(17)?,
        times_used: row.get(18)?,
        run_uid: row.get(19)?,
        details: json(&row.get::<String>(20)?, 20)?,
        created_at: row.get(21)?,
        reviewed_at: row.get(22)?,
        reviewed_by: row.get(23)?,
        note: row.get(24)?,
    })
}

/// Which proposals a list wants; `None` = any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
    pub(crate) test_id: Option<i64>,
    pub(crate) run: Option<Uid>,
    pub(crate) status: Option<SuggestionStatus>,
    pub(crate) fix_type: Option<String>,
    pub(crate) min_confidence: f64,
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Suggestion>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, uid: Uid) -> Result<Option<Suggestion>, StoreError> {
    tx.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// The surest first.
pub(crate) async fn list(db: &Database, f: &Filter, page: PageRequest) -> Result<Page<Suggestion>, StoreError> {
    let status = f.status.map(SuggestionStatus::as_str);
    let mut args = args![f.organization_id, f.project_id, f.test_id, f.run, status, f.fix_type.as_deref(), f.min_confidence];
    let total = db.one(COUNT, args.clone()).await?.get(0)?;
    args.extend(args![page.limit, page.offset]);
    Ok(Page { items: db.query(LIST, args).await?.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// Newest first.
pub(crate) async fn of_test(db: &Database, test_id: i64, page: PageRequest) -> Result<Page<Suggestion>, StoreError> {
    let total = db.one(COUNT_OF_TEST, args![test_id]).await?.get(0)?;
    let rows = db.query(OF_TEST, args![test_id, page.limit, page.offset]).await?;
    Ok(Page { items: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// What waits for a decision at a step.
pub(crate) async fn at_step(tx: &mut Tx, test_id: i64, phase: &str, index: i64) -> Result<Vec<Suggestion>, StoreError> {
    tx.query(AT_STEP, args![test_id, phase, index]).await?.iter().map(read).collect()
}

/// What people refused for a test.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Refused {
    /// Old and new value.
    pub(crate) pairs: Vec<(String, String)>,
    /// Selectors of the steps that are given no more time.
    pub(crate) late: Vec<String>,
}

/// What was refused for a test since then.
pub(crate) async fn refused(db: &Database, test_id: i64, since: Timestamp) -> Result<Refused, StoreError> {
    let mut refused = Refused::default();
    for row in &db.query(REFUSED, args![test_id, since]).await? {
        let details: Details = json(&row.get::<String>(3)?, 3)?;
        match (row.get::<String>(2)?.as_str(), details.target) {
            // Everybody's old value is the same and the new one is measured: the step is what was meant.
            ("increase_timeout", target) => refused.late.extend(target),
            _ => refused.pairs.push((row.get(0)?, row.get(1)?)),
        }
    }
    Ok(refused)
}

/// What waits for a decision in a test.
pub(crate) async fn pending_of_test(tx: &mut Tx, test_id: i64) -> Result<Vec<Suggestion>, StoreError> {
    tx.query(PENDING_OF_TEST, args![test_id]).await?.iter().map(read).collect()
}

/// The row of a proposal; it waits for a decision.
pub(crate) async fn insert(tx: &mut Tx, s: &Suggestion) -> Result<i64, StoreError> {
    let args = args![
        s.uid,
        s.organization_id,
        s.project_id,
        s.test_id,
        s.phase.as_str(),
        s.step_index,
        s.error_type.as_str(),
        s.failure_type.as_str(),
        s.fix_type.as_str(),
        s.old_value.as_str(),
        s.new_value.as_str(),
        s.confidence,
        s.times_used,
        s.run_uid,
        text(&s.details),
        s.created_at,
    ];
    tx.one(INSERT, args).await?.get(0)
}

/// Another run came to the same.
pub(crate) async fn again(tx: &mut Tx, id: i64, s: &Suggestion) -> Result<(), StoreError> {
    tx.exec(AGAIN, args![id, s.times_used, s.confidence, s.run_uid, text(&s.details), s.created_at, s.new_value.as_str()]).await.map(drop)
}

/// Writes what became of a proposal that was `from`; false when it was not.
pub(crate) async fn settle(tx: &mut Tx, s: &Suggestion, from: SuggestionStatus) -> Result<bool, StoreError> {
    let args = args![s.id, from.as_str(), s.status.as_str(), text(&s.details), s.reviewed_at, s.reviewed_by.as_deref(), s.note.as_deref()];
    Ok(tx.exec(SETTLE, args).await? == 1)
}

/// What nobody decided and no run has seen since.
pub(crate) async fn expire(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(EXPIRE, args![before]).await
}

/// What waits since before a time, of every organization, from a row on; texts left out.
pub(crate) async fn pending(db: &Database, before: Timestamp, after: i64) -> Result<Vec<Suggestion>, StoreError> {
    db.query(PENDING, args![before, after]).await?.iter().map(read).collect()
}

pub(crate) async fn note_use(tx: &mut Tx, project_id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(USE, args![project_id, now]).await.map(drop)
}

/// Uses in a project since then.
pub(crate) async fn uses(db: &Database, project_id: i64, since: Timestamp) -> Result<i64, StoreError> {
    db.one(USES, args![project_id, since]).await?.get(0)
}

pub(crate) async fn forget_uses(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(FORGET_USES, args![before]).await
}

/// Proposals of one status and error, counted.
pub(crate) struct Figure {
    pub(crate) status: SuggestionStatus,
    pub(crate) error_type: String,
    pub(crate) count: i64,
    pub(crate) confidence_sum: f64,
    pub(crate) used: i64,
    /// Decided within the last day, week and month.
    pub(crate) lately: [i64; 3],
}

pub(crate) async fn figures(
    db: &Database,
    organization_id: i64,
    project_id: Option<i64>,
    since: [Timestamp; 3],
) -> Result<Vec<Figure>, StoreError> {
    let rows = db.query(FIGURES, args![organization_id, project_id, since[0], since[1], since[2]]).await?;
    let read = |row: &Row| {
        Ok(Figure {
            status: word(SuggestionStatus::parse(&row.get::<String>(0)?), 0)?,
            error_type: row.get(1)?,
            count: row.get(2)?,
            confidence_sum: row.get(3)?,
            used: row.get(4)?,
            lately: [row.get(5)?, row.get(6)?, row.get(7)?],
        })
    };
    rows.iter().map(read).collect()
}

/// The last that went into a test.
pub(crate) async fn recent(db: &Database, organization_id: i64, project_id: Option<i64>) -> Result<Vec<Suggestion>, StoreError> {
    db.query(RECENT, args![organization_id, project_id]).await?.iter().map(read).collect()
}
