//! Pictures of a page: of its view, of all of it, of a part, of an element, as a film, and as paper.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use super::{Page, PageEvent, PageEvents};
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::protocol::page as p;
use crate::session::Session;
use crate::stream::decode;

/// Longest side of a whole page in CSS pixels; a page without an end is cut there.
const FULL_PAGE_MAX: f64 = 16_384.0;

/// A larger picture shows nothing more.
const SCALE_MAX: f64 = 4.0;

/// What the browser says of a document that is not shown any more, or not yet.
const BEING_REPLACED: &str = "Not attached to an active page";
/// Settles when the document was painted once more.
const NEXT_FRAME: &str = "new Promise((done) => requestAnimationFrame(() => done(true)))";

/// The form of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Image {
    #[default]
    Png,
    /// Quality 0 to 100.
    Jpeg(u8),
    Webp(u8),
}

impl Image {
    fn format(self) -> (&'static str, Option<u8>) {
        match self {
            Self::Png => ("png", None),
            Self::Jpeg(quality) => ("jpeg", Some(quality.min(100))),
            Self::Webp(quality) => ("webp", Some(quality.min(100))),
        }
    }
}

/// What is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Screenshot {
    pub image: Image,
    /// All of the page instead of what is in view.
    pub full_page: bool,
    /// A part: x, y, width and height in CSS pixels of the page.
    pub clip: Option<(f64, f64, f64, f64)>,
    /// Pixels of the picture for one of the page, such as 0.5.
    pub scale: Option<f64>,
}

/// How a page is printed; lengths in inches, the browser's defaults without.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pdf {
    pub landscape: bool,
    pub background: bool,
    pub paper: Option<(f64, f64)>,
    pub margin: Option<f64>,
    pub scale: Option<f64>,
    /// Such as `1-3, 5`.
    pub pages: Option<String>,
}

/// How a film is taken.
#[derive(Clone, Copy, Debug)]
pub struct ScreencastOptions {
    pub image: Image,
    pub max_width: u32,
    pub max_height: u32,
    /// Every how many frames one is taken.
    pub every_nth: u32,
}

impl Default for ScreencastOptions {
    fn default() -> Self {
        Self { image: Image::Jpeg(80), max_width: 1280, max_height: 720, every_nth: 1 }
    }
}

/// A film under way; dropping it ends it. Who is slow loses the oldest frames.
pub struct Screencast {
    session: Session,
    frames: broadcast::Receiver<Arc<p::ScreencastFrame>>,
}

/// One frame of a film.
#[derive(Clone, Debug)]
pub struct ScreencastFrame {
    pub image: Vec<u8>,
    /// Seconds since the epoch.
    pub timestamp: Option<f64>,
    /// Frames lost just before.
    pub lost: u64,
}

impl Screencast {
    /// The next frame; `None` when the page is gone.
    pub async fn next(&mut self) -> Result<Option<ScreencastFrame>, CdpError> {
        let mut lost = 0;
        loop {
            match self.frames.recv().await {
                Ok(frame) => {
                    let image = decode("Page.screencastFrame", &frame.data)?;
                    return Ok(Some(ScreencastFrame { image, timestamp: frame.metadata.timestamp, lost }));
                }
                Err(broadcast::error::RecvError::Lagged(count)) => lost += count,
                Err(broadcast::error::RecvError::Closed) => return Ok(None),
            }
        }
    }
}

impl Drop for Screencast {
    fn drop(&mut self) {
        self.session.send(&p::StopScreencast {});
    }
}

impl Page {
    /// Takes a picture.
    pub async fn screenshot(&self, what: &Screenshot, limit: Duration) -> Result<Vec<u8>, CdpError> {
        let scale = what.scale.unwrap_or(1.0);
        if !(scale > 0.0 && scale <= SCALE_MAX) {
            return Err(CdpError::Invalid(format!("scale: more than 0 and at most {SCALE_MAX}")));
        }
        let clip = match what.clip {
            Some((x, y, width, height)) if width > 0.0 && height > 0.0 => Some(p::Clip { x, y, width, height, scale }),
            Some(_) => return Err(CdpError::Invalid("clip: width and height must be more than 0".to_owned())),
            None if what.full_page => {
                let size = self.inner.session.call(&p::GetLayoutMetrics {}).await?.css_content_size;
                let (width, height) = (size.width.clamp(1.0, FULL_PAGE_MAX), size.height.clamp(1.0, FULL_PAGE_MAX));
                Some(p::Clip { x: 0.0, y: 0.0, width, height, scale })
            }
            None if what.scale.is_some() => {
                let view = self.inner.session.call(&p::GetLayoutMetrics {}).await?.css_visual_viewport;
                Some(p::Clip { x: view.page_x, y: view.page_y, width: view.client_width, height: view.client_height, scale })
            }
            None => None,
        };
        let (format, quality) = what.image.format();
        let capture = p::CaptureScreenshot {
            format: format.to_owned(),
            quality,
            capture_beyond_viewport: Some(clip.is_some()),
            clip,
            from_surface: None,
            // Much faster, a little larger.
            optimize_for_speed: Some(true),
        };
        let deadline = Deadline::within(limit);
        let mut events = self.events();
        loop {
            // Asked of a document that is being replaced, the browser refuses or never answers: the next one is asked.
            let picture = tokio::select! {
                picture = self.inner.session.call_within(&capture, deadline.left()) => picture,
                () = self.replaced(&mut events) => continue,
            };
            match picture {
                Ok(picture) => return decode("Page.captureScreenshot", &picture.data),
                Err(CdpError::Protocol { message, .. }) if message.contains(BEING_REPLACED) => {
                    let painted = async { self.main_frame().evaluate_apart::<bool>(NEXT_FRAME).await.is_ok() };
                    let next = async {
                        tokio::select! {
                            painted = painted => painted,
                            () = self.replaced(&mut events) => true,
                        }
                    };
                    // A document that went away while it was asked says nothing of the next one.
                    if !deadline.wait("Page.captureScreenshot", next).await? {
                        deadline.wait("Page.captureScreenshot", self.replaced(&mut events)).await?;
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until another document takes the place of the page's.
    async fn replaced(&self, events: &mut PageEvents) {
        let main = self.main_frame();
        loop {
            match events.next().await {
                Some(Ok(PageEvent::FrameNavigated { frame_id, same_document: false, .. })) if frame_id == main.id() => return,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Prints the page.
    pub async fn pdf(&self, how: &Pdf, limit: Duration) -> Result<Vec<u8>, CdpError> {
        let print = p::PrintToPdf {
            print_background: how.background,
            landscape: how.landscape,
            prefer_css_page_size: how.paper.is_none(),
            transfer_mode: "ReturnAsBase64".to_owned(),
            scale: how.scale,
            paper_width: how.paper.map(|paper| paper.0),
            paper_height: how.paper.map(|paper| paper.1),
            margin_top: how.margin,
            margin_bottom: how.margin,
            margin_left: how.margin,
            margin_right: how.margin,
            page_ranges: how.pages.clone(),
        };
        let printed = self.inner.session.call_within(&print, limit).await?;
        decode("Page.printToPDF", &printed.data)
    }

    /// Begins a film; each frame is taken when the browser painted one.
    pub async fn screencast(&self, options: &ScreencastOptions) -> Result<Screencast, CdpError> {
        let frames = self.inner.screencast.subscribe();
        let (format, quality) = options.image.format();
        let start = p::StartScreencast {
            format: if format == "webp" { "jpeg" } else { format }.to_owned(),
            quality,
            max_width: Some(options.max_width),
            max_height: Some(options.max_height),
            every_nth_frame: Some(options.every_nth.max(1)),
        };
        self.inner.session.call(&start).await?;
        Ok(Screencast { session: self.inner.session.clone(), frames })
    }
}
