//! `POST /api/v1/tests/create`: a test out of a description in plain words.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Service;
use super::view::TestView;
use crate::actions::described::Description;
use crate::actions::tests::fault;
use crate::model::settings::is_web_address;

const DESCRIPTION_MAX: usize = 20_000;
const CONTEXT_MAX: usize = 5_000;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/tests/create", "tests.describe", "Make a test out of sentences; what is not understood is told.", create)
        .body::<DescribeBody>()
        .reply::<DescribedView>()
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct DescribeBody {
    project_id: String,
    /// 1-20000 characters: sentences, one step each.
    description: String,
    /// Where it begins when no sentence says so; else at the project's address.
    app_url: Option<String>,
    /// Else the first sentence.
    name: Option<String>,
    /// What else is known of the application, at most 5000 characters; heard by a model only.
    context: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct DescribedView {
    success: bool,
    test: TestView,
    /// What was made of the description.
    spec: Value,
    /// What a model wrote; null when none was heard.
    original_nlp_output: Option<String>,
    /// Sentences that were not understood, which are tried as they stand; and what was not kept.
    warnings: Vec<String>,
}

async fn create(testing: Service, mut req: Req) -> Result<Reply> {
    let body: DescribeBody = req.json().await?;
    if body.project_id.is_empty() {
        return Err(fault("project_id", "project_id is required"));
    }
    let access = testing.project_for(&req, &body.project_id).await?;
    if body.description.chars().count() > DESCRIPTION_MAX {
        return Err(fault("description", format!("description must be at most {DESCRIPTION_MAX} characters")));
    }
    let start = body.app_url.as_deref().map(str::trim).filter(|u| !u.is_empty());
    if start.is_some_and(|u| !is_web_address(u)) {
        return Err(fault("app_url", "app_url must be an http or https address without credentials"));
    }
    let context = body.context.as_deref().map(str::trim).filter(|c| !c.is_empty());
    if context.is_some_and(|c| c.chars().count() > CONTEXT_MAX) {
        return Err(fault("context", format!("context must be at most {CONTEXT_MAX} characters")));
    }
    let asked = Description { text: &body.description, name: body.name.as_deref(), start, context };
    let made = testing.describe_test(req.cx(), &access.project, &asked).await?;
    let (test, spec, warnings) = (TestView::of(made.test), made.spec, made.warnings);
    Ok(Reply::json(&DescribedView { success: true, test, spec, original_nlp_output: made.output, warnings }))
}
