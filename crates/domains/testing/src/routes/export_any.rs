//! `/api/v1/export/{languages,preview,generate,bulk}`: tests that are given, as code for a tool that is named.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::export::{ExportOptions, Exported, Target, archive, export, targets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Service;
use super::export::{Asked, ExportView, FileView, parsed, rows, target_of, titled};
use crate::actions::tests::fault;

/// Tests of one call.
const MOST: usize = 100;
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

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct Manner {
    /// playwright, cypress, selenium, puppeteer
    framework: String,
    /// Else the first that the framework is written in.
    language: Option<String>,
    include_comments: bool,
    include_assertions: bool,
    base_url: Option<String>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { framework: "playwright".to_owned(), language: None, include_comments: true, include_assertions: true, base_url: None }
    }
}

impl Manner {
    fn target(&self) -> Result<Target> {
        target_of(&self.framework, self.language.as_deref())
    }

    fn write(&self, target: Target, asked: Asked) -> Exported {
        let options = ExportOptions {
            include_comments: self.include_comments,
            include_assertions: self.include_assertions,
            base_url: self.base_url.clone(),
            rows: asked.rows,
        };
        export(&asked.plan, target, &options)
    }
}

#[derive(Default, Deserialize, JsonSchema)]
struct GivenBody {
    /// Required. With `parameter_sets` or a `data_source` the code runs with each row.
    test: Option<Value>,
    #[serde(flatten)]
    manner: Manner,
    /// code (also when it is not named) or file
    output_format: Option<String>,
}

impl GivenBody {
    async fn written(&self, testing: &Service, req: &Req) -> Result<(Target, Exported)> {
        let target = self.manner.target()?;
        let test = self.test.as_ref().ok_or_else(|| fault("test", "test is required"))?;
        let asked = Asked { id: None, plan: parsed(test)?, rows: rows(testing, req, test).await? };
        Ok((target, self.manner.write(target, asked)))
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
    let format = body.output_format.as_deref().unwrap_or("code");
    if !["code", "file"].contains(&format) {
        return Err(fault("output_format", "output_format must be code or file"));
    }
    let (target, done) = body.written(&testing, &req).await?;
    if format == "file" {
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
    manner: Manner,
    /// code (also when it is not named) or zip
    output_format: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct BulkView {
    success: bool,
    files: Vec<FileView>,
    total_tests: usize,
    total_lines: usize,
    /// The same as one archive is had with `output_format` zip.
    zip_available: bool,
    error: Option<String>,
}

async fn bulk(testing: Service, mut req: Req) -> Result<Reply> {
    let body: BulkBody = req.json().await?;
    let target = body.manner.target()?;
    if body.tests.is_empty() || body.tests.len() > MOST {
        return Err(fault("tests", format!("give 1 to {MOST} tests")));
    }
    let format = body.output_format.as_deref().unwrap_or("code");
    if !["code", "zip"].contains(&format) {
        return Err(fault("output_format", "output_format must be code or zip"));
    }
    let (mut done, mut bytes) = (Vec::with_capacity(body.tests.len()), 0);
    for test in &body.tests {
        let asked = Asked { id: None, plan: parsed(test)?, rows: rows(&testing, &req, test).await? };
        let written = body.manner.write(target, asked);
        bytes += written.code.len();
        if bytes > BYTES_MAX {
            return Err(fault("tests", format!("the code of these tests is longer than {} MiB", BYTES_MAX >> 20)));
        }
        done.push((test.get("id").and_then(Value::as_str).map(str::to_owned), written));
    }
    if format == "zip" {
        let zip = archive(done.iter().map(|(_, e)| e)).map_err(AppError::internal)?;
        return Ok(Reply::bytes("application/zip", zip).attachment(&format!("{}-tests.zip", target.info().framework)));
    }
    let files: Vec<FileView> = done.iter().map(|(id, e)| FileView::of(id.clone(), e)).collect();
    let total_lines = files.iter().map(FileView::lines).sum();
    Ok(Reply::json(&BulkView { success: true, total_tests: files.len(), total_lines, files, zip_available: true, error: None }))
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
