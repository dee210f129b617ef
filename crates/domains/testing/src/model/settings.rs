//! What a project says about its runs, laid under what a test and a run say. Pure: values in, values out.

use std::collections::BTreeMap;

use argos_llm::Provider;
use serde_json::{Map, Value};

use super::run::Wanted;

/// Of the pages of a project that says nothing.
const TIMEZONE: &str = "UTC";

/// Which pictures of steps are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    Off,
    OnFailure,
    EveryStep,
}

/// When a trace is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracing {
    Off,
    OnFailure,
    On,
}

/// What the installation says where nobody else does.
#[derive(Clone, Copy, Debug)]
pub struct Common {
    pub retries: u32,
    pub self_heal: bool,
    pub parallel: u32,
    /// Of a step.
    pub step_timeout_ms: u64,
}

/// How the tests of a run are run.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    pub viewport: (u32, u32),
    /// Of a step that names none.
    pub step_timeout_ms: u64,
    pub navigation_timeout_ms: u64,
    pub test_timeout_ms: u64,
    pub retries: u32,
    pub parallel: usize,
    pub strict: bool,
    pub self_heal: bool,
    pub record_video: bool,
    pub tracing: Tracing,
    pub pictures: Pictures,
    pub variables: Map<String, Value>,
    pub environment: Map<String, Value>,
    pub allowed_hosts: Vec<String>,
    pub headers: BTreeMap<String, String>,
    pub locale: Option<String>,
    /// As the documentation says, UTC unless the project says another: dates of a page must not follow the machine.
    pub timezone: Option<String>,
    pub geolocation: Option<(f64, f64, f64)>,
    pub permissions: Vec<String>,
    /// `light` or `dark`.
    pub color_scheme: Option<String>,
    pub reduced_motion: bool,
}

/// Which model a project lets hear of it; what it leaves open is the installation's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelWish {
    pub provider: Option<Provider>,
    pub model: Option<String>,
}

/// The model the settings of a project let hear of it; none, where they do not say so.
pub fn wished_model(settings: &Map<String, Value>) -> Option<ModelWish> {
    let llm = settings.get("llm").filter(|llm| llm.get("enabled").and_then(Value::as_bool) == Some(true))?;
    let text = |name: &str| llm.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
    let provider = text("provider").and_then(Provider::parse);
    // A model of a provider nobody knows is nobody's.
    let model = text("model").filter(|_| text("provider").is_none() || provider.is_some());
    Some(ModelWish { provider, model: model.map(str::to_owned) })
}

/// Members of the settings of a project, read by name.
struct Stored<'a>(&'a Map<String, Value>);

impl Stored<'_> {
    fn int(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }
    fn bool(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned)
    }
    fn list(&self, name: &str) -> Vec<String> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.map(|l| l.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
    }
    fn texts(&self, name: &str) -> BTreeMap<String, String> {
        let map = self.0.get(name).and_then(Value::as_object);
        map.map(|m| m.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()).unwrap_or_default()
    }
    fn object(&self, name: &str) -> Map<String, Value> {
        self.0.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    }
}

/// Reads `{"width":1280,"height":720}`; sizes no screen has are none.
pub fn size(value: &Value) -> Option<(u32, u32)> {
    let side = |name: &str| value.get(name)?.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=10_000).contains(n));
    Some((side("width")?, side("height")?))
}

/// `off`, `on`, `retain-on-failure`.
pub fn tracing(word: &str) -> Option<Tracing> {
    match word {
        "off" => Some(Tracing::Off),
        "on" => Some(Tracing::On),
        "retain-on-failure" | "on-failure" => Some(Tracing::OnFailure),
        _ => None,
    }
}

/// The variables of each environment. The platform keeps keys it does not know under `custom`.
fn environments(stored: &Map<String, Value>) -> Map<String, Value> {
    let kept = stored.get("custom").and_then(|custom| custom.get("environments"));
    kept.or_else(|| stored.get("environments")).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The run's wishes over the project's settings over the installation's.
pub fn manner(stored: &Map<String, Value>, wanted: &Wanted, environment: &str, common: Common) -> Manner {
    let s = Stored(stored);
    let place = stored.get("geolocation").and_then(|g| {
        let number = |name: &str| g.get(name).and_then(Value::as_f64);
        Some((number("latitude")?, number("longitude")?, number("accuracy").unwrap_or(1.0)))
    });
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let environments = environments(stored);
    Manner {
        viewport: wanted.viewport.or_else(|| stored.get("viewport").and_then(size)).unwrap_or((1280, 720)),
        step_timeout_ms: s.int("default_timeout_ms").or(wanted.own_step_timeout_ms).unwrap_or(common.step_timeout_ms),
        navigation_timeout_ms: s.int("navigation_timeout_ms").unwrap_or(30_000),
        test_timeout_ms: wanted.timeout_ms.or_else(|| s.int("test_timeout_ms")).unwrap_or(120_000),
        retries: wanted.retries.or_else(|| s.int("retries").map(count)).unwrap_or(common.retries).min(10),
        parallel: wanted.parallel.or_else(|| s.int("parallel_tests").map(count)).unwrap_or(common.parallel).clamp(1, 50) as usize,
        strict: s.bool("strict_selectors").unwrap_or(true),
        self_heal: wanted.self_heal.or_else(|| s.bool("self_heal")).unwrap_or(common.self_heal),
        record_video: wanted.record_video.or_else(|| s.bool("record_video")).unwrap_or(false),
        tracing: wanted.trace.clone().or_else(|| s.text("trace")).as_deref().and_then(tracing).unwrap_or(Tracing::Off),
        pictures: match wanted.screenshot_mode.clone().or_else(|| s.text("screenshot_mode")).as_deref() {
            Some("off") => Pictures::Off,
            Some("on") => Pictures::EveryStep,
            _ => Pictures::OnFailure,
        },
        variables: s.object("variables"),
        environment: environments.get(environment).and_then(Value::as_object).cloned().unwrap_or_default(),
        allowed_hosts: s.list("allowed_hosts"),
        headers: s.texts("extra_headers"),
        locale: s.text("locale"),
        timezone: s.text("timezone").or_else(|| Some(TIMEZONE.to_owned())),
        geolocation: place,
        permissions: s.list("permissions"),
        color_scheme: s.text("color_scheme").filter(|w| w != "no-preference"),
        reduced_motion: s.text("reduced_motion").as_deref() == Some("reduce"),
    }
}

/// Addresses a project opens that are closed otherwise.
pub fn allowed_hosts(stored: &Map<String, Value>) -> Vec<String> {
    Stored(stored).list("allowed_hosts")
}

/// Where the tests are run against: what the run says, else the environment's base URL, else the project's.
pub fn app_url(given: Option<&str>, stored: &Map<String, Value>, environment: &str, project: Option<&str>) -> Option<String> {
    let of_environment = stored.get("base_url").and_then(|b| b.get(environment)).and_then(Value::as_str);
    [given, of_environment, project].into_iter().flatten().map(str::trim).find(|t| !t.is_empty()).map(str::to_owned)
}

/// Whether a text is an http or https address without credentials.
pub fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fits = |r: &str| {
        let host = r.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && !host.contains('@')
    };
    text.len() <= 2_048 && rest.is_some_and(fits) && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COMMON: Common = Common { retries: 2, self_heal: true, parallel: 1, step_timeout_ms: 30_000 };

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn run_wins_over_project_and_project_over_installation() {
        let stored = map(&json!({ "retries": 1, "viewport": { "width": 800, "height": 600 }, "trace": "on", "self_heal": false }));
        let plain = manner(&stored, &Wanted::default(), "production", COMMON);
        assert_eq!((plain.retries, plain.viewport, plain.tracing, plain.self_heal), (1, (800, 600), Tracing::On, false));
        let wanted =
            Wanted { retries: Some(0), viewport: Some((1, 2)), trace: Some("off".into()), self_heal: Some(true), ..Wanted::default() };
        let asked = manner(&stored, &wanted, "production", COMMON);
        assert_eq!((asked.retries, asked.viewport, asked.tracing, asked.self_heal), (0, (1, 2), Tracing::Off, true));
        let silent = manner(&Map::new(), &Wanted::default(), "x", Common { step_timeout_ms: 7_000, ..COMMON });
        assert_eq!((silent.retries, silent.step_timeout_ms), (2, 7_000));
        let own = map(&json!({ "default_timeout_ms": 4_000 }));
        assert_eq!(manner(&own, &Wanted::default(), "x", COMMON).step_timeout_ms, 4_000);
        let person = Wanted { own_step_timeout_ms: Some(9_000), ..Wanted::default() };
        let of = |stored: &Map<String, Value>| manner(stored, &person, "x", COMMON).step_timeout_ms;
        assert_eq!((of(&Map::new()), of(&own)), (9_000, 4_000), "what a person likes counts where the project says nothing");
        assert_eq!(silent.timezone.as_deref(), Some("UTC"));
    }

    #[test]
    fn environment_has_the_variables_the_platform_keeps_for_it() {
        let stored = map(&json!({ "custom": { "environments": { "staging": { "who": "ada" } } } }));
        let of = |environment| manner(&stored, &Wanted::default(), environment, COMMON).environment;
        assert_eq!(of("staging")["who"], "ada");
        assert!(of("production").is_empty());
    }

    #[test]
    fn address_is_the_runs_then_the_environments_then_the_projects() {
        let stored = map(&json!({ "base_url": { "staging": "https://s" } }));
        let of = |given, environment| app_url(given, &stored, environment, Some("https://p"));
        assert_eq!(of(Some("https://r"), "staging").as_deref(), Some("https://r"));
        assert_eq!(of(None, "staging").as_deref(), Some("https://s"));
        assert_eq!(of(Some(" "), "production").as_deref(), Some("https://p"));
        assert_eq!(app_url(None, &Map::new(), "x", None), None);
    }

    #[test]
    fn model_hears_of_a_project_that_lets_it() {
        let wish = |settings: Value| wished_model(&map(&settings));
        assert_eq!(wish(json!({ "llm": { "enabled": true } })), Some(ModelWish::default()));
        let own = wish(json!({ "llm": { "enabled": true, "provider": "openai", "model": "m-1" } })).unwrap();
        assert_eq!((own.provider, own.model.as_deref()), (Some(Provider::Openai), Some("m-1")));
        assert_eq!(wish(json!({ "llm": { "enabled": true, "provider": "nobody", "model": "m-1" } })), Some(ModelWish::default()));
        for none in [json!({}), json!({ "llm": { "enabled": false } }), json!({ "llm": { "provider": "x" } })] {
            assert_eq!(wish(none), None);
        }
    }

    #[test]
    fn only_web_addresses_without_credentials_are_taken() {
        assert!(is_web_address("http://127.0.0.1:8080/shop?x=1") && is_web_address("https://shop.example"));
        for bad in ["file:///etc/passwd", "https://", "http://a b", "https://u:p@host/", "javascript:alert(1)", "//host"] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }
}
