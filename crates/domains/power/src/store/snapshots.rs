//! `power_snapshots`, in the telemetry database.

use argos_kernel::{PageRequest, Timestamp};
use argos_store::{Database, Row, StoreError, Value, args};

use super::{json, text};
use crate::model::device::DeviceType;
use crate::model::import::Imported;
use crate::model::snapshot::{Snapshot, SnapshotRow};

macro_rules! columns {
    () => {
        "id, at, device_id, device_type, power_watts, load_percent, voltage, battery_percent, runtime_seconds, ups_status, temperature_c, extras"
    };
}

macro_rules! filter {
    () => {
        " from power_snapshots where (cast($1 as text) is null or device_id = $1) and (cast($2 as bigint) is null or at >= $2)
          and (cast($3 as bigint) is null or at <= $3)"
    };
}

argos_store::statements! {
    telemetry;
    INSERT = "power.snapshots.insert",
        "insert into power_snapshots (at, device_id, device_type, power_watts, load_percent, voltage, battery_percent, runtime_seconds,
           ups_status, temperature_c, extras) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11) on conflict (device_id, at) do nothing";
    LIST = "power.snapshots.list", concat!("select ", columns!(), filter!(), " order by at desc, id desc limit $4 offset $5");
    ASCENDING = "power.snapshots.ascending",
        concat!("select ", columns!(), filter!(), " and (at > $4 or (at = $4 and id > $5)) order by at, id limit $6");
    COUNT = "power.snapshots.count", concat!("select count(*)", filter!());
    LATEST = "power.snapshots.latest",
        concat!("select ", columns!(), " from power_snapshots where device_id = $1 order by at desc, id desc limit 1");
    NEWEST = "power.snapshots.newest", concat!("select ", columns!(), " from power_snapshots order by at desc, id desc limit 1");
    PRUNE_OLD = "power.snapshots.prune_old",
        "delete from power_snapshots where id in (select id from power_snapshots where at < $1 order by at limit 5000)";
    TOTAL = "power.snapshots.total", "select count(*) from power_snapshots";
    PRUNE_MANY = "power.snapshots.prune_many",
        "delete from power_snapshots where id in (select id from power_snapshots order by at limit $1)";
    FORGET = "power.snapshots.forget", "delete from power_snapshots where device_id = $1";
}

/// Most rows removed in one statement.
const BATCH: i64 = 5_000;

/// Which rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) device_id: Option<String>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

impl Filter {
    fn args(&self) -> Vec<Value> {
        args![self.device_id.as_deref(), self.from, self.to]
    }
}

fn read(row: &Row) -> Result<SnapshotRow, StoreError> {
    let kind: String = row.get(3)?;
    Ok(SnapshotRow {
        id: row.get(0)?,
        at: row.get(1)?,
        device_id: row.get(2)?,
        kind: DeviceType::parse(&kind).ok_or(StoreError::Column { index: 3, wanted: "a device type" })?,
        values: Snapshot {
            power_watts: row.get(4)?,
            load_percent: row.get(5)?,
            voltage: row.get(6)?,
            battery_percent: row.get(7)?,
            runtime_seconds: row.get(8)?,
            ups_status: row.get(9)?,
            temperature_c: row.get(10)?,
            extras: json(&row.get::<String>(11)?, 11)?,
        },
    })
}

/// The same device and time twice is one row; the number of rows written.
pub(crate) async fn insert(db: &Database, at: Timestamp, id: &str, kind: DeviceType, s: &Snapshot) -> Result<u64, StoreError> {
    db.exec(INSERT, row_args(at, id, kind, s)).await
}

/// Rows of a file in one transaction; the number that was new.
pub(crate) async fn insert_all(db: &Database, rows: &[Imported]) -> Result<u64, StoreError> {
    db.batch(rows.iter().map(|r| (INSERT, row_args(r.at, &r.device_id, r.kind, &r.values))).collect()).await
}

fn row_args(at: Timestamp, id: &str, kind: DeviceType, s: &Snapshot) -> Vec<Value> {
    args![
        at,
        id,
        kind.as_str(),
        s.power_watts,
        s.load_percent,
        s.voltage,
        s.battery_percent,
        s.runtime_seconds,
        s.ups_status.as_deref(),
        s.temperature_c,
        text(&s.extras)
    ]
}

/// Newest first, and how many there are.
pub(crate) async fn list(db: &Database, filter: &Filter, page: PageRequest) -> Result<(Vec<SnapshotRow>, i64), StoreError> {
    let total = db.one(COUNT, filter.args()).await?.get(0)?;
    let mut values = filter.args();
    values.extend(args![page.limit, page.offset]);
    let rows = db.query(LIST, values).await?;
    Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
}

/// Oldest first, after a row given by time and id.
pub(crate) async fn ascending(db: &Database, filter: &Filter, after: (Timestamp, i64), limit: i64) -> Result<Vec<SnapshotRow>, StoreError> {
    let mut values = filter.args();
    values.extend(args![after.0, after.1, limit]);
    db.query(ASCENDING, values).await?.iter().map(read).collect()
}

pub(crate) async fn latest(db: &Database, device_id: Option<&str>) -> Result<Option<SnapshotRow>, StoreError> {
    let row = match device_id {
        Some(id) => db.find(LATEST, args![id]).await?,
        None => db.find(NEWEST, args![]).await?,
    };
    row.as_ref().map(read).transpose()
}

/// Removes what is older than `before`, then what is more than `max_rows` (0 = no limit).
pub(crate) async fn prune(db: &Database, before: Timestamp, max_rows: i64) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let n = db.exec(PRUNE_OLD, args![before]).await?;
        gone += n;
        if n == 0 {
            break;
        }
    }
    let mut surplus = if max_rows > 0 { db.one(TOTAL, args![]).await?.get::<i64>(0)? - max_rows } else { 0 };
    while surplus > 0 {
        let n = db.exec(PRUNE_MANY, args![surplus.min(BATCH)]).await?;
        gone += n;
        surplus -= BATCH;
    }
    Ok(gone)
}

pub(crate) async fn forget(db: &Database, device_id: &str) -> Result<(), StoreError> {
    db.exec(FORGET, args![device_id]).await.map(drop)
}
