//! The body of a client's request, over whichever version it came.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::oneshot;

use crate::body::BadUpload;
use crate::front::{FrontBody, Raw};
use crate::replayed::Replayed;
use crate::stream::Stream;

/// A body that is still with the client.
pub(crate) enum Inbound {
    H1(FrontBody),
    H2(Incoming),
    /// Its begin was read by a filter.
    Replayed(Box<Replayed>),
}

impl Inbound {
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadUpload>>> {
        match self {
            Self::H1(body) => body.poll_frame(cx),
            Self::H2(body) => Pin::new(body).poll_frame(cx).map_err(|_| BadUpload),
            Self::Replayed(body) => body.poll_frame(cx),
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        match self {
            Self::H1(body) => body.is_end_stream(),
            Self::H2(body) => body.is_end_stream(),
            Self::Replayed(body) => body.is_end_stream(),
        }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self {
            Self::H1(body) => body.size_hint(),
            Self::H2(body) => body.size_hint(),
            Self::Replayed(body) => body.size_hint(),
        }
    }

    /// The client's end of a tunnel that may come of this request, instead of its body.
    pub(crate) fn into_end(self, parts: &mut Parts) -> Option<End> {
        match self {
            Self::H1(body) => Some(End::H1(body)),
            Self::H2(_) => parts.extensions.remove::<OnUpgrade>().map(End::H2),
            // What has a body opens no tunnel.
            Self::Replayed(_) => None,
        }
    }
}

/// The client's end of a tunnel, before its answer is written.
pub(crate) enum End {
    H1(FrontBody),
    H2(OnUpgrade),
}

/// The same while the answer is on its way.
pub(crate) enum Opening {
    H1(oneshot::Receiver<Raw>),
    H2(OnUpgrade),
}

impl End {
    /// The answer that opens the tunnel will be written.
    pub(crate) fn open(self) -> Opening {
        match self {
            Self::H1(body) => Opening::H1(body.succeed()),
            Self::H2(upgrade) => Opening::H2(upgrade),
        }
    }
}

impl Opening {
    /// Joins both ends until one of them closes. `said` is what the backend said already.
    pub(crate) async fn join(self, mut back: Stream, said: Bytes) {
        match self {
            Self::H1(raw) => {
                if let Ok((front, asked)) = raw.await
                    && back.write_all(&asked).await.is_ok()
                {
                    copy(front, said, back).await;
                }
            }
            Self::H2(upgrade) => {
                if let Ok(front) = upgrade.await {
                    copy(TokioIo::new(front), said, back).await;
                }
            }
        }
    }
}

/// Either end may break off at any time; there is nobody left to tell.
async fn copy(mut front: impl AsyncRead + AsyncWrite + Unpin, said: Bytes, mut back: Stream) {
    if front.write_all(&said).await.is_ok() && front.flush().await.is_ok() {
        drop(tokio::io::copy_bidirectional(&mut front, &mut back).await);
    }
}
