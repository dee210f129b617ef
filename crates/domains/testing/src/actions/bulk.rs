//! One change for many tests. Each is judged and written for itself, so that some may fail while others succeed.

use argos_kernel::{AppError, Result};
use argos_web::Req;
use serde_json::{Map, Value, json};

use super::tests::fault;
use crate::model::input;
use crate::model::test::Test;
use crate::service::Testing;

const MOST: usize = 100;

/// What became of the tests, by id.
#[derive(Default)]
pub(crate) struct BulkOutcome {
    pub(crate) done: Vec<String>,
    /// The changed ones as they were, for whoever wants them back.
    pub(crate) before: Vec<Test>,
    pub(crate) failed: Vec<(String, String)>,
}

/// The tests a body names.
pub(crate) fn ids(body: &Map<String, Value>) -> Result<Vec<String>> {
    let bad = || fault("test_ids", format!("test_ids must be a list of 1-{MOST} ids"));
    let list = body.get("test_ids").and_then(Value::as_array).ok_or_else(bad)?;
    let ids: Vec<String> = list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(bad)).collect::<Result<_>>()?;
    if (1..=MOST).contains(&ids.len()) { Ok(ids) } else { Err(bad()) }
}

impl Testing {
    pub(crate) async fn delete_tests(&self, req: &Req, ids: &[String]) -> BulkOutcome {
        let mut outcome = BulkOutcome::default();
        for id in ids {
            let one = async {
                let (test, _) = self.test_named(req, id).await?;
                self.delete_test(req.cx(), &test).await
            };
            outcome.note(id, one.await);
        }
        outcome
    }

    /// Lays `is_active`, `priority`, `tags_add` and `tags_remove` over each test.
    pub(crate) async fn change_tests(&self, req: &Req, ids: &[String], body: &Map<String, Value>) -> Result<BulkOutcome> {
        let list = |name: &str| match body.get(name).filter(|v| !v.is_null()) {
            None => Ok(Vec::new()),
            Some(value) => input::tags(value).map_err(|mut f| {
                f.loc = vec!["body".to_owned(), name.to_owned()];
                AppError::invalid(vec![f])
            }),
        };
        let (add, remove) = (list("tags_add")?, list("tags_remove")?);
        let mut outcome = BulkOutcome::default();
        for id in ids {
            let one = async {
                let (test, _) = self.test_named(req, id).await?;
                self.change_test(req.cx(), &test, &patch(&test, body, &add, &remove)).await?;
                Ok::<_, AppError>(test)
            };
            let one = one.await.map(|before| outcome.before.push(before));
            outcome.note(id, one);
        }
        Ok(outcome)
    }
}

fn patch(test: &Test, body: &Map<String, Value>, add: &[String], remove: &[String]) -> Map<String, Value> {
    let mut patch: Map<String, Value> =
        ["is_active", "priority"].iter().filter_map(|n| Some(((*n).to_owned(), body.get(*n)?.clone()))).collect();
    if !add.is_empty() || !remove.is_empty() {
        let kept = test.document.tags.iter().chain(add).filter(|t| !remove.contains(t));
        patch.insert("tags".to_owned(), json!(kept.collect::<Vec<_>>()));
    }
    patch
}

impl BulkOutcome {
    fn note(&mut self, id: &str, outcome: Result<()>) {
        match outcome {
            Ok(()) => self.done.push(id.to_owned()),
            Err(error) => self.failed.push((id.to_owned(), error.message().to_owned())),
        }
    }
}
