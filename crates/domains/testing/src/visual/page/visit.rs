//! Opening an address in a browser of the pool for one picture or audit, in a context of its own that is gone afterwards.

use std::sync::Arc;
use std::time::Duration;

use argos_cdp::{CdpError, Context, ContextOptions, LoadState, Page, Viewport as Screen, Wait};
use argos_identity::Project;
use argos_kernel::{AppError, ErrorKind, Result};

use super::shot::ShotError;
use crate::browser::dress;
use crate::browser::guard::Reach;
use crate::browser::pool::Lease;
use crate::browser::proxy::Proxy;
use crate::browser::signed_in::SignedIn;
use crate::model::settings::{allowed_hosts, is_web_address};
use crate::service::Testing;
use crate::visual::model::wanted::Viewport;

/// How long a browser may be waited for.
const LEASE_TIMEOUT: Duration = Duration::from_secs(60);
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the network may take to be silent after the page came; one that never is, is taken as it is.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// A page that is open, with what keeps it so.
pub(crate) struct Visit {
    pub(crate) page: Page,
    /// Status of the answer that brought the document.
    pub(crate) status: Option<i64>,
    context: Context,
    lease: Lease,
    _proxy: Proxy,
}

/// What is opened.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) url: String,
    pub(crate) viewport: Viewport,
    pub(crate) wait_for: Option<String>,
    pub(crate) wait_timeout: Duration,
    /// With the sign-ins of a live browser.
    pub(crate) signed_in: Option<Arc<SignedIn>>,
}

/// What is said to who asked when the browser could not.
pub(crate) fn fault(error: &CdpError) -> AppError {
    match error {
        CdpError::Blocked { .. } => AppError::bad_request(error.to_string()).code("blocked_url"),
        CdpError::Timeout { .. } | CdpError::NotFound { .. } => AppError::new(ErrorKind::UpstreamTimeout, error.to_string()),
        CdpError::Navigation { .. } => AppError::new(ErrorKind::Upstream, error.to_string()).code("navigation_error"),
        CdpError::Launch(_) | CdpError::BrowserGone(_) | CdpError::TargetCrashed { .. } | CdpError::Overloaded => {
            AppError::unavailable(error.to_string()).code("browser_crashed")
        }
        CdpError::Invalid(why) => AppError::bad_request(why.clone()),
        _ => AppError::new(ErrorKind::Upstream, error.to_string()).code("browser_failed"),
    }
}

pub(crate) fn shot_fault(error: &ShotError) -> AppError {
    match error {
        ShotError::Browser(error) => fault(error),
        ShotError::Picture(_) => AppError::new(ErrorKind::Upstream, error.to_string()).code("browser_failed"),
    }
}

/// The screen of a viewport.
pub(crate) fn screen(v: &Viewport) -> Screen {
    if v.is_mobile() {
        Screen::mobile(v.width, v.height, v.device_scale_factor)
    } else {
        Screen { scale: v.device_scale_factor, ..Screen::desktop(v.width, v.height) }
    }
}

impl Testing {
    /// Opens an address as the runs of the project would; every request of the page is judged by the rules of the project.
    pub(crate) async fn visit(&self, project: &Project, address: &Address) -> Result<Visit> {
        if !is_web_address(&address.url) {
            return Err(crate::actions::tests::fault("url", "url must be an http or https address"));
        }
        let values = self.platform.identity.project_values(project).await?;
        let reach = Reach::of(self, &allowed_hosts(&values.settings)).await?;
        if let Err(why) = reach.check(&address.url).await {
            return Err(AppError::bad_request(format!("{} is blocked: {why}", address.url)).code("blocked_url"));
        }
        self.pool.program()?;
        let busy = || AppError::unavailable("Every browser is busy").code("browser_busy");
        let lease = Box::pin(self.pool.lease_within(LEASE_TIMEOUT)).await?.ok_or_else(busy)?;
        let proxy = Proxy::open(&self.platform.tasks, &reach).await?;
        let mut dressed = dress::context(&values, project.fields.app_url.as_deref());
        let headers = address.signed_in.as_ref().map(|held| held.headers.clone()).unwrap_or_default();
        // As in the live browser: its own headers win.
        if let Some(site) = &mut dressed.site_headers {
            site.headers.retain(|name, _| !headers.keys().any(|own| own.eq_ignore_ascii_case(name)));
        }
        let options = ContextOptions {
            viewport: Some(screen(&address.viewport)),
            reduced_motion: true,
            guard: Some(reach.guard()),
            proxy: Some(proxy.address()),
            extra_headers: headers,
            ..dressed
        };
        let context = lease.browser().new_context(options).await.map_err(|e| fault(&e))?;
        let opened = Box::pin(open(&context, address)).await;
        match opened {
            Ok((page, status)) => Ok(Visit { page, status, context, lease, _proxy: proxy }),
            Err(error) => {
                drop(context.close().await);
                if matches!(error, CdpError::BrowserGone(_)) {
                    lease.discard().await;
                }
                Err(fault(&error))
            }
        }
    }
}

async fn open(context: &Context, address: &Address) -> Result<(Page, Option<i64>), CdpError> {
    if let Some(held) = &address.signed_in {
        held.give(context).await?;
    }
    let page = context.new_page().await?;
    let arrived = page.goto(&address.url, LoadState::Load, LOAD_TIMEOUT).await?;
    match page.wait_for_load(LoadState::NetworkIdle, IDLE_TIMEOUT).await {
        Ok(()) | Err(CdpError::Timeout { .. }) => {}
        Err(error) => return Err(error),
    }
    if let Some(selector) = &address.wait_for {
        page.locator(selector)?.wait_for(Wait::Visible, address.wait_timeout).await?;
    }
    Ok((page, arrived.response.and_then(|r| r.status())))
}

impl Visit {
    /// Closes the page and gives the browser back.
    pub(crate) async fn end(self) {
        let gone = matches!(self.context.close().await, Err(CdpError::BrowserGone(_)));
        if gone {
            self.lease.discard().await;
        }
    }
}
