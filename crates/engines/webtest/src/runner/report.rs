//! What a run leaves: errors of the console, failures of the network, the archive of requests, the end of the trace, and
//! the outcome that holds it all.

use std::path::PathBuf;
use std::time::Duration;

use argos_cdp::{Browser, Exchange, Page, har};
use serde_json::{Value, json};

use super::mask::mask_archive;
use super::step::millis;
use super::{Runner, Stop};
use crate::failure::ErrorCode;
use crate::options::TraceMode;
use crate::outcome::{ConsoleError, NetworkFailure, Outcome, Status, StepStatus};

/// Errors and failures kept of a run.
const RECORDS_MAX: usize = 200;
/// Lines of the console in a trace.
const TRACE_LINES_MAX: usize = 5_000;

impl Runner<'_> {
    /// What all pages wrote as errors or threw, in the order of time.
    pub(crate) fn console_errors(&self) -> Vec<ConsoleError> {
        self.console(|kind| kind == "error", RECORDS_MAX)
    }

    /// What all pages wrote of the kinds that are wanted, and what they threw.
    fn console(&self, wanted: impl Fn(&str) -> bool, lines_max: usize) -> Vec<ConsoleError> {
        let mut errors = Vec::new();
        let whole = |at_ms: f64| {
            // Milliseconds since the epoch fit into 53 bits for a long time to come.
            #[expect(clippy::cast_possible_truncation, reason = "a time of this century")]
            {
                at_ms as i64
            }
        };
        for page in self.stage.all_pages() {
            let since = self.stage.before(&page).said_ms;
            let lines = page.console().into_iter().filter(|line| line.at_ms > since && wanted(&line.kind));
            errors.extend(lines.map(|line| ConsoleError {
                kind: line.kind,
                text: self.redactor.clean(&line.text),
                url: line.url.map(|url| self.redactor.clean(&url)),
                line: line.line,
                at_ms: whole(line.at_ms),
            }));
            errors.extend(page.script_errors().into_iter().filter(|error| error.at_ms > since).map(|error| ConsoleError {
                kind: "exception".to_owned(),
                text: self.redactor.clean(&error.message),
                url: error.url.map(|url| self.redactor.clean(&url)),
                line: Some(error.line),
                at_ms: whole(error.at_ms),
            }));
        }
        errors.sort_by_key(|error| error.at_ms);
        errors.truncate(lines_max);
        errors
    }

    /// What all pages asked of the network.
    fn exchanges(&self) -> Vec<Exchange> {
        let of = |page: Page| {
            let since = self.stage.before(&page).sent;
            page.exchanges().0.into_iter().filter(move |exchange| exchange.sent > since)
        };
        self.stage.all_pages().into_iter().flat_map(of).collect()
    }

    /// Requests that came to nothing, or were answered with an error.
    fn network_failures(&self) -> Vec<NetworkFailure> {
        let exchanges = self.exchanges().into_iter();
        let refused = |exchange: &Exchange| exchange.status().is_some_and(|status| status >= 400);
        // A document that is let go of once it is answered becomes a file: nothing failed.
        let is_file = |exchange: &Exchange| {
            exchange.kind == "Document" && exchange.status().is_some() && exchange.failure.as_deref() == Some("net::ERR_ABORTED")
        };
        let failed = exchanges.filter(|exchange| refused(exchange) || (exchange.failure.is_some() && !is_file(exchange)));
        failed
            .map(|exchange| NetworkFailure {
                method: exchange.request.method.clone(),
                url: self.redactor.clean(exchange.url()),
                kind: exchange.kind.clone(),
                status: exchange.status(),
                error: exchange.failure.clone(),
            })
            .take(RECORDS_MAX)
            .collect()
    }

    /// Ends the trace; one that nobody wants to see is removed.
    fn end_trace(&mut self, status: Status, har: &Value) -> Option<PathBuf> {
        let trace = self.trace.take()?;
        let said = self.console(|_| true, TRACE_LINES_MAX);
        let about =
            json!({ "status": status, "run_id": self.options.run_id, "test_id": self.options.test_id, "app_url": self.options.app_url });
        let path = trace.finish(&about, har, &json!(said)).ok()?;
        if self.options.trace == TraceMode::OnFailure && status == Status::Passed {
            // What cannot be removed is found by whoever owns the directory.
            drop(std::fs::remove_file(&path));
            return None;
        }
        Some(path)
    }

    fn har(&self, browser: &Browser) -> Value {
        let mut archive = har(&self.exchanges(), ("Argos", env!("CARGO_PKG_VERSION")), &browser.version().product);
        mask_archive(&mut archive);
        self.redactor.clean_value(&archive)
    }

    /// Puts together what came of the run.
    pub(crate) fn outcome(mut self, stop: Option<&Stop>, browser: &Browser) -> Outcome {
        let status = match stop.map(|stop| stop.failure.code) {
            None => Status::Passed,
            Some(ErrorCode::Cancelled) => Status::Cancelled,
            Some(ErrorCode::BrowserCrashed) => Status::Error,
            Some(_) => Status::Failed,
        };
        let har = self.har(browser);
        let (console_errors, network_failures) = (self.console_errors(), self.network_failures());
        self.evidence.trace = self.end_trace(status, &har);
        self.evidence.har = Some(har);
        let healed = self.results.iter().any(|result| result.status == StepStatus::Healed);
        Outcome {
            status,
            error_code: stop.map(|stop| stop.failure.code),
            error_message: stop.map(|stop| self.redactor.clean(&stop.failure.message)),
            failed_step_index: stop.and_then(|stop| stop.index),
            failed_phase: stop.map(|stop| stop.phase),
            saved: self.variables.saved.iter().map(|(name, value)| (name.clone(), self.redactor.clean_value(value))).collect(),
            step_results: self.results,
            assertion_results: self.assertions,
            console_errors,
            network_failures,
            evidence: self.evidence,
            duration: Duration::from_millis(millis(self.began.elapsed())),
            fingerprints: self.fingerprints,
            claim_healings: self.claim_healings,
            healed,
        }
    }
}
