//! How many pages of the fixture site the binary explores in a second, and what the server takes while it does.

use std::time::{Duration, Instant};

use argos_peers::{ArgosConfig, Chromium, Database, FixtureSite};
use serde_json::{Value, json};

use crate::{Outcome, process, report};

const PATIENCE: Duration = Duration::from_secs(300);
/// All that the site has.
const PAGES: u32 = 14;

pub(crate) fn run() -> Outcome {
    let chromium = Chromium::find()?.path.display().to_string();
    let config = ArgosConfig::with_database(Database::Sqlite).env("ARGOS_HTTP_RATE_LIMITING", "false").env("BROWSER_PATH", &chromium);
    let server = config.try_start().map_err(|e| e.to_string())?;
    let (client, site) = (server.admin(), FixtureSite::start());
    let project = client.post("/api/v1/projects", json!({"name": "Shop", "app_url": site.url("")})).expect_status(200).json();
    let body = json!({ "project_id": project["id"], "app_url": site.url("/explore/index.html"), "mode": "standard_crawl", "max_depth": 5 });
    let (cpu, began) = (process::cpu_time(server.pid())?, Instant::now());
    let made = client.post("/api/v1/discovery/sessions", body).expect_status(200).json();
    let address = format!("/api/v1/discovery/sessions/{}", made["id"].as_str().ok_or("no id")?);
    let mut last = Value::Null;
    argos_peers::wait_until("the site to be explored", PATIENCE, || {
        last = client.get(&address).expect_status(200).json();
        matches!(last["status"].as_str(), Some("completed" | "failed"))
    });
    let (took, found) = (began.elapsed().as_secs_f64(), f64::from(PAGES));
    if last["status"] != "completed" || last["pages_found"] != PAGES {
        return Err(format!("the site was not explored: {last}").into());
    }
    let used = process::cpu_time(server.pid())?.saturating_sub(cpu);
    report::figure("webtest.discovery", found / took, "pages/s");
    report::figure("webtest.discovery_cpu", used.as_secs_f64() * 1_000.0 / found, "ms a page outside Chromium");
    report::figure("webtest.server_rss", process::rss_mib(server.pid())?, "MiB, the whole server");
    server.stop();
    Ok(())
}
