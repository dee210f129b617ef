//! Looking for the element of a step in a picture of the page: somebody who may know points at a place, and what is there
//! takes the place of the element only where the step's own words or its look agree. No secret is shown.

use std::time::Duration;

use argos_cdp::{Image, LoadState, Page, Screenshot};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Runner;
use super::pick::{Seen, pick};
use super::step::{Attempt, Done};
use crate::advice::BELIEVED_MAX;
use crate::failure::Failure;
use crate::grammar;
use crate::heal::{HealPolicy, Sought, objection};
use crate::options::Vision;
use crate::outcome::{Fallback, Phase, Picture, Sight};
use crate::plan::{Action, Step};

/// The largest picture that no provider makes smaller before its model looks at it, or places would be told in its pixels.
const LONG_SIDE_MAX: f64 = 1_366.0;
const SHORT_SIDE_MAX: f64 = 768.0;
const QUALITY: u8 = 80;
const PICTURE_TIMEOUT: Duration = Duration::from_secs(5);
/// What looking through a frame for secrets may take.
const TEXT_TIMEOUT: Duration = Duration::from_secs(2);
/// Characters of a frame that are looked through.
const TEXT_CHARS_MAX: usize = 500_000;
const SHOWN: &str = include_str!("shown.js");
/// How sure a model must be, where healing says nothing else.
const CONFIDENCE_MIN: f64 = 0.70;

/// What a frame shows as text.
#[derive(Deserialize)]
struct Shown {
    text: String,
    /// A filled field that holds credentials or the number of a card, readable.
    private: bool,
    /// There is more.
    cut: bool,
}

/// What a step says of its element.
struct Words {
    /// What it is called: the selector and the words of the sentence.
    named: String,
    described: String,
    sentence: Option<String>,
}

impl Runner<'_> {
    /// Whether the element of a step may be looked for in a picture, and when.
    pub(super) fn vision(&self, written: &Step, step: &Step) -> Vision {
        // A test within the test has no result of its own that could tell of it; the place a thing is dragged to is no element.
        let can = self.depth == 0 && step.target.is_some() && step.action.acts_on_element() && step.action != Action::Drag;
        if can { written.execution.vision(self.options.vision) } else { Vision::Off }
    }

    /// The step a sentence means whose words name nothing on the page, when it may be looked for in a picture.
    pub(super) fn worded(&mut self, written: &Step) -> Option<Step> {
        let text = written.value.as_ref().filter(|_| written.action == Action::Instruction).map(crate::text::plain)?;
        let meant = grammar::parse(&self.fill(&text).ok()?)?;
        let target = Some(format!("text={}", meant.phrase?.words));
        let step = Step { action: meant.step.action, value: meant.step.value, target, ..written.clone() };
        (self.vision(written, &step) != Vision::Off).then_some(step)
    }

    /// Whether the application failed by itself, which no other element mends.
    fn is_at_fault(&self) -> bool {
        let usual = HealPolicy::default();
        let policy = self.options.heal.as_ref();
        let seen = self.circumstances(policy.unwrap_or(&usual), false);
        // Without what scripts throw when the test passes, nothing can be said of what they throw.
        seen.server_error || seen.error_page || (seen.exception && policy.is_some())
    }

    /// Looks for the element in a picture of the page when everything else failed; without it that failure stands.
    pub(super) async fn fall_back_to_sight(
        &mut self,
        phase: Phase,
        index: usize,
        written: &Step,
        resolved: &Step,
        attempt: &mut Attempt,
        failure: Failure,
    ) -> Result<Done, Failure> {
        let Some(done) = self.by_sight(phase, index, written, resolved, attempt).await else { return Err(failure) };
        attempt.fallback = Fallback::Vision;
        done
    }

    /// Does the step to the element that was seen in a picture of the page; `None` where that did not help and nothing happened.
    pub(super) async fn by_sight(
        &mut self,
        phase: Phase,
        index: usize,
        written: &Step,
        resolved: &Step,
        attempt: &mut Attempt,
    ) -> Option<Result<Done, Failure>> {
        if self.is_at_fault() {
            self.heard.notes.push("the application itself failed, so no picture of the page was looked at".to_owned());
            return None;
        }
        let (sight, seen) = self.sighted(written, resolved).await;
        let sight = attempt.sight.insert(sight);
        let seen = seen?;
        let done = self.perform(phase, index, written, &seen).await;
        // What a model saw is no knowledge of what the element looks like.
        self.fingerprints.retain(|known| (known.phase, known.step_index) != (phase, index));
        if let Err(failure) = &done
            && failure.is_before_the_act()
        {
            sight.used = false;
            sight.why_not = Some(self.redactor.clean(&failure.message));
            self.heard.notes.push(format!("what was seen there could not be used: {}", failure.message));
            return None;
        }
        attempt.resolved = Some(seen);
        Some(done)
    }

    /// The step with the element that somebody saw in a picture, and what came of looking.
    async fn sighted(&mut self, written: &Step, step: &Step) -> (Sight, Option<Step>) {
        let mut sight = Sight { cost_usd: Some(0.0), ..Sight::default() };
        let found = self.seen(written, step, &mut sight).await;
        self.heard.notes.push(match &found {
            Ok(selector) => format!("found in a picture of the page as {selector} ({:.2})", sight.confidence.unwrap_or_default()),
            Err(why) => format!("a picture of the page did not help: {why}"),
        });
        match found {
            Ok(selector) => {
                sight.used = true;
                sight.selector = Some(self.redactor.clean(&selector));
                (sight, Some(Step { target: Some(selector), ..step.clone() }))
            }
            Err(why) => {
                sight.why_not = Some(self.redactor.clean(&why));
                (sight, None)
            }
        }
    }

    /// The selector of what was seen, or why there is none.
    async fn seen(&mut self, written: &Step, step: &Step, sight: &mut Sight) -> Result<String, String> {
        let Some(adviser) = self.options.adviser.clone() else { return Err("no model may look at this page".to_owned()) };
        let page = self.stage.page().ok_or_else(|| "every tab is closed".to_owned())?;
        if self.frame.is_some() || step.frame.is_some() {
            return Err("the element is in a frame".to_owned());
        }
        // A page that never ends to load is looked at as it is.
        drop(page.wait_for_load(LoadState::Load, PICTURE_TIMEOUT).await);
        self.shows_no_secret(&page).await?;
        let lost = |error: argos_cdp::CdpError| format!("no picture could be taken: {error}");
        let view: (f64, f64) = page.main_frame().evaluate_apart("[innerWidth, innerHeight]").await.map_err(lost)?;
        let bytes = page.screenshot(&of_view(view), PICTURE_TIMEOUT).await.map_err(lost)?;
        // One may have come while the picture was taken.
        self.shows_no_secret(&page).await?;
        let picture = Picture { mime: "image/jpeg", bytes: bytes.into() };
        let words = self.words_of(written, step);
        let wanted = self.wanted_element(&page, (written, step), &words);
        let advice = adviser.locate(&picture, &wanted).await?;
        (sight.attempts, sight.view, sight.cost_usd, sight.picture) = (1, Some(view), advice.cost_usd, Some(picture));
        self.heard.of(&advice);
        // Why there is no answer is told with what came of it.
        let note = advice.note.as_ref().and_then(|_| self.heard.notes.pop());
        let Some(pointing) = advice.said else { return Err(note.unwrap_or_else(|| "the model said nothing".to_owned())) };
        sight.confidence = Some(pointing.confidence);
        let Some((x, y)) = pointing.at else { return Err("the model sees no such element".to_owned()) };
        let at = (x * view.0, y * view.1);
        sight.at = Some(at);
        let found = pick(&page, at.0, at.1).await.map_err(|error| format!("the place could not be looked at: {error}"))?;
        let found = found.ok_or_else(|| "there is nothing where the model points".to_owned())?;
        sight.area = Some(found.bounds);
        let named = found.selectors.first().map(|named| named.selector.clone());
        sight.selector = named.as_ref().map(|selector| self.redactor.clean(selector));
        self.judge((written, step), &words, &found, pointing.confidence.min(BELIEVED_MAX)).await?;
        named.ok_or_else(|| "no selector names the element it points at alone".to_owned())
    }

    /// Refuses what is not plausible, by the rules of healing.
    async fn judge(&self, (written, step): (&Step, &Step), words: &Words, found: &Seen, confidence: f64) -> Result<(), String> {
        let policy = self.options.heal.as_ref();
        let selector = written.target.as_deref().unwrap_or_default();
        let what = found.look.accessible_name.as_deref().or(found.look.text.as_deref()).or(found.look.tag.as_deref()).unwrap_or_default();
        let refused = |why: &str| Err(self.redactor.clean(&format!("the model points at {what:?}, and {why}")));
        let enough = policy.map_or(CONFIDENCE_MIN, |policy| policy.min_confidence_suggest);
        if confidence < enough {
            return refused("is not sure enough");
        }
        // By whatever name it was refused.
        if policy.is_some_and(|policy| found.selectors.iter().any(|named| policy.refuses(selector, &named.selector))) {
            return refused("somebody refused it for this step");
        }
        let Ok(others) = self.candidates().await else { return refused("what else is there could not be looked at") };
        let known = policy.and_then(|policy| policy.known(selector));
        let sought = Sought { action: step.action, named: &words.named, described: &words.described, known };
        match objection(sought, &found.look, &attributes(found), &others) {
            Some(why) => refused(why),
            None => Ok(()),
        }
    }

    /// What a step says of its element: never what is written into it.
    fn words_of(&mut self, written: &Step, step: &Step) -> Words {
        let sentence = written.value.as_ref().filter(|_| written.action == Action::Instruction).map(crate::text::plain);
        let sentence = sentence.and_then(|text| self.fill(&text).ok()).and_then(|text| grammar::parse(&text)?.phrase);
        let sentence = sentence.map(|phrase| phrase.words);
        let value = step.value.as_ref().map(crate::text::plain).unwrap_or_default();
        let described = written.description.as_ref().or(written.name.as_ref());
        // A description may say it as well.
        let described = described.map_or_else(String::new, |text| without(text, &value));
        let named: Vec<String> = [step.target.clone(), sentence.clone()].into_iter().flatten().collect();
        Words { named: named.join(" "), described, sentence }
    }

    /// What is told of the element that a step wants.
    fn wanted_element(&self, page: &Page, (written, step): (&Step, &Step), words: &Words) -> Value {
        let known = written.target.as_deref().and_then(|selector| self.options.heal.as_ref()?.known(selector));
        let looked = known.map(|k| json!({ "role": k.role, "name": k.accessible_name, "text": k.text, "placeholder": k.placeholder, "beside": k.neighbour_text }));
        self.redactor.clean_value(&json!({
            "page": page.url().split(['?', '#']).next(),
            "action": step.action.name(),
            "selector": step.target,
            "description": Some(&words.described).filter(|text| !text.is_empty()),
            "instruction": words.sentence,
            "looked_like": looked,
        }))
    }

    /// An error when a picture would show what must not leave.
    async fn shows_no_secret(&self, page: &Page) -> Result<(), String> {
        // No script of ours reads what is in a closed root.
        if page.closed_roots(TEXT_TIMEOUT).await.map_or(true, |count| count > 0) {
            return Err("a part of the page could not be looked through for secrets".to_owned());
        }
        for frame in page.frames() {
            let script = format!("{}({TEXT_CHARS_MAX})", SHOWN.trim_end());
            let shown = tokio::time::timeout(TEXT_TIMEOUT, frame.evaluate_apart::<Shown>(&script)).await;
            let Ok(Ok(shown)) = shown else { return Err("a part of the page could not be looked through for secrets".to_owned()) };
            if shown.cut {
                return Err("the page is too long to be looked through for secrets".to_owned());
            }
            if shown.private || self.redactor.is_shown_in(&shown.text) {
                return Err("the page shows a secret, so no picture of it was shown to anybody".to_owned());
            }
        }
        Ok(())
    }
}

/// A picture of what is in view, as large as every model sees it.
fn of_view((width, height): (f64, f64)) -> Screenshot {
    let scale = (LONG_SIDE_MAX / width.max(height)).min(SHORT_SIDE_MAX / width.min(height));
    Screenshot { image: Image::Jpeg(QUALITY), scale: (scale < 1.0).then_some(scale), ..Screenshot::default() }
}

/// A text, unless it says what is written.
fn without(text: &str, value: &str) -> String {
    let value = value.trim().to_lowercase();
    if !value.is_empty() && text.to_lowercase().contains(&value) { String::new() } else { text.to_owned() }
}

/// What the attributes of an element say it does. What is written in a field does nothing.
fn attributes(found: &Seen) -> Vec<&str> {
    let is_field = matches!(found.look.role.as_deref(), Some("textbox" | "searchbox" | "combobox" | "spinbutton"));
    let says = |name: &str| match name {
        "value" | "placeholder" => !is_field,
        "class" | "autocomplete" => false,
        _ => true,
    };
    found.attributes.iter().filter(|(name, _)| says(name)).map(|(_, value)| value.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_that_says_what_is_written_is_told_to_nobody() {
        assert_eq!(without("Write Hush-Hush into the nickname", "hush-hush"), "");
        assert_eq!(
            (without("The nickname", "hush-hush"), without("The nickname", "")),
            ("The nickname".to_owned(), "The nickname".to_owned())
        );
    }

    #[test]
    fn picture_is_never_larger_than_what_every_model_sees() {
        assert_eq!(of_view((1280.0, 720.0)).scale, None);
        for (width, height) in [(1920.0, 1080.0), (390.0, 2_000.0), (1366.0, 1366.0)] {
            let scale = of_view((width, height)).scale.unwrap();
            let (long, short) = (f64::max(width, height) * scale, f64::min(width, height) * scale);
            assert!(long <= LONG_SIDE_MAX + 1e-6 && short <= SHORT_SIDE_MAX + 1e-6, "{width}x{height}");
        }
    }
}
