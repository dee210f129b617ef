//! Hands the devices to the inventory whenever something it shows changed, looked at every second at most. Samples
//! alone change nothing there, so most looks end with a comparison.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown};
use tokio::time::Instant;

use crate::model::things;
use crate::service::{Live, Power, status_word};

const PAUSE: Duration = Duration::from_secs(1);
/// Silence is a change too, and wakes nobody.
const AT_LATEST: Duration = Duration::from_secs(15);
/// Handed over even when nothing seems new: the inventory may have lost something that a person removed by hand.
const ANEW: Duration = Duration::from_secs(600);

pub(crate) async fn run(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    let mut changes = power.changes.subscribe();
    let mut handed: Option<(u64, Instant)> = None;
    loop {
        let now = fingerprint(power.lives().values());
        if handed.is_none_or(|(before, at)| before != now || at.elapsed() >= ANEW) {
            let feed = {
                let lives = power.lives();
                things::feed(lives.values().map(|l| (&l.device, status_word(l), &l.state)))
            };
            power.platform.inventory.feed(feed).await?;
            handed = Some((now, Instant::now()));
        }
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

/// Differs when the feed would. What a person writes moves `updated_at`.
fn fingerprint<'a>(lives: impl Iterator<Item = &'a Live>) -> u64 {
    let mut hash = DefaultHasher::new();
    for live in lives {
        let d = &live.device;
        let (_, word) = things::status(status_word(live), &live.state);
        (&d.id, d.updated_at.micros(), word, &d.model, &d.manufacturer, &d.serial, &d.firmware).hash(&mut hash);
    }
    hash.finish()
}
