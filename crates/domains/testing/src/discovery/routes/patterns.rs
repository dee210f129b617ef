//! `/api/v1/discovery/patterns`: what comes again on the pages of the sites of an organization.

use std::collections::{BTreeMap, HashMap};

use argos_kernel::{AppError, ErrorKind, PageRequest, Result, Timestamp, Uid};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::actions::tests::fault;
use crate::discovery::actions::patterns::no_pattern;
use crate::discovery::patterns::{Found, PatternType, likeness, patterns_of};
use crate::discovery::store::pages;
use crate::discovery::store::patterns::{self, Filter, Kept};
use crate::routes::{Service, only_project};
use crate::service::Testing;

const NAME_MAX: usize = 200;
const DATA_BYTES_MAX: usize = 16 << 10;
/// Patterns a search or an overview looks through.
const ALL_MAX: i64 = 2_000;
/// Those an overview names.
const SHOWN: usize = 5;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/discovery/patterns", "patterns.list", "What comes again on pages, the most often seen first.", list)
        .param("project_id", "of one project")
        .param("pattern_type", "page_layout, navigation, form, ...")
        .param("limit", "1-200, default 50")
        .param("offset", "patterns to skip")
        .reply::<PatternsView>()
        .post("/api/v1/discovery/patterns", "patterns.create", "Name a pattern by hand.", create)
        .body::<PatternBody>()
        .reply::<PatternView>()
        .post(
            "/api/v1/discovery/patterns/extract",
            "patterns.extract",
            "Look for patterns in an exploration again, and keep them.",
            extract,
        )
        .param("session_id", "the exploration")
        .reply::<PatternsView>()
        .post("/api/v1/discovery/patterns/search", "patterns.search", "Patterns like one that is described.", search)
        .body::<SearchBody>()
        .reply::<MatchesView>()
        .get("/api/v1/discovery/patterns/insights", "patterns.insights", "How many patterns there are, and how their tests do.", insights)
        .param("project_id", "of one project")
        .reply::<InsightsView>()
        .get("/api/v1/discovery/patterns/types", "patterns.types", "The kinds of patterns.", types)
        .reply::<TypesView>()
        .post("/api/v1/discovery/patterns/update-success", "patterns.update_success", "Note how a test of a pattern ended.", update_success)
        .body::<SuccessBody>()
        .reply::<PatternView>()
        .get("/api/v1/discovery/sessions/{id}/patterns", "patterns.of_session", "What comes again in one exploration.", of_session)
        .reply::<PatternsView>()
}

#[derive(Serialize, JsonSchema)]
struct PatternView {
    id: String,
    project_id: Option<String>,
    pattern_type: PatternType,
    pattern_name: String,
    pattern_signature: String,
    /// What it is made of; `pages` are addresses it was met on, `pages_count` how many.
    pattern_data: Map<String, Value>,
    /// Explorations that met it.
    times_seen: i64,
    /// Other projects of the organization that have it too; null where nobody looked.
    other_projects: Option<i64>,
    /// 0-1 of the tests of it that were told of; null before the first.
    test_success_rate: Option<f64>,
    /// 0-1 of those that healed themselves.
    self_heal_success_rate: Option<f64>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, JsonSchema)]
struct PatternsView {
    patterns: Vec<PatternView>,
    total: i64,
}

#[derive(Serialize, JsonSchema)]
struct MatchView {
    #[serde(flatten)]
    pattern: PatternView,
    /// 0-1
    similarity: f64,
}

#[derive(Serialize, JsonSchema)]
struct MatchesView {
    matches: Vec<MatchView>,
    total: usize,
}

#[derive(Serialize, JsonSchema)]
struct TypeView {
    value: PatternType,
    label: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct TypesView {
    types: Vec<TypeView>,
}

#[derive(Serialize, JsonSchema)]
struct InsightsView {
    total_patterns: i64,
    /// Patterns of each kind there is one of.
    by_type: BTreeMap<String, i64>,
    most_seen: Vec<PatternView>,
    /// Those whose tests failed most often; only of those that were told of.
    least_successful: Vec<PatternView>,
    /// Of all tests that were told of; null before the first.
    test_success_rate: Option<f64>,
}

#[derive(Deserialize, JsonSchema)]
struct PatternBody {
    /// The only project of the organization without.
    #[serde(default)]
    project_id: Option<String>,
    #[serde(default)]
    pattern_type: Option<String>,
    pattern_name: String,
    #[serde(default)]
    pattern_data: Map<String, Value>,
}

#[derive(Deserialize, JsonSchema)]
struct SearchBody {
    #[serde(default)]
    project_id: Option<String>,
    #[serde(default)]
    pattern_type: Option<String>,
    pattern_name: String,
    #[serde(default)]
    pattern_data: Map<String, Value>,
    /// 0-1, default 0.7
    #[serde(default)]
    threshold: Option<f64>,
    /// 1-50, default 5
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Deserialize, JsonSchema)]
struct SuccessBody {
    pattern_id: String,
    test_passed: bool,
    /// The test found an element that had changed.
    #[serde(default)]
    self_healed: bool,
}

#[expect(clippy::cast_precision_loss, reason = "counts of tests")]
fn rate((passed, failed): (i64, i64)) -> Option<f64> {
    (passed + failed > 0).then(|| passed as f64 / (passed + failed) as f64)
}

fn view(k: Kept, project: Option<Uid>, others: Option<i64>) -> PatternView {
    PatternView {
        id: k.uid.to_string(),
        project_id: project.map(|uid| uid.to_string()),
        pattern_type: k.kind,
        pattern_name: k.name,
        pattern_signature: k.signature,
        pattern_data: k.data,
        times_seen: k.times_seen,
        other_projects: others,
        test_success_rate: rate(k.tests),
        self_heal_success_rate: rate(k.heals),
        created_at: k.created_at.rfc3339(),
        updated_at: k.updated_at.rfc3339(),
    }
}

fn kind_of(text: Option<&str>) -> Result<Option<PatternType>> {
    let unknown = |word: &str| fault("pattern_type", format!("unknown pattern_type `{word}`"));
    text.filter(|t| !t.is_empty()).map(|word| PatternType::parse(word).ok_or_else(|| unknown(word))).transpose()
}

/// The organization and, when one is named, its project.
async fn place(testing: &Testing, req: &Req, project: Option<&str>) -> Result<(i64, Option<i64>)> {
    match project.filter(|p| !p.is_empty()) {
        Some(text) => {
            let access = testing.project_for(req, text).await?;
            Ok((access.project.organization_id, Some(access.project.id)))
        }
        None => Ok((testing.platform.identity.organization_of(req).await?.organization.id, None)),
    }
}

/// The names of the projects of an organization.
async fn projects(testing: &Testing, organization: i64) -> Result<HashMap<i64, Uid>> {
    Ok(testing.platform.identity.projects_of(organization, None).await?.into_iter().map(|p| (p.id, p.uid)).collect())
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let (organization_id, project_id) = place(&testing, &req, q.filled("project_id")).await?;
    let filter = Filter { organization_id, project_id, kind: kind_of(q.filled("pattern_type"))? };
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 200)?, offset: q.int_clamped("offset", 0, 0, 1_000_000)? };
    let found = patterns::list(&testing.platform.store.state, &filter, page).await?;
    let names = projects(&testing, organization_id).await?;
    let patterns = found
        .items
        .into_iter()
        .map(|k| {
            let name = names.get(&k.project_id).copied();
            view(k, name, None)
        })
        .collect();
    Ok(Reply::json(&PatternsView { patterns, total: found.total }).total_count(found.total))
}

fn described(name: &str, data: &Map<String, Value>) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(fault("pattern_name", format!("pattern_name must be 1-{NAME_MAX} characters")));
    }
    if Value::Object(data.clone()).to_string().len() > DATA_BYTES_MAX {
        return Err(fault("pattern_data", format!("pattern_data must be at most {} KiB", DATA_BYTES_MAX >> 10)));
    }
    Ok(())
}

async fn create(testing: Service, mut req: Req) -> Result<Reply> {
    let body: PatternBody = req.json().await?;
    let named = match body.project_id {
        Some(text) if !text.is_empty() => text,
        _ => only_project(&testing, &req).await?,
    };
    let project = testing.project_for(&req, &named).await?.project;
    described(&body.pattern_name, &body.pattern_data)?;
    let kind = kind_of(body.pattern_type.as_deref())?.unwrap_or(PatternType::Custom);
    let kept = testing.name_pattern(req.cx(), &project, kind, body.pattern_name.trim(), body.pattern_data).await?;
    Ok(Reply::json(&view(kept, Some(project.uid), None)))
}

async fn extract(testing: Service, req: Req) -> Result<Reply> {
    let id = req.query().filled("session_id").map(str::to_owned).ok_or_else(|| fault("session_id", "session_id is required"))?;
    let (session, _) = testing.discovery_named(&req, &id).await?;
    let found = testing.keep_patterns(&session).await?;
    shown(&testing, (session.organization_id, session.project_id, session.project_uid), found).await
}

async fn of_session(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let found = patterns_of(&pages::all(&testing.platform.store.state, session.id).await?);
    shown(&testing, (session.organization_id, session.project_id, session.project_uid), found).await
}

/// Patterns of one exploration, with what is known of each beyond it.
async fn shown(testing: &Testing, (organization, project, uid): (i64, i64, Uid), found: Vec<Found>) -> Result<Reply> {
    let db = &testing.platform.store.state;
    let elsewhere: HashMap<String, i64> = patterns::elsewhere(db, organization, project).await?.into_iter().collect();
    let mut views = Vec::with_capacity(found.len());
    for pattern in found {
        let others = Some(elsewhere.get(&pattern.signature).copied().unwrap_or(0));
        let kept = patterns::by_signature(db, project, &pattern.signature).await?;
        let now: Timestamp = testing.platform.clock.now();
        // One that is not kept yet was met here only.
        let kept = kept.unwrap_or_else(|| Kept {
            id: 0,
            uid: Uid::mint(&*testing.platform.clock, &*testing.platform.rng),
            project_id: project,
            kind: pattern.kind,
            name: String::new(),
            signature: pattern.signature.clone(),
            data: Map::new(),
            times_seen: 1,
            tests: (0, 0),
            heals: (0, 0),
            created_at: now,
            updated_at: now,
        });
        views.push(view(Kept { name: pattern.name, data: pattern.data, ..kept }, Some(uid), others));
    }
    let total = i64::try_from(views.len()).unwrap_or(i64::MAX);
    Ok(Reply::json(&PatternsView { patterns: views, total }))
}

async fn search(testing: Service, mut req: Req) -> Result<Reply> {
    let body: SearchBody = req.json().await?;
    let (organization_id, project_id) = place(&testing, &req, body.project_id.as_deref()).await?;
    described(&body.pattern_name, &body.pattern_data)?;
    let threshold = body.threshold.unwrap_or(0.7);
    if !(0.0..=1.0).contains(&threshold) {
        return Err(fault("threshold", "threshold must be 0-1"));
    }
    let limit = body.limit.unwrap_or(5);
    if !(1..=50).contains(&limit) {
        return Err(fault("limit", "limit must be 1-50"));
    }
    let filter = Filter { organization_id, project_id, kind: kind_of(body.pattern_type.as_deref())? };
    let all = patterns::list(&testing.platform.store.state, &filter, PageRequest { limit: ALL_MAX, offset: 0 }).await?;
    let names = projects(&testing, organization_id).await?;
    let wanted = (body.pattern_name.trim(), &body.pattern_data);
    let mut matches: Vec<MatchView> = all
        .items
        .into_iter()
        .map(|k| (likeness(wanted, (&k.name, &k.data)), k))
        .filter(|(like, _)| *like >= threshold)
        .map(|(similarity, k)| {
            let name = names.get(&k.project_id).copied();
            MatchView { similarity, pattern: view(k, name, None) }
        })
        .collect();
    matches.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    let total = matches.len();
    matches.truncate(limit);
    Ok(Reply::json(&MatchesView { matches, total }))
}

async fn insights(testing: Service, req: Req) -> Result<Reply> {
    let (organization_id, project_id) = place(&testing, &req, req.query().filled("project_id")).await?;
    let filter = Filter { organization_id, project_id, kind: None };
    let all = patterns::list(&testing.platform.store.state, &filter, PageRequest { limit: ALL_MAX, offset: 0 }).await?;
    let names = projects(&testing, organization_id).await?;
    let shown = |k: &Kept| view(k.clone(), names.get(&k.project_id).copied(), None);
    let sums = patterns::sums(&testing.platform.store.state, &filter).await?;
    let total = sums.iter().map(|s| s.count).sum();
    let tests = sums.iter().fold((0, 0), |(p, f), s| (p + s.tests.0, f + s.tests.1));
    let mut told: Vec<&Kept> = all.items.iter().filter(|k| rate(k.tests).is_some_and(|r| r < 1.0)).collect();
    told.sort_by(|a, b| rate(a.tests).unwrap_or(1.0).total_cmp(&rate(b.tests).unwrap_or(1.0)));
    Ok(Reply::json(&InsightsView {
        total_patterns: total,
        by_type: sums.into_iter().map(|s| (s.kind, s.count)).collect(),
        most_seen: all.items.iter().take(SHOWN).map(&shown).collect(),
        least_successful: told.into_iter().take(SHOWN).map(&shown).collect(),
        test_success_rate: rate(tests),
    }))
}

async fn types(_: Service, _: Req) -> Result<Reply> {
    let types = PatternType::ALL.iter().map(|(value, label)| TypeView { value: *value, label }).collect();
    Ok(Reply::json(&TypesView { types }))
}

/// Of a project the caller does not see nothing is said; any other error is said as it is.
fn hidden(error: AppError) -> AppError {
    if error.kind() == ErrorKind::NotFound { no_pattern() } else { error }
}

async fn update_success(testing: Service, mut req: Req) -> Result<Reply> {
    let body: SuccessBody = req.json().await?;
    let uid: Uid = body.pattern_id.parse().map_err(|_| no_pattern())?;
    let found = patterns::find(&testing.platform.store.state, uid).await?.ok_or_else(no_pattern)?;
    let project = testing.project_for(&req, &found.project_id.to_string()).await.map_err(hidden)?.project;
    let now = testing.heard_of_pattern(req.cx(), &project, &found, body.test_passed, body.self_healed).await?;
    Ok(Reply::json(&view(now, Some(project.uid), None)))
}
