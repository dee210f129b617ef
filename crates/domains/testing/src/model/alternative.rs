//! Other selectors of an element: of which kind they are, and how sure each is with what became of it. Pure.

/// How sure an alternative is by its kind.
const KINDS: [(&str, f64); 9] = [
    ("role", 0.90),
    ("role_label", 0.85),
    ("discovered", 0.80),
    ("id", 0.80),
    ("placeholder", 0.80),
    ("data", 0.75),
    ("name", 0.75),
    ("xpath", 0.70),
    ("text", 0.60),
];
/// What one that was right adds, and one that was wrong takes away.
const RIGHT: f64 = 0.05;
const WRONG: f64 = 0.10;
const BOUNDS: (f64, f64) = (0.1, 1.0);

/// The kind of a selector that the looks of an element gave; `None` of one that is no alternative.
pub fn kind_of_strategy(strategy: &str) -> Option<&'static str> {
    let kind = match strategy {
        "label" => "role_label",
        "testid" => "data",
        "path" => "xpath",
        other => other,
    };
    KINDS.iter().map(|(name, _)| *name).find(|name| *name == kind)
}

/// The kind of one that an exploration saw name the element.
pub fn kind_of_discovered(strategy: &str) -> &'static str {
    match kind_of_strategy(strategy) {
        Some(kind @ ("role" | "role_label" | "xpath" | "text")) => kind,
        _ => "discovered",
    }
}

/// The kind of one that somebody names, by how it is written.
pub fn kind_of_selector(selector: &str) -> &'static str {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| selector.starts_with(prefix));
    match selector {
        _ if begins(&["role="]) => "role",
        _ if begins(&["label="]) => "role_label",
        _ if begins(&["testid=", "[data-"]) => "data",
        _ if begins(&["id=", "#"]) => "id",
        _ if begins(&["placeholder="]) => "placeholder",
        _ if begins(&["//", "(//", "xpath="]) => "xpath",
        _ if begins(&["text="]) => "text",
        _ => "discovered",
    }
}

/// It names a place or a text, which another element may have as well.
pub fn is_weak(kind: &str) -> bool {
    matches!(kind, "xpath" | "text")
}

/// What was made of an alternative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    pub right: i64,
    pub wrong: i64,
}

impl Feedback {
    /// What it adds to the confidence, or takes away.
    #[expect(clippy::cast_precision_loss, reason = "counts of decisions")]
    pub fn weight(self) -> f64 {
        self.right as f64 * RIGHT - self.wrong as f64 * WRONG
    }
}

/// How sure an alternative is, from 0.1 to 1, to hundredths.
pub fn confidence(kind: &str, feedback: Feedback) -> f64 {
    let by_kind = KINDS.iter().find(|(name, _)| *name == kind).map_or(0.5, |(_, sure)| *sure);
    ((by_kind + feedback.weight()).clamp(BOUNDS.0, BOUNDS.1) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn kinds_are_as_sure_as_documented_and_what_became_of_them_counts() {
        let plain = |kind| confidence(kind, Feedback::default());
        let all = ["role", "role_label", "discovered", "data", "xpath", "text"].map(plain);
        assert_eq!(all, [0.90, 0.85, 0.80, 0.75, 0.70, 0.60]);
        assert_eq!(confidence("data", Feedback { right: 2, wrong: 0 }), 0.85);
        assert_eq!(confidence("role", Feedback { right: 0, wrong: 3 }), 0.60);
        assert_eq!((confidence("role", Feedback { right: 9, wrong: 0 }), confidence("text", Feedback { right: 0, wrong: 9 })), (1.0, 0.1));
    }

    #[test]
    fn selector_says_its_kind() {
        let kinds = ["role=button[name=\"a\"]", "label=\"a\"", "testid=\"a\"", "//a", "xpath=/a", "text=\"a\"", "#a", ".a > b"]
            .map(kind_of_selector);
        assert_eq!(kinds, ["role", "role_label", "data", "xpath", "xpath", "text", "id", "discovered"]);
        assert_eq!((kind_of_strategy("path"), kind_of_strategy("class"), kind_of_discovered("class")), (Some("xpath"), None, "discovered"));
    }

    proptest! {
        #[test]
        fn whatever_became_of_it_the_confidence_stays_within_bounds(kind in "\\PC{0,9}", right in 0..1_000_000_i64, wrong in 0..1_000_000_i64) {
            let sure = confidence(&kind, Feedback { right, wrong });
            prop_assert!((0.1..=1.0).contains(&sure));
        }
    }
}
