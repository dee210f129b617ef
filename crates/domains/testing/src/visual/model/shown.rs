//! Pictures of a comparison that are made when somebody looks at them, so that they last as long as what they are made of. Pure.

use argos_kernel::Uid;

use super::record::Comparison;

/// What is shown of a comparison besides the pictures that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// How much each pixel differs.
    Heatmap,
    /// Both pictures in one.
    SideBySide,
}

impl Shown {
    const ALL: [(Self, &'static str); 2] = [(Self::Heatmap, "heatmap_"), (Self::SideBySide, "sidebyside_")];

    /// Its name beside those of artifacts, none of which begins like it.
    pub fn id(self, comparison: Uid) -> String {
        let prefix = Self::ALL.iter().find(|(what, _)| *what == self).map_or("", |(_, prefix)| prefix);
        format!("{prefix}{comparison}")
    }

    /// What an id names, and of which comparison.
    pub fn parse(id: &str) -> Option<(Self, Uid)> {
        Self::ALL.iter().find_map(|(what, prefix)| Some((*what, id.strip_prefix(prefix)?.parse().ok()?)))
    }

    /// Whether there is such a picture of it.
    pub fn is_of(self, comparison: &Comparison) -> bool {
        match self {
            Self::Heatmap => comparison.before.is_some() && comparison.difference.is_some() && comparison.measured.ignored.is_some(),
            Self::SideBySide => comparison.before.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::artifact::Kind;

    #[test]
    fn name_of_a_picture_is_read_back_and_is_that_of_no_artifact() {
        let uid: Uid = "0190d3c0-0000-7000-8000-000000000001".parse().unwrap();
        for (what, prefix) in Shown::ALL {
            assert_eq!(Shown::parse(&what.id(uid)), Some((what, uid)));
            assert!(Kind::parse(prefix.trim_end_matches('_')).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_text_names_a_picture_or_none(text in "(heatmap_|sidebyside_)?\\PC{0,40}") {
            if let Some((what, uid)) = Shown::parse(&text) {
                prop_assert_eq!(Shown::parse(&what.id(uid)), Some((what, uid)));
            }
        }
    }
}
