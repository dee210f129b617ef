//! Checks that the caller answers for: pictures against baselines, and accessibility.

use super::Runner;
use super::perform::option_text;
use super::step::Done;
use crate::failure::Failure;
use crate::options::{CheckInput, CheckVerdict};
use crate::plan::{Assertion, Claim, Step};

impl Runner<'_> {
    /// Compares a picture or judges accessibility by whom the caller gave for it.
    pub(crate) async fn check(&mut self, assertion: &Assertion) -> Result<CheckVerdict, Failure> {
        let Some(checks) = self.options.checks.clone() else {
            return Err(Failure::script(format!("{}: this runner compares nothing", assertion.claim.name())));
        };
        let page = self.page()?;
        let text = |name: &str| assertion.options.get(name).map(crate::text::plain);
        let name = text("name").or_else(|| assertion.expected.as_ref().map(crate::text::plain)).unwrap_or_else(|| "default".to_owned());
        let full = text("full_page").is_some_and(|full| full == "true");
        let mut input = CheckInput { name, picture: Vec::new(), url: page.url(), options: assertion.options.clone() };
        let verdict = if assertion.claim == Claim::Accessibility {
            checks.accessibility(&page, input).await
        } else {
            input.picture = self.shot(assertion.target.as_deref(), assertion.frame.as_deref(), full, self.options.default_timeout).await?;
            checks.visual(input).await
        };
        verdict.map_err(Failure::script)
    }

    pub(crate) async fn visual_check(&mut self, step: &Step) -> Result<Done, Failure> {
        self.checked(step, Claim::ScreenshotMatches).await
    }

    pub(crate) async fn accessibility_check(&mut self, step: &Step) -> Result<Done, Failure> {
        self.checked(step, Claim::Accessibility).await
    }

    async fn checked(&mut self, step: &Step, claim: Claim) -> Result<Done, Failure> {
        let mut assertion = Assertion::new(claim, step.target.as_deref(), None);
        assertion.expected.clone_from(&step.value);
        assertion.options = step.options.clone();
        assertion.frame.clone_from(&step.frame);
        if let Some(name) = option_text(step, "name").or_else(|| step.name.clone()) {
            assertion.options.insert("name".to_owned(), name.into());
        }
        let verdict = self.check(&assertion).await?;
        if verdict.passed { Ok(Done::with(verdict.details)) } else { Err(Failure::assertion(verdict.message)) }
    }
}
