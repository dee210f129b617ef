//! What a context makes its pages believe: size and kind of the device, place, language, time zone, connection; and how
//! it treats dialogs, downloads and requests. Turned into calls that every page, frame and worker of it gets.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::guard::Guard;
use crate::protocol::Method;
use crate::protocol::emulation as e;
use crate::protocol::network::SetExtraHttpHeaders;

/// The size of a page in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    pub width: u32,
    pub height: u32,
    /// Device pixels for one CSS pixel.
    pub scale: f64,
    /// A phone or tablet: meta viewport counts, bars overlay.
    pub mobile: bool,
    pub touch: bool,
}

impl Viewport {
    /// A desktop window.
    pub const fn desktop(width: u32, height: u32) -> Self {
        Self { width, height, scale: 1.0, mobile: false, touch: false }
    }

    /// A phone or tablet.
    pub const fn mobile(width: u32, height: u32, scale: f64) -> Self {
        Self { width, height, scale, mobile: true, touch: true }
    }
}

/// Where the device is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geolocation {
    pub latitude: f64,
    pub longitude: f64,
    pub accuracy_m: f64,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorScheme {
    Light,
    Dark,
}

/// The connection the page has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkConditions {
    pub offline: bool,
    pub latency_ms: f64,
    /// Bytes in a second; `None` is as fast as it goes.
    pub download: Option<f64>,
    pub upload: Option<f64>,
}

/// What becomes of `alert`, `confirm`, `prompt` and `beforeunload`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DialogPolicy {
    /// Dismissed; leaving a page is accepted.
    #[default]
    Dismiss,
    /// Accepted, with this text for a prompt (its own default without).
    Accept(Option<String>),
    /// Left open until [`crate::Page::answer_dialog`]; the page stands still meanwhile.
    Ask,
}

/// Name and password for a server or proxy that asks for one.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub username: String,
    pub password: String,
    /// Only this origin gets them.
    pub origin: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Headers for one origin and nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteHeaders {
    pub origin: String,
    pub headers: BTreeMap<String, String>,
}

impl std::fmt::Debug for SiteHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values are tokens, as a rule.
        f.debug_struct("SiteHeaders").field("origin", &self.origin).field("names", &self.headers.keys()).finish_non_exhaustive()
    }
}

impl SiteHeaders {
    /// The headers of a request to `url`, with these in the place of those it had of their names; `None` when it goes elsewhere.
    pub(crate) fn on(&self, url: &str, mut others: Vec<(String, String)>) -> Option<Vec<(String, String)>> {
        let rest = url.strip_prefix(&self.origin)?;
        if !rest.is_empty() && !rest.starts_with(['/', '?', '#']) {
            return None;
        }
        others.retain(|(name, _)| !self.headers.keys().any(|own| own.eq_ignore_ascii_case(name)));
        others.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        Some(others)
    }
}

/// Everything a context is made with.
#[derive(Clone, Debug, Default)]
pub struct ContextOptions {
    pub viewport: Option<Viewport>,
    pub user_agent: Option<String>,
    /// Such as `de-DE`; also the language the page asks for.
    pub locale: Option<String>,
    /// Such as `Europe/Berlin`.
    pub timezone: Option<String>,
    pub color_scheme: Option<ColorScheme>,
    pub reduced_motion: bool,
    pub geolocation: Option<Geolocation>,
    pub network: Option<NetworkConditions>,
    /// Names of the protocol, such as `geolocation` or `clipboardReadWrite`.
    pub permissions: Vec<String>,
    pub extra_headers: BTreeMap<String, String>,
    /// Headers that only requests to this origin (`https://shop.example:8443`) have, each hop of a redirect by itself.
    pub site_headers: Option<SiteHeaders>,
    pub credentials: Option<Credentials>,
    /// `http://host:port` or `socks5://host:port`. The only thing that also carries WebSockets past a guard of ours.
    pub proxy: Option<String>,
    pub proxy_bypass: Option<String>,
    /// Where downloads go; without it they are refused.
    pub downloads_dir: Option<PathBuf>,
    /// A download that grows beyond this is cancelled.
    pub download_bytes_max: Option<u64>,
    pub dialogs: DialogPolicy,
    /// Decides for each request, redirects too.
    pub guard: Option<Guard>,
    pub bypass_csp: bool,
    pub ignore_certificate_errors: bool,
    pub javascript_disabled: bool,
    /// Requests kept for each page; the oldest go first.
    pub requests_max: Option<usize>,
}

pub(crate) type Command = (&'static str, Value);

fn command<M: Method>(params: &M) -> Command {
    // A parameter struct of ours is always JSON.
    (M::NAME, serde_json::to_value(params).unwrap_or(Value::Null))
}

pub(crate) fn viewport_commands(viewport: &Viewport) -> Vec<Command> {
    let orientation = if viewport.width > viewport.height {
        json!({ "type": "landscapePrimary", "angle": 90 })
    } else {
        json!({ "type": "portraitPrimary", "angle": 0 })
    };
    vec![
        command(&e::SetDeviceMetrics {
            width: viewport.width,
            height: viewport.height,
            device_scale_factor: viewport.scale,
            mobile: viewport.mobile,
            screen_width: Some(viewport.width),
            screen_height: Some(viewport.height),
            screen_orientation: Some(orientation),
        }),
        command(&e::SetTouch { enabled: viewport.touch, max_touch_points: viewport.touch.then_some(5) }),
    ]
}

pub(crate) fn network_command(network: &NetworkConditions) -> Command {
    command(&e::EmulateNetwork {
        offline: network.offline,
        latency: network.latency_ms,
        download_throughput: network.download.unwrap_or(-1.0),
        upload_throughput: network.upload.unwrap_or(-1.0),
    })
}

impl ContextOptions {
    /// What only the page itself is told.
    pub(crate) fn page_commands(&self) -> Vec<Command> {
        let mut commands = vec![command(&e::SetFocusEmulation { enabled: true })];
        if let Some(viewport) = &self.viewport {
            commands.extend(viewport_commands(viewport));
        }
        if self.ignore_certificate_errors {
            commands.push(command(&e::SetIgnoreCertificateErrors { ignore: true }));
        }
        commands
    }

    /// What a page and each frame in another process is told.
    pub(crate) fn frame_commands(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        let mut features = Vec::new();
        let mut feature = |name: &str, value: &str| features.push(e::MediaFeature { name: name.to_owned(), value: value.to_owned() });
        if let Some(scheme) = self.color_scheme {
            feature("prefers-color-scheme", if scheme == ColorScheme::Dark { "dark" } else { "light" });
        }
        if self.reduced_motion {
            feature("prefers-reduced-motion", "reduce");
        }
        if !features.is_empty() {
            commands.push(command(&e::SetEmulatedMedia { features, media: None }));
        }
        if let Some(timezone) = &self.timezone {
            commands.push(command(&e::SetTimezone { timezone_id: timezone.clone() }));
        }
        if let Some(place) = &self.geolocation {
            let (latitude, longitude, accuracy) = (Some(place.latitude), Some(place.longitude), Some(place.accuracy_m));
            commands.push(command(&e::SetGeolocation { latitude, longitude, accuracy }));
        }
        if self.javascript_disabled {
            commands.push(command(&e::SetScriptDisabled { value: true }));
        }
        if self.bypass_csp {
            commands.push(command(&crate::protocol::page::SetBypassCsp { enabled: true }));
        }
        commands
    }

    /// What everything that asks the network is told, workers too.
    pub(crate) fn network_commands(&self, default_user_agent: &str) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(locale) = &self.locale {
            commands.push(command(&e::SetLocale { locale: Some(locale.clone()) }));
        }
        if self.user_agent.is_some() || self.locale.is_some() {
            let user_agent = self.user_agent.clone().unwrap_or_else(|| default_user_agent.to_owned());
            commands.push(command(&e::SetUserAgent { user_agent, accept_language: self.locale.clone(), platform: None }));
        }
        if !self.extra_headers.is_empty() {
            commands.push(command(&SetExtraHttpHeaders { headers: self.extra_headers.clone() }));
        }
        if let Some(network) = &self.network {
            commands.push(network_command(network));
        }
        commands
    }
}
