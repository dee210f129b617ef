//! What the two tools of Python share: literals, variables, addresses.

use serde_json::Value;

use super::javascript::expression;
use super::words::shout;
use super::writer::{Part, Writer, initial, parts, set_by_steps, variables};
use crate::plan::{Plan, Step};
use crate::text::plain;

/// A literal.
pub(crate) fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text with its variables as an expression.
pub(crate) fn text(text: &str) -> String {
    let words: Vec<String> = parts(text)
        .iter()
        .map(|part| match part {
            Part::Text(text) => string(text),
            Part::Variable(name) => format!("str({})", variable(name)),
        })
        .collect();
    words.join(" + ")
}

pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::String(text_) => text(text_),
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, field)| format!("{}: {}", string(name), self::value(field))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

fn variable(name: &str) -> String {
    let mut names = name.split('.');
    let first = names.next().unwrap_or_default();
    if first == "secrets" || first == "env" {
        return format!("VARS[{}]", string(name));
    }
    names.fold(format!("VARS[{}]", string(first)), |at, name| match name.parse::<usize>() {
        Ok(index) => format!("{at}[{index}]"),
        Err(_) => format!("{at}[{}]", string(name)),
    })
}

pub(crate) fn step_value(step: &Step) -> String {
    text(&step.value.as_ref().map(plain).unwrap_or_default())
}

/// The lines that say what the variables are.
pub(crate) fn declare(out: &mut Writer<'_>, plan: &Plan) {
    let base = string(out.options.base_url.as_deref().unwrap_or("http://localhost:3000").trim_end_matches('/'));
    out.line(&format!("BASE_URL = os.environ.get(\"BASE_URL\", {base})"));
    let set = set_by_steps(plan);
    let names = variables(plan);
    out.line("VARS = {");
    out.depth += 1;
    for name in names.iter().filter(|name| set.iter().all(|set| *name != set && !name.starts_with(&format!("{set}.")))) {
        let start = match (name.as_str(), initial(plan, name)) {
            (_, Some(text)) => string(&text),
            ("base_url", _) => "BASE_URL".to_owned(),
            ("timestamp", _) => "str(int(time.time() * 1000))".to_owned(),
            ("date", _) => "time.strftime(\"%Y-%m-%d\")".to_owned(),
            ("uuid", _) => "str(uuid.uuid4())".to_owned(),
            ("random_email", _) => "f\"user-{uuid.uuid4().hex[:10]}@example.test\"".to_owned(),
            ("random_string", _) => "uuid.uuid4().hex[:12]".to_owned(),
            ("random_int", _) => "str(uuid.uuid4().int % 1000000)".to_owned(),
            _ => {
                let name = name.strip_prefix("secrets.").or_else(|| name.strip_prefix("env.")).unwrap_or(name);
                format!("os.environ.get({}, \"\")", string(&shout(name)))
            }
        };
        out.line(&format!("{}: {start},", string(name)));
    }
    out.depth -= 1;
    out.line("}");
}

pub(crate) fn address(text_: &str) -> String {
    if text_.contains("://") || text_.starts_with("{{") || text_ == "about:blank" {
        return text(text_);
    }
    format!("BASE_URL + {}", text(&format!("/{}", text_.trim_start_matches('/'))))
}

/// A pattern of an address as a compiled expression.
pub(crate) fn pattern(text: &str) -> String {
    if text.starts_with('/') && text.contains(['\\', '^', '$', '(', '[', '+', '|']) {
        return regex(text);
    }
    format!("re.compile({})", string(&expression(text)))
}

pub(crate) fn regex(text: &str) -> String {
    match text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((body, flags)) if flags.chars().all(|c| "gimsuy".contains(c)) => {
            format!("re.compile({}{})", string(body), if flags.contains('i') { ", re.I" } else { "" })
        }
        _ => format!("re.compile({})", string(text)),
    }
}
