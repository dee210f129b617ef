//! `/api/v1/export`: tests as code for other tools, so that nobody is held here.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::Plan;
use argos_webtest::export::{ExportOptions, Exported, Target, archive, export, targets};
use argos_webtest::sets::{ParameterSet, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use crate::actions::tests::fault;
use crate::model::data_test::read_rows;
use crate::model::input::field_error;
use crate::service::Testing;

const MOST: usize = 100;

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

/// One of `test_id`, `test` and `test_ids`.
#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct ExportBody {
    test_id: Option<String>,
    test: Option<Value>,
    test_ids: Vec<String>,
    /// A test that is run with each row of its data: the code runs with each as well.
    parameterized_test_id: Option<String>,
    language: Option<String>,
    include_comments: bool,
    include_assertions: bool,
    base_url: Option<String>,
    /// code, file or zip
    output_format: String,
}

impl Default for ExportBody {
    fn default() -> Self {
        Self {
            test_id: None,
            test: None,
            test_ids: Vec::new(),
            parameterized_test_id: None,
            language: None,
            include_comments: true,
            include_assertions: true,
            base_url: None,
            output_format: "code".to_owned(),
        }
    }
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
    let project = match test.get("project_id").and_then(Value::as_str) {
        Some(project) => Some(testing.project_for(req, project).await?.project.id),
        None => None,
    };
    let mut rows = Vec::new();
    if let Some(sets) = test.get("parameter_sets").filter(|sets| sets.is_array()) {
        let config = Map::from_iter([("parameter_sets".to_owned(), sets.clone())]);
        rows = read_rows("inline", &config, None).map_err(|f| fault("test", format!("parameter_sets: {}", f.msg)))?;
    }
    if let Some(source) = test.get("data_source").and_then(Value::as_object) {
        let kind = source.get("type").and_then(Value::as_str).unwrap_or("inline");
        rows.extend(testing.rows_of_source(kind, source, project).await?);
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

async fn written(testing: Service, mut req: Req, framework: &'static str, default: &'static str) -> Result<Reply> {
    let body: ExportBody = req.json().await?;
    let language = body.language.as_deref().unwrap_or(default);
    let target = target_of(framework, Some(language))?;
    if !["code", "file", "zip"].contains(&body.output_format.as_str()) {
        return Err(fault("output_format", "output_format must be code, file or zip"));
    }
    let plans = plans(&testing, &req, &body).await?;
    let options = ExportOptions {
        include_comments: body.include_comments,
        include_assertions: body.include_assertions,
        base_url: body.base_url.clone(),
        rows: Vec::new(),
    };
    let written = |asked: Asked| (asked.id, export(&asked.plan, target, &ExportOptions { rows: asked.rows, ..options.clone() }));
    let done: Vec<(Option<String>, Exported)> = plans.into_iter().map(written).collect();
    let Some((_, first)) = done.first() else { return Err(crate::actions::tests::not_found()) };
    if body.output_format == "file" && done.len() == 1 {
        return Ok(Reply::text(first.code.clone()).attachment(&first.filename));
    }
    if body.output_format != "code" {
        // Several files are one file only as an archive.
        let zip = archive(done.iter().map(|(_, e)| e)).map_err(AppError::internal)?;
        return Ok(Reply::bytes("application/zip", zip).attachment(&format!("{framework}-tests.zip")));
    }
    Ok(Reply::json(&ExportView {
        warnings: done.iter().flat_map(|(_, e)| e.warnings.clone()).collect(),
        files: (done.len() > 1).then(|| done.iter().map(|(id, e)| FileView::of(id.clone(), e)).collect()),
        ..ExportView::of(target, first)
    }))
}
