//! `power_states`: what is remembered of each device.

use std::collections::HashMap;

use argos_kernel::Timestamp;
use argos_store::{Database, Stmt, StoreError, Tx, Value, args};

use super::{json, text};
use crate::model::state::DeviceState;

argos_store::statements! {
    state;
    LIST = "power.states.list", "select device_id, state from power_states";
    PUT = "power.states.put",
        "insert into power_states (device_id, state, updated_at) values ($1, $2, $3)
         on conflict (device_id) do update set state = excluded.state, updated_at = excluded.updated_at";
    DELETE = "power.states.delete", "delete from power_states where device_id = $1";
}

/// An unreadable state counts as none: the device is then judged from its next sample on.
pub(crate) async fn all(db: &Database) -> Result<HashMap<String, DeviceState>, StoreError> {
    let mut out = HashMap::new();
    for row in db.query(LIST, args![]).await? {
        let id: String = row.get(0)?;
        match json(&row.get::<String>(1)?, 1) {
            Ok(state) => drop(out.insert(id, state)),
            Err(error) => tracing::error!(%error, device = id, "the remembered state cannot be read"),
        }
    }
    Ok(out)
}

pub(crate) async fn put(tx: &mut Tx, id: &str, state: &DeviceState, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT, args![id, text(state), now]).await.map(drop)
}

/// The statement that writes a state.
pub(crate) fn written(id: &str, state: &DeviceState, now: Timestamp) -> (Stmt, Vec<Value>) {
    (PUT, args![id, text(state), now])
}

pub(crate) async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await.map(drop)
}
