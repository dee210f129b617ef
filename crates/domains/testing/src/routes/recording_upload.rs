//! Recordings that come in one piece or from pages: the snippet, the recorder it loads, and where it sends to.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use super::deep::deep_json;
use super::recordings::{BODY_MAX, named, project_of};
use crate::actions::recordings::{Batch, NewRecording, fits_recording};
use crate::actions::tests::fault;
use crate::model::recording::{
    Recording, RecordingStatus, SnippetFormat, TOKEN_S, instructions, page_script, project_of_token, snippet, upload_token,
};
use crate::model::settings::is_web_address;

/// Options of the recorder a snippet may set.
const OPTIONS: [&str; 6] = ["maskAll", "blockClass", "ignoreClass", "scrollMs", "uploadEveryMs", "uploadEvents"];
const KEY_MAX: usize = 100;
/// A part of a page's recording; its token stands in the page for everybody.
const BEACON_MAX: usize = 8 << 20;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/recording/snippet", "recordings.snippet", "What makes a page record, with a token good for a day.", make_snippet)
        .body::<SnippetBody>()
        .reply::<SnippetView>()
        .post("/api/v1/recording/upload", "recordings.upload", "A whole recording, or the next part of a page's own.", upload)
        .body_limit(BODY_MAX)
        .body::<UploadBody>()
        .reply::<UploadedView>()
        .post("/api/v1/recording/beacon", "recordings.beacon", "A part of a page's own recording, proved by its upload token.", beacon)
        .body_limit(BEACON_MAX)
        .param("ut", "the upload token of the snippet")
        .reply::<UploadedView>()
        .get("/recorder.js", "recordings.script", "The recorder that a snippet loads.", script)
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct SnippetBody {
    project_id: Option<String>,
    /// Where events are sent instead; for a proxy in front of Argos.
    upload_url: Option<String>,
    options: Map<String, Value>,
    format: SnippetFormat,
}

#[derive(Serialize, JsonSchema)]
struct SnippetView {
    success: bool,
    snippet: String,
    /// The address of the recorder.
    cdn_script: String,
    instructions: &'static str,
    expires_at: String,
}

#[derive(Deserialize, JsonSchema)]
struct UploadBody {
    events: Vec<Value>,
    /// What a page calls its own recording; the same one goes on.
    session_id: Option<String>,
    sequence: Option<i64>,
    project_id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default, rename = "final")]
    last: bool,
}

#[derive(Serialize, JsonSchema)]
struct UploadedView {
    success: bool,
    recording_id: String,
    events_count: i64,
    duration_ms: Option<i64>,
    estimated_steps: i64,
    message: &'static str,
    error: Option<String>,
}

impl UploadedView {
    fn of(r: &Recording) -> Self {
        Self {
            success: true,
            recording_id: r.uid.to_string(),
            events_count: r.events_count,
            duration_ms: r.duration_ms(),
            estimated_steps: r.estimated_steps(),
            message: if r.status == RecordingStatus::Recording { "The events were added" } else { "The recording is complete" },
            error: None,
        }
    }
}

async fn make_snippet(testing: Service, mut req: Req) -> Result<Reply> {
    let body: SnippetBody = req.json_or_default().await?;
    let access = project_of(&testing, &req, body.project_id.as_deref()).await?;
    if body.upload_url.as_deref().is_some_and(|url| !is_web_address(url)) {
        return Err(fault("upload_url", "upload_url must be an http or https address"));
    }
    if let Some(unknown) = body.options.keys().find(|name| !OPTIONS.contains(&name.as_str())) {
        return Err(fault("options", format!("unknown option `{unknown}`; there are {}", OPTIONS.join(", "))));
    }
    let own = match testing.settings().opt_text("http.public_url")? {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let client = &req.cx().client;
            format!("{}://{}", if client.https { "https" } else { "http" }, client.host)
        }
    };
    let expires = req.cx().now().plus_secs(TOKEN_S);
    let token = upload_token(&testing.upload_secret(), access.project.id, expires.secs());
    let send = format!("{}?ut={token}", body.upload_url.unwrap_or_else(|| format!("{own}/api/v1/recording/beacon")));
    let cdn_script = format!("{own}/recorder.js");
    Ok(Reply::json(&SnippetView {
        success: true,
        snippet: snippet(body.format, &cdn_script, &send, &body.options),
        cdn_script,
        instructions: instructions(body.format),
        expires_at: expires.rfc3339(),
    }))
}

async fn upload(testing: Service, mut req: Req) -> Result<Reply> {
    let (body, _turn): (UploadBody, _) = deep_json(&mut req).await?;
    let access = project_of(&testing, &req, body.project_id.as_deref()).await?;
    let who = req.cx().caller.username.clone();
    let source = if body.session_id.is_some() { "snippet" } else { "upload" };
    take(&testing, &access.project, body, (source, who)).await
}

async fn beacon(testing: Service, mut req: Req) -> Result<Reply> {
    let refused = || AppError::unauthenticated("The upload token is missing, wrong or expired").code("upload_token");
    let token = req.query().filled("ut").ok_or_else(refused)?;
    let id = project_of_token(&testing.upload_secret(), token, req.cx().now()).ok_or_else(refused)?;
    let project = testing.platform.identity.project_by_id(id).await?.ok_or_else(refused)?;
    let (body, _turn): (UploadBody, _) = deep_json(&mut req).await?;
    if body.session_id.as_deref().is_none_or(str::is_empty) {
        return Err(fault("session_id", "session_id is required"));
    }
    // Pages of other sites send it.
    let reply = take(&testing, &project, body, ("snippet", "snippet".to_owned())).await?;
    Ok(reply.header("cross-origin-resource-policy", "cross-origin"))
}

async fn take(
    testing: &Service,
    project: &argos_identity::Project,
    body: UploadBody,
    (source, created_by): (&'static str, String),
) -> Result<Reply> {
    let fits = |key: &String| key.len() <= KEY_MAX && key.bytes().all(|b| b.is_ascii_graphic());
    if body.session_id.as_ref().is_some_and(|key| !fits(key)) {
        return Err(fault("session_id", format!("session_id must be at most {KEY_MAX} plain characters")));
    }
    fits_recording(&body.events, &body.metadata)?;
    let text = |name: &str| body.metadata.get(name).and_then(Value::as_str).map(str::to_owned);
    let url = text("url").or_else(|| text("href")).filter(|url| is_web_address(url));
    let whole = body.session_id.is_none();
    let new = NewRecording {
        name: named("name", body.name)?.or_else(|| text("title").filter(|t| !t.trim().is_empty())),
        url,
        source,
        client_key: body.session_id,
        metadata: Map::new(),
        created_by,
    };
    let r = testing.begin_recording(project, new).await?;
    let batch = Batch { events: body.events, sequence: body.sequence, metadata: body.metadata, last: whole || body.last };
    Ok(Reply::json(&UploadedView::of(&testing.append_events(&r, batch).await?)))
}

async fn script(_: Service, _: Req) -> Result<Reply> {
    // Pages of other sites load it.
    let reply = Reply::bytes("text/javascript; charset=utf-8", page_script());
    Ok(reply.header("cross-origin-resource-policy", "cross-origin").header("cache-control", "public, max-age=3600"))
}
