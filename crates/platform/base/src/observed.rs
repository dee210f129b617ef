//! Figures of the process itself for the Prometheus exposition (platform spec 17). Parts hand over a source; the
//! exposition asks all of them when it is scraped. Nothing is stored here.

use std::sync::{Arc, Mutex, PoisonError};

/// One metric family in the words of the Prometheus text format.
#[derive(Clone, Debug)]
pub struct Family {
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    pub help: &'static str,
    pub samples: Vec<Sample>,
}

/// One line of a family.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Appended to the family's name: `_bucket`, `_sum`, `_count`, or nothing.
    pub suffix: &'static str,
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

type Source = Arc<dyn Fn() -> Vec<Family> + Send + Sync>;

/// The sources. Clones share them.
#[derive(Clone, Default)]
pub struct Observed(Arc<Mutex<Vec<Source>>>);

impl Observed {
    /// Adds a source; it is asked at every scrape and must be quick.
    pub fn add(&self, source: impl Fn() -> Vec<Family> + Send + Sync + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(source));
    }

    /// What all sources say now.
    pub fn families(&self) -> Vec<Family> {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sources.iter().flat_map(|s| s()).collect()
    }
}

impl Sample {
    pub fn new(labels: Vec<(&'static str, String)>, value: f64) -> Self {
        Self { suffix: "", labels, value }
    }
    #[must_use]
    pub fn suffix(mut self, suffix: &'static str) -> Self {
        self.suffix = suffix;
        self
    }
}
