//! Waiting for what a step names: an element, an address, a document, an answer, a condition. Only `wait` with a time
//! waits for time, because its author asked for it.

use std::time::Duration;

use argos_cdp::{Exchange, Page, Wait};
use serde_json::{Value, json};

use super::Runner;
use super::navigation::load_state;
use super::perform::{option_text, text_value};
use super::step::Done;
use crate::failure::{ErrorCode, Failure};
use crate::pattern::Pattern;
use crate::plan::{Action, Step};
use crate::text;

/// What `wait` waits without more.
const PAUSE_MS: u64 = 1000;

impl Runner<'_> {
    pub(crate) async fn pause(&mut self, step: &Step) -> Result<Done, Failure> {
        match step.action {
            Action::Wait if step.target.is_none() => {
                let value = text_value(step);
                let millis = if value.is_empty() { Some(PAUSE_MS) } else { text::millis(&value) };
                let millis = millis.ok_or_else(|| Failure::script(format!("wait: {value} is no time, such as 500 or 2 seconds")))?;
                tokio::time::sleep(Duration::from_millis(millis)).await;
                Ok(Done::default())
            }
            Action::Wait | Action::WaitForSelector => self.wait_for_element(step).await,
            Action::WaitForUrl => self.wait_for_url(step).await,
            Action::WaitForLoadState => {
                let name = option_text(step, "state").or_else(|| step.target.clone()).unwrap_or_else(|| text_value(step));
                let until = load_state(Some(&name))?;
                let limit = self.navigation_limit(step);
                self.page()?.wait_for_load(until, limit).await?;
                Ok(Done::default())
            }
            Action::WaitForResponse => self.wait_for_response(step).await,
            _ => {
                let expression = step.target.clone().unwrap_or_else(|| text_value(step));
                let limit = self.limit(step);
                self.script_frame().await?.wait_for_function(&expression, limit).await?;
                Ok(Done::default())
            }
        }
    }

    async fn wait_for_element(&mut self, step: &Step) -> Result<Done, Failure> {
        let selector = step.target.clone().unwrap_or_default();
        let state = match option_text(step, "state").unwrap_or_else(|| text_value(step)).as_str() {
            "" | "visible" => Wait::Visible,
            "hidden" => Wait::Hidden,
            "attached" => Wait::Attached,
            "detached" => Wait::Detached,
            other => return Err(Failure::script(format!("state: {other} is none of visible, hidden, attached, detached"))),
        };
        let limit = self.limit(step);
        match self.locator(&selector, step.frame.as_deref())?.wait_for(state, limit).await.map_err(Failure::from) {
            Ok(()) => Ok(Done::default()),
            // It is there and nobody wanted to act upon it: it only did not become so in time.
            Err(failure) if failure.code == ErrorCode::NotActionable => Err(Failure { code: ErrorCode::Timeout, ..failure }),
            Err(failure) => Err(failure),
        }
    }

    async fn wait_for_url(&mut self, step: &Step) -> Result<Done, Failure> {
        let text = step.target.clone().unwrap_or_else(|| text_value(step));
        let pattern = Pattern::parse(&text).map_err(Failure::script)?;
        let limit = self.navigation_limit(step);
        let page = self.page()?;
        match page.wait_for_url(|url| pattern.matches(url), limit).await.map_err(Failure::from) {
            Ok(url) => Ok(Done::with(url)),
            Err(failure) if failure.code == ErrorCode::Timeout => {
                Err(Failure::new(ErrorCode::Timeout, format!("after {} ms the address is {}, not {text}", limit.as_millis(), page.url())))
            }
            Err(failure) => Err(failure),
        }
    }

    /// An answer that came since the step before began counts: it was caused there.
    async fn wait_for_response(&mut self, step: &Step) -> Result<Done, Failure> {
        let text = step.target.clone().unwrap_or_else(|| text_value(step));
        let pattern = Pattern::parse(&text).map_err(Failure::script)?;
        let status = step.options.get("status").and_then(Value::as_i64);
        let method = option_text(step, "method");
        let wanted = move |exchange: &Exchange| {
            exchange.status().is_some_and(|found| status.is_none_or(|status| status == found))
                && method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&exchange.request.method))
                && pattern.matches(exchange.url())
        };
        let page = self.page()?;
        let limit = self.navigation_limit(step);
        let expected = page.expect_response({
            let wanted = wanted.clone();
            move |exchange| wanted(exchange)
        });
        let since = self.requests_before;
        let seen = page.exchanges().0.into_iter().find(|exchange| exchange.sent > since && wanted(exchange));
        let exchange = match seen {
            Some(exchange) => exchange,
            None => expected.within(limit).await?,
        };
        let mut output = json!({ "url": exchange.url(), "status": exchange.status() });
        if step.save_as.is_some() {
            output["body"] = whole_body(&page, &exchange, limit).await;
        }
        Ok(Done::with(output))
    }

    /// Remembers where in the stream of requests a step begins. One that waits for an answer asks for nothing itself: what came
    /// before it still counts for the next one.
    pub(crate) fn mark_requests(&mut self, step: &Step) {
        if step.action != Action::WaitForResponse
            && let Ok(page) = self.page()
        {
            self.requests_before = page.last_request_sent().unwrap_or(0.0);
        }
    }
}

/// The body of an answer that may still be on its way.
async fn whole_body(page: &Page, exchange: &Exchange, limit: Duration) -> Value {
    let end = page.expect_end(exchange);
    let now = page.exchanges().0.into_iter().find(|e| e.request_id == exchange.request_id);
    if now.is_some_and(|e| e.finished.is_none() && e.failure.is_none()) {
        // One that does not end in time has no body yet; the browser says so.
        drop(end.within(limit).await);
    }
    body(page, exchange).await
}

/// Longest body that is kept as a value.
const BODY_BYTES_MAX: usize = 10 << 20;

/// The body of an answer: JSON as such, text as text, nothing when the browser no longer has it or it is too long.
pub(crate) async fn body(page: &Page, exchange: &Exchange) -> Value {
    match page.body(exchange).await {
        Ok(bytes) if bytes.len() > BODY_BYTES_MAX => Value::Null,
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        Err(_) => Value::Null,
    }
}
