//! `/api/v1/export`: tests as code for other tools, so that nobody is held here.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::Plan;
use argos_webtest::export::{ExportOptions, Exported, Files, Target, archive, support, targets};
use argos_webtest::sets::{ParameterSet, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use super::data_tests::may_ask_for;
use crate::actions::tests::fault;
use crate::model::data_test::read_rows;
use crate::model::input::field_error;
use crate::service::Testing;

/// Tests of one call.
pub(super) const MOST: usize = 100;
/// Longest address.
const URL_MAX: usize = 500;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/export/playwright", "export.playwright", "Tests as Playwright code.", |t, r| {
            written(t, r, "playwright", "typescript")
        })
        .body::<ExportBody>()
        .reply::<ExportView>()
        .post("/api/v1/export/cypress", "export.cypress", "Tests as Cypress code.", |t, r| written(t, r, "cypress", "typescript"))
        .body::<ExportBody>()
        .reply::<ExportView>()
        .post("/api/v1/export/selenium", "export.selenium", "Tests as Selenium code.", |t, r| written(t, r, "selenium", "python"))
        .body::<ExportBody>()
        .reply::<ExportView>()
        .post("/api/v1/export/puppeteer", "export.puppeteer", "Tests as Puppeteer code.", |t, r| written(t, r, "puppeteer", "typescript"))
        .body::<ExportBody>()
        .reply::<ExportView>()
        .get("/api/v1/export/formats", "export.formats", "The tools tests can be written for.", formats)
        .reply::<FormatsView>()
}

/// How code is written.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Manner {
    include_comments: bool,
    include_assertions: bool,
    /// Where the application is, unless the environment says otherwise: an address that begins with http:// or https://.
    base_url: Option<String>,
    /// The elements stand by name in one place of the code.
    page_object: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { include_comments: true, include_assertions: true, base_url: None, page_object: false }
    }
}

impl Manner {
    /// Judges what was asked for.
    pub(super) fn judged(self) -> Result<Self> {
        let is_address = |url: &String| url.len() <= URL_MAX && (url.starts_with("http://") || url.starts_with("https://"));
        if self.base_url.as_ref().is_some_and(|url| !is_address(url)) {
            return Err(fault("base_url", format!("base_url must begin with http:// or https:// and have at most {URL_MAX} characters")));
        }
        Ok(self)
    }

    /// The options for a test with `rows`.
    pub(super) fn options(&self, rows: Vec<ParameterSet>) -> ExportOptions {
        ExportOptions {
            include_comments: self.include_comments,
            include_assertions: self.include_assertions,
            base_url: self.base_url.clone(),
            rows,
            page_object: self.page_object,
        }
    }
}

/// Which tool code is for.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Tool {
    /// playwright, cypress, puppeteer or selenium; also the names older clients have: playwright-ts, selenium-java, junit and pytest.
    framework: String,
    /// Else the first that the framework is written in.
    language: Option<String>,
}

impl Default for Tool {
    fn default() -> Self {
        Self { framework: "playwright".to_owned(), language: None }
    }
}

impl Tool {
    pub(super) fn target(&self) -> Result<Target> {
        let (framework, implied) = match self.framework.as_str() {
            "playwright-ts" => ("playwright", Some("typescript")),
            "pytest" => ("playwright", Some("python")),
            "selenium-java" | "junit" => ("selenium", Some("java")),
            named => (named, None),
        };
        target_of(framework, self.language.as_deref().or(implied))
    }
}

/// One of `test_id`, `test` and `test_ids`.
#[derive(Default, Deserialize, JsonSchema)]
struct ExportBody {
    test_id: Option<String>,
    test: Option<Value>,
    /// Up to 100.
    #[serde(default)]
    test_ids: Vec<String>,
    /// A test that is run with each row of its data: the code runs with each as well.
    parameterized_test_id: Option<String>,
    language: Option<String>,
    #[serde(flatten)]
    manner: Manner,
    /// code (also when it is not named), file or zip. Several tests are one file only as an archive, which has what they need to
    /// run beside them.
    output_format: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct FileView {
    filename: String,
    code: String,
    test_id: Option<String>,
    line_count: usize,
}

impl FileView {
    pub(super) fn of(test_id: Option<String>, done: &Exported) -> Self {
        Self { filename: done.filename.clone(), code: done.code.clone(), test_id, line_count: done.code.lines().count() }
    }

    /// What stands beside the tests.
    pub(super) fn beside(name: &str, code: String) -> Self {
        Self { filename: name.to_owned(), line_count: code.lines().count(), code, test_id: None }
    }

    pub(super) fn lines(&self) -> usize {
        self.line_count
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ExportView {
    success: bool,
    language: &'static str,
    framework: &'static str,
    code: String,
    filename: String,
    dependencies: Vec<&'static str>,
    setup_instructions: &'static str,
    error: Option<String>,
    warnings: Vec<String>,
    /// Set when several tests were asked for.
    files: Option<Vec<FileView>>,
}

impl ExportView {
    /// One test as code.
    pub(super) fn of(target: Target, done: &Exported) -> Self {
        let info = target.info();
        Self {
            success: true,
            language: info.language,
            framework: info.framework,
            code: done.code.clone(),
            filename: done.filename.clone(),
            dependencies: done.dependencies.clone(),
            setup_instructions: done.setup_instructions,
            error: None,
            warnings: done.warnings.clone(),
            files: None,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct LanguageView {
    id: &'static str,
    frameworks: Vec<&'static str>,
    default_framework: &'static str,
    extension: &'static str,
    dependencies: Vec<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct FormatView {
    id: &'static str,
    name: String,
    languages: Vec<LanguageView>,
}

#[derive(Serialize, JsonSchema)]
struct FormatsView {
    success: bool,
    formats: Vec<FormatView>,
    total: usize,
}

async fn formats(testing: Service, req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    let mut formats: Vec<FormatView> = Vec::new();
    for info in targets() {
        let language = LanguageView {
            id: info.language,
            frameworks: vec![info.framework],
            default_framework: info.framework,
            extension: info.extension,
            dependencies: info.dependencies.to_vec(),
        };
        match formats.iter_mut().find(|f| f.id == info.framework) {
            Some(format) => format.languages.push(language),
            None => formats.push(FormatView { id: info.framework, name: titled(info.framework), languages: vec![language] }),
        }
    }
    Ok(Reply::json(&FormatsView { success: true, total: formats.len(), formats }))
}

pub(super) fn titled(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A test to be written, with its rows when it has some.
pub(super) struct Asked {
    pub(super) id: Option<String>,
    pub(super) plan: Plan,
    pub(super) rows: Vec<ParameterSet>,
}

/// Reads a test that is given; the errors name its members.
pub(super) fn parsed(test: &Value) -> Result<Plan> {
    Plan::parse(test).map_err(|problems| {
        let inside = |mut f: argos_kernel::FieldError| {
            f.loc.insert(1, "test".to_owned());
            f
        };
        AppError::invalid(problems.into_iter().map(field_error).map(inside).collect())
    })
}

/// What code is written for; 400 when the framework is not written in that language, or is none.
pub(super) fn target_of(framework: &str, language: Option<&str>) -> Result<Target> {
    let offered: Vec<&str> = targets().iter().filter(|t| t.framework == framework).map(|t| t.language).collect();
    let Some(first) = offered.first() else {
        let mut known: Vec<&str> = targets().iter().map(|t| t.framework).collect();
        known.dedup();
        let text = format!("framework must be one of {}", known.join(", "));
        return Err(AppError::bad_request(text).code("framework_not_offered").with("field", "framework"));
    };
    Target::named(framework, language.unwrap_or(first)).ok_or_else(|| {
        AppError::bad_request(format!("{framework} is written in {}", offered.join(", ")))
            .code("language_not_offered")
            .with("field", "language")
    })
}

/// The rows of a test that is given: its `parameter_sets` and those of its `data_source`.
pub(super) async fn rows(testing: &Testing, req: &Req, test: &Value) -> Result<Vec<ParameterSet>> {
    let access = match test.get("project_id").and_then(Value::as_str) {
        Some(project) => Some(testing.project_for(req, project).await?),
        None => None,
    };
    let mut rows = Vec::new();
    if let Some(sets) = test.get("parameter_sets").filter(|sets| sets.is_array()) {
        let config = Map::from_iter([("parameter_sets".to_owned(), sets.clone())]);
        rows = read_rows("inline", &config, None).map_err(|f| fault("test", format!("parameter_sets: {}", f.msg)))?;
    }
    if let Some(source) = test.get("data_source").and_then(Value::as_object) {
        let kind = source.get("type").and_then(Value::as_str).unwrap_or("inline");
        may_ask_for(access.as_ref(), kind)?;
        rows.extend(testing.rows_of_source(kind, source, access.as_ref().map(|access| access.project.id)).await?);
    }
    bounded(rows).map_err(|why| fault("test", why))
}

/// The tests a body means.
async fn plans(testing: &Testing, req: &Req, body: &ExportBody) -> Result<Vec<Asked>> {
    if let Some(test) = &body.test {
        return Ok(vec![Asked { id: None, plan: parsed(test)?, rows: rows(testing, req, test).await? }]);
    }
    if let Some(id) = &body.parameterized_test_id {
        let (test, _) = testing.data_test_named(req, id).await?;
        let rows = testing.rows_of(&test).await?;
        return Ok(vec![Asked { id: Some(id.clone()), plan: parsed(&test.document.test().plan())?, rows }]);
    }
    let ids: Vec<&String> = body.test_id.iter().chain(&body.test_ids).collect();
    if ids.is_empty() || ids.len() > MOST {
        return Err(fault("test_id", format!("name a test, or up to {MOST} of them")));
    }
    let mut out = Vec::new();
    for id in ids {
        let (test, _) = testing.test_named(req, id).await?;
        out.push(Asked { id: Some(id.clone()), plan: parsed(&test.document.plan())?, rows: Vec::new() });
    }
    Ok(out)
}

/// The form an answer is asked for in: one of `offered`, the first when none is named.
pub(super) fn form<'b>(asked: Option<&'b String>, offered: &[&'b str]) -> Result<&'b str> {
    let form = asked.map_or(offered[0], String::as_str);
    if !offered.contains(&form) {
        let (last, others) = offered.split_last().unwrap_or((&"", &[]));
        return Err(fault("output_format", format!("output_format must be {} or {last}", others.join(", "))));
    }
    Ok(form)
}

/// Tests as one archive; `beside` adds what they need to run.
pub(super) fn archived(target: Target, done: &[(Option<String>, Exported)], beside: bool) -> Result<Reply> {
    let support = if beside { support(target) } else { Vec::new() };
    let tests = done.iter().map(|(_, e)| (e.filename.as_str(), e.code.as_str()));
    let zip = archive(tests.chain(support.iter().map(|(name, text)| (*name, text.as_str())))).map_err(AppError::internal)?;
    Ok(Reply::bytes("application/zip", zip).attachment(&format!("{}-tests.zip", target.info().framework)))
}

async fn written(testing: Service, mut req: Req, framework: &'static str, default: &'static str) -> Result<Reply> {
    let body: ExportBody = req.json().await?;
    let target = target_of(framework, Some(body.language.as_deref().unwrap_or(default)))?;
    let form = form(body.output_format.as_ref(), &["code", "file", "zip"])?;
    let manner = body.manner.clone().judged()?;
    let plans = plans(&testing, &req, &body).await?;
    let mut files = Files::default();
    let written = |asked: Asked| (asked.id, files.write(&asked.plan, target, &manner.options(asked.rows)));
    let done: Vec<(Option<String>, Exported)> = plans.into_iter().map(written).collect();
    let Some((_, first)) = done.first() else { return Err(crate::actions::tests::not_found()) };
    if form == "file" && done.len() == 1 {
        return Ok(Reply::text(first.code.clone()).attachment(&first.filename));
    }
    if form != "code" {
        return archived(target, &done, true);
    }
    Ok(Reply::json(&ExportView {
        warnings: done.iter().flat_map(|(_, e)| e.warnings.clone()).collect(),
        files: (done.len() > 1).then(|| done.iter().map(|(id, e)| FileView::of(id.clone(), e)).collect()),
        ..ExportView::of(target, first)
    }))
}

#[cfg(test)]
mod tests {
    use argos_webtest::export::Target;

    use super::{Manner, Tool, form};

    fn tool(framework: &str, language: Option<&str>) -> Tool {
        Tool { framework: framework.to_owned(), language: language.map(str::to_owned) }
    }

    #[test]
    fn tools_go_by_their_older_names_too_and_what_is_not_offered_is_said() {
        for (framework, language, target) in [
            ("playwright", None, Target::PlaywrightTypescript),
            ("playwright-ts", None, Target::PlaywrightTypescript),
            ("pytest", None, Target::PlaywrightPython),
            ("selenium", None, Target::SeleniumPython),
            ("selenium", Some("java"), Target::SeleniumJava),
            ("selenium-java", None, Target::SeleniumJava),
            ("junit", Some("java"), Target::SeleniumJava),
            ("selenium", Some("js"), Target::SeleniumJavascript),
        ] {
            assert_eq!(tool(framework, language).target().unwrap(), target, "{framework} {language:?}");
        }
        let refused = |framework: &str, language| tool(framework, language).target().unwrap_err().message().to_owned();
        assert_eq!(refused("nunit", None), "framework must be one of playwright, cypress, puppeteer, selenium");
        assert_eq!(refused("selenium", Some("csharp")), "selenium is written in python, java, javascript");
        assert_eq!(refused("playwright", Some("java")), "playwright is written in typescript, javascript, python");
    }

    #[test]
    fn addresses_and_forms_are_judged() {
        let with = |url: &str| Manner { base_url: Some(url.to_owned()), ..Manner::default() }.judged();
        assert!(with("https://shop.test").is_ok() && Manner::default().judged().is_ok());
        for url in ["", "shop.test", "javascript:alert(1)", &format!("http://{}", "x".repeat(500))] {
            assert!(with(url).is_err(), "{url}");
        }
        assert_eq!(form(None, &["code", "file"]).unwrap(), "code");
        let pdf = form(Some(&"pdf".to_owned()), &["code", "file", "zip"]).unwrap_err();
        assert!(format!("{pdf:?}").contains("output_format must be code, file or zip"), "{pdf:?}");
    }
}
