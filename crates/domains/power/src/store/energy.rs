//! `power_energy_totals` and `power_energy_buckets`: of whole devices, whose outlet is the empty text, and of outlets.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, Stmt, StoreError, Tx, Value, args};

/// The running totals of a device.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Total {
    pub(crate) kwh: f64,
    pub(crate) cost: f64,
    pub(crate) estimated_kwh: f64,
    pub(crate) partial: bool,
    /// `integrated` or `counter`.
    pub(crate) method: String,
    pub(crate) counter_last: Option<f64>,
    pub(crate) counter_seen_at: Option<Timestamp>,
    pub(crate) last_at: Option<Timestamp>,
    pub(crate) last_watts: Option<f64>,
    pub(crate) last_updated: Timestamp,
}

/// One hour of a device or an outlet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) device_id: String,
    /// Empty: the whole device.
    pub(crate) outlet: String,
    pub(crate) start: Timestamp,
    pub(crate) wh: f64,
    pub(crate) cost: f64,
    pub(crate) covered_seconds: f64,
    pub(crate) estimated: bool,
}

argos_store::statements! {
    state;
    TOTALS = "power.energy.totals",
        "select device_id, outlet, kwh_total, cost_total, estimated_kwh, partial, method, counter_last, counter_seen_at, last_at, last_watts,
           last_updated from power_energy_totals order by device_id, outlet";
    TOTAL = "power.energy.total",
        "select device_id, outlet, kwh_total, cost_total, estimated_kwh, partial, method, counter_last, counter_seen_at, last_at, last_watts,
           last_updated from power_energy_totals where device_id = $1 and outlet = ''";
    PUT_TOTAL = "power.energy.put_total",
        "insert into power_energy_totals (device_id, outlet, kwh_total, cost_total, estimated_kwh, partial, method, counter_last,
           counter_seen_at, last_at, last_watts, last_updated) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)
         on conflict (device_id, outlet) do update set kwh_total = excluded.kwh_total, cost_total = excluded.cost_total,
           estimated_kwh = excluded.estimated_kwh, partial = excluded.partial, method = excluded.method,
           counter_last = excluded.counter_last, counter_seen_at = excluded.counter_seen_at, last_at = excluded.last_at,
           last_watts = excluded.last_watts, last_updated = excluded.last_updated";
    ADD = "power.energy.add",
        "insert into power_energy_buckets (device_id, outlet, bucket_start, wh, cost, covered_seconds, estimated)
         values ($1,$2,$3,$4,$5,$6,$7)
         on conflict (device_id, outlet, bucket_start) do update set wh = power_energy_buckets.wh + excluded.wh,
           cost = power_energy_buckets.cost + excluded.cost,
           covered_seconds = power_energy_buckets.covered_seconds + excluded.covered_seconds,
           estimated = case when power_energy_buckets.estimated then power_energy_buckets.estimated else excluded.estimated end";
    BUCKETS = "power.energy.buckets",
        "select device_id, outlet, bucket_start, wh, cost, covered_seconds, estimated from power_energy_buckets
         where (cast($1 as text) is null or device_id = $1) and (cast($2 as text) is null or outlet = $2)
           and bucket_start >= $3 and bucket_start < $4 order by bucket_start, device_id, outlet limit 500000";
    CLEAR = "power.energy.clear", "delete from power_energy_buckets where device_id = $1";
    FORGET = "power.energy.forget", "delete from power_energy_totals where device_id = $1";
    CLEAR_WHOLE = "power.energy.clear_whole", "delete from power_energy_buckets where device_id = $1 and outlet = ''";
    PRUNE = "power.energy.prune", "delete from power_energy_buckets where bucket_start < $1";
}

fn total(row: &Row) -> Result<(String, String, Total), StoreError> {
    let total = Total {
        kwh: row.get(2)?,
        cost: row.get(3)?,
        estimated_kwh: row.get(4)?,
        partial: row.get(5)?,
        method: row.get(6)?,
        counter_last: row.get(7)?,
        counter_seen_at: row.get(8)?,
        last_at: row.get(9)?,
        last_watts: row.get(10)?,
        last_updated: row.get(11)?,
    };
    Ok((row.get(0)?, row.get(1)?, total))
}

/// Device, outlet and total; the whole device before its outlets.
pub(crate) async fn totals(db: &Database) -> Result<Vec<(String, String, Total)>, StoreError> {
    db.query(TOTALS, args![]).await?.iter().map(total).collect()
}

/// The total of a whole device.
pub(crate) async fn total_in(tx: &mut Tx, id: &str) -> Result<Option<Total>, StoreError> {
    Ok(tx.find(TOTAL, args![id]).await?.as_ref().map(total).transpose()?.map(|(.., total)| total))
}

/// The statement that writes a total.
pub(crate) fn total_row(id: &str, outlet: &str, t: &Total) -> (Stmt, Vec<Value>) {
    let values = args![
        id,
        outlet,
        t.kwh,
        t.cost,
        t.estimated_kwh,
        t.partial,
        &t.method,
        t.counter_last,
        t.counter_seen_at,
        t.last_at,
        t.last_watts,
        t.last_updated
    ];
    (PUT_TOTAL, values)
}

/// The statement that adds to an hour.
pub(crate) fn bucket_row(b: &Bucket) -> (Stmt, Vec<Value>) {
    (ADD, args![&b.device_id, &b.outlet, b.start, b.wh, b.cost, b.covered_seconds, b.estimated])
}

/// Writes the total of a whole device.
pub(crate) async fn put_total(tx: &mut Tx, id: &str, t: &Total) -> Result<(), StoreError> {
    let (stmt, values) = total_row(id, "", t);
    tx.exec(stmt, values).await.map(drop)
}

pub(crate) async fn add(tx: &mut Tx, b: &Bucket) -> Result<(), StoreError> {
    let (stmt, values) = bucket_row(b);
    tx.exec(stmt, values).await.map(drop)
}

/// Hours in `[from, to)`; of one outlet, of whole devices (`Some("")`) or of everything.
pub(crate) async fn buckets(
    db: &Database,
    device: Option<&str>,
    outlet: Option<&str>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Bucket>, StoreError> {
    let read = |row: &Row| {
        Ok(Bucket {
            device_id: row.get(0)?,
            outlet: row.get(1)?,
            start: row.get(2)?,
            wh: row.get(3)?,
            cost: row.get(4)?,
            covered_seconds: row.get(5)?,
            estimated: row.get(6)?,
        })
    };
    db.query(BUCKETS, args![device, outlet, from, to]).await?.iter().map(read).collect()
}

/// Forgets the hours of a whole device; its outlets keep theirs.
pub(crate) async fn clear_whole(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.exec(CLEAR_WHOLE, args![id]).await.map(drop)
}

/// Forgets a device with its outlets.
pub(crate) async fn clear(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.exec(CLEAR, args![id]).await?;
    tx.exec(FORGET, args![id]).await.map(drop)
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
