//! The identity of series, and how far each is sealed.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, args};
use argos_tschunk::Point;

use crate::registry::{KindOf, SeriesInfo, SeriesSpec, labels_json, parse_labels};

argos_store::statements! {
    telemetry;
    LIST = "metrics.series.list",
        "select id, metric, labels, unit, kind, sealed_seq, last_at, last_value, source from series order by id";
    SEALED_SINCE = "metrics.series.sealed_since",
        "select id, metric, labels, unit, kind, sealed_seq, last_at, last_value, source from series where sealed_seq > $1 order by id";
    INSERT = "metrics.series.insert",
        "insert into series (metric, labels, unit, kind, source, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (metric, labels) do nothing";
    FIND = "metrics.series.find",
        "select id, metric, labels, unit, kind, sealed_seq, last_at, last_value, source from series where metric = $1 and labels = $2";
    SEALED = "metrics.series.sealed", "update series set sealed_seq = $2, last_at = $3, last_value = $4 where id = $1";
}

/// A stored series.
pub(crate) struct Stored {
    pub(crate) info: SeriesInfo,
    /// Points in write-ahead rows up to this one are in chunks.
    pub(crate) sealed_seq: i64,
    /// The latest reading in a chunk.
    pub(crate) last: Option<Point>,
}

fn stored(row: &Row) -> Result<Stored, StoreError> {
    let kind = if row.get::<String>(4)? == "counter" { KindOf::Counter } else { KindOf::Gauge };
    let labels = parse_labels(&row.get::<String>(2)?);
    let info = SeriesInfo { metric: row.get(1)?, labels, unit: row.get(3)?, source: row.get(8)?, kind, row: row.get(0)? };
    let last = row.get::<Option<i64>>(6)?.zip(row.get::<Option<f64>>(7)?).map(|(t, v)| Point::new(t, v));
    Ok(Stored { info, sealed_seq: row.get(5)?, last })
}

/// Every series, by id.
pub(crate) async fn list(db: &Database) -> Result<Vec<Stored>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(stored).collect()
}

/// Series that were sealed after the sealing `after`.
pub(crate) async fn sealed_since(db: &Database, after: i64) -> Result<Vec<Stored>, StoreError> {
    db.query(SEALED_SINCE, args![after]).await?.iter().map(stored).collect()
}

/// The series, made when it is new.
pub(crate) async fn ensure(db: &Database, spec: &SeriesSpec, now: Timestamp) -> Result<Stored, StoreError> {
    let labels = labels_json(&spec.labels);
    let mut tx = db.begin().await?;
    tx.exec(INSERT, args![spec.metric.as_str(), labels.as_str(), spec.unit, spec.kind_word(), spec.source, now]).await?;
    let found = stored(&tx.one(FIND, args![spec.metric.as_str(), labels]).await?)?;
    tx.commit().await?;
    Ok(found)
}
