//! How settings look from outside: masked always, as text for lists and prints, as JSON for the API.

use argos_vault::{Family, mask};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::text::{to_text, value_text};
use crate::{Kind, Spec, nested};

/// One line of the effective configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveLine {
    pub key: &'static str,
    /// Masked text form; empty when there is no value.
    pub value: String,
    /// `default`, `cli`, `env`, `file`, or what wrote the stored value.
    pub source: &'static str,
    /// The flag, variable or file that gave it.
    pub name: Option<String>,
}

/// `key = value  # source name`, a line per key.
pub fn render_effective(lines: &[EffectiveLine]) -> String {
    let mut out = String::new();
    for line in lines {
        let name = line.name.as_deref().map(|n| format!(" {n}")).unwrap_or_default();
        out.push_str(&format!("{} = {}  # {}{name}\n", line.key, line.value, line.source));
    }
    out
}

/// A setting as the list view shows it: the three documented members, then what a form needs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SettingView {
    pub key: &'static str,
    /// What it does.
    pub description: &'static str,
    /// What its number counts, e.g. `seconds`.
    pub unit: Option<&'static str>,
    /// Least number; null where there is no bound.
    pub minimum: Option<f64>,
    /// Greatest number; null where there is no bound.
    pub maximum: Option<f64>,
    /// Text form; `__UNCHANGED__` for a secret that is set.
    pub value: String,
    /// RFC 3339; null while the value is the default or was given at start.
    pub updated_at: Option<String>,
    pub updated_by: Option<String>,
    /// 0 while nothing is stored.
    pub version: i64,
    /// `default`, `cli`, `env`, `file`, `api`, `system` ...
    pub source: String,
    /// True when writing answers 409 `setting_locked`.
    pub locked: bool,
    /// The variable, flag or file that gives a locked value.
    pub locked_by: Option<String>,
    /// Text form of the default; null when it is made elsewhere.
    pub default: Option<String>,
    /// The default in the words of the documentation, e.g. `per provider`.
    pub default_text: &'static str,
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The words of an enumeration or set.
    pub options: Vec<&'static str>,
    pub rule: &'static str,
    /// `B`, `R`, `V` or `RO`.
    pub class: &'static str,
    /// The part it belongs to.
    pub owner: &'static str,
    pub secret: bool,
    /// A value other than the default is in force.
    pub set: bool,
    /// Why nothing reads it yet, in English; null = it has an effect.
    pub unused: Option<&'static str>,
    /// A stored secret cannot be decrypted; features that need it answer 503.
    pub unreadable: bool,
}

/// One version of a setting.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VersionView {
    pub version: i64,
    /// Masked text form, at most 80 characters; empty when the version returned to the default.
    pub value: String,
    /// The value before, in the same form.
    pub previous: String,
    pub source: String,
    pub updated_at: String,
    pub updated_by: String,
}

/// The value with every secret masked in the family's way, typed.
pub(crate) fn masked(spec: &Spec, value: Option<&Value>, family: Family) -> Value {
    let Some(value) = value else {
        return Value::Null;
    };
    if spec.secret {
        return json!(mask(family, Some(&to_text(Some(value)))));
    }
    if spec.kind.is_structured() {
        let mut copy = value.clone();
        // One word for all members: the families differ only in it.
        nested::mask(&mut copy, &mask(family, Some("set")));
        return copy;
    }
    if spec.kind == Kind::Url {
        return json!(without_password(&to_text(Some(value))));
    }
    value.clone()
}

/// Masked text for prints, the change log and the audit.
pub(crate) fn shown(spec: &Spec, value: Option<&Value>) -> String {
    value_text(spec, Some(&masked(spec, value, Family::Ops)))
}

/// `scheme://user:password@host` without the password.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    match authority.rsplit_once('@').and_then(|(login, host)| Some((login.split_once(':')?.0, host))) {
        Some((user, host)) => format!("{scheme}://{user}:***@{host}{tail}"),
        None => url.to_owned(),
    }
}

/// At most `max` characters.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max { text.to_owned() } else { text.chars().take(max).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn values_are_masked_by_key_by_member_and_inside_urls() {
        let show = |key: &str, value: Value| shown(registry().find(key).unwrap(), Some(&value));
        assert_eq!(show("smtp.password", json!("hunter2")), "***");
        assert_eq!(show("smtp.password", json!("")), "");
        assert_eq!(show("ops.agentKeys", json!(["a", "b"])), "***");
        assert_eq!(
            show("social.providers", json!({"google": {"clientId": "i", "clientSecret": "s"}})),
            r#"{"google":{"clientId":"i","clientSecret":"***"}}"#
        );
        assert_eq!(show("ops.plexUrl", json!("http://u:p@h:1/x@y")), "http://u:***@h:1/x@y");
        assert_eq!(show("ops.plexUrl", json!("http://u@h/")), "http://u@h/");
        assert_eq!(show("auth.ip_allowlist", json!(["10.0.0.0/8", "::1"])), "10.0.0.0/8,::1");
    }
}
