//! Pictures of steps and of the end, the document beside them, and the steps in the trace. Evidence is never worth a
//! failure: what cannot be taken is absent.

use std::time::Duration;

use argos_cdp::{Image, Screenshot};
use serde_json::json;

use super::Runner;
use super::perform::text_value;
use super::step::Done;
use crate::evidence::trace::Seen;
use crate::failure::{ErrorCode, Failure};
use crate::options::ScreenshotMode;
use crate::outcome::{Phase, Picture, RunEvent, StepResult, StepStatus};
use crate::plan::Step;

/// What a picture may take; a page that paints nothing gives none.
const PICTURE_TIMEOUT: Duration = Duration::from_secs(5);
pub(super) const JPEG_QUALITY: u8 = 75;
/// The same for its document.
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(5);
/// For its markup; a page whose document never came has none.
const MARKUP_TIMEOUT: Duration = Duration::from_secs(2);
const DOM_BYTES_MAX: usize = 2 << 20;
/// Gives the document as it looks, for a viewer that runs nothing and loads nothing.
const DOCUMENT: &str = include_str!("document.js");

impl Runner<'_> {
    /// A picture of the current tab; evidence is not worth a failure.
    pub(super) async fn picture(&self, image: Image) -> Option<Picture> {
        let page = self.stage.page()?;
        let what = Screenshot { image, ..Screenshot::default() };
        let bytes = page.screenshot(&what, PICTURE_TIMEOUT).await.ok()?;
        Some(Picture { mime: if image == Image::Png { "image/png" } else { "image/jpeg" }, bytes: bytes.into() })
    }

    /// The document of the current tab, when a trace is written.
    pub(crate) async fn document(&self) -> Option<String> {
        self.trace.as_ref()?;
        // A frame's text stands quoted in the one around it, where nothing hidden would be found any more.
        let clean = |dom: String| crate::text::cut(self.redactor.clean(&dom), DOM_BYTES_MAX);
        self.stage.page()?.tell_whole(DOCUMENT, &clean, DOCUMENT_TIMEOUT).await.ok()
    }

    /// When the last request began that the pages sent so far, in milliseconds since the epoch.
    fn last_request_ms(&self) -> Option<i64> {
        let begun = self.stage.all_pages().into_iter().filter_map(|page| page.last_request_at());
        // Seconds of a clock fit: 53 bits hold milliseconds for a long time to come.
        #[expect(clippy::cast_possible_truncation, reason = "a time of this century")]
        begun.reduce(f64::max).map(|seconds| (seconds * 1_000.0) as i64)
    }

    /// What a step left, when pictures are wanted.
    pub(crate) async fn picture_of_step(&mut self, result: &mut StepResult, failed: bool) -> Option<Picture> {
        result.url = self.stage.page().map(|page| self.redactor.clean(&page.url()));
        let every = self.options.screenshots == ScreenshotMode::EveryStep && result.status != StepStatus::Skipped;
        let first_failure = failed && self.options.screenshots != ScreenshotMode::Off && self.evidence.failure_screenshot.is_none();
        if !every && !first_failure || result.error_code == Some(ErrorCode::BrowserCrashed) {
            return None;
        }
        let picture = self.picture(if first_failure { Image::Png } else { Image::Jpeg(JPEG_QUALITY) }).await?;
        if first_failure {
            self.evidence.failure_screenshot = Some(picture.clone());
            if let Some(page) = self.stage.page()
                && let Ok(Ok(dom)) = tokio::time::timeout(MARKUP_TIMEOUT, page.content()).await
            {
                self.evidence.failure_dom = Some(crate::text::cut(self.redactor.clean(&dom), DOM_BYTES_MAX));
            }
        }
        self.tell_picture(result.phase, result.step_index, picture.clone());
        result.has_screenshot = true;
        Some(picture)
    }

    fn tell_picture(&self, phase: Phase, index: usize, picture: Picture) {
        self.observer.on(RunEvent::Screenshot { phase, index, picture });
    }

    /// Writes a step into the trace.
    pub(crate) async fn trace_step(&mut self, result: &StepResult, before: Option<&str>, picture: Option<Picture>) {
        if self.trace.is_none() {
            return;
        }
        let after = self.document().await;
        let picture = match picture {
            Some(picture) => Some(picture),
            None => self.picture(Image::Jpeg(JPEG_QUALITY)).await,
        };
        let tree = self.tree().await.map(|tree| tree.to_string());
        let until_ms = self.last_request_ms();
        if let Some(trace) = &mut self.trace {
            trace.step(result, &Seen { before, after: after.as_deref(), picture: picture.as_ref(), tree: tree.as_deref(), until_ms });
        }
    }

    /// What the end of the test looks like, before the teardown.
    pub(crate) async fn picture_of_the_end(&mut self, failed: bool) {
        if self.options.screenshots == ScreenshotMode::Off {
            return;
        }
        self.evidence.final_screenshot = match &self.evidence.failure_screenshot {
            Some(picture) if failed => Some(picture.clone()),
            _ => self.picture(Image::Jpeg(JPEG_QUALITY)).await,
        };
    }

    /// The action `screenshot`: of the view, all of the page, or an element.
    pub(crate) async fn screenshot(&mut self, phase: Phase, index: usize, step: &Step) -> Result<Done, Failure> {
        let limit = self.limit(step);
        let bytes = self.shot(step.target.as_deref(), step.frame.as_deref(), text_value(step) == "full", limit).await?;
        let picture = Picture { mime: "image/png", bytes: bytes.into() };
        let output = json!({ "bytes": picture.bytes.len() });
        self.tell_picture(phase, index, picture);
        Ok(Done::with(output))
    }

    pub(crate) async fn shot(
        &self,
        target: Option<&str>,
        frame: Option<&str>,
        full_page: bool,
        limit: Duration,
    ) -> Result<Vec<u8>, Failure> {
        let what = Screenshot { full_page, ..Screenshot::default() };
        Ok(match target {
            Some(selector) => self.locator(selector, frame)?.screenshot(&what, limit).await?,
            None => self.page()?.screenshot(&what, limit.max(PICTURE_TIMEOUT)).await?,
        })
    }
}
