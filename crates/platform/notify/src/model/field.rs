//! The configuration of a channel as typed fields: what each is called, what it may hold, which are secret. Reading
//! what a client sent, masking what it may see, and the form the interface draws all follow from the same lines.

use argos_vault::{Family, SecretInput, mask, secret_input};
use serde_json::{Map, Value, json};

const TEXT_MAX: usize = 2_048;
const ITEMS_MAX: usize = 50;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    /// http or https
    Url,
    Int(i64, i64),
    Bool,
    OneOf(&'static [&'static str]),
    /// A list of texts; a text is split at commas.
    List,
}

/// One field of a channel type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// Other spellings of published clients.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) shape: Shape,
    pub(crate) secret: bool,
    pub(crate) required: bool,
    /// JSON
    pub(crate) default: &'static str,
}

impl Field {
    pub(crate) const fn text(name: &'static str) -> Self {
        Self { name, aliases: &[], shape: Shape::Text, secret: false, required: false, default: "\"\"" }
    }
    pub(crate) const fn url(name: &'static str) -> Self {
        Self { shape: Shape::Url, ..Self::text(name) }
    }
    pub(crate) const fn list(name: &'static str) -> Self {
        Self { shape: Shape::List, default: "[]", ..Self::text(name) }
    }
    pub(crate) const fn int(name: &'static str, min: i64, max: i64, default: &'static str) -> Self {
        Self { shape: Shape::Int(min, max), default, ..Self::text(name) }
    }
    pub(crate) const fn flag(name: &'static str) -> Self {
        Self { shape: Shape::Bool, default: "false", ..Self::text(name) }
    }
    pub(crate) const fn one_of(name: &'static str, words: &'static [&'static str], default: &'static str) -> Self {
        Self { shape: Shape::OneOf(words), default, ..Self::text(name) }
    }
    pub(crate) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }
    pub(crate) const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    fn default_value(&self) -> Value {
        serde_json::from_str(self.default).unwrap_or(Value::Null)
    }

    /// What a client sent under any of its names.
    fn given<'v>(&self, input: &'v Map<String, Value>) -> Option<&'v Value> {
        let named = std::iter::once(self.name).chain(self.aliases.iter().copied());
        named.filter_map(|n| input.get(n)).find(|v| !v.is_null())
    }

    fn read(&self, input: &Map<String, Value>, stored: Option<&Value>) -> Result<Value, String> {
        let keep = || stored.cloned().unwrap_or_else(|| self.default_value());
        let Some(given) = self.given(input) else { return Ok(keep()) };
        if self.secret {
            let text = given.as_str().ok_or_else(|| format!("config.{} must be a string", self.name))?;
            let known = stored.and_then(Value::as_str).is_some_and(|s| !s.is_empty());
            return match secret_input(Some(text), known, false).map_err(|why| format!("config.{}: {why}", self.name))? {
                SecretInput::Keep => Ok(keep()),
                SecretInput::Set(text) => self.checked(&json!(text.trim())),
            };
        }
        self.checked(given)
    }

    fn checked(&self, given: &Value) -> Result<Value, String> {
        let name = self.name;
        match self.shape {
            Shape::Text | Shape::Url => {
                let text = match given {
                    Value::String(t) => t.trim().to_owned(),
                    Value::Number(n) if self.shape == Shape::Text => n.to_string(),
                    _ => return Err(format!("config.{name} must be a string")),
                };
                if text.len() > TEXT_MAX || text.chars().any(char::is_control) {
                    return Err(format!("config.{name} must be at most {TEXT_MAX} characters without control characters"));
                }
                if self.shape == Shape::Url && !text.is_empty() && !is_web_url(&text) {
                    return Err(format!("config.{name} must be an http or https URL"));
                }
                Ok(json!(text))
            }
            Shape::Int(min, max) => {
                let number = given.as_i64().or_else(|| given.as_str().and_then(|t| t.trim().parse().ok()));
                let inside = number.filter(|n| (min..=max).contains(n));
                inside.map(|n| json!(n)).ok_or_else(|| format!("config.{name} must be between {min} and {max}"))
            }
            Shape::Bool => given.as_bool().map(|b| json!(b)).ok_or_else(|| format!("config.{name} must be true or false")),
            Shape::OneOf(words) => {
                let found = given.as_str().and_then(|t| words.iter().find(|w| w.eq_ignore_ascii_case(t.trim())));
                found.map(|w| json!(w)).ok_or_else(|| format!("config.{name} must be one of {}", words.join(", ")))
            }
            Shape::List => {
                let items: Vec<String> = match given {
                    Value::String(t) => t.split(',').map(str::to_owned).collect(),
                    Value::Array(a) => a.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>().unwrap_or_default(),
                    _ => return Err(format!("config.{name} must be a list of strings")),
                };
                let items: Vec<String> = items.iter().map(|i| i.trim().to_owned()).filter(|i| !i.is_empty()).collect();
                if items.len() > ITEMS_MAX || items.iter().any(|i| i.len() > 320 || i.chars().any(char::is_control)) {
                    return Err(format!("config.{name} must have at most {ITEMS_MAX} entries of at most 320 characters"));
                }
                Ok(json!(items))
            }
        }
    }
}

pub(crate) fn is_web_url(text: &str) -> bool {
    let uri = text.parse::<http::Uri>().ok();
    uri.is_some_and(|u| u.scheme_str().is_some_and(|s| ["http", "https"].contains(&s)) && u.host().is_some_and(|h| !h.is_empty()))
}

/// Validated values of one channel, by canonical name.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn read(fields: &[Field], kind: &str, input: &Map<String, Value>, stored: Option<&Self>) -> Result<Self, String> {
        let known = |key: &str| key == "template" || fields.iter().any(|f| f.name == key || f.aliases.contains(&key));
        if let Some(unknown) = input.keys().find(|k| !known(k)) {
            return Err(format!("config.{} is not known for {kind} channels", unknown.escape_debug()));
        }
        let mut out = Map::new();
        for field in fields {
            let value = field.read(input, stored.and_then(|s| s.0.get(field.name)))?;
            let empty = value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty);
            if field.required && empty {
                return Err(format!("config.{} is required", field.name));
            }
            out.insert(field.name.to_owned(), value);
        }
        Ok(Self(out))
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }
    pub(crate) fn int(&self, name: &str) -> i64 {
        self.0.get(name).and_then(Value::as_i64).unwrap_or_default()
    }
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Secrets masked.
    pub(crate) fn view(&self, fields: &[Field]) -> Value {
        let shown = |f: &Field| {
            if f.secret { json!(mask(Family::Edge, Some(self.text(f.name)))) } else { self.0.get(f.name).cloned().unwrap_or_default() }
        };
        fields.iter().map(|f| (f.name.to_owned(), shown(f))).collect::<Map<_, _>>().into()
    }

    pub(crate) fn secrets(&self, fields: &[Field]) -> Vec<String> {
        fields.iter().filter(|f| f.secret).map(|f| self.text(f.name).to_owned()).filter(|s| !s.is_empty()).collect()
    }
}

/// How views mask a secret.
pub(crate) const MASK: &str = "__UNCHANGED__";

/// A view with `word` in place of the masks.
pub(crate) fn masked_as(view: Value, word: &str) -> Value {
    match view {
        Value::String(text) if text == MASK => Value::String(word.to_owned()),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, masked_as(value, word))).collect(),
        Value::Array(items) => items.into_iter().map(|item| masked_as(item, word)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: &[Field] = &[
        Field::url("url").required(),
        Field::text("token").secret().also(&["app_token"]),
        Field::int("priority", 0, 10, "0"),
        Field::one_of("region", &["us", "eu"], "\"us\""),
        Field::list("to"),
        Field::flag("retain"),
    ];

    fn read(input: &Value, stored: Option<&Fields>) -> Result<Fields, String> {
        Fields::read(FIELDS, "demo", input.as_object().unwrap(), stored)
    }

    #[test]
    fn fields_are_read_under_every_name_and_keep_their_secrets() {
        let first = read(&json!({"url": "https://x.test", "app_token": "t0ken", "priority": "7", "to": "a, b"}), None).unwrap();
        assert_eq!(
            (first.text("token"), first.int("priority"), first.text("region"), first.list("to")),
            ("t0ken", 7, "us", vec!["a", "b"])
        );
        assert_eq!((first.view(FIELDS)["token"].as_str(), first.secrets(FIELDS)), (Some("__UNCHANGED__"), vec!["t0ken".to_owned()]));
        assert_eq!(read(&first.view(FIELDS), Some(&first)).unwrap(), first);
        assert_eq!(read(&json!({"token": ""}), Some(&first)).unwrap().text("token"), "");
    }

    #[test]
    fn masks_read_as_the_word_of_the_family_wherever_they_stand() {
        let view = json!({"token": MASK, "to": ["a", MASK], "headers": {"X": MASK}, "n": 1});
        assert_eq!(masked_as(view, "***"), json!({"token": "***", "to": ["a", "***"], "headers": {"X": "***"}, "n": 1}));
    }

    #[test]
    fn faulty_fields_are_named() {
        for (input, text) in [
            (json!({}), "config.url is required"),
            (json!({"url": "ftp://x"}), "config.url must be an http or https URL"),
            (json!({"url": "http://x", "priority": 11}), "config.priority must be between 0 and 10"),
            (json!({"url": "http://x", "region": "mars"}), "config.region must be one of us, eu"),
            (json!({"url": "http://x", "retain": 1}), "config.retain must be true or false"),
            (json!({"url": "http://x", "token": "***"}), "config.token: a placeholder was given but no secret is stored"),
            (json!({"url": "http://x", "tpyo": 1}), "config.tpyo is not known for demo channels"),
        ] {
            assert_eq!(read(&input, None).unwrap_err(), text);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_accepted_again(url in "https?://[a-z]{1,5}|\\PC{0,9}", to in prop::collection::vec("\\PC{0,9}", 0..4), priority in -3_i64..14) {
            if let Ok(first) = read(&json!({"url": url, "to": to, "priority": priority}), None) {
                prop_assert_eq!(read(&first.view(FIELDS), Some(&first)).unwrap(), first);
            }
        }
    }
}
