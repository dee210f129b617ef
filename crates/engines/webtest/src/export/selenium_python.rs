//! Selenium in Python with pytest. A few functions at the top of each file wait for an element and for a condition.

use super::python as py;
use super::requests;
use super::steps::{Turn, way_in};
use super::writer::{Writer, fails, leaves_frames};
use crate::plan::{Action, Assertion, Claim, Plan, Step};
use crate::text::{comparison, plain};

const HELPERS: &str = r#"
TIMEOUT = 10


# The frames that were gone into, each as a way to it.
FRAMES = []


def quoted(text):
    return "concat('" + "', \"'\", '".join(str(text).split("'")) + "', '')"


def says(element, text):
    return " ".join(text.split()).lower() in " ".join((element.get_attribute("textContent") or "").split()).lower()


def find_all(driver, way):
    way = [turn for frame in FRAMES for turn in frame] + way
    # Another look begins outside of the frames the one before went into.
    if any(kind == "frame" for kind, _ in way):
        driver.switch_to.default_content()
    found = [driver]
    for kind, what in way:
        if kind == "nth":
            found = found[what:][:1]
        elif kind == "text":
            found = [element for element in found if says(element, what)]
        elif kind == "visible":
            found = [element for element in found if element.is_displayed()]
        elif kind == "frame":
            if not found:
                return []
            driver.switch_to.frame(found[0])
            found = [driver]
        else:
            by = By.CSS_SELECTOR if kind == "css" else By.XPATH
            found = [element for root in found for element in root.find_elements(by, what if root is not driver or kind == "css" else what.removeprefix("."))]
    return found


def inside(driver):
    find_all(driver, [])
    return driver


def until(driver, look, what):
    return WebDriverWait(driver, TIMEOUT, ignored_exceptions=[Exception]).until(lambda _: look(), what)


def one(driver, way):
    return until(driver, lambda: next((e for e in find_all(driver, way) if e.is_displayed()), None), f"no visible element {way}")


def any_of(driver, way):
    return until(driver, lambda: next(iter(find_all(driver, way)), None), f"no element {way}")


def text_of(driver, way):
    return " ".join((any_of(driver, way).text or any_of(driver, way).get_attribute("textContent")).split())


def click(driver, way):
    def attempt():
        one(driver, way).click()
        return True

    until(driver, attempt, f"{way} cannot be clicked")


def fill(driver, way, value):
    field = one(driver, way)
    if field.get_attribute("type") in ("date", "time", "month", "week", "datetime-local", "color", "range"):
        driver.execute_script("arguments[0].value = arguments[1]; for (const n of ['input', 'change']) arguments[0].dispatchEvent(new Event(n, {bubbles: true}))", field, value)
        return
    field.clear()
    if value:
        field.send_keys(value)


def choose(driver, way, values):
    script = "for (const o of arguments[0].options) o.selected = arguments[1].some((w) => w === o.value || w === o.label || w === `index=${o.index}`); for (const n of ['input', 'change']) arguments[0].dispatchEvent(new Event(n, {bubbles: true}))"
    driver.execute_script(script, one(driver, way), values if isinstance(values, list) else [values])


def set_checked(driver, way, wanted):
    if any_of(driver, way).is_selected() != wanted:
        click(driver, way)
"#;

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
        "from selenium import webdriver",
        "from selenium.webdriver import ActionChains",
        "from selenium.webdriver.common.by import By",
        "from selenium.webdriver.common.keys import Keys",
        "from selenium.webdriver.support.ui import WebDriverWait",
        "",
    ] {
        out.line(line);
    }
    py::imported(out, plan);
    py::declare(out, plan);
    out.block(HELPERS);
    out.line("");
    out.line("");
    py::opened(out, plan);
    if !out.rows(&plan.name).is_empty() {
        // A row that failed in a frame leaves the next one outside.
        out.line("FRAMES.clear()");
    }
    out.block("options = webdriver.ChromeOptions()\nfor argument in os.environ.get(\"CHROMIUM_ARGS\", \"--headless=new\").split():\n    options.add_argument(argument)\noptions.binary_location = os.environ.get(\"CHROMIUM_PATH\", options.binary_location)\ndriver = webdriver.Chrome(options=options)\ndriver.set_window_size(1280, 900)");
    py::body(out, plan, "driver.quit()", step, claim);
}

fn path(selector: &str, frame: Option<&str>) -> String {
    let turns = way_in(selector, frame).into_iter().map(|turn| match turn {
        Turn::Css(css) => format!("(\"css\", {})", py::text(&css)),
        Turn::Xpath(path) => format!("(\"xpath\", {})", py::text(&path)),
        Turn::Made(path) => format!("(\"xpath\", {})", py::made_xpath(&path)),
        Turn::Text(text) => format!("(\"text\", {})", py::text(&text)),
        Turn::Visible => "(\"visible\", None)".to_owned(),
        Turn::Nth(index) => format!("(\"nth\", {index})"),
        Turn::Frame(css) => format!("(\"css\", {}), (\"frame\", None)", py::text(&css)),
    });
    format!("[{}]", turns.collect::<Vec<_>>().join(", "))
}

fn step(out: &mut Writer<'_>, step: &Step) {
    out.title(step);
    out.condition(step);
    py::guarded(out, fails(step, true), |out| match out.claimed(step) {
        Some(assertion) => claim(out, &assertion),
        None if step.action == Action::Assert => {}
        None => done(out, step),
    });
    let has_frame = |text: Option<&String>| text.is_some_and(|text| text.contains("frame="));
    let claimed = step.assertion.as_ref().is_some_and(|claim| claim.frame.is_some() || has_frame(claim.target.as_ref()));
    if step.frame.is_some() || has_frame(step.target.as_ref()) || claimed {
        out.line("driver.switch_to.default_content()");
    }
    if let Some(pause) = step.wait_after_ms {
        out.line(&format!("time.sleep({pause} / 1000)"));
    }
}

fn done(out: &mut Writer<'_>, step: &Step) {
    let target = step.target.clone().unwrap_or_default();
    let text = step.value.as_ref().map(plain).unwrap_or_default();
    let either = if target.is_empty() { text.clone() } else { target.clone() };
    let value = py::step_value(step);
    let at = path(if target.is_empty() { "css=body" } else { &target }, step.frame.as_deref());
    let chain = |call: &str| format!("ActionChains(driver).{call}.perform()");
    if leaves_frames(step.action) && out.leave_all() {
        out.line("FRAMES.clear()");
        out.line("driver.switch_to.default_content()");
    }
    let saved =
        |value: &str| step.save_as.as_ref().map_or_else(|| value.to_owned(), |name| format!("VARS[{}] = {value}", py::string(name)));
    let line = match step.action {
        Action::Click | Action::Tap => format!("click(driver, {at})"),
        Action::DoubleClick => chain(&format!("double_click(one(driver, {at}))")),
        Action::RightClick => chain(&format!("context_click(one(driver, {at}))")),
        Action::Hover => chain(&format!("move_to_element(one(driver, {at}))")),
        Action::Focus => format!("driver.execute_script(\"arguments[0].focus()\", any_of(driver, {at}))"),
        Action::Blur => format!("driver.execute_script(\"arguments[0].blur()\", any_of(driver, {at}))"),
        Action::Fill => format!("fill(driver, {at}, {value})"),
        Action::Clear => format!("fill(driver, {at}, \"\")"),
        Action::Type if target.is_empty() => chain(&format!("send_keys({value})")),
        Action::Type => format!("one(driver, {at}).send_keys({value})"),
        Action::PressKey => match keys(&text) {
            Some(keys) if target.is_empty() => chain(&format!("send_keys({keys})")),
            Some(keys) => format!("any_of(driver, {at}).send_keys({keys})"),
            None => return out.missing(&format!("press {text}")),
        },
        Action::Select => format!("choose(driver, {at}, {})", step.value.as_ref().map_or_else(|| "\"\"".to_owned(), py::value)),
        Action::Check => format!("set_checked(driver, {at}, True)"),
        Action::Uncheck => format!("set_checked(driver, {at}, False)"),
        Action::Scroll if step.value.is_none() => format!("driver.execute_script(\"arguments[0].scrollIntoView()\", any_of(driver, {at}))"),
        Action::Scroll => match super::playwright::scroll(step) {
            Some((x, y)) if target.is_empty() => format!("driver.execute_script(\"scrollBy({x}, {y})\")"),
            Some((x, y)) => format!("driver.execute_script(\"arguments[0].scrollBy({x}, {y})\", any_of(driver, {at}))"),
            None => return out.missing(&format!("scroll by {text}")),
        },
        Action::Drag => chain(&format!("drag_and_drop(one(driver, {at}), one(driver, {}))", path(&text, step.frame.as_deref()))),
        Action::Upload => format!(
            "any_of(driver, {at}).send_keys(\"\\n\".join(os.path.abspath(name) for name in {}))",
            match &step.value {
                Some(list @ serde_json::Value::Array(_)) => py::value(list),
                _ => format!("[{value}]"),
            }
        ),
        Action::Goto => format!("driver.get({})", py::address(&either)),
        Action::Reload => "driver.refresh()".to_owned(),
        Action::GoBack => "driver.back()".to_owned(),
        Action::GoForward => "driver.forward()".to_owned(),
        Action::Wait if target.is_empty() => format!("time.sleep({} / 1000)", crate::text::millis(&text).unwrap_or(1000)),
        Action::Wait | Action::WaitForSelector => match step.options.get("state").map(plain).unwrap_or_default().as_str() {
            "hidden" | "detached" => {
                format!("until(driver, lambda: not any(e.is_displayed() for e in find_all(driver, {at})), \"still there\")")
            }
            "attached" => format!("any_of(driver, {at})"),
            _ => format!("one(driver, {at})"),
        },
        Action::WaitForUrl => format!("until(driver, lambda: {}.search(driver.current_url), \"address\")", py::pattern(&either)),
        Action::WaitForLoadState => {
            "until(driver, lambda: driver.execute_script(\"return document.readyState\") == \"complete\", \"load\")".to_owned()
        }
        Action::WaitForFunction => {
            format!("until(driver, lambda: inside(driver).execute_script(\"return (\" + {} + \")\"), \"condition\")", py::text(&either))
        }
        Action::Screenshot => "driver.get_screenshot_as_png()".to_owned(),
        Action::SetVariable => saved(&step.value.as_ref().map_or_else(|| "None".to_owned(), py::value)),
        Action::Evaluate => saved(&format!("inside(driver).execute_script(\"return (\" + {} + \")\")", py::text(&either))),
        Action::Extract => saved(&extracted(&text, &at)),
        Action::NewTab => {
            out.line("driver.switch_to.new_window(\"tab\")");
            if either.is_empty() { return } else { format!("driver.get({})", py::address(&either)) }
        }
        Action::SwitchTab => format!(
            "driver.switch_to.window(driver.window_handles[{}])",
            either.parse::<i32>().unwrap_or(if either == "first" { 0 } else { -1 })
        ),
        Action::CloseTab => {
            out.line("driver.close()");
            "driver.switch_to.window(driver.window_handles[-1])".to_owned()
        }
        Action::SwitchFrame => switch_frame(out, &either),
        Action::SetViewport => match step.value.as_ref().and_then(crate::text::size) {
            Some((width, height)) => format!("driver.set_window_size({width}, {height})"),
            None => return out.missing("set_viewport without a size"),
        },
        Action::ClearStorage => "driver.delete_all_cookies()".to_owned(),
        other => return out.missing(&format!("{other} {either}")),
    };
    out.line(&line);
}

/// What is read of the element at `at`.
fn extracted(what: &str, at: &str) -> String {
    match (what, what.split_once(':')) {
        ("url", _) => "driver.current_url".to_owned(),
        ("title", _) => "driver.title".to_owned(),
        ("value", _) => format!("any_of(driver, {at}).get_attribute(\"value\")"),
        ("count", _) => format!("len(find_all(driver, {at}))"),
        ("json", _) => format!("json.loads(text_of(driver, {at}))"),
        (_, Some(("attribute" | "attr", name))) => format!("any_of(driver, {at}).get_attribute({})", py::string(name)),
        _ => format!("text_of(driver, {at})"),
    }
}

fn switch_frame(out: &mut Writer<'_>, to: &str) -> String {
    match to {
        "" | "main" | "top" | "default" => {
            out.leave_all();
            out.line("FRAMES.clear()");
        }
        "parent" => {
            out.leave();
            out.line("del FRAMES[-1:]");
        }
        css => {
            out.enter("frame".to_owned());
            let way = path(css.trim_start_matches("frame="), None);
            out.line(&format!("any_of(driver, {way})"));
            out.line(&format!("FRAMES.append({way} + [(\"frame\", None)])"));
        }
    }
    "driver.switch_to.default_content()".to_owned()
}

fn keys(chord: &str) -> Option<String> {
    let keys: Option<Vec<String>> = chord
        .split('+')
        .map(|key| {
            let named = match key {
                "Enter" => "ENTER",
                "Tab" => "TAB",
                "Escape" => "ESCAPE",
                "Backspace" => "BACKSPACE",
                "Delete" => "DELETE",
                "Control" | "Ctrl" | "ControlOrMeta" => "CONTROL",
                "Shift" => "SHIFT",
                "Alt" => "ALT",
                "Meta" => "META",
                "ArrowUp" => "ARROW_UP",
                "ArrowDown" => "ARROW_DOWN",
                "ArrowLeft" => "ARROW_LEFT",
                "ArrowRight" => "ARROW_RIGHT",
                "Home" => "HOME",
                "End" => "END",
                "PageUp" => "PAGE_UP",
                "PageDown" => "PAGE_DOWN",
                key if key.chars().count() == 1 => return Some(py::string(&key.to_lowercase())),
                _ => return None,
            };
            Some(format!("Keys.{named}"))
        })
        .collect();
    keys.map(|keys| keys.join(" + "))
}

fn claim(out: &mut Writer<'_>, assertion: &Assertion) {
    let expected = assertion.expected.as_ref().map(plain).unwrap_or_default();
    let text = py::text(&expected);
    let at = path(assertion.target.as_deref().unwrap_or("css=body"), assertion.frame.as_deref());
    let collapsed = format!("\" \".join(({text}).split())");
    let (name, wanted) = requests::named(&expected);
    let (name, wanted) = (py::text(name), py::text(wanted));
    let condition = match assertion.claim {
        Claim::ElementVisible => format!("any(e.is_displayed() for e in find_all(driver, {at}))"),
        Claim::ElementHidden => format!("not any(e.is_displayed() for e in find_all(driver, {at}))"),
        Claim::ElementExists => format!("len(find_all(driver, {at})) > 0"),
        Claim::ElementNotExists => format!("len(find_all(driver, {at})) == 0"),
        Claim::TextContains => format!("{collapsed} in text_of(driver, {at})"),
        Claim::TextEquals => format!("text_of(driver, {at}) == {collapsed}"),
        Claim::TextMatches => format!("{}.search(text_of(driver, {at}))", py::regex(&expected)),
        Claim::UrlContains => format!("{text} in driver.current_url"),
        Claim::UrlEquals => format!("driver.current_url == {}", py::address(&expected)),
        Claim::UrlMatches => format!("{}.search(driver.current_url)", py::regex(&expected)),
        Claim::TitleContains => format!("{text} in driver.title"),
        Claim::TitleEquals => format!("driver.title == {text}"),
        Claim::ValueEquals => format!("any_of(driver, {at}).get_attribute(\"value\") == {text}"),
        Claim::Attribute => format!("any_of(driver, {at}).get_attribute({name}) == {wanted}"),
        Claim::Css => format!("any_of(driver, {at}).value_of_css_property({name}) == {wanted}"),
        Claim::ClassContains => format!("{text} in any_of(driver, {at}).get_attribute(\"class\").split()"),
        Claim::Enabled => format!("any_of(driver, {at}).is_enabled()"),
        Claim::Disabled => format!("not any_of(driver, {at}).is_enabled()"),
        Claim::Checked => format!("any_of(driver, {at}).is_selected()"),
        Claim::Unchecked => format!("not any_of(driver, {at}).is_selected()"),
        Claim::Focused => format!("any_of(driver, {at}) == driver.switch_to.active_element"),
        Claim::Count => match comparison(&expected) {
            Some((operator, count)) => format!("len(find_all(driver, {at})) {} {count}", if operator == "=" { "==" } else { operator }),
            None => return out.missing(&format!("count {expected}")),
        },
        claim => return out.missing(&format!("{} {expected}", claim.name())),
    };
    let condition = if assertion.not { format!("not ({condition})") } else { condition };
    let what = py::string(&format!("{} {}", assertion.claim.name(), assertion.target.as_deref().unwrap_or_default()));
    out.line(&format!("until(driver, lambda: {condition}, {what})"));
}
