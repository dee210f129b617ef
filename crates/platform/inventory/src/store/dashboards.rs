//! `dashboards`: boards people arrange for themselves or for everybody. What is on one is theirs: stored as text, never read.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    LIST = "inventory.dashboards.list",
        "select id, name, owner_key, owner, config_json, shared, created_at, updated_at from dashboards
         where owner_key = $1 or shared = true order by name, id";
    GET = "inventory.dashboards.get",
        "select id, name, owner_key, owner, config_json, shared, created_at, updated_at from dashboards where id = $1";
    COUNT = "inventory.dashboards.count", "select count(*) from dashboards where owner_key = $1";
    ADD = "inventory.dashboards.add",
        "insert into dashboards (name, owner_key, owner, config_json, shared, created_at, updated_at) values ($1,$2,$3,$4,$5,$6,$7) returning id";
    // Under the number it had, so that what leads there leads there again.
    RESTORE = "inventory.dashboards.restore",
        sqlite "insert into dashboards (id, name, owner_key, owner, config_json, shared, created_at, updated_at) values ($1,$2,$3,$4,$5,$6,$7,$8)",
        postgres "insert into dashboards (id, name, owner_key, owner, config_json, shared, created_at, updated_at)
          overriding system value values ($1,$2,$3,$4,$5,$6,$7,$8)";
    CHANGE = "inventory.dashboards.change",
        "update dashboards set name = $1, config_json = $2, shared = $3, updated_at = $4 where id = $5";
    DELETE = "inventory.dashboards.delete", "delete from dashboards where id = $1";
}

/// A board.
#[derive(Clone, Debug)]
pub(crate) struct Dashboard {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// `user:` and the id, or `key:` and the name: a name that is given again brings no boards.
    pub(crate) owner_key: String,
    /// As it is shown.
    pub(crate) owner: String,
    /// JSON.
    pub(crate) config: String,
    pub(crate) shared: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

fn read(r: &Row) -> Result<Dashboard, StoreError> {
    Ok(Dashboard {
        id: r.get(0)?,
        name: r.get(1)?,
        owner_key: r.get(2)?,
        owner: r.get(3)?,
        config: r.get(4)?,
        shared: r.get(5)?,
        created_at: r.get(6)?,
        updated_at: r.get(7)?,
    })
}

/// One's own and the shared ones, by name.
pub(crate) async fn list(db: &Database, owner_key: &str) -> Result<Vec<Dashboard>, StoreError> {
    db.query(LIST, args![owner_key]).await?.iter().map(read).collect()
}
pub(crate) async fn get(tx: &mut Tx, id: i64) -> Result<Option<Dashboard>, StoreError> {
    tx.find(GET, args![id]).await?.as_ref().map(read).transpose()
}
pub(crate) async fn count(tx: &mut Tx, owner_key: &str) -> Result<i64, StoreError> {
    tx.one(COUNT, args![owner_key]).await?.get(0)
}
pub(crate) async fn add(tx: &mut Tx, d: &Dashboard) -> Result<i64, StoreError> {
    tx.one(ADD, args![&d.name, &d.owner_key, &d.owner, &d.config, d.shared, d.created_at, d.updated_at]).await?.get(0)
}
pub(crate) async fn restore(tx: &mut Tx, d: &Dashboard) -> Result<(), StoreError> {
    let values = args![d.id, &d.name, &d.owner_key, &d.owner, &d.config, d.shared, d.created_at, d.updated_at];
    tx.exec(RESTORE, values).await.map(drop)
}
pub(crate) async fn change(tx: &mut Tx, d: &Dashboard) -> Result<(), StoreError> {
    tx.exec(CHANGE, args![&d.name, &d.config, d.shared, d.updated_at, d.id]).await.map(drop)
}
pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await.map(drop)
}
