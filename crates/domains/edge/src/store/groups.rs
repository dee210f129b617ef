//! `edge_target_groups` and `edge_targets`.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, port, text};
use crate::model::group::{GroupSpec, Target, TargetGroup, TargetSpec};

argos_store::statements! {
    state;
    LIST = "edge.groups.list", "select id, name, body, created_at, updated_at from edge_target_groups order by name, id";
    GET = "edge.groups.get", "select id, name, body, created_at, updated_at from edge_target_groups where id = $1";
    INSERT = "edge.groups.insert",
        "insert into edge_target_groups (name, body, created_at, updated_at) values ($1, $2, $3, $3) returning id";
    RESTORE = "edge.groups.restore",
        sqlite "insert into edge_target_groups (id, name, body, created_at, updated_at) values ($1, $2, $3, $4, $4)",
        postgres "insert into edge_target_groups (id, name, body, created_at, updated_at) overriding system value values ($1, $2, $3, $4, $4)";
    UPDATE = "edge.groups.update", "update edge_target_groups set name = $2, body = $3, updated_at = $4 where id = $1";
    DELETE = "edge.groups.delete", "delete from edge_target_groups where id = $1";
    USERS = "edge.groups.users",
        "select (select count(*) from edge_hosts where target_group_id = $1),
                (select count(distinct host_id) from edge_rules where forward_group_id = $1)";
    SITES = "edge.groups.sites",
        "select domain from edge_hosts
         where target_group_id = $1 or id in (select host_id from edge_rules where forward_group_id = $1 and enabled)
         order by domain";
    TARGETS = "edge.targets.list",
        "select id, group_id, host, port, weight, enabled, created_at, updated_at from edge_targets order by group_id, id";
    TARGETS_OF = "edge.targets.of",
        "select id, group_id, host, port, weight, enabled, created_at, updated_at from edge_targets where group_id = $1 order by id";
    TARGET = "edge.targets.get",
        "select id, group_id, host, port, weight, enabled, created_at, updated_at from edge_targets where group_id = $1 and id = $2";
    TARGET_INSERT = "edge.targets.insert",
        "insert into edge_targets (group_id, host, port, weight, enabled, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6) returning id";
    TARGET_RESTORE = "edge.targets.restore",
        sqlite "insert into edge_targets (id, group_id, host, port, weight, enabled, created_at, updated_at)
          values ($1, $2, $3, $4, $5, $6, $7, $7)",
        postgres "insert into edge_targets (id, group_id, host, port, weight, enabled, created_at, updated_at)
          overriding system value values ($1, $2, $3, $4, $5, $6, $7, $7)";
    TARGET_UPDATE = "edge.targets.update",
        "update edge_targets set host = $2, port = $3, weight = $4, enabled = $5, updated_at = $6 where id = $1";
    TARGET_DELETE = "edge.targets.delete", "delete from edge_targets where id = $1";
}

fn read(row: &Row) -> Result<TargetGroup, StoreError> {
    Ok(TargetGroup {
        id: row.get(0)?,
        name: row.get(1)?,
        spec: json(&row.get::<String>(2)?, 2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
    })
}

fn read_target(row: &Row) -> Result<Target, StoreError> {
    Ok(Target {
        id: row.get(0)?,
        group_id: row.get(1)?,
        host: row.get(2)?,
        port: port(row.get(3)?, 3)?,
        weight: port(row.get(4)?, 4)?,
        enabled: row.get(5)?,
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
    })
}

/// By name.
pub(crate) async fn list(db: &Database) -> Result<Vec<TargetGroup>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<TargetGroup>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<TargetGroup>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, id: i64) -> Result<Option<TargetGroup>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, name: &str, spec: &GroupSpec, now: Timestamp) -> Result<i64, StoreError> {
    tx.one(INSERT, args![name, text(spec), now]).await?.get(0)
}

/// Puts a deleted one back, under the number it had.
pub(crate) async fn restore(tx: &mut Tx, id: i64, name: &str, spec: &GroupSpec, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(RESTORE, args![id, name, text(spec), now]).await.map(drop)
}

pub(crate) async fn update(tx: &mut Tx, id: i64, name: &str, spec: &GroupSpec, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(UPDATE, args![id, name, text(spec), now]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await.map(drop)
}

/// How many sites have it as their pool, and how many have a rule that leads to it.
pub(crate) async fn users(tx: &mut Tx, id: i64) -> Result<(i64, i64), StoreError> {
    let row = tx.one(USERS, args![id]).await?;
    Ok((row.get(0)?, row.get(1)?))
}

/// The domains of sites that send requests to it, by themselves or by a rule that is on.
pub(crate) async fn sites(tx: &mut Tx, id: i64) -> Result<Vec<String>, StoreError> {
    tx.query(SITES, args![id]).await?.iter().map(|row| row.get(0)).collect()
}

/// Every backend, by pool.
pub(crate) async fn targets(db: &Database) -> Result<Vec<Target>, StoreError> {
    db.query(TARGETS, args![]).await?.iter().map(read_target).collect()
}

pub(crate) async fn targets_in(tx: &mut Tx) -> Result<Vec<Target>, StoreError> {
    tx.query(TARGETS, args![]).await?.iter().map(read_target).collect()
}

pub(crate) async fn targets_of(db: &Database, group_id: i64) -> Result<Vec<Target>, StoreError> {
    db.query(TARGETS_OF, args![group_id]).await?.iter().map(read_target).collect()
}

pub(crate) async fn find_target(tx: &mut Tx, group_id: i64, id: i64) -> Result<Option<Target>, StoreError> {
    tx.find(TARGET, args![group_id, id]).await?.as_ref().map(read_target).transpose()
}

pub(crate) async fn insert_target(tx: &mut Tx, group_id: i64, spec: &TargetSpec, now: Timestamp) -> Result<i64, StoreError> {
    tx.one(TARGET_INSERT, args![group_id, &spec.host, spec.port, spec.weight, spec.enabled, now]).await?.get(0)
}

/// Puts a deleted one back, under the number it had.
pub(crate) async fn restore_target(tx: &mut Tx, group_id: i64, id: i64, spec: &TargetSpec, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(TARGET_RESTORE, args![id, group_id, &spec.host, spec.port, spec.weight, spec.enabled, now]).await.map(drop)
}

pub(crate) async fn update_target(tx: &mut Tx, id: i64, spec: &TargetSpec, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(TARGET_UPDATE, args![id, &spec.host, spec.port, spec.weight, spec.enabled, now]).await.map(drop)
}

pub(crate) async fn delete_target(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(TARGET_DELETE, args![id]).await.map(drop)
}
