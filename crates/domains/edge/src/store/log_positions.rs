//! `edge_log_positions`: how far the logs of an external Caddy were read. They stand beside the log rows.

use argos_caddy::Position;
use argos_store::{Database, Stmt, StoreError, Value, args};

argos_store::statements! {
    telemetry;
    GET = "edge.log_positions.get", "select inode, read_bytes, head_len, head from edge_log_positions where name = $1";
    PUT = "edge.log_positions.put",
        "insert into edge_log_positions (name, inode, read_bytes, head_len, head) values ($1, $2, $3, $4, $5)
         on conflict (name) do update set inode = excluded.inode, read_bytes = excluded.read_bytes, head_len = excluded.head_len,
           head = excluded.head";
}

/// How far a log was read.
pub(crate) async fn find(db: &Database, name: &str) -> Result<Option<Position>, StoreError> {
    // Numbers of files may use the last bit, which an i64 keeps as its sign.
    let number = |n: i64| u64::from_ne_bytes(n.to_ne_bytes());
    let row = db.find(GET, args![name]).await?;
    row.map(|row| {
        Ok(Position { inode: number(row.get(0)?), offset: number(row.get(1)?), head_len: number(row.get(2)?), head: row.get(3)? })
    })
    .transpose()
}

/// The write that remembers it, for the transaction of its lines.
pub(crate) fn put(name: &str, at: &Position) -> (Stmt, Vec<Value>) {
    let number = |n: u64| i64::from_ne_bytes(n.to_ne_bytes());
    (PUT, args![name, number(at.inode), number(at.offset), number(at.head_len), &at.head])
}
