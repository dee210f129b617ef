//! Selenium in JavaScript with the test runner of Node.js.

use super::javascript as js;
use super::selenium::Spelling;
use super::words::camel;
use super::writer::{Writer, fails};
use crate::plan::{Assertion, Plan, Step};

/// The functions its steps call.
const HELPERS: &str = include_str!("helpers/selenium.js");

const SPELLING: Spelling = Spelling {
    text: js::text,
    string: js::string,
    value: js::value,
    address: js::address,
    pattern: js::pattern,
    regex: js::regex,
    made_xpath: js::made_xpath,
    turn: |kind, what| if what.is_empty() { format!("['{kind}']") } else { format!("['{kind}', {what}]") },
    way: |turns| format!("[{}]", turns.join(", ")),
    list: |items| format!("[{}]", items.join(", ")),
    chord: |keys| format!("[{}]", keys.join(", ")),
    call: |name, arguments| format!("await {}({})", camel(name), arguments.join(", ")),
    line: |code| format!("{code};"),
    keep: |name, value| format!("vars[{}] = {value};", js::string(name)),
    until: |what, condition, not| {
        format!("await until({what}, async () => {});", if not { format!("!({condition})") } else { condition.to_owned() })
    },
};

pub(crate) fn write(out: &mut Writer<'_>, plan: &Plan) {
    out.line("const path = require('node:path');");
    out.line("const test = require('node:test');");
    out.line("const { Builder, By, Key: Keys, WebElement } = require('selenium-webdriver');");
    out.line("const chrome = require('selenium-webdriver/chrome');");
    out.line("");
    js::declare(out, plan, false, |name| format!("process.env.{name}"));
    out.line(js::QUOTED);
    out.line("");
    out.block(HELPERS);
    js::judges(out, plan, false, super::puppeteer::NOW);
    out.line("");
    out.elements_here(js::manner(""));
    let looped = js::opened(out, plan, &plan.name, |name| format!("test({name}, async () => {{"));
    out.line("driver = await opened();");
    out.line("frames.length = 0;");
    out.line("try {");
    out.depth += 1;
    js::body(out, plan, (false, true), step, |out, assertion: &Assertion| SPELLING.claim(out, assertion));
    out.depth -= 1;
    out.line("} finally {");
    out.line("  await driver.quit();");
    out.line("}");
    js::closed(out, looped, "});");
    js::place_elements(out, "");
}

fn step(out: &mut Writer<'_>, step: &Step) {
    out.title(step);
    js::conditional(
        out,
        step,
        |out, assertion| SPELLING.claim(out, assertion),
        |out| {
            js::guarded(out, fails(step, true), |out| {
                out.claim_or(step, |out, claim| SPELLING.claim(out, claim), |out, step| SPELLING.done(out, step));
            });
            SPELLING.pause(out, step);
        },
    );
}
