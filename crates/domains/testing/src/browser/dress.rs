//! What a project says about its browsers, as the browser wants it: language, place, colours, headers, the login of the site.

use argos_cdp::{ColorScheme, ContextOptions, Credentials, Geolocation};
use argos_identity::ProjectValues;
use serde_json::Value;

use crate::model::run::Wanted;
use crate::model::settings::{Common, Manner, manner};

/// The login of the site behind basic authentication.
pub(crate) fn credentials(values: &ProjectValues) -> Option<Credentials> {
    let login = values.secrets.reveal().get("http_credentials").and_then(Value::as_object)?;
    let text = |name: &str| login.get(name).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    Some(Credentials { username: text("username")?, password: text("password")?, origin: text("origin") })
}

pub(crate) fn color_scheme(m: &Manner) -> Option<ColorScheme> {
    m.color_scheme.as_deref().map(|word| if word == "dark" { ColorScheme::Dark } else { ColorScheme::Light })
}

pub(crate) fn geolocation(m: &Manner) -> Option<Geolocation> {
    m.geolocation.map(|(latitude, longitude, accuracy_m)| Geolocation { latitude, longitude, accuracy_m })
}

/// A context as the runs of the project have it; the view, the guard and the way out are the caller's.
pub(crate) fn context(values: &ProjectValues) -> ContextOptions {
    // No run is begun: what is read here does not hang on these.
    let common = Common { retries: 0, self_heal: false, parallel: 1 };
    let m = manner(&values.settings, &Wanted::default(), "", common);
    ContextOptions {
        color_scheme: color_scheme(&m),
        geolocation: geolocation(&m),
        credentials: credentials(values),
        reduced_motion: m.reduced_motion,
        locale: m.locale,
        timezone: m.timezone,
        permissions: m.permissions,
        extra_headers: m.headers,
        ..ContextOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::Secret;
    use serde_json::{Map, json};

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn context_has_what_the_project_says_and_its_login() {
        let settings = map(&json!({
            "locale": "de-DE", "timezone": "Europe/Berlin", "color_scheme": "dark", "permissions": ["geolocation"],
            "geolocation": {"latitude": 52.5, "longitude": 13.4}, "extra_headers": {"x-stage": "blue"},
        }));
        let secrets = map(&json!({"http_credentials": {"username": "ada", "password": "hunter22"}}));
        let made = context(&ProjectValues { settings, secrets: Secret::new(secrets) });
        assert_eq!((made.locale.as_deref(), made.timezone.as_deref()), (Some("de-DE"), Some("Europe/Berlin")));
        assert!(made.color_scheme == Some(ColorScheme::Dark) && made.geolocation.is_some());
        assert_eq!((made.permissions.as_slice(), made.extra_headers["x-stage"].as_str()), (&["geolocation".to_owned()][..], "blue"));
        assert_eq!(made.credentials.map(|c| (c.username, c.password)), Some(("ada".to_owned(), "hunter22".to_owned())));
        let bare = context(&ProjectValues { settings: Map::new(), secrets: Secret::new(Map::new()) });
        assert!(bare.credentials.is_none() && bare.locale.is_none() && bare.extra_headers.is_empty());
    }
}
