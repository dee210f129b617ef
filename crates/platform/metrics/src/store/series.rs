//! The identity of series, and how far each is sealed.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, args};

use crate::registry::{SeriesSpec, labels_json};

argos_store::statements! {
    telemetry;
    LIST = "metrics.series.list",
        "select id, metric, labels, unit, kind, sealed_seq, last_at, last_value from series order by id";
    INSERT = "metrics.series.insert",
        "insert into series (metric, labels, unit, kind, source, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (metric, labels) do nothing";
    FIND = "metrics.series.find", "select id from series where metric = $1 and labels = $2";
    SEALED = "metrics.series.sealed", "update series set sealed_seq = $2, last_at = $3, last_value = $4 where id = $1";
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Row>, StoreError> {
    db.query(LIST, args![]).await
}

/// The id of the series, made when it is new.
pub(crate) async fn ensure(db: &Database, spec: &SeriesSpec, now: Timestamp) -> Result<i64, StoreError> {
    let labels = labels_json(&spec.labels);
    let mut tx = db.begin().await?;
    tx.exec(INSERT, args![spec.metric.as_str(), labels.as_str(), spec.unit, spec.kind_word(), spec.source, now]).await?;
    let id = tx.one(FIND, args![spec.metric.as_str(), labels]).await?.get(0)?;
    tx.commit().await?;
    Ok(id)
}
