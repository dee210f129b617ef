//! `power_outlets`: the outlets of every device as last seen, and what people wrote about them.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::outlet::{Outlet, OutletState};

/// A stored outlet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OutletRow {
    pub(crate) device_id: String,
    pub(crate) outlet: Outlet,
    pub(crate) mark: Mark,
    pub(crate) updated_at: Timestamp,
}

/// What people wrote about an outlet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) label: Option<String>,
    /// It cannot be switched until somebody takes this off.
    pub(crate) protected: bool,
}

argos_store::statements! {
    state;
    LIST = "power.outlets.list",
        "select device_id, outlet, name, label, state, current_amps, power_watts, energy_kwh, protected, updated_at
         from power_outlets order by device_id, position";
    PUT = "power.outlets.put",
        "insert into power_outlets (device_id, outlet, position, name, state, current_amps, power_watts, energy_kwh, protected, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, false, $9)
         on conflict (device_id, outlet) do update set position = excluded.position, name = excluded.name, state = excluded.state,
           current_amps = excluded.current_amps, power_watts = excluded.power_watts, energy_kwh = excluded.energy_kwh,
           updated_at = excluded.updated_at";
    MARK = "power.outlets.mark", "update power_outlets set label = $3, protected = $4 where device_id = $1 and outlet = $2";
    DELETE = "power.outlets.delete", "delete from power_outlets where device_id = $1";
}

fn read(row: &Row) -> Result<OutletRow, StoreError> {
    Ok(OutletRow {
        device_id: row.get(0)?,
        outlet: Outlet {
            id: row.get(1)?,
            name: row.get(2)?,
            state: OutletState::parse(&row.get::<String>(4)?),
            current_amps: row.get(5)?,
            power_watts: row.get(6)?,
            energy_kwh: row.get(7)?,
            switchable: false,
        },
        mark: Mark { label: row.get(3)?, protected: row.get(8)? },
        updated_at: row.get(9)?,
    })
}

/// By device, in the device's order.
pub(crate) async fn list(db: &Database) -> Result<Vec<OutletRow>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

/// The outlets as the device tells of them now; marks stay.
pub(crate) async fn put(tx: &mut Tx, device_id: &str, outlets: &[Outlet], now: Timestamp) -> Result<(), StoreError> {
    for (position, o) in outlets.iter().enumerate() {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        let (id, name) = (o.id.as_str(), o.name.as_deref());
        let values = args![device_id, id, position, name, o.state.as_str(), o.current_amps, o.power_watts, o.energy_kwh, now];
        tx.exec(PUT, values).await?;
    }
    Ok(())
}

pub(crate) async fn mark(tx: &mut Tx, device_id: &str, outlet: &str, mark: &Mark) -> Result<bool, StoreError> {
    Ok(tx.exec(MARK, args![device_id, outlet, mark.label.as_deref(), mark.protected]).await? > 0)
}

pub(crate) async fn delete(tx: &mut Tx, device_id: &str) -> Result<(), StoreError> {
    tx.exec(DELETE, args![device_id]).await.map(drop)
}
