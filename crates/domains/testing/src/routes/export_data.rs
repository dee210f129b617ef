//! `/api/v1/export/parameterized/generate`: a test with the rows of its data as code that runs with each of them.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::export::{ExportOptions, export};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Service;
use super::export::{Asked, ExportView, parsed, rows, target_of};
use crate::actions::tests::fault;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post(
            "/api/v1/export/parameterized/generate",
            "export.parameterized",
            "A test with its rows as code, named by framework and language.",
            generate,
        )
        .body::<DataExportBody>()
        .reply::<DataExportView>()
}

/// `test` with `parameter_sets` or a `data_source`, or one that is kept.
#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct DataExportBody {
    test: Option<Value>,
    parameterized_test_id: Option<String>,
    /// playwright, cypress, selenium, puppeteer
    framework: String,
    /// Else the first that the framework is written in.
    language: Option<String>,
    include_comments: bool,
    include_assertions: bool,
    base_url: Option<String>,
    /// code or file
    output_format: String,
}

impl Default for DataExportBody {
    fn default() -> Self {
        Self {
            test: None,
            parameterized_test_id: None,
            framework: "playwright".to_owned(),
            language: None,
            include_comments: true,
            include_assertions: true,
            base_url: None,
            output_format: "code".to_owned(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct DataExportView {
    #[serde(flatten)]
    code: ExportView,
    parameter_count: usize,
    parameter_names: Vec<String>,
}

async fn generate(testing: Service, mut req: Req) -> Result<Reply> {
    let body: DataExportBody = req.json().await?;
    let target = target_of(&body.framework, body.language.as_deref())?;
    if !["code", "file"].contains(&body.output_format.as_str()) {
        return Err(fault("output_format", "output_format must be code or file"));
    }
    let asked = match (&body.parameterized_test_id, &body.test) {
        (Some(id), _) => {
            let (test, _) = testing.data_test_named(&req, id).await?;
            let rows = testing.rows_of(&test).await?;
            Asked { id: Some(id.clone()), plan: parsed(&test.document.test().plan())?, rows }
        }
        (None, Some(test)) => Asked { id: None, plan: parsed(test)?, rows: rows(&testing, &req, test).await? },
        (None, None) => return Err(fault("test", "test or parameterized_test_id is required")),
    };
    if asked.rows.is_empty() {
        let text = "The test has no rows: give it parameter_sets or a data_source";
        return Err(AppError::bad_request(text).code("no_parameter_sets").with("field", "test"));
    }
    let mut names: Vec<String> = Vec::new();
    for name in asked.rows.iter().flat_map(|row| row.values.keys()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let options = ExportOptions {
        include_comments: body.include_comments,
        include_assertions: body.include_assertions,
        base_url: body.base_url,
        rows: asked.rows,
    };
    let done = export(&asked.plan, target, &options);
    if body.output_format == "file" {
        return Ok(Reply::text(done.code.clone()).attachment(&done.filename));
    }
    Ok(Reply::json(&DataExportView { code: ExportView::of(target, &done), parameter_count: options.rows.len(), parameter_names: names }))
}
