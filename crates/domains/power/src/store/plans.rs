//! `power_shutdown_plans`.

use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::model::plan::Plan;
use crate::model::plan_trigger::PlanWatch;

macro_rules! select {
    ($rest:literal) => {
        concat!("select id, uid, name, enabled, armed, body, secrets_enc, created_at, updated_at, watch from power_shutdown_plans ", $rest)
    };
}

argos_store::statements! {
    state;
    LIST = "power.plans.list", select!("order by name, id");
    GET = "power.plans.get", select!("where id = $1");
    INSERT = "power.plans.insert",
        "insert into power_shutdown_plans (uid, name, enabled, armed, body, secrets_enc, watch, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, '{}', $7, $8) returning id";
    UPDATE = "power.plans.update",
        "update power_shutdown_plans set name = $2, enabled = $3, armed = $4, body = $5, secrets_enc = $6, updated_at = $7 where id = $1";
    WATCH = "power.plans.watch", "update power_shutdown_plans set watch = $2 where id = $1";
    DELETE = "power.plans.delete", "delete from power_shutdown_plans where id = $1";
}

fn read(row: &Row) -> Result<(Plan, PlanWatch), StoreError> {
    let plan = Plan {
        id: row.get(0)?,
        uid: row.get(1)?,
        name: row.get(2)?,
        enabled: row.get(3)?,
        armed: row.get(4)?,
        body: json(&row.get::<String>(5)?, 5)?,
        secrets_enc: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
    };
    Ok((plan, json(&row.get::<String>(9)?, 9)?))
}

/// Every plan with what is remembered of it, by name.
pub(crate) async fn list(db: &Database) -> Result<Vec<(Plan, PlanWatch)>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Plan>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(|row| read(row).map(|(plan, _)| plan)).collect()
}

pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<Plan>, StoreError> {
    Ok(db.find(GET, args![id]).await?.as_ref().map(read).transpose()?.map(|(plan, _)| plan))
}

pub(crate) async fn find_in(tx: &mut Tx, id: i64) -> Result<Option<Plan>, StoreError> {
    Ok(tx.find(GET, args![id]).await?.as_ref().map(read).transpose()?.map(|(plan, _)| plan))
}

pub(crate) async fn insert(tx: &mut Tx, p: &Plan) -> Result<i64, StoreError> {
    let values = args![p.uid.clone(), p.name.clone(), p.enabled, p.armed, text(&p.body), p.secrets_enc.clone(), p.created_at, p.updated_at];
    tx.one(INSERT, values).await?.get(0)
}

pub(crate) async fn update(tx: &mut Tx, p: &Plan) -> Result<(), StoreError> {
    let values = args![p.id, p.name.clone(), p.enabled, p.armed, text(&p.body), p.secrets_enc.clone(), p.updated_at];
    tx.exec(UPDATE, values).await.map(drop)
}

pub(crate) async fn remember(tx: &mut Tx, id: i64, watch: &PlanWatch) -> Result<(), StoreError> {
    tx.exec(WATCH, args![id, text(watch)]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await.map(drop)
}
