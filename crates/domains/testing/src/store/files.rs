//! Rows of `testing_files`.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::file::ProjectFile;

macro_rules! select {
    ($rest:literal) => {
        concat!("select uid, project_id, name, artifact, size_bytes, created_by, created_at from testing_files ", $rest)
    };
}

argos_store::statements! {
    state;
    LIST = "testing.files.list", select!("where project_id = $1 order by name");
    AT = "testing.files.at", select!("where project_id = $1 and name = $2");
    USAGE = "testing.files.usage",
        "select count(*), cast(coalesce(sum(size_bytes), 0) as bigint) from testing_files where project_id = $1 and name <> $2";
    INSERT = "testing.files.insert",
        "insert into testing_files (uid, project_id, name, artifact, size_bytes, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7)";
    DELETE = "testing.files.delete", "delete from testing_files where project_id = $1 and name = $2";
    RELEASE = "testing.files.release", "update testing_artifacts set expires_at = $2 where id = $1";
    CONTENTS = "testing.files.contents",
        "select f.name, a.sha256 from testing_files f join testing_artifacts a on a.id = f.artifact where f.project_id = $1 order by f.name";
}

/// The rule that no two files of a project have one name.
pub(crate) const NAME_TAKEN: &str = "testing_files.project_id, testing_files.name";

fn read(row: &Row) -> Result<ProjectFile, StoreError> {
    Ok(ProjectFile {
        uid: row.get(0)?,
        project_id: row.get(1)?,
        name: row.get(2)?,
        artifact: row.get(3)?,
        size_bytes: row.get(4)?,
        created_by: row.get(5)?,
        created_at: row.get(6)?,
    })
}

/// By name.
pub(crate) async fn list(db: &Database, project_id: i64) -> Result<Vec<ProjectFile>, StoreError> {
    db.query(LIST, args![project_id]).await?.iter().map(read).collect()
}

/// Files and bytes of a project besides the one of this name.
pub(crate) async fn usage(tx: &mut Tx, project_id: i64, name: &str) -> Result<(i64, i64), StoreError> {
    let row = tx.one(USAGE, args![project_id, name]).await?;
    Ok((row.get(0)?, row.get(1)?))
}

/// A name that is there is a violation of [`NAME_TAKEN`].
pub(crate) async fn insert(tx: &mut Tx, f: &ProjectFile) -> Result<(), StoreError> {
    let args = args![f.uid, f.project_id, f.name.as_str(), f.artifact.as_str(), f.size_bytes, f.created_by.as_str(), f.created_at];
    tx.exec(INSERT, args).await.map(drop)
}

/// Removes the file of a name, whose bytes go when `now` is past; none when there is none.
pub(crate) async fn delete(tx: &mut Tx, project_id: i64, name: &str, now: Timestamp) -> Result<Option<Uid>, StoreError> {
    let Some(row) = tx.find(AT, args![project_id, name]).await? else { return Ok(None) };
    let old = read(&row)?;
    tx.exec(DELETE, args![project_id, name]).await?;
    tx.exec(RELEASE, args![old.artifact.as_str(), now]).await?;
    Ok(Some(old.uid))
}

/// Names and digests of the files of a project.
pub(crate) async fn contents(db: &Database, project_id: i64) -> Result<Vec<(String, String)>, StoreError> {
    db.query(CONTENTS, args![project_id]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
