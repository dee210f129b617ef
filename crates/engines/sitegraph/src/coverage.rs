//! How much of what a person can use on a site is used by its ways and tests.

use std::collections::BTreeSet;

use crate::flow::Flow;
use crate::seen::PageSeen;

/// How much of the site the ways use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// Different things a person can use.
    pub interactive: usize,
    /// Of these, those that a way or a test uses.
    pub used: usize,
}

impl Coverage {
    /// 0 to 100; unknown when there is nothing to use.
    pub fn score(&self) -> Option<f64> {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        (self.interactive > 0).then(|| (100.0 * count(self.used) / count(self.interactive) * 100.0).round() / 100.0)
    }
}

/// `targets` are the selectors of tests there are already.
pub fn coverage(pages: &[PageSeen], flows: &[Flow], targets: &[String]) -> Coverage {
    let used: BTreeSet<&str> =
        flows.iter().flat_map(|f| &f.steps).filter_map(|s| s.target.as_deref()).chain(targets.iter().map(String::as_str)).collect();
    let mut all: BTreeSet<&str> = BTreeSet::new();
    let mut hit: BTreeSet<&str> = BTreeSet::new();
    for element in pages.iter().flat_map(|p| &p.elements) {
        if let Some(primary) = element.primary() {
            all.insert(primary);
            if element.selectors.iter().any(|s| used.contains(s.selector.as_str())) {
                hit.insert(primary);
            }
        }
    }
    Coverage { interactive: all.len(), used: hit.len() }
}

#[cfg(test)]
mod tests {
    use super::Coverage;

    #[test]
    fn site_with_nothing_to_use_has_no_score() {
        assert_eq!(Coverage { interactive: 0, used: 0 }.score(), None);
        assert_eq!(Coverage { interactive: 4, used: 1 }.score(), Some(25.0));
    }
}
