//! `/api/v1/healing/patterns`, `/stats` and `/config`: what healing learned, what came of it, and how it is wanted.

use std::collections::BTreeMap;

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, PageRequest, Result, Timestamp, Uid};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Service;
use super::view::said;
use crate::actions::tests::fault;
use crate::model::heal_config::HealConfig;
use crate::model::healing::{KeptPattern, SuggestionStatus, share as share_of};
use crate::service::Testing;
use crate::store::{patterns, suggestions};

const DAY_S: i64 = 86_400;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/healing/patterns", "healing.patterns", "Replacements that were right before, the most often right first.", list)
        .param("project_id", "of one project")
        .param("min_confidence", "0-1")
        .param("limit", "1-500, default 50")
        .param("offset", "patterns to skip")
        .reply::<Vec<PatternView>>()
        .get("/api/v1/healing/organizations/{org}/patterns", "healing.org_patterns", "The same of an organization.", list)
        .reply::<Vec<PatternView>>()
        .delete("/api/v1/healing/patterns/{id}", "healing.delete_pattern", "Forget a pattern.", remove)
        .delete("/api/v1/healing/organizations/{org}/patterns/{id}", "healing.org_delete_pattern", "The same of an organization.", remove)
        .get("/api/v1/healing/stats", "healing.stats", "What came of healing, counted from what happened.", stats)
        .param("project_id", "of one project")
        .reply::<StatsView>()
        .get("/api/v1/healing/organizations/{org}/stats", "healing.org_stats", "The same of an organization.", stats)
        .reply::<StatsView>()
        .get("/api/v1/healing/config", "healing.config", "How healing is wanted, as it counts.", config)
        .param("project_id", "of one project")
        .put(
            "/api/v1/healing/config",
            "healing.put_config",
            "Change how healing is wanted; absent members stay, `inherit` names fields to be given back.",
            put_config,
        )
        .param("project_id", "of one project; else of the organization")
        .get("/api/v1/healing/organizations/{org}/config", "healing.org_config", "The same of an organization.", config)
        .put("/api/v1/healing/organizations/{org}/config", "healing.put_org_config", "The same of an organization.", put_config)
}

/// A number of a query from 0 to 1, 0 without.
pub(super) fn share(q: &Query, name: &str) -> Result<f64> {
    let Some(text) = q.filled(name) else { return Ok(0.0) };
    let read = text.parse().ok().filter(|n: &f64| (0.0..=1.0).contains(n));
    read.ok_or_else(|| fault(name, format!("{name} must be a number from 0 to 1")))
}

/// The organization a request means, and the project when it names one.
async fn place(testing: &Testing, req: &Req) -> Result<(i64, Option<(i64, Uid)>)> {
    if let Some(text) = req.query().filled("project_id") {
        let access = testing.project_for(req, text).await?;
        return Ok((access.project.organization_id, Some((access.project.id, access.project.uid))));
    }
    let identity = &testing.platform.identity;
    let organization = match req.param("org") {
        "" => identity.organization_of(req).await?,
        named => identity.organization_named(req, named).await?,
    };
    Ok((organization.organization.id, None))
}

#[derive(Serialize, JsonSchema)]
struct PatternView {
    id: String,
    fingerprint: String,
    original_selector: String,
    healed_selector: String,
    error_type: String,
    success_count: i64,
    failure_count: i64,
    confidence: f64,
    project_id: String,
    created_at: String,
}

impl PatternView {
    fn of(p: KeptPattern) -> Self {
        Self {
            confidence: p.confidence(),
            id: p.uid.to_string(),
            fingerprint: p.fingerprint,
            original_selector: p.original,
            healed_selector: p.healed,
            error_type: p.error_type,
            success_count: p.successes,
            failure_count: p.failures,
            project_id: p.project_uid.to_string(),
            created_at: p.created_at.rfc3339(),
        }
    }
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let (organization, project) = place(&testing, &req).await?;
    let q = req.query();
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 500)?, offset: q.int_clamped("offset", 0, 0, 1_000_000)? };
    let min = share(q, "min_confidence")?;
    let found = patterns::list(&testing.platform.store.state, organization, project.map(|p| p.0), min, page).await?;
    let views: Vec<PatternView> = found.items.into_iter().map(PatternView::of).collect();
    Ok(Reply::json(&views).total_count(found.total))
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let absent = || AppError::not_found("Pattern not found");
    let uid: Uid = req.param("id").parse().map_err(|_| absent())?;
    let found = patterns::find(&testing.platform.store.state, uid).await?.ok_or_else(absent)?;
    let access = testing.platform.identity.project_named(&req, &found.project_id.to_string()).await.map_err(|_| absent())?;
    access.require(req.cx().rule().permission())?;
    if !req.param("org").is_empty() {
        let named = testing.platform.identity.organization_named(&req, req.param("org")).await?;
        if named.organization.id != access.project.organization_id {
            return Err(absent());
        }
    }
    let mut change = testing.platform.audit.begin(&req.cx().actor()).await?;
    if !patterns::delete(&mut change, found.id).await? {
        return Err(absent());
    }
    let entry = Entry::new("healing.forget_pattern", Category::Data)
        .organization(access.project.organization_id)
        .target("healing_pattern", uid)
        .describe(format!("{} in the place of {} was forgotten", found.healed, found.original));
    change.commit(entry).await?;
    Ok(Reply::json(&said("Pattern forgotten")))
}

#[derive(Serialize, JsonSchema)]
struct HealView {
    id: String,
    original: String,
    healed: String,
    error_type: String,
    confidence: f64,
    created_at: String,
}

/// Figures of what happened; null where nothing did.
#[derive(Serialize, JsonSchema)]
struct StatsView {
    total_patterns: i64,
    total_heals_applied: i64,
    total_heals_suggested: i64,
    /// Proposals that wait for a decision.
    pending: i64,
    /// Steps that went on with a replacement.
    heals_in_runs: i64,
    /// Of the proposals that were decided, those that were taken: 0-100.
    success_rate: Option<f64>,
    top_error_types: BTreeMap<String, i64>,
    patterns_by_project: BTreeMap<String, i64>,
    heals_last_24h: i64,
    heals_last_7d: i64,
    heals_last_30d: i64,
    avg_confidence: Option<f64>,
    recent_heals: Vec<HealView>,
}

async fn stats(testing: Service, req: Req) -> Result<Reply> {
    let (organization, project) = place(&testing, &req).await?;
    let (db, project, now) = (&testing.platform.store.state, project.map(|p| p.0), req.cx().now());
    let since = [DAY_S, 7 * DAY_S, 30 * DAY_S].map(|s| now.minus_secs(s));
    let figures = suggestions::figures(db, organization, project, since).await?;
    let count = |of: &dyn Fn(SuggestionStatus) -> bool| figures.iter().filter(|f| of(f.status)).map(|f| f.count).sum::<i64>();
    let applied = count(&SuggestionStatus::is_in_the_test);
    let rejected = count(&|s| s == SuggestionStatus::Rejected);
    let all = count(&|_| true);
    let lately = |n: usize| figures.iter().filter(|f| f.status.is_in_the_test()).filter_map(|f| f.lately.get(n)).sum::<i64>();
    let mut top_error_types = BTreeMap::new();
    for f in &figures {
        *top_error_types.entry(f.error_type.clone()).or_default() += f.count;
    }
    let patterns_by_project: BTreeMap<String, i64> = patterns::per_project(db, organization, project).await?.into_iter().collect();
    #[expect(clippy::cast_precision_loss, reason = "counts of proposals")]
    let avg_confidence = (all > 0).then(|| figures.iter().map(|f| f.confidence_sum).sum::<f64>() / all as f64);
    let recent = suggestions::recent(db, organization, project).await?;
    Ok(Reply::json(&StatsView {
        total_patterns: patterns_by_project.values().sum(),
        total_heals_applied: applied,
        total_heals_suggested: all,
        pending: count(&|s| s == SuggestionStatus::Pending),
        heals_in_runs: figures.iter().map(|f| f.used).sum(),
        success_rate: share_of(applied, applied + rejected).map(|rate| rate * 100.0),
        top_error_types,
        patterns_by_project,
        heals_last_24h: lately(0),
        heals_last_7d: lately(1),
        heals_last_30d: lately(2),
        avg_confidence,
        recent_heals: recent
            .into_iter()
            .map(|s| HealView {
                id: s.uid.to_string(),
                original: s.old_value,
                healed: s.new_value,
                error_type: s.error_type,
                confidence: s.confidence,
                created_at: s.reviewed_at.unwrap_or(s.created_at).rfc3339(),
            })
            .collect(),
    }))
}

/// The configuration as it counts, with the ids of whose it is.
async fn config_document(testing: &Testing, organization: i64, project: Option<(i64, Uid)>) -> Result<Value> {
    let id = project.map_or(0, |p| p.0);
    let counts: HealConfig = testing.heal_config(organization, id).await?;
    let row = testing.heal_config_row(organization, id).await?;
    // What can be sent at all: a way that is wanted but not set up reaches nobody.
    let ways = testing.platform.notify.ways().await?;
    let own: Vec<&String> = row.iter().flat_map(|r| r.fields.keys()).collect();
    // What each of the own fields would be without.
    let below = if id == 0 { HealConfig::of(&Map::new(), &Map::new()) } else { testing.heal_config(organization, 0).await? };
    let inherited: Map<String, Value> = own.iter().filter_map(|name| Some(((*name).clone(), below.fields().get(*name)?.clone()))).collect();
    let mut document = json!({
        "id": row.as_ref().map(|r| r.uid.to_string()), "organization_id": organization.to_string(),
        "project_id": project.map(|p| p.1.to_string()), "own_fields": own, "inherited": inherited,
        "delivery": { "email": ways.email, "slack": ways.slack },
        "created_at": row.as_ref().map(|r| Timestamp::rfc3339(r.created_at)), "updated_at": row.as_ref().map(|r| r.updated_at.rfc3339()),
    });
    if let Some(members) = document.as_object_mut() {
        members.extend(counts.fields().clone());
    }
    Ok(document)
}

async fn config(testing: Service, req: Req) -> Result<Reply> {
    let (organization, project) = place(&testing, &req).await?;
    Ok(Reply::json(&config_document(&testing, organization, project).await?))
}

async fn put_config(testing: Service, mut req: Req) -> Result<Reply> {
    let (organization, project) = place(&testing, &req).await?;
    let body: Map<String, Value> = req.json().await?;
    testing.put_heal_config(req.cx(), (organization, project.map_or(0, |p| p.0)), &body).await?;
    Ok(Reply::json(&config_document(&testing, organization, project).await?))
}
