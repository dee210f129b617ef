//! `edge_traffic`: traffic by minute and by hour, in the telemetry database beside the lines it was counted from.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, Stmt, StoreError, Tx, Value, args};

use super::{json, text};
use crate::model::durations::Durations;
use crate::model::traffic::{Figures, HOUR_S, Key, MINUTE_S};

/// Paths that are named in the part of a minute and of an hour.
const PATHS_OF_MINUTE: usize = 50;
const PATHS_OF_HOUR: usize = 300;

macro_rules! counts {
    () => {
        "part, seconds, at, host_id, host_domain, c2xx, c3xx, c4xx, c5xx, other, forbidden, refused, filtered, bytes, micros, times"
    };
}
macro_rules! columns {
    () => {
        concat!(counts!(), ", detail")
    };
}

argos_store::statements! {
    telemetry;
    PUT = "edge.traffic.put",
        concat!("insert into edge_traffic (", columns!(), ", written)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         on conflict (part) do update set c2xx = excluded.c2xx, c3xx = excluded.c3xx, c4xx = excluded.c4xx, c5xx = excluded.c5xx,
           other = excluded.other, forbidden = excluded.forbidden, refused = excluded.refused, filtered = excluded.filtered,
           bytes = excluded.bytes, micros = excluded.micros, times = excluded.times, detail = excluded.detail, written = excluded.written");
    BETWEEN = "edge.traffic.between",
        concat!("select ", columns!(), " from edge_traffic where at >= $1 and at < $2
           and (cast($3 as bigint) is null or host_id = $3 or (host_id = 0 and host_domain = $4)) order by at, part");
    CHANGED = "edge.traffic.changed",
        concat!("select ", counts!(), ", '{}' from edge_traffic where seconds = 60 and written >= $1 and at >= $2 order by at, part");
    LIVE = "edge.traffic.live",
        "select host_id, at, cast(sum(c2xx + c3xx + c4xx + c5xx + other) as bigint), cast(sum(refused) as bigint) from edge_traffic
         where at >= $1 and seconds = 60 group by host_id, at";
    SUM = "edge.traffic.sum",
        "select cast(coalesce(sum(c2xx + c3xx + c4xx + c5xx + other), 0) as bigint), cast(coalesce(sum(forbidden), 0) as bigint),
           cast(coalesce(sum(c5xx), 0) as bigint) from edge_traffic where at >= $1";
    OLDEST = "edge.traffic.oldest", "select min(at) from edge_traffic where seconds = 60 and at < $1 and written < $2";
    MINUTES = "edge.traffic.minutes",
        concat!("select ", columns!(), " from edge_traffic where seconds = 60 and at >= $1 and at < $2 and written < $3 order by at, part");
    REMOVE = "edge.traffic.remove", "delete from edge_traffic where part = $1 and written < $2";
    PRUNE = "edge.traffic.prune", "delete from edge_traffic where at < $1";
    MARK = "edge.traffic.mark",
        "insert into edge_traffic_uncounted (name, newest) select 'lines', cast($1 as bigint)
         where not exists (select 1 from edge_traffic) on conflict (name) do nothing";
    MARKED = "edge.traffic.marked", "select newest from edge_traffic_uncounted where name = 'lines'";
    COUNTED = "edge.traffic.counted", "update edge_traffic_uncounted set newest = 0 where name = 'lines' and newest > 0";
}

/// A part as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) part: String,
    pub(crate) key: Key,
    pub(crate) figures: Figures,
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn put_as(seconds: i64, part: &str, key: &Key, figures: &Figures, now: Timestamp) -> (Stmt, Vec<Value>) {
    let [c2, c3, c4, c5, other] = figures.classes.map(number);
    let paths = if seconds == MINUTE_S { PATHS_OF_MINUTE } else { PATHS_OF_HOUR };
    let values = args![
        part,
        seconds,
        key.at_s,
        key.host_id,
        key.domain.as_str(),
        c2,
        c3,
        c4,
        c5,
        other,
        number(figures.forbidden),
        number(figures.refused),
        number(figures.filtered),
        number(figures.bytes),
        number(figures.micros),
        text(&figures.times.steps()),
        text(&figures.detail.with_paths(paths)),
        now.secs(),
    ];
    (PUT, values)
}

/// The write of a minute's part, for the transaction of its lines.
pub(crate) fn put(part: &str, key: &Key, figures: &Figures, now: Timestamp) -> (Stmt, Vec<Value>) {
    put_as(MINUTE_S, part, key, figures, now)
}

fn stored(row: &Row) -> Result<Stored, StoreError> {
    let count = |index| row.get::<i64>(index).map(|n| u64::try_from(n).unwrap_or(0));
    let key = Key { at_s: row.get(2)?, host_id: row.get(3)?, domain: row.get(4)? };
    let steps: Vec<(usize, u32)> = json(&row.get::<String>(15)?, 15)?;
    let figures = Figures {
        classes: [count(5)?, count(6)?, count(7)?, count(8)?, count(9)?],
        forbidden: count(10)?,
        refused: count(11)?,
        filtered: count(12)?,
        bytes: count(13)?,
        micros: count(14)?,
        times: Durations::of_steps(&steps),
        detail: json(&row.get::<String>(16)?, 16)?,
    };
    Ok(Stored { part: row.get(0)?, key, figures })
}

/// All parts of a time, of every site or of this one and its name.
pub(crate) async fn between(db: &Database, from_s: i64, before_s: i64, host: Option<(i64, &str)>) -> Result<Vec<Stored>, StoreError> {
    let (id, domain) = host.unzip();
    db.query(BETWEEN, args![from_s, before_s, id, domain]).await?.iter().map(stored).collect()
}

/// Minutes that were written since then, of traffic since `from_s`, without what is named one by one. What was made of minutes is
/// no news.
pub(crate) async fn changed(db: &Database, written_s: i64, from_s: i64) -> Result<Vec<Stored>, StoreError> {
    db.query(CHANGED, args![written_s, from_s]).await?.iter().map(stored).collect()
}

/// What happened at a site within a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) host_id: i64,
    pub(crate) at_s: i64,
    pub(crate) requests: i64,
    pub(crate) refused: i64,
}

/// The minutes since then.
pub(crate) async fn live(db: &Database, from_s: i64) -> Result<Vec<Live>, StoreError> {
    let rows = db.query(LIVE, args![from_s]).await?;
    rows.iter().map(|row| Ok(Live { host_id: row.get(0)?, at_s: row.get(1)?, requests: row.get(2)?, refused: row.get(3)? })).collect()
}

/// Requests since then, those refused with 403 or 429, and those answered with 5xx.
pub(crate) async fn sum(db: &Database, from_s: i64) -> Result<(i64, i64, i64), StoreError> {
    let row = db.one(SUM, args![from_s]).await?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// The oldest minute before `before_s` that nobody has written since `written_s`.
pub(crate) async fn oldest_minute(db: &Database, before_s: i64, written_s: i64) -> Result<Option<i64>, StoreError> {
    db.one(OLDEST, args![before_s, written_s]).await?.get(0)
}

/// The minutes of an hour that nobody writes any more.
pub(crate) async fn minutes(db: &Database, hour_s: i64, written_s: i64) -> Result<Vec<Stored>, StoreError> {
    db.query(MINUTES, args![hour_s, hour_s + HOUR_S, written_s]).await?.iter().map(stored).collect()
}

/// Puts an hour in the place of the minutes it was made of, which nobody wrote since `quiet_s`. False when another process was
/// faster, or wrote one of them since: nothing of this may be kept then.
pub(crate) async fn replace(tx: &mut Tx, minutes: &[Stored], hours: &[Stored], quiet_s: i64, now: Timestamp) -> Result<bool, StoreError> {
    for minute in minutes {
        if tx.exec(REMOVE, args![minute.part.as_str(), quiet_s]).await? == 0 {
            return Ok(false);
        }
    }
    for hour in hours {
        let (statement, values) = put_as(HOUR_S, &hour.part, &hour.key, &hour.figures, now);
        tx.exec(statement, values).await?;
    }
    Ok(true)
}

/// Removes what is older.
pub(crate) async fn prune(db: &Database, before_s: i64) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before_s]).await
}

/// Remembers the newest line that nobody counted; the first word counts, and none where counting has begun.
pub(crate) async fn mark(db: &Database, newest: i64) -> Result<(), StoreError> {
    db.exec(MARK, args![newest]).await.map(drop)
}

/// The newest line that nobody counted; `None` when all are.
pub(crate) async fn marked(db: &Database) -> Result<Option<i64>, StoreError> {
    let row = db.find(MARKED, args![]).await?;
    Ok(row.map(|row| row.get(0)).transpose()?.filter(|newest| *newest > 0))
}

/// Stores what was counted of the lines before the mark, each with the seconds it is of, and takes the mark away. It is written
/// as of long ago: old traffic is no news, and its minutes may become hours at once.
pub(crate) async fn count_marked(db: &Database, all: &[(i64, Stored)]) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    // Another process may have counted them meanwhile.
    if tx.exec(COUNTED, args![]).await? == 0 {
        return Ok(());
    }
    for (seconds, own) in all {
        let (statement, values) = put_as(*seconds, &own.part, &own.key, &own.figures, Timestamp::from_secs(0));
        tx.exec(statement, values).await?;
    }
    tx.commit().await
}
