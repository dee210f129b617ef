//! `alert_rules`.

use argos_kernel::{Severity, Timestamp};
use argos_store::{Database, Row, StoreError, Tx, Value, args};

use super::{json_of, json_text};
use crate::model::rule::{AlertRule, Autonomy};

macro_rules! columns {
    () => {
        "id, name, condition, clear_condition, for_s, severity, message, channels, cooldown_s, group_name, escalation, escalation_chain, autonomy, \
         auto_approve_timeout, circuit_break_after, max_retries, action, scope, enabled, builtin, origin, extra, updated_at, group_by, depends_on"
    };
}
macro_rules! insert {
    () => {
        concat!(
            "insert into alert_rules (",
            columns!(),
            ", position, created_at)
             values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$23)"
        )
    };
}

argos_store::statements! {
    state;
    LIST = "alerts.rules.list", concat!("select ", columns!(), " from alert_rules order by position, id");
    GET = "alerts.rules.get", concat!("select ", columns!(), " from alert_rules where id = $1");
    STAMP = "alerts.rules.stamp", "select count(*), coalesce(max(updated_at), 0) from alert_rules";
    NEXT_POSITION = "alerts.rules.next_position", "select cast(coalesce(max(position), 0) + 1 as bigint) from alert_rules";
    INSERT = "alerts.rules.insert", insert!();
    SEED = "alerts.rules.seed", concat!(insert!(), " on conflict (id) do nothing");
    UPDATE = "alerts.rules.update",
        "update alert_rules set name=$1, condition=$2, clear_condition=$3, for_s=$4, severity=$5, message=$6, channels=$7, cooldown_s=$8,
           group_name=$9, escalation=$10, escalation_chain=$11, autonomy=$12, auto_approve_timeout=$13, circuit_break_after=$14, max_retries=$15,
           action=$16, scope=$17, enabled=$18, builtin=$19, origin=$20, extra=$21, updated_at=$22, group_by=$23, depends_on=$24, position=coalesce(cast($25 as bigint), position)
         where id = $26";
    DELETE = "alerts.rules.delete", "delete from alert_rules where id = $1";
}

fn values(rule: &AlertRule, position: Option<i64>) -> Vec<Value> {
    let r = rule;
    args![
        &r.id,
        &r.name,
        &r.condition,
        r.clear_condition.as_deref(),
        r.for_s,
        r.severity,
        &r.message,
        json_text(&r.channels),
        r.cooldown_s,
        &r.group,
        json_text(&r.escalation),
        json_text(&r.escalation_chain),
        r.autonomy.as_str(),
        r.auto_approve_timeout,
        r.circuit_break_after,
        r.max_retries,
        r.action.as_ref().map(json_text),
        json_text(&r.scope),
        r.enabled,
        r.builtin,
        &r.origin,
        json_text(&r.extra),
        r.updated_at,
        json_text(&r.group_by),
        json_text(&r.depends_on),
        position,
    ]
}

fn read(row: &Row) -> Result<AlertRule, StoreError> {
    let (severity, autonomy, action): (String, String, Option<String>) = (row.get(5)?, row.get(12)?, row.get(16)?);
    Ok(AlertRule {
        id: row.get(0)?,
        name: row.get(1)?,
        condition: row.get(2)?,
        clear_condition: row.get(3)?,
        for_s: row.get(4)?,
        severity: Severity::parse_lenient(&severity),
        message: row.get(6)?,
        channels: json_of(row, 7)?,
        cooldown_s: row.get(8)?,
        group: row.get(9)?,
        escalation: json_of(row, 10)?,
        escalation_chain: json_of(row, 11)?,
        autonomy: Autonomy::parse(&autonomy).ok_or(StoreError::Column { index: 12, wanted: "an autonomy" })?,
        auto_approve_timeout: row.get(13)?,
        circuit_break_after: row.get(14)?,
        max_retries: row.get(15)?,
        action: action.and_then(|a| serde_json::from_str(&a).ok()),
        scope: json_of(row, 17)?,
        enabled: row.get(18)?,
        builtin: row.get(19)?,
        origin: row.get(20)?,
        extra: json_of(row, 21)?,
        updated_at: row.get(22)?,
        group_by: json_of(row, 23)?,
        depends_on: json_of(row, 24)?,
    })
}

pub(crate) async fn list(db: &Database) -> Result<Vec<AlertRule>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<AlertRule>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(tx: &mut Tx, id: &str) -> Result<Option<AlertRule>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn count(tx: &mut Tx) -> Result<usize, StoreError> {
    let count: i64 = tx.one(STAMP, args![]).await?.get(0)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Number of rules and newest change: tells another replica's edits.
pub(crate) async fn stamp(db: &Database) -> Result<(i64, Timestamp), StoreError> {
    let row = db.one(STAMP, args![]).await?;
    Ok((row.get(0)?, row.get(1)?))
}

/// Adds the rule at the end.
pub(crate) async fn insert(tx: &mut Tx, rule: &AlertRule) -> Result<(), StoreError> {
    let position: i64 = tx.one(NEXT_POSITION, args![]).await?.get(0)?;
    tx.exec(INSERT, values(rule, Some(position))).await.map(drop)
}

/// Adds a built-in rule unless it is there; `position` orders it before later ones.
pub(crate) async fn seed(tx: &mut Tx, rule: &AlertRule, position: i64) -> Result<(), StoreError> {
    tx.exec(SEED, values(rule, Some(position))).await.map(drop)
}

/// `position` moves it; `None` leaves it where it is.
pub(crate) async fn update(tx: &mut Tx, rule: &AlertRule, position: Option<i64>) -> Result<u64, StoreError> {
    let mut values = values(rule, position);
    // The id, first in an insert, comes last here: SQLite numbers parameters by their first appearance.
    values.rotate_left(1);
    tx.exec(UPDATE, values).await
}

pub(crate) async fn delete(tx: &mut Tx, id: &str) -> Result<u64, StoreError> {
    tx.exec(DELETE, args![id]).await
}
