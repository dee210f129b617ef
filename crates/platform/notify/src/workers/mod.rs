//! Background work of notifying: following the event log, working on the queues, pruning.

mod digest;
mod personal_mail;
mod queues;

use std::time::Duration;

use argos_events::StartAt;
use argos_kernel::{Result, Shutdown, Tasks};

use crate::Notify;
use crate::store::{self, deliveries, inbox};

const BATCH: i64 = 200;
const INBOX_DAYS: i64 = 90;
/// Of messages to one person who has not read them.
const UNREAD_DAYS: i64 = 180;

pub(crate) fn start(notify: &Notify, tasks: &Tasks) {
    let follower = notify.clone();
    tasks.supervise("notify.events", move |stop| follow(follower.clone(), stop));
    let (dispatcher, own) = (notify.clone(), tasks.clone());
    tasks.supervise("notify.queues", move |stop| queues::dispatch(dispatcher.clone(), own.clone(), stop));
    let postman = notify.clone();
    tasks.supervise("notify.personal_mail", move |stop| personal_mail::run(postman.clone(), stop));
    let pruner = notify.clone();
    tasks.supervise("notify.prune", move |stop| prune(pruner.clone(), stop));
}

async fn follow(notify: Notify, stop: Shutdown) -> Result<()> {
    notify.refresh_redactor().await?;
    let mut consumer = notify.events().consumer("notify", StartAt::Now).await?;
    loop {
        let batch = tokio::select! {
            () = stop.wait() => return Ok(()),
            batch = consumer.next_batch(BATCH) => batch?,
        };
        notify.route_events(&batch, &consumer).await?;
    }
}

async fn prune(notify: Notify, stop: Shutdown) -> Result<()> {
    while stop.sleep(Duration::from_secs(3600)).await {
        let keep = (notify.0.parts.retention)();
        let now = notify.now();
        deliveries::end_unowned(notify.db()).await?;
        let removed = deliveries::prune(notify.db(), now.minus_secs(keep.days * 86_400), keep.max_entries).await?;
        let read = inbox::prune(notify.db(), now.minus_secs(UNREAD_DAYS * 86_400), now.minus_secs(INBOX_DAYS * 86_400)).await?;
        store::personal_mail::prune(notify.db(), now.minus_secs(INBOX_DAYS * 86_400)).await?;
        if removed + read > 0 {
            tracing::info!(deliveries = removed, inbox = read, "old notifications removed");
        }
    }
    Ok(())
}
