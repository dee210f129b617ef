//! `edge_hosts`.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::model::host::{Host, HostSpec};

argos_store::statements! {
    state;
    LIST = "edge.hosts.list",
        "select id, domain, target_group_id, enabled, body, created_at, updated_at from edge_hosts order by domain";
    GET = "edge.hosts.get",
        "select id, domain, target_group_id, enabled, body, created_at, updated_at from edge_hosts where id = $1";
    INSERT = "edge.hosts.insert",
        "insert into edge_hosts (domain, target_group_id, enabled, body, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5) returning id";
    RESTORE = "edge.hosts.restore",
        sqlite "insert into edge_hosts (id, domain, target_group_id, enabled, body, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)",
        postgres "insert into edge_hosts (id, domain, target_group_id, enabled, body, created_at, updated_at)
          overriding system value values ($1, $2, $3, $4, $5, $6, $6)";
    UPDATE = "edge.hosts.update",
        "update edge_hosts set domain = $2, target_group_id = $3, enabled = $4, body = $5, updated_at = $6 where id = $1";
    DELETE = "edge.hosts.delete", "delete from edge_hosts where id = $1";
}

fn read(row: &Row) -> Result<Host, StoreError> {
    Ok(Host {
        id: row.get(0)?,
        domain: row.get(1)?,
        target_group_id: row.get(2)?,
        enabled: row.get(3)?,
        spec: json(&row.get::<String>(4)?, 4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

/// By domain.
pub(crate) async fn list(db: &Database) -> Result<Vec<Host>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Host>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<Host>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, id: i64) -> Result<Option<Host>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

/// What a row says beside its id and times.
pub(crate) struct Wanted<'a> {
    pub(crate) domain: &'a str,
    pub(crate) target_group_id: i64,
    pub(crate) enabled: bool,
    pub(crate) spec: &'a HostSpec,
}

pub(crate) async fn insert(tx: &mut Tx, host: &Wanted<'_>, now: Timestamp) -> Result<i64, StoreError> {
    tx.one(INSERT, args![host.domain, host.target_group_id, host.enabled, text(host.spec), now]).await?.get(0)
}

/// Puts a deleted one back, under the number it had.
pub(crate) async fn restore(tx: &mut Tx, id: i64, host: &Wanted<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(RESTORE, args![id, host.domain, host.target_group_id, host.enabled, text(host.spec), now]).await.map(drop)
}

pub(crate) async fn update(tx: &mut Tx, id: i64, host: &Wanted<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(UPDATE, args![id, host.domain, host.target_group_id, host.enabled, text(host.spec), now]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await.map(drop)
}
