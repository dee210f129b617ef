//! Hands the devices to the inventory whenever something worth showing changed, at most every second.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown};

use crate::model::things;
use crate::service::{Power, status_word};

const PAUSE: Duration = Duration::from_secs(1);
/// Silence is a change too, and wakes nobody.
const AT_LATEST: Duration = Duration::from_secs(15);

pub(crate) async fn run(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    let mut changes = power.changes.subscribe();
    loop {
        let feed = {
            let lives = power.lives();
            things::feed(lives.values().map(|l| (&l.device, status_word(l), &l.state)))
        };
        power.platform.inventory.feed(feed).await?;
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
