//! A test that was exported is run by the tool it was exported to, on the applications our own runner is tested with.

use std::path::{Path, PathBuf};

use argos_peers::packages::{self, Unavailable};
use argos_peers::{Chromium, FixtureSite, Java, node, process, python};
use argos_webtest::Plan;
use argos_webtest::export::{ExportOptions, NOT_RUN, Target, export};
use argos_webtest::sets::{ParameterSet, set_of};
use serde_json::json;

const NODE_PACKAGES: [&str; 9] = [
    "@playwright/test@1.65.1",
    "jest@30.5.2",
    "puppeteer@24.43.1",
    "ts-jest@29.4.15",
    "typescript@5.9.3",
    "@types/jest@30.0.0",
    "@types/node@20.9.5",
    "cypress@15.3.0",
    "selenium-webdriver@4.49.0",
];
const PYTHON_PACKAGES: [&str; 3] = ["pytest==9.2.0", "playwright==1.65.2", "selenium==4.51.0"];

/// A round through the applications with what the exporters do in different ways: selectors of all kinds, variables, conditions,
/// frames, steps that may fail.
fn round() -> serde_json::Value {
    let said = |target: &str, text: &str| json!({ "action": "assert", "type": "text_equals", "target": target, "expected": text });
    let conditions = json!([
        { "action": "assert", "type": "text_contains", "target": "#found", "expected": "8 products" },
        { "action": "set_variable", "save_as": "fruit", "value": "ap", "if": "pieces >= 2" },
        { "action": "set_variable", "save_as": "button", "value": "Place", "if": { "type": "text_contains", "target": "#found", "expected": "8 products" } },
        { "action": "set_variable", "save_as": "where", "value": "/login.html", "if": { "type": "count", "target": "#products > li", "expected": ">= 8" } },
        { "action": "set_variable", "save_as": "title", "value": "Sign in", "if": "zeros" },
        { "action": "evaluate", "value": "nothing.there", "if": "none_in" },
        { "action": "evaluate", "value": "nothing.there", "if": "none_of" },
        { "action": "evaluate", "value": "nothing.there", "if": "share" },
        { "action": "evaluate", "value": "nothing.there", "if": "zeros == 0" },
        { "action": "evaluate", "value": "nothing.there", "if": "zeros != '[0]'" },
        { "action": "evaluate", "value": "nothing.there", "if": "country in ['de', 'fr']" },
        { "action": "evaluate", "value": "nothing.there", "if": "nobody_sets_it" },
        { "action": "evaluate", "value": "nothing.there", "if": { "type": "visible", "target": "#nowhere" } },
        { "action": "evaluate", "value": "nothing.there", "if": { "type": "count", "target": "#products > li", "expected": ">= 9" } },
    ]);
    let mut round = json!({
        "name": "Round through the \"shop\"",
        "variables": {
            "fruit": "none", "user": { "name": "O'Neil \"x\"" }, "where": "/nowhere.html", "button": "none", "price": "none", "country": "es", "pieces": 3, "title": "none",
            "none_in": [], "none_of": {}, "share": 0.0, "zeros": [0],
        },
        "setup": [{ "action": "goto", "target": "/shop.html" }],
        "steps": [
            { "action": "fill", "target": "placeholder=Find a product", "value": "{{fruit}}" },
            { "action": "assert", "type": "count", "target": "#products > li:visible", "expected": "2" },
            { "action": "click", "target": "#products li:has-text(\"Apple\") >> role=button" },
            said("testid=cart-count", "1"),
            { "action": "extract", "target": "li:has-text(\"Apple\") > .price", "save_as": "price" },
            { "action": "evaluate", "value": "nothing.there", "optional": true },
            { "action": "click", "target": "#to-cart" },
            said("#total", "{{price}}"),
            { "action": "click", "target": "role=button[name=\"Checkout\"]" },
            { "action": "fill", "target": "label=Name", "value": "{{user.name}}" },
            { "action": "assert", "type": "value_equals", "target": "label=Name", "expected": "{{user.name}}" },
            { "action": "fill", "target": "label=Address", "value": "Street {{random_int}}" },
            { "action": "select", "target": "label=Country", "value": "Spain" },
            { "action": "assert", "type": "value_equals", "target": "label=Country", "expected": "es" },
            { "action": "check", "target": "label=I accept the terms" },
            { "action": "click", "target": "role=button[name=\"{{button}} order\"]" },
            { "action": "assert", "type": "visible", "target": "text=Thank you" },
            { "action": "assert", "type": "text_matches", "target": "#number", "expected": "^Order \\d{4} of 1 items$" },
            { "action": "goto", "target": "/frames.html" },
            { "action": "fill", "target": "label=Note", "value": "one", "frame": "#outer" },
            { "action": "click", "target": "frame=#outer >> role=button" },
            { "action": "assert", "type": "text_equals", "target": "#log", "expected": "saved one", "frame": "#outer" },
            { "action": "switch_frame", "target": "#outer" },
            said("#log", "saved one"),
            { "action": "switch_frame", "target": "#deep" },
            { "action": "fill", "target": "#note", "value": "two" },
            { "action": "assert", "type": "value_equals", "target": "#note", "expected": "two" },
            { "action": "switch_frame", "target": "parent" },
            { "action": "assert", "type": "value_equals", "target": "#note", "expected": "one" },
            { "action": "goto", "target": "{{where}}" },
            { "action": "wait_for_url", "value": "/login.*" },
            { "action": "assert", "type": "url_contains", "expected": "{{where}}" },
            { "action": "assert", "type": "visible", "target": "label=Remember me" },
        ],
        "assertions": [{ "type": "title_equals", "expected": "{{title}}" }],
        "teardown": [{ "action": "evaluate", "value": "nothing.there" }, { "action": "goto", "target": "/dashboard.html" }],
    });
    round["steps"].as_array_mut().unwrap().splice(0..0, conditions.as_array().unwrap().clone());
    round
}

/// Goes on after a failure, and fails.
fn failing() -> serde_json::Value {
    json!({ "name": "failing", "steps": [
        { "action": "goto", "target": "/login.html" },
        { "action": "evaluate", "value": "nothing.there", "continue_on_failure": true },
        { "action": "evaluate", "value": "document.title = 'went on'" },
        { "action": "assert", "type": "title_equals", "expected": "went on" },
    ]})
}

/// Waits for answers that have come by then, and for two of one step; only Playwright hears of answers.
fn answered() -> serde_json::Value {
    let both = "Promise.all([fetch('/api/me'), fetch('/login.html')]).then(() => { log.textContent = 'both'; })";
    json!({ "name": "answered", "steps": [
        { "action": "goto", "target": "/network.html" },
        { "action": "click", "target": "#load" },
        { "action": "wait_for_response", "target": "/api/me" },
        { "action": "assert", "type": "text_contains", "target": "#log", "expected": "401" },
        { "action": "evaluate", "value": both },
        { "action": "wait_for_response", "target": "/api/me" },
        { "action": "wait_for_response", "target": "/login.html" },
        { "action": "assert", "type": "text_equals", "target": "#log", "expected": "both" },
    ]})
}

struct Tools {
    site: FixtureSite,
    chromium: String,
}

/// What two rows find of the same page: it passes only with the values of each.
fn with_rows() -> serde_json::Value {
    json!({
        "name": "Rows",
        "variables": { "word": "nothing" },
        "steps": [
            { "action": "goto", "target": "/shop.html" },
            { "action": "fill", "target": "placeholder=Find a product", "value": "{{word}}" },
            { "action": "assert", "type": "text_equals", "target": "#found", "expected": "{{count}} products" },
        ],
    })
}

fn rows() -> Vec<ParameterSet> {
    let rows =
        [json!({ "name": "part", "word": "ap", "count": "2" }), json!({ "name": "it's none", "word": "no such thing", "count": "0" })];
    rows.iter().map(|row| set_of(row).unwrap()).collect()
}

/// Of two languages of a tool one has the long test with a page object, the other the short one.
fn options(plan: &serde_json::Value, target: Target) -> ExportOptions {
    let rows = if plan["name"] == "Rows" { rows() } else { Vec::new() };
    let turns =
        matches!(target, Target::PlaywrightJavascript | Target::PuppeteerJavascript | Target::CypressJavascript | Target::SeleniumPython);
    ExportOptions { page_object: turns != rows.is_empty(), rows, ..ExportOptions::default() }
}

impl Tools {
    /// Writes the tests for `target` into a directory of their own each, some with a page object, and runs each.
    fn judge(&self, target: Target, run: impl Fn(&Path, &str, &[(&str, &str)]) -> Result<String, String>) {
        let hears = matches!(target, Target::PlaywrightTypescript | Target::PlaywrightJavascript).then(|| (answered(), true));
        for (plan, passes) in [(round(), true), (failing(), false), (with_rows(), true)].into_iter().chain(hears) {
            let dir = tempfile::tempdir().unwrap();
            let exported = export(&Plan::parse(&plan).unwrap(), target, &options(&plan, target));
            assert!(exported.warnings.is_empty(), "{:?}", exported.warnings);
            std::fs::write(dir.path().join(&exported.filename), &exported.code).unwrap();
            let base = self.site.url("");
            let env = [
                ("BASE_URL", base.as_str()),
                ("CHROMIUM_PATH", &self.chromium),
                ("CHROMIUM_ARGS", "--headless=new --no-sandbox"),
                ("CI", "1"),
            ];
            let ended = run(dir.path(), &exported.filename, &env);
            assert_eq!(ended.is_ok(), passes, "{target:?}: {ended:?}\n{}", exported.code);
            if let Err(said) = ended {
                assert!(said.contains("nothing is not defined"), "{target:?} fails for another reason: {said}");
            }
        }
    }
}

fn tools() -> Result<Tools, Unavailable> {
    Ok(Tools { site: FixtureSite::start(), chromium: Chromium::find()?.path.display().to_string() })
}

/// Runs what was exported to a tool of Node with the arguments it is given for its directory.
fn judge_in_node(target: Target, program: &str, arguments: impl Fn(&str) -> Vec<String>) {
    let tools = tools().unwrap();
    let modules = node::require("exported-tests", &NODE_PACKAGES).unwrap();
    let (node, program) = (node::program().unwrap(), modules.join(program).display().to_string());
    tools.judge(target, |dir, _, env| {
        std::os::unix::fs::symlink(&modules, dir.join("node_modules")).unwrap();
        let config = "module.exports = { outputDir: 'results', workers: 1, reporter: 'line', timeout: 120000, expect: { timeout: 30000 }, use: { launchOptions: { executablePath: process.env.CHROMIUM_PATH, args: ['--no-sandbox'] } } };";
        std::fs::write(dir.join("playwright.config.js"), config).unwrap();
        let arguments = arguments(&dir.display().to_string());
        let arguments: Vec<&str> = std::iter::once(&program).chain(&arguments).map(String::as_str).collect();
        process::run(&node, &arguments, env)
    });
}

fn judge_in_playwright(target: Target) {
    judge_in_node(target, "@playwright/test/cli.js", |dir| {
        ["test", "--config", &format!("{dir}/playwright.config.js")].map(str::to_owned).to_vec()
    });
}

fn judge_in_jest(target: Target, config: &str) {
    judge_in_node(target, "jest/bin/jest.js", |dir| {
        ["--rootDir", dir, "--config", config, "--ci", "--runInBand", "--testTimeout", "60000"].map(str::to_owned).to_vec()
    });
}

/// Quality scenario 15.
#[test]
fn exports_to_playwright_in_typescript_pass_and_fail_as_the_test_does() {
    judge_in_playwright(Target::PlaywrightTypescript);
}

#[test]
fn exports_to_playwright_in_javascript_pass_and_fail_as_the_test_does() {
    judge_in_playwright(Target::PlaywrightJavascript);
}

#[test]
fn exports_to_puppeteer_in_typescript_pass_and_fail_as_the_test_does() {
    judge_in_jest(Target::PuppeteerTypescript, r#"{"preset":"ts-jest"}"#);
}

#[test]
fn exports_to_puppeteer_in_javascript_pass_and_fail_as_the_test_does() {
    judge_in_jest(Target::PuppeteerJavascript, "{}");
}

/// Cypress itself is a browser of its own that no registry has; its declarations and a compiler are in one, which finds no more
/// than errors of syntax in JavaScript.
#[test]
fn exports_to_cypress_compile_in_typescript_and_parse_in_javascript() {
    let modules = node::require("exported-tests", &NODE_PACKAGES).unwrap();
    let (node, compiler) = (node::program().unwrap(), modules.join("typescript/bin/tsc").display().to_string());
    for target in [Target::CypressTypescript, Target::CypressJavascript] {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(&modules, dir.path().join("node_modules")).unwrap();
        let mut args = vec![compiler.clone()];
        args.extend(
            ["--noEmit", "--allowJs", "--skipLibCheck", "--target", "es2022", "--lib", "es2022,dom", "--types", "cypress"]
                .map(str::to_owned),
        );
        for (n, plan) in [round(), failing(), with_rows()].iter().enumerate() {
            let exported = export(&Plan::parse(plan).unwrap(), target, &options(plan, target));
            assert_eq!(exported.warnings.last().map(String::as_str), Some(NOT_RUN));
            let path = dir.path().join(format!("{n}-{}", exported.filename));
            std::fs::write(&path, &exported.code).unwrap();
            args.push(path.display().to_string());
        }
        let project = dir.path().display().to_string();
        args.extend(["--typeRoots".to_owned(), format!("{project}/node_modules")]);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        process::run(&node, &args, &[]).unwrap();
    }
}

/// The driver of the machine.
fn driver() -> PathBuf {
    packages::require("chromedriver", &["chromium-driver"], || process::find_program(&["chromedriver"], &[])).unwrap()
}

fn judge_in_python(target: Target) {
    let tools = tools().unwrap();
    let pytest = python::require("exported-tests", &PYTHON_PACKAGES, "pytest").unwrap();
    let path = format!("{}:{}", driver().parent().unwrap().display(), std::env::var_os("PATH").unwrap_or_default().display());
    tools.judge(target, |dir, file, env| {
        // The driver of the machine is taken; none is looked for elsewhere.
        let env = [env, &[("PATH", path.as_str()), ("SE_OFFLINE", "true"), ("PYTHONDONTWRITEBYTECODE", "1")]].concat();
        process::run(&pytest, &["-q", "-p", "no:cacheprovider", &dir.join(file).display().to_string()], &env)
    });
}

#[test]
fn exports_to_playwright_in_python_pass_and_fail_as_the_test_does() {
    judge_in_python(Target::PlaywrightPython);
}

#[test]
fn exports_to_selenium_in_python_pass_and_fail_as_the_test_does() {
    judge_in_python(Target::SeleniumPython);
}

#[test]
fn exports_to_java_pass_and_fail_as_the_test_does() {
    let tools = tools().unwrap();
    let (java, driver) = (Java::find().unwrap(), format!("-Dwebdriver.chrome.driver={}", driver().display()));
    tools.judge(Target::SeleniumJava, |dir, file, env| {
        let (source, classes) = (dir.join(file).display().to_string(), dir.join("classes").display().to_string());
        process::run(&java.javac, &["-encoding", "UTF-8", "-proc:none", "-cp", &java.class_path, "-d", &classes, &source], env)?;
        let class_path = format!("{}:{classes}", java.class_path);
        let launcher = "org.junit.platform.console.ConsoleLauncher";
        let args = ["-XX:TieredStopAtLevel=1", &driver, "-cp", &class_path, launcher, "--scan-classpath", &classes, "--fail-if-no-tests"];
        process::run(&java.java, &args, env)
    });
}

#[test]
fn exports_to_selenium_in_javascript_pass_and_fail_as_the_test_does() {
    let tools = tools().unwrap();
    let modules = node::require("exported-tests", &NODE_PACKAGES).unwrap();
    let (node, driver) = (node::program().unwrap(), driver().display().to_string());
    tools.judge(Target::SeleniumJavascript, |dir, file, env| {
        std::os::unix::fs::symlink(&modules, dir.join("node_modules")).unwrap();
        let env = [env, &[("CHROMEDRIVER_PATH", driver.as_str()), ("SE_OFFLINE", "true")]].concat();
        process::run(&node, &["--test", &dir.join(file).display().to_string()], &env)
    });
}
