//! What a change takes with it: what callers are told before they make it. Each part of the platform says it of its own
//! rows; nothing here changes anything.

/// Names that are told.
const NAMES_MAX: usize = 10;

/// One kind of thing that ends, goes or changes with something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// A code the interface has words for.
    pub what: &'static str,
    pub count: usize,
    /// Of the first ten, where they have names.
    pub names: Vec<String>,
}

impl Consequence {
    /// Nothing where there is none.
    pub fn named(what: &'static str, names: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut names: Vec<String> = names.into_iter().collect();
        let count = names.len();
        names.truncate(NAMES_MAX);
        (count > 0).then_some(Self { what, count, names })
    }

    /// The same for what has no name.
    pub fn counted(what: &'static str, count: usize) -> Option<Self> {
        (count > 0).then(|| Self { what, count, names: Vec::new() })
    }
}
