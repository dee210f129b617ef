//! Where two JSON documents differ, by path, without their values: those may be secrets.

use serde_json::Value;

/// More are not listed.
pub(crate) const CHANGES_MAX: usize = 300;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Members and places, joined by `/`.
    pub(crate) path: String,
    /// added, removed or changed
    pub(crate) kind: &'static str,
}

/// What becomes of `before` when it is replaced by `after`.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut out = Vec::new();
    walk(before, after, String::new(), &mut out);
    out
}

fn walk(before: &Value, after: &Value, path: String, out: &mut Vec<Change>) {
    if out.len() >= CHANGES_MAX || before == after {
        return;
    }
    let below = |name: &str| format!("{path}/{name}");
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                pair(a.get(name), b.get(name), below(name), out);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for at in 0..a.len().max(b.len()) {
                pair(a.get(at), b.get(at), below(&at.to_string()), out);
            }
        }
        _ => out.push(Change { path, kind: "changed" }),
    }
}

fn pair(before: Option<&Value>, after: Option<&Value>, path: String, out: &mut Vec<Change>) {
    match (before, after) {
        (Some(before), Some(after)) => walk(before, after, path, out),
        (Some(_), None) => out.push(Change { path, kind: "removed" }),
        (None, _) => out.push(Change { path, kind: "added" }),
    }
    out.truncate(CHANGES_MAX);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changes;

    #[test]
    fn each_difference_is_named_once_by_its_path() {
        let before = json!({ "a": 1, "b": { "c": [1, 2] }, "d": 1 });
        let after = json!({ "a": 2, "b": { "c": [1, 3, 4] }, "e": null });
        let found: Vec<_> = changes(&before, &after).into_iter().map(|c| (c.path, c.kind)).collect();
        let expected = [("/a", "changed"), ("/b/c/1", "changed"), ("/b/c/2", "added"), ("/d", "removed"), ("/e", "added")];
        assert_eq!(found, expected.map(|(path, kind)| (path.to_owned(), kind)));
        assert_eq!(changes(&after, &after), []);
        assert_eq!(changes(&json!(null), &after)[0].path, "");
    }
}
