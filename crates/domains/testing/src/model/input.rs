//! What a person or program writes of a test: limits, defaults, and how a partial change is laid over what is kept.
//! Every fault names its member. Pure.

use argos_kernel::FieldError;
use argos_webtest::plan::{Place, Plan, Problem};
use serde_json::{Map, Value};

use super::test::{Document, Priority, STEPS_MAX, Source};

const NAME_MAX: usize = 255;
const DESCRIPTION_MAX: usize = 2_000;
const TAGS_MAX: usize = 50;
const TAG_MAX: usize = 100;
const DEFINITION_BYTES_MAX: usize = 2 << 20;
const MEMBERS: [&str; 6] = ["steps", "assertions", "setup", "teardown", "variables", "config"];

/// Lays a body over a document; null and absent members stay. All faults at once.
pub fn apply(document: &Document, body: &Map<String, Value>) -> Result<Document, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut new = document.clone();
    let given = |name: &str| body.get(name).filter(|v| !v.is_null());
    if let Some(value) = given("name") {
        match value.as_str().map(str::trim) {
            Some(text) => text.clone_into(&mut new.name),
            None => faults.push(FieldError::new("name", "name must be a string")),
        }
    }
    if let Some(value) = given("description") {
        match value.as_str() {
            Some(text) => new.description = Some(text.to_owned()).filter(|t| !t.is_empty()),
            None => faults.push(FieldError::new("description", "description must be a string")),
        }
    }
    if let Some(value) = given("tags") {
        match tags(value) {
            Ok(list) => new.tags = list,
            Err(fault) => faults.push(fault),
        }
    }
    word(given("priority"), "priority", Priority::parse, Priority::WORDS, &mut new.priority, &mut faults);
    word(given("source"), "source", Source::parse, Source::WORDS, &mut new.source, &mut faults);
    if let Some(value) = given("is_active") {
        match value.as_bool() {
            Some(yes) => new.is_active = yes,
            None => faults.push(FieldError::new("is_active", "is_active must be a boolean")),
        }
    }
    for member in MEMBERS {
        if let Some(value) = given(member) {
            new.definition.insert(member.to_owned(), value.clone());
        }
    }
    check_texts(&new, &mut faults);
    match canonical(&new) {
        Ok(definition) => new.definition = definition,
        Err(list) => faults.extend(list),
    }
    if faults.is_empty() { Ok(new) } else { Err(faults) }
}

fn check_texts(new: &Document, faults: &mut Vec<FieldError>) {
    if !(1..=NAME_MAX).contains(&new.name.chars().count()) || new.name.chars().any(char::is_control) {
        faults.push(FieldError::new("name", format!("name must be 1-{NAME_MAX} characters")));
    }
    if new.description.as_ref().is_some_and(|d| d.chars().count() > DESCRIPTION_MAX) {
        faults.push(FieldError::new("description", format!("description must be at most {DESCRIPTION_MAX} characters")));
    }
}

fn word<T>(value: Option<&Value>, field: &str, parse: impl Fn(&str) -> Option<T>, words: &str, keep: &mut T, faults: &mut Vec<FieldError>) {
    let Some(value) = value else { return };
    match value.as_str().and_then(parse) {
        Some(read) => *keep = read,
        None => {
            let words: Vec<&str> = words.split_whitespace().collect();
            faults.push(FieldError::new(field, format!("{field} must be one of {}", words.join(", "))));
        }
    }
}

/// A list of words: trimmed, each once.
pub fn tags(value: &Value) -> Result<Vec<String>, FieldError> {
    let bad = || FieldError::new("tags", format!("tags must be a list of at most {TAGS_MAX} words of 1-{TAG_MAX} characters"));
    let mut out: Vec<String> = Vec::new();
    for item in value.as_array().ok_or_else(bad)? {
        let tag = item.as_str().ok_or_else(bad)?.trim();
        if !(1..=TAG_MAX).contains(&tag.chars().count()) || tag.contains(',') || tag.chars().any(char::is_control) {
            return Err(bad());
        }
        if !out.iter().any(|t| t == tag) {
            out.push(tag.to_owned());
        }
    }
    if out.len() > TAGS_MAX { Err(bad()) } else { Ok(out) }
}

/// The definition as the engine understands it.
fn canonical(document: &Document) -> Result<Map<String, Value>, Vec<FieldError>> {
    let steps: usize = ["steps", "setup", "teardown"].iter().map(|m| document.list(m).len()).sum();
    if steps > STEPS_MAX {
        return Err(vec![FieldError::new(
            "steps",
            format!("a test has at most {STEPS_MAX} steps, and this one has {steps}: split it, and let run_test call the parts"),
        )]);
    }
    let plan = document.plan();
    if plan.to_string().len() > DEFINITION_BYTES_MAX {
        return Err(vec![FieldError::new("steps", format!("a test has at most {DEFINITION_BYTES_MAX} bytes"))]);
    }
    let plan = Plan::parse(&plan).map_err(|problems| problems.into_iter().map(field_error).collect::<Vec<_>>())?;
    let json = plan.to_json();
    let member = |name: &str| json.get(name).filter(|v| !v.is_null()).map(|v| (name.to_owned(), v.clone()));
    Ok(MEMBERS.iter().filter_map(|name| member(name)).collect())
}

/// A problem of a plan as a fault of the body.
pub fn field_error(problem: Problem) -> FieldError {
    let place = |p: &Place| match p {
        Place::Key(name) => name.clone(),
        Place::Index(index) => index.to_string(),
    };
    let loc = std::iter::once("body".to_owned()).chain(problem.loc.iter().map(place)).collect();
    FieldError { loc, msg: problem.msg, kind: problem.kind.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn body(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn test_of_ten_thousand_steps_is_refused_with_a_way_out() {
        let steps: Vec<Value> = (0..10_000).map(|n| json!({ "action": "click", "target": format!("#b{n}") })).collect();
        let faults = apply(&Document::default(), &body(&json!({ "name": "Long", "steps": steps }))).unwrap_err();
        assert_eq!((faults.len(), faults[0].loc.as_slice()), (1, &["body".to_owned(), "steps".to_owned()][..]));
        assert!(
            faults[0].msg.contains("500") && faults[0].msg.contains("10000") && faults[0].msg.contains("run_test"),
            "{}",
            faults[0].msg
        );
    }

    #[test]
    fn change_keeps_what_is_not_said() {
        let first = body(&json!({ "name": " Login ", "tags": ["a", "a", " b "], "steps": [{ "action": "goto", "target": "/" }] }));
        let made = apply(&Document { is_active: true, ..Document::default() }, &first).unwrap();
        assert_eq!((made.name.as_str(), made.tags.len(), made.step_count()), ("Login", 2, 1));
        let changed = apply(&made, &body(&json!({ "priority": "high", "name": null }))).unwrap();
        assert_eq!((changed.name.as_str(), changed.priority, changed.step_count()), ("Login", Priority::High, 1));
    }

    #[test]
    fn every_fault_is_named_and_an_unknown_action_has_its_place() {
        let wrong = json!({ "name": "", "priority": "urgent", "tags": "x", "is_active": 1, "steps": [{ "action": "reload" }, { "action": "fly" }] });
        let faults = apply(&Document::default(), &body(&wrong)).unwrap_err();
        let places: Vec<String> = faults.iter().map(|f| f.loc.join(".")).collect();
        assert_eq!(places, ["body.tags", "body.priority", "body.is_active", "body.name", "body.steps.1.action"]);
    }

    proptest! {
        #[test]
        fn any_member_is_taken_or_refused_with_its_name(text in "\\PC{0,40}", number in any::<i64>(), member in 0_usize..13) {
            let names = ["name", "description", "tags", "priority", "source", "is_active", "steps", "assertions", "setup", "teardown",
                "variables", "config", "else"];
            let base = Document { name: "x".into(), ..Document::default() };
            for value in [json!(text), json!(number), json!([text]), json!({ "action": text }), json!([{ "action": text }])] {
                let made = apply(&base, &body(&json!({ names[member]: value })));
                prop_assert!(made.is_ok() || made.unwrap_err().iter().all(|f| f.loc.get(1).is_some_and(|l| l == names[member])));
            }
        }
    }
}
