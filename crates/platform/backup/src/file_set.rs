//! Files of other parts that a backup carries beside the databases: certificates, artifacts. A part names a directory;
//! what lies in it is copied first, so that files may change while the archive is written.

use std::io;
use std::path::{Path, PathBuf};

use argos_kernel::Result;

use crate::backups::{Backups, aside};
use crate::model::tar::is_plain_name;
use crate::named_files::NamesIn;

/// Files of all sets that the store does not name one by one; what is more is left out, and told. An archive holds these, those
/// that are named, and some more.
const COPIED_MAX: usize = 40_000;
/// Folders inside each other.
const DEPTH_MAX: usize = 16;

/// A directory whose files go into every backup below a folder of this name.
#[derive(Clone, Debug)]
pub struct FileSet {
    /// Folder inside the archive: `caddy`, `acme`, `artifacts`.
    pub name: &'static str,
    pub dir: PathBuf,
    /// A restore puts the files back. Files of another program are only carried (edge spec D9).
    pub restored: bool,
    /// For files that never change once they are there: which of them a database names. Only those are carried, all of
    /// them, and they are missed when an archive is verified. `None` carries whatever lies in the directory.
    pub named: Option<NamesIn>,
}

impl Backups {
    /// Takes a directory into every backup from now on. The name must be free.
    pub fn add_files(&self, set: FileSet) {
        debug_assert!(is_plain_name(set.name) && !set.name.contains('/'), "{} is no folder of an archive", set.name);
        let mut sets = self.0.file_sets.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        sets.retain(|s| s.name != set.name);
        sets.push(set);
    }

    pub(crate) fn file_sets(&self) -> Vec<FileSet> {
        self.0.file_sets.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Copies below `dir` every set that the store does not name file by file; names inside the archive and the copies, and
    /// the sets that had too many files.
    pub(crate) async fn copy_files(&self, dir: &Path) -> Result<(Vec<(String, PathBuf)>, Vec<String>)> {
        let sets: Vec<_> = self.file_sets().into_iter().filter(|set| set.named.is_none()).collect();
        let dir = dir.to_owned();
        let work = move || {
            let (mut copies, mut left_out) = (Copies { done: Vec::new(), max: COPIED_MAX, too_many: 0 }, Vec::new());
            for set in &sets {
                copies.copy_below(&set.dir, set.name, &dir, DEPTH_MAX)?;
                let too_many = std::mem::take(&mut copies.too_many);
                if too_many > 0 {
                    tracing::warn!(set = set.name, files = too_many, "too many files: not all of the set is in the backup");
                    left_out.push(set.name.to_owned());
                }
            }
            Ok((copies.done, left_out))
        };
        aside(work, "copying files into the backup").await
    }
}

/// Copies of files, and how many there may be.
struct Copies {
    /// Names inside the archive and the copies.
    done: Vec<(String, PathBuf)>,
    max: usize,
    /// Files beyond `max`.
    too_many: usize,
}

impl Copies {
    /// Regular files only; what cannot be read or named is told and left out.
    fn copy_below(&mut self, from: &Path, name: &str, to: &Path, depth: usize) -> io::Result<()> {
        let entries = match std::fs::read_dir(from) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, path = %from.display(), "a folder is not in the backup");
                return Ok(());
            }
        };
        for entry in entries {
            let entry = entry?;
            let inside = format!("{name}/{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() && depth > 0 {
                self.copy_below(&entry.path(), &inside, to, depth - 1)?;
                continue;
            }
            if !kind.is_file() || !is_plain_name(&inside) {
                tracing::warn!(file = inside, "is not in the backup: no regular file, or a name that does not fit");
                continue;
            }
            if self.done.len() >= self.max {
                self.too_many += 1;
                continue;
            }
            let place = to.join(&inside);
            if let Some(parent) = place.parent() {
                std::fs::create_dir_all(parent)?;
            }
            match std::fs::copy(entry.path(), &place) {
                Ok(_) => self.done.push((inside, place)),
                // Gone between the look and the copy, or not for us.
                Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                    tracing::warn!(error = %e, file = inside, "a file is not in the backup");
                }
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// Puts an unpacked folder in place of `live`, which is kept as `kept`; a step that was made already is passed over.
pub(crate) fn swap_folder(new: &Path, live: &Path, kept: &Path) -> io::Result<()> {
    if !new.exists() {
        return Ok(());
    }
    if live.exists() && !kept.exists() {
        std::fs::rename(live, kept)?;
    }
    if let Some(parent) = live.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::rename(new, live) {
        Err(e) if e.kind() == io::ErrorKind::CrossesDevices => {
            copy_folder(new, live)?;
            std::fs::remove_dir_all(new)
        }
        other => other,
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            std::fs::copy(entry.path(), &place)?;
            std::fs::File::open(&place)?.sync_all()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_is_swapped_once_however_often_it_is_tried() {
        let dir = tempfile::tempdir().unwrap();
        let (new, live, kept) = (dir.path().join("new"), dir.path().join("deep/live"), dir.path().join("kept"));
        for (folder, text) in [(&new, "restored"), (&live, "old")] {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join("f"), text).unwrap();
        }
        swap_folder(&new, &live, &kept).unwrap();
        swap_folder(&new, &live, &kept).unwrap();
        let read = |folder: &Path| std::fs::read_to_string(folder.join("f")).unwrap();
        assert_eq!((read(&live), read(&kept)), ("restored".to_owned(), "old".to_owned()));
    }

    #[test]
    fn links_and_unreadable_names_are_left_out_of_the_copy() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("from");
        std::fs::create_dir_all(from.join("sub")).unwrap();
        std::fs::write(from.join("sub/a.crt"), "a").unwrap();
        std::fs::write(from.join("a b"), "space").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", from.join("link")).unwrap();
        let mut copies = Copies { done: Vec::new(), max: 1, too_many: 0 };
        copies.copy_below(&from, "caddy", &dir.path().join("to"), DEPTH_MAX).unwrap();
        let names: Vec<_> = copies.done.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, copies.too_many), (vec!["caddy/sub/a.crt"], 0));
        copies.copy_below(&from, "other", &dir.path().join("to"), DEPTH_MAX).unwrap();
        assert_eq!((copies.done.len(), copies.too_many), (1, 1), "the limit is for all sets together");
    }
}
