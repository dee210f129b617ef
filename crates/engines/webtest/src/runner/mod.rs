//! Runs a plan in a context of its own: setup, steps, assertions, teardown, in order, with evidence. Stops at the first
//! step that fails; the teardown is done whatever happened, unless the run was cancelled or the browser is gone.

mod address;
mod advice;
mod assertion;
mod check;
mod data;
mod element;
mod evidence;
mod film;
mod guest;
mod healing;
mod instruction;
mod mask;
mod navigation;
mod pause;
mod perform;
mod pick;
mod remember;
mod report;
mod sight;
mod stage;
mod step;
mod tabs;
mod told;
mod tree;

use std::time::Duration;

use argos_cdp::{Browser, CdpError, Page};
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::evidence::trace::Trace;
use crate::failure::{ErrorCode, Failure};
use crate::heal::Healing;
use crate::options::{RunOptions, TraceMode};
use crate::outcome::{AssertionResult, Evidence, Observer, Outcome, Phase, RunEvent, Status, StepFingerprint, StepResult};
use crate::plan::{Assertion, Plan, Step};
use crate::variables::{BuiltIns, Redactor, Variables};
use advice::Heard;
use film::Film;
use stage::{Arrivals, Stage};

pub use film::FILMED;
pub use guest::{Guest, run_in};
pub use pick::{Seen, observe, pick, way_into};

/// What the teardown may take when the test took too long.
const TEARDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// What a test may call the browser it is run in.
const BROWSERS: [&str; 3] = ["", "chromium", "chrome"];

/// A run under way.
pub(crate) struct Runner<'a> {
    pub(crate) options: &'a RunOptions,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) stage: &'a Stage,
    pub(crate) variables: Variables<'a>,
    pub(crate) redactor: &'a Redactor,
    pub(crate) began: Instant,
    pub(crate) strict: bool,
    /// The frame `switch_frame` went into.
    pub(crate) frame: Option<String>,
    pub(crate) headers: std::collections::BTreeMap<String, String>,
    pub(crate) results: Vec<StepResult>,
    pub(crate) assertions: Vec<AssertionResult>,
    pub(crate) evidence: Evidence,
    pub(crate) fingerprints: Vec<StepFingerprint>,
    /// Of the claims at the end.
    pub(crate) claim_healings: Vec<(usize, Healing)>,
    /// Of `run_test` in each other.
    pub(crate) depth: usize,
    /// Where in the test within the test it stands: what its checks are called there.
    pub(crate) inside: Option<String>,
    pub(crate) heals: u32,
    /// What was heard for the step under way.
    pub(crate) heard: Heard,
    /// The last request there was when the last step began that waits for no answer, on the browser's clock.
    pub(crate) requests_before: f64,
    /// The last address that was refused and is told.
    pub(crate) blocked_before: u64,
    pub(crate) trace: Option<Trace>,
    /// Frames that did not tell their accessibility tree, which some never do; the trace asks each once.
    pub(crate) silent_frames: std::collections::HashSet<String>,
    /// A failure that lets the test go on but not pass.
    pub(crate) soft: Option<Stop>,
}

/// Where and why a test stopped.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) phase: Phase,
    pub(crate) index: Option<usize>,
    pub(crate) failure: Failure,
}

/// Runs `plan` and says what came of it. Dropping the future closes the context.
pub async fn run(browser: &Browser, plan: &Plan, options: &RunOptions, observer: &dyn Observer, cancel: &CancellationToken) -> Outcome {
    let began = Instant::now();
    if let Some(other) = plan.config.browser.as_deref().filter(|name| !BROWSERS.contains(name)) {
        return never_began(&Failure::script(format!("the test asks for {other}, and only chromium is there")), began);
    }
    let opened = tokio::select! {
        biased;
        () = cancel.cancelled() => return never_began(&Failure::new(ErrorCode::Cancelled, "the run was cancelled"), began),
        opened = Stage::open(browser, options) => opened,
    };
    let (stage, arrivals) = match opened {
        Ok(opened) => opened,
        Err(error) => return never_began(&Failure::from(error), began),
    };
    let (outcome, _) = Box::pin(perform_on(&stage, arrivals, None, (browser, plan, options), observer, cancel, began)).await;
    // A context that is gone with its browser is closed.
    drop(stage.context.close().await);
    outcome
}

/// Does the plan on a stage that is set, from where `guest` stands. Beside the outcome what the next steps there begin with.
async fn perform_on(
    stage: &Stage,
    arrivals: Arrivals,
    guest: Option<&Guest>,
    (browser, plan, options): (&Browser, &Plan, &RunOptions),
    observer: &dyn Observer,
    cancel: &CancellationToken,
    began: Instant,
) -> (Outcome, Guest) {
    let redactor = options.redactor();
    let built_ins = BuiltIns {
        base_url: options.app_url.clone(),
        run_id: options.run_id.clone(),
        test_id: options.test_id.clone(),
        started_at_ms: options.started_at_ms,
        seed: options.seed,
    };
    let mut runner = Runner {
        options,
        observer,
        stage,
        variables: Variables::new(&options.variables, &plan.variables, &built_ins),
        redactor: &redactor,
        began,
        strict: plan.config.strict_selectors.unwrap_or(options.strict),
        frame: guest.and_then(Guest::frame),
        headers: guest.map_or(&options.headers, |guest| &guest.headers).clone(),
        results: Vec::new(),
        assertions: Vec::new(),
        evidence: Evidence::default(),
        fingerprints: Vec::new(),
        claim_healings: Vec::new(),
        depth: 0,
        inside: None,
        heals: 0,
        heard: Heard::default(),
        requests_before: guest.map_or(0.0, |guest| guest.requests_before),
        blocked_before: stage.context.blocked().last().map_or(0, |last| last.number),
        trace: trace_of(options),
        silent_frames: std::collections::HashSet::new(),
        soft: None,
    };
    runner.variables.saved = guest.map(|guest| guest.saved.clone()).unwrap_or_default();
    let listening = stage.listen(arrivals, observer, &redactor);
    let whole = Box::pin(runner.whole(browser, plan, cancel));
    let dir = options.out_dir.as_ref().filter(|_| options.record_video);
    let mut film = dir.map(|dir| Film::new(dir.join("video.webm"), began));
    let filming = async {
        match &mut film {
            Some(film) => film.record(stage).await,
            None => std::future::pending().await,
        }
    };
    // What happened is heard before the test goes on; listening never ends by itself.
    let stop = tokio::select! {
        biased;
        () = listening => None,
        stop = whole => stop,
        () = filming => None,
    };
    runner.evidence.video = film.and_then(Film::finish);
    runner.evidence.video_mime = runner.evidence.video.as_ref().map(|_| "video/webm");
    let left = Guest::left(&runner);
    (runner.outcome(stop.as_ref(), browser), left)
}

/// The trace, when one is wanted and can be written.
fn trace_of(options: &RunOptions) -> Option<Trace> {
    let dir = options.out_dir.as_ref().filter(|_| options.trace != TraceMode::Off)?;
    std::fs::create_dir_all(dir).and_then(|()| Trace::create(dir.join("trace.zip"))).ok()
}

/// The outcome of a run whose browser never opened a page.
fn never_began(failure: &Failure, began: Instant) -> Outcome {
    Outcome {
        status: if failure.code == ErrorCode::Cancelled { Status::Cancelled } else { Status::Error },
        error_code: Some(failure.code),
        error_message: Some(failure.message.clone()),
        failed_step_index: None,
        failed_phase: None,
        step_results: Vec::new(),
        assertion_results: Vec::new(),
        console_errors: Vec::new(),
        network_failures: Vec::new(),
        saved: Map::new(),
        evidence: Evidence::default(),
        duration: began.elapsed(),
        fingerprints: Vec::new(),
        claim_healings: Vec::new(),
        healed: false,
    }
}

impl Runner<'_> {
    /// The test with its end, its evidence and its teardown.
    async fn whole(&mut self, browser: &Browser, plan: &Plan, cancel: &CancellationToken) -> Option<Stop> {
        // The caller has laid what the plan, the project and the run say over each other.
        let limit = self.options.test_timeout;
        let stopped = |code, message: String| Some(Stop { phase: Phase::Steps, index: None, failure: Failure::new(code, message) });
        let mut stop = tokio::select! {
            biased;
            () = cancel.cancelled() => stopped(ErrorCode::Cancelled, "the run was cancelled".to_owned()),
            gone = browser.gone() => stopped(ErrorCode::BrowserCrashed, gone.to_string()),
            ended = tokio::time::timeout(limit, self.body(plan)) => match ended {
                Ok(stop) => stop,
                Err(_) => stopped(ErrorCode::Timeout, format!("the test took longer than {} ms", limit.as_millis())),
            },
        };
        if stop.as_ref().is_some_and(|stop| stop.failure.code == ErrorCode::Timeout && stop.index.is_none()) {
            let (phase, index) = self.under_way(plan);
            stop = stop.map(|stop| Stop { phase, index, ..stop });
        }
        let stop = stop.or_else(|| self.soft.take());
        self.write_rest(plan, stop.as_ref());
        let lost = stop.as_ref().is_some_and(|stop| matches!(stop.failure.code, ErrorCode::Cancelled | ErrorCode::BrowserCrashed));
        if !lost {
            self.picture_of_the_end(stop.is_some()).await;
            self.leave_inner_tests(plan);
            // Its failure is in its results; what the test is worth was decided before.
            let teardown = self.list(Phase::Teardown, &plan.teardown);
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                _ = browser.gone() => {}
                _ = tokio::time::timeout(TEARDOWN_TIMEOUT, teardown) => {}
            }
        }
        stop
    }

    /// The step that has no result yet, where a run that was stopped stood.
    fn under_way(&self, plan: &Plan) -> (Phase, Option<usize>) {
        let done = |phase| self.results.iter().filter(|result| result.phase == phase).count();
        let (setup, steps) = (done(Phase::Setup), done(Phase::Steps));
        if setup < plan.setup.len() { (Phase::Setup, Some(setup)) } else { (Phase::Steps, (steps < plan.steps.len()).then_some(steps)) }
    }

    /// A run that was stopped inside `run_test` still stands there; the teardown is the outer test's own.
    fn leave_inner_tests(&mut self, plan: &Plan) {
        if self.depth > 0 {
            (self.depth, self.inside) = (0, None);
            self.variables.outermost();
            self.frame = None;
            self.strict = plan.config.strict_selectors.unwrap_or(self.options.strict);
        }
    }

    async fn body(&mut self, plan: &Plan) -> Option<Stop> {
        if let Some(stop) = self.list(Phase::Setup, &plan.setup).await {
            return Some(stop);
        }
        if let Some(stop) = self.list(Phase::Steps, &plan.steps).await {
            return Some(stop);
        }
        if let Some(failure) = self.led_astray() {
            return Some(Stop { phase: Phase::Steps, index: plan.steps.len().checked_sub(1), failure });
        }
        let mut first = None;
        for (index, assertion) in plan.assertions.iter().enumerate() {
            let result = self.claim_at_the_end(index, assertion).await;
            let failure = result.error.clone().map(Failure::assertion);
            self.observer.on(RunEvent::AssertionFinished(result.clone()));
            self.assertions.push(result);
            if let Some(failure) = failure {
                first = first.or(Some(Stop { phase: Phase::Steps, index: None, failure }));
            }
        }
        first
    }

    /// A claim at the end; what may have taken the place of its element is proposed, never judged.
    async fn claim_at_the_end(&mut self, index: usize, assertion: &Assertion) -> AssertionResult {
        let written = Step::assert(assertion.clone());
        let (result, unfound) = self.judged(assertion, &Self::spot_at_the_end(index)).await;
        if !written.wants_one() {
            return result;
        }
        if result.passed {
            self.remember_seen(Phase::Assertions, index, &written, &written).await;
        } else if let Some(failure) = unfound.filter(|_| !assertion.soft)
            && let Some(healing) = self.heal(&written, &written, &failure).await
        {
            self.claim_healings.push((index, healing));
        }
        result
    }

    /// Does the steps of a list until one stops it.
    async fn list(&mut self, phase: Phase, steps: &[Step]) -> Option<Stop> {
        for (index, step) in steps.iter().enumerate() {
            if let Err(failure) = Box::pin(self.step(phase, index, step, steps.get(index + 1))).await {
                let fatal = failure.code == ErrorCode::BrowserCrashed;
                if phase == Phase::Teardown && !fatal {
                    continue;
                }
                return Some(Stop { phase, index: Some(index), failure });
            }
        }
        None
    }

    /// The tab steps happen in.
    pub(crate) fn page(&self) -> Result<Page, Failure> {
        let page = self.stage.page().ok_or_else(|| Failure::script("every tab is closed"))?;
        if page.is_crashed() { Err(Failure::from(CdpError::TargetCrashed { method: "the page".to_owned() })) } else { Ok(page) }
    }

    /// Puts variables into a text.
    pub(crate) fn fill(&mut self, text: &str) -> Result<String, Failure> {
        self.variables.fill(text).map_err(|name| Failure::unresolved(&name))
    }

    pub(crate) fn save(&mut self, name: &str, value: Value) {
        self.variables.saved.insert(name.to_owned(), value);
    }
}
