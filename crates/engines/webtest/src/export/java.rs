//! Java: literals, variables, addresses.

use serde_json::Value;

use super::elements::Manner;
use super::expression::{self, Expression, Piece};
use super::writer::{Fails, Part, Start, Writer, parts, starts};
use crate::plan::Plan;
use crate::text::has_scheme;

/// A literal may have at most 65 535 bytes; longer texts are put together.
const LITERAL_MAX: usize = 10_000;
/// A method may have at most 65 535 bytes of code: so many rows stand in one.
const ROWS_OF_METHOD: usize = 25;

/// A literal.
pub(crate) fn string(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut parts: Vec<String> = chars.chunks(LITERAL_MAX).map(literal_of).collect();
    match parts.len() {
        0 => "\"\"".to_owned(),
        1 => parts.remove(0),
        // The compiler puts constants together again, but for these.
        _ => format!("String.join(\"\", {})", parts.join(", ")),
    }
}

fn literal_of(text: &[char]) -> String {
    let mut out = String::from("\"");
    for c in text {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // All of these are below 256; the other way to write a character is read before the quotes are.
            c if c.is_control() => out.push_str(&format!("\\{:03o}", u32::from(*c))),
            c => out.push(*c),
        }
    }
    out.push('"');
    out
}

/// A text with its variables as an expression.
pub(crate) fn text(text: &str) -> String {
    let words = parts(text).into_iter().map(|part| match part {
        Part::Text(text) => string(&text),
        Part::Variable(name) => said(&name),
    });
    words.collect::<Vec<_>>().join(" + ")
}

/// What a variable holds as a text.
fn said(name: &str) -> String {
    let mut names = name.split('.');
    let first = names.next().unwrap_or_default();
    if first == "secrets" || first == "env" {
        return format!("said({})", string(name));
    }
    let names: Vec<String> = std::iter::once(first).chain(names).map(string).collect();
    format!("said({})", names.join(", "))
}

/// Any value as an expression.
pub(crate) fn value(value: &Value) -> String {
    written(value, &text)
}

/// A value without variables.
fn literal(value: &Value) -> String {
    written(value, &string)
}

fn written(value: &Value, text: &dyn Fn(&str) -> String) -> String {
    match value {
        Value::String(words) => text(words),
        Value::Null => "(Object) null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) if number.is_i64() => format!("{number}L"),
        Value::Number(number) => format!("{:?}", number.as_f64().unwrap_or_default()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| written(item, text)).collect();
            format!("list({})", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, field)| format!("{}, {}", string(name), written(field, text))).collect();
            format!("map({})", fields.join(", "))
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
        return format!("below({})", text(text_));
    }
    format!("BASE_URL + {}", text(&format!("/{}", text_.trim_start_matches('/'))))
}

/// A compiled expression.
fn regexp(expression: &Expression) -> String {
    let pieces = expression.pieces.iter().map(|piece| match piece {
        Piece::Source(source) => string(source),
        Piece::Literal(name) => format!("Pattern.quote({})", said(name)),
        Piece::Variable(name) => said(name),
    });
    let source = pieces.collect::<Vec<_>>().join(" + ");
    format!("Pattern.compile({source}{})", if expression.any_case { ", Pattern.CASE_INSENSITIVE" } else { "" })
}

pub(crate) fn pattern(text: &str) -> String {
    regexp(&expression::address(text))
}

pub(crate) fn regex(text: &str) -> String {
    regexp(&expression::regex(text))
}

/// An XPath of ours: the values of its variables are put in quotes by the method `quoted`.
pub(crate) fn made_xpath(path: &str) -> String {
    let words = parts(path).into_iter().map(|part| match part {
        Part::Text(text) => string(&text),
        Part::Variable(name) => format!("quoted({})", said(&name)),
    });
    words.collect::<Vec<_>>().join(" + ")
}

/// How elements are called in Java.
pub(crate) const MANNER: Manner = Manner { camel: true, owner: "elements", argument: "" };

/// Writes the page object.
pub(crate) fn place_elements(out: &mut Writer<'_>) {
    out.place_elements(|out, elements| {
        out.line("/** What the test works with, by name. */");
        block(out, "private final class Elements {", |out| {
            for element in elements {
                block(out, &format!("List<String[]> {}() {{", element.name), |out| out.line(&format!("return {};", element.code)));
            }
        });
        out.line("private final Elements elements = new Elements();");
        out.line("");
    });
}

/// The lines that say where the application is and what the variables are.
pub(crate) fn declare(out: &mut Writer<'_>, plan: &Plan) {
    let base = string(out.options.base_url.as_deref().unwrap_or("http://localhost:3000").trim_end_matches('/'));
    out.line(&format!("private static final String BASE_URL = System.getenv().getOrDefault(\"BASE_URL\", {base});"));
    out.line("private final Map<String, Object> vars = new HashMap<>();");
    let starts = starts(plan);
    if !starts.is_empty() {
        out.line("");
        block(out, "{", |out| {
            for (name, start) in &starts {
                out.line(&format!("vars.put({}, {});", string(name), initial(start)));
            }
        });
    }
    let rows = out.rows(&plan.name);
    if rows.is_empty() {
        return;
    }
    let rows: Vec<String> = rows
        .iter()
        .map(|(name, values)| {
            let fields: Vec<String> = values.iter().map(|(name, value)| format!("{}, {}", string(name), literal(value))).collect();
            format!("all.add(Arguments.of({}, map({})));", string(name), fields.join(", "))
        })
        .collect();
    out.line("");
    block(out, "static List<Arguments> rows() {", |out| {
        out.line("List<Arguments> all = new ArrayList<>();");
        for n in 1..=rows.chunks(ROWS_OF_METHOD).len() {
            out.line(&format!("rows{n}(all);"));
        }
        out.line("return all;");
    });
    for (n, part) in rows.chunks(ROWS_OF_METHOD).enumerate() {
        out.line("");
        block(out, &format!("private static void rows{}(List<Arguments> all) {{", n + 1), |out| part.iter().for_each(|row| out.line(row)));
    }
}

fn initial(start: &Start) -> String {
    match start {
        Start::Value(value) => literal(value),
        Start::Base => "BASE_URL".to_owned(),
        Start::Timestamp => "String.valueOf(System.currentTimeMillis())".to_owned(),
        Start::Date => "LocalDate.now().toString()".to_owned(),
        Start::Uuid => "UUID.randomUUID().toString()".to_owned(),
        Start::Email => "\"user-\" + UUID.randomUUID().toString().substring(0, 8) + \"@example.test\"".to_owned(),
        Start::Text => "UUID.randomUUID().toString().substring(0, 8)".to_owned(),
        Start::Number => "String.valueOf(new Random().nextInt(1000000))".to_owned(),
        Start::Environment(name) => format!("System.getenv().getOrDefault({}, \"\")", string(name)),
        Start::Fields(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, start)| format!("{}, {}", string(name), initial(start))).collect();
            format!("map({})", fields.join(", "))
        }
    }
}

/// Lines between a head and its brace.
pub(crate) fn block(out: &mut Writer<'_>, head: &str, lines: impl FnOnce(&mut Writer<'_>)) {
    out.line(head);
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
    out.line("} catch (Exception | AssertionError error) {");
    out.depth += 1;
    out.line(if fails == Fails::Never { "// It may fail." } else { "failures.add(error);" });
    out.depth -= 1;
    out.line("}");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{string, value};

    #[test]
    fn texts_are_literals_whatever_is_in_them() {
        assert_eq!(string("a\"b\\u000a\n\u{0}\u{85}é"), "\"a\\\"b\\\\u000a\\n\\000\\205é\"");
        assert_eq!(string(""), "\"\"");
        assert!(string(&"x".repeat(10_001)).starts_with("String.join(\"\", \"xx") && string(&"x".repeat(10_000)).starts_with("\"xx"));
        assert_eq!(
            value(&json!({ "a": [null, 1, 1.5, true, "{{b.0}}!"], "big": u64::MAX })),
            "map(\"a\", list((Object) null, 1L, 1.5, true, said(\"b\", \"0\") + \"!\"), \"big\", 1.8446744073709552e19)"
        );
    }
}
