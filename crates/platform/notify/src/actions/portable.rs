//! Channels and rules as a section of the configuration document. Objects are known by their names; a channel's
//! configuration goes out masked, with the whole of it sealed beside it for this installation.

use argos_audit::{Mutation, PortableSection, SectionPlan};
use argos_kernel::{AppError, Result};
use argos_web::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::bad;
use super::channels::ChannelInput;
use super::rules::RuleInput;
use crate::Notify;
use crate::model::channel::{Channel, ChannelKind, Config};
use crate::model::field::MASK;
use crate::model::quiet::QuietHours;
use crate::model::rule::Rule;
use crate::store::{channels, deliveries, rules};

const SEALED: &str = "ENC:";
/// A secret the document does not carry.
const REDACTED: &str = "__REDACTED__";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    channels: Vec<ChannelDoc>,
    #[serde(default)]
    rules: Vec<RuleDoc>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelDoc {
    name: String,
    r#type: String,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default = "yes")]
    broadcast: bool,
    #[serde(default)]
    config: Map<String, Value>,
    /// The whole configuration, which only this installation opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    #[serde(default)]
    template: String,
    #[serde(default)]
    rate_limit_per_minute: i64,
    #[serde(default)]
    rate_limit_per_hour: i64,
    #[serde(default = "fast")]
    retry: String,
    #[serde(default)]
    quiet_hours: Option<Value>,
    /// Whose channel it is: `edge`, or the part that keeps it under a view of its own.
    #[serde(default = "edge")]
    origin: String,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleDoc {
    name: String,
    /// By name.
    channel: String,
    event_type: String,
    #[serde(default)]
    filter_severities: Vec<String>,
    #[serde(default)]
    min_severity: Option<String>,
    #[serde(default)]
    filter_host_ids: Vec<i64>,
    #[serde(default)]
    filter_device_ids: Vec<String>,
    #[serde(default)]
    filter_node_ids: Vec<String>,
    #[serde(default)]
    throttle_window_seconds: i64,
    #[serde(default)]
    throttle_key: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    conditions: Value,
    #[serde(default)]
    template: String,
    /// low, normal, high or urgent; absent = as the event's severity says.
    #[serde(default)]
    priority: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
}

const fn yes() -> bool {
    true
}

fn edge() -> String {
    "edge".to_owned()
}

fn fast() -> String {
    "fast".to_owned()
}

fn aad(name: &str) -> String {
    format!("notification_channels.document:{name}")
}

pub(super) fn rule_doc(rule: &Rule, channel: &str) -> RuleDoc {
    RuleDoc {
        name: rule.name.clone(),
        channel: channel.to_owned(),
        event_type: rule.kinds.join(","),
        filter_severities: rule.severities.iter().map(|s| s.as_str().to_owned()).collect(),
        min_severity: rule.min_severity.map(|s| s.as_str().to_owned()),
        filter_host_ids: rule.host_ids.clone(),
        filter_device_ids: rule.device_ids.clone(),
        filter_node_ids: rule.node_ids.clone(),
        throttle_window_seconds: rule.throttle_s,
        throttle_key: rule.throttle_key.clone(),
        tags: rule.tags.clone(),
        conditions: rule.conditions.clone(),
        template: rule.template.clone().unwrap_or_default(),
        priority: rule.priority.map(|p| p.as_str().to_owned()),
        enabled: rule.enabled,
    }
}

impl RuleDoc {
    pub(super) fn input(&self, channel_id: i64) -> RuleInput {
        RuleInput {
            name: Some(self.name.clone()),
            channel_id: Some(channel_id),
            event_type: Some(self.event_type.clone()),
            host_ids: Some(self.filter_host_ids.clone()),
            severities: Some(self.filter_severities.clone()),
            enabled: Some(self.enabled),
            throttle_s: Some(self.throttle_window_seconds),
            min_severity: Some(self.min_severity.clone().unwrap_or_default()),
            device_ids: Some(self.filter_device_ids.clone()),
            node_ids: Some(self.filter_node_ids.clone()),
            template: Some(self.template.clone()),
            tags: Some(self.tags.clone()),
            conditions: Some(self.conditions.clone()),
            throttle_key: Some(self.throttle_key.clone().unwrap_or_default()),
            priority: self.priority.clone(),
        }
    }
}

impl ChannelDoc {
    fn input(&self) -> ChannelInput {
        ChannelInput {
            name: Some(self.name.clone()),
            kind: Some(self.r#type.clone()),
            enabled: Some(self.enabled),
            broadcast: Some(self.broadcast),
            config: None,
            template: Some(self.template.clone()),
            rate_per_minute: Some(self.rate_limit_per_minute),
            rate_per_hour: Some(self.rate_limit_per_hour),
            retry: Some(self.retry.clone()),
            quiet_hours: Some(self.quiet_hours.clone().unwrap_or_default()),
        }
    }
}

impl Notify {
    fn channel_doc(&self, c: &Channel) -> Result<ChannelDoc> {
        let opened = self.open_config(c).ok();
        let seal = |config: &Config| self.0.parts.vault.seal(&aad(&c.name), config.to_text().as_bytes());
        let view = opened.as_ref().map(Config::view);
        Ok(ChannelDoc {
            name: c.name.clone(),
            r#type: c.kind.as_str().to_owned(),
            enabled: c.enabled,
            broadcast: c.broadcast,
            config: view.and_then(|v| v.as_object().cloned()).unwrap_or_default(),
            sealed: opened.as_ref().filter(|o| !o.secrets().is_empty()).map(seal).transpose()?.map(|blob| format!("{SEALED}{blob}")),
            template: c.template.clone(),
            rate_limit_per_minute: c.rate_per_minute,
            rate_limit_per_hour: c.rate_per_hour,
            retry: c.retry.as_str().to_owned(),
            quiet_hours: c.quiet_hours.as_ref().map(QuietHours::view),
            origin: c.origin.clone(),
        })
    }

    /// What the document's sealed member holds; `None` when another installation sealed it.
    fn opened(&self, doc: &ChannelDoc, kind: ChannelKind) -> Option<Config> {
        let blob = doc.sealed.as_deref()?.strip_prefix(SEALED)?;
        let plain = self.0.parts.vault.try_open(&aad(&doc.name), blob).ok()?;
        Config::of_text(kind, std::str::from_utf8(plain.reveal()).ok()?)
    }

    /// The configuration the document means. A fault is the text for the plan.
    fn wanted_config(&self, doc: &ChannelDoc, kind: ChannelKind, stored: Option<&Config>) -> Result<Config, String> {
        let sealed = self.opened(doc, kind);
        let base = sealed.as_ref().or(stored);
        let mut given = doc.config.clone();
        // What is stored stays; what is nowhere is left out.
        given.retain(|_, value| base.is_some() || value.as_str() != Some(REDACTED));
        for value in given.values_mut().filter(|v| v.as_str() == Some(REDACTED)) {
            *value = Value::from(MASK);
        }
        match base {
            Some(base) if given.is_empty() => Ok(base.clone()),
            _ => Config::read(kind, &given, base).map_err(|fault| {
                let foreign = doc.sealed.is_some() && sealed.is_none();
                let hint = if foreign { " (its secrets were sealed by another installation; give them in the clear)" } else { "" };
                format!("channel {}: {fault}{hint}", doc.name)
            }),
        }
    }

    /// Writes one channel; its id, or `None` with a fault in the plan.
    async fn import_channel(&self, change: &mut Mutation, doc: &ChannelDoc, plan: &mut SectionPlan) -> Result<Option<i64>> {
        let before = instance_channels(change).await?.into_iter().find(|c| c.name == doc.name);
        let title = format!("channel {}", doc.name);
        let fault = |plan: &mut SectionPlan, text: String| {
            plan.faults.push(text);
            Ok(None)
        };
        let kind = match ChannelKind::parse(&doc.r#type) {
            Ok(kind) if before.as_ref().is_none_or(|b| b.kind == kind) => kind,
            Ok(_) => return fault(plan, format!("{title}: there is one of another type with this name")),
            Err(text) => return fault(plan, format!("{title}: {text}")),
        };
        let stored = before.as_ref().and_then(|b| self.open_config(b).ok());
        let config = match self.wanted_config(doc, kind, stored.as_ref()) {
            Ok(config) => config,
            // A document without secrets is no fault: what cannot be made without them is left out and named.
            Err(_) if doc.is_redacted() && before.is_none() => {
                plan.warnings.push(format!("{title}: not created, its secrets are not in the document"));
                return Ok(None);
            }
            Err(text) => return fault(plan, text),
        };
        let mut channel = before.clone().unwrap_or_else(|| self.blank_channel(kind, &doc.origin));
        if let Err(e) = doc.input().apply(&mut channel) {
            return fault(plan, format!("{title}: {}", e.message()));
        }
        if doc.is_redacted() && before.is_none() {
            channel.enabled = false;
            plan.warnings.push(format!("{title}: switched off until its secrets are given"));
        }
        let same_config = stored.as_ref() == Some(&config);
        if let Some(before) = &before
            && same_config
            && self.channel_doc(before)?.without_seal() == self.channel_doc(&channel)?.without_seal()
        {
            plan.unchanged += 1;
            return Ok(Some(before.id));
        }
        if !same_config {
            channel.config_enc = self.seal_config(&channel, &config)?;
            channel.verified = false;
        }
        channel.updated_at = self.now();
        if before.is_some() {
            channels::update(change, &channel).await?;
            plan.updates.push(title);
        } else {
            channel.id = channels::insert(change, &channel).await?;
            plan.creates.push(title);
        }
        Ok(Some(channel.id))
    }

    async fn import_rule(
        &self,
        change: &mut Mutation,
        doc: &RuleDoc,
        known: &[Rule],
        left_out: &[String],
        plan: &mut SectionPlan,
    ) -> Result<Option<i64>> {
        let title = format!("rule {}", doc.name);
        let Some(channel) = instance_channels(change).await?.into_iter().find(|c| c.name == doc.channel) else {
            let text = format!("{title}: there is no channel {}", doc.channel);
            let place = if left_out.contains(&doc.channel) { &mut plan.warnings } else { &mut plan.faults };
            place.push(text);
            return Ok(None);
        };
        let before = known.iter().find(|r| r.name == doc.name);
        let mut rule = before.cloned().unwrap_or_else(|| self.blank_rule());
        if let Err(e) = self.apply(&doc.input(channel.id), &mut rule) {
            plan.faults.push(format!("{title}: {}", e.message()));
            return Ok(None);
        }
        // What the document does not say is as in a new rule.
        rule.priority = rule.priority.filter(|_| doc.priority.is_some());
        match before {
            Some(before) if *before == rule => plan.unchanged += 1,
            Some(_) => {
                rule.updated_at = self.now();
                rules::update(change, &rule).await?;
                plan.updates.push(title);
            }
            None => {
                rule.id = rules::insert(change, &rule).await?;
                plan.creates.push(title);
            }
        }
        Ok(Some(rule.id))
    }

    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: Section = serde_json::from_value(wanted.clone())
            .map_err(|e| bad(format!("The section notifications cannot be read: {e}")).code("invalid_document"))?;
        let mut plan = SectionPlan::default();
        let mut kept = Vec::new();
        let mut left_out = Vec::new();
        for doc in &section.channels {
            match self.import_channel(change, doc, &mut plan).await? {
                Some(id) => kept.push(id),
                None => left_out.push(doc.name.clone()),
            }
        }
        let own = instance_channels(change).await?;
        let mut known = rules::list_in(change).await?;
        known.retain(|r| own.iter().any(|c| c.id == r.channel_id));
        let mut kept_rules = Vec::new();
        for doc in &section.rules {
            kept_rules.extend(self.import_rule(change, doc, &known, &left_out, &mut plan).await?);
        }
        if replace {
            for rule in known.iter().filter(|r| !kept_rules.contains(&r.id)) {
                rules::delete(change, rule.id).await?;
                plan.removes.push(format!("rule {}", rule.name));
            }
            for channel in instance_channels(change).await?.iter().filter(|c| !kept.contains(&c.id)) {
                deliveries::orphan(change, channel.id).await?;
                channels::delete(change, channel.id).await?;
                plan.removes.push(format!("channel {}", channel.name));
            }
        }
        Ok(plan)
    }
}

/// The document is the instance's: it neither shows nor touches what organizations set up.
async fn instance_channels(change: &mut Mutation) -> Result<Vec<Channel>> {
    let mut all = channels::list_in(change).await?;
    all.retain(Channel::is_of_instance);
    Ok(all)
}

impl ChannelDoc {
    /// Whether it names a secret that it does not carry.
    fn is_redacted(&self) -> bool {
        self.config.values().any(|v| v.as_str() == Some(REDACTED))
    }

    /// Sealing the same twice gives two texts, so a comparison leaves them out.
    fn without_seal(self) -> Self {
        Self { sealed: None, config: Map::new(), ..self }
    }
}

impl PortableSection for Notify {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async {
            let (all, rules) = (self.list_channels().await?, self.list_rules().await?);
            let name_of = |id: i64| all.iter().find(|c| c.id == id).map(|c| c.name.clone()).unwrap_or_default();
            let section = Section {
                channels: all.iter().map(|c| self.channel_doc(c)).collect::<Result<_>>()?,
                rules: rules.iter().rev().map(|r| rule_doc(r, &name_of(r.channel_id))).collect(),
            };
            serde_json::to_value(section).map_err(AppError::internal)
        })
    }

    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(self.import_section(change, wanted, replace))
    }

    fn imported(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.refresh_redactor())
    }
}
