//! HTTP/1.1 as bytes (RFC 9112): heads as clients send them and backends get them, heads of answers as backends send them
//! and clients get them, the chunked coding.
//!
//! Pure: nothing here reads or writes a socket. Refuses what two parties could read in two ways.

mod answer;
mod answered;
mod asked;
mod chunked;
mod outgoing;
mod request;

use std::ops::Range;

use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue, Version};

pub(crate) use answer::{BadHead, Framing, Head, parse};
pub(crate) use answered::{AnswerLength, Says, answer_length, write_answer};
pub(crate) use asked::{Asked, BadRequest, BodyLength, HeadLimits, parse_request};
pub(crate) use chunked::{BadChunk, Chunked, Part};
pub(crate) use outgoing::Outgoing;
pub(crate) use request::{Length, write_chunk_size, write_head, write_trailers};

/// Names of header lines and where their values lie. Kept from head to head, so that none needs memory of its own.
pub(crate) type Lines = Vec<(HeaderName, Range<usize>)>;

/// What a head has of the headers that frame a message or belong to one hop. Noted while it is parsed, since looking for
/// each of them afterwards costs more than the parsing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Any header of one hop but a plain `Connection`: what it says may name more of them.
    pub(crate) hop: bool,
    /// `Connection` says nothing but `keep-alive` or `close`.
    pub(crate) plain: bool,
    /// `Expect`, or a claim about where the client comes from.
    pub(crate) claims: bool,
    /// A name that some backends take for another one.
    pub(crate) underscore: bool,
    connection: bool,
    keep_alive: bool,
    close: bool,
    pub(crate) coding: bool,
    pub(crate) lengths: u32,
    /// Of the whole head of a request.
    pub(crate) bytes: usize,
}

impl Marks {
    /// Says whether the line is worth keeping: one that told all it had to tell is not.
    fn note(&mut self, name: &HeaderName, value: &[u8]) -> bool {
        let name = name.as_str();
        match name.len() {
            10 if name == "connection" => return self.note_connection(value),
            14 if name == "content-length" => self.lengths += 1,
            17 if name == "transfer-encoding" => (self.coding, self.hop) = (true, true),
            length => {
                // Only names as long as one of them are compared.
                self.hop |= matches!(length, 2 | 7 | 10 | 14 | 16..=19) && crate::headers::is_of_one_hop(name);
                self.claims |= matches!(length, 6 | 9 | 13..=16 | 18) && crate::headers::is_claim(name);
                self.underscore |= name.bytes().any(|b| b == b'_');
            }
        }
        true
    }

    fn note_connection(&mut self, value: &[u8]) -> bool {
        if value.eq_ignore_ascii_case(b"keep-alive") {
            (self.plain, self.keep_alive) = (true, true);
        } else if value.eq_ignore_ascii_case(b"close") {
            (self.plain, self.close) = (true, true);
        } else {
            (self.connection, self.hop) = (true, true);
        }
        self.connection
    }
}

/// Whether a line ends without a CR. The parser would take it, others would not (RFC 9112, 2.2), so nothing that has one
/// goes on.
fn has_bare_lf(bytes: &[u8]) -> bool {
    let mut before = 0;
    bytes.iter().any(|byte| std::mem::replace(&mut before, *byte) != b'\r' && *byte == b'\n')
}

/// The body's length as the headers tell it, with no transfer coding; `Err` when it can be read in more than one way.
fn told_length(headers: &HeaderMap, marks: Marks) -> Result<Option<u64>, ()> {
    match marks.lengths {
        0 => Ok(None),
        1 => {
            let text = headers.get(CONTENT_LENGTH).map(HeaderValue::as_bytes).unwrap_or_default();
            let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit.checked_sub(b'0').filter(|d| *d < 10)?));
            let length = text.iter().try_fold(0, add).filter(|_| !text.is_empty());
            length.map(Some).ok_or(())
        }
        _ => Err(()),
    }
}

/// Whether the sender of a message with these headers lets another one follow.
fn keeps_alive(headers: &HeaderMap, marks: Marks, version: Version) -> bool {
    let says = |word: &str| {
        let values = headers.get_all(CONNECTION).iter().filter_map(|v| v.to_str().ok());
        values.flat_map(|v| v.split(',')).any(|token| token.trim().eq_ignore_ascii_case(word))
    };
    match version {
        Version::HTTP_10 => !marks.close && (marks.keep_alive || marks.connection && says("keep-alive")),
        _ => !(marks.close || marks.connection && says("close")),
    }
}
