//! The settings of a project: known keys with their limits, everything else under `custom`. Values that are secrets go
//! apart, so that they can be sealed. Pure.

use argos_kernel::FieldError;
use serde_json::{Map, Value, json};

/// What a mask looks like: such a value keeps what is stored.
pub const MASK: &str = "***";
const BYTES_MAX: usize = 262_144;
const DEPTH_MAX: usize = 12;

/// What one known key must be.
enum Rule {
    Bool,
    Int(i64, i64),
    Text(usize),
    Word(&'static [&'static str]),
    /// An object whose values are texts.
    Texts,
    TextList,
    Object,
}

const RULES: [(&str, Rule); 24] = [
    ("default_browser", Rule::Word(&["chromium", "firefox", "webkit"])),
    ("viewport", Rule::Object),
    ("default_timeout_ms", Rule::Int(1000, 300_000)),
    ("navigation_timeout_ms", Rule::Int(1000, 300_000)),
    ("test_timeout_ms", Rule::Int(1000, 3_600_000)),
    ("retries", Rule::Int(0, 10)),
    ("parallel_tests", Rule::Int(1, 20)),
    ("strict_selectors", Rule::Bool),
    ("self_heal", Rule::Bool),
    ("record_video", Rule::Bool),
    ("trace", Rule::Word(&["off", "on", "retain-on-failure"])),
    ("screenshot_mode", Rule::Word(&["off", "only-on-failure", "on"])),
    ("base_url", Rule::Texts),
    ("variables", Rule::Object),
    ("allowed_hosts", Rule::TextList),
    ("extra_headers", Rule::Texts),
    ("locale", Rule::Text(35)),
    ("timezone", Rule::Text(64)),
    ("geolocation", Rule::Object),
    ("permissions", Rule::TextList),
    ("color_scheme", Rule::Word(&["light", "dark", "no-preference"])),
    ("reduced_motion", Rule::Word(&["reduce", "no-preference"])),
    ("visual", Rule::Object),
    ("llm", Rule::Object),
];
/// Kept sealed, never shown.
const SECRET_KEYS: [&str; 2] = ["secrets", "http_credentials"];

/// What counts in a project that says nothing. What the installation decides, such as repetitions, is not among them.
pub fn defaults() -> Map<String, Value> {
    let defaults = json!({
        "default_browser": "chromium", "viewport": { "width": 1280, "height": 720 },
        "navigation_timeout_ms": 30000, "test_timeout_ms": 120_000, "strict_selectors": true,
        "self_heal": true, "record_video": false, "trace": "off", "screenshot_mode": "only-on-failure", "base_url": {},
        "variables": {}, "allowed_hosts": [], "extra_headers": {}, "locale": "en-US", "timezone": "UTC", "permissions": [],
        "llm": { "enabled": false },
    });
    defaults.as_object().cloned().unwrap_or_default()
}

/// The settings as they will be stored.
#[derive(Debug, PartialEq)]
pub struct Merged {
    pub plain: Map<String, Value>,
    pub secrets: Map<String, Value>,
}

/// Merges a partial update: objects deeply, null deletes, a mask keeps. All faults at once.
pub fn merge(plain: Map<String, Value>, secrets: Map<String, Value>, patch: &Map<String, Value>) -> Result<Merged, Vec<FieldError>> {
    let (mut plain, mut secrets) = (Value::Object(plain), Value::Object(secrets));
    let mut faults = Vec::new();
    for (key, value) in patch {
        let one = |value: &Value| json!({ key.as_str(): value });
        if depth(value) > DEPTH_MAX {
            faults.push(FieldError::new(key, format!("{key} is nested too deeply")));
        } else if SECRET_KEYS.contains(&key.as_str()) {
            if value.is_object() || value.is_null() {
                merge_deep(&mut secrets, &one(value), true);
            } else if value != MASK {
                faults.push(FieldError::new(key, format!("{key} must be an object")));
            }
        } else if let Some((_, rule)) = RULES.iter().find(|(name, _)| name == key) {
            match check(key, rule, value) {
                Ok(()) => merge_deep(&mut plain, &one(value), false),
                Err(fault) => faults.push(fault),
            }
        } else if key == "custom" && (value.is_object() || value.is_null()) {
            merge_deep(&mut plain, &one(value), false);
        } else {
            merge_deep(&mut plain, &json!({ "custom": { key.as_str(): value } }), false);
        }
    }
    if plain.to_string().len() + secrets.to_string().len() > BYTES_MAX {
        faults.push(FieldError::new("settings", format!("settings must be at most {BYTES_MAX} bytes")));
    }
    match (plain, secrets) {
        (Value::Object(plain), Value::Object(secrets)) if faults.is_empty() => Ok(Merged { plain, secrets }),
        _ => Err(faults),
    }
}

/// The settings that the body of a project names, judged as far as that is possible without what is stored.
pub fn named_in(body: &Map<String, Value>) -> Result<Option<&Map<String, Value>>, Vec<FieldError>> {
    match body.get("settings") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(patch)) => merge(Map::new(), Map::new(), patch).map(|_| Some(patch)),
        Some(_) => Err(vec![FieldError::new("settings", "settings must be an object")]),
    }
}

/// What is shown: defaults, what is stored, and every secret as a mask.
pub fn view(plain: &Map<String, Value>, secrets: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = Value::Object(defaults());
    merge_deep(&mut shown, &Value::Object(plain.clone()), false);
    let mut masked = Value::Object(secrets.clone());
    mask(&mut masked);
    merge_deep(&mut shown, &masked, false);
    shown.as_object().cloned().unwrap_or_default()
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(mask),
        Value::Null => {}
        other => *other = json!(MASK),
    }
}

fn merge_deep(base: &mut Value, over: &Value, keep_masked: bool) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                if value.is_null() {
                    base.remove(name);
                } else if keep_masked && value == MASK {
                } else if value.is_object() {
                    let inner = base.entry(name.clone()).or_insert_with(|| json!({}));
                    if !inner.is_object() {
                        *inner = json!({});
                    }
                    merge_deep(inner, value, keep_masked);
                } else {
                    base.insert(name.clone(), value.clone());
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

fn check(key: &str, rule: &Rule, value: &Value) -> Result<(), FieldError> {
    let texts = |v: &Value| v.as_str().is_some_and(|t| t.len() <= 4096);
    let (fits, text) = match rule {
        _ if value.is_null() => return Ok(()),
        Rule::Bool => (value.is_boolean(), "must be a boolean".to_owned()),
        Rule::Int(min, max) => (value.as_i64().is_some_and(|n| (*min..=*max).contains(&n)), format!("must be between {min} and {max}")),
        Rule::Text(max) => {
            (value.as_str().is_some_and(|t| t.chars().count() <= *max), format!("must be a text of at most {max} characters"))
        }
        Rule::Word(words) => (value.as_str().is_some_and(|t| words.contains(&t)), format!("must be one of {}", words.join(", "))),
        Rule::Texts => {
            (value.as_object().is_some_and(|o| o.values().all(|v| v.is_null() || texts(v))), "must be an object of texts".to_owned())
        }
        Rule::TextList => (value.as_array().is_some_and(|a| a.len() <= 1000 && a.iter().all(texts)), "must be a list of texts".to_owned()),
        Rule::Object => (value.is_object(), "must be an object".to_owned()),
    };
    if !fits {
        return Err(FieldError::new(key, format!("{key} {text}")));
    }
    match key {
        "visual" => check_visual(value),
        "geolocation" => check_place(value),
        _ => Ok(()),
    }
}

/// Where a browser says it is; half a place is none. An absent coordinate may be stored already.
fn check_place(value: &Value) -> Result<(), FieldError> {
    let fault = |text: String| Err(FieldError::new("geolocation", format!("geolocation{text}")));
    for (name, min, max) in [("latitude", -90.0, 90.0), ("longitude", -180.0, 180.0), ("accuracy", 0.0, f64::MAX)] {
        let Some(v) = value.get(name).filter(|v| !v.is_null()) else { continue };
        if !v.as_f64().is_some_and(|n| (min..=max).contains(&n)) {
            return fault(if name == "accuracy" {
                ".accuracy must be a number of at least 0".to_owned()
            } else {
                format!(".{name} must be a number between {min} and {max}")
            });
        }
    }
    let said = |name: &str| value.get(name).is_some_and(|v| !v.is_null());
    let taken = |name: &str| value.get(name).is_some_and(Value::is_null);
    if (said("latitude") && taken("longitude")) || (said("longitude") && taken("latitude")) {
        return fault(" must have both latitude and longitude".to_owned());
    }
    Ok(())
}

type Fits = fn(&Value) -> bool;

/// What comparisons of pictures read of `visual`; they would go by something else than what stands there.
fn check_visual(value: &Value) -> Result<(), FieldError> {
    let rules: [(&str, &str, Fits); 5] = [
        ("threshold", "between 0 and 1", |v| v.as_f64().is_some_and(|n| (0.0..=1.0).contains(&n))),
        ("threshold_percentage", "between 0 and 100", |v| v.as_f64().is_some_and(|n| (0.0..=100.0).contains(&n))),
        ("sensitivity", "low, medium or high", |v| v.as_str().is_some_and(|w| ["low", "medium", "high"].contains(&w))),
        ("auto_approve", "off, dynamic or no_regressions", |v| {
            v.as_str().is_some_and(|w| ["off", "dynamic", "no_regressions"].contains(&w))
        }),
        ("ignore_selectors", "a list of at most 100 texts", |v| {
            v.as_array().is_some_and(|list| list.len() <= 100 && list.iter().all(|t| t.as_str().is_some_and(|t| t.len() <= 4096)))
        }),
    ];
    for (name, what, fits) in rules {
        if value.get(name).is_some_and(|v| !v.is_null() && !fits(v)) {
            return Err(FieldError::new("visual", format!("visual.{name} must be {what}")));
        }
    }
    Ok(())
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn update_merges_deeply_deletes_by_null_and_keeps_unknown_keys_under_custom() {
        let first =
            merge(Map::new(), Map::new(), &map(&json!({ "base_url": { "staging": "https://s" }, "retries": 2, "team": "a" }))).unwrap();
        let patch = map(&json!({ "base_url": { "production": "https://p" }, "retries": null, "custom": { "x": 1 } }));
        let second = merge(first.plain, first.secrets, &patch).unwrap();
        let expected = json!({ "base_url": { "staging": "https://s", "production": "https://p" }, "custom": { "team": "a", "x": 1 } });
        assert_eq!(Value::Object(second.plain), expected);
    }

    #[test]
    fn secrets_go_apart_show_as_masks_and_survive_a_mask_sent_back() {
        let first = merge(Map::new(), Map::new(), &map(&json!({ "secrets": { "token": "t0p", "old": "x" } }))).unwrap();
        assert!(first.plain.is_empty());
        assert_eq!(view(&first.plain, &first.secrets)["secrets"], json!({ "token": "***", "old": "***" }));
        let second = merge(first.plain, first.secrets, &map(&json!({ "secrets": { "token": "***", "old": null } }))).unwrap();
        assert_eq!(Value::Object(second.secrets), json!({ "secrets": { "token": "t0p" } }));
    }

    #[test]
    fn members_of_visual_are_judged_and_unknown_ones_are_kept() {
        let put = |visual: Value| merge(Map::new(), Map::new(), &map(&json!({ "visual": visual })));
        assert!(
            put(json!({ "threshold": 0.2, "auto_approve": "dynamic", "ignore_selectors": [".ad"], "own": 1, "sensitivity": null })).is_ok()
        );
        for bad in [
            json!({ "threshold": "x" }),
            json!({ "threshold_percentage": 101 }),
            json!({ "sensitivity": "extreme" }),
            json!({ "auto_approve": true }),
        ] {
            let name = bad.as_object().unwrap().keys().next().unwrap().clone();
            let faults = put(bad).unwrap_err();
            assert!(faults[0].loc[1] == "visual" && faults[0].msg.starts_with(&format!("visual.{name} ")), "{faults:?}");
        }
    }

    #[test]
    fn place_is_one_on_earth_and_whole() {
        let put = |place: Value| merge(Map::new(), Map::new(), &map(&json!({ "geolocation": place })));
        assert!(put(json!({ "latitude": 40.4, "longitude": -3.7, "accuracy": null })).is_ok() && put(json!(null)).is_ok());
        for bad in [
            json!({ "latitude": "40,4", "longitude": 1 }),
            json!({ "latitude": 400, "longitude": 1 }),
            json!({ "latitude": 1, "longitude": -181 }),
            json!({ "latitude": 1, "longitude": null }),
            json!({ "latitude": 1, "longitude": 1, "accuracy": -1 }),
        ] {
            assert_eq!(put(bad).unwrap_err()[0].loc[1], "geolocation");
        }
    }

    #[test]
    fn every_faulty_key_is_named() {
        let patch = map(&json!({ "retries": 11, "trace": "maybe", "self_heal": 1, "allowed_hosts": [3], "secrets": 4 }));
        let faults = merge(Map::new(), Map::new(), &patch).unwrap_err();
        let mut fields: Vec<_> = faults.iter().map(|f| f.loc[1].as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["allowed_hosts", "retries", "secrets", "self_heal", "trace"]);
    }

    proptest! {
        #[test]
        fn merging_what_is_shown_changes_nothing(retries in 0..=10_i64, name in "[a-z]{1,8}", secret in "[a-z]{4,12}") {
            let patch = map(&json!({ "retries": retries, "secrets": { name.clone(): secret } }));
            let once = merge(Map::new(), Map::new(), &patch).unwrap();
            let shown = view(&once.plain, &once.secrets);
            let again = merge(once.plain.clone(), once.secrets.clone(), &shown).unwrap();
            prop_assert_eq!(view(&again.plain, &again.secrets), shown);
            prop_assert_eq!(again.secrets, once.secrets);
        }
    }
}
