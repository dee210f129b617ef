//! What is done to an element: found by its selector in the frame that is meant, waited for, acted upon.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use argos_cdp::{ClickOptions, DownloadState, Frame, Locator, Modifiers, MouseButton, Target};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Runner;
use super::perform::{option_text, text_value};
use super::step::Done;
use crate::failure::{ErrorCode, Failure};
use crate::outcome::{DownloadedFile, Phase};
use crate::pattern::Pattern;
use crate::plan::{Action, Step};
use crate::text::plain;

/// How far `up` and `down` go.
const SCROLL_STEP: f64 = 300.0;
/// Pause between two keys of `type`.
const TYPE_DELAY_MS: u64 = 50;

impl Runner<'_> {
    pub(crate) fn limit(&self, step: &Step) -> Duration {
        step.timeout_ms.or(step.execution.timeout_ms).map_or(self.options.default_timeout, Duration::from_millis)
    }

    /// Where `selector` leads, in the frame of the step or the one the test went into.
    pub(crate) fn locator(&self, selector: &str, frame: Option<&str>) -> Result<Locator, Failure> {
        Ok(self.page()?.locator(&format!("{}{selector}", self.way(frame)))?.strict(self.strict))
    }

    /// What a selector begins with that leads from the page's own document into the frame of the step.
    pub(crate) fn way(&self, frame: Option<&str>) -> String {
        let mut text = String::new();
        for frame in [self.frame.as_deref(), frame].into_iter().flatten() {
            if !frame.starts_with("frame=") {
                text.push_str("frame=");
            }
            text.push_str(frame);
            text.push_str(" >> ");
        }
        text
    }

    /// The frame scripts of the test run in.
    pub(crate) async fn script_frame(&self) -> Result<Frame, Failure> {
        self.frame_at(&self.way(None), self.options.default_timeout).await
    }

    /// The frame a way leads to.
    pub(crate) async fn frame_at(&self, way: &str, limit: Duration) -> Result<Frame, Failure> {
        let page = self.page()?;
        let frames = way.trim_end().trim_end_matches(">>");
        if frames.is_empty() {
            return Ok(page.main_frame());
        }
        Ok(page.locator(frames)?.frame(limit).await?)
    }

    pub(crate) async fn act(&mut self, phase: Phase, index: usize, written: &Step, step: &Step) -> Result<Done, Failure> {
        let (began, limit) = (Instant::now(), self.limit(step));
        let Some(selector) = &step.target else { return self.without_element(step).await };
        let locator = self.locator(selector, step.frame.as_deref())?;
        let mut done = Done::default();
        if !self.strict {
            let count = locator.count_within(limit).await?;
            if count > 0 {
                done.match_count = Some(count);
            }
            if count > 1 {
                done.warnings.push("ambiguous_selector".to_owned());
            }
        }
        // Whatever waits for the element shares the time of the step.
        self.remember(phase, index, written, &locator, limit.saturating_sub(began.elapsed())).await?;
        let limit = limit.saturating_sub(began.elapsed());
        let click = click_options(step)?;
        match step.action {
            Action::Click => locator.click(&click, limit).await?,
            Action::DoubleClick => locator.double_click(&click, limit).await?,
            Action::RightClick => locator.right_click(&click, limit).await?,
            Action::Hover => locator.hover(&click, limit).await?,
            Action::Tap => locator.tap(&click, limit).await?,
            Action::Focus => locator.focus(limit).await?,
            Action::Blur => locator.blur(limit).await?,
            Action::Fill => locator.fill(&text_value(step), limit).await?,
            Action::Clear => locator.clear(limit).await?,
            Action::Type => {
                let delay = step.options.get("delay").and_then(Value::as_u64).unwrap_or(TYPE_DELAY_MS);
                locator.type_text(&text_value(step), Duration::from_millis(delay), limit).await?;
            }
            Action::PressKey => locator.press(&text_value(step), limit).await?,
            Action::Check => locator.check(limit).await?,
            Action::Uncheck => locator.uncheck(limit).await?,
            Action::Select => {
                let values = texts(step.value.as_ref());
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                done.output = Some(json!(locator.select(&values, limit).await?));
            }
            Action::Scroll => self.scroll_element(&locator, step, limit).await?,
            Action::Drag => self.drag(&locator, step, limit).await?,
            Action::Upload => {
                let files = self.assets(step)?;
                locator.upload(&files, limit).await?;
            }
            Action::Download => done.output = Some(self.download(&locator, step, &click, limit).await?),
            other => return Err(Failure::script(format!("{other} acts on no element"))),
        }
        Ok(done)
    }

    /// Keys and scrolling go where the focus is, or to the page.
    async fn without_element(&mut self, step: &Step) -> Result<Done, Failure> {
        let page = self.page()?;
        match step.action {
            Action::Type => {
                let delay = step.options.get("delay").and_then(Value::as_u64).unwrap_or(TYPE_DELAY_MS);
                page.type_text(&text_value(step), Duration::from_millis(delay)).await?;
            }
            Action::PressKey => page.press(&text_value(step)).await?,
            Action::Scroll => {
                let frame = self.script_frame().await?;
                let script = match scroll(&text_value(step))? {
                    Scroll::By(x, y) => format!("scrollBy({{ left: {x}, top: {y}, behavior: 'instant' }})"),
                    Scroll::Top => "scrollTo({ top: 0, behavior: 'instant' })".to_owned(),
                    Scroll::Bottom => "scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })".to_owned(),
                };
                frame.evaluate::<Value>(&script).await?;
            }
            other => return Err(Failure::script(format!("{other} needs a target"))),
        }
        Ok(Done::default())
    }

    async fn scroll_element(&mut self, locator: &Locator, step: &Step, limit: Duration) -> Result<(), Failure> {
        let value = text_value(step);
        if value.is_empty() {
            return Ok(locator.scroll_into_view(limit).await?);
        }
        let (x, y) = match scroll(&value)? {
            Scroll::By(x, y) => (x, y),
            // Further than any box is long.
            Scroll::Top => (0.0, -1e7),
            Scroll::Bottom => (0.0, 1e7),
        };
        Ok(locator.scroll_by(x, y, limit).await?)
    }

    async fn drag(&mut self, locator: &Locator, step: &Step, limit: Duration) -> Result<(), Failure> {
        let value = text_value(step);
        let target = match pair(&value) {
            Some((x, y)) => Target::Offset(x, y),
            None => Target::Element(self.locator(&value, step.frame.as_deref())?),
        };
        Ok(locator.drag_to(&target, limit).await?)
    }

    /// The files of this machine that the names of assets mean; none outside the directory of assets.
    fn assets(&self, step: &Step) -> Result<Vec<PathBuf>, Failure> {
        let names = texts(step.value.as_ref());
        let Some(dir) = &self.options.assets else { return Err(Failure::script("upload: the project has no files")) };
        names.iter().filter(|name| !name.is_empty()).map(|name| asset(dir, name)).collect()
    }

    async fn download(&mut self, locator: &Locator, step: &Step, click: &ClickOptions, limit: Duration) -> Result<Value, Failure> {
        let stage = self.stage;
        let context = &stage.context;
        let Some(dir) = context.downloads_dir() else { return Err(Failure::script("download: the run keeps no files")) };
        let page = self.page()?;
        let expected = page.expect_download();
        locator.click(click, limit).await?;
        let download = expected.within(self.options.navigation_timeout).await?;
        if download.state != DownloadState::Completed {
            let over = context.download_bytes_max().filter(|max| download.received_bytes > *max);
            let why = over.map_or_else(|| "it was cancelled".to_owned(), |max| format!("it is larger than {max} bytes"));
            return Err(Failure::script(format!("{} was not downloaded: {why}", download.suggested_name)));
        }
        let wanted = text_value(step);
        if !wanted.is_empty() {
            let pattern = Pattern::parse(&wanted).map_err(Failure::script)?;
            if !pattern.matches(&download.suggested_name) {
                return Err(Failure::assertion(format!("the download is called {}, not {wanted}", download.suggested_name)));
            }
        }
        let file = DownloadedFile { path: dir.join(&download.guid), name: download.suggested_name, bytes: download.received_bytes };
        let output = json!({ "name": file.name, "bytes": file.bytes, "path": file.path });
        self.evidence.downloads.push(file);
        Ok(output)
    }
}

/// A file directly in or below the directory, reached without a way up and without a link.
fn asset(dir: &Path, name: &str) -> Result<PathBuf, Failure> {
    let refused = |why: &str| Failure::script(format!("upload: {name} {why}"));
    let relative = Path::new(name);
    if relative.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err(refused("leads out of the project's files"));
    }
    let mut path = dir.to_owned();
    for part in relative.components() {
        path.push(part);
        match path.symlink_metadata() {
            Ok(found) if found.is_symlink() => return Err(refused("is a link")),
            Ok(_) => {}
            Err(_) => return Err(refused("is not one of the project's files")),
        }
    }
    Ok(path)
}

enum Scroll {
    By(f64, f64),
    Top,
    Bottom,
}

fn scroll(value: &str) -> Result<Scroll, Failure> {
    let value = value.trim();
    Ok(match value {
        "up" => Scroll::By(0.0, -SCROLL_STEP),
        "" | "down" => Scroll::By(0.0, SCROLL_STEP),
        "left" => Scroll::By(-SCROLL_STEP, 0.0),
        "right" => Scroll::By(SCROLL_STEP, 0.0),
        "top" => Scroll::Top,
        "bottom" => Scroll::Bottom,
        other => match (pair(other), other.parse::<f64>()) {
            (Some((x, y)), _) => Scroll::By(x, y),
            (None, Ok(y)) if y.is_finite() => Scroll::By(0.0, y),
            _ => return Err(Failure::script(format!("scroll: {other} is none of x,y, up, down, left, right, top, bottom"))),
        },
    })
}

/// Two numbers with a comma between them.
fn pair(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    let (x, y): (f64, f64) = (x.trim().parse().ok()?, y.trim().parse().ok()?);
    (x.is_finite() && y.is_finite()).then_some((x, y))
}

/// One text or several.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(plain).collect(),
        Some(other) => vec![plain(other)],
    }
}

fn click_options(step: &Step) -> Result<ClickOptions, Failure> {
    let button = match option_text(step, "button").as_deref() {
        None | Some("left") => MouseButton::Left,
        Some("right") => MouseButton::Right,
        Some("middle") => MouseButton::Middle,
        Some(other) => return Err(Failure::script(format!("button: {other} is none of left, right, middle"))),
    };
    let mut modifiers = Modifiers::default();
    for name in texts(step.options.get("modifiers")) {
        let modifier = match name.to_lowercase().as_str() {
            "alt" => Modifiers::ALT,
            "control" | "ctrl" | "controlormeta" => Modifiers::CONTROL,
            "meta" | "command" | "cmd" => Modifiers::META,
            "shift" => Modifiers::SHIFT,
            _ => return Err(Failure::new(ErrorCode::ScriptError, format!("modifiers: {name} is none of Alt, Control, Meta, Shift"))),
        };
        modifiers = modifiers.with(modifier);
    }
    let position = step.options.get("position").and_then(|at| Some((at.get("x")?.as_f64()?, at.get("y")?.as_f64()?)));
    let force = step.options.get("force").and_then(Value::as_bool) == Some(true);
    Ok(ClickOptions { button, modifiers, position, force })
}
