//! `notification_rules`.

use argos_kernel::{Severity, Timestamp};
use argos_store::{Database, Row, StoreError, Tx, Value, args};

use super::{json_of, json_text};
use crate::model::rule::{Priority, Rule};

macro_rules! select {
    () => {
        "select id, uid, name, channel_id, kinds, severities, host_ids, throttle_s, enabled, created_at, updated_at, min_severity, device_ids, node_ids, template, tags, conditions, throttle_key, priority from notification_rules"
    };
}

macro_rules! restored {
    () => {
        "(id, uid, name, channel_id, kinds, severities, host_ids, device_ids, node_ids, tags, throttle_s, enabled, origin,
           created_at, updated_at, min_severity, template, conditions, throttle_key, priority) "
    };
}

argos_store::statements! {
    state;
    LIST = "notify.rules.list", concat!(select!(), " order by id desc");
    ENABLED = "notify.rules.enabled", concat!(select!(), " where enabled = true order by id");
    GET = "notify.rules.get", concat!(select!(), " where id = $1");
    INSERT = "notify.rules.insert",
        "insert into notification_rules (uid, name, channel_id, kinds, severities, host_ids, device_ids, node_ids, tags, throttle_s, enabled, origin,
           created_at, updated_at, min_severity, template, conditions, throttle_key, priority)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,'edge',$12,$12,$13,$14,$15,$16,$17) returning id";
    RESTORE = "notify.rules.restore",
        sqlite concat!("insert into notification_rules ", restored!(), "values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,'edge',$13,$13,$14,$15,$16,$17,$18)"),
        postgres concat!("insert into notification_rules ", restored!(),
          "overriding system value values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,'edge',$13,$13,$14,$15,$16,$17,$18)");
    UPDATE = "notify.rules.update",
        "update notification_rules set name = $1, channel_id = $2, kinds = $3, severities = $4, host_ids = $5, throttle_s = $6, enabled = $7,
           updated_at = $8, min_severity = $9, device_ids = $10, node_ids = $11, template = $12, tags = $13, conditions = $14, throttle_key = $15, priority = $16 where id = $17";
    SET_ENABLED = "notify.rules.set_enabled", "update notification_rules set enabled = $1, updated_at = $2 where id = $3";
    DELETE = "notify.rules.delete", "delete from notification_rules where id = $1";
}

fn read(row: &Row) -> Result<Rule, StoreError> {
    let severities: Vec<Severity> = json_of(row, 5)?;
    Ok(Rule {
        id: row.get(0)?,
        uid: row.get(1)?,
        name: row.get(2)?,
        channel_id: row.get(3)?,
        kinds: json_of(row, 4)?,
        severities,
        host_ids: json_of(row, 6)?,
        throttle_s: row.get(7)?,
        enabled: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        min_severity: row.get(11)?,
        device_ids: json_of(row, 12)?,
        node_ids: json_of(row, 13)?,
        template: row.get(14)?,
        tags: json_of(row, 15)?,
        conditions: row.get::<Option<String>>(16)?.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default(),
        throttle_key: row.get(17)?,
        priority: row.get::<Option<String>>(18)?.and_then(|word| Priority::parse(&word)),
    })
}

/// Newest first.
pub(crate) async fn list(db: &Database) -> Result<Vec<Rule>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Rule>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn enabled(tx: &mut Tx) -> Result<Vec<Rule>, StoreError> {
    tx.query(ENABLED, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<Rule>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, id: i64) -> Result<Option<Rule>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

fn conditions(r: &Rule) -> Option<String> {
    (!r.conditions.is_null()).then(|| r.conditions.to_string())
}

/// What a new row holds, without its number.
fn values_of(r: &Rule) -> Vec<Value> {
    args![
        r.uid,
        &r.name,
        r.channel_id,
        json_text(&r.kinds),
        json_text(&r.severities),
        json_text(&r.host_ids),
        json_text(&r.device_ids),
        json_text(&r.node_ids),
        json_text(&r.tags),
        r.throttle_s,
        r.enabled,
        r.created_at,
        r.min_severity,
        r.template.as_deref(),
        conditions(r),
        r.throttle_key.as_deref(),
        r.priority.map(Priority::as_str),
    ]
}

pub(crate) async fn insert(tx: &mut Tx, r: &Rule) -> Result<i64, StoreError> {
    tx.one(INSERT, values_of(r)).await?.get(0)
}

/// Puts one back that was deleted, under the number it had.
pub(crate) async fn restore(tx: &mut Tx, r: &Rule) -> Result<(), StoreError> {
    let mut values = args![r.id];
    values.extend(values_of(r));
    tx.exec(RESTORE, values).await.map(drop)
}

pub(crate) async fn update(tx: &mut Tx, r: &Rule) -> Result<(), StoreError> {
    let values = args![
        &r.name,
        r.channel_id,
        json_text(&r.kinds),
        json_text(&r.severities),
        json_text(&r.host_ids),
        r.throttle_s,
        r.enabled,
        r.updated_at,
        r.min_severity,
        json_text(&r.device_ids),
        json_text(&r.node_ids),
        r.template.as_deref(),
        json_text(&r.tags),
        conditions(r),
        r.throttle_key.as_deref(),
        r.priority.map(Priority::as_str),
        r.id,
    ];
    tx.exec(UPDATE, values).await.map(drop)
}

pub(crate) async fn set_enabled(tx: &mut Tx, id: i64, enabled: bool, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SET_ENABLED, args![enabled, now, id]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<u64, StoreError> {
    tx.exec(DELETE, args![id]).await
}
