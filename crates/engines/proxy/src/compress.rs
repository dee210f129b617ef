//! Compression of answers with gzip, brotli or zstd, as the client prefers, for content that gains.

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
/// zstd: the memory of an answer in progress stays at a few hundred kB, and browsers take windows of up to 8 MB.
const ZSTD_LEVEL: i32 = 3;
const ZSTD_WINDOW_LOG: u32 = 17;

/// brotli: faster than gzip at this level, and smaller. The window is that of the largest page worth it.
const BROTLI_LEVEL: u32 = 4;
const BROTLI_WINDOW_LOG: u32 = 18;
const BROTLI_BUFFER: usize = 4 << 10;

/// A content coding (RFC 9110, RFC 7932, RFC 8878).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Brotli,
    Zstd,
}

impl Coding {
    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    fn new(coding: Coding) -> std::io::Result<Self> {
        Ok(match coding {
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::new(4))),
            Coding::Brotli => {
                Self::Brotli(Box::new(brotli::CompressorWriter::new(Vec::new(), BROTLI_BUFFER, BROTLI_LEVEL, BROTLI_WINDOW_LOG)))
            }
            Coding::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
                encoder.window_log(ZSTD_WINDOW_LOG)?;
                Self::Zstd(encoder)
            }
        })
    }

    fn write(&mut self, data: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.write_all(data),
            Self::Brotli(encoder) => encoder.write_all(data),
            Self::Zstd(encoder) => encoder.write_all(data),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.flush(),
            Self::Brotli(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }

    /// What it has written since it was asked last.
    fn take(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Brotli(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        })
    }

    fn finish(self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Brotli(encoder) => Ok(encoder.into_inner()),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

/// A body compressed as it passes.
pub(crate) struct Compressed {
    inner: Source,
    encoder: Option<Encoder>,
    /// Something was written since the last flush.
    is_dirty: bool,
    trailers: Option<Frame<Bytes>>,
}

/// The coding that a request likes best among those offered, which stand in the order that we like; `None` = as it is.
pub(crate) fn choose(headers: &HeaderMap, offered: &[Coding]) -> Option<Coding> {
    if offered.is_empty() {
        return None;
    }
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    let accepted: Vec<(&str, f32)> = values.flat_map(|v| v.split(',')).map(weighed).collect();
    let of = |name: &str| accepted.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight);
    let any = of("*");
    let as_it_is = of("identity").unwrap_or(0.0);
    let mut best: Option<(Coding, f32)> = None;
    for coding in offered {
        let weight = of(coding.name()).or(any).unwrap_or(0.0);
        if weight > 0.0 && weight >= as_it_is && best.is_none_or(|(_, most)| weight > most) {
            best = Some((*coding, weight));
        }
    }
    best.map(|(coding, _)| coding)
}

/// A member of `Accept-Encoding` and its weight; 0 when the weight is none.
fn weighed(member: &str) -> (&str, f32) {
    let (name, rest) = member.split_once(';').unwrap_or((member, ""));
    let rest = rest.trim();
    let weight = rest.strip_prefix("q=").or_else(|| rest.strip_prefix("Q=")).map(|q| q.trim().parse::<f32>());
    let weight = weight.map_or(1.0, |q| q.ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0));
    (name.trim(), weight)
}

/// Compresses the body when its head says that this is allowed and useful.
pub(crate) fn wrap(source: Source, head: &mut response::Parts, coding: Coding) -> Source {
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
    vary(&mut head.headers);
    if !has_body || length.is_some_and(|l| l < BYTES_MIN) {
        return source;
    }
    let Ok(encoder) = Encoder::new(coding) else { return source };
    let headers = &mut head.headers;
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
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
    Source::Compressed(Box::new(Compressed { inner: source, encoder: Some(encoder), is_dirty: false, trailers: None }))
}

/// Tells caches that the answer depends on what the client accepts; also one that goes to a client that accepts nothing.
pub(crate) fn vary_where_it_gains(head: &mut response::Parts) {
    let kind = head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    if is_compressible(kind) && !head.headers.contains_key(CONTENT_ENCODING) {
        vary(&mut head.headers);
    }
}

fn vary(headers: &mut HeaderMap) {
    let values = headers.get_all(VARY).iter().filter_map(|v| v.to_str().ok());
    let is_said = values.flat_map(|v| v.split(',')).map(str::trim).any(|name| name == "*" || name.eq_ignore_ascii_case("accept-encoding"));
    if !is_said {
        headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
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
                | "application/x-javascript"
                | "application/x-ndjson"
                | "application/xml"
                | "application/wasm"
                | "font/otf"
                | "font/ttf"
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
                        if encoder.write(&data).is_err() {
                            return Poll::Ready(Some(Err(FAILED)));
                        }
                        self.is_dirty = true;
                    }
                    Err(trailers) => self.trailers = Some(trailers),
                },
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    let Some(Ok(rest)) = self.encoder.take().map(Encoder::finish) else { return Poll::Ready(Some(Err(FAILED))) };
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
            let written = encoder.take();
            if !written.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(written.into()))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    use super::{Coding, Encoder, choose, is_compressible, vary};

    const ALL: [Coding; 3] = [Coding::Zstd, Coding::Brotli, Coding::Gzip];

    fn asking(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::header::ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn coding_is_the_one_the_client_likes_best_and_ours_among_equals() {
        for (value, wanted) in [
            ("gzip", Some(Coding::Gzip)),
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("zstd;q=0.5, gzip", Some(Coding::Gzip)),
            ("br, GZIP;q=0.5", Some(Coding::Brotli)),
            ("gzip, deflate, br", Some(Coding::Brotli)),
            ("br;q=0.4, gzip", Some(Coding::Gzip)),
            ("gzip;q=0", None),
            ("*", Some(Coding::Zstd)),
            ("*;q=0", None),
            ("zstd;q=0, *", Some(Coding::Brotli)),
            ("gzip;q=0.2, identity;q=0.8", None),
            ("identity, gzip", Some(Coding::Gzip)),
            ("deflate", None),
            ("", None),
            ("gzip;q=x", None),
            ("gzip;q=7", None),
        ] {
            assert_eq!(choose(&asking(value), &ALL), wanted, "{value}");
        }
        assert_eq!(choose(&asking("zstd, br"), &[Coding::Gzip]), None);
        assert_eq!((choose(&HeaderMap::new(), &ALL), choose(&asking("gzip"), &[])), (None, None));
    }

    #[test]
    fn texts_are_compressible_and_event_streams_are_not() {
        for (kind, expected) in [
            ("text/html; charset=utf-8", true),
            ("application/problem+json", true),
            ("image/svg+xml", true),
            ("text/event-stream", false),
            ("application/grpc", false),
            ("image/png", false),
            ("", false),
        ] {
            assert_eq!(is_compressible(kind), expected, "{kind}");
        }
    }

    #[test]
    fn vary_is_said_once() {
        let mut headers = HeaderMap::new();
        headers.insert("vary", HeaderValue::from_static("Origin, accept-encoding"));
        vary(&mut headers);
        assert_eq!(headers.get_all("vary").iter().count(), 1);
        headers.insert("vary", HeaderValue::from_static("Origin"));
        vary(&mut headers);
        vary(&mut headers);
        assert_eq!(headers.get_all("vary").iter().count(), 2);
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(value in "[ -~]{0,80}") {
            choose(&asking(&value), &ALL);
        }

        #[test]
        fn what_was_written_up_to_a_flush_can_be_read_there(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..2_000), 1..6)) {
            for coding in ALL {
                let (mut encoder, mut sent, mut packed) = (Encoder::new(coding).unwrap(), Vec::new(), Vec::new());
                for part in &parts {
                    encoder.write(part).unwrap();
                    encoder.flush().unwrap();
                    sent.extend_from_slice(part);
                    packed.extend(encoder.take());
                    prop_assert_eq!(&unpacked(coding, &packed), &sent);
                }
                packed.extend(encoder.finish().unwrap());
                prop_assert_eq!(&unpacked(coding, &packed), &sent);
            }
        }
    }

    /// All that can be read of a stream that may not be over.
    fn unpacked(coding: Coding, mut packed: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut reader: Box<dyn std::io::Read> = match coding {
            Coding::Gzip => Box::new(flate2::read::GzDecoder::new(&mut packed)),
            Coding::Brotli => Box::new(brotli::Decompressor::new(&mut packed, 4_096)),
            Coding::Zstd => Box::new(zstd::stream::read::Decoder::new(&mut packed).unwrap()),
        };
        let mut piece = [0; 4_096];
        while let Ok(n @ 1..) = reader.read(&mut piece) {
            out.extend_from_slice(&piece[..n]);
        }
        out
    }
}
