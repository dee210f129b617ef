//! `power_outages`.

use argos_kernel::{PageRequest, Timestamp};
use argos_store::{Database, Row, StoreError, Tx, args};

/// A stored outage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outage {
    pub(crate) id: i64,
    pub(crate) device_id: String,
    pub(crate) device_name: String,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) battery_start: Option<f64>,
    pub(crate) battery_end: Option<f64>,
    pub(crate) min_runtime_seconds: Option<f64>,
    pub(crate) max_load: Option<f64>,
    pub(crate) ended_by: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, device_id, device_name, started_at, ended_at, battery_start, battery_end, min_runtime_seconds, max_load, ended_by
             from power_outages ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    OPEN = "power.outages.open",
        "insert into power_outages (device_id, device_name, started_at, battery_start) values ($1, $2, $3, $4) returning id";
    CLOSE = "power.outages.close",
        "update power_outages set ended_at = $2, battery_end = $3, min_runtime_seconds = $4, max_load = $5, ended_by = $6
         where id = $1 and ended_at is null";
    LIST = "power.outages.list",
        select!("where (cast($1 as text) is null or device_id = $1) order by started_at desc, id desc limit $2 offset $3");
    COUNT = "power.outages.count", "select count(*) from power_outages where (cast($1 as text) is null or device_id = $1)";
    SINCE = "power.outages.since", select!("where ended_at is null or ended_at >= $1 order by started_at, id limit 100000");
    GET = "power.outages.get", select!("where id = $1");
    PRUNE = "power.outages.prune", "delete from power_outages where ended_at < $1";
}

fn read(row: &Row) -> Result<Outage, StoreError> {
    Ok(Outage {
        id: row.get(0)?,
        device_id: row.get(1)?,
        device_name: row.get(2)?,
        started_at: row.get(3)?,
        ended_at: row.get(4)?,
        battery_start: row.get(5)?,
        battery_end: row.get(6)?,
        min_runtime_seconds: row.get(7)?,
        max_load: row.get(8)?,
        ended_by: row.get(9)?,
    })
}

pub(crate) async fn open(tx: &mut Tx, device_id: &str, name: &str, at: Timestamp, battery: Option<f64>) -> Result<i64, StoreError> {
    tx.one(OPEN, args![device_id, name, at, battery]).await?.get(0)
}

/// How an outage ended.
pub(crate) struct End<'a> {
    pub(crate) at: Timestamp,
    pub(crate) battery: Option<f64>,
    pub(crate) min_runtime_seconds: Option<f64>,
    pub(crate) max_load: Option<f64>,
    pub(crate) by: &'a str,
}

pub(crate) async fn close(tx: &mut Tx, id: i64, end: End<'_>) -> Result<(), StoreError> {
    tx.exec(CLOSE, args![id, end.at, end.battery, end.min_runtime_seconds, end.max_load, end.by]).await.map(drop)
}

/// Newest first, and how many there are.
pub(crate) async fn list(db: &Database, device: Option<&str>, page: PageRequest) -> Result<(Vec<Outage>, i64), StoreError> {
    let total = db.one(COUNT, args![device]).await?.get(0)?;
    let rows = db.query(LIST, args![device, page.limit, page.offset]).await?;
    Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
}

/// Oldest first, those that last among them.
pub(crate) async fn since(db: &Database, from: Timestamp) -> Result<Vec<Outage>, StoreError> {
    db.query(SINCE, args![from]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<Outage>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
