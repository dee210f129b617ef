//! `edge_notices`: what people were told of a site.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    FIND = "edge.notices.get", "select mark, level, told_at from edge_notices where host_id = $1 and kind = $2";
    PUT = "edge.notices.put",
        "insert into edge_notices (host_id, kind, mark, level, told_at) values ($1, $2, $3, $4, $5)
         on conflict (host_id, kind) do update set mark = excluded.mark, level = excluded.level, told_at = excluded.told_at";
}

/// What was told last: of which state, how far, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) mark: String,
    pub(crate) level: i64,
    pub(crate) told_at: Timestamp,
}

pub(crate) async fn find(db: &Database, host_id: i64, kind: &str) -> Result<Option<Notice>, StoreError> {
    let row = db.find(FIND, args![host_id, kind]).await?;
    row.map(|row| Ok(Notice { mark: row.get(0)?, level: row.get(1)?, told_at: row.get(2)? })).transpose()
}

pub(crate) async fn put(tx: &mut Tx, host_id: i64, kind: &str, notice: &Notice) -> Result<(), StoreError> {
    tx.exec(PUT, args![host_id, kind, notice.mark.as_str(), notice.level, notice.told_at]).await.map(drop)
}
