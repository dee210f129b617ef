//! Healing: what an element looked like, and how one that changed is found again. Rules only; the page is read and the
//! choice is used by the runner.

mod classify;
mod fingerprint;
mod similarity;

pub use classify::{Circumstances, classify, fix_type};
pub use fingerprint::Fingerprint;
pub(crate) use similarity::spelling;
pub use similarity::{Choice, MARGIN, UNSURE, choose, similarity};

use serde::Serialize;
use serde_json::Value;

/// What healing may do.
#[derive(Clone, Debug)]
pub struct HealPolicy {
    /// Below it nothing is proposed.
    pub min_confidence_suggest: f64,
    /// Uses what was found in this run, when it is sure enough to be proposed.
    pub heal_in_run: bool,
    pub max_heals_per_test: u32,
    /// What the elements of this test looked like, by list and index of the step.
    pub fingerprints: Vec<KnownElement>,
    /// Selectors that took the place of others before.
    pub patterns: Vec<Pattern>,
    /// Other selectors known for an element.
    pub alternatives: Vec<Alternative>,
}

impl Default for HealPolicy {
    fn default() -> Self {
        Self {
            min_confidence_suggest: 0.70,
            heal_in_run: true,
            max_heals_per_test: 5,
            fingerprints: Vec::new(),
            patterns: Vec::new(),
            alternatives: Vec::new(),
        }
    }
}

/// An element of a step as it was the last time the step passed.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownElement {
    /// The selector of the step, as the plan has it.
    pub selector: String,
    pub fingerprint: Fingerprint,
}

/// A replacement that was right before.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub original: String,
    pub healed: String,
    pub successes: u32,
    pub failures: u32,
}

/// Another selector of the same element.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    pub primary: String,
    pub selector: String,
    pub confidence: f64,
}

/// What an element was taken for another, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Healing {
    /// `timing_issue`, `selector_changed`, `ui_changed`, `real_bug`, `unknown`, ..
    pub failure_type: String,
    /// `update_selector`, `increase_timeout`, `none`, ..
    pub fix_type: String,
    pub old_value: String,
    pub new_value: Option<String>,
    pub confidence: f64,
    pub runner_up_confidence: Option<f64>,
    /// `pattern`, `alternative`, `similarity`.
    pub strategy: String,
    pub explanation: String,
    /// It was used in this run.
    pub used: bool,
    /// The best candidates: selector, score, attributes.
    pub candidates: Vec<Value>,
    pub page_url: Option<String>,
}
