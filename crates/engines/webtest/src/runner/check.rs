//! Checks that the caller answers for: pictures against baselines, and accessibility.

use super::Runner;
use super::perform::option_text;
use super::step::Done;
use crate::failure::Failure;
use crate::options::{CheckInput, CheckVerdict};
use crate::outcome::Phase;
use crate::plan::{Assertion, Claim, Step};

/// Where a check stands, and what it is called without a name of its own: no two of a test are called the same.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// `None` where no result of a step could tell of it.
    place: Option<(Phase, usize)>,
    pub(crate) name: String,
}

/// The word of a list of steps.
const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Setup => "setup",
        Phase::Steps => "step",
        Phase::Teardown => "teardown",
        Phase::Assertions => "end",
    }
}

impl Runner<'_> {
    /// A step, or the step of the test within it.
    pub(crate) fn spot(&self, phase: Phase, index: usize) -> Spot {
        let name = self.inside.clone().unwrap_or_else(|| format!("{} {}", word(phase), index + 1));
        Spot { place: Some((phase, index)), name }
    }

    /// What decides whether the step is done at all.
    pub(crate) fn spot_of_condition(&self, phase: Phase, index: usize) -> Spot {
        let spot = self.spot(phase, index);
        Spot { place: None, name: format!("{} condition", spot.name) }
    }

    /// A claim at the end of the test.
    pub(crate) fn spot_at_the_end(index: usize) -> Spot {
        Spot { place: None, name: if index == 0 { "end".to_owned() } else { format!("end {}", index + 1) } }
    }

    /// Compares a picture or judges accessibility by whom the caller gave for it.
    pub(crate) async fn check(&mut self, assertion: &Assertion, spot: &Spot) -> Result<CheckVerdict, Failure> {
        let Some(checks) = self.options.checks.clone() else {
            return Err(Failure::script(format!("{}: this runner compares nothing", assertion.claim.name())));
        };
        let page = self.page()?;
        let text = |name: &str| assertion.options.get(name).map(crate::text::plain);
        let named = text("name").or_else(|| assertion.expected.as_ref().map(crate::text::plain)).filter(|name| !name.trim().is_empty());
        let element = match &assertion.target {
            Some(selector) => Some((selector.clone(), self.locator(selector, assertion.frame.as_deref())?)),
            None => None,
        };
        let input = CheckInput {
            name: named.unwrap_or_else(|| spot.name.clone()),
            place: spot.place,
            element,
            full_page: text("full_page").is_some_and(|full| full == "true"),
            limit: self.options.default_timeout,
            options: assertion.options.clone(),
        };
        let verdict = match assertion.claim {
            Claim::Accessibility => checks.accessibility(&page, input).await,
            _ => checks.visual(&page, input).await,
        };
        verdict.map_err(Failure::script)
    }

    pub(crate) async fn visual_check(&mut self, phase: Phase, index: usize, step: &Step) -> Result<Done, Failure> {
        self.checked(phase, index, step, Claim::ScreenshotMatches).await
    }

    pub(crate) async fn accessibility_check(&mut self, phase: Phase, index: usize, step: &Step) -> Result<Done, Failure> {
        self.checked(phase, index, step, Claim::Accessibility).await
    }

    async fn checked(&mut self, phase: Phase, index: usize, step: &Step, claim: Claim) -> Result<Done, Failure> {
        let mut assertion = Assertion::new(claim, step.target.as_deref(), None);
        assertion.expected.clone_from(&step.value);
        assertion.options = step.options.clone();
        assertion.frame.clone_from(&step.frame);
        if let Some(name) = option_text(step, "name").or_else(|| step.name.clone()) {
            assertion.options.insert("name".to_owned(), name.into());
        }
        let verdict = self.check(&assertion, &self.spot(phase, index)).await?;
        if verdict.passed {
            Ok(Done { warnings: verdict.warnings, ..Done::with(verdict.details) })
        } else {
            Err(Failure::assertion(verdict.message))
        }
    }
}
