//! What an exploration saw: pages, their pictures, how they lead to each other, and what is wrong with them.

use std::collections::{BTreeMap, HashMap, HashSet};

use argos_kernel::{AppError, PageRequest, Result, Uid};
use argos_sitegraph::{PageType, normalise};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::tests::fault;
use crate::discovery::actions::site_view;
use crate::discovery::model::{AddressState, Discovery, FailedRequest, Page};
use crate::discovery::store::{addresses, pages};
use crate::discovery::view::{PageDetailView, PageView};
use crate::routes::Service;
use crate::service::Testing;

/// Addresses that were left out, in the answer.
const LEFT_OUT_MAX: usize = 300;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/discovery/sessions/{id}/pages", "discovery.pages", "Pages in the order they were visited.", list)
        .param("page_type", "auth_login, landing, list, form, ...")
        .param("limit", "1-500, default 100")
        .param("offset", "pages to skip")
        .reply::<Vec<PageView>>()
        .get("/api/v1/discovery/sessions/{id}/pages/{page_id}", "discovery.page", "A page with its elements and forms.", get)
        .reply::<OnePageView>()
        .get("/api/v1/discovery/sessions/{id}/screenshots", "discovery.screenshots", "Pictures of the pages.", screenshots)
        .param("limit", "1-500, default 100")
        .param("offset", "pictures to skip")
        .reply::<ScreenshotsView>()
        .get("/api/v1/discovery/sessions/{id}/graph", "discovery.graph", "How the pages lead to each other.", graph)
        .reply::<GraphView>()
        .get(
            "/api/v1/discovery/sessions/{id}/findings",
            "discovery.findings",
            "What is wrong with the site, and what was left out.",
            findings,
        )
        .reply::<FindingsView>()
}

#[derive(Serialize, JsonSchema)]
struct OnePageView {
    success: bool,
    page: PageDetailView,
}

#[derive(Serialize, JsonSchema)]
struct ScreenshotView {
    page_id: String,
    url: String,
    title: String,
    screenshot_url: String,
    artifact_id: String,
    width: u32,
    height: u32,
    captured_at: String,
}

#[derive(Serialize, JsonSchema)]
struct ScreenshotsView {
    session_id: String,
    screenshots: Vec<ScreenshotView>,
    total: i64,
}

#[derive(Serialize, JsonSchema)]
struct EdgeView {
    /// Ids of pages.
    from: String,
    to: String,
    /// What the link says.
    label: String,
}

#[derive(Serialize, JsonSchema)]
struct GraphView {
    pages: Vec<PageView>,
    edges: Vec<EdgeView>,
}

#[derive(Serialize, JsonSchema)]
struct BrokenView {
    url: String,
    status: Option<i64>,
    error: Option<String>,
    /// Pages that lead there.
    linked_from: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct ConsoleView {
    page_id: String,
    page_url: String,
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct RequestView {
    page_id: String,
    page_url: String,
    #[serde(flatten)]
    request: FailedRequest,
}

#[derive(Serialize, JsonSchema)]
struct LeftOutView {
    url: String,
    /// dangerous, robots, excluded, not_included, not_a_page, endless, too_deep, sampled, foreign
    reason: String,
    label: String,
    from_url: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ControlView {
    page_url: String,
    /// What it says, and why it was not tried.
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct FindingsView {
    broken_links: Vec<BrokenView>,
    console_errors: Vec<ConsoleView>,
    failed_requests: Vec<RequestView>,
    left_out: Vec<LeftOutView>,
    left_alone: Vec<ControlView>,
    /// What scripts of the pages asked, each address once.
    endpoints: Vec<AskedAddressView>,
}

#[derive(Serialize, JsonSchema)]
struct AskedAddressView {
    method: String,
    /// Without its query.
    url: String,
    times: i64,
    /// What it answered, each status once.
    statuses: Vec<i64>,
    pages: Vec<String>,
}

/// Addresses by what they are, with how often and where they were asked.
fn endpoints(all: &[Page]) -> Vec<AskedAddressView> {
    let mut found: BTreeMap<(String, String), AskedAddressView> = BTreeMap::new();
    for page in all {
        for asked in &page.findings.endpoints {
            let url = asked.url.split(['?', '#']).next().unwrap_or_default().to_owned();
            let blank =
                || AskedAddressView { method: asked.method.clone(), url: url.clone(), times: 0, statuses: Vec::new(), pages: Vec::new() };
            let entry = found.entry((url.clone(), asked.method.clone())).or_insert_with(blank);
            entry.times += 1;
            entry.statuses.extend(asked.status.filter(|s| !entry.statuses.contains(s)));
            if entry.pages.last() != Some(&page.url) {
                entry.pages.push(page.url.clone());
            }
        }
    }
    found.into_values().collect()
}

fn shown(testing: &Testing, d: &Discovery, p: &Page) -> PageView {
    let mut view = PageView::of(d.uid, p);
    view.screenshot_url = p.screenshot.as_deref().map(|id| testing.signed(id));
    view
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let q = req.query();
    let kind = q
        .filled("page_type")
        .map(|w| PageType::parse(w).ok_or_else(|| fault("page_type", format!("unknown page_type `{w}`"))))
        .transpose()?;
    let page = PageRequest { limit: q.int_clamped("limit", 100, 1, 500)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let db = &testing.platform.store.state;
    let found = pages::of(db, session.id, kind.map(PageType::as_str), page).await?;
    let total = pages::count(db, session.id, kind.map(PageType::as_str)).await?;
    let views: Vec<PageView> = found.iter().map(|p| shown(&testing, &session, p)).collect();
    Ok(Reply::json(&views).total_count(total))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let absent = || AppError::not_found("Page not found");
    let uid: Uid = req.param("page_id").parse().map_err(|_| absent())?;
    let page = pages::find(&testing.platform.store.state, session.id, uid).await?.ok_or_else(absent)?;
    Ok(Reply::json(&OnePageView { success: true, page: PageDetailView::of(shown(&testing, &session, &page), &page) }))
}

async fn screenshots(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let q = req.query();
    let (limit, offset) = (q.int_clamped("limit", 100, 1, 500)?, q.int_clamped("offset", 0, 0, i64::MAX)?);
    let (limit, offset) = (usize::try_from(limit).unwrap_or(100), usize::try_from(offset).unwrap_or(usize::MAX));
    let all = pages::all(&testing.platform.store.state, session.id).await?;
    let pictured: Vec<(&Page, &String)> = all.iter().filter_map(|p| Some((p, p.screenshot.as_ref()?))).collect();
    let view = |(p, id): &(&Page, &String)| ScreenshotView {
        page_id: p.uid.to_string(),
        url: p.url.clone(),
        title: p.title.clone(),
        screenshot_url: testing.signed(id),
        artifact_id: (*id).clone(),
        width: site_view().0,
        height: site_view().1,
        captured_at: p.discovered_at.rfc3339(),
    };
    Ok(Reply::json(&ScreenshotsView {
        session_id: session.uid.to_string(),
        total: i64::try_from(pictured.len()).unwrap_or(i64::MAX),
        screenshots: pictured.iter().skip(offset).take(limit).map(view).collect(),
    }))
}

async fn graph(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let all = pages::all(&testing.platform.store.state, session.id).await?;
    let by_url: HashMap<&str, &Page> = all.iter().map(|p| (p.url.as_str(), p)).collect();
    let mut edges = Vec::new();
    let mut known = HashSet::new();
    for page in &all {
        for link in &page.seen.links {
            let Some(to) = normalise(&link.href).and_then(|u| by_url.get(u.as_str()).copied()) else { continue };
            if to.uid != page.uid && known.insert((page.uid, to.uid)) {
                edges.push(EdgeView { from: page.uid.to_string(), to: to.uid.to_string(), label: link.text.clone() });
            }
        }
        for pushed in &page.seen.pushed {
            let Some(to) = normalise(pushed).and_then(|u| by_url.get(u.as_str()).copied()) else { continue };
            if to.uid != page.uid && known.insert((page.uid, to.uid)) {
                edges.push(EdgeView { from: page.uid.to_string(), to: to.uid.to_string(), label: String::new() });
            }
        }
    }
    Ok(Reply::json(&GraphView { pages: all.iter().map(|p| shown(&testing, &session, p)).collect(), edges }))
}

async fn findings(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let db = &testing.platform.store.state;
    let all = pages::all(db, session.id).await?;
    let met = addresses::of(db, session.id, None, 10_000).await?;
    let mut linked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for page in &all {
        let targets: HashSet<String> = page.seen.links.iter().filter_map(|l| normalise(&l.href)).collect();
        for target in targets {
            linked.entry(target).or_default().push(page.url.clone());
        }
    }
    let from = |url: &str| linked.get(url).cloned().unwrap_or_default();
    let refused = all.iter().filter(|p| p.status_code.is_some_and(|s| s >= 400));
    let refused = refused.map(|p| BrokenView { url: p.url.clone(), status: p.status_code, error: None, linked_from: from(&p.url) });
    let failed = met.iter().filter(|a| a.state == AddressState::Failed);
    let failed = failed.map(|a| BrokenView { url: a.url.clone(), status: None, error: a.reason.clone(), linked_from: from(&a.url) });
    let said = |p: &Page| {
        p.findings
            .console_errors
            .iter()
            .map(|t| ConsoleView { page_id: p.uid.to_string(), page_url: p.url.clone(), text: t.clone() })
            .collect::<Vec<_>>()
    };
    let asked = |p: &Page| {
        p.findings
            .failed_requests
            .iter()
            .map(|r| RequestView { page_id: p.uid.to_string(), page_url: p.url.clone(), request: r.clone() })
            .collect::<Vec<_>>()
    };
    let left_out = met.iter().filter(|a| a.state == AddressState::Refused).take(LEFT_OUT_MAX).map(|a| LeftOutView {
        url: a.url.clone(),
        reason: a.reason.clone().unwrap_or_default(),
        label: a.label.clone(),
        from_url: a.from_url.clone(),
    });
    let mut alone = HashSet::new();
    let controls = all.iter().flat_map(|p| p.findings.left_alone.iter().map(move |t| (p, t))).filter(|(_, t)| alone.insert((*t).clone()));
    Ok(Reply::json(&FindingsView {
        broken_links: refused.chain(failed).collect(),
        console_errors: all.iter().flat_map(said).collect(),
        failed_requests: all.iter().flat_map(asked).collect(),
        left_out: left_out.collect(),
        endpoints: endpoints(&all),
        left_alone: controls.map(|(p, t)| ControlView { page_url: p.url.clone(), text: t.clone() }).collect(),
    }))
}
