//! Sending a delivery again by hand: past throttle and rate, up to three fresh attempts within thirty seconds.

use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_kernel::{Actor, AppError, Result};
use tokio::time::Instant;

use crate::Notify;
use crate::delivery::Outcome;
use crate::store::channels;
use crate::store::deliveries::{self, Delivery};

/// Longest time a caller waits.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn not_found() -> AppError {
    AppError::not_found("delivery not found")
}

impl Notify {
    /// One of the instance; `of_organizations`: also when it tells of an event of one.
    pub(crate) async fn get_delivery(&self, id: i64, of_organizations: bool) -> Result<Delivery> {
        deliveries::find(self.db(), id, of_organizations).await?.ok_or_else(not_found)
    }

    pub(crate) async fn retry_delivery(&self, actor: &Actor, id: i64, of_organizations: bool) -> Result<Delivery> {
        let mut delivery = self.get_delivery(id, of_organizations).await?;
        let channel = match delivery.channel_id {
            Some(channel) => channels::find(self.db(), channel).await?,
            None => None,
        };
        let channel = channel.ok_or_else(|| AppError::internal("the channel of the delivery is gone").code("channel_gone"))?;
        // The queue leaves a pending row alone meanwhile.
        let window = i64::try_from(LIMIT.as_secs() * 2).unwrap_or(60);
        deliveries::hold(self.db(), id, self.now().plus_secs(window)).await?;
        let deadline = Instant::now() + LIMIT;
        delivery.attempts = 0;
        let outcome = loop {
            let before = delivery.clone();
            let Ok(outcome) = tokio::time::timeout_at(deadline, self.attempt(&channel, &mut delivery)).await else {
                delivery = Delivery { attempts: before.attempts + 1, error: Some("timed out".to_owned()), ..before };
                break Outcome::Lost { error: "timed out".to_owned(), http_status: None };
            };
            match self.0.parts.retry.pause(delivery.attempts, None, &*self.0.parts.rng).filter(|_| matches!(outcome, Outcome::Again { .. }))
            {
                Some(pause) if Instant::now() + pause < deadline => tokio::time::sleep(pause).await,
                _ => break outcome,
            }
        };
        let mut change = self.0.parts.audit.begin(actor).await?;
        self.record(&mut change, &channel, &delivery, &outcome, None).await?;
        let status = if outcome.error().is_none() { Status::Success } else { Status::Failure };
        let entry = Entry::new("notification_delivery.retry", Category::Action)
            .target("notification_delivery", id)
            .describe(format!("Notification {id} sent again to {}", channel.name))
            .status(status);
        change.commit(entry).await?;
        self.get_delivery(id, of_organizations).await
    }
}
