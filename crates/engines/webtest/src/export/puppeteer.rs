//! Puppeteer with Jest in TypeScript and JavaScript. A few functions at the top of each file wait for an element and for a
//! condition, as the test itself would.

use super::javascript as js;
use super::requests;
use super::steps::{Turn, way_in};
use super::writer::{Writer, fails, leaves_frames};
use crate::plan::{Action, Assertion, Claim, Plan, Step};
use crate::text::{comparison, plain};

const HELPERS: &str = r"
let limit = 10000;

async function all(way) {
  let found = [await (frame ?? page).evaluateHandle(() => document)];
  for (const [kind, what] of way) {
    const next = [];
    for (const root of found) {
      if (kind === 'css') next.push(...(await root.$$(what)));
      else if (kind === 'xpath') next.push(...(await root.$$(`::-p-xpath(${what})`)));
      else if (kind === 'text') { if (await root.evaluate((e, text) => e.textContent.replace(/\s+/g, ' ').toLowerCase().includes(text.replace(/\s+/g, ' ').trim().toLowerCase()), what)) next.push(root); }
      else if (kind === 'visible') { if (await root.isVisible()) next.push(root); }
      else if (kind === 'frame') for (const element of await root.$$(what)) next.push(await (await element.contentFrame()).evaluateHandle(() => document));
    }
    found = kind === 'nth' ? [found.at(what)].filter(Boolean) : next;
  }
  return found;
}

async function until(what, look) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await Promise.resolve().then(look).catch(() => null);
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const one = (way) => until(`element ${JSON.stringify(way)}`, async () => {
  for (const element of await all(way)) if (await element.isVisible()) return element;
  return null;
});
const any = (way) => until(`element ${JSON.stringify(way)}`, async () => (await all(way))[0]);
const textOf = async (way) => (await (await any(way)).evaluate((e) => e.innerText ?? e.textContent)).replace(/\s+/g, ' ').trim();
const read = async (way, what) => (await any(way)).evaluate((e, name) => e[name], what);

async function fill(way, value) {
  const field = await one(way);
  const kind = await field.evaluate((e) => e.type ?? '');
  if (/^(date|time|month|week|datetime-local|color|range)$/.test(kind)) {
    await field.evaluate((e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); e.dispatchEvent(new Event('change', { bubbles: true })); }, value);
    return;
  }
  await field.evaluate((e) => { e.focus(); if (e.select) e.select(); else getSelection().selectAllChildren(e); });
  await page.keyboard.press('Backspace');
  await page.keyboard.type(value);
}

async function choose(way, values) {
  await (await one(way)).evaluate((list, wanted) => {
    for (const option of list.options) option.selected = wanted.some((w) => w === option.value || w === option.label || w === `index=${option.index}`);
    list.dispatchEvent(new Event('input', { bubbles: true }));
    list.dispatchEvent(new Event('change', { bubbles: true }));
  }, [].concat(values));
}

async function setChecked(way, wanted) {
  const box = await any(way);
  if ((await box.evaluate((e) => e.checked)) !== wanted) await box.click();
}
";

/// Whether a claim holds now: nobody waits for it.
pub(crate) const NOW: &str = r"
async function isTrueNow(claim) {
  const before = limit;
  limit = 0;
  try { await claim(); return true; } catch { return false; } finally { limit = before; }
}
";

pub(crate) fn write(out: &mut Writer<'_>, plan: &Plan, types: bool) {
    if types {
        out.line("// @ts-nocheck: the helpers below are JavaScript.");
        out.line("import puppeteer from 'puppeteer';");
    } else {
        out.line("const puppeteer = require('puppeteer');");
    }
    out.line("");
    js::declare(out, plan, false, |name| format!("process.env.{name}"));
    out.line("let browser, page, frame;");
    out.line(js::QUOTED);
    out.block(HELPERS);
    js::judges(out, plan, false, NOW);
    out.line("");
    out.elements_here(js::manner(""));
    out.line("beforeAll(async () => {");
    out.line("  browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM_PATH, args: process.env.CHROMIUM_ARGS?.split(' ') ?? [] });");
    out.line("  page = await browser.newPage();");
    out.line("});");
    out.line("afterAll(() => browser.close());");
    out.line("");
    let looped = js::opened(out, plan, &plan.name, |name| format!("test({name}, async () => {{"));
    if looped {
        // Nothing of the row before is left.
        out.line("page = await (await browser.createBrowserContext()).newPage();");
        out.line("frame = undefined;");
    }
    js::body(out, plan, (false, true), step, claim);
    js::closed(out, looped, "}, 120000);");
    js::place_elements(out, "");
}

/// The way to an element, or its name in the page object.
fn at(out: &mut Writer<'_>, selector: &str, frame: Option<&str>) -> String {
    let code = path(selector, frame);
    out.element(selector, code)
}

/// The way to an element as a literal.
fn path(selector: &str, frame: Option<&str>) -> String {
    let turns = way_in(selector, frame).into_iter().map(|turn| match turn {
        Turn::Css(css) => format!("['css', {}]", js::text(&css)),
        Turn::Xpath(path) => format!("['xpath', {}]", js::text(&path)),
        Turn::Made(path) => format!("['xpath', {}]", js::made_xpath(&path)),
        Turn::Text(text) => format!("['text', {}]", js::text(&text)),
        Turn::Visible => "['visible']".to_owned(),
        Turn::Nth(index) => format!("['nth', {index}]"),
        Turn::Frame(css) => format!("['frame', {}]", js::text(&css)),
    });
    format!("[{}]", turns.collect::<Vec<_>>().join(", "))
}

fn step(out: &mut Writer<'_>, step: &Step) {
    out.title(step);
    js::conditional(out, step, claim, |out| {
        js::guarded(out, fails(step, true), |out| out.claim_or(step, claim, done));
        if let Some(pause) = step.wait_after_ms {
            out.line(&format!("await new Promise((done) => setTimeout(done, {pause}));"));
        }
    });
}

fn done(out: &mut Writer<'_>, step: &Step) {
    let target = step.target.clone().unwrap_or_default();
    let text = step.value.as_ref().map(plain).unwrap_or_default();
    let either = if target.is_empty() { text.clone() } else { target.clone() };
    let value = js::step_value(step);
    let at = at(out, if target.is_empty() { "css=body" } else { &target }, step.frame.as_deref());
    if leaves_frames(step.action) && out.leave_all() {
        out.line("frame = undefined;");
    }
    let saved =
        |value: &str| step.save_as.as_ref().map_or_else(|| format!("{value};"), |name| format!("vars[{}] = {value};", js::string(name)));
    let line = match step.action {
        Action::Click => format!("await (await one({at})).click();"),
        Action::Tap => format!("await (await one({at})).tap();"),
        Action::DoubleClick => format!("await (await one({at})).click({{ count: 2 }});"),
        Action::RightClick => format!("await (await one({at})).click({{ button: 'right' }});"),
        Action::Hover => format!("await (await one({at})).hover();"),
        Action::Focus => format!("await (await any({at})).focus();"),
        Action::Blur => format!("await (await any({at})).evaluate((e) => e.blur());"),
        Action::Fill => format!("await fill({at}, {value});"),
        Action::Clear => format!("await fill({at}, '');"),
        Action::Type if target.is_empty() => format!("await page.keyboard.type({value});"),
        Action::Type => format!("await (await one({at})).type({value});"),
        Action::PressKey => {
            if !target.is_empty() {
                out.line(&format!("await (await any({at})).focus();"));
            }
            let keys: Vec<&str> = text.split('+').collect();
            let (last, held) = keys.split_last().unwrap_or((&"", &[]));
            for key in held {
                out.line(&format!("await page.keyboard.down({});", js::string(key)));
            }
            out.line(&format!("await page.keyboard.press({});", js::string(last)));
            for key in held {
                out.line(&format!("await page.keyboard.up({});", js::string(key)));
            }
            return;
        }
        Action::Select => format!("await choose({at}, {});", step.value.as_ref().map_or_else(|| "''".to_owned(), js::value)),
        Action::Check => format!("await setChecked({at}, true);"),
        Action::Uncheck => format!("await setChecked({at}, false);"),
        Action::Scroll if step.value.is_none() => format!("await (await any({at})).scrollIntoView();"),
        Action::Scroll => match super::playwright::scroll(step) {
            Some((x, y)) if target.is_empty() => format!("await page.evaluate(() => scrollBy({x}, {y}));"),
            Some((x, y)) => format!("await (await any({at})).evaluate((e) => e.scrollBy({x}, {y}));"),
            None => return out.missing(&format!("scroll by {text}")),
        },
        Action::Drag => format!("await (await one({at})).drop(await one({}));", self::at(out, &text, step.frame.as_deref())),
        Action::Upload => format!("await (await any({at})).uploadFile(...[].concat({}));", step.value.as_ref().map_or_else(|| "[]".to_owned(), js::value)),
        Action::Goto => format!("await page.goto({});", js::address(&either)),
        Action::Reload => "await page.reload();".to_owned(),
        Action::GoBack => "await page.goBack();".to_owned(),
        Action::GoForward => "await page.goForward();".to_owned(),
        Action::Wait if target.is_empty() => format!("await new Promise((done) => setTimeout(done, {}));", crate::text::millis(&text).unwrap_or(1000)),
        Action::Wait | Action::WaitForSelector => match step.options.get("state").map(plain).unwrap_or_default().as_str() {
            "hidden" | "detached" => format!("await until('hidden', async () => !(await Promise.all((await all({at})).map((e) => e.isVisible()))).some(Boolean));"),
            "attached" => format!("await any({at});"),
            _ => format!("await one({at});"),
        },
        Action::WaitForUrl => format!("await until('address', () => {}.test(page.url()));", js::pattern(&either)),
        Action::WaitForLoadState => "await until('load', () => page.evaluate(() => document.readyState === 'complete'));".to_owned(),
        Action::WaitForFunction => format!("await page.waitForFunction({});", js::text(&either)),
        Action::Screenshot => format!("await page.screenshot({{ fullPage: {} }});", text == "full"),
        Action::SetVariable => saved(&step.value.as_ref().map_or_else(|| "null".to_owned(), js::value)),
        Action::Evaluate => saved(&format!("await page.evaluate({})", js::text(&either))),
        Action::Extract => saved(&match (text.as_str(), text.split_once(':')) {
            ("url", _) => "page.url()".to_owned(),
            ("title", _) => "await page.title()".to_owned(),
            ("value", _) => format!("await read({at}, 'value')"),
            ("count", _) => format!("(await all({at})).length"),
            ("json", _) => format!("JSON.parse(await textOf({at}))"),
            (_, Some(("attribute" | "attr", name))) => format!("await (await any({at})).evaluate((e, n) => e.getAttribute(n), {})", js::string(name)),
            _ => format!("await textOf({at})"),
        }),
        Action::NewTab => {
            out.line("page = await browser.newPage();");
            if either.is_empty() { return } else { format!("await page.goto({});", js::address(&either)) }
        }
        Action::SwitchTab => format!("page = await until('tab', async () => (await browser.pages()).at({}));", either.parse::<i32>().unwrap_or(-1)),
        Action::CloseTab => "await page.close(); page = (await browser.pages()).at(-1);".to_owned(),
        Action::SwitchFrame => switch_frame(out, &either),
        Action::SetViewport => match step.value.as_ref().and_then(crate::text::size) {
            Some((width, height)) => format!("await page.setViewport({{ width: {width}, height: {height} }});"),
            None => return out.missing("set_viewport without a size"),
        },
        Action::ClearStorage => "await browser.defaultBrowserContext().deleteCookie(...(await browser.cookies())); await page.evaluate(() => { localStorage.clear(); sessionStorage.clear(); });".to_owned(),
        Action::AcceptDialog => format!("page.once('dialog', (dialog) => dialog.accept({}));", if step.value.is_some() { value } else { String::new() }),
        Action::DismissDialog => "page.once('dialog', (dialog) => dialog.dismiss());".to_owned(),
        Action::SetHeaders => format!("await page.setExtraHTTPHeaders({});", step.value.as_ref().map_or_else(|| "{}".to_owned(), js::value)),
        Action::ApiRequest => {
            let method = requests::method(step);
            let data = requests::body(step).map(|body| format!(", headers: {{ 'content-type': 'application/json' }}, body: JSON.stringify({})", js::value(body))).unwrap_or_default();
            saved(&format!("await fetch({}, {{ method: {}{data} }}).then(async (r) => ({{ status: r.status, body: await r.text() }}))", js::address(&target), js::string(&method)))
        }
        other => return out.missing(&format!("{other} {either}")),
    };
    out.line(&line);
}

fn switch_frame(out: &mut Writer<'_>, to: &str) -> String {
    match to {
        "" | "main" | "top" | "default" => {
            out.leave_all();
            "frame = undefined;".to_owned()
        }
        "parent" => {
            out.leave();
            "frame = frame?.parentFrame() ?? undefined;".to_owned()
        }
        css => {
            out.enter("frame".to_owned());
            format!("frame = await (await any({})).contentFrame();", path(css.trim_start_matches("frame="), None))
        }
    }
}

fn claim(out: &mut Writer<'_>, assertion: &Assertion) {
    let expected = assertion.expected.as_ref().map(plain).unwrap_or_default();
    let text = js::text(&expected);
    let at = at(out, assertion.target.as_deref().unwrap_or("css=body"), assertion.frame.as_deref());
    let collapsed = format!("({text}).replace(/\\s+/g, ' ').trim()");
    let named = || {
        let (name, value) = requests::named(&expected);
        (js::text(name), js::text(value))
    };
    let state = |code: &str| format!("(await any({at})).evaluate((e) => {code})");
    let condition = match assertion.claim {
        Claim::ElementVisible => format!("(await Promise.all((await all({at})).map((e) => e.isVisible()))).some(Boolean)"),
        Claim::ElementHidden => format!("!(await Promise.all((await all({at})).map((e) => e.isVisible()))).some(Boolean)"),
        Claim::ElementExists => format!("(await all({at})).length > 0"),
        Claim::ElementNotExists => format!("(await all({at})).length === 0"),
        Claim::TextContains => format!("(await textOf({at})).includes({collapsed})"),
        Claim::TextEquals => format!("(await textOf({at})) === {collapsed}"),
        Claim::TextMatches => format!("{}.test(await textOf({at}))", js::regex(&expected)),
        Claim::UrlContains => format!("page.url().includes({text})"),
        Claim::UrlEquals => format!("page.url() === {}", js::address(&expected)),
        Claim::UrlMatches => format!("{}.test(page.url())", js::regex(&expected)),
        Claim::TitleContains => format!("(await page.title()).includes({text})"),
        Claim::TitleEquals => format!("(await page.title()) === {text}"),
        Claim::ValueEquals => format!("(await read({at}, 'value')) === {text}"),
        Claim::Attribute => format!("(await (await any({at})).evaluate((e, n) => e.getAttribute(n), {})) === {}", named().0, named().1),
        Claim::Css => format!(
            "(await (await any({at})).evaluate((e, n) => getComputedStyle(e).getPropertyValue(n), {})) === {}",
            named().0,
            named().1
        ),
        Claim::ClassContains => format!("(await (await any({at})).evaluate((e, n) => e.classList.contains(n), {text}))"),
        Claim::Enabled => format!("!(await {})", state("e.matches(':disabled')")),
        Claim::Disabled => format!("await {}", state("e.matches(':disabled')")),
        Claim::Checked => format!("await {}", state("e.checked")),
        Claim::Unchecked => format!("!(await {})", state("e.checked")),
        Claim::Focused => format!("await {}", state("e === document.activeElement")),
        Claim::Editable => format!("!(await {})", state("e.readOnly || e.matches(':disabled')")),
        Claim::Count => match comparison(&expected) {
            Some((operator, count)) => format!(
                "(await all({at})).length {} {count}",
                match operator {
                    "==" | "=" => "===",
                    "!=" => "!==",
                    other => other,
                }
            ),
            None => return out.missing(&format!("count {expected}")),
        },
        claim => return out.missing(&format!("{} {expected}", claim.name())),
    };
    let condition = if assertion.not { format!("!({condition})") } else { condition };
    let what = js::string(&format!("{} {}", assertion.claim.name(), assertion.target.as_deref().unwrap_or_default()));
    out.line(&format!("await until({what}, async () => {condition});"));
}
