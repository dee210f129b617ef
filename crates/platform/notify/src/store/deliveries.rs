//! `notification_deliveries`: the log of what was to be sent, and with status pending the queue of each channel.

use argos_kernel::{Severity, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::power_policy::Told;

macro_rules! columns {
    () => {
        "id, uid, rule_id, channel_id, channel_name, event_id, event_type, severity, source, event_payload, rendered_payload, status, reason, attempts, \
         http_status, error, created_at, sent_at"
    };
}
/// What the instance's channels were told. $1 channel, $2 rule, $3 event type, $4 status, $5 reason, $6 not this reason, $7 from, $8 to, $9 source, $10 also of events of
/// organizations.
macro_rules! filter {
    () => {
        " from notification_deliveries where (cast($1 as bigint) is null or channel_id = $1) and (cast($2 as bigint) is null or rule_id = $2)
           and (cast($3 as text) is null or event_type = $3) and (cast($4 as text) is null or status = $4) and (cast($5 as text) is null or reason = $5)
           and (cast($6 as text) is null or reason <> $6) and (cast($7 as bigint) is null or created_at >= $7)
           and (cast($8 as bigint) is null or created_at <= $8) and (cast($9 as text) is null or source = $9)
           and organization_id is null and (event_organization_id is null or cast($10 as boolean))"
    };
}

argos_store::statements! {
    state;
    INSERT = "notify.deliveries.insert",
        "insert into notification_deliveries (uid, rule_id, channel_id, channel_name, event_id, event_type, severity, source, subject, event_payload,
           rendered_payload, status, reason, attempts, next_at, error, created_at, organization_id, event_organization_id)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,'',$11,$12,0,$13,$14,$13,$15,$16) returning id";
    LIST = "notify.deliveries.list", concat!("select ", columns!(), filter!(), " order by id desc limit $11 offset $12");
    STATS = "notify.deliveries.stats", concat!("select status, reason, count(*)", filter!(), " group by status, reason");
    SINCE = "notify.deliveries.since", "select status, count(*) from notification_deliveries where created_at >= $1 and organization_id is null group by status";
    BY_CHANNEL = "notify.deliveries.by_channel",
        "select channel_name, status, count(*) from notification_deliveries where source = $1 and created_at >= $2 and status <> 'pending' and organization_id is null
         group by channel_name, status order by channel_name, status";
    GET = "notify.deliveries.get", concat!("select ", columns!(), " from notification_deliveries where id = $1 and organization_id is null
           and (event_organization_id is null or cast($2 as boolean))");
    RECENT = "notify.deliveries.recent",
        concat!("select ", columns!(), " from notification_deliveries where created_at >= $1 and severity in ('error', 'critical')
           and organization_id is null and (event_organization_id is null or cast($2 as boolean)) order by id desc limit $3");
    OF_ORGANIZATION = "notify.deliveries.of_organization",
        concat!("select ", columns!(), " from notification_deliveries where organization_id = $1
           and (cast($2 as bigint) is null or channel_id = $2) and (cast($3 as text) is null or status = $3) order by id desc limit $4");
    UNOWNED = "notify.deliveries.unowned",
        "update notification_deliveries set status = 'failed', error = 'channel deleted' where channel_id is null and status = 'pending'";
    QUEUES = "notify.deliveries.queues",
        "select channel_id, min(next_at) from notification_deliveries where status = 'pending' and channel_id is not null group by channel_id";
    NEXT = "notify.deliveries.next",
        concat!("select ", columns!(), " from notification_deliveries where status = 'pending' and channel_id = $1 and next_at <= $2 order by id limit 1");
    SENT = "notify.deliveries.sent",
        "update notification_deliveries set status = 'sent', reason = null, error = null, rendered_payload = $1, attempts = $2, http_status = $3,
           sent_at = $4 where id = $5";
    RETRY = "notify.deliveries.retry",
        "update notification_deliveries set rendered_payload = $1, attempts = $2, http_status = $3, error = $4, next_at = $5 where id = $6";
    FAILED = "notify.deliveries.failed",
        "update notification_deliveries set status = 'failed', reason = null, rendered_payload = $1, attempts = $2, http_status = $3, error = $4
         where id = $5";
    SUPPRESS = "notify.deliveries.suppress", "update notification_deliveries set status = 'suppressed', reason = $1 where id = $2";
    HOLD = "notify.deliveries.hold", "update notification_deliveries set next_at = $1 where id = $2 and status = 'pending'";
    THROTTLED = "notify.deliveries.throttled",
        "select id from notification_deliveries where rule_id = $1 and event_type = $2 and subject = $3 and created_at > $4 and status <> 'suppressed' limit 1";
    LAST_TOLD = "notify.deliveries.last_told",
        "select coalesce(event_id, 0), created_at, severity from notification_deliveries where channel_id = $1 and subject = $2 and event_type = $3
           and status in ('pending', 'sent') order by id desc limit 1";
    COUNT_SINCE = "notify.deliveries.count_since",
        "select count(*) from notification_deliveries where channel_id = $1 and created_at > $2 and status <> 'suppressed'";
    SENT_SINCE = "notify.deliveries.sent_since",
        "select count(*), coalesce(min(sent_at), 0) from notification_deliveries where status = 'sent' and channel_id = $1 and sent_at > $2";
    DUE = "notify.deliveries.due",
        concat!("select ", columns!(), " from notification_deliveries where status = 'pending' and channel_id = $1 and next_at <= $2 order by id limit $3");
    HOLD_ALL = "notify.deliveries.hold_all",
        "update notification_deliveries set next_at = $1 where channel_id = $2 and status = 'pending' and next_at < $1 and severity <> 'critical'";
    HAS_EVENT = "notify.deliveries.has_event", "select id from notification_deliveries where event_id = $1 and channel_id = $2 limit 1";
    ORPHAN = "notify.deliveries.orphan",
        "update notification_deliveries set status = 'failed', error = 'channel deleted' where channel_id = $1 and status = 'pending'";
    DEPTH = "notify.deliveries.depth", "select count(*), coalesce(min(created_at), 0) from notification_deliveries
           where status = 'pending' and organization_id is null";
    PRUNE_AGE = "notify.deliveries.prune_age", "delete from notification_deliveries where created_at < $1 and status <> 'pending'";
    PRUNE_COUNT = "notify.deliveries.prune_count",
        "delete from notification_deliveries where status <> 'pending'
           and id <= coalesce((select id from notification_deliveries order by id desc limit 1 offset $1), 0)";
}

/// A delivery to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewDelivery<'a> {
    pub(crate) uid: Uid,
    /// Whose channel it is for; `None` = the instance's.
    pub(crate) organization_id: Option<i64>,
    /// Whose event it tells of.
    pub(crate) event_organization_id: Option<i64>,
    pub(crate) rule_id: Option<i64>,
    pub(crate) channel_id: Option<i64>,
    pub(crate) channel_name: &'a str,
    pub(crate) event_id: Option<i64>,
    pub(crate) event_type: &'a str,
    pub(crate) severity: Severity,
    /// Which part of the product the event speaks about.
    pub(crate) source: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) event_payload: &'a str,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    pub(crate) at: Timestamp,
}

/// A delivery as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) rule_id: Option<i64>,
    pub(crate) channel_id: Option<i64>,
    pub(crate) channel_name: String,
    pub(crate) event_id: Option<i64>,
    pub(crate) event_type: String,
    pub(crate) severity: Severity,
    pub(crate) source: String,
    pub(crate) event_payload: String,
    pub(crate) rendered_payload: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) attempts: i64,
    pub(crate) http_status: Option<i64>,
    pub(crate) error: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) sent_at: Option<Timestamp>,
}

/// Which deliveries are listed. All members are ANDed.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeliveryFilter {
    pub(crate) channel_id: Option<i64>,
    pub(crate) rule_id: Option<i64>,
    pub(crate) event_type: Option<String>,
    pub(crate) status: Option<&'static str>,
    pub(crate) reason: Option<&'static str>,
    pub(crate) not_reason: Option<&'static str>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) source: Option<String>,
    /// Also those that tell of events of organizations.
    pub(crate) of_organizations: bool,
}

impl DeliveryFilter {
    fn args(&self) -> Vec<argos_store::Value> {
        let f = self;
        args![
            f.channel_id,
            f.rule_id,
            f.event_type.as_deref(),
            f.status,
            f.reason,
            f.not_reason,
            f.from,
            f.to,
            f.source.as_deref(),
            f.of_organizations
        ]
    }
}

fn read(row: &Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.get(0)?,
        uid: row.get(1)?,
        rule_id: row.get(2)?,
        channel_id: row.get(3)?,
        channel_name: row.get(4)?,
        event_id: row.get(5)?,
        event_type: row.get(6)?,
        severity: row.get(7)?,
        source: row.get(8)?,
        event_payload: row.get(9)?,
        rendered_payload: row.get(10)?,
        status: row.get(11)?,
        reason: row.get(12)?,
        attempts: row.get(13)?,
        http_status: row.get(14)?,
        error: row.get(15)?,
        created_at: row.get(16)?,
        sent_at: row.get(17)?,
    })
}

/// The newest event about a subject that a channel was told, or will be.
pub(crate) async fn last(tx: &mut Tx, channel: i64, subject: &str, event_type: &str) -> Result<Option<Told>, StoreError> {
    let row = tx.find(LAST_TOLD, args![channel, subject, event_type]).await?;
    row.map(|row| Ok(Told { event: row.get(0)?, at: row.get(1)?, severity: row.get(2)? })).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, d: &NewDelivery<'_>) -> Result<i64, StoreError> {
    let values = args![
        d.uid,
        d.rule_id,
        d.channel_id,
        d.channel_name,
        d.event_id,
        d.event_type,
        d.severity,
        d.source,
        d.subject,
        d.event_payload,
        d.status,
        d.reason,
        d.at,
        d.error,
        d.organization_id,
        d.event_organization_id,
    ];
    tx.one(INSERT, values).await?.get(0)
}

/// Those of the instance, newest first.
pub(crate) async fn list(db: &Database, filter: &DeliveryFilter, limit: i64, offset: i64) -> Result<Vec<Delivery>, StoreError> {
    let mut values = filter.args();
    values.extend(args![limit, offset]);
    db.query(LIST, values).await?.iter().map(read).collect()
}

/// Status, reason and count of every combination there is among those of the instance.
pub(crate) async fn stats(db: &Database, filter: &DeliveryFilter) -> Result<Vec<(String, Option<String>, i64)>, StoreError> {
    let rows = db.query(STATS, filter.args()).await?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).collect()
}

/// Deliveries of the instance written since a moment, by state.
pub(crate) async fn since(db: &Database, from: Timestamp) -> Result<Vec<(String, i64)>, StoreError> {
    db.query(SINCE, args![from]).await?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// Deliveries of the instance about a source that are over, by channel and state.
pub(crate) async fn by_channel(db: &Database, source: &str, from: Timestamp) -> Result<Vec<(String, String, i64)>, StoreError> {
    db.query(BY_CHANNEL, args![source, from]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// One of the instance; `of_organizations`: also when it tells of an event of one.
pub(crate) async fn find(db: &Database, id: i64, of_organizations: bool) -> Result<Option<Delivery>, StoreError> {
    db.find(GET, args![id, of_organizations]).await?.as_ref().map(read).transpose()
}

/// Deliveries of the instance since `from` about errors, newest first.
pub(crate) async fn recent(db: &Database, from: Timestamp, of_organizations: bool, limit: i64) -> Result<Vec<Delivery>, StoreError> {
    db.query(RECENT, args![from, of_organizations, limit]).await?.iter().map(read).collect()
}

/// Every channel with pending rows and when its first one is due.
pub(crate) async fn queues(db: &Database) -> Result<Vec<(i64, Timestamp)>, StoreError> {
    db.query(QUEUES, args![]).await?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// What an organization was told, newest first; by channels that are gone as well.
pub(crate) async fn of_organization(
    db: &Database,
    organization_id: i64,
    channel_id: Option<i64>,
    status: Option<&str>,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    db.query(OF_ORGANIZATION, args![organization_id, channel_id, status, limit]).await?.iter().map(read).collect()
}

/// Ends what still waits for channels that went with their project.
pub(crate) async fn end_unowned(db: &Database) -> Result<(), StoreError> {
    db.exec(UNOWNED, args![]).await.map(drop)
}

/// The oldest pending row of a channel that is due.
pub(crate) async fn next(db: &Database, channel_id: i64, now: Timestamp) -> Result<Option<Delivery>, StoreError> {
    db.find(NEXT, args![channel_id, now]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn sent(tx: &mut Tx, d: &Delivery, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(SENT, args![&d.rendered_payload, d.attempts, d.http_status, now, d.id]).await.map(drop)
}

pub(crate) async fn retry(tx: &mut Tx, d: &Delivery, next_at: Timestamp) -> Result<(), StoreError> {
    tx.exec(RETRY, args![&d.rendered_payload, d.attempts, d.http_status, d.error.as_deref(), next_at, d.id]).await.map(drop)
}

pub(crate) async fn failed(tx: &mut Tx, d: &Delivery) -> Result<(), StoreError> {
    tx.exec(FAILED, args![&d.rendered_payload, d.attempts, d.http_status, d.error.as_deref(), d.id]).await.map(drop)
}

pub(crate) async fn suppress(tx: &mut Tx, id: i64, reason: &str) -> Result<(), StoreError> {
    tx.exec(SUPPRESS, args![reason, id]).await.map(drop)
}

/// Keeps a pending row away from its queue for a while.
pub(crate) async fn hold(db: &Database, id: i64, until: Timestamp) -> Result<(), StoreError> {
    db.exec(HOLD, args![until, id]).await.map(drop)
}

/// Whether this rule sent this kind about this subject after `since`. Suppressed rows do not extend the window.
pub(crate) async fn is_throttled(tx: &mut Tx, rule_id: i64, event_type: &str, subject: &str, since: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.find(THROTTLED, args![rule_id, event_type, subject, since]).await?.is_some())
}

pub(crate) async fn has_event(tx: &mut Tx, event_id: i64, channel_id: i64) -> Result<bool, StoreError> {
    Ok(tx.find(HAS_EVENT, args![event_id, channel_id]).await?.is_some())
}

/// How many were to be sent since; held back ones do not count.
pub(crate) async fn count_since(tx: &mut Tx, channel_id: i64, since: Timestamp) -> Result<i64, StoreError> {
    tx.one(COUNT_SINCE, args![channel_id, since]).await?.get(0)
}

/// How many a channel got since, and when the first of them.
pub(crate) async fn sent_since(db: &Database, channel_id: i64, since: Timestamp) -> Result<(i64, Timestamp), StoreError> {
    let row = db.one(SENT_SINCE, args![channel_id, since]).await?;
    Ok((row.get(0)?, row.get(1)?))
}

/// Due rows of a channel, oldest first.
pub(crate) async fn due(db: &Database, channel_id: i64, now: Timestamp, limit: i64) -> Result<Vec<Delivery>, StoreError> {
    db.query(DUE, args![channel_id, now, limit]).await?.iter().map(read).collect()
}

/// Keeps all that is not critical away from its queue until then.
pub(crate) async fn hold_all(db: &Database, channel_id: i64, until: Timestamp) -> Result<(), StoreError> {
    db.exec(HOLD_ALL, args![until, channel_id]).await.map(drop)
}

/// Ends the queue of a channel that is being deleted.
pub(crate) async fn orphan(tx: &mut Tx, channel_id: i64) -> Result<u64, StoreError> {
    tx.exec(ORPHAN, args![channel_id]).await
}

/// Pending rows of the instance, and when the oldest was written.
pub(crate) async fn depth(db: &Database) -> Result<(i64, Timestamp), StoreError> {
    let row = db.one(DEPTH, args![]).await?;
    Ok((row.get(0)?, row.get(1)?))
}

pub(crate) async fn prune(db: &Database, before: Timestamp, keep: i64) -> Result<u64, StoreError> {
    db.batch(vec![(PRUNE_AGE, args![before]), (PRUNE_COUNT, args![keep])]).await
}
