//! `/api/v1/export/{languages,preview,generate,bulk}`: tests that are given, as code for a tool that is named.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use argos_webtest::export::{Exported, Files, Target, export, support, targets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Service;
use super::export::{ExportView, FileView, MOST, Manner, Tool, archived, form, parsed, rows, titled};
use crate::actions::tests::fault;

/// Code of one call.
const BYTES_MAX: usize = 16 << 20;
/// Lines of a preview.
const PREVIEW_LINES: usize = 50;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/export/languages", "export.languages", "The languages tests can be written in.", languages)
        .reply::<LanguagesView>()
        .post("/api/v1/export/preview", "export.preview", "The first lines of a test as code.", preview)
        .body::<GivenBody>()
        .reply::<PreviewView>()
        .post("/api/v1/export/generate", "export.generate", "A test as code, named by framework and language.", generate)
        .body::<GivenBody>()
        .reply::<ExportView>()
        .post("/api/v1/export/bulk", "export.bulk", "Several tests as code, one file each.", bulk)
        .body::<BulkBody>()
        .reply::<BulkView>()
}

#[derive(Serialize, JsonSchema)]
struct LanguageView {
    id: &'static str,
    name: String,
    frameworks: Vec<&'static str>,
    default_framework: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct LanguagesView {
    success: bool,
    languages: Vec<LanguageView>,
    total: usize,
}

async fn languages(testing: Service, req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    let mut languages: Vec<LanguageView> = Vec::new();
    for info in targets() {
        match languages.iter_mut().find(|l| l.id == info.language) {
            Some(language) => language.frameworks.push(info.framework),
            None => languages.push(LanguageView {
                id: info.language,
                name: named(info.language),
                frameworks: vec![info.framework],
                default_framework: info.framework,
            }),
        }
    }
    Ok(Reply::json(&LanguagesView { success: true, total: languages.len(), languages }))
}

/// As the language writes its own name.
fn named(language: &str) -> String {
    match language {
        "typescript" => "TypeScript".to_owned(),
        "javascript" => "JavaScript".to_owned(),
        other => titled(other),
    }
}

#[derive(Default, Deserialize, JsonSchema)]
struct GivenBody {
    /// Required. With `parameter_sets` or a `data_source` the code runs with each row.
    test: Option<Value>,
    #[serde(flatten)]
    tool: Tool,
    #[serde(flatten)]
    manner: Manner,
    /// code (also when it is not named) or file
    output_format: Option<String>,
}

impl GivenBody {
    async fn written(&self, testing: &Service, req: &Req) -> Result<(Target, Exported)> {
        let (target, manner) = (self.tool.target()?, self.manner.clone().judged()?);
        let test = self.test.as_ref().ok_or_else(|| fault("test", "test is required"))?;
        Ok((target, export(&parsed(test)?, target, &manner.options(rows(testing, req, test).await?))))
    }
}

#[derive(Serialize, JsonSchema)]
struct PreviewView {
    success: bool,
    language: &'static str,
    framework: &'static str,
    /// The first lines, at most fifty.
    preview: String,
    /// Of the whole code.
    line_count: usize,
    /// Of the whole code, as "1.2 KB".
    estimated_size: String,
}

async fn preview(testing: Service, mut req: Req) -> Result<Reply> {
    let body: GivenBody = req.json().await?;
    let (target, done) = body.written(&testing, &req).await?;
    let lines: Vec<&str> = done.code.lines().collect();
    Ok(Reply::json(&PreviewView {
        success: true,
        language: target.info().language,
        framework: target.info().framework,
        preview: lines.iter().take(PREVIEW_LINES).copied().collect::<Vec<_>>().join("\n"),
        line_count: lines.len(),
        estimated_size: size(done.code.len()),
    }))
}

/// In bytes below 1 024, else in KB of 1 024 bytes with one decimal.
fn size(bytes: usize) -> String {
    let tenths = (bytes * 10 + 512) / 1_024;
    if bytes < 1_024 { format!("{bytes} B") } else { format!("{}.{} KB", tenths / 10, tenths % 10) }
}

async fn generate(testing: Service, mut req: Req) -> Result<Reply> {
    let body: GivenBody = req.json().await?;
    let form = form(body.output_format.as_ref(), &["code", "file"])?;
    let (target, done) = body.written(&testing, &req).await?;
    if form == "file" {
        return Ok(Reply::text(done.code.clone()).attachment(&done.filename));
    }
    Ok(Reply::json(&ExportView::of(target, &done)))
}

#[derive(Default, Deserialize, JsonSchema)]
struct BulkBody {
    /// Up to 100 tests.
    #[serde(default)]
    tests: Vec<Value>,
    #[serde(flatten)]
    tool: Tool,
    #[serde(flatten)]
    manner: Manner,
    /// Adds what the tests need to run, such as a list of packages; yes when it is not said.
    include_shared_utils: Option<bool>,
    /// code (also when it is not named) or zip
    output_format: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct BulkView {
    success: bool,
    /// The tests in the order they came in, then what they need to run.
    files: Vec<FileView>,
    total_tests: usize,
    /// Of the tests.
    total_lines: usize,
    /// The same as one archive is had with `output_format` zip.
    zip_available: bool,
    error: Option<String>,
}

async fn bulk(testing: Service, mut req: Req) -> Result<Reply> {
    let body: BulkBody = req.json().await?;
    let (target, manner) = (body.tool.target()?, body.manner.clone().judged()?);
    if body.tests.is_empty() || body.tests.len() > MOST {
        return Err(fault("tests", format!("give 1 to {MOST} tests")));
    }
    let form = form(body.output_format.as_ref(), &["code", "zip"])?;
    let (mut done, mut written, mut bytes) = (Vec::with_capacity(body.tests.len()), Files::default(), 0);
    for test in &body.tests {
        let one = written.write(&parsed(test)?, target, &manner.options(rows(&testing, &req, test).await?));
        bytes += one.code.len();
        if bytes > BYTES_MAX {
            return Err(fault("tests", format!("the code of these tests is longer than {} MiB", BYTES_MAX >> 20)));
        }
        done.push((test.get("id").and_then(Value::as_str).map(str::to_owned), one));
    }
    let beside = body.include_shared_utils.unwrap_or(true);
    if form == "zip" {
        return archived(target, &done, beside);
    }
    let mut files: Vec<FileView> = done.iter().map(|(id, e)| FileView::of(id.clone(), e)).collect();
    let (total_tests, total_lines) = (files.len(), files.iter().map(FileView::lines).sum());
    if beside {
        files.extend(support(target).into_iter().map(|(name, text)| FileView::beside(name, text)));
    }
    Ok(Reply::json(&BulkView { success: true, total_tests, total_lines, files, zip_available: true, error: None }))
}

#[cfg(test)]
mod tests {
    use super::{named, size};

    #[test]
    fn sizes_and_names_are_those_people_read() {
        assert_eq!([size(0), size(1_023), size(1_024), size(1_229), size(10_240)], ["0 B", "1023 B", "1.0 KB", "1.2 KB", "10.0 KB"]);
        assert_eq!([named("typescript"), named("python")], ["TypeScript", "Python"]);
    }
}
