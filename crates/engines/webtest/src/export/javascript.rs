//! What the three tools of JavaScript share: literals, variables, addresses.

use serde_json::Value;

use super::condition::{self, Words};
use super::elements::Manner;
use super::expression::{self, Expression, Piece};
use super::writer::{Fails, Part, Start, Writer, collects, parts, set_by_steps, starts, tidying};
use crate::plan::{Assertion, Plan, Step};
use crate::text::{has_scheme, plain};

/// A literal. JSON is JavaScript, but for two separators of lines.
pub(crate) fn string(text: &str) -> String {
    Value::from(text).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029").replace("</", "<\\/")
}

/// A text with its variables as an expression.
pub(crate) fn text(text: &str) -> String {
    let parts = parts(text);
    let begins_varying = matches!(parts.first(), Some(Part::Variable(_)));
    let words = parts.iter().enumerate().map(|(place, part)| match part {
        Part::Text(text) => string(text),
        // Two numbers behind each other would be added.
        Part::Variable(name) if place == 0 || place == 1 && begins_varying => format!("String({})", variable(name)),
        Part::Variable(name) => variable(name),
    });
    words.collect::<Vec<_>>().join(" + ")
}

/// An XPath of ours: the values of its variables are put in quotes by the function `quoted`.
pub(crate) fn made_xpath(path: &str) -> String {
    let words = parts(path).into_iter().map(|part| match part {
        Part::Text(text) => string(&text),
        Part::Variable(name) => format!("quoted({})", variable(&name)),
    });
    words.collect::<Vec<_>>().join(" + ")
}

/// Puts a text in quotes for XPath, which knows no escape.
pub(crate) const QUOTED: &str = r#"const quoted = (text) => "concat('" + String(text).split("'").join("', \"'\", '") + "', '')";"#;

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

/// A value without variables.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{}: {}", string(name), literal(field)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The lines that say what the variables are; `environment` reads one of the environment.
pub(crate) fn declare(out: &mut Writer<'_>, plan: &Plan, types: bool, environment: impl Fn(&str) -> String) {
    let base = string(out.options.base_url.as_deref().unwrap_or("http://localhost:3000").trim_end_matches('/'));
    let found = environment("BASE_URL");
    out.line(&format!("const baseUrl{} = {found} ?? {base};", if types { ": string" } else { "" }));
    let starts = starts(plan);
    let rows = out.rows(&plan.name);
    if starts.is_empty() && set_by_steps(plan).is_empty() && rows.is_empty() {
        return;
    }
    out.line(&format!("const vars{} = {{", if types { ": Record<string, any>" } else { "" }));
    out.depth += 1;
    for (name, start) in &starts {
        out.line(&format!("{}: {},", string(name), initial(start, &environment)));
    }
    out.depth -= 1;
    out.line("};");
    if rows.is_empty() {
        return;
    }
    // Each row begins with what all have in common.
    out.line("const common = { ...vars };");
    out.line("const rows = [");
    out.depth += 1;
    for (name, values) in rows {
        let fields = values.iter().map(|(name, value)| format!("{}: {}", string(name), literal(value)));
        out.line(&format!("{{ name: {}, values: {{ {} }} }},", string(&name), fields.collect::<Vec<_>>().join(", ")));
    }
    out.depth -= 1;
    out.line("];");
}

/// How elements are called in JavaScript; `argument` is what each is given.
pub(crate) const fn manner(argument: &'static str) -> Manner {
    Manner { camel: true, owner: "elements", argument }
}

/// Writes the page object; `parameter` is what each element takes.
pub(crate) fn place_elements(out: &mut Writer<'_>, parameter: &str) {
    out.place_elements(|out, elements| {
        out.line("// What the test works with, by name.");
        out.line("const elements = {");
        out.depth += 1;
        for element in elements {
            out.line(&format!("{}: ({parameter}) => {},", element.name, element.code));
        }
        out.depth -= 1;
        out.line("};");
        out.line("");
    });
}

/// Opens the test, once for each row it is run with: `call` is written around the code of its name. Says whether it is in a loop.
pub(crate) fn opened(out: &mut Writer<'_>, plan: &Plan, once: &str, call: impl Fn(&str) -> String) -> bool {
    let looped = !out.rows(&plan.name).is_empty();
    if looped {
        out.line("for (const row of rows) {");
        out.depth += 1;
        out.line(&call("row.name"));
        out.depth += 1;
        out.line("Object.assign(vars, common, row.values);");
    } else {
        out.line(&call(&string(once)));
        out.depth += 1;
    }
    looped
}

/// Closes what [`opened`] opened, with `end`.
pub(crate) fn closed(out: &mut Writer<'_>, looped: bool, end: &str) {
    out.depth -= 1;
    out.line(end);
    if looped {
        out.depth -= 1;
        out.line("}");
    }
}

fn initial(start: &Start, environment: &impl Fn(&str) -> String) -> String {
    match start {
        Start::Value(value) => literal(value),
        Start::Base => "baseUrl".to_owned(),
        Start::Timestamp => "String(Date.now())".to_owned(),
        Start::Date => "new Date().toISOString().slice(0, 10)".to_owned(),
        Start::Uuid => "crypto.randomUUID()".to_owned(),
        Start::Email => "`user-${Date.now()}@example.test`".to_owned(),
        Start::Text => "Math.random().toString(36).slice(2)".to_owned(),
        Start::Number => "String(Math.floor(Math.random() * 1e6))".to_owned(),
        Start::Environment(name) => format!("{} ?? ''", environment(name)),
        Start::Fields(fields) => {
            let fields = fields.iter().map(|(name, start)| format!("{}: {}", string(name), initial(start, environment)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

/// An address as an expression: below the base unless it has a scheme of its own.
pub(crate) fn address(text_: &str) -> String {
    if has_scheme(text_) || text_.starts_with("{{base_url}}") {
        return text(text_);
    }
    if text_.starts_with("{{") {
        // Whether it has one is seen when it is known.
        return format!("new URL(({}).replace(/^\\/+/, ''), baseUrl + '/').href", text(text_));
    }
    format!("baseUrl + {}", text(&format!("/{}", text_.trim_start_matches('/'))))
}

/// A regular expression.
pub(crate) fn regexp(expression: &Expression) -> String {
    let pieces = expression.pieces.iter().map(|piece| match piece {
        Piece::Source(source) => string(source),
        Piece::Literal(name) => format!("String({}).replace(/[.*+?^${{}}()|[\\]\\\\]/g, '\\\\$&')", variable(name)),
        Piece::Variable(name) => format!("String({})", variable(name)),
    });
    let source = pieces.collect::<Vec<_>>().join(" + ");
    format!("new RegExp({source}{})", if expression.any_case { ", \"i\"" } else { "" })
}

/// A pattern of an address.
pub(crate) fn pattern(text: &str) -> String {
    regexp(&expression::address(text))
}

/// The regular expression a claim names.
pub(crate) fn regex(text: &str) -> String {
    regexp(&expression::regex(text))
}

/// The lines of a test: what it does and claims, what failed on the way, and the teardown whatever happened. `soft` when
/// soft claims are not the tool's own affair.
pub(crate) fn body(
    out: &mut Writer<'_>,
    plan: &Plan,
    (types, soft): (bool, bool),
    step: impl Fn(&mut Writer<'_>, &Step),
    claim: impl Fn(&mut Writer<'_>, &Assertion),
) {
    let tidies = !plan.teardown.is_empty();
    let collects = collects(plan, soft);
    if collects {
        out.line(&format!("const failures{} = [];", if types { ": unknown[]" } else { "" }));
    }
    if tidies {
        out.line("try {");
        out.depth += 1;
    }
    plan.setup.iter().chain(&plan.steps).for_each(|one| step(out, one));
    if out.options.include_assertions {
        plan.assertions.iter().for_each(|one| claim(out, one));
    }
    if collects {
        out.line("if (failures.length > 0) throw failures[0];");
    }
    if tidies {
        out.depth -= 1;
        out.line("} finally {");
        out.depth += 1;
        plan.teardown.iter().for_each(|one| step(out, &tidying(one)));
        out.depth -= 1;
        out.line("}");
    }
}

/// What the conditions of steps are judged with.
const JUDGES: &str = r"
const asText = (value) => (value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value ?? ''));
const isTruthy = (value) => {
  if (typeof value === 'number') return value !== 0;
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0;
  return !['', 'false', '0', 'no', 'off', 'null'].includes(asText(value).trim().toLowerCase());
};
const numberOf = (text) => (text.trim() === '' ? NaN : Number(text));
";

/// What a variable holds, if anything.
fn held(name: &str) -> String {
    let mut names = name.split('.');
    let first = names.next().unwrap_or_default();
    match first {
        "secrets" | "env" => variable(name),
        _ => names.fold(variable(first), |at, name| format!("{at}?.[{}]", string(name))),
    }
}

pub(crate) const WORDS: Words = Words {
    variable: |name| format!("asText({})", held(name)),
    truthy: |name| format!("isTruthy({})", held(name)),
    same: |text, wanted| format!("{text} === {}", string(wanted)),
    number: "numberOf",
    lower: |text| format!("{text}.trim().toLowerCase()"),
    not: |code| format!("!({code})"),
    or: " || ",
    never: "false",
    now: |line| format!("await isTrueNow(async () => {{ {line} }})"),
};

/// Writes what the conditions of a test need, `now` for those that look at pages.
pub(crate) fn judges(out: &mut Writer<'_>, plan: &Plan, types: bool, now: &str) {
    let (of_variables, of_pages) = condition::kinds(plan);
    if of_variables {
        let judges = JUDGES.trim_start();
        if types {
            out.block(&judges.replace("= (text)", "= (text: string)").replace("= (value)", "= (value: unknown)"));
        } else {
            out.block(judges);
        }
    }
    if of_pages {
        out.block(now.trim_start());
    }
}

/// The lines of a step, which are only done where its condition holds.
pub(crate) fn conditional(
    out: &mut Writer<'_>,
    step: &Step,
    claim: impl Fn(&mut Writer<'_>, &Assertion),
    lines: impl FnOnce(&mut Writer<'_>),
) {
    let Some(condition) = condition::code(out, step, &WORDS, claim) else { return lines(out) };
    out.line(&format!("if ({condition}) {{"));
    out.depth += 1;
    lines(out);
    out.depth -= 1;
    out.line("}");
}

/// The lines of a step whose failure may not be the end of the test.
pub(crate) fn guarded(out: &mut Writer<'_>, fails: Fails, lines: impl FnOnce(&mut Writer<'_>)) {
    if fails == Fails::AtOnce {
        return lines(out);
    }
    out.line("try {");
    out.depth += 1;
    lines(out);
    out.depth -= 1;
    out.line(if fails == Fails::Never { "} catch {}" } else { "} catch (error) { failures.push(error); }" });
}
