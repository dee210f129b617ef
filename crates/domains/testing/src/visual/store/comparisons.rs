//! Rows of `testing_comparisons`.

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::visual::model::record::{Comparison, Day, Status};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, organization_id, project_id, project_uid, baseline_uid, baseline_id, baseline_version, name, url, browser,
                    viewport, branch, run_uid, test_uid, status, superseded, before_picture, after_picture, after_facts, difference,
                    current_uid, measured, notes, reviewed_by, reviewed_at, compared_at from testing_comparisons ",
            $rest
        )
    };
}
macro_rules! filtered {
    ($what:literal, $rest:literal) => {
        concat!(
            $what,
            " from testing_comparisons where organization_id = $1 and (cast($2 as bigint) is null or project_id = $2)
               and (cast($3 as bigint) is null or baseline_id = $3) and (cast($4 as text) is null or status = $4)
               and (cast($5 as bigint) is null or compared_at >= $5) and (cast($6 as bigint) is null or compared_at < $6)
               and (cast($7 as text) is null or (case when superseded = true then 'y' else 'n' end) = $7) ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    GET = "testing.comparisons.get", select!("where uid = $1");
    LIST = "testing.comparisons.list",
        filtered!("select id, uid, organization_id, project_id, project_uid, baseline_uid, baseline_id, baseline_version, name, url, browser,
                    viewport, branch, run_uid, test_uid, status, superseded, before_picture, after_picture, after_facts, difference,
                    current_uid, measured, notes, reviewed_by, reviewed_at, compared_at", "order by id desc limit $8 offset $9");
    COUNT = "testing.comparisons.count", filtered!("select count(*)", "");
    DAYS = "testing.comparisons.days",
        filtered!("select compared_at / 86400000000, count(*), cast(coalesce(sum(case when is_match = true then 1 else 0 end), 0) as bigint),
            cast(coalesce(sum(case when is_match = false then 1 else 0 end), 0) as bigint),
            cast(coalesce(sum(case when status in ('approved', 'auto_approved') then 1 else 0 end), 0) as bigint),
            cast(coalesce(sum(case when status = 'rejected' then 1 else 0 end), 0) as bigint),
            cast(coalesce(sum(case when status = 'pending_review' and superseded = false then 1 else 0 end), 0) as bigint),
            avg(match_percentage), min(match_percentage), max(match_percentage)",
            "group by compared_at / 86400000000 order by 1 desc limit 366");
    INSERT = "testing.comparisons.insert",
        "insert into testing_comparisons (uid, organization_id, project_id, project_uid, baseline_id, baseline_uid, baseline_version, name, url,
            browser, viewport, branch, run_uid, test_uid, status, superseded, before_picture, after_picture, after_facts, difference,
            current_uid, is_match, match_percentage, measured, notes, reviewed_by, reviewed_at, compared_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
            $27, $28) returning id";
    SUPERSEDE = "testing.comparisons.supersede",
        "update testing_comparisons set superseded = true
         where baseline_id = $1 and branch = $2 and status in ('pending_review', 'auto_approved') and superseded = false";
    LENGTHEN = "testing.comparisons.lengthen", "update testing_artifacts set expires_at = $2 where id = $1 and expires_at < $2";
    REVIEW = "testing.comparisons.review",
        "update testing_comparisons set status = $2, notes = $3, reviewed_by = $4, reviewed_at = $5
         where id = $1 and status in ('pending_review', 'auto_approved') and superseded = false";
    APPROVED = "testing.comparisons.approved",
        "select measured from testing_comparisons where baseline_id = $1 and status = 'approved'
         order by id desc limit 5";
    PRUNE = "testing.comparisons.prune",
        "delete from testing_comparisons where id in (select id from testing_comparisons where compared_at < $1 order by id limit 500)";
}

fn read(row: &Row) -> Result<Comparison, StoreError> {
    Ok(Comparison {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        project_id: row.get(3)?,
        project_uid: row.get(4)?,
        baseline: row.get(5)?,
        baseline_id: row.get(6)?,
        baseline_version: row.get(7)?,
        name: row.get(8)?,
        url: row.get(9)?,
        browser: row.get(10)?,
        viewport: json(&row.get::<String>(11)?, 11)?,
        branch: row.get(12)?,
        run_uid: row.get(13)?,
        test_uid: row.get(14)?,
        status: Status::parse(&row.get::<String>(15)?).ok_or(StoreError::Column { index: 15, wanted: "a known word" })?,
        superseded: row.get(16)?,
        before: row.get(17)?,
        after: row.get(18)?,
        after_facts: row.get(19)?,
        difference: row.get(20)?,
        current: row.get(21)?,
        measured: json(&row.get::<String>(22)?, 22)?,
        notes: row.get(23)?,
        reviewed_by: row.get(24)?,
        reviewed_at: row.get(25)?,
        compared_at: row.get(26)?,
    })
}

/// Which comparisons are wanted; `None` = any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
    pub(crate) baseline_id: Option<i64>,
    pub(crate) status: Option<Status>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) superseded: Option<bool>,
}

impl Filter {
    fn args(&self) -> Vec<argos_store::Value> {
        args![
            self.organization_id,
            self.project_id,
            self.baseline_id,
            self.status.map(Status::as_str),
            self.from,
            self.to,
            self.superseded.map(|yes| if yes { "y" } else { "n" }),
        ]
    }
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Comparison>, StoreError> {
    db.find(GET, args![uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, uid: Uid) -> Result<Option<Comparison>, StoreError> {
    tx.find(GET, args![uid]).await?.as_ref().map(read).transpose()
}

/// Newest first.
pub(crate) async fn list(db: &Database, filter: &Filter, page: PageRequest) -> Result<Page<Comparison>, StoreError> {
    let mut args = filter.args();
    let total = db.one(COUNT, args.clone()).await?.get(0)?;
    args.extend(args![page.limit, page.offset]);
    Ok(Page { items: db.query(LIST, args).await?.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// The last days that have comparisons, newest first.
pub(crate) async fn days(db: &Database, filter: &Filter) -> Result<Vec<Day>, StoreError> {
    let read = |row: &Row| {
        Ok(Day {
            day: row.get(0)?,
            total: row.get(1)?,
            matches: row.get(2)?,
            mismatches: row.get(3)?,
            approved: row.get(4)?,
            rejected: row.get(5)?,
            pending: row.get(6)?,
            average: row.get(7)?,
            lowest: row.get(8)?,
            highest: row.get(9)?,
        })
    };
    db.query(DAYS, filter.args()).await?.iter().map(read).collect()
}

/// Those that wait for a decision about a baseline wait no more: what they were compared with, or show, is not the present
/// state.
pub(crate) async fn supersede(tx: &mut Tx, baseline: i64, branch: &str) -> Result<(), StoreError> {
    tx.exec(SUPERSEDE, args![baseline, branch]).await.map(drop)
}

/// Writes a comparison, whose pictures stay at least until `kept_until`; those with the same baseline that waited for a
/// decision wait no more.
pub(crate) async fn insert(tx: &mut Tx, c: &Comparison, kept_until: Timestamp) -> Result<i64, StoreError> {
    if let Some(baseline) = c.baseline_id {
        supersede(tx, baseline, &c.branch).await?;
    }
    for artifact in [c.before.as_deref(), Some(c.after.as_str()), c.after_facts.as_deref()].into_iter().flatten() {
        tx.exec(LENGTHEN, args![artifact, kept_until]).await?;
    }
    let args = args![
        c.uid,
        c.organization_id,
        c.project_id,
        c.project_uid,
        c.baseline_id,
        c.baseline,
        c.baseline_version,
        c.name.as_str(),
        c.url.as_str(),
        c.browser.as_str(),
        text(&c.viewport),
        c.branch.as_str(),
        c.run_uid,
        c.test_uid,
        c.status.as_str(),
        c.superseded,
        c.before.as_deref(),
        c.after.as_str(),
        c.after_facts.as_deref(),
        c.difference.as_deref(),
        c.current,
        c.measured.matches,
        c.measured.match_percentage,
        text(&c.measured),
        c.notes.as_deref(),
        c.reviewed_by.as_deref(),
        c.reviewed_at,
        c.compared_at,
    ];
    tx.one(INSERT, args).await?.get(0)
}

/// Writes a decision; false when somebody decided before, or a newer comparison took its place.
pub(crate) async fn review(
    tx: &mut Tx,
    id: i64,
    status: Status,
    notes: Option<&str>,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.exec(REVIEW, args![id, status.as_str(), notes, by, now]).await? == 1)
}

/// What the last five comparisons with a baseline found that a person approved; what a rule takes teaches nothing.
pub(crate) async fn approved(db: &Database, baseline_id: i64) -> Result<Vec<crate::visual::model::record::Measured>, StoreError> {
    db.query(APPROVED, args![baseline_id]).await?.iter().map(|row| json(&row.get::<String>(0)?, 0)).collect()
}

/// Removes comparisons older than `before`, decided or not: their pictures are gone by then.
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
