//! Which element of the page an instruction means: by role and name, label, placeholder, test id, text, then likeness.
//! Where two are as good, neither is taken.

use argos_cdp::Frame;
use tokio::time::Instant;

use super::Runner;
use crate::failure::{ErrorCode, Failure};
use crate::grammar::{self, Phrase};
use crate::heal::{Fingerprint, spelling};
use crate::plan::{Action, Step};
use crate::selector::preferred;

/// Below it words are not the name of an element.
const LIKENESS_MIN: f64 = 0.75;
/// Elements of a page that are compared.
pub(crate) const CANDIDATES_MAX: usize = 1500;
const NAMED_MAX: usize = 10;

/// What a look at the page gave.
enum Meant {
    One(String),
    Nothing,
    Several(Vec<String>),
}

impl Runner<'_> {
    /// The step an instruction means; what else the written step says stays as it is.
    pub(crate) async fn understand(&mut self, text: &str, written: Step) -> Result<Step, Failure> {
        let instruction = match grammar::parse(text) {
            Some(instruction) => instruction,
            None => self
                .reworded(text)
                .await
                .ok_or_else(|| Failure::new(ErrorCode::InstructionNotUnderstood, format!("{text:?} is not understood")))?,
        };
        let limit = self.limit(&written);
        let mut step =
            Step { action: instruction.step.action, value: instruction.step.value, assertion: instruction.step.assertion, ..written };
        step.target = instruction.step.target;
        let Some(phrase) = instruction.phrase else { return Ok(step) };
        let is_claim = step.action == Action::Assert;
        if is_claim && step.assertion.as_ref().is_some_and(|assertion| assertion.target.is_some()) {
            return Ok(step);
        }
        let began = Instant::now();
        let selector = loop {
            match self.meant(&phrase).await? {
                Meant::One(selector) => break selector,
                Meant::Several(candidates) => {
                    let message = format!("{:?} may mean {}", phrase.words, candidates.join(", "));
                    return Err(Failure { candidates, ..Failure::new(ErrorCode::StrictModeViolation, message) });
                }
                // What is to be gone, or is waited for, need not be there now.
                Meant::Nothing if is_claim || step.action == Action::WaitForSelector => break format!("text={}", phrase.words),
                Meant::Nothing => {}
            }
            let left = limit.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(Failure::new(ErrorCode::ElementNotFound, format!("nothing on the page is called {:?}", phrase.words)));
            }
            self.script_frame().await?.wait_for_change(left).await?;
        };
        match &mut step.assertion {
            Some(assertion) => assertion.target = Some(selector),
            None => step.target = Some(selector),
        }
        Ok(step)
    }

    async fn meant(&self, phrase: &Phrase) -> Result<Meant, Failure> {
        for group in phrase.selectors() {
            let mut found = Vec::new();
            for selector in group {
                let count = self.locator(&selector, None)?.count().await?;
                found.extend((0..count).map(|index| if count > 1 { format!("{selector} >> nth={index}") } else { selector.clone() }));
            }
            match found.len() {
                0 => {}
                1 => return Ok(found.pop().map_or(Meant::Nothing, Meant::One)),
                _ => return Ok(Meant::Several(found.into_iter().take(NAMED_MAX).collect())),
            }
        }
        if !self.options.alike {
            return Ok(Meant::Nothing);
        }
        let mut close: Vec<(f64, Fingerprint)> = Vec::new();
        for candidate in self.candidates().await? {
            let names =
                [&candidate.accessible_name, &candidate.text, &candidate.placeholder, &candidate.title, &candidate.alt, &candidate.name];
            let likeness = names.into_iter().flatten().map(|name| spelling(&phrase.words, name)).fold(0.0, f64::max);
            let role = candidate.role.as_deref();
            let fits = phrase.role.is_none_or(|wanted| role == Some(wanted)) && (!phrase.is_field || role.is_some());
            if likeness >= LIKENESS_MIN && fits {
                close.push((likeness, candidate));
            }
        }
        close.sort_by(|a, b| b.0.total_cmp(&a.0));
        let tie = matches!(close.as_slice(), [first, second, ..] if second.0 >= first.0);
        let mut selectors = Vec::new();
        for (_, candidate) in close.iter().take(if tie { NAMED_MAX } else { 1 }) {
            selectors.extend(self.unique(candidate, &self.way(None), &[]).await?);
        }
        Ok(if tie { Meant::Several(selectors) } else { selectors.pop().map_or(Meant::Nothing, Meant::One) })
    }

    /// All visible elements of the frame steps happen in.
    pub(crate) async fn candidates(&self) -> Result<Vec<Fingerprint>, Failure> {
        self.candidates_in(&self.script_frame().await?).await
    }

    /// All visible elements of a frame.
    pub(crate) async fn candidates_in(&self, frame: &Frame) -> Result<Vec<Fingerprint>, Failure> {
        let look = format!("{}.all({CANDIDATES_MAX})", include_str!("look.js").trim_end());
        Ok(frame.evaluate_apart(&look).await?)
    }

    /// The selector that names this element alone where `way` leads: of the preferred kinds first, else the steadiest.
    pub(crate) async fn unique(&self, element: &Fingerprint, way: &str, strategies: &[String]) -> Result<Option<String>, Failure> {
        for candidate in preferred(element, strategies) {
            if self.page()?.locator(&format!("{way}{}", candidate.selector))?.count().await? == 1 {
                return Ok(Some(candidate.selector));
            }
        }
        Ok(None)
    }
}
