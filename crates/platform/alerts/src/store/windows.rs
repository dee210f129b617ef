//! `maintenance_windows`, and `maintenance_periods`: when windows really were active, kept for availability figures.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, Value, args};

use super::{json_of, json_text};
use crate::model::matcher::Matcher;
use crate::model::rule::Autonomy;
use crate::model::window::{Period, Window};

macro_rules! columns {
    () => {
        "id, uid, name, schedule, duration_min, starts_at, ends_at, timezone, scope, matchers, suppress_alerts, suppress_shutdown, \
         override_autonomy, auto_close_alerts, heal_action, reason, enabled, created_by, origin, created_at, updated_at"
    };
}

argos_store::statements! {
    state;
    LIST = "alerts.windows.list", concat!("select ", columns!(), " from maintenance_windows order by created_at desc, id desc");
    GET = "alerts.windows.get", concat!("select ", columns!(), " from maintenance_windows where id = $1");
    STAMP = "alerts.windows.stamp",
        "select count(*), coalesce(max(updated_at), 0), cast(coalesce(max(id), 0) as bigint) from maintenance_windows";
    INSERT = "alerts.windows.insert",
        "insert into maintenance_windows (uid, name, schedule, duration_min, starts_at, ends_at, timezone, scope, matchers, suppress_alerts,
           suppress_shutdown, override_autonomy, auto_close_alerts, heal_action, reason, enabled, created_by, origin, created_at, updated_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20) returning id";
    UPDATE = "alerts.windows.update",
        "update maintenance_windows set name=$1, schedule=$2, duration_min=$3, starts_at=$4, ends_at=$5, timezone=$6, scope=$7, matchers=$8,
           suppress_alerts=$9, suppress_shutdown=$10, override_autonomy=$11, auto_close_alerts=$12, heal_action=$13, reason=$14, enabled=$15,
           updated_at=$16 where id = $17";
    DELETE = "alerts.windows.delete", "delete from maintenance_windows where id = $1";
    PRUNE = "alerts.windows.prune", "delete from maintenance_windows where schedule is null and ends_at < $1";
    OPEN_PERIODS = "alerts.periods.open", "select window_id from maintenance_periods where ended_at is null";
    BEGIN_PERIOD = "alerts.periods.begin",
        "insert into maintenance_periods (window_id, name, scope, matchers, origin, started_at) values ($1,$2,$3,$4,$5,$6)";
    END_PERIOD = "alerts.periods.end", "update maintenance_periods set ended_at = $1 where window_id = $2 and ended_at is null";
    PERIODS = "alerts.periods.list",
        "select scope, matchers, started_at, ended_at, name, window_id from maintenance_periods
         where (ended_at is null or ended_at > $1) and started_at < $2 and origin <> 'silence' order by started_at, id";
    PRUNE_PERIODS = "alerts.periods.prune", "delete from maintenance_periods where ended_at is not null and ended_at < $1";
}

fn read(row: &Row) -> Result<Window, StoreError> {
    let autonomy: Option<String> = row.get(12)?;
    Ok(Window {
        id: row.get(0)?,
        uid: row.get(1)?,
        name: row.get(2)?,
        schedule: row.get(3)?,
        duration_min: row.get(4)?,
        start: row.get(5)?,
        end: row.get(6)?,
        timezone: row.get(7)?,
        scope: json_of(row, 8)?,
        matchers: json_of(row, 9)?,
        suppress_alerts: row.get(10)?,
        suppress_shutdown: row.get(11)?,
        override_autonomy: autonomy.as_deref().and_then(Autonomy::parse),
        auto_close_alerts: row.get(13)?,
        heal_action: row.get(14)?,
        reason: row.get(15)?,
        enabled: row.get(16)?,
        created_by: row.get(17)?,
        origin: row.get(18)?,
        created_at: row.get(19)?,
        updated_at: row.get(20)?,
    })
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Window>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Window>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Window>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

/// Tells another replica's edits.
pub(crate) async fn stamp(db: &Database) -> Result<(i64, i64, i64), StoreError> {
    let row = db.one(STAMP, args![]).await?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// The terms of a window, in the order insert and update share.
fn terms(w: &Window) -> Vec<Value> {
    args![
        &w.name,
        w.schedule.as_deref(),
        w.duration_min,
        w.start,
        w.end,
        w.timezone.as_deref(),
        json_text(&w.scope),
        json_text(&w.matchers),
        w.suppress_alerts,
        w.suppress_shutdown,
        w.override_autonomy.map(Autonomy::as_str),
        w.auto_close_alerts,
        w.heal_action.as_deref(),
        &w.reason,
        w.enabled,
    ]
}

pub(crate) async fn insert(tx: &mut Tx, w: &Window) -> Result<i64, StoreError> {
    let mut values = args![&w.uid];
    values.extend(terms(w));
    values.extend(args![&w.created_by, &w.origin, w.created_at, w.updated_at]);
    tx.one(INSERT, values).await?.get(0)
}

pub(crate) async fn update(tx: &mut Tx, w: &Window) -> Result<(), StoreError> {
    let mut values = terms(w);
    values.extend(args![w.updated_at, w.id]);
    tx.exec(UPDATE, values).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? > 0)
}

/// Removes windows that ended before `windows_before` and periods that ended before `periods_before`.
pub(crate) async fn prune(db: &Database, windows_before: Timestamp, periods_before: Timestamp) -> Result<u64, StoreError> {
    Ok(db.exec(PRUNE, args![windows_before]).await? + db.exec(PRUNE_PERIODS, args![periods_before]).await?)
}

/// Windows whose period is recorded as running.
pub(crate) async fn open_periods(db: &Database) -> Result<Vec<i64>, StoreError> {
    db.query(OPEN_PERIODS, args![]).await?.iter().map(|r| r.get(0)).collect()
}

pub(crate) async fn begin_period(tx: &mut Tx, w: &Window, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(BEGIN_PERIOD, args![w.id, &w.name, json_text(&w.scope), json_text(&w.matchers), &w.origin, at]).await.map(drop)
}

/// False when none was running.
pub(crate) async fn end_period(tx: &mut Tx, window_id: i64, at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(END_PERIOD, args![at, window_id]).await? > 0)
}

/// A stretch of maintenance that really was.
pub(crate) struct PastPeriod {
    pub(crate) scope: Vec<String>,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
}

/// Maintenance that touches `[from, to)`; silences do not count.
pub(crate) async fn periods(db: &Database, (from, to): Period) -> Result<Vec<PastPeriod>, StoreError> {
    let rows = db.query(PERIODS, args![from, to]).await?;
    let read = |r: &Row| Ok(PastPeriod { scope: json_of(r, 0)?, matchers: json_of(r, 1)?, start: r.get(2)?, end: r.get(3)? });
    rows.iter().map(read).collect()
}
