//! `edge_bans`: what CrowdSec decided, and `edge_ban_state`: how the exchange with it stands.

use std::collections::HashMap;

use argos_kernel::Timestamp;
use argos_store::{Database, Row, Stmt, StoreError, Tx, Value, args};

use crate::model::ban::Ban;

argos_store::statements! {
    state;
    ENDS = "edge.bans.ends", "select id, until from edge_bans";
    ENFORCED = "edge.bans.enforced",
        "select value, until from edge_bans where kind = 'ban' and low is not null and until > $1";
    LIST = "edge.bans.list",
        "select id, origin, kind, scope, value, scenario, until from edge_bans
         where until > $1 and (cast($2 as text) is null or lower(value) like $2 escape '!' or lower(scenario) like $2 escape '!')
           and (cast($3 as text) is null or lower(scope) = $3) and (cast($4 as text) is null or origin = $4)
         order by id desc limit $5 offset $6";
    COUNT = "edge.bans.count",
        "select count(*) from edge_bans
         where until > $1 and (cast($2 as text) is null or lower(value) like $2 escape '!' or lower(scenario) like $2 escape '!')
           and (cast($3 as text) is null or lower(scope) = $3) and (cast($4 as text) is null or origin = $4)";
    GET = "edge.bans.get", "select id, origin, kind, scope, value, scenario, until from edge_bans where id = $1";
    COVERING = "edge.bans.covering",
        "select id, origin, kind, scope, value, scenario, until from edge_bans
         where until > $1 and kind = 'ban' and low <= $2 and high >= $3 order by low desc, high, id";
    GROUPS = "edge.bans.groups",
        "select origin, scope, scenario, count(*) from edge_bans where until > $1 group by origin, scope, scenario";
    VALUES = "edge.bans.values_of_origin", "select origin, count(distinct value) from edge_bans where until > $1 group by origin";
    PUT = "edge.bans.put",
        "insert into edge_bans (id, origin, kind, scope, value, scenario, until, low, high) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (id) do update set origin = excluded.origin, kind = excluded.kind, scope = excluded.scope, value = excluded.value,
           scenario = excluded.scenario, until = excluded.until, low = excluded.low, high = excluded.high";
    DELETE = "edge.bans.delete", "delete from edge_bans where id = $1";
    DELETE_ORIGIN = "edge.bans.delete_origin", "delete from edge_bans where origin = $1";
    CLEAR = "edge.bans.clear", "delete from edge_bans";
    PURGE = "edge.bans.purge", "delete from edge_bans where until <= $1";
    STATE = "edge.ban_state.get", "select revision, source, heard_at, failures, error, machine_ok from edge_ban_state where id = 1";
    BUMP = "edge.ban_state.bump", "update edge_ban_state set revision = revision + 1 where id = 1";
    HEARD = "edge.ban_state.heard",
        "update edge_ban_state set source = $1, heard_at = $2, failures = 0, error = null where id = 1";
    FAILED = "edge.ban_state.failed",
        "update edge_ban_state set failures = failures + 1, error = $1 where id = 1 returning failures";
    MACHINE = "edge.ban_state.machine", "update edge_ban_state set machine_ok = $1 where id = 1";
    FORGET = "edge.ban_state.forget",
        "update edge_ban_state set source = null, heard_at = null, failures = 0, error = null, machine_ok = null, revision = revision + 1
         where id = 1";
}

/// Rows written in one transaction.
const CHUNK: usize = 2_000;

/// How the exchange stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) revision: i64,
    /// Whose decisions are kept; `None` = none were heard.
    pub(crate) source: Option<String>,
    pub(crate) heard_at: Option<Timestamp>,
    /// Attempts in a row that failed.
    pub(crate) failures: i64,
    pub(crate) error: Option<String>,
    /// Whether the account was accepted; `None` = nobody tried.
    pub(crate) machine_ok: Option<bool>,
}

/// Which bans a list wants; `None` = any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// In value or scenario.
    pub(crate) text: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) origin: Option<String>,
}

/// How many decisions are alike.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) origin: String,
    pub(crate) scope: String,
    pub(crate) scenario: String,
    pub(crate) count: i64,
}

fn read(row: &Row) -> Result<Ban, StoreError> {
    Ok(Ban {
        id: row.get(0)?,
        origin: row.get(1)?,
        kind: row.get(2)?,
        scope: row.get(3)?,
        value: row.get(4)?,
        scenario: row.get(5)?,
        until: row.get(6)?,
    })
}

fn hex(bits: u128) -> String {
    format!("{bits:032x}")
}

fn put_args(ban: &Ban) -> Vec<Value> {
    let span = ban.range().map(|range| range.span());
    let (low, high) = (span.map(|s| hex(s.0)), span.map(|s| hex(s.1)));
    args![ban.id, &ban.origin, &ban.kind, &ban.scope, &ban.value, &ban.scenario, ban.until, low, high]
}

fn filters(now: Timestamp, wanted: &Wanted) -> (Timestamp, Option<String>, Option<String>, Option<String>) {
    let like = |text: &String| {
        let escaped: String = text.to_lowercase().chars().flat_map(|c| if "%_!".contains(c) { vec!['!', c] } else { vec![c] }).collect();
        format!("%{escaped}%")
    };
    (now, wanted.text.as_ref().map(like), wanted.scope.as_ref().map(|s| s.to_lowercase()), wanted.origin.clone())
}

/// The end of every kept decision, by id.
pub(crate) async fn ends(db: &Database) -> Result<HashMap<i64, Timestamp>, StoreError> {
    db.query(ENDS, args![]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// What is enforced now: texts of ranges with their ends.
pub(crate) async fn enforced(db: &Database, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
    db.query(ENFORCED, args![now]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(crate) async fn list(db: &Database, now: Timestamp, wanted: &Wanted, page: (i64, i64)) -> Result<(Vec<Ban>, i64), StoreError> {
    let (now, text, scope, origin) = filters(now, wanted);
    let rows = db.query(LIST, args![now, text.clone(), scope.clone(), origin.clone(), page.0, page.1]).await?;
    let total = db.one(COUNT, args![now, text, scope, origin]).await?.get(0)?;
    Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
}

pub(crate) async fn find(db: &Database, id: i64) -> Result<Option<Ban>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

/// Bans that meet every address of a range, the narrowest first.
pub(crate) async fn covering(db: &Database, now: Timestamp, (low, high): (u128, u128)) -> Result<Vec<Ban>, StoreError> {
    db.query(COVERING, args![now, hex(low), hex(high)]).await?.iter().map(read).collect()
}

pub(crate) async fn groups(db: &Database, now: Timestamp) -> Result<Vec<Group>, StoreError> {
    let rows = db.query(GROUPS, args![now]).await?;
    let group = |row: &Row| Ok(Group { origin: row.get(0)?, scope: row.get(1)?, scenario: row.get(2)?, count: row.get(3)? });
    rows.iter().map(group).collect()
}

/// How many addresses and ranges each origin has banned: a part that was reported twice is one.
pub(crate) async fn values_of_origins(db: &Database, now: Timestamp) -> Result<HashMap<String, i64>, StoreError> {
    db.query(VALUES, args![now]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Writes and removes decisions, a part at a time, and tells that they changed.
pub(crate) async fn change(db: &Database, put: &[Ban], gone: &[i64]) -> Result<(), StoreError> {
    let puts = put.iter().map(|ban| (PUT, put_args(ban)));
    let mut work = puts.chain(gone.iter().map(|id| (DELETE, args![*id])));
    loop {
        let mut part: Vec<(Stmt, Vec<Value>)> = work.by_ref().take(CHUNK).collect();
        if part.is_empty() {
            return Ok(());
        }
        part.push((BUMP, args![]));
        db.batch(part).await?;
    }
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(DELETE, args![id]).await?;
    bump(tx).await
}

/// Removes what one origin decided.
pub(crate) async fn delete_origin(tx: &mut Tx, origin: &str) -> Result<(), StoreError> {
    tx.exec(DELETE_ORIGIN, args![origin]).await?;
    bump(tx).await
}

/// Removes what is over.
pub(crate) async fn purge(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    db.exec(PURGE, args![now]).await
}

pub(crate) async fn bump(tx: &mut Tx) -> Result<(), StoreError> {
    tx.exec(BUMP, args![]).await.map(drop)
}

pub(crate) async fn exchange(db: &Database) -> Result<Exchange, StoreError> {
    let row = db.one(STATE, args![]).await?;
    Ok(Exchange {
        revision: row.get(0)?,
        source: row.get(1)?,
        heard_at: row.get(2)?,
        failures: row.get(3)?,
        error: row.get(4)?,
        machine_ok: row.get(5)?,
    })
}

/// CrowdSec answered.
pub(crate) async fn heard(tx: &mut Tx, source: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(HEARD, args![source, now]).await.map(drop)
}

/// It did not; how often in a row.
pub(crate) async fn failed(tx: &mut Tx, why: &str) -> Result<i64, StoreError> {
    tx.one(FAILED, args![why]).await?.get(0)
}

/// Whether CrowdSec takes the account; `None` = it is a new one that nobody tried.
pub(crate) async fn machine(tx: &mut Tx, is_ok: Option<bool>) -> Result<(), StoreError> {
    tx.exec(MACHINE, args![is_ok]).await.map(drop)
}

/// Drops all that was heard.
pub(crate) async fn forget(tx: &mut Tx) -> Result<(), StoreError> {
    tx.exec(CLEAR, args![]).await?;
    tx.exec(FORGET, args![]).await.map(drop)
}
