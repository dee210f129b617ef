//! The runner on a real Chromium against the fixture applications.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod actions;
mod disk;
mod ending;
mod exports;
mod faults;
mod guest;
mod healing;
mod recording;
mod shop;
mod sight;
mod within;
mod words;

use std::sync::Mutex;
use std::time::Duration;

use argos_cdp::{Browser, LaunchOptions};
use argos_peers::{Chromium, FixtureSite};
use argos_webtest::{Observer, Outcome, Plan, RunEvent, RunOptions};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// A browser and the applications.
pub(crate) struct Stage {
    pub(crate) browser: Browser,
    pub(crate) site: FixtureSite,
}

/// Keeps what it hears.
#[derive(Default)]
pub(crate) struct Heard(pub(crate) Mutex<Vec<RunEvent>>);

impl Observer for Heard {
    fn on(&self, event: RunEvent) {
        self.0.lock().unwrap().push(event);
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let program = Some(Chromium::find().unwrap().path);
        let options = LaunchOptions { program, timeout: Duration::from_secs(60), ..LaunchOptions::default() };
        Self { browser: Browser::launch(&options).await.unwrap(), site: FixtureSite::start() }
    }

    pub(crate) fn options(&self) -> RunOptions {
        let mut options = RunOptions::new(&self.site.url(""));
        // On a busy machine; nothing that works takes nearly as long.
        options.default_timeout = Duration::from_secs(20);
        options.assertion_timeout = Duration::from_secs(20);
        options.started_at_ms = 1_700_000_000_000;
        options
    }

    pub(crate) async fn run(&self, plan: &Value) -> Outcome {
        self.run_with(plan, &self.options()).await
    }

    pub(crate) async fn run_with(&self, plan: &Value, options: &RunOptions) -> Outcome {
        let plan = Plan::parse(plan).unwrap();
        argos_webtest::run(&self.browser, &plan, options, &argos_webtest::Silent, &CancellationToken::new()).await
    }
}

/// Fails with everything that is known when a test did not pass.
#[track_caller]
pub(crate) fn passed(outcome: &Outcome) {
    assert!(
        outcome.status == argos_webtest::Status::Passed,
        "{:?} at {:?}: {:?}\n{:#?}",
        outcome.error_code,
        outcome.failed_step_index,
        outcome.error_message,
        outcome.step_results
    );
}
