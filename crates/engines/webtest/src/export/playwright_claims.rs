//! Claims in Playwright for TypeScript and JavaScript.

use super::condition::NOW_MS;
use super::expression;
use super::javascript as js;
use super::playwright::located;
use super::requests;
use super::writer::Writer;
use crate::plan::{Assertion, Claim};
use crate::text::{comparison, plain};

/// Writes a claim, which waits as the test itself would.
pub(crate) fn claim(out: &mut Writer<'_>, assertion: &Assertion) {
    let expected = assertion.expected.as_ref().map(plain).unwrap_or_default();
    let text = js::text(&expected);
    let at = located(out, assertion.target.as_deref().unwrap_or("css=body"), assertion.frame.as_deref());
    let named = || {
        let (name, value) = requests::named(&expected);
        format!("{}, {}", js::text(name), js::text(value))
    };
    let part = || js::regexp(&expression::literal(&expected));
    let (subject, call) = match assertion.claim {
        Claim::ElementVisible => (at, "toBeVisible".to_owned()),
        Claim::ElementHidden => (at, "toBeHidden".to_owned()),
        Claim::ElementExists => (at, "not.toHaveCount(0".to_owned()),
        Claim::ElementNotExists => (at, "toHaveCount(0".to_owned()),
        Claim::TextContains => (at, format!("toContainText({text}")),
        Claim::TextEquals => (at, format!("toHaveText({text}")),
        Claim::TextMatches => (at, format!("toHaveText({}", js::regex(&expected))),
        Claim::UrlContains => ("page".to_owned(), format!("toHaveURL({}", part())),
        Claim::UrlEquals => ("page".to_owned(), format!("toHaveURL({}", js::address(&expected))),
        Claim::UrlMatches => ("page".to_owned(), format!("toHaveURL({}", js::regex(&expected))),
        Claim::TitleContains => ("page".to_owned(), format!("toHaveTitle({}", part())),
        Claim::TitleEquals => ("page".to_owned(), format!("toHaveTitle({text}")),
        Claim::ValueEquals => (at, format!("toHaveValue({text}")),
        Claim::Attribute => (at, format!("toHaveAttribute({}", named())),
        Claim::Css => (at, format!("toHaveCSS({}", named())),
        Claim::ClassContains => (at, format!("toHaveClass({}", js::regexp(&expression::classes(&expected)))),
        Claim::Enabled => (at, "toBeEnabled".to_owned()),
        Claim::Disabled => (at, "toBeDisabled".to_owned()),
        Claim::Checked => (at, "toBeChecked".to_owned()),
        Claim::Unchecked => (at, "not.toBeChecked".to_owned()),
        Claim::Focused => (at, "toBeFocused".to_owned()),
        Claim::Editable => (at, "toBeEditable".to_owned()),
        Claim::Count => match comparison(&expected) {
            Some(("==" | "=", count)) => (at, format!("toHaveCount({count}")),
            Some((operator, count)) => (format!(".poll(() => {at}.count())"), format!("{}({count}", compare(operator))),
            None => return out.missing(&format!("count {expected}")),
        },
        // It takes two pictures that are alike, one after the other.
        Claim::ScreenshotMatches if assertion.timeout_ms == Some(NOW_MS) => return out.missing("screenshot_matches at once"),
        Claim::ScreenshotMatches => (if assertion.target.is_some() { at } else { "page".to_owned() }, "toHaveScreenshot".to_owned()),
        claim => return out.missing(&format!("{} {expected}", claim.name())),
    };
    let call = if call.contains('(') { call } else { format!("{call}(") };
    let (call, not) = match (call.strip_prefix("not."), assertion.not) {
        (Some(call), true) => (call.to_owned(), ""),
        (_, true) => (call, "not."),
        (_, false) => (call, ""),
    };
    let limit = match (assertion.timeout_ms, call.ends_with('(')) {
        (None, _) => String::new(),
        (Some(ms), true) => format!("{{ timeout: {ms} }}"),
        (Some(ms), false) => format!(", {{ timeout: {ms} }}"),
    };
    let soft = if assertion.soft { ".soft" } else { "" };
    let at_once = assertion.timeout_ms == Some(NOW_MS);
    match subject.strip_prefix(".poll") {
        Some(polled) => {
            // A poll without time is over before its first look.
            if let Some(look) = polled.strip_prefix("(() => ").and_then(|look| look.strip_suffix(')')).filter(|_| at_once) {
                return out.line(&format!("expect{soft}(await {look}).{not}{call});"));
            }
            let soft = if assertion.soft { ".configure({ soft: true })" } else { "" };
            let polled = match (assertion.timeout_ms, polled.strip_suffix(')')) {
                (Some(ms), Some(open)) => format!("{open}, {{ timeout: {ms} }})"),
                _ => polled.to_owned(),
            };
            out.line(&format!("await expect{soft}.poll{polled}.{not}{call});"));
        }
        None => out.line(&format!("await expect{soft}({subject}).{not}{call}{limit});")),
    }
}

fn compare(operator: &str) -> &'static str {
    match operator {
        ">=" => "toBeGreaterThanOrEqual",
        "<=" => "toBeLessThanOrEqual",
        ">" => "toBeGreaterThan",
        "<" => "toBeLessThan",
        _ => "not.toBe",
    }
}
