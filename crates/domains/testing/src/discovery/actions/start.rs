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

/// What becomes of a start that sends a visitor on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hop {
    /// It stays the start.
    Stay,
    Go,
    /// It leads to another site.
    Elsewhere,
}

/// Whoever is not signed in may be sent elsewhere to do so: with an account the browser looks for itself. A safe address
/// never becomes one anybody may read on the way: the account would be sent there.
fn hop(at: &str, next: &str, has_account: bool) -> Hop {
    let is_safe = |url: &str| origin_of(url).is_some_and(|o| o.starts_with("https:"));
    if !sibling(at, next) {
        return if has_account { Hop::Stay } else { Hop::Elsewhere };
    }
    if origin_of(next) == origin_of(at) || (is_safe(at) && !is_safe(next)) { Hop::Stay } else { Hop::Go }
}

/// The start, or where it sends a visitor on the same site. 400 `start_elsewhere` when that is another site and no account
/// was given. A start that does not answer stays what it is: the browser says why.
pub(super) async fn follow(reach: &Reach, start: &str, has_account: bool) -> Result<String> {
    let mut at = start.to_owned();
    for _ in 0..HOPS_MAX {
        let Some(next) = sent_to(reach, &at).await else { break };
        match hop(&at, &next, has_account) {
            Hop::Stay => break,
            Hop::Go => at = next,
            Hop::Elsewhere => {
                let text = format!("The start page leads to another site, {}; explore that one", origin_of(&next).unwrap_or(next));
                return Err(AppError::bad_request(text).code("start_elsewhere"));
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_is_followed_on_its_site_and_never_from_a_safe_address_to_another() {
        for (at, next, account, expected) in [
            ("http://shop.example/", "https://shop.example/", false, Hop::Go),
            ("https://shop.example/", "https://www.shop.example/", true, Hop::Go),
            ("https://shop.example/", "https://shop.example/en", false, Hop::Stay),
            ("https://shop.example/", "http://shop.example/", true, Hop::Stay),
            ("https://app.example/", "https://sso.example/login", false, Hop::Elsewhere),
            ("https://app.example/", "https://sso.example/login", true, Hop::Stay),
        ] {
            assert_eq!(hop(at, next, account), expected, "{at} {next} {account}");
        }
    }
}
