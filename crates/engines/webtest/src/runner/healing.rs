//! Keeps what the elements of a test look like, and looks for one that changed by the rules of `heal`.

use std::time::Duration;

use argos_cdp::{CdpError, Locator};
use serde_json::json;

use super::Runner;
use crate::failure::{ErrorCode, Failure};
use crate::heal::{Circumstances, Fingerprint, HealPolicy, Healing, choose, classify, fix_type};
use crate::outcome::{Phase, StepFingerprint};
use crate::plan::Step;

/// Candidates that are shown.
const CANDIDATES_KEPT: usize = 5;

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
        let mut seen = self.circumstances(failure);
        let mut healing = Healing {
            failure_type: classify(failure.code, &seen).to_owned(),
            fix_type: "none".to_owned(),
            old_value: selector.clone(),
            new_value: None,
            confidence: 0.0,
            runner_up_confidence: None,
            strategy: "none".to_owned(),
            explanation: String::new(),
            used: false,
            candidates: Vec::new(),
            page_url: self.stage.page().map(|page| self.redactor.clean(&page.url())),
        };
        if healing.failure_type == "real_bug" {
            "the application itself failed, so nothing was put in its place".clone_into(&mut healing.explanation);
            return Some(healing);
        }
        let known = self.recorded(&policy, &selector).await;
        let found = match known {
            Some(found) => Some(found),
            None => self.alike(&policy, &selector, &mut healing).await,
        };
        if let Some((selector, confidence, strategy)) = found {
            seen.found_elsewhere = true;
            healing.confidence = confidence;
            strategy.clone_into(&mut healing.strategy);
            healing.explanation = format!("{} is no longer there; {selector} is the same element by {strategy}", healing.old_value);
            healing.new_value = Some(selector);
        }
        classify(failure.code, &seen).clone_into(&mut healing.failure_type);
        fix_type(&healing.failure_type).clone_into(&mut healing.fix_type);
        healing.used = policy.heal_in_run && healing.new_value.is_some() && healing.confidence >= policy.min_confidence_suggest;
        self.heals += u32::from(healing.used);
        Some(healing)
    }

    fn circumstances(&self, failure: &Failure) -> Circumstances {
        let page = self.stage.page();
        let server_error = page.as_ref().is_some_and(|page| {
            // Of the present document and what it asked for.
            let asked = page.exchanges().0;
            let document = asked.iter().rposition(argos_cdp::Exchange::is_document).unwrap_or(0);
            asked.iter().skip(document).any(|exchange| exchange.status().is_some_and(|status| status >= 500))
        });
        Circumstances {
            server_error,
            exception: page.is_some_and(|page| !page.script_errors().is_empty()),
            disabled: failure.code == ErrorCode::NotActionable && failure.message.contains("is not enabled"),
            ..Circumstances::default()
        }
    }

    /// A replacement that was right before, or another selector of the element, if it names one element now.
    async fn recorded(&self, policy: &HealPolicy, selector: &str) -> Option<(String, f64, &'static str)> {
        for pattern in policy.patterns.iter().filter(|pattern| pattern.original == selector) {
            let confidence = f64::from(pattern.successes) / f64::from((pattern.successes + pattern.failures).max(1));
            if confidence >= policy.min_confidence_suggest && self.names_one(&pattern.healed).await {
                return Some((pattern.healed.clone(), confidence, "pattern"));
            }
        }
        let mut others: Vec<_> = policy.alternatives.iter().filter(|other| other.primary == selector).collect();
        others.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        for other in others {
            if self.names_one(&other.selector).await {
                return Some((other.selector.clone(), other.confidence, "alternative"));
            }
        }
        None
    }

    async fn names_one(&self, selector: &str) -> bool {
        let Ok(locator) = self.locator(selector, None) else { return false };
        locator.count().await.is_ok_and(|count| count == 1)
    }

    async fn alike(&self, policy: &HealPolicy, selector: &str, healing: &mut Healing) -> Option<(String, f64, &'static str)> {
        let known = &policy.fingerprints.iter().find(|known| known.selector == selector)?.fingerprint;
        let candidates = self.candidates().await.ok()?;
        let choice = choose(known, &candidates)?;
        for (index, score) in choice.scores.iter().take(CANDIDATES_KEPT) {
            let element = candidates.get(*index)?;
            let selector = self.unique(element).await.ok().flatten();
            healing.candidates.push(json!({ "selector": selector, "score": score, "attributes": element }));
        }
        healing.candidates = healing.candidates.iter().map(|candidate| self.redactor.clean_value(candidate)).collect();
        healing.runner_up_confidence = choice.runner_up;
        let best = healing.candidates.first()?["selector"].as_str()?.to_owned();
        Some((best, choice.confidence, "similarity"))
    }
}
