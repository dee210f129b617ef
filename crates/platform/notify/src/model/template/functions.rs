//! The documented functions of templates, plus `eq` and `ne` for conditions.

use argos_kernel::Timestamp;
use serde_json::Value;

use super::eval::shown;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Upper,
    Lower,
    Title,
    Iso8601,
    Date,
    SeverityEmoji,
    Truncate,
    Json,
    JsonIndent,
    JsonEscape,
    EscapeMd,
    EscapeHtml,
    Eq,
    Ne,
}

impl Function {
    const ALL: [(&'static str, Self); 14] = [
        ("upper", Self::Upper),
        ("lower", Self::Lower),
        ("title", Self::Title),
        ("iso8601", Self::Iso8601),
        ("date", Self::Date),
        ("severityEmoji", Self::SeverityEmoji),
        ("truncate", Self::Truncate),
        ("json", Self::Json),
        ("jsonIndent", Self::JsonIndent),
        ("jsonEscape", Self::JsonEscape),
        ("escapeMD", Self::EscapeMd),
        ("escapeHTML", Self::EscapeHtml),
        ("eq", Self::Eq),
        ("ne", Self::Ne),
    ];

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, f)| *f)
    }

    pub(super) fn call(self, args: Vec<Value>) -> Result<Value, String> {
        let name = Self::ALL.iter().find(|(_, f)| *f == self).map_or("", |(n, _)| n);
        match self {
            Self::Truncate => {
                let [count, text]: [Value; 2] = args.try_into().map_err(|_| format!("{name} takes a number and a text"))?;
                let count =
                    count.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| format!("{name} takes a number and a text"))?;
                Ok(shown(&text).chars().take(count).collect::<String>().into())
            }
            Self::Eq | Self::Ne => {
                let [a, b]: [Value; 2] = args.try_into().map_err(|_| format!("{name} takes two values"))?;
                Ok(((shown(&a) == shown(&b)) == (self == Self::Eq)).into())
            }
            _ => {
                let [value]: [Value; 1] = args.try_into().map_err(|_| format!("{name} takes one value"))?;
                Ok(self.of_one(&value).into())
            }
        }
    }

    fn of_one(self, value: &Value) -> String {
        let text = shown(value);
        let time = || Timestamp::parse_rfc3339(&text);
        match self {
            Self::Upper => text.to_uppercase(),
            Self::Lower => text.to_lowercase(),
            Self::Title => title(&text),
            Self::Iso8601 => time().map_or(text.clone(), Timestamp::rfc3339),
            Self::Date => time().map_or(text.clone(), |t| t.datetime().format("%Y-%m-%d").to_string()),
            Self::SeverityEmoji => match text.as_str() {
                "warning" => "[WARN]",
                "error" => "[ERR]",
                "critical" => "[CRIT]",
                _ => "[INFO]",
            }
            .to_owned(),
            Self::Json => value.to_string(),
            Self::JsonIndent => serde_json::to_string_pretty(value).unwrap_or_default(),
            Self::JsonEscape => {
                let quoted = Value::String(text).to_string();
                quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or_default().to_owned()
            }
            Self::EscapeMd => escaped(&text, |c| if "_*[]()~`>#+-=|{}.!".contains(c) { Some(format!("\\{c}")) } else { None }),
            _ => escaped(&text, |c| {
                let entity = match c {
                    '&' => "&amp;",
                    '<' => "&lt;",
                    '>' => "&gt;",
                    '"' => "&#34;",
                    '\'' => "&#39;",
                    _ => return None,
                };
                Some(entity.to_owned())
            }),
        }
    }
}

fn escaped(text: &str, escape: impl Fn(char) -> Option<String>) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match escape(c) {
            Some(e) => out.push_str(&e),
            None => out.push(c),
        }
        out
    })
}

/// The first letter of every word in upper case.
fn title(text: &str) -> String {
    let mut fresh = true;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if fresh {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        fresh = c.is_whitespace();
    }
    out
}
