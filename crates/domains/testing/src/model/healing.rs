//! What is proposed when an element changed, and how a proposal changes a test. Pure.

use std::collections::BTreeMap;

use argos_kernel::{Timestamp, Uid, hex};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::test::{Document, words};

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionStatus {
    Pending,
    Applied,
    AutoApplied,
    Rejected,
    Expired,
    Superseded,
}

words!(SuggestionStatus: Pending = "pending", Applied = "applied", AutoApplied = "auto_applied", Rejected = "rejected", Expired = "expired", Superseded = "superseded");

impl SuggestionStatus {
    pub const fn is_in_the_test(self) -> bool {
        matches!(self, Self::Applied | Self::AutoApplied)
    }
}

/// How far a replacement goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The step it was found for.
    Step,
    /// Every step of the test with the same selector.
    #[default]
    Test,
    /// Every test of the project.
    Project,
}

/// A test that took a proposal, with its versions before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    pub test: Uid,
    pub before: i64,
    pub after: i64,
}

/// What is kept of a proposal beside its columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    pub runner_up: Option<f64>,
    pub strategy: String,
    pub explanation: String,
    /// The target of the step.
    pub target: Option<String>,
    pub page_url: Option<String>,
    /// The best candidates with the parts of their scores.
    pub candidates: Vec<Value>,
    /// What the element looked like when its step last passed.
    pub fingerprint: Option<Value>,
    /// Where the replacement is in the picture, in CSS pixels of the view.
    pub area: Option<[f64; 4]>,
    /// The size of the view, in CSS pixels.
    pub view: Option<[u32; 2]>,
    /// Artifact: the step when it last passed.
    pub before: Option<String>,
    /// Artifact: the page with the replacement.
    pub after: Option<String>,
    pub mark_as_bug: bool,
    /// A person took the decision back: only a person decides about it again.
    pub held: bool,
    /// The pattern counts the decision.
    pub learned: bool,
    pub taken: Vec<Taken>,
}

/// A proposal as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    pub test_id: i64,
    pub test_uid: Uid,
    pub test_name: String,
    pub status: SuggestionStatus,
    /// `setup`, `steps`, `teardown` or `assertions`.
    pub phase: String,
    pub step_index: i64,
    pub error_type: String,
    pub failure_type: String,
    pub fix_type: String,
    pub old_value: String,
    pub new_value: String,
    pub confidence: f64,
    /// Runs that came to the same.
    pub times_seen: i64,
    /// Runs that went on with it.
    pub times_used: i64,
    pub run_uid: Uid,
    pub details: Details,
    pub created_at: Timestamp,
    pub reviewed_at: Option<Timestamp>,
    pub reviewed_by: Option<String>,
    pub note: Option<String>,
}

impl Suggestion {
    /// What a pattern counted of the decision, to be taken from it again: successes and failures. None when it counted
    /// nothing: what it counts is somebody else's word.
    pub fn to_take_back(&self) -> Option<(i64, i64)> {
        self.details.learned.then_some(if self.status.is_in_the_test() { (-1, 0) } else { (0, -1) })
    }
}

/// A replacement that was right or wrong so many times.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptPattern {
    pub id: i64,
    pub uid: Uid,
    pub project_uid: Uid,
    pub project_id: i64,
    pub fingerprint: String,
    pub original: String,
    pub healed: String,
    pub error_type: String,
    pub successes: i64,
    pub failures: i64,
    pub created_at: Timestamp,
}

impl KeptPattern {
    /// From 0 to 1.
    pub fn confidence(&self) -> f64 {
        share(self.successes, self.successes + self.failures).unwrap_or(0.0)
    }
}

/// `part` of `whole`, unknown of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of proposals")]
pub fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The name of a pattern within its project.
pub fn pattern_fingerprint(original: &str, error_type: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("{original}:{error_type}").as_bytes());
    hex(digest.as_ref()).chars().take(16).collect()
}

/// The lists of a document in the order they are done.
const LISTS: [&str; 4] = ["setup", "steps", "assertions", "teardown"];

/// The lists of a document with the proposal in them, as a partial change; `None` when the step is not what it was.
pub fn replaced(document: &Document, s: &Suggestion, scope: Scope) -> Option<Map<String, Value>> {
    let place = usize::try_from(s.step_index).ok()?;
    match s.fix_type.as_str() {
        "increase_timeout" => {
            let timeout: u64 = s.new_value.parse().ok()?;
            edited(document, &s.phase, place, |step| {
                step.insert("timeout".to_owned(), Value::from(timeout));
                true
            })
        }
        "update_assertion" => edited(document, &s.phase, place, |step| {
            let member = ["expected", "value"].into_iter().find(|name| step.get(*name).and_then(Value::as_str) == Some(&s.old_value));
            member.is_some_and(|name| step.insert(name.to_owned(), Value::from(s.new_value.clone())).is_some())
        }),
        _ if scope == Scope::Step => edited(document, &s.phase, place, |step| renamed(step, s)),
        _ => {
            let mut change = Map::new();
            // The same selector in another frame names another element.
            let own = document.list(&s.phase).get(place).filter(|step| step.get("target").and_then(Value::as_str) == Some(&s.old_value));
            let ways = ways(document);
            let own = own.and_then(|_| ways.get(s.phase.as_str())?.get(place));
            for list in LISTS {
                let mut steps = document.list(list).to_vec();
                let hits = steps
                    .iter_mut()
                    .enumerate()
                    .filter(|(at, _)| own.is_none_or(|own| ways.get(list).and_then(|ways| ways.get(*at)) == Some(own)))
                    .filter_map(|(_, step)| renamed(step.as_object_mut()?, s).then_some(()))
                    .count();
                if hits > 0 {
                    change.insert(list.to_owned(), Value::Array(steps));
                }
            }
            (!change.is_empty()).then_some(change)
        }
    }
}

/// The frames each step of the lists happens in: those that steps before it switched to, and its own.
fn ways(document: &Document) -> BTreeMap<&'static str, Vec<Vec<String>>> {
    let text = |step: &Value, member: &str| step.get(member).and_then(Value::as_str).map(str::to_owned);
    let bare = |frame: &str| frame.strip_prefix("frame=").unwrap_or(frame).to_owned();
    let mut frames: Vec<String> = Vec::new();
    let mut ways = BTreeMap::new();
    for list in LISTS {
        let mut of = Vec::new();
        for step in document.list(list) {
            match text(step, "action").as_deref() {
                Some("switch_frame") => {
                    let names = ["target", "selector", "locator", "value", "text"];
                    let wanted = names.iter().find_map(|member| text(step, member)).unwrap_or_default();
                    match wanted.as_str() {
                        "" | "main" | "top" | "default" => frames.clear(),
                        "parent" => drop(frames.pop()),
                        frame => frames.push(bare(frame)),
                    }
                }
                Some("goto" | "reload" | "go_back" | "go_forward" | "new_tab" | "switch_tab" | "close_tab") => frames.clear(),
                _ => {}
            }
            of.push(frames.iter().cloned().chain(text(step, "frame").as_deref().map(bare)).collect());
        }
        ways.insert(list, of);
    }
    ways
}

fn renamed(step: &mut Map<String, Value>, s: &Suggestion) -> bool {
    let is_it = step.get("target").and_then(Value::as_str) == Some(&s.old_value);
    if is_it {
        step.insert("target".to_owned(), Value::from(s.new_value.clone()));
    }
    is_it
}

fn edited(document: &Document, list: &str, place: usize, edit: impl Fn(&mut Map<String, Value>) -> bool) -> Option<Map<String, Value>> {
    let mut steps = document.list(list).to_vec();
    let step = steps.get_mut(place).and_then(Value::as_object_mut)?;
    edit(step).then(|| Map::from_iter([(list.to_owned(), Value::Array(steps))]))
}

/// Whether a proposal changes what a test claims, of which only a person says what is meant.
pub fn is_of_claim(document: &Document, s: &Suggestion) -> bool {
    let step = usize::try_from(s.step_index).ok().and_then(|place| document.list(&s.phase).get(place));
    s.phase == "assertions" || step.is_some_and(|step| step.get("action").and_then(Value::as_str) == Some("assert"))
}

/// Whether the step a proposal was made for still is what it was then.
pub fn still_fits(document: &Document, s: &Suggestion) -> bool {
    let step = usize::try_from(s.step_index).ok().and_then(|place| document.list(&s.phase).get(place));
    match s.fix_type.as_str() {
        "increase_timeout" => step.is_some_and(|step| step.get("target").and_then(Value::as_str) == s.details.target.as_deref()),
        _ => replaced(document, s, Scope::Step).is_some(),
    }
}

/// A proposal for the second step of a test, as tests need one.
#[cfg(test)]
pub(crate) fn suggestion(fix: &str, old: &str, new: &str) -> Suggestion {
    let uid = Uid::mint(&argos_kernel::ManualClock::at(Timestamp::from_secs(0)), &argos_kernel::SeededRng::new(1));
    Suggestion {
        id: 1,
        uid,
        organization_id: 1,
        project_id: 1,
        project_uid: uid,
        test_id: 1,
        test_uid: uid,
        test_name: "Sign in".into(),
        status: SuggestionStatus::Pending,
        phase: "steps".into(),
        step_index: 1,
        error_type: "element_not_found".into(),
        failure_type: "selector_changed".into(),
        fix_type: fix.into(),
        old_value: old.into(),
        new_value: new.into(),
        confidence: 0.9,
        times_seen: 1,
        times_used: 1,
        run_uid: uid,
        details: Details::default(),
        created_at: Timestamp::from_secs(0),
        reviewed_at: None,
        reviewed_by: None,
        note: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Document {
        let lists = json!({
            "setup": [{ "action": "click", "target": "#a" }],
            "steps": [{ "action": "goto", "target": "/" }, { "action": "click", "target": "#a" }, { "action": "click", "target": "#b" }],
            "assertions": [{ "type": "element_visible", "target": "#a" }],
        });
        Document { definition: lists.as_object().cloned().unwrap(), ..Document::default() }
    }

    #[test]
    fn replacement_goes_as_far_as_it_should() {
        let s = suggestion("update_selector", "#a", "#z");
        let step = replaced(&document(), &s, Scope::Step).unwrap();
        assert_eq!((step.len(), &step["steps"][1]["target"], &step["steps"][2]["target"]), (1, &json!("#z"), &json!("#b")));
        let all = replaced(&document(), &s, Scope::Test).unwrap();
        assert_eq!((all.len(), &all["setup"][0]["target"], &all["assertions"][0]["target"]), (3, &json!("#z"), &json!("#z")));
        let gone = suggestion("update_selector", "#other", "#z");
        assert!(replaced(&document(), &gone, Scope::Step).is_none() && !still_fits(&document(), &gone) && still_fits(&document(), &s));
        let claimed = Suggestion { phase: "assertions".into(), step_index: 0, ..suggestion("update_selector", "#a", "#z") };
        assert!(is_of_claim(&document(), &claimed) && !is_of_claim(&document(), &s));
        let slow = replaced(&document(), &suggestion("increase_timeout", "5000", "9000"), Scope::Test).unwrap();
        assert_eq!(slow["steps"][1]["timeout"], json!(9000));
    }

    #[test]
    fn replacement_leaves_the_same_selector_in_another_frame_alone() {
        let mut framed = document();
        framed.definition["steps"][1]["frame"] = json!("#shop");
        let s = suggestion("update_selector", "#a", "#z");
        let changed = replaced(&framed, &s, Scope::Test).unwrap();
        assert_eq!((changed.len(), &changed["steps"][1]["target"]), (1, &json!("#z")), "neither that of the setup nor what is claimed");

        let lists = json!({ "steps": [
            { "action": "switch_frame", "target": "#profile" }, { "action": "click", "target": "#save" }, { "action": "hover", "target": "#save" },
            { "action": "switch_frame", "target": "main" }, { "action": "click", "target": "#save" },
            { "action": "click", "target": "#save", "frame": "#profile" },
        ]});
        let switched = Document { definition: lists.as_object().cloned().unwrap(), ..Document::default() };
        let changed = replaced(&switched, &suggestion("update_selector", "#save", "#z"), Scope::Test).unwrap();
        let targets: Vec<&str> = changed["steps"].as_array().unwrap().iter().map(|step| step["target"].as_str().unwrap()).collect();
        assert_eq!(targets, ["#profile", "#z", "#z", "main", "#save", "#z"], "the one outside is another");
    }

    #[test]
    fn only_what_a_pattern_counted_is_taken_from_it() {
        let decided = |status, learned| {
            let details = Details { learned, ..Details::default() };
            Suggestion { status, details, ..suggestion("update_selector", "#a", "#b") }.to_take_back()
        };
        assert_eq!(decided(SuggestionStatus::Rejected, true), Some((0, -1)));
        assert_eq!(decided(SuggestionStatus::AutoApplied, true), Some((-1, 0)));
        assert_eq!(decided(SuggestionStatus::Rejected, false), None, "the refusal that is counted is somebody else's");
    }

    #[test]
    fn pattern_is_named_by_selector_and_error() {
        let name = pattern_fingerprint("#a", "element_not_found");
        assert!(name.len() == 16 && name == pattern_fingerprint("#a", "element_not_found"));
        assert_ne!(name, pattern_fingerprint("#a", "not_actionable"));
        assert_eq!((share(0, 0), share(1, 4)), (None, Some(0.25)));
    }
}
