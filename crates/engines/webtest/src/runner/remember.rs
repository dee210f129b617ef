//! Keeps what the elements of a test look like, so that one that changed is known again; never with a secret.

use std::time::Duration;

use argos_cdp::{CdpError, Locator};

use super::Runner;
use super::healing::SHOW_TIMEOUT;
use crate::failure::Failure;
use crate::heal::Fingerprint;
use crate::outcome::{Phase, StepFingerprint};
use crate::plan::Step;

impl Runner<'_> {
    /// How the looks of the element of a step are kept: by its selector, from the page's own document on.
    pub(super) fn element_of(&self, written: &Step) -> Option<String> {
        let (target, frame) = written.element();
        Some(format!("{}{}", self.way(frame), target?))
    }

    /// Remembers an element that was only looked at, now that it is there.
    pub(crate) async fn remember_seen(&mut self, phase: Phase, index: usize, written: &Step, step: &Step) {
        if self.options.heal.is_none() || self.depth > 0 {
            return;
        }
        let (Some(target), frame) = step.element() else { return };
        let (target, frame) = (target.to_owned(), frame.map(str::to_owned));
        let Ok(target) = self.fill(&target) else { return };
        let Ok(frame) = frame.map(|frame| self.fill(&frame)).transpose() else { return };
        let Ok(locator) = self.locator(&target, frame.as_deref()) else { return };
        // What is gone again already, or one of several, is not known by its looks.
        drop(self.remember(phase, index, written, &locator, SHOW_TIMEOUT).await);
    }

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
        let Some(selector) = self.element_of(written) else { return Ok(()) };
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
}
