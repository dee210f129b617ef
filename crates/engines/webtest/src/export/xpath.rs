//! Our selectors as XPath, for tools that know no roles, labels and texts. What a role is called and what names it is
//! taken from the markup; names given in other ways (by reference, by a picture inside) are beyond it.

use super::selector::Part;
use super::writer::{self, parts};

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜÀÁÂÈÉÊÌÍÎÒÓÔÙÚÛÇÑ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyzäöüàáâèéêìíîòóôùúûçñ";

/// The XPath of a part below the context; `None` for what is not found by one.
pub(crate) fn of(part: &Part) -> Option<String> {
    Some(match part {
        Part::Text { text, exact } => {
            let says = says(".", text, *exact);
            format!(
                ".//*[not(self::script or self::style or self::head or self::title)][{says} or (self::input and {})][not(.//*[{says}])]",
                attribute_says("@value", text, *exact)
            )
        }
        Part::Label { text, exact } => format!(".//*[{}]", labelled(text, *exact)),
        Part::Placeholder { text, exact } => format!(".//*[{}]", attribute_says("@placeholder", text, *exact)),
        Part::Alt { text, exact } => format!(".//*[{}]", attribute_says("@alt", text, *exact)),
        Part::Title { text, exact } => format!(".//*[{}]", attribute_says("@title", text, *exact)),
        Part::TestId(id) => {
            let id = string(id);
            format!(
                ".//*[{}]",
                ["@data-testid", "@data-test-id", "@data-test", "@data-cy", "@data-qa"].map(|name| format!("{name}={id}")).join(" or ")
            )
        }
        Part::Role { role, name } => {
            let named = name.as_ref().map(|(text, exact)| {
                let attributes =
                    ["@aria-label", "@value", "@alt", "@title", "@placeholder"].map(|a| attribute_says(a, text, *exact)).join(" or ");
                format!("[{} or {attributes} or {}]", says(".", text, *exact), labelled(text, *exact))
            });
            format!(".//*[{}]{}", elements(role), named.unwrap_or_default())
        }
        Part::Css(_) | Part::Xpath(_) | Part::Nth(_) | Part::Frame(_) => return None,
    })
}

/// What is of a role by its markup.
fn elements(role: &str) -> String {
    let own = match role {
        "button" => {
            "self::button or self::summary or (self::input and (@type='button' or @type='submit' or @type='reset' or @type='image'))"
        }
        "link" => "self::a[@href] or self::area[@href]",
        "heading" => "self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6",
        "textbox" => {
            "self::textarea or (self::input and (not(@type) or @type='text' or @type='email' or @type='tel' or @type='url' or @type='password'))"
        }
        "searchbox" => "self::input[@type='search']",
        "checkbox" => "self::input[@type='checkbox']",
        "radio" => "self::input[@type='radio']",
        "slider" => "self::input[@type='range']",
        "spinbutton" => "self::input[@type='number']",
        "combobox" => "self::select[not(@multiple)]",
        "listbox" => "self::select[@multiple]",
        "option" => "self::option",
        "list" => "self::ul or self::ol",
        "listitem" => "self::li",
        "img" => "self::img",
        "table" => "self::table",
        "row" => "self::tr",
        "cell" => "self::td",
        "columnheader" => "self::th",
        "dialog" => "self::dialog",
        "navigation" => "self::nav",
        "main" => "self::main",
        "form" => "self::form",
        "status" => "self::output",
        _ => "false()",
    };
    // A role that was given counts instead of the element's own.
    format!("@role={} or (not(@role) and ({own}))", string(role))
}

fn labelled(text: &str, exact: bool) -> String {
    let label = says(".", text, exact);
    format!(
        "{} or @id=//label[{label}]/@for or ((self::input or self::select or self::textarea) and ancestor::label[{label}])",
        attribute_says("@aria-label", text, exact)
    )
}

fn says(what: &str, text: &str, exact: bool) -> String {
    let what = format!("normalize-space({what})");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if exact { format!("{what}={}", string(&text)) } else { format!("contains({}, {})", lowered(&what), needle(&text)) }
}

fn attribute_says(name: &str, text: &str, exact: bool) -> String {
    if exact { format!("{name}={}", string(text)) } else { format!("contains({}, {})", lowered(name), needle(text)) }
}

fn lowered(what: &str) -> String {
    format!("translate({what}, '{UPPER}', '{LOWER}')")
}

/// A text in small letters; what a variable holds is made small when it is known.
fn needle(text: &str) -> String {
    let small = |part: writer::Part| match part {
        writer::Part::Text(text) => text.to_lowercase(),
        writer::Part::Variable(name) => format!("{{{{{name}}}}}"),
    };
    let parts = parts(text);
    let varies = parts.iter().any(|part| matches!(part, writer::Part::Variable(_)));
    let text = string(&parts.into_iter().map(small).collect::<String>());
    if varies { lowered(&text) } else { text }
}

/// A text in XPath. Its variables stand outside of quotes: their values are quoted when they are known.
fn string(text: &str) -> String {
    let mut words: Vec<String> = parts(text)
        .into_iter()
        .map(|part| match part {
            writer::Part::Text(text) => quoted(&text),
            writer::Part::Variable(name) => format!("{{{{{name}}}}}"),
        })
        .collect();
    if words.len() == 1 { words.remove(0) } else { format!("concat({})", words.join(", ")) }
}

/// A text in quotes, in a language that knows no escape.
fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        format!("'{text}'")
    } else if !text.contains('"') {
        format!("\"{text}\"")
    } else {
        let parts: Vec<String> = text.split('\'').map(|part| format!("'{part}'")).collect();
        format!("concat({})", parts.join(", \"'\", "))
    }
}
