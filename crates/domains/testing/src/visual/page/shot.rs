//! A picture of a page that stands still: fonts and images are there, animations at their end, no caret, no scrollbars,
//! two frames in a row the same. The page gets back what was changed.

use std::time::Duration;

use argos_cdp::{CdpError, Frame, Locator, Page, Screenshot};
use argos_imagediff::Picture;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::visual::model::layout::{Facts, Rect};
use crate::visual::model::verdict::area;
use crate::visual::model::wanted::Region;

const STEADY: &str = include_str!("steady.js");
const FACTS: &str = include_str!("facts.js");
const PAINTED: &str = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
/// How long two frames may take to be the same.
const SAME_WITHIN: Duration = Duration::from_secs(5);
/// How long fonts and images may take, in milliseconds.
const PATIENCE_MS: u32 = 5_000;
/// What masks are painted with.
const MASK: [u8; 4] = [255, 0, 255, 255];

/// What is taken.
#[derive(Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) whole: bool,
    /// Instead of the page.
    pub(crate) element: Option<Locator>,
    pub(crate) ignore: Vec<Region>,
    pub(crate) mask: Vec<String>,
    pub(crate) hide: Vec<String>,
    /// Look for responsive faults; touch targets too.
    pub(crate) issues: Option<bool>,
    /// Device pixels for one CSS pixel.
    pub(crate) scale: f64,
    pub(crate) limit: Duration,
}

/// What was taken.
pub(crate) struct Shot {
    pub(crate) png: Vec<u8>,
    pub(crate) picture: Picture,
    pub(crate) facts: Facts,
    /// In CSS pixels of the picture.
    pub(crate) ignored: Vec<Rect>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Said {
    facts: Facts,
    ignored: Vec<Rect>,
    masks: Vec<Rect>,
    unknown: Vec<String>,
    /// Masks that cover nothing, because nothing is there.
    unmatched: Vec<String>,
}

/// Why there is no picture.
#[derive(Debug)]
pub(crate) enum ShotError {
    Browser(CdpError),
    /// What the browser gave is no picture.
    Picture(String),
}

impl From<CdpError> for ShotError {
    fn from(error: CdpError) -> Self {
        Self::Browser(error)
    }
}

impl std::fmt::Display for ShotError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Browser(error) => error.fmt(f),
            Self::Picture(why) => write!(f, "the browser gave no picture: {why}"),
        }
    }
}

/// Takes a picture of a page, or of one element of it.
pub(crate) async fn take(page: &Page, wanted: &Wanted) -> Result<Shot, ShotError> {
    let main = page.main_frame();
    // The document of an element in a frame stands still as well, and says what is there.
    let inner = match &wanted.element {
        Some(element) => Some(element.frame(wanted.limit).await?).filter(|frame| frame.id() != main.id()),
        None => None,
    };
    let steady = json!({ "hide": wanted.hide, "whole": wanted.whole, "patience": PATIENCE_MS });
    let documents = || [Some(&main), inner.as_ref()].into_iter().flatten();
    // Whatever fails on the way, the others are given back what was changed.
    let taken = async {
        let mut unknown: Vec<String> = Vec::new();
        for frame in documents() {
            unknown = frame.evaluate_apart(&format!("({STEADY})({steady})")).await?;
        }
        frames(page, inner.as_ref().unwrap_or(&main), wanted, &unknown).await
    }
    .await;
    for frame in documents() {
        // A page that went away has nothing to be given back.
        drop(frame.evaluate_apart::<bool>("globalThis.argosSteady ? globalThis.argosSteady.restore() : true").await);
    }
    taken
}

fn no_selector(selector: &String) -> String {
    format!("unknown_region: {selector} is no selector")
}

async fn frames(page: &Page, document: &Frame, wanted: &Wanted, unknown: &[String]) -> Result<Shot, ShotError> {
    let mut warnings: Vec<String> = unknown.iter().map(no_selector).collect();
    let began = Instant::now();
    let mut png = one(page, wanted).await?;
    loop {
        let _painted: bool = page.main_frame().evaluate_apart(PAINTED).await?;
        let next = one(page, wanted).await?;
        let same = next == png;
        png = next;
        if same {
            break;
        }
        if began.elapsed() >= SAME_WITHIN {
            warnings.push("unstable: the page never showed the same picture twice".to_owned());
            break;
        }
    }
    let said = facts(page, document, wanted).await?;
    warnings.extend(said.unknown.iter().map(no_selector));
    warnings.extend(said.unmatched.iter().map(|selector| format!("unknown_region: {selector} selects nothing, so nothing is masked")));
    let mut picture = Picture::from_png(&png).map_err(|e| ShotError::Picture(e.to_string()))?;
    if !said.masks.is_empty() {
        for mask in &said.masks {
            picture.fill(area(*mask, wanted.scale), MASK);
        }
        png = picture.to_png().map_err(|e| ShotError::Picture(e.to_string()))?;
    }
    let ignored = said.ignored.into_iter().filter(|r| r.is_finite()).collect();
    Ok(Shot { png, picture, facts: said.facts.bounded(), ignored, warnings })
}

async fn one(page: &Page, wanted: &Wanted) -> Result<Vec<u8>, CdpError> {
    let what = Screenshot { full_page: wanted.whole, ..Screenshot::default() };
    match &wanted.element {
        Some(element) => element.screenshot(&what, wanted.limit).await,
        None => page.screenshot(&what, wanted.limit).await,
    }
}

/// What the page says of itself, where the picture was taken.
async fn facts(page: &Page, document: &Frame, wanted: &Wanted) -> Result<Said, ShotError> {
    const BOX: &str = "function () { const box = this.getBoundingClientRect(); return { x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height }; }";
    let frame: Option<Rect> = match &wanted.element {
        Some(element) => Some(element.evaluate(BOX, &Value::Null, wanted.limit).await?),
        None => None,
    };
    let asked = json!({
        "whole": wanted.whole, "frame": frame, "ignore": wanted.ignore, "issues": wanted.issues.is_some(),
        "mask": wanted.mask.iter().map(|s| json!({ "selector": s })).collect::<Vec<_>>(), "touch": wanted.issues == Some(true),
    });
    let mut said: Said = document.evaluate_apart(&format!("({FACTS})({asked})")).await?;
    said.facts.url = page.url();
    let messages = page.console().into_iter().filter(|m| m.kind == "error").map(|m| m.text);
    said.facts.console_errors = messages.chain(page.script_errors().into_iter().map(|e| e.message)).collect();
    Ok(said)
}
