//! Drives a Chromium that this process started itself, over the debugging pipe: contexts, pages, frames in whatever
//! process, workers, locators with waiting, interception, pictures. Knows nothing of Argos, keeps no file but the
//! browser's profile while it runs, and never waits for time where there is an event.

mod browser;
mod connection;
mod context;
mod deadline;
mod error;
mod guard;
mod har;
mod interception;
pub mod json;
mod launch;
mod locator;
mod network;
mod options;
mod page;
mod process;
pub mod protocol;
mod session;
mod stream;
mod task;
mod wire;

pub use browser::{Browser, Tracing};
pub use context::Context;
pub use error::CdpError;
pub use guard::Guard;
pub use har::har;
pub use interception::{Answer, Blocked, Changes, PausedRequest, Verdict};
pub use launch::{LaunchOptions, Sandbox, find_program, sweep_profiles};
pub use locator::{ClickOptions, ElementBox, ElementState, Locator, Target, Wait, frame_way};
pub use network::Exchange;
pub use options::{ColorScheme, ContextOptions, Credentials, DialogPolicy, Geolocation, NetworkConditions, SiteHeaders, Viewport};
pub use page::{
    Authenticator, ConsoleMessage, Dialog, Download, DownloadState, Expectation, FileChooser, FilmFrame, Frame, Image, Key, LoadState,
    Modifiers, MouseButton, Navigation, Page, PageEvent, PageEvents, Pdf, Screencast, ScreencastOptions, Screenshot, ScriptError,
};
pub use session::{CALL_TIMEOUT, Ended, Event, Events, Pending, Session};
