//! `power_phases`, in the telemetry database: the phases beside each stored snapshot of a device that has several.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, args};

use crate::model::outlet::Phase;

argos_store::statements! {
    telemetry;
    INSERT = "power.phases.insert",
        "insert into power_phases (device_id, at, phase, voltage, current_amps, power_watts, load_percent)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (device_id, at, phase) do nothing";
    LIST = "power.phases.list",
        "select at, phase, voltage, current_amps, power_watts, load_percent from power_phases
         where device_id = $1 and at >= $2 and at <= $3 order by at, phase limit $4";
    PRUNE = "power.phases.prune", "delete from power_phases where at < $1";
    FORGET = "power.phases.forget", "delete from power_phases where device_id = $1";
}

pub(crate) async fn insert(db: &Database, device_id: &str, at: Timestamp, phases: &[Phase]) -> Result<(), StoreError> {
    let row = |p: &Phase| (INSERT, args![device_id, at, p.id.as_str(), p.voltage, p.current_amps, p.power_watts, p.load_percent]);
    db.batch(phases.iter().map(row).collect()).await.map(drop)
}

/// Oldest first.
pub(crate) async fn list(
    db: &Database,
    device_id: &str,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> Result<Vec<(Timestamp, Phase)>, StoreError> {
    let rows = db.query(LIST, args![device_id, from, to, limit]).await?;
    let read = |row: &argos_store::Row| {
        let phase =
            Phase { id: row.get(1)?, voltage: row.get(2)?, current_amps: row.get(3)?, power_watts: row.get(4)?, load_percent: row.get(5)? };
        Ok((row.get(0)?, phase))
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}

pub(crate) async fn forget(db: &Database, device_id: &str) -> Result<(), StoreError> {
    db.exec(FORGET, args![device_id]).await.map(drop)
}
