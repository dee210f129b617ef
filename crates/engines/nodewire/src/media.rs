//! A piece of a media file on its way to an edge of protocol 4 or newer: two marks, the length of a JSON header, the
//! header, the bytes.

use serde_json::{Value, json};

const MARK: [u8; 2] = [0xbc, 0x01];

/// What a chunk says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaChunk<'a> {
    pub command_id: &'a str,
    pub name: &'a str,
    pub index: u64,
    pub total: u64,
    pub total_bytes: u64,
}

/// The binary message of one chunk.
#[must_use]
pub fn chunk(head: &MediaChunk<'_>, data: &[u8]) -> Vec<u8> {
    let header: Value = json!({ "command_id": head.command_id, "name": head.name, "chunk_index": head.index,
        "total_chunks": head.total, "total_bytes": head.total_bytes });
    let header = header.to_string();
    let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(6 + header.len() + data.len());
    out.extend_from_slice(&MARK);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(data);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_has_marks_length_header_and_bytes() {
        let head = MediaChunk { command_id: "c", name: "a.ts", index: 0, total: 1, total_bytes: 3 };
        let bytes = chunk(&head, b"xyz");
        assert_eq!(&bytes[..2], &[0xbc, 1]);
        let length = u32::from_be_bytes(bytes[2..6].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&bytes[6..6 + length]).unwrap();
        assert_eq!((&header["chunk_index"], &header["total_bytes"]), (&json!(0), &json!(3)));
        assert_eq!(&bytes[6 + length..], b"xyz");
    }
}
