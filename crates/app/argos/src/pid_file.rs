//! The file with the process id that `pid_file` asks for, for tools that supervise by one. Removed with the process when
//! that ends in order and the file is still its own.

use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Exists as long as this value does.
pub(crate) struct PidFile(Option<PathBuf>);

impl PidFile {
    /// Writes it. One that a dead process left is replaced: the data directory is held already.
    pub(crate) fn write(path: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(path) = &path {
            replace(path).map_err(|e| Failure::configuration(format!("pid_file {}: {e}", path.display())))?;
        }
        Ok(Self(path))
    }
}

fn own() -> String {
    format!("{}\n", std::process::id())
}

fn replace(path: &Path) -> std::io::Result<()> {
    let beside = PathBuf::from(format!("{}.new", path.display()));
    std::fs::write(&beside, own())?;
    std::fs::rename(&beside, path)
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Some(path) = self.0.take()
            && std::fs::read_to_string(&path).is_ok_and(|text| text == own())
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(%error, "the pid file was not removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pid_file_is_written_and_taken_away_and_that_of_another_stays() {
        let path = std::env::temp_dir().join(format!("argos-pid-{}", std::process::id()));
        std::fs::write(&path, "1\n").unwrap();
        let held = PidFile::write(Some(path.clone())).map_err(|e| e.message).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), own());
        drop(held);
        assert!(!path.exists());
        let held = PidFile::write(Some(path.clone())).map_err(|e| e.message).unwrap();
        std::fs::write(&path, "1\n").unwrap();
        drop(held);
        assert!(path.exists(), "it belongs to another process now");
        std::fs::remove_file(&path).unwrap();
        assert!(PidFile::write(Some("/nowhere/argos.pid".into())).is_err());
        drop(PidFile::write(None).map_err(|e| e.message).unwrap());
    }
}
