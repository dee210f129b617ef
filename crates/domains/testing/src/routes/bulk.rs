//! One change for many tests at once.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use crate::actions::bulk::{BulkOutcome, ids};
use crate::model::test::{Document, Priority, Test};

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/tests/bulk-delete", "tests.bulk_delete", "Remove up to 100 tests.", delete)
        .body::<IdsBody>()
        .reply::<DeletedView>()
        .post("/api/v1/tests/bulk-update", "tests.bulk_update", "Change up to 100 tests alike.", update)
        .body::<UpdateBody>()
        .reply::<UpdatedView>()
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body")]
struct IdsBody {
    test_ids: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct UpdateBody {
    test_ids: Vec<String>,
    is_active: Option<bool>,
    priority: Option<Priority>,
    tags_add: Option<Vec<String>>,
    tags_remove: Option<Vec<String>>,
}

#[derive(Serialize, JsonSchema)]
struct FailedView {
    id: String,
    error: String,
}

#[derive(Serialize, JsonSchema)]
struct DeletedView {
    success: bool,
    deleted: Vec<String>,
    failed: Vec<FailedView>,
    deleted_count: usize,
    failed_count: usize,
}

/// What of a test can be changed here, as it was before.
#[derive(Serialize, JsonSchema)]
struct BeforeView {
    id: String,
    is_active: bool,
    priority: Priority,
    tags: Vec<String>,
}

impl BeforeView {
    fn of(test: Test) -> Self {
        let Document { is_active, priority, tags, .. } = test.document;
        Self { id: test.uid.to_string(), is_active, priority, tags }
    }
}

#[derive(Serialize, JsonSchema)]
struct UpdatedView {
    success: bool,
    updated: Vec<String>,
    before: Vec<BeforeView>,
    failed: Vec<FailedView>,
    updated_count: usize,
    failed_count: usize,
}

fn failed(outcome: &BulkOutcome) -> Vec<FailedView> {
    outcome.failed.iter().map(|(id, error)| FailedView { id: id.clone(), error: error.clone() }).collect()
}

async fn delete(testing: Service, mut req: Req) -> Result<Reply> {
    let body: Map<String, Value> = req.json().await?;
    let outcome = testing.delete_tests(&req, &ids(&body)?).await;
    let failed = failed(&outcome);
    Ok(Reply::json(&DeletedView {
        success: failed.is_empty(),
        deleted_count: outcome.done.len(),
        failed_count: failed.len(),
        deleted: outcome.done,
        failed,
    }))
}

async fn update(testing: Service, mut req: Req) -> Result<Reply> {
    let body: Map<String, Value> = req.json().await?;
    let outcome = testing.change_tests(&req, &ids(&body)?, &body).await?;
    let failed = failed(&outcome);
    Ok(Reply::json(&UpdatedView {
        success: failed.is_empty(),
        updated_count: outcome.done.len(),
        failed_count: failed.len(),
        updated: outcome.done,
        before: outcome.before.into_iter().map(BeforeView::of).collect(),
        failed,
    }))
}
