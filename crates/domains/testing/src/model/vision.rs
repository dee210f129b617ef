//! What models had to do with a result: whose elements they found, what was asked, what it cost. Pure.

use argos_webtest::plan::Action;

use super::result::StepResult;

/// What a step's element was found by.
pub fn mode_of(step: &StepResult) -> &'static str {
    if step.vision.as_ref().is_some_and(|vision| vision.used) {
        "vision"
    } else if step.advised.is_some_and(|a| a.used) {
        "hybrid"
    } else {
        "dom"
    }
}

/// What asking cost: nothing where nobody was asked.
pub fn cost_of(step: &StepResult) -> Option<f64> {
    step.advised.map_or(Some(0.0), |a| a.cost_usd)
}

/// Sums over the steps of a test.
#[derive(Debug, PartialEq)]
pub struct VisionSums {
    /// `standard`, `hybrid` or `vision`.
    pub mode: &'static str,
    /// Pictures that were shown to a model.
    pub attempts: i64,
    /// Elements found in a picture after everything else failed.
    pub fallbacks: i64,
    /// Their share of the steps that were done.
    pub rate: f64,
}

impl VisionSums {
    pub fn of(steps: &[StepResult]) -> Self {
        let done = |s: &&StepResult| matches!(s.status.as_str(), "passed" | "healed");
        let modes: Vec<&str> = steps.iter().map(mode_of).collect();
        let seen = modes.contains(&"vision");
        // A step that has no element is done without looking for one; a claim looks at what others found.
        let found = |s: &StepResult| s.resolved_selector.is_some() && matches!(s.action.as_str(), "instruction" | "extract");
        let acts = |s: &StepResult| Action::named(&s.action).is_some_and(Action::acts_on_element);
        let on_element = |s: &&StepResult| acts(s) || found(s);
        let all_seen = seen && steps.iter().filter(done).filter(on_element).all(|s| mode_of(s) == "vision");
        let fallbacks = steps.iter().filter(done).filter(|s| s.fallback_level == "vision_fallback").count();
        let ran = steps.iter().filter(|s| s.status != "skipped").count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            mode: if all_seen {
                "vision"
            } else if seen || modes.contains(&"hybrid") {
                "hybrid"
            } else {
                "standard"
            },
            attempts: steps.iter().filter_map(|s| s.vision.as_ref()).map(|v| v.attempts).sum(),
            fallbacks: i64::from(count(fallbacks)),
            rate: if ran == 0 { 0.0 } else { f64::from(count(fallbacks)) / f64::from(count(ran)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::result::{Advised, Sight};
    use super::*;

    fn step(action: &str, status: &str, level: &str, used: Option<bool>) -> StepResult {
        let vision = used.map(|used| Sight { used, attempts: 1, ..Sight::default() });
        StepResult {
            action: action.to_owned(),
            status: status.to_owned(),
            fallback_level: level.to_owned(),
            vision,
            ..StepResult::default()
        }
    }

    #[test]
    fn sums_tell_how_the_elements_of_a_test_were_found() {
        let goto = step("goto", "passed", "none", None);
        let (found, seen) = (step("click", "passed", "none", None), step("click", "passed", "vision_fallback", Some(true)));
        let (missed, left) = (step("click", "failed", "wait_and_retry", Some(false)), step("click", "skipped", "none", None));
        let of = |steps: &[&StepResult]| VisionSums::of(&steps.iter().copied().cloned().collect::<Vec<_>>());
        assert_eq!(of(&[]), VisionSums { mode: "standard", attempts: 0, fallbacks: 0, rate: 0.0 });
        assert_eq!(of(&[&goto, &found, &seen, &seen]), VisionSums { mode: "hybrid", attempts: 2, fallbacks: 2, rate: 0.5 });
        assert_eq!(of(&[&goto, &seen, &left]), VisionSums { mode: "vision", attempts: 1, fallbacks: 1, rate: 0.5 });
        let words = StepResult { resolved_selector: Some("text=Sign in".to_owned()), ..step("instruction", "passed", "none", None) };
        assert_eq!(of(&[&goto, &words, &seen]).mode, "hybrid", "words found the other element");
        assert_eq!(of(&[&goto, &missed]), VisionSums { mode: "standard", attempts: 1, fallbacks: 0, rate: 0.0 });
        let first = step("click", "passed", "none", Some(true));
        assert_eq!(of(&[&first]).fallbacks, 0, "what was looked for first fell back to nothing");
        let worded = StepResult { advised: Some(Advised { cost_usd: None, used: true }), ..found };
        assert_eq!((of(&[&worded]).mode, mode_of(&worded), cost_of(&worded)), ("hybrid", "hybrid", None));
    }
}
