//! Looks whether CrowdSec runs what is wanted of it, and writes the wishes again that its shared directory lost.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown};

use crate::service::Edge;

const LOOK: Duration = Duration::from_secs(60);

pub(super) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let mut settings = edge.platform.settings.watch();
    let mut lasts = false;
    loop {
        settings.mark_unchanged();
        edge.write_wishes().await;
        let found = edge.note_drift(lasts).await?;
        tokio::select! {
            () = stop.wait() => return Ok(()),
            // A wish that changed is compared at once, and is no difference that lasts.
            changed = settings.changed() => { if changed.is_err() { return Ok(()) } lasts = lasts && found; }
            () = tokio::time::sleep(LOOK) => lasts = found,
        }
    }
}
