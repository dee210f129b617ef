//! A piece of a media file on its way to an edge of protocol 4 or newer: two marks, the length of a JSON header, the
//! header, the bytes.

use serde_json::{Value, json};

const MARK: [u8; 2] = [0xbc, 0x01];

/// Bytes of a file in one chunk.
pub const CHUNK_BYTES: usize = 1 << 20;

/// Whether a node takes a file of this name: letters, digits, `.`, `_`, blank and `-`, at most 255, no `..`.
#[must_use]
pub fn is_media_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ' ' | '-');
    !name.is_empty() && name.len() <= 255 && name.chars().all(fits) && !name.contains("..") && name.trim() == name
}

/// The command with one chunk, for edges that do not take binary messages yet.
#[must_use]
pub fn chunk_command(head: &MediaChunk<'_>, data: &[u8]) -> Value {
    json!({ "type": "upload_media_chunk", "name": head.name, "chunk_index": head.index, "total_chunks": head.total,
        "total_bytes": head.total_bytes, "data_b64": data_encoding::BASE64.encode(data) })
}

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
    fn names_that_lead_out_of_the_folder_are_refused() {
        for bad in ["", "..", "a/b.ts", "a..b", "ü.ts", " a.ts", "a\\b", "a\n"] {
            assert!(!is_media_name(bad), "{bad:?}");
        }
        assert!(is_media_name("Clip 1_final-2.ts") && is_media_name(&"a".repeat(255)) && !is_media_name(&"a".repeat(256)));
    }

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
