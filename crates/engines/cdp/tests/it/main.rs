//! The crate against a real Chromium and small applications. A case is one interaction in a context of its own; the cases
//! of an area share a browser.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "the helpers of tests fail as tests do, and name their case")]

mod browser;
mod cases;
mod device;
mod elements;
mod fields;
mod network;
mod site;

use std::time::Duration;

use argos_cdp::{Browser, ClickOptions, Context, ContextOptions, LaunchOptions, LoadState, Locator, Modifiers, MouseButton, Page};
use argos_peers::Chromium;
use site::Site;

/// How long anything may take on a busy machine; nothing that works takes nearly as long.
pub(crate) const LONG: Duration = Duration::from_secs(30);
/// For what is expected not to happen.
pub(crate) const SHORT: Duration = Duration::from_millis(700);

pub(crate) async fn launch() -> Browser {
    let program = Chromium::find().unwrap().path;
    Browser::launch(&LaunchOptions { program: Some(program), timeout: Duration::from_secs(60), ..LaunchOptions::default() }).await.unwrap()
}

/// A browser and the applications.
pub(crate) struct Stage {
    pub(crate) browser: Browser,
    pub(crate) site: Site,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self { browser: launch().await, site: Site::start().await }
    }

    pub(crate) async fn context(&self, options: ContextOptions) -> Context {
        self.browser.new_context(options).await.unwrap()
    }

    pub(crate) async fn page(&self) -> Page {
        self.context(ContextOptions::default()).await.new_page().await.unwrap()
    }

    pub(crate) async fn open(&self, path: &str) -> Page {
        let page = self.page().await;
        page.goto(&self.site.url(path), LoadState::Load, LONG).await.unwrap();
        page
    }
}

/// What a page says of itself in `#log`.
pub(crate) async fn log(page: &Page) -> String {
    page.evaluate("log.textContent").await.unwrap()
}

pub(crate) const CLICK: ClickOptions = ClickOptions { button: MouseButton::Left, modifiers: Modifiers(0), position: None, force: false };

pub(crate) fn at(page: &Page, selector: &str) -> Locator {
    page.locator(selector).unwrap()
}

pub(crate) async fn click(page: &Page, selector: &str) {
    at(page, selector).click(&CLICK, LONG).await.unwrap();
}

pub(crate) async fn text(page: &Page, selector: &str) -> String {
    at(page, selector).text(LONG).await.unwrap()
}
