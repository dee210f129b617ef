//! The data directory: made private, and held by one server at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};

/// The directory, locked until this value is dropped or the process ends.
pub(crate) struct DataDir {
    pub(crate) path: PathBuf,
    _lock: Option<File>,
}

impl DataDir {
    /// Creates the directory (mode 0700) when absent, proves it can be written and takes the lock.
    pub(crate) fn hold(path: &Path) -> Result<Self, Failure> {
        let mut dir = Self::visit(path)?;
        let file = dir.path.join("argos.lock");
        let lock = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&file);
        let mut lock = lock.map_err(|e| unwritable(&dir.path, &e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(Exit::InUse, format!("another server already runs on {}", dir.path.display())));
            }
            Err(TryLockError::Error(e)) => return Err(Failure::runtime(format!("{}: {e}", file.display()))),
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(|e| unwritable(&dir.path, &e))?;
        dir._lock = Some(lock);
        Ok(dir)
    }

    /// The directory without the lock: commands that work beside a running server.
    pub(crate) fn visit(path: &Path) -> Result<Self, Failure> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|e| unwritable(path, &e))?;
        let path = path.canonicalize().map_err(|e| unwritable(path, &e))?;
        Ok(Self { path, _lock: None })
    }
}

fn unwritable(path: &Path, e: &std::io::Error) -> Failure {
    Failure::runtime(format!("data_dir {}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_holder_is_refused_until_the_first_is_gone() {
        let path = std::env::temp_dir().join(format!("argos-hold-{}", std::process::id()));
        let first = DataDir::hold(&path).unwrap();
        assert_eq!(DataDir::hold(&path).err().unwrap().exit, Exit::InUse);
        drop(first);
        drop(DataDir::hold(&path).unwrap());
        std::fs::remove_dir_all(&path).unwrap();
    }
}
