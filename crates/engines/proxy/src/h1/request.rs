//! A request on its way to the wire.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request};

use super::Outgoing;

/// How a request's body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    None,
    Known(u64),
    Chunked,
}

/// Writes the head. The framing is told by the body alone, whatever the headers say of it.
pub(crate) fn write_head<B>(out: &mut Outgoing, request: &Request<B>, length: Length) {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    out.reserve(512);
    out.put(request.method().as_str().as_bytes());
    out.put(b" ");
    out.put(target.as_bytes());
    out.put(b" HTTP/1.1\r\n");
    for (name, value) in request.headers() {
        if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
            write_field(out, name.as_str(), value.as_bytes());
        }
    }
    match length {
        // Some backends wait for a body of these methods unless they are told that there is none (RFC 9110, 8.6).
        Length::None if matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) => out.put(b"content-length: 0\r\n"),
        Length::None => {}
        Length::Known(length) => write_field(out, "content-length", length.to_string().as_bytes()),
        Length::Chunked => out.put(b"transfer-encoding: chunked\r\n"),
    }
    out.put(b"\r\n");
}

pub(super) fn write_field(out: &mut Outgoing, name: &str, value: &[u8]) {
    out.reserve(name.len() + value.len() + 4);
    out.put(name.as_bytes());
    out.put(b": ");
    out.put(value);
    out.put(b"\r\n");
}

/// Writes the line before a chunk. After the chunk's bytes comes an empty line.
pub(crate) fn write_chunk_size(out: &mut Outgoing, size: usize) {
    out.put(format!("{size:x}\r\n").as_bytes());
}

/// Writes the end of a chunked body.
pub(crate) fn write_trailers(out: &mut Outgoing, trailers: Option<&HeaderMap>) {
    out.put(b"0\r\n");
    for (name, value) in trailers.into_iter().flatten() {
        write_field(out, name.as_str(), value.as_bytes());
    }
    out.put(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::Outgoing;
    use http::{HeaderMap, HeaderValue, Method, Request};

    use super::{Length, write_chunk_size, write_head, write_trailers};

    fn head(method: Method, length: Length) -> String {
        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = "/a?b=c".parse().unwrap();
        request.headers_mut().insert("host", HeaderValue::from_static("x"));
        request.headers_mut().insert("content-length", HeaderValue::from_static("999"));
        request.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
        let mut out = Outgoing::default();
        write_head(&mut out, &request, length);
        String::from_utf8(out.rest().to_vec()).unwrap()
    }

    #[test]
    fn the_body_alone_tells_the_framing() {
        assert_eq!(head(Method::GET, Length::None), "GET /a?b=c HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(head(Method::POST, Length::None), "POST /a?b=c HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(head(Method::PUT, Length::Known(7)), "PUT /a?b=c HTTP/1.1\r\nhost: x\r\ncontent-length: 7\r\n\r\n");
        assert_eq!(head(Method::PUT, Length::Chunked), "PUT /a?b=c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    }

    #[test]
    fn chunks_and_trailers_are_written_as_the_coding_says() {
        let mut out = Outgoing::default();
        write_chunk_size(&mut out, 255);
        write_trailers(&mut out, None);
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", HeaderValue::from_static("1"));
        write_trailers(&mut out, Some(&trailers));
        assert_eq!(out.rest(), b"ff\r\n0\r\n\r\n0\r\nx-sum: 1\r\n\r\n");
    }
}
