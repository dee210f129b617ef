//! `/api/v1/discovery/feature-mesh`: what an exploration saw, handed to the pictures and to healing.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actions::tests::fault;
use crate::discovery::actions::patterns::Pictured;
use crate::discovery::model::Discovery;
use crate::model::alternative::{Feedback, confidence, kind_of_selector};
use crate::routes::Service;
use crate::routes::view::said;
use crate::service::Testing;
use crate::store::alternatives::{self, Known};
use crate::visual::model::record::DEFAULT_BRANCH;

const SELECTOR_MAX: usize = 2_000;

/// Pictures of one call.
const PICTURES_MAX: usize = 20;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/discovery/feature-mesh/process", "mesh.process", "Baselines of the pages and selectors for healing.", process)
        .body::<MeshBody>()
        .reply::<MeshView>()
        .post("/api/v1/discovery/feature-mesh/create-baselines", "mesh.baselines", "Baselines of pages that have none yet.", baselines)
        .body::<MeshBody>()
        .reply::<MeshView>()
        .post("/api/v1/discovery/feature-mesh/share-selectors", "mesh.selectors", "Let healing know the other selectors.", selectors)
        .body::<MeshBody>()
        .reply::<MeshView>()
        .post("/api/v1/discovery/feature-mesh/healing-feedback", "mesh.feedback", "Whether another selector was right.", feedback)
        .body::<FeedbackBody>()
        .get("/api/v1/discovery/feature-mesh/selector-alternatives", "mesh.alternatives", "Other selectors of an element.", other)
        .param("project_id", "required")
        .param("selector", "the selector tests have; required")
        .param("limit", "1-20, default 5")
        .reply::<AlternativesView>()
}

#[derive(Deserialize, JsonSchema)]
struct MeshBody {
    session_id: String,
    /// The exploration's own; any other is an error.
    #[serde(default)]
    project_id: Option<String>,
    /// Only of `process`; default true
    #[serde(default)]
    create_baselines: Option<bool>,
    /// Only of `process`; default true
    #[serde(default)]
    share_selectors: Option<bool>,
    /// Pictures that are taken at most: 1-20, default 10; `remaining` says how many are left.
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct MadeView {
    id: String,
    name: String,
    url: String,
}

#[derive(Serialize, JsonSchema)]
struct LeftView {
    url: String,
    reason: String,
}

#[derive(Serialize, JsonSchema, Default)]
struct MeshView {
    success: bool,
    session_id: String,
    baselines_created: usize,
    baselines: Vec<MadeView>,
    /// Pages without a baseline, and why.
    skipped: Vec<LeftView>,
    /// Pages nobody looked at this time.
    remaining: usize,
    /// Null where none were to be shared.
    selectors_shared: Option<usize>,
}

#[derive(Deserialize, JsonSchema)]
struct FeedbackBody {
    project_id: String,
    primary_selector: String,
    used_alternative: String,
    success: bool,
}

#[derive(Serialize, JsonSchema)]
struct AlternativeView {
    selector: String,
    /// role, role_label, discovered, id, placeholder, data, name, xpath or text
    strategy: String,
    confidence: f64,
    success_count: i64,
    failure_count: i64,
}

#[derive(Serialize, JsonSchema)]
struct AlternativesView {
    selector: String,
    alternatives: Vec<AlternativeView>,
    /// Who named the first: discovery, manual or healing; null without any.
    source: Option<String>,
}

/// What one call is to do: (pictures, selectors).
async fn mesh(testing: &Testing, mut req: Req, does: impl Fn(&MeshBody) -> (bool, bool)) -> Result<Reply> {
    let body: MeshBody = req.json().await?;
    let limit = body.limit.unwrap_or(10);
    if !(1..=PICTURES_MAX).contains(&limit) {
        return Err(fault("limit", format!("limit must be 1-{PICTURES_MAX}")));
    }
    let (session, access): (Discovery, _) = testing.discovery_named(&req, &body.session_id).await?;
    if body.project_id.as_ref().is_some_and(|id| !id.is_empty() && *id != session.project_uid.to_string()) {
        return Err(fault("project_id", "project_id must be that of the exploration"));
    }
    let (pictures, selectors) = does(&body);
    let selectors_shared = if selectors { Some(testing.share_selectors(&session).await?) } else { None };
    let pictured = if pictures {
        Box::pin(testing.picture_pages(req.cx(), &access.project, &session, (DEFAULT_BRANCH, limit))).await?
    } else {
        Pictured::default()
    };
    Ok(Reply::json(&MeshView {
        success: true,
        session_id: session.uid.to_string(),
        baselines_created: pictured.made.len(),
        baselines: pictured.made.into_iter().map(|(uid, name, url)| MadeView { id: uid.to_string(), name, url }).collect(),
        skipped: pictured.left.into_iter().map(|(url, reason)| LeftView { url, reason }).collect(),
        remaining: pictured.remaining,
        selectors_shared,
    }))
}

async fn process(testing: Service, req: Req) -> Result<Reply> {
    mesh(&testing, req, |body| (body.create_baselines.unwrap_or(true), body.share_selectors.unwrap_or(true))).await
}

async fn baselines(testing: Service, req: Req) -> Result<Reply> {
    mesh(&testing, req, |_| (true, false)).await
}

async fn selectors(testing: Service, req: Req) -> Result<Reply> {
    mesh(&testing, req, |_| (false, true)).await
}

fn selector_of(name: &str, text: &str) -> Result<String> {
    if text.trim().is_empty() || text.chars().count() > SELECTOR_MAX {
        return Err(fault(name, format!("{name} must be 1-{SELECTOR_MAX} characters")));
    }
    Ok(text.trim().to_owned())
}

async fn feedback(testing: Service, mut req: Req) -> Result<Reply> {
    let body: FeedbackBody = req.json().await?;
    let project = testing.project_for(&req, &body.project_id).await?.project;
    let (primary, selector) =
        (selector_of("primary_selector", &body.primary_selector)?, selector_of("used_alternative", &body.used_alternative)?);
    let kind = kind_of_selector(&selector).to_owned();
    let known = Known { primary, selector, kind, source: "manual".to_owned(), feedback: Feedback::default() };
    testing.heard_of_alternative(project.id, &known, body.success).await?;
    let answer: Value = said("The feedback was noted");
    Ok(Reply::json(&answer))
}

async fn other(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let required = |name: &str| q.filled(name).map(str::to_owned).ok_or_else(|| fault(name, format!("{name} is required")));
    let project = testing.project_for(&req, &required("project_id")?).await?.project;
    let selector = required("selector")?;
    let limit = usize::try_from(q.int_clamped("limit", 5, 1, 20)?).unwrap_or(5);
    let found = alternatives::of_selector(&testing.platform.store.state, project.id, &selector).await?;
    let mut known: Vec<(f64, Known)> = found.into_iter().map(|k| (confidence(&k.kind, k.feedback), k)).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    known.truncate(limit);
    Ok(Reply::json(&AlternativesView {
        selector,
        source: known.first().map(|(_, k)| k.source.clone()),
        alternatives: known
            .into_iter()
            .map(|(confidence, k)| AlternativeView {
                selector: k.selector,
                strategy: k.kind,
                confidence,
                success_count: k.feedback.right,
                failure_count: k.feedback.wrong,
            })
            .collect(),
    }))
}
