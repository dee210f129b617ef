//! `node_tunnels` and `node_tunnel_tombstones`.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::tunnel::{Leg, Legs, Tunnel};

macro_rules! columns {
    () => {
        "id, name, protocol, mode, transport, ingress_node_id, ingress_listen_port, egress_node_id, egress_forward_addr, egress_peer_addr, \
         relay_addr, relay_addr_backup, relay_node_id, secrets_enc, status, associated_flow_ids, ingress_push_status, egress_push_status, \
         relay_push_status, ingress_push_error, egress_push_error, relay_push_error, created_at, updated_at"
    };
}

argos_store::statements! {
    state;
    LIST = "nodes.tunnels.list", concat!("select ", columns!(), " from node_tunnels order by created_at desc, id");
    GET = "nodes.tunnels.get", concat!("select ", columns!(), " from node_tunnels where id = $1");
    OF_NODE = "nodes.tunnels.of_node", concat!("select ", columns!(), " from node_tunnels
        where ingress_node_id = $1 or egress_node_id = $1 or relay_node_id = $1 order by created_at desc, id");
    PUT = "nodes.tunnels.put", concat!("insert into node_tunnels (", columns!(), ")
        values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24)
        on conflict (id) do update set name = excluded.name, ingress_listen_port = excluded.ingress_listen_port,
          egress_forward_addr = excluded.egress_forward_addr, egress_peer_addr = excluded.egress_peer_addr, relay_addr = excluded.relay_addr,
          secrets_enc = excluded.secrets_enc, status = excluded.status, associated_flow_ids = excluded.associated_flow_ids,
          ingress_push_status = excluded.ingress_push_status, egress_push_status = excluded.egress_push_status,
          relay_push_status = excluded.relay_push_status, ingress_push_error = excluded.ingress_push_error,
          egress_push_error = excluded.egress_push_error, relay_push_error = excluded.relay_push_error, updated_at = excluded.updated_at");
    LEGS = "nodes.tunnels.legs", "update node_tunnels set ingress_push_status = coalesce(cast($2 as text), ingress_push_status),
        ingress_push_error = case when cast($2 as text) is null then ingress_push_error else cast($5 as text) end,
        egress_push_status = coalesce(cast($3 as text), egress_push_status),
        egress_push_error = case when cast($3 as text) is null then egress_push_error else cast($6 as text) end,
        relay_push_status = coalesce(cast($4 as text), relay_push_status),
        relay_push_error = case when cast($4 as text) is null then relay_push_error else cast($7 as text) end
        where id = $1 and status <> 'disabled' and updated_at = $8";
    SETTLE = "nodes.tunnels.settle", "update node_tunnels set status = case
        when ingress_push_status = 'pushed' and egress_push_status = 'pushed' and coalesce(relay_push_status, 'pushed') = 'pushed' then 'active'
        when ingress_push_status = 'failed' or egress_push_status = 'failed' or coalesce(relay_push_status, '') = 'failed' then 'error'
        else 'pending' end where id = $1 and status <> 'disabled'";
    RESET = "nodes.tunnels.reset", "update node_tunnels set
        ingress_push_status = case when ingress_node_id = $1 then 'pending' else ingress_push_status end,
        egress_push_status = case when egress_node_id = $1 then 'pending' else egress_push_status end,
        relay_push_status = case when relay_node_id = $1 then 'pending' else relay_push_status end,
        ingress_push_error = case when ingress_node_id = $1 then null else ingress_push_error end,
        egress_push_error = case when egress_node_id = $1 then null else egress_push_error end,
        relay_push_error = case when relay_node_id = $1 then null else relay_push_error end, status = 'pending'
        where id = $2 and status <> 'disabled' and (ingress_node_id = $1 or egress_node_id = $1 or relay_node_id = $1)";
    AGAIN = "nodes.tunnels.again", "update node_tunnels set ingress_push_status = 'pending', egress_push_status = 'pending',
        relay_push_status = case when relay_node_id is null then null else 'pending' end,
        ingress_push_error = null, egress_push_error = null, relay_push_error = null, status = 'pending', updated_at = $2
        where id = $1 and status <> 'disabled'";
    DELETE = "nodes.tunnels.delete", "delete from node_tunnels where id = $1";
    BURY = "nodes.tombstones.put", "insert into node_tunnel_tombstones (tunnel_id, node_id, created_at) values ($1, $2, $3) on conflict do nothing";
    BURIED = "nodes.tombstones.list", "select tunnel_id from node_tunnel_tombstones where node_id = $1 and not exists
        (select 1 from node_tunnels t where t.id = tunnel_id and t.status <> 'disabled') order by tunnel_id";
    UNBURY = "nodes.tombstones.delete", "delete from node_tunnel_tombstones where tunnel_id = $1 and node_id = $2";
    FORGET = "nodes.tombstones.forget", "delete from node_tunnel_tombstones where node_id = $1";
}

fn read(row: &Row) -> Result<Tunnel, StoreError> {
    let leg = |status: usize, error: usize| -> Result<Leg, StoreError> { Ok(Leg { status: row.get(status)?, error: row.get(error)? }) };
    let relay: Option<String> = row.get(18)?;
    let flows: Option<String> = row.get(15)?;
    Ok(Tunnel {
        id: row.get(0)?,
        name: row.get(1)?,
        protocol: row.get(2)?,
        mode: row.get(3)?,
        transport: row.get(4)?,
        ingress_node_id: row.get(5)?,
        ingress_listen_port: row.get(6)?,
        egress_node_id: row.get(7)?,
        egress_forward_addr: row.get(8)?,
        egress_peer_addr: row.get(9)?,
        relay_addr: row.get(10)?,
        relay_addr_backup: row.get(11)?,
        relay_node_id: row.get(12)?,
        secrets_enc: row.get(13)?,
        status: row.get(14)?,
        associated_flow_ids: flows
            .map(|t| serde_json::from_str(&t).map_err(|_| StoreError::Column { index: 15, wanted: "a list" }))
            .transpose()?,
        ingress: leg(16, 19)?,
        egress: leg(17, 20)?,
        relay: relay.map(|status| Ok::<_, StoreError>(Leg { status, error: row.get(21)? })).transpose()?,
        created_at: row.get(22)?,
        updated_at: row.get(23)?,
    })
}

/// Newest first.
pub(crate) async fn list(db: &Database) -> Result<Vec<Tunnel>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}
pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Tunnel>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}
pub(crate) async fn find(db: &Database, id: &str) -> Result<Option<Tunnel>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn find_in(tx: &mut Tx, id: &str) -> Result<Option<Tunnel>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}
/// Where a node is one of the ends or the relay.
pub(crate) async fn of_node(db: &Database, node: &str) -> Result<Vec<Tunnel>, StoreError> {
    db.query(OF_NODE, args![node]).await?.iter().map(read).collect()
}
pub(crate) async fn of_node_in(tx: &mut Tx, node: &str) -> Result<Vec<Tunnel>, StoreError> {
    tx.query(OF_NODE, args![node]).await?.iter().map(read).collect()
}

pub(crate) async fn put(tx: &mut Tx, t: &Tunnel) -> Result<(), StoreError> {
    let values = args![
        &t.id,
        &t.name,
        &t.protocol,
        &t.mode,
        &t.transport,
        &t.ingress_node_id,
        t.ingress_listen_port,
        &t.egress_node_id,
        &t.egress_forward_addr,
        t.egress_peer_addr.as_deref(),
        t.relay_addr.as_deref(),
        t.relay_addr_backup.as_deref(),
        t.relay_node_id.as_deref(),
        &t.secrets_enc,
        &t.status,
        t.associated_flow_ids.as_ref().map(|ids| serde_json::Value::from(ids.clone()).to_string()),
        &t.ingress.status,
        &t.egress.status,
        t.relay.as_ref().map(|l| l.status.as_str()),
        t.ingress.error.as_deref(),
        t.egress.error.as_deref(),
        t.relay.as_ref().and_then(|l| l.error.as_deref()),
        t.created_at,
        t.updated_at,
    ];
    tx.exec(PUT, values).await.map(drop)
}

/// Writes what became of the legs that were told and what follows for the whole; false when it was disabled or changed
/// since `told_of`. The others are left alone: another process may tell them at the same time.
pub(crate) async fn keep_legs(tx: &mut Tx, id: &str, told_of: Timestamp, legs: &Legs) -> Result<bool, StoreError> {
    let all = [&legs.ingress, &legs.egress, &legs.relay].map(Option::as_ref);
    let [near, far, relay] = all.map(|leg| leg.map(|l| l.status.as_str()));
    let [near_error, far_error, relay_error] = all.map(|leg| leg.and_then(|l| l.error.as_deref()));
    let kept = tx.exec(LEGS, args![id, near, far, relay, near_error, far_error, relay_error, told_of]).await? == 1;
    tx.exec(SETTLE, args![id]).await?;
    Ok(kept)
}

/// A node that is gone must be told of this tunnel again.
pub(crate) async fn reset_legs(db: &Database, id: &str, node: &str) -> Result<(), StoreError> {
    db.exec(RESET, args![node, id]).await.map(drop)
}
/// All nodes must be told of this tunnel again, and whatever they are being told counts no more; false when it is gone or
/// disabled.
pub(crate) async fn again(tx: &mut Tx, id: &str, at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(AGAIN, args![id, at]).await? == 1)
}
pub(crate) async fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}
/// Remembers that a node must still remove a tunnel.
pub(crate) async fn bury(tx: &mut Tx, tunnel: &str, node: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(BURY, args![tunnel, node, at]).await.map(drop)
}
pub(crate) async fn buried(db: &Database, node: &str) -> Result<Vec<String>, StoreError> {
    db.query(BURIED, args![node]).await?.iter().map(|row| row.get(0)).collect()
}
pub(crate) async fn unbury(tx: &mut Tx, tunnel: &str, node: &str) -> Result<(), StoreError> {
    tx.exec(UNBURY, args![tunnel, node]).await.map(drop)
}
pub(crate) async fn forget_node(tx: &mut Tx, node: &str) -> Result<(), StoreError> {
    tx.exec(FORGET, args![node]).await.map(drop)
}
