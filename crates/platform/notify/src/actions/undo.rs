//! Putting channels and rules back as they were before they were changed, switched or deleted, under the numbers they had:
//! what names them finds them again. Messages that ended with a channel stay ended.

use argos_audit::Mutation;
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_web::OpCx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::channels::taken;
use super::portable_docs::{RuleDoc, rule_doc};
use super::{Of as _, entry};
use crate::Notify;
use crate::model::channel::{Channel, ChannelKind};
use crate::model::quiet::QuietHours;
use crate::model::retry::Schedule;
use crate::model::rule::Rule;
use crate::store::{channels, rules};

const CHANNEL: &str = "notification_channel.put_back";
const RULE: &str = "notification_rule.put_back";

/// A channel as it was; its configuration stays sealed for its uid.
#[derive(Serialize, Deserialize)]
struct KeptChannel {
    id: i64,
    uid: Uid,
    name: String,
    kind: String,
    enabled: bool,
    verified: bool,
    broadcast: bool,
    config_enc: String,
    template: String,
    rate_per_minute: i64,
    rate_per_hour: i64,
    retry: String,
    quiet_hours: Option<Value>,
    origin: String,
    organization_id: Option<i64>,
    project_id: Option<i64>,
    /// Microseconds since 1970.
    created_at: i64,
    /// Those that went with it.
    rules: Vec<KeptRule>,
}

#[derive(Serialize, Deserialize)]
struct KeptRule {
    id: i64,
    uid: Uid,
    channel_id: i64,
    /// Whose channel it feeds.
    organization_id: Option<i64>,
    created_at: i64,
    says: RuleDoc,
}

impl KeptRule {
    fn of(rule: &Rule, organization_id: Option<i64>) -> Self {
        let says = rule_doc(rule, "");
        Self { id: rule.id, uid: rule.uid, channel_id: rule.channel_id, organization_id, created_at: rule.created_at.micros(), says }
    }
}

fn unreadable(what: impl std::fmt::Display) -> AppError {
    AppError::internal(format!("an offer to undo cannot be read: {what}"))
}

impl Notify {
    pub(crate) fn offer_undos(&self) {
        let audit = &self.0.parts.audit;
        audit.undo_by(CHANNEL, &self.0, |own, cx, kept| Box::pin(async move { Self(own).put_channel_back(&cx, kept).await }));
        audit.undo_by(RULE, &self.0, |own, cx, kept| Box::pin(async move { Self(own).put_rule_back(&cx, kept).await }));
    }

    /// `with` are the rules that are about to go with it.
    pub(super) async fn offer_channel(&self, change: &mut Mutation, c: &Channel, with: &[Rule]) -> Result<()> {
        let kept = KeptChannel {
            id: c.id,
            uid: c.uid,
            name: c.name.clone(),
            kind: c.kind.as_str().to_owned(),
            enabled: c.enabled,
            verified: c.verified,
            broadcast: c.broadcast,
            config_enc: c.config_enc.clone(),
            template: c.template.clone(),
            rate_per_minute: c.rate_per_minute,
            rate_per_hour: c.rate_per_hour,
            retry: c.retry.as_str().to_owned(),
            quiet_hours: c.quiet_hours.as_ref().map(QuietHours::view),
            origin: c.origin.clone(),
            organization_id: c.organization_id,
            project_id: c.project_id,
            created_at: c.created_at.micros(),
            rules: with.iter().map(|r| KeptRule::of(r, c.organization_id)).collect(),
        };
        change.offer_undo(CHANNEL, &format!("notification_channel:{}", c.id), &json!(kept)).await
    }

    pub(super) async fn offer_rule(&self, change: &mut Mutation, rule: &Rule, organization: Option<i64>) -> Result<()> {
        change.offer_undo(RULE, &format!("notification_rule:{}", rule.id), &json!(KeptRule::of(rule, organization))).await
    }

    async fn put_channel_back(&self, cx: &OpCx, kept: Value) -> Result<()> {
        let kept: KeptChannel = serde_json::from_value(kept).map_err(unreadable)?;
        cx.require_where(kept.organization_id, "notifications:manage", "org:manage_settings")?;
        let actor = cx.actor();
        let quiet_hours = match &kept.quiet_hours {
            Some(view) => QuietHours::read(view).map_err(unreadable)?,
            None => None,
        };
        let channel = Channel {
            id: kept.id,
            uid: kept.uid,
            name: kept.name,
            enabled: kept.enabled,
            verified: kept.verified,
            broadcast: kept.broadcast,
            config_enc: kept.config_enc,
            template: kept.template,
            rate_per_minute: kept.rate_per_minute,
            rate_per_hour: kept.rate_per_hour,
            retry: Schedule::parse(&kept.retry).ok_or_else(|| unreadable("its retry"))?,
            quiet_hours,
            organization_id: kept.organization_id,
            project_id: kept.project_id,
            created_at: Timestamp::from_micros(kept.created_at),
            ..self.blank_channel(ChannelKind::parse(&kept.kind).map_err(unreadable)?, &kept.origin)
        };
        let mut change = self.0.parts.audit.begin(&actor).await?;
        if channels::find_in(&mut change, channel.id).await?.is_some() {
            channels::update(&mut change, &channel).await.map_err(taken)?;
        } else {
            channels::restore(&mut change, &channel).await.map_err(taken)?;
            for rule in kept.rules {
                self.write_back(&mut change, &rule).await?;
            }
        }
        let place = (channel.organization_id, "notification_channel", channel.id);
        self.note_change(&mut change, &actor, place, &channel.name, "restore").await?;
        let text = format!("Channel {} put back", channel.name);
        change.commit(entry("notification_channel.restore", channel.id, text).of(channel.organization_id)).await?;
        self.refresh_redactor().await
    }

    async fn put_rule_back(&self, cx: &OpCx, kept: Value) -> Result<()> {
        let kept: KeptRule = serde_json::from_value(kept).map_err(unreadable)?;
        cx.require_where(kept.organization_id, "notifications:manage", "org:manage_settings")?;
        let actor = cx.actor();
        let mut change = self.0.parts.audit.begin(&actor).await?;
        if channels::find_in(&mut change, kept.channel_id).await?.is_none() {
            return Err(AppError::conflict("The channel of this rule is gone").code("channel_gone"));
        }
        let rule = self.write_back(&mut change, &kept).await?;
        self.note_change(&mut change, &actor, (kept.organization_id, "notification_rule", rule.id), &rule.name, "restore").await?;
        let text = format!("Notification rule {} put back", rule.name);
        change.commit(entry("notification_rule.restore", rule.id, text).of(kept.organization_id)).await
    }

    async fn write_back(&self, change: &mut Mutation, kept: &KeptRule) -> Result<Rule> {
        let created_at = Timestamp::from_micros(kept.created_at);
        let mut rule = Rule { id: kept.id, uid: kept.uid, created_at, ..self.blank_rule() };
        self.apply(&kept.says.input(kept.channel_id), &mut rule)?;
        match rules::find_in(change, rule.id).await? {
            Some(_) => rules::update(change, &rule).await?,
            None => rules::restore(change, &rule).await?,
        }
        Ok(rule)
    }
}
