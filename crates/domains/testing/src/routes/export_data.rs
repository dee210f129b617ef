//! `/api/v1/export/parameterized/generate`: a test with the rows of its data as code that runs with each of them.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::export::export;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Service;
use super::export::{Asked, ExportView, Manner, Tool, form, parsed, rows};
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
#[derive(Default, Deserialize, JsonSchema)]
struct DataExportBody {
    test: Option<Value>,
    parameterized_test_id: Option<String>,
    #[serde(flatten)]
    tool: Tool,
    #[serde(flatten)]
    manner: Manner,
    /// code (also when it is not named) or file
    output_format: Option<String>,
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
    let (target, manner) = (body.tool.target()?, body.manner.judged()?);
    let form = form(body.output_format.as_ref(), &["code", "file"])?;
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
    let options = manner.options(asked.rows);
    let done = export(&asked.plan, target, &options);
    if form == "file" {
        return Ok(Reply::text(done.code.clone()).attachment(&done.filename));
    }
    Ok(Reply::json(&DataExportView { code: ExportView::of(target, &done), parameter_count: options.rows.len(), parameter_names: names }))
}
