//! Hands sites and pools to the inventory whenever something worth showing changed, at most every second.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown};

use crate::model::things;
use crate::service::Edge;
use crate::store;

const PAUSE: Duration = Duration::from_secs(1);
/// Other processes' changes wake nobody here.
const AT_LATEST: Duration = Duration::from_secs(30);

pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let mut changes = edge.changes.subscribe();
    let db = &edge.platform.store.state;
    loop {
        changes.mark_unchanged();
        let desired = store::desired::load(db).await?;
        let down: HashSet<i64> = store::states::list(db).await?.into_iter().filter(|t| t.unhealthy).map(|t| t.target_id).collect();
        edge.platform.inventory.feed(things::feed(&desired, |id| down.contains(&id))).await?;
        if !stop.sleep(PAUSE).await {
            return Ok(());
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            () = tokio::time::sleep(AT_LATEST) => {}
            changed = changes.changed() => if changed.is_err() { return Ok(()) },
        }
    }
}
