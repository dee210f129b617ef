//! `POST /api/v1/discover`: an exploration whose answer is what it found.

use std::time::Duration;

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sessions::address;
use crate::actions::tests::fault;
use crate::discovery::actions::input::StartBody;
use crate::discovery::actions::tell;
use crate::discovery::model::{Mode, Status};
use crate::discovery::store::{flows, pages, sessions};
use crate::routes::{Service, only_project};

/// Longest wait before the answer says that the exploration goes on.
const WAIT_MAX: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_secs(1);

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/discover", "discovery.discover", "Explore a website and answer with what was found, within two minutes.", discover)
        .param("app_url", "where to begin; else the project's address")
        .param("max_pages", "1-500, default 20")
        .param("project_id", "the only project of the organization without")
        .body::<FocusBody>()
        .reply::<DiscoveredView>()
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct FocusBody {
    /// Only addresses that say one of these words are followed.
    focus_areas: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct SuggestedView {
    flow_id: String,
    name: String,
    steps_count: usize,
    /// Whether it ran to its end; null when it was not run.
    validated: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct CoverageView {
    pages: i64,
    flows: i64,
    elements: i64,
    forms: i64,
    /// 0-100; null before the flows are known.
    coverage_score: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct FoundView {
    session_id: String,
    /// `running` when it goes on after two minutes
    status: Status,
    app_url: String,
    pages_discovered: Vec<Value>,
    flows_discovered: Vec<Value>,
    suggested_tests: Vec<SuggestedView>,
    coverage_summary: CoverageView,
    timestamp: String,
}

#[derive(Serialize, JsonSchema)]
struct DiscoveredView {
    success: bool,
    result: FoundView,
    error: Option<String>,
}

async fn discover(testing: Service, mut req: Req) -> Result<Reply> {
    let body: FocusBody = req.json_or_default().await?;
    let (project_id, app_url) = (req.query().filled("project_id").map(str::to_owned), req.query().filled("app_url").map(str::to_owned));
    let max_pages = match req.query().filled("max_pages") {
        None => 20,
        Some(text) => text.parse().map_err(|_| fault("max_pages", "max_pages must be between 1 and 500"))?,
    };
    let project_id = match project_id {
        Some(id) => id,
        None => only_project(&testing, &req).await?,
    };
    let access = testing.project_for(&req, &project_id).await?;
    let mode = if body.focus_areas.is_empty() { Mode::StandardCrawl } else { Mode::Focused };
    let asked = StartBody {
        max_pages: Some(max_pages),
        focus_areas: body.focus_areas,
        mode: Some(mode.as_str().to_owned()),
        execution_context: Some("api".to_owned()),
        ..StartBody::default()
    };
    let (wanted, _) = asked.read()?;
    let app_url = address(app_url.as_deref(), &access.project)?;
    let uid = testing.start_discovery(req.cx(), &access.project, &app_url, wanted, None).await?.uid;
    let (db, until) = (&testing.platform.store.state, tokio::time::Instant::now() + WAIT_MAX);
    let mut heard = testing.follow(uid);
    let found = loop {
        heard.mark_unchanged();
        let now = sessions::find(db, uid).await?.ok_or_else(|| AppError::not_found("Discovery session not found"))?;
        if now.status.is_final() || now.status == Status::Paused || tokio::time::Instant::now() >= until {
            break now;
        }
        // Another process may do it, so it is looked at now and then.
        drop(tokio::time::timeout(LOOK, heard.changed()).await);
    };
    let (all, ways) = (pages::all(db, found.id).await?, flows::of(db, found.id).await?);
    let suggested = ways.iter().map(|f| SuggestedView {
        flow_id: f.uid.to_string(),
        name: f.flow.name.clone(),
        steps_count: f.flow.steps.len(),
        validated: f.validated,
    });
    Ok(Reply::json(&DiscoveredView {
        success: !matches!(found.status, Status::Failed | Status::Cancelled),
        error: found.error,
        result: FoundView {
            session_id: uid.to_string(),
            status: found.status,
            app_url: found.app_url,
            suggested_tests: suggested.collect(),
            pages_discovered: all.iter().map(|page| tell::page(uid, page)).collect(),
            flows_discovered: ways.iter().map(|flow| json!(tell::flow(uid, flow))).collect(),
            coverage_summary: CoverageView {
                pages: found.found.pages,
                flows: found.found.flows,
                elements: found.found.elements,
                forms: found.found.forms,
                coverage_score: found.coverage_score,
            },
            timestamp: req.cx().now().rfc3339(),
        },
    }))
}
