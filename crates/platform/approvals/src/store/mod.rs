//! SQL of approvals and their votes.

use std::collections::HashMap;

use argos_jobs::HoldPolicy;
use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::Value;

use crate::model::{Approval, Status, Vote};

macro_rules! columns {
    () => {
        "id, uid, kind, status, job_id, schedule_id, trigger_name, action_type, action_params_json, description, target, thread_id, \
         organization_id, project_id, required_permission, policy_json, modifiable_json, changes_json, risk, evidence_json, denied_runs, \
         stage, defers, comment, requested_at, requested_by, decided_at, decided_by, self_approved, escalate_at, expires_at"
    };
}

macro_rules! by {
    ($what:literal) => {
        concat!("select ", columns!(), " from approvals where ", $what)
    };
}

/// Organizations in sight (comma list, null = all); what belongs to the instance is always seen.
macro_rules! seen {
    ($n:literal) => {
        concat!(
            "(cast($",
            $n,
            " as text) is null or organization_id is null or ',' || $",
            $n,
            " || ',' like '%,' || cast(organization_id as text) || ',%')"
        )
    };
}

argos_store::statements! {
    state;
    INSERT = "approvals.insert",
        "insert into approvals (uid, kind, status, job_id, schedule_id, trigger_name, action_type, action_params_json, description, target, thread_id,
           organization_id, project_id, required_permission, policy_json, modifiable_json, risk, evidence_json, denied_runs, stage, requested_at,
           requested_by, escalate_at, expires_at)
         values ($1,$2,'pending',$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,'operator',$19,$20,$21,$22) returning id";
    GET = "approvals.get", by!("id = $1");
    GET_BY_UID = "approvals.get_by_uid", by!("uid = $1");
    GET_BY_JOB = "approvals.get_by_job", by!("job_id = $1");
    GET_BY_THREAD = "approvals.get_by_thread", by!("thread_id = $1 order by id desc limit 1");
    // PostgreSQL: two votes on one question follow one another.
    LOCK = "approvals.lock", sqlite by!("id = $1"), postgres by!("id = $1 for update");
    LIST = "approvals.list",
        concat!("select ", columns!(), " from approvals where (cast($1 as text) is null or status = $1) and ", seen!("2"), " order by id desc limit $3 offset $4");
    OPEN = "approvals.open", concat!("select count(*) from approvals where status = 'pending' and ", seen!("1"));
    THREADS = "approvals.threads", by!("status = 'pending' and organization_id = $1 and thread_id is not null order by id");
    DUE = "approvals.due", by!("status = 'pending' and (expires_at <= $1 or escalate_at <= $1) order by id limit 100");
    NEXT_DUE = "approvals.next_due", "select min(escalate_at), min(expires_at) from approvals where status = 'pending'";
    // The decision has one winner.
    DECIDE = "approvals.decide",
        "update approvals set status = $1, decided_at = $2, decided_by = $3, comment = coalesce($4, comment), changes_json = $5, self_approved = $6,
           escalate_at = null
         where id = $7 and status = 'pending'";
    DEFER = "approvals.defer",
        "update approvals set defers = defers + 1, expires_at = $1, escalate_at = $2, comment = coalesce($3, comment) where id = $4 and status = 'pending'";
    ESCALATE = "approvals.escalate", "update approvals set stage = 'admin', escalate_at = null where id = $1 and status = 'pending' and stage = 'operator'";
    WITHDRAW = "approvals.withdraw", "update approvals set status = 'cancelled', decided_at = $1 where job_id = $2 and status = 'pending' returning id";
    CHANGE = "approvals.change", "update approvals set changes_json = $1 where id = $2 and status = 'pending'";
    VOTE = "approvals.vote",
        "insert into approval_votes (approval_id, username, comment, at) values ($1,$2,$3,$4) on conflict (approval_id, username) do nothing";
    UNVOTE = "approvals.unvote", "delete from approval_votes where approval_id = $1";
    VOTES_OF_MANY = "approvals.votes_of_many",
        "select username, comment, at, approval_id from approval_votes
         where approval_id between $1 and $2 and ',' || $3 || ',' like '%,' || cast(approval_id as text) || ',%' order by at, username";
    VOTES = "approvals.votes", "select username, comment, at from approval_votes where approval_id = $1 order by at, username";
    PRUNE = "approvals.prune", "delete from approvals where status <> 'pending' and decided_at < $1";
    PRUNE_VOTES = "approvals.prune_votes", "delete from approval_votes where approval_id not in (select id from approvals)";
}

fn read(row: &Row) -> Result<Approval, StoreError> {
    let json = |index: usize| -> Result<Option<Value>, StoreError> {
        let text: Option<String> = row.get(index)?;
        text.map(|t| serde_json::from_str(&t)).transpose().map_err(|_| StoreError::Column { index, wanted: "JSON" })
    };
    let status: String = row.get(3)?;
    let policy: HoldPolicy =
        serde_json::from_value(json(15)?.unwrap_or_default()).map_err(|_| StoreError::Column { index: 15, wanted: "a policy" })?;
    let list = |index: usize| -> Result<Vec<String>, StoreError> {
        serde_json::from_value(json(index)?.unwrap_or_default()).map_err(|_| StoreError::Column { index, wanted: "a list of names" })
    };
    Ok(Approval {
        id: row.get(0)?,
        uid: row.get(1)?,
        kind: row.get(2)?,
        status: Status::parse(&status).ok_or(StoreError::Column { index: 3, wanted: "a status" })?,
        job_id: row.get(4)?,
        schedule_id: row.get(5)?,
        trigger: row.get(6)?,
        action_type: row.get(7)?,
        action_params: json(8)?.unwrap_or_default(),
        description: row.get(9)?,
        target: row.get(10)?,
        thread_id: row.get(11)?,
        organization_id: row.get(12)?,
        project_id: row.get(13)?,
        required_permission: row.get(14)?,
        policy,
        modifiable: list(16)?,
        changes: json(17)?.and_then(|v| v.as_object().cloned()),
        risk: row.get(18)?,
        evidence: json(19)?.unwrap_or_default(),
        denied_runs: row.get(20)?,
        stage: row.get(21)?,
        defers: row.get(22)?,
        comment: row.get(23)?,
        requested_at: row.get(24)?,
        requested_by: row.get(25)?,
        decided_at: row.get(26)?,
        decided_by: row.get(27)?,
        self_approved: row.get(28)?,
        escalate_at: row.get(29)?,
        expires_at: row.get(30)?,
    })
}

fn read_all(rows: &[Row]) -> Result<Vec<Approval>, StoreError> {
    rows.iter().map(read).collect()
}

/// A new question; its id.
pub(crate) async fn insert(tx: &mut Tx, a: &Approval) -> Result<i64, StoreError> {
    let (policy, modifiable) = (serde_json::json!(a.policy).to_string(), serde_json::json!(a.modifiable).to_string());
    let values = args![
        a.uid,
        a.kind.as_str(),
        a.job_id,
        a.schedule_id,
        a.trigger.as_str(),
        a.action_type.as_str(),
        a.action_params.to_string(),
        a.description.as_str(),
        a.target.clone(),
        a.thread_id.clone(),
        a.organization_id,
        a.project_id,
        a.required_permission.as_str(),
        policy,
        modifiable,
        a.risk.clone(),
        (!a.evidence.is_null()).then(|| a.evidence.to_string()),
        a.denied_runs,
        a.requested_at,
        a.requested_by.as_str(),
        a.escalate_at,
        a.expires_at,
    ];
    tx.one(INSERT, values).await?.get(0)
}

/// How an approval is named from outside.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    Id(i64),
    Uid(Uid),
    Job(i64),
    Thread(&'a str),
}

pub(crate) async fn find(db: &Database, by: By<'_>) -> Result<Option<Approval>, StoreError> {
    let row = match by {
        By::Id(id) => db.find(GET, args![id]).await?,
        By::Uid(uid) => db.find(GET_BY_UID, args![uid]).await?,
        By::Job(id) => db.find(GET_BY_JOB, args![id]).await?,
        By::Thread(id) => db.find(GET_BY_THREAD, args![id]).await?,
    };
    row.as_ref().map(read).transpose()
}

/// The row, held until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: i64) -> Result<Option<Approval>, StoreError> {
    tx.find(LOCK, args![id]).await?.as_ref().map(read).transpose()
}

/// Newest first, of the organizations in sight.
pub(crate) async fn list(
    db: &Database,
    status: Option<Status>,
    seen: Option<&str>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Approval>, StoreError> {
    read_all(&db.query(LIST, args![status.map(Status::as_str), seen, limit, offset]).await?)
}

/// How many are open in the organizations in sight.
pub(crate) async fn open(db: &Database, seen: Option<&str>) -> Result<i64, StoreError> {
    db.one(OPEN, args![seen]).await?.get(0)
}

/// Paused runs of an organization, oldest first.
pub(crate) async fn threads(db: &Database, organization: i64) -> Result<Vec<Approval>, StoreError> {
    read_all(&db.query(THREADS, args![organization]).await?)
}

pub(crate) async fn due(db: &Database, now: Timestamp) -> Result<Vec<Approval>, StoreError> {
    read_all(&db.query(DUE, args![now]).await?)
}

/// The next deadline of any question.
pub(crate) async fn next_due(db: &Database) -> Result<Option<Timestamp>, StoreError> {
    let row = db.one(NEXT_DUE, args![]).await?;
    let (a, b): (Option<Timestamp>, Option<Timestamp>) = (row.get(0)?, row.get(1)?);
    Ok(a.into_iter().chain(b).min())
}

/// A decision as it is written.
pub(crate) struct Decided<'a> {
    pub(crate) status: Status,
    pub(crate) at: Timestamp,
    pub(crate) by: Option<&'a str>,
    pub(crate) comment: Option<&'a str>,
    pub(crate) changes: Option<String>,
    pub(crate) self_approved: bool,
}

/// False when somebody else was first.
pub(crate) async fn decide(tx: &mut Tx, id: i64, d: &Decided<'_>) -> Result<bool, StoreError> {
    let values = args![d.status.as_str(), d.at, d.by, d.comment, d.changes.clone(), d.self_approved, id];
    Ok(tx.exec(DECIDE, values).await? > 0)
}

pub(crate) async fn defer(
    tx: &mut Tx,
    id: i64,
    expires_at: Option<Timestamp>,
    escalate_at: Option<Timestamp>,
    comment: Option<&str>,
) -> Result<(), StoreError> {
    tx.exec(DEFER, args![expires_at, escalate_at, comment, id]).await.map(drop)
}

pub(crate) async fn escalate(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(ESCALATE, args![id]).await? > 0)
}

/// The id of the question that was open.
pub(crate) async fn withdraw(tx: &mut Tx, job_id: i64, at: Timestamp) -> Result<Option<i64>, StoreError> {
    tx.find(WITHDRAW, args![at, job_id]).await?.map(|row| row.get(0)).transpose()
}

/// Other consents were given to something else: they are void.
pub(crate) async fn change(tx: &mut Tx, id: i64, changes: String) -> Result<(), StoreError> {
    tx.exec(CHANGE, args![changes, id]).await?;
    tx.exec(UNVOTE, args![id]).await.map(drop)
}

/// False when this person has consented before.
pub(crate) async fn vote(tx: &mut Tx, id: i64, username: &str, comment: Option<&str>, at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(VOTE, args![id, username, comment, at]).await? > 0)
}

fn read_vote(row: &Row) -> Result<Vote, StoreError> {
    Ok(Vote { username: row.get(0)?, comment: row.get(1)?, at: row.get(2)? })
}

pub(crate) async fn votes_in(tx: &mut Tx, id: i64) -> Result<Vec<Vote>, StoreError> {
    tx.query(VOTES, args![id]).await?.iter().map(read_vote).collect()
}

pub(crate) async fn votes(db: &Database, id: i64) -> Result<Vec<Vote>, StoreError> {
    db.query(VOTES, args![id]).await?.iter().map(read_vote).collect()
}

/// The consents of several questions, by question.
pub(crate) async fn votes_of_many(db: &Database, ids: &[i64]) -> Result<HashMap<i64, Vec<Vote>>, StoreError> {
    let mut found: HashMap<i64, Vec<Vote>> = HashMap::new();
    let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(found) };
    let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    for row in db.query(VOTES_OF_MANY, args![*first, *last, list]).await? {
        found.entry(row.get(3)?).or_default().push(read_vote(&row)?);
    }
    Ok(found)
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let removed = db.exec(PRUNE, args![before]).await?;
    db.exec(PRUNE_VOTES, args![]).await?;
    Ok(removed)
}
