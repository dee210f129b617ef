//! Selenium in Python with pytest.

use super::python as py;
use super::selenium::Spelling;
use super::writer::{Writer, fails};
use crate::plan::{Assertion, Plan, Step};

/// The functions its steps call.
const HELPERS: &str = include_str!("helpers/selenium.py");

const SPELLING: Spelling = Spelling {
    text: py::text,
    string: py::string,
    value: py::value,
    address: py::address,
    pattern: py::pattern,
    regex: py::regex,
    made_xpath: py::made_xpath,
    turn: |kind, what| format!("(\"{kind}\", {})", if what.is_empty() { "None" } else { what }),
    way: |turns| format!("[{}]", turns.join(", ")),
    list: |items| format!("[{}]", items.join(", ")),
    chord: |keys| format!("[{}]", keys.join(", ")),
    call: |name, arguments| {
        let arguments: String = arguments.iter().map(|argument| format!(", {argument}")).collect();
        format!("{name}(driver{arguments})")
    },
    line: str::to_owned,
    keep: |name, value| format!("VARS[{}] = {value}", py::string(name)),
    until: |what, condition, not| format!("until(driver, lambda: {}{condition}, {what})", if not { "not " } else { "" }),
};

/// Whether a claim holds now: nobody waits for it.
const NOW: &str = "
def is_true_now(claim):
    global TIMEOUT
    before, TIMEOUT = TIMEOUT, 0
    try:
        claim()
        return True
    except Exception:
        return False
    finally:
        TIMEOUT = before
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
    out.line("");
    out.block(HELPERS);
    py::judges(out, plan, NOW);
    out.line("");
    out.line("");
    out.elements_here(py::manner(""));
    py::opened(out, plan);
    if !out.rows(&plan.name).is_empty() {
        // A row that failed in a frame leaves the next one outside.
        out.line("FRAMES.clear()");
    }
    out.block("options = webdriver.ChromeOptions()\nfor argument in os.environ.get(\"CHROMIUM_ARGS\", \"--headless=new\").split():\n    options.add_argument(argument)\noptions.binary_location = os.environ.get(\"CHROMIUM_PATH\", options.binary_location)\ndriver = webdriver.Chrome(options=options)\ndriver.set_window_size(1280, 900)");
    py::body(out, plan, "driver.quit()", step, |out, assertion: &Assertion| SPELLING.claim(out, assertion));
    py::place_elements(out, "");
}

fn step(out: &mut Writer<'_>, step: &Step) {
    out.title(step);
    py::conditional(
        out,
        step,
        |out, assertion| SPELLING.claim(out, assertion),
        |out| {
            py::guarded(out, fails(step, true), |out| {
                out.claim_or(step, |out, claim| SPELLING.claim(out, claim), |out, step| SPELLING.done(out, step));
            });
            SPELLING.pause(out, step);
        },
    );
}
