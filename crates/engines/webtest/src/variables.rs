//! Values a step may name as `{{name}}`: layers in a fixed order of precedence, built-in ones, and secrets, which are
//! put in where they are used and taken out of everything that leaves the run.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::text::plain;

/// What the caller gives, the most specific first.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// Of the row of a data set.
    pub set: Map<String, Value>,
    /// Given when the run was started.
    pub run: Map<String, Value>,
    pub environment: Map<String, Value>,
    pub project: Map<String, Value>,
    /// Named as `{{env.NAME}}`.
    pub env: BTreeMap<String, String>,
    /// Named as `{{secrets.name}}`, and by their bare name when nothing else has it.
    pub secrets: BTreeMap<String, String>,
}

/// What the built-in names stand for in this run.
#[derive(Clone, Debug, Default)]
pub(crate) struct BuiltIns {
    pub(crate) base_url: String,
    pub(crate) run_id: String,
    pub(crate) test_id: String,
    /// Milliseconds since the epoch when the run began.
    pub(crate) started_at_ms: i64,
    /// Makes the random ones; another one for each attempt.
    pub(crate) seed: u64,
}

/// The values of a run.
pub(crate) struct Variables<'a> {
    pub(crate) saved: Map<String, Value>,
    layers: &'a Layers,
    /// Of the plan, then of the tests it runs, the innermost last.
    plans: Vec<Map<String, Value>>,
    built_ins: BuiltIns,
    random: u64,
    /// A random value stays what it was for the whole run.
    drawn: BTreeMap<String, String>,
}

impl<'a> Variables<'a> {
    pub(crate) fn new(layers: &'a Layers, plan: &Map<String, Value>, built_ins: &BuiltIns) -> Self {
        Self {
            saved: Map::new(),
            layers,
            plans: vec![plan.clone()],
            built_ins: built_ins.clone(),
            random: built_ins.seed,
            drawn: BTreeMap::new(),
        }
    }

    /// Puts the variables of a test within the test above those of the others.
    pub(crate) fn push(&mut self, plan: &Map<String, Value>) {
        self.plans.push(plan.clone());
    }

    pub(crate) fn pop(&mut self, count: usize) {
        self.plans.truncate(self.plans.len().saturating_sub(count));
    }

    /// Takes away the variables of all tests within the test.
    pub(crate) fn outermost(&mut self) {
        self.plans.truncate(1);
    }

    /// The value of a name, dots leading into what was saved; `None` when nothing has it.
    pub(crate) fn get(&mut self, name: &str) -> Option<Value> {
        if let Some(name) = name.strip_prefix("secrets.") {
            return self.layers.secrets.get(name).map(|secret| Value::from(secret.as_str()));
        }
        if let Some(name) = name.strip_prefix("env.") {
            return self.layers.env.get(name).map(|value| Value::from(value.as_str()));
        }
        if let Some(value) = self.given(name) {
            return Some(value);
        }
        self.built_in(name).map(Value::from).or_else(|| self.layers.secrets.get(name).map(|secret| Value::from(secret.as_str())))
    }

    fn given(&self, name: &str) -> Option<Value> {
        let above = [&self.saved, &self.layers.set, &self.layers.run].into_iter();
        let mut layers = above.chain(self.plans.iter().rev()).chain([&self.layers.environment, &self.layers.project]);
        layers.find_map(|layer| lookup(layer, name)).cloned()
    }

    fn built_in(&mut self, name: &str) -> Option<String> {
        let at = || chrono::DateTime::from_timestamp_millis(self.built_ins.started_at_ms);
        Some(match name {
            "base_url" => self.built_ins.base_url.trim_end_matches('/').to_owned(),
            "run_id" => self.built_ins.run_id.clone(),
            "test_id" => self.built_ins.test_id.clone(),
            "timestamp" => self.built_ins.started_at_ms.to_string(),
            "date" => at()?.format("%Y-%m-%d").to_string(),
            "uuid" | "random_email" | "random_string" | "random_int" => {
                if let Some(drawn) = self.drawn.get(name) {
                    return Some(drawn.clone());
                }
                let drawn = self.draw(name);
                self.drawn.insert(name.to_owned(), drawn.clone());
                drawn
            }
            _ => return None,
        })
    }

    fn draw(&mut self, name: &str) -> String {
        let (a, b) = (self.next(), self.next());
        match name {
            "uuid" => {
                let (high, low) = (a & 0xFFFF_FFFF_FFFF_0FFF | 0x4000, b & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000);
                format!(
                    "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                    high >> 32,
                    high >> 16 & 0xFFFF,
                    high & 0xFFFF,
                    low >> 48,
                    low & 0xFFFF_FFFF_FFFF
                )
            }
            "random_email" => format!("user-{:010x}@example.test", a & 0xFF_FFFF_FFFF),
            "random_int" => (a % 1_000_000).to_string(),
            _ => format!("{:012x}", a & 0xFFFF_FFFF_FFFF),
        }
    }

    /// SplitMix64: test data, not secrets.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Puts values in where `{{name}}` stands; the error is the name nothing has.
    pub(crate) fn fill(&mut self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            filled.push_str(before);
            match after.split_once("}}") {
                Some((name, after)) if is_reference(name.trim()) => {
                    let name = name.trim();
                    filled.push_str(&plain(&self.get(name).ok_or_else(|| name.to_owned())?));
                    rest = after;
                }
                _ => {
                    filled.push_str("{{");
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The same for every text in a value. A text that is one name alone becomes the value itself.
    pub(crate) fn fill_value(&mut self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => match alone(text) {
                Some(name) => self.get(name).ok_or_else(|| name.to_owned())?,
                None => self.fill(text)?.into(),
            },
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect::<Result<Vec<_>, _>>()?.into(),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, field)| Ok((name.clone(), self.fill_value(field)?)));
                Value::Object(fields.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }
}

/// The name a text is alone.
fn alone(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    name.filter(|name| is_reference(name))
}

/// Whether a text is one name alone, so that it becomes the value itself, whatever that is.
pub(crate) fn is_alone(text: &str) -> bool {
    alone(text).is_some()
}

fn is_reference(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

fn lookup<'v>(layer: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if let Some(value) = layer.get(name) {
        return Some(value);
    }
    let mut parts = name.split('.');
    let mut value = layer.get(parts.next()?)?;
    for part in parts {
        value = match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            other => other.get(part)?,
        };
    }
    Some(value)
}

/// Takes secrets out of what leaves a run.
#[derive(Clone, Default)]
pub struct Redactor(Vec<String>);

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} spellings)", self.0.len())
    }
}

/// A shorter secret would tear holes into every text.
const SECRET_BYTES_MIN: usize = 3;
/// From this length on a secret is known though it is spelled otherwise.
const LETTERS_MIN: usize = 6;

impl Redactor {
    /// Values shorter than three bytes are left: taking them out would tear holes into every text.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut known = Vec::new();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SECRET_BYTES_MIN) {
            known.push(secret.to_owned());
            known.extend(spellings(secret));
            let quoted = Value::from(secret).to_string();
            known.extend(quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned));
        }
        known.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        known.dedup();
        Self(known)
    }

    /// The text with `***` where a secret stood, however it was spelled.
    pub fn clean(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| if text.contains(secret) { text.replace(secret, "***") } else { text })
    }

    /// Whether a page that shows this text shows a secret: also in other letters, broken over lines or a letter in each field.
    pub fn is_shown_in(&self, text: &str) -> bool {
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect::<String>();
        let shown = bare(text);
        self.0.iter().any(|secret| {
            // Of a short one letters that happen to meet say nothing.
            let letters = bare(secret);
            text.contains(secret) || (letters.len() >= LETTERS_MIN && shown.contains(&letters))
        })
    }

    /// The same in every text of a document; names of members stay.
    pub fn clean_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.clean(text).into(),
            Value::Array(items) => items.iter().map(|item| self.clean_value(item)).collect::<Vec<_>>().into(),
            Value::Object(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), self.clean_value(field))).collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }
}

/// What each way to encode leaves as it is, besides letters and digits: strictly, forms, `encodeURIComponent`,
/// `encodeURI`, a browser's query and its path.
const LEFT_PLAIN: [&str; 6] =
    ["-._~", "*-._", "-._~!*'()", "-._~!*'();/?:@&=+$,#", "-._~!*();/?:@&=+$,[]|\\^`{}%", "-._~!*'();/:@&=+$,[]|\\%"];

/// How addresses, forms and documents spell a text.
fn spellings(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for plain in LEFT_PLAIN {
        let (mut upper, mut lower) = (String::new(), String::new());
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || plain.as_bytes().contains(&byte) {
                upper.push(char::from(byte));
                lower.push(char::from(byte));
            } else {
                upper.push_str(&format!("%{byte:02X}"));
                lower.push_str(&format!("%{byte:02x}"));
            }
        }
        all.extend([upper.replace("%20", "+"), lower.replace("%20", "+"), upper, lower]);
    }
    // A document's texts, its attributes, and those who escape every quote.
    let escaped = text.replace('&', "&amp;");
    let tags = escaped.replace('<', "&lt;").replace('>', "&gt;").replace('\u{a0}', "&nbsp;");
    let quotes = tags.replace('"', "&quot;");
    all.extend([quotes.replace('\'', "&#39;"), quotes.replace('\'', "&#x27;"), tags.replace('"', "&#34;").replace('\'', "&#39;")]);
    all.extend([escaped.replace('"', "&quot;"), escaped, tags, quotes]);
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::{BuiltIns, Layers, Redactor, Variables};

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn secret_is_known_in_other_letters_and_over_several_lines_and_a_short_one_is_not_made_up() {
        let redactor = Redactor::new(["ab-Cd-47", "abc"]);
        for shown in ["x AB-CD-47", "ab-\nCd-\n47", "a\nb\n-\nC\nd\n-\n4\n7", "the abc"] {
            assert!(redactor.is_shown_in(shown), "{shown}");
        }
        assert!(!redactor.is_shown_in("a b c ABC ab-Cd-4"));
    }

    proptest! {
        #[test]
        fn secret_in_any_text_is_shown_however_its_letters_stand(before in "\\PC{0,20}", secret in "[a-zA-Z0-9-]{6,20}", after in "\\PC{0,20}") {
            let redactor = Redactor::new([secret.as_str()]);
            let spread: String = secret.chars().flat_map(|c| [c, '\n']).collect();
            for shown in [secret.clone(), secret.to_uppercase(), spread] {
                let text = format!("{before} {shown} {after}");
                prop_assert!(redactor.is_shown_in(&text));
            }
        }
    }

    #[test]
    fn layers_hide_each_other_in_order() {
        let layers = Layers {
            set: map(&json!({ "b": "set" })),
            run: map(&json!({ "b": "run", "c": "run" })),
            environment: map(&json!({ "e": "environment", "d": "environment" })),
            project: map(&json!({ "e": "project", "f": "project", "base_url": "http://mine" })),
            env: [("TEST_A".to_owned(), "env".to_owned())].into(),
            secrets: [("pw".to_owned(), "s3cret".to_owned())].into(),
        };
        let plan = map(&json!({ "c": "plan", "d": "plan" }));
        let built_ins = BuiltIns { run_id: "r1".to_owned(), started_at_ms: 1_700_000_000_000, ..BuiltIns::default() };
        let saved = map(&json!({ "a": "saved", "user": { "tags": ["x", 7] } }));
        let mut variables = Variables::new(&layers, &plan, &built_ins);
        variables.saved = saved;
        let text = "{{a}} {{b}} {{ c }} {{d}} {{e}} {{f}} {{base_url}} {{run_id}} {{date}} {{env.TEST_A}} {{secrets.pw}} {{pw}} {{user.tags.1}} {{{ }}";
        let expected = "saved set run plan environment project http://mine r1 2023-11-14 env s3cret s3cret 7 {{{ }}";
        assert_eq!(variables.fill(text).unwrap(), expected);
        assert_eq!(variables.fill("x {{nobody}}").unwrap_err(), "nobody");
        assert_eq!(variables.fill_value(&json!(["{{user}}"])).unwrap(), json!([{ "tags": ["x", 7] }]));
        let uuid = variables.fill("{{uuid}}").unwrap();
        assert_eq!((uuid.len(), variables.fill("{{uuid}}").unwrap()), (36, uuid));
    }

    #[test]
    fn secrets_are_taken_out_in_every_spelling() {
        let redactor = Redactor::new(["p@ss \"w\"", "x"]);
        let text = redactor.clean("p@ss \"w\" p%40ss%20%22w%22 p@ss \\\"w\\\" x");
        assert_eq!(text, "*** *** *** x");
        let redactor = Redactor::new(["a b~c!(d)&<e>'f\"/"]);
        for spelling in [
            "a+b%7Ec%21%28d%29%26%3Ce%3E%27f%22%2F",
            "a%20b~c!(d)%26%3Ce%3E'f%22%2F",
            "a%20b%7ec%21%28d%29%26%3ce%3e%27f%22%2f",
            "a%20b~c!(d)&%3Ce%3E%27f%22/",
            "a%20b~c!(d)&%3Ce%3E'f%22/",
            "a b~c!(d)&amp;&lt;e&gt;'f\"/",
            "a b~c!(d)&amp;&lt;e&gt;'f&quot;/",
            "a b~c!(d)&amp;<e>'f&quot;/",
            "a b~c!(d)&amp;&lt;e&gt;&#39;f&quot;/",
            "a b~c!(d)&<e>'f\\\"/",
        ] {
            assert_eq!(redactor.clean(&format!("x{spelling}y")), "x***y", "{spelling}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_filled_or_names_what_is_missing(text in any::<String>()) {
            let (layers, plan) = (Layers::default(), Map::new());
            let mut variables = Variables::new(&layers, &plan, &BuiltIns::default());
            match variables.fill(&text) {
                Ok(filled) if !text.contains("{{") => prop_assert_eq!(filled, text),
                Ok(_) => {}
                Err(name) => prop_assert!(text.contains(&name)),
            }
        }
    }
}
