//! Where a site really begins: people type `http://` and leave out `www.`, and the site sends them on.

use std::time::Duration;

use argos_kernel::{AppError, Result};
use argos_sitegraph::{origin_of, resolved, sibling};
use argos_webtest::{ApiRequest, HttpClient};

use super::robots::AGENT;
use crate::browser::guard::Reach;

const TIMEOUT: Duration = Duration::from_secs(10);
/// One to the other scheme, one to the other name, one to spare.
const HOPS_MAX: usize = 3;

/// The start, or where it sends a visitor on the same site. 400 `start_elsewhere` when that is another site. A start that
/// does not answer stays what it is: the browser says why.
pub(super) async fn follow(reach: &Reach, start: &str) -> Result<String> {
    let mut at = start.to_owned();
    for _ in 0..HOPS_MAX {
        let Some(next) = sent_to(reach, &at).await else { break };
        if origin_of(&next) == origin_of(&at) {
            break;
        }
        if !sibling(&at, &next) {
            let text = format!("The start page leads to another site, {}; explore that one", origin_of(&next).unwrap_or(next));
            return Err(AppError::bad_request(text).code("start_elsewhere"));
        }
        at = next;
    }
    Ok(at)
}

async fn sent_to(reach: &Reach, url: &str) -> Option<String> {
    let headers = vec![("user-agent".to_owned(), format!("{AGENT}/1.0"))];
    let request = ApiRequest { method: "GET".to_owned(), url: url.to_owned(), headers, body: None, timeout: TIMEOUT };
    let answer = reach.request(request).await.ok()?;
    let location = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
    matches!(answer.status, 301 | 302 | 303 | 307 | 308).then(|| resolved(url, &location?.1)).flatten()
}
