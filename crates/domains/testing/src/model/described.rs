//! A test out of a description in plain words: sentences, each a step where the grammar understands it, else an instruction
//! that is tried when the test runs. Pure.

use argos_llm::object_in;
use argos_webtest::{Plan, grammar};
use serde_json::{Value, json};

/// Longest text of a name made of a description.
const NAME_CHARS_MAX: usize = 80;

/// What a test keeps of its description.
pub const ABOUT_CHARS_MAX: usize = 2_000;

/// What came of a description.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    pub name: String,
    pub steps: Vec<Value>,
    /// What is kept of the description itself.
    pub about: String,
    /// Sentences nobody understood, and what is not kept.
    pub warnings: Vec<String>,
}

/// The sentences of a text: lines, and within them what ends with a full stop, a semicolon or `, then`. What stands in
/// quotes is left whole, and so are addresses and numbers.
pub fn sentences(text: &str) -> Vec<String> {
    let (mut found, mut now, mut quote) = (Vec::new(), String::new(), None);
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let next_is_blank = rest.peek().is_none_or(|(_, n)| n.is_whitespace());
        let word_before = now.chars().last().is_some_and(char::is_alphanumeric);
        match (quote, c) {
            (_, '\n') => {
                quote = None;
                found.push(std::mem::take(&mut now));
                continue;
            }
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '`') => quote = Some(c),
            // An apostrophe within a word opens nothing.
            (None, '\'') if !word_before => quote = Some(c),
            // `1.` counts what follows.
            (None, '.' | ';' | '!') if next_is_blank && !is_number(&now) => {
                found.push(std::mem::take(&mut now));
                continue;
            }
            (None, ',') if text.get(at + 1..).is_some_and(is_then) => {
                found.push(std::mem::take(&mut now));
                continue;
            }
            _ => {}
        }
        now.push(c);
    }
    found.push(now);
    found.iter().map(|s| bare(s).to_owned()).filter(|s| !s.is_empty()).collect()
}

fn is_then(text: &str) -> bool {
    text.trim_start().get(..5).is_some_and(|word| word.eq_ignore_ascii_case("then "))
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// A sentence without what counts it: `1.`, `-`, `then`.
fn bare(sentence: &str) -> &str {
    let text = sentence.trim().trim_start_matches(['-', '*', '•']).trim_start();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    // What goes on with a digit is a number or a time of day.
    let counted = |rest: &&str| !rest.starts_with(|c: char| c.is_ascii_digit());
    let text = match text.split_at_checked(digits) {
        Some((number, rest)) if !number.is_empty() => rest.strip_prefix([')', ':', '.']).filter(counted).map_or(text, str::trim_start),
        _ => text,
    };
    let lower = text.to_lowercase();
    for word in ["then ", "and then ", "next, ", "finally, ", "first, "] {
        if lower.starts_with(word) {
            return text.get(word.len()..).unwrap_or(text).trim_start();
        }
    }
    text
}

/// Reads a description; `start` is where the test begins when no sentence says so.
pub fn read(description: &str, start: Option<&str>) -> Described {
    let said = sentences(description);
    let mut warnings = Vec::new();
    let mut steps = Vec::new();
    for (sentence, n) in said.iter().zip(1..) {
        match grammar::parse(sentence) {
            // What names an element is looked up on the page when the test runs.
            Some(read) if read.phrase.is_none() => steps.push(read.step.to_json()),
            Some(_) => steps.push(Value::from(sentence.clone())),
            None => {
                warnings.push(format!("sentence {n} is not understood and is tried as it stands: {sentence}"));
                steps.push(Value::from(sentence.clone()));
            }
        }
    }
    let begins = steps.first().is_some_and(|s| s.get("action").and_then(Value::as_str) == Some("goto"));
    if !begins && !steps.is_empty() {
        steps.insert(0, json!({ "action": "goto", "target": start.unwrap_or("/") }));
    }
    let name: String = said.first().map(|s| s.chars().take(NAME_CHARS_MAX).collect()).unwrap_or_default();
    let about: String = description.chars().take(ABOUT_CHARS_MAX).collect();
    if about.len() < description.len() {
        warnings.push(format!("the description is kept up to {ABOUT_CHARS_MAX} characters; its sentences all became steps"));
    }
    Described { name, steps, about, warnings }
}

/// What a step of a model may do: nothing that runs code, sends requests or changes the browser.
const ACTIONS: [&str; 17] = [
    "goto",
    "click",
    "double_click",
    "fill",
    "clear",
    "select",
    "check",
    "uncheck",
    "press_key",
    "hover",
    "scroll",
    "wait_for_selector",
    "wait_for_url",
    "reload",
    "go_back",
    "screenshot",
    "assert",
];
const STEPS_MAX: usize = 100;
const SPEC_CHARS_MAX: usize = 100_000;

/// A test as a model writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub name: Option<String>,
    pub steps: Vec<Value>,
    pub assertions: Vec<Value>,
}

/// The test in the answer of a model; the error says what is wrong with it.
pub fn spec_in(answer: &str) -> Result<Spec, String> {
    if answer.len() > SPEC_CHARS_MAX {
        return Err("it is too long".to_owned());
    }
    let value: Value = object_in(answer).and_then(|text| serde_json::from_str(text).ok()).ok_or("it is no JSON object")?;
    let list = |name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (steps, assertions) = (list("steps"), list("assertions"));
    if steps.is_empty() || steps.len() > STEPS_MAX || assertions.len() > STEPS_MAX {
        return Err(format!("it has not 1-{STEPS_MAX} steps"));
    }
    let action = |step: &Value| step.get("action").and_then(Value::as_str).map(str::to_owned);
    if let Some(bad) = steps.iter().find(|s| !action(s).is_some_and(|a| ACTIONS.contains(&a.as_str()))) {
        return Err(format!("it wants to {}", action(bad).unwrap_or_else(|| "do nothing".to_owned()).chars().take(40).collect::<String>()));
    }
    Plan::parse(&json!({ "steps": steps, "assertions": assertions }))
        .map_err(|p| p.first().map_or_else(|| "it cannot be read".to_owned(), ToString::to_string))?;
    let name = value.get("name").and_then(Value::as_str).map(str::trim).filter(|n| !n.is_empty() && !n.chars().any(char::is_control));
    Ok(Spec { name: name.map(|n| n.chars().take(NAME_CHARS_MAX).collect()), steps, assertions })
}

/// What people should know of the elements a model named: how many were not on the page it was shown.
pub fn unseen(spec: &Spec, page: &Value) -> Option<String> {
    let shown: Vec<&str> = page.get("controls")?.as_array()?.iter().filter_map(|c| c.get("selector")?.as_str()).collect();
    let named = spec.steps.iter().filter(|s| s.get("action").and_then(Value::as_str) != Some("goto"));
    let targets = named.filter_map(|s| s.get("target").and_then(Value::as_str)).filter(|t| !t.is_empty());
    let missing = targets.filter(|t| !shown.contains(t)).count();
    (missing > 0)
        .then(|| format!("{missing} of its steps name elements that were not on the start page: they are tried when the test runs"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn description_becomes_steps_sentence_by_sentence() {
        let text = "1. Go to /login.html\nType \"ada. the first\" in the Mail field; then click the Sign in button.\nWait 2 seconds, then do something odd!";
        let read = read(text, None);
        assert_eq!(read.steps.len(), 5, "{:?}", read.steps);
        assert_eq!((&read.steps[0]["action"], &read.steps[0]["target"]), (&json!("goto"), &json!("/login.html")));
        assert_eq!(read.steps[1], json!("Type \"ada. the first\" in the Mail field"));
        assert_eq!(read.steps[2], json!("click the Sign in button"));
        assert_eq!(read.steps[3]["action"], "wait");
        assert_eq!(read.warnings.len(), 1, "{:?}", read.warnings);
        let without = super::read("Click the Buy button", Some("https://shop.example/"));
        assert_eq!((without.steps.len(), &without.steps[0]["target"]), (2, &json!("https://shop.example/")));
        assert!(super::read(" \n . ", None).steps.is_empty());
        assert_eq!(sentences("3.5 is shown as the price\n8:30 is shown"), ["3.5 is shown as the price", "8:30 is shown"]);
        assert_eq!(sentences("2) Wait, THEN go on\n3.Click, thenceforth"), ["Wait", "go on", "Click, thenceforth"]);
        assert_eq!(sentences("Don't stop. It's 3.5 of a.b"), ["Don't stop", "It's 3.5 of a.b"]);
    }

    #[test]
    fn what_is_not_kept_of_a_description_is_told() {
        let long = "Wait 1 second. ".repeat(200);
        let read = super::read(&long, None);
        assert_eq!((read.steps.len(), read.about.chars().count()), (201, ABOUT_CHARS_MAX));
        assert!(read.warnings.len() == 1 && read.warnings[0].contains("kept up to 2000"), "{:?}", read.warnings);
    }

    #[test]
    fn test_of_a_model_does_what_a_person_would_and_nothing_else() {
        let steps = json!([{ "action": "goto", "target": "/" }, { "action": "click", "target": "role=button[name=\"Buy\"]" }]);
        let said =
            format!("Here:\n{}", json!({ "name": "Buy", "steps": steps, "assertions": [{ "type": "url_contains", "expected": "/cart" }] }));
        let spec = spec_in(&said).unwrap();
        assert_eq!((spec.name.as_deref(), spec.steps.len(), spec.assertions.len()), (Some("Buy"), 2, 1));
        assert_eq!(unseen(&spec, &json!({ "controls": [{ "selector": "role=button[name=\"Buy\"]" }] })), None);
        assert!(unseen(&spec, &json!({ "controls": [] })).is_some() && unseen(&spec, &Value::Null).is_none());
        for bad in [
            json!({ "steps": [] }),
            json!({ "steps": [{ "action": "evaluate", "value": "1" }] }),
            json!({ "steps": [{ "action": "click" }, 3] }),
        ] {
            assert!(spec_in(&bad.to_string()).is_err(), "{bad}");
        }
        assert!(spec_in("I cannot").is_err());
    }

    proptest! {
        #[test]
        fn any_answer_is_a_test_or_refused(text in "\\PC{0,80}", action in "[a-z_]{1,12}") {
            for answer in [text.clone(), json!({ "steps": [{ "action": action, "target": text, "value": text }] }).to_string()] {
                if let Ok(spec) = spec_in(&answer) {
                    prop_assert!(spec.steps.iter().all(|s| ACTIONS.contains(&s["action"].as_str().unwrap_or_default())));
                }
            }
        }

        #[test]
        fn whatever_is_described_is_a_test_or_nothing(text in "[ -~\\n]{0,200}|\\PC{0,100}") {
            let read = read(&text, None);
            prop_assert!(read.steps.len() <= 202 && read.name.chars().count() <= NAME_CHARS_MAX);
            prop_assert!(read.steps.iter().all(|s| s.is_string() || s["action"].is_string()));
            drop(Plan::parse(&json!({ "steps": read.steps })));
        }
    }
}
