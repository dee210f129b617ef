//! `power_shutdown_runs` and `power_shutdown_steps`. States only move forward; every statement that moves one names
//! the state it moves from, so that a repetition changes nothing.

use std::collections::BTreeMap;

use argos_kernel::{PageRequest, Timestamp};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::model::plan_run::{Direction, Mode, Run, RunState, StepRow, StepState};

macro_rules! run {
    ($rest:literal) => {
        concat!(
            "select id, plan_id, plan_uid, plan_name, mode, state, trigger_kind, reason, started_by, body, secrets_enc, stop, stop_by,
             saw_battery, restore_wanted, started_at, ended_at from power_shutdown_runs ",
            $rest
        )
    };
}

macro_rules! step {
    ($rest:literal) => {
        concat!(
            "select id, run_id, direction, phase, step_id, name, kind, target, command, share_key, state, attempts, result, started_at,
             ended_at, ordered from power_shutdown_steps ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    RUN_INSERT = "power.runs.insert",
        "insert into power_shutdown_runs (plan_id, plan_uid, plan_name, mode, state, trigger_kind, reason, started_by, body, secrets_enc,
           saw_battery, restore_wanted, started_at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13) returning id";
    RUN_GET = "power.runs.get", run!("where id = $1");
    RUN_LIST = "power.runs.list",
        run!("where (cast($1 as bigint) is null or plan_id = $1) order by id desc limit $2 offset $3");
    RUN_COUNT = "power.runs.count", "select count(*) from power_shutdown_runs where (cast($1 as bigint) is null or plan_id = $1)";
    RUN_OPEN = "power.runs.open",
        run!("where state in ('running', 'final', 'halted', 'cancelled', 'aborted', 'restoring') and mode <> 'test' order by id");
    RUN_STATE = "power.runs.state",
        "update power_shutdown_runs set state = $3, ended_at = coalesce(cast($4 as bigint), ended_at) where id = $1 and state = $2";
    RUN_FINAL = "power.runs.final", "update power_shutdown_runs set state = 'final' where id = $1 and state = 'running' and stop is null";
    RUN_STOP = "power.runs.stop",
        "update power_shutdown_runs set stop = $2, stop_by = $3 where id = $1 and state = 'running' and stop is null";
    RUN_HOLD = "power.runs.hold",
        "update power_shutdown_runs set stop = 'operator', stop_by = $2, restore_wanted = $3, state = 'cancelled'
         where id = $1 and state in ('restoring', 'halted', 'cancelled', 'aborted')";
    RUN_BATTERY = "power.runs.battery", "update power_shutdown_runs set saw_battery = $2 where id = $1";
    RUN_RESTORE = "power.runs.restore", "update power_shutdown_runs set restore_wanted = $2 where id = $1";
    RUN_ADOPT = "power.runs.adopt", "update power_shutdown_runs set plan_id = $1 where plan_uid = $2";
    RUN_TESTS_END = "power.runs.tests_end",
        "update power_shutdown_runs set state = 'done', ended_at = $1 where mode = 'test' and state = 'running'";
    RUN_PRUNE = "power.runs.prune",
        "delete from power_shutdown_runs where ended_at < $1 and state not in ('running', 'final', 'halted', 'cancelled', 'aborted', 'restoring')";
    STEP_PRUNE = "power.steps.prune", "delete from power_shutdown_steps where run_id not in (select id from power_shutdown_runs)";
    STEP_INSERT = "power.steps.insert",
        "insert into power_shutdown_steps (run_id, direction, phase, step_id, name, kind, target, command, share_key, state, attempts,
           result, started_at, ended_at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)
         on conflict (run_id, direction, step_id) do nothing";
    STEP_LIST = "power.steps.list", step!("where run_id = $1 order by direction desc, id");
    STEP_LIST_BETWEEN = "power.steps.list_between",
        step!("where run_id >= $1 and run_id <= $2
               and (cast($3 as bigint) is null or run_id in (select id from power_shutdown_runs where plan_id = $3))
               order by run_id, direction desc, id");
    STEP_GET = "power.steps.get", step!("where run_id = $1 and direction = $2 and step_id = $3");
    STEP_BEGIN = "power.steps.begin",
        "update power_shutdown_steps set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, $2)
         where id = $1 and state in ('pending', 'running') returning attempts";
    STEP_END = "power.steps.end",
        "update power_shutdown_steps set state = $2, result = $3, ended_at = $4, ordered = $5
         where id = $1 and state in ('pending', 'running')";
    STEP_VERIFY = "power.steps.verify", "update power_shutdown_steps set state = $2, result = $3 where id = $1 and state = 'done'";
    STEP_SKIP = "power.steps.skip",
        "update power_shutdown_steps set state = 'skipped', result = $2, ended_at = $3 where run_id = $1 and state = 'pending' and direction = 'shutdown'";
    STEP_SHARED = "power.steps.shared",
        step!("where share_key = $1 and run_id <> $2 and direction = 'shutdown' and state in ('running', 'done')
               and run_id in (select id from power_shutdown_runs where state in ('running', 'final') and mode = 'real') order by id limit 1");
    STEP_ORDERED = "power.steps.ordered",
        step!("as s where share_key = $1 and run_id <> $2 and direction = 'shutdown' and ordered = $3
               and not exists (select 1 from power_shutdown_steps as b
                 where b.run_id = s.run_id and b.step_id = s.step_id and b.direction = 'restore' and b.state = 'done')
               order by id desc limit 1");
}

fn read_run(row: &Row) -> Result<Run, StoreError> {
    let (mode, state): (String, String) = (row.get(4)?, row.get(5)?);
    Ok(Run {
        id: row.get(0)?,
        plan_id: row.get(1)?,
        plan_uid: row.get(2)?,
        plan_name: row.get(3)?,
        mode: Mode::parse(&mode).ok_or(StoreError::Column { index: 4, wanted: "a mode" })?,
        state: RunState::parse(&state).ok_or(StoreError::Column { index: 5, wanted: "a run state" })?,
        trigger: row.get(6)?,
        reason: row.get(7)?,
        started_by: row.get(8)?,
        body: json(&row.get::<String>(9)?, 9)?,
        secrets_enc: row.get(10)?,
        stop: row.get(11)?,
        stop_by: row.get(12)?,
        saw_battery: row.get(13)?,
        restore_wanted: row.get(14)?,
        started_at: row.get(15)?,
        ended_at: row.get(16)?,
    })
}

fn read_step(row: &Row) -> Result<StepRow, StoreError> {
    let (direction, state): (String, String) = (row.get(2)?, row.get(10)?);
    Ok(StepRow {
        id: row.get(0)?,
        run_id: row.get(1)?,
        direction: Direction::parse(&direction).ok_or(StoreError::Column { index: 2, wanted: "a direction" })?,
        phase: row.get(3)?,
        step_id: row.get(4)?,
        name: row.get(5)?,
        kind: row.get(6)?,
        target: row.get(7)?,
        command: row.get(8)?,
        share_key: row.get(9)?,
        state: StepState::parse(&state).ok_or(StoreError::Column { index: 10, wanted: "a step state" })?,
        attempts: row.get(11)?,
        result: row.get(12)?,
        started_at: row.get(13)?,
        ended_at: row.get(14)?,
        ordered: row.get(15)?,
    })
}

pub(crate) async fn insert(tx: &mut Tx, r: &Run) -> Result<i64, StoreError> {
    let values = args![
        r.plan_id,
        r.plan_uid.clone(),
        r.plan_name.clone(),
        r.mode.as_str(),
        r.state.as_str(),
        r.trigger.clone(),
        r.reason.clone(),
        r.started_by.clone(),
        text(&r.body),
        r.secrets_enc.clone(),
        r.saw_battery,
        r.restore_wanted,
        r.started_at
    ];
    tx.one(RUN_INSERT, values).await?.get(0)
}

pub(crate) async fn insert_step(tx: &mut Tx, s: &StepRow) -> Result<(), StoreError> {
    let values = args![
        s.run_id,
        s.direction.as_str(),
        s.phase,
        s.step_id.clone(),
        s.name.clone(),
        s.kind.clone(),
        s.target.clone(),
        s.command.clone(),
        s.share_key.clone(),
        s.state.as_str(),
        s.attempts,
        s.result.clone(),
        s.started_at,
        s.ended_at
    ];
    tx.exec(STEP_INSERT, values).await.map(drop)
}

pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<Run>, StoreError> {
    db.find(RUN_GET, args![id]).await?.as_ref().map(read_run).transpose()
}

/// Newest first, and how many there are.
pub(crate) async fn list(db: &Database, plan: Option<i64>, page: PageRequest) -> Result<(Vec<Run>, i64), StoreError> {
    let total = db.one(RUN_COUNT, args![plan]).await?.get(0)?;
    let rows = db.query(RUN_LIST, args![plan, page.limit, page.offset]).await?;
    Ok((rows.iter().map(read_run).collect::<Result<_, _>>()?, total))
}

/// Runs that are not over: at work, or waiting for the mains.
pub(crate) async fn open(db: &Database) -> Result<Vec<Run>, StoreError> {
    db.query(RUN_OPEN, args![]).await?.iter().map(read_run).collect()
}

pub(crate) async fn open_in(tx: &mut Tx) -> Result<Vec<Run>, StoreError> {
    tx.query(RUN_OPEN, args![]).await?.iter().map(read_run).collect()
}

/// Moves a run on; whether it was in `from`.
pub(crate) async fn advance(tx: &mut Tx, id: i64, from: RunState, to: RunState, ended_at: Option<Timestamp>) -> Result<bool, StoreError> {
    Ok(tx.exec(RUN_STATE, args![id, from.as_str(), to.as_str(), ended_at]).await? > 0)
}

/// The point of no return; `false` when somebody stopped the run before.
pub(crate) async fn commit_to_final(db: &Database, id: i64) -> Result<bool, StoreError> {
    Ok(db.exec(RUN_FINAL, args![id]).await? > 0)
}

/// Asks a running run to stop after its phase; `false` when it is too late.
pub(crate) async fn stop(tx: &mut Tx, id: i64, why: &str, by: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(RUN_STOP, args![id, why, by]).await? > 0)
}

/// Keeps the hosts of a run down until somebody asks for their return.
pub(crate) async fn hold(tx: &mut Tx, id: i64, by: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(RUN_HOLD, args![id, by, false]).await? > 0)
}

pub(crate) async fn saw_battery(db: &Database, id: i64) -> Result<(), StoreError> {
    db.exec(RUN_BATTERY, args![id, true]).await.map(drop)
}

/// A plan that was put back under another id keeps its runs.
pub(crate) async fn adopt(tx: &mut Tx, plan: i64, uid: &str) -> Result<(), StoreError> {
    tx.exec(RUN_ADOPT, args![plan, uid]).await.map(drop)
}

/// Ends the tests that an earlier process left behind.
pub(crate) async fn end_tests(db: &Database, now: Timestamp) -> Result<(), StoreError> {
    db.exec(RUN_TESTS_END, args![now]).await.map(drop)
}

pub(crate) async fn want_restore(tx: &mut Tx, id: i64, wanted: bool) -> Result<(), StoreError> {
    tx.exec(RUN_RESTORE, args![id, wanted]).await.map(drop)
}

pub(crate) async fn steps(db: &Database, run: i64) -> Result<Vec<StepRow>, StoreError> {
    db.query(STEP_LIST, args![run]).await?.iter().map(read_step).collect()
}

/// The steps of listed runs, by run; `runs` as `list` returned them.
pub(crate) async fn steps_of(db: &Database, plan: Option<i64>, runs: &[Run]) -> Result<BTreeMap<i64, Vec<StepRow>>, StoreError> {
    let (Some(from), Some(to)) = (runs.iter().map(|r| r.id).min(), runs.iter().map(|r| r.id).max()) else { return Ok(BTreeMap::new()) };
    let mut out: BTreeMap<i64, Vec<StepRow>> = BTreeMap::new();
    for row in db.query(STEP_LIST_BETWEEN, args![from, to, plan]).await? {
        let step = read_step(&row)?;
        out.entry(step.run_id).or_default().push(step);
    }
    Ok(out)
}

pub(crate) async fn steps_in(tx: &mut Tx, run: i64) -> Result<Vec<StepRow>, StoreError> {
    tx.query(STEP_LIST, args![run]).await?.iter().map(read_step).collect()
}

pub(crate) async fn find_step(db: &Database, run: i64, direction: Direction, step: &str) -> Result<Option<StepRow>, StoreError> {
    db.find(STEP_GET, args![run, direction.as_str(), step]).await?.as_ref().map(read_step).transpose()
}

/// Notes that a step is about to act; which try it is, or `None` when it is finished.
pub(crate) async fn begin_step(db: &Database, id: i64, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let mut tx = db.begin().await?;
    let attempts = tx.find(STEP_BEGIN, args![id, now]).await?.map(|row| row.get(0)).transpose()?;
    tx.commit().await?;
    Ok(attempts)
}

/// What became of a step. `ordered`: its host was told to go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    pub(crate) state: StepState,
    pub(crate) result: &'a str,
    pub(crate) ordered: bool,
}

pub(crate) async fn end_step(tx: &mut Tx, id: i64, outcome: Outcome<'_>, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(STEP_END, args![id, outcome.state.as_str(), outcome.result, now, outcome.ordered]).await? > 0)
}

/// A step whose host still answers did not do what it was for.
pub(crate) async fn refute_step(tx: &mut Tx, id: i64, result: &str) -> Result<(), StoreError> {
    tx.exec(STEP_VERIFY, args![id, StepState::Failed.as_str(), result]).await.map(drop)
}

pub(crate) async fn skip_rest(tx: &mut Tx, run: i64, why: &str, now: Timestamp) -> Result<u64, StoreError> {
    tx.exec(STEP_SKIP, args![run, why, now]).await
}

/// The same step of another plan that runs now.
pub(crate) async fn shared(db: &Database, key: &str, run: i64) -> Result<Option<StepRow>, StoreError> {
    db.find(STEP_SHARED, args![key, run]).await?.as_ref().map(read_step).transpose()
}

/// The last time another run told this host to go, unless it was started again since.
pub(crate) async fn ordered_before(db: &Database, key: &str, run: i64) -> Result<Option<StepRow>, StoreError> {
    db.find(STEP_ORDERED, args![key, run, true]).await?.as_ref().map(read_step).transpose()
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let gone = db.exec(RUN_PRUNE, args![before]).await?;
    db.exec(STEP_PRUNE, args![]).await?;
    Ok(gone)
}

#[cfg(test)]
mod tests;
