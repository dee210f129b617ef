//! One step from its condition to its result: variables, tries, evidence, what is told of it.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::{Runner, Stop};
use crate::failure::{ErrorCode, Failure};
use crate::filter::Filter;
use crate::heal::Healing;
use crate::options::Vision;
use crate::outcome::{AssertionResult, Fallback, Phase, RunEvent, Sight, StepResult, StepStatus};
use crate::plan::{Action, Assertion, Condition, Plan, Step};

/// Pause before the first tries at an element after one that failed, as the step model has it, and how many those are.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
const QUICK_RETRIES: u32 = 2;
/// Pause before each later one.
const LONG_PAUSE: Duration = Duration::from_secs(1);
/// What a try waits that nobody asked for: the first one waited as long as the step may.
const RETRY_LOOK: Duration = Duration::from_millis(500);

/// What a step that succeeded leaves.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) output: Option<Value>,
    pub(crate) warnings: Vec<String>,
    pub(crate) match_count: Option<usize>,
    pub(crate) assertion: Option<AssertionResult>,
    /// Why the assertion had nothing to judge.
    pub(crate) unfound: Option<Failure>,
}

impl Done {
    pub(crate) fn with(output: impl Into<Value>) -> Self {
        Self { output: Some(output.into()), ..Self::default() }
    }
}

/// What is known of a step while it runs.
#[derive(Default)]
pub(super) struct Attempt {
    pub(super) resolved: Option<Step>,
    tries: u32,
    pub(super) fallback: Fallback,
    healing: Option<Healing>,
    pub(super) sight: Option<Sight>,
}

impl Runner<'_> {
    /// Does a step; an error ends its list.
    pub(crate) async fn step(&mut self, phase: Phase, index: usize, step: &Step, next: Option<&Step>) -> Result<(), Failure> {
        self.observer.on(RunEvent::StepStarted { phase, index, action: step.action.name(), title: self.redactor.clean(&step.title()) });
        let mut attempt = Attempt::default();
        self.heard = super::advice::Heard::default();
        let before = self.document().await;
        // What the trace takes is not the step's.
        let at = Instant::now();
        let wanted = self.wanted(phase, index, step).await;
        let done = match wanted {
            Ok(false) => None,
            Ok(true) => {
                self.mark_requests(step);
                self.prepare_dialog(next);
                Some(self.tries(phase, index, step, &mut attempt).await)
            }
            Err(failure) => Some(Err(failure)),
        };
        // Why nothing is where it should be, when the page went where nobody may.
        let done = self.led_astray().map_or(done, |failure| Some(Err(failure)));
        let mut result = self.result(phase, index, step, &attempt, at);
        let failure = match done {
            None => {
                result.status = StepStatus::Skipped;
                result.warnings.push("condition_not_met".to_owned());
                None
            }
            Some(Ok(done)) => {
                result.status =
                    if attempt.healing.as_ref().is_some_and(|healing| healing.used) { StepStatus::Healed } else { StepStatus::Passed };
                self.take(&mut result, step, done)
            }
            Some(Err(failure)) => Some(failure),
        };
        result.healing = attempt.healing;
        result.sight = attempt.sight;
        result.warnings.extend(self.heard.notes.iter().map(|note| self.redactor.clean(note)));
        result.advised = self.heard.advised();
        if let Some(failure) = &failure {
            result.success = false;
            result.status = StepStatus::Failed;
            result.error = Some(self.redactor.clean(&failure.message));
            result.error_code = Some(failure.code);
            result.candidates = failure.candidates.iter().map(|text| self.redactor.clean(text)).collect();
        }
        let picture = self.picture_of_step(&mut result, failure.is_some()).await;
        if failure.is_none()
            && let Some(pause) = step.wait_after_ms
        {
            // A pause the author of the test asked for.
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        result.duration_ms = millis(at.elapsed());
        self.trace_step(&result, before.as_deref(), picture).await;
        let soft = step.assertion.as_ref().is_some_and(|assertion| assertion.soft);
        self.observer.on(RunEvent::StepFinished(Box::new(result.clone())));
        self.results.push(result);
        match failure {
            None => Ok(()),
            Some(failure) if failure.code == ErrorCode::BrowserCrashed => Err(failure),
            Some(_) if step.optional => Ok(()),
            Some(failure) if step.continue_on_failure || soft => {
                if self.soft.is_none() {
                    self.soft = Some(Stop { phase, index: Some(index), failure });
                }
                Ok(())
            }
            Some(failure) => Err(failure),
        }
    }

    /// Whether its condition holds.
    async fn wanted(&mut self, phase: Phase, index: usize, step: &Step) -> Result<bool, Failure> {
        match &step.condition {
            None => Ok(true),
            Some(Condition::Filter(text)) => {
                let filter = Filter::parse(text).map_err(Failure::script)?;
                let value = self.variables.get(filter.field());
                Ok(filter.passes(value.as_ref()))
            }
            Some(Condition::Claim(claim)) => {
                let now = Assertion { timeout_ms: Some(0), ..(**claim).clone() };
                Ok(self.claim(&now, &self.spot_of_condition(phase, index)).await.passed)
            }
        }
    }

    /// Tries until it succeeds, nothing more can be tried, or something happened to the page.
    async fn tries(&mut self, phase: Phase, index: usize, step: &Step, attempt: &mut Attempt) -> Result<Done, Failure> {
        let resolved = match self.resolve(step).await {
            Ok(resolved) => resolved,
            // What words name nowhere on the page may still be seen there.
            Err(failure) => match self.worded(step).filter(|_| failure.is_unfound()) {
                Some(worded) => return self.fall_back_to_sight(phase, index, step, &worded, attempt, failure).await,
                None => return Err(failure),
            },
        };
        attempt.resolved = Some(resolved.clone());
        let vision = self.vision(step, &resolved);
        if vision == Vision::Always
            && let Some(done) = self.by_sight(phase, index, step, &resolved, attempt).await
        {
            return done;
        }
        attempt.tries = 1;
        let mut failure = match self.perform(phase, index, step, &resolved).await {
            Ok(mut done) => match done.unfound.take() {
                None => return Ok(done),
                // A claim waited and looked for itself, and is never judged of anything else: what was found is only proposed.
                Some(failure) => {
                    if self.may_be_healed(&resolved, &failure) {
                        attempt.healing = self.heal(step, &resolved, &failure).await;
                    }
                    return Ok(done);
                }
            },
            Err(failure) => failure,
        };
        let (retries, again) = self.retries(step, &resolved);
        while failure.is_before_the_act() && attempt.tries <= retries {
            let is_quick = attempt.tries <= QUICK_RETRIES;
            attempt.fallback = if is_quick { Fallback::Retry } else { Fallback::WaitAndRetry };
            tokio::time::sleep(if is_quick { RETRY_PAUSE } else { LONG_PAUSE }).await;
            attempt.tries += 1;
            match self.perform(phase, index, step, &again).await {
                Ok(done) => return Ok(done),
                // The first try waited: it says more of the same trouble.
                Err(same) if same.code == failure.code => {}
                Err(other) => failure = other,
            }
        }
        let refresh = resolved.options.get("refresh_on_failure").and_then(Value::as_bool) == Some(true);
        if refresh && failure.is_before_the_act() {
            attempt.tries += 1;
            attempt.fallback = Fallback::RefreshAndRetry;
            self.reload().await?;
            match self.perform(phase, index, step, &resolved).await {
                Ok(done) => return Ok(done),
                Err(again) => failure = again,
            }
        }
        if let Some(done) = self.try_healed((phase, index), step, resolved.clone(), attempt, &failure).await {
            return done;
        }
        if vision == Vision::Fallback && failure.is_unfound() {
            return self.fall_back_to_sight(phase, index, step, &resolved, attempt, failure).await;
        }
        Err(failure)
    }

    /// Whether anything may be looked for in the place of the element of a step. Of what is only looked at it must be gone, and must
    /// not be allowed to be; a test within the test has no result of its own that could tell of a heal.
    fn may_be_healed(&self, step: &Step, failure: &Failure) -> bool {
        let may_be_absent = step.optional || step.assertion.as_ref().is_some_and(|claim| claim.soft);
        let fits = if step.action.acts_on_element() { failure.is_before_the_act() } else { failure.is_unfound() && !may_be_absent };
        self.depth == 0 && fits && step.wants_one()
    }

    /// Does the step with what healing found; `None` when nothing may be put in the place of its element.
    async fn try_healed(
        &mut self,
        (phase, index): (Phase, usize),
        step: &Step,
        resolved: Step,
        attempt: &mut Attempt,
        failure: &Failure,
    ) -> Option<Result<Done, Failure>> {
        if !self.may_be_healed(&resolved, failure) {
            return None;
        }
        attempt.healing = self.heal(step, &resolved, failure).await;
        let healing = attempt.healing.as_ref().filter(|healing| healing.used)?;
        self.observer.on(RunEvent::Healed { index, healing: healing.clone() });
        let healed = healed(resolved, healing);
        attempt.tries += 1;
        attempt.fallback = Fallback::Heal;
        attempt.resolved = Some(healed.clone());
        Some(self.perform(phase, index, step, &healed).await)
    }

    /// How many further tries a step has, and the step as each of them does it. What may be absent is not tried again unasked.
    fn retries(&self, step: &Step, resolved: &Step) -> (u32, Step) {
        if let Some(retries) = step.execution.retries {
            return (retries, resolved.clone());
        }
        let retries = if step.optional || !resolved.action.acts_on_element() { 0 } else { self.options.step_retries };
        let look = self.limit(resolved).min(RETRY_LOOK);
        (retries, Step { timeout_ms: Some(millis(look)), ..resolved.clone() })
    }

    /// The step with its variables filled in; an instruction becomes the step it means.
    async fn resolve(&mut self, step: &Step) -> Result<Step, Failure> {
        let mut resolved = step.clone();
        resolved.target = step.target.as_deref().map(|text| self.fill(text)).transpose()?;
        resolved.frame = step.frame.as_deref().map(|text| self.fill(text)).transpose()?;
        resolved.value = step.value.as_ref().map(|value| self.fill_value(value)).transpose()?;
        for value in resolved.options.values_mut() {
            *value = self.fill_value(value)?;
        }
        if resolved.action == Action::Instruction {
            let text = resolved.value.as_ref().map(crate::text::plain).unwrap_or_default();
            return self.understand(&text, resolved).await;
        }
        Ok(resolved)
    }

    pub(crate) fn fill_value(&mut self, value: &Value) -> Result<Value, Failure> {
        self.variables.fill_value(value).map_err(|name| Failure::unresolved(&name))
    }

    fn result(&self, phase: Phase, index: usize, step: &Step, attempt: &Attempt, at: Instant) -> StepResult {
        let target = step.element().0.map(str::to_owned);
        let resolved = attempt.resolved.as_ref().and_then(|resolved| resolved.target.clone());
        StepResult {
            phase,
            step_index: index,
            action: step.action.name().to_owned(),
            target,
            resolved_selector: resolved.map(|text| self.redactor.clean(&text)),
            description: step.description.clone().or_else(|| step.name.clone()),
            success: true,
            status: StepStatus::Passed,
            duration_ms: 0,
            started_ms: millis(at - self.began),
            error: None,
            error_code: None,
            has_screenshot: false,
            dom_attempts: attempt.tries,
            fallback_level: attempt.fallback,
            match_count: None,
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

    /// Puts what a step left into its result; an assertion that failed is its failure.
    fn take(&mut self, result: &mut StepResult, step: &Step, done: Done) -> Option<Failure> {
        if let (Some(name), Some(output)) = (&step.save_as, &done.output) {
            self.save(name, output.clone());
        }
        result.output = done.output.map(|output| self.redactor.clean_value(&output));
        result.warnings.extend(done.warnings.iter().map(|warning| self.redactor.clean(warning)));
        result.match_count = done.match_count;
        let assertion = done.assertion?;
        let failure = assertion.error.clone().map(Failure::assertion);
        result.assertion = Some(assertion.clone());
        self.observer.on(RunEvent::AssertionFinished(assertion.clone()));
        self.assertions.push(assertion);
        failure
    }

    /// Does a step of a test within the test: its result is part of that of the outer step, which `phase` and `index` name.
    /// `place` says where it stands, for the failure.
    pub(crate) async fn step_inside(
        &mut self,
        phase: Phase,
        index: usize,
        place: &str,
        step: &Step,
        next: Option<&Step>,
    ) -> Result<(), Failure> {
        self.observer.on(RunEvent::Log { message: self.redactor.clean(&step.title()) });
        if !self.wanted(phase, index, step).await? {
            return Ok(());
        }
        self.mark_requests(step);
        self.prepare_dialog(next);
        let done = Box::pin(self.tries(phase, index, step, &mut Attempt::default())).await;
        let failure = match done {
            Ok(Done { assertion: Some(AssertionResult { error: Some(error), .. }), .. }) => Failure::assertion(error),
            Ok(done) => {
                if let (Some(name), Some(output)) = (&step.save_as, done.output) {
                    self.save(name, output);
                }
                return Ok(());
            }
            Err(failure) => failure,
        };
        let failure = Failure { message: format!("{place} ({}): {}", step.title(), failure.message), ..failure };
        let soft = step.continue_on_failure || step.assertion.as_ref().is_some_and(|assertion| assertion.soft);
        if failure.code != ErrorCode::BrowserCrashed && (step.optional || soft) {
            self.observer.on(RunEvent::Log { message: self.redactor.clean(&failure.message) });
            if !step.optional {
                self.heard.notes.push(failure.message.clone());
                self.soft.get_or_insert(Stop { phase, index: Some(index), failure });
            }
            return Ok(());
        }
        Err(failure)
    }

    /// Writes down the steps that have no result: the one under way when the run was stopped, and those never reached.
    pub(crate) fn write_rest(&mut self, plan: &Plan, stop: Option<&Stop>) {
        for (phase, steps) in [(Phase::Setup, &plan.setup), (Phase::Steps, &plan.steps)] {
            let reached = self.results.iter().filter(|result| result.phase == phase).count();
            for (index, step) in steps.iter().enumerate().skip(reached) {
                let mut result = self.result(phase, index, step, &Attempt::default(), Instant::now());
                (result.status, result.success) = (StepStatus::Skipped, false);
                if let Some(stop) = stop.filter(|stop| stop.phase == phase && stop.index == Some(index)) {
                    result.status = StepStatus::Failed;
                    result.error = Some(self.redactor.clean(&stop.failure.message));
                    result.error_code = Some(stop.failure.code);
                }
                self.results.push(result);
            }
        }
    }
}

/// The step as healing would have it.
fn healed(step: Step, healing: &Healing) -> Step {
    match healing.fix_type.as_str() {
        "increase_timeout" => Step { timeout_ms: healing.new_value.as_ref().and_then(|value| value.parse().ok()), ..step },
        _ => Step { target: healing.new_value.clone(), ..step },
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
