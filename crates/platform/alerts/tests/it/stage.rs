//! A store with events, audit and alerting on it, values a test sets, and a receiver that remembers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use argos_alerts::{Alerts, FiringChange, FiringNotice, FiringSink, LiveValues, MetricName, TickReport};
use argos_audit::Audit;
use argos_events::{Event, Events, Filter};
use argos_kernel::{Clock, ManualClock, Rng, SeededRng, Timestamp};
use argos_metrics::{Kind, Metrics, SeriesSpec};
use argos_store::testing::{TestStore, each_engine, sqlite};
use argos_store::{Migration, StoreError, Tx};
use argos_web::BoxFuture;

pub(crate) fn migrations() -> Vec<Migration> {
    [argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_alerts::MIGRATIONS, argos_metrics::MIGRATIONS].concat()
}

/// What the sampler sees; `None` as text values.
#[derive(Default)]
pub(crate) struct Values {
    pub(crate) numbers: BTreeMap<(String, Option<String>), f64>,
    pub(crate) texts: BTreeMap<(String, Option<String>), String>,
}

impl LiveValues for Values {
    fn names(&self) -> Vec<MetricName> {
        self.numbers
            .keys()
            .chain(self.texts.keys())
            .map(|(name, selector)| MetricName { name: name.clone(), selector: selector.clone() })
            .collect()
    }
    fn value(&self, name: &str, selector: Option<&str>) -> Option<f64> {
        self.numbers.get(&(name.to_owned(), selector.map(str::to_owned))).copied()
    }
    fn text(&self, name: &str, selector: Option<&str>) -> Option<String> {
        self.texts.get(&(name.to_owned(), selector.map(str::to_owned))).cloned()
    }
}

/// `cpu_percent`, or `disks.percent[/]` for one of several.
pub(crate) fn values(list: &[(&str, f64)]) -> Arc<dyn LiveValues> {
    let mut v = Values::default();
    for (key, value) in list {
        let (name, selector) = key.strip_suffix(']').and_then(|k| k.split_once('[')).map_or((*key, None), |(n, s)| (n, Some(s.to_owned())));
        v.numbers.insert((name.to_owned(), selector), *value);
    }
    Arc::new(v)
}

#[derive(Clone, Default)]
pub(crate) struct Heard(pub(crate) Arc<Mutex<Vec<FiringNotice>>>);

impl FiringSink for Heard {
    fn deliver<'a>(&'a self, tx: &'a mut Tx, notice: &'a FiringNotice) -> BoxFuture<'a, Result<(), StoreError>> {
        let (list, notice) = (Arc::clone(&self.0), notice.clone());
        tx.on_commit(move || list.lock().unwrap().push(notice));
        Box::pin(async { Ok(()) })
    }
}

/// A series that a test writes.
pub(crate) fn spec(metric: &str, labels: &[(&str, &str)], kind: Kind) -> SeriesSpec {
    let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    SeriesSpec { metric: metric.to_owned(), labels, unit: "", kind, source: "power" }
}

pub(crate) struct Stage {
    pub(crate) t: TestStore,
    pub(crate) clock: ManualClock,
    pub(crate) events: Events,
    pub(crate) audit: Audit,
    pub(crate) alerts: Alerts,
    pub(crate) metrics: Metrics,
    pub(crate) heard: Heard,
}

impl Stage {
    pub(crate) async fn of(t: TestStore) -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(1_750_003_200));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(11));
        let events = Events::new(t.store.state.clone(), Arc::clone(&shared), Arc::clone(&rng));
        let audit = Audit::new(t.store.state.clone(), Arc::clone(&shared), Arc::clone(&rng));
        let metrics = Metrics::open(&t.store, Arc::clone(&shared)).await.unwrap();
        let alerts = Alerts::open(t.store.state.clone(), shared, rng, events.clone(), audit.clone()).await.unwrap();
        let heard = Heard::default();
        alerts.set_sink(Arc::new(heard.clone()));
        alerts.set_metrics(metrics.clone());
        Self { t, clock, events, audit, alerts, metrics, heard }
    }
    pub(crate) async fn sqlite() -> Self {
        Self::of(sqlite(&migrations()).await).await
    }
    pub(crate) async fn each() -> Vec<Self> {
        let mut all = Vec::new();
        for t in each_engine(&migrations()).await {
            all.push(Self::of(t).await);
        }
        all
    }
    /// The same store as a restarted process sees it.
    pub(crate) async fn restarted(&self) -> Alerts {
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(99));
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let alerts = Alerts::open(self.t.store.state.clone(), clock, rng, self.events.clone(), self.audit.clone()).await.unwrap();
        alerts.set_sink(Arc::new(self.heard.clone()));
        alerts.set_metrics(self.metrics.clone());
        alerts
    }
    /// Writes one point now.
    pub(crate) async fn point(&self, series: &SeriesSpec, value: f64) {
        self.points(series, &[(0, value)]).await;
    }
    /// Writes points so many seconds ago.
    pub(crate) async fn points(&self, series: &SeriesSpec, list: &[(i64, f64)]) {
        let id = self.metrics.series(series).await.unwrap();
        let now = self.clock.now();
        let points: Vec<_> = list.iter().map(|(ago, v)| (id, now.minus_secs(*ago).micros(), *v)).collect();
        assert_eq!(self.metrics.append_all(&points), points.len());
    }
    /// Five seconds later, one sample.
    pub(crate) async fn tick(&self, list: &[(&str, f64)]) -> TickReport {
        self.clock.advance_secs(5);
        self.alerts.tick(&values(list), self.clock.now()).await.unwrap()
    }
    pub(crate) fn told(&self) -> Vec<(FiringChange, String, Option<&'static str>)> {
        self.heard.0.lock().unwrap().drain(..).map(|n| (n.change, n.message, n.withheld)).collect()
    }
    pub(crate) async fn kinds(&self) -> Vec<String> {
        let all: Vec<Event> = self.events.list(&Filter::default(), None, 100).await.unwrap();
        all.into_iter().rev().map(|e| e.kind).filter(|k| k.starts_with("alert.")).collect()
    }
}
