//! Conditions in Cypress. Its commands wait for what they look at; whether something is so now is asked of the document itself,
//! when the commands before have run.

use super::condition;
use super::javascript as js;
use super::requests;
use super::steps::{Turn, way_in};
use super::writer::Writer;
use crate::plan::{Assertion, Claim, Plan, Step};
use crate::text::{comparison, plain};

/// What is there now. A claim that cannot be judged does not hold.
const NOW: &str = r"
const seen = (way) => way.reduce((found, [kind, what]) => {
  if (kind === 'xpath') return byXpath(what, found.toArray());
  if (kind === 'text') return found.filter((_, e) => says(e, what));
  if (kind === 'visible') return found.filter(':visible');
  if (kind === 'nth') return found.eq(what);
  return kind === 'frame' ? found.find(what).contents().find('body') : found.find(what);
}, Cypress.$(cy.state('document')));
const isTrueNow = (claim) => { try { return Boolean(claim()); } catch { return false; } };
const collapsed = (found) => found.text().replace(/\s+/g, ' ').trim();
";

/// Writes what the conditions of a test need; `inside` names what the declarations do not know.
pub(super) fn judges(out: &mut Writer<'_>, plan: &Plan, inside: impl Fn(&str) -> String) {
    js::judges(out, plan, false, &inside(NOW));
}

/// The lines of a step, which are only done where its condition holds.
pub(super) fn conditional(out: &mut Writer<'_>, step: &Step, inside: &str, lines: impl FnOnce(&mut Writer<'_>)) {
    let claim = |out: &mut Writer<'_>, assertion: &Assertion| match judged(assertion, inside) {
        Some(code) => out.line(&code),
        None => out.missing(assertion.claim.name()),
    };
    let words = condition::Words { now: |line| format!("isTrueNow(() => {line})"), ..js::WORDS };
    let Some(condition) = condition::code(out, step, &words, claim) else { return lines(out) };
    out.line("cy.then(() => {");
    out.depth += 1;
    out.line(&format!("if ({condition}) {{"));
    out.depth += 1;
    lines(out);
    out.depth -= 1;
    out.line("}");
    out.depth -= 1;
    out.line("});");
}

/// What is found now, as an expression.
fn seen(selector: &str, frame: Option<&str>) -> String {
    let turns = way_in(selector, frame).into_iter().map(|turn| match turn {
        Turn::Css(css) => format!("['css', {}]", js::text(css.strip_prefix(":scope ").unwrap_or(&css))),
        Turn::Xpath(path) => format!("['xpath', {}]", js::text(&path)),
        Turn::Made(path) => format!("['xpath', {}]", js::made_xpath(&path)),
        Turn::Text(text) => format!("['text', {}]", js::text(&text)),
        Turn::Visible => "['visible']".to_owned(),
        Turn::Nth(index) => format!("['nth', {index}]"),
        Turn::Frame(css) => format!("['frame', {}]", js::text(&css)),
    });
    format!("seen([{}])", turns.collect::<Vec<_>>().join(", "))
}

/// A claim as an expression that is true or not; nothing for what no document tells.
fn judged(assertion: &Assertion, inside: &str) -> Option<String> {
    let expected = assertion.expected.as_ref().map(plain).unwrap_or_default();
    let text = js::text(&expected);
    let at = seen(assertion.target.as_deref().unwrap_or("css=body"), assertion.frame.as_deref());
    let (name, wanted) = requests::named(&expected);
    let (name, wanted) = (js::text(name), js::text(wanted));
    let href = format!("{inside}.state('window').location.href");
    let title = format!("{inside}.state('document').title");
    let is = |what: &str| format!("{at}.first().is('{what}')");
    let code = match assertion.claim {
        Claim::ElementVisible => format!("{at}.filter(':visible').length > 0"),
        Claim::ElementHidden => format!("{at}.filter(':visible').length === 0"),
        Claim::ElementExists => format!("{at}.length > 0"),
        Claim::ElementNotExists => format!("{at}.length === 0"),
        Claim::TextContains => format!("collapsed({at}).includes({text})"),
        Claim::TextEquals => format!("collapsed({at}) === {text}"),
        Claim::TextMatches => format!("{}.test(collapsed({at}))", js::regex(&expected)),
        Claim::UrlContains => format!("{href}.includes({text})"),
        Claim::UrlEquals => format!("{href} === {}", js::address(&expected)),
        Claim::UrlMatches => format!("{}.test({href})", js::regex(&expected)),
        Claim::TitleContains => format!("{title}.includes({text})"),
        Claim::TitleEquals => format!("{title} === {text}"),
        Claim::ValueEquals => format!("{at}.val() === {text}"),
        Claim::Attribute => format!("{at}.attr({name}) === {wanted}"),
        Claim::Css => format!("{at}.css({name}) === {wanted}"),
        Claim::ClassContains => format!("{at}.hasClass({text})"),
        Claim::Enabled => is(":enabled"),
        Claim::Disabled => is(":disabled"),
        Claim::Checked => is(":checked"),
        Claim::Unchecked => is(":not(:checked)"),
        Claim::Focused => is(":focus"),
        Claim::Editable => is(":enabled:not([readonly])"),
        Claim::Count => {
            let (operator, count) = comparison(&expected)?;
            let operator = if operator == "=" { "==" } else { operator };
            format!("{at}.length {operator} {count}")
        }
        _ => return None,
    };
    Some(if assertion.not { format!("!({code})") } else { code })
}
