//! What only somebody who uses the page notices: a walk with the Tab key (2.1.2, 2.4.3, 2.4.7), a narrow screen (1.4.10), the
//! edges of fields (1.4.11), what moves by itself (2.2.2), and for level AAA the size of what is pressed (2.5.5).

use argos_cdp::{CdpError, Page, Viewport};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::report::Level;

/// Presses of the Tab key, at most.
const PRESSES_MAX: usize = 200;
/// The narrow screen of 1.4.10.
const NARROW: u32 = 320;

const HELPERS: &str = include_str!("own.js");
const PAINTED: &str = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Walk {
    trap: Vec<Value>,
    focus: Vec<Value>,
    order: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Edges {
    weak: Vec<Value>,
    unsure: Vec<Value>,
}

fn rule(id: &str, impact: &str, level: &str, criterion: &str, help: &str, nodes: &[Value]) -> Value {
    json!({ "id": id, "impact": impact, "tags": [level, criterion], "help": help, "nodes": nodes })
}

/// Rules that hold are told as passed, so that their criteria count.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) violations: Vec<Value>,
    pub(crate) passes: Vec<Value>,
    /// What a person has to look at.
    pub(crate) incomplete: Vec<Value>,
}

impl Found {
    fn add(&mut self, rule: Value) {
        let broken = rule["nodes"].as_array().is_some_and(|nodes| !nodes.is_empty());
        let list = if broken { &mut self.violations } else { &mut self.passes };
        list.push(rule);
    }

    /// What no rule can decide; nothing is said where there is nothing to look at.
    fn ask(&mut self, rule: Value) {
        if rule["nodes"].as_array().is_some_and(|nodes| !nodes.is_empty()) {
            self.incomplete.push(rule);
        }
    }
}

/// Presses Tab until it comes round or nothing more is reached.
async fn walk(page: &Page) -> Result<Walk, CdpError> {
    let frame = page.main_frame();
    let begin = format!("globalThis.argosAudit = {HELPERS}; globalThis.argosAudit.begin()");
    let stops: usize = frame.evaluate_apart(&begin).await?;
    for _ in 0..PRESSES_MAX.min(stops * 2 + 3) {
        page.press("Tab").await?;
        if !frame.evaluate_apart::<bool>("globalThis.argosAudit.look()").await? {
            break;
        }
    }
    frame.evaluate_apart("globalThis.argosAudit.end()").await
}

/// What is wide on a narrow screen; the page has its size back afterwards.
async fn reflow(page: &Page, viewport: &Viewport) -> Result<Vec<Value>, CdpError> {
    page.set_viewport(&Viewport { width: NARROW, ..*viewport }).await?;
    let look = async {
        let frame = page.main_frame();
        let _painted: bool = frame.evaluate_apart(PAINTED).await?;
        frame.evaluate_apart::<Vec<Value>>(&format!("({HELPERS}).reflow()")).await
    };
    let found = look.await;
    page.set_viewport(viewport).await?;
    found
}

/// The rules of ours that were asked for, in the form in which axe-core tells its own. `viewport` is the size the page has.
pub(crate) async fn rules(page: &Page, whole: bool, keyboard: bool, narrow: Option<&Viewport>, level: Level) -> Result<Found, CdpError> {
    let mut found = Found::default();
    let help = "What moves by itself for more than five seconds can be stopped";
    // Before the walk: what has the focus may hold an animation.
    if whole {
        let moving: Vec<Value> = page.main_frame().evaluate_apart(&format!("({HELPERS}).motion()")).await?;
        found.ask(rule("motion", "serious", "wcag2a", "wcag222", help, &moving));
    }
    if whole && level >= Level::Aa {
        let edges: Edges = page.main_frame().evaluate_apart(&format!("({HELPERS}).edges()")).await?;
        let help = "The edge of a field must be seen against what is around it";
        let told = |nodes: &[Value]| rule("non-text-contrast", "serious", "wcag21aa", "wcag1411", help, nodes);
        if edges.unsure.is_empty() || !edges.weak.is_empty() {
            found.add(told(&edges.weak));
        }
        found.ask(told(&edges.unsure));
    }
    if whole && keyboard {
        let walk = walk(page).await?;
        found.add(rule("keyboard-trap", "critical", "wcag2a", "wcag212", "The Tab key must lead through the whole page", &walk.trap));
        found.ask(rule(
            "focus-order",
            "serious",
            "wcag2a",
            "wcag243",
            "The Tab key must lead through the page in an order that makes sense",
            &walk.order,
        ));
        if level >= Level::Aa {
            found.add(rule("focus-visible", "serious", "wcag2aa", "wcag247", "The element with the focus must be seen", &walk.focus));
        }
    }
    if let Some(viewport) = narrow.filter(|_| whole && level >= Level::Aa) {
        let wide = reflow(page, viewport).await?;
        let help = "The page must fit a screen of 320 pixels without scrolling sideways";
        found.add(rule("reflow", "serious", "wcag21aa", "wcag1410", help, &wide));
    }
    if level == Level::Aaa {
        let nodes: Vec<Value> = page.main_frame().evaluate_apart(&format!("({HELPERS}).targets()")).await?;
        found.add(rule("target-size-enhanced", "moderate", "wcag21aaa", "wcag255", "What is pressed must be 44 by 44 pixels", &nodes));
    }
    // A page that scrolled to what had the focus is at its top again.
    page.main_frame().evaluate_apart::<Value>("(scrollTo(0, 0), null)").await?;
    Ok(found)
}
