//! `power_marks`: what is done once in the life of an installation.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, args};

argos_store::statements! {
    state;
    GET = "power.marks.get", "select at from power_marks where name = $1";
    PUT = "power.marks.put", "insert into power_marks (name, at) values ($1, $2) on conflict (name) do nothing";
}

pub(crate) async fn is_set(db: &Database, name: &str) -> Result<bool, StoreError> {
    Ok(db.find(GET, args![name]).await?.is_some())
}

pub(crate) async fn set(db: &Database, name: &str, at: Timestamp) -> Result<(), StoreError> {
    db.exec(PUT, args![name, at]).await.map(drop)
}
