//! The queues: pending rows are the truth, one task per channel works on its due rows in order, so a slow target holds
//! up nobody else. After a crash the rows are still there; each carries an id receivers can tell a repetition by.

use std::sync::PoisonError;
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Tasks};

use super::digest;
use crate::Notify;
use crate::store::{channels, deliveries};

/// The dispatcher looks this often even when nobody wakes it.
const LOOK_EVERY: Duration = Duration::from_secs(30);

pub(crate) async fn dispatch(notify: Notify, tasks: Tasks, stop: Shutdown) -> Result<()> {
    loop {
        let mut wait = LOOK_EVERY;
        let now = notify.now();
        for (channel_id, due) in deliveries::queues(notify.db()).await? {
            let ahead_us = due.micros() - now.micros();
            if ahead_us > 0 {
                wait = wait.min(Duration::from_micros(ahead_us.unsigned_abs()));
            } else if let Some(turn) = Turn::take(&notify, channel_id) {
                tasks.once("notify.channel", drain(turn, stop.clone()));
            }
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            () = notify.0.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// The right to work on one channel's queue. Given back however the work ends.
struct Turn {
    notify: Notify,
    channel_id: i64,
}

impl Turn {
    fn take(notify: &Notify, channel_id: i64) -> Option<Self> {
        let fresh = notify.0.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(channel_id);
        fresh.then(|| Self { notify: notify.clone(), channel_id })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.notify.0.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.channel_id);
        // Rows that came in the meantime, and the next retry time.
        self.notify.0.wake.notify_one();
    }
}

async fn drain(turn: Turn, stop: Shutdown) {
    while !stop.is_triggered() {
        match next_one(&turn.notify, turn.channel_id).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::error!(channel = turn.channel_id, error = ?error, "a queued notification could not be worked on");
                // The store is away; the row stays pending.
                stop.sleep(Duration::from_secs(1)).await;
                return;
            }
        }
    }
}

/// Works on the oldest due row; `false` = nothing is due.
async fn next_one(notify: &Notify, channel_id: i64) -> Result<bool> {
    let Some(mut delivery) = deliveries::next(notify.db(), channel_id, notify.now()).await? else { return Ok(false) };
    let Some(channel) = channels::find(notify.db(), channel_id).await? else { return Ok(false) };
    if !channel.enabled {
        let mut tx = notify.db().begin().await?;
        deliveries::suppress(&mut tx, delivery.id, "disabled").await?;
        tx.commit().await?;
        return Ok(true);
    }
    if digest::hold(notify, &channel, &delivery).await? {
        return Ok(true);
    }
    if let Some(more) = digest::due(notify, &channel, &delivery).await? {
        digest::send(notify, &channel, more).await?;
        return Ok(true);
    }
    let outcome = notify.attempt(&channel, &mut delivery).await;
    let again = notify.pause_after(&channel, &delivery, &outcome);
    let mut tx = notify.db().begin().await?;
    notify.record(&mut tx, &channel, &delivery, &outcome, again).await?;
    tx.commit().await?;
    Ok(true)
}
