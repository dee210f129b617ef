//! `status_components`: the parts the public status page shows.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    LIST = "alerts.components.list",
        "select id, name, group_name, service_key, display_order, enabled from status_components order by display_order, group_name, name, id";
    // When this instance first started: its schema was made then.
    BEGAN = "alerts.components.began", "select min(applied_at) from schema_migrations";
    GET = "alerts.components.get", "select id, name, group_name, service_key, display_order, enabled from status_components where id = $1";
    INSERT = "alerts.components.insert",
        "insert into status_components (name, group_name, service_key, display_order, enabled) values ($1,$2,$3,$4,$5) returning id";
    RESTORE = "alerts.components.restore",
        sqlite "insert into status_components (id, name, group_name, service_key, display_order, enabled) values ($1,$2,$3,$4,$5,$6)",
        postgres "insert into status_components (id, name, group_name, service_key, display_order, enabled) overriding system value values ($1,$2,$3,$4,$5,$6)";
    UPDATE = "alerts.components.update",
        "update status_components set name=$1, group_name=$2, service_key=$3, display_order=$4, enabled=$5 where id = $6";
    DELETE = "alerts.components.delete", "delete from status_components where id = $1";
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub(crate) struct Component {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) group_name: String,
    /// `rule:<id>`, `service:<unit>`, `agent:<host>`, or a key of the snapshot.
    pub(crate) service_key: Option<String>,
    pub(crate) display_order: i64,
    pub(crate) enabled: bool,
}

fn read(row: &Row) -> Result<Component, StoreError> {
    Ok(Component {
        id: row.get(0)?,
        name: row.get(1)?,
        group_name: row.get(2)?,
        service_key: row.get(3)?,
        display_order: row.get(4)?,
        enabled: row.get(5)?,
    })
}

/// Since when anybody could watch.
pub(crate) async fn began(db: &Database) -> Result<Option<Timestamp>, StoreError> {
    db.one(BEGAN, args![]).await?.get(0)
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Component>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Component>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, c: &Component) -> Result<i64, StoreError> {
    tx.one(INSERT, args![&c.name, &c.group_name, c.service_key.as_deref(), c.display_order, c.enabled]).await?.get(0)
}

/// Under the number it had.
pub(crate) async fn restore(tx: &mut Tx, c: &Component) -> Result<(), StoreError> {
    tx.exec(RESTORE, args![c.id, &c.name, &c.group_name, c.service_key.as_deref(), c.display_order, c.enabled]).await.map(drop)
}

pub(crate) async fn update(tx: &mut Tx, c: &Component) -> Result<(), StoreError> {
    tx.exec(UPDATE, args![&c.name, &c.group_name, c.service_key.as_deref(), c.display_order, c.enabled, c.id]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? > 0)
}
