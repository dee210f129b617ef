//! What a restore would change: the tables of an archive against those of the running store. Pure.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::metadata::TableEntry;

/// One table, then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableChange {
    pub part: String,
    pub table: String,
    /// Rows in the backup; null when the backup does not have the table.
    pub backup_rows: Option<u64>,
    /// Rows now; null when this store does not have the table.
    pub current_rows: Option<u64>,
    /// Whether any row differs.
    pub changed: bool,
}

pub(crate) fn changes(backup: &[TableEntry], current: &[TableEntry]) -> Vec<TableChange> {
    let mut names: Vec<(&str, &str)> = backup.iter().chain(current).map(|t| (t.part.as_str(), t.table.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    let find = |list: &[TableEntry], (part, table): (&str, &str)| list.iter().find(|t| t.part == part && t.table == table).cloned();
    let change = |name: (&str, &str)| {
        let (then, now) = (find(backup, name), find(current, name));
        TableChange {
            part: name.0.to_owned(),
            table: name.1.to_owned(),
            changed: then.as_ref().map(|t| &t.digest) != now.as_ref().map(|t| &t.digest),
            backup_rows: then.map(|t| t.rows),
            current_rows: now.map(|t| t.rows),
        }
    };
    names.into_iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_tell_new_lost_equal_and_different_tables_apart() {
        let t =
            |table: &str, rows, digest: &str| TableEntry { part: "state".into(), table: table.into(), rows, digest: Some(digest.into()) };
        let all = changes(&[t("a", 1, "x"), t("b", 2, "y"), t("old", 1, "z")], &[t("a", 1, "x"), t("b", 2, "w"), t("new", 0, "0")]);
        let short: Vec<_> = all.iter().map(|c| (c.table.as_str(), c.changed, c.backup_rows, c.current_rows)).collect();
        assert_eq!(
            short,
            [("a", false, Some(1), Some(1)), ("b", true, Some(2), Some(2)), ("new", true, None, Some(0)), ("old", true, Some(1), None)]
        );
    }
}
