//! Whether a person decides about a run before it begins (quality-platform D.2): who, by when, and in which words.

use argos_jobs::{Hold, HoldPolicy, OnTimeout};
use argos_kernel::Result;
use argos_settings::Settings;
use serde_json::{Value, json};

/// What a run of this payload waits for, as the settings want it.
pub(super) fn asked(settings: &Settings, payload: &Value) -> Result<Option<Hold>> {
    if !settings.bool("quality.require_test_plan_approval")? {
        return Ok(None);
    }
    let on_timeout = match settings.text("quality.approval.timeout_action")?.as_str() {
        "approve" => OnTimeout::Approve,
        "wait" => OnTimeout::Wait,
        _ => OnTimeout::Deny,
    };
    let policy = HoldPolicy { timeout_s: settings.i64("quality.approval.timeout_s")?, on_timeout, ..HoldPolicy::default() };
    Ok(Some(hold(payload, policy)))
}

fn hold(payload: &Value, policy: HoldPolicy) -> Hold {
    let site = payload["app_url"].as_str().unwrap_or_default();
    let mut hold = Hold::new("test_plan", description(payload), "test:execute", policy);
    hold.target = Some(site.to_owned()).filter(|site| !site.is_empty());
    hold.evidence = json!({ "paused_before": "execute_test", "options": ["approve_all", "abort_run"] });
    hold
}

/// A schedule that names no tests means all that are active when it runs.
fn description(payload: &Value) -> String {
    let named = payload["test_ids"].as_array().map(Vec::len).filter(|n| *n > 0);
    let count = payload["tests"].as_u64().or(named.and_then(|n| u64::try_from(n).ok()));
    match count {
        Some(1) => "Execute test plan with 1 test".to_owned(),
        Some(n) => format!("Execute test plan with {n} tests"),
        None => "Execute test plan with all active tests".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_is_told_in_the_documented_words() {
        assert_eq!(description(&json!({ "tests": 12 })), "Execute test plan with 12 tests");
        assert_eq!(description(&json!({ "test_ids": ["a"] })), "Execute test plan with 1 test");
        assert_eq!(description(&json!({ "test_ids": [] })), "Execute test plan with all active tests");
        let hold = hold(&json!({ "tests": 1, "app_url": "https://shop.example" }), HoldPolicy::default());
        assert_eq!(
            (hold.kind.as_str(), hold.permission.as_str(), hold.target.as_deref()),
            ("test_plan", "test:execute", Some("https://shop.example"))
        );
    }
}
