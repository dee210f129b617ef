//! SQL and row mapping of the inventory, nothing else.

pub(crate) mod changes;
pub(crate) mod links;
pub(crate) mod lists;
pub(crate) mod search;
pub(crate) mod things;
pub(crate) mod undo;

/// Escapes the wildcards of `like` with `\`.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
