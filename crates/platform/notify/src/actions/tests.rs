//! Test messages: to one channel, or to every channel that gets broadcasts.

use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_kernel::{Actor, Result};

use super::Of as _;
use super::channels::not_found;
use crate::Notify;
use crate::delivery::Outcome;
use crate::model::channel::Channel;
use crate::model::envelope::Envelope;
use crate::model::in_app::InApp;
use crate::store::channels;
use crate::store::inbox::{self, NewInboxItem};

const LIMIT: Duration = Duration::from_secs(30);

/// How a test went.
pub(crate) struct TestResult {
    pub(crate) sent_payload: String,
    pub(crate) error: Option<String>,
    pub(crate) http_status: Option<u16>,
    /// What the receiver said, where that may be shown.
    pub(crate) answer: Option<String>,
}

impl Notify {
    /// One attempt, past rules and limits; a success verifies the channel.
    pub(crate) async fn test_channel(&self, actor: &Actor, channel: &Channel) -> Result<TestResult> {
        let envelope = Envelope::test(self.now());
        let uid = self.mint().to_string();
        let timed_out = || (String::new(), Outcome::Lost { error: "timed out".to_owned(), http_status: None });
        let (sent_payload, outcome) =
            tokio::time::timeout(LIMIT, self.send(channel, &envelope, &uid)).await.unwrap_or_else(|_| timed_out());
        let error = outcome.error().map(str::to_owned);
        let mut change = self.0.parts.audit.begin(actor).await?;
        if let Outcome::InApp(target) = &outcome {
            for item in self.test_items(target, &envelope) {
                inbox::insert(&mut change, &item).await?;
            }
        }
        if error.is_none() {
            channels::note_sent(&mut change, channel.id, self.now()).await?;
        }
        let entry = Entry::new("notification_channel.test", Category::Action)
            .of(channel.organization_id)
            .target("notification_channel", channel.id)
            .describe(format!("Test notification to {}", channel.name))
            .status(if error.is_none() { Status::Success } else { Status::Failure });
        change.commit(entry).await?;
        Ok(TestResult { sent_payload, error, http_status: outcome.http_status(), answer: outcome.answer().map(str::to_owned) })
    }

    /// To the named channel, else to every enabled one with `broadcast`. Each channel's name with its error, if any.
    pub(crate) async fn test_broadcast(&self, actor: &Actor, named: Option<&str>) -> Result<Vec<(String, Option<String>)>> {
        let all = self.list_channels().await?;
        let targets: Vec<Channel> = match named {
            None => all.into_iter().filter(|c| c.enabled && c.broadcast).collect(),
            Some(name) => {
                let is = |c: &Channel| {
                    c.name == name || c.name.strip_prefix("ops:") == Some(name) || c.id.to_string() == name || c.kind.as_str() == name
                };
                let found: Vec<Channel> = all.into_iter().filter(is).collect();
                if found.is_empty() {
                    return Err(not_found());
                }
                found
            }
        };
        let mut results = Vec::new();
        for channel in targets {
            let result = self.test_channel(actor, &channel).await?;
            results.push((channel.name, result.error));
        }
        Ok(results)
    }

    fn test_items(&self, target: &InApp, envelope: &Envelope) -> Vec<NewInboxItem> {
        let users: Vec<Option<i64>> = if target.users.is_empty() { vec![None] } else { target.users.iter().copied().map(Some).collect() };
        let item = |user_id: Option<i64>| NewInboxItem {
            uid: self.mint(),
            user_id,
            role: target.role.filter(|_| user_id.is_none()),
            organization_id: None,
            kind: "notification".to_owned(),
            level: "info",
            title: "Test notification".to_owned(),
            message: envelope.message.clone(),
            action_url: None,
            data: envelope.data.clone(),
            event_id: None,
            at: self.now(),
        };
        users.into_iter().map(item).collect()
    }
}
