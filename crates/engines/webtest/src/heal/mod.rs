//! Healing: what an element looked like, and how one that changed is found again. Rules only; the page is read and the
//! choice is used by the runner.

mod classify;
mod danger;
mod fingerprint;
mod patience;
mod pointed;
mod similarity;

pub use classify::{Circumstances, classify, fix_type};
pub use fingerprint::Fingerprint;
pub use patience::{enough, page_factor, patience};
pub use pointed::{Sought, objection};
pub use similarity::{Choice, MARGIN, Part, UNSURE, choose, may_stand_for, parts, says_the_same, similarity, spelling};

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::outcome::Picture;

/// Share of its uses in which a pattern must have been right before it is used or advised.
pub const PATTERN_MIN: f64 = 0.70;

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
    /// Other selectors known for an element, in the order they are tried.
    pub alternatives: Vec<Alternative>,
    /// Kinds of selectors a replacement is written in, the preferred first; see [`crate::selector::preferred`].
    pub strategies: Vec<String>,
    /// Replacements a person refused: selector of the step and the one that was proposed.
    pub refused: Vec<(String, String)>,
    /// Selectors of steps a person would not give more time.
    pub refused_late: Vec<String>,
    /// What scripts of the application throw when the test passes, so that it says nothing of a failure.
    pub known_exceptions: Vec<String>,
    /// How long an element that is late is waited for while the page is still at work; zero = it is not.
    pub late_max: Duration,
    /// How long the steps of a selector took when they passed, in milliseconds, the last one last.
    pub waits: BTreeMap<String, Vec<u64>>,
    /// The how manieth attempt of the test this is; the later, the longer it waits.
    pub attempt: u32,
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
            strategies: Vec::new(),
            refused: Vec::new(),
            refused_late: Vec::new(),
            known_exceptions: Vec::new(),
            late_max: Duration::ZERO,
            waits: BTreeMap::new(),
            attempt: 1,
        }
    }
}

impl HealPolicy {
    pub(crate) fn known(&self, selector: &str) -> Option<&Fingerprint> {
        self.fingerprints.iter().find(|known| known.selector == selector).map(|known| &known.fingerprint)
    }

    /// Other selectors of an element that are sure enough, in the order they are tried.
    pub(crate) fn other_selectors<'a>(&'a self, element: &'a str) -> impl Iterator<Item = &'a Alternative> {
        self.alternatives.iter().filter(move |other| other.primary == element && other.confidence >= self.min_confidence_suggest)
    }

    pub(crate) fn refuses(&self, selector: &str, proposed: &str) -> bool {
        self.refused.iter().any(|(old, new)| old == selector && new == proposed)
    }
}

/// An element of a step as it was the last time the step passed.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownElement {
    /// The selector of the step, as the plan has it, behind the way into its frame; see [`crate::StepFingerprint`].
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
    /// It names a place or a text: it counts only where what looks most like the element is not sure, and nothing else looks
    /// nearly as much like it.
    pub weak: bool,
}

/// What an element was taken for another, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Healing {
    /// `timing_issue`, `selector_changed`, `ui_changed`, `real_bug`, `unknown`, ..
    pub failure_type: String,
    /// `update_selector`, `increase_timeout`, `none`, ..
    pub fix_type: String,
    /// The code of the failure that was healed.
    pub error_code: String,
    pub old_value: String,
    /// The element, as its looks are kept.
    #[serde(skip)]
    pub element: String,
    pub new_value: Option<String>,
    pub confidence: f64,
    pub runner_up_confidence: Option<f64>,
    /// `pattern`, `repository`, `source`, `alternative`, `similarity`, `timing`, or `none`.
    pub strategy: String,
    pub explanation: String,
    /// It was used in this run.
    pub used: bool,
    /// The best candidates: selector, score, attributes, and the parts of the score.
    pub candidates: Vec<Value>,
    pub page_url: Option<String>,
    /// Where the replacement is in the picture: left, top, width and height in CSS pixels of the view.
    pub area: Option<[f64; 4]>,
    /// The page with the replacement, when there is one.
    #[serde(skip)]
    pub picture: Option<Picture>,
}
