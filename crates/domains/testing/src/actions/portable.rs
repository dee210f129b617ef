//! Tests as the section `quality` of the configuration document, in the words of the API. A test is known by its uid, else
//! by its name in its project; a changed one gets its next version. What was found by running them is no configuration.

use std::sync::{Arc, Weak};

use argos_audit::{Mutation, PortableSection, SectionPermissions, SectionPlan, read_section};
use argos_identity::Project;
use argos_kernel::{AppError, Result, Uid};
use argos_web::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::tests::write_version;
use crate::model::input;
use crate::model::test::{Document, Test, Version, summary};
use crate::service::Testing;
use crate::store::{tests, versions};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    tests: Vec<Map<String, Value>>,
}

/// What names a test; the rest is its body.
const NAMES: [&str; 2] = ["project", "uid"];
const BODY: [&str; 12] =
    ["name", "description", "priority", "tags", "is_active", "source", "steps", "assertions", "setup", "teardown", "variables", "config"];

/// The section. It does not keep the domain alive: the platform holds it, and the domain holds the platform.
pub(crate) struct QualitySection(Weak<Testing>);

impl QualitySection {
    pub(crate) fn new(testing: &Arc<Testing>) -> Self {
        Self(Arc::downgrade(testing))
    }
    fn testing(&self) -> Result<Arc<Testing>> {
        self.0.upgrade().ok_or_else(|| AppError::internal("the testing domain has ended"))
    }
}

fn shown(test: &Test) -> Value {
    let d = &test.document;
    let mut out = json!({
        "project": test.project_uid, "uid": test.uid, "name": d.name, "description": d.description, "priority": d.priority.as_str(),
        "tags": d.tags, "is_active": d.is_active, "source": d.source.as_str(),
    });
    if let Some(out) = out.as_object_mut() {
        out.extend(d.definition.clone());
    }
    out
}

/// A test of the document, before its project is looked at.
struct Wanted {
    project: Uid,
    uid: Option<Uid>,
    body: Map<String, Value>,
}

fn judge(object: &Map<String, Value>) -> Result<Wanted, String> {
    if let Some(unknown) = object.keys().find(|k| !NAMES.contains(&k.as_str()) && !BODY.contains(&k.as_str())) {
        return Err(format!("unknown field `{}`", unknown.escape_debug()));
    }
    let uid = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().and_then(|t| t.parse::<Uid>().ok()).map(Some).ok_or_else(|| format!("{name} must be a uid")),
    };
    let body = object.iter().filter(|(k, _)| BODY.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    Ok(Wanted { project: uid("project")?.ok_or("project is missing")?, uid: uid("uid")?, body })
}

impl Wanted {
    /// The whole test: what the document does not say is as in a new one.
    fn document(&self) -> Result<Document, String> {
        let blank = Document { is_active: true, ..Document::default() };
        input::apply(&blank, &self.body).map_err(|faults| faults.iter().map(|f| f.msg.as_str()).collect::<Vec<_>>().join("; "))
    }
}

impl Testing {
    async fn quality_document(&self) -> Result<Value> {
        let mut all = tests::every(&self.platform.store.state).await?;
        let mut projects: Vec<i64> = all.iter().map(|test| test.project_id).collect();
        projects.sort_unstable();
        projects.dedup();
        // Tests of a deleted organization are there until it is purged; the document does not carry their projects.
        let mut buried = Vec::new();
        for id in projects {
            if self.platform.identity.project_by_id(id).await?.is_none() {
                buried.push(id);
            }
        }
        all.retain(|test| !buried.contains(&test.project_id));
        Ok(json!({ "tests": all.iter().map(shown).collect::<Vec<_>>() }))
    }

    async fn import_quality(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: Section = read_section("quality", wanted)?;
        let (mut plan, mut named, mut projects): (SectionPlan, Vec<Uid>, Vec<Project>) = Default::default();
        for (at, object) in section.tests.iter().enumerate() {
            let name = object.get("name").and_then(Value::as_str).unwrap_or_default();
            if let Err(why) = self.import_test(change, object, &mut plan, (&mut named, &mut projects)).await? {
                plan.faults.push(format!("tests[{at}] {name}: {why}"));
            }
        }
        // Only of projects that are named: of the others the document says nothing.
        for project in projects.iter().filter(|_| replace && plan.faults.is_empty()) {
            for gone in tests::every_of_in(change, project.id).await?.iter().filter(|t| !named.contains(&t.uid)) {
                tests::delete(change, gone.id).await?;
                plan.removes.push(format!("test {} of {}", gone.document.name, project.fields.name));
            }
        }
        Ok(plan)
    }

    /// The inner error is a fault of the document.
    async fn import_test(
        &self,
        change: &mut Mutation,
        object: &Map<String, Value>,
        plan: &mut SectionPlan,
        (named, projects): (&mut Vec<Uid>, &mut Vec<Project>),
    ) -> Result<Result<(), String>> {
        let judged = judge(object).and_then(|wanted| Ok((wanted.document()?, wanted)));
        let (document, wanted) = match judged {
            Ok(judged) => judged,
            Err(why) => return Ok(Err(why)),
        };
        let Some(project) = self.platform.identity.project_in(change, wanted.project).await? else {
            return Ok(Err(format!("there is no project {}", wanted.project)));
        };
        if projects.iter().all(|p| p.id != project.id) {
            projects.push(project.clone());
        }
        let before = match wanted.uid {
            Some(uid) => tests::find_in(change, uid).await?,
            None => tests::every_of_in(change, project.id).await?.into_iter().find(|t| t.document.name == document.name),
        };
        let (who, now) = (change.actor().name.clone(), self.platform.clock.now());
        let text = format!("test {} of {}", document.name, project.fields.name);
        match before {
            Some(test) if test.project_id != project.id => return Ok(Err("its uid belongs to a test of another project".to_owned())),
            Some(test) if named.contains(&test.uid) => return Ok(Err("is there twice".to_owned())),
            Some(test) => {
                named.push(test.uid);
                if test.document == document {
                    plan.unchanged += 1;
                } else {
                    let what = format!("imported: {}", summary(&test.document, &document));
                    write_version(change, &test, &document, &what, (&who, now)).await?;
                    plan.updates.push(text);
                }
            }
            None => {
                let uid = wanted.uid.unwrap_or_else(|| Uid::mint(&*self.platform.clock, &*self.platform.rng));
                let (organization_id, project_id, project_uid) = (project.organization_id, project.id, project.uid);
                let row = tests::NewTest { uid, organization_id, project_id, project_uid, document: &document, created_by: &who, now };
                let id = tests::insert(change, &row).await?;
                let first = Version { version: 1, summary: "imported".to_owned(), created_by: who, created_at: now };
                versions::insert(change, id, &document, &first).await?;
                named.push(uid);
                plan.creates.push(text);
            }
        }
        Ok(Ok(()))
    }
}

impl PortableSection for QualitySection {
    fn name(&self) -> &'static str {
        "quality"
    }
    fn permissions(&self) -> Option<SectionPermissions> {
        Some(SectionPermissions { export: "instance:export", import: "instance:import" })
    }
    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async { self.testing()?.quality_document().await })
    }
    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(async move { self.testing()?.import_quality(change, wanted, replace).await })
    }
}

#[cfg(test)]
mod tests_of_portable {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn body_of_a_test_is_judged_as_the_api_judges_it() {
        let of = |value: Value| judge(value.as_object().unwrap()).and_then(|w| w.document());
        let project = "019a0000-0000-7000-8000-000000000001";
        let good = of(json!({ "project": project, "name": "Shop opens", "steps": [{ "action": "goto", "target": "/" }] })).unwrap();
        assert_eq!((good.name.as_str(), good.step_count(), good.is_active), ("Shop opens", 1, true));
        for (value, part) in [
            (json!({ "name": "x" }), "project is missing"),
            (json!({ "project": "x", "name": "x" }), "project must be a uid"),
            (json!({ "project": project, "name": "" }), "name must be 1-255"),
            (json!({ "project": project, "name": "x", "colour": 1 }), "unknown field `colour`"),
        ] {
            assert!(of(value).unwrap_err().contains(part), "{part}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_section_or_an_error(text in "[\\[\\]{}:,\"a-z0-9_ ]{0,200}") {
            if let Ok(section) = serde_json::from_str::<Section>(&text) {
                for object in section.tests {
                    drop(judge(&object).map(|w| w.document()));
                }
            }
        }
    }
}
