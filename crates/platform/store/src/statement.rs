//! Named SQL statements. Every statement of the product is a constant declared with [`statements!`], listed by its
//! crate, and prepared on both engines by a test.

use crate::Engine;

/// One statement: a name for errors and metrics, and its text for each engine (usually the same).
#[derive(Clone, Copy, Debug)]
pub struct Stmt {
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
    /// Which of the two databases it belongs to.
    pub part: crate::Part,
}

impl Stmt {
    pub const fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

/// Declares statements and, in the same module, `ALL`: the list the crate hands to the prepare-everything test.
///
/// ```
/// mod store {
///     argos_store::statements! {
///         state;
///         FIND = "demo.find", "select id, name from demo where id = $1";
///         CLAIM = "demo.claim", sqlite "update demo set taken = 1 returning id", postgres "update demo set taken = true returning id";
///     }
/// }
/// assert_eq!(store::ALL.len(), 2);
/// ```
#[macro_export]
macro_rules! statements {
    (state; $($rest:tt)*) => { $crate::statements!(@part $crate::Part::State, [] $($rest)*); };
    (telemetry; $($rest:tt)*) => { $crate::statements!(@part $crate::Part::Telemetry, [] $($rest)*); };
    (@part $part:expr, [$($done:ident)*] $name:ident = $id:literal, sqlite $lite:expr, postgres $pg:expr; $($rest:tt)*) => {
        pub(crate) const $name: $crate::Stmt = $crate::Stmt { name: $id, sqlite: $lite, postgres: $pg, part: $part };
        $crate::statements!(@part $part, [$($done)* $name] $($rest)*);
    };
    (@part $part:expr, [$($done:ident)*] $name:ident = $id:literal, $sql:expr; $($rest:tt)*) => {
        pub(crate) const $name: $crate::Stmt = $crate::Stmt { name: $id, sqlite: $sql, postgres: $sql, part: $part };
        $crate::statements!(@part $part, [$($done)* $name] $($rest)*);
    };
    (@part $part:expr, [$($done:ident)*]) => {
        /// Every statement of this module.
        pub(crate) const ALL: &[$crate::Stmt] = &[$($done),*];
    };
}
