//! `nodes`.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, Stmt, StoreError, Tx, Value, args};

use crate::model::node::Node;

macro_rules! columns {
    () => {
        "id, name, description, device_type, status, token_hash, token_at, consumed_token_hash, registered_at, secret_proven, \
         secret_enc, pending_secret_enc, secret_at, process_started_at, last_seen_at, last_health, software_version, protocol_version, \
         capabilities, metadata, network_type, expires_at, created_at, updated_at"
    };
}

argos_store::statements! {
    state;
    LIST = "nodes.list", concat!("select ", columns!(), " from nodes order by name, id");
    GET = "nodes.get", concat!("select ", columns!(), " from nodes where id = $1");
    BY_TOKEN = "nodes.by_token", concat!("select ", columns!(), " from nodes where token_hash = $1");
    BY_CONSUMED = "nodes.by_consumed", concat!("select ", columns!(), " from nodes where consumed_token_hash = $1");
    INSERT = "nodes.insert", concat!("insert into nodes (", columns!(), ")
        values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24)");
    UPDATE = "nodes.update", "update nodes set name = $2, description = $3, expires_at = $4, network_type = $5, metadata = $6, updated_at = $7 where id = $1";
    TOKEN = "nodes.token", "update nodes set token_hash = $2, token_at = $3, status = 'pending', consumed_token_hash = null, registered_at = null,
        secret_proven = $4, secret_enc = null, pending_secret_enc = null, updated_at = $3 where id = $1";
    CONSUME = "nodes.consume", "update nodes set consumed_token_hash = token_hash, token_hash = null, registered_at = $3, secret_enc = $4,
        secret_at = $3, status = 'online', last_seen_at = $3 where id = $1 and token_hash = $2";
    REGISTERED = "nodes.registered", "update nodes set registered_at = $2 where id = $1";
    PROVEN = "nodes.proven", "update nodes set secret_proven = $2,
        consumed_token_hash = case when device_type = 'relay' then consumed_token_hash else null end where id = $1";
    PROMOTE = "nodes.promote", "update nodes set secret_enc = $2, pending_secret_enc = null, secret_at = $3 where id = $1";
    PENDING = "nodes.pending", "update nodes set pending_secret_enc = $2 where id = $1";
    ONLINE = "nodes.online", "update nodes set status = 'online', last_seen_at = $2, software_version = coalesce($3, software_version),
        protocol_version = coalesce($4, protocol_version) where id = $1 and coalesce(token_at, 0) = $5";
    SEEN = "nodes.seen", "update nodes set status = $2, last_seen_at = $3, last_health = coalesce($4, last_health),
        software_version = coalesce($5, software_version), capabilities = coalesce($6, capabilities),
        process_started_at = coalesce($7, process_started_at)
        where id = $1 and status <> 'pending' and coalesce(last_seen_at, 0) <= $3";
    GONE = "nodes.gone", "update nodes set status = 'offline', last_seen_at = $2 where id = $1 and status <> 'pending'";
    OFFLINE = "nodes.offline", "update nodes set status = 'offline', last_seen_at = $2
        where id = $1 and status <> 'pending' and coalesce(last_seen_at, 0) <= $3";
    LOST = "nodes.lost", "update nodes set status = 'offline' where id = $1 and status not in ('pending', 'offline')";
    ALL_OFFLINE = "nodes.all_offline", "update nodes set status = 'offline' where status in ('online', 'degraded', 'error')";
    DELETE = "nodes.delete", "delete from nodes where id = $1";
}

fn read(row: &Row) -> Result<Node, StoreError> {
    let json = |index: usize| -> Result<Option<serde_json::Value>, StoreError> {
        let text: Option<String> = row.get(index)?;
        text.map(|t| serde_json::from_str(&t).map_err(|_| StoreError::Column { index, wanted: "JSON" })).transpose()
    };
    let capabilities: String = row.get(18)?;
    Ok(Node {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        device_type: row.get(3)?,
        status: row.get(4)?,
        token_hash: row.get(5)?,
        token_at: row.get(6)?,
        consumed_token_hash: row.get(7)?,
        registered_at: row.get(8)?,
        secret_proven: row.get(9)?,
        secret_enc: row.get(10)?,
        pending_secret_enc: row.get(11)?,
        secret_at: row.get(12)?,
        process_started_at: row.get(13)?,
        last_seen_at: row.get(14)?,
        last_health: json(15)?,
        software_version: row.get(16)?,
        protocol_version: row.get(17)?,
        capabilities: serde_json::from_str(&capabilities).map_err(|_| StoreError::Column { index: 18, wanted: "a list" })?,
        metadata: json(19)?.unwrap_or_default(),
        network_type: row.get(20)?,
        expires_at: row.get(21)?,
        created_at: row.get(22)?,
        updated_at: row.get(23)?,
    })
}

/// By name, then id.
pub(crate) async fn list(db: &Database) -> Result<Vec<Node>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}
pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Node>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}
pub(crate) async fn find(db: &Database, id: &str) -> Result<Option<Node>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn find_in(tx: &mut Tx, id: &str) -> Result<Option<Node>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn find_by_token(db: &Database, hash: &str) -> Result<Option<Node>, StoreError> {
    db.find(BY_TOKEN, args![hash]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn find_by_consumed(db: &Database, hash: &str) -> Result<Option<Node>, StoreError> {
    db.find(BY_CONSUMED, args![hash]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, n: &Node) -> Result<(), StoreError> {
    let values = args![
        &n.id,
        &n.name,
        n.description.as_deref(),
        &n.device_type,
        &n.status,
        n.token_hash.as_deref(),
        n.token_at,
        n.consumed_token_hash.as_deref(),
        n.registered_at,
        n.secret_proven,
        n.secret_enc.as_deref(),
        n.pending_secret_enc.as_deref(),
        n.secret_at,
        n.process_started_at,
        n.last_seen_at,
        n.last_health.as_ref().map(ToString::to_string),
        n.software_version.as_deref(),
        n.protocol_version,
        serde_json::Value::from(n.capabilities.clone()).to_string(),
        n.metadata.to_string(),
        &n.network_type,
        n.expires_at,
        n.created_at,
        n.updated_at,
    ];
    tx.exec(INSERT, values).await.map(drop)
}

/// Writes what a person may change.
pub(crate) async fn update(tx: &mut Tx, n: &Node) -> Result<(), StoreError> {
    let values = args![&n.id, &n.name, n.description.as_deref(), n.expires_at, &n.network_type, n.metadata.to_string(), n.updated_at];
    tx.exec(UPDATE, values).await.map(drop)
}

/// A new registration token; what the node proved itself with is forgotten.
pub(crate) async fn renew_token(tx: &mut Tx, id: &str, hash: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(TOKEN, args![id, hash, at, false]).await.map(drop)
}

/// Uses up the token; false when somebody was faster.
pub(crate) async fn consume(tx: &mut Tx, id: &str, hash: &str, at: Timestamp, secret_enc: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(CONSUME, args![id, hash, at, secret_enc]).await? == 1)
}
/// It was given its credentials once more.
pub(crate) async fn registered(tx: &mut Tx, id: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(REGISTERED, args![id, at]).await.map(drop)
}
/// It came with its secret. The used token of an edge is worth nothing from now on; that of a relay see
/// [`Node::may_recover`].
pub(crate) async fn proven(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.exec(PROVEN, args![id, true]).await.map(drop)
}
pub(crate) async fn promote(tx: &mut Tx, id: &str, secret_enc: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(PROMOTE, args![id, secret_enc, at]).await.map(drop)
}
pub(crate) async fn set_pending(tx: &mut Tx, id: &str, pending_enc: Option<&str>) -> Result<(), StoreError> {
    tx.exec(PENDING, args![id, pending_enc]).await.map(drop)
}
/// A node that was let in.
pub(crate) struct Arrival<'a> {
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
    /// When the registration token it was let in under was made: another one since, and it was revoked meanwhile.
    pub(crate) enrolled_at: Option<Timestamp>,
    pub(crate) version: Option<&'a str>,
    pub(crate) protocol: Option<i64>,
}

/// Writes that it is connected; false when it was removed or revoked since it was judged.
pub(crate) async fn online(tx: &mut Tx, a: &Arrival<'_>) -> Result<bool, StoreError> {
    let enrolled = a.enrolled_at.unwrap_or(Timestamp::from_secs(0));
    Ok(tx.exec(ONLINE, args![a.id, a.at, a.version, a.protocol, enrolled]).await? == 1)
}

/// Writes that it left at `at`, last heard at `heard`; false when it is pending, or was heard later by another process.
pub(crate) async fn offline(db: &Database, id: &str, at: Timestamp, heard: Timestamp) -> Result<bool, StoreError> {
    Ok(db.exec(OFFLINE, args![id, at, heard]).await? == 1)
}
/// The same with one process: nobody else can have heard it, whatever the clock said before.
pub(crate) async fn gone(db: &Database, id: &str, at: Timestamp) -> Result<bool, StoreError> {
    Ok(db.exec(GONE, args![id, at]).await? == 1)
}
/// Writes that nobody has it; when it was heard last stays as it is.
pub(crate) async fn lost(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.exec(LOST, args![id]).await.map(drop)
}
pub(crate) async fn all_offline(db: &Database) -> Result<u64, StoreError> {
    db.exec(ALL_OFFLINE, args![]).await
}
pub(crate) async fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}

/// What a connected node told since it was written last.
pub(crate) struct Seen<'a> {
    pub(crate) id: &'a str,
    pub(crate) status: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) health: Option<&'a serde_json::Value>,
    pub(crate) version: Option<&'a str>,
    pub(crate) capabilities: Option<&'a [String]>,
    pub(crate) process_started_at: Option<Timestamp>,
}

/// The statement that keeps it.
pub(crate) fn seen(s: &Seen<'_>) -> (Stmt, Vec<Value>) {
    let capabilities = s.capabilities.map(|c| serde_json::Value::from(c.to_vec()).to_string());
    (SEEN, args![s.id, s.status, s.at, s.health.map(ToString::to_string), s.version, capabilities, s.process_started_at])
}
