//! Opening: the stored series, and the write-ahead rows whose points are in no chunk.

use std::collections::HashMap;
use std::sync::Arc;

use argos_kernel::{Clock, Result};
use argos_store::{Row, Store, StoreError};
use argos_tschunk::Point;

use crate::engine::Metrics;
use crate::registry::{KindOf, SeriesInfo, parse_labels};
use crate::store::{points, series};
use crate::wal;

impl Metrics {
    /// Loads the series and replays the write-ahead table.
    pub async fn open(store: &Store, clock: Arc<dyn Clock>) -> Result<Self> {
        let metrics = Self::over(store.telemetry.clone(), clock);
        // By stored id: the last write-ahead row whose points of the series are in chunks.
        let mut sealed = HashMap::new();
        for row in series::list(&metrics.0.db).await? {
            let (info, sealed_seq, last) = stored(&row)?;
            sealed.insert(info.row, sealed_seq);
            metrics.register(info, last);
        }
        metrics.replay(&sealed).await?;
        Ok(metrics)
    }

    async fn replay(&self, sealed: &HashMap<i64, i64>) -> Result<()> {
        let rows = points::wal_rows(&self.0.db).await?;
        let newest = rows.last().map(|(seq, _)| *seq).max(sealed.values().copied().max()).unwrap_or(0);
        let registry = self.registry();
        let mut heads = self.heads();
        heads.begin_at(newest.saturating_add(1));
        for (seq, body) in rows {
            let Some(list) = wal::decode(&body) else {
                tracing::error!(seq, "a write-ahead row of the metrics is damaged and was skipped");
                continue;
            };
            for p in list {
                let in_chunk = sealed.get(&p.row).is_none_or(|done| seq <= *done);
                if let (false, Some(id)) = (in_chunk, registry.by_row(p.row)) {
                    heads.replay(id, Point::new(p.t, p.v), seq);
                }
            }
        }
        Ok(())
    }
}

/// A row of the series list: the series, how far it is sealed, and its latest sealed reading.
fn stored(row: &Row) -> Result<(SeriesInfo, i64, Option<Point>), StoreError> {
    let kind = if row.get::<String>(4)? == "counter" { KindOf::Counter } else { KindOf::Gauge };
    let labels = parse_labels(&row.get::<String>(2)?);
    let info = SeriesInfo { metric: row.get(1)?, labels, unit: row.get(3)?, kind, row: row.get(0)? };
    let last = row.get::<Option<i64>>(6)?.zip(row.get::<Option<f64>>(7)?).map(|(t, v)| Point::new(t, v));
    Ok((info, row.get(5)?, last))
}
