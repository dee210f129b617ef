//! The head of a client's request, and what it says of the body after it (RFC 9112, 6.3). Strict: what two parties could
//! read in two ways is refused here, before any rule sees it.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT, HeaderMap, HeaderName, HeaderValue, TE};
use http::request::Parts;
use http::{Method, Request, Uri, Version};
use httparse::{Error, ParserConfig, Status};

use super::{Lines, Marks, has_bare_lf, keeps_alive, told_length};

/// Header lines that are parsed at all; limits above it do not count.
const LINES_MAX: usize = 256;

/// A parsed head.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) parts: Parts,
    pub(crate) marks: Marks,
    pub(crate) length: BodyLength,
    /// Whether the client may send another request after this one.
    pub(crate) keeps_alive: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub(crate) wants_continue: bool,
    /// Whether trailers may follow the answer.
    pub(crate) takes_trailers: bool,
}

/// How a request's body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    Known(u64),
    Chunked,
}

/// Why a head is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadRequest {
    /// No HTTP, or a length that can be read in more than one way.
    Invalid,
    /// More bytes or lines than are allowed.
    TooLarge,
}

/// What a head may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLimits {
    pub(crate) bytes: usize,
    pub(crate) lines: usize,
}

/// Takes a head from the front of what was read; `None` when it is not complete yet.
pub(crate) fn parse_request(read: &mut BytesMut, limits: HeadLimits, lines: &mut Lines) -> Result<Option<Asked>, BadRequest> {
    let mut fields = [const { MaybeUninit::uninit() }; LINES_MAX];
    let fields = fields.get_mut(..limits.lines.min(LINES_MAX)).unwrap_or_default();
    let mut request = httparse::Request::new(&mut []);
    let length = match ParserConfig::default().parse_request_with_uninit_headers(&mut request, read, fields) {
        Ok(Status::Complete(length)) if length <= limits.bytes => length,
        Ok(Status::Partial) if read.len() < limits.bytes => return Ok(None),
        Ok(_) | Err(Error::TooManyHeaders) => return Err(BadRequest::TooLarge),
        Err(_) => return Err(BadRequest::Invalid),
    };
    if read.get(..length).is_none_or(has_bare_lf) {
        return Err(BadRequest::Invalid);
    }
    let start = read.as_ptr() as usize;
    let place = |part: &[u8]| {
        let from = part.as_ptr() as usize - start;
        from..from + part.len()
    };
    let method = Method::from_bytes(request.method.unwrap_or_default().as_bytes()).map_err(|_| BadRequest::Invalid)?;
    let target = place(request.path.unwrap_or_default().as_bytes());
    let version = if request.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    lines.clear();
    let mut marks = Marks { bytes: length, ..Marks::default() };
    for line in request.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| BadRequest::Invalid)?;
        // Rules may ask for any of them: all are kept.
        marks.note(&name, line.value);
        lines.push((name, place(line.value)));
    }
    // All parts share the bytes that were read.
    let bytes: Bytes = read.split_to(length).freeze();
    let mut headers = HeaderMap::with_capacity(lines.len() + 4);
    for (name, place) in lines.drain(..) {
        let value = HeaderValue::from_maybe_shared(bytes.slice(place)).map_err(|_| BadRequest::Invalid)?;
        headers.try_append(name, value).map_err(|_| BadRequest::TooLarge)?;
    }
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.uri = Uri::from_maybe_shared(bytes.slice(target)).map_err(|_| BadRequest::Invalid)?;
    (parts.method, parts.version, parts.headers) = (method, version, headers);
    asked(parts, marks).map(Some)
}

fn asked(mut parts: Parts, marks: Marks) -> Result<Asked, BadRequest> {
    let headers = &mut parts.headers;
    let is_old = parts.version == Version::HTTP_10;
    let mut keeps_alive = keeps_alive(headers, marks, parts.version);
    let length = if marks.coding {
        // The coding wins over a length beside it; but whoever sends both is not asked again (RFC 9112, 6.1).
        keeps_alive &= headers.remove(CONTENT_LENGTH).is_none();
        if is_old || crate::headers::has_odd_framing(headers) {
            return Err(BadRequest::Invalid);
        }
        BodyLength::Chunked
    } else {
        BodyLength::Known(told_length(headers, marks).map_err(|()| BadRequest::Invalid)?.unwrap_or(0))
    };
    let has_body = length != BodyLength::Known(0);
    let expects = |headers: &HeaderMap| headers.get(EXPECT).is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let wants_continue = has_body && !is_old && expects(headers);
    let takes = |headers: &HeaderMap| headers.get(TE).is_some_and(|te| te.to_str().unwrap_or("").to_ascii_lowercase().contains("trailers"));
    let takes_trailers = marks.hop && !is_old && takes(headers);
    Ok(Asked { parts, marks, length, keeps_alive, wants_continue, takes_trailers })
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::super::Lines;
    use super::{Asked, BadRequest, BodyLength, HeadLimits, parse_request};

    const LIMITS: HeadLimits = HeadLimits { bytes: 1000, lines: 10 };

    fn parse(head: &str) -> Result<Option<Asked>, BadRequest> {
        parse_request(&mut BytesMut::from(head), LIMITS, &mut Lines::new())
    }

    #[test]
    fn the_body_of_a_request_is_delimited_as_the_standard_says() {
        use BodyLength::{Chunked, Known};
        for (lines, expected) in [
            ("HTTP/1.1\r\n", Ok((Known(0), true))),
            ("HTTP/1.0\r\n", Ok((Known(0), false))),
            ("HTTP/1.0\r\nConnection: keep-alive\r\n", Ok((Known(0), true))),
            ("HTTP/1.1\r\nContent-Length: 5\r\n", Ok((Known(5), true))),
            ("HTTP/1.1\r\nContent-Length: 5\r\nConnection: x, Close\r\n", Ok((Known(5), false))),
            ("HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n", Ok((Chunked, true))),
            ("HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", Ok((Chunked, false))),
            ("HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", Ok((Chunked, false))),
            ("HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nContent-Length: 5, 5\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nContent-Length: +5\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nContent-Length:\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nX : 1\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nX: 1\nY: 2\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\n", Err(BadRequest::Invalid)),
            ("HTTP/1.1\r\nX: 1\r\n 2\r\n", Err(BadRequest::Invalid)),
            ("HTTP/1.2\r\n", Err(BadRequest::Invalid)),
        ] {
            let head = parse(&format!("POST /a {lines}\r\n")).map(|head| head.map(|h| (h.length, h.keeps_alive)).unwrap());
            assert_eq!(head, expected, "{lines:?}");
        }
    }

    #[test]
    fn what_follows_the_head_is_left_and_what_the_client_wants_is_told() {
        let mut read =
            BytesMut::from("\r\nPUT /a?b HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\nhiGET");
        let head = parse_request(&mut read, LIMITS, &mut Lines::new()).unwrap().unwrap();
        assert_eq!((&read[..], head.parts.uri.to_string().as_str(), head.parts.method.as_str()), (&b"hiGET"[..], "/a?b", "PUT"));
        assert_eq!((head.parts.headers["host"].as_bytes(), head.wants_continue, head.takes_trailers), (&b"x"[..], true, true));
    }

    #[test]
    fn heads_that_are_too_large_are_told_from_bad_ones() {
        assert!(parse("GET / HTTP/1.1\r\nHost: x\r\n").unwrap().is_none());
        for (head, expected) in [
            (format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(1000)), BadRequest::TooLarge),
            (format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(1000)), BadRequest::TooLarge),
            (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(11)), BadRequest::TooLarge),
            ("GET  / HTTP/1.1\r\n\r\n".to_owned(), BadRequest::Invalid),
            ("\x16\x03\x01\x02\x00".to_owned(), BadRequest::Invalid),
        ] {
            assert_eq!(parse(&head).unwrap_err(), expected, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_refused_or_waited_for(bytes in prop::collection::vec(any::<u8>(), 0..300), prefix in any::<bool>()) {
            let mut read = BytesMut::from(if prefix { &b"GET / HTTP/1.1\r\n"[..] } else { b"" });
            read.extend_from_slice(&bytes);
            let before = read.len();
            if let Ok(Some(_)) = parse_request(&mut read, LIMITS, &mut Lines::new()) {
                prop_assert!(read.len() < before);
            }
        }
    }
}
