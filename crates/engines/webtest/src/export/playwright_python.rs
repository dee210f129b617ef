//! Playwright in Python, as functions of pytest that start their own browser.

use super::expression;
use super::playwright_locators::PYTHON as LOCATORS;
use super::python as py;
use super::requests;
use super::writer::{Writer, fails, leaves_frames};
use crate::plan::{Action, Assertion, Claim, Plan, Step};
use crate::text::{comparison, plain};

/// Whether a claim holds now: each has a limit of its own that is over at once.
const NOW: &str = "
def is_true_now(claim):
    try:
        claim()
        return True
    except AssertionError:
        return False
";

pub(crate) fn write(out: &mut Writer<'_>, plan: &Plan) {
    (out.indent, out.comment) = (4, "#");
    for line in [
        "import json",
        "import os",
        "import re",
        "import time",
        "import uuid",
        "from urllib.parse import urljoin",
        "",
        "from playwright.sync_api import expect, sync_playwright",
        "",
    ] {
        out.line(line);
    }
    py::imported(out, plan);
    py::declare(out, plan);
    py::judges(out, plan, NOW);
    out.line("");
    out.line("");
    out.elements_here(py::manner("page"));
    py::opened(out, plan);
    out.line("with sync_playwright() as playwright:");
    out.depth += 1;
    out.line("browser = playwright.chromium.launch(executable_path=os.environ.get(\"CHROMIUM_PATH\"))");
    out.line("context = browser.new_context()");
    out.line("page = context.new_page()");
    py::body(out, plan, "browser.close()", step, claim);
    py::place_elements(out, "page");
}

/// An element as a locator.
fn located(out: &mut Writer<'_>, selector: &str, frame: Option<&str>) -> String {
    let code = LOCATORS.locator(&out.scope, selector, frame);
    out.element(selector, code)
}

fn step(out: &mut Writer<'_>, step: &Step) {
    out.title(step);
    py::conditional(out, step, claim, |out| {
        py::guarded(out, fails(step, true), |out| {
            out.claim_or(step, claim, |out, step| match step.target {
                Some(_) if step.action.acts_on_element() => element(out, step),
                _ => page(out, step),
            });
        });
        if let Some(pause) = step.wait_after_ms {
            out.line(&format!("page.wait_for_timeout({pause})"));
        }
    });
}

fn element(out: &mut Writer<'_>, step: &Step) {
    let at = located(out, step.target.as_deref().unwrap_or_default(), step.frame.as_deref());
    let value = py::step_value(step);
    let timeout = step.timeout_ms.map(|ms| format!("timeout={ms}")).unwrap_or_default();
    let with = |argument: &str| if timeout.is_empty() { argument.to_owned() } else { format!("{argument}, {timeout}") };
    let call = match step.action {
        Action::Click | Action::Tap => format!("click({timeout})"),
        Action::DoubleClick => format!("dblclick({timeout})"),
        Action::RightClick => "click(button=\"right\")".to_owned(),
        Action::Hover => format!("hover({timeout})"),
        Action::Focus => "focus()".to_owned(),
        Action::Blur => "blur()".to_owned(),
        Action::Fill => format!("fill({})", with(&value)),
        Action::Type => format!("press_sequentially({value})"),
        Action::Clear => "clear()".to_owned(),
        Action::Check => format!("check({timeout})"),
        Action::Uncheck => format!("uncheck({timeout})"),
        Action::PressKey => format!("press({value})"),
        Action::Select => match requests::index(step) {
            Some(index) => format!("select_option(index={index})"),
            None => format!("select_option({})", step.value.as_ref().map_or_else(|| "\"\"".to_owned(), py::value)),
        },
        Action::Scroll if step.value.is_none() => "scroll_into_view_if_needed()".to_owned(),
        Action::Scroll => match super::playwright::scroll(step) {
            Some((x, y)) => format!("evaluate(\"(element) => element.scrollBy({x}, {y})\")"),
            None => return out.missing(&format!("{}: scroll by {value}", step.title())),
        },
        Action::Drag => {
            format!("drag_to({})", located(out, &step.value.as_ref().map(plain).unwrap_or_default(), step.frame.as_deref()))
        }
        Action::Upload => format!("set_input_files({})", step.value.as_ref().map_or_else(|| "[]".to_owned(), py::value)),
        Action::Download => {
            out.line("with page.expect_download() as download:");
            out.depth += 1;
            out.line(&format!("{at}.click()"));
            out.depth -= 1;
            return out.line("download.value.path()");
        }
        other => return out.missing(&format!("{other} on an element")),
    };
    out.line(&format!("{at}.{call}"));
}

fn page(out: &mut Writer<'_>, step: &Step) {
    let target = step.target.clone().unwrap_or_default();
    let either = if target.is_empty() { step.value.as_ref().map(plain).unwrap_or_default() } else { target.clone() };
    let value = py::step_value(step);
    if leaves_frames(step.action) {
        out.leave_all();
    }
    let line = match step.action {
        Action::Goto => format!("page.goto({})", py::address(&either)),
        Action::Reload => "page.reload()".to_owned(),
        Action::GoBack => "page.go_back()".to_owned(),
        Action::GoForward => "page.go_forward()".to_owned(),
        Action::Type => format!("page.keyboard.type({value})"),
        Action::PressKey => format!("page.keyboard.press({value})"),
        Action::Scroll => match super::playwright::scroll(step) {
            Some((x, y)) => format!("page.evaluate(\"() => window.scrollBy({x}, {y})\")"),
            None => return out.missing(&format!("scroll by {value}")),
        },
        Action::Wait if target.is_empty() => {
            format!("page.wait_for_timeout({})", crate::text::millis(&step.value.as_ref().map(plain).unwrap_or_default()).unwrap_or(1000))
        }
        Action::Wait | Action::WaitForSelector => {
            let state = step.options.get("state").map_or_else(|| "\"visible\"".to_owned(), py::value);
            format!("{}.wait_for(state={state})", located(out, &target, step.frame.as_deref()))
        }
        Action::WaitForUrl => format!("page.wait_for_url({})", py::pattern(&either)),
        Action::WaitForLoadState => format!("page.wait_for_load_state({})", py::text(if either.is_empty() { "load" } else { &either })),
        Action::WaitForFunction => format!("page.wait_for_function({})", py::text(&either)),
        Action::Screenshot if !target.is_empty() => {
            format!("{}.screenshot()", located(out, &target, step.frame.as_deref()))
        }
        Action::Screenshot => format!("page.screenshot(full_page={})", if either == "full" { "True" } else { "False" }),
        Action::SetVariable => saved(step, &step.value.as_ref().map_or_else(|| "None".to_owned(), py::value)),
        Action::Evaluate => saved(step, &format!("page.evaluate({})", py::text(&either))),
        Action::Extract => {
            let at = located(out, if target.is_empty() { "css=body" } else { &target }, step.frame.as_deref());
            let what = step.value.as_ref().map(plain).unwrap_or_default();
            let read = match (what.as_str(), what.split_once(':')) {
                ("url", _) => "page.url".to_owned(),
                ("title", _) => "page.title()".to_owned(),
                ("value", _) => format!("{at}.input_value()"),
                ("count", _) => format!("{at}.count()"),
                ("json", _) => format!("json.loads({at}.inner_text())"),
                (_, Some(("attribute" | "attr", name))) => format!("{at}.get_attribute({})", py::string(name)),
                _ => format!("{at}.inner_text().strip()"),
            };
            saved(step, &read)
        }
        Action::NewTab if either.is_empty() => "page = context.new_page()".to_owned(),
        Action::NewTab => {
            out.line("page = context.new_page()");
            format!("page.goto({})", py::address(&either))
        }
        Action::SwitchTab => format!("page = context.pages[{}]", either.parse::<i32>().unwrap_or(if either == "first" { 0 } else { -1 })),
        Action::CloseTab => {
            out.line("page.close()");
            "page = context.pages[-1]".to_owned()
        }
        Action::SwitchFrame => {
            match either.as_str() {
                "" | "main" | "top" | "default" => {
                    out.leave_all();
                }
                "parent" => out.leave(),
                frame => out.enter(LOCATORS.frames(out.scope.clone(), frame)),
            }
            return;
        }
        Action::SetViewport => match step.value.as_ref().and_then(crate::text::size) {
            Some((width, height)) => format!("page.set_viewport_size({{\"width\": {width}, \"height\": {height}}})"),
            None => return out.missing("set_viewport without a size"),
        },
        Action::ClearStorage => "context.clear_cookies()".to_owned(),
        Action::AcceptDialog => {
            format!("page.once(\"dialog\", lambda dialog: dialog.accept({}))", if step.value.is_some() { value } else { String::new() })
        }
        Action::DismissDialog => "page.once(\"dialog\", lambda dialog: dialog.dismiss())".to_owned(),
        Action::SetHeaders => format!("context.set_extra_http_headers({})", step.value.as_ref().map_or_else(|| "{}".to_owned(), py::value)),
        Action::MockRoute => {
            let body = requests::body(step).cloned().unwrap_or_default();
            let content = if body.is_string() { format!("body={}", py::value(&body)) } else { format!("json={}", py::value(&body)) };
            let answer = match requests::status(step) {
                None => "route.abort()".to_owned(),
                Some(status) => format!("route.fulfill(status={status}, {content})"),
            };
            format!("context.route({}, lambda route: {answer})", py::pattern(&target))
        }
        Action::ApiRequest => {
            let method = requests::method(step);
            let data = requests::body(step).map(|body| format!(", data={}", py::value(body))).unwrap_or_default();
            out.line(&format!("answer = context.request.fetch({}, method={}{data})", py::address(&target), py::string(&method)));
            saved(step, "{\"status\": answer.status, \"body\": answer.text()}")
        }
        other => return out.missing(&format!("{other} {either}")),
    };
    out.line(&line);
}

fn saved(step: &Step, value: &str) -> String {
    step.save_as.as_ref().map_or_else(|| value.to_owned(), |name| format!("VARS[{}] = {value}", py::string(name)))
}

fn claim(out: &mut Writer<'_>, assertion: &Assertion) {
    let expected = assertion.expected.as_ref().map(plain).unwrap_or_default();
    let text = py::text(&expected);
    let at = located(out, assertion.target.as_deref().unwrap_or("css=body"), assertion.frame.as_deref());
    let named = || {
        let (name, value) = requests::named(&expected);
        format!("{}, {}", py::text(name), py::text(value))
    };
    let part = || py::regexp(&expression::literal(&expected));
    let (subject, name, argument) = match assertion.claim {
        Claim::ElementVisible => (at, "to_be_visible", String::new()),
        Claim::ElementHidden => (at, "to_be_hidden", String::new()),
        Claim::ElementExists => (at, "not_to_have_count", "0".to_owned()),
        Claim::ElementNotExists => (at, "to_have_count", "0".to_owned()),
        Claim::TextContains => (at, "to_contain_text", text),
        Claim::TextEquals => (at, "to_have_text", text),
        Claim::TextMatches => (at, "to_have_text", py::regex(&expected)),
        Claim::UrlContains => ("page".to_owned(), "to_have_url", part()),
        Claim::UrlEquals => ("page".to_owned(), "to_have_url", py::address(&expected)),
        Claim::UrlMatches => ("page".to_owned(), "to_have_url", py::regex(&expected)),
        Claim::TitleContains => ("page".to_owned(), "to_have_title", part()),
        Claim::TitleEquals => ("page".to_owned(), "to_have_title", text),
        Claim::ValueEquals => (at, "to_have_value", text),
        Claim::Attribute => (at, "to_have_attribute", named()),
        Claim::Css => (at, "to_have_css", named()),
        Claim::ClassContains => (at, "to_have_class", py::regexp(&expression::classes(&expected))),
        Claim::Enabled => (at, "to_be_enabled", String::new()),
        Claim::Disabled => (at, "to_be_disabled", String::new()),
        Claim::Checked => (at, "to_be_checked", String::new()),
        Claim::Unchecked => (at, "not_to_be_checked", String::new()),
        Claim::Focused => (at, "to_be_focused", String::new()),
        Claim::Editable => (at, "to_be_editable", String::new()),
        Claim::Count => match comparison(&expected) {
            Some(("==" | "=", count)) => (at, "to_have_count", count.to_string()),
            Some((operator, count)) => {
                let operator = if operator == "=" { "==" } else { operator };
                return out.line(&format!("assert {}({at}.count() {operator} {count})", if assertion.not { "not " } else { "" }));
            }
            None => return out.missing(&format!("count {expected}")),
        },
        claim => return out.missing(&format!("{} {expected}", claim.name())),
    };
    let name = match (name.strip_prefix("not_"), assertion.not) {
        (Some(name), true) => name.to_owned(),
        (None, true) => format!("not_{name}"),
        (_, false) => name.to_owned(),
    };
    let limit = assertion.timeout_ms.map(|ms| format!("timeout={ms}")).unwrap_or_default();
    let arguments: Vec<_> = [argument, limit].into_iter().filter(|argument| !argument.is_empty()).collect();
    out.line(&format!("expect({subject}).{name}({})", arguments.join(", ")));
}
