//! The video of a browser somebody drives: a picture of each change, at most five in a second. May be lost in a crash.

use std::path::PathBuf;
use std::time::Duration;

use argos_cdp::{Page, Screenshot};
use argos_kernel::BoxFuture;
use argos_webtest::{FILMED, Video};
use tokio::time::{Instant, sleep_until};

const INTERVAL: Duration = Duration::from_millis(200);
const PICTURE: Duration = Duration::from_secs(2);

/// A video under way.
pub(crate) struct Film {
    page: Page,
    /// Where its file lies, alone.
    dir: PathBuf,
    video: Video,
    taking: Option<(Instant, BoxFuture<'static, Option<Vec<u8>>>)>,
    last: Instant,
    due: Option<Instant>,
}

impl Film {
    /// The directory is there already, and is the film's.
    pub(crate) fn new(page: Page, dir: PathBuf) -> Self {
        let now = Instant::now();
        Self { video: Video::new(dir.join("video.webm"), now), page, dir, taking: None, last: now, due: Some(now) }
    }

    /// Goes on with another tab.
    pub(crate) fn turn_to(&mut self, page: Page) {
        self.page = page;
        self.changed();
    }

    /// The page shows something else.
    pub(crate) fn changed(&mut self) {
        if !self.video.is_full() {
            self.due.get_or_insert(self.last + INTERVAL);
        }
    }

    /// Takes the next picture when it is due; it may be left at any moment.
    pub(crate) async fn turn(&mut self) {
        if self.taking.is_none() {
            match self.due {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
            let (page, now) = (self.page.clone(), Instant::now());
            (self.due, self.last) = (None, now);
            let what = Screenshot { image: FILMED, ..Screenshot::default() };
            // A page that paints nothing gives none.
            self.taking = Some((now, Box::pin(async move { page.screenshot(&what, PICTURE).await.ok() })));
        }
        if let Some((at, taking)) = &mut self.taking {
            let (at, picture) = (*at, taking.await);
            self.taking = None;
            if let Some(picture) = picture {
                self.video.add(&picture, at);
            }
        }
    }

    /// The file, when there is one, and the directory to be removed once it was read.
    pub(crate) fn finish(self) -> (Option<PathBuf>, PathBuf) {
        (self.video.finish(), self.dir)
    }
}

/// What a session may have none of.
pub(super) async fn turn(film: &mut Option<Film>) {
    match film {
        Some(film) => film.turn().await,
        None => std::future::pending().await,
    }
}
