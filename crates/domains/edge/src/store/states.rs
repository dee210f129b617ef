//! `edge_target_states`: what was told last of every backend, so that a change is told once, whoever sees it.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    LIST = "edge.states.list", "select target_id, unhealthy, reason, changed_at from edge_target_states order by target_id";
    GET = "edge.states.get", "select unhealthy from edge_target_states where target_id = $1";
    PUT = "edge.states.put",
        "insert into edge_target_states (target_id, unhealthy, reason, changed_at) values ($1, $2, $3, $4)
         on conflict (target_id) do update set unhealthy = excluded.unhealthy, reason = excluded.reason, changed_at = excluded.changed_at";
    // Of backends that are removed or switched off.
    LEFT = "edge.states.left",
        "select s.target_id, s.unhealthy, coalesce(t.host, ''), coalesce(t.port, 0)
         from edge_target_states s left join edge_targets t on t.id = s.target_id where t.id is null or t.enabled = false";
    FORGET = "edge.states.forget", "delete from edge_target_states where target_id = $1";
}

/// What was told of a backend that nothing is sent to any more.
pub(crate) struct Left {
    pub(crate) target_id: i64,
    pub(crate) unhealthy: bool,
    /// None when it is removed.
    pub(crate) address: Option<String>,
}

pub(crate) async fn left(db: &Database) -> Result<Vec<Left>, StoreError> {
    let read = |row: &argos_store::Row| {
        let (host, port): (String, i64) = (row.get(2)?, row.get(3)?);
        let address = (!host.is_empty()).then(|| format!("{host}:{port}"));
        Ok(Left { target_id: row.get(0)?, unhealthy: row.get(1)?, address })
    };
    db.query(LEFT, args![]).await?.iter().map(read).collect()
}

/// Forgets it; false when somebody else did.
pub(crate) async fn forget(tx: &mut Tx, target_id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(FORGET, args![target_id]).await? == 1)
}

/// What was told last of a backend.
pub(crate) struct Told {
    pub(crate) target_id: i64,
    pub(crate) unhealthy: bool,
    pub(crate) reason: String,
    pub(crate) changed_at: Timestamp,
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Told>, StoreError> {
    let read =
        |row: &argos_store::Row| Ok(Told { target_id: row.get(0)?, unhealthy: row.get(1)?, reason: row.get(2)?, changed_at: row.get(3)? });
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

/// Whether the last thing told of it was that it is unhealthy.
pub(crate) async fn is_unhealthy(tx: &mut Tx, target_id: i64) -> Result<bool, StoreError> {
    Ok(tx.find(GET, args![target_id]).await?.map(|row| row.get(0)).transpose()?.unwrap_or(false))
}

pub(crate) async fn put(tx: &mut Tx, target_id: i64, unhealthy: bool, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT, args![target_id, unhealthy, reason, now]).await.map(drop)
}
