//! Cypress in TypeScript and JavaScript. Its own queries know CSS alone; one of ours, which waits like they do, finds by
//! XPath.

use super::cypress_now;
use super::javascript as js;
use super::requests;
use super::steps::{Turn, way_in};
use super::writer::Writer;
use crate::plan::{Action, Assertion, Claim, Plan, Step};
use crate::text::{comparison, plain};

/// What the compiler must be told of the query below, and that each file stands for itself.
pub(super) const TYPES: &str = r"/// <reference types='cypress' />
declare global {
  namespace Cypress {
    interface Chainable {
      xpath(path: string): Chainable<JQuery<HTMLElement>>;
    }
  }
}
export {};
";

const QUERY: &str = r"
const byXpath = (path, roots) => {
  const document = cy.state('document');
  const found = [];
  for (const root of roots ?? [document]) {
    const result = document.evaluate(path, root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
    for (let i = 0; i < result.snapshotLength; i++) found.push(result.snapshotItem(i));
  }
  return Cypress.$([...new Set(found)]);
};
Cypress.Commands.addQuery('xpath', (path) => (subject) => byXpath(path, subject?.toArray()));
const says = (element, text) => element.textContent.replace(/\s+/g, ' ').toLowerCase().includes(text.replace(/\s+/g, ' ').trim().toLowerCase());
";

pub(crate) fn write(out: &mut Writer<'_>, plan: &Plan, types: bool) {
    if types {
        out.block(TYPES);
    }
    // What it is called inside is no part of the declarations.
    let inside = if types { "(cy as any)" } else { "cy" };
    let query = |text: &str| text.replace("cy.state(", &format!("{inside}.state("));
    out.block(&query(QUERY.trim_start()));
    out.line(js::QUOTED);
    out.line("");
    js::declare(out, plan, false, |name| format!("Cypress.env({})", js::string(name)));
    cypress_now::judges(out, plan, query);
    out.line("");
    out.elements_here(js::manner(""));
    out.line(&format!("describe({}, () => {{", js::string(&plan.name)));
    out.depth += 1;
    let looped = js::opened(out, plan, "passes", |name| format!("it({name}, () => {{"));
    for step in plan.setup.iter().chain(&plan.steps) {
        self::step(out, step, inside);
    }
    if out.options.include_assertions {
        for assertion in &plan.assertions {
            claim(out, assertion);
        }
    }
    js::closed(out, looped, "});");
    if !plan.teardown.is_empty() {
        // What follows a command that failed is not done; what stands in a hook is.
        out.line("");
        out.line(if looped { "afterEach(() => {" } else { "after(() => {" });
        out.depth += 1;
        for step in &plan.teardown {
            self::step(out, step, inside);
        }
        out.depth -= 1;
        out.line("});");
    }
    out.depth -= 1;
    out.line("});");
    js::place_elements(out, "");
}

/// The query of an element, or its name in the page object.
fn query(out: &mut Writer<'_>, selector: &str, frame: Option<&str>) -> String {
    let code = queried(out, selector, frame);
    out.element(selector, code)
}

fn queried(out: &mut Writer<'_>, selector: &str, frame: Option<&str>) -> String {
    let mut code = "cy".to_owned();
    for turn in way_in(selector, frame) {
        let first = code == "cy";
        code += &match turn {
            // Its queries say by themselves where they begin.
            Turn::Css(css) => {
                let css = css.strip_prefix(":scope ").unwrap_or(&css);
                format!(".{}({})", if first { "get" } else { "find" }, js::text(css))
            }
            Turn::Xpath(path) => format!(".xpath({})", js::text(&path)),
            Turn::Made(path) => format!(".xpath({})", js::made_xpath(&path)),
            Turn::Text(text) => format!(".filter((_, e) => says(e, {}))", js::text(&text)),
            Turn::Visible => ".filter(':visible')".to_owned(),
            Turn::Nth(-1) => ".last()".to_owned(),
            Turn::Nth(index) => format!(".eq({index})"),
            Turn::Frame(css) => {
                let find = if first { "get" } else { "find" };
                format!(".{find}({}).its('0.contentDocument.body').should('not.be.empty').then(cy.wrap)", js::text(&css))
            }
        };
    }
    if code == "cy" {
        out.missing(&format!("the selector {selector}"));
        return "cy.get('body')".to_owned();
    }
    code
}

fn step(out: &mut Writer<'_>, step: &Step, inside: &str) {
    out.title(step);
    if step.optional || step.continue_on_failure {
        out.missing(&format!("{}: Cypress has no optional commands; its failure ends the test", step.title()));
    }
    cypress_now::conditional(out, step, inside, |out| always(out, step));
}

fn always(out: &mut Writer<'_>, step: &Step) {
    out.claim_or(step, claim, done);
}

fn done(out: &mut Writer<'_>, step: &Step) {
    let target = step.target.clone().unwrap_or_default();
    let text = step.value.as_ref().map(plain).unwrap_or_default();
    let value = js::step_value(step);
    let at =
        if step.action.acts_on_element() && step.target.is_some() { query(out, &target, step.frame.as_deref()) } else { String::new() };
    let line = match step.action {
        Action::Click | Action::Tap => format!("{at}.click();"),
        Action::DoubleClick => format!("{at}.dblclick();"),
        Action::RightClick => format!("{at}.rightclick();"),
        Action::Hover => format!("{at}.trigger('mouseover');"),
        Action::Focus => format!("{at}.focus();"),
        Action::Blur => format!("{at}.blur();"),
        Action::Fill if text.is_empty() => format!("{at}.clear();"),
        // Dates have keys of their own in every browser; the value is what is meant.
        Action::Fill => format!(
            "{at}.then(($field) => {{ const date = /^(date|time|month|week|datetime-local|color|range)$/.test($field.attr('type') ?? ''); if (date) cy.wrap($field).invoke('val', {value}).trigger('change'); else {{ cy.wrap($field).clear(); cy.wrap($field).type({value}, {{ parseSpecialCharSequences: false }}); }} }});"
        ),
        Action::Type if at.is_empty() => format!("cy.focused().type({value}, {{ parseSpecialCharSequences: false }});"),
        Action::Type => format!("{at}.type({value}, {{ parseSpecialCharSequences: false }});"),
        Action::Clear => format!("{at}.clear();"),
        Action::Select => match requests::index(step) {
            Some(index) => format!("{at}.select({index});"),
            None => format!("{at}.select({});", step.value.as_ref().map_or_else(|| "''".to_owned(), js::value)),
        },
        Action::Check => format!("{at}.check();"),
        Action::Uncheck => format!("{at}.uncheck();"),
        Action::PressKey => match key(&text) {
            Some(key) if at.is_empty() => format!("cy.focused().type({});", js::string(&key)),
            Some(key) => format!("{at}.type({});", js::string(&key)),
            None => return out.missing(&format!("press {text}")),
        },
        Action::Scroll if step.target.is_some() && step.value.is_none() => format!("{at}.scrollIntoView();"),
        Action::Scroll => match super::playwright::scroll(step) {
            Some((x, y)) if at.is_empty() => format!("cy.window().then((window) => window.scrollBy({x}, {y}));"),
            Some((x, y)) => format!("{at}.then(($box) => $box[0].scrollBy({x}, {y}));"),
            None => return out.missing(&format!("scroll by {text}")),
        },
        Action::Drag => {
            let to = query(out, &text, step.frame.as_deref());
            let data = out.name("dataTransfer");
            out.line(&format!("const {data} = new DataTransfer();"));
            late(out, format!("{at}.trigger('dragstart', {{ dataTransfer: {data} }});"));
            late(out, format!("{to}.trigger('dragover', {{ dataTransfer: {data} }});"));
            format!("{to}.trigger('drop', {{ dataTransfer: {data} }});")
        }
        Action::Upload => format!("{at}.selectFile({});", step.value.as_ref().map_or_else(|| "[]".to_owned(), js::value)),
        _ => return page(out, step),
    };
    put(out, step, line);
}

/// What no element is needed for.
fn page(out: &mut Writer<'_>, step: &Step) {
    let target = step.target.clone().unwrap_or_default();
    let text = step.value.as_ref().map(plain).unwrap_or_default();
    let either = if target.is_empty() { text.clone() } else { target.clone() };
    let value = js::step_value(step);
    let line = match step.action {
        Action::Goto => format!("cy.visit({});", js::address(&either)),
        Action::Reload => "cy.reload();".to_owned(),
        Action::GoBack => "cy.go('back');".to_owned(),
        Action::GoForward => "cy.go('forward');".to_owned(),
        Action::Wait if target.is_empty() => format!("cy.wait({});", crate::text::millis(&text).unwrap_or(1000)),
        Action::Wait | Action::WaitForSelector => {
            let state = step.options.get("state").map(plain).unwrap_or_default();
            let wanted = match state.as_str() {
                "hidden" => "not.be.visible",
                "attached" => "exist",
                "detached" => "not.exist",
                _ => "be.visible",
            };
            format!("{}.should('{wanted}');", query(out, &target, step.frame.as_deref()))
        }
        Action::WaitForUrl => format!("cy.url().should('match', {});", js::pattern(&either)),
        Action::WaitForLoadState => "cy.document().its('readyState').should('eq', 'complete');".to_owned(),
        Action::WaitForFunction => format!("cy.window().should((window) => {{ expect(window.eval({})).to.be.ok; }});", js::text(&either)),
        Action::Screenshot => format!("cy.screenshot({{ capture: '{}' }});", if text == "full" { "fullPage" } else { "viewport" }),
        Action::SetVariable => {
            return assign(out, step, &format!("cy.wrap({})", step.value.as_ref().map_or_else(|| "null".to_owned(), js::value)));
        }
        Action::Evaluate => return assign(out, step, &format!("cy.window().then((window) => window.eval({}))", js::text(&either))),
        Action::Extract => {
            let at = query(out, if target.is_empty() { "css=body" } else { &target }, step.frame.as_deref());
            let read = match (text.as_str(), text.split_once(':')) {
                ("url", _) => "cy.url()".to_owned(),
                ("title", _) => "cy.title()".to_owned(),
                ("value", _) => format!("{at}.invoke('val')"),
                ("count", _) => format!("{at}.its('length')"),
                ("json", _) => format!("{at}.invoke('text').then(JSON.parse)"),
                (_, Some(("attribute" | "attr", name))) => format!("{at}.invoke('attr', {})", js::string(name)),
                _ => format!("{at}.invoke('text').invoke('trim')"),
            };
            return assign(out, step, &read);
        }
        Action::SetViewport => match step.value.as_ref().and_then(crate::text::size) {
            Some((width, height)) => format!("cy.viewport({width}, {height});"),
            None => return out.missing("set_viewport without a size"),
        },
        Action::ClearStorage => "cy.clearCookies(); cy.clearLocalStorage();".to_owned(),
        Action::AcceptDialog if step.value.is_some() => {
            format!("cy.window().then((window) => cy.stub(window, 'prompt').returns({value}));")
        }
        Action::AcceptDialog => "cy.once('window:confirm', () => true);".to_owned(),
        Action::DismissDialog => "cy.once('window:confirm', () => false);".to_owned(),
        Action::MockRoute => {
            let body = requests::body(step).cloned().unwrap_or_default();
            let answer = match requests::status(step) {
                None => "{ forceNetworkError: true }".to_owned(),
                Some(status) => format!("{{ statusCode: {status}, body: {} }}", js::value(&body)),
            };
            format!("cy.intercept({{ url: {} }}, {answer});", js::pattern(&target))
        }
        Action::ApiRequest => {
            let method = requests::method(step);
            let data = requests::body(step).map(|body| format!(", body: {}", js::value(body))).unwrap_or_default();
            let call =
                format!("cy.request({{ method: {}, url: {}, failOnStatusCode: false{data} }})", js::string(&method), js::address(&target));
            return assign(out, step, &call);
        }
        other => return out.missing(&format!("{other} {either}")),
    };
    put(out, step, line);
}

/// Expressions with variables are evaluated when the commands before have run.
fn late(out: &mut Writer<'_>, line: String) {
    out.line(&if line.contains("vars[") || line.contains("elements.") { format!("cy.then(() => {{ {line} }});") } else { line });
}

fn put(out: &mut Writer<'_>, step: &Step, line: String) {
    late(out, line);
    if let Some(pause) = step.wait_after_ms {
        out.line(&format!("cy.wait({pause});"));
    }
}

fn assign(out: &mut Writer<'_>, step: &Step, value: &str) {
    match &step.save_as {
        Some(name) => out.line(&format!("cy.then(() => {{ {value}.then((found) => {{ vars[{}] = found; }}); }});", js::string(name))),
        None => out.line(&format!("{value};")),
    }
}

/// A key in the words of `type`.
fn key(chord: &str) -> Option<String> {
    let mut keys: Vec<&str> = chord.split('+').collect();
    let last = keys.pop()?;
    let modifiers: Option<Vec<&str>> = keys
        .iter()
        .map(|key| match *key {
            "Control" | "Ctrl" | "ControlOrMeta" => Some("{ctrl}"),
            "Shift" => Some("{shift}"),
            "Alt" => Some("{alt}"),
            "Meta" | "Command" => Some("{meta}"),
            _ => None,
        })
        .collect();
    let named = match last {
        "Enter" => "{enter}",
        "Escape" => "{esc}",
        "Backspace" => "{backspace}",
        "Delete" => "{del}",
        "ArrowUp" => "{upArrow}",
        "ArrowDown" => "{downArrow}",
        "ArrowLeft" => "{leftArrow}",
        "ArrowRight" => "{rightArrow}",
        "Home" => "{home}",
        "End" => "{end}",
        "PageUp" => "{pageUp}",
        "PageDown" => "{pageDown}",
        key if key.chars().count() == 1 => key,
        _ => return None,
    };
    Some(format!("{}{named}", modifiers?.concat()))
}

fn claim(out: &mut Writer<'_>, assertion: &Assertion) {
    let expected = assertion.expected.as_ref().map(plain).unwrap_or_default();
    let text = js::text(&expected);
    let not = if assertion.not { "not." } else { "" };
    let at = query(out, assertion.target.as_deref().unwrap_or("css=body"), assertion.frame.as_deref());
    let should = |subject: &str, chainer: &str, argument: &str| {
        let argument = if argument.is_empty() { String::new() } else { format!(", {argument}") };
        let chainer = format!("{not}{chainer}").replace("not.not.", "");
        format!("{subject}.should('{chainer}'{argument});")
    };
    let named = || {
        let (name, value) = requests::named(&expected);
        format!("{}, {}", js::text(name), js::text(value))
    };
    let line = match assertion.claim {
        Claim::ElementVisible => should(&at, "be.visible", ""),
        // What is absent is hidden too.
        Claim::ElementHidden => format!(
            "{at}.should(($all) => {{ expect($all.filter(':visible')).to.have.length({}); }});",
            if assertion.not { "above(0)" } else { "0" }
        )
        .replace("length(above(0))", "length.above(0)"),
        Claim::ElementExists => should(&at, "exist", ""),
        Claim::ElementNotExists => should(&at, "not.exist", ""),
        Claim::TextContains => format!("{at}.invoke('text').then((found) => found.replace(/\\s+/g, ' ')).should('{not}contain', {text});"),
        Claim::TextEquals => {
            format!("{at}.should(($all) => {{ expect($all.text().replace(/\\s+/g, ' ').trim()).to.{not}equal({text}); }});")
        }
        Claim::TextMatches => should(&format!("{at}.invoke('text')"), "match", &js::regex(&expected)),
        Claim::UrlContains => should("cy.url()", "include", &text),
        Claim::UrlEquals => should("cy.url()", "eq", &js::address(&expected)),
        Claim::UrlMatches => should("cy.url()", "match", &js::regex(&expected)),
        Claim::TitleContains => should("cy.title()", "include", &text),
        Claim::TitleEquals => should("cy.title()", "eq", &text),
        Claim::ValueEquals => should(&at, "have.value", &text),
        Claim::Attribute => should(&at, "have.attr", &named()),
        Claim::Css => should(&at, "have.css", &named()),
        Claim::ClassContains => should(&at, "have.class", &text),
        Claim::Enabled => should(&at, "be.enabled", ""),
        Claim::Disabled => should(&at, "be.disabled", ""),
        Claim::Checked => should(&at, "be.checked", ""),
        Claim::Unchecked => should(&at, "not.be.checked", ""),
        Claim::Focused => should(&at, "be.focused", ""),
        Claim::Count => match comparison(&expected) {
            Some(("==" | "=", count)) => should(&at, "have.length", &count.to_string()),
            Some((operator, count)) => should(
                &at,
                match operator {
                    ">" => "have.length.above",
                    ">=" => "have.length.at.least",
                    "<" => "have.length.below",
                    "<=" => "have.length.at.most",
                    _ => "not.have.length",
                },
                &count.to_string(),
            ),
            None => return out.missing(&format!("count {expected}")),
        },
        claim => return out.missing(&format!("{} {expected}", claim.name())),
    };
    late(out, line);
}
