//! What a person says about a schedule of test runs: defaults, ranges, and how a partial change is laid over what is
//! stored. Every fault names its member.

use argos_kernel::FieldError;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::schedule::{Misfire, Overlap};

/// When it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Timing {
    pub(super) name: String,
    pub(super) cron_expression: String,
    /// IANA name.
    pub(super) timezone: String,
    pub(super) enabled: bool,
    pub(super) overlap_policy: Overlap,
    pub(super) misfire_policy: Misfire,
    pub(super) misfire_grace_seconds: i64,
    pub(super) jitter_seconds: i64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            name: String::new(),
            cron_expression: String::new(),
            timezone: "UTC".to_owned(),
            enabled: true,
            overlap_policy: Overlap::default(),
            misfire_policy: Misfire::default(),
            misfire_grace_seconds: 3_600,
            jitter_seconds: 0,
        }
    }
}

/// Which tests, besides the listed ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct TestFilter {
    tags: Vec<String>,
    priority: Vec<String>,
}

/// What a run does: the payload of its job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Run {
    pub(super) description: Option<String>,
    /// Empty = every active test.
    pub(super) test_ids: Vec<String>,
    pub(super) test_filter: TestFilter,
    pub(super) app_url: String,
    pub(super) timeout_minutes: i64,
    pub(super) retry_count: i64,
    pub(super) max_parallel_tests: i64,
    pub(super) browser: String,
    pub(super) environment: String,
    pub(super) tags: Vec<String>,
    pub(super) notify_on_failure: bool,
    pub(super) notify_on_success: bool,
    pub(super) notify_on_recovery: bool,
    /// Name or id of a channel, and whether it hears of it.
    pub(super) notification_channels: Map<String, Value>,
    pub(super) auto_heal_enabled: bool,
    pub(super) auto_heal_confidence_threshold: f64,
    pub(super) quarantine_flaky_tests: bool,
    pub(super) flaky_threshold: f64,
}

impl Default for Run {
    fn default() -> Self {
        let channels = [("email".to_owned(), Value::Bool(true)), ("slack".to_owned(), Value::Bool(false))];
        Self {
            description: None,
            test_ids: Vec::new(),
            test_filter: TestFilter::default(),
            app_url: String::new(),
            timeout_minutes: 60,
            retry_count: 0,
            max_parallel_tests: 5,
            browser: "chromium".to_owned(),
            environment: "staging".to_owned(),
            tags: Vec::new(),
            notify_on_failure: true,
            notify_on_success: false,
            notify_on_recovery: true,
            notification_channels: channels.into_iter().collect(),
            auto_heal_enabled: false,
            auto_heal_confidence_threshold: 0.9,
            quarantine_flaky_tests: false,
            flaky_threshold: 0.3,
        }
    }
}

/// Lays the members of `body` that `stored` has over it; members of the wrong type are faults, others are ignored.
pub(super) fn patched<T: Serialize + DeserializeOwned>(stored: &T, body: &Map<String, Value>, faults: &mut Vec<FieldError>) -> Option<T> {
    let mut all = serde_json::to_value(stored).ok()?.as_object().cloned()?;
    let mut fits = true;
    for (name, value) in body {
        let Some(before) = all.get(name).cloned() else { continue };
        all.insert(name.clone(), value.clone());
        if let Err(error) = serde_json::from_value::<T>(Value::Object(all.clone())) {
            faults.push(FieldError::new(name, format!("{name}: {error}")));
            all.insert(name.clone(), before);
            fits = false;
        }
    }
    serde_json::from_value(Value::Object(all)).ok().filter(|_| fits)
}

impl Timing {
    /// Ranges; expression and zone are judged by the scheduler, which knows the calendar.
    pub(super) fn check(&self, faults: &mut Vec<FieldError>) {
        let length = self.name.trim().chars().count();
        if !(1..=100).contains(&length) {
            faults.push(FieldError::new("name", "name must be 1 to 100 characters"));
        }
        if self.overlap_policy == Overlap::Allow {
            faults.push(FieldError::new("overlap_policy", "overlap_policy must be skip, queue or replace"));
        }
        ranged(faults, "misfire_grace_seconds", self.misfire_grace_seconds, 0, 2_592_000);
        ranged(faults, "jitter_seconds", self.jitter_seconds, 0, 600);
    }
}

impl Run {
    pub(super) fn check(&self, faults: &mut Vec<FieldError>) {
        if self.description.as_ref().is_some_and(|d| d.chars().count() > 500) {
            faults.push(FieldError::new("description", "description must be at most 500 characters"));
        }
        let is_web = self.app_url.split_once("://").is_some_and(|(s, rest)| matches!(s, "http" | "https") && !rest.is_empty());
        if !is_web || self.app_url.len() > 2_048 || self.app_url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            faults.push(FieldError::new("app_url", "app_url must be an http or https address"));
        }
        ranged(faults, "timeout_minutes", self.timeout_minutes, 5, 480);
        ranged(faults, "retry_count", self.retry_count, 0, 3);
        ranged(faults, "max_parallel_tests", self.max_parallel_tests, 1, 50);
        if !["chromium", "firefox", "webkit"].contains(&self.browser.as_str()) {
            faults.push(FieldError::new("browser", "browser must be chromium, firefox or webkit"));
        }
        for (name, value) in
            [("auto_heal_confidence_threshold", self.auto_heal_confidence_threshold), ("flaky_threshold", self.flaky_threshold)]
        {
            if !(0.0..=1.0).contains(&value) {
                faults.push(FieldError::new(name, format!("{name} must be between 0 and 1")));
            }
        }
        if self.notification_channels.values().any(|v| !v.is_boolean()) {
            faults.push(FieldError::new("notification_channels", "notification_channels maps a channel to true or false"));
        }
        if self.tags.len() > 50 || self.test_ids.len() > 10_000 {
            faults.push(FieldError::new("tags", "at most 50 tags and 10000 tests"));
        }
    }
}

fn ranged(faults: &mut Vec<FieldError>, name: &str, value: i64, min: i64, max: i64) {
    if !(min..=max).contains(&value) {
        faults.push(FieldError::new(name, format!("{name} must be between {min} and {max}")));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn partial_change_keeps_the_rest_and_names_each_fault() {
        let mut faults = Vec::new();
        let body = json!({"app_url": "https://shop.example", "retry_count": 2, "unknown": 1});
        let run = patched(&Run::default(), body.as_object().unwrap(), &mut faults).unwrap();
        assert_eq!((run.retry_count, run.timeout_minutes, faults.len()), (2, 60, 0));
        let body = json!({"retry_count": "two", "browser": 7, "app_url": "https://shop.example"});
        assert!(patched(&run, body.as_object().unwrap(), &mut faults).is_none());
        let named: Vec<_> = faults.iter().map(|f| f.loc[1].as_str()).collect();
        assert_eq!(named, ["retry_count", "browser"]);
    }

    #[test]
    fn values_out_of_range_are_named() {
        let mut faults = Vec::new();
        let bad = Run { app_url: "ftp://x".into(), timeout_minutes: 4, browser: "lynx".into(), flaky_threshold: 1.5, ..Run::default() };
        bad.check(&mut faults);
        Timing { jitter_seconds: 601, overlap_policy: Overlap::Allow, ..Timing::default() }.check(&mut faults);
        let named: Vec<_> = faults.iter().map(|f| f.loc[1].as_str()).collect();
        assert_eq!(named, ["app_url", "timeout_minutes", "browser", "flaky_threshold", "name", "overlap_policy", "jitter_seconds"]);
    }

    proptest! {
        #[test]
        fn any_body_is_taken_or_refused_with_a_name(name in "[a-z_]{1,20}", text in ".*", number in any::<f64>()) {
            for value in [json!(text), json!(number), json!([text]), json!(null)] {
                let mut faults = Vec::new();
                let body: Map<String, Value> = [(name.clone(), value)].into_iter().collect();
                let done = patched(&Run::default(), &body, &mut faults);
                prop_assert_eq!(done.is_none(), !faults.is_empty());
            }
        }
    }
}
