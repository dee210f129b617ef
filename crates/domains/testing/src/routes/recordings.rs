//! `/api/v1/recording/*`: recordings with their events, and the tests they become.

use argos_identity::ProjectAccess;
use argos_kernel::{AppError, PageRequest, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use argos_webtest::record::ConvertOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Service;
use super::deep::deep_json;
use super::sessions::live_path;
use super::view::said;
use crate::actions::recordings::{Batch, NewRecording, fits_recording};
use crate::actions::sessions::open;
use crate::actions::tests::fault;
use crate::model::live::{View, Wish};
use crate::model::recording::{EVENTS_MAX, NAME_MAX, Recording, RecordingStatus};
use crate::model::settings::is_web_address;
use crate::service::Testing;
use crate::store::recordings;

/// A body with events, in bytes: all of a recording and what is around it.
pub(super) const BODY_MAX: usize = 52 << 20;
const WAIT_MS_MAX: f64 = 60_000.0;
/// A person who records may stop to think.
const LIVE_IDLE_MS: u64 = 900_000;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/recording/sessions", "recordings.begin", "Begin a recording that gets its events in parts.", begin)
        .body::<BeginBody>()
        .reply::<BegunView>()
        .get("/api/v1/recording/sessions/{id}", "recordings.get", "One recording.", get)
        .param("include_events", "1 adds the events")
        .reply::<RecordingView>()
        .post("/api/v1/recording/sessions/{id}/events", "recordings.append", "Add events of rrweb to a recording.", append)
        .body_limit(BODY_MAX)
        .body::<EventsBody>()
        .reply::<AppendedView>()
        .post("/api/v1/recording/sessions/{id}/convert", "recordings.convert", "The steps of a recording, as a test.", convert)
        .body::<ConvertBody>()
        .reply::<ConvertedView>()
        .post("/api/v1/recording/convert", "recordings.convert_named", "The same; the body names the recording.", convert_named)
        .body::<ConvertBody>()
        .reply::<ConvertedView>()
        .get("/api/v1/recording/replay/{id}", "recordings.replay", "The events of a recording.", replay)
        .get("/api/v1/recording/recordings", "recordings.list", "Recordings, newest first.", list)
        .param("project_id", "of one project")
        .param("limit", "1-200, default 20")
        .param("offset", "recordings to skip")
        .reply::<ListView>()
        .get("/api/v1/recording/list", "recordings.list_all", "The same.", list)
        .reply::<ListView>()
        .delete("/api/v1/recording/{id}", "recordings.delete", "Delete a recording with its events; its test stays.", remove)
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct BeginBody {
    /// The only project of the organization without.
    project_id: Option<String>,
    name: Option<String>,
    url: Option<String>,
    metadata: Map<String, Value>,
    /// Opens a browser of Argos that records what is done in it.
    launch_browser: bool,
    viewport: Option<View>,
}

#[derive(Serialize, JsonSchema)]
struct BegunView {
    id: String,
    session_id: String,
    recording_id: String,
    status: RecordingStatus,
    upload_url: String,
    events_url: String,
    max_events: i64,
    /// The socket of the browser, when one was opened.
    live_url: Option<String>,
    browser_session_id: Option<String>,
    /// When the recording is forgotten.
    expires_at: String,
}

#[derive(Serialize, JsonSchema)]
struct RecordingView {
    id: String,
    name: String,
    project_id: String,
    /// The test it became.
    test_id: Option<String>,
    status: RecordingStatus,
    /// `session`, `upload`, `snippet` or `live`.
    source: String,
    events_count: i64,
    interaction_count: i64,
    bytes: i64,
    duration_ms: Option<i64>,
    url: Option<String>,
    estimated_steps: i64,
    metadata: Map<String, Value>,
    created_by: String,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Value>>,
}

impl RecordingView {
    fn of(r: Recording) -> Self {
        Self {
            duration_ms: r.duration_ms(),
            estimated_steps: r.estimated_steps(),
            id: r.uid.to_string(),
            name: r.name,
            project_id: r.project_uid.to_string(),
            test_id: r.test_uid.map(|u| u.to_string()),
            status: r.status,
            source: r.source,
            events_count: r.events_count,
            interaction_count: r.interaction_count,
            bytes: r.bytes,
            url: r.url,
            metadata: r.metadata,
            created_by: r.created_by,
            created_at: r.created_at.rfc3339(),
            updated_at: r.updated_at.rfc3339(),
            events: None,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct EventsBody {
    /// Events of rrweb, at most 50 000 in all.
    events: Vec<Value>,
    sequence: Option<i64>,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default, rename = "final")]
    last: bool,
}

#[derive(Serialize, JsonSchema)]
struct AppendedView {
    success: bool,
    session_id: String,
    events_received: usize,
    events_count: i64,
    estimated_steps: i64,
    status: RecordingStatus,
}

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct ConvertBody {
    /// Only where the path does not name it.
    recording_id: Option<String>,
    test_name: Option<String>,
    include_waits: bool,
    include_scrolls: bool,
    min_wait_threshold: f64,
    generalize_data: bool,
    save: bool,
}

impl Default for ConvertBody {
    fn default() -> Self {
        Self {
            recording_id: None,
            test_name: None,
            include_waits: true,
            include_scrolls: false,
            min_wait_threshold: 500.0,
            generalize_data: true,
            save: false,
        }
    }
}

/// A test as a recording gives it; it has an id once it is saved.
#[derive(Serialize, JsonSchema)]
struct RecordedTest {
    id: Option<String>,
    name: String,
    description: String,
    source: &'static str,
    recording_id: String,
    steps: Vec<Value>,
    assertions: Vec<Value>,
    /// Variables with what was written; one of a password has no value and is not here.
    variables: Value,
}

#[derive(Serialize, JsonSchema)]
struct ConvertedView {
    success: bool,
    test: RecordedTest,
    recording_id: String,
    duration_ms: i64,
    steps_generated: usize,
    assertions_generated: usize,
    warnings: Vec<String>,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ListView {
    success: bool,
    recordings: Vec<RecordingView>,
    total: i64,
}

/// The project a body names, or the only one there is.
pub(crate) async fn project_of(testing: &Testing, req: &Req, named: Option<&str>) -> Result<ProjectAccess> {
    if let Some(text) = named.filter(|text| !text.is_empty()) {
        return testing.project_for(req, text).await;
    }
    let organization = testing.platform.identity.organization_of(req).await?.organization.id;
    let projects = recordings::projects_of(&testing.platform.store.state, organization).await?;
    match projects.as_slice() {
        [only] => testing.project_for(req, &only.to_string()).await,
        [] => Err(fault("project_id", "the organization has no project yet")),
        _ => Err(fault("project_id", "project_id is required: the organization has several projects")),
    }
}

/// A name, or the fault of its field.
pub(super) fn named(field: &str, name: Option<String>) -> Result<Option<String>> {
    let long = name.as_ref().is_some_and(|n| n.chars().count() > NAME_MAX || n.chars().any(char::is_control));
    if long {
        Err(fault(field, format!("{field} must be at most {NAME_MAX} characters")))
    } else {
        Ok(name.filter(|n| !n.trim().is_empty()))
    }
}

async fn begin(testing: Service, mut req: Req) -> Result<Reply> {
    let body: BeginBody = req.json_or_default().await?;
    let access = project_of(&testing, &req, body.project_id.as_deref()).await?;
    if body.url.as_deref().is_some_and(|url| !is_web_address(url)) {
        return Err(fault("url", "url must be an http or https address"));
    }
    fits_recording(&[], &body.metadata)?;
    let new = NewRecording {
        name: named("name", body.name)?,
        url: body.url,
        source: if body.launch_browser { "live" } else { "session" },
        client_key: None,
        metadata: body.metadata,
        created_by: req.cx().caller.username.clone(),
    };
    let wish = Wish { url: new.url.clone(), viewport: body.viewport, timeout_ms: Some(LIVE_IDLE_MS), ..Wish::default() };
    let r = testing.begin_recording(&access.project, new).await?;
    let session = if body.launch_browser {
        let owner = (access.project.organization_id, Some(&access.project));
        match open(&testing, wish, owner, Some(r.clone())).await {
            Ok(session) => Some(session),
            Err(error) => {
                // Nothing will ever be recorded in it.
                testing.delete_recording(req.cx(), &r).await?;
                return Err(error);
            }
        }
    } else {
        None
    };
    let id = r.uid.to_string();
    Ok(Reply::json(&BegunView {
        upload_url: format!("/api/v1/recording/sessions/{id}/events"),
        events_url: format!("/api/v1/recording/sessions/{id}/events"),
        session_id: id.clone(),
        recording_id: id.clone(),
        id,
        status: r.status,
        max_events: EVENTS_MAX,
        live_url: session.as_ref().map(|s| live_path(s.uid)),
        browser_session_id: session.map(|s| s.uid.to_string()),
        expires_at: expiry(&testing, &r)?.rfc3339(),
    }))
}

fn expiry(testing: &Testing, r: &Recording) -> Result<Timestamp> {
    let days = testing.settings().i64("quality.retention.recordings_days")?;
    Ok(r.created_at.plus_secs(days.saturating_mul(86_400)))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (r, _) = testing.recording_named(&req, req.param("id")).await?;
    let events =
        if req.query().flag("include_events") { Some(recordings::events(&testing.platform.store.state, r.id).await?) } else { None };
    Ok(Reply::json(&RecordingView { events, ..RecordingView::of(r) }))
}

async fn append(testing: Service, mut req: Req) -> Result<Reply> {
    let (r, _) = testing.recording_named(&req, req.param("id")).await?;
    let (body, _turn): (EventsBody, _) = deep_json(&mut req).await?;
    let events_received = body.events.len();
    let batch = Batch { events: body.events, sequence: body.sequence, metadata: body.metadata, last: body.last };
    let r = testing.append_events(&r, batch).await?;
    Ok(Reply::json(&AppendedView {
        success: true,
        session_id: r.uid.to_string(),
        events_received,
        events_count: r.events_count,
        estimated_steps: r.estimated_steps(),
        status: r.status,
    }))
}

async fn convert(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ConvertBody = req.json_or_default().await?;
    let id = req.param("id").to_owned();
    converted(&testing, &req, &id, body).await
}

async fn convert_named(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ConvertBody = req.json().await?;
    let id = body.recording_id.clone().ok_or_else(|| fault("recording_id", "recording_id is required"))?;
    converted(&testing, &req, &id, body).await
}

async fn converted(testing: &Testing, req: &Req, id: &str, body: ConvertBody) -> Result<Reply> {
    let (r, access) = testing.recording_named(req, id).await?;
    if !(0.0..=WAIT_MS_MAX).contains(&body.min_wait_threshold) {
        return Err(fault("min_wait_threshold", format!("min_wait_threshold must be 0-{WAIT_MS_MAX} milliseconds")));
    }
    let name = named("test_name", body.test_name)?.unwrap_or_else(|| r.name.clone());
    if r.events_count == 0 {
        return Err(AppError::conflict("The recording has no events yet").code("recording_empty"));
    }
    let options = ConvertOptions {
        include_waits: body.include_waits,
        include_scrolls: body.include_scrolls,
        min_wait_ms: body.min_wait_threshold,
        generalize: body.generalize_data,
    };
    let c = testing.converted(&r, &access.project, &options).await?;
    let test = if body.save { Some(testing.save_recording(req.cx(), (&r, &access.project), &name, &c).await?) } else { None };
    let recording_id = r.uid.to_string();
    Ok(Reply::json(&ConvertedView {
        success: true,
        test: RecordedTest {
            id: test.map(|t| t.uid.to_string()),
            name,
            description: format!("Recorded at {}", r.url.as_deref().unwrap_or("an unknown address")),
            source: "imported",
            recording_id: recording_id.clone(),
            steps: c.steps.iter().map(|s| serde_json::to_value(s).unwrap_or_default()).collect(),
            assertions: c.assertions.iter().map(argos_webtest::plan::Assertion::to_json).collect(),
            variables: json!(c.values),
        },
        recording_id,
        duration_ms: r.duration_ms().unwrap_or(0),
        steps_generated: c.steps.len(),
        assertions_generated: c.assertions.len(),
        warnings: c.warnings,
        error: None,
    }))
}

async fn replay(testing: Service, req: Req) -> Result<Reply> {
    let (r, _) = testing.recording_named(&req, req.param("id")).await?;
    let events = recordings::events(&testing.platform.store.state, r.id).await?;
    Ok(Reply::json(&json!({ "success": true, "recording_id": r.uid.to_string(), "events": events, "metadata": r.metadata, "error": null })))
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let (organization, project) = match q.filled("project_id") {
        Some(text) => {
            let access = testing.project_for(&req, text).await?;
            (access.project.organization_id, Some(access.project.id))
        }
        None => (testing.platform.identity.organization_of(&req).await?.organization.id, None),
    };
    let page = PageRequest { limit: q.int_clamped("limit", 20, 1, 200)?, offset: q.int_clamped("offset", 0, 0, 1_000_000)? };
    let found = recordings::list(&testing.platform.store.state, organization, project, page).await?;
    let total = found.total;
    let recordings = found.items.into_iter().map(RecordingView::of).collect();
    Ok(Reply::json(&ListView { success: true, recordings, total }).total_count(total))
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let (r, _) = testing.recording_named(&req, req.param("id")).await?;
    testing.delete_recording(req.cx(), &r).await?;
    Ok(Reply::json(&said("Recording deleted")))
}
