//! What a project says about its browsers, as the browser wants it: language, place, colours, headers, the login of the site.

use std::collections::BTreeMap;

use argos_cdp::{ColorScheme, ContextOptions, Credentials, Geolocation, SiteHeaders};
use argos_identity::ProjectValues;
use argos_sitegraph::origin_of;
use argos_webtest::{Layers, Redactor};
use serde_json::{Map, Value};

use crate::model::run::Wanted;
use crate::model::settings::{Common, Manner, manner};

/// The login of the site behind basic authentication; without an origin of its own it is that of the project's site
/// (`site`, an address), and nobody else's.
pub(crate) fn credentials(values: &ProjectValues, site: Option<&str>) -> Option<Credentials> {
    let login = values.secrets.reveal().get("http_credentials").and_then(Value::as_object)?;
    let text = |name: &str| login.get(name).map(as_text);
    // Challenges name their origin as it is normalised.
    let named = text("origin").filter(|origin| !origin.is_empty());
    let origin = match named {
        Some(named) => origin_of(&named).unwrap_or(named),
        None => origin_of(site?)?,
    };
    Some(Credentials { username: text("username")?, password: text("password")?, origin: Some(origin) })
}

pub(crate) fn color_scheme(m: &Manner) -> Option<ColorScheme> {
    m.color_scheme.as_deref().map(|word| if word == "dark" { ColorScheme::Dark } else { ColorScheme::Light })
}

pub(crate) fn geolocation(m: &Manner) -> Option<Geolocation> {
    m.geolocation.map(|(latitude, longitude, accuracy_m)| Geolocation { latitude, longitude, accuracy_m })
}

fn secrets(values: &ProjectValues) -> BTreeMap<String, String> {
    let secrets = values.secrets.reveal().get("secrets").and_then(Value::as_object);
    secrets.into_iter().flatten().map(|(k, v)| (k.clone(), as_text(v))).collect()
}

/// Takes out of what is told of a page what the engine takes out of its outcome: the secrets and the password of the site.
pub(crate) fn redactor(values: &ProjectValues, site: Option<&str>) -> Redactor {
    let (secrets, login) = (secrets(values), credentials(values, site));
    Redactor::new(secrets.values().map(String::as_str).chain(login.as_ref().map(|login| login.password.as_str())))
}

/// The values of steps: what the caller says, the environment's, the project's, and its secrets.
pub(crate) fn layers(values: &ProjectValues, m: &Manner, run: Map<String, Value>) -> Layers {
    Layers { run, environment: m.environment.clone(), project: m.variables.clone(), secrets: secrets(values), ..Layers::default() }
}

/// A value where a text is wanted.
pub(crate) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A context as the runs of the project have it; the view, the guard and the way out are the caller's. Whoever steers it may
/// go anywhere, so logins and headers are for the project's site (`site`, an address) only.
pub(crate) fn context(values: &ProjectValues, site: Option<&str>) -> ContextOptions {
    // No run is begun: what is read here does not hang on these.
    let common = Common { retries: 0, self_heal: false, parallel: 1, step_timeout_ms: 30_000 };
    let m = manner(&values.settings, &Wanted::default(), "", common);
    ContextOptions {
        color_scheme: color_scheme(&m),
        geolocation: geolocation(&m),
        credentials: credentials(values, site),
        reduced_motion: m.reduced_motion,
        locale: m.locale,
        timezone: m.timezone,
        permissions: m.permissions,
        site_headers: site.and_then(origin_of).filter(|_| !m.headers.is_empty()).map(|origin| SiteHeaders { origin, headers: m.headers }),
        ..ContextOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::Secret;
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_is_told_of_a_page_has_neither_secrets_nor_the_password_of_the_site() {
        let sealed =
            map(&json!({"secrets": {"token": "tok en-1", "pin": 4711}, "http_credentials": {"username": "ada", "password": "hunter22"}}));
        let values = ProjectValues { settings: Map::new(), secrets: Secret::new(sealed) };
        let clean = |text: &str| redactor(&values, Some("https://shop.example")).clean(text);
        assert_eq!(clean("https://shop.example/?key=tok%20en-1&pin=4711"), "https://shop.example/?key=***&pin=***");
        assert_eq!(clean("ada has hunter22"), "ada has ***");
    }

    #[test]
    fn context_has_what_the_project_says_and_its_login_for_its_site_only() {
        let settings = map(&json!({
            "locale": "de-DE", "timezone": "Europe/Berlin", "color_scheme": "dark", "permissions": ["geolocation"],
            "geolocation": {"latitude": 52.5, "longitude": 13.4}, "extra_headers": {"x-stage": "blue"},
        }));
        let secrets = |login: Value| Secret::new(map(&json!({ "http_credentials": login })));
        let login = json!({"username": "ada", "password": "hunter22"});
        let values = ProjectValues { settings: settings.clone(), secrets: secrets(login) };
        let made = context(&values, Some("https://Shop.example:443/start?x=1"));
        assert_eq!((made.locale.as_deref(), made.timezone.as_deref()), (Some("de-DE"), Some("Europe/Berlin")));
        assert!(made.color_scheme == Some(ColorScheme::Dark) && made.geolocation.is_some());
        assert_eq!((made.permissions.as_slice(), made.extra_headers.len()), (&["geolocation".to_owned()][..], 0));
        let headers = made.site_headers.unwrap();
        assert_eq!((headers.origin.as_str(), headers.headers["x-stage"].as_str()), ("https://shop.example", "blue"));
        let login = made.credentials.unwrap();
        assert_eq!(
            (login.username.as_str(), login.password.as_str(), login.origin.as_deref()),
            ("ada", "hunter22", Some("https://shop.example"))
        );
        // Nobody knows whose they are.
        let homeless = context(&values, None);
        assert!(homeless.credentials.is_none() && homeless.site_headers.is_none());
        let named = json!({"username": "ada", "password": "hunter22", "origin": "https://login.example/"});
        let named = credentials(&ProjectValues { settings, secrets: secrets(named) }, Some("https://shop.example"));
        assert_eq!(named.and_then(|c| c.origin).as_deref(), Some("https://login.example"));
        let bare = context(&ProjectValues { settings: Map::new(), secrets: Secret::new(Map::new()) }, Some("https://shop.example"));
        assert!(bare.credentials.is_none() && bare.locale.is_none() && bare.site_headers.is_none());
    }
}
