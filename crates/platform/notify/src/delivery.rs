//! One attempt to deliver, and recording how it ended. The network is never touched inside a transaction.

use std::time::Duration;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Role, Severity, Timestamp};
use argos_store::Tx;
use serde_json::json;

use crate::Notify;
use crate::model::channel::Channel;
use crate::model::envelope::Envelope;
use crate::model::in_app::InApp;
use crate::model::wire::{Notice, Parcel, parcel};
use crate::pipeline::level;
use crate::store::deliveries::{self, Delivery};
use crate::store::inbox::{self, NewInboxItem};
use crate::store::{channels, rules};

/// Failed deliveries in a row after which a channel is no longer trusted.
const FAILURES_MAX: i64 = 10;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Arrived {
        http_status: Option<u16>,
        /// What the receiver said, where that is known to be harmless.
        answer: Option<String>,
    },
    /// Into somebody's inbox; written with the outcome.
    InApp(InApp),
    /// Worth another attempt.
    Again {
        error: String,
        http_status: Option<u16>,
        retry_after: Option<Duration>,
    },
    Lost {
        error: String,
        http_status: Option<u16>,
    },
    /// Nothing was sent: the template or the configuration is at fault. Not counted as an attempt.
    Unsendable {
        error: String,
    },
}

impl Outcome {
    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Self::Arrived { .. } | Self::InApp(_) => None,
            Self::Again { error, .. } | Self::Lost { error, .. } | Self::Unsendable { error } => Some(error),
        }
    }
    pub(crate) fn answer(&self) -> Option<&str> {
        match self {
            Self::Arrived { answer, .. } => answer.as_deref(),
            _ => None,
        }
    }
    pub(crate) fn http_status(&self) -> Option<u16> {
        match self {
            Self::Arrived { http_status, .. } | Self::Again { http_status, .. } | Self::Lost { http_status, .. } => *http_status,
            Self::InApp(_) | Self::Unsendable { .. } => None,
        }
    }
}

impl Notify {
    /// Renders and sends once. Returns what was rendered and how it ended.
    pub(crate) async fn send(&self, channel: &Channel, envelope: &Envelope, delivery_uid: &str) -> (String, Outcome) {
        let unsendable = |error: String| (String::new(), Outcome::Unsendable { error });
        let config = match self.open_config(channel) {
            Ok(config) => config,
            Err(error) => return unsendable(error.message().to_owned()),
        };
        let providers = (self.0.parts.providers)();
        let notice = Notice {
            envelope,
            template: &channel.template,
            origin: &channel.origin,
            delivery: delivery_uid,
            now_s: self.now().secs(),
            providers: &providers,
        };
        let (shown, parcel) = match parcel(&config, &notice) {
            Ok(made) => made,
            Err(error) => return unsendable(error),
        };
        let outcome = match parcel {
            Parcel::Inbox(target) => Outcome::InApp(target),
            Parcel::Http { requests, judge } => self.send_http(requests, judge).await,
            Parcel::Mail { mail, target } => self.send_mail(&mail, &target).await,
            Parcel::Mqtt { broker, topic, payload, retain } => {
                self.send_mqtt(&broker, &topic, &payload, retain, &format!("argos-{delivery_uid}")).await
            }
            Parcel::Push { payload } => self.send_push(&payload, &providers.contact).await,
        };
        // A form may carry a token.
        (self.0.parts.vault.redactor().text(&shown).into_owned(), outcome)
    }

    /// One attempt for a stored delivery; fills in what was rendered, the count and the error.
    pub(crate) async fn attempt(&self, channel: &Channel, delivery: &mut Delivery) -> Outcome {
        let Ok(envelope) = serde_json::from_str::<Envelope>(&delivery.event_payload) else {
            return Outcome::Unsendable { error: "the stored event cannot be read".to_owned() };
        };
        let own = match self.rule_template(delivery.rule_id).await {
            Ok(own) => own,
            Err(error) => return Outcome::Again { error: error.message().to_owned(), http_status: None, retry_after: None },
        };
        let by_rule = own.map(|template| Channel { template, ..channel.clone() });
        let (rendered, outcome) = self.send(by_rule.as_ref().unwrap_or(channel), &envelope, &delivery.uid.to_string()).await;
        if !rendered.is_empty() {
            delivery.rendered_payload = rendered;
        }
        if !matches!(outcome, Outcome::Unsendable { .. }) {
            delivery.attempts += 1;
        }
        delivery.http_status = outcome.http_status().map(i64::from);
        delivery.error = outcome.error().map(str::to_owned);
        outcome
    }

    /// The template of the rule that asked for it, where it has one.
    async fn rule_template(&self, rule_id: Option<i64>) -> Result<Option<String>> {
        let Some(id) = rule_id else { return Ok(None) };
        Ok(rules::find(self.db(), id).await?.and_then(|r| r.template))
    }

    /// When to try again, if at all.
    pub(crate) fn pause_after(&self, channel: &Channel, delivery: &Delivery, outcome: &Outcome) -> Option<Duration> {
        match outcome {
            Outcome::Again { retry_after, .. } => {
                let age_s = self.now().secs_since(delivery.created_at);
                // News of a recovery and small things are soon worth nothing.
                let is_minor = delivery.severity <= Severity::Info;
                channel.retry.pause(self.0.parts.retry, delivery.attempts, age_s, is_minor, *retry_after, &*self.0.parts.rng)
            }
            _ => None,
        }
    }

    /// Writes how a delivery ended, or when it is tried again.
    pub(crate) async fn record(
        &self,
        tx: &mut Tx,
        channel: &Channel,
        delivery: &Delivery,
        outcome: &Outcome,
        again: Option<Duration>,
    ) -> Result<()> {
        let now = self.now();
        match outcome {
            Outcome::Arrived { .. } => self.record_sent(tx, channel, delivery, now).await,
            Outcome::InApp(target) => {
                self.write_inbox(tx, target, delivery, now).await?;
                self.record_sent(tx, channel, delivery, now).await
            }
            _ => match again {
                Some(pause) => {
                    let pause_us = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
                    let next_at = Timestamp::from_micros(now.micros().saturating_add(pause_us));
                    Ok(deliveries::retry(tx, delivery, next_at).await?)
                }
                None => self.record_failed(tx, channel, delivery).await,
            },
        }
    }

    async fn record_sent(&self, tx: &mut Tx, channel: &Channel, delivery: &Delivery, now: Timestamp) -> Result<()> {
        deliveries::sent(tx, delivery, now).await?;
        Ok(channels::note_sent(tx, channel.id, now).await?)
    }

    async fn record_failed(&self, tx: &mut Tx, channel: &Channel, delivery: &Delivery) -> Result<()> {
        deliveries::failed(tx, delivery).await?;
        let error = delivery.error.as_deref().unwrap_or("unknown");
        // Two broken channels would tell each other of their failures for ever.
        if delivery.event_type == "notification.failed" {
            return channels::note_failed(tx, channel.id).await.map(drop).map_err(Into::into);
        }
        let mut event = NewEvent::new(Source::Platform, "notification.failed", format!("Notification to {} failed: {error}", channel.name))
            .subject("notification_channel", channel.id, channel.name.as_str())
            .data(json!({ "channel": channel.name, "channel_id": channel.id, "delivery_id": delivery.id, "error": error }));
        (event.organization_id, event.project_id) = (channel.organization_id, channel.project_id);
        let event_id = self.events().publish(tx, event).await?;
        if channels::note_failed(tx, channel.id).await? == Some(FAILURES_MAX) {
            channels::set_verified(tx, channel.id, false).await?;
            // An organization's channel is told to those of its members who set such up.
            let readers: Vec<Option<i64>> = match channel.organization_id {
                Some(id) => self.0.parts.readers.who_may(id, "org:manage_settings").await?.into_iter().map(Some).collect(),
                None => vec![None],
            };
            let item = |user_id: Option<i64>| NewInboxItem {
                uid: self.mint(),
                user_id,
                role: Some(Role::Admin).filter(|_| channel.is_of_instance()),
                organization_id: channel.organization_id,
                kind: "notification".to_owned(),
                level: level(Severity::Error),
                title: format!("Channel {} does not work", channel.name),
                message: format!("{FAILURES_MAX} notifications in a row failed; the last one: {error}"),
                action_url: Some("/settings/channels".to_owned()),
                data: json!({ "channel_id": channel.id }),
                event_id: Some(event_id),
                at: self.now(),
            };
            for reader in readers {
                inbox::insert(tx, &item(reader)).await?;
            }
        }
        Ok(())
    }

    async fn write_inbox(&self, tx: &mut Tx, target: &InApp, delivery: &Delivery, now: Timestamp) -> Result<()> {
        let item = |user_id| NewInboxItem {
            uid: self.mint(),
            user_id,
            role: target.role,
            organization_id: None,
            kind: "notification".to_owned(),
            level: level(delivery.severity),
            title: delivery.event_type.clone(),
            message: delivery.rendered_payload.clone(),
            action_url: None,
            data: json!({ "delivery_id": delivery.id }),
            event_id: delivery.event_id,
            at: now,
        };
        if target.users.is_empty() {
            return Ok(inbox::insert(tx, &item(None)).await?);
        }
        for user in &target.users {
            inbox::insert(tx, &NewInboxItem { role: None, ..item(Some(*user)) }).await?;
        }
        Ok(())
    }
}
