//! HTTP/1.1 as spoken to backends (RFC 9112): bytes of a request head, the head of an answer, the chunked coding.
//!
//! Pure: nothing here reads or writes a socket. Refuses what two parties could read in two ways.

mod answer;
mod chunked;
mod request;

pub(crate) use answer::{BadHead, Framing, Head, parse};
pub(crate) use chunked::{BadChunk, Chunked, Part};
pub(crate) use request::{Length, write_chunk_size, write_head, write_trailers};
