//! Channels and rules as a section of the configuration document. Objects are known by their names; a channel's
//! configuration goes out masked, with the whole of it sealed beside it for this installation.

use argos_audit::{House, Mutation, PortableSection, SectionPlan, read_section};
use argos_kernel::{AppError, Result, Uid};
use argos_web::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::channels::Owner;
use super::portable_docs::{ChannelDoc, REDACTED, RuleDoc, rule_doc};
use crate::Notify;
use crate::model::channel::{Channel, ChannelKind, Config};
use crate::model::field::MASK;
use crate::model::quiet::QuietHours;
use crate::model::rule::Rule;
use crate::store::{channels, deliveries, rules};

const SEALED: &str = "ENC:";

/// Channels of one owner, and what is told to them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    #[serde(default)]
    pub(super) channels: Vec<ChannelDoc>,
    #[serde(default)]
    pub(super) rules: Vec<RuleDoc>,
}

/// Whose channels a section is about.
#[derive(Clone, Copy)]
pub(super) enum Owned<'a> {
    Instance,
    By(&'a House),
}

impl Owned<'_> {
    fn organization(self) -> Option<i64> {
        match self {
            Self::Instance => None,
            Self::By(house) => Some(house.id),
        }
    }
    /// Where the document's secrets of a channel are sealed.
    pub(super) fn aad(self, name: &str) -> String {
        match self {
            Self::Instance => format!("notification_channels.document:{name}"),
            Self::By(house) => format!("notification_channels.document:{}/{name}", house.slug),
        }
    }
    /// What a plan calls it.
    fn title(self, what: &str, name: &str) -> String {
        match self {
            Self::Instance => format!("{what} {name}"),
            Self::By(house) => format!("{what} {name} of {}", house.slug),
        }
    }
    /// The project a channel hears of; a fault names what is wrong.
    fn project(self, doc: &ChannelDoc) -> Result<Option<i64>, String> {
        let Some(text) = &doc.project else { return Ok(None) };
        let Self::By(house) = self else { return Err("project: only channels of organizations have one".to_owned()) };
        let found = text.parse::<Uid>().ok().and_then(|uid| house.project(uid));
        found.map(Some).ok_or_else(|| format!("project: there is no project {text} in {}", house.slug))
    }
    async fn channels(self, change: &mut Mutation) -> Result<Vec<Channel>> {
        let mut all = channels::list_in(change).await?;
        all.retain(|c| c.organization_id == self.organization());
        Ok(all)
    }
}

impl Notify {
    fn channel_doc(&self, c: &Channel, owned: Owned<'_>) -> Result<ChannelDoc> {
        let opened = self.open_config(c).ok();
        let seal = |config: &Config| self.0.parts.vault.seal(&owned.aad(&c.name), config.to_text().as_bytes());
        let project = |id: i64| match owned {
            Owned::Instance => None,
            Owned::By(house) => house.project_uid(id),
        };
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
            project: c.project_id.and_then(project).map(|uid| uid.to_string()),
        })
    }

    /// What the document's sealed member holds; `None` when another installation sealed it.
    fn opened(&self, doc: &ChannelDoc, kind: ChannelKind, owned: Owned<'_>) -> Option<Config> {
        let blob = doc.sealed.as_deref()?.strip_prefix(SEALED)?;
        let plain = self.0.parts.vault.try_open(&owned.aad(&doc.name), blob).ok()?;
        Config::of_text(kind, std::str::from_utf8(plain.reveal()).ok()?)
    }

    /// The configuration the document means. A fault is the text for the plan.
    fn wanted_config(&self, doc: &ChannelDoc, kind: ChannelKind, stored: Option<&Config>, owned: Owned<'_>) -> Result<Config, String> {
        let sealed = self.opened(doc, kind, owned);
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
                format!("{}: {fault}{hint}", owned.title("channel", &doc.name))
            }),
        }
    }

    /// Writes one channel; its id, or `None` with a fault in the plan.
    async fn import_channel(
        &self,
        change: &mut Mutation,
        doc: &ChannelDoc,
        owned: Owned<'_>,
        plan: &mut SectionPlan,
    ) -> Result<Option<i64>> {
        let before = owned.channels(change).await?.into_iter().find(|c| c.name == doc.name);
        let title = owned.title("channel", &doc.name);
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
        let config = match self.wanted_config(doc, kind, stored.as_ref(), owned) {
            Ok(config) => config,
            // A document without secrets is no fault: what cannot be made without them is left out and named.
            Err(_) if doc.is_redacted() && before.is_none() => {
                plan.warnings.push(format!("{title}: not created, its secrets are not in the document"));
                return Ok(None);
            }
            Err(text) => return fault(plan, text),
        };
        let project_id = match owned.project(doc) {
            Ok(project) if before.as_ref().is_none_or(|b| b.project_id == project) => project,
            Ok(_) => return fault(plan, format!("{title}: there is one of another project with this name")),
            Err(why) => return fault(plan, format!("{title}: {why}")),
        };
        let mut channel = before.clone().unwrap_or_else(|| self.blank_channel(kind, &doc.origin));
        if let Some(organization_id) = owned.organization()
            && let Err(e) = (Owner { organization_id, project_id }).take(&mut channel)
        {
            return fault(plan, format!("{title}: {}", e.message()));
        }
        if let Err(e) = doc.input().apply(&mut channel) {
            return fault(plan, format!("{title}: {}", e.message()));
        }
        // What names no channel is the instance's to tell.
        channel.broadcast &= channel.is_of_instance();
        if doc.is_redacted() && before.is_none() {
            channel.enabled = false;
            plan.warnings.push(format!("{title}: switched off until its secrets are given"));
        }
        let same_config = stored.as_ref() == Some(&config);
        if let Some(before) = &before
            && same_config
            && self.channel_doc(before, owned)?.without_seal() == self.channel_doc(&channel, owned)?.without_seal()
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
        owned: Owned<'_>,
        (known, left_out): (&[Rule], &[String]),
        plan: &mut SectionPlan,
    ) -> Result<Option<i64>> {
        let title = owned.title("rule", &doc.name);
        let Some(channel) = owned.channels(change).await?.into_iter().find(|c| c.name == doc.channel) else {
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

    /// Reads out what one owner set up.
    pub(super) fn section_of(&self, owned: Owned<'_>, channels: &[Channel], rules: &[Rule]) -> Result<Section> {
        let own: Vec<&Channel> = channels.iter().filter(|c| c.organization_id == owned.organization()).collect();
        let fed = |r: &Rule| own.iter().find(|c| c.id == r.channel_id).map(|c| rule_doc(r, &c.name));
        let channels = own.iter().map(|c| self.channel_doc(c, owned)).collect::<Result<_>>()?;
        Ok(Section { channels, rules: rules.iter().rev().filter_map(fed).collect() })
    }

    /// Writes what one owner shall have.
    pub(super) async fn import_owned(
        &self,
        change: &mut Mutation,
        section: &Section,
        owned: Owned<'_>,
        replace: bool,
        plan: &mut SectionPlan,
    ) -> Result<()> {
        let (mut kept, mut left_out) = (Vec::new(), Vec::new());
        for doc in &section.channels {
            match self.import_channel(change, doc, owned, plan).await? {
                Some(id) => kept.push(id),
                None => left_out.push(doc.name.clone()),
            }
        }
        let own = owned.channels(change).await?;
        let mut known = rules::list_in(change).await?;
        known.retain(|r| own.iter().any(|c| c.id == r.channel_id));
        let mut kept_rules = Vec::new();
        for doc in &section.rules {
            kept_rules.extend(self.import_rule(change, doc, owned, (&known, &left_out), plan).await?);
        }
        if replace {
            for rule in known.iter().filter(|r| !kept_rules.contains(&r.id)) {
                rules::delete(change, rule.id).await?;
                plan.removes.push(owned.title("rule", &rule.name));
            }
            for channel in own.iter().filter(|c| !kept.contains(&c.id)) {
                deliveries::orphan(change, channel.id).await?;
                channels::delete(change, channel.id).await?;
                plan.removes.push(owned.title("channel", &channel.name));
            }
        }
        Ok(())
    }

    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: Section = read_section("notifications", wanted)?;
        let mut plan = SectionPlan::default();
        self.import_owned(change, &section, Owned::Instance, replace, &mut plan).await?;
        Ok(plan)
    }
}

impl PortableSection for Notify {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async {
            let (all, rules) = (self.list_channels().await?, self.list_rules().await?);
            serde_json::to_value(self.section_of(Owned::Instance, &all, &rules)?).map_err(AppError::internal)
        })
    }

    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(self.import_section(change, wanted, replace))
    }

    fn imported(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.refresh_redactor())
    }
}
