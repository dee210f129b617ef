//! Files on the other side through the SFTP subsystem: listings, streams in and out, rename, remove.

use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error;
use russh_sftp::client::fs::File;
use russh_sftp::protocol::StatusCode;

use crate::error::SshError;
use crate::session::Session;

/// An open file: reads, writes, seeks. Call `shutdown` after writing, so that an error of the last write is seen.
pub type RemoteFile = File;

/// What an entry of a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    File,
    Directory,
    Other,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub kind: FileKind,
    /// Unknown when the server does not say.
    pub size: Option<u64>,
    /// Seconds since 1970.
    pub modified: Option<u64>,
}

/// The files of one host. The session it was opened on must outlive it.
pub struct Sftp {
    inner: SftpSession,
}

impl std::fmt::Debug for Sftp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sftp")
    }
}

impl Sftp {
    /// Opens the subsystem.
    ///
    /// # Errors
    /// When the host does not offer it.
    pub async fn open(session: &Session) -> Result<Self, SshError> {
        let stream = session.subsystem("sftp").await?;
        Ok(Self { inner: SftpSession::new(stream).await.map_err(failure)? })
    }

    /// Opens an existing file for reading.
    ///
    /// # Errors
    /// When it is not there or may not be read.
    pub async fn read(&self, path: &str) -> Result<RemoteFile, SshError> {
        self.inner.open(path).await.map_err(failure)
    }

    /// Creates or empties a file for writing.
    ///
    /// # Errors
    /// When it may not be written.
    pub async fn create(&self, path: &str) -> Result<RemoteFile, SshError> {
        self.inner.create(path).await.map_err(failure)
    }

    /// The entries of a directory, sorted by name, without `.` and `..`.
    ///
    /// # Errors
    /// When it is not there or may not be read.
    pub async fn list(&self, directory: &str) -> Result<Vec<Entry>, SshError> {
        let mut entries: Vec<Entry> = self
            .inner
            .read_dir(directory)
            .await
            .map_err(failure)?
            .map(|entry| {
                let metadata = entry.metadata();
                let kind = if metadata.is_dir() {
                    FileKind::Directory
                } else if metadata.is_regular() {
                    FileKind::File
                } else {
                    FileKind::Other
                };
                Entry { name: entry.file_name(), kind, size: metadata.size, modified: metadata.mtime.map(u64::from) }
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// The size of a file, `None` when there is no such file.
    ///
    /// # Errors
    /// When the host cannot say.
    pub async fn size(&self, path: &str) -> Result<Option<u64>, SshError> {
        match self.inner.metadata(path).await {
            Ok(metadata) => Ok(metadata.size),
            Err(Error::Status(status)) if status.status_code == StatusCode::NoSuchFile => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }

    /// Creates a directory and what is missing above it.
    ///
    /// # Errors
    /// When one of them cannot be created.
    pub async fn create_directories(&self, path: &str) -> Result<(), SshError> {
        let mut built = String::new();
        for (position, part) in path.split('/').enumerate() {
            if position > 0 {
                built.push('/');
            }
            built.push_str(part);
            if part.is_empty() || self.inner.try_exists(built.as_str()).await.map_err(failure)? {
                continue;
            }
            self.inner.create_dir(built.as_str()).await.map_err(failure)?;
        }
        Ok(())
    }

    /// Renames a file; most servers refuse when the new name is taken.
    ///
    /// # Errors
    /// When the host refuses.
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), SshError> {
        self.inner.rename(from, to).await.map_err(failure)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// When the host refuses.
    pub async fn remove(&self, path: &str) -> Result<(), SshError> {
        self.inner.remove_file(path).await.map_err(failure)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn failure(error: Error) -> SshError {
    SshError::Protocol(format!("SFTP: {error}"))
}
