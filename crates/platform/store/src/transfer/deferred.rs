//! The indexes of a copy that is put away: those of texts take twenty times as long as its rows, the others as long as these,
//! so they are made when it becomes a store again. The copy itself says what it lacks.

use rusqlite::Connection;

use crate::database::Inner;
use crate::transfer::{Load, quoted};
use crate::{Database, Part, StoreError, sqlite};

/// In a copy: the statement that fills an index of texts and the trigger that keeps it filled; of another index the one that makes it.
pub(super) const TABLE: &str = "deferred_indexes";

const TRIGGERS: &str = "select name, tbl_name, sql from sqlite_master where type = 'trigger' order by name";
/// Those that are no rule: a unique one refuses rows.
const INDEXES: &str =
    "select name, tbl_name, sql from sqlite_master where type = 'index' and lower(sql) like 'create index%' order by name";

impl Load {
    /// Leaves indexes out. [`Store::migrate`](crate::Store::migrate) makes them, so a copy that is opened to live in has them.
    /// On PostgreSQL nothing is left out.
    pub async fn defer_indexes(&mut self) -> Result<(), StoreError> {
        if !self.is_sqlite() {
            return Ok(());
        }
        for part in [Part::State, Part::Telemetry] {
            self.session(part)?.run(|c| defer(c).map_err(|e| sqlite::map("transfer.defer", e))).await?;
        }
        Ok(())
    }
}

fn defer(c: &mut Connection) -> rusqlite::Result<()> {
    let listed = |sql: &str| -> rusqlite::Result<Vec<(String, String, String)>> {
        c.prepare(sql)?.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect()
    };
    let (triggers, indexes) = (listed(TRIGGERS)?, listed(INDEXES)?);
    c.execute_batch(&format!("create table {TABLE} (fill text not null, keep text not null)"))?;
    let leave = format!("insert into {TABLE} (fill, keep) values (?1, ?2)");
    for (name, _, text) in indexes {
        c.execute_batch(&format!("drop index {}", quoted(&name)))?;
        c.execute(&leave, ["", &text])?;
    }
    for (name, table, text) in triggers {
        let Some((index, fill)) = filling(&table, &text) else { continue };
        let is_virtual = "select count(*) from pragma_table_list where schema = 'main' and name = ?1 and type = 'virtual'";
        if c.query_row(is_virtual, [&index], |r| r.get::<_, i64>(0))? == 1 {
            c.execute_batch(&format!("drop trigger {}", quoted(&name)))?;
            c.execute(&leave, [&fill, &text])?;
        }
    }
    Ok(())
}

/// Of a trigger that adds one row to an index for each new row of `table`: the index, and the statement that adds the rows of
/// the whole table. `None` for every other trigger, which stays.
fn filling(table: &str, trigger: &str) -> Option<(String, String)> {
    let lower = trigger.to_ascii_lowercase();
    let (head, body) = (lower.find(" begin ").or_else(|| lower.find(" begin\n"))?, lower.rfind("end")?);
    let when = lower.get(..head)?.split_whitespace().collect::<Vec<_>>().join(" ");
    if !when.contains(" after insert on ") || when.contains(" when ") {
        return None;
    }
    let statement = trigger.get(head + " begin ".len()..body)?.trim().strip_suffix(';')?;
    let at = statement.to_ascii_lowercase().find(" values")?;
    let (into, values) = (statement.get(..at)?.trim(), statement.get(at + " values".len()..)?.trim());
    let values = values.strip_prefix('(')?.strip_suffix(')')?;
    if statement.contains(';') || !into.to_ascii_lowercase().starts_with("insert into ") {
        return None;
    }
    let index = into.get("insert into ".len()..)?.split(|c: char| c.is_whitespace() || c == '(').next()?;
    Some((index.to_owned(), format!("{into} select {values} from {} as new", quoted(table))))
}

/// Makes the indexes that a copy was put away without; all of them or none.
pub(crate) async fn complete(db: &Database) -> Result<(), StoreError> {
    let Inner::Sqlite(file) = &db.inner else { return Ok(()) };
    let work = |c: &mut Connection| finish(c).map_err(|e| sqlite::map("transfer.complete", e));
    file.session(false).await?.run(work).await
}

fn finish(c: &mut Connection) -> rusqlite::Result<()> {
    let is_lacking = "select count(*) from sqlite_master where type = 'table' and name = ?1";
    if c.query_row(is_lacking, [TABLE], |r| r.get::<_, i64>(0))? == 0 {
        return Ok(());
    }
    tracing::info!("indexes are made that the backup was written without");
    let tx = c.transaction()?;
    let left: Vec<(String, String)> =
        tx.prepare(&format!("select fill, keep from {TABLE}"))?.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
    for (fill, keep) in left {
        tx.execute_batch(&fill)?;
        tx.execute_batch(&keep)?;
    }
    tx.execute_batch(&format!("drop table {TABLE}"))?;
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::filling;

    #[test]
    fn only_trigger_that_adds_one_row_to_another_table_is_a_filling() {
        let text = "create trigger a after insert on lines begin\n  insert into words (rowid, body)\n    values (new.id, coalesce(new.a, '') || ' ');\nend";
        let (index, fill) = filling("lines", text).unwrap();
        assert_eq!(index, "words");
        assert_eq!(fill, "insert into words (rowid, body) select new.id, coalesce(new.a, '') || ' ' from \"lines\" as new");
        for other in [
            "create trigger a after delete on lines begin delete from words where rowid = old.id; end",
            "create trigger a after insert on lines begin insert into words (rowid) values (new.id); insert into more values (1); end",
            "create trigger a after insert on lines when new.n > 1 begin insert into words (rowid) values (new.id); end",
            "create trigger a after insert on lines begin update words set n = n + 1; end",
            "",
        ] {
            assert_eq!(filling("lines", other), None, "{other}");
        }
    }
}
