//! What goes with a test or a project, told before it is deleted to those who may delete it.

use std::sync::Weak;

use argos_kernel::Result;
use argos_platform::DeskPart;
use argos_web::{BoxFuture, Consequence, Judged, Req};

use crate::service::Testing;
use crate::store::{files, tests};

/// The tests' share in what changes take along.
pub(crate) struct Foresight(pub(crate) Weak<Testing>);

impl DeskPart for Foresight {
    fn kind(&self) -> &'static str {
        "tests"
    }

    fn foresees<'a>(&'a self, req: &'a Req, change: &'a Judged) -> BoxFuture<'a, Result<Vec<Consequence>>> {
        Box::pin(async move {
            let Some(testing) = self.0.upgrade() else { return Ok(Vec::new()) };
            match change.operation {
                "tests.delete" => testing.goes_with_test(req, change.param("id")).await,
                "projects.delete" => testing.goes_with_project(req, change.param("id")).await,
                _ => Ok(Vec::new()),
            }
        })
    }
}

impl Testing {
    async fn goes_with_test(&self, req: &Req, id: &str) -> Result<Vec<Consequence>> {
        let Ok(uid) = id.parse() else { return Ok(Vec::new()) };
        let Some(test) = tests::find(&self.platform.store.state, uid).await? else { return Ok(Vec::new()) };
        let Ok(access) = self.platform.identity.project_named(req, &test.project_id.to_string()).await else { return Ok(Vec::new()) };
        if access.require("test:delete").is_err() {
            return Ok(Vec::new());
        }
        let names =
            |payload: &serde_json::Value| payload["test_ids"].as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some(id)));
        let runs_it = self.platform.schedules.list(Some(argos_jobs::TEST_RUN)).await?.into_iter();
        let runs_it = runs_it.filter(|s| s.spec.project_id == Some(test.project_id) && names(&s.spec.payload));
        Ok(Consequence::named("schedules_lose_test", runs_it.map(|s| s.spec.name)).into_iter().collect())
    }

    async fn goes_with_project(&self, req: &Req, id: &str) -> Result<Vec<Consequence>> {
        let Ok(access) = self.platform.identity.project_named(req, id).await else { return Ok(Vec::new()) };
        if access.require("project:delete").is_err() {
            return Ok(Vec::new());
        }
        let (db, project) = (&self.platform.store.state, access.project.id);
        let figures = tests::figures(db, &[project]).await?;
        let count = figures.first().map_or(0, |f| usize::try_from(f.tests).unwrap_or_default());
        let kept = files::list(db, project).await?.into_iter().map(|f| f.name);
        Ok(Consequence::counted("tests", count).into_iter().chain(Consequence::named("files", kept)).collect())
    }
}
