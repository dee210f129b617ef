//! From something to tell to rows: one delivery per channel and event, pending or suppressed with its reason
//! (platform spec 6.3). Sending happens elsewhere, from the rows.

use argos_events::{Consumer, Event, Source};
use argos_kernel::{Result, Role, Severity, Timestamp};
use argos_store::{StoreError, Tx};

use crate::Notify;
use crate::model::channel::{Channel, ChannelKind};
use crate::model::envelope::{Envelope, documented_name};
use crate::model::personal_mail;
use crate::model::power_policy::{Before, PowerPolicy, counterparts, is_recovery};
use crate::model::preferences::{defaults, type_of, wants_in_app};
use crate::model::rule::{Priority, Rule};
use crate::store::deliveries::{self, NewDelivery};
use crate::store::inbox::{self, NewInboxItem};
use crate::store::people::{self, Subscription};
use crate::store::personal_mail::{self as mail, Via};
use crate::store::{channels, rules};

/// An event that stands in the inbox without a rule.
struct Told {
    event: &'static str,
    /// The type of the message.
    kind: &'static str,
    /// Who may see it when it is the instance's; nothing = everybody.
    role: Option<Role>,
    /// What takes it to see one of an organization, there.
    permission: &'static str,
}

const INBOX_KINDS: [Told; 4] = [
    Told { event: "update.available", kind: "system", role: None, permission: "org:read" },
    Told { event: "approval.requested", kind: "approval", role: Some(Role::Operator), permission: "healing:approve" },
    Told { event: "security.alert", kind: "security", role: Some(Role::Admin), permission: "audit:read" },
    Told { event: "secret.unreadable", kind: "system", role: Some(Role::Admin), permission: "org:manage_settings" },
];

/// One message for one channel.
pub(crate) struct Candidate<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) rule: Option<&'a Rule>,
    pub(crate) envelope: &'a Envelope,
    pub(crate) event_id: Option<i64>,
    /// Whose event it is.
    pub(crate) event_organization_id: Option<i64>,
    pub(crate) source: &'a str,
    pub(crate) subject: &'a str,
    /// Decided before: cooldown, duplicate ...
    pub(crate) withheld: Option<&'a str>,
}

impl Notify {
    /// Writes the row. A channel hears of one event once, whoever asks.
    pub(crate) async fn enqueue(&self, tx: &mut Tx, c: &Candidate<'_>) -> Result<(), StoreError> {
        if let Some(event) = c.event_id
            && deliveries::has_event(tx, event, c.channel.id).await?
        {
            return Ok(());
        }
        let reason = self.reason_against(tx, c).await?;
        let new = NewDelivery {
            uid: self.mint(),
            organization_id: c.channel.organization_id,
            event_organization_id: c.event_organization_id,
            rule_id: c.rule.map(|r| r.id),
            channel_id: Some(c.channel.id),
            channel_name: &c.channel.name,
            event_id: c.event_id,
            event_type: &c.envelope.kind,
            severity: c.envelope.severity,
            source: c.source,
            subject: c.subject,
            event_payload: &c.envelope.to_text(),
            status: if reason.is_some() { "suppressed" } else { "pending" },
            reason,
            error: None,
            at: self.now(),
        };
        deliveries::insert(tx, &new).await?;
        if reason.is_none() {
            let notify = self.clone();
            tx.on_commit(move || notify.0.wake.notify_one());
        }
        Ok(())
    }

    async fn reason_against<'a>(&self, tx: &mut Tx, c: &Candidate<'a>) -> Result<Option<&'a str>, StoreError> {
        let enabled = (!c.channel.enabled).then_some("disabled");
        // Announcements of a shutdown reach people whatever was agreed about quiet.
        if is_shutdown(&c.envelope.kind) {
            return Ok(enabled);
        }
        if c.withheld.is_some() {
            return Ok(c.withheld);
        }
        if let Some(rule) = c.rule.filter(|r| r.throttle_s > 0)
            && deliveries::is_throttled(tx, rule.id, &c.envelope.kind, c.subject, self.now().minus_secs(rule.throttle_s)).await?
        {
            return Ok(Some("throttled"));
        }
        let is_urgent = c.rule.is_some_and(|r| r.priority == Some(Priority::Urgent));
        if !is_urgent && c.channel.quiet_hours.as_ref().is_some_and(|q| q.holds_back(c.envelope.severity, self.now())) {
            return Ok(Some("quiet_hours"));
        }
        if enabled.is_some() {
            return Ok(enabled);
        }
        let hour = c.channel.rate_per_hour;
        if hour > 0 && deliveries::count_since(tx, c.channel.id, self.now().minus_secs(3_600)).await? >= hour {
            return Ok(Some("rate_limited"));
        }
        Ok((!self.within_rate(c.channel)).then_some("rate_limited"))
    }

    /// Records that a channel somebody named does not exist.
    pub(crate) async fn enqueue_unknown(
        &self,
        tx: &mut Tx,
        name: &str,
        envelope: &Envelope,
        event_id: Option<i64>,
        source: &str,
    ) -> Result<(), StoreError> {
        let new = NewDelivery {
            uid: self.mint(),
            organization_id: None,
            event_organization_id: None,
            rule_id: None,
            channel_id: None,
            channel_name: name,
            event_id,
            event_type: &envelope.kind,
            severity: envelope.severity,
            source,
            subject: "",
            event_payload: &envelope.to_text(),
            status: "failed",
            reason: None,
            error: Some("channel not found"),
            at: self.now(),
        };
        deliveries::insert(tx, &new).await.map(drop)
    }

    /// Turns a batch of events into rows and moves the cursor, in one transaction.
    pub(crate) async fn route_events(&self, batch: &[Event], consumer: &Consumer) -> Result<()> {
        let Some(last) = batch.last() else { return Ok(()) };
        let kinds = self.events().kinds();
        // Asked before the transaction: the engine of alerts may hold what this waits for.
        let quiet = match self.0.alerts.get() {
            Some(alerts) => Some(alerts.quiet().await?),
            None => None,
        };
        let mut tx = self.db().begin().await?;
        let (all_rules, all_channels) = (rules::enabled(&mut tx).await?, channels::list_in(&mut tx).await?);
        let subscriptions = people::subscriptions(&mut tx).await?;
        let power = self.power_policy();
        for event in batch {
            let graded = power.graded(event);
            let event: &Event = &graded;
            let envelope = Envelope::of_event(kinds, event);
            // Windows are the instance's: what happens in an organization is not under its maintenance.
            let maintained = quiet.as_ref().filter(|_| event.organization_id.is_none()).and_then(|quiet| quiet.withholds(event));
            for rule in all_rules.iter().filter(|r| r.matches(kinds, event)) {
                let Some(channel) = all_channels.iter().find(|c| c.id == rule.channel_id && c.may_hear(event)) else { continue };
                // A channel must not be told that it cannot be told.
                if event.kind == "notification.failed"
                    && event.data.get("channel_id").and_then(serde_json::Value::as_i64) == Some(channel.id)
                {
                    continue;
                }
                let subject = rule.throttled_by(event);
                let withheld = match channel.origin.as_str() {
                    "power" if event.source == Source::Power => self.withheld_by_power(&mut tx, &power, channel, event, &subject).await?,
                    _ => None,
                };
                let withheld = maintained.filter(|_| channel.is_of_instance()).or(withheld);
                let owner = match channel.organization_id {
                    Some(id) => match self.0.parts.organizations.uid_of(id).await? {
                        Some(uid) => Some(uid.to_string()),
                        // Deleted: it waits for the purge, and its channels with it.
                        None => continue,
                    },
                    None => None,
                };
                let priority = rule.priority.map(|p| p.as_str().to_owned());
                let told = envelope.with(&[("priority", priority), ("organization_id", owner)]);
                let candidate = Candidate {
                    channel,
                    rule: Some(rule),
                    envelope: &told,
                    event_id: Some(event.id),
                    event_organization_id: event.organization_id,
                    source: event.source.as_str(),
                    subject: &subject,
                    withheld,
                };
                self.enqueue(&mut tx, &candidate).await?;
            }
            self.route_to_inbox(&mut tx, event).await?;
            if maintained.is_none() {
                self.route_to_subscribers(&mut tx, event, &subscriptions, &all_channels).await?;
            }
        }
        consumer.ack_in(&mut tx, last.id).await?;
        Ok(tx.commit().await?)
    }

    /// What speaks against telling an event of the power part to one of its own channels.
    async fn withheld_by_power(
        &self,
        tx: &mut Tx,
        policy: &PowerPolicy,
        channel: &Channel,
        event: &Event,
        subject: &str,
    ) -> Result<Option<&'static str>, StoreError> {
        let bare = event.kind.strip_prefix("power.").unwrap_or(&event.kind);
        let name = |kind: &str| documented_name(self.events().kinds(), &format!("power.{kind}"));
        let mut before = Before { same: deliveries::last(tx, channel.id, subject, &name(bare)).await?, ..Before::default() };
        for other in counterparts(bare) {
            if is_recovery(bare) {
                let told = deliveries::last(tx, channel.id, subject, &name(other)).await?;
                before.problem = before.problem.into_iter().chain(told).max_by_key(|t| t.event);
            } else {
                let ended = self.events().last_before(tx, event, &format!("power.{other}")).await?;
                before.end = before.end.max(ended);
            }
        }
        Ok(policy.withholds(bare, event.severity, before, self.now()))
    }

    /// One message per person, whatever patterns of theirs it matches.
    async fn route_to_subscribers(&self, tx: &mut Tx, event: &Event, all: &[Subscription], channels: &[Channel]) -> Result<()> {
        let kinds = self.events().kinds();
        let kind = type_of(&event.kind, event.source);
        let title = kinds.find(&event.kind).map_or(event.kind.as_str(), |k| k.description).to_owned();
        let project = event.project_id.map(|p| p.to_string()).unwrap_or_default();
        let is_mailed = !(self.0.parts.providers)().smtp.host.is_empty();
        let is_in_slack = channels.iter().any(|c| c.enabled && c.is_of_instance() && c.kind == ChannelKind::Slack);
        let mut told: Vec<i64> = Vec::new();
        for s in all.iter().filter(|s| kinds.pattern(&s.event).matches(&event.kind)) {
            if !(s.project_id.is_empty() || s.project_id == project) {
                continue;
            }
            // A subscription is a wish, not a right: other organizations' and nodes out of scope stay unheard of.
            let is_bound = event.organization_id.is_some() || event.node_uid.is_some();
            if is_bound && !self.0.parts.readers.may_read(s.user_id, event.organization_id, event.node_uid.as_deref()).await? {
                continue;
            }
            let own = people::preferences_in(tx, s.user_id).await?.unwrap_or_else(defaults);
            let wants = |way: &str| s.channels.iter().any(|c| c == way);
            // Without a mail server nothing is kept for it.
            if is_mailed
                && wants("email")
                && let Some(due) = personal_mail::due(&own, kind, event.severity, self.now())
            {
                self.write_later(tx, (s.user_id, Via::Email), event, &title, due).await?;
            }
            if is_in_slack
                && wants("slack")
                && let Some(due) = personal_mail::due_in_slack(&own, kind, event.severity, self.now())
            {
                self.write_later(tx, (s.user_id, Via::Slack), event, &title, due).await?;
            }
            if !wants("in_app") || told.contains(&s.user_id) || !wants_in_app(&own, kind) {
                continue;
            }
            told.push(s.user_id);
            let item = NewInboxItem {
                uid: self.mint(),
                user_id: Some(s.user_id),
                role: None,
                organization_id: event.organization_id,
                kind: kind.to_owned(),
                level: level(event.severity),
                title: title.clone(),
                message: event.message.clone(),
                action_url: None,
                data: event.data.clone(),
                event_id: Some(event.id),
                at: event.created_at,
            };
            inbox::insert(tx, &item).await?;
        }
        Ok(())
    }

    async fn write_later(&self, tx: &mut Tx, to: (i64, Via), event: &Event, title: &str, due: Timestamp) -> Result<()> {
        mail::add(tx, to, (event.id, title, &event.message), due, self.now()).await?;
        let notify = self.clone();
        tx.on_commit(move || notify.0.mail.notify_one());
        Ok(())
    }

    /// Of the instance for everybody with the role, of an organization for each of its members who may.
    async fn route_to_inbox(&self, tx: &mut Tx, event: &Event) -> Result<()> {
        let Some(told) = INBOX_KINDS.iter().find(|told| told.event == event.kind) else { return Ok(()) };
        let title = self.events().kinds().find(&event.kind).map_or(event.kind.as_str(), |k| k.description);
        let item = |user_id: Option<i64>| NewInboxItem {
            uid: self.mint(),
            user_id,
            role: told.role.filter(|_| event.organization_id.is_none()),
            organization_id: event.organization_id,
            kind: told.kind.to_owned(),
            level: level(event.severity),
            title: title.to_owned(),
            message: event.message.clone(),
            action_url: event.data.get("action_url").and_then(serde_json::Value::as_str).filter(|u| u.starts_with('/')).map(str::to_owned),
            data: event.data.clone(),
            event_id: Some(event.id),
            at: event.created_at,
        };
        let Some(organization) = event.organization_id else { return Ok(inbox::insert(tx, &item(None)).await?) };
        for user in self.0.parts.readers.who_may(organization, told.permission).await? {
            inbox::insert(tx, &item(Some(user))).await?;
        }
        Ok(())
    }
}

fn is_shutdown(kind: &str) -> bool {
    ["shutdown_initiated", "power.shutdown_initiated", "fsd", "power.fsd", "forced_shutdown"].contains(&kind)
}

/// The level word of the inbox.
pub(crate) const fn level(severity: Severity) -> &'static str {
    severity.ops_word()
}
