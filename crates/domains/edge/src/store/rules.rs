//! `edge_rules`.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::model::rule::{Rule, RuleSpec};

macro_rules! columns {
    () => {
        "id, host_id, priority, name, enabled, action, matchers, created_at, updated_at, requests_at_once_max"
    };
}

argos_store::statements! {
    state;
    LIST = "edge.rules.list", concat!("select ", columns!(), " from edge_rules order by host_id, priority");
    OF = "edge.rules.of", concat!("select ", columns!(), " from edge_rules where host_id = $1 order by priority");
    GET = "edge.rules.get", concat!("select ", columns!(), " from edge_rules where host_id = $1 and id = $2");
    INSERT = "edge.rules.insert",
        "insert into edge_rules (host_id, priority, name, enabled, action, matchers, forward_group_id, created_at, updated_at, requests_at_once_max)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9) returning id";
    RESTORE = "edge.rules.restore",
        sqlite "insert into edge_rules (id, host_id, priority, name, enabled, action, matchers, forward_group_id, created_at, updated_at, requests_at_once_max)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
        postgres "insert into edge_rules (id, host_id, priority, name, enabled, action, matchers, forward_group_id, created_at, updated_at, requests_at_once_max)
          overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)";
    UPDATE = "edge.rules.update",
        "update edge_rules set priority = $2, name = $3, enabled = $4, action = $5, matchers = $6, forward_group_id = $7, updated_at = $8,
           requests_at_once_max = $9 where id = $1";
    // Out of the way first: priorities are unique at every moment.
    LIFT = "edge.rules.lift", "update edge_rules set priority = -priority where host_id = $1 and priority > 0";
    PLACE = "edge.rules.place", "update edge_rules set priority = $2, updated_at = $3 where id = $1";
    DELETE = "edge.rules.delete", "delete from edge_rules where id = $1";
    COUNTS = "edge.rules.counts", "select host_id, count(*) from edge_rules group by host_id";
}

fn read(row: &Row) -> Result<Rule, StoreError> {
    Ok(Rule {
        id: row.get(0)?,
        host_id: row.get(1)?,
        priority: row.get(2)?,
        name: row.get(3)?,
        enabled: row.get(4)?,
        action: json(&row.get::<String>(5)?, 5)?,
        matchers: json(&row.get::<String>(6)?, 6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
        requests_at_once_max: row.get(9)?,
    })
}

/// Every rule, by site and priority.
pub(crate) async fn list(db: &Database) -> Result<Vec<Rule>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_of(db: &Database, host_id: i64) -> Result<Vec<Rule>, StoreError> {
    db.query(OF, args![host_id]).await?.iter().map(read).collect()
}

pub(crate) async fn list_of_in(tx: &mut Tx, host_id: i64) -> Result<Vec<Rule>, StoreError> {
    tx.query(OF, args![host_id]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, host_id: i64, id: i64) -> Result<Option<Rule>, StoreError> {
    db.find(GET, args![host_id, id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, host_id: i64, id: i64) -> Result<Option<Rule>, StoreError> {
    tx.find(GET, args![host_id, id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(
    tx: &mut Tx,
    host_id: i64,
    priority: i64,
    enabled: bool,
    spec: &RuleSpec,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let (action, matchers) = (text(&spec.action), text(&spec.matchers));
    let values = args![host_id, priority, &spec.name, enabled, action, matchers, spec.action.group(), now, spec.requests_at_once_max];
    tx.one(INSERT, values).await?.get(0)
}

/// Puts a deleted one back, under the number it had.
pub(crate) async fn restore(
    tx: &mut Tx,
    (host_id, id): (i64, i64),
    priority: i64,
    enabled: bool,
    spec: &RuleSpec,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (action, matchers) = (text(&spec.action), text(&spec.matchers));
    let values = args![id, host_id, priority, &spec.name, enabled, action, matchers, spec.action.group(), now, spec.requests_at_once_max];
    tx.exec(RESTORE, values).await.map(drop)
}

pub(crate) async fn update(tx: &mut Tx, id: i64, priority: i64, enabled: bool, spec: &RuleSpec, now: Timestamp) -> Result<(), StoreError> {
    let (action, matchers) = (text(&spec.action), text(&spec.matchers));
    let values = args![id, priority, &spec.name, enabled, action, matchers, spec.action.group(), now, spec.requests_at_once_max];
    tx.exec(UPDATE, values).await.map(drop)
}

/// Numbers the rules of a site 10, 20, 30 ... in this order.
pub(crate) async fn renumber(tx: &mut Tx, host_id: i64, order: &[i64], now: Timestamp) -> Result<(), StoreError> {
    tx.exec(LIFT, args![host_id]).await?;
    for (priority, id) in (10_i64..).step_by(10).zip(order) {
        tx.exec(PLACE, args![*id, priority, now]).await?;
    }
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await.map(drop)
}

/// How many rules each site has.
pub(crate) async fn counts(db: &Database) -> Result<Vec<(i64, i64)>, StoreError> {
    db.query(COUNTS, args![]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
