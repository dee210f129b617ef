//! The first start: a store without users gets its owner (platform spec 1.8). An existing password is never touched.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Role, Secret};

use crate::model::{password, user};
use crate::service::Identity;
use crate::store::users;

const PASSWORD_LENGTH: usize = 20;

/// The owner that was just made.
pub struct FirstUser {
    pub username: String,
    pub password: Secret<String>,
    /// The password was made up here: it lies in `first-run-password` until the first login and must be changed.
    pub generated: bool,
}

impl Identity {
    /// Makes the first user when there is none; `None` when there are users.
    pub async fn ensure_first_user(&self) -> Result<Option<FirstUser>> {
        if users::count(&self.0.db).await? > 0 {
            return Ok(None);
        }
        let username = self.0.boot.initial_admin_user.clone().unwrap_or_else(|| "admin".to_owned());
        user::check_username(&username)?;
        let given = self.0.boot.initial_admin_password.clone();
        let generated = given.is_none();
        let password = given.unwrap_or_else(|| password::generate(&*self.0.rng, PASSWORD_LENGTH));
        let length_min = self.policy().password_length_min;
        password::check_length(password.reveal(), length_min)?;
        if password::check_policy(password.reveal(), length_min).is_err() {
            tracing::warn!("the initial password is weaker than the password rule; change it after the first login");
        }
        let hash = self.0.hasher.hash(password.reveal()).await?;
        // The file comes first: a crash in between leaves a file without a user, and the next start writes both anew.
        if generated {
            write_secret_file(self.first_run_path(), password.reveal().clone()).await?;
            self.0.first_run_file.store(true, Ordering::Relaxed);
        }
        let actor = Actor::system();
        let mut change = self.0.audit.begin(&actor).await?;
        let row = users::NewUser {
            uid: self.mint(),
            username: &username,
            display_name: &username,
            email: None,
            password_hash: Some(hash),
            role: Role::Owner,
            is_temporary: false,
            expires_at: None,
            allowed_node_ids: None,
            must_change_password: generated,
            created_via: "local",
        };
        let owner = self.insert_user(&mut change, &row).await?;
        let entry = Entry::new("user.create", Category::Security)
            .alias("user_add")
            .target("user", &owner.username)
            .describe(format!("First user {} created as owner", owner.username));
        change.commit(entry).await?;
        Ok(Some(FirstUser { username, password, generated }))
    }

    pub(crate) fn first_run_path(&self) -> PathBuf {
        self.0.boot.data_dir.join("first-run-password")
    }
}

/// Writes a file only its owner may read.
async fn write_secret_file(path: PathBuf, text: String) -> Result<()> {
    tokio::task::spawn_blocking(move || write_private(&path, &format!("{text}\n")))
        .await
        .map_err(AppError::internal)?
        .map_err(AppError::internal)
}

/// Replaces a file in one step, readable by its owner alone.
pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let partial = path.with_extension("partial");
    drop(std::fs::remove_file(&partial));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&partial, path)
}
