//! The handle of alerting: what the composition root wires, what samplers call every tick, what other views read.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use argos_audit::Audit;
use argos_events::Events;
use argos_inventory::Inventory;
use argos_jobs::Jobs;
use argos_kernel::{Clock, Result, Rng, Severity, Tasks, Timestamp};
use argos_metrics::Metrics;
use argos_store::Database;
use argos_web::{BoxFuture, Consequence};
use chrono_tz::Tz;
use tokio::sync::Mutex;

use crate::engine::Core;
use crate::model::attention::{OpenFiring, problems};
use crate::model::builtin;
use crate::model::instance::{Silent, silent};
use crate::model::metric::{DOCUMENTED, build};
use crate::model::rule::{AlertRule, ChannelRef, Compiled};
use crate::model::series::Catalogue;
use crate::store::{firings, rules};
use crate::stored::Stored;
use crate::values::{EventCounts, NameIndex, Reading};
use crate::{FiringSink, LiveValues, RuleAction, workers};

pub(crate) struct Shared {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) events: Events,
    pub(crate) audit: Audit,
    pub(crate) sink: OnceLock<Arc<dyn FiringSink>>,
    pub(crate) stored: OnceLock<Stored>,
    /// Rules and states in memory; whoever evaluates or edits rules holds it.
    pub(crate) core: Mutex<Core>,
    /// One tick after the other, each with what it read; taken before the core.
    pub(crate) turn: Mutex<()>,
    live: RwLock<Option<Live>>,
    zone: RwLock<Tz>,
    pub(crate) people: OnceLock<Arc<dyn People>>,
    pub(crate) inventory: OnceLock<Inventory>,
    /// The organization that the instance belongs to: its number and its public id.
    pub(crate) house: OnceLock<(i64, String)>,
    /// The parts that the status page lists while no component was set up (`ops.statusPageServices`).
    pub(crate) status_services: OnceLock<Named>,
    /// The queue that carries the actions of rules out.
    pub(crate) jobs: OnceLock<Jobs>,
    /// Whoever can.
    pub(crate) offered: RwLock<Vec<Arc<dyn RuleAction>>>,
}

/// Asked for each time.
type Named = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// Who can be made responsible for an incident.
pub trait People: Send + Sync + 'static {
    /// The name as it is stored, when there is an active user of that name.
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<String>>>;
}

/// The newest sample, kept for event-driven rules and for trying rules out.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) values: Arc<dyn LiveValues>,
    pub(crate) index: Arc<NameIndex>,
}

/// A handle to alerting. Clones share everything.
#[derive(Clone)]
pub struct Alerts(pub(crate) Arc<Shared>);

/// What one tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TickReport {
    pub evaluated: usize,
    pub fired: usize,
    pub resolved: usize,
    /// Transitions that could not be stored; they are tried again at the next tick.
    pub failed: usize,
}

/// An entry of `/api/stats.alerts`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct StatsAlert {
    /// danger, warning, info or critical
    pub level: &'static str,
    /// The same word.
    pub severity: &'static str,
    pub msg: String,
}

impl Alerts {
    /// `db` is the state database. Adds the built-in rules that are missing.
    pub async fn open(db: Database, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, events: Events, audit: Audit) -> Result<Self> {
        let mut tx = db.begin().await?;
        for (position, mut rule) in (-1000_i64..).zip(builtin::rules()) {
            rule.updated_at = clock.now();
            rules::seed(&mut tx, &rule, position).await?;
        }
        tx.commit().await?;
        let (sink, stored) = (OnceLock::new(), OnceLock::new());
        let (core, live) = (Mutex::new(Core::default()), RwLock::new(None));
        let (zone, people) = (RwLock::new(Tz::UTC), OnceLock::new());
        let (turn, inventory, house, status_services) = (Mutex::default(), OnceLock::new(), OnceLock::new(), OnceLock::new());
        Ok(Self(Arc::new(Shared {
            db,
            clock,
            rng,
            events,
            audit,
            sink,
            stored,
            core,
            turn,
            live,
            zone,
            people,
            inventory,
            house,
            status_services,
            jobs: OnceLock::new(),
            offered: RwLock::default(),
        })))
    }

    /// Who tells people. Without one, firings are only recorded. The first one given stays.
    pub fn set_sink(&self, sink: Arc<dyn FiringSink>) {
        if self.0.sink.set(sink).is_err() {
            tracing::error!("a second receiver of alert notices was refused");
        }
    }
    /// The stored series that rules are about. The first one given stays.
    pub fn set_metrics(&self, metrics: Metrics) {
        if self.0.stored.set(Stored::new(metrics)).is_err() {
            tracing::error!("a second store of series for alert rules was refused");
        }
    }
    /// The organization that the instance belongs to, by its number and its public id: of all organizations, rules see its
    /// series and events only.
    pub fn set_house(&self, id: i64, uid: String) {
        let is_first = self.0.house.set((id, uid.clone())).is_ok();
        if !is_first || self.0.stored.get().is_none_or(|s| s.set_house(uid).is_err()) {
            tracing::error!("the organization of the house was told too early or twice");
        }
    }
    /// Whether rules and pairs may be about it: what happens in other organizations is their own affair.
    pub(crate) fn is_ours(&self, event: &argos_events::Event) -> bool {
        event.organization_id.is_none_or(|id| self.0.house.get().is_some_and(|(house, _)| *house == id))
    }
    pub(crate) fn event_scope(&self) -> argos_events::Scope {
        argos_events::Scope { nodes: None, organizations: false, house: self.0.house.get().map(|(id, _)| *id) }
    }
    /// The number of the organization that these labels name.
    pub(crate) fn organization_of(&self, labels: &serde_json::Value) -> Option<i64> {
        let named = labels.get(argos_metrics::ORGANIZATION)?.as_str()?;
        self.0.house.get().filter(|(_, uid)| uid == named).map(|(id, _)| *id)
    }
    /// Who knows the users. The first one given stays.
    pub fn set_people(&self, people: Arc<dyn People>) {
        if self.0.people.set(people).is_err() {
            tracing::error!("a second directory of people for incidents was refused");
        }
    }
    /// Where alerts find the things they are about. The first one given stays.
    pub fn set_inventory(&self, inventory: Inventory) {
        if self.0.inventory.set(inventory).is_err() {
            tracing::error!("a second inventory for alerts was refused");
            return;
        }
        self.offer_undos();
    }
    /// Who knows what the status page lists while no component was set up. The first one given stays.
    pub fn set_status_services(&self, named: impl Fn() -> Vec<String> + Send + Sync + 'static) {
        drop(self.0.status_services.set(Arc::new(named)));
    }
    /// The zone of recurring windows that name none.
    pub fn set_zone(&self, zone: Tz) {
        *self.0.zone.write().unwrap_or_else(PoisonError::into_inner) = zone;
    }
    pub(crate) fn zone(&self) -> Tz {
        *self.0.zone.read().unwrap_or_else(PoisonError::into_inner)
    }
    /// The name of this machine, once a sample told it.
    pub(crate) fn host_name(&self) -> Option<String> {
        self.live().and_then(|l| l.values.text("hostname", None))
    }
    /// Follows the event log and prunes old firings. Only on the leader.
    pub fn start(&self, tasks: &Tasks) {
        workers::start(self, tasks);
    }

    /// Evaluates every rule on a new sample. Called by the sampler; a call that overlaps the one before waits.
    pub async fn tick(&self, values: &Arc<dyn LiveValues>, now: Timestamp) -> Result<TickReport> {
        let live = Live { values: Arc::clone(values), index: Arc::new(NameIndex::new(values.names())) };
        *self.0.live.write().unwrap_or_else(PoisonError::into_inner) = Some(live.clone());
        self.evaluate_tick(&live, now).await
    }

    /// Open firings, oldest first.
    pub async fn open_firings(&self) -> Result<Vec<OpenFiring>> {
        Ok(firings::all_open(&self.0.db).await?)
    }

    /// The open alerts that end with a rule.
    pub async fn consequences_of_rule(&self, id: &str) -> Result<Vec<Consequence>> {
        let open = self.open_firings().await?.into_iter().filter(|f| f.rule_id == id);
        Ok(Consequence::named("alerts", open.map(|f| f.message)).into_iter().collect())
    }

    /// Names of the rules that tell a channel by number or name, also when they escalate.
    pub async fn rules_telling(&self, id: i64, name: &str) -> Result<Vec<String>> {
        let is_it = |c: &ChannelRef| match c {
            ChannelRef::Id(n) => *n == id,
            ChannelRef::Name(text) => text.eq_ignore_ascii_case(name),
        };
        let tells = |r: &AlertRule| r.channels.iter().chain(r.escalation.iter().flat_map(|tier| &tier.channels)).any(is_it);
        let named = |r: AlertRule| if r.name.is_empty() { r.id } else { r.name };
        Ok(self.list_rules().await?.into_iter().filter(tells).map(named).collect())
    }

    /// Current firings of built-in rules, the strongest of each group and instance, worst first.
    pub async fn stats_alerts(&self) -> Result<Vec<StatsAlert>> {
        let open = self.open_firings().await?.into_iter().filter(|f| f.builtin).collect();
        let shown = problems(open, self.0.clock.now());
        let word = |s: Severity| s.ops_word();
        Ok(shown
            .into_iter()
            .map(|p| StatsAlert { level: word(p.firing.severity), severity: word(p.firing.severity), msg: p.firing.message })
            .collect())
    }

    pub(crate) fn live(&self) -> Option<Live> {
        self.0.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What rules can be about, as it is now.
    pub(crate) fn catalogue(&self) -> Arc<Catalogue> {
        self.0.stored.get().map(|s| s.catalogue(self.0.clock.now())).unwrap_or_default()
    }

    /// Metrics of `rule` that say nothing now, and why.
    pub(crate) fn silent(&self, rule: &Compiled) -> Vec<Silent> {
        let (none, live, empty) = (EventCounts::default(), self.live(), NameIndex::default());
        let index = live.as_ref().map_or(&empty, |l| &*l.index);
        let values = live.as_ref().map(|l| &*l.values);
        let reading = Reading { values, index, stored: self.0.stored.get(), events: &none, now: self.0.clock.now() };
        silent(rule, &self.catalogue(), &reading)
    }

    /// Those that nothing here has ever measured.
    pub(crate) fn unknown_metrics(&self, rule: &Compiled) -> Vec<String> {
        self.silent(rule).into_iter().filter(|s| s.why.is_unknown()).map(|s| s.metric).collect()
    }

    /// The names a rule can use now: those of the newest sample, else the documented ones.
    pub(crate) fn available_metrics(&self) -> Vec<String> {
        match self.live() {
            Some(live) => live.index.texts(),
            None => DOCUMENTED.iter().filter_map(|n| build(n, None)).map(|m| m.to_string()).collect(),
        }
    }

    /// Event counts for the questions of one rule, all from the store.
    pub(crate) async fn count_events(&self, rule: &Compiled, now: Timestamp) -> Result<EventCounts> {
        let mut questions = Vec::new();
        crate::values::event_questions(rule.condition.expr(), &mut questions);
        if let Some(clear) = &rule.clear {
            crate::values::event_questions(clear.expr(), &mut questions);
        }
        let mut counts = HashMap::new();
        for (kind, over) in questions {
            let Some(over) = over else { continue };
            let back = i64::try_from(over.as_secs()).unwrap_or(i64::MAX);
            let pattern = self.0.events.kinds().pattern(&kind);
            let filter = argos_events::Filter {
                from: Some(now.minus_secs(back)),
                kinds: vec![pattern],
                scope: self.event_scope(),
                ..argos_events::Filter::default()
            };
            let n = self.0.events.count(&filter).await?;
            counts.insert((kind, Some(over)), u64::try_from(n).unwrap_or(0));
        }
        Ok(EventCounts(counts))
    }
}
