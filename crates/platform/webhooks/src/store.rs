//! `webhook_endpoints` and `webhook_deliveries`: SQL and row mapping, nothing else.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use argos_vault::{RowKey, SealedColumn};

macro_rules! select {
    () => {
        "select id, uid, hook_id, name, source, verify_mode, secret_enc, previous_secret_enc, previous_until, enabled, trigger_count, rejected,
           last_triggered, created_at, organization_id, project_id from webhook_endpoints"
    };
}

macro_rules! restored {
    () => {
        "(id, uid, hook_id, name, source, verify_mode, secret_enc, previous_secret_enc, previous_until, enabled, trigger_count, rejected,
           last_triggered, created_at, organization_id, project_id) "
    };
}

argos_store::statements! {
    state;
    LIST = "webhooks.list", concat!(select!(), " where organization_id is null order by id desc");
    OF_ORGANIZATION = "webhooks.of_organization", concat!(select!(), " where organization_id = $1 order by id desc");
    COUNT = "webhooks.count", "select count(*) from webhook_endpoints where coalesce(organization_id, 0) = $1";
    GET = "webhooks.get", concat!(select!(), " where id = $1 and organization_id is null");
    GET_UID = "webhooks.get_uid", concat!(select!(), " where uid = $1");
    BY_HOOK = "webhooks.by_hook", concat!(select!(), " where hook_id = $1");
    OF_SOURCE = "webhooks.of_source", concat!(select!(), " where source = $1 and enabled = true order by id");
    INSERT = "webhooks.insert",
        "insert into webhook_endpoints (uid, hook_id, name, source, verify_mode, secret_enc, enabled, trigger_count, rejected, created_at,
           organization_id, project_id)
         values ($1,$2,$3,$4,$5,$6,true,0,0,$7,$8,$9) returning id";
    RESTORE = "webhooks.restore",
        sqlite concat!("insert into webhook_endpoints ", restored!(), "values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)"),
        postgres concat!("insert into webhook_endpoints ", restored!(),
          "overriding system value values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)");
    UPDATE = "webhooks.update", "update webhook_endpoints set name = $1, enabled = $2 where id = $3";
    TAKEN = "webhooks.taken", "select count(*) from webhook_endpoints where hook_id = $1 and uid <> $2";
    REPLACE = "webhooks.replace",
        "update webhook_endpoints set name = $1, source = $2, verify_mode = $3, enabled = $4, hook_id = $5, secret_enc = $6 where id = $7";
    ROTATE = "webhooks.rotate",
        "update webhook_endpoints set previous_secret_enc = secret_enc, previous_until = $1, secret_enc = $2 where id = $3";
    DELETE = "webhooks.delete", "delete from webhook_endpoints where id = $1";
    TRIGGERED = "webhooks.triggered", "update webhook_endpoints set trigger_count = trigger_count + 1, last_triggered = $1 where id = $2";
    REJECTED = "webhooks.rejected", "update webhook_endpoints set rejected = rejected + 1 where id = $1";
    STORE = "webhooks.store",
        "insert into webhook_deliveries (uid, endpoint_id, source, scope, delivery_id, event_type, headers, body, status, duplicates, created_at, replay_key)
         values ($1,$2,$3,$4,$5,$6,$7,$8,'received',0,$9,$10) on conflict do nothing returning id";
    AGAIN = "webhooks.again",
        "update webhook_deliveries set duplicates = duplicates + 1
         where id = (select min(id) from webhook_deliveries where source = $1 and scope = $2 and (delivery_id = $3 or replay_key = $4)) returning uid";
    PROCESSED = "webhooks.processed", "update webhook_deliveries set status = 'processed', event_id = $1 where id = $2";
    DELIVERIES = "webhooks.deliveries",
        "select uid, delivery_id, event_type, headers, body, status, duplicates, event_id, created_at from webhook_deliveries where endpoint_id = $1
         order by id desc limit $2";
    SECRETS_AFTER = "webhooks.sealed.secrets_after", "select id, uid, secret_enc from webhook_endpoints where id > $1 order by id limit $2";
    SECRETS = "webhooks.sealed.secrets", "update webhook_endpoints set secret_enc = $1 where id = $2 and secret_enc = $3";
    PREVIOUS_AFTER = "webhooks.sealed.previous_after",
        "select id, uid, previous_secret_enc from webhook_endpoints where previous_secret_enc is not null and id > $1 order by id limit $2";
    PREVIOUS = "webhooks.sealed.previous",
        "update webhook_endpoints set previous_secret_enc = $1 where id = $2 and previous_secret_enc = $3";
    PRUNE = "webhooks.prune", "delete from webhook_deliveries where created_at < $1";
}

/// The sealed columns of this crate, for `argos vault rekey`.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn { name: "webhook_endpoints.secret_enc", key: RowKey::Number, after: SECRETS_AFTER, reseal: SECRETS, place: place_of },
    SealedColumn {
        name: "webhook_endpoints.previous_secret_enc",
        key: RowKey::Number,
        after: PREVIOUS_AFTER,
        reseal: PREVIOUS,
        place: place_of,
    },
];

/// The place an endpoint's secrets are sealed for.
pub(crate) fn place_of(uid: &str) -> String {
    format!("webhook_endpoints.secret:{uid}")
}

/// Where a sender calls.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) hook_id: String,
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) verify_mode: String,
    pub(crate) secret_enc: String,
    /// Good until the time beside it.
    pub(crate) previous: Option<(String, Timestamp)>,
    pub(crate) enabled: bool,
    pub(crate) trigger_count: i64,
    pub(crate) rejected: i64,
    pub(crate) last_triggered: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    /// `None` = the whole installation's.
    pub(crate) organization_id: Option<i64>,
    pub(crate) project_id: Option<i64>,
}

fn read(row: &Row) -> Result<Endpoint, StoreError> {
    let (previous, until): (Option<String>, Option<Timestamp>) = (row.get(7)?, row.get(8)?);
    Ok(Endpoint {
        id: row.get(0)?,
        uid: row.get(1)?,
        hook_id: row.get(2)?,
        name: row.get(3)?,
        source: row.get(4)?,
        verify_mode: row.get(5)?,
        secret_enc: row.get(6)?,
        previous: previous.zip(until),
        enabled: row.get(9)?,
        trigger_count: row.get(10)?,
        rejected: row.get(11)?,
        last_triggered: row.get(12)?,
        created_at: row.get(13)?,
        organization_id: row.get(14)?,
        project_id: row.get(15)?,
    })
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Endpoint>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}
pub(crate) async fn of_organization(db: &Database, organization: i64) -> Result<Vec<Endpoint>, StoreError> {
    db.query(OF_ORGANIZATION, args![organization]).await?.iter().map(read).collect()
}
/// How many an organization has, or the installation.
pub(crate) async fn count(tx: &mut Tx, organization: Option<i64>) -> Result<i64, StoreError> {
    tx.one(COUNT, args![organization.unwrap_or(0)]).await?.get(0)
}
pub(crate) async fn by_uid(db: &Database, uid: Uid) -> Result<Option<Endpoint>, StoreError> {
    db.find(GET_UID, args![uid]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn find_uid_in(tx: &mut Tx, uid: Uid) -> Result<Option<Endpoint>, StoreError> {
    tx.find(GET_UID, args![uid]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn find_in(tx: &mut Tx, id: i64) -> Result<Option<Endpoint>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn by_hook(db: &Database, hook_id: &str) -> Result<Option<Endpoint>, StoreError> {
    db.find(BY_HOOK, args![hook_id]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn of_source(db: &Database, source: &str) -> Result<Vec<Endpoint>, StoreError> {
    db.query(OF_SOURCE, args![source]).await?.iter().map(read).collect()
}
pub(crate) async fn insert(tx: &mut Tx, e: &Endpoint) -> Result<i64, StoreError> {
    let values =
        args![e.uid, &e.hook_id, &e.name, &e.source, &e.verify_mode, &e.secret_enc, e.created_at, e.organization_id, e.project_id,];
    tx.one(INSERT, values).await?.get(0)
}
/// Puts one back that was deleted, under the number it had.
pub(crate) async fn restore(tx: &mut Tx, e: &Endpoint) -> Result<(), StoreError> {
    let values = args![
        e.id,
        e.uid,
        &e.hook_id,
        &e.name,
        &e.source,
        &e.verify_mode,
        &e.secret_enc,
        e.previous.as_ref().map(|(secret, _)| secret.as_str()),
        e.previous.as_ref().map(|(_, until)| *until),
        e.enabled,
        e.trigger_count,
        e.rejected,
        e.last_triggered,
        e.created_at,
        e.organization_id,
        e.project_id
    ];
    tx.exec(RESTORE, values).await.map(drop)
}
pub(crate) async fn update(tx: &mut Tx, id: i64, name: &str, enabled: bool) -> Result<(), StoreError> {
    tx.exec(UPDATE, args![name, enabled, id]).await.map(drop)
}
/// The old secret stays good until `until`.
pub(crate) async fn rotate(tx: &mut Tx, id: i64, until: Timestamp, secret_enc: &str) -> Result<(), StoreError> {
    tx.exec(ROTATE, args![until, secret_enc, id]).await.map(drop)
}
pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<u64, StoreError> {
    tx.exec(DELETE, args![id]).await
}
pub(crate) async fn triggered(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(TRIGGERED, args![now, id]).await.map(drop)
}
pub(crate) async fn rejected(db: &Database, id: i64) -> Result<(), StoreError> {
    db.exec(REJECTED, args![id]).await.map(drop)
}

/// A call to be stored.
pub(crate) struct NewDelivery<'a> {
    pub(crate) uid: Uid,
    pub(crate) endpoint_id: Option<i64>,
    pub(crate) source: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) delivery_id: &'a str,
    /// The signature, where it covers a time: the same call under another id is still the same call.
    pub(crate) replay_key: Option<&'a str>,
    pub(crate) event_type: &'a str,
    pub(crate) headers: &'a str,
    pub(crate) body: &'a str,
    pub(crate) at: Timestamp,
}

/// `None` = it came before.
pub(crate) async fn store(tx: &mut Tx, d: &NewDelivery<'_>) -> Result<Option<i64>, StoreError> {
    let values = args![d.uid, d.endpoint_id, d.source, d.scope, d.delivery_id, d.event_type, d.headers, d.body, d.at, d.replay_key];
    tx.find(STORE, values).await?.map(|r| r.get(0)).transpose()
}
/// Counts the repetition; the uid of what came first.
pub(crate) async fn again(tx: &mut Tx, d: &NewDelivery<'_>) -> Result<String, StoreError> {
    tx.one(AGAIN, args![d.source, d.scope, d.delivery_id, d.replay_key]).await?.get(0)
}
pub(crate) async fn processed(tx: &mut Tx, id: i64, event_id: i64) -> Result<(), StoreError> {
    tx.exec(PROCESSED, args![event_id, id]).await.map(drop)
}

/// A stored call.
pub(crate) struct Delivery {
    pub(crate) uid: String,
    pub(crate) delivery_id: String,
    pub(crate) event_type: String,
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) status: String,
    pub(crate) duplicates: i64,
    pub(crate) event_id: Option<i64>,
    pub(crate) created_at: Timestamp,
}

pub(crate) async fn deliveries(db: &Database, endpoint_id: i64, limit: i64) -> Result<Vec<Delivery>, StoreError> {
    let row = |r: &Row| {
        Ok(Delivery {
            uid: r.get(0)?,
            delivery_id: r.get(1)?,
            event_type: r.get(2)?,
            headers: r.get(3)?,
            body: r.get(4)?,
            status: r.get(5)?,
            duplicates: r.get(6)?,
            event_id: r.get(7)?,
            created_at: r.get(8)?,
        })
    };
    db.query(DELIVERIES, args![endpoint_id, limit]).await?.iter().map(row).collect()
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}

/// The installation's own, inside a transaction.
pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Endpoint>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}

/// Whether an address belongs to another endpoint, also one of an organization.
pub(crate) async fn is_taken(tx: &mut Tx, hook_id: &str, own: Uid) -> Result<bool, StoreError> {
    Ok(tx.one(TAKEN, args![hook_id, own]).await?.get::<i64>(0)? > 0)
}

/// Everything a person decides about it, with address and secret.
pub(crate) async fn replace(tx: &mut Tx, e: &Endpoint) -> Result<u64, StoreError> {
    tx.exec(REPLACE, args![&e.name, &e.source, &e.verify_mode, e.enabled, &e.hook_id, &e.secret_enc, e.id]).await
}
