//! Claims: looked at again after each change of the page until they hold or their time is over.

use std::time::Duration;

use argos_cdp::{CdpError, ElementState, Exchange, Locator};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Runner;
use super::check::Spot;
use super::step::millis;
use super::told::{cut, sentence, words};
use crate::failure::{ErrorCode, Failure};
use crate::outcome::AssertionResult;
use crate::pattern::{self, Pattern};
use crate::plan::{Assertion, Claim};
use crate::text::{collapsed, comparison, holds, plain};

/// Pause between two looks at a page that cannot tell of its changes.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// What was seen at one look.
struct Seen {
    holds: bool,
    actual: Value,
    /// There was nothing to look at, so the opposite does not hold either.
    missing: Option<String>,
    /// Its element was not found.
    unfound: Option<Failure>,
    /// What holds but should be known.
    warnings: Vec<String>,
}

impl Seen {
    fn new(holds: bool, actual: impl Into<Value>) -> Self {
        Self { holds, actual: actual.into(), missing: None, unfound: None, warnings: Vec::new() }
    }

    fn missing(why: impl Into<String>) -> Self {
        Self { missing: Some(why.into()), ..Self::new(false, Value::Null) }
    }
}

/// Why a look ends the claim at once.
enum End {
    /// More waiting may help.
    Later(Box<Seen>),
    Never(Failure),
}

impl Runner<'_> {
    /// Judges the claim that stands at `spot`; never an error: what went wrong is in the result.
    pub(crate) async fn claim(&mut self, written: &Assertion, spot: &Spot) -> AssertionResult {
        self.judged(written, spot).await.0
    }

    /// The same, and why there was no element to judge.
    pub(crate) async fn judged(&mut self, written: &Assertion, spot: &Spot) -> (AssertionResult, Option<Failure>) {
        let began = Instant::now();
        let mut result = AssertionResult {
            kind: written.claim.name().to_owned(),
            target: written.target.clone(),
            expected: written.expected.clone(),
            actual: None,
            passed: false,
            error: None,
            soft: written.soft,
            duration_ms: 0,
            warnings: Vec::new(),
        };
        let mut unfound = None;
        match self.filled(written) {
            Err(failure) => result.error = Some(failure.message),
            Ok(assertion) => {
                let (seen, failure) = self.watch(&assertion, spot, began).await;
                result.expected = assertion.expected.as_ref().map(|value| self.redactor.clean_value(value));
                if let Some(seen) = seen {
                    unfound = seen.unfound;
                    result.warnings = seen.warnings.iter().map(|warning| self.redactor.clean(warning)).collect();
                    result.passed = failure.is_none() && seen.missing.is_none() && seen.holds != assertion.not;
                    // Half a secret at the cut would no longer be known as one.
                    let actual = cut(self.redactor.clean_value(&seen.actual));
                    result.error = (!result.passed).then(|| sentence(&assertion, &actual, seen.missing.as_deref()));
                    result.actual = Some(actual).filter(|actual| !actual.is_null());
                }
                if let Some(failure) = failure {
                    result.error = Some(failure.message.clone());
                    unfound = Some(failure);
                }
            }
        }
        result.error = result.error.map(|error| self.redactor.clean(&error));
        result.duration_ms = millis(began.elapsed());
        (result, unfound.filter(Failure::is_unfound))
    }

    fn filled(&mut self, written: &Assertion) -> Result<Assertion, Failure> {
        let mut assertion = written.clone();
        assertion.target = written.target.as_deref().map(|text| self.fill(text)).transpose()?;
        assertion.frame = written.frame.as_deref().map(|text| self.fill(text)).transpose()?;
        assertion.expected = written.expected.as_ref().map(|value| self.fill_value(value)).transpose()?;
        for value in assertion.options.values_mut() {
            *value = self.fill_value(value)?;
        }
        Ok(assertion)
    }

    /// Looks until it holds; the last thing that was seen.
    async fn watch(&mut self, assertion: &Assertion, spot: &Spot, began: Instant) -> (Option<Seen>, Option<Failure>) {
        let limit = assertion.timeout_ms.map_or(self.options.assertion_timeout, Duration::from_millis);
        loop {
            let seen = match Box::pin(self.look(assertion, spot)).await {
                Ok(seen) => seen,
                Err(End::Later(seen)) => *seen,
                Err(End::Never(failure)) => return (None, Some(failure)),
            };
            let left = limit.saturating_sub(began.elapsed());
            if seen.missing.is_none() && seen.holds != assertion.not || left.is_zero() || !waits(assertion.claim) {
                return (Some(seen), None);
            }
            let page = match self.page() {
                Ok(page) => page,
                Err(failure) => return (Some(seen), Some(failure)),
            };
            // A document that goes away is a change as well.
            match page.main_frame().wait_for_change(left).await {
                Ok(()) => {}
                Err(error @ (CdpError::BrowserGone(_) | CdpError::TargetCrashed { .. })) => {
                    return (Some(seen), Some(Failure::from(error)));
                }
                // There is nothing that could tell of a change, so it is looked at now and then.
                Err(_) => tokio::time::sleep(LOOK_PAUSE.min(left)).await,
            }
        }
    }

    async fn look(&mut self, assertion: &Assertion, spot: &Spot) -> Result<Seen, End> {
        let expected = assertion.expected.as_ref().map(plain).unwrap_or_default();
        let never = |why: String| End::Never(Failure::script(why));
        match assertion.claim {
            Claim::UrlContains | Claim::UrlEquals | Claim::UrlMatches => {
                let url = self.page().map_err(End::Never)?.url();
                let holds = match assertion.claim {
                    Claim::UrlContains => url.contains(&expected),
                    Claim::UrlEquals => same_address(&url, &super::address::absolute(&self.options.app_url, &expected)),
                    _ => pattern::regex(&expected).map_or_else(|_| url.contains(&expected), |regex| regex.is_match(&url)),
                };
                Ok(Seen::new(holds, url))
            }
            Claim::TitleContains | Claim::TitleEquals => {
                let title = self.page().map_err(End::Never)?.title().await.map_err(later)?;
                let holds = if assertion.claim == Claim::TitleContains {
                    title.contains(&expected)
                } else {
                    collapsed(&title) == collapsed(&expected)
                };
                Ok(Seen::new(holds, title))
            }
            Claim::NoConsoleErrors => {
                let lines: Vec<String> = self.console_errors().into_iter().map(|error| error.text).collect();
                Ok(Seen::new(lines.is_empty(), json!(lines)))
            }
            Claim::ResponseStatus | Claim::ResponseJson => self.look_at_response(assertion, &expected).await,
            Claim::Performance => self.look_at_performance(&expected).await,
            Claim::ScreenshotMatches | Claim::Accessibility => {
                let verdict = self.check(assertion, spot).await.map_err(End::Never)?;
                if verdict.passed {
                    Ok(Seen { warnings: verdict.warnings, ..Seen::new(true, verdict.details) })
                } else {
                    Err(never(verdict.message))
                }
            }
            _ => self.look_at_element(assertion, &expected).await,
        }
    }

    async fn look_at_element(&mut self, assertion: &Assertion, expected: &str) -> Result<Seen, End> {
        let selector = assertion.target.as_deref().unwrap_or("css=body");
        let locator = self.locator(selector, assertion.frame.as_deref()).map_err(End::Never)?;
        let now = Duration::ZERO;
        match assertion.claim {
            Claim::Count => {
                let count = locator.count_within(now).await.map_err(later)?;
                let (operator, number) = comparison(expected)
                    .ok_or_else(|| End::Never(Failure::script(format!("count: {expected} is no number or comparison"))))?;
                // No page has so many elements that a double could not count them.
                let counted = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
                return Ok(Seen::new(holds(counted, operator, number), count));
            }
            Claim::ElementExists | Claim::ElementNotExists => {
                let count = locator.count_within(now).await.map_err(later)?;
                let exists = assertion.claim == Claim::ElementExists;
                let unfound = (exists && count == 0).then(|| Failure::new(ErrorCode::ElementNotFound, format!("{locator} is not there")));
                return Ok(Seen { unfound, ..Seen::new((count > 0) == exists, count) });
            }
            // What is absent is not seen: that it is not visible holds, that it is visible may yet come.
            Claim::ElementVisible if assertion.not => {
                let state = hidden(&locator).await?;
                let actual = state.as_ref().map_or_else(|| "absent".to_owned(), |state| words(state, assertion.claim));
                return Ok(Seen::new(state.is_some_and(|state| state.visible), actual));
            }
            Claim::ElementHidden => {
                let state = hidden(&locator).await?;
                return Ok(Seen::new(
                    state.as_ref().is_none_or(|state| !state.visible),
                    state.map_or("absent", |s| if s.visible { "visible" } else { "hidden" }),
                ));
            }
            _ => {}
        }
        let seen = match assertion.claim {
            Claim::TextContains | Claim::TextEquals | Claim::TextMatches => {
                let text = locator.text(now).await.map_err(later)?;
                let holds = match assertion.claim {
                    Claim::TextContains => collapsed(&text).contains(&collapsed(expected)),
                    Claim::TextEquals => collapsed(&text) == collapsed(expected),
                    _ => pattern::regex(expected).map_err(|why| End::Never(Failure::script(why)))?.is_match(&text),
                };
                Seen::new(holds, text)
            }
            Claim::ValueEquals => {
                let value = locator.value(now).await.map_err(later)?;
                Seen::new(value.as_deref() == Some(expected), json!(value))
            }
            Claim::Attribute | Claim::Css => {
                let (name, wanted) = named_value(assertion, expected)?;
                if assertion.claim == Claim::Css {
                    let value = locator.style(&name, now).await.map_err(later)?;
                    Seen::new(wanted.as_ref().is_none_or(|wanted| same_style(&value, wanted)), value)
                } else {
                    let value = locator.attribute(&name, now).await.map_err(later)?;
                    Seen::new(value.is_some() && wanted.as_ref().is_none_or(|wanted| value.as_ref() == Some(wanted)), json!(value))
                }
            }
            Claim::ClassContains => {
                let classes = locator.attribute("class", now).await.map_err(later)?.unwrap_or_default();
                let has = |wanted: &str| classes.split_whitespace().any(|class| class == wanted);
                Seen::new(!expected.trim().is_empty() && expected.split_whitespace().all(has), classes)
            }
            claim => {
                let state = locator.state(now).await.map_err(later)?;
                let holds = match claim {
                    Claim::Enabled => state.enabled,
                    Claim::Disabled => !state.enabled,
                    Claim::Checked => state.checked == Some(true),
                    Claim::Unchecked => state.checked == Some(false),
                    Claim::Focused => state.focused,
                    Claim::Editable => state.editable,
                    _ => state.visible,
                };
                Seen::new(holds, words(&state, claim))
            }
        };
        Ok(seen)
    }

    async fn look_at_response(&mut self, assertion: &Assertion, expected: &str) -> Result<Seen, End> {
        let page = self.page().map_err(End::Never)?;
        let pattern = assertion.target.as_deref().map(Pattern::parse).transpose().map_err(|why| End::Never(Failure::script(why)))?;
        // Without an address the page itself is meant, not what is in a frame of it.
        let main = page.main_frame();
        let is_page = |exchange: &Exchange| exchange.is_document() && exchange.frame_id.as_deref() == Some(main.id());
        let answered = page.exchanges().0.into_iter().rev().find(|exchange| {
            exchange.response.is_some() && pattern.as_ref().map_or_else(|| is_page(exchange), |pattern| pattern.matches(exchange.url()))
        });
        let Some(exchange) = answered else {
            return Err(End::Later(Box::new(Seen::missing("no such answer came"))));
        };
        if assertion.claim == Claim::ResponseStatus {
            let status = exchange.status().unwrap_or_default();
            let (operator, number) =
                comparison(expected).ok_or_else(|| End::Never(Failure::script(format!("response_status: {expected} is no number"))))?;
            let counted = f64::from(i32::try_from(status).unwrap_or_default());
            return Ok(Seen::new(holds(counted, operator, number), status));
        }
        let body = super::pause::body(&page, &exchange).await;
        let wanted = assertion.expected.clone().unwrap_or_default();
        Ok(match (&wanted, expected.split_once('=')) {
            (Value::String(text), Some((path, value))) if !text.trim_start().starts_with('{') => {
                let path = path.trim().trim_start_matches("$.");
                let found = path.split('.').try_fold(&body, |at, part| match at {
                    Value::Array(items) => items.get(part.parse::<usize>().ok()?),
                    other => other.get(part),
                });
                let found = found.cloned().unwrap_or_default();
                Seen::new(plain(&found) == value.trim().trim_matches(['"', '\'']), found)
            }
            (Value::String(text), _) => Seen::new(serde_json::from_str::<Value>(text).is_ok_and(|wanted| contains(&body, &wanted)), body),
            _ => Seen::new(contains(&body, &wanted), body),
        })
    }

    async fn look_at_performance(&mut self, expected: &str) -> Result<Seen, End> {
        let never = || End::Never(Failure::script(format!("performance: {expected} is no comparison such as lcp_ms<2500")));
        let at = expected.find(['<', '>', '=']).ok_or_else(never)?;
        let (name, rest) = expected.split_at_checked(at).ok_or_else(never)?;
        let (operator, number) = comparison(rest).ok_or_else(never)?;
        let measured: Value = self.page().map_err(End::Never)?.evaluate(include_str!("performance.js")).await.map_err(later)?;
        let Some(value) = measured.get(name.trim()) else {
            return Err(End::Never(Failure::script(format!(
                "performance: {} is none of lcp_ms, fcp_ms, cls, ttfb_ms, dom_content_loaded_ms, load_ms",
                name.trim()
            ))));
        };
        match value.as_f64() {
            Some(value) => Ok(Seen::new(holds(value, operator, number), value)),
            None => Err(End::Later(Box::new(Seen::missing(format!("{} was not measured", name.trim()))))),
        }
    }
}

/// Waiting may change the answer.
fn waits(claim: Claim) -> bool {
    !matches!(claim, Claim::NoConsoleErrors | Claim::ScreenshotMatches | Claim::Accessibility)
}

/// What is not there yet may come; what cannot be asked is an end.
fn later(error: CdpError) -> End {
    match error {
        CdpError::NotFound { .. } | CdpError::NotActionable { .. } | CdpError::Timeout { .. } => {
            let missing = Seen::missing(error.to_string());
            End::Later(Box::new(Seen { unfound: Some(Failure::from(error)), ..missing }))
        }
        // The page goes on to its next document.
        CdpError::TargetClosed { .. } => End::Later(Box::new(Seen::missing(error.to_string()))),
        error if error.is_context_lost() => End::Later(Box::new(Seen::missing(error.to_string()))),
        error => End::Never(Failure::from(error)),
    }
}

/// The state of an element that may be absent.
async fn hidden(locator: &Locator) -> Result<Option<ElementState>, End> {
    match locator.strict(false).state(Duration::ZERO).await {
        Ok(state) => Ok(Some(state)),
        Err(CdpError::NotFound { .. }) => Ok(None),
        Err(error) => Err(later(error)),
    }
}

/// `name=value`, or the name in the options and the value as expected.
fn named_value(assertion: &Assertion, expected: &str) -> Result<(String, Option<String>), End> {
    if let Some(name) =
        ["attribute", "name", "property"].iter().find_map(|key| assertion.extra.get(*key).or_else(|| assertion.options.get(*key)))
    {
        return Ok((plain(name), Some(expected.to_owned())));
    }
    match expected.split_once('=').or_else(|| expected.split_once(':')) {
        Some((name, value)) => Ok((name.trim().to_owned(), Some(value.trim().trim_matches('"').to_owned()))),
        None if !expected.trim().is_empty() => Ok((expected.trim().to_owned(), None)),
        None => Err(End::Never(Failure::script("the claim has the form name=value"))),
    }
}

/// Styles that differ in blanks alone are the same.
fn same_style(left: &str, right: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    bare(left) == bare(right)
}

fn same_address(left: &str, right: &str) -> bool {
    left.trim_end_matches('/') == right.trim_end_matches('/')
}

/// Whether everything in `wanted` is in `body`.
fn contains(body: &Value, wanted: &Value) -> bool {
    match (body, wanted) {
        (Value::Object(body), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| body.get(name).is_some_and(|body| contains(body, wanted)))
        }
        (Value::Array(body), Value::Array(wanted)) => wanted.iter().all(|wanted| body.iter().any(|body| contains(body, wanted))),
        (body, wanted) => body == wanted,
    }
}

#[cfg(test)]
mod tests {
    use argos_cdp::CdpError;

    use super::{End, later};

    #[test]
    fn document_that_goes_away_does_not_end_a_claim() {
        let refused =
            |message: &str| CdpError::Protocol { method: "Runtime.evaluate".to_owned(), code: -32000, message: message.to_owned() };
        assert!(matches!(later(refused("Execution context was destroyed.")), End::Later(_)));
        assert!(matches!(later(refused("Cannot find context with specified id")), End::Later(_)));
        assert!(matches!(later(refused("Invalid parameters")), End::Never(_)));
    }
}
