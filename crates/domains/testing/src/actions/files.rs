//! The files of a project that its tests upload: kept as artifacts that never expire, laid beside an attempt under the names
//! its steps call them by.

use std::path::{Path, PathBuf};

use argos_audit::{Category, Entry};
use argos_identity::Project;
use argos_kernel::{AppError, Result, Uid};
use argos_web::OpCx;
use serde_json::json;

use super::artifacts::Evidence;
use super::evidence::FAILURE;
use crate::model::artifact::Kind;
use crate::model::file::{FILES_MAX, PROJECT_BYTES_MAX, ProjectFile};
use crate::service::Testing;
use crate::store::{artifacts, files};
use crate::visual::actions::files::FOREVER;

fn not_found() -> AppError {
    AppError::not_found("File not found")
}

impl Testing {
    /// Keeps a file under a name; one that has it is replaced.
    pub(crate) async fn put_project_file(&self, cx: &OpCx, project: &Project, name: &str, bytes: &[u8]) -> Result<ProjectFile> {
        let (uid, now) = (Uid::mint(&**cx.clock(), &**cx.rng()), cx.now());
        let evidence =
            Evidence { kind: Kind::File, content_type: "application/octet-stream", metadata: json!({ "name": name }), retention: FAILURE };
        let mut artifact = self.keep_bytes(project.organization_id, &format!("{uid}:file"), bytes, evidence, now).await?;
        artifact.expires_at = FOREVER;
        let file = ProjectFile {
            uid,
            project_id: project.id,
            name: name.to_owned(),
            artifact: artifact.id.clone(),
            size_bytes: artifact.size_bytes,
            created_by: cx.caller.username.clone(),
            created_at: now,
        };
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let (others, bytes) = files::usage(&mut change, project.id, name).await?;
        let full = |text: String| AppError::bad_request(text).code("files_full").with("field", "file");
        if others >= FILES_MAX {
            return Err(full(format!("A project has at most {FILES_MAX} files")));
        }
        if bytes.saturating_add(file.size_bytes) > PROJECT_BYTES_MAX {
            return Err(full(format!("The files of a project have at most {} MiB", PROJECT_BYTES_MAX >> 20)));
        }
        files::delete(&mut change, project.id, name, now).await?;
        artifacts::insert(&mut change, &artifact, project.id, &uid.to_string()).await?;
        match files::insert(&mut change, &file).await {
            Err(e) if e.is_unique(files::NAME_TAKEN) => {
                return Err(AppError::conflict("A file of this name is being written").code("name_taken").with("field", "name"));
            }
            done => done?,
        }
        let entry = Entry::new("testing.file.put", Category::Data)
            .organization(project.organization_id)
            .target("file", uid)
            .describe(format!("File {name} of {} written", project.fields.name));
        change.commit(entry).await?;
        Ok(file)
    }

    pub(crate) async fn delete_project_file(&self, cx: &OpCx, project: &Project, name: &str) -> Result<()> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let uid = files::delete(&mut change, project.id, name, cx.now()).await?.ok_or_else(not_found)?;
        let entry = Entry::new("testing.file.delete", Category::Data)
            .organization(project.organization_id)
            .target("file", uid)
            .describe(format!("File {name} of {} deleted", project.fields.name));
        change.commit(entry).await
    }

    /// Lays the files of a project into a directory below `dir`, where a test finds them; none without any.
    pub(crate) async fn lay_files(&self, project_id: i64, dir: &Path) -> Result<Option<PathBuf>> {
        let all = files::contents(&self.platform.store.state, project_id).await?;
        if all.is_empty() {
            return Ok(None);
        }
        let below = dir.join("files");
        let failed = |e: std::io::Error| AppError::internal(format!("the files of the project cannot be laid out: {e}"));
        tokio::fs::create_dir_all(&below).await.map_err(failed)?;
        for (name, sha256) in all {
            let (from, to) = (self.file_of(&sha256), below.join(name));
            lay(&from, &to).await.map_err(failed)?;
        }
        Ok(Some(below))
    }
}

/// Where both lie on one file system nothing is copied. What lies there already is left: a copy onto its own link would
/// empty both.
async fn lay(from: &Path, to: &Path) -> std::io::Result<()> {
    match tokio::fs::hard_link(from, to).await {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(_) => tokio::fs::copy(from, to).await.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn file_that_is_laid_twice_keeps_its_bytes() {
        let dir = std::env::temp_dir().join(format!("argos-laid-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (from, to) = (dir.join("blob"), dir.join("a.pdf"));
        std::fs::write(&from, b"bytes").unwrap();
        lay(&from, &to).await.unwrap();
        lay(&from, &to).await.unwrap();
        let read = |path: &Path| std::fs::read(path).unwrap();
        let (stored, laid) = (read(&from), read(&to));
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!((stored.as_slice(), laid.as_slice()), (&b"bytes"[..], &b"bytes"[..]));
    }
}
