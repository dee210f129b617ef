//! Tests as code for other tools, so that nobody is held here. Each target has a template for every action and claim; what
//! a tool cannot do stands in the code as a comment and among the warnings. Nothing of a test is put into code unquoted.

mod condition;
mod cypress;
mod cypress_now;
mod elements;
mod expression;
mod java;
mod javascript;
mod playwright;
mod playwright_claims;
mod playwright_locators;
mod playwright_python;
mod puppeteer;
mod python;
mod requests;
mod selector;
mod selenium;
mod selenium_java;
mod selenium_javascript;
mod selenium_python;
mod steps;
mod support;
mod words;
mod writer;
mod xpath;

use std::collections::HashSet;

use serde::Serialize;

use crate::evidence::zip::ZipFile;
use crate::plan::{Assertion, Plan, Step};
use crate::sets::ParameterSet;
pub use support::support;
use writer::Writer;

/// What is said with code for Cypress: when this program is tested, its TypeScript is compiled against the declarations and its
/// JavaScript only parsed. All other targets are run.
pub const NOT_RUN: &str = "Code for Cypress is not run when Argos is tested: run it once before you rely on it.";

/// Longest archive.
const ARCHIVE_BYTES_MAX: u64 = 64 << 20;

/// A tool and its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    PlaywrightTypescript,
    PlaywrightJavascript,
    PlaywrightPython,
    CypressTypescript,
    CypressJavascript,
    PuppeteerTypescript,
    PuppeteerJavascript,
    SeleniumPython,
    SeleniumJava,
    SeleniumJavascript,
}

/// What a person is told of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TargetInfo {
    #[serde(skip)]
    pub target: Target,
    pub framework: &'static str,
    pub language: &'static str,
    pub extension: &'static str,
    pub dependencies: &'static [&'static str],
    pub setup_instructions: &'static str,
}

const fn info(
    target: Target,
    framework: &'static str,
    language: &'static str,
    extension: &'static str,
    dependencies: &'static [&'static str],
    setup_instructions: &'static str,
) -> TargetInfo {
    TargetInfo { target, framework, language, extension, dependencies, setup_instructions }
}

const TARGETS: [TargetInfo; 10] = [
    info(
        Target::PlaywrightTypescript,
        "playwright",
        "typescript",
        "spec.ts",
        &["@playwright/test"],
        "npm install -D @playwright/test && npx playwright install chromium && npx playwright test",
    ),
    info(
        Target::PlaywrightJavascript,
        "playwright",
        "javascript",
        "spec.js",
        &["@playwright/test"],
        "npm install -D @playwright/test && npx playwright install chromium && npx playwright test",
    ),
    info(
        Target::PlaywrightPython,
        "playwright",
        "python",
        "py",
        &["pytest", "playwright"],
        "pip install pytest playwright && playwright install chromium && pytest",
    ),
    info(
        Target::CypressTypescript,
        "cypress",
        "typescript",
        "cy.ts",
        &["cypress", "typescript"],
        "npm install -D cypress typescript && npx cypress run",
    ),
    info(Target::CypressJavascript, "cypress", "javascript", "cy.js", &["cypress"], "npm install -D cypress && npx cypress run"),
    info(
        Target::PuppeteerTypescript,
        "puppeteer",
        "typescript",
        "test.ts",
        &["puppeteer", "jest", "ts-jest", "typescript@5", "@types/jest", "@types/node"],
        "npm install -D puppeteer jest ts-jest typescript@5 @types/jest @types/node && npx jest --preset ts-jest",
    ),
    info(
        Target::PuppeteerJavascript,
        "puppeteer",
        "javascript",
        "test.js",
        &["puppeteer", "jest"],
        "npm install -D puppeteer jest && npx jest",
    ),
    info(Target::SeleniumPython, "selenium", "python", "py", &["pytest", "selenium"], "pip install pytest selenium && pytest"),
    info(
        Target::SeleniumJava,
        "selenium",
        "java",
        "java",
        &["org.seleniumhq.selenium:selenium-java", "org.junit.jupiter:junit-jupiter"],
        "unzip selenium-tests.zip && mvn test",
    ),
    info(
        Target::SeleniumJavascript,
        "selenium",
        "javascript",
        "test.js",
        &["selenium-webdriver"],
        "npm install -D selenium-webdriver && node --test",
    ),
];

/// How code is written.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    pub include_comments: bool,
    pub include_assertions: bool,
    /// Where the application is unless the environment says otherwise.
    pub base_url: Option<String>,
    /// Rows the test is run with, each once; none = as it is. Those that are skipped are left out.
    pub rows: Vec<ParameterSet>,
    /// What the test works with stands by name in one place.
    pub page_object: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self { include_comments: true, include_assertions: true, base_url: None, rows: Vec::new(), page_object: false }
    }
}

/// A test as code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    pub language: &'static str,
    pub framework: &'static str,
    pub code: String,
    pub filename: String,
    pub dependencies: Vec<&'static str>,
    pub setup_instructions: &'static str,
    pub warnings: Vec<String>,
}

/// All targets.
pub fn targets() -> &'static [TargetInfo] {
    &TARGETS
}

impl Target {
    /// The target of a tool and a language; other names of languages are `ts`, `js`, `py`.
    pub fn named(framework: &str, language: &str) -> Option<Self> {
        let language = match language {
            "ts" => "typescript",
            "js" => "javascript",
            "py" => "python",
            other => other,
        };
        TARGETS.iter().find(|info| info.framework == framework && info.language == language).map(|info| info.target)
    }

    /// What a person is told of it.
    pub fn info(self) -> &'static TargetInfo {
        // Every target stands in the table, which a test sees to.
        TARGETS.iter().find(|info| info.target == self).unwrap_or(&TARGETS[0])
    }
}

/// Writes a test as code.
pub fn export(plan: &Plan, target: Target, options: &ExportOptions) -> Exported {
    Files::default().write(plan, target, options)
}

/// Tests that are written beside each other: each has a file of its own, and in Java a class.
#[derive(Debug, Default)]
pub struct Files {
    taken: HashSet<String>,
}

impl Files {
    /// Writes a test as code. A name that comes again gets a number.
    pub fn write(&mut self, plan: &Plan, target: Target, options: &ExportOptions) -> Exported {
        let name = words::snake(&plan.name);
        let mut stems = (1_u32..).map(|n| if n == 1 { name.clone() } else { format!("{name}_{n}") });
        // Names of classes have no lines between their words.
        let stem = stems.find(|stem| self.taken.insert(stem.replace('_', ""))).unwrap_or_default();
        write(plan, target, options, &stem)
    }
}

fn write(plan: &Plan, target: Target, options: &ExportOptions, stem: &str) -> Exported {
    let plan = &understood(plan);
    let mut out = Writer::new(options, stem);
    match target {
        Target::PlaywrightTypescript => playwright::write(&mut out, plan, true),
        Target::PlaywrightJavascript => playwright::write(&mut out, plan, false),
        Target::PlaywrightPython => playwright_python::write(&mut out, plan),
        Target::CypressTypescript => cypress::write(&mut out, plan, true),
        Target::CypressJavascript => cypress::write(&mut out, plan, false),
        Target::PuppeteerTypescript => puppeteer::write(&mut out, plan, true),
        Target::PuppeteerJavascript => puppeteer::write(&mut out, plan, false),
        Target::SeleniumPython => selenium_python::write(&mut out, plan),
        Target::SeleniumJava => selenium_java::write(&mut out, plan),
        Target::SeleniumJavascript => selenium_javascript::write(&mut out, plan),
    }
    if matches!(target, Target::CypressTypescript | Target::CypressJavascript) {
        out.warnings.push(NOT_RUN.to_owned());
    }
    let info = target.info();
    let filename = match target {
        Target::PlaywrightPython | Target::SeleniumPython => format!("test_{stem}.py"),
        Target::SeleniumJava => format!("{}.java", selenium_java::class(stem)),
        _ => format!("{stem}.{}", info.extension),
    };
    Exported {
        language: info.language,
        framework: info.framework,
        code: out.code,
        filename,
        dependencies: info.dependencies.to_vec(),
        setup_instructions: info.setup_instructions,
        warnings: out.warnings,
    }
}

/// Files as one zip, by their names.
///
/// # Errors
/// When they are more than a zip can hold.
pub fn archive<'e>(files: impl IntoIterator<Item = (&'e str, &'e str)>) -> std::io::Result<Vec<u8>> {
    let mut zip = ZipFile::onto(Vec::new());
    for (name, text) in files {
        if !zip.add(name, text.as_bytes(), ARCHIVE_BYTES_MAX)? {
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "the tests are too long for one archive"));
        }
    }
    zip.finish()
}

/// Instructions become the steps they mean, as far as that can be said without the page.
fn understood(plan: &Plan) -> Plan {
    let read = |steps: &[Step]| steps.iter().map(written_out).collect();
    let mut plan = plan.clone();
    (plan.setup, plan.steps, plan.teardown) = (read(&plan.setup), read(&plan.steps), read(&plan.teardown));
    plan
}

fn written_out(step: &Step) -> Step {
    let sentence = step.value.as_ref().map(crate::text::plain).unwrap_or_default();
    if step.action != crate::plan::Action::Instruction {
        return step.clone();
    }
    let Some(instruction) = crate::grammar::parse(&sentence) else { return step.clone() };
    let mut step = Step { description: step.description.clone().or(Some(sentence)), ..instruction.step };
    if let Some(phrase) = instruction.phrase {
        let groups = phrase.selectors();
        // The page would decide; a button or a field is what is mostly meant.
        let place = usize::from(phrase.is_field && groups.len() > 1);
        let selector = groups.get(place).and_then(|group| group.first()).cloned();
        match &mut step.assertion {
            Some(Assertion { target: Some(_), .. }) => {}
            Some(assertion) => assertion.target = Some(format!("text={}", crate::selector::quoted(&phrase.words))),
            None => step.target = selector,
        }
    }
    step
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
