//! A directory on another machine, over SFTP. The host key is pinned: before it is known nothing but the question for it
//! is sent. A copy gets its name when it is complete, so a cut transfer leaves no archive that looks whole.

use std::path::Path;
use std::time::Duration;

use argos_kernel::{AppError, Result};
use argos_net::{Class, Net};
use argos_ssh::{Credential, HostKey, Limits, PrivateKey, Session, Sftp, SshError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{failed, read_part};
use crate::backups::io_error;
use crate::model::target::{SftpLogin, SftpTarget};

/// One piece of an archive, or one question, must be through after this.
const STEP_LIMIT: Duration = Duration::from_secs(120);
const PARTIAL: &str = ".partial";
const PROBE_BYTES_MAX: u64 = 4_096;

/// An open directory.
pub(super) struct Directory {
    // Closed before the session it stands on.
    files: Sftp,
    _session: Session,
    path: String,
}

fn refused(error: impl std::fmt::Display) -> AppError {
    failed(&error.to_string())
}

/// The answer to somebody who has not pinned the host key, with the key to compare.
fn unpinned(shown: String) -> AppError {
    let text = format!("The host key is not pinned. The host shows {shown}; compare it there and store it as fingerprint.");
    AppError::conflict(text).code("host_key_unpinned").with("field", "backup.target.fingerprint").with("fingerprint", shown)
}

fn login_error(error: SshError) -> AppError {
    match error {
        SshError::HostKeyChanged { pinned, shown } => {
            let text = format!("The host key changed: {pinned} is pinned, the host shows {shown}. Nothing was sent.");
            AppError::conflict(text).code("host_key_changed").with("field", "backup.target.fingerprint").with("fingerprint", shown)
        }
        other => refused(other),
    }
}

async fn limited<T, E: std::fmt::Display>(step: impl Future<Output = std::result::Result<T, E>>) -> Result<T> {
    match tokio::time::timeout(STEP_LIMIT, step).await {
        Ok(done) => done.map_err(refused),
        Err(_) => Err(failed("no answer within two minutes")),
    }
}

impl Directory {
    pub(super) async fn open(net: &Net, target: &SftpTarget) -> Result<Self> {
        let stream = net.connect(Class::Integration, &target.host, target.port).await.map_err(refused)?;
        let Some(fingerprint) = target.fingerprint.clone() else {
            return Err(unpinned(Session::learn_host_key(stream, Limits::default()).await.map_err(refused)?));
        };
        let credential = match &target.login {
            SftpLogin::Password(password) => Credential::Password(password.reveal().clone()),
            SftpLogin::Key { text, passphrase } => {
                let passphrase = passphrase.as_ref().map(|p| p.reveal().as_str());
                let wrong = |e: SshError| {
                    let field = "backup.target.private_key";
                    AppError::bad_request(format!("{field}: {e}")).code("invalid_backup_target").with("field", field)
                };
                Credential::Key(PrivateKey::parse(text.reveal(), passphrase).map_err(wrong)?)
            }
        };
        let host = argos_ssh::Target {
            host: target.host.clone(),
            port: target.port,
            user: target.user.clone(),
            credential,
            host_key: HostKey::Pinned(fingerprint),
            limits: Limits::default(),
        };
        let session = Session::connect_over(stream, &host).await.map_err(login_error)?;
        let files = limited(Sftp::open(&session)).await?;
        limited(files.create_directories(&target.path)).await?;
        Ok(Self { files, _session: session, path: target.path.clone() })
    }

    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path.trim_end_matches('/'))
    }

    /// Copies a file there under `name`.
    pub(super) async fn put(&self, name: &str, path: &Path) -> Result<()> {
        let mut file = tokio::fs::File::open(path).await.map_err(io_error("reading the archive"))?;
        let (partial, place) = (self.at(&format!("{name}{PARTIAL}")), self.at(name));
        let sent = async {
            let mut out = limited(self.files.create(&partial)).await?;
            loop {
                let part = read_part(&mut file).await?;
                if part.is_empty() {
                    break;
                }
                limited(out.write_all(&part)).await?;
            }
            limited(out.shutdown()).await?;
            self.remove(name).await?;
            limited(self.files.rename(&partial, &place)).await
        };
        let sent = sent.await;
        if sent.is_err()
            && let Err(error) = self.remove_at(&partial).await
        {
            tracing::warn!(?error, "the rest of a copy that was given up stays at the target");
        }
        sent
    }

    /// Removes a file; one that is not there is fine.
    pub(super) async fn remove(&self, name: &str) -> Result<()> {
        self.remove_at(&self.at(name)).await
    }

    async fn remove_at(&self, place: &str) -> Result<()> {
        match limited(self.files.size(place)).await? {
            Some(_) => limited(self.files.remove(place)).await,
            None => Ok(()),
        }
    }

    /// Writes, reads and removes a small file; what came back.
    pub(super) async fn probe(&self, name: &str, content: &[u8]) -> Result<Vec<u8>> {
        let place = self.at(name);
        let mut out = limited(self.files.create(&place)).await?;
        limited(out.write_all(content)).await?;
        limited(out.shutdown()).await?;
        let mut back = Vec::new();
        let mut input = limited(self.files.read(&place)).await?.take(PROBE_BYTES_MAX);
        limited(input.read_to_end(&mut back)).await?;
        self.remove(name).await?;
        Ok(back)
    }
}
