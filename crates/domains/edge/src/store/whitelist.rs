//! `edge_whitelist`: addresses that are never turned away for a ban.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    LIST = "edge.whitelist.list", "select id, scope, value, reason, created_at, created_by from edge_whitelist order by id desc";
    GET = "edge.whitelist.get", "select id, scope, value, reason, created_at, created_by from edge_whitelist where id = $1";
    INSERT = "edge.whitelist.insert",
        "insert into edge_whitelist (scope, value, reason, created_at, created_by) values ($1, $2, $3, $4, $5) returning id";
    DELETE = "edge.whitelist.delete", "delete from edge_whitelist where id = $1";
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) id: i64,
    /// `ip` or `range`
    pub(crate) scope: String,
    pub(crate) value: String,
    pub(crate) reason: String,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
}

fn read(row: &Row) -> Result<Allowed, StoreError> {
    Ok(Allowed {
        id: row.get(0)?,
        scope: row.get(1)?,
        value: row.get(2)?,
        reason: row.get(3)?,
        created_at: row.get(4)?,
        created_by: row.get(5)?,
    })
}

/// Newest first.
pub(crate) async fn list(db: &Database) -> Result<Vec<Allowed>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find_in(tx: &mut Tx, id: i64) -> Result<Option<Allowed>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, (scope, value): (&str, &str), reason: &str, now: Timestamp, by: &str) -> Result<i64, StoreError> {
    tx.one(INSERT, args![scope, value, reason, now, by]).await?.get(0)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await.map(drop)
}
