//! Going to another document and knowing when it is there. Never waits for time: only for the events of loading, and
//! for the network being silent for half a second, which is what "idle" means.

use std::time::Duration;

use tokio::time::Instant;

use super::{Frame, Page};
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::network::Exchange;
use crate::protocol::page as p;

/// No request under way for this long.
const IDLE: Duration = Duration::from_millis(500);

/// How far a document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadState {
    /// The document was taken; nothing of it may be there yet.
    Commit,
    DomContentLoaded,
    #[default]
    Load,
    /// No request for half a second, after `load`.
    NetworkIdle,
}

/// What came of a navigation.
#[derive(Clone, Debug)]
pub struct Navigation {
    /// The answer that brought the document; `None` within a document and for addresses that ask no server.
    pub response: Option<Exchange>,
    /// The address is a download; the document stayed.
    pub download: bool,
}

impl LoadState {
    fn event(self) -> Option<&'static str> {
        match self {
            Self::Commit => None,
            Self::DomContentLoaded => Some("DOMContentLoaded"),
            Self::Load | Self::NetworkIdle => Some("load"),
        }
    }
}

impl Page {
    /// Opens an address in the main frame.
    pub async fn goto(&self, url: &str, until: LoadState, limit: Duration) -> Result<Navigation, CdpError> {
        self.main_frame().goto(url, until, limit).await
    }

    pub async fn reload(&self, until: LoadState, limit: Duration) -> Result<Navigation, CdpError> {
        let frame = self.main_frame();
        let deadline = Deadline::within(limit);
        let before = frame.navigations();
        deadline.wait("the reload", self.inner.session.call(&p::Reload::default())).await??;
        frame.arrive(before, until, &deadline).await
    }

    /// One entry back in the history; false when there is none.
    pub async fn go_back(&self, until: LoadState, limit: Duration) -> Result<bool, CdpError> {
        self.go(-1, until, limit).await
    }

    pub async fn go_forward(&self, until: LoadState, limit: Duration) -> Result<bool, CdpError> {
        self.go(1, until, limit).await
    }

    async fn go(&self, delta: i64, until: LoadState, limit: Duration) -> Result<bool, CdpError> {
        let deadline = Deadline::within(limit);
        let history = self.inner.session.call(&p::GetNavigationHistory {}).await?;
        let entry = usize::try_from(history.current_index + delta).ok().and_then(|index| history.entries.get(index));
        let Some(entry) = entry else { return Ok(false) };
        let frame = self.main_frame();
        let before = frame.navigations();
        self.inner.session.call(&p::NavigateToHistoryEntry { entry_id: entry.id }).await?;
        frame.arrive(before, until, &deadline).await?;
        Ok(true)
    }

    /// Waits until the present document of the main frame is that far.
    pub async fn wait_for_load(&self, until: LoadState, limit: Duration) -> Result<(), CdpError> {
        self.main_frame().wait_for_load(until, &Deadline::within(limit)).await
    }

    /// Waits until the address of the main frame is one that `wanted` accepts.
    pub async fn wait_for_url(&self, mut wanted: impl FnMut(&str) -> bool, limit: Duration) -> Result<String, CdpError> {
        let deadline = Deadline::within(limit);
        let id = self.main_frame().id().to_owned();
        self.inner
            .wait_for("the address", &deadline, |state| {
                let url = &state.frames.get(&id)?.url;
                wanted(url).then(|| Ok(url.clone()))
            })
            .await
    }
}

impl Frame {
    /// Opens an address in this frame.
    pub async fn goto(&self, url: &str, until: LoadState, limit: Duration) -> Result<Navigation, CdpError> {
        let deadline = Deadline::within(limit);
        // The page's own session reaches every frame; that of a frame ends when it changes its process.
        let session = &self.page().inner.session;
        let before = self.navigations();
        let navigate = p::Navigate { url: url.to_owned(), frame_id: Some(self.id().to_owned()), referrer: None };
        let navigated = deadline.wait(&format!("opening {url}"), session.call_within(&navigate, limit)).await??;
        if navigated.is_download == Some(true) {
            return Ok(Navigation { response: None, download: true });
        }
        if let Some(reason) = navigated.error_text.filter(|text| !text.is_empty()) {
            // A download and an answer without content leave the document as it was.
            if reason == "net::ERR_ABORTED" && self.was_download(&navigated.loader_id) {
                return Ok(Navigation { response: None, download: true });
            }
            return Err(self.refusal(url, reason));
        }
        let Some(loader_id) = navigated.loader_id else {
            // Within the document.
            self.arrive(before, LoadState::Commit, &deadline).await?;
            return Ok(Navigation { response: None, download: false });
        };
        self.page()
            .inner
            .wait_for(&format!("opening {url}"), &deadline, |state| match state.frames.get(self.id()) {
                None => Some(Err(CdpError::TargetClosed { method: format!("opening {url}") })),
                // The page may have gone on by itself; then the newer document counts.
                Some(frame) => frame.loaders.contains(&loader_id).then_some(Ok(())),
            })
            .await?;
        self.wait_for_load(until, &deadline).await?;
        Ok(Navigation { response: self.page().inner.state().network.document(&loader_id), download: false })
    }

    fn was_download(&self, loader_id: &Option<String>) -> bool {
        let response = loader_id.as_ref().and_then(|id| self.page().inner.state().network.document(id)).and_then(|e| e.response);
        response.is_some_and(|r| {
            r.headers.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("content-disposition") && value.as_str().is_some_and(|v| v.trim_start().starts_with("attachment"))
            })
        })
    }

    /// Blocked by our guard, or refused by the network.
    fn refusal(&self, url: &str, reason: String) -> CdpError {
        if reason == "net::ERR_BLOCKED_BY_CLIENT"
            && let Some(context) = self.page().inner.context.upgrade()
            && let Some(blocked) = context.blocked().iter().rev().find(|blocked| blocked.frame_id == self.id())
        {
            return CdpError::Blocked { url: blocked.url.clone(), reason: blocked.reason.clone() };
        }
        CdpError::Navigation { url: url.to_owned(), reason }
    }

    /// How often it navigated.
    pub(crate) fn navigations(&self) -> u64 {
        self.page().inner.state().frames.get(self.id()).map_or(0, |frame| frame.navigations)
    }

    /// Waits for a navigation after `before` and for its document.
    async fn arrive(&self, before: u64, until: LoadState, deadline: &Deadline) -> Result<Navigation, CdpError> {
        let loader = self
            .page()
            .inner
            .wait_for("the navigation", deadline, |state| {
                let frame = state.frames.get(self.id())?;
                (frame.navigations > before).then(|| Ok(frame.loader().to_owned()))
            })
            .await?;
        self.wait_for_load(until, deadline).await?;
        Ok(Navigation { response: self.page().inner.state().network.document(&loader), download: false })
    }

    pub(crate) async fn wait_for_load(&self, until: LoadState, deadline: &Deadline) -> Result<(), CdpError> {
        let what = format!("loading {}", self.url());
        let page = &self.page().inner;
        if let Some(event) = until.event() {
            page.wait_for(&what, deadline, |state| state.frames.get(self.id())?.has(event).then_some(Ok(()))).await?;
        }
        if until != LoadState::NetworkIdle {
            return Ok(());
        }
        loop {
            let since = page.wait_for(&what, deadline, |state| state.network.idle_since().map(Ok)).await?;
            let idle = deadline.wait(&what, tokio::time::timeout_at(since + IDLE, self.busy(since))).await?;
            if idle.is_err() {
                return Ok(());
            }
        }
    }

    /// Resolves when the silence that began at `since` is over.
    async fn busy(&self, since: Instant) -> Result<(), CdpError> {
        let far = Deadline::within(Duration::from_secs(3600));
        self.page().inner.wait_for("a request", &far, |state| (state.network.idle_since() != Some(since)).then_some(Ok(()))).await
    }
}
