//! The head of an answer, and what it says of the body after it (RFC 9112, 6.3).

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};
use httparse::ParserConfig;

use super::{Lines, Marks, keeps_alive, told_length};

/// Header lines of an answer.
const HEADERS_MAX: usize = 100;
/// Bytes of an answer's head.
const BYTES_MAX: usize = 64 << 10;

/// A parsed head.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) framing: Framing,
    /// Whether the backend lets another request follow.
    pub(crate) keeps_alive: bool,
    /// Whether it has headers of one hop.
    pub(crate) has_hop: bool,
}

/// How the body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    /// By the end of the connection.
    Close,
}

/// Why a head is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHead {
    /// No HTTP, or too much of it.
    Invalid,
    /// Its length can be read in more than one way.
    Ambiguous,
}

/// Takes a head from the front of what was read; `None` when it is not complete yet.
pub(crate) fn parse(read: &mut BytesMut, is_head: bool, lines: &mut Lines) -> Result<Option<Head>, BadHead> {
    let mut fields = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut answer = httparse::Response::new(&mut []);
    let length = match ParserConfig::default().parse_response_with_uninit_headers(&mut answer, read, &mut fields) {
        Ok(httparse::Status::Complete(length)) if length <= BYTES_MAX => length,
        Ok(httparse::Status::Partial) if read.len() < BYTES_MAX => return Ok(None),
        _ => return Err(BadHead::Invalid),
    };
    let status = answer.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(BadHead::Invalid)?;
    let version = if answer.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    let start = read.as_ptr() as usize;
    // All values share the bytes that were read.
    let mut marks = Marks::default();
    lines.clear();
    for line in answer.headers.iter() {
        let from = line.value.as_ptr() as usize - start;
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| BadHead::Invalid)?;
        if marks.note(&name, line.value) {
            lines.push((name, from..from + line.value.len()));
        }
    }
    let bytes: Bytes = read.split_to(length).freeze();
    let mut headers = HeaderMap::with_capacity(lines.len());
    for (name, place) in lines.drain(..) {
        headers.append(name, HeaderValue::from_maybe_shared(bytes.slice(place)).map_err(|_| BadHead::Invalid)?);
    }
    let framing = framing(&headers, marks, status, version, is_head)?;
    let keeps_alive = framing != Framing::Close && keeps_alive(&headers, marks, version);
    Ok(Some(Head { status, headers, framing, keeps_alive, has_hop: marks.hop }))
}

fn framing(headers: &HeaderMap, marks: Marks, status: StatusCode, version: Version, is_head: bool) -> Result<Framing, BadHead> {
    if marks.coding && (version == Version::HTTP_10 || crate::headers::has_odd_framing(headers)) {
        return Err(BadHead::Ambiguous);
    }
    let length = told_length(headers, marks).map_err(|()| BadHead::Ambiguous)?;
    if is_head || status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Ok(Framing::Length(0));
    }
    Ok(if marks.coding { Framing::Chunked } else { length.map_or(Framing::Close, Framing::Length) })
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::{BadHead, Framing, parse};

    fn framing(head: &str) -> Result<(Framing, bool), BadHead> {
        parse(&mut BytesMut::from(head), false, &mut Vec::new()).map(|head| head.map(|h| (h.framing, h.keeps_alive)).unwrap())
    }

    #[test]
    fn the_length_of_an_answer_is_read_as_the_standard_says() {
        use Framing::{Chunked, Close, Length};
        for (head, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Ok((Length(5), true))),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Ok((Chunked, true))),
            ("HTTP/1.1 200 OK\r\n\r\n", Ok((Close, false))),
            ("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", Ok((Length(0), true))),
            ("HTTP/1.1 304 No\r\nConnection: x, Close\r\n\r\n", Ok((Length(0), false))),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Ok((Length(5), false))),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", Ok((Length(5), true))),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Err(BadHead::Ambiguous)),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", Err(BadHead::Ambiguous)),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Err(BadHead::Ambiguous)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", Err(BadHead::Ambiguous)),
            ("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", Err(BadHead::Ambiguous)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Err(BadHead::Ambiguous)),
            ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Err(BadHead::Invalid)),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Err(BadHead::Invalid)),
            ("nonsense\r\n\r\n", Err(BadHead::Invalid)),
        ] {
            assert_eq!(framing(head), expected, "{head:?}");
        }
    }

    #[test]
    fn a_head_without_end_is_given_up() {
        let mut read = BytesMut::from(&b"HTTP/1.1 200 OK\r\nA: "[..]);
        assert!(parse(&mut read, false, &mut Vec::new()).unwrap().is_none());
        read.resize(64 << 10, b'x');
        assert_eq!(parse(&mut read, false, &mut Vec::new()).unwrap_err(), BadHead::Invalid);
    }

    #[test]
    fn what_follows_the_head_is_left() {
        let mut read = BytesMut::from(&b"HTTP/1.1 200 OK\r\nServer: a\r\nX: b\r\nContent-Length: 2\r\n\r\nhi"[..]);
        let head = parse(&mut read, false, &mut Vec::new()).unwrap().unwrap();
        assert_eq!((&read[..], head.headers["server"].as_bytes(), head.headers["x"].as_bytes()), (&b"hi"[..], &b"a"[..], &b"b"[..]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_refused_or_waited_for(bytes in prop::collection::vec(any::<u8>(), 0..300), prefix in any::<bool>()) {
            let mut read = BytesMut::from(if prefix { &b"HTTP/1.1 200 OK\r\n"[..] } else { b"" });
            read.extend_from_slice(&bytes);
            let before = read.len();
            match parse(&mut read, false, &mut Vec::new()) {
                Ok(None) | Err(_) => {}
                Ok(Some(_)) => prop_assert!(read.len() < before),
            }
        }
    }
}
