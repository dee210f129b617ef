//! `/api/v1/browser/sessions`: browsers that people drive, seen and touched through a socket.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use argos_cdp::protocol::network::CookieParam;
use argos_cdp::{CdpError, ContextOptions, LoadState, ScreencastOptions, Viewport};
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_web::{Message, Reply, Req, Routes, WebSocket};
use argos_webtest::Redactor;
use argos_webtest::record::Live as Recorded;
use futures_util::{SinkExt, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;

use super::Service;
use crate::actions::tests::fault;
use crate::browser::dress;
use crate::browser::film::Film;
use crate::browser::guard::Reach;
use crate::browser::live::{LOOKS, PICTURE, Parts, Session, Terms, told};
use crate::browser::proxy::Proxy;
use crate::model::live::{Touch, View, Wish};
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
const PICTURE_WAIT: Duration = Duration::from_secs(5);
/// Longest message of a person.
const MESSAGE_MAX: usize = 16 << 10;
/// How long a viewer may take to read.
const SEND_WAIT: Duration = Duration::from_secs(10);

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/browser/sessions", "browser.create_session", "Open a browser that a person or program drives.", create)
        .body::<Wish>()
        .reply::<SessionView>()
        .get("/api/v1/browser/sessions/{id}", "browser.get_session", "One session.", get)
        .param("screenshot", "1 adds a picture as base64")
        .reply::<SessionView>()
        .get("/api/v1/browser/sessions/{id}/screenshot", "browser.screenshot", "What a session shows now (JPEG).", screenshot)
        .delete("/api/v1/browser/sessions/{id}", "browser.delete_session", "Close a session.", remove)
        .reply::<ClosedView>()
        .socket("/api/v1/browser/sessions/{id}/live", "browser.live", "Pictures (JPEG) and states out, what is done to the page in.", live)
}

#[derive(Serialize, JsonSchema)]
struct SizeView {
    width: u32,
    height: u32,
}

#[derive(Serialize, JsonSchema)]
struct SessionView {
    success: bool,
    session_id: String,
    #[serde(rename = "sessionId")]
    session_id_too: String,
    /// `active`
    status: &'static str,
    url: String,
    title: String,
    browser: &'static str,
    viewport: SizeView,
    record_video: bool,
    #[serde(rename = "recordVideo")]
    record_video_too: bool,
    cdp_ws_url: Option<String>,
    live_url: String,
    recording_id: Option<String>,
    expires_at: String,
    created_at: String,
    last_activity_at: String,
    actions_count: u64,
    console_errors: Vec<String>,
    screenshot: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ClosedView {
    success: bool,
    session_id: String,
    #[serde(rename = "videoArtifactId")]
    video_artifact_id_too: Option<String>,
    video_artifact_id: Option<String>,
    recording_url: Option<String>,
    duration_ms: i64,
}

fn not_found() -> AppError {
    AppError::not_found("Session not found")
}

pub(super) fn live_path(uid: Uid) -> String {
    format!("/api/v1/browser/sessions/{uid}/live")
}

async fn view(session: &Session, redactor: &Redactor, screenshot: Option<String>) -> SessionView {
    let idle = i64::try_from(session.idle.as_secs()).unwrap_or(i64::MAX);
    let id = session.uid.to_string();
    let errors = session.page.console().into_iter().filter(|line| line.kind == "error");
    SessionView {
        success: true,
        session_id: id.clone(),
        session_id_too: id,
        status: "active",
        url: redactor.clean(&session.page.url()),
        title: redactor.clean(&session.page.title().await.unwrap_or_default()),
        browser: "chromium",
        viewport: SizeView { width: session.view.0, height: session.view.1 },
        record_video: session.films,
        record_video_too: session.films,
        cdp_ws_url: None,
        live_url: live_path(session.uid),
        recording_id: session.recording.as_ref().map(|r| r.uid.to_string()),
        expires_at: session.last_used().plus_secs(idle).rfc3339(),
        created_at: session.created_at.rfc3339(),
        last_activity_at: Timestamp::rfc3339(session.last_used()),
        actions_count: session.actions.load(Ordering::Relaxed),
        console_errors: errors.map(|line| redactor.clean(&line.text)).take(100).collect(),
        screenshot,
    }
}

/// A session the caller may use: of its organization, and judged in its project where it has one.
pub(super) async fn named(testing: &Testing, req: &Req, text: &str) -> Result<Arc<Session>> {
    let uid: Uid = text.parse().map_err(|_| not_found())?;
    let session = testing.sessions.find(uid).ok_or_else(not_found)?;
    admit(testing, req, session.organization_id, session.project_id).await?;
    Ok(session)
}

/// Judges the caller in the project of a session, else in its organization.
async fn admit(testing: &Testing, req: &Req, organization_id: i64, project_id: Option<i64>) -> Result<()> {
    let identity = &testing.platform.identity;
    if let Some(project) = project_id {
        let access = identity.project_named(req, &project.to_string()).await.map_err(|_| not_found())?;
        access.require(req.cx().rule().permission())?;
    } else {
        let access = identity.organization_named(req, &organization_id.to_string()).await;
        access.map_err(|e| if e.kind() == argos_kernel::ErrorKind::NotFound { not_found() } else { e })?;
    }
    Ok(())
}

pub(super) fn failed(error: &CdpError) -> AppError {
    let text = error.to_string();
    match error {
        CdpError::Blocked { .. } => AppError::bad_request(text).code("blocked_url"),
        CdpError::Timeout { .. } => AppError::new(argos_kernel::ErrorKind::UpstreamTimeout, text).code("navigation_timeout"),
        CdpError::Navigation { .. } => AppError::bad_request(text).code("navigation_error"),
        _ => AppError::unavailable(text).code("browser_failed"),
    }
}

/// Opens a session; `recording` grows with what is done in it.
pub(super) async fn open(
    testing: &Service,
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
    let options = ContextOptions {
        viewport: Some(Viewport::desktop(view.0, view.1)),
        user_agent: wish.user_agent,
        locale: wish.locale.or(dressed.locale),
        timezone: wish.timezone.or(dressed.timezone),
        extra_headers: wish.auth.headers,
        site_headers,
        guard: Some(reach.guard()),
        proxy: Some(proxy.address()),
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
    let uid = Uid::mint(&*testing.platform.clock, &*testing.platform.rng);
    let film = if films {
        let dir = testing.pool.dir_of_attempt(uid, 0);
        let made = tokio::fs::create_dir_all(&dir).await;
        made.map_err(|e| AppError::internal(format!("no directory for the video: {e}")))?;
        Some(Film::new(page.clone(), dir))
    } else {
        None
    };
    let terms = Terms { organization_id, project_id: project.map(|p| p.id), view, idle, recording };
    Ok(testing.begin_session(uid, terms, Parts { lease, context, page, cast, film, recorded, proxy, reach }))
}

async fn create(testing: Service, mut req: Req) -> Result<Reply> {
    let mut wish: Wish = req.json_or_default().await?;
    wish.viewport.get_or_insert(View { width: 1_920, height: 1_080 });
    let access = match &wish.project_id {
        Some(text) => Some(testing.project_for(&req, text).await?),
        None => None,
    };
    let organization_id = match &access {
        Some(access) => access.project.organization_id,
        None => testing.platform.identity.organization_of(&req).await?.organization.id,
    };
    let session = open(&testing, wish, (organization_id, access.as_ref().map(|a| &a.project)), None).await?;
    let redactor = testing.redactor_of(&session).await?;
    Ok(Reply::json(&view(&session, &redactor, None).await))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let session = named(&testing, &req, req.param("id")).await?;
    let picture = if req.query().flag("screenshot") { session.page.screenshot(&PICTURE, PICTURE_WAIT).await.ok() } else { None };
    let redactor = testing.redactor_of(&session).await?;
    Ok(Reply::json(&view(&session, &redactor, picture.map(|bytes| data_encoding::BASE64.encode(&bytes))).await))
}

async fn screenshot(testing: Service, req: Req) -> Result<Reply> {
    let session = named(&testing, &req, req.param("id")).await?;
    let picture = session.page.screenshot(&PICTURE, PICTURE_WAIT).await.map_err(|e| failed(&e))?;
    Ok(Reply::bytes("image/jpeg", picture))
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let uid: Uid = req.param("id").parse().map_err(|_| not_found())?;
    let (now, sessions) = (req.cx().now(), &testing.sessions);
    // First those that run: one that ends in between is found among those that ended.
    if let Some(session) = sessions.find(uid) {
        admit(&testing, &req, session.organization_id, session.project_id).await?;
        close(&session).await?;
    }
    let ended = sessions.ended(uid, now).ok_or_else(not_found)?;
    admit(&testing, &req, ended.organization_id, ended.project_id).await?;
    Ok(Reply::json(&ClosedView {
        success: true,
        session_id: uid.to_string(),
        recording_url: ended.video.as_ref().map(|id| testing.signed(id)),
        video_artifact_id_too: ended.video.clone(),
        video_artifact_id: ended.video,
        duration_ms: ended.duration_ms,
    }))
}

/// Ends a session: afterwards it is over, and its recording and video are complete.
pub(super) async fn close(session: &Session) -> Result<()> {
    session.end();
    let mut shown = session.shown.clone();
    match timeout(END, shown.wait_for(|s| s.closed)).await {
        Ok(_) => Ok(()),
        Err(_) => Err(AppError::unavailable("The session is still ending").code("still_ending").retry_after(5)),
    }
}

async fn live(testing: Service, mut req: Req) -> Result<Reply> {
    let session = named(&testing, &req, req.param("id")).await?;
    let redactor = testing.redactor_of(&session).await?;
    req.websocket(MESSAGE_MAX, move |socket| async move { serve(testing, socket, session, redactor).await })
}

/// The newest picture and state to the viewer, what the viewer does to the page. Who is slow misses pictures.
async fn serve(testing: Service, mut socket: WebSocket, session: Arc<Session>, redactor: Redactor) {
    let (mut shown, mut frames) = (session.shown.clone(), session.frames.clone());
    let stop = testing.platform.tasks.shutdown().clone();
    shown.mark_changed();
    frames.mark_changed();
    loop {
        let message = tokio::select! {
            changed = shown.changed() => {
                let state = shown.borrow_and_update().clone();
                if changed.is_err() || state.closed {
                    // A viewer that is gone hears nothing.
                    drop(timeout(SEND_WAIT, socket.send(Message::text(told(&state, &redactor)))).await);
                    drop(timeout(SEND_WAIT, socket.close(None)).await);
                    return;
                }
                Message::text(told(&state, &redactor))
            }
            Ok(()) = frames.changed() => {
                let frame = Arc::clone(&frames.borrow_and_update());
                if frame.is_empty() {
                    continue;
                }
                Message::binary(frame.to_vec())
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Ok(touch) = Touch::parse(&text) {
                        // A page that hangs must not hold up its viewer: what does not fit is dropped.
                        drop(session.touches.try_send(touch));
                    }
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            () = stop.wait() => return,
        };
        if !matches!(timeout(SEND_WAIT, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
}
