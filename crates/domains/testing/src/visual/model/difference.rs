//! What differs between two pages, told element by element and area by area, with how much it matters.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::color;
use super::layout::{Element, Rect, matched};

/// Differences that are kept.
pub const DIFFERENCES_MAX: usize = 200;

/// The kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Layout,
    Content,
    Style,
    Missing,
    New,
    /// It changes all the time, so it says nothing.
    Dynamic,
}

/// How much a difference matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Minor,
    Major,
    Critical,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// `diff_0` and on.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub severity: Severity,
    pub description: String,
    pub location: String,
    /// Its selector; none for an area no element explains.
    pub element: Option<String>,
    pub expected: Option<String>,
    pub actual: Option<String>,
    pub is_regression: bool,
    pub bounds_baseline: Option<Rect>,
    pub bounds_current: Option<Rect>,
    /// 0 to 1
    pub confidence: f64,
}

/// What is known of the page beside its elements.
pub struct Around<'a> {
    /// Areas of the picture that differ, in CSS pixels.
    pub areas: &'a [Rect],
    /// Areas nobody compares.
    pub ignored: &'a [Rect],
    /// Selectors of elements that changed in most of the last approved comparisons.
    pub learned: &'a HashSet<String>,
    /// Width times height of the view.
    pub viewport_area: f64,
}

const STYLES: [&str; 11] = [
    "display",
    "visibility",
    "opacity",
    "position",
    "color",
    "background-color",
    "font-size",
    "font-weight",
    "margin",
    "padding",
    "border",
];

/// A difference before it has its number and was judged dynamic.
struct Found {
    kind: Kind,
    severity: Severity,
    description: String,
    element: Option<String>,
    change: (Option<String>, Option<String>),
    before: Option<Rect>,
    after: Option<Rect>,
    confidence: f64,
}

fn name(e: &Element) -> String {
    if e.text.is_empty() { e.tag.clone() } else { format!("{} “{}”", e.tag, e.text.chars().take(40).collect::<String>()) }
}

fn place(r: Rect) -> String {
    format!("{:.0}, {:.0} · {:.0} × {:.0}", r.x, r.y, r.width, r.height)
}

fn unmatched(e: &Element, kind: Kind) -> Found {
    let severity = if kind == Kind::Missing && (e.interactive || e.heading) { Severity::Critical } else { Severity::Major };
    let (gone, word) = (kind == Kind::Missing, if kind == Kind::Missing { "is not there any more" } else { "is new" });
    Found {
        kind,
        severity,
        description: format!("{} {word}", name(e)),
        element: Some(e.selector.clone()),
        change: if gone { (Some(name(e)), None) } else { (None, Some(name(e))) },
        before: gone.then_some(e.bounds),
        after: (!gone).then_some(e.bounds),
        confidence: 0.9,
    }
}

/// What a pair of the same element differs in.
fn changes(a: &Element, b: &Element) -> Vec<Found> {
    let mut found = Vec::new();
    let mut add = |kind, severity, description: String, from: String, to: String| {
        found.push(Found {
            kind,
            severity,
            description,
            element: Some(b.selector.clone()),
            change: (Some(from), Some(to)),
            before: Some(a.bounds),
            after: Some(b.bounds),
            confidence: 1.0,
        });
    };
    let shift = (a.bounds.x - b.bounds.x).abs().max((a.bounds.y - b.bounds.y).abs());
    let growth = (a.bounds.width - b.bounds.width).abs().max((a.bounds.height - b.bounds.height).abs());
    if shift > 5.0 || growth > 2.0 {
        let severity = match shift.max(growth) {
            far if far > 20.0 => Severity::Major,
            _ => Severity::Minor,
        };
        let what = if shift > 5.0 { format!("moved by {shift:.0} px") } else { format!("changed its size by {growth:.0} px") };
        add(Kind::Layout, severity, format!("{} {what}", name(b)), place(a.bounds), place(b.bounds));
    }
    if a.text != b.text {
        let severity = if b.interactive || b.heading { Severity::Major } else { Severity::Minor };
        add(Kind::Content, severity, format!("The text of {} changed", b.tag), a.text.clone(), b.text.clone());
    }
    if a.src != b.src {
        add(Kind::Content, Severity::Minor, format!("{} shows another picture", name(b)), a.src.clone(), b.src.clone());
    }
    for style in STYLES {
        let (from, to) = (a.styles.get(style), b.styles.get(style));
        let (Some(from), Some(to)) = (from, to) else { continue };
        if from == to {
            continue;
        }
        let delta = color::difference(from, to);
        let severity = match delta {
            Some(delta) if delta > 10.0 => Severity::Major,
            Some(delta) if delta > 2.0 => Severity::Minor,
            Some(_) => Severity::Info,
            None if matches!(style, "display" | "visibility") => Severity::Major,
            None => Severity::Minor,
        };
        let apart = delta.map_or_else(String::new, |delta| format!(" (ΔE {delta:.1})"));
        add(Kind::Style, severity, format!("{} of {} changed{apart}", style, name(b)), from.clone(), to.clone());
    }
    found
}

/// Areas of the picture that none of the found elements explains.
fn unexplained(found: &[Found], around: &Around<'_>) -> Vec<Found> {
    let explains = |area: Rect| {
        let boxes = found.iter().flat_map(|f| [f.before, f.after]).flatten();
        boxes.map(|b| b.overlap(area)).fold(0.0, f64::max) >= area.area() * 0.5
    };
    let left = around.areas.iter().copied().filter(|area| !explains(*area));
    left.map(|area| Found {
        kind: Kind::Content,
        severity: if around.viewport_area > 0.0 && area.area() > around.viewport_area * 0.25 {
            Severity::Critical
        } else {
            Severity::Minor
        },
        description: "An area looks different".to_owned(),
        element: None,
        change: (None, None),
        before: Some(area),
        after: Some(area),
        confidence: 0.7,
    })
    .collect()
}

/// Every difference, the weightiest first. Elements count only where the picture differs too: what nobody sees is none.
pub fn differences(before: &[Element], after: &[Element], around: &Around<'_>) -> Vec<Difference> {
    let seen = |r: Rect| around.areas.iter().any(|area| area.overlap(r) > 0.0);
    let mut found = Vec::new();
    if !around.areas.is_empty() {
        for pair in matched(before, after) {
            match (pair.0.and_then(|n| before.get(n)), pair.1.and_then(|n| after.get(n))) {
                (Some(a), Some(b)) if seen(a.bounds) || seen(b.bounds) => found.extend(changes(a, b)),
                (Some(a), None) if seen(a.bounds) => found.push(unmatched(a, Kind::Missing)),
                (None, Some(b)) if seen(b.bounds) => found.push(unmatched(b, Kind::New)),
                _ => {}
            }
        }
        let rest = unexplained(&found, around);
        found.extend(rest);
    }
    for f in &mut found {
        let rect = f.after.or(f.before).unwrap_or_default();
        let hidden = rect.area() > 0.0 && around.ignored.iter().any(|area| area.overlap(rect) >= rect.area() * 0.99);
        // An element that often changes is missed all the same when it is gone.
        let learned = f.kind != Kind::Missing && f.element.as_ref().is_some_and(|e| around.learned.contains(e));
        if hidden || learned {
            (f.kind, f.severity) = (Kind::Dynamic, Severity::Info);
        }
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.severity));
    found.truncate(DIFFERENCES_MAX);
    let numbered = found.into_iter().enumerate().map(|(n, f)| Difference {
        id: format!("diff_{n}"),
        kind: f.kind,
        severity: f.severity,
        description: f.description,
        location: f.after.or(f.before).map(place).unwrap_or_default(),
        element: f.element,
        expected: f.change.0,
        actual: f.change.1,
        is_regression: f.severity >= Severity::Major && f.kind != Kind::Dynamic,
        bounds_baseline: f.before,
        bounds_current: f.after,
        confidence: f.confidence,
    });
    numbered.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(selector: &str, x: f64, color: &str) -> Element {
        Element {
            selector: selector.into(),
            tag: "button".into(),
            id: selector.into(),
            text: "Buy".into(),
            bounds: Rect { x, y: 10.0, width: 100.0, height: 20.0 },
            interactive: true,
            styles: [("background-color".to_owned(), color.to_owned())].into(),
            ..Element::default()
        }
    }

    const PAGE: Rect = Rect { x: 0.0, y: 0.0, width: 1000.0, height: 500.0 };

    fn judge(before: &[Element], after: &[Element], areas: &[Rect], ignored: &[Rect], learned: &[&str]) -> Vec<Difference> {
        let learned = learned.iter().map(|s| (*s).to_owned()).collect();
        differences(before, after, &Around { areas, ignored, learned: &learned, viewport_area: PAGE.area() })
    }

    #[test]
    fn each_kind_of_change_has_its_weight() {
        let (a, white) = (element("a", 0.0, "rgb(255, 255, 255)"), "rgb(255, 255, 255)");
        let area = [a.bounds];
        let recolored = judge(std::slice::from_ref(&a), &[element("a", 0.0, "rgb(200, 0, 0)")], &area, &[], &[]);
        assert_eq!((recolored[0].kind, recolored[0].severity, recolored[0].is_regression), (Kind::Style, Severity::Major, true));
        let gone = judge(std::slice::from_ref(&a), &[], &area, &[], &[]);
        assert_eq!((gone[0].kind, gone[0].severity), (Kind::Missing, Severity::Critical));
        let moved = judge(std::slice::from_ref(&a), &[element("a", 8.0, white)], &area, &[], &[]);
        assert_eq!((moved[0].kind, moved[0].severity, moved[0].is_regression), (Kind::Layout, Severity::Minor, false));
        let learned = judge(std::slice::from_ref(&a), &[element("a", 80.0, white)], &area, &[], &["a"]);
        assert_eq!((learned[0].kind, learned[0].is_regression), (Kind::Dynamic, false));
        let gone = judge(std::slice::from_ref(&a), &[], &area, &[], &["a"]);
        assert_eq!((gone[0].kind, gone[0].is_regression), (Kind::Missing, true), "what changes often must still be there");
        let ignored = judge(std::slice::from_ref(&a), &[element("a", 0.0, "rgb(0, 0, 0)")], &area, &[PAGE], &[]);
        assert_eq!(ignored[0].kind, Kind::Dynamic);
    }

    #[test]
    fn area_without_an_element_is_told_and_what_nobody_sees_is_not() {
        let a = element("a", 0.0, "rgb(255, 255, 255)");
        let far = Rect { x: 500.0, y: 300.0, width: 40.0, height: 40.0 };
        let found = judge(std::slice::from_ref(&a), &[element("a", 0.0, "rgb(200, 0, 0)")], &[far], &[], &[]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].element.as_deref(), found[0].severity), (None, Severity::Minor));
        assert!(judge(&[a], &[], &[], &[], &[]).is_empty());
    }
}
