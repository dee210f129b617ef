//! What an audit says, in the form in which it is stored and shown, and how the answer of the page becomes it. The page
//! is a stranger: whatever it answers is bounded and read leniently.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::score;

/// Issues kept of one rule.
const NODES_MAX: usize = 100;
/// Longest text of the page that is kept.
const TEXT_CHARS_MAX: usize = 400;

/// A conformance level of WCAG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    A,
    #[default]
    Aa,
    Aaa,
}

impl Level {
    /// `A`, `AA` or `AAA`, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "A" => Some(Self::A),
            "AA" => Some(Self::Aa),
            "AAA" => Some(Self::Aaa),
            _ => None,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aa => "AA",
            Self::Aaa => "AAA",
        }
    }
}

/// The highest level a page reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compliance {
    #[default]
    None,
    A,
    #[serde(rename = "AA")]
    Aa,
    #[serde(rename = "AAA")]
    Aaa,
}

impl Compliance {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::A => "A",
            Self::Aa => "AA",
            Self::Aaa => "AAA",
        }
    }
}

/// How much an issue weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Minor,
    Major,
    Critical,
}

impl Severity {
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "minor" => Some(Self::Minor),
            "major" => Some(Self::Major),
            "critical" => Some(Self::Critical),
            _ => None,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// A box on the page, in CSS pixels from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bounds {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// One element that breaks one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    pub rule_id: String,
    /// Such as `1.4.3`; none for what is good practice only.
    pub criterion: Option<String>,
    pub level: Option<Level>,
    pub severity: Severity,
    /// critical, serious, moderate or minor, as axe-core weighs the rule.
    pub impact: String,
    pub description: String,
    /// Where, in words: the criterion and the element.
    pub location: String,
    pub selector: String,
    pub html: String,
    pub recommendation: String,
    /// None for what has no box.
    pub bounds: Option<Bounds>,
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// 0 to 100.
    pub overall_score: u32,
    pub level_compliance: Compliance,
    pub issues: Vec<Issue>,
    /// Criteria of which every rule that applies holds.
    pub passed_criteria: Vec<String>,
    /// What no program can decide here.
    pub incomplete: Vec<Issue>,
    /// Frames that were not judged.
    pub frames_skipped: u32,
    /// One sentence.
    pub summary: String,
}

/// The answer of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    pub(crate) violations: Vec<Rule>,
    pub(crate) incomplete: Vec<Rule>,
    pub(crate) passes: Vec<Rule>,
    pub(crate) frames: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) impact: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) help: String,
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Node {
    pub(crate) html: String,
    pub(crate) selector: String,
    pub(crate) why: String,
    pub(crate) bounds: Option<Bounds>,
    /// What there is and what it should be, of rules that measure.
    pub(crate) ratio: Option<f64>,
    pub(crate) wanted: Option<f64>,
}

/// `wcag143` is `1.4.3`, `wcag1410` is `1.4.10`.
fn criterion(tags: &[String]) -> Option<String> {
    tags.iter().find_map(|tag| {
        let digits = tag.strip_prefix("wcag").filter(|d| (3..=4).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))?;
        let (first, rest) = digits.split_at_checked(1)?;
        let (second, third) = rest.split_at_checked(1)?;
        Some(format!("{first}.{second}.{third}"))
    })
}

fn level(tags: &[String]) -> Option<Level> {
    tags.iter().find_map(|tag| {
        let rest = tag.strip_prefix("wcag2")?.trim_start_matches(|c: char| c.is_ascii_digit());
        match rest {
            "a" => Some(Level::A),
            "aa" => Some(Level::Aa),
            "aaa" => Some(Level::Aaa),
            _ => None,
        }
    })
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

fn issue(rule: &Rule, node: &Node) -> Issue {
    let impact = rule.impact.clone().filter(|i| score::IMPACTS.contains(&i.as_str())).unwrap_or_else(|| "moderate".to_owned());
    let criterion = criterion(&rule.tags);
    let selector = cut(&node.selector);
    Issue {
        location: criterion.as_ref().map_or_else(|| selector.clone(), |c| format!("{c} {selector}")),
        level: level(&rule.tags),
        severity: score::severity(&rule.id, &impact, node.ratio, node.wanted),
        description: cut(&rule.help),
        html: cut(&node.html),
        recommendation: cut(&node.why),
        bounds: node.bounds.filter(|b| [b.x, b.y, b.width, b.height].iter().all(|n| n.is_finite())),
        rule_id: cut(&rule.id),
        criterion,
        impact,
        selector,
    }
}

fn issues(rules: &[Rule]) -> Vec<Issue> {
    rules.iter().flat_map(|rule| rule.nodes.iter().take(NODES_MAX).map(|node| issue(rule, node))).collect()
}

impl Audit {
    /// Reads what the page answered; what is missing is empty.
    pub(crate) fn read(answer: &Value, wanted: Level) -> Option<Self> {
        let answer = Answer::deserialize(answer).ok()?;
        let mut issues = issues(&answer.violations);
        issues.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.rule_id.cmp(&b.rule_id)));
        let mut passed: Vec<String> = answer.passes.iter().filter_map(|rule| criterion(&rule.tags)).collect();
        passed.retain(|c| !issues.iter().any(|issue| issue.criterion.as_ref() == Some(c)));
        passed.sort();
        passed.dedup();
        let overall_score = score::score(&issues);
        let level_compliance = score::compliance(&issues, wanted);
        let incomplete = self::issues(&answer.incomplete);
        let summary = summary(&issues, overall_score, level_compliance, incomplete.len());
        Some(Self { overall_score, level_compliance, issues, passed_criteria: passed, incomplete, frames_skipped: answer.frames, summary })
    }

    /// Issues of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.issues.iter().filter(|issue| issue.severity == severity).count()
    }
}

fn summary(issues: &[Issue], score: u32, compliance: Compliance, open: usize) -> String {
    let of = |severity| issues.iter().filter(|issue| issue.severity == severity).count();
    let weights = format!("{} critical, {} major, {} minor", of(Severity::Critical), of(Severity::Major), of(Severity::Minor));
    let found = match issues.len() {
        0 => "No issue was found".to_owned(),
        1 => format!("1 issue: {weights}"),
        n => format!("{n} issues: {weights}"),
    };
    let level = if compliance == Compliance::None { "no level".to_owned() } else { format!("level {}", compliance.as_str()) };
    let rest = if open == 0 { String::new() } else { format!("; {open} to be looked at by a person") };
    format!("{found}; score {score} of 100, {level}{rest}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn rule(id: &str, impact: &str, tags: &[&str], nodes: usize) -> Value {
        let node = json!({ "html": "<img>", "selector": "#a", "why": "Fix it", "bounds": { "x": 1, "y": 2, "width": 3, "height": 4 } });
        json!({ "id": id, "impact": impact, "tags": tags, "help": "Help", "nodes": vec![node; nodes] })
    }

    #[test]
    fn tags_become_criterion_and_level() {
        let of = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|t| (*t).to_owned()).collect();
            (criterion(&tags), level(&tags))
        };
        assert_eq!(of(&["cat.color", "wcag2aa", "wcag143"]), (Some("1.4.3".into()), Some(Level::Aa)));
        assert_eq!(of(&["wcag21aa", "wcag1410"]), (Some("1.4.10".into()), Some(Level::Aa)));
        assert_eq!(of(&["best-practice"]), (None, None));
    }

    #[test]
    fn clean_page_is_100_and_the_level_asked_for() {
        let audit = Audit::read(&json!({ "passes": [rule("image-alt", "critical", &["wcag2a", "wcag111"], 1)] }), Level::Aa).unwrap();
        assert_eq!((audit.overall_score, audit.level_compliance), (100, Compliance::Aa));
        assert_eq!(audit.passed_criteria, ["1.1.1"]);
    }

    #[test]
    fn serious_issue_of_aa_leaves_level_a() {
        let answer = json!({ "violations": [rule("meta-viewport", "serious", &["wcag2aa", "wcag144"], 1)] });
        let audit = Audit::read(&answer, Level::Aa).unwrap();
        assert_eq!((audit.overall_score, audit.level_compliance, audit.count(Severity::Major)), (85, Compliance::A, 1));
        let answer = json!({ "violations": [rule("image-alt", "critical", &["wcag2a", "wcag111"], 3)] });
        let audit = Audit::read(&answer, Level::Aa).unwrap();
        assert_eq!((audit.overall_score, audit.level_compliance), (70, Compliance::None), "a rule costs at most 30");
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,20}".prop_map(Value::from),
            Just(json!("wcag143")),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec(("violations|incomplete|id|impact|tags|nodes|bounds|html|\\PC{0,6}", inner), 0..6)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_a_page_answers_is_bounded(answer in anything()) {
            if let Some(audit) = Audit::read(&answer, Level::Aaa) {
                prop_assert!(audit.overall_score <= 100);
                prop_assert!(audit.issues.iter().all(|i| i.html.chars().count() <= TEXT_CHARS_MAX));
            }
        }
    }
}
