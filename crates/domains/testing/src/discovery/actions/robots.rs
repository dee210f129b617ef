//! What a site says to programs: its robots file and its sitemaps, asked with the guarded client of the process.

use std::time::Duration;

use argos_sitegraph::{Robots, Sitemap, origin_of, sitemap};
use argos_webtest::{ApiRequest, HttpClient};
use serde_json::{Value, json};

use crate::browser::guard::Reach;

/// The name the robots file may speak of us by.
pub(crate) const AGENT: &str = "argos";
const TIMEOUT: Duration = Duration::from_secs(10);
/// Sitemaps that are read.
const FILES_MAX: usize = 4;
const ADDRESSES_MAX: usize = 500;
const RULES_SHOWN: usize = 50;

/// What was heard.
pub(crate) struct Heard {
    pub(crate) robots: Robots,
    pub(crate) found: bool,
    /// Why the file could not be read.
    pub(crate) problem: Option<String>,
}

async fn get(reach: &Reach, url: &str) -> Result<(u16, String), String> {
    let headers = vec![("user-agent".to_owned(), format!("{AGENT}/1.0"))];
    let request = ApiRequest { method: "GET".to_owned(), url: url.to_owned(), headers, body: None, timeout: TIMEOUT };
    let response = reach.request(request).await?;
    Ok((response.status, String::from_utf8_lossy(&response.body).into_owned()))
}

/// Asks for the robots file; a site without one closes nothing.
pub(crate) async fn ask(reach: &Reach, start: &str) -> Heard {
    let none = |problem| Heard { robots: Robots::default(), found: false, problem };
    let Some(origin) = origin_of(start) else { return none(None) };
    match get(reach, &format!("{origin}/robots.txt")).await {
        Ok((200, text)) if !text.trim_start().starts_with('<') => Heard { robots: Robots::parse(&text, AGENT), found: true, problem: None },
        Ok((status, _)) if status >= 500 => none(Some(format!("robots.txt: HTTP {status}"))),
        Ok(_) => none(None),
        Err(why) => none(Some(why)),
    }
}

/// The addresses that the sitemaps name.
pub(crate) async fn named(reach: &Reach, robots: &Robots, start: &str) -> Vec<String> {
    let mut files: Vec<String> = robots.sitemaps().to_vec();
    if files.is_empty() {
        files.extend(origin_of(start).map(|o| format!("{o}/sitemap.xml")));
    }
    let (mut found, mut read) = (Vec::new(), 0);
    while let Some(file) = (read < FILES_MAX).then(|| files.get(read).cloned()).flatten() {
        read += 1;
        // A sitemap that cannot be read names nothing; the pages are found by their links.
        let Ok((200, text)) = get(reach, &file).await else { continue };
        match sitemap(&text) {
            Sitemap::Pages(list) => found.extend(list),
            Sitemap::Index(list) => files.extend(list),
        }
    }
    found.truncate(ADDRESSES_MAX);
    found
}

/// What is shown of it.
pub(crate) fn document(heard: &Heard, start_allowed: bool) -> Value {
    json!({
        "found": heard.found,
        "problem": heard.problem,
        "start_allowed": start_allowed,
        "disallow": heard.robots.disallowed().take(RULES_SHOWN).collect::<Vec<_>>(),
        "crawl_delay_ms": heard.robots.delay_ms(),
        "sitemaps": heard.robots.sitemaps(),
    })
}
