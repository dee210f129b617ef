//! `notification_channels`.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::channel::{Channel, ChannelKind};
use crate::model::quiet::QuietHours;
use crate::model::retry::Schedule;

macro_rules! select {
    () => {
        "select id, uid, name, type, enabled, verified, broadcast, config_enc, template, rate_per_minute, origin, last_sent_at, sent_today, sent_day,
           failures, created_at, updated_at, rate_per_hour, retry, quiet_hours, organization_id, project_id from notification_channels"
    };
}

macro_rules! restored {
    () => {
        "(id, uid, name, type, enabled, verified, broadcast, config_enc, template, rate_per_minute, rate_per_hour, retry,
           origin, sent_today, sent_day, failures, created_at, updated_at, quiet_hours, organization_id, project_id) "
    };
}

argos_store::statements! {
    state;
    LIST = "notify.channels.list", concat!(select!(), " order by id desc");
    GET = "notify.channels.get", concat!(select!(), " where id = $1");
    OF_ORGANIZATION = "notify.channels.of_organization", concat!(select!(), " where organization_id = $1 order by id desc");
    INSERT = "notify.channels.insert",
        "insert into notification_channels (uid, name, type, enabled, verified, broadcast, config_enc, template, rate_per_minute, rate_per_hour, retry,
           origin, sent_today, sent_day, failures, created_at, updated_at, quiet_hours, organization_id, project_id)
         values ($1,$2,$3,$4,false,$5,$6,$7,$8,$9,$10,$11,0,0,0,$12,$12,$13,$14,$15) returning id";
    // Under the number it had: alert rules name channels by it.
    RESTORE = "notify.channels.restore",
        sqlite concat!("insert into notification_channels ", restored!(), "values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,0,0,0,$14,$15,$16,$17,$18)"),
        postgres concat!("insert into notification_channels ", restored!(), "overriding system value values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,0,0,0,$14,$15,$16,$17,$18)");
    UPDATE = "notify.channels.update",
        "update notification_channels set name = $1, enabled = $2, broadcast = $3, config_enc = $4, template = $5, rate_per_minute = $6,
           verified = $7, updated_at = $8, rate_per_hour = $9, retry = $10, quiet_hours = $11 where id = $12";
    SET_ENABLED = "notify.channels.set_enabled", "update notification_channels set enabled = $1, updated_at = $2 where id = $3";
    SENT = "notify.channels.sent",
        "update notification_channels set verified = true, failures = 0, last_sent_at = $1,
           sent_today = case when sent_day = $2 then sent_today + 1 else 1 end, sent_day = $2 where id = $3";
    VERIFIED = "notify.channels.verified", "update notification_channels set verified = $1 where id = $2";
    FAILED = "notify.channels.failed", "update notification_channels set failures = failures + 1 where id = $1 returning failures";
    RESEAL = "notify.channels.reseal", "update notification_channels set config_enc = $1 where id = $2 and config_enc = $3";
    DELETE = "notify.channels.delete", "delete from notification_channels where id = $1";
}

fn read(row: &Row) -> Result<Channel, StoreError> {
    let kind: String = row.get(3)?;
    Ok(Channel {
        id: row.get(0)?,
        uid: row.get(1)?,
        name: row.get(2)?,
        kind: ChannelKind::parse(&kind).map_err(|_| StoreError::Column { index: 3, wanted: "a channel type of this version" })?,
        enabled: row.get(4)?,
        verified: row.get(5)?,
        broadcast: row.get(6)?,
        config_enc: row.get(7)?,
        template: row.get(8)?,
        rate_per_minute: row.get(9)?,
        origin: row.get(10)?,
        last_sent_at: row.get(11)?,
        sent_today: row.get(12)?,
        sent_day: row.get(13)?,
        failures: row.get(14)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
        rate_per_hour: row.get(17)?,
        retry: Schedule::parse(&row.get::<String>(18)?).unwrap_or(Schedule::Fast),
        quiet_hours: quiet_hours(row)?,
        organization_id: row.get(20)?,
        project_id: row.get(21)?,
    })
}

fn quiet_hours(row: &Row) -> Result<Option<QuietHours>, StoreError> {
    let Some(text) = row.get::<Option<String>>(19)? else { return Ok(None) };
    let read = serde_json::from_str(&text).ok().and_then(|v| QuietHours::read(&v).ok());
    read.ok_or(StoreError::Column { index: 19, wanted: "quiet hours" })
}

/// Those of one organization, newest first.
pub(crate) async fn of_organization(db: &Database, organization_id: i64) -> Result<Vec<Channel>, StoreError> {
    db.query(OF_ORGANIZATION, args![organization_id]).await?.iter().map(read).collect()
}

/// Of the instance and of every organization, newest first.
pub(crate) async fn list(db: &Database) -> Result<Vec<Channel>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Channel>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<Channel>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, id: i64) -> Result<Option<Channel>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, c: &Channel) -> Result<i64, StoreError> {
    let values = args![
        c.uid,
        &c.name,
        c.kind.as_str(),
        c.enabled,
        c.broadcast,
        &c.config_enc,
        &c.template,
        c.rate_per_minute,
        c.rate_per_hour,
        c.retry.as_str(),
        &c.origin,
        c.created_at,
        c.quiet_hours.as_ref().map(|q| q.view().to_string()),
        c.organization_id,
        c.project_id
    ];
    tx.one(INSERT, values).await?.get(0)
}

/// Puts one back that was deleted.
pub(crate) async fn restore(tx: &mut Tx, c: &Channel) -> Result<(), StoreError> {
    let values = args![
        c.id,
        c.uid,
        &c.name,
        c.kind.as_str(),
        c.enabled,
        c.verified,
        c.broadcast,
        &c.config_enc,
        &c.template,
        c.rate_per_minute,
        c.rate_per_hour,
        c.retry.as_str(),
        &c.origin,
        c.created_at,
        c.updated_at,
        c.quiet_hours.as_ref().map(|q| q.view().to_string()),
        c.organization_id,
        c.project_id
    ];
    tx.exec(RESTORE, values).await.map(drop)
}

pub(crate) async fn update(tx: &mut Tx, c: &Channel) -> Result<(), StoreError> {
    let values = args![
        &c.name,
        c.enabled,
        c.broadcast,
        &c.config_enc,
        &c.template,
        c.rate_per_minute,
        c.verified,
        c.updated_at,
        c.rate_per_hour,
        c.retry.as_str(),
        c.quiet_hours.as_ref().map(|q| q.view().to_string()),
        c.id
    ];
    tx.exec(UPDATE, values).await.map(drop)
}

pub(crate) async fn set_enabled(tx: &mut Tx, id: i64, enabled: bool, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SET_ENABLED, args![enabled, now, id]).await.map(drop)
}

/// Something arrived: counts it and forgets earlier failures.
pub(crate) async fn note_sent(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SENT, args![now, now.secs().div_euclid(86_400), id]).await.map(drop)
}

/// Something failed for good; failures in a row, or `None` when the channel is gone.
pub(crate) async fn note_failed(tx: &mut Tx, id: i64) -> Result<Option<i64>, StoreError> {
    tx.find(FAILED, args![id]).await?.map(|r| r.get(0)).transpose()
}

pub(crate) async fn set_verified(tx: &mut Tx, id: i64, verified: bool) -> Result<(), StoreError> {
    tx.exec(VERIFIED, args![verified, id]).await.map(drop)
}

/// Replaces the sealed configuration unless it changed meanwhile.
pub(crate) async fn reseal(tx: &mut Tx, id: i64, new: &str, old: &str) -> Result<(), StoreError> {
    tx.exec(RESEAL, args![new, id, old]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<u64, StoreError> {
    tx.exec(DELETE, args![id]).await
}
