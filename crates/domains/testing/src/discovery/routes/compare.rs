//! Explorations of a project over time, and what changed between two of them.

use std::collections::{BTreeMap, BTreeSet};

use argos_kernel::{PageRequest, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::sessions::status_of;
use crate::actions::tests::fault;
use crate::discovery::model::{Discovery, Page, Status};
use crate::discovery::store::{flows, pages, sessions};
use crate::routes::Service;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/discovery/projects/{pid}/history", "discovery.history", "Explorations of a project, newest first.", history)
        .param("status", "pending, running, paused, completed, failed, cancelled")
        .param("limit", "1-100, default 20")
        .param("offset", "explorations to skip")
        .reply::<Vec<LineView>>()
        .get("/api/v1/discovery/projects/{pid}/compare", "discovery.compare", "What changed between two explorations.", compare)
        .param("session_id_1", "the earlier one; else what a `diff` was begun to be compared with")
        .param("session_id_2", "the later one")
        .reply::<CompareView>()
}

#[derive(Serialize, JsonSchema)]
struct LineView {
    id: String,
    project_id: String,
    status: Status,
    pages_found: i64,
    flows_found: i64,
    started_at: Option<String>,
    completed_at: Option<String>,
    /// Of work, pauses left out.
    duration_seconds: i64,
    coverage_score: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Change<T> {
    old: T,
    new: T,
}

#[derive(Serialize, JsonSchema)]
struct ChangesView {
    title: Option<Change<String>>,
    elements_count: Option<Change<i64>>,
    status_code: Option<Change<Option<i64>>>,
}

#[derive(Serialize, JsonSchema)]
struct ChangedView {
    url: String,
    changes: ChangesView,
}

#[derive(Serialize, JsonSchema)]
struct CompareView {
    session_1_id: String,
    session_2_id: String,
    new_pages: Vec<String>,
    removed_pages: Vec<String>,
    changed_pages: Vec<ChangedView>,
    new_flows: Vec<String>,
    removed_flows: Vec<String>,
    /// Unknown when one of them has no score.
    coverage_change: Option<f64>,
    summary: String,
}

async fn history(testing: Service, req: Req) -> Result<Reply> {
    let access = testing.project_for(&req, req.param("pid")).await?;
    let q = req.query();
    let filter = sessions::Filter {
        organization_id: access.project.organization_id,
        project_id: Some(access.project.id),
        status: status_of(q.filled("status"))?,
    };
    let page = PageRequest { limit: q.int_clamped("limit", 20, 1, 100)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let found = sessions::list(&testing.platform.store.state, &filter, page).await?;
    let line = |d: Discovery| LineView {
        id: d.uid.to_string(),
        project_id: d.project_uid.to_string(),
        status: d.status,
        pages_found: d.found.pages,
        flows_found: d.found.flows,
        started_at: d.started_at.map(argos_kernel::Timestamp::rfc3339),
        completed_at: d.completed_at.map(argos_kernel::Timestamp::rfc3339),
        duration_seconds: d.found.active_ms / 1_000,
        coverage_score: d.coverage_score,
    };
    let lines: Vec<LineView> = found.items.into_iter().map(line).collect();
    Ok(Reply::json(&lines).total_count(found.total))
}

fn changed(old: &Page, new: &Page) -> Option<ChangedView> {
    let changes = ChangesView {
        title: (old.title != new.title).then(|| Change { old: old.title.clone(), new: new.title.clone() }),
        elements_count: (old.elements_count != new.elements_count).then_some(Change { old: old.elements_count, new: new.elements_count }),
        status_code: (old.status_code != new.status_code).then_some(Change { old: old.status_code, new: new.status_code }),
    };
    let any = changes.title.is_some() || changes.elements_count.is_some() || changes.status_code.is_some();
    any.then(|| ChangedView { url: new.url.clone(), changes })
}

async fn compare(testing: Service, req: Req) -> Result<Reply> {
    let access = testing.project_for(&req, req.param("pid")).await?;
    let q = req.query();
    let given = |name: &str| q.filled(name).map(str::to_owned).ok_or_else(|| fault(name, format!("{name} is required")));
    let (second, _) = testing.discovery_named(&req, &given("session_id_2")?).await?;
    let earlier = match (q.filled("session_id_1"), &second.wanted.compared_with) {
        (None, Some(before)) => before.clone(),
        _ => given("session_id_1")?,
    };
    let (first, _) = testing.discovery_named(&req, &earlier).await?;
    for d in [&first, &second] {
        if d.project_id != access.project.id {
            return Err(crate::discovery::actions::lifecycle::not_found());
        }
    }
    let db = &testing.platform.store.state;
    let (old, new) = (pages::all(db, first.id).await?, pages::all(db, second.id).await?);
    let by_url = |list: &[Page]| list.iter().map(|p| (p.url.clone(), p.clone())).collect::<BTreeMap<_, _>>();
    let (old, new) = (by_url(&old), by_url(&new));
    let names = async |id: i64| -> Result<BTreeSet<String>> { Ok(flows::of(db, id).await?.into_iter().map(|f| f.flow.name).collect()) };
    let (old_flows, new_flows) = (names(first.id).await?, names(second.id).await?);
    let view = CompareView {
        session_1_id: first.uid.to_string(),
        session_2_id: second.uid.to_string(),
        new_pages: new.keys().filter(|u| !old.contains_key(*u)).cloned().collect(),
        removed_pages: old.keys().filter(|u| !new.contains_key(*u)).cloned().collect(),
        changed_pages: new.iter().filter_map(|(u, p)| changed(old.get(u)?, p)).collect(),
        new_flows: new_flows.difference(&old_flows).cloned().collect(),
        removed_flows: old_flows.difference(&new_flows).cloned().collect(),
        coverage_change: first.coverage_score.zip(second.coverage_score).map(|(a, b)| ((b - a) * 100.0).round() / 100.0),
        summary: String::new(),
    };
    let summary = format!("{} new, {} gone, {} changed pages", view.new_pages.len(), view.removed_pages.len(), view.changed_pages.len());
    Ok(Reply::json(&CompareView { summary, ..view }))
}
