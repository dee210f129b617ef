//! The personal profile, preferences and assistant settings of one user: defaults, limits and how a partial update
//! merges into them. Pure; the documents are JSON objects.

use argos_kernel::FieldError;
use serde_json::{Map, Value, json};

/// Text members of the profile and their longest length in characters.
const TEXTS: [(&str, usize); 13] = [
    ("avatar_url", 500),
    ("bio", 500),
    ("timezone", 50),
    ("language", 10),
    ("job_title", 100),
    ("company", 100),
    ("department", 100),
    ("phone", 20),
    ("github_username", 50),
    ("twitter_handle", 50),
    ("linkedin_url", 200),
    ("website_url", 200),
    ("theme", 10),
];
const THEMES: [&str; 3] = ["light", "dark", "system"];
pub const DISPLAY_NAME_CHARS_MAX: usize = 100;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The profile of somebody who never wrote one.
pub fn profile_defaults() -> Map<String, Value> {
    let mut map: Map<String, Value> = TEXTS.iter().map(|(name, _)| ((*name).to_owned(), Value::Null)).collect();
    map.insert("timezone".to_owned(), json!("UTC"));
    map.insert("language".to_owned(), json!("en"));
    map.insert("theme".to_owned(), json!("system"));
    map.insert("onboarding_completed".to_owned(), json!(false));
    map.insert("onboarding_step".to_owned(), Value::Null);
    map
}

pub fn test_defaults() -> Map<String, Value> {
    object(json!({
        "default_browser": "chromium", "default_timeout": 30000, "parallel_execution": true, "retry_failed_tests": true,
        "max_retries": 2, "screenshot_on_failure": true, "video_recording": false,
    }))
}

/// Providers of language models, with their documented other names.
pub const MODEL_PROVIDERS: [&str; 10] =
    ["anthropic", "openai", "gemini", "google", "ollama", "local", "groq", "together", "openai_compatible", "custom"];

pub fn discovery_defaults() -> Map<String, Value> {
    object(json!({
        "mode": "standard", "strategy": "bfs", "maxPages": 50, "maxDepth": 3, "includePatterns": "",
        "excludePatterns": "/api/*, /static/*, *.pdf, *.jpg, *.png", "focusAreas": [], "captureScreenshots": true, "useVisionAi": false,
        "authRequired": false,
    }))
}

pub fn ai_defaults() -> Map<String, Value> {
    object(json!({
        "default_provider": "anthropic", "default_model": null, "cost_limit_per_day": 10.0, "cost_limit_per_message": 1.0,
        "use_platform_key_fallback": true, "show_token_costs": true, "show_model_in_chat": true,
        "preferred_models_by_task": {},
    }))
}

/// `base` with every member that `over` has and is not null.
pub fn merged(mut base: Map<String, Value>, over: &Map<String, Value>) -> Map<String, Value> {
    for (name, value) in over {
        if !value.is_null() {
            base.insert(name.clone(), value.clone());
        }
    }
    base
}

/// Known members of a profile update, checked; unknown ones and nulls are left out.
pub fn profile_patch(body: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut patch, mut faults) = (Map::new(), Vec::new());
    for (name, max) in TEXTS {
        match body.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if name == "theme" && !THEMES.contains(&text.as_str()) => {
                faults.push(FieldError::new(name, "theme must be light, dark or system"));
            }
            Some(Value::String(text)) if text.chars().count() <= max => drop(patch.insert(name.to_owned(), json!(text))),
            Some(Value::String(_)) => faults.push(FieldError::new(name, format!("{name} must be at most {max} characters"))),
            Some(_) => faults.push(FieldError::new(name, format!("{name} must be a string"))),
        }
    }
    match body.get("onboarding_completed") {
        None | Some(Value::Null) => {}
        Some(Value::Bool(done)) => drop(patch.insert("onboarding_completed".to_owned(), json!(done))),
        Some(_) => faults.push(FieldError::new("onboarding_completed", "onboarding_completed must be a boolean")),
    }
    match body.get("onboarding_step") {
        None | Some(Value::Null) => {}
        Some(step @ (Value::String(_) | Value::Number(_))) => drop(patch.insert("onboarding_step".to_owned(), step.clone())),
        Some(_) => faults.push(FieldError::new("onboarding_step", "onboarding_step must be a string or a number")),
    }
    if faults.is_empty() { Ok(patch) } else { Err(faults) }
}

/// Known assistant members of an update, checked.
pub fn ai_patch(body: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let amount = |value: &Value, max: f64| value.as_f64().is_some_and(|x| (0.0..=max).contains(&x));
    checked(body, &ai_defaults(), |name, value, default| match name {
        "cost_limit_per_day" => amount(value, 1000.0),
        "cost_limit_per_message" => amount(value, 100.0),
        // Empty = what the installation is set to.
        "default_provider" => value.as_str().is_some_and(|t| t.is_empty() || MODEL_PROVIDERS.contains(&t)),
        "default_model" => value.as_str().is_some_and(is_model),
        "preferred_models_by_task" => {
            value.as_object().is_some_and(|o| o.len() <= 50 && o.values().all(|m| m.as_str().is_some_and(|m| !m.is_empty() && is_model(m))))
        }
        _ => value.is_boolean() == default.is_boolean(),
    })
}

/// At most 100 characters that can stand in the name of a model.
fn is_model(text: &str) -> bool {
    text.len() <= 100 && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Known members of an update of the defaults of tests, checked.
pub fn test_patch(body: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    checked(body, &test_defaults(), |name, value, default| match name {
        "default_browser" => value.as_str().is_some_and(|b| ["chromium", "firefox", "webkit"].contains(&b)),
        "default_timeout" => within(value, 1_000, 300_000),
        "max_retries" => within(value, 0, 10),
        _ => value.is_boolean() == default.is_boolean(),
    })
}

/// Known members of an update of the defaults of explorations, checked. How to sign in to a site is said where one is
/// explored: what is stored here holds no secret.
pub fn discovery_patch(body: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    const MODES: [&str; 5] = ["quick", "standard", "deep", "focused", "autonomous"];
    const STRATEGIES: [&str; 4] = ["bfs", "dfs", "priority", "ai-guided"];
    let texts = |value: &Value| {
        let list = value.as_array();
        list.is_some_and(|l| l.len() <= 50 && l.iter().all(|t| t.as_str().is_some_and(|t| t.chars().count() <= 200)))
    };
    if body.get("authConfig").is_some_and(|v| !v.is_null()) {
        return Err(vec![FieldError::new("authConfig", "authConfig is given to an exploration and not stored here")]);
    }
    checked(body, &discovery_defaults(), |name, value, default| match name {
        "mode" => value.as_str().is_some_and(|m| MODES.contains(&m)),
        "strategy" => value.as_str().is_some_and(|s| STRATEGIES.contains(&s)),
        "maxPages" => within(value, 1, 500),
        "maxDepth" => within(value, 1, 10),
        "includePatterns" | "excludePatterns" => value.as_str().is_some_and(|t| t.chars().count() <= 2_000),
        "focusAreas" => texts(value),
        _ => value.is_boolean() == default.is_boolean(),
    })
}

fn within(value: &Value, min: i64, max: i64) -> bool {
    value.as_i64().is_some_and(|n| (min..=max).contains(&n))
}

/// The members of `body` that `defaults` know and that are not null, each judged.
fn checked(
    body: &Map<String, Value>,
    defaults: &Map<String, Value>,
    fits: impl Fn(&str, &Value, &Value) -> bool,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut patch, mut faults) = (Map::new(), Vec::new());
    for (name, default) in defaults {
        match body.get(name).filter(|v| !v.is_null()) {
            None => {}
            Some(value) if fits(name, value, default) => drop(patch.insert(name.clone(), value.clone())),
            Some(_) => faults.push(FieldError::new(name, format!("{name} is out of range or of the wrong type"))),
        }
    }
    if faults.is_empty() { Ok(patch) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_patch_keeps_known_members_and_names_every_fault() {
        let body = object(json!({ "bio": "me", "theme": "dark", "phone": null, "nonsense": 1 }));
        assert_eq!(Value::Object(profile_patch(&body).unwrap()), json!({ "bio": "me", "theme": "dark" }));
        let body = object(json!({ "theme": "pink", "language": "x".repeat(11), "company": 3 }));
        let faults: Vec<_> = profile_patch(&body).unwrap_err().into_iter().map(|f| f.loc[1].clone()).collect();
        assert_eq!(faults, ["language", "company", "theme"]);
    }

    #[test]
    fn ai_patch_checks_limits() {
        assert!(ai_patch(&object(json!({ "cost_limit_per_day": 0, "show_token_costs": false }))).is_ok());
        assert!(ai_patch(&object(json!({ "cost_limit_per_day": 1000.5 }))).is_err());
        assert!(ai_patch(&object(json!({ "show_token_costs": 1 }))).is_err());
        assert!(ai_patch(&object(json!({ "default_provider": "skynet" }))).is_err());
        assert!(ai_patch(&object(json!({ "default_provider": "local", "default_model": "" }))).is_ok());
        assert!(ai_patch(&object(json!({ "preferred_models_by_task": { "chat": "a b" } }))).is_err());
    }

    #[test]
    fn defaults_of_tests_and_explorations_keep_their_limits() {
        let good = json!({ "default_timeout": 1000, "max_retries": 10, "default_browser": "firefox", "video_recording": true, "other": 1 });
        assert_eq!(test_patch(&object(good)).unwrap().len(), 4);
        let bad = json!({ "default_timeout": 999, "max_retries": 11, "default_browser": "lynx", "video_recording": "yes" });
        assert_eq!(test_patch(&object(bad)).unwrap_err().len(), 4);
        let good =
            json!({ "mode": "deep", "strategy": "ai-guided", "maxPages": 500, "maxDepth": 1, "focusAreas": ["cart"], "useVisionAi": true });
        assert_eq!(discovery_patch(&object(good)).unwrap().len(), 6);
        let bad = json!({ "mode": "x", "strategy": "x", "maxPages": 0, "maxDepth": 11, "focusAreas": [1], "authRequired": 1 });
        assert_eq!(discovery_patch(&object(bad)).unwrap_err().len(), 6);
        assert!(discovery_patch(&object(json!({ "authConfig": { "password": "x" } }))).is_err());
    }

    #[test]
    fn merging_leaves_nulls_out() {
        let base = object(json!({ "a": 1, "b": 2 }));
        let all = merged(base, &object(json!({ "a": null, "b": 3, "c": 4 })));
        assert_eq!(Value::Object(all), json!({ "a": 1, "b": 3, "c": 4 }));
    }
}
