//! Films the tab steps happen in. The browser tells of each change it painted, in a tiny picture; a large one is then
//! taken, at most five in a second.

use std::path::PathBuf;
use std::time::Duration;

use argos_cdp::{CdpError, Image, Page, ScreencastOptions, Screenshot};
use tokio::time::Instant;

use super::stage::Stage;
use crate::evidence::video::Video;

const INTERVAL: Duration = Duration::from_millis(200);
const PICTURE_TIMEOUT: Duration = Duration::from_secs(2);
/// How pictures of a film are taken, of tests and of browsers people drive.
pub const FILMED: Image = Image::Webp(60);

/// A film under way.
pub(crate) struct Film(Video);

impl Film {
    pub(crate) fn new(path: PathBuf, began: Instant) -> Self {
        Self(Video::new(path, began))
    }

    /// Films until it is dropped or the film is full; then it only waits.
    pub(crate) async fn record(&mut self, stage: &Stage) {
        let mut tabs = stage.tab_changes();
        while !self.0.is_full() {
            tabs.borrow_and_update();
            let Some(page) = stage.page() else {
                if tabs.changed().await.is_err() {
                    break;
                }
                continue;
            };
            tokio::select! {
                // Another tab may be the current one now.
                changed = tabs.changed() => if changed.is_err() { break },
                // It is gone, or cannot be filmed; the next change of tabs begins anew.
                _ = self.follow(&page) => if tabs.changed().await.is_err() { break },
            }
        }
        std::future::pending::<()>().await;
    }

    async fn follow(&mut self, page: &Page) -> Result<(), CdpError> {
        let changes = ScreencastOptions { image: Image::Jpeg(1), max_width: 32, max_height: 32, every_nth: 1 };
        let mut cast = page.screencast(&changes).await?;
        self.take(page).await?;
        while cast.next().await?.is_some() {
            let taken = Instant::now();
            self.take(page).await?;
            if self.0.is_full() {
                return Ok(());
            }
            // Changes that come sooner are in the picture after the interval.
            let mut more = false;
            while let Ok(next) = tokio::time::timeout_at(taken + INTERVAL, cast.next()).await {
                if next?.is_none() {
                    return Ok(());
                }
                more = true;
            }
            if more {
                self.take(page).await?;
            }
        }
        Ok(())
    }

    async fn take(&mut self, page: &Page) -> Result<(), CdpError> {
        let at = Instant::now();
        let what = Screenshot { image: FILMED, ..Screenshot::default() };
        let picture = match page.screenshot(&what, PICTURE_TIMEOUT).await {
            Ok(picture) => picture,
            // The page paints nothing just now.
            Err(CdpError::Timeout { .. } | CdpError::Protocol { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        self.0.add(&picture, at);
        Ok(())
    }

    /// Where the film is, when there is one.
    pub(crate) fn finish(self) -> Option<PathBuf> {
        self.0.finish()
    }
}
