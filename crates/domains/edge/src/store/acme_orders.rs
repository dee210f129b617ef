//! `edge_acme_accounts`, `edge_orders` and `edge_order_steps`: what goes on after a restart, and what people see of it.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    ACCOUNT = "edge.acme.account", "select url, key_enc from edge_acme_accounts where id = $1";
    ADD_ACCOUNT = "edge.acme.add_account",
        "insert into edge_acme_accounts (id, url, key_enc, created_at) values ($1, null, $2, $3) on conflict (id) do nothing";
    SET_ACCOUNT_URL = "edge.acme.set_account_url", "update edge_acme_accounts set url = $2 where id = $1";
    ORDERS = "edge.acme.orders",
        "select host_id, domain, directory, account_id, challenge, provider, url, key_enc, started_at from edge_orders order by host_id";
    OPEN = "edge.acme.open", "select host_id from edge_orders order by host_id";
    ORDER = "edge.acme.order",
        "select host_id, domain, directory, account_id, challenge, provider, url, key_enc, started_at from edge_orders where host_id = $1";
    ADD_ORDER = "edge.acme.add_order",
        "insert into edge_orders (host_id, domain, directory, account_id, challenge, provider, url, key_enc, started_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (host_id) do update set domain = excluded.domain, directory = excluded.directory, account_id = excluded.account_id,
           challenge = excluded.challenge, provider = excluded.provider, url = excluded.url, key_enc = excluded.key_enc,
           started_at = excluded.started_at";
    SET_ORDER_URL = "edge.acme.set_order_url", "update edge_orders set url = $2 where host_id = $1";
    DELETE_ORDER = "edge.acme.delete_order", "delete from edge_orders where host_id = $1";
    ADD_STEP = "edge.acme.add_step",
        "insert into edge_order_steps (host_id, started_at, at, step, detail) values ($1, $2, $3, $4, $5)";
    STEPS = "edge.acme.steps", "select host_id, started_at, at, step, detail from edge_order_steps order by id";
    // Only the newest order of a site is shown.
    DROP_STEPS = "edge.acme.drop_steps", "delete from edge_order_steps where host_id = $1 and started_at < $2";
}

#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) url: Option<String>,
    pub(crate) key_enc: String,
}

/// An order that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) host_id: i64,
    pub(crate) domain: String,
    pub(crate) directory: String,
    pub(crate) account_id: String,
    pub(crate) challenge: String,
    pub(crate) provider: String,
    /// Not known before the authority answered.
    pub(crate) url: Option<String>,
    pub(crate) key_enc: String,
    pub(crate) started_at: Timestamp,
}

/// Something that happened in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) host_id: i64,
    /// When its order began.
    pub(crate) started_at: Timestamp,
    pub(crate) at: Timestamp,
    pub(crate) step: String,
    pub(crate) detail: String,
}

pub(crate) async fn account(db: &Database, id: &str) -> Result<Option<Account>, StoreError> {
    let row = db.find(ACCOUNT, args![id]).await?;
    row.map(|row| Ok(Account { url: row.get(0)?, key_enc: row.get(1)? })).transpose()
}

pub(crate) async fn add_account(db: &Database, id: &str, key_enc: &str, now: Timestamp) -> Result<(), StoreError> {
    db.exec(ADD_ACCOUNT, args![id, key_enc, now]).await.map(drop)
}

pub(crate) async fn set_account_url(db: &Database, id: &str, url: Option<&str>) -> Result<(), StoreError> {
    db.exec(SET_ACCOUNT_URL, args![id, url]).await.map(drop)
}

fn read(row: &Row) -> Result<Order, StoreError> {
    Ok(Order {
        host_id: row.get(0)?,
        domain: row.get(1)?,
        directory: row.get(2)?,
        account_id: row.get(3)?,
        challenge: row.get(4)?,
        provider: row.get(5)?,
        url: row.get(6)?,
        key_enc: row.get(7)?,
        started_at: row.get(8)?,
    })
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Order>, StoreError> {
    db.query(ORDERS, args![]).await?.iter().map(read).collect()
}

/// Sites with an order under way.
pub(crate) async fn open(db: &Database) -> Result<Vec<i64>, StoreError> {
    db.query(OPEN, args![]).await?.iter().map(|row| row.get(0)).collect()
}

pub(crate) async fn find(db: &Database, host_id: i64) -> Result<Option<Order>, StoreError> {
    db.find(ORDER, args![host_id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn add(db: &Database, o: &Order) -> Result<(), StoreError> {
    let values =
        args![o.host_id, &o.domain, &o.directory, &o.account_id, &o.challenge, &o.provider, o.url.as_deref(), &o.key_enc, o.started_at];
    db.batch(vec![(ADD_ORDER, values), (DROP_STEPS, args![o.host_id, o.started_at])]).await.map(drop)
}

pub(crate) async fn set_url(db: &Database, host_id: i64, url: &str) -> Result<(), StoreError> {
    db.exec(SET_ORDER_URL, args![host_id, url]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, host_id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE_ORDER, args![host_id]).await.map(drop)
}

pub(crate) async fn add_step(db: &Database, s: &Step) -> Result<(), StoreError> {
    db.exec(ADD_STEP, args![s.host_id, s.started_at, s.at, &s.step, &s.detail]).await.map(drop)
}

/// In the order they happened.
pub(crate) async fn steps(db: &Database) -> Result<Vec<Step>, StoreError> {
    let read =
        |row: &Row| Ok(Step { host_id: row.get(0)?, started_at: row.get(1)?, at: row.get(2)?, step: row.get(3)?, detail: row.get(4)? });
    db.query(STEPS, args![]).await?.iter().map(read).collect()
}
