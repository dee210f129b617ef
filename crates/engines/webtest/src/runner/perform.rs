//! Which part of the runner does which action.

use super::Runner;
use super::step::Done;
use crate::failure::Failure;
use crate::outcome::Phase;
use crate::plan::{Action, Step};
use crate::text::plain;

impl Runner<'_> {
    /// Does what the step says; `written` is the step as the plan has it, `step` the one with its values.
    pub(crate) async fn perform(&mut self, phase: Phase, index: usize, written: &Step, step: &Step) -> Result<Done, Failure> {
        let done = self.perform_once(phase, index, written, step).await?;
        let holds = done.assertion.as_ref().is_none_or(|assertion| assertion.passed);
        if holds && !step.action.acts_on_element() && step.wants_one() {
            self.remember_seen(phase, index, written, step).await;
        }
        Ok(done)
    }

    async fn perform_once(&mut self, phase: Phase, index: usize, written: &Step, step: &Step) -> Result<Done, Failure> {
        match step.action {
            Action::Goto | Action::Reload | Action::GoBack | Action::GoForward => Box::pin(self.navigate(step)).await,
            action if action.acts_on_element() => Box::pin(self.act(phase, index, written, step)).await,
            Action::Wait
            | Action::WaitForSelector
            | Action::WaitForUrl
            | Action::WaitForLoadState
            | Action::WaitForResponse
            | Action::WaitForFunction => Box::pin(self.pause(step)).await,
            Action::Screenshot => Box::pin(self.screenshot(phase, index, step)).await,
            Action::Assert => Box::pin(self.assert(phase, index, step)).await,
            Action::NewTab
            | Action::SwitchTab
            | Action::CloseTab
            | Action::SwitchFrame
            | Action::SetViewport
            | Action::AcceptDialog
            | Action::DismissDialog => Box::pin(self.arrange(step)).await,
            Action::Extract
            | Action::SetVariable
            | Action::SetCookie
            | Action::ClearStorage
            | Action::SetHeaders
            | Action::MockRoute
            | Action::Evaluate
            | Action::ApiRequest => Box::pin(self.data(step)).await,
            Action::RunTest => Box::pin(self.run_test(phase, index, step)).await,
            Action::VisualCheck => Box::pin(self.visual_check(phase, index, step)).await,
            Action::AccessibilityCheck => Box::pin(self.accessibility_check(phase, index, step)).await,
            _ => Err(Failure::script(format!("{} cannot be done here", step.action))),
        }
    }

    async fn assert(&mut self, phase: Phase, index: usize, step: &Step) -> Result<Done, Failure> {
        let Some(assertion) = &step.assertion else { return Err(Failure::script("the step claims nothing")) };
        let mut assertion = assertion.clone();
        assertion.timeout_ms = assertion.timeout_ms.or(step.timeout_ms).or(step.execution.timeout_ms);
        assertion.frame = assertion.frame.or_else(|| step.frame.clone());
        assertion.options.extend(step.options.clone());
        let (result, unfound) = self.judged(&assertion, &self.spot(phase, index)).await;
        Ok(Done { output: result.actual.clone(), warnings: result.warnings.clone(), assertion: Some(result), unfound, ..Done::default() })
    }
}

/// The value of a step as text; empty without one.
pub(crate) fn text_value(step: &Step) -> String {
    step.value.as_ref().map(plain).unwrap_or_default()
}

/// An option as text.
pub(crate) fn option_text(step: &Step, name: &str) -> Option<String> {
    step.options.get(name).filter(|value| !value.is_null()).map(plain)
}
