//! Sets of files that the store names one by one and that never change: evidence of tests. Whatever the copied database
//! names is in the archive, or is told to have been lost already; what it does not name stays out.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use argos_kernel::{AppError, Result};
use argos_store::{Database, StoreError};
use argos_web::BoxFuture;

use crate::actions::verify::Unpacked;
use crate::backups::{Backups, aside};
use crate::file_set::FileSet;
use crate::model::tar::is_plain_name;

/// Files of all sets together; a set with which there would be more is not carried, and told.
const NAMED_MAX: usize = 200_000;

/// The names, below the directory of a set, of the files that a database speaks of. Asked of copies too, and of restored ones.
pub type NamesIn = fn(Database) -> BoxFuture<'static, Result<Vec<String>, StoreError>>;

/// What the sets bring into an archive.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// Name inside, and the file.
    pub(crate) files: Vec<(String, PathBuf)>,
    /// The sets that are inside.
    pub(crate) sets: Vec<String>,
    /// Names inside of files that the store speaks of and that were lost before the backup.
    pub(crate) missing: Vec<String>,
    /// Sets with too many files.
    pub(crate) left_out: Vec<String>,
}

impl Backups {
    fn named_sets(&self) -> Result<Vec<(FileSet, NamesIn)>> {
        if !self.p().settings.bool("backup.include_artifacts")? {
            return Ok(Vec::new());
        }
        Ok(self.file_sets().into_iter().filter_map(|set| set.named.map(|names| (set, names))).collect())
    }

    /// Links what the store names now below `dir`: retention may remove a file while the databases are copied.
    pub(crate) async fn hold_named(&self, dir: &Path) -> Result<()> {
        let mut room = NAMED_MAX;
        for (set, names_in) in self.named_sets()? {
            let (names, dir) = (names_in(self.p().store.state.clone()).await?, dir.to_owned());
            // A set that is left out here is so when the copy is asked, which names about as many.
            if let Some(rest) = room.checked_sub(names.len()) {
                room = rest;
                aside(move || hold(&set, &names, &dir), "holding files for the backup").await?;
            }
        }
        Ok(())
    }

    /// What `copy` names, as links below `dir`. Call [`Backups::hold_named`] before the copy is made.
    pub(crate) async fn named_files(&self, copy: &Database, dir: &Path) -> Result<Carried> {
        let (mut all, mut room) = (Carried::default(), NAMED_MAX);
        for (set, names_in) in self.named_sets()? {
            let (names, dir) = (names_in(copy.clone()).await?, dir.to_owned());
            let Some(rest) = room.checked_sub(names.len()) else {
                tracing::warn!(set = set.name, files = names.len(), "too many files: the set is not in the backup");
                all.left_out.push(set.name.to_owned());
                continue;
            };
            room = rest;
            all.sets.push(set.name.to_owned());
            let (held, missing) = aside(move || hold(&set, &names, &dir), "linking files into the backup").await?;
            all.files.extend(held);
            all.missing.extend(missing);
        }
        if !all.missing.is_empty() {
            tracing::warn!(files = all.missing.len(), first = all.missing.first(), "files that the store names are lost");
        }
        Ok(all)
    }

    /// Proves that the archive holds every file its database names, as far as it says so; the number of names.
    pub(crate) async fn compare_named(&self, unpacked: &Unpacked) -> Result<usize> {
        let metadata = &unpacked.metadata;
        let sets = self.file_sets().into_iter().filter(|set| metadata.carried.iter().any(|carried| carried == set.name));
        let inside: HashSet<&str> =
            metadata.files.iter().map(|f| f.name.as_str()).chain(metadata.missing.iter().map(String::as_str)).collect();
        let mut compared = 0;
        for (set, names_in) in sets.filter_map(|set| set.named.map(|names| (set, names))) {
            let names = names_in(unpacked.store.state.clone()).await?;
            if let Some(lost) = names.iter().map(|name| format!("{}/{name}", set.name)).find(|name| !inside.contains(name.as_str())) {
                return Err(AppError::bad_request(format!("{lost} is named by the database but not in the archive")).code("bad_archive"));
            }
            compared += names.len();
        }
        Ok(compared)
    }
}

type Held = (Vec<(String, PathBuf)>, Vec<String>);

/// What of `names` is there, linked or copied below `to`, and what is not.
fn hold(set: &FileSet, names: &[String], to: &Path) -> io::Result<Held> {
    let (mut held, mut missing) = (Vec::with_capacity(names.len()), Vec::new());
    for name in names {
        let inside = format!("{}/{name}", set.name);
        if !is_plain_name(&inside) {
            return Err(io::Error::other(format!("{inside:?} is no name for an archive")));
        }
        let place = to.join(&inside);
        match link(&set.dir.join(name), &place) {
            Ok(()) => held.push((inside, place)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => missing.push(inside),
            Err(e) => return Err(e),
        }
    }
    Ok((held, missing))
}

/// A link costs nothing and keeps the content when the name is removed; other file systems get a copy.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        return Ok(());
    }
    let from = std::fs::canonicalize(from)?;
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::hard_link(&from, to) {
        Err(e) if !matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::StorageFull) => std::fs::copy(&from, to).map(drop),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_file_outlives_its_name_and_a_lost_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let set = FileSet { name: "artifacts", dir: dir.path().join("live"), restored: true, named: None };
        std::fs::create_dir_all(set.dir.join("ab")).unwrap();
        std::fs::write(set.dir.join("ab/one"), "evidence").unwrap();
        let (to, names) = (dir.path().join("held"), vec!["ab/one".to_owned(), "cd/two".to_owned()]);
        assert_eq!(hold(&set, &names, &to).unwrap().1, ["artifacts/cd/two"]);
        std::fs::remove_file(set.dir.join("ab/one")).unwrap();
        let (held, missing) = hold(&set, &names, &to).unwrap();
        assert_eq!((held.len(), missing), (1, vec!["artifacts/cd/two".to_owned()]));
        assert_eq!(std::fs::read_to_string(&held[0].1).unwrap(), "evidence");
        assert!(hold(&set, &["../argos.db".to_owned()], &to).is_err());
    }
}
