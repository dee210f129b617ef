//! `/api/v1/projects/{id}/files`: what the steps `upload` of a project's tests put into forms.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::Service;
use crate::actions::tests::fault;
use crate::model::file::{FILE_BYTES_MAX, ProjectFile, named};
use crate::service::Testing;
use crate::store::files;

/// Around the file in its form.
const FORM_BYTES: usize = 64 << 10;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/projects/{id}/files", "files.list", "Files that tests of the project upload, by name.", list)
        .reply::<FilesView>()
        .post("/api/v1/projects/{id}/files", "files.create", "Keep a file (multipart: `file`, and `name` for another name).", create)
        .reply::<FileView>()
        .body_limit(FILE_BYTES_MAX + FORM_BYTES)
        .delete("/api/v1/projects/{id}/files/{name}", "files.delete", "Remove a file.", remove)
}

#[derive(Serialize, JsonSchema)]
struct FileView {
    id: String,
    /// What steps call it.
    name: String,
    size_bytes: i64,
    /// The bytes, without a credential, for a quarter of an hour.
    url: String,
    created_by: String,
    created_at: String,
}

#[derive(Serialize, JsonSchema)]
struct FilesView {
    files: Vec<FileView>,
    total: usize,
}

impl FileView {
    fn of(testing: &Testing, f: ProjectFile) -> Self {
        Self {
            id: f.uid.to_string(),
            url: testing.signed(&f.artifact),
            name: f.name,
            size_bytes: f.size_bytes,
            created_by: f.created_by,
            created_at: Timestamp::rfc3339(f.created_at),
        }
    }
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let project = testing.project_for(&req, req.param("id")).await?.project;
    let found = files::list(&testing.platform.store.state, project.id).await?;
    let files: Vec<FileView> = found.into_iter().map(|f| FileView::of(&testing, f)).collect();
    Ok(Reply::json(&FilesView { total: files.len(), files }))
}

async fn create(testing: Service, mut req: Req) -> Result<Reply> {
    let project = testing.project_for(&req, req.param("id")).await?.project;
    let form = req.multipart().await?;
    let file = form.field("file").ok_or_else(|| fault("file", "file is missing"))?;
    if file.data.len() > FILE_BYTES_MAX {
        return Err(fault("file", format!("file must have at most {} MiB", FILE_BYTES_MAX >> 20)));
    }
    let given = form.field("name").map(|name| String::from_utf8_lossy(&name.data).into_owned());
    let name = given.filter(|name| !name.is_empty()).or_else(|| file.file_name.clone()).unwrap_or_default();
    let name = named(&name).map_err(|f| AppError::invalid(vec![f]))?;
    let made = testing.put_project_file(req.cx(), &project, &name, &file.data).await?;
    Ok(Reply::json(&FileView::of(&testing, made)))
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let project = testing.project_for(&req, req.param("id")).await?.project;
    testing.delete_project_file(req.cx(), &project, req.param("name")).await?;
    Ok(Reply::json(&json!({ "success": true, "message": "File deleted" })))
}
