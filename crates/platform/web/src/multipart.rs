//! `multipart/form-data` (RFC 7578), read whole within the route's limit, or with one file written to disk as it comes.

use argos_kernel::{AppError, Result};
use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use crate::body::RequestBody;

/// One part of a form.
pub struct MultipartField {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub data: Bytes,
}

/// All parts in order.
#[derive(Default)]
pub struct MultipartForm(pub Vec<MultipartField>);

impl MultipartForm {
    pub fn field(&self, name: &str) -> Option<&MultipartField> {
        self.0.iter().find(|f| f.name == name)
    }
}

pub(crate) async fn read(content_type: &str, body: RequestBody, limit: usize) -> Result<MultipartForm> {
    let bad = |e: multer::Error| AppError::bad_request("The multipart form is malformed").code("invalid_multipart").caused_by(e);
    let boundary = multer::parse_boundary(content_type).map_err(bad)?;
    let mut form = multer::Multipart::new(Box::pin(body.into_stream(limit)), boundary);
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let content_type = field.content_type().map(ToString::to_string);
        fields.push(MultipartField { name, file_name, content_type, data: field.bytes().await.map_err(bad)? });
    }
    Ok(MultipartForm(fields))
}

/// Members beside the file stay small.
const FIELD_MAX: usize = 64 << 10;

/// Writes the content of the member `file` to `path`, durably, and returns the other members. `None` when there is no
/// such member.
pub(crate) async fn save(
    content_type: &str,
    body: RequestBody,
    limit: usize,
    file: &str,
    path: &std::path::Path,
) -> Result<Option<MultipartForm>> {
    let bad = |e: multer::Error| AppError::bad_request("The multipart form is malformed").code("invalid_multipart").caused_by(e);
    let boundary = multer::parse_boundary(content_type).map_err(bad)?;
    let mut form = multer::Multipart::new(Box::pin(body.into_stream(limit)), boundary);
    let (mut fields, mut saved) = (Vec::new(), false);
    while let Some(mut field) = form.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let content_type = field.content_type().map(ToString::to_string);
        if name == file && !saved {
            let mut out = tokio::fs::File::create(path).await.map_err(AppError::internal)?;
            while let Some(piece) = field.chunk().await.map_err(bad)? {
                out.write_all(&piece).await.map_err(AppError::internal)?;
            }
            out.sync_all().await.map_err(AppError::internal)?;
            saved = true;
            continue;
        }
        let mut data = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(bad)? {
            if data.len() + piece.len() > FIELD_MAX {
                return Err(crate::body::too_large(FIELD_MAX));
            }
            data.extend_from_slice(&piece);
        }
        fields.push(MultipartField { name, file_name, content_type, data: data.into() });
    }
    Ok(saved.then_some(MultipartForm(fields)))
}
