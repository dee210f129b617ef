//! The handle of notifying and what it shares: queues in progress, rate buckets, the wake-up of the dispatcher.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use argos_alerts::Alerts;
use argos_audit::Audit;
use argos_events::{Events, Source};
use argos_kernel::{AppError, Clock, Result, Rng, Secret, Tasks, Timestamp};
use argos_net::Net;
use argos_store::Database;
use argos_vault::{Resealer, Vault};
use argos_web::{BoxFuture, Consequence, Organizations};

use crate::model::bucket::Bucket;
use crate::model::channel::{Channel, Config};
use crate::model::power_policy::PowerPolicy;
use crate::providers::Providers;
use crate::push::PushKeys;
use crate::reseal::ChannelSecrets;
use crate::store::deliveries::DeliveryFilter;
use crate::store::{channels, deliveries, rules};
use crate::{Retry, workers};

/// How long and how many deliveries are kept (`notifications.retention_days`, `notifications.max_entries`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub days: i64,
    pub max_entries: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 30, max_entries: 100_000 }
    }
}

/// Who the readers of personal messages are. Whoever knows them comes in as a trait.
pub trait Readers: Send + Sync + 'static {
    /// Whether a person may read what belongs to this organization or node.
    fn may_read<'a>(&'a self, user_id: i64, organization: Option<i64>, node: Option<&'a str>) -> BoxFuture<'a, Result<bool>>;
    /// The active people who hold this permission everywhere in an organization.
    fn who_may<'a>(&'a self, organization: i64, permission: &'a str) -> BoxFuture<'a, Result<Vec<i64>>>;
    /// The address of an active person; `None` when there is none.
    fn address_of(&self, user_id: i64) -> BoxFuture<'_, Result<Option<String>>>;
}

/// What notifying is made of. `db` is the state database.
#[derive(Clone)]
pub struct NotifyParts {
    pub db: Database,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub vault: Vault,
    pub net: Net,
    pub events: Events,
    pub audit: Audit,
    /// [`Retry::FAST`] in production.
    pub retry: Retry,
    /// Asked once an hour.
    pub retention: Arc<dyn Fn() -> Retention + Send + Sync>,
    pub push_keys: Arc<dyn PushKeys>,
    /// Asked before every attempt.
    pub providers: Arc<dyn Fn() -> Providers + Send + Sync>,
    pub readers: Arc<dyn Readers>,
    pub organizations: Arc<dyn Organizations>,
}

/// How much is waiting to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    pub pending: i64,
    /// Seconds since the oldest pending row was written; `None` when nothing waits.
    pub oldest_age_s: Option<i64>,
}

pub(crate) struct Shared {
    pub(crate) parts: NotifyParts,
    pub(crate) wake: tokio::sync::Notify,
    /// Something is due to a person.
    pub(crate) mail: tokio::sync::Notify,
    /// Channels whose queue is being worked on.
    pub(crate) busy: Mutex<HashSet<i64>>,
    pub(crate) buckets: Mutex<HashMap<i64, Bucket>>,
    /// What the power part wants; the documented defaults until it says so.
    pub(crate) power_policy: OnceLock<Arc<dyn Fn() -> PowerPolicy + Send + Sync>>,
    /// Who knows of maintenance; without it nothing is withheld for that.
    pub(crate) alerts: OnceLock<Alerts>,
    /// The instance's mail server that was used last, and whether it took the mail.
    pub(crate) last_mail: Mutex<Option<(String, bool)>>,
    /// So that only one key pair is ever made.
    pub(crate) push_lock: tokio::sync::Mutex<()>,
}

/// A handle to notifying. Clones share everything.
#[derive(Clone)]
pub struct Notify(pub(crate) Arc<Shared>);

impl Notify {
    pub fn new(parts: NotifyParts) -> Self {
        let own = Self(Arc::new(Shared {
            parts,
            wake: tokio::sync::Notify::new(),
            mail: tokio::sync::Notify::new(),
            busy: Mutex::default(),
            buckets: Mutex::default(),
            power_policy: OnceLock::new(),
            alerts: OnceLock::new(),
            last_mail: Mutex::default(),
            push_lock: tokio::sync::Mutex::default(),
        }));
        own.offer_undos();
        own
    }

    /// Follows the event log, works on the queues and prunes. Only on the leader. Pending rows are sent at once.
    pub fn start(&self, tasks: &Tasks) {
        workers::start(self, tasks);
    }

    /// Hands over who knows of maintenance; only the first call counts.
    pub fn set_alerts(&self, alerts: Alerts) {
        self.0.alerts.get_or_init(|| alerts);
    }

    /// Hands over what the power part wants to be told about; only the first call counts.
    pub fn set_power_policy(&self, policy: Arc<dyn Fn() -> PowerPolicy + Send + Sync>) {
        drop(self.0.power_policy.set(policy));
    }

    pub(crate) fn power_policy(&self) -> PowerPolicy {
        self.0.power_policy.get().map(|ask| ask()).unwrap_or_default()
    }

    /// For re-encryption: the owner of the sealed channel configurations.
    pub fn resealer(&self) -> Box<dyn Resealer> {
        Box::new(ChannelSecrets(self.clone()))
    }

    /// What waits for channels of the instance. Those of organizations say nothing of its health.
    pub async fn queue_depth(&self) -> Result<QueueDepth> {
        let (pending, oldest) = deliveries::depth(self.db()).await?;
        Ok(QueueDepth { pending, oldest_age_s: (pending > 0).then(|| self.now().secs_since(oldest)) })
    }

    /// Deliveries of the instance written since a moment, by state.
    pub async fn deliveries_since(&self, from: Timestamp) -> Result<BTreeMap<String, i64>> {
        Ok(deliveries::since(self.db(), from).await?.into_iter().collect())
    }

    /// Deliveries of the instance about a part of the product since a moment that are over: channel, state and number.
    pub async fn deliveries_by_channel(&self, source: Source, from: Timestamp) -> Result<Vec<(String, String, i64)>> {
        Ok(deliveries::by_channel(self.db(), source.as_str(), from).await?)
    }

    /// Name of a channel of the instance, and whether it is on.
    pub async fn channel_named(&self, id: i64) -> Result<Option<(String, bool)>> {
        let found = channels::find(self.db(), id).await?.filter(Channel::is_of_instance);
        Ok(found.map(|c| (c.name, c.enabled)))
    }

    /// What a channel of the instance takes along.
    pub async fn consequences_of_channel(&self, id: i64) -> Result<Vec<Consequence>> {
        let rules = self.list_rules().await?.into_iter().filter(|r| r.channel_id == id);
        let waiting = DeliveryFilter { channel_id: Some(id), status: Some("pending"), of_organizations: true, ..DeliveryFilter::default() };
        let waiting: i64 = deliveries::stats(self.db(), &waiting).await?.into_iter().map(|(_, _, n)| n).sum();
        let found = [
            Consequence::named("notification_rules", rules.map(|r| r.name)),
            Consequence::counted("deliveries", usize::try_from(waiting).unwrap_or_default()),
        ];
        Ok(found.into_iter().flatten().collect())
    }

    /// Which channel hears no more through a rule of the instance.
    pub async fn consequences_of_rule(&self, id: i64) -> Result<Vec<Consequence>> {
        let Some(rule) = rules::find(self.db(), id).await? else { return Ok(Vec::new()) };
        let channel = channels::find(self.db(), rule.channel_id).await?.filter(Channel::is_of_instance);
        Ok(Consequence::named("channel_hears_less", channel.map(|c| c.name)).into_iter().collect())
    }

    /// The channels that an organization takes along.
    pub async fn consequences_of_organization(&self, organization: i64) -> Result<Vec<Consequence>> {
        let all = channels::of_organization(self.db(), organization).await?;
        Ok(Consequence::named("channels", all.into_iter().map(|c| c.name)).into_iter().collect())
    }

    pub(crate) fn db(&self) -> &Database {
        &self.0.parts.db
    }
    pub(crate) fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }
    pub(crate) fn mint(&self) -> argos_kernel::Uid {
        argos_kernel::Uid::mint(&*self.0.parts.clock, &*self.0.parts.rng)
    }
    pub(crate) fn events(&self) -> &Events {
        &self.0.parts.events
    }

    /// The configuration of a channel; 503 `secret_unreadable` when it cannot be opened.
    pub(crate) fn open_config(&self, channel: &Channel) -> Result<Config> {
        let text: Secret<String> = self.0.parts.vault.open_text(&channel.aad(), &channel.config_enc)?;
        Config::of_text(channel.kind, text.reveal())
            .ok_or_else(|| AppError::internal(format!("the configuration of channel {} has an unknown shape", channel.id)))
    }

    pub(crate) fn seal_config(&self, channel: &Channel, config: &Config) -> Result<String> {
        self.0.parts.vault.seal(&channel.aad(), config.to_text().as_bytes())
    }

    /// Tells the redactor every secret of every channel, so that none gets into a log or a record.
    pub(crate) async fn refresh_redactor(&self) -> Result<()> {
        let all = channels::list(self.db()).await?;
        // A configuration that cannot be opened has no secret that could leak.
        let secrets = all.iter().filter_map(|c| self.open_config(c).ok()).flat_map(|c| c.secrets());
        self.0.parts.vault.redactor().set("notification_channels", secrets.map(Secret::new));
        Ok(())
    }

    /// Takes one token of the channel's rate.
    pub(crate) fn within_rate(&self, channel: &Channel) -> bool {
        let mut buckets = self.0.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let fresh = || Bucket::new(channel.rate_per_minute, now);
        let bucket = buckets.entry(channel.id).or_insert_with(fresh);
        if bucket.per_minute() != channel.rate_per_minute {
            *bucket = fresh();
        }
        bucket.take(now)
    }

    pub(crate) fn forget_rate(&self, channel_id: i64) {
        self.0.buckets.lock().unwrap_or_else(PoisonError::into_inner).remove(&channel_id);
    }
}

impl Notify {
    /// How many channels of the instance are switched on: with none, nobody is told.
    pub async fn enabled_channels(&self) -> Result<usize> {
        Ok(self.list_channels().await?.into_iter().filter(|c| c.enabled).count())
    }
}
