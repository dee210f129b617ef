//! `power_devices`.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, Stmt, StoreError, Tx, Value, args};

use super::{json, text};
use crate::model::device::{Device, DeviceType, Poller};
use crate::model::reading::Identity;

macro_rules! columns {
    () => {
        "id, name, type, poller, host, port, enabled, connection_config, secrets_enc, model, firmware, serial, manufacturer, last_seen, tags, \
         device_group, location, rated_power_watts, nominal_power_factor, thresholds, poll_seconds, feeds, source, created_at, updated_at"
    };
}

argos_store::statements! {
    state;
    LIST = "power.devices.list", concat!("select ", columns!(), " from power_devices order by name, id");
    GET = "power.devices.get", concat!("select ", columns!(), " from power_devices where id = $1");
    UPSERT = "power.devices.upsert",
        concat!("insert into power_devices (", columns!(), ")
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25)
         on conflict (id) do update set name = excluded.name, type = excluded.type, poller = excluded.poller, host = excluded.host,
           port = excluded.port, enabled = excluded.enabled, connection_config = excluded.connection_config, secrets_enc = excluded.secrets_enc,
           model = excluded.model, firmware = excluded.firmware, serial = excluded.serial, manufacturer = excluded.manufacturer,
           tags = excluded.tags, device_group = excluded.device_group, location = excluded.location,
           rated_power_watts = excluded.rated_power_watts, nominal_power_factor = excluded.nominal_power_factor,
           thresholds = excluded.thresholds, poll_seconds = excluded.poll_seconds, feeds = excluded.feeds, updated_at = excluded.updated_at");
    SEEN = "power.devices.seen",
        "update power_devices set last_seen = $2,
           model = case when model is null or model = $7 then coalesce($3, model) else model end,
           manufacturer = case when manufacturer is null or manufacturer = $8 then coalesce($4, manufacturer) else manufacturer end,
           serial = case when serial is null or serial = $9 then coalesce($5, serial) else serial end,
           firmware = case when firmware is null or firmware = $10 then coalesce($6, firmware) else firmware end
         where id = $1";
    ANSWERED = "power.devices.answered", "update power_devices set last_seen = $2 where id = $1";
    DELETE = "power.devices.delete", "delete from power_devices where id = $1";
}

fn read(row: &Row) -> Result<Device, StoreError> {
    let (kind, poller): (String, String) = (row.get(2)?, row.get(3)?);
    let list = |index| json(&row.get::<String>(index)?, index);
    Ok(Device {
        id: row.get(0)?,
        name: row.get(1)?,
        kind: DeviceType::parse(&kind).ok_or(StoreError::Column { index: 2, wanted: "a device type" })?,
        poller: Poller::parse(&poller).ok_or(StoreError::Column { index: 3, wanted: "a poller" })?,
        host: row.get(4)?,
        port: row.get(5)?,
        enabled: row.get(6)?,
        connection_config: json(&row.get::<String>(7)?, 7)?,
        secrets_enc: row.get(8)?,
        model: row.get(9)?,
        firmware: row.get(10)?,
        serial: row.get(11)?,
        manufacturer: row.get(12)?,
        last_seen: row.get(13)?,
        tags: list(14)?,
        group: row.get(15)?,
        location: row.get(16)?,
        rated_power_watts: row.get(17)?,
        nominal_power_factor: row.get(18)?,
        thresholds: json(&row.get::<String>(19)?, 19)?,
        poll_seconds: row.get(20)?,
        feeds: list(21)?,
        source: row.get(22)?,
        created_at: row.get(23)?,
        updated_at: row.get(24)?,
    })
}

/// By name, then id.
pub(crate) async fn list(db: &Database) -> Result<Vec<Device>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<Device>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find_in(tx: &mut Tx, id: &str) -> Result<Option<Device>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn put(tx: &mut Tx, d: &Device) -> Result<(), StoreError> {
    let values = args![
        &d.id,
        &d.name,
        d.kind.as_str(),
        d.poller.as_str(),
        &d.host,
        d.port,
        d.enabled,
        text(&d.connection_config),
        d.secrets_enc.as_deref(),
        d.model.as_deref(),
        d.firmware.as_deref(),
        d.serial.as_deref(),
        d.manufacturer.as_deref(),
        d.last_seen,
        text(&d.tags),
        d.group.as_deref(),
        d.location.as_deref(),
        d.rated_power_watts,
        d.nominal_power_factor,
        text(&d.thresholds),
        d.poll_seconds,
        text(&d.feeds),
        &d.source,
        d.created_at,
        d.updated_at,
    ];
    tx.exec(UPSERT, values).await.map(drop)
}

/// What a good poll tells, and what the device told before; what a person wrote stays.
pub(crate) async fn seen(db: &Database, id: &str, at: Timestamp, (now, before): (&Identity, &Identity)) -> Result<(), StoreError> {
    let values = args![
        id,
        at,
        now.model.as_deref(),
        now.manufacturer.as_deref(),
        now.serial.as_deref(),
        now.firmware.as_deref(),
        before.model.as_deref(),
        before.manufacturer.as_deref(),
        before.serial.as_deref(),
        before.firmware.as_deref(),
    ];
    db.exec(SEEN, values).await.map(drop)
}

/// The statement that writes when a device answered last.
pub(crate) fn answered(id: &str, at: Timestamp) -> (Stmt, Vec<Value>) {
    (ANSWERED, args![id, at])
}

pub(crate) async fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? > 0)
}
