//! Opening a browser that somebody drives, and closing it: what its project says of it under what was wished, and whom it may
//! reach. Faults of the browser become errors for people here.

use std::sync::Arc;
use std::time::Duration;

use argos_cdp::protocol::network::CookieParam;
use argos_cdp::{CdpError, ContextOptions, LoadState, ScreencastOptions, Viewport};
use argos_kernel::{AppError, ErrorKind, Result, Uid};
use argos_web::Req;
use argos_webtest::record::Live as Recorded;
use serde_json::Value;
use tokio::time::timeout;

use super::tests::fault;
use crate::browser::dress;
use crate::browser::film::Film;
use crate::browser::guard::Reach;
use crate::browser::live::{LOOKS, Parts, Session, Terms};
use crate::browser::proxy::Proxy;
use crate::model::live::Wish;
use crate::model::recording::Recording;
use crate::model::settings;
use crate::service::Testing;

/// How long a session waits for a browser.
const QUEUE: Duration = Duration::from_secs(10);
/// How long closing waits for the end of a session.
const END: Duration = Duration::from_secs(15);
/// Size of a page when none is asked for.
const VIEW: (u32, u32) = (1_280, 800);
const GOTO: Duration = Duration::from_secs(30);
/// Of one download.
const DOWNLOAD_BYTES_MAX: u64 = 50 << 20;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Session not found")
}

/// A session the caller may use: of its organization, and judged in its project where it has one.
pub(crate) async fn named(testing: &Testing, req: &Req, text: &str) -> Result<Arc<Session>> {
    let uid: Uid = text.parse().map_err(|_| not_found())?;
    let session = testing.sessions.find(uid).ok_or_else(not_found)?;
    admit(testing, req, session.organization_id, session.project_id).await?;
    Ok(session)
}

/// Judges the caller in the project of a session, else in its organization.
pub(crate) async fn admit(testing: &Testing, req: &Req, organization_id: i64, project_id: Option<i64>) -> Result<()> {
    let identity = &testing.platform.identity;
    if let Some(project) = project_id {
        let access = identity.project_named(req, &project.to_string()).await.map_err(|_| not_found())?;
        access.require(req.cx().rule().permission())?;
    } else {
        let access = identity.organization_named(req, &organization_id.to_string()).await;
        access.map_err(|e| if e.kind() == ErrorKind::NotFound { not_found() } else { e })?;
    }
    Ok(())
}

pub(crate) fn failed(error: &CdpError) -> AppError {
    let text = error.to_string();
    match error {
        CdpError::Blocked { .. } => AppError::bad_request(text).code("blocked_url"),
        CdpError::Timeout { .. } => AppError::new(ErrorKind::UpstreamTimeout, text).code("navigation_timeout"),
        CdpError::Navigation { .. } => AppError::bad_request(text).code("navigation_error"),
        _ => AppError::unavailable(text).code("browser_failed"),
    }
}

/// Opens a session; `recording` grows with what is done in it.
pub(crate) async fn open(
    testing: &Arc<Testing>,
    wish: Wish,
    (organization_id, project): (i64, Option<&argos_identity::Project>),
    recording: Option<Recording>,
) -> Result<Arc<Session>> {
    let faults = wish.faults();
    if !faults.is_empty() {
        return Err(AppError::invalid(faults));
    }
    if wish.browser.as_deref().is_some_and(|name| name != "chromium") {
        return Err(AppError::bad_request("Only chromium is available").code("browser_not_available"));
    }
    // As the runs of the project; what the request says wins.
    let (allowed, dressed) = match project {
        Some(project) => {
            let values = testing.platform.identity.project_values(project).await?;
            (settings::allowed_hosts(&values.settings), dress::context(&values, project.fields.app_url.as_deref()))
        }
        None => (Vec::new(), ContextOptions::default()),
    };
    let reach = Reach::of(testing, &allowed).await?;
    testing.pool.program()?;
    let busy = || {
        let text = "Every browser is in use; try again in a few seconds";
        AppError::unavailable(text).code("pool_exhausted").with("retry_after", 5).retry_after(5)
    };
    let lease = testing.pool.lease_within(QUEUE).await?.ok_or_else(busy)?;
    let view = wish.viewport.map_or(VIEW, |v| (v.width, v.height));
    let read = |cookie| serde_json::from_value::<CookieParam>(Value::Object(cookie));
    let stored = wish.auth.storage_script();
    let cookies = wish.auth.all_cookies().into_iter().map(read).collect::<Result<Vec<_>, _>>();
    let cookies = cookies.map_err(|e| fault("auth.cookies", format!("auth.cookies cannot be read: {e}")))?;
    let films = wish.films();
    let url = wish.url;
    let usual = || testing.settings().i64("quality.session_timeout_ms").map(i64::unsigned_abs);
    let idle_ms = wish.timeout_ms.map_or_else(usual, Ok)?;
    let proxy = Proxy::open(&testing.platform.tasks, &reach).await?;
    let mut site_headers = dressed.site_headers;
    if let Some(site) = &mut site_headers {
        site.headers.retain(|name, _| !wish.auth.headers.keys().any(|wished| wished.eq_ignore_ascii_case(name)));
    }
    let uid = Uid::mint(&*testing.platform.clock, &*testing.platform.rng);
    // Swept with the profile where the session does not come to be.
    let dir = testing.pool.dir_of_attempt(uid, 1);
    let downloads = dir.join("downloads");
    let made = tokio::fs::create_dir_all(&downloads).await;
    made.map_err(|e| AppError::internal(format!("no directory for the session: {e}")))?;
    let options = ContextOptions {
        viewport: Some(Viewport::desktop(view.0, view.1)),
        user_agent: wish.user_agent,
        locale: wish.locale.or(dressed.locale),
        timezone: wish.timezone.or(dressed.timezone),
        extra_headers: wish.auth.headers,
        site_headers,
        guard: Some(reach.guard()),
        proxy: Some(proxy.address()),
        downloads_dir: Some(downloads),
        download_bytes_max: Some(DOWNLOAD_BYTES_MAX),
        ..dressed
    };
    let begun = async {
        let context = lease.browser().new_context(options).await?;
        if let Some(script) = &stored {
            context.add_init_script(script);
        }
        if !cookies.is_empty() {
            context.set_cookies(cookies).await?;
        }
        let page = context.new_page().await?;
        let recorded = if recording.is_some() { Some(Recorded::begin(&page).await?) } else { None };
        let film = ScreencastOptions { image: LOOKS, max_width: view.0, max_height: view.1, every_nth: 1 };
        let cast = page.screencast(&film).await?;
        if let Some(url) = &url {
            page.goto(url, LoadState::DomContentLoaded, GOTO).await?;
        }
        Ok::<_, CdpError>((context, page, cast, recorded))
    };
    let (context, page, cast, recorded) = begun.await.map_err(|e| failed(&e))?;
    let idle = Duration::from_millis(idle_ms);
    let film = if films {
        let dir = testing.pool.dir_of_attempt(uid, 0);
        let made = tokio::fs::create_dir_all(&dir).await;
        made.map_err(|e| AppError::internal(format!("no directory for the video: {e}")))?;
        Some(Film::new(page.clone(), dir))
    } else {
        None
    };
    let terms = Terms { organization_id, project_id: project.map(|p| p.id), view, idle, recording };
    Ok(testing.begin_session(uid, terms, Parts { lease, context, page, cast, film, recorded, proxy, reach, dir }))
}

/// Ends a session: afterwards it is over, and its recording and video are complete.
pub(crate) async fn close(session: &Session) -> Result<()> {
    session.end();
    let mut shown = session.shown.clone();
    match timeout(END, shown.wait_for(|s| s.closed)).await {
        Ok(_) => Ok(()),
        Err(_) => Err(AppError::unavailable("The session is still ending").code("still_ending").retry_after(5)),
    }
}
