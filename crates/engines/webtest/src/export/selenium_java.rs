//! Selenium in Java with JUnit 5: one class, whose test has a browser of its own.

use super::condition::{self, Words};
use super::java as jv;
use super::selenium::Spelling;
use super::words::{camel, pascal};
use super::writer::{Writer, collects, fails, tidying};
use crate::plan::{Plan, Step};

const IMPORTS: &str = "
import java.io.File;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
";

const TOOL: &str = "
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.SearchContext;
import org.openqa.selenium.TakesScreenshot;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.json.Json;
import org.openqa.selenium.json.JsonOutput;
";

const BEGIN: &str = r#"
@BeforeEach
void begin() {
    ChromeOptions options = new ChromeOptions();
    options.addArguments(System.getenv().getOrDefault("CHROMIUM_ARGS", "--headless=new").split(" "));
    if (System.getenv("CHROMIUM_PATH") != null) {
        options.setBinary(System.getenv("CHROMIUM_PATH"));
    }
    driver = new ChromeDriver(options);
    driver.manage().window().setSize(new Dimension(1280, 900));
}
"#;

/// The functions its steps call.
const HELPERS: &str = include_str!("helpers/selenium.java");

const SPELLING: Spelling = Spelling {
    text: jv::text,
    string: jv::string,
    value: jv::value,
    address: jv::address,
    pattern: jv::pattern,
    regex: jv::regex,
    made_xpath: jv::made_xpath,
    turn: |kind, what| format!("{kind}({what})"),
    way: |turns| format!("way({})", turns.join(", ")),
    list: |items| format!("list({})", items.join(", ")),
    chord: |keys| keys.join(", "),
    call: |name, arguments| format!("{}({})", camel(name), arguments.join(", ")),
    line: |code| format!("{code};"),
    keep: |name, value| format!("vars.put({}, {value});", jv::string(name)),
    until: |what, condition, not| format!("until({what}, () -> {}{condition});", if not { "!" } else { "" }),
};

/// What the conditions of steps are judged with.
const JUDGES: &str = r#"
private Object held(String... names) {
    Object at = vars;
    try {
        for (String name : names) {
            at = at instanceof List ? ((List<?>) at).get(Integer.parseInt(name)) : ((Map<?, ?>) at).get(name);
        }
        return at;
    } catch (RuntimeException error) {
        return null;
    }
}

private String known(String... names) {
    Object value = held(names);
    if (!(value instanceof List || value instanceof Map)) {
        return value == null ? "" : value.toString();
    }
    StringBuilder text = new StringBuilder();
    try (JsonOutput json = new Json().newOutput(text)) {
        json.setPrettyPrint(false).write(value);
    }
    return text.toString();
}

private static boolean isTruthy(Object value) {
    if (value instanceof Number) {
        return ((Number) value).doubleValue() != 0;
    }
    if (value instanceof List) {
        return !((List<?>) value).isEmpty();
    }
    if (value instanceof Map) {
        return !((Map<?, ?>) value).isEmpty();
    }
    String text = value == null ? "" : value.toString();
    return !Arrays.asList("", "false", "0", "no", "off", "null").contains(text.trim().toLowerCase());
}

private static double numberOf(String text) {
    try {
        return Double.parseDouble(text.trim());
    } catch (NumberFormatException error) {
        return Double.NaN;
    }
}
"#;

/// Whether a claim holds now: nobody waits for it.
const NOW: &str = "
private boolean isTrueNow(Runnable claim) {
    long before = timeoutMs;
    timeoutMs = 0;
    try {
        claim.run();
        return true;
    } catch (RuntimeException | AssertionError error) {
        return false;
    } finally {
        timeoutMs = before;
    }
}
";

/// The names a variable is found by, as arguments.
fn way_to(name: &str) -> String {
    match name.split('.').next() {
        Some("secrets" | "env") => jv::string(name),
        _ => name.split('.').map(jv::string).collect::<Vec<_>>().join(", "),
    }
}

const WORDS: Words = Words {
    variable: |name| format!("known({})", way_to(name)),
    truthy: |name| format!("isTruthy(held({}))", way_to(name)),
    same: |text, wanted| format!("{text}.equals({})", jv::string(wanted)),
    number: "numberOf",
    lower: |text| format!("{text}.trim().toLowerCase()"),
    not: |code| format!("!({code})"),
    or: " || ",
    never: "false",
    now: |line| format!("isTrueNow(() -> {})", line.trim_end_matches(';')),
};

/// The class a file holds.
pub(crate) fn class(stem: &str) -> String {
    format!("{}Test", pascal(stem))
}

pub(crate) fn write(out: &mut Writer<'_>, plan: &Plan) {
    out.indent = 4;
    let with_rows = !out.rows(&plan.name).is_empty();
    out.block(IMPORTS.trim_start());
    if with_rows {
        out.line("import org.junit.jupiter.params.provider.Arguments;");
        out.line("import org.junit.jupiter.params.provider.MethodSource;");
    }
    out.block(TOOL.trim_start());
    out.line("");
    let (stem, name) = (out.stem.clone(), jv::string(&plan.name));
    out.line(&format!("@DisplayName({name})"));
    jv::block(out, &format!("class {} {{", class(&stem)), |out| {
        out.line("private long timeoutMs = 10000;");
        jv::declare(out, plan);
        out.line("private WebDriver driver;");
        out.line("/** The frames that were gone into, each as a way to it. */");
        out.line("private final List<List<String[]>> frames = new ArrayList<>();");
        let collects = collects(plan, true);
        if collects {
            out.line("/** What failed on the way. */");
            out.line("private final List<Throwable> failures = new ArrayList<>();");
        }
        out.line("");
        out.elements_here(jv::MANNER);
        out.block(BEGIN.trim_start());
        out.line("");
        if with_rows {
            // By its whole name: the class itself may be called like that.
            out.line("@org.junit.jupiter.params.ParameterizedTest(name = \"{0}\")");
            out.line("@MethodSource(\"rows\")");
        } else {
            out.line("@Test");
            out.line(&format!("@DisplayName({name})"));
        }
        let given = if with_rows { "String name, Map<String, Object> row" } else { "" };
        jv::block(out, &format!("void test{}({given}) throws Throwable {{", pascal(&stem)), |out| {
            if with_rows {
                out.line("vars.putAll(row);");
            }
            plan.setup.iter().chain(&plan.steps).for_each(|one| step(out, one));
            if out.options.include_assertions {
                plan.assertions.iter().for_each(|one| SPELLING.claim(out, one));
            }
            if collects {
                jv::block(out, "if (!failures.isEmpty()) {", |out| out.line("throw failures.get(0);"));
            }
        });
        out.line("");
        end(out, plan);
        out.line("");
        out.block(HELPERS);
        let (of_variables, of_pages) = condition::kinds(plan);
        for text in [(of_variables, JUDGES), (of_pages, NOW)].into_iter().filter_map(|(needed, text)| needed.then_some(text)) {
            out.line("");
            out.block(text.trim_start());
        }
    });
    jv::place_elements(out);
}

/// The teardown and the end of the browser, whatever happened.
fn end(out: &mut Writer<'_>, plan: &Plan) {
    out.line("@AfterEach");
    jv::block(out, "void end() {", |out| {
        jv::block(out, "if (driver == null) {", |out| out.line("return;"));
        if plan.teardown.is_empty() {
            return out.line("driver.quit();");
        }
        out.line("try {");
        out.depth += 1;
        plan.teardown.iter().for_each(|one| step(out, &tidying(one)));
        out.depth -= 1;
        jv::block(out, "} finally {", |out| out.line("driver.quit();"));
    });
}

fn step(out: &mut Writer<'_>, step: &Step) {
    out.title(step);
    match condition::code(out, step, &WORDS, |out, assertion| SPELLING.claim(out, assertion)) {
        Some(condition) => jv::block(out, &format!("if ({condition}) {{"), |out| lines(out, step)),
        None => lines(out, step),
    }
}

fn lines(out: &mut Writer<'_>, step: &Step) {
    jv::guarded(out, fails(step, true), |out| {
        out.claim_or(step, |out, claim| SPELLING.claim(out, claim), |out, step| SPELLING.done(out, step));
    });
    SPELLING.pause(out, step);
}
