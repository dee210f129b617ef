//! `multipart/form-data` (RFC 7578), read whole within the route's limit.

use argos_kernel::{AppError, Result};
use bytes::Bytes;

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
