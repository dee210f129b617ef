//! `edge_countries`: countries that are banned as lists of ranges.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};

argos_store::statements! {
    state;
    LIST = "edge.countries.list",
        "select id, country_code, cidrs, cidr_count, reason, duration, until, created_at, created_by, mmdb_version, state
         from edge_countries order by country_code";
    PUT = "edge.countries.put",
        "insert into edge_countries (country_code, cidrs, cidr_count, reason, duration, until, created_at, created_by, mmdb_version, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active')
         on conflict (country_code) do update set cidrs = excluded.cidrs, cidr_count = excluded.cidr_count, reason = excluded.reason,
           duration = excluded.duration, until = excluded.until, created_at = excluded.created_at, created_by = excluded.created_by,
           mmdb_version = excluded.mmdb_version, state = excluded.state";
    STATE = "edge.countries.state", "update edge_countries set state = $2 where country_code = $1";
    DELETE = "edge.countries.delete", "delete from edge_countries where country_code = $1";
    DELETE_ONE = "edge.countries.delete_one", "delete from edge_countries where country_code = $1 and created_at = $2";
}

/// A banned country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expansion {
    pub(crate) id: i64,
    pub(crate) country_code: String,
    pub(crate) cidrs: Vec<String>,
    pub(crate) cidr_count: i64,
    pub(crate) reason: String,
    /// As it was asked for, in Go's words.
    pub(crate) duration: String,
    pub(crate) until: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    /// Year and month of the database it was taken from.
    pub(crate) mmdb_version: String,
    /// active, drifted or expired
    pub(crate) state: String,
}

fn read(row: &Row) -> Result<Expansion, StoreError> {
    Ok(Expansion {
        id: row.get(0)?,
        country_code: row.get(1)?,
        cidrs: json(&row.get::<String>(2)?, 2)?,
        cidr_count: row.get(3)?,
        reason: row.get(4)?,
        duration: row.get(5)?,
        until: row.get(6)?,
        created_at: row.get(7)?,
        created_by: row.get(8)?,
        mmdb_version: row.get(9)?,
        state: row.get(10)?,
    })
}

/// By code.
pub(crate) async fn list(db: &Database) -> Result<Vec<Expansion>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

/// Writes a country in place of what was known of it; id and state are set here.
pub(crate) async fn put(tx: &mut Tx, e: &Expansion) -> Result<(), StoreError> {
    let cidrs = text(&e.cidrs);
    let values = args![&e.country_code, cidrs, e.cidr_count, &e.reason, &e.duration, e.until, e.created_at, &e.created_by, &e.mmdb_version];
    tx.exec(PUT, values).await.map(drop)
}

pub(crate) async fn set_state(db: &Database, code: &str, state: &str) -> Result<(), StoreError> {
    db.exec(STATE, args![code, state]).await.map(drop)
}

/// Takes back what was written at this time; what was written since stays.
pub(crate) async fn delete_one(db: &Database, code: &str, created_at: Timestamp) -> Result<(), StoreError> {
    db.exec(DELETE_ONE, args![code, created_at]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, code: &str) -> Result<(), StoreError> {
    tx.exec(DELETE, args![code]).await.map(drop)
}
