//! SQL and row mapping of the inventory, nothing else.

/// The columns of `things`, as `things::read` expects them.
macro_rules! thing_columns {
    () => {
        "t.id, t.ref, t.kind, t.name, t.status, t.word, t.detail, t.page, t.tags, t.own_tags, t.note, t.facts, t.subject_type, t.subject_id,
         t.node_uid, t.source, t.rev, t.first_seen, t.status_since, t.gone_at"
    };
}

pub(crate) mod changes;
pub(crate) mod dashboards;
pub(crate) mod links;
pub(crate) mod lists;
pub(crate) mod search;
pub(crate) mod things;
pub(crate) mod undo;
pub(crate) mod workspace;

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
