//! A page that one call looks at: of a browser of its own, which ends with the call, or of a session that is there.

use std::sync::Arc;
use std::time::Duration;

use argos_cdp::LoadState;
use argos_kernel::{AppError, Result, Timestamp};
use argos_web::Req;
use schemars::JsonSchema;
use serde::Deserialize;

use super::sessions::{close, failed, named, open};
use super::tests::fault;
use crate::browser::live::{Session, Turn};
use crate::model::live::Wish;
use crate::model::settings::is_web_address;
use crate::service::Testing;

const GOTO: Duration = Duration::from_secs(30);

/// Where it happens.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(crate) struct PagePlace {
    /// http or https.
    pub(crate) url: String,
    /// A session that is there; else a browser of its own.
    session_id: Option<String>,
    /// Whose settings, variables and secrets are used in a browser of its own.
    project_id: Option<String>,
    /// Only `chromium`.
    browser: Option<String>,
}

/// A session, and whether it is this call's own: then it ends with it, also when the caller goes away.
pub(crate) struct Held {
    pub(crate) session: Arc<Session>,
    own: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.own {
            self.session.end();
        }
    }
}

impl Held {
    /// The right to do something to the page, which is at the address then, wherever it was; 409 while somebody else does.
    pub(crate) async fn turn_at(&self, url: &str) -> Result<Turn<'_>> {
        let turn = self.session.turn()?;
        if !self.own && !is_same_address(&self.session.page().url(), url) {
            self.session.page().goto(url, LoadState::Load, GOTO).await.map_err(|e| failed(&e))?;
        }
        Ok(turn)
    }

    /// The video of a session of its own, once that is over.
    pub(crate) async fn video(&self, testing: &Testing, now: Timestamp) -> Result<Option<String>> {
        if !self.own {
            return Ok(None);
        }
        close(&self.session).await?;
        Ok(testing.sessions.ended(self.session.uid, now).and_then(|ended| ended.video))
    }
}

/// Whether a page that is at the one need not go to the other, however they are written.
fn is_same_address(one: &str, other: &str) -> bool {
    // As whoever reads addresses writes them.
    let written = |url: &str| argos_sitegraph::resolved(url, url);
    written(one).is_some_and(|one| Some(one) == written(other))
}

/// The session of the call; one of its own is at the address.
pub(crate) async fn held(testing: &Arc<Testing>, req: &Req, place: &PagePlace, record_video: bool) -> Result<Held> {
    if !is_web_address(&place.url) {
        return Err(fault("url", "url must be an http or https address"));
    }
    if place.browser.as_deref().is_some_and(|name| name != "chromium") {
        return Err(AppError::bad_request("Only chromium is available").code("browser_not_available").with("field", "browser"));
    }
    if let Some(id) = &place.session_id {
        let session = named(testing, req, id).await?;
        session.used(req.cx().now());
        return Ok(Held { session, own: false });
    }
    let access = match &place.project_id {
        Some(text) => Some(testing.project_for(req, text).await?),
        None => None,
    };
    let organization_id = match &access {
        Some(access) => access.project.organization_id,
        None => testing.platform.identity.organization_of(req).await?.organization.id,
    };
    let wish = Wish { url: Some(place.url.clone()), project_id: place.project_id.clone(), record_video, ..Wish::default() };
    let session = open(testing, wish, (organization_id, access.as_ref().map(|a| &a.project)), None).await?;
    Ok(Held { session, own: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_the_same_however_it_is_written() {
        assert!(is_same_address("https://shop.test/", "https://shop.test"));
        assert!(is_same_address("https://shop.test/a?x=1#b", "HTTPS://Shop.test:443/a?x=1#b"));
        assert!(!is_same_address("https://shop.test/a#b", "https://shop.test/a"));
        assert!(!is_same_address("about:blank", "https://shop.test/"));
    }
}
