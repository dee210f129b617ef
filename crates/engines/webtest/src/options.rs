//! What a run is given besides its plan: where, how long, with which values, and who answers for what this crate does
//! not do itself (requests, other tests, comparing pictures). All of it belongs to the caller.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use argos_cdp::{ColorScheme, Credentials, Geolocation, Guard, Viewport};
use serde_json::{Map, Value};

use crate::advice::Adviser;
use crate::heal::HealPolicy;
use crate::outcome::Phase;
use crate::plan::Plan;
use crate::variables::{Layers, Redactor};

/// An answer that comes later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which pictures of steps are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScreenshotMode {
    /// None but those a step asks for.
    Off,
    /// One of what a failed step left, and one of the end.
    #[default]
    OnFailure,
    /// One after every step.
    EveryStep,
}

/// Whether a trace is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceMode {
    #[default]
    Off,
    /// Kept only when the test did not pass.
    OnFailure,
    On,
}

/// Whether elements of steps are looked for in a picture of the page, by somebody who may know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vision {
    /// Only where a step asks for it.
    #[default]
    Off,
    /// When everything else failed.
    Fallback,
    /// First.
    Always,
}

impl Vision {
    /// Of a word that says how a test is run.
    pub fn of_mode(mode: &str) -> Option<Self> {
        match mode {
            "standard" => Some(Self::Off),
            "hybrid" => Some(Self::Fallback),
            "vision" => Some(Self::Always),
            _ => None,
        }
    }

    pub(crate) fn mode(self) -> &'static str {
        match self {
            Self::Off => "standard",
            Self::Fallback => "hybrid",
            Self::Always => "vision",
        }
    }
}

/// A request of `api_request`.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    pub timeout: Duration,
}

/// Its answer.
#[derive(Clone, Debug)]
pub struct ApiResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Sends requests for `api_request`; the error is a sentence. Addresses are judged by who implements it.
pub trait HttpClient: Send + Sync {
    fn request(&self, request: ApiRequest) -> Later<'_, Result<ApiResponse, String>>;
}

/// Finds the plan of `run_test` by id or name.
pub trait PlanResolver: Send + Sync {
    fn plan<'a>(&'a self, name: &'a str) -> Later<'a, Result<Plan, String>>;
}

/// What a check of a picture or of accessibility found.
#[derive(Clone, Debug, Default)]
pub struct CheckVerdict {
    pub passed: bool,
    /// One sentence.
    pub message: String,
    /// What a caller wants to keep with the step.
    pub details: Value,
    /// What passes but should be known.
    pub warnings: Vec<String>,
}

/// What a check is given.
#[derive(Clone)]
pub struct CheckInput {
    /// The name of the baseline, or of the rule set; the step's own, else where it stands.
    pub name: String,
    /// The list and place of the step; `None` for claims at the end of a test.
    pub place: Option<(Phase, usize)>,
    /// What is checked instead of the page, and its selector as the plan has it.
    pub element: Option<(String, argos_cdp::Locator)>,
    /// All of the page instead of what is in view.
    pub full_page: bool,
    /// How long finding an element and taking a picture may last.
    pub limit: Duration,
    pub options: Map<String, Value>,
}

/// Compares pictures with baselines and judges accessibility.
pub trait Checks: Send + Sync {
    fn visual<'a>(&'a self, page: &'a argos_cdp::Page, input: CheckInput) -> Later<'a, Result<CheckVerdict, String>>;
    fn accessibility<'a>(&'a self, page: &'a argos_cdp::Page, input: CheckInput) -> Later<'a, Result<CheckVerdict, String>>;
}

/// Everything about a run that is not in its plan.
#[derive(Clone)]
pub struct RunOptions {
    pub app_url: String,
    pub run_id: String,
    pub test_id: String,
    /// Milliseconds since the epoch, now.
    pub started_at_ms: i64,
    /// Makes `{{uuid}}` and the like; another one for each attempt.
    pub seed: u64,
    pub viewport: Viewport,
    /// Of a step.
    pub default_timeout: Duration,
    pub assertion_timeout: Duration,
    pub navigation_timeout: Duration,
    pub test_timeout: Duration,
    /// Short further tries of a step that does not say how many it has.
    pub step_retries: u32,
    /// Several elements where one is meant are an error, unless the plan says otherwise.
    pub strict: bool,
    pub variables: Layers,
    pub headers: BTreeMap<String, String>,
    pub http_credentials: Option<Credentials>,
    /// Further values that nothing that leaves the run may show.
    pub hidden: Vec<String>,
    pub user_agent: Option<String>,
    pub locale: Option<String>,
    pub timezone: Option<String>,
    pub geolocation: Option<Geolocation>,
    pub permissions: Vec<String>,
    pub color_scheme: Option<ColorScheme>,
    pub reduced_motion: bool,
    pub ignore_certificate_errors: bool,
    pub proxy: Option<String>,
    pub record_video: bool,
    pub trace: TraceMode,
    pub screenshots: ScreenshotMode,
    /// Judges every address the browser asks for.
    pub guard: Option<Guard>,
    /// Where `upload` finds files.
    pub assets: Option<PathBuf>,
    /// Where the video, the trace and downloads go; without it there are none.
    pub out_dir: Option<PathBuf>,
    pub download_bytes_max: u64,
    pub http: Option<Arc<dyn HttpClient>>,
    pub plans: Option<Arc<dyn PlanResolver>>,
    pub checks: Option<Arc<dyn Checks>>,
    /// Keeps what each element looked like, and looks for elements that changed.
    pub heal: Option<HealPolicy>,
    /// Of steps that say nothing else.
    pub vision: Vision,
    /// Is asked where rules do not know.
    pub adviser: Option<Arc<dyn Adviser>>,
    /// Words of an instruction may mean an element that is only called alike.
    pub alike: bool,
}

impl RunOptions {
    /// The defaults of the step model.
    pub fn new(app_url: &str) -> Self {
        Self {
            app_url: app_url.to_owned(),
            run_id: String::new(),
            test_id: String::new(),
            started_at_ms: 0,
            seed: 0,
            viewport: Viewport::desktop(1280, 720),
            default_timeout: Duration::from_secs(5),
            assertion_timeout: Duration::from_secs(5),
            navigation_timeout: Duration::from_secs(30),
            test_timeout: Duration::from_secs(120),
            step_retries: 3,
            strict: true,
            variables: Layers::default(),
            headers: BTreeMap::new(),
            http_credentials: None,
            hidden: Vec::new(),
            user_agent: None,
            locale: None,
            timezone: None,
            geolocation: None,
            permissions: Vec::new(),
            color_scheme: None,
            reduced_motion: false,
            ignore_certificate_errors: false,
            proxy: None,
            record_video: false,
            trace: TraceMode::Off,
            screenshots: ScreenshotMode::OnFailure,
            guard: None,
            assets: None,
            out_dir: None,
            download_bytes_max: 50 << 20,
            http: None,
            plans: None,
            checks: None,
            heal: None,
            vision: Vision::Off,
            adviser: None,
            alike: true,
        }
    }

    /// Takes out what nothing that leaves the run may show: secrets, hidden values, the password of the site.
    pub fn redactor(&self) -> Redactor {
        let password = self.http_credentials.as_ref().map(|login| login.password.as_str());
        let hidden = self.variables.secrets.values().map(String::as_str).chain(self.hidden.iter().map(String::as_str));
        Redactor::new(hidden.chain(password))
    }
}
