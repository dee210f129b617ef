//! `/api/v1/browser/sessions`: browsers that people drive, seen and touched through a socket.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use argos_kernel::{Result, Timestamp, Uid};
use argos_web::{Message, Reply, Req, Routes, WebSocket};
use argos_webtest::Redactor;
use futures_util::{SinkExt, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::timeout;

use super::Service;
use crate::actions::sessions::{admit, close, failed, named, not_found, open};
use crate::browser::live::{PICTURE, Session, told};
use crate::model::live::{Touch, View, Wish};

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

pub(super) fn live_path(uid: Uid) -> String {
    format!("/api/v1/browser/sessions/{uid}/live")
}

async fn view(session: &Session, redactor: &Redactor, screenshot: Option<String>) -> SessionView {
    let idle = i64::try_from(session.idle.as_secs()).unwrap_or(i64::MAX);
    let id = session.uid.to_string();
    let errors = session.page().console().into_iter().filter(|line| line.kind == "error");
    SessionView {
        success: true,
        session_id: id.clone(),
        session_id_too: id,
        status: "active",
        url: redactor.clean(&session.page().url()),
        title: redactor.clean(&session.page().title().await.unwrap_or_default()),
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
    let picture = if req.query().flag("screenshot") { session.page().screenshot(&PICTURE, PICTURE_WAIT).await.ok() } else { None };
    let redactor = testing.redactor_of(&session).await?;
    Ok(Reply::json(&view(&session, &redactor, picture.map(|bytes| data_encoding::BASE64.encode(&bytes))).await))
}

async fn screenshot(testing: Service, req: Req) -> Result<Reply> {
    let session = named(&testing, &req, req.param("id")).await?;
    let picture = session.page().screenshot(&PICTURE, PICTURE_WAIT).await.map_err(|e| failed(&e))?;
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
