//! What rules leave open and somebody else may know: a language model, the history of the application's sources. What is
//! answered is judged by the same rules as everything else, and a run goes on without it.

use serde_json::Value;

use crate::heal::UNSURE;
use crate::options::Later;
use crate::outcome::Picture;

/// What a model is believed at most.
pub(crate) const BELIEVED_MAX: f64 = 0.90;

/// What came of asking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advice<T> {
    /// `None`: there is no answer.
    pub said: Option<T>,
    /// What people should know of having asked, such as why there is no answer.
    pub note: Option<String>,
    /// What it cost in US dollars; `None` = nobody knows.
    pub cost_usd: Option<f64>,
}

/// Which of several candidates an element is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranking {
    /// Place among the candidates; `None` = it is none of them.
    pub best: Option<usize>,
    /// From 0 to 1.
    pub confidence: f64,
}

/// Where in a picture something is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointing {
    /// Shares of its width and height, each from 0 up to but not including 1; `None` = the picture does not show it.
    pub at: Option<(f64, f64)>,
    /// From 0 to 1.
    pub confidence: f64,
}

/// A selector that takes the place of another in the sources of the application.
#[derive(Clone, Debug, PartialEq)]
pub struct Renamed {
    pub selector: String,
    pub confidence: f64,
    /// A commit says so; else it only looks like it.
    pub by_commit: bool,
    /// Where it is said, for people.
    pub evidence: String,
}

/// Knows what rules do not. Nothing it answers acts by itself.
pub trait Adviser: Send + Sync {
    /// A sentence of the [grammar](crate::grammar) that says what another one means on this page.
    fn reword<'a>(&'a self, sentence: &'a str, page: &'a Value) -> Later<'a, Advice<String>>;
    /// Which of the candidates, the likest first, an element is that looked like `known`; `None` without anybody to ask.
    fn rank<'a>(&'a self, known: &'a Value, candidates: &'a [Value]) -> Later<'a, Option<Advice<Ranking>>>;
    /// Where in a picture of the page the element is that a step wants; the error says why nobody was asked.
    fn locate<'a>(&'a self, picture: &'a Picture, wanted: &'a Value) -> Later<'a, Result<Advice<Pointing>, String>>;
    /// What became of a selector, the surest first.
    fn renamed<'a>(&'a self, selector: &'a str) -> Later<'a, Vec<Renamed>>;
}

/// How sure a choice by likeness is once a model looked at the candidates, whose first it is. What rules cannot tell apart a
/// model cannot either.
pub(crate) fn weighed(sure: f64, ranking: Ranking) -> f64 {
    let believed = if ranking.confidence.is_finite() { ranking.confidence.clamp(0.0, BELIEVED_MAX) } else { 0.0 };
    match ranking.best {
        Some(0) if sure > UNSURE && sure < BELIEVED_MAX => believed,
        Some(0) => sure.min(ranking.confidence.clamp(0.0, 1.0)),
        _ => sure.min(UNSURE),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn model_lowers_and_never_raises_above_nine_tenths_nor_out_of_a_tie() {
        let agrees = |confidence| Ranking { best: Some(0), confidence };
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(weighed(0.75, agrees(0.99)), 0.90) && near(weighed(0.75, agrees(0.72)), 0.72));
        assert!(near(weighed(0.95, agrees(1.0)), 0.95) && near(weighed(0.95, agrees(0.3)), 0.3));
        assert!(near(weighed(UNSURE, agrees(1.0)), UNSURE), "a tie stays one");
        assert!(near(weighed(0.95, Ranking { best: Some(1), confidence: 1.0 }), UNSURE), "another one is meant: nothing is put in");
        assert!(near(weighed(0.95, Ranking { best: None, confidence: 1.0 }), UNSURE));
    }

    proptest! {
        #[test]
        fn whatever_a_model_says_stays_within_bounds(sure in 0.0..=1.0f64, best in prop::option::of(0..6_usize), confidence in any::<f64>()) {
            let now = weighed(sure, Ranking { best, confidence });
            prop_assert!(now.is_nan() || (0.0..=sure.max(BELIEVED_MAX)).contains(&now));
            prop_assert!(sure > UNSURE || now <= sure || now.is_nan());
        }
    }
}
