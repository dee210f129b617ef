//! The `authorized_keys` file of the service account: listed, appended to, cut. Comments and blank lines stay; the
//! file stays readable by its owner alone.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, ErrorKind, Result};

use super::first_run::write_private;
use crate::model::ssh_key::{self, SshKey};
use crate::service::Identity;

/// A larger file is not ours to parse.
const FILE_BYTES_MAX: u64 = 1 << 20;

impl Identity {
    fn authorized_keys(&self) -> Result<PathBuf> {
        let unavailable = || AppError::unavailable("The service account has no home directory").code("no_home_directory");
        self.0.boot.authorized_keys.clone().ok_or_else(unavailable)
    }

    /// The key lines in file order; a line that is no key we understand shows as it is.
    pub async fn ssh_keys(&self) -> Result<Vec<SshKey>> {
        let path = self.authorized_keys()?;
        let text = blocking(move || read(&path)).await?;
        Ok(text.lines().filter(|l| ssh_key::is_key_line(l)).map(|l| ssh_key::parse(l).unwrap_or_else(|| unknown(l))).collect())
    }

    /// Appends one key.
    pub(crate) async fn add_ssh_key(&self, actor: &Actor, input: &str) -> Result<()> {
        let line = ssh_key::admit(input)?;
        let path = self.authorized_keys()?;
        let change = self.0.audit.begin(actor).await?;
        let shown = ssh_key::parse(&line).map(|k| k.sha256).unwrap_or_default();
        blocking(move || {
            let mut text = read(&path)?;
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&line);
            text.push('\n');
            write(&path, &text)
        })
        .await?;
        let entry = Entry::new("ssh_key.create", Category::Security).alias("ssh_key_add").target("ssh_key", &shown);
        change.commit(entry.describe(format!("SSH key {shown} added"))).await
    }

    /// Removes the `index`-th key line; 404 when there is none.
    pub(crate) async fn remove_ssh_key(&self, actor: &Actor, index: usize) -> Result<()> {
        let path = self.authorized_keys()?;
        let change = self.0.audit.begin(actor).await?;
        let removed = blocking(move || {
            let text = read(&path)?;
            match ssh_key::without(&text, index) {
                Some(rest) => write(&path, &rest).map(|()| true),
                None => Ok(false),
            }
        })
        .await?;
        if !removed {
            return Err(AppError::not_found("SSH key not found"));
        }
        let entry = Entry::new("ssh_key.delete", Category::Security).alias("ssh_key_remove").target("ssh_key", index);
        change.commit(entry.describe(format!("SSH key {index} removed"))).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(AppError::internal)?;
    done.map_err(|e| AppError::new(ErrorKind::Unavailable, "authorized_keys is not accessible").code("file_unavailable").caused_by(e))
}

fn read(path: &std::path::Path) -> std::io::Result<String> {
    match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(e) => return Err(e),
        Ok(meta) if meta.len() > FILE_BYTES_MAX => return Err(std::io::Error::other("the file is larger than 1 MiB")),
        Ok(_) => {}
    }
    std::fs::read_to_string(path)
}

fn write(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        if !dir.exists() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    write_private(path, text)
}

/// A line of another form, e.g. with options in front.
fn unknown(line: &str) -> SshKey {
    let kind = line.split_whitespace().next().unwrap_or_default();
    SshKey { kind: kind.to_owned(), blob: String::new(), comment: String::new(), sha256: String::new() }
}
