//! A test out of a description: what it is called, what is kept of the words, and its steps.

use argos_identity::Project;
use argos_kernel::Result;
use argos_web::OpCx;
use serde_json::{Value, json};

use super::tests::fault;
use crate::model::described;
use crate::model::test::{Source, Test};
use crate::service::Testing;

/// What somebody writes of a test.
pub(crate) struct Description<'a> {
    pub(crate) text: &'a str,
    /// Else the first sentence.
    pub(crate) name: Option<&'a str>,
    /// Where it begins when no sentence says so.
    pub(crate) start: Option<&'a str>,
}

/// The test it became.
pub(crate) struct DescribedTest {
    pub(crate) test: Test,
    /// What was made of the description.
    pub(crate) spec: Value,
    pub(crate) warnings: Vec<String>,
}

impl Testing {
    /// Makes a test out of sentences. 422 on `description` when there is none.
    pub(crate) async fn describe_test(&self, cx: &OpCx, project: &Project, asked: &Description<'_>) -> Result<DescribedTest> {
        let read = described::read(asked.text, asked.start);
        if read.steps.is_empty() {
            return Err(fault("description", "description must have at least one sentence"));
        }
        let name = asked.name.map(str::trim).filter(|n| !n.is_empty()).unwrap_or(&read.name);
        let spec = json!({ "name": name, "description": read.about, "steps": read.steps, "source": Source::Generated.as_str() });
        let fields = spec.as_object().cloned().unwrap_or_default();
        let test = self.create_test(cx, project, &fields).await?;
        Ok(DescribedTest { test, spec, warnings: read.warnings })
    }
}
