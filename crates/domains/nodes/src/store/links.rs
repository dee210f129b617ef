//! What processes of one PostgreSQL tell each other of their nodes: `node_links`, `node_feeds`, `node_calls`.

use argos_kernel::Timestamp;
use argos_store::{Database, Stmt, StoreError, Tx, Value, args};

argos_store::statements! {
    state;
    CLAIM = "nodes.links.claim", "insert into node_links (node_id, seq, replica) values ($1, 1, $2)
        on conflict (node_id) do update set seq = node_links.seq + 1, replica = excluded.replica returning seq";
    RELEASE = "nodes.links.release", "update node_links set replica = '' where node_id = $1 and seq = $2 and replica = $3";
    FORGET = "nodes.links.forget", "delete from node_links where node_id = $1";
    LINKS = "nodes.links.list", "select node_id, seq, replica from node_links where replica <> ''";
    FEED = "nodes.feeds.put", "insert into node_feeds (replica, part, beat, body) values ($1, $2, $3, $4)
        on conflict (replica, part) do update set beat = excluded.beat, body = excluded.body";
    FEED_REST = "nodes.feeds.rest", "delete from node_feeds where replica = $1 and part >= $2";
    FEEDS = "nodes.feeds.list", "select replica, beat, body from node_feeds where replica <> $1 order by replica, part";
    CALL = "nodes.calls.insert", "insert into node_calls (id, replica, taken, request, answer, created_at) values ($1, $2, $3, $4, null, $5)";
    TAKE = "nodes.calls.take", "update node_calls set taken = $2 where replica = $1 and taken = $3 returning id, request";
    ANSWER = "nodes.calls.answer", "update node_calls set answer = $2 where id = $1";
    ANSWERED = "nodes.calls.answered", "select id from node_calls where answer is not null";
    TAKE_ANSWER = "nodes.calls.take_answer", "delete from node_calls where id = $1 and answer is not null returning answer";
    DROP_CALL = "nodes.calls.drop", "delete from node_calls where id = $1";
    PURGE = "nodes.calls.purge", "delete from node_calls where created_at < $1";
}

/// The process that has a node, and the number of this connection among all of the node. A row lives as long as its node,
/// so a number is never given twice.
pub(crate) struct Link {
    pub(crate) node_id: String,
    pub(crate) seq: i64,
    pub(crate) replica: String,
}

/// Writes that a process has the node now; the number that tells this connection from the ones before.
pub(crate) async fn claim(tx: &mut Tx, node: &str, replica: &str) -> Result<i64, StoreError> {
    tx.one(CLAIM, args![node, replica]).await?.get(0)
}
/// Nobody has it any more; false when somebody has it since.
pub(crate) async fn release(db: &Database, link: &Link) -> Result<bool, StoreError> {
    Ok(db.exec(RELEASE, args![&link.node_id, link.seq, &link.replica]).await? == 1)
}
pub(crate) async fn release_in(tx: &mut Tx, link: &Link) -> Result<bool, StoreError> {
    Ok(tx.exec(RELEASE, args![&link.node_id, link.seq, &link.replica]).await? == 1)
}
pub(crate) async fn forget_node(tx: &mut Tx, node: &str) -> Result<(), StoreError> {
    tx.exec(FORGET, args![node]).await.map(drop)
}
pub(crate) async fn links(db: &Database) -> Result<Vec<Link>, StoreError> {
    let rows = db.query(LINKS, args![]).await?;
    rows.iter().map(|row| Ok(Link { node_id: row.get(0)?, seq: row.get(1)?, replica: row.get(2)? })).collect()
}

/// The statements that show what a process knows of its nodes, in parts.
pub(crate) fn feed(replica: &str, beat: i64, parts: Vec<String>) -> Vec<(Stmt, Vec<Value>)> {
    let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let put = (0..count).zip(parts).map(|(part, body)| (FEED, args![replica, part, beat, body]));
    put.chain([(FEED_REST, args![replica, count])]).collect()
}
pub(crate) async fn end_feed(db: &Database, replica: &str) -> Result<(), StoreError> {
    db.exec(FEED_REST, args![replica, 0_i64]).await.map(drop)
}
/// Replica, beat and part of everybody else.
pub(crate) async fn feeds(db: &Database, except: &str) -> Result<Vec<(String, i64, String)>, StoreError> {
    db.query(FEEDS, args![except]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

pub(crate) async fn call(db: &Database, id: &str, replica: &str, request: &str, at: Timestamp) -> Result<(), StoreError> {
    db.exec(CALL, args![id, replica, false, request, at]).await.map(drop)
}
/// Id and request of what this process is asked; each is handed out once.
pub(crate) async fn take_calls(db: &Database, replica: &str) -> Result<Vec<(String, String)>, StoreError> {
    let mut tx = db.begin().await?;
    let rows = tx.query(TAKE, args![replica, true, false]).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
pub(crate) async fn answer(db: &Database, id: &str, answer: &str) -> Result<(), StoreError> {
    db.exec(ANSWER, args![id, answer]).await.map(drop)
}
/// Calls that are answered, of whomever.
pub(crate) async fn answered(db: &Database) -> Result<Vec<String>, StoreError> {
    db.query(ANSWERED, args![]).await?.iter().map(|row| row.get(0)).collect()
}
/// The answer to a call, which ends with it; `None` while there is none.
pub(crate) async fn take_answer(db: &Database, id: &str) -> Result<Option<String>, StoreError> {
    let mut tx = db.begin().await?;
    let row = tx.find(TAKE_ANSWER, args![id]).await?;
    tx.commit().await?;
    row.map(|row| row.get(0)).transpose()
}
pub(crate) async fn drop_call(db: &Database, id: &str) -> Result<(), StoreError> {
    db.exec(DROP_CALL, args![id]).await.map(drop)
}
/// Removes calls whose asker is gone.
pub(crate) async fn purge_calls(db: &Database, before: Timestamp) -> Result<(), StoreError> {
    db.exec(PURGE, args![before]).await.map(drop)
}
