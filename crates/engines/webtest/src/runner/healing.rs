//! Looks for an element that changed by the rules of `heal`. What takes the place of what is claimed is only proposed.

use std::time::Duration;

use argos_cdp::{Image, LoadState, Locator, Wait, frame_way};
use serde_json::json;
use tokio::time::Instant;

use super::Runner;
use super::evidence::JPEG_QUALITY;
use super::step::millis;
use crate::failure::{ErrorCode, Failure};
use crate::heal::{
    Circumstances, Fingerprint, HealPolicy, Healing, MARGIN, PATTERN_MIN, choose, classify, enough, fix_type, may_stand_for, page_factor,
    parts, says_the_same, similarity,
};
use crate::plan::{Action, Step};

/// Candidates that are shown.
const CANDIDATES_KEPT: usize = 5;
/// What looking at a replacement may take.
pub(super) const SHOW_TIMEOUT: Duration = Duration::from_secs(2);
/// Likeness a recorded replacement must have with what is known of the element.
const VERIFIED: f64 = 0.60;
/// How sure it is that an element that came late is the one that was waited for.
const LATE: f64 = 0.90;
/// Where a replacement was found that the sources of the application name.
const BY_COMMIT: &str = "repository";
const BY_SOURCE: &str = "source";
/// It was the element itself, later.
const BY_TIME: &str = "timing";

/// Whether what takes the place of an element is made of something else.
fn is_refactored(known: Option<&Fingerprint>, healing: &Healing) -> bool {
    let tag = healing.candidates.first().and_then(|found| found["attributes"]["tag"].as_str());
    known.and_then(|known| known.tag.as_deref()).zip(tag).is_some_and(|(before, now)| before != now)
}

/// The element that is looked for, and in which document: nothing of another one takes its place.
struct Sought {
    /// As the step has it.
    selector: String,
    /// As its looks are kept.
    element: String,
    /// What of the selector leads into frames.
    written: String,
    /// What names the element there.
    own: String,
    /// From the page's own document to that of the element.
    way: String,
}

impl Sought {
    /// A replacement as the step would have it.
    fn as_written(&self, own: &str) -> String {
        format!("{}{own}", self.written)
    }

    /// What of another selector names an element in the same document; `None` where it leads into another.
    fn own<'s>(&self, selector: &'s str) -> Option<&'s str> {
        let (way, own) = frame_way(selector);
        (way.is_empty() || way.trim() == self.written.trim()).then_some(own.trim()).filter(|own| !own.is_empty())
    }
}

/// Whether what was found may be used at once. What is only looked at must say what it said before, so that a failure that is
/// shown where a success was is no success; of what is claimed nobody but a person says what is meant.
fn may_be_used(step: &Step, known: Option<&Fingerprint>, healing: &Healing) -> bool {
    if step.action == Action::Assert {
        return false;
    }
    if step.action.acts_on_element() || healing.strategy == BY_TIME {
        return true;
    }
    let found = healing.candidates.first().and_then(|found| serde_json::from_value(found["attributes"].clone()).ok());
    known.zip(found).is_some_and(|(known, found)| says_the_same(known, &found))
}

impl Runner<'_> {
    /// What is looked for in the place of the element of a step; `None` without one.
    fn sought(&mut self, written: &Step, step: &Step) -> Option<Sought> {
        let selector = written.element().0?.to_owned();
        let element = self.element_of(written)?;
        let (target, frame) = step.element();
        // Claims fill in their variables when they are judged.
        let target = self.fill(target?).ok()?;
        let frame = frame.map(|frame| self.fill(frame)).transpose().ok()?;
        let (written, own) = frame_way(&target);
        let written = if written.is_empty() { String::new() } else { format!("{} ", written.trim()) };
        let way = format!("{}{written}", self.way(frame.as_deref()));
        let own = own.trim().to_owned();
        (!own.is_empty()).then_some(Sought { selector, element, written, own, way })
    }

    /// Looks for the element that a step no longer finds: among replacements that were right before, other selectors of
    /// the element, and everything visible that looks like it. `None` when nobody asked for it or nothing is known.
    pub(crate) async fn heal(&mut self, written: &Step, step: &Step, failure: &Failure) -> Option<Healing> {
        let policy = self.options.heal.clone()?;
        if self.heals >= policy.max_heals_per_test {
            return None;
        }
        let sought = self.sought(written, step)?;
        let selector = sought.selector.clone();
        let disabled = failure.code == ErrorCode::NotActionable && failure.message.contains("is not enabled");
        let mut seen = self.circumstances(&policy, disabled);
        let mut healing = Healing {
            failure_type: classify(failure.code, &seen).to_owned(),
            fix_type: "none".to_owned(),
            error_code: failure.code.name().to_owned(),
            old_value: selector.clone(),
            element: sought.element.clone(),
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
        // How long a claim waits is a part of what it claims.
        let waits = step.action != Action::Assert && !policy.refused_late.contains(&selector);
        let late = if waits { self.comes_late(&policy, &sought, failure).await } else { None };
        if let Some(waited) = late {
            seen.appeared_late = true;
            let limit = self.limit(step);
            healing.old_value = millis(limit).to_string();
            healing.new_value = Some(self.enough(&policy, &sought, limit + waited).await.to_string());
            healing.confidence = LATE;
            BY_TIME.clone_into(&mut healing.strategy);
            healing.explanation =
                format!("{selector} came {} ms after the step had given up, while the page was still at work", millis(waited));
        } else if let Some((selector, confidence, strategy)) = self.instead(&policy, &sought, &mut healing).await {
            seen.found_elsewhere = true;
            healing.confidence = confidence;
            strategy.clone_into(&mut healing.strategy);
            seen.renamed = strategy == BY_COMMIT;
            seen.refactored = is_refactored(policy.known(&sought.element), &healing);
            let said = std::mem::take(&mut healing.explanation);
            let by = format!(
                "{} is no longer there; {selector} is the same element by {strategy}",
                healing.old_value,
                selector = sought.as_written(&selector)
            );
            healing.explanation = if said.is_empty() { by } else { format!("{by}: {said}") };
            self.show(&sought, &selector, &mut healing).await;
            healing.new_value = Some(sought.as_written(&selector));
        }
        classify(failure.code, &seen).clone_into(&mut healing.failure_type);
        fix_type(&healing.failure_type).clone_into(&mut healing.fix_type);
        let is_sure = healing.new_value.is_some() && healing.confidence >= policy.min_confidence_suggest;
        healing.used = policy.heal_in_run && is_sure && may_be_used(step, policy.known(&sought.element), &healing);
        self.heals += u32::from(healing.used);
        Some(healing)
    }

    /// How long a step is to wait whose element came after `took`: by how long it waited before and by what the page does, but
    /// never less than it took now.
    async fn enough(&self, policy: &HealPolicy, sought: &Sought, took: Duration) -> u64 {
        let waits = policy.waits.get(&sought.selector).map(Vec::as_slice).unwrap_or_default();
        let weight = match self.page() {
            Ok(page) => page.main_frame().evaluate_apart::<(f64, usize)>(include_str!("weight.js")).await.ok(),
            Err(_) => None,
        };
        let factor = weight.map_or(1.0, |(load_ms, elements)| page_factor(load_ms, elements));
        enough(waits, millis(took), factor, policy.attempt)
    }

    /// What speaks for a fault of the application: of the present document, and not there when the test passes.
    pub(super) fn circumstances(&self, policy: &HealPolicy, disabled: bool) -> Circumstances {
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
    async fn comes_late(&self, policy: &HealPolicy, sought: &Sought, failure: &Failure) -> Option<Duration> {
        if failure.code != ErrorCode::ElementNotFound || policy.late_max.is_zero() {
            return None;
        }
        let (page, at) = (self.stage.page()?, Instant::now());
        let locator = self.locator_in(sought, &sought.own).ok()?;
        tokio::select! {
            came = locator.wait_for(Wait::Attached, policy.late_max) => came.ok().map(|()| at.elapsed()),
            _ = page.wait_for_load(LoadState::NetworkIdle, policy.late_max) => {
                let is_there = locator.count().await.is_ok_and(|count| count == 1);
                is_there.then(|| at.elapsed())
            }
        }
    }

    /// Takes the picture in which the replacement can be seen, and its place there.
    async fn show(&self, sought: &Sought, selector: &str, healing: &mut Healing) {
        let Ok(locator) = self.locator_in(sought, selector) else { return };
        // What cannot be shown is still a replacement.
        if locator.scroll_into_view(SHOW_TIMEOUT).await.is_err() {
            return;
        }
        healing.area = locator.bounds_in_view(SHOW_TIMEOUT).await.ok().map(|at| [at.x, at.y, at.width, at.height]);
        healing.picture = self.picture(Image::Jpeg(JPEG_QUALITY)).await;
    }

    /// What is to take the place of an element, named within its document.
    async fn instead(&mut self, policy: &HealPolicy, sought: &Sought, healing: &mut Healing) -> Option<(String, f64, &'static str)> {
        // Without its document there is nothing to look at; another one is never looked at.
        self.frame_at(&sought.way, SHOW_TIMEOUT).await.ok()?;
        if let Some(found) = self.recorded(policy, sought, healing).await {
            return Some(found);
        }
        let found = self.alike(policy, sought, healing).await;
        self.in_its_place(policy, sought, found, healing).await
    }

    fn locator_in(&self, sought: &Sought, own: &str) -> Result<Locator, Failure> {
        Ok(self.page()?.locator(&format!("{}{own}", sought.way))?.strict(self.strict))
    }

    /// A replacement that was right before, or another selector of the element, if it names one element now.
    async fn recorded(&mut self, policy: &HealPolicy, sought: &Sought, healing: &mut Healing) -> Option<(String, f64, &'static str)> {
        for pattern in policy.patterns.iter().filter(|pattern| pattern.original == sought.selector) {
            let confidence = f64::from(pattern.successes) / f64::from((pattern.successes + pattern.failures).max(1));
            if confidence >= policy.min_confidence_suggest.max(PATTERN_MIN)
                && let Some(own) = sought.own(&pattern.healed)
                && self.names_the_same(policy, sought, own, healing).await
            {
                return Some((own.to_owned(), confidence, "pattern"));
            }
        }
        if let Some(adviser) = self.options.adviser.clone() {
            for other in adviser.renamed(frame_way(&sought.selector).1.trim()).await {
                if other.confidence >= policy.min_confidence_suggest && self.names_the_same(policy, sought, &other.selector, healing).await
                {
                    healing.explanation = self.redactor.clean(&other.evidence);
                    return Some((other.selector, other.confidence, if other.by_commit { BY_COMMIT } else { BY_SOURCE }));
                }
            }
        }
        self.alternative(policy, sought, false, healing).await
    }

    /// Another selector of the element.
    async fn alternative(
        &self,
        policy: &HealPolicy,
        sought: &Sought,
        weak: bool,
        healing: &mut Healing,
    ) -> Option<(String, f64, &'static str)> {
        for other in policy.other_selectors(&sought.element).filter(|other| other.weak == weak) {
            if let Some(own) = sought.own(&other.selector)
                && self.names_the_same(policy, sought, own, healing).await
            {
                return Some((own.to_owned(), other.confidence, "alternative"));
            }
        }
        None
    }

    /// What stands where the element stood, or says what it said, when what looks most like it is not sure enough: never where two
    /// look alike, nor against what a model said.
    async fn in_its_place(
        &mut self,
        policy: &HealPolicy,
        sought: &Sought,
        found: Option<(String, f64, &'static str)>,
        healing: &mut Healing,
    ) -> Option<(String, f64, &'static str)> {
        let best = healing.candidates.first().and_then(|candidate| candidate["score"].as_f64());
        let is_tie = best.zip(healing.runner_up_confidence).is_some_and(|(best, next)| best - next < MARGIN);
        let sure = found.as_ref().is_none_or(|(_, sure, _)| *sure >= policy.min_confidence_suggest);
        if sure || is_tie || self.heard.advised().is_some_and(|advised| advised.used) {
            return found;
        }
        let other = self.alternative(policy, sought, true, healing).await;
        if other.is_some() {
            // It is the candidate that is meant.
            healing.candidates.rotate_right(1);
        }
        other.or(found)
    }

    /// Whether a selector names one element of the document, that may be the one that is known, and nobody refused it.
    async fn names_the_same(&self, policy: &HealPolicy, sought: &Sought, own: &str, healing: &mut Healing) -> bool {
        let selector = sought.as_written(own);
        let Ok(locator) = self.locator_in(sought, own) else { return false };
        if policy.refuses(&sought.selector, &selector) || !locator.count().await.is_ok_and(|count| count == 1) {
            return false;
        }
        // Of what nobody ever saw nothing can be said but that there is one.
        let Some(known) = policy.known(&sought.element) else { return false };
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

    async fn alike(&mut self, policy: &HealPolicy, sought: &Sought, healing: &mut Healing) -> Option<(String, f64, &'static str)> {
        let known = policy.known(&sought.element)?;
        let candidates = self.candidates_in(&self.frame_at(&sought.way, SHOW_TIMEOUT).await.ok()?).await.ok()?;
        let choice = choose(known, &candidates)?;
        for (index, score) in choice.scores.iter().take(CANDIDATES_KEPT) {
            let element = candidates.get(*index)?;
            let own = self.unique(element, &sought.way, &policy.strategies).await.ok().flatten();
            let selector = own.as_deref().map(|own| sought.as_written(own));
            let parts = parts(known, element);
            healing.candidates.push(json!({ "selector": selector, "score": score, "attributes": element, "parts": parts }));
        }
        healing.candidates = healing.candidates.iter().map(|candidate| self.redactor.clean_value(candidate)).collect();
        healing.runner_up_confidence = choice.runner_up;
        let best = healing.candidates.first()?["selector"].as_str()?.to_owned();
        if policy.refuses(&sought.selector, &best) {
            return None;
        }
        let best = sought.own(&best)?.to_owned();
        let confidence = self.ranked(known, healing, choice.confidence).await;
        Some((best, confidence, "similarity"))
    }
}
