//! What is remembered of the elements a test met, so that they are known again when the page changed.

use argos_kernel::Result;
use argos_webtest::{Outcome, Phase, Status, StepFingerprint, StepStatus};

use super::executor::Stage;
use crate::model::test::Test;
use crate::store::{self, elements};

impl Stage<'_> {
    /// Remembers what the elements of the steps that passed look like.
    pub(super) async fn keep_elements(&self, test: &Test, outcome: &Outcome) -> Result<()> {
        let worth = worth_keeping(outcome);
        if worth.is_empty() {
            return Ok(());
        }
        let mut tx = self.testing.platform.store.state.begin().await?;
        if store::tests::find_in(&mut tx, test.uid).await?.is_some() {
            for f in worth {
                elements::put(&mut tx, test.id, &f.selector, &f.url_pattern, &f.fingerprint, self.ctx.now()).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}

/// Looks of elements of steps that passed, also in a test that failed later: those steps did what they should. A replacement
/// was the right element only if the test passed with it.
fn worth_keeping(outcome: &Outcome) -> Vec<&StepFingerprint> {
    let fits = |status: StepStatus| status == StepStatus::Passed || (status == StepStatus::Healed && outcome.status == Status::Passed);
    // Steps of a test within the test have the same numbers; where one of them failed nothing is learned.
    let learned = |f: &&StepFingerprint| {
        // Of claims only those that held leave one.
        if f.phase == Phase::Assertions {
            return true;
        }
        let mut of = outcome.step_results.iter().filter(|s| (s.phase, s.step_index) == (f.phase, f.step_index)).peekable();
        of.peek().is_some() && of.all(|step| fits(step.status))
    };
    outcome.fingerprints.iter().filter(learned).collect()
}

#[cfg(test)]
mod tests {
    use argos_webtest::heal::Fingerprint;
    use argos_webtest::{Fallback, StepResult};

    use super::*;
    use crate::actions::attempt::cancelled;

    fn step((step_index, status): (usize, &StepStatus)) -> StepResult {
        StepResult {
            phase: Phase::Steps,
            step_index,
            action: "click".into(),
            target: None,
            resolved_selector: None,
            description: None,
            success: true,
            status: *status,
            duration_ms: 1,
            started_ms: 0,
            error: None,
            error_code: None,
            has_screenshot: false,
            dom_attempts: 1,
            fallback_level: Fallback::default(),
            match_count: Some(1),
            warnings: Vec::new(),
            candidates: Vec::new(),
            healing: None,
            output: None,
            assertion: None,
            url: None,
            advised: None,
            sight: None,
        }
    }

    fn outcome(status: Status, steps: &[StepStatus]) -> Outcome {
        let look = |step_index: usize| StepFingerprint {
            phase: Phase::Steps,
            step_index,
            selector: format!("#{step_index}"),
            url_pattern: String::new(),
            fingerprint: Fingerprint::default(),
        };
        let step_results = steps.iter().enumerate().map(step).collect();
        Outcome { status, step_results, fingerprints: (0..steps.len()).map(look).collect(), ..cancelled() }
    }

    #[test]
    fn only_elements_of_steps_that_passed_are_remembered_and_replacements_when_the_test_did() {
        use StepStatus::{Failed, Healed, Passed};
        let kept = |outcome: &Outcome| worth_keeping(outcome).iter().map(|f| f.step_index).collect::<Vec<_>>();
        assert_eq!(kept(&outcome(Status::Failed, &[Passed, Healed, Failed])), [0]);
        assert_eq!(kept(&outcome(Status::Passed, &[Passed, Healed])), [0, 1]);
        let mut nested = outcome(Status::Failed, &[Passed, Passed]);
        nested.step_results.push(step((1, &Failed)));
        assert_eq!(kept(&nested), [0], "a step within the step failed");
    }
}
