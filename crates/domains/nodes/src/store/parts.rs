//! `node_flow_parts` (inputs and outputs that our translation made) and `node_configs` (configurations to go back to).

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    PARTS = "nodes.parts.list", "select part, id from node_flow_parts where node_id = $1";
    KEEP = "nodes.parts.put", "insert into node_flow_parts (node_id, part, id) values ($1, $2, $3) on conflict do nothing";
    DROP = "nodes.parts.delete", "delete from node_flow_parts where node_id = $1 and part = $2 and id = $3";
    FORGET_PARTS = "nodes.parts.forget", "delete from node_flow_parts where node_id = $1";
    CONFIGS = "nodes.configs.list", "select id, reason, actor, created_at, config_enc from node_configs where node_id = $1
        order by created_at desc, id desc";
    KEEP_CONFIG = "nodes.configs.put", "insert into node_configs (id, node_id, config_enc, reason, actor, created_at) values ($1, $2, $3, $4, $5, $6)";
    PRUNE_CONFIGS = "nodes.configs.prune", "delete from node_configs where node_id = $1 and id not in
        (select id from node_configs where node_id = $1 order by created_at desc, id desc limit $2)";
    DROP_CONFIG = "nodes.configs.delete", "delete from node_configs where id = $1";
    FORGET_CONFIGS = "nodes.configs.forget", "delete from node_configs where node_id = $1";
}

/// `(input or output, id)` of everything we made on a node.
pub(crate) async fn of_node(db: &Database, node: &str) -> Result<Vec<(String, String)>, StoreError> {
    db.query(PARTS, args![node]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
pub(crate) async fn keep(tx: &mut Tx, node: &str, part: &str, id: &str) -> Result<(), StoreError> {
    tx.exec(KEEP, args![node, part, id]).await.map(drop)
}
pub(crate) async fn remove(tx: &mut Tx, node: &str, part: &str, id: &str) -> Result<(), StoreError> {
    tx.exec(DROP, args![node, part, id]).await.map(drop)
}

/// A configuration that was replaced.
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) actor: String,
    pub(crate) at: Timestamp,
    pub(crate) config_enc: String,
}

/// Newest first.
pub(crate) async fn versions(db: &Database, node: &str) -> Result<Vec<Version>, StoreError> {
    let rows = db.query(CONFIGS, args![node]).await?;
    let read = |row: &argos_store::Row| {
        Ok(Version { id: row.get(0)?, reason: row.get(1)?, actor: row.get(2)?, at: row.get(3)?, config_enc: row.get(4)? })
    };
    rows.iter().map(read).collect()
}
/// Keeps a version and the newest `most` altogether.
pub(crate) async fn keep_version(tx: &mut Tx, node: &str, v: &Version, most: i64) -> Result<(), StoreError> {
    tx.exec(KEEP_CONFIG, args![&v.id, node, &v.config_enc, &v.reason, &v.actor, v.at]).await?;
    tx.exec(PRUNE_CONFIGS, args![node, most]).await.map(drop)
}
/// Forgets a version that replaced nothing.
pub(crate) async fn drop_version(db: &Database, id: &str) -> Result<(), StoreError> {
    db.exec(DROP_CONFIG, args![id]).await.map(drop)
}
pub(crate) async fn forget_node(tx: &mut Tx, node: &str) -> Result<(), StoreError> {
    tx.exec(FORGET_PARTS, args![node]).await?;
    tx.exec(FORGET_CONFIGS, args![node]).await.map(drop)
}
