//! What an exploration would do, before it is asked for: whether the address may be reached, what robots.txt says, and
//! what the limits mean.

use argos_kernel::Result;
use argos_sitegraph::{Pattern, Scope, path_of};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::sessions::address;
use crate::actions::tests::fault;
use crate::browser::guard::Reach;
use crate::discovery::actions::input::StartBody;
use crate::discovery::actions::robots;
use crate::routes::Service;

/// Addresses of the sitemap that are shown.
const SHOWN: usize = 20;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/discovery/preview", "discovery.preview", "What an exploration would visit.", preview)
        .body::<StartBody>()
        .reply::<PreviewView>()
}

#[derive(Serialize, JsonSchema)]
struct PreviewView {
    app_url: String,
    /// Whether an exploration may begin.
    ready: bool,
    /// What stands against it.
    problem: Option<String>,
    /// found, problem, start_allowed, disallow, crawl_delay_ms and sitemaps; null when the site cannot be reached
    robots: Option<Value>,
    /// Addresses of the sitemap that would be visited, and the first of them.
    sitemap_total: usize,
    sitemap: Vec<String>,
    max_pages: i64,
    max_depth: i64,
    touches_controls: bool,
    never: [&'static str; 5],
}

async fn preview(testing: Service, mut req: Req) -> Result<Reply> {
    let body: StartBody = req.json().await?;
    if body.project_id.is_empty() {
        return Err(fault("project_id", "project_id is required"));
    }
    let access = testing.project_for(&req, &body.project_id).await?;
    let (wanted, _) = body.read()?;
    let app_url = address(body.app_url.as_deref(), &access.project)?;
    let values = testing.platform.identity.project_values(&access.project).await?;
    let hosts: Vec<String> = crate::discovery::actions::hosts_of(&values);
    let reach = Reach::of(&testing, &hosts).await?;
    let mut view = PreviewView {
        app_url: app_url.clone(),
        ready: false,
        problem: None,
        robots: None,
        sitemap_total: 0,
        sitemap: Vec::new(),
        max_pages: wanted.max_pages,
        max_depth: wanted.depth(),
        touches_controls: wanted.mode.touches(),
        never: ["sign out", "delete or remove", "pay or buy", "unsubscribe or deactivate", "send a form that is not a search"],
    };
    if let Err(why) = testing.pool.program() {
        view.problem = Some(why.message().to_owned());
        return Ok(Reply::json(&view));
    }
    if let Err(why) = reach.check(&app_url).await {
        view.problem = Some(why);
        return Ok(Reply::json(&view));
    }
    let compiled = |list: &[String]| list.iter().filter_map(|t| Pattern::parse(t).ok()).collect::<Vec<_>>();
    let scope = Scope::new(&app_url, &hosts, compiled(&wanted.include_patterns), compiled(&wanted.exclude_patterns));
    let scope = scope.ok_or_else(|| fault("app_url", "app_url must be an http or https address"))?;
    let heard = robots::ask(&reach, scope.start()).await;
    let allowed = heard.robots.allows(&path_of(scope.start()));
    let named = robots::named(&reach, &heard.robots, scope.start()).await;
    let taken = named.iter().filter_map(|u| argos_sitegraph::normalise(u)).filter(|u| scope.judge(u, "").is_ok());
    let taken: Vec<String> = taken.filter(|u| !wanted.respect_robots || heard.robots.allows(&path_of(u))).collect();
    view.ready = allowed || !wanted.respect_robots;
    if !view.ready {
        view.problem = Some("robots.txt asks programs not to visit the start page".to_owned());
    }
    view.robots = Some(robots::document(&heard, allowed));
    view.sitemap_total = taken.len();
    view.sitemap = taken.into_iter().take(SHOWN).collect();
    Ok(Reply::json(&view))
}
