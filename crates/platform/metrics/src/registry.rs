//! Names and labels of series, and their place in memory.

use std::collections::{BTreeMap, HashMap};

use argos_tschunk::Kind;
use schemars::JsonSchema;
use serde::Serialize;

/// Label names and values, in alphabetical order.
pub type Labels = BTreeMap<String, String>;

/// A series' place in memory for the life of the process. Not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub(crate) u32);

impl SeriesId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What identifies and describes a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesSpec {
    /// Canonical name with its unit, e.g. `host_cpu_percent`.
    pub metric: String,
    pub labels: Labels,
    /// `%`, `bytes`, `B/s`, `°C` ...
    pub unit: &'static str,
    pub kind: Kind,
    /// The part that writes it: `ops`, `power` ...
    pub source: &'static str,
}

impl SeriesSpec {
    pub(crate) fn kind_word(&self) -> &'static str {
        match self.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        }
    }
}

/// One measurement of a series that need not exist yet.
#[derive(Clone, Debug)]
pub struct Sample {
    pub spec: SeriesSpec,
    pub value: f64,
}

/// A known series.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeriesInfo {
    pub metric: String,
    pub labels: Labels,
    pub unit: String,
    /// The part that writes it: `ops`, `power`, `edge`, `nodes`, `quality`, `platform`.
    pub source: String,
    #[serde(skip)]
    pub(crate) kind: KindOf,
    #[serde(skip)]
    pub(crate) row: i64,
}

/// The label that names the organization a series belongs to, by its public id. A series without it belongs to the
/// instance.
pub const ORGANIZATION: &str = "organization";

impl SeriesInfo {
    /// How its numbers are to be read.
    pub fn kind(&self) -> Kind {
        self.kind.kind()
    }
    /// The organization it belongs to; `None` for what belongs to the instance.
    pub fn organization(&self) -> Option<&str> {
        self.labels.get(ORGANIZATION).map(String::as_str)
    }
}

/// [`Kind`] with a default for derives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum KindOf {
    #[default]
    Gauge,
    Counter,
}

impl KindOf {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Gauge => Kind::Gauge,
            Self::Counter => Kind::Counter,
        }
    }
}

/// All series in memory.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) list: Vec<SeriesInfo>,
    by_metric: HashMap<String, SeriesOfMetric>,
    by_row: HashMap<i64, SeriesId>,
}

#[derive(Default)]
struct SeriesOfMetric {
    ids: Vec<SeriesId>,
    by_labels: HashMap<Labels, SeriesId>,
}

impl Registry {
    pub(crate) fn add(&mut self, info: SeriesInfo) -> SeriesId {
        if let Some(id) = self.by_row.get(&info.row) {
            return *id;
        }
        let id = SeriesId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let of_metric = self.by_metric.entry(info.metric.clone()).or_default();
        of_metric.ids.push(id);
        of_metric.by_labels.insert(info.labels.clone(), id);
        self.by_row.insert(info.row, id);
        self.list.push(info);
        id
    }
    pub(crate) fn get(&self, id: SeriesId) -> Option<&SeriesInfo> {
        self.list.get(id.index())
    }
    pub(crate) fn find(&self, metric: &str, labels: &Labels) -> Option<SeriesId> {
        self.by_metric.get(metric)?.by_labels.get(labels).copied()
    }
    pub(crate) fn by_row(&self, row: i64) -> Option<SeriesId> {
        self.by_row.get(&row).copied()
    }
    /// Every series of the metric whose labels include the wanted ones; `None` for an unknown metric.
    pub(crate) fn matching(&self, metric: &str, wanted: &Labels) -> Option<Vec<SeriesId>> {
        let fits = |id: &SeriesId| self.get(*id).is_some_and(|i| wanted.iter().all(|(k, v)| i.labels.get(k) == Some(v)));
        Some(self.by_metric.get(metric)?.ids.iter().copied().filter(fits).collect())
    }
}

/// Canonical JSON: sorted keys, no spaces.
pub(crate) fn labels_json(labels: &Labels) -> String {
    serde_json::to_string(labels).unwrap_or_default()
}

pub(crate) fn parse_labels(json: &str) -> Labels {
    serde_json::from_str(json).unwrap_or_default()
}
