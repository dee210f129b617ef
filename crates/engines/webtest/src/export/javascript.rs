//! What the three tools of JavaScript share: literals, variables, addresses.

use serde_json::Value;

use super::words::shout;
use super::writer::{Part, Writer, initial, parts, set_by_steps, variables};
use crate::plan::{Plan, Step};
use crate::text::plain;

/// A literal. JSON is JavaScript, but for two separators of lines.
pub(crate) fn string(text: &str) -> String {
    Value::from(text).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029").replace("</", "<\\/")
}

/// A text with its variables as an expression.
pub(crate) fn text(text: &str) -> String {
    let parts = parts(text);
    let mut words: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => string(text),
            Part::Variable(name) => variable(name),
        })
        .collect();
    if words.len() == 1 && matches!(parts[0], Part::Variable(_)) {
        return format!("String({})", words.remove(0));
    }
    words.join(" + ")
}

/// Any value as an expression.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::String(text_) => text(text_),
        Value::Array(items) => format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, field)| format!("{}: {}", string(name), self::value(field))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

fn variable(name: &str) -> String {
    let mut names = name.split('.');
    let first = names.next().unwrap_or_default();
    if first == "secrets" || first == "env" {
        return format!("vars[{}]", string(name));
    }
    names.fold(format!("vars[{}]", string(first)), |at, name| format!("{at}[{}]", string(name)))
}

/// The value of a step as an expression.
pub(crate) fn step_value(step: &Step) -> String {
    text(&step.value.as_ref().map(plain).unwrap_or_default())
}

/// The lines that say what the variables are; `environment` reads one of the environment.
pub(crate) fn declare(out: &mut Writer<'_>, plan: &Plan, types: bool, environment: impl Fn(&str) -> String) {
    let base = string(out.options.base_url.as_deref().unwrap_or("http://localhost:3000").trim_end_matches('/'));
    let found = environment("BASE_URL");
    out.line(&format!("const baseUrl{} = {found} ?? {base};", if types { ": string" } else { "" }));
    let names = variables(plan);
    let set = set_by_steps(plan);
    let needed: Vec<_> = names.iter().filter(|name| set.iter().all(|set| *name != set && !name.starts_with(&format!("{set}.")))).collect();
    if needed.is_empty() && set.is_empty() {
        return;
    }
    out.line(&format!("const vars{} = {{", if types { ": Record<string, any>" } else { "" }));
    out.depth += 1;
    for name in needed {
        let start = match (name.as_str(), initial(plan, name)) {
            (_, Some(text)) => string(&text),
            ("base_url", _) => "baseUrl".to_owned(),
            ("timestamp", _) => "String(Date.now())".to_owned(),
            ("date", _) => "new Date().toISOString().slice(0, 10)".to_owned(),
            ("uuid", _) => "crypto.randomUUID()".to_owned(),
            ("random_email", _) => "`user-${Date.now()}@example.test`".to_owned(),
            ("random_string", _) => "Math.random().toString(36).slice(2)".to_owned(),
            ("random_int", _) => "String(Math.floor(Math.random() * 1e6))".to_owned(),
            _ => {
                let name = name.strip_prefix("secrets.").or_else(|| name.strip_prefix("env.")).unwrap_or(name);
                format!("{} ?? ''", environment(&shout(name)))
            }
        };
        out.line(&format!("{}: {start},", string(name)));
    }
    out.depth -= 1;
    out.line("};");
}

/// An address as an expression: below the base unless it has a scheme of its own.
pub(crate) fn address(text_: &str) -> String {
    if text_.contains("://") || text_.starts_with("{{") || text_ == "about:blank" {
        return text(text_);
    }
    format!("baseUrl + {}", text(&format!("/{}", text_.trim_start_matches('/'))))
}

/// A pattern of an address as a regular expression that an address is tested with.
pub(crate) fn pattern(text: &str) -> String {
    if let Some((body, flags)) = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'))
        && text.contains(['\\', '^', '$', '(', '[', '+', '|'])
    {
        return format!("new RegExp({}, {})", string(body), string(flags));
    }
    format!("new RegExp({})", string(&expression(text)))
}

/// A glob or a part of an address as the source of a regular expression.
pub(crate) fn expression(text: &str) -> String {
    regex::escape(text)
        .replace("\\*\\*", ".*")
        .replace("\\*", "[^/]*")
        .replace("\\-", "-")
        .replace("\\&", "&")
        .replace("\\#", "#")
        .replace("\\~", "~")
}

/// The source of a regular expression a claim names, and whether case counts.
pub(crate) fn regex(text: &str) -> String {
    match text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((body, flags)) if flags.chars().all(|c| "gimsuy".contains(c)) => format!("new RegExp({}, {})", string(body), string(flags)),
        _ => format!("new RegExp({})", string(text)),
    }
}
