//! What a failure probably means, by rules over its words. Pure.

use serde_json::{Map, Value};

/// A failure as somebody asks about it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub message: String,
    pub error_type: String,
    pub selector: String,
    /// What else is known.
    pub context: Map<String, Value>,
}

/// Codes that say the cause by themselves: what their messages quote is text of the page or of the test.
const SAID_BY_CODE: [&str; 6] =
    ["assertion_failed", "unresolved_variable", "strict_mode_violation", "browser_crashed", "blocked_url", "script_error"];

impl Asked {
    /// What the failure says, then what else is known: that is asked only where the first says nothing.
    fn texts(&self) -> [String; 2] {
        let kind = self.error_type.to_lowercase();
        if SAID_BY_CODE.contains(&kind.as_str()) {
            return [kind, String::new()];
        }
        let mut known = String::new();
        for value in self.context.values() {
            spoken(value, &mut known);
        }
        // A selector says where, never why.
        let message = without(&self.message, &self.selector);
        [format!("{kind} {message}").to_lowercase(), known.to_lowercase()]
    }
}

/// A text without a word or a selector that stands in it by itself.
fn without(text: &str, part: &str) -> String {
    if part.is_empty() {
        return text.to_owned();
    }
    let (mut kept, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(part) {
        let within = before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        kept.push_str(before);
        kept.push_str(if within { part } else { " " });
        rest = after;
    }
    kept + rest
}

/// The texts in a value, without the names of its members.
fn spoken(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => {
            into.push_str(text);
            into.push('\n');
        }
        Value::Array(all) => all.iter().for_each(|v| spoken(v, into)),
        Value::Object(all) => all.values().for_each(|v| spoken(v, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A kind of failure with what helps against it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cause {
    /// `real_bug`, `environment`, `selector_changed`, `timing_issue`, `ui_changed`, `data_changed`, `test_setup`, `unknown`
    pub category: &'static str,
    /// `fix_application`, `fix_environment`, `update_selector`, `add_wait`, `update_assertion`, `update_test_data`, `look`
    pub intent: &'static str,
    /// What may be changed in the test; `none` where the test is right, or where nobody can say what.
    pub fix_type: &'static str,
    pub cause: &'static str,
    pub actions: &'static [&'static str],
    /// How sure one may be by words alone: 0-1.
    pub confidence: f64,
    words: &'static [&'static str],
}

impl Cause {
    /// Whether the test is right, whatever was healed before: the application or what it stands on failed.
    pub fn leaves_the_test_alone(&self) -> bool {
        matches!(self.category, "real_bug" | "environment")
    }
}

/// In this order: what speaks of the application or its surroundings comes before what speaks of the test.
const CAUSES: &[Cause] = &[
    Cause {
        category: "real_bug",
        intent: "fix_application",
        fix_type: "none",
        cause: "The application answered with a server error",
        actions: &["Look at the server's log at the time of the run", "Leave the test as it is"],
        confidence: 0.85,
        words: &[
            "internal server error",
            "bad gateway",
            "service unavailable",
            "gateway timeout",
            "http 500",
            "status 500",
            "status 502",
            "status 503",
            "real_bug",
        ],
    },
    Cause {
        category: "real_bug",
        intent: "fix_application",
        fix_type: "none",
        cause: "A script of the application threw an error",
        actions: &["Look at the console of the run", "Leave the test as it is"],
        confidence: 0.75,
        words: &["uncaught", "typeerror:", "referenceerror:", "unhandled rejection", "is not a function"],
    },
    Cause {
        category: "environment",
        intent: "fix_environment",
        fix_type: "none",
        cause: "The address could not be reached",
        actions: &["See whether the application is up at this address", "Check the base address of the environment"],
        confidence: 0.85,
        words: &[
            "err_connection",
            "err_name_not_resolved",
            "econnrefused",
            "connection refused",
            "err_internet",
            "err_cert",
            "err_ssl",
            "navigation_error",
            "dns_probe",
            "getaddrinfo",
        ],
    },
    Cause {
        category: "environment",
        intent: "fix_environment",
        fix_type: "none",
        cause: "The browser ended or was refused the address",
        actions: &["Run it again", "See whether the address is allowed for this project"],
        confidence: 0.8,
        words: &["browser_crashed", "browser is gone", "blocked_url", "blocked by"],
    },
    Cause {
        category: "test_setup",
        intent: "update_test_data",
        fix_type: "update_test_data",
        cause: "The account or the data of the test is not accepted",
        actions: &["Check the account and the variables of the environment"],
        confidence: 0.7,
        words: &[
            "unresolved_variable",
            "unresolved variable",
            "invalid password",
            "wrong password",
            "invalid credentials",
            "status 401",
            "status 403",
            "http 401",
            "http 403",
            "unauthorized",
            "forbidden",
            "session expired",
        ],
    },
    Cause {
        category: "test_setup",
        intent: "look",
        fix_type: "none",
        cause: "A script that the test runs on the page threw an error",
        actions: &["Look at the script of the step", "See whether the page still has what the script asks for"],
        confidence: 0.65,
        words: &["script_error"],
    },
    Cause {
        category: "ui_changed",
        intent: "update_selector",
        fix_type: "update_selector",
        cause: "The selector names more than one element",
        actions: &["Choose one of the candidates", "Name the element by its role and name"],
        confidence: 0.75,
        words: &["strict_mode_violation", "strict mode", "resolved to 2", "more than one", "matches several"],
    },
    Cause {
        category: "timing_issue",
        intent: "add_wait",
        fix_type: "increase_timeout",
        cause: "The element is there but could not be used in time",
        actions: &["See what covers or disables it", "Wait for what the page loads before"],
        confidence: 0.7,
        words: &[
            "not_actionable",
            "is covered",
            "receives events",
            "not stable",
            "is not enabled",
            "intercepts pointer",
            "not visible",
            "is animating",
        ],
    },
    Cause {
        category: "selector_changed",
        intent: "update_selector",
        fix_type: "update_selector",
        cause: "The element is no longer found by its selector",
        actions: &["Run the test with healing to see what took its place", "Name the element by its role and name"],
        confidence: 0.7,
        words: &[
            "element_not_found",
            "not found",
            "no element",
            "no such element",
            "unable to locate",
            "could not find",
            "waiting for selector",
            "waiting for locator",
        ],
    },
    Cause {
        category: "data_changed",
        intent: "update_assertion",
        fix_type: "update_assertion",
        cause: "The page shows something else than the test expects",
        actions: &["Compare what is expected with what is there", "Change the claim only if the page is right"],
        confidence: 0.65,
        words: &["assertion_failed", "assertion failed", "assertionerror", "to equal", "to contain", "does not match"],
    },
    Cause {
        category: "timing_issue",
        intent: "add_wait",
        fix_type: "increase_timeout",
        cause: "Something took longer than the step waits",
        actions: &["See in the trace what was under way", "Give the step more time if the page is merely slow"],
        confidence: 0.6,
        words: &["timeout", "timed out", "exceeded", "took longer"],
    },
];

const UNKNOWN: Cause = Cause {
    category: "unknown",
    intent: "look",
    fix_type: "none",
    cause: "Nothing known speaks in this message",
    actions: &["Look at the trace of the run"],
    confidence: 0.2,
    words: &[],
};

/// The likeliest cause and the words that speak for it; more of them make it surer.
pub fn diagnose(asked: &Asked) -> (Cause, Vec<&'static str>) {
    for text in asked.texts() {
        for cause in CAUSES {
            let said: Vec<&'static str> = cause.words.iter().copied().filter(|word| text.contains(word)).collect();
            if !said.is_empty() {
                let sure = if said.len() > 1 { (cause.confidence + 0.05).min(0.95) } else { cause.confidence };
                return (Cause { confidence: sure, ..*cause }, said);
            }
        }
    }
    (UNKNOWN, Vec::new())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn about(error_type: &str, message: &str) -> Asked {
        Asked { error_type: error_type.to_owned(), message: message.to_owned(), ..Asked::default() }
    }

    #[test]
    fn message_is_told_what_it_means() {
        for (kind, message, category, fix) in [
            ("element_not_found", "#buy is not there", "selector_changed", "update_selector"),
            ("", "Timeout 5000 ms exceeded", "timing_issue", "increase_timeout"),
            ("element_not_found", "POST /cart answered with status 500", "real_bug", "none"),
            ("", "net::ERR_CONNECTION_REFUSED at http://shop", "environment", "none"),
            ("assertion_failed", "expected 3 but there are 2", "data_changed", "update_assertion"),
            ("", "strange things", "unknown", "none"),
            // What is quoted of a page, of a test or of a selector names no cause.
            ("element_not_found", "no element matches [data-testid=\"dns-save\"]", "selector_changed", "update_selector"),
            ("element_not_found", "no element matches #row-403", "selector_changed", "update_selector"),
            ("assertion_failed", "expected 401 items, there are 399", "data_changed", "update_assertion"),
            ("assertion_failed", "expected the sum of nullable fields", "data_changed", "update_assertion"),
            ("assertion_failed", "expected 'Service unavailable' but it is 'Home'", "data_changed", "update_assertion"),
            ("", "waiting for the sum of nullable fields: timed out", "timing_issue", "increase_timeout"),
            ("timeout", "Unexpected token <", "timing_issue", "increase_timeout"),
            // A script of the test is no script of the application.
            ("script_error", "evaluate: TypeError: Cannot read properties of null", "test_setup", "none"),
            ("", "Uncaught TypeError: Cannot read properties of null", "real_bug", "none"),
            ("", "GET /me: status 401", "test_setup", "update_test_data"),
        ] {
            let (cause, words) = diagnose(&about(kind, message));
            assert_eq!((cause.category, cause.fix_type, words.is_empty()), (category, fix, category == "unknown"), "{message}");
        }
    }

    #[test]
    fn what_else_is_known_speaks_only_where_the_failure_says_nothing_and_selectors_never_do() {
        let with = |message: &str, kind: &str, selector: &str, context: Value| Asked {
            selector: selector.to_owned(),
            context: context.as_object().cloned().unwrap(),
            ..about(kind, message)
        };
        for (asked, category) in [
            (with("#buy", "element_not_found", "", json!({ "browser_crashed": false })), "selector_changed"),
            (with("it stood still", "timeout", "", json!({ "expected": "3", "log": "bad gateway" })), "timing_issue"),
            (with("odd", "", "", json!({ "timeout": 5000, "strict mode": true })), "unknown"),
            (with("odd", "", "", json!({ "responses": [{ "text": "502 Bad Gateway" }] })), "real_bug"),
            (with("no element matches .uncaught", "element_not_found", ".uncaught", json!({})), "selector_changed"),
            (with("waiting for selector select", "", "select", json!({})), "selector_changed"),
        ] {
            assert_eq!(diagnose(&asked).0.category, category, "{asked:?}");
        }
        assert_eq!((without("a select b", "select"), without("selector a", "select")), ("a   b".to_owned(), "selector a".to_owned()));
    }

    proptest! {
        #[test]
        fn cause_is_never_certain_whatever_is_asked(message in "\\PC{0,80}", selector in "\\PC{0,8}") {
            let said = Asked { selector, ..about("", &message) };
            let (cause, _) = diagnose(&said);
            prop_assert!((0.0..=0.95).contains(&cause.confidence));
        }
    }
}
