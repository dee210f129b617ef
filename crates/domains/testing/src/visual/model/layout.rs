//! What stands where on a page: read from the browser's answer, and matched between two pictures of it.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// Elements kept of one page.
pub const ELEMENTS_MAX: usize = 3_000;
/// Farthest two elements without name may be apart, in CSS pixels, to be the same.
const NEAR: f64 = 50.0;
/// Least share of their text that must agree.
const ALIKE: f64 = 0.8;
const TEXT_CHARS: usize = 120;

/// A box on a page in CSS pixels from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn area(self) -> f64 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    fn center(self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    pub fn overlap(self, other: Self) -> f64 {
        let across = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let down = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        if across > 0.0 && down > 0.0 { across * down } else { 0.0 }
    }

    pub fn is_finite(self) -> bool {
        [self.x, self.y, self.width, self.height].iter().all(|n| n.is_finite())
    }
}

/// An element that is seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Element {
    /// Its id, else a path from the nearest one that has one.
    pub selector: String,
    pub tag: String,
    pub id: String,
    /// Its own text, not that of what is in it.
    pub text: String,
    /// Of a picture.
    pub src: String,
    pub bounds: Rect,
    pub interactive: bool,
    pub heading: bool,
    pub styles: BTreeMap<String, String>,
}

/// A responsive fault the page told of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct PageIssue {
    /// `overflow`, `overlap`, `touch_target`, `truncation`
    #[serde(rename = "type")]
    pub kind: String,
    /// 1 to 4
    pub severity: u8,
    pub description: String,
    pub selector: String,
    pub bounds: Rect,
}

/// What the browser said of a page beside its picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    pub title: String,
    pub url: String,
    pub text: String,
    pub elements: Vec<Element>,
    pub issues: Vec<PageIssue>,
    pub broken_images: Vec<String>,
    pub console_errors: Vec<String>,
    /// Milliseconds; none when the browser measured nothing.
    pub lcp_ms: Option<f64>,
    pub cls: Option<f64>,
    pub http_status: Option<i64>,
}

impl Facts {
    /// The same without what must not be kept; none is a defect.
    pub fn without_secrets(self, redactor: &argos_webtest::Redactor) -> Option<Self> {
        serde_json::from_value(redactor.clean_value(&serde_json::to_value(self).ok()?)).ok()
    }

    /// Cuts what a page may have made too large.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.elements.retain(|e| e.bounds.is_finite());
        self.elements.truncate(ELEMENTS_MAX);
        for e in &mut self.elements {
            e.text = e.text.chars().take(TEXT_CHARS).collect();
        }
        self.issues.retain(|i| i.bounds.is_finite());
        self.issues.truncate(500);
        self.broken_images.truncate(50);
        self.console_errors.truncate(50);
        self.lcp_ms = self.lcp_ms.filter(|n| n.is_finite());
        self.cls = self.cls.filter(|n| n.is_finite());
        self
    }
}

/// The share of the words of two texts that agree, 0 to 1.
fn alike(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let count = |text: &str| {
        let mut words: HashMap<String, usize> = HashMap::new();
        for word in text.split_whitespace() {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
        words
    };
    let (a, b) = (count(a), count(b));
    let common: usize = a.iter().map(|(word, n)| b.get(word).map_or(0, |m| *n.min(m))).sum();
    let all = a.values().sum::<usize>() + b.values().sum::<usize>();
    #[expect(clippy::cast_precision_loss, reason = "counts of words of a short text")]
    let share = if all == 0 { 1.0 } else { 2.0 * common as f64 / all as f64 };
    share
}

/// Pairs of places in `before` and `after`: by id, then by selector, then the nearest of the same tag and text.
pub fn matched(before: &[Element], after: &[Element]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut free: Vec<bool> = vec![true; after.len()];
    let mut partner: Vec<Option<usize>> = vec![None; before.len()];
    let by = |key: fn(&Element) -> &str| {
        let mut found: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (n, e) in after.iter().enumerate().filter(|(_, e)| !key(e).is_empty()) {
            found.entry((key(e), &e.tag)).or_default().push(n);
        }
        found
    };
    let (ids, selectors) = (by(|e| &e.id), by(|e| &e.selector));
    for (table, key) in [(&ids, (|e| &e.id) as fn(&Element) -> &str), (&selectors, |e| &e.selector)] {
        for (n, e) in before.iter().enumerate() {
            let same = table.get(&(key(e), e.tag.as_str())).filter(|_| partner[n].is_none() && !key(e).is_empty());
            if let Some(&m) = same.and_then(|list| list.iter().find(|&&m| free[m])) {
                (partner[n], free[m]) = (Some(m), false);
            }
        }
    }
    let mut tags: HashMap<&str, Vec<usize>> = HashMap::new();
    for (m, e) in after.iter().enumerate().filter(|(m, _)| free[*m]) {
        tags.entry(&e.tag).or_default().push(m);
    }
    for (n, e) in before.iter().enumerate().filter(|(n, _)| partner[*n].is_none()).collect::<Vec<_>>() {
        let at = e.bounds.center();
        let distance = |m: usize| {
            let other = after[m].bounds.center();
            (at.0 - other.0).hypot(at.1 - other.1)
        };
        let near = tags.get(e.tag.as_str()).into_iter().flatten().copied();
        let near = near.filter(|&m| free[m] && distance(m) < NEAR && alike(&e.text, &after[m].text) >= ALIKE);
        if let Some(m) = near.min_by(|a, b| distance(*a).total_cmp(&distance(*b))) {
            (partner[n], free[m]) = (Some(m), false);
        }
    }
    let pairs = partner.into_iter().enumerate().map(|(n, m)| (Some(n), m));
    let new = free.into_iter().enumerate().filter(|(_, free)| *free).map(|(m, _)| (None, Some(m)));
    pairs.chain(new).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(selector: &str, tag: &str, text: &str, x: f64) -> Element {
        let bounds = Rect { x, y: 0.0, width: 10.0, height: 10.0 };
        Element { selector: selector.into(), tag: tag.into(), text: text.into(), bounds, ..Element::default() }
    }

    #[test]
    fn what_is_kept_of_a_page_has_no_secret_in_it() {
        let redactor = argos_webtest::Redactor::new(["sk-live-1"]);
        let shown = Element { text: "Key sk-live-1 saved".into(), selector: "#key".into(), ..Element::default() };
        let page =
            Facts { text: "Key sk-live-1 saved".into(), url: "http://a/?k=sk-live-1".into(), elements: vec![shown], ..Facts::default() };
        let kept = page.without_secrets(&redactor).unwrap();
        assert_eq!((kept.text.as_str(), kept.url.as_str()), ("Key *** saved", "http://a/?k=***"));
        assert_eq!((kept.elements[0].text.as_str(), kept.elements[0].selector.as_str()), ("Key *** saved", "#key"));
    }

    #[test]
    fn elements_are_matched_by_name_and_else_by_place_and_text() {
        let before =
            [element("#a", "p", "One", 0.0), element("p:nth-of-type(2)", "p", "Two words", 100.0), element("p:x", "b", "Gone", 0.0)];
        let after = [element("div > p", "p", "Two words", 120.0), element("#a", "p", "Changed", 900.0), element("i", "i", "New", 0.0)];
        let mut pairs = matched(&before, &after);
        pairs.sort();
        assert_eq!(pairs, [(None, Some(2)), (Some(0), Some(1)), (Some(1), Some(0)), (Some(2), None)]);
    }

    proptest! {
        #[test]
        fn every_element_is_in_exactly_one_pair(
            a in proptest::collection::vec(("[ab]{0,2}", "[pq]", "[a-c ]{0,4}", -100.0..100.0_f64), 0..12),
            b in proptest::collection::vec(("[ab]{0,2}", "[pq]", "[a-c ]{0,4}", -100.0..100.0_f64), 0..12),
        ) {
            let make = |list: Vec<(String, String, String, f64)>| list.into_iter().map(|(s, t, x, at)| element(&s, &t, &x, at)).collect::<Vec<_>>();
            let (a, b) = (make(a), make(b));
            let pairs = matched(&a, &b);
            let mut left: Vec<usize> = pairs.iter().filter_map(|p| p.0).collect();
            let mut right: Vec<usize> = pairs.iter().filter_map(|p| p.1).collect();
            left.sort_unstable();
            right.sort_unstable();
            prop_assert_eq!(left, (0..a.len()).collect::<Vec<_>>());
            prop_assert_eq!(right, (0..b.len()).collect::<Vec<_>>());
        }

        #[test]
        fn facts_of_a_strange_page_are_read_or_refused(text in "\\{\"(elements|issues|title|cls)\": ?(\\[\\]|\\[\\{\\}\\]|\"\\PC{0,9}\"|[0-9.e-]{1,4}|null)\\}") {
            if let Ok(facts) = serde_json::from_str::<Facts>(&text) {
                prop_assert!(facts.bounded().elements.len() <= ELEMENTS_MAX);
            }
        }
    }
}
