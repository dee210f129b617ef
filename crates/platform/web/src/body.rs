//! Body types in and out. A reply is either whole or a stream; a request body is read with a limit and a deadline.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use argos_kernel::{AppError, ErrorKind, Result};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::time::Instant;

use crate::streams::StreamPlace;

/// A client may pause this long between two pieces of a body, and take this long for a small one.
const BODY_IDLE: Duration = Duration::from_secs(30);
/// After that it must have sent this much on average: a body that drips in holds its connection for nothing.
const BODY_BYTES_PER_S: u64 = 256;

type BoxStream = Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>> + Send>>;

/// A stream that holds its place until it is dropped.
pub(crate) struct Held {
    pub(crate) stream: BoxStream,
    pub(crate) _place: StreamPlace,
}

impl Stream for Held {
    type Item = Result<Bytes, std::io::Error>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.as_mut().poll_next(cx)
    }
}

/// The body of a reply.
pub enum ReplyBody {
    Full(Option<Bytes>),
    Stream(BoxStream),
}

impl http_body::Body for ReplyBody {
    type Data = Bytes;
    type Error = std::io::Error;
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Self::Full(bytes) => Poll::Ready(bytes.take().filter(|b| !b.is_empty()).map(|b| Ok(Frame::data(b)))),
            Self::Stream(stream) => stream.as_mut().poll_next(cx).map(|item| item.map(|r| r.map(Frame::data))),
        }
    }
    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Full(b) if b.as_ref().is_none_or(Bytes::is_empty))
    }
    fn size_hint(&self) -> http_body::SizeHint {
        match self {
            Self::Full(b) => http_body::SizeHint::with_exact(b.as_ref().map_or(0, |b| b.len() as u64)),
            Self::Stream(_) => http_body::SizeHint::default(),
        }
    }
}

/// The body of a request: from the wire, or given by a test.
pub(crate) enum RequestBody {
    Wire(hyper::body::Incoming),
    Given(Option<Bytes>),
}

impl RequestBody {
    async fn frame(&mut self) -> Option<Result<Bytes>> {
        match self {
            Self::Given(bytes) => bytes.take().map(Ok),
            Self::Wire(body) => loop {
                let frame = match tokio::time::timeout(BODY_IDLE, body.frame()).await {
                    Err(_) => return Some(Err(too_slow())),
                    Ok(frame) => frame?,
                };
                match frame {
                    Ok(frame) => {
                        if let Ok(data) = frame.into_data() {
                            return Some(Ok(data));
                        }
                    }
                    Err(e) => return Some(Err(AppError::bad_request("The request body broke off").code("body_incomplete").caused_by(e))),
                }
            },
        }
    }

    /// The whole body, at most `limit` bytes, else 413.
    pub(crate) async fn read(&mut self, limit: usize) -> Result<Bytes> {
        let mut all = BytesMut::new();
        let started = Instant::now();
        while let Some(piece) = self.frame().await {
            let piece = piece?;
            if drips(started, all.len() + piece.len()) {
                return Err(too_slow());
            }
            if all.len() + piece.len() > limit {
                return Err(too_large(limit));
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// The pieces as a stream, ended with an error above `limit`.
    pub(crate) fn into_stream(self, limit: usize) -> impl Stream<Item = Result<Bytes>> + Send {
        let started = Instant::now();
        futures_util::stream::unfold((self, 0_usize, false), move |(mut body, seen, ended)| async move {
            if ended {
                return None;
            }
            let piece = body.frame().await?;
            let (item, seen, ended) = match piece {
                Ok(b) if seen + b.len() > limit => (Err(too_large(limit)), seen, true),
                Ok(b) if drips(started, seen + b.len()) => (Err(too_slow()), seen, true),
                Ok(b) => {
                    let seen = seen + b.len();
                    (Ok(b), seen, false)
                }
                Err(e) => (Err(e), seen, true),
            };
            Some((item, (body, seen, ended)))
        })
    }
}

fn too_slow() -> AppError {
    AppError::new(ErrorKind::BadRequest, "The request body came too slowly").code("body_timeout")
}

fn drips(started: Instant, bytes: usize) -> bool {
    let over = started.elapsed().saturating_sub(BODY_IDLE).as_secs();
    (bytes as u64) < over.saturating_mul(BODY_BYTES_PER_S)
}

pub(crate) fn too_large(limit: usize) -> AppError {
    AppError::new(ErrorKind::TooLarge, format!("Request body exceeds {limit} bytes")).with("limit_bytes", limit as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn dripping_body_is_told_from_a_slow_start_and_a_large_upload() {
        let started = Instant::now();
        tokio::time::advance(Duration::from_secs(29)).await;
        assert!(!drips(started, 1));
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(drips(started, 2559) && !drips(started, 2560));
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert!(!drips(started, 500 << 20));
    }
}
