//! Compression of answers with gzip, for clients that ask and content that gains.

use std::io::Write as _;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, VARY,
};
use http::{StatusCode, response};
use http_body::Frame;

use crate::body::{BadAnswer, Source};

/// Shorter answers do not gain.
const BYTES_MIN: u64 = 256;

/// A body compressed as it passes.
pub(crate) struct Compressed {
    inner: Source,
    encoder: Option<GzEncoder<Vec<u8>>>,
    /// Something was written since the last flush.
    is_dirty: bool,
    trailers: Option<Frame<Bytes>>,
}

/// Whether a request accepts gzip.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    let codings: Vec<(String, bool)> = values
        .flat_map(|v| v.split(','))
        .map(|coding| {
            let (name, rest) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = rest.trim().strip_prefix("q=").map_or(Ok(1.0), |q| q.trim().parse::<f32>());
            (name.trim().to_ascii_lowercase(), weight.is_ok_and(|q| q > 0.0))
        })
        .collect();
    let of = |name: &str| codings.iter().find(|(n, _)| n == name).map(|(_, accepted)| *accepted);
    of("gzip").or_else(|| of("*")).unwrap_or(false)
}

/// Compresses the body when its head says that this is allowed and useful.
pub(crate) fn wrap(source: Source, head: &mut response::Parts) -> Source {
    let headers = &head.headers;
    let says = |name, word: &str| {
        headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).is_some_and(|v| v.to_ascii_lowercase().contains(word))
    };
    let length = headers.get(CONTENT_LENGTH).and_then(|l| l.to_str().ok()).and_then(|l| l.parse::<u64>().ok());
    let has_body =
        !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT) && !source.is_end_stream();
    let plain = !headers.contains_key(CONTENT_ENCODING) && !headers.contains_key(CONTENT_RANGE) && !says(CACHE_CONTROL, "no-transform");
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    if !is_compressible(kind) || !plain {
        return source;
    }
    head.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    if !has_body || length.is_some_and(|l| l < BYTES_MIN) {
        return source;
    }
    let headers = &mut head.headers;
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(CONTENT_LENGTH);
    headers.remove(ACCEPT_RANGES);
    // The bytes are others now: a strong validator becomes a weak one.
    if let Some(weak) = headers
        .get(ETAG)
        .filter(|e| !e.as_bytes().starts_with(b"W/"))
        .and_then(|e| HeaderValue::from_bytes(&[b"W/", e.as_bytes()].concat()).ok())
    {
        headers.insert(ETAG, weak);
    }
    let encoder = Some(GzEncoder::new(Vec::new(), Compression::new(4)));
    Source::Compressed(Box::new(Compressed { inner: source, encoder, is_dirty: false, trailers: None }))
}

/// Text gains; event streams must not wait for a full block, and all else is compressed already or unknown.
fn is_compressible(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if kind == "text/event-stream" {
        return false;
    }
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind.as_str(),
            "application/json"
                | "application/javascript"
                | "application/xml"
                | "application/wasm"
                | "application/manifest+json"
                | "image/svg+xml"
        )
}

impl Compressed {
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadAnswer>>> {
        const FAILED: BadAnswer = BadAnswer("could not compress");
        loop {
            let Some(encoder) = &mut self.encoder else { return Poll::Ready(self.trailers.take().map(Ok)) };
            let frame = self.inner.poll_frame(cx);
            match frame {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        if encoder.write_all(&data).is_err() {
                            return Poll::Ready(Some(Err(FAILED)));
                        }
                        self.is_dirty = true;
                    }
                    Err(trailers) => self.trailers = Some(trailers),
                },
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    let Some(Ok(rest)) = self.encoder.take().map(GzEncoder::finish) else { return Poll::Ready(Some(Err(FAILED))) };
                    if !rest.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(rest.into()))));
                    }
                    continue;
                }
                // Nothing more for now: what there is goes out, so that streams keep flowing.
                Poll::Pending if self.is_dirty => {
                    self.is_dirty = false;
                    if encoder.flush().is_err() {
                        return Poll::Ready(Some(Err(FAILED)));
                    }
                }
                Poll::Pending => return Poll::Pending,
            }
            if !encoder.get_ref().is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(std::mem::take(encoder.get_mut()).into()))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_compressible, is_wanted};
    use http::{HeaderMap, HeaderValue};

    #[test]
    fn gzip_is_wanted_only_when_accepted() {
        for (value, wanted) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("*", true),
            ("*;q=0", false),
            ("gzip;q=0, *", false),
            ("br", false),
            ("", false),
            ("gzip;q=x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("accept-encoding", HeaderValue::from_static(value));
            assert_eq!(is_wanted(&headers), wanted, "{value}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }

    #[test]
    fn texts_are_compressible_and_event_streams_are_not() {
        for (kind, expected) in [
            ("text/html; charset=utf-8", true),
            ("application/problem+json", true),
            ("text/event-stream", false),
            ("image/png", false),
            ("", false),
        ] {
            assert_eq!(is_compressible(kind), expected, "{kind}");
        }
    }
}
