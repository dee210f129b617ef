//! `edge_exclusions` and `edge_custom_rules`: what people tell the firewall about a site.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::security::{CustomRule, CustomRuleBody, Exclusion, ExclusionBody};

argos_store::statements! {
    state;
    EXCLUSIONS = "edge.exclusions.of",
        "select id, host_id, crs_rule_id, path_pattern, reason, enabled, created_at, updated_at
         from edge_exclusions where host_id = $1 order by id";
    EXCLUSIONS_ALL = "edge.exclusions.list",
        "select id, host_id, crs_rule_id, path_pattern, reason, enabled, created_at, updated_at from edge_exclusions order by id";
    EXCLUSION = "edge.exclusions.get",
        "select id, host_id, crs_rule_id, path_pattern, reason, enabled, created_at, updated_at
         from edge_exclusions where host_id = $1 and id = $2";
    EXCLUSION_INSERT = "edge.exclusions.insert",
        "insert into edge_exclusions (host_id, crs_rule_id, path_pattern, reason, enabled, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6) returning id";
    EXCLUSION_RESTORE = "edge.exclusions.restore",
        sqlite "insert into edge_exclusions (id, host_id, crs_rule_id, path_pattern, reason, enabled, created_at, updated_at)
          values ($1, $2, $3, $4, $5, $6, $7, $7)",
        postgres "insert into edge_exclusions (id, host_id, crs_rule_id, path_pattern, reason, enabled, created_at, updated_at)
          overriding system value values ($1, $2, $3, $4, $5, $6, $7, $7)";
    EXCLUSION_UPDATE = "edge.exclusions.update",
        "update edge_exclusions set crs_rule_id = $2, path_pattern = $3, reason = $4, enabled = $5, updated_at = $6 where id = $1";
    EXCLUSION_DELETE = "edge.exclusions.delete", "delete from edge_exclusions where id = $1";
    RULES = "edge.custom_rules.of",
        "select id, host_id, name, secrule, enabled, created_at, updated_at from edge_custom_rules where host_id = $1 order by id";
    RULES_ALL = "edge.custom_rules.list",
        "select id, host_id, name, secrule, enabled, created_at, updated_at from edge_custom_rules order by id";
    RULE = "edge.custom_rules.get",
        "select id, host_id, name, secrule, enabled, created_at, updated_at from edge_custom_rules where host_id = $1 and id = $2";
    RULE_INSERT = "edge.custom_rules.insert",
        "insert into edge_custom_rules (host_id, name, secrule, enabled, created_at, updated_at) values ($1, $2, $3, $4, $5, $5) returning id";
    RULE_RESTORE = "edge.custom_rules.restore",
        sqlite "insert into edge_custom_rules (id, host_id, name, secrule, enabled, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)",
        postgres "insert into edge_custom_rules (id, host_id, name, secrule, enabled, created_at, updated_at)
          overriding system value values ($1, $2, $3, $4, $5, $6, $6)";
    RULE_UPDATE = "edge.custom_rules.update",
        "update edge_custom_rules set name = $2, secrule = $3, enabled = $4, updated_at = $5 where id = $1";
    EXCLUSIONS_CLEAR = "edge.exclusions.clear", "delete from edge_exclusions where host_id = $1";
    RULES_CLEAR = "edge.custom_rules.clear", "delete from edge_custom_rules where host_id = $1";
    RULE_DELETE = "edge.custom_rules.delete", "delete from edge_custom_rules where id = $1";
}

fn read_exclusion(row: &Row) -> Result<Exclusion, StoreError> {
    Ok(Exclusion {
        id: row.get(0)?,
        host_id: row.get(1)?,
        crs_rule_id: row.get(2)?,
        path_pattern: row.get(3)?,
        reason: row.get(4)?,
        enabled: row.get(5)?,
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
    })
}

fn read_rule(row: &Row) -> Result<CustomRule, StoreError> {
    Ok(CustomRule {
        id: row.get(0)?,
        host_id: row.get(1)?,
        name: row.get(2)?,
        secrule: row.get(3)?,
        enabled: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

pub(crate) async fn exclusions(db: &Database, host_id: i64) -> Result<Vec<Exclusion>, StoreError> {
    db.query(EXCLUSIONS, args![host_id]).await?.iter().map(read_exclusion).collect()
}

pub(crate) async fn exclusions_in(tx: &mut Tx, host_id: i64) -> Result<Vec<Exclusion>, StoreError> {
    tx.query(EXCLUSIONS, args![host_id]).await?.iter().map(read_exclusion).collect()
}

/// Of every site.
pub(crate) async fn all_exclusions(db: &Database) -> Result<Vec<Exclusion>, StoreError> {
    db.query(EXCLUSIONS_ALL, args![]).await?.iter().map(read_exclusion).collect()
}

/// Of every site.
pub(crate) async fn all_custom_rules(db: &Database) -> Result<Vec<CustomRule>, StoreError> {
    db.query(RULES_ALL, args![]).await?.iter().map(read_rule).collect()
}

pub(crate) async fn find_exclusion(tx: &mut Tx, host_id: i64, id: i64) -> Result<Option<Exclusion>, StoreError> {
    tx.find(EXCLUSION, args![host_id, id]).await?.as_ref().map(read_exclusion).transpose()
}

pub(crate) async fn insert_exclusion(tx: &mut Tx, host_id: i64, body: &ExclusionBody, now: Timestamp) -> Result<i64, StoreError> {
    let enabled = body.enabled.unwrap_or(true);
    let row = tx.one(EXCLUSION_INSERT, args![host_id, body.crs_rule_id, &body.path_pattern, &body.reason, enabled, now]).await?;
    row.get(0)
}

/// Puts a deleted one back, under the number it had.
pub(crate) async fn restore_exclusion(
    tx: &mut Tx,
    (host_id, id): (i64, i64),
    body: &ExclusionBody,
    enabled: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = args![id, host_id, body.crs_rule_id, &body.path_pattern, &body.reason, enabled, now];
    tx.exec(EXCLUSION_RESTORE, values).await.map(drop)
}

pub(crate) async fn update_exclusion(tx: &mut Tx, e: &Exclusion, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(EXCLUSION_UPDATE, args![e.id, e.crs_rule_id, &e.path_pattern, &e.reason, e.enabled, now]).await.map(drop)
}

pub(crate) async fn delete_exclusion(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(EXCLUSION_DELETE, args![id]).await.map(drop)
}

pub(crate) async fn custom_rules(db: &Database, host_id: i64) -> Result<Vec<CustomRule>, StoreError> {
    db.query(RULES, args![host_id]).await?.iter().map(read_rule).collect()
}

pub(crate) async fn custom_rules_in(tx: &mut Tx, host_id: i64) -> Result<Vec<CustomRule>, StoreError> {
    tx.query(RULES, args![host_id]).await?.iter().map(read_rule).collect()
}

pub(crate) async fn find_custom_rule(tx: &mut Tx, host_id: i64, id: i64) -> Result<Option<CustomRule>, StoreError> {
    tx.find(RULE, args![host_id, id]).await?.as_ref().map(read_rule).transpose()
}

pub(crate) async fn insert_custom_rule(tx: &mut Tx, host_id: i64, body: &CustomRuleBody, now: Timestamp) -> Result<i64, StoreError> {
    let enabled = body.enabled.unwrap_or(true);
    tx.one(RULE_INSERT, args![host_id, body.name.trim(), &body.secrule, enabled, now]).await?.get(0)
}

/// Puts a deleted one back, under the number it had.
pub(crate) async fn restore_custom_rule(
    tx: &mut Tx,
    (host_id, id): (i64, i64),
    body: &CustomRuleBody,
    enabled: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(RULE_RESTORE, args![id, host_id, &body.name, &body.secrule, enabled, now]).await.map(drop)
}

pub(crate) async fn update_custom_rule(tx: &mut Tx, r: &CustomRule, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(RULE_UPDATE, args![r.id, &r.name, &r.secrule, r.enabled, now]).await.map(drop)
}

pub(crate) async fn delete_custom_rule(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(RULE_DELETE, args![id]).await.map(drop)
}

/// Removes every exclusion and own rule of a site; how many there were.
pub(crate) async fn clear(tx: &mut Tx, host_id: i64) -> Result<u64, StoreError> {
    Ok(tx.exec(EXCLUSIONS_CLEAR, args![host_id]).await? + tx.exec(RULES_CLEAR, args![host_id]).await?)
}
