//! Keeps what the elements of a test look like, and looks for one that changed by the rules of `heal`.

use std::time::Duration;

use argos_cdp::{
    Image, LoadState, {CdpError, Locator, Wait},
};
use serde_json::json;
use tokio::time::Instant;

use super::Runner;
use super::evidence::JPEG_QUALITY;
use super::step::millis;
use crate::failure::{ErrorCode, Failure};
use crate::heal::{
    Circumstances, Fingerprint, HealPolicy, Healing, MARGIN, PATTERN_MIN, choose, classify, fix_type, may_stand_for, parts, patience,
    similarity,
};
use crate::outcome::{Phase, StepFingerprint};
use crate::plan::Step;

/// Candidates that are shown.
const CANDIDATES_KEPT: usize = 5;
/// What looking at a replacement may take.
const SHOW_TIMEOUT: Duration = Duration::from_secs(2);
/// Likeness a recorded replacement must have with what is known of the element.
const VERIFIED: f64 = 0.60;
/// Times that are proposed are whole ones of these, so that two runs propose the same.
const TIME_STEP_MS: u64 = 1_000;
/// How sure it is that an element that came late is the one that was waited for.
const LATE: f64 = 0.90;
/// Where a replacement was found that the sources of the application name.
const BY_COMMIT: &str = "repository";
const BY_SOURCE: &str = "source";

/// Whether what takes the place of an element is made of something else.
fn is_refactored(known: Option<&Fingerprint>, healing: &Healing) -> bool {
    let tag = healing.candidates.first().and_then(|found| found["attributes"]["tag"].as_str());
    known.and_then(|known| known.tag.as_deref()).zip(tag).is_some_and(|(before, now)| before != now)
}

impl Runner<'_> {
    /// Remembers the element of a step, when anybody wants to heal it later. An error says that it did not come within `limit`,
    /// or that it is one of several.
    pub(crate) async fn remember(
        &mut self,
        phase: Phase,
        index: usize,
        written: &Step,
        locator: &Locator,
        limit: Duration,
    ) -> Result<(), Failure> {
        if self.options.heal.is_none() || self.depth > 0 {
            return Ok(());
        }
        let Some(selector) = written.target.clone() else { return Ok(()) };
        let look = format!("function () {{ return {}.of(this); }}", include_str!("look.js"));
        let fingerprint = match locator.evaluate::<Fingerprint>(&look, &serde_json::Value::Null, limit).await {
            Ok(fingerprint) => fingerprint,
            // The time of the step is over; the action would say the same.
            Err(error @ (CdpError::NotFound { .. } | CdpError::Ambiguous { .. })) => return Err(Failure::from(error)),
            // What else keeps the element from being seen keeps the action from being done, which says why.
            Err(_) => return Ok(()),
        };
        let Some(fingerprint) = self.without_secrets(&fingerprint) else { return Ok(()) };
        let url = self.stage.page().map(|page| self.redactor.clean(&page.url())).unwrap_or_default();
        let url_pattern = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        self.fingerprints.retain(|known| (known.phase, known.step_index) != (phase, index));
        self.fingerprints.push(StepFingerprint { phase, step_index: index, selector, url_pattern, fingerprint });
        Ok(())
    }

    /// What an element says of itself may be a secret that was written there.
    fn without_secrets(&self, fingerprint: &Fingerprint) -> Option<Fingerprint> {
        let written = serde_json::to_value(fingerprint).ok()?;
        serde_json::from_value(self.redactor.clean_value(&written)).ok()
    }

    /// Looks for the element that a step no longer finds: among replacements that were right before, other selectors of
    /// the element, and everything visible that looks like it. `None` when nobody asked for it or nothing is known.
    pub(crate) async fn heal(&mut self, written: &Step, step: &Step, failure: &Failure) -> Option<Healing> {
        let policy = self.options.heal.clone()?;
        if self.heals >= policy.max_heals_per_test || step.frame.is_some() {
            return None;
        }
        let selector = written.target.clone()?;
        let mut seen = self.circumstances(&policy, failure);
        let mut healing = Healing {
            failure_type: classify(failure.code, &seen).to_owned(),
            fix_type: "none".to_owned(),
            error_code: failure.code.name().to_owned(),
            old_value: selector.clone(),
            new_value: None,
            confidence: 0.0,
            runner_up_confidence: None,
            strategy: "none".to_owned(),
            explanation: String::new(),
            used: false,
            candidates: Vec::new(),
            page_url: self.stage.page().map(|page| self.redactor.clean(&page.url())),
            area: None,
            picture: None,
        };
        if healing.failure_type == "real_bug" {
            "the application itself failed, so nothing was put in its place".clone_into(&mut healing.explanation);
            return Some(healing);
        }
        let is_refused = policy.refused_late.contains(&selector);
        let late = if is_refused { None } else { self.comes_late(&policy, step, failure).await };
        if let Some(waited) = late {
            seen.appeared_late = true;
            let limit = self.limit(step);
            healing.old_value = millis(limit).to_string();
            let enough = patience(&[millis(limit + waited)], 1.0, 1).div_ceil(TIME_STEP_MS) * TIME_STEP_MS;
            healing.new_value = Some(enough.to_string());
            healing.confidence = LATE;
            "timing".clone_into(&mut healing.strategy);
            healing.explanation =
                format!("{selector} came {} ms after the step had given up, while the page was still at work", millis(waited));
        } else if let Some((selector, confidence, strategy)) = match self.recorded(&policy, &selector, &mut healing).await {
            Some(found) => Some(found),
            None => {
                let found = self.alike(&policy, &selector, &mut healing).await;
                self.in_its_place(&policy, &selector, found, &mut healing).await
            }
        } {
            seen.found_elsewhere = true;
            healing.confidence = confidence;
            strategy.clone_into(&mut healing.strategy);
            seen.renamed = strategy == BY_COMMIT;
            seen.refactored = is_refactored(policy.known(&healing.old_value), &healing);
            let said = std::mem::take(&mut healing.explanation);
            let by = format!("{} is no longer there; {selector} is the same element by {strategy}", healing.old_value);
            healing.explanation = if said.is_empty() { by } else { format!("{by}: {said}") };
            self.show(&selector, &mut healing).await;
            healing.new_value = Some(selector);
        }
        classify(failure.code, &seen).clone_into(&mut healing.failure_type);
        fix_type(&healing.failure_type).clone_into(&mut healing.fix_type);
        healing.used = policy.heal_in_run && healing.new_value.is_some() && healing.confidence >= policy.min_confidence_suggest;
        self.heals += u32::from(healing.used);
        Some(healing)
    }

    /// What speaks for a fault of the application: of the present document, and not there when the test passes.
    pub(super) fn circumstances(&self, policy: &HealPolicy, failure: &Failure) -> Circumstances {
        let disabled = failure.code == ErrorCode::NotActionable && failure.message.contains("is not enabled");
        let Some(page) = self.stage.page() else { return Circumstances { disabled, ..Circumstances::default() } };
        let asked = page.exchanges().0;
        let document = asked.iter().rposition(argos_cdp::Exchange::is_document);
        let own = asked.get(document.unwrap_or(0)..).unwrap_or_default();
        let began_ms = document.and_then(|at| asked.get(at)).map_or(0.0, |document| document.started_at * 1000.0);
        let answered = |at: usize| asked.get(at).and_then(argos_cdp::Exchange::status);
        let is_new = |error: &argos_cdp::ScriptError| {
            let message = self.redactor.clean(&error.message);
            error.at_ms >= began_ms && !policy.known_exceptions.contains(&message)
        };
        Circumstances {
            server_error: own.iter().any(|exchange| exchange.status().is_some_and(|status| status >= 500)),
            exception: page.script_errors().iter().any(is_new),
            error_page: page.url().starts_with("chrome-error:") || document.and_then(answered).is_some_and(|status| status >= 400),
            disabled,
            ..Circumstances::default()
        }
    }

    /// How much later than the step's own time its element came, while the page still had something under way.
    async fn comes_late(&self, policy: &HealPolicy, step: &Step, failure: &Failure) -> Option<Duration> {
        if failure.code != ErrorCode::ElementNotFound || policy.late_max.is_zero() {
            return None;
        }
        let (page, selector, at) = (self.stage.page()?, step.target.as_deref()?, Instant::now());
        let locator = self.locator(selector, None).ok()?;
        tokio::select! {
            came = locator.wait_for(Wait::Attached, policy.late_max) => came.ok().map(|()| at.elapsed()),
            _ = page.wait_for_load(LoadState::NetworkIdle, policy.late_max) => {
                let is_there = locator.count().await.is_ok_and(|count| count == 1);
                is_there.then(|| at.elapsed())
            }
        }
    }

    /// Takes the picture in which the replacement can be seen, and its place there.
    async fn show(&self, selector: &str, healing: &mut Healing) {
        let Ok(locator) = self.locator(selector, None) else { return };
        // What cannot be shown is still a replacement.
        if locator.scroll_into_view(SHOW_TIMEOUT).await.is_err() {
            return;
        }
        let place = "function () { const box = this.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; }";
        healing.area = locator.evaluate(place, &serde_json::Value::Null, SHOW_TIMEOUT).await.ok();
        healing.picture = self.picture(Image::Jpeg(JPEG_QUALITY)).await;
    }

    /// A replacement that was right before, or another selector of the element, if it names one element now.
    async fn recorded(&mut self, policy: &HealPolicy, selector: &str, healing: &mut Healing) -> Option<(String, f64, &'static str)> {
        for pattern in policy.patterns.iter().filter(|pattern| pattern.original == selector) {
            let confidence = f64::from(pattern.successes) / f64::from((pattern.successes + pattern.failures).max(1));
            let known = policy.known(selector);
            if confidence >= policy.min_confidence_suggest.max(PATTERN_MIN)
                && !policy.refuses(selector, &pattern.healed)
                && self.names_the_same(&pattern.healed, known, healing).await
            {
                return Some((pattern.healed.clone(), confidence, "pattern"));
            }
        }
        if let Some(adviser) = self.options.adviser.clone() {
            for other in adviser.renamed(selector).await {
                let fits = other.confidence >= policy.min_confidence_suggest && !policy.refuses(selector, &other.selector);
                if fits && self.names_the_same(&other.selector, policy.known(selector), healing).await {
                    healing.explanation = self.redactor.clean(&other.evidence);
                    return Some((other.selector, other.confidence, if other.by_commit { BY_COMMIT } else { BY_SOURCE }));
                }
            }
        }
        for other in policy.other_selectors(selector).filter(|other| !other.weak) {
            if self.names_the_same(&other.selector, policy.known(selector), healing).await {
                return Some((other.selector.clone(), other.confidence, "alternative"));
            }
        }
        None
    }

    /// What stands where the element stood, or says what it said, when what looks most like it is not sure enough: never where two
    /// look alike, nor against what a model said.
    async fn in_its_place(
        &mut self,
        policy: &HealPolicy,
        selector: &str,
        found: Option<(String, f64, &'static str)>,
        healing: &mut Healing,
    ) -> Option<(String, f64, &'static str)> {
        let best = healing.candidates.first().and_then(|candidate| candidate["score"].as_f64());
        let is_tie = best.zip(healing.runner_up_confidence).is_some_and(|(best, next)| best - next < MARGIN);
        let sure = found.as_ref().is_none_or(|(_, sure, _)| *sure >= policy.min_confidence_suggest);
        if sure || is_tie || self.heard.advised().is_some_and(|advised| advised.used) {
            return found;
        }
        for other in policy.other_selectors(selector).filter(|other| other.weak) {
            if self.names_the_same(&other.selector, policy.known(selector), healing).await {
                // It is the candidate that is meant.
                healing.candidates.rotate_right(1);
                return Some((other.selector.clone(), other.confidence, "alternative"));
            }
        }
        found
    }

    /// Whether a selector names one element, and that may be the one that is known.
    async fn names_the_same(&self, selector: &str, known: Option<&Fingerprint>, healing: &mut Healing) -> bool {
        let Ok(locator) = self.locator(selector, None) else { return false };
        if !locator.count().await.is_ok_and(|count| count == 1) {
            return false;
        }
        // Of what nobody ever saw nothing can be said but that there is one.
        let Some(known) = known else { return false };
        let look = format!("function () {{ return {}.of(this); }}", include_str!("look.js"));
        let Ok(found) = locator.evaluate::<Fingerprint>(&look, &serde_json::Value::Null, SHOW_TIMEOUT).await else { return false };
        let score = similarity(known, &found);
        let is_it = may_stand_for(known, &found) && score >= VERIFIED;
        if is_it {
            let shown = json!({ "selector": selector, "score": score, "attributes": found, "parts": parts(known, &found) });
            healing.candidates.push(self.redactor.clean_value(&shown));
        }
        is_it
    }

    async fn alike(&mut self, policy: &HealPolicy, selector: &str, healing: &mut Healing) -> Option<(String, f64, &'static str)> {
        let known = policy.known(selector)?;
        let candidates = self.candidates().await.ok()?;
        let choice = choose(known, &candidates)?;
        for (index, score) in choice.scores.iter().take(CANDIDATES_KEPT) {
            let element = candidates.get(*index)?;
            let selector = self.unique(element, &policy.strategies).await.ok().flatten();
            let parts = parts(known, element);
            healing.candidates.push(json!({ "selector": selector, "score": score, "attributes": element, "parts": parts }));
        }
        healing.candidates = healing.candidates.iter().map(|candidate| self.redactor.clean_value(candidate)).collect();
        healing.runner_up_confidence = choice.runner_up;
        let best = healing.candidates.first()?["selector"].as_str()?.to_owned();
        if policy.refuses(selector, &best) {
            return None;
        }
        let confidence = self.ranked(known, healing, choice.confidence).await;
        Some((best, confidence, "similarity"))
    }
}
