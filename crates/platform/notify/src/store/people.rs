//! `subscriptions` and `notification_preferences`, and the inbox as the quality family pages it.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::{Map, Value};

use super::inbox::Reader;
use super::{json_of, json_text};

/// Parameters: reader's mark, user, roles, organizations, read filter (0 unread, 1 read), type.
macro_rules! mine {
    () => {
        " from inbox i left join inbox_reads r on r.inbox_id = i.id and r.reader = $1
         where (i.user_id is null or i.user_id = cast($2 as bigint)) and (i.role is null or ',' || cast($3 as text) || ',' like '%,' || i.role || ',%')
           and (cast($4 as text) is null or i.user_id is not null or i.organization_id is null or ',' || cast($4 as text) || ',' like '%,' || i.organization_id || ',%')
           and (cast($5 as boolean) is null or (r.reader is not null) = cast($5 as boolean)) and (cast($6 as text) is null or i.type = $6)"
    };
}

argos_store::statements! {
    state;
    PAGE = "notify.people.page", concat!(
        "select i.id, i.uid, i.user_id, i.type, i.priority, i.level, i.title, i.message, i.action_url, i.data, i.created_at, r.read_at, i.organization_id", mine!(),
        " order by i.id desc limit $7 offset $8");
    TOTAL = "notify.people.total", concat!("select count(*)", mine!());
    UNREAD = "notify.people.unread", concat!("select i.level, i.priority, count(*)", mine!(), " group by i.level, i.priority");
    BY_UID = "notify.people.by_uid", "select id from inbox where uid = $1";
    READ_AT = "notify.people.read_at", "select read_at from inbox_reads where inbox_id = $1 and reader = $2";
    SUBSCRIBE = "notify.people.subscribe",
        "insert into subscriptions (uid, user_id, event, project_id, channels, created_at) values ($1,$2,$3,$4,$5,$6)
         on conflict (user_id, event, project_id) do update set channels = excluded.channels returning uid";
    UNSUBSCRIBE = "notify.people.unsubscribe",
        "delete from subscriptions where user_id = $1 and event = $2 and (cast($3 as text) is null or project_id = $3)";
    SUBSCRIPTIONS = "notify.people.subscriptions", "select user_id, event, project_id, channels from subscriptions order by id";
    SUBSCRIPTIONS_OF = "notify.people.subscriptions_of",
        "select user_id, event, project_id, channels from subscriptions where user_id = $1 order by event, project_id";
    PREFERENCES = "notify.people.preferences", "select value, created_at, updated_at from notification_preferences where user_id = $1";
    PUT_PREFERENCES = "notify.people.put_preferences",
        "insert into notification_preferences (user_id, value, created_at, updated_at) values ($1,$2,$3,$3)
         on conflict (user_id) do update set value = excluded.value, updated_at = excluded.updated_at";
}

/// A message with what the quality family shows of it.
pub(crate) struct PersonalItem {
    pub(crate) uid: Uid,
    pub(crate) user_id: Option<i64>,
    pub(crate) kind: String,
    pub(crate) priority: String,
    pub(crate) level: String,
    pub(crate) title: String,
    pub(crate) message: String,
    pub(crate) action_url: Option<String>,
    pub(crate) data: Value,
    pub(crate) created_at: Timestamp,
    pub(crate) read_at: Option<Timestamp>,
    pub(crate) organization_id: Option<i64>,
}

fn read(row: &Row) -> Result<PersonalItem, StoreError> {
    Ok(PersonalItem {
        uid: row.get(1)?,
        user_id: row.get(2)?,
        kind: row.get(3)?,
        priority: row.get(4)?,
        level: row.get(5)?,
        title: row.get(6)?,
        message: row.get(7)?,
        action_url: row.get(8)?,
        data: json_of(row, 9)?,
        created_at: row.get(10)?,
        read_at: row.get(11)?,
        organization_id: row.get(12)?,
    })
}

/// Newest first, and how many there are in all.
pub(crate) async fn page(
    db: &Database,
    reader: &Reader,
    is_read: Option<bool>,
    kind: Option<&str>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<PersonalItem>, i64), StoreError> {
    let total =
        db.one(TOTAL, args![&reader.mark, reader.user_id, reader.roles(), reader.organizations.as_deref(), is_read, kind]).await?.get(0)?;
    let rows = db
        .query(PAGE, args![&reader.mark, reader.user_id, reader.roles(), reader.organizations.as_deref(), is_read, kind, limit, offset])
        .await?;
    Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
}

/// Unread messages by level and priority.
pub(crate) async fn unread(db: &Database, reader: &Reader) -> Result<Vec<(String, String, i64)>, StoreError> {
    let rows = db
        .query(UNREAD, args![&reader.mark, reader.user_id, reader.roles(), reader.organizations.as_deref(), false, None::<String>])
        .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

pub(crate) async fn id_of(tx: &mut Tx, uid: &str) -> Result<Option<i64>, StoreError> {
    tx.find(BY_UID, args![uid]).await?.map(|r| r.get(0)).transpose()
}

pub(crate) async fn read_at(tx: &mut Tx, id: i64, reader: &Reader) -> Result<Option<Timestamp>, StoreError> {
    tx.find(READ_AT, args![id, &reader.mark]).await?.map(|r| r.get(0)).transpose()
}

/// Somebody's wish to hear of an event; an empty project = all.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) user_id: i64,
    /// A kind or `prefix.*`.
    pub(crate) event: String,
    pub(crate) project_id: String,
    pub(crate) channels: Vec<String>,
}

/// The uid of the new or the changed row.
pub(crate) async fn subscribe(tx: &mut Tx, uid: Uid, s: &Subscription, now: Timestamp) -> Result<String, StoreError> {
    tx.one(SUBSCRIBE, args![uid, s.user_id, &s.event, &s.project_id, json_text(&s.channels), now]).await?.get(0)
}

pub(crate) async fn unsubscribe(tx: &mut Tx, user_id: i64, event: &str, project: Option<&str>) -> Result<u64, StoreError> {
    tx.exec(UNSUBSCRIBE, args![user_id, event, project]).await
}

pub(crate) async fn subscriptions(tx: &mut Tx) -> Result<Vec<Subscription>, StoreError> {
    let row = |r: &Row| Ok(Subscription { user_id: r.get(0)?, event: r.get(1)?, project_id: r.get(2)?, channels: json_of(r, 3)? });
    tx.query(SUBSCRIPTIONS, args![]).await?.iter().map(row).collect()
}

pub(crate) async fn subscriptions_of(db: &Database, user_id: i64) -> Result<Vec<Subscription>, StoreError> {
    let row = |r: &Row| Ok(Subscription { user_id: r.get(0)?, event: r.get(1)?, project_id: r.get(2)?, channels: json_of(r, 3)? });
    db.query(SUBSCRIPTIONS_OF, args![user_id]).await?.iter().map(row).collect()
}

/// What is stored, and when it was first and last written.
pub(crate) async fn preferences(db: &Database, user_id: i64) -> Result<Option<(Map<String, Value>, Timestamp, Timestamp)>, StoreError> {
    db.find(PREFERENCES, args![user_id]).await?.map(|r| Ok((json_of(&r, 0)?, r.get(1)?, r.get(2)?))).transpose()
}

pub(crate) async fn preferences_in(tx: &mut Tx, user_id: i64) -> Result<Option<Map<String, Value>>, StoreError> {
    tx.find(PREFERENCES, args![user_id]).await?.map(|r| json_of(&r, 0)).transpose()
}

pub(crate) async fn put_preferences(tx: &mut Tx, user_id: i64, value: &Map<String, Value>, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT_PREFERENCES, args![user_id, json_text(value), now]).await.map(drop)
}
