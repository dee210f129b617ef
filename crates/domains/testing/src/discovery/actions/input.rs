//! What a person or program asks of an exploration: words, limits, patterns and the account, each fault with its member.

use std::collections::BTreeMap;

use argos_kernel::{AppError, FieldError, Result};
use argos_sitegraph::{Pattern, Strategy};
use argos_webtest::Plan;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::can;
use crate::discovery::model::{Auth, Mode, Wanted};

const PATTERNS_MAX: usize = 50;
const WORDS_MAX: usize = 20;
const HEADERS_MAX: usize = 30;
const TEXT_MAX: usize = 4_000;
const AUTH_TYPES: [&str; 6] = ["basic", "bearer", "cookie", "form", "header", "oauth"];

/// An account for the site.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(crate) struct AuthBody {
    /// basic, bearer, cookie, form, header or oauth
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// username and password; token; or names and values of cookies or headers
    pub(crate) credentials: BTreeMap<String, String>,
    pub(crate) login_url: Option<String>,
    /// goto, fill, type, click, check, press_key and wait_for_selector
    pub(crate) login_steps: Vec<Value>,
    /// Part of an address, or a selector, that is there once one is in.
    pub(crate) success_indicator: Option<String>,
}

/// What is asked for.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(crate) struct StartBody {
    pub(crate) project_id: String,
    pub(crate) app_url: Option<String>,
    pub(crate) mode: Option<String>,
    pub(crate) strategy: Option<String>,
    /// 1-500, default 50
    pub(crate) max_pages: Option<i64>,
    /// 1-10, default 3
    pub(crate) max_depth: Option<i64>,
    /// Globs over path and query, or regular expressions between slashes.
    pub(crate) include_patterns: Vec<String>,
    pub(crate) exclude_patterns: Vec<String>,
    pub(crate) focus_areas: Vec<String>,
    pub(crate) capture_screenshots: Option<bool>,
    /// Without a language model it changes nothing.
    pub(crate) use_vision_ai: Option<bool>,
    pub(crate) auth_config: Option<AuthBody>,
    /// Sent to the site only.
    pub(crate) custom_headers: BTreeMap<String, String>,
    /// Of one page: 5-120, default 30
    pub(crate) timeout_seconds: Option<u64>,
    /// dashboard, api or mcp
    pub(crate) execution_context: Option<String>,
    pub(crate) record_session: bool,
    /// Whether robots.txt of the site is followed; default true.
    pub(crate) respect_robots: Option<bool>,
}

fn listed<T: Copy>(words: &[(&str, T)]) -> String {
    words.iter().map(|(w, _)| *w).collect::<Vec<_>>().join(", ")
}

impl StartBody {
    /// What is wanted and the account; 400 for words nobody knows, 422 for everything else at once.
    pub(crate) fn read(&self) -> Result<(Wanted, Option<Auth>)> {
        let mode = match self.mode.as_deref() {
            None => Mode::default(),
            Some(word) => Mode::parse(word).ok_or_else(|| {
                AppError::bad_request(format!("mode must be one of {}", listed(&Mode::WORDS))).code("unknown_mode").with("field", "mode")
            })?,
        };
        let strategy = match self.strategy.as_deref() {
            None => Strategy::default(),
            Some(word) => Strategy::parse(word).ok_or_else(|| {
                let text = format!("strategy must be one of {}", listed(&Strategy::WORDS));
                AppError::bad_request(text).code("unknown_strategy").with("field", "strategy")
            })?,
        };
        let mut faults = Vec::new();
        let defaults = Wanted::default();
        let wanted = Wanted {
            mode,
            strategy,
            max_pages: within("max_pages", self.max_pages, defaults.max_pages, 1, 500, &mut faults),
            max_depth: within("max_depth", self.max_depth, defaults.max_depth, 1, 10, &mut faults),
            include_patterns: patterns("include_patterns", &self.include_patterns, &mut faults),
            exclude_patterns: patterns("exclude_patterns", &self.exclude_patterns, &mut faults),
            focus_areas: self.focus_areas.iter().map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect(),
            capture_screenshots: self.capture_screenshots.unwrap_or(true),
            timeout_seconds: u64::try_from(within(
                "timeout_seconds",
                self.timeout_seconds.and_then(|n| i64::try_from(n).ok()),
                30,
                5,
                120,
                &mut faults,
            ))
            .unwrap_or(defaults.timeout_seconds),
            execution_context: self.execution_context.clone().unwrap_or(defaults.execution_context),
            respect_robots: self.respect_robots.unwrap_or(true),
            compared_with: None,
            auth_type: self.auth_config.as_ref().map(|a| a.kind.clone()),
        };
        let mut fault = |field: &str, text: &str| faults.push(FieldError::new(field, text));
        if !["dashboard", "api", "mcp"].contains(&wanted.execution_context.as_str()) {
            fault("execution_context", "execution_context must be dashboard, api or mcp");
        }
        if wanted.focus_areas.len() > WORDS_MAX || wanted.focus_areas.iter().any(|w| w.chars().count() > 100) {
            fault("focus_areas", "focus_areas must be at most 20 words of at most 100 characters");
        }
        if mode == Mode::Focused && wanted.focus_areas.is_empty() {
            fault("focus_areas", "focused needs words to look for");
        }
        if mode == Mode::Authenticated && self.auth_config.is_none() {
            fault("auth_config", "authenticated needs an account");
        }
        if self.record_session {
            fault("record_session", "explorations are not filmed; pictures of every page are kept");
        }
        let auth = self.auth(&mut faults);
        if faults.is_empty() { Ok((wanted, auth)) } else { Err(AppError::invalid(faults)) }
    }

    fn auth(&self, faults: &mut Vec<FieldError>) -> Option<Auth> {
        let mut fault = |field: &str, text: String| faults.push(FieldError::new(field, text));
        let headers = &self.custom_headers;
        if headers.len() > HEADERS_MAX || headers.iter().any(|(n, v)| !is_header(n, v)) {
            fault("custom_headers", format!("custom_headers must be at most {HEADERS_MAX} names of HTTP headers with their values"));
        }
        let Some(body) = &self.auth_config else {
            return (!headers.is_empty()).then(|| Auth { custom_headers: headers.clone(), ..Auth::default() });
        };
        let auth = Auth {
            kind: body.kind.clone(),
            credentials: body.credentials.clone(),
            login_url: body.login_url.clone().filter(|u| !u.is_empty()),
            login_steps: body.login_steps.clone(),
            success_indicator: body.success_indicator.clone(),
            custom_headers: headers.clone(),
        };
        if auth.credentials.len() > HEADERS_MAX || auth.credentials.values().any(|v| v.len() > TEXT_MAX) {
            fault("auth_config.credentials", "auth_config.credentials are too many or too long".to_owned());
        }
        match auth.kind.as_str() {
            "basic" | "form" if auth.login_steps.is_empty() && (auth.user().is_none() || auth.password().is_none()) => {
                fault("auth_config.credentials", format!("{} needs username and password", auth.kind));
            }
            "bearer" | "oauth" if auth.token().is_none() => fault("auth_config.credentials", format!("{} needs a token", auth.kind)),
            "cookie" | "header" if auth.credentials.is_empty() => {
                fault("auth_config.credentials", format!("{} needs names and values", auth.kind));
            }
            "header" if auth.credentials.iter().any(|(n, v)| !is_header(n, v)) => {
                fault("auth_config.credentials", "a name is no name of an HTTP header".to_owned());
            }
            kind if !AUTH_TYPES.contains(&kind) => {
                fault("auth_config.type", format!("auth_config.type must be one of {}", AUTH_TYPES.join(", ")));
            }
            _ => {}
        }
        if auth.login_url.as_deref().is_some_and(|u| !crate::model::settings::is_web_address(u)) {
            fault("auth_config.login_url", "auth_config.login_url must be an http or https address".to_owned());
        }
        match Plan::parse(&json!({ "steps": auth.login_steps })) {
            Err(_) => fault("auth_config.login_steps", "auth_config.login_steps are no steps of a test".to_owned()),
            Ok(plan) => {
                if let Some(step) = plan.steps.iter().find(|s| !can(s.action)) {
                    fault("auth_config.login_steps", format!("signing in cannot {}", step.action));
                }
            }
        }
        Some(auth)
    }
}

fn within(field: &str, given: Option<i64>, default: i64, min: i64, max: i64, faults: &mut Vec<FieldError>) -> i64 {
    let value = given.unwrap_or(default);
    if !(min..=max).contains(&value) {
        faults.push(FieldError::new(field, format!("{field} must be between {min} and {max}")));
    }
    value
}

fn patterns(field: &str, list: &[String], faults: &mut Vec<FieldError>) -> Vec<String> {
    let list: Vec<String> = list.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect();
    if list.len() > PATTERNS_MAX {
        faults.push(FieldError::new(field, format!("{field} must be at most {PATTERNS_MAX} patterns")));
    }
    if let Some(why) = list.iter().find_map(|t| Pattern::parse(t).err()) {
        faults.push(FieldError::new(field, format!("{field}: {why}")));
    }
    list
}

fn is_header(name: &str, value: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.len() <= 100 && name.chars().all(token) && value.len() <= TEXT_MAX && !value.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    fn read(body: Value) -> Result<(Wanted, Option<Auth>)> {
        serde_json::from_value::<StartBody>(body).unwrap().read()
    }

    fn fields(body: Value) -> Vec<String> {
        let error = read(body).err().unwrap();
        error.fields().iter().map(|f| f.loc.iter().skip(1).cloned().collect::<Vec<_>>().join(".")).collect()
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let (wanted, auth) = read(json!({})).unwrap();
        assert_eq!((wanted, auth.is_none()), (Wanted::default(), true));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        assert_eq!(read(json!({"mode": "sideways"})).err().unwrap().code_str(), "unknown_mode");
        let body = json!({
            "mode": "focused", "max_pages": 0, "max_depth": 11, "timeout_seconds": 1, "include_patterns": ["/(/"],
            "record_session": true, "auth_config": {"type": "form", "login_url": "file:///x", "login_steps": [{"action": "evaluate", "value": "1"}]}
        });
        let found = fields(body);
        for field in [
            "max_pages",
            "max_depth",
            "timeout_seconds",
            "include_patterns",
            "focus_areas",
            "record_session",
            "auth_config.login_url",
            "auth_config.login_steps",
        ] {
            assert!(found.iter().any(|f| f == field), "{field}: {found:?}");
        }
        assert_eq!(fields(json!({"auth_config": {"type": "basic"}})), ["auth_config.credentials"]);
        assert_eq!(fields(json!({"auth_config": {"type": "magic"}})), ["auth_config.type"]);
        assert_eq!(fields(json!({"custom_headers": {"a b": "c"}})), ["custom_headers"]);
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_within_its_limits(pages in any::<i64>(), depth in any::<i64>(), pattern in "\\PC{0,40}") {
            if let Ok((wanted, _)) = read(json!({"max_pages": pages, "max_depth": depth, "exclude_patterns": [pattern]})) {
                prop_assert!((1..=500).contains(&wanted.max_pages) && (1..=10).contains(&wanted.max_depth));
                prop_assert!(wanted.exclude_patterns.iter().all(|p| Pattern::parse(p).is_ok()));
            }
        }
    }
}
