//! The runtime settings: opened once, read from memory, replaced on every change of this or another process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use argos_kernel::{Actor, AppError, Clock, Result, Rng, Secret, Tasks, Uid};
use argos_store::{Database, args};
use argos_vault::{Family, Vault};
use serde_json::Value;
use tokio::sync::watch;

use crate::boot::{Boot, BootError, Given};
use crate::snapshot::{Held, Snapshot, Stored, decode, history_aad, stored_row, unknown};
use crate::text::{to_text, value_text};
use crate::view::{EffectiveLine, SettingView, VersionView, masked, shown};
use crate::{ChangeSink, Kind, Spec, registry, store};

/// How often the store is asked for changes of other processes; they act within a second (platform spec 11.1).
const POLL: Duration = Duration::from_millis(500);
/// Versions shown and kept per key.
pub(crate) const VERSIONS_KEPT: i64 = 50;

pub(crate) struct Inner {
    pub(crate) db: Database,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) sink: OnceLock<Arc<dyn ChangeSink>>,
    pub(crate) elsewhere: OnceLock<Arc<dyn crate::Elsewhere>>,
    snapshot: ArcSwap<Snapshot>,
    /// Held while a snapshot is built from the one before it.
    publishing: Mutex<()>,
    watch: watch::Sender<u64>,
    wake: tokio::sync::Notify,
}

/// The handle every module holds. Clones share one snapshot.
#[derive(Clone)]
pub struct Settings(pub(crate) Arc<Inner>);

impl Settings {
    /// Opens the settings. On the first start of a store, every runtime key given at start is stored.
    pub async fn open(db: &Database, vault: &Vault, boot: Boot, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self> {
        let boot = Arc::new(boot);
        let empty = Snapshot { generation: 0, sequence: 0, boot: Arc::clone(&boot), stored: HashMap::new() };
        let settings = Self(Arc::new(Inner {
            db: db.clone(),
            vault: vault.clone(),
            clock,
            rng,
            sink: OnceLock::new(),
            elsewhere: OnceLock::new(),
            snapshot: ArcSwap::from_pointee(empty),
            publishing: Mutex::new(()),
            watch: watch::Sender::new(0),
            wake: tokio::sync::Notify::new(),
        }));
        settings.seed(&boot).await?;
        settings.reload().await?;
        settings.warn_about_ignored(&boot);
        Ok(settings)
    }

    async fn seed(&self, boot: &Boot) -> Result<()> {
        let mut tx = self.0.db.begin().await?;
        if tx.exec(store::CREATE_STATE, args![self.0.clock.now()]).await? == 0 {
            return Ok(());
        }
        let change = Uid::mint(&*self.0.clock, &*self.0.rng).to_string();
        for (spec, given) in boot.seeds() {
            let origin = crate::write::Origin { change: &change, source: given.from.kind(), actor: &Actor::system() };
            self.store_value(&mut tx, spec, &origin, spec.default.as_ref(), Some(&given.value)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A variable for a runtime key does nothing after the first start; say so where it would have changed something.
    fn warn_about_ignored(&self, boot: &Boot) {
        let snapshot = self.0.snapshot.load_full();
        for (spec, given) in boot.seeds().filter(|(s, _)| !snapshot.is_locked(s)) {
            if !crate::text::same(snapshot.value(spec).ok().flatten().as_ref(), Some(&given.value)) {
                tracing::warn!(
                    key = spec.key,
                    given_by = given.from.name(),
                    "ignored: the setting was stored at the first start; change it in the settings"
                );
            }
        }
    }

    /// Names the recorder of changes. Until then every write is refused.
    pub fn set_sink(&self, sink: Arc<dyn ChangeSink>) {
        if self.0.sink.set(sink).is_err() {
            tracing::error!("the recorder of settings changes was named twice");
        }
    }

    /// Follows changes of other processes.
    pub fn start(&self, tasks: &Tasks) {
        let settings = self.clone();
        tasks.supervise("settings.follow", move |stop| {
            let settings = settings.clone();
            async move {
                loop {
                    tokio::select! {
                        () = stop.wait() => return Ok(()),
                        () = tokio::time::sleep(POLL) => {}
                        () = settings.0.wake.notified() => {}
                    }
                    settings.follow().await?;
                }
            }
        });
    }

    /// Lets the settings look: another process may have changed one.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    async fn follow(&self) -> Result<()> {
        let generation: i64 = self.0.db.one(store::STATE, args![]).await?.get(0)?;
        if generation == self.0.snapshot.load().generation { Ok(()) } else { self.reload().await }
    }

    /// Reads the whole table again.
    pub async fn reload(&self) -> Result<()> {
        // The generation first: what is written after it is seen again by the next poll.
        let generation: i64 = self.0.db.one(store::STATE, args![]).await?.get(0)?;
        let rows = self.0.db.query(store::LIST, args![]).await?;
        let mut stored = HashMap::with_capacity(rows.len());
        for row in &rows {
            stored.extend(stored_row(&self.0.vault, row)?);
        }
        self.publish(|before| {
            let newer = generation >= before.generation;
            newer.then(|| Snapshot { generation, sequence: 0, boot: Arc::clone(&before.boot), stored })
        });
        Ok(())
    }

    /// Reads the configuration file again (SIGHUP) and returns what was given, for the log level and the certificates.
    pub fn reload_file(&self) -> Result<Arc<Boot>, BootError> {
        let boot = Arc::new(self.0.snapshot.load().boot.reload()?);
        self.publish(|before| {
            Some(Snapshot { generation: before.generation, sequence: 0, boot: Arc::clone(&boot), stored: before.stored.clone() })
        });
        Ok(boot)
    }

    /// Lays committed changes of this process over the snapshot at once.
    pub(crate) fn apply(&self, generation: i64, changed: Vec<(&'static str, Stored)>) {
        self.publish(|before| {
            if before.generation >= generation {
                return None;
            }
            let mut stored = before.stored.clone();
            for (key, value) in changed {
                if stored.get(key).is_none_or(|s| s.version < value.version) {
                    stored.insert(key, value);
                }
            }
            // With a gap, the next poll reads the rest.
            let generation = if before.generation + 1 == generation { generation } else { before.generation };
            Some(Snapshot { generation, sequence: 0, boot: Arc::clone(&before.boot), stored })
        });
    }

    fn publish(&self, make: impl FnOnce(&Snapshot) -> Option<Snapshot>) {
        let _one_at_a_time = self.0.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.0.snapshot.load_full();
        if let Some(mut next) = make(&before) {
            next.sequence = before.sequence + 1;
            let sequence = next.sequence;
            self.0.vault.redactor().set("settings", next.secrets());
            self.0.snapshot.store(Arc::new(next));
            self.0.watch.send_replace(sequence);
        }
    }

    /// Grows whenever a value may have changed.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.watch.subscribe()
    }

    /// What was given at start (or at the last reload of the file).
    pub fn boot(&self) -> Arc<Boot> {
        Arc::clone(&self.0.snapshot.load().boot)
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot.load_full()
    }

    fn read(&self, key: &str) -> Result<(&'static Spec, Option<Value>)> {
        let spec = registry().find(key).ok_or_else(|| unknown(key))?;
        Ok((spec, self.0.snapshot.load().value(spec)?))
    }

    fn wrong(spec: &Spec, wanted: &str) -> AppError {
        AppError::internal(format!("setting {} is read as {wanted} but is {}", spec.key, spec.type_text))
    }

    /// A whole number; an error when the key has none, so use [`Settings::opt_i64`] for keys without a default.
    pub fn i64(&self, key: &str) -> Result<i64> {
        let (spec, value) = self.read(key)?;
        value.and_then(|v| v.as_i64()).ok_or_else(|| Self::wrong(spec, "a whole number"))
    }
    /// A whole number, `None` when not set.
    pub fn opt_i64(&self, key: &str) -> Result<Option<i64>> {
        match self.read(key)? {
            (spec, _) if spec.kind != Kind::Int => Err(Self::wrong(spec, "a whole number")),
            (_, value) => Ok(value.and_then(|v| v.as_i64())),
        }
    }
    pub fn f64(&self, key: &str) -> Result<f64> {
        let (spec, value) = self.read(key)?;
        value.and_then(|v| v.as_f64()).ok_or_else(|| Self::wrong(spec, "a number"))
    }
    /// A number, `None` when not set.
    pub fn opt_f64(&self, key: &str) -> Result<Option<f64>> {
        match self.read(key)? {
            (spec, _) if !matches!(spec.kind, Kind::Num | Kind::Int) => Err(Self::wrong(spec, "a number")),
            (_, value) => Ok(value.and_then(|v| v.as_f64())),
        }
    }
    /// A switch; off when the key has neither value nor default.
    pub fn bool(&self, key: &str) -> Result<bool> {
        match self.read(key)? {
            (_, Some(Value::Bool(on))) => Ok(on),
            (spec, None) if spec.kind == Kind::Bool => Ok(false),
            (spec, _) => Err(Self::wrong(spec, "a switch")),
        }
    }
    /// A text; empty when not set.
    pub fn text(&self, key: &str) -> Result<String> {
        match self.read(key)? {
            (spec, _) if !(spec.kind.is_text() || spec.kind == Kind::VerifyTls) || spec.secret => Err(Self::wrong(spec, "a text")),
            (_, value) => Ok(to_text(value.as_ref())),
        }
    }
    /// A text that is not empty.
    pub fn opt_text(&self, key: &str) -> Result<Option<String>> {
        Ok(Some(self.text(key)?).filter(|t| !t.is_empty()))
    }
    /// A list of texts; empty when not set.
    pub fn list(&self, key: &str) -> Result<Vec<String>> {
        let (spec, value) = self.read(key)?;
        if !spec.kind.is_list() || spec.secret {
            return Err(Self::wrong(spec, "a list"));
        }
        let items = value.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
    }
    /// Any value as JSON, secrets inside it included; null when not set. Secret keys are read with [`Settings::secret`].
    pub fn json(&self, key: &str) -> Result<Value> {
        match self.read(key)? {
            (spec, _) if spec.secret => Err(Self::wrong(spec, "JSON")),
            (_, value) => Ok(value.unwrap_or(Value::Null)),
        }
    }
    /// A secret; `None` when not set, 503 `secret_unreadable` when it cannot be decrypted. Lists are comma-separated.
    pub fn secret(&self, key: &str) -> Result<Option<Secret<String>>> {
        match self.read(key)? {
            (spec, _) if !spec.secret => Err(Self::wrong(spec, "a secret")),
            (_, value) => Ok(Some(to_text(value.as_ref())).filter(|t| !t.is_empty()).map(Secret::new)),
        }
    }

    /// One setting as the list view shows it.
    pub fn view(&self, spec: &'static Spec) -> SettingView {
        let snapshot = self.0.snapshot.load();
        let (value, unreadable) = match snapshot.value(spec) {
            Ok(value) => (value, false),
            Err(_) => (None, true),
        };
        let stored = snapshot.stored.get(spec.key).filter(|_| !snapshot.is_locked(spec));
        let locked = snapshot.is_locked(spec);
        let source = snapshot.source(spec);
        SettingView {
            key: spec.key,
            description: spec.description,
            unit: spec.unit,
            minimum: spec.rule.range().0,
            maximum: spec.rule.range().1,
            value: if unreadable {
                "__UNCHANGED__".to_owned()
            } else {
                value_text(spec, Some(&masked(spec, value.as_ref(), Family::Edge)))
            },
            updated_at: stored.map(|s| s.updated_at.rfc3339()),
            updated_by: stored.map(|s| s.updated_by.clone()),
            version: stored.map_or(0, |s| s.version),
            locked,
            locked_by: if locked { snapshot.boot.source(spec.key).map(Given::name) } else { None },
            default: spec.default.as_ref().map(|d| shown(spec, Some(d))),
            default_text: spec.default_text,
            kind: spec.type_text,
            options: spec.rule.words().to_vec(),
            rule: spec.rule_text,
            class: spec.class.as_str(),
            owner: spec.owner,
            secret: spec.secret,
            set: source != "default",
            source,
            unused: spec.unused,
            unreadable,
        }
    }

    /// The last versions of a key, newest first.
    pub async fn versions(&self, key: &str) -> Result<Vec<VersionView>> {
        let rows = self.0.db.query(store::VERSIONS, args![key, VERSIONS_KEPT]).await?;
        rows.iter()
            .map(|r| {
                let at: argos_kernel::Timestamp = r.get(4)?;
                Ok(VersionView {
                    version: r.get(0)?,
                    previous: r.get(1)?,
                    value: r.get(2)?,
                    source: r.get(3)?,
                    updated_at: at.rfc3339(),
                    updated_by: r.get(5)?,
                })
            })
            .collect()
    }

    /// The keys a change wrote, each with the version it made.
    pub(crate) async fn versions_of_change(&self, change_id: &str) -> Result<Vec<(&'static Spec, i64)>> {
        let rows = self.0.db.query(store::OF_CHANGE, args![change_id]).await?;
        let mut found = Vec::new();
        for row in &rows {
            let key: String = row.get(0)?;
            found.extend(registry().find(&key).map(|spec| row.get(1).map(|version| (spec, version))).transpose()?);
        }
        Ok(found)
    }

    /// What a key held at a version; version 0 is the default. 404 when that version is kept no more.
    pub(crate) async fn value_of_version(&self, spec: &Spec, version: i64) -> Result<Held> {
        if version < 1 {
            return Ok(Held::Default);
        }
        let row = self.0.db.find(store::VALUE_OF_VERSION, args![spec.key, version]).await?;
        let row = row.ok_or_else(|| AppError::not_found(format!("{}: the version before is kept no more", spec.key)))?;
        let column: Option<String> = row.get(0)?;
        Ok(decode(&self.0.vault, &history_aad(spec.key, version), column.as_deref()))
    }

    /// Every key with its value in force, secrets masked (`argos settings`).
    pub fn effective(&self) -> Vec<EffectiveLine> {
        let snapshot = self.0.snapshot.load();
        let mut lines = snapshot.boot.effective();
        let runtime = registry().specs().iter().filter(|s| s.class != crate::Class::Bootstrap);
        lines.extend(runtime.map(|spec| {
            let value = match snapshot.value(spec) {
                _ if crate::kept::place_of(spec.key).is_some() => "(kept elsewhere)".to_owned(),
                Ok(value) => shown(spec, value.as_ref()),
                Err(_) => "(unreadable)".to_owned(),
            };
            let locked = snapshot.is_locked(spec);
            let source = match snapshot.stored.get(spec.key).map(|s| &s.held) {
                _ if locked => snapshot.boot.source(spec.key).map_or("default", |g| g.kind()),
                Some(Held::Default) | None => "default",
                Some(_) => "stored",
            };
            let name = if locked { snapshot.boot.source(spec.key).map(Given::name) } else { None };
            EffectiveLine { key: spec.key, value, source, name }
        }));
        lines
    }
}
