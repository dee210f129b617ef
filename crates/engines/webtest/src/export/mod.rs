//! Tests as code for other tools, so that nobody is held here. Each target has a template for every action and claim; what
//! a tool cannot do stands in the code as a comment and among the warnings. Nothing of a test is put into code unquoted.

mod cypress;
mod expression;
mod javascript;
mod playwright;
mod playwright_claims;
mod playwright_locators;
mod playwright_python;
mod puppeteer;
mod python;
mod requests;
mod selector;
mod selenium_python;
mod steps;
mod words;
mod writer;
mod xpath;

use serde::Serialize;

use crate::evidence::zip::ZipFile;
use crate::plan::{Assertion, Plan, Step};
use crate::sets::ParameterSet;
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

const TARGETS: [TargetInfo; 8] = [
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
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self { include_comments: true, include_assertions: true, base_url: None, rows: Vec::new() }
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
    let plan = &understood(plan);
    let mut out = Writer::new(options);
    match target {
        Target::PlaywrightTypescript => playwright::write(&mut out, plan, true),
        Target::PlaywrightJavascript => playwright::write(&mut out, plan, false),
        Target::PlaywrightPython => playwright_python::write(&mut out, plan),
        Target::CypressTypescript => cypress::write(&mut out, plan, true),
        Target::CypressJavascript => cypress::write(&mut out, plan, false),
        Target::PuppeteerTypescript => puppeteer::write(&mut out, plan, true),
        Target::PuppeteerJavascript => puppeteer::write(&mut out, plan, false),
        Target::SeleniumPython => selenium_python::write(&mut out, plan),
    }
    if matches!(target, Target::CypressTypescript | Target::CypressJavascript) {
        out.warnings.push(NOT_RUN.to_owned());
    }
    let info = target.info();
    let filename = match target {
        Target::PlaywrightPython | Target::SeleniumPython => format!("test_{}.py", words::snake(&plan.name)),
        _ => format!("{}.{}", words::snake(&plan.name), info.extension),
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

/// Tests as one zip, each under its own name; a name that comes again gets a number before its ending.
///
/// # Errors
/// When they are more than a zip can hold.
pub fn archive<'e>(tests: impl IntoIterator<Item = &'e Exported>) -> std::io::Result<Vec<u8>> {
    let mut zip = ZipFile::onto(Vec::new());
    let mut taken = std::collections::HashSet::new();
    for test in tests {
        let (stem, end) = test.filename.split_once('.').unwrap_or((&test.filename, ""));
        let mut names = (1_u32..).map(|n| if n == 1 { test.filename.clone() } else { format!("{stem}_{n}.{end}") });
        let name = names.find(|name| !taken.contains(name)).unwrap_or_default();
        if !zip.add(&name, test.code.as_bytes(), ARCHIVE_BYTES_MAX)? {
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "the tests are too long for one archive"));
        }
        taken.insert(name);
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
