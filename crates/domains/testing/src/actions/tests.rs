//! Making, changing and removing tests. Every saved state is a version that can be gone back to.

use argos_audit::{Category, Entry};
use argos_identity::{Project, ProjectAccess};
use argos_kernel::{AppError, FieldError, Result, Timestamp, Uid};
use argos_store::Tx;
use argos_web::{OpCx, Req};
use serde_json::{Map, Value, json};

use crate::model::input;
use crate::model::test::{Document, Test, Version, summary};
use crate::service::Testing;
use crate::store::{tests, versions};

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Test not found")
}

/// One fault of the body.
pub(crate) fn fault(field: &str, text: impl Into<String>) -> AppError {
    AppError::invalid(vec![FieldError::new(field, text)])
}

/// What the audit log shows of a test.
pub(crate) fn facts(document: &Document) -> Value {
    json!({
        "name": document.name, "priority": document.priority, "is_active": document.is_active, "tags": document.tags,
        "step_count": document.step_count(),
    })
}

impl Testing {
    /// A test the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn test_named(&self, req: &Req, text: &str) -> Result<(Test, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let test = tests::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &test.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((test, project))
    }

    /// A project of a body or query; the permission of the route is judged in it.
    pub(crate) async fn project_for(&self, req: &Req, text: &str) -> Result<ProjectAccess> {
        let project = self.platform.identity.project_named(req, text).await?;
        project.require(req.cx().rule().permission())?;
        Ok(project)
    }

    pub(crate) async fn create_test(&self, cx: &OpCx, project: &Project, body: &Map<String, Value>) -> Result<Test> {
        let blank = Document { is_active: true, ..Document::default() };
        let document = input::apply(&blank, body).map_err(AppError::invalid)?;
        self.insert_test(cx, project, document, "created").await
    }

    /// Another test with the same content.
    pub(crate) async fn duplicate_test(&self, cx: &OpCx, of: &Test, project: &Project, name: Option<&str>) -> Result<Test> {
        let copied: String = of.document.name.chars().take(248).collect();
        let name = name.map_or_else(|| format!("{copied} (copy)"), str::to_owned);
        let document = input::apply(&of.document, &Map::from_iter([("name".to_owned(), Value::from(name))])).map_err(AppError::invalid)?;
        self.insert_test(cx, project, document, &format!("copied from {}", of.document.name)).await
    }

    pub(crate) async fn insert_test(&self, cx: &OpCx, project: &Project, document: Document, how: &str) -> Result<Test> {
        let (uid, now) = (Uid::mint(&**cx.clock(), &**cx.rng()), cx.now());
        let created_by = cx.caller.username.as_str();
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let row = tests::NewTest {
            uid,
            organization_id: project.organization_id,
            project_id: project.id,
            project_uid: project.uid,
            document: &document,
            created_by,
            now,
        };
        let id = tests::insert(&mut change, &row).await?;
        let first = Version { version: 1, summary: how.to_owned(), created_by: created_by.to_owned(), created_at: now };
        versions::insert(&mut change, id, &document, &first).await?;
        let entry = Entry::new("test.create", Category::Data)
            .organization(project.organization_id)
            .target("test", uid)
            .describe(format!("Test {} {how} in {}", document.name, project.fields.name))
            .after(facts(&document));
        change.commit(entry).await?;
        tests::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)
    }

    /// Lays a body over a test. 409 when it was changed since `expected_version`.
    pub(crate) async fn change_test(&self, cx: &OpCx, old: &Test, body: &Map<String, Value>) -> Result<Test> {
        let expected = match body.get("expected_version").filter(|v| !v.is_null()) {
            None => None,
            Some(value) => Some(value.as_i64().ok_or_else(|| fault("expected_version", "expected_version must be an integer"))?),
        };
        if expected.is_some_and(|v| v != old.version) {
            return Err(stale(old.version));
        }
        let document = input::apply(&old.document, body).map_err(AppError::invalid)?;
        let what = summary(&old.document, &document);
        self.put_test(cx, old, document, what).await
    }

    /// Writes the next version of a test.
    pub(crate) async fn put_test(&self, cx: &OpCx, old: &Test, document: Document, what: String) -> Result<Test> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        write_version(&mut change, old, &document, &what, (&cx.caller.username, cx.now())).await?;
        let entry = Entry::new("test.update", Category::Data)
            .organization(old.organization_id)
            .target("test", old.uid)
            .describe(format!("Test {} changed: {what}", document.name))
            .before(facts(&old.document))
            .after(facts(&document));
        change.commit(entry).await?;
        tests::find(&self.platform.store.state, old.uid).await?.ok_or_else(not_found)
    }

    /// Makes a version the newest one.
    pub(crate) async fn restore_version(&self, cx: &OpCx, test: &Test, version: i64) -> Result<Test> {
        let absent = || AppError::not_found("Version not found");
        let document = versions::find(&self.platform.store.state, test.id, version).await?.ok_or_else(absent)?;
        self.put_test(cx, test, document, format!("restored from version {version}")).await
    }

    pub(crate) async fn delete_test(&self, cx: &OpCx, test: &Test) -> Result<()> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !tests::delete(&mut change, test.id).await? {
            return Err(not_found());
        }
        let entry = Entry::new("test.delete", Category::Data)
            .organization(test.organization_id)
            .target("test", test.uid)
            .describe(format!("Test {} deleted", test.document.name))
            .before(facts(&test.document));
        change.commit(entry).await
    }
}

/// Writes a document as the next version of a test; its number. 409 when the test was changed since it was read.
pub(crate) async fn write_version(tx: &mut Tx, old: &Test, document: &Document, what: &str, (who, now): (&str, Timestamp)) -> Result<i64> {
    let Some(version) = tests::update(tx, old.id, old.version, document, now).await? else {
        let stored = tests::find_in(tx, old.uid).await?;
        return Err(stored.map_or_else(not_found, |t| stale(t.version)));
    };
    let new = Version { version, summary: what.to_owned(), created_by: who.to_owned(), created_at: now };
    versions::insert(tx, old.id, document, &new).await?;
    Ok(version)
}

fn stale(version: i64) -> AppError {
    let text = format!("The test was changed meanwhile; its version is {version} now");
    AppError::conflict(text).code("stale_version").with("current_version", version)
}
