//! The grammar of instructions in plain English: one sentence becomes one step, or is not understood. It names what is
//! meant in words; which element that is, the page decides.

use std::sync::OnceLock;

use regex::{Captures, Regex, RegexBuilder};

use crate::plan::{Action, Assertion, Claim, Step};
use crate::selector::quoted;

/// Longest sentence that is read.
const SENTENCE_BYTES_MAX: usize = 1000;

/// A sentence that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// The step, whose target is still missing when there is a phrase.
    pub step: Step,
    /// What the target is called.
    pub phrase: Option<Phrase>,
}

/// An element in a person's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    pub words: String,
    /// `button`, `link`, `tab`, `checkbox` when it was said.
    pub role: Option<&'static str>,
    /// It is written into.
    pub is_field: bool,
}

type Build = fn(&Captures<'_>) -> Option<Instruction>;

struct Rule {
    sentence: Regex,
    build: Build,
}

const THE: &str = r"(?:the\s+|a\s+|an\s+)?";

fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| {
        let rule = |pattern: &str, build: Build| Rule {
            sentence: RegexBuilder::new(&format!("^{}$", pattern.replace("THE", THE)))
                .case_insensitive(true)
                .build()
                .expect("the sentences of the grammar are regular expressions"),
            build,
        };
        vec![
            rule(r"(?:go to|navigate to|open|visit)\s+(.+)", |c| {
                let address = said(c, 1);
                let is_address = !address.contains(' ') && (address.contains('/') || address.contains('.') || address.contains(':'));
                is_address.then(|| plain(Action::Goto, Some(&address), None))
            }),
            rule(r"(?:verify|assert|check|ensure)(?:\s+that)?\s+(?:the\s+)?(?:current\s+)?(url|address|title)\s+(contains|is|equals)\s+(.+)", |c| {
                let part = said(c, 2).to_lowercase() == "contains";
                let claim = match (said(c, 1).to_lowercase().as_str(), part) {
                    ("title", true) => Claim::TitleContains,
                    ("title", false) => Claim::TitleEquals,
                    (_, true) => Claim::UrlContains,
                    (_, false) => Claim::UrlEquals,
                };
                Some(Instruction { step: Step::assert(Assertion::new(claim, None, Some(&said(c, 3)))), phrase: None })
            }),
            rule(r"(?:the\s+)?(url|title)\s+(?:should\s+)?contains?\s+(.+)", |c| {
                let claim = if said(c, 1).eq_ignore_ascii_case("title") { Claim::TitleContains } else { Claim::UrlContains };
                Some(Instruction { step: Step::assert(Assertion::new(claim, None, Some(&said(c, 2)))), phrase: None })
            }),
            rule(r"(?:verify|assert|check that|ensure|should see|i should see|expect)(?:\s+that)?\s+THE(.+?)\s+(?:contains|has text|shows)\s+(.+)", |c| {
                Some(claim(Claim::TextContains, c, Some(&said(c, 2)), false))
            }),
            rule(r"(?:verify|assert|check that|ensure|expect)(?:\s+that)?\s+THE(.+?)\s+(?:is not visible|is hidden|is gone|disappears)", |c| {
                Some(claim(Claim::ElementHidden, c, None, false))
            }),
            rule(r"(?:verify|assert|check that|ensure|expect)(?:\s+that)?\s+THE(.+?)\s+does not exist", |c| Some(claim(Claim::ElementNotExists, c, None, false))),
            rule(r"(?:verify|assert|check that|ensure|expect)(?:\s+that)?\s+THE(.+?)\s+exists", |c| Some(claim(Claim::ElementExists, c, None, false))),
            rule(r"(?:verify|assert|check that|ensure|expect)(?:\s+that)?\s+THE(.+?)\s+is\s+(enabled|disabled|checked|unchecked|focused)", |c| {
                Some(claim(Claim::named(&said(c, 2).to_lowercase())?, c, None, false))
            }),
            rule(r"(?:verify|assert|check that|ensure|should see|i should see|expect)(?:\s+that)?\s+THE(.+?)(?:\s+is\s+(?:visible|shown|displayed))?", |c| {
                Some(claim(Claim::ElementVisible, c, None, true))
            }),
            rule(r"(?:click|tap|press)(?:\s+on)?\s+THE(.+?)\s+(button|link|tab)", |c| on(Action::Click, c, role_of(&said(c, 2)))),
            rule(r"(?:double[- ]?click)(?:\s+on)?\s+THE(.+?)(?:\s+(?:button|link|tab))?", |c| on(Action::DoubleClick, c, None)),
            rule(r"(?:right[- ]?click)(?:\s+on)?\s+THE(.+?)(?:\s+(?:button|link|tab))?", |c| on(Action::RightClick, c, None)),
            rule(r"(?:click|tap)(?:\s+on)?\s+THE(.+)", |c| on(Action::Click, c, None)),
            rule(r"(?:fill|complete)(?:\s+in)?\s+THE(.+?)(?:\s+(?:field|box|input))?\s+with\s+(.+)", |c| into(&said(c, 2), &said(c, 1))),
            rule(r#"(?:type|fill|enter|write)(?:\s+in)?\s+("[^"]*"|'[^']*'|.+?)\s+(?:into|in|to)\s+THE(.+?)(?:\s+(?:field|box|input))?"#, |c| into(&said(c, 1), &said(c, 2))),
            rule(r"(?:select|choose|pick)\s+(.+?)\s+(?:from|in)\s+THE(.+?)(?:\s+(?:field|list|dropdown|menu))?", |c| {
                let step = Step::new(Action::Select, None, Some(&said(c, 1)));
                Some(Instruction { step, phrase: Some(Phrase { words: said(c, 2), role: None, is_field: true }) })
            }),
            rule(r"uncheck\s+THE(.+?)(?:\s+(?:checkbox|box))?", |c| box_of(Action::Uncheck, c)),
            rule(r"(?:check|tick)\s+THE(.+?)(?:\s+(?:checkbox|box))?", |c| box_of(Action::Check, c)),
            rule(r"hover(?:\s+over|\s+on)?\s+THE(.+)", |c| on(Action::Hover, c, None)),
            rule(r"press\s+(?:the\s+)?(.+?)(?:\s+key)?", |c| Some(plain(Action::PressKey, None, Some(&said(c, 1))))),
            rule(r"wait(?:\s+for)?\s+(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?)", |c| {
                Some(plain(Action::Wait, None, Some(&format!("{} {}", said(c, 1), said(c, 2).to_lowercase()))))
            }),
            rule(r"wait\s+(?:for|until)\s+THE(.+?)(?:\s+(?:to appear|to be visible|is visible|appears))?", |c| on(Action::WaitForSelector, c, None)),
            rule(r"scroll\s+(?:to\s+(?:the\s+)?)?(up|down|top|bottom)", |c| Some(plain(Action::Scroll, None, Some(&said(c, 1).to_lowercase())))),
            rule(r"scroll\s+to\s+THE(.+)", |c| on(Action::Scroll, c, None)),
            rule(r"(?:take\s+)?(?:a\s+)?screenshot", |_| Some(plain(Action::Screenshot, None, None))),
            rule(r"(?:reload|refresh)(?:\s+the\s+page)?", |_| Some(plain(Action::Reload, None, None))),
            rule(r"go\s+back", |_| Some(plain(Action::GoBack, None, None))),
        ]
    })
}

/// Reads a sentence; `None` when it is not understood.
pub fn parse(sentence: &str) -> Option<Instruction> {
    if sentence.len() > SENTENCE_BYTES_MAX {
        return None;
    }
    let sentence = sentence.trim().trim_end_matches(['.', '!', ';']).trim();
    rules().iter().find_map(|rule| rule.sentence.captures(sentence).and_then(|captures| (rule.build)(&captures)))
}

/// What stands at a place, without quotes.
fn said(captures: &Captures<'_>, place: usize) -> String {
    let text = captures.get(place).map_or("", |found| found.as_str()).trim();
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    text.trim_matches(['“', '”']).to_owned()
}

fn plain(action: Action, target: Option<&str>, value: Option<&str>) -> Instruction {
    Instruction { step: Step::new(action, target, value), phrase: None }
}

fn on(action: Action, captures: &Captures<'_>, role: Option<&'static str>) -> Option<Instruction> {
    let words = said(captures, 1);
    (!words.is_empty()).then(|| Instruction { step: Step::new(action, None, None), phrase: Some(Phrase { words, role, is_field: false }) })
}

fn box_of(action: Action, captures: &Captures<'_>) -> Option<Instruction> {
    on(action, captures, None).map(|mut instruction| {
        instruction.phrase = instruction.phrase.map(|phrase| Phrase { is_field: true, ..phrase });
        instruction
    })
}

fn into(value: &str, field: &str) -> Option<Instruction> {
    let phrase = Phrase { words: field.to_owned(), role: None, is_field: true };
    (!field.is_empty()).then(|| Instruction { step: Step::new(Action::Fill, None, Some(value)), phrase: Some(phrase) })
}

/// A claim of an element; `text` when a text that is seen is as good.
fn claim(claim: Claim, captures: &Captures<'_>, expected: Option<&str>, text: bool) -> Instruction {
    let words = said(captures, 1);
    let mut step = Step::assert(Assertion::new(claim, None, expected));
    if text && let Some(assertion) = &mut step.assertion {
        // What is seen is first of all a text.
        assertion.target = Some(format!("text={}", if words.contains(">>") { quoted(&words) } else { words.clone() }));
    }
    Instruction { step, phrase: Some(Phrase { words, role: None, is_field: false }) }
}

fn role_of(word: &str) -> Option<&'static str> {
    ["button", "link", "tab"].into_iter().find(|role| role.eq_ignore_ascii_case(word))
}

/// Roles a click may be meant for.
const PRESSED: [&str; 8] = ["button", "link", "tab", "menuitem", "checkbox", "radio", "switch", "option"];
/// Roles a text may be written into.
const WRITTEN: [&str; 7] = ["textbox", "searchbox", "combobox", "spinbutton", "listbox", "checkbox", "radio"];

impl Phrase {
    /// Groups of selectors in the order in which they are tried; within a group all count together.
    pub fn selectors(&self) -> Vec<Vec<String>> {
        let name = quoted(&self.words);
        if is_selector(&self.words) {
            return vec![vec![self.words.clone()]];
        }
        let roles: &[&str] = match (&self.role, self.is_field) {
            (Some(role), _) => std::slice::from_ref(role),
            (None, true) => &WRITTEN,
            (None, false) => &PRESSED,
        };
        vec![
            roles.iter().map(|role| format!("role={role}[name={name}]")).collect(),
            vec![format!("label={name}")],
            vec![format!("placeholder={name}")],
            vec![format!("testid={name}")],
            vec![format!("text={name}")],
        ]
    }
}

/// It is a selector already, not words.
fn is_selector(words: &str) -> bool {
    let engines = ["css=", "xpath=", "text=", "role=", "label=", "placeholder=", "testid=", "alt=", "title=", "id=", "name=", "frame="];
    words.starts_with(['#', '.', '[', '/'])
        || words.starts_with("(//")
        || engines.iter().any(|engine| words.starts_with(engine))
        || words.contains(" >> ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn sentences_become_steps() {
        let cases = [
            ("Go to /login", "goto /login"),
            ("open https://a.test/x.", "goto https://a.test/x"),
            ("Click on the \"Sign in\" button", "click <Sign in> button"),
            ("tap Save", "click <Save>"),
            ("click the Orders link", "click <Orders> link"),
            ("Type \"a in b\" into the Search field", "fill <Search> =a in b"),
            ("enter secret in Password", "fill <Password> =secret"),
            ("fill the E-mail field with ana@example.org", "fill <E-mail> =ana@example.org"),
            ("choose 'Spain' from Country", "select <Country> =Spain"),
            ("check the terms checkbox", "check <terms>"),
            ("uncheck Remember me", "uncheck <Remember me>"),
            ("double-click the row", "double_click <row>"),
            ("hover over Menu", "hover <Menu>"),
            ("press Enter", "press_key =Enter"),
            ("wait 2 seconds", "wait =2 seconds"),
            ("wait for 500 ms", "wait =500 ms"),
            ("wait for the results to appear", "wait_for_selector <results>"),
            ("scroll down", "scroll =down"),
            ("scroll to the footer", "scroll <footer>"),
            ("take a screenshot", "screenshot"),
            ("verify URL contains /dashboard", "assert url_contains =/dashboard"),
            ("check that the title contains Shop", "assert title_contains =Shop"),
            ("verify the total contains \"3.00\"", "assert text_contains <total> =3.00"),
            ("should see Thank you", "assert element_visible text=Thank you <Thank you>"),
            ("assert that the Spinner is not visible", "assert element_hidden <Spinner>"),
            ("verify Save is disabled", "assert disabled <Save>"),
        ];
        for (sentence, expected) in cases {
            let found = parse(sentence).map(|instruction| {
                let step = &instruction.step;
                let claim = step.assertion.as_ref();
                let mut words = vec![step.action.name().to_owned()];
                words.extend(claim.map(|claim| claim.claim.name().to_owned()));
                words.extend(step.target.clone().or_else(|| claim.and_then(|claim| claim.target.clone())));
                words.extend(instruction.phrase.as_ref().map(|phrase| format!("<{}>", phrase.words)));
                words.extend(instruction.phrase.as_ref().and_then(|phrase| phrase.role).map(str::to_owned));
                let value = step.value.clone().or_else(|| claim.and_then(|claim| claim.expected.clone()));
                words.extend(value.map(|value| format!("={}", crate::text::plain(&value))));
                words.join(" ")
            });
            assert_eq!(found.as_deref(), Some(expected), "{sentence}");
        }
        for sentence in ["", "make it nice", "open the gate", "please"] {
            assert_eq!(parse(sentence), None, "{sentence}");
        }
    }

    proptest! {
        #[test]
        fn any_sentence_is_read_or_not(start in "(click|fill|verify|press|wait|scroll|go to)?", rest in any::<String>()) {
            let phrase = parse(&format!("{start} {rest}")).and_then(|instruction| instruction.phrase);
            prop_assert!(phrase.is_none_or(|phrase| !phrase.selectors().is_empty()));
        }
    }
}
