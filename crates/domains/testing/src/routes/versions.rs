//! Versions of a test, and judging one before it is saved.

use argos_kernel::{Place, Result, places};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Service;
use super::view::TestView;
use crate::model::input;
use crate::model::test::Document;
use crate::store::versions;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/tests/{id}/versions", "tests.versions", "Every saved state of a test, newest first.", list)
        .reply::<Vec<VersionView>>()
        .post("/api/v1/tests/{id}/versions/{version}/restore", "tests.restore", "Make a version the newest one.", restore)
        .reply::<TestView>()
        .post("/api/v1/tests/validate", "tests.validate", "Judge a test without saving it.", validate)
        .reply::<ValidView>()
}

#[derive(Serialize, JsonSchema)]
struct VersionView {
    version: i64,
    summary: String,
    created_by: String,
    created_at: String,
    is_current: bool,
}

/// One fault and where it is.
#[derive(Serialize, JsonSchema)]
struct FaultView {
    loc: Vec<Place>,
    msg: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize, JsonSchema)]
struct ValidView {
    valid: bool,
    errors: Vec<FaultView>,
    warnings: Vec<String>,
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.test_named(&req, req.param("id")).await?;
    let all = versions::list(&testing.platform.store.state, test.id).await?;
    let view = |v: crate::model::test::Version| VersionView {
        version: v.version,
        summary: v.summary,
        created_by: v.created_by,
        created_at: v.created_at.rfc3339(),
        is_current: v.version == test.version,
    };
    Ok(Reply::json(&all.into_iter().map(view).collect::<Vec<_>>()))
}

async fn restore(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.test_named(&req, req.param("id")).await?;
    let version: i64 = req.param_as("version")?;
    Ok(Reply::json(&TestView::of(testing.restore_version(req.cx(), &test, version).await?)))
}

async fn validate(testing: Service, mut req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    let body: Map<String, Value> = req.json().await?;
    // A test that is still being written has no name yet.
    let unnamed = Document { name: "unnamed".to_owned(), ..Document::default() };
    let (errors, warnings) = match input::apply(&unnamed, &body) {
        Ok(document) => (Vec::new(), warnings(&document)),
        Err(faults) => (faults, Vec::new()),
    };
    let errors: Vec<FaultView> = errors.into_iter().map(|f| FaultView { loc: places(&f.loc), msg: f.msg, kind: f.kind }).collect();
    Ok(Reply::json(&ValidView { valid: errors.is_empty(), errors, warnings }))
}

/// What a test should have and does not need.
fn warnings(document: &Document) -> Vec<String> {
    let mut list = Vec::new();
    let asserts = document.list("steps").iter().any(|s| s.get("action").and_then(Value::as_str) == Some("assert"));
    if !asserts && document.list("assertions").is_empty() {
        list.push("The test asserts nothing: it passes whenever its steps can be done.".to_owned());
    }
    if document.list("steps").is_empty() {
        list.push("The test has no steps.".to_owned());
    }
    list
}
