//! What the exports to Selenium share. Each file has the same few functions at its top, in its own language; a step is a
//! call of one of them, spelled as the language spells calls.

use serde_json::Value;

use super::requests;
use super::steps::{Turn, way_in};
use super::writer::{Writer, leaves_frames};
use crate::plan::{Action, Assertion, Claim, Step};
use crate::text::{comparison, plain};

/// How a language spells it. What is given to these is code already, but for texts.
pub(crate) struct Spelling {
    /// A text with its variables.
    pub(crate) text: fn(&str) -> String,
    /// A text as it is.
    pub(crate) string: fn(&str) -> String,
    pub(crate) value: fn(&Value) -> String,
    pub(crate) address: fn(&str) -> String,
    /// The pattern of an address.
    pub(crate) pattern: fn(&str) -> String,
    pub(crate) regex: fn(&str) -> String,
    pub(crate) made_xpath: fn(&str) -> String,
    /// One turn of a way: its kind, and what is looked for (nothing for some kinds).
    pub(crate) turn: fn(&str, &str) -> String,
    /// A way of turns.
    pub(crate) way: fn(&[String]) -> String,
    pub(crate) list: fn(&[String]) -> String,
    /// Keys that are pressed together.
    pub(crate) chord: fn(&[String]) -> String,
    /// A call of a function, whose name comes in small letters.
    pub(crate) call: fn(&str, &[String]) -> String,
    /// A line that does something.
    pub(crate) line: fn(&str) -> String,
    /// A line that keeps a value under a name.
    pub(crate) keep: fn(&str, &str) -> String,
    /// A line that waits until a condition holds, or does not hold any more; the first text says what is waited for.
    pub(crate) until: fn(&str, &str, bool) -> String,
}

impl Spelling {
    fn path(&self, selector: &str, frame: Option<&str>) -> String {
        let mut turns = Vec::new();
        for turn in way_in(selector, frame) {
            turns.push(match &turn {
                Turn::Css(css) | Turn::Frame(css) => (self.turn)("css", &(self.text)(css)),
                Turn::Xpath(path) => (self.turn)("xpath", &(self.text)(path)),
                Turn::Made(path) => (self.turn)("xpath", &(self.made_xpath)(path)),
                Turn::Text(text) => (self.turn)("text", &(self.text)(text)),
                Turn::Visible => (self.turn)("visible", ""),
                Turn::Nth(index) => (self.turn)("nth", &index.to_string()),
            });
            if matches!(turn, Turn::Frame(_)) {
                turns.push((self.turn)("frame", ""));
            }
        }
        (self.way)(&turns)
    }

    /// The way to an element, or its name in the page object.
    fn at(&self, out: &mut Writer<'_>, selector: &str, frame: Option<&str>) -> String {
        let code = self.path(selector, frame);
        out.element(selector, code)
    }

    fn say(&self, name: &str, arguments: &[String]) -> String {
        (self.line)(&(self.call)(name, arguments))
    }

    /// Lets the page alone for a while.
    pub(crate) fn pause(&self, out: &mut Writer<'_>, step: &Step) {
        if let Some(pause) = step.wait_after_ms {
            out.line(&self.say("pause", &[pause.to_string()]));
        }
    }

    /// Writes a step that claims nothing.
    pub(crate) fn done(&self, out: &mut Writer<'_>, step: &Step) {
        let target = step.target.clone().unwrap_or_default();
        let text = step.value.as_ref().map(plain).unwrap_or_default();
        let either = if target.is_empty() { text.clone() } else { target.clone() };
        let at = if step.action.acts_on_element() || matches!(step.action, Action::Wait | Action::WaitForSelector | Action::Extract) {
            self.at(out, if target.is_empty() { "css=body" } else { &target }, step.frame.as_deref())
        } else {
            String::new()
        };
        if leaves_frames(step.action) && out.leave_all() {
            out.line(&self.say("out_of_frames", &[]));
        }
        let value = || (self.text)(&text);
        let (name, arguments) = match step.action {
            Action::Click | Action::Tap => ("click", vec![at]),
            Action::DoubleClick => ("double_click", vec![at]),
            Action::RightClick => ("right_click", vec![at]),
            Action::Hover => ("hover", vec![at]),
            Action::Focus => ("focus", vec![at]),
            Action::Blur => ("blur", vec![at]),
            Action::Fill => ("fill", vec![at, value()]),
            Action::Clear => ("fill", vec![at, (self.string)("")]),
            Action::Type if target.is_empty() => ("type_keys", vec![value()]),
            Action::Type => ("type_into", vec![at, value()]),
            Action::PressKey => match self.keys(&text) {
                Some(keys) if target.is_empty() => ("press", vec![keys]),
                Some(keys) => ("press_in", vec![at, keys]),
                None => return out.missing(&format!("press {text}")),
            },
            Action::Select => ("choose", vec![at, self.texts(step)]),
            Action::Check => ("check", vec![at]),
            Action::Uncheck => ("uncheck", vec![at]),
            Action::Scroll if step.value.is_none() => ("into_view", vec![at]),
            Action::Scroll => match super::playwright::scroll(step) {
                Some((x, y)) if target.is_empty() => ("scroll_page", vec![x, y]),
                Some((x, y)) => ("scroll_inside", vec![at, x, y]),
                None => return out.missing(&format!("scroll by {text}")),
            },
            Action::Drag => ("drag", vec![at, self.at(out, &text, step.frame.as_deref())]),
            Action::Upload => ("upload", vec![at, self.texts(step)]),
            Action::Goto => ("go", vec![(self.address)(&either)]),
            Action::Reload => ("reload", vec![]),
            Action::GoBack => ("go_back", vec![]),
            Action::GoForward => ("go_forward", vec![]),
            Action::Wait if target.is_empty() => ("pause", vec![crate::text::millis(&text).unwrap_or(1000).to_string()]),
            Action::Wait | Action::WaitForSelector => match step.options.get("state").map(plain).unwrap_or_default().as_str() {
                "hidden" | "detached" => return self.until(out, "still there", ("shows", vec![at], true)),
                "attached" => ("any_of", vec![at]),
                _ => ("one", vec![at]),
            },
            Action::WaitForUrl => return self.until(out, "address", ("url_matches", vec![(self.pattern)(&either)], false)),
            Action::WaitForLoadState => return self.until(out, "load", ("is_loaded", vec![], false)),
            Action::WaitForFunction => return self.until(out, "condition", ("holds", vec![(self.text)(&either)], false)),
            Action::Screenshot => ("picture", vec![]),
            Action::SetVariable => {
                let Some(value) = &step.value else { return out.missing("set_variable without a value") };
                let Some(name) = &step.save_as else { return out.missing("set_variable without a name") };
                return out.line(&(self.keep)(name, &(self.value)(value)));
            }
            Action::Evaluate => ("evaluate", vec![(self.text)(&either)]),
            Action::Extract => self.extracted(&text, at),
            Action::NewTab if either.is_empty() => ("new_tab", vec![]),
            Action::NewTab => {
                out.line(&self.say("new_tab", &[]));
                ("go", vec![(self.address)(&either)])
            }
            Action::SwitchTab => {
                let index = either.parse::<i32>().unwrap_or(if either == "first" { 0 } else { -1 });
                ("switch_tab", vec![index.to_string()])
            }
            Action::CloseTab => ("close_tab", vec![]),
            Action::SwitchFrame => match either.as_str() {
                "" | "main" | "top" | "default" => {
                    out.leave_all();
                    ("out_of_frames", vec![])
                }
                "parent" => {
                    out.leave();
                    ("out_of_frame", vec![])
                }
                css => {
                    out.enter("frame".to_owned());
                    ("into_frame", vec![self.path(css.trim_start_matches("frame="), None)])
                }
            },
            Action::SetViewport => match step.value.as_ref().and_then(crate::text::size) {
                Some((width, height)) => ("resize", vec![width.to_string(), height.to_string()]),
                None => return out.missing("set_viewport without a size"),
            },
            Action::ClearStorage => ("clear_storage", vec![]),
            other => return out.missing(&format!("{other} {either}")),
        };
        let call = (self.call)(name, &arguments);
        let gives = matches!(step.action, Action::Evaluate | Action::Extract);
        out.line(&match step.save_as.as_ref().filter(|_| gives) {
            Some(name) => (self.keep)(name, &call),
            None => (self.line)(&call),
        });
    }

    /// The texts of a step that takes one or several.
    fn texts(&self, step: &Step) -> String {
        let texts = match &step.value {
            Some(Value::Array(items)) => items.iter().map(|item| (self.text)(&plain(item))).collect(),
            other => vec![(self.text)(&other.as_ref().map(plain).unwrap_or_default())],
        };
        (self.list)(&texts)
    }

    /// What is read of the element at `at`.
    fn extracted(&self, what: &str, at: String) -> (&'static str, Vec<String>) {
        match (what, what.split_once(':')) {
            ("url", _) => ("address", vec![]),
            ("title", _) => ("title", vec![]),
            ("value", _) => ("value_of", vec![at]),
            ("count", _) => ("count", vec![at]),
            ("json", _) => ("json_of", vec![at]),
            (_, Some(("attribute" | "attr", name))) => ("attribute_of", vec![at, (self.string)(name)]),
            _ => ("text_of", vec![at]),
        }
    }

    fn until(&self, out: &mut Writer<'_>, what: &str, (name, arguments, not): (&str, Vec<String>, bool)) {
        out.line(&(self.until)(&(self.string)(what), &(self.call)(name, &arguments), not));
    }

    /// Keys as the tool names them, the same in every language.
    fn keys(&self, chord: &str) -> Option<String> {
        // The plus is a key as well.
        let (held, last) = match chord.strip_suffix('+') {
            Some("") => ("", "+"),
            Some(held) => (held.strip_suffix('+')?, "+"),
            None => chord.rsplit_once('+').unwrap_or(("", chord)),
        };
        let key = |key: &str| {
            let named = match key {
                "Enter" => "ENTER",
                "Tab" => "TAB",
                "Escape" => "ESCAPE",
                "Space" => "SPACE",
                "Backspace" => "BACK_SPACE",
                "Delete" => "DELETE",
                "Insert" => "INSERT",
                "Control" | "Ctrl" | "ControlOrMeta" => "CONTROL",
                "Shift" => "SHIFT",
                "Alt" => "ALT",
                "Meta" => "META",
                "ArrowUp" => "ARROW_UP",
                "ArrowDown" => "ARROW_DOWN",
                "ArrowLeft" => "ARROW_LEFT",
                "ArrowRight" => "ARROW_RIGHT",
                "Home" => "HOME",
                "End" => "END",
                "PageUp" => "PAGE_UP",
                "PageDown" => "PAGE_DOWN",
                "F1" | "F2" | "F3" | "F4" | "F5" | "F6" | "F7" | "F8" | "F9" | "F10" | "F11" | "F12" => key,
                key if key.chars().count() == 1 => {
                    return Some((self.string)(&if held.is_empty() { key.to_owned() } else { key.to_lowercase() }));
                }
                _ => return None,
            };
            Some(format!("Keys.{named}"))
        };
        let keys: Option<Vec<String>> = held.split('+').filter(|held| !held.is_empty()).chain([last]).map(key).collect();
        keys.map(|keys| (self.chord)(&keys))
    }

    /// Writes a claim, which is waited for.
    pub(crate) fn claim(&self, out: &mut Writer<'_>, assertion: &Assertion) {
        let expected = assertion.expected.as_ref().map(plain).unwrap_or_default();
        let text = (self.text)(&expected);
        let (name, wanted) = requests::named(&expected);
        let (named, wanted) = ((self.text)(name), (self.text)(wanted));
        let at = self.at(out, assertion.target.as_deref().unwrap_or("css=body"), assertion.frame.as_deref());
        let (name, arguments, not) = match assertion.claim {
            Claim::ElementVisible => ("shows", vec![at], false),
            Claim::ElementHidden => ("shows", vec![at], true),
            Claim::ElementExists => ("exists", vec![at], false),
            Claim::ElementNotExists => ("exists", vec![at], true),
            Claim::TextContains => ("text_contains", vec![at, text], false),
            Claim::TextEquals => ("text_is", vec![at, text], false),
            Claim::TextMatches => ("text_matches", vec![at, (self.regex)(&expected)], false),
            Claim::UrlContains => ("url_contains", vec![text], false),
            Claim::UrlEquals => ("url_is", vec![(self.address)(&expected)], false),
            Claim::UrlMatches => ("url_matches", vec![(self.regex)(&expected)], false),
            Claim::TitleContains => ("title_contains", vec![text], false),
            Claim::TitleEquals => ("title_is", vec![text], false),
            Claim::ValueEquals => ("value_is", vec![at, text], false),
            Claim::Attribute => ("attribute_is", vec![at, named, wanted], false),
            Claim::Css => ("css_is", vec![at, named, wanted], false),
            Claim::ClassContains => ("has_classes", vec![at, text], false),
            Claim::Enabled => ("is_enabled", vec![at], false),
            Claim::Disabled => ("is_enabled", vec![at], true),
            Claim::Checked => ("is_checked", vec![at], false),
            Claim::Unchecked => ("is_checked", vec![at], true),
            Claim::Focused => ("is_focused", vec![at], false),
            Claim::Editable => ("is_editable", vec![at], false),
            Claim::Count => match comparison(&expected) {
                Some((operator, count)) => {
                    let operator = if operator == "=" { "==" } else { operator };
                    ("counts", vec![at, (self.string)(operator), count.to_string()], false)
                }
                None => return out.missing(&format!("count {expected}")),
            },
            claim => return out.missing(&format!("{} {expected}", claim.name())),
        };
        let what = format!("{} {}", assertion.claim.name(), assertion.target.as_deref().unwrap_or_default());
        self.until(out, what.trim(), (name, arguments, not != assertion.not));
    }
}
