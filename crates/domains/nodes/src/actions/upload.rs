//! A media file on its way to an edge: read from the client piece by piece, sent on chunk by chunk, each answered before
//! the next. Nothing of it is kept here, so the client is as slow as the node.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_kernel::{Actor, AppError, ErrorKind, Result};
use argos_nodewire::{CHUNK_BYTES, MediaChunk, chunk, chunk_command, is_media_name};
use argos_web::Message;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, pin_mut};
use serde_json::json;

use crate::model::node::Node;
use crate::service::{Nodes, Session};

/// Largest file, in bytes.
pub(crate) const MEDIA_BYTES: usize = 8 << 30;
/// How long a node may take for one chunk.
const CHUNK_WAIT: Duration = Duration::from_secs(60);
/// The first protocol with binary chunks.
const BINARY_SINCE: i64 = 4;

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

impl Nodes {
    /// Sends a file of `total` bytes on; what the node said of the last chunk counts.
    pub(crate) async fn upload_media(
        self: &Arc<Self>,
        actor: &Actor,
        node: &Node,
        (name, total): (&str, u64),
        pieces: impl Stream<Item = Result<Bytes>> + Send,
    ) -> Result<()> {
        if !is_media_name(name) {
            return Err(bad("name", "name must have 1 to 255 letters, digits, blanks or . _ - and no .."));
        }
        if node.is_relay() {
            return Err(AppError::bad_request("A relay takes no media").code("invalid_field").with("field", "id"));
        }
        if total == 0 {
            return Err(bad("content-length", "The file is empty"));
        }
        let session = self.connected(&node.id)?;
        let _turn = self.upload_turn_of(&session).await?;
        let sent = self.send_chunks(&session, (name, total), pieces).await;
        let entry = Entry::new("node.media.upload", Category::Action).target("node", &node.id);
        let entry = entry.describe(format!("Node {}: media file {name}", node.name));
        let error = sent.as_ref().err().map(|e| e.code_str().to_owned());
        let status = if error.is_none() { Status::Success } else { Status::Failure };
        let entry = entry.after(json!({ "name": name, "bytes": total, "error": error })).status(status);
        self.platform.audit.note(actor, entry).await?;
        sent
    }

    async fn send_chunks(
        &self,
        session: &Session,
        (name, total): (&str, u64),
        pieces: impl Stream<Item = Result<Bytes>> + Send,
    ) -> Result<()> {
        let incomplete = || AppError::bad_request("The file is not as long as was declared").code("body_incomplete");
        let chunks = total.div_ceil(CHUNK_BYTES as u64);
        let (mut held, mut index, mut seen) = (Vec::with_capacity(CHUNK_BYTES), 0_u64, 0_u64);
        pin_mut!(pieces);
        while let Some(piece) = pieces.next().await {
            let mut piece = piece?;
            seen += piece.len() as u64;
            if seen > total {
                return Err(incomplete());
            }
            while !piece.is_empty() {
                let part = piece.split_to(piece.len().min(CHUNK_BYTES - held.len()));
                held.extend_from_slice(&part);
                if held.len() == CHUNK_BYTES {
                    self.send_chunk(session, (name, index, chunks, total), &held).await?;
                    index += 1;
                    held.clear();
                }
            }
        }
        if seen != total {
            return Err(incomplete());
        }
        if held.is_empty() { Ok(()) } else { self.send_chunk(session, (name, index, chunks, total), &held).await }
    }

    async fn send_chunk(&self, session: &Session, (name, index, total, total_bytes): (&str, u64, u64, u64), data: &[u8]) -> Result<()> {
        let command_id = self.random_uuid();
        let head = MediaChunk { command_id: &command_id, name, index, total, total_bytes };
        let message = if session.protocol_version.is_some_and(|v| v >= BINARY_SINCE) {
            Message::binary(chunk(&head, data))
        } else {
            Message::text(argos_nodewire::command(&self.now().rfc3339(), &command_id, &chunk_command(&head, data)))
        };
        match self.ask_with(session, &command_id, message, CHUNK_WAIT).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::UpstreamTimeout => {
                Err(AppError::new(ErrorKind::UpstreamTimeout, "The node did not take a part of the file in time").code("node_timeout"))
            }
            Err(error) => Err(error),
        }
    }
}
