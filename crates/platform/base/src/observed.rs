//! Figures of the process itself (platform spec 17). Parts hand over a source; every exposition asks all of them when it
//! is scraped. Nothing is stored here.

use std::fmt::Write;

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

    /// The same as Prometheus text exposition 0.0.4.
    pub fn exposition(&self) -> String {
        let mut out = String::new();
        for family in self.families() {
            if let Err(error) = family.write(&mut out) {
                tracing::error!(%error, family = family.name, "a figure could not be written");
            }
        }
        out
    }
}

impl Family {
    pub fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: "gauge", help, samples: Vec::new() }
    }
    pub fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: "counter", help, samples: Vec::new() }
    }
    /// Adds one line. An unknown value has none.
    #[must_use]
    pub fn with(mut self, labels: &[(&'static str, &str)], value: Option<f64>) -> Self {
        let labels = labels.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        self.samples.extend(value.map(|value| Sample::new(labels, value)));
        self
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        if self.samples.is_empty() {
            return Ok(());
        }
        writeln!(out, "# HELP {0} {1}\n# TYPE {0} {2}", self.name, self.help, self.kind)?;
        for sample in &self.samples {
            write!(out, "{}{}", self.name, sample.suffix)?;
            for (i, (key, value)) in sample.labels.iter().enumerate() {
                let open = if i == 0 { '{' } else { ',' };
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                write!(out, "{open}{key}=\"{value}\"")?;
            }
            let close = if sample.labels.is_empty() { "" } else { "}" };
            writeln!(out, "{close} {}", sample.value)?;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposition_escapes_labels_and_leaves_unknown_figures_out() {
        let observed = Observed::default();
        observed.add(|| {
            vec![
                Family::gauge("argos_a", "A").with(&[], Some(1.5)).with(&[("name", "a\"b\\c\nd")], Some(2.0)),
                Family::counter("argos_b_total", "B").with(&[], None),
            ]
        });
        assert_eq!(observed.exposition(), "# HELP argos_a A\n# TYPE argos_a gauge\nargos_a 1.5\nargos_a{name=\"a\\\"b\\\\c\\nd\"} 2\n");
    }
}
