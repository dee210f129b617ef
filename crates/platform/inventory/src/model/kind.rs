//! A kind of thing, as a domain declares it. The permission decides who may see things of the kind at all.

/// What a domain declares once per kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The word before the colon of a reference: `machine`, `ups`.
    pub name: &'static str,
    /// Who may see things of this kind.
    pub permission: &'static str,
    /// One sentence for people.
    pub description: &'static str,
}

impl Kind {
    pub const fn new(name: &'static str, permission: &'static str, description: &'static str) -> Self {
        Self { name, permission, description }
    }
}
