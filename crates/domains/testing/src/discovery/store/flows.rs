//! Rows of `testing_discovery_flows`.

use argos_kernel::{Timestamp, Uid};
use argos_sitegraph::Flow;
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};
use crate::discovery::model::{StoredFlow, Validation};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select f.id, f.uid, f.discovery_id, f.position, f.flow, f.validated, f.validation, f.test_uid, f.created_at, f.updated_at
             from testing_discovery_flows f ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    OF = "testing.discovery.flows.of", select!("where f.discovery_id = $1 order by f.priority, f.position limit 500");
    BY_UID = "testing.discovery.flows.by_uid", select!("where f.uid = $1");
    SESSION_OF = "testing.discovery.flows.session_of",
        "select d.uid from testing_discovery_flows f join testing_discoveries d on d.id = f.discovery_id where f.uid = $1";
    CLEAR = "testing.discovery.flows.clear", "delete from testing_discovery_flows where discovery_id = $1";
    INSERT = "testing.discovery.flows.insert",
        "insert into testing_discovery_flows (uid, discovery_id, position, category, priority, flow, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)";
    VALIDATED = "testing.discovery.flows.validated",
        "update testing_discovery_flows set validated = $2, validation = $3, updated_at = $4 where id = $1";
    TEST = "testing.discovery.flows.test", "update testing_discovery_flows set test_uid = $2, updated_at = $3 where id = $1";
    EDIT = "testing.discovery.flows.edit",
        "update testing_discovery_flows set flow = $2, category = $3, priority = $4, validated = null, validation = null, updated_at = $5
         where id = $1";
}

fn read(row: &Row) -> Result<StoredFlow, StoreError> {
    Ok(StoredFlow {
        id: row.get(0)?,
        uid: row.get(1)?,
        discovery_id: row.get(2)?,
        position: row.get(3)?,
        flow: json(&row.get::<String>(4)?, 4)?,
        validated: row.get(5)?,
        validation: row.get::<Option<String>>(6)?.map(|t| json(&t, 6)).transpose()?,
        test_uid: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
    })
}

/// Most important first.
pub(crate) async fn of(db: &Database, discovery: i64) -> Result<Vec<StoredFlow>, StoreError> {
    db.query(OF, args![discovery]).await?.iter().map(read).collect()
}

/// With the id of its exploration.
pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<(StoredFlow, Uid)>, StoreError> {
    let Some(row) = db.find(BY_UID, args![uid]).await? else { return Ok(None) };
    let Some(session) = db.find(SESSION_OF, args![uid]).await? else { return Ok(None) };
    Ok(Some((read(&row)?, session.get(0)?)))
}

/// Puts these in the place of those there were.
pub(crate) async fn replace(tx: &mut Tx, discovery: i64, flows: &[(Uid, &Flow)], now: Timestamp) -> Result<(), StoreError> {
    tx.exec(CLEAR, args![discovery]).await?;
    for ((uid, flow), position) in flows.iter().zip(0_i64..) {
        tx.exec(INSERT, args![*uid, discovery, position, flow.kind.as_str(), flow.priority, text(flow), now]).await?;
    }
    Ok(())
}

pub(crate) async fn put_validation(db: &Database, id: i64, validation: &Validation, now: Timestamp) -> Result<(), StoreError> {
    db.exec(VALIDATED, args![id, validation.success, text(validation), now]).await.map(drop)
}

pub(crate) async fn put_test(db: &Database, id: i64, test: Uid, now: Timestamp) -> Result<(), StoreError> {
    db.exec(TEST, args![id, test, now]).await.map(drop)
}

/// What was known of its runs is forgotten: it is another way now.
pub(crate) async fn edit(tx: &mut Tx, id: i64, flow: &Flow, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(EDIT, args![id, text(flow), flow.kind.as_str(), flow.priority, now]).await.map(drop)
}
