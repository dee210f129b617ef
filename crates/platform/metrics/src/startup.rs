//! Opening: the stored series, and the write-ahead rows whose points are in no chunk.

use std::collections::HashMap;
use std::sync::Arc;

use argos_kernel::{Clock, Result};
use argos_store::Store;

use crate::engine::Metrics;
use crate::store::{points, series};

impl Metrics {
    /// Loads the series and replays the write-ahead table.
    pub async fn open(store: &Store, clock: Arc<dyn Clock>) -> Result<Self> {
        let metrics = Self::over(store.telemetry.clone(), clock);
        let mark = points::mark(&metrics.0.db).await?;
        // By stored id: the last write-ahead row whose points of the series are in chunks.
        let mut sealed = HashMap::new();
        for found in series::list(&metrics.0.db).await? {
            sealed.insert(found.info.row, found.sealed_seq);
            metrics.register(found.info, found.last);
        }
        let rows = points::wal_rows(&metrics.0.db, 0, mark.last).await?;
        metrics.take_in(&rows, |seq, row| sealed.get(&row).is_some_and(|done| seq > *done));
        metrics.heads().heard(mark);
        Ok(metrics)
    }
}
