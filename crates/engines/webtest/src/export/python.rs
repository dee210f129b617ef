//! What the two tools of Python share: literals, variables, addresses.

use serde_json::Value;

use super::condition::{self, Words};
use super::elements::Manner;
use super::expression::{self, Expression, Piece};
use super::writer::{Fails, Part, Start, Writer, collects, parts, starts, tidying};
use crate::plan::{Assertion, Plan, Step};
use crate::text::{has_scheme, plain};

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

/// A value without variables.
fn literal(value_: &Value) -> String {
    match value_ {
        Value::String(text) => string(text),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{}: {}", string(name), literal(field)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => value(other),
    }
}

/// The lines that say what the variables are.
pub(crate) fn declare(out: &mut Writer<'_>, plan: &Plan) {
    let base = string(out.options.base_url.as_deref().unwrap_or("http://localhost:3000").trim_end_matches('/'));
    out.line(&format!("BASE_URL = os.environ.get(\"BASE_URL\", {base})"));
    out.line("VARS = {");
    out.depth += 1;
    for (name, start) in &starts(plan) {
        out.line(&format!("{}: {},", string(name), initial(start)));
    }
    out.depth -= 1;
    out.line("}");
    let rows = out.rows(&plan.name);
    if rows.is_empty() {
        return;
    }
    // Each row begins with what all have in common.
    out.line("COMMON = dict(VARS)");
    out.line("ROWS = [");
    out.depth += 1;
    for (name, values) in rows {
        let fields = values.iter().map(|(name, value)| format!("{}: {}", string(name), literal(value)));
        out.line(&format!("pytest.param({{{}}}, id={}),", fields.collect::<Vec<_>>().join(", "), string(&name)));
    }
    out.depth -= 1;
    out.line("]");
}

/// What the marks of rows need.
pub(crate) fn imported(out: &mut Writer<'_>, plan: &Plan) {
    if !out.rows(&plan.name).is_empty() {
        out.line("import pytest");
        out.line("");
    }
}

/// Opens the test, which is run with each row when there are any.
pub(crate) fn opened(out: &mut Writer<'_>, plan: &Plan) {
    let name = out.stem.clone();
    if out.rows(&plan.name).is_empty() {
        out.line(&format!("def test_{name}():"));
        out.depth += 1;
        return;
    }
    out.line("@pytest.mark.parametrize(\"row\", ROWS)");
    out.line(&format!("def test_{name}(row):"));
    out.depth += 1;
    out.line("VARS.clear()");
    out.line("VARS.update(COMMON, **row)");
}

fn initial(start: &Start) -> String {
    match start {
        Start::Value(value) => literal(value),
        Start::Base => "BASE_URL".to_owned(),
        Start::Timestamp => "str(int(time.time() * 1000))".to_owned(),
        Start::Date => "time.strftime(\"%Y-%m-%d\")".to_owned(),
        Start::Uuid => "str(uuid.uuid4())".to_owned(),
        Start::Email => "f\"user-{uuid.uuid4().hex[:10]}@example.test\"".to_owned(),
        Start::Text => "uuid.uuid4().hex[:12]".to_owned(),
        Start::Number => "str(uuid.uuid4().int % 1000000)".to_owned(),
        Start::Environment(name) => format!("os.environ.get({}, \"\")", string(name)),
        Start::Fields(fields) => {
            // A place in a list is asked for as a number.
            let key = |name: &str| name.parse::<usize>().map_or_else(|_| string(name), |place| place.to_string());
            let fields = fields.iter().map(|(name, start)| format!("{}: {}", key(name), initial(start)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

pub(crate) fn address(text_: &str) -> String {
    if has_scheme(text_) || text_.starts_with("{{base_url}}") {
        return text(text_);
    }
    if text_.starts_with("{{") {
        // Whether it has a scheme is seen when it is known.
        return format!("urljoin(BASE_URL + \"/\", ({}).lstrip(\"/\"))", text(text_));
    }
    format!("BASE_URL + {}", text(&format!("/{}", text_.trim_start_matches('/'))))
}

/// A compiled expression.
pub(crate) fn regexp(expression: &Expression) -> String {
    let pieces = expression.pieces.iter().map(|piece| match piece {
        Piece::Source(source) => string(source),
        Piece::Literal(name) => format!("re.escape(str({}))", variable(name)),
        Piece::Variable(name) => format!("str({})", variable(name)),
    });
    let source = pieces.collect::<Vec<_>>().join(" + ");
    format!("re.compile({source}{})", if expression.any_case { ", re.I" } else { "" })
}

/// A pattern of an address as a compiled expression.
pub(crate) fn pattern(text: &str) -> String {
    regexp(&expression::address(text))
}

pub(crate) fn regex(text: &str) -> String {
    regexp(&expression::regex(text))
}

/// An XPath of ours: the values of its variables are put in quotes by the function `quoted`.
pub(crate) fn made_xpath(path: &str) -> String {
    let words = parts(path).into_iter().map(|part| match part {
        Part::Text(text) => string(&text),
        Part::Variable(name) => format!("quoted({})", variable(&name)),
    });
    words.collect::<Vec<_>>().join(" + ")
}

/// How elements are called in Python; `argument` is what each is given.
pub(crate) const fn manner(argument: &'static str) -> Manner {
    Manner { camel: false, owner: "Elements", argument }
}

/// Writes the page object.
pub(crate) fn place_elements(out: &mut Writer<'_>, argument: &str) {
    out.place_elements(|out, elements| {
        block(out, "class Elements:", |out| {
            out.line("\"\"\"What the test works with, by name.\"\"\"");
            for element in elements {
                out.line("");
                out.line("@staticmethod");
                block(out, &format!("def {}({argument}):", element.name), |out| out.line(&format!("return {}", element.code)));
            }
        });
        out.line("");
        out.line("");
    });
}

/// The lines of a test: what it does and claims, what failed on the way, then the teardown and the `end` whatever happened.
pub(crate) fn body(
    out: &mut Writer<'_>,
    plan: &Plan,
    end: &str,
    step: impl Fn(&mut Writer<'_>, &Step),
    claim: impl Fn(&mut Writer<'_>, &Assertion),
) {
    let collects = collects(plan, true);
    if collects {
        out.line("failures = []");
    }
    block(out, "try:", |out| {
        plan.setup.iter().chain(&plan.steps).for_each(|one| step(out, one));
        if out.options.include_assertions {
            plan.assertions.iter().for_each(|one| claim(out, one));
        }
        if collects {
            block(out, "if failures:", |out| out.line("raise failures[0]"));
        }
        out.line("pass");
    });
    block(out, "finally:", |out| {
        if plan.teardown.is_empty() {
            return out.line(end);
        }
        block(out, "try:", |out| {
            plan.teardown.iter().for_each(|one| step(out, &tidying(one)));
            out.line("pass");
        });
        block(out, "finally:", |out| out.line(end));
    });
}

/// What the conditions of steps are judged with.
const JUDGES: &str = r#"
def held(*names):
    at = VARS
    for name in names:
        try:
            at = at[int(name) if isinstance(at, list) else name]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return at


def known(*names):
    value = held(*names)
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "" if value is None else str(value)


def is_truthy(value):
    if isinstance(value, str):
        return value.strip().lower() not in ("", "false", "0", "no", "off", "null")
    return bool(value)


def number_of(text):
    try:
        return float(text)
    except ValueError:
        return float("nan")
"#;

/// The names a variable is found by, as arguments.
fn way_to(name: &str) -> String {
    match name.split('.').next() {
        Some("secrets" | "env") => string(name),
        _ => name.split('.').map(string).collect::<Vec<_>>().join(", "),
    }
}

pub(crate) const WORDS: Words = Words {
    variable: |name| format!("known({})", way_to(name)),
    truthy: |name| format!("is_truthy(held({}))", way_to(name)),
    same: |text, wanted| format!("{text} == {}", string(wanted)),
    number: "number_of",
    lower: |text| format!("{text}.strip().lower()"),
    not: |code| format!("not ({code})"),
    or: " or ",
    never: "False",
    now: |line| line.strip_prefix("assert ").map_or_else(|| format!("is_true_now(lambda: {line})"), str::to_owned),
};

/// Writes what the conditions of a test need, `now` for those that look at pages.
pub(crate) fn judges(out: &mut Writer<'_>, plan: &Plan, now: &str) {
    let (of_variables, of_pages) = condition::kinds(plan);
    for text in [(of_variables, JUDGES), (of_pages, now)].into_iter().filter_map(|(needed, text)| needed.then_some(text)) {
        out.line("");
        out.line("");
        out.block(text.trim_start());
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
    block(out, &format!("if {condition}:"), |out| {
        lines(out);
        out.line("pass");
    });
}

/// The lines of a step whose failure may not be the end of the test.
pub(crate) fn guarded(out: &mut Writer<'_>, fails: Fails, lines: impl FnOnce(&mut Writer<'_>)) {
    if fails == Fails::AtOnce {
        return lines(out);
    }
    block(out, "try:", |out| {
        lines(out);
        out.line("pass");
    });
    match fails {
        Fails::AtTheEnd => block(out, "except Exception as error:", |out| out.line("failures.append(error)")),
        _ => block(out, "except Exception:", |out| out.line("pass")),
    }
}

fn block(out: &mut Writer<'_>, head: &str, lines: impl FnOnce(&mut Writer<'_>)) {
    out.line(head);
    out.depth += 1;
    lines(out);
    out.depth -= 1;
}
