//! `/api/v1/tests`: list, make, read, change, remove, copy.

use argos_kernel::{AppError, Page, PageRequest, Result, Uid};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use super::view::{TestLineView, TestView, said};
use crate::actions::tests::fault;
use crate::model::test::{Priority, Source};
use crate::store::{results, tests, versions};

const RESULTS: [&str; 7] = ["passed", "failed", "error", "skipped", "cancelled", "never", "off"];
const SORTS: [&str; 8] = ["name", "-name", "priority", "-priority", "source", "-source", "updated", "-updated"];
/// Results of the strip of a list.
const STRIP: i64 = 20;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/tests", "tests.list", "Tests, newest first, each with its last results.", list)
        .param("project_id", "tests of one project")
        .param("is_active", "true or false")
        .param("priority", "critical, high, medium, low")
        .param("source", "manual, discovered, generated, imported")
        .param("tags", "comma list, any of them")
        .param("search", "words of name or description")
        .param("result", "how the last result ended: passed, failed, error, skipped, cancelled, never, off")
        .param("sort", "name, priority, source, updated, the other way round with a - before it; else newest first")
        .param("limit", "1-500, default 50")
        .param("offset", "tests to skip, at most 10000")
        .reply::<TestsView>()
        .post("/api/v1/tests", "tests.create", "Make a test.", create)
        .body::<TestBody>()
        .reply::<TestView>()
        .get("/api/v1/tests/{id}", "tests.get", "One test.", get)
        .param("version", "as it was in this version")
        .reply::<TestView>()
        .put("/api/v1/tests/{id}", "tests.update", "Change members of a test; null and absent ones stay.", update)
        .body::<TestBody>()
        .reply::<TestView>()
        .patch("/api/v1/tests/{id}", "tests.patch", "The same.", update)
        .body::<TestBody>()
        .reply::<TestView>()
        .delete("/api/v1/tests/{id}", "tests.delete", "Remove a test; its results stay.", remove)
        .post("/api/v1/tests/{id}/duplicate", "tests.duplicate", "Copy a test.", duplicate)
        .body::<DuplicateBody>()
        .reply::<TestView>()
}

#[derive(Serialize, JsonSchema)]
struct TestsView {
    tests: Vec<TestLineView>,
    total: i64,
    limit: i64,
    offset: i64,
    /// What the tests of the organization or project are tagged with, whatever the other filters say.
    tags: Vec<String>,
}

/// What is said of a test. New ones need `project_id` and `name`.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct TestBody {
    project_id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    steps: Option<Vec<Value>>,
    assertions: Option<Vec<Value>>,
    setup: Option<Vec<Value>>,
    teardown: Option<Vec<Value>>,
    variables: Option<Map<String, Value>>,
    config: Option<Map<String, Value>>,
    tags: Option<Vec<String>>,
    priority: Option<Priority>,
    is_active: Option<bool>,
    source: Option<Source>,
    /// 409 when the test has another version by now.
    expected_version: Option<i64>,
}

#[derive(Deserialize, JsonSchema, Default)]
struct DuplicateBody {
    name: Option<String>,
    project_id: Option<String>,
}

fn flag(q: &Query, name: &str) -> Result<Option<bool>> {
    match q.filled(name) {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(_) => Err(fault(name, format!("{name} must be true or false"))),
    }
}

fn word<T>(q: &Query, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    q.filled(name).map(|text| parse(text).ok_or_else(|| fault(name, format!("unknown {name} `{text}`")))).transpose()
}

fn one_of(q: &Query, name: &str, words: &[&str]) -> Result<Option<String>> {
    match q.filled(name) {
        Some(word) if !words.contains(&word) => Err(fault(name, format!("{name} must be one of {}", words.join(", ")))),
        word => Ok(word.map(str::to_owned)),
    }
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let (organizations, project_id) = match q.filled("project_id") {
        Some(text) => {
            let access = testing.project_for(&req, text).await?;
            (vec![access.project.organization_id], Some(access.project.id))
        }
        None => (testing.platform.identity.organizations_readable(&req).await?, None),
    };
    let long = |name: &str, max: usize| match q.filled(name) {
        Some(text) if text.chars().count() > max => Err(fault(name, format!("{name} must be at most {max} characters"))),
        text => Ok(text),
    };
    long("tags", 500)?;
    let filter = tests::Filter {
        organizations,
        project_id,
        is_active: flag(q, "is_active")?,
        priority: word(q, "priority", Priority::parse)?,
        source: word(q, "source", Source::parse)?,
        tags: q.list("tags").into_iter().map(str::to_owned).collect(),
        search: long("search", 200)?.map(str::to_owned),
        result: one_of(q, "result", &RESULTS)?,
        sort: one_of(q, "sort", &SORTS)?,
    };
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 500)?, offset: q.int_clamped("offset", 0, 0, 10_000)? };
    let db = &testing.platform.store.state;
    let Page { items, total } = tests::list(db, &filter, page).await?;
    let uids: Vec<Uid> = items.iter().map(|t| t.uid).collect();
    let marks = results::marks(db, &uids, STRIP).await?;
    let tests = items.into_iter().map(|line| TestLineView::of(line, &marks)).collect();
    let tags = tests::tags(db, &filter.organizations, filter.project_id).await?;
    Ok(Reply::json(&TestsView { tests, total, limit: page.limit, offset: page.offset, tags }).total_count(total))
}

async fn create(testing: Service, mut req: Req) -> Result<Reply> {
    let body: Map<String, Value> = req.json().await?;
    let project = body.get("project_id").and_then(Value::as_str).ok_or_else(|| fault("project_id", "project_id is required"))?;
    let access = testing.project_for(&req, project).await?;
    if !body.contains_key("name") {
        return Err(fault("name", "name is required"));
    }
    Ok(Reply::json(&TestView::of(testing.create_test(req.cx(), &access.project, &body).await?)))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (mut test, _) = testing.test_named(&req, req.param("id")).await?;
    if let Some(version) = req.query().int("version")?.filter(|v| *v != test.version) {
        let absent = || AppError::not_found("Version not found");
        test.document = versions::find(&testing.platform.store.state, test.id, version).await?.ok_or_else(absent)?;
        test.version = version;
    }
    Ok(Reply::json(&TestView::of(test)))
}

async fn update(testing: Service, mut req: Req) -> Result<Reply> {
    let (test, _) = testing.test_named(&req, req.param("id")).await?;
    let body: Map<String, Value> = req.json().await?;
    Ok(Reply::json(&TestView::of(testing.change_test(req.cx(), &test, &body).await?)))
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.test_named(&req, req.param("id")).await?;
    testing.delete_test(req.cx(), &test).await?;
    Ok(Reply::json(&said("Test deleted")))
}

async fn duplicate(testing: Service, mut req: Req) -> Result<Reply> {
    let (test, own) = testing.test_named(&req, req.param("id")).await?;
    let body: DuplicateBody = req.json_or_default().await?;
    let access = match &body.project_id {
        Some(text) => testing.project_for(&req, text).await?,
        None => own,
    };
    Ok(Reply::json(&TestView::of(testing.duplicate_test(req.cx(), &test, &access.project, body.name.as_deref()).await?)))
}
