//! The head of an answer on its way to a client.

use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, TRANSFER_ENCODING};
use http::{StatusCode, Version};

use super::Outgoing;
use super::request::write_field;

/// How the body of an answer is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerLength {
    /// No answer of this kind has a body; its headers may still tell the length of the one it speaks of.
    None,
    Known(u64),
    Chunked,
    /// By the end of the connection.
    Close,
}

/// What the head says of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Nothing,
    Close,
    /// To an HTTP/1.0 client that asked for it.
    KeepAlive,
    /// What its headers say: the protocol is switched.
    Own,
}

/// Writes the head. Framing and connection are told by the arguments alone, whatever the headers say of them.
pub(crate) fn write_answer(out: &mut Outgoing, status: StatusCode, headers: &HeaderMap, length: AnswerLength, says: Says, date: &[u8]) {
    out.reserve(512);
    if status == StatusCode::OK {
        out.put(b"HTTP/1.1 200 OK\r\n");
    } else {
        out.put(b"HTTP/1.1 ");
        out.put(status.as_str().as_bytes());
        out.put(b" ");
        out.put(status.canonical_reason().unwrap_or("").as_bytes());
        out.put(b"\r\n");
    }
    let mut has_date = false;
    for (name, value) in headers {
        let is_told_below = *name == TRANSFER_ENCODING
            || (*name == CONTENT_LENGTH && (length != AnswerLength::None || status == StatusCode::NO_CONTENT))
            || (*name == CONNECTION && says != Says::Own);
        if !is_told_below {
            has_date |= *name == DATE;
            write_field(out, name.as_str(), value.as_bytes());
        }
    }
    match length {
        AnswerLength::None | AnswerLength::Close => {}
        AnswerLength::Known(length) => {
            out.put(b"content-length: ");
            put_number(out, length);
            out.put(b"\r\n");
        }
        AnswerLength::Chunked => out.put(b"transfer-encoding: chunked\r\n"),
    }
    match says {
        Says::Nothing | Says::Own => {}
        Says::Close => out.put(b"connection: close\r\n"),
        Says::KeepAlive => out.put(b"connection: keep-alive\r\n"),
    }
    if !has_date && says != Says::Own {
        write_field(out, "date", date);
    }
    out.put(b"\r\n");
}

/// Writes a number in decimal digits.
fn put_number(out: &mut Outgoing, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        (number, length) = (number / 10, length + 1);
        if number == 0 {
            break;
        }
    }
    out.put(digits.get(digits.len() - length..).unwrap_or_default());
}

/// The length of an answer's body, by what was asked and what is known of it.
pub(crate) fn answer_length(status: StatusCode, is_head: bool, version: Version, exact: Option<u64>, headers: &HeaderMap) -> AnswerLength {
    if status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return AnswerLength::None;
    }
    match exact {
        // The length a GET would have is known only where a body stands ready, or its head tells.
        Some(1..) if is_head && !headers.contains_key(CONTENT_LENGTH) => AnswerLength::Known(exact.unwrap_or(0)),
        _ if is_head => AnswerLength::None,
        Some(exact) => AnswerLength::Known(exact),
        None if version == Version::HTTP_10 => AnswerLength::Close,
        None => AnswerLength::Chunked,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outgoing;
    use http::{HeaderMap, HeaderValue, StatusCode, Version};
    use proptest::prelude::*;

    use super::{AnswerLength, Says, answer_length, put_number, write_answer};

    fn head(status: u16, length: AnswerLength, says: Says) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in [("server", "a"), ("content-length", "999"), ("transfer-encoding", "gzip"), ("connection", "upgrade")] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let mut out = Outgoing::default();
        write_answer(&mut out, StatusCode::from_u16(status).unwrap(), &headers, length, says, b"now");
        String::from_utf8(out.rest().to_vec()).unwrap()
    }

    #[test]
    fn an_answer_is_framed_by_what_is_known_of_its_body_alone() {
        for (status, length, says, expected) in [
            (200, AnswerLength::Known(7), Says::Nothing, "200 OK\r\nserver: a\r\ncontent-length: 7\r\ndate: now\r\n\r\n"),
            (
                200,
                AnswerLength::Chunked,
                Says::Close,
                "200 OK\r\nserver: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\ndate: now\r\n\r\n",
            ),
            (200, AnswerLength::Close, Says::KeepAlive, "200 OK\r\nserver: a\r\nconnection: keep-alive\r\ndate: now\r\n\r\n"),
            (304, AnswerLength::None, Says::Nothing, "304 Not Modified\r\nserver: a\r\ncontent-length: 999\r\ndate: now\r\n\r\n"),
            (204, AnswerLength::None, Says::Nothing, "204 No Content\r\nserver: a\r\ndate: now\r\n\r\n"),
            (299, AnswerLength::Known(0), Says::Nothing, "299 \r\nserver: a\r\ncontent-length: 0\r\ndate: now\r\n\r\n"),
            (101, AnswerLength::Close, Says::Own, "101 Switching Protocols\r\nserver: a\r\nconnection: upgrade\r\n\r\n"),
        ] {
            assert_eq!(head(status, length, says), format!("HTTP/1.1 {expected}"));
        }
    }

    #[test]
    fn the_length_of_an_answer_depends_on_what_was_asked() {
        let (mut told, untold) = (HeaderMap::new(), HeaderMap::new());
        told.insert("content-length", HeaderValue::from_static("9"));
        let length = |status, is_head, version, exact, headers| {
            answer_length(StatusCode::from_u16(status).unwrap(), is_head, version, exact, headers)
        };
        assert_eq!(length(200, false, Version::HTTP_11, Some(0), &untold), AnswerLength::Known(0));
        assert_eq!(length(200, false, Version::HTTP_11, None, &told), AnswerLength::Chunked);
        assert_eq!(length(200, false, Version::HTTP_10, None, &untold), AnswerLength::Close);
        assert_eq!(length(200, true, Version::HTTP_11, Some(0), &told), AnswerLength::None);
        assert_eq!(length(200, true, Version::HTTP_11, Some(0), &untold), AnswerLength::None);
        assert_eq!(length(403, true, Version::HTTP_11, Some(4), &untold), AnswerLength::Known(4));
        assert_eq!(length(204, false, Version::HTTP_11, Some(4), &untold), AnswerLength::None);
        assert_eq!(length(304, false, Version::HTTP_11, None, &told), AnswerLength::None);
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_the_library_writes_them(number in any::<u64>(), shift in 0..64u32) {
            let mut out = Outgoing::default();
            put_number(&mut out, number >> shift);
            prop_assert_eq!(String::from_utf8(out.rest().to_vec()), Ok((number >> shift).to_string()));
        }
    }
}
