//! Channels that a part of the product keeps under a view of its own (power's alert providers): each with the one rule
//! that feeds it. Replaced as a whole; secrets that come back blank stay.

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{Actor, AppError, Result, Severity};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::Notify;
use crate::actions::channels::{ChannelInput, not_found};
use crate::model::catalogue;
use crate::model::channel::{Channel, ChannelKind, Config};
use crate::model::quiet::QuietHours;
use crate::model::rule::Rule;
use crate::store::{channels, deliveries, rules};

/// A channel and what is told to it.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnChannel {
    /// `None` for a new one.
    pub id: Option<i64>,
    /// Empty: one is made up.
    pub name: String,
    pub kind: String,
    pub enabled: bool,
    /// Canonical members or their aliases. Secrets are blank when read; blank or absent ones stay when written.
    pub config: Map<String, Value>,
    pub quiet_hours: Option<Value>,
    pub min_severity: Option<Severity>,
    /// Kinds, aliases or `prefix.*`.
    pub kinds: Vec<String>,
    pub device_ids: Vec<String>,
}

/// How a trial of one of them went.
#[derive(Clone, Debug)]
pub struct OwnTest {
    pub id: i64,
    pub name: String,
    pub kind: &'static str,
    pub error: Option<String>,
    pub http_status: Option<u16>,
    pub latency_ms: u64,
}

/// A channel that was refused, by its place in the list.
#[derive(Debug)]
pub struct Refused {
    pub index: usize,
    pub error: AppError,
}

fn secret_names(kind: ChannelKind) -> Vec<&'static str> {
    let of = catalogue::fields(kind).iter().filter(|f| f.secret);
    let names = of.flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()));
    if kind == ChannelKind::Webhook { vec!["secret", "headers"] } else { names.collect() }
}

impl Notify {
    /// The channels of a part, oldest first.
    pub async fn own_channels(&self, origin: &str) -> Result<Vec<OwnChannel>> {
        let all_rules = rules::list(self.db()).await?;
        let mut out = Vec::new();
        for channel in channels::list(self.db()).await?.into_iter().rev().filter(|c| c.origin == origin) {
            let config = self.open_config(&channel)?;
            let mut shown = config.view().as_object().cloned().unwrap_or_default();
            for name in secret_names(channel.kind) {
                if let Some(value) = shown.get_mut(name) {
                    *value = json!("");
                }
            }
            if !channel.template.is_empty() {
                shown.insert("template".to_owned(), json!(channel.template));
            }
            let rule = all_rules.iter().rev().find(|r| r.channel_id == channel.id);
            out.push(OwnChannel {
                id: Some(channel.id),
                kind: channel.kind.as_str().to_owned(),
                enabled: channel.enabled,
                config: shown,
                quiet_hours: channel.quiet_hours.as_ref().map(QuietHours::view),
                min_severity: rule.and_then(|r| r.min_severity),
                kinds: rule.map(|r| r.kinds.clone()).unwrap_or_default(),
                device_ids: rule.map(|r| r.device_ids.clone()).unwrap_or_default(),
                name: channel.name,
            });
        }
        Ok(out)
    }

    /// Makes these the only channels of a part, or changes nothing.
    pub async fn replace_own_channels(&self, actor: &Actor, origin: &str, wanted: &[OwnChannel]) -> Result<(), Refused> {
        let whole = |error: AppError| Refused { index: 0, error };
        let mut change = self.0.parts.audit.begin(actor).await.map_err(whole)?;
        let stored = channels::list_in(&mut change).await.map_err(|e| whole(e.into()))?;
        let mut free: Vec<&Channel> = stored.iter().rev().filter(|c| c.origin == origin).collect();
        let mut taken: Vec<String> = stored.iter().filter(|c| c.origin != origin && c.is_of_instance()).map(|c| c.name.clone()).collect();
        taken.extend(wanted.iter().map(|w| w.name.trim().to_owned()).filter(|n| !n.is_empty()));
        // Those named by their id first, so that no other takes their place.
        let mut before: Vec<Option<&Channel>> = vec![None; wanted.len()];
        for by_id in [true, false] {
            for (index, own) in wanted.iter().enumerate() {
                let fits = |c: &&Channel| if by_id { own.id == Some(c.id) } else { own.id.is_none() && c.kind.as_str() == own.kind };
                if before.get(index).is_some_and(Option::is_none)
                    && let Some(at) = free.iter().position(fits)
                    && let Some(slot) = before.get_mut(index)
                {
                    *slot = Some(free.remove(at));
                }
            }
        }
        for gone in free {
            self.drop_own(&mut change, gone).await.map_err(whole)?;
        }
        for (index, own) in wanted.iter().enumerate() {
            let old = before.get(index).copied().flatten();
            self.put_own(&mut change, origin, own, old, &mut taken).await.map_err(|error| Refused { index, error })?;
        }
        let names: Vec<&str> = wanted.iter().map(|w| w.kind.as_str()).collect();
        let entry = Entry::new("notification_channel.replace", Category::Config).describe(format!("The {origin} channels replaced"));
        change.commit(entry.after(json!({ "origin": origin, "channels": names }))).await.map_err(whole)?;
        self.refresh_redactor().await.map_err(whole)
    }

    async fn drop_own(&self, change: &mut Mutation, channel: &Channel) -> Result<()> {
        deliveries::orphan(change, channel.id).await?;
        channels::delete(change, channel.id).await?;
        self.forget_rate(channel.id);
        Ok(())
    }

    async fn put_own(
        &self,
        change: &mut Mutation,
        origin: &str,
        own: &OwnChannel,
        old: Option<&Channel>,
        taken: &mut Vec<String>,
    ) -> Result<()> {
        let refused = |e: String| AppError::bad_request(e);
        let kind = ChannelKind::parse(&own.kind).map_err(refused)?;
        let old = old.filter(|c| c.kind == kind);
        let mut given = own.config.clone();
        for name in secret_names(kind) {
            if given.get(name).is_some_and(|v| v.is_null() || v == "") {
                given.remove(name);
            }
        }
        let stored = old.map(|c| self.open_config(c)).transpose()?;
        let config = Config::read(kind, &given, stored.as_ref()).map_err(refused)?;
        let name = match own.name.trim() {
            "" => old.map_or_else(|| made_up(origin, kind, taken), |c| c.name.clone()),
            name => name.to_owned(),
        };
        taken.push(name.clone());
        let input = ChannelInput {
            name: Some(name),
            enabled: Some(own.enabled),
            broadcast: Some(false),
            config: Some(given),
            retry: Some("persistent".to_owned()),
            quiet_hours: Some(own.quiet_hours.clone().unwrap_or_default()),
            ..ChannelInput::default()
        };
        let mut channel = old.cloned().unwrap_or_else(|| self.blank_channel(kind, origin));
        input.apply(&mut channel)?;
        channel.config_enc = self.seal_config(&channel, &config)?;
        channel.updated_at = self.now();
        if old.is_some() {
            channels::update(change, &channel).await.map_err(super::channels::taken)?;
        } else {
            channel.id = channels::insert(change, &channel).await.map_err(super::channels::taken)?;
        }
        self.put_own_rule(change, &channel, own).await
    }

    /// The rule goes and comes with what the view says; it never differs from it.
    async fn put_own_rule(&self, change: &mut Mutation, channel: &Channel, own: &OwnChannel) -> Result<()> {
        let now = self.now();
        let known = rules::list_in(change).await?.into_iter().rev().find(|r| r.channel_id == channel.id);
        let fresh = known.is_none();
        let mut rule = known.unwrap_or_else(|| Rule { channel_id: channel.id, ..self.blank_rule() });
        rule.name.clone_from(&channel.name);
        rule.kinds.clone_from(&own.kinds);
        rule.device_ids.clone_from(&own.device_ids);
        (rule.min_severity, rule.enabled, rule.updated_at) = (own.min_severity, true, now);
        if fresh {
            rules::insert(change, &rule).await?;
        } else {
            rules::update(change, &rule).await?;
        }
        Ok(())
    }

    /// Sends a test message to every enabled channel of a part, or to one of them.
    pub async fn test_own_channels(&self, actor: &Actor, origin: &str, only: Option<i64>) -> Result<Vec<OwnTest>> {
        let all: Vec<Channel> = channels::list(self.db()).await?.into_iter().rev().filter(|c| c.origin == origin).collect();
        if only.is_some_and(|id| !all.iter().any(|c| c.id == id)) {
            return Err(not_found());
        }
        let targets = all.into_iter().filter(|c| only.map_or(c.enabled, |id| c.id == id));
        let tests = targets.map(|channel| async move {
            let started = Instant::now();
            let result = self.test_channel(actor, &channel).await?;
            let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let (id, kind) = (channel.id, channel.kind.as_str());
            Ok::<_, AppError>(OwnTest { id, name: channel.name, kind, error: result.error, http_status: result.http_status, latency_ms })
        });
        futures_util::future::try_join_all(tests).await
    }
}

/// A name nobody has.
fn made_up(origin: &str, kind: ChannelKind, taken: &[String]) -> String {
    let base = format!("{origin}: {}", kind.as_str());
    let numbered = (2..).map(|n| format!("{base} {n}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(base)
}
