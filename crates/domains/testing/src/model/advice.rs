//! What may help against a failure: replacements of before, what rules say, and what a model proposed, the surest first. Pure.

use argos_llm::object_in;
use argos_webtest::heal::PATTERN_MIN;
use serde::Deserialize;

use super::diagnosis::{Asked, Cause};
use super::healing::KeptPattern;
use super::likeness::alike;

/// Under it nothing resembles anything.
pub const LIKENESS_MIN: f64 = 0.15;
/// From here on a model is not asked unless somebody insists.
pub const SURE: f64 = 0.7;
/// What a model is believed at most.
pub const MODEL_MAX: f64 = 0.9;
pub const FIXES_MAX: usize = 10;
const TEXT_CHARS_MAX: usize = 500;
const FIXES: [&str; 6] = ["update_selector", "add_wait", "increase_timeout", "update_assertion", "update_test_data", "none"];

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Pattern,
    Likeness,
    Rules,
    Model,
}

impl From {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pattern => "cache",
            Self::Likeness => "vector",
            Self::Rules => "rules",
            Self::Model => "llm",
        }
    }
}

/// Something that may help.
#[derive(Clone, Debug)]
pub struct Fix {
    pub fix_type: String,
    pub old_value: Option<String>,
    /// Unknown where only the kind of the fix is.
    pub new_value: Option<String>,
    pub confidence: f64,
    pub explanation: String,
    pub pattern: Option<KeptPattern>,
    pub from: From,
}

/// What a model says a failure means.
#[derive(Deserialize)]
pub struct ModelCause {
    pub root_cause: String,
    pub confidence: f64,
    #[serde(default)]
    pub suggested_actions: Vec<String>,
}

#[derive(Deserialize)]
struct Proposed {
    fix_type: String,
    #[serde(default)]
    new_value: Option<String>,
    confidence: f64,
    explanation: String,
}

#[derive(Deserialize)]
struct ModelFixes {
    suggestions: Vec<Proposed>,
}

/// As much of a text as an answer shows.
pub fn short(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// How far a model is believed: 0 to [`MODEL_MAX`].
pub fn believed(confidence: f64) -> f64 {
    if confidence.is_finite() { confidence.clamp(0.0, MODEL_MAX) } else { 0.0 }
}

fn of(selector: &str) -> Option<String> {
    (!selector.is_empty()).then(|| selector.to_owned())
}

fn of_pattern(p: &KeptPattern, (confidence, from): (f64, From), why: &str) -> Fix {
    Fix {
        fix_type: "update_selector".to_owned(),
        old_value: Some(p.original.clone()),
        new_value: Some(p.healed.clone()),
        confidence,
        explanation: format!("{why} {} times, wrong {} times", p.successes, p.failures),
        pattern: Some(p.clone()),
        from,
    }
}

/// What is known without a model. `kept`: replacements of before, which mend no fault of the application or of what it
/// stands on.
pub fn known(asked: &Asked, cause: &Cause, kept: &[KeptPattern]) -> Vec<Fix> {
    let usable = |p: &&KeptPattern| {
        let of_kind = asked.error_type.is_empty() || p.error_type == asked.error_type;
        of_kind && p.confidence() >= PATTERN_MIN && !cause.leaves_the_test_alone() && !asked.selector.is_empty()
    };
    let usable: Vec<&KeptPattern> = kept.iter().filter(usable).collect();
    let same = usable.iter().filter(|p| p.original == asked.selector);
    let mut fixes: Vec<Fix> =
        same.map(|p| of_pattern(p, (p.confidence(), From::Pattern), "This selector was replaced so; right")).collect();
    if fixes.is_empty() {
        // Selectors alone: the words of a message are in none of them, and would push each under the bound.
        let texts: Vec<String> = usable.iter().map(|p| p.original.clone()).collect();
        let near = alike(&asked.selector, &texts).into_iter().filter(|(_, likeness)| *likeness >= LIKENESS_MIN).take(FIXES_MAX);
        let fix = |(place, likeness): (usize, f64)| {
            let p = usable.get(place)?;
            Some(of_pattern(p, (p.confidence() * likeness, From::Likeness), "A selector like this was replaced so; right"))
        };
        fixes = near.filter_map(fix).collect();
    }
    if cause.fix_type != "none" || fixes.is_empty() {
        // The words alone name the kind of the fix, never the value.
        fixes.push(Fix {
            fix_type: cause.fix_type.to_owned(),
            old_value: of(&asked.selector),
            new_value: None,
            confidence: cause.confidence,
            explanation: cause.cause.to_owned(),
            pattern: None,
            from: From::Rules,
        });
    }
    ordered(fixes)
}

/// Whether rules and patterns are sure enough that no model needs to be asked.
pub fn is_sure(fixes: &[Fix], cause: &Cause) -> bool {
    let valued = fixes.iter().filter(|f| f.new_value.is_some()).map(|f| f.confidence).fold(0.0, f64::max);
    // That nothing in the test is to be changed is an answer too.
    let best = if cause.fix_type == "none" { valued.max(cause.confidence) } else { valued };
    best >= SURE
}

/// What is known with what a model proposed.
pub fn with_model(mut fixes: Vec<Fix>, cause: &Cause, more: Vec<Fix>) -> Vec<Fix> {
    let fits = |f: &Fix| !cause.leaves_the_test_alone() || f.fix_type == "none";
    fixes.extend(more.into_iter().filter(fits));
    ordered(fixes)
}

/// The surest first; of those as sure, the one that says what to write.
fn ordered(mut fixes: Vec<Fix>) -> Vec<Fix> {
    fixes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(b.new_value.is_some().cmp(&a.new_value.is_some())));
    fixes.truncate(FIXES_MAX);
    fixes
}

/// What a model proposed, as far as it keeps to the form; none where it does not.
pub fn fixes_in(text: &str, selector: &str) -> Option<Vec<Fix>> {
    let said: ModelFixes = serde_json::from_str(object_in(text)?).ok()?;
    let known = said.suggestions.into_iter().filter(|p| FIXES.contains(&p.fix_type.as_str())).take(FIXES_MAX);
    let fix = |p: Proposed| Fix {
        old_value: of(selector),
        new_value: p.new_value.map(|v| short(&v)).filter(|v| !v.is_empty() && p.fix_type != "none"),
        fix_type: p.fix_type,
        confidence: believed(p.confidence),
        explanation: short(&p.explanation),
        pattern: None,
        from: From::Model,
    };
    Some(known.map(fix).collect()).filter(|fixes: &Vec<Fix>| !fixes.is_empty())
}

/// The cause a model named, if it keeps to the form.
pub fn cause_in(text: &str) -> Option<ModelCause> {
    let said: ModelCause = serde_json::from_str(object_in(text)?).ok()?;
    (!said.root_cause.trim().is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use argos_kernel::{ManualClock, SeededRng, Timestamp, Uid};
    use proptest::prelude::*;

    use super::*;
    use crate::model::diagnosis::diagnose;

    fn pattern(original: &str, (successes, failures): (i64, i64)) -> KeptPattern {
        let now = Timestamp::from_secs(0);
        let uid = Uid::mint(&ManualClock::at(now), &SeededRng::new(1));
        KeptPattern {
            id: 1,
            uid,
            project_uid: uid,
            project_id: 1,
            fingerprint: String::new(),
            original: original.into(),
            healed: "#new".into(),
            error_type: "element_not_found".into(),
            successes,
            failures,
            created_at: now,
        }
    }

    fn gone(selector: &str, message: &str) -> Asked {
        Asked { selector: selector.into(), message: message.into(), error_type: "element_not_found".into(), ..Asked::default() }
    }

    fn advice(asked: &Asked, kept: &[KeptPattern]) -> (Vec<Fix>, bool) {
        let (cause, _) = diagnose(asked);
        let fixes = known(asked, &cause, kept);
        let sure = is_sure(&fixes, &cause);
        (fixes, sure)
    }

    #[test]
    fn fault_of_the_application_is_mended_in_no_test_and_asked_of_no_model() {
        let asked = gone("#buy", "POST /cart answered with status 500");
        let (fixes, sure) = advice(&asked, &[pattern("#buy", (9, 0))]);
        assert_eq!((fixes.len(), fixes[0].fix_type.as_str(), fixes[0].from, sure), (1, "none", From::Rules, true));
        let (fixes_there, _) = advice(&gone("#buy", "net::ERR_CONNECTION_REFUSED"), &[pattern("#buy", (9, 0))]);
        assert_eq!((fixes_there.len(), fixes_there[0].fix_type.as_str()), (1, "none"), "nor is an address that is down");
        let proposed = r##"{"suggestions":[{"fix_type":"update_selector","new_value":"#b","confidence":0.9,"explanation":"x"},
            {"fix_type":"none","new_value":"#b","confidence":0.5,"explanation":"the server failed"}]}"##;
        let both = with_model(fixes, &diagnose(&asked).0, fixes_in(proposed, "#buy").unwrap());
        let kinds: Vec<(&str, Option<&str>)> = both.iter().map(|f| (f.fix_type.as_str(), f.new_value.as_deref())).collect();
        assert_eq!(kinds, [("none", None), ("none", None)], "only that the test is right is believed");
    }

    #[test]
    fn pattern_that_was_mostly_wrong_is_not_advised() {
        let (fixes, sure) = advice(&gone("#buy", "#buy is not there"), &[pattern("#buy", (0, 3)), pattern("#buy", (0, 0))]);
        assert_eq!((fixes.len(), fixes[0].from, fixes[0].new_value.as_deref(), sure), (1, From::Rules, None, false));
        let (fixes, sure) = advice(&gone("#buy", "#buy is not there"), &[pattern("#buy", (8, 2))]);
        assert_eq!((fixes[0].from, fixes[0].confidence, fixes[1].from, sure), (From::Pattern, 0.8, From::Rules, true));
    }

    #[test]
    fn likeness_is_of_selectors_whatever_the_message_says_and_the_surest_stands_first() {
        let long = "waiting for the locator that was written in the third step of this long test took more than it should have";
        let kept = [pattern("#pay-button", (5, 0)), pattern("#cart-total", (5, 0)), pattern("#help", (5, 0))];
        let (fixes, sure) = advice(&gone("#pay-btn", long), &kept);
        let said: Vec<(From, Option<&str>)> = fixes.iter().map(|f| (f.from, f.old_value.as_deref())).collect();
        assert_eq!(said, [(From::Rules, Some("#pay-btn")), (From::Likeness, Some("#pay-button"))], "{fixes:?}");
        assert!(!sure && fixes[0].confidence > fixes[1].confidence);
        let (fixes, _) = advice(&gone("", long), &kept);
        assert!(fixes.iter().all(|f| f.from == From::Rules), "an error type alone resembles nothing: {fixes:?}");
    }

    #[test]
    fn model_is_believed_only_in_its_form_and_never_too_much() {
        let text = r##"Sure: {"suggestions":[{"fix_type":"update_selector","new_value":"#b","confidence":1.0,"explanation":"renamed"},
            {"fix_type":"rm -rf","confidence":1,"explanation":"x"}]}"##;
        let fixes = fixes_in(text, "#a").unwrap();
        assert_eq!((fixes.len(), fixes[0].new_value.as_deref(), fixes[0].confidence), (1, Some("#b"), MODEL_MAX));
        assert!(fixes_in("I do not know", "#a").is_none() && cause_in(r#"{"root_cause":" ","confidence":1}"#).is_none());
    }

    proptest! {
        #[test]
        fn whatever_a_model_says_is_read_or_left(text in "\\PC{0,120}", confidence in any::<f64>()) {
            drop((fixes_in(&text, "#a"), cause_in(&text)));
            prop_assert!((0.0..=MODEL_MAX).contains(&believed(confidence)));
        }
    }
}
