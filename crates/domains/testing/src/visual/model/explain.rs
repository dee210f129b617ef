//! What the differences of a comparison mean, in words: by rules, and as a model would say it. Pure.

use argos_llm::object_in;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::difference::{Difference, Kind, Severity};
use super::record::{Comparison, Measured};

/// Changes that are explained one by one, the weightiest.
const CHANGES_MAX: usize = 30;
/// Longest sentence of a model.
const SENTENCE_MAX: usize = 1_000;

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub change: String,
    pub likely_cause: String,
    /// 0 (an accident) to 1 (meant)
    pub intentional_likelihood: f64,
    /// critical, high, medium or low
    pub risk_level: String,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    pub summary: String,
    pub changes_explained: Vec<Change>,
    pub recommendations: Vec<String>,
    pub overall_assessment: String,
}

/// The usual cause of such a difference, and how often it is meant.
fn cause(d: &Difference) -> (&'static str, f64) {
    match (d.kind, d.severity) {
        (Kind::Dynamic, _) => ("It changes with each visit, such as a date or an advertisement", 0.9),
        (Kind::Missing, Severity::Critical) => ("Something people use or read was removed, or did not load", 0.2),
        (Kind::Missing, _) => ("An element was removed, or is not shown any more", 0.4),
        (Kind::New, _) => ("An element was added", 0.7),
        (Kind::Layout, Severity::Major | Severity::Critical) => ("Something above or beside it has another size", 0.4),
        (Kind::Layout, _) => ("Spacing or a font changed a little", 0.5),
        (Kind::Style, Severity::Major | Severity::Critical) => ("A style was changed", 0.6),
        (Kind::Style, _) => ("A style was changed a little", 0.5),
        (Kind::Content, _) if d.element.is_some() => ("The text or picture was edited, or comes from data that changed", 0.6),
        (Kind::Content, _) => ("What is drawn there, such as a picture or a video, changed", 0.5),
    }
}

const fn risk(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Major => "high",
        Severity::Minor => "medium",
        Severity::Info => "low",
    }
}

/// What rules say.
pub fn by_rules(m: &Measured) -> Explanation {
    let explain = |d: &Difference| {
        let (likely_cause, intentional_likelihood) = cause(d);
        Change {
            change: d.description.clone(),
            likely_cause: likely_cause.to_owned(),
            intentional_likelihood,
            risk_level: risk(d.severity).to_owned(),
        }
    };
    let any = |wanted: fn(&Difference) -> bool| m.differences.iter().any(wanted);
    let mut recommendations = Vec::new();
    let mut recommend = |text: &str| recommendations.push(text.to_owned());
    if m.matches.is_none() {
        recommend("Look at the picture and approve it when it is right");
    }
    if any(|d| d.kind == Kind::Missing && d.is_regression) {
        recommend("Make sure that what is missing was removed on purpose");
    }
    if any(|d| d.kind == Kind::Layout && d.is_regression) {
        recommend("Look for what pushed the other elements away: the first of them from above");
    }
    if any(|d| d.kind == Kind::Dynamic) {
        recommend("Ignore or mask what changes with each visit");
    }
    if any(|d| d.is_regression) {
        recommend("Approve only when every change was meant; reject with a note otherwise");
    }
    let regressions = m.differences.iter().filter(|d| d.is_regression).count();
    let overall_assessment = match (m.matches, regressions) {
        (None, _) => "Nothing was compared yet".to_owned(),
        (Some(true), 0) => "The page looks as approved".to_owned(),
        (Some(false), 0) => "The page differs, but nothing that usually matters".to_owned(),
        (_, 1) => "One change looks like a regression".to_owned(),
        (_, n) => format!("{n} changes look like regressions"),
    };
    Explanation {
        summary: m.summary.clone(),
        changes_explained: m.differences.iter().take(CHANGES_MAX).map(explain).collect(),
        recommendations,
        overall_assessment,
    }
}

/// What a model is told: what rules say and what was measured, without pictures.
pub fn told(c: &Comparison, rules: &Explanation) -> Value {
    let m = &c.measured;
    let differences: Vec<_> = m.differences.iter().take(CHANGES_MAX).collect();
    json!({
        "page": c.url, "name": c.name, "different_percent": m.diff_percentage, "differences": differences, "explained_by_rules": rules,
        "said_of_the_change": (!m.story.is_empty()).then_some(&m.story),
    })
}

/// The explanation in the answer of a model; none when it is not one, or explains another number of changes.
pub fn read(answer: &str, rules: &Explanation) -> Option<Explanation> {
    let mut said: Explanation = serde_json::from_str(object_in(answer)?).ok()?;
    let known = |c: &Change| {
        (0.0..=1.0).contains(&c.intentional_likelihood) && ["critical", "high", "medium", "low"].contains(&c.risk_level.as_str())
    };
    if said.changes_explained.len() != rules.changes_explained.len() || !said.changes_explained.iter().all(known) {
        return None;
    }
    let cut = |text: &mut String| *text = text.chars().take(SENTENCE_MAX).collect();
    for change in &mut said.changes_explained {
        cut(&mut change.change);
        cut(&mut change.likely_cause);
    }
    said.recommendations.truncate(10);
    said.recommendations.iter_mut().for_each(cut);
    cut(&mut said.summary);
    cut(&mut said.overall_assessment);
    Some(said)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn difference(kind: Kind, severity: Severity) -> Difference {
        Difference {
            id: "diff_0".into(),
            kind,
            severity,
            description: "a “Buy” is not there any more".into(),
            location: String::new(),
            element: Some("#buy".into()),
            expected: None,
            actual: None,
            is_regression: severity >= Severity::Major && kind != Kind::Dynamic,
            bounds_baseline: None,
            bounds_current: None,
            confidence: 1.0,
        }
    }

    fn measured() -> Measured {
        let differences = vec![difference(Kind::Missing, Severity::Critical), difference(Kind::Dynamic, Severity::Info)];
        Measured { matches: Some(false), differences, summary: "2 differences".into(), ..Measured::default() }
    }

    #[test]
    fn rules_explain_each_change_and_what_nobody_compared() {
        let said = by_rules(&measured());
        let risks: Vec<&str> = said.changes_explained.iter().map(|c| c.risk_level.as_str()).collect();
        assert_eq!((risks.as_slice(), said.recommendations.len()), (&["critical", "low"][..], 3), "{said:?}");
        assert_eq!(said.overall_assessment, "One change looks like a regression");
        assert_eq!(by_rules(&Measured::default()).overall_assessment, "Nothing was compared yet");
    }

    #[test]
    fn answer_of_a_model_is_taken_when_it_explains_the_same_changes() {
        let rules = by_rules(&measured());
        let said = Explanation { summary: "The button to buy is gone".into(), ..rules.clone() };
        let answer = format!("Here it is:\n```json\n{}\n```", serde_json::to_string(&said).unwrap());
        assert_eq!(read(&answer, &rules), Some(said.clone()));
        let fewer = Explanation { changes_explained: Vec::new(), ..said };
        assert_eq!(read(&serde_json::to_string(&fewer).unwrap(), &rules), None);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_left(answer in "\\PC{0,200}", json in any::<bool>()) {
            let rules = by_rules(&Measured::default());
            let answer = if json { format!("{{\"summary\":{answer:?},\"changes_explained\":[],\"recommendations\":[],\"overall_assessment\":\"x\"}}") } else { answer };
            if let Some(said) = read(&answer, &rules) {
                prop_assert!(said.summary.chars().count() <= SENTENCE_MAX && said.changes_explained.is_empty());
            }
        }
    }
}
