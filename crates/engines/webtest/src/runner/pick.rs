//! Elements of a page that a person points at or could mean, with the selectors that name each alone.

use std::collections::BTreeMap;

use argos_cdp::{CdpError, Page};
use serde::{Deserialize, Serialize};

use crate::heal::Fingerprint;
use crate::selector::{ALTERNATIVES_MAX, RankedSelector, is_generated, ranked};

const PICK: &str = include_str!("pick.js");

/// An element of a page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Seen {
    /// The selectors that name it alone, the steadiest first; at most six. Empty when none does.
    pub selectors: Vec<RankedSelector>,
    pub look: Fingerprint,
    /// What is written in a field; never a password.
    pub value: Option<String>,
    pub attributes: BTreeMap<String, String>,
    /// Left, top, width, height in CSS pixels of the view.
    pub bounds: (f64, f64, f64, f64),
}

#[derive(Deserialize)]
struct Told {
    look: Fingerprint,
    value: Option<String>,
    attributes: BTreeMap<String, String>,
    bounds: (f64, f64, f64, f64),
    /// On the way to it, the outermost first.
    frames: Vec<Fingerprint>,
}

fn script(call: &str) -> String {
    format!("{PICK}({}).{call}", crate::LOOK.trim_end())
}

/// What a person means who points at this place of the view: the control around it, through open shadow roots and frames of
/// the same site; a frame of another site is meant itself. `None` where there is nothing.
pub async fn pick(page: &Page, x: f64, y: f64) -> Result<Option<Seen>, CdpError> {
    let told: Option<Told> = page.main_frame().evaluate_apart(&script(&format!("at({x}, {y})"))).await?;
    let Some(told) = told else { return Ok(None) };
    let Some(way) = way_into(page, &told.frames).await? else { return Ok(Some(told.seen(Vec::new()))) };
    let selectors = naming(page, &way, &told.look, ALTERNATIVES_MAX + 1).await?;
    Ok(Some(told.seen(selectors)))
}

/// The controls of the page that are visible, in its order, at most `most`; those in frames are not among them. Each has the
/// steadiest selector that names it alone.
pub async fn observe(page: &Page, most: usize) -> Result<Vec<Seen>, CdpError> {
    let told: Vec<Told> = page.main_frame().evaluate_apart(&script(&format!("all({most})"))).await?;
    let mut found = Vec::with_capacity(told.len());
    for told in told {
        let selectors = naming(page, "", &told.look, 1).await?;
        found.push(told.seen(selectors));
    }
    Ok(found)
}

impl Told {
    fn seen(self, selectors: Vec<RankedSelector>) -> Seen {
        Seen { selectors, look: self.look, value: self.value, attributes: self.attributes, bounds: self.bounds }
    }
}

/// The selectors that name an element alone behind `way`.
async fn naming(page: &Page, way: &str, look: &Fingerprint, most: usize) -> Result<Vec<RankedSelector>, CdpError> {
    let mut found = Vec::new();
    for candidate in ranked(look) {
        let selector = format!("{way}{}", candidate.selector);
        if page.locator(&selector)?.count().await? == 1 {
            found.push(RankedSelector { selector, ..candidate });
            if found.len() >= most {
                break;
            }
        }
    }
    Ok(found)
}

/// What selectors of elements in frames begin with, the outermost frame first; `None` where nothing names one of them alone.
pub async fn way_into(page: &Page, frames: &[Fingerprint]) -> Result<Option<String>, CdpError> {
    let mut way = String::new();
    for frame in frames {
        let Some(selector) = frame_selector(page, &way, frame).await? else { return Ok(None) };
        way = format!("{way}frame={selector} >> ");
    }
    Ok(Some(way))
}

/// CSS for the element of a frame, as recordings write it: every language a test is exported to knows it.
async fn frame_selector(page: &Page, way: &str, frame: &Fingerprint) -> Result<Option<String>, CdpError> {
    let tag = frame.tag.as_deref().unwrap_or("iframe");
    let by = |name: &str, value: &Option<String>| {
        let value = value.as_deref().filter(|value| !is_generated(value))?;
        Some(format!("{tag}[{name}={}]", crate::selector::css_quoted(value)))
    };
    let named = [by("id", &frame.id), by("name", &frame.name), by("title", &frame.title)];
    for selector in named.into_iter().flatten().chain([tag.to_owned()]) {
        if page.locator(&format!("{way}{selector}"))?.count().await? == 1 {
            return Ok(Some(selector));
        }
    }
    Ok(None)
}
