//! Playwright in TypeScript and JavaScript.

use std::cell::Cell;

use super::javascript as js;
use super::playwright_claims::claim;
use super::playwright_locators::SCRIPT as LOCATORS;
use super::requests;
use super::writer::{Writer, fails, leaves_frames};
use crate::plan::{Action, Plan, Step};
use crate::text::plain;

/// Whether a claim holds now: each has a limit of its own that is over at once.
const NOW: &str = "const isTrueNow = (claim) => claim().then(() => true, () => false);";
const NOW_TYPED: &str = "const isTrueNow = (claim: () => Promise<unknown>) => claim().then(() => true, () => false);";

pub(crate) fn write(out: &mut Writer<'_>, plan: &Plan, types: bool) {
    out.line(match (types, out.options.page_object) {
        (true, true) => "import { test, expect, type Page } from '@playwright/test';",
        (true, false) => "import { test, expect } from '@playwright/test';",
        (false, _) => "const { test, expect } = require('@playwright/test');",
    });
    out.line("");
    js::declare(out, plan, types, |name| format!("process.env.{name}"));
    js::judges(out, plan, types, if types { NOW_TYPED } else { NOW });
    out.line("");
    out.elements_here(js::manner("page"));
    let looped = js::opened(out, plan, &plan.name, |name| format!("test({name}, async ({{ page: first, context, request }}) => {{"));
    out.line("let page = first;");
    // What is waited for may be there already: as the runner does, what came since the last step that is no wait began counts.
    let answered = answered(plan);
    let waits = plan.setup.iter().chain(&plan.steps).chain(&plan.teardown).any(|step| step.action == Action::WaitForResponse);
    if waits {
        out.line(&format!("const answers{} = [];", if types { ": string[]" } else { "" }));
        out.line("context.on('response', (answer) => answers.push(answer.url()));");
    }
    let written = Cell::new(0);
    let each = |out: &mut Writer<'_>, one: &Step| {
        if answered.contains(&written.replace(written.get() + 1)) {
            out.line("answers.length = 0;");
        }
        step(out, one);
    };
    js::body(out, plan, (types, false), each, claim);
    js::closed(out, looped, "});");
    js::place_elements(out, if types { "page: Page" } else { "page" });
}

/// An element as a locator.
pub(super) fn located(out: &mut Writer<'_>, selector: &str, frame: Option<&str>) -> String {
    let code = LOCATORS.locator(&out.scope, selector, frame);
    out.element(selector, code)
}

/// Which steps, counted through setup, steps and teardown, an answer may have come to that is waited for after them. A wait asks
/// for nothing itself: what came before it still counts for the next one.
fn answered(plan: &Plan) -> Vec<usize> {
    let waits: Vec<bool> =
        plan.setup.iter().chain(&plan.steps).chain(&plan.teardown).map(|step| step.action == Action::WaitForResponse).collect();
    waits.windows(2).enumerate().filter_map(|(at, two)| (two == [false, true]).then_some(at)).collect()
}

fn step(out: &mut Writer<'_>, step: &Step) {
    out.title(step);
    js::conditional(out, step, claim, |out| {
        js::guarded(out, fails(step, false), |out| {
            out.claim_or(step, claim, |out, step| match step.target {
                Some(_) if step.action.acts_on_element() => element(out, step),
                _ => page(out, step),
            });
        });
        if let Some(pause) = step.wait_after_ms {
            out.line(&format!("await page.waitForTimeout({pause});"));
        }
    });
}

fn element(out: &mut Writer<'_>, step: &Step) {
    let target = step.target.as_deref().unwrap_or_default();
    let at = located(out, target, step.frame.as_deref());
    let timeout = step.timeout_ms.map(|ms| format!("timeout: {ms}"));
    let force = step.options.get("force").and_then(serde_json::Value::as_bool).unwrap_or(false).then(|| "force: true".to_owned());
    let options: Vec<String> = timeout.into_iter().chain(force).collect();
    let options = if options.is_empty() { String::new() } else { format!("{{ {} }}", options.join(", ")) };
    let with = |argument: &str| if options.is_empty() { argument.to_owned() } else { format!("{argument}, {options}") };
    let value = js::step_value(step);
    let call = match step.action {
        Action::Click => format!("click({options})"),
        Action::DoubleClick => format!("dblclick({options})"),
        Action::RightClick => "click({ button: 'right' })".to_owned(),
        Action::Hover => format!("hover({options})"),
        // A context without touch taps nothing.
        Action::Tap => format!("click({options})"),
        Action::Focus => "focus()".to_owned(),
        Action::Blur => "blur()".to_owned(),
        Action::Fill => format!("fill({})", with(&value)),
        Action::Type => format!("pressSequentially({value})"),
        Action::Clear => "clear()".to_owned(),
        Action::Check => format!("check({options})"),
        Action::Uncheck => format!("uncheck({options})"),
        Action::PressKey => format!("press({value})"),
        Action::Select => match requests::index(step) {
            Some(index) => format!("selectOption({{ index: {index} }})"),
            None => format!("selectOption({})", step.value.as_ref().map_or_else(|| "''".to_owned(), js::value)),
        },
        Action::Scroll if step.value.is_none() => "scrollIntoViewIfNeeded()".to_owned(),
        Action::Scroll => match scroll(step) {
            Some((x, y)) => format!("evaluate((element) => element.scrollBy({x}, {y}))"),
            None => return out.missing(&format!("{}: scroll by {value}", step.title())),
        },
        Action::Drag => {
            let to = step.value.as_ref().map(plain).unwrap_or_default();
            format!("dragTo({})", located(out, &to, step.frame.as_deref()))
        }
        Action::Upload => format!("setInputFiles({})", step.value.as_ref().map_or_else(|| "[]".to_owned(), js::value)),
        Action::Download => {
            let name = out.name("download");
            out.line(&format!("const [{name}] = await Promise.all([page.waitForEvent('download'), {at}.click()]);"));
            return out.line(&format!("await {name}.path();"));
        }
        other => return out.missing(&format!("{other} on an element")),
    };
    out.line(&format!("await {at}.{call};"));
}

/// How far a step scrolls.
pub(crate) fn scroll(step: &Step) -> Option<(String, String)> {
    let text = step.value.as_ref().map(plain).unwrap_or_default();
    let fixed = |x: &str, y: &str| Some((x.to_owned(), y.to_owned()));
    match text.as_str() {
        "up" => fixed("0", "-300"),
        "" | "down" => fixed("0", "300"),
        "left" => fixed("-300", "0"),
        "right" => fixed("300", "0"),
        "top" => fixed("0", "-1e7"),
        "bottom" => fixed("0", "1e7"),
        other => {
            let (x, y) = other.split_once(',').unwrap_or(("0", other));
            let (x, y): (f64, f64) = (x.trim().parse().ok()?, y.trim().parse().ok()?);
            (x.is_finite() && y.is_finite()).then(|| (x.to_string(), y.to_string()))
        }
    }
}

fn page(out: &mut Writer<'_>, step: &Step) {
    let target = step.target.clone().unwrap_or_default();
    let either = if target.is_empty() { step.value.as_ref().map(plain).unwrap_or_default() } else { target.clone() };
    let value = js::step_value(step);
    if leaves_frames(step.action) {
        out.leave_all();
    }
    let line = match step.action {
        Action::Goto => {
            let until = step.options.get("wait_until").map(|until| format!(", {{ waitUntil: {} }}", js::value(until)));
            format!("await page.goto({}{});", js::address(&either), until.unwrap_or_default())
        }
        Action::Reload => "await page.reload();".to_owned(),
        Action::GoBack => "await page.goBack();".to_owned(),
        Action::GoForward => "await page.goForward();".to_owned(),
        Action::Type => format!("await page.keyboard.type({value});"),
        Action::PressKey => format!("await page.keyboard.press({value});"),
        Action::Scroll => match scroll(step) {
            Some((x, y)) => format!("await page.evaluate(() => window.scrollBy({x}, {y}));"),
            None => return out.missing(&format!("scroll by {value}")),
        },
        Action::Wait if target.is_empty() => {
            let text = step.value.as_ref().map(plain).unwrap_or_default();
            format!("await page.waitForTimeout({});", crate::text::millis(&text).unwrap_or(1000))
        }
        Action::Wait | Action::WaitForSelector => {
            let state = step.options.get("state").map_or_else(|| "'visible'".to_owned(), js::value);
            let limit = step.timeout_ms.map(|ms| format!(", timeout: {ms}")).unwrap_or_default();
            format!("await {}.waitFor({{ state: {state}{limit} }});", located(out, &target, step.frame.as_deref()))
        }
        Action::WaitForUrl => format!("await page.waitForURL({});", js::pattern(&either)),
        Action::WaitForLoadState => format!("await page.waitForLoadState({});", js::text(if either.is_empty() { "load" } else { &either })),
        Action::WaitForResponse => {
            let limit = step.timeout_ms.unwrap_or(30_000);
            format!(
                "await expect.poll(() => answers.some((url) => {}.test(url)), {{ timeout: {limit} }}).toBe(true);",
                js::pattern(&either)
            )
        }
        Action::WaitForFunction => format!("await page.waitForFunction({});", js::text(&either)),
        Action::Screenshot if !target.is_empty() => {
            format!("await {}.screenshot({{ path: {} }});", located(out, &target, step.frame.as_deref()), js::string(&picture(step)))
        }
        Action::Screenshot => format!("await page.screenshot({{ path: {}, fullPage: {} }});", js::string(&picture(step)), either == "full"),
        Action::SetVariable => match (&step.save_as, &step.value) {
            (Some(name), Some(value)) => format!("vars[{}] = {};", js::string(name), js::value(value)),
            _ => return,
        },
        Action::Extract => return extract(out, step, &target),
        Action::Evaluate => saved(step, &format!("await page.evaluate({})", js::text(&either))),
        Action::NewTab => {
            out.line("page = await context.newPage();");
            if either.is_empty() { return } else { format!("await page.goto({});", js::address(&either)) }
        }
        Action::SwitchTab => match either.parse::<usize>() {
            Ok(index) => format!("page = context.pages()[{index}];"),
            Err(_) if either == "first" => "page = context.pages()[0];".to_owned(),
            Err(_) => "await expect.poll(() => context.pages().length).toBeGreaterThan(1); page = context.pages().at(-1);".to_owned(),
        },
        Action::CloseTab => "await page.close(); page = context.pages().at(-1);".to_owned(),
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
        _ => return surroundings(out, step),
    };
    out.line(&line);
}

/// What is around a page: its size, cookies, dialogs, requests.
fn surroundings(out: &mut Writer<'_>, step: &Step) {
    let target = step.target.clone().unwrap_or_default();
    let either = if target.is_empty() { step.value.as_ref().map(plain).unwrap_or_default() } else { target.clone() };
    let value = js::step_value(step);
    let line = match step.action {
        Action::SetViewport => {
            match step.value.as_ref().and_then(crate::text::size).or_else(|| crate::text::size(&step.options.clone().into())) {
                Some((width, height)) => format!("await page.setViewportSize({{ width: {width}, height: {height} }});"),
                None => return out.missing("set_viewport without a size"),
            }
        }
        Action::SetCookie => match &step.value {
            Some(serde_json::Value::Object(fields)) => {
                let mut fields = fields.clone();
                if !fields.contains_key("domain") && !fields.contains_key("url") {
                    fields.insert("url".to_owned(), "{{base_url}}".into());
                }
                format!("await context.addCookies([{}]);", js::value(&fields.into()).replace("String(vars[\"base_url\"])", "baseUrl"))
            }
            _ => return out.missing("set_cookie without name and value"),
        },
        Action::ClearStorage => {
            "await context.clearCookies(); await page.evaluate(() => { localStorage.clear(); sessionStorage.clear(); });".to_owned()
        }
        Action::AcceptDialog => {
            let answer = if step.value.is_some() { value } else { String::new() };
            format!("page.once('dialog', (dialog) => dialog.accept({answer}));")
        }
        Action::DismissDialog => "page.once('dialog', (dialog) => dialog.dismiss());".to_owned(),
        Action::SetHeaders => {
            format!("await context.setExtraHTTPHeaders({});", step.value.as_ref().map_or_else(|| "{}".to_owned(), js::value))
        }
        Action::MockRoute => {
            let body = requests::body(step).cloned().unwrap_or_default();
            let content = if body.is_string() { format!("body: {}", js::value(&body)) } else { format!("json: {}", js::value(&body)) };
            let answer = match requests::status(step) {
                None => "route.abort()".to_owned(),
                Some(status) => format!("route.fulfill({{ status: {status}, {content} }})"),
            };
            format!("await context.route({}, (route) => {answer});", js::pattern(&target))
        }
        Action::ApiRequest => {
            let method = requests::method(step);
            let data = requests::body(step).map(|body| format!(", data: {}", js::value(body))).unwrap_or_default();
            let name = out.name("answer");
            out.line(&format!(
                "const {name} = await request.fetch({}, {{ method: {}{data} }});",
                js::address(&target),
                js::string(&method)
            ));
            saved(step, &format!("{{ status: {name}.status(), body: await {name}.text(), json: await {name}.json().catch(() => null) }}"))
        }
        other => return out.missing(&format!("{other} {either}")),
    };
    out.line(&line);
}

fn picture(step: &Step) -> String {
    format!("{}.png", super::words::snake(&step.title()))
}

fn saved(step: &Step, value: &str) -> String {
    match &step.save_as {
        Some(name) => format!("vars[{}] = {value};", js::string(name)),
        None if value.starts_with('{') => format!("void ({value});"),
        None => format!("{value};"),
    }
}

fn extract(out: &mut Writer<'_>, step: &Step, target: &str) {
    let what = step.value.as_ref().map(plain).unwrap_or_default();
    let at = located(out, if target.is_empty() { "css=body" } else { target }, step.frame.as_deref());
    let value = match what.as_str() {
        "url" => "page.url()".to_owned(),
        "title" => "await page.title()".to_owned(),
        "value" => format!("await {at}.inputValue()"),
        "count" => format!("await {at}.count()"),
        "json" => format!("JSON.parse(await {at}.innerText())"),
        other => match other.split_once(':') {
            Some(("attribute" | "attr", name)) => format!("await {at}.getAttribute({})", js::string(name)),
            _ => format!("(await {at}.innerText()).trim()"),
        },
    };
    out.line(&saved(step, &value));
}
