//! Server-sent events (WHATWG HTML 9.2): framing and heartbeats.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// A comment is sent when nothing else was for this long.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A piece of the body with this many bytes goes out, even if more is ready.
const PIECE_MIN: usize = 32 * 1024;

/// One event. `data` may hold several lines.
#[derive(Clone, Debug, Default)]
pub struct SseEvent {
    pub id: Option<String>,
    /// The event name; `None` is the default `message`.
    pub event: Option<String>,
    pub data: Bytes,
    /// What is sent, when it was finished before.
    framed: Option<Bytes>,
}

impl SseEvent {
    pub fn data(data: impl Into<Bytes>) -> Self {
        Self { id: None, event: None, data: data.into(), framed: None }
    }
    pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> Self {
        Self::data(serde_json::to_vec(value).unwrap_or_default())
    }
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "ids are integers or short texts, passed as they are")]
    pub fn id(mut self, id: impl ToString) -> Self {
        self.id = Some(id.to_string());
        self
    }
    #[must_use]
    pub fn event(mut self, name: &str) -> Self {
        self.event = Some(name.to_owned());
        self
    }
    /// Finished frames that many streams share.
    pub fn frames(frames: Bytes) -> Self {
        Self { framed: Some(frames), ..Self::default() }
    }
    /// As it is sent.
    pub fn frame(&self) -> Bytes {
        if let Some(frames) = &self.framed {
            return frames.clone();
        }
        let mut head = String::new();
        let one_line = |t: &str| t.replace(['\r', '\n'], " ");
        if let Some(id) = &self.id {
            head.push_str(&format!("id: {}\n", one_line(id)));
        }
        if let Some(event) = &self.event {
            head.push_str(&format!("event: {}\n", one_line(event)));
        }
        let mut out = head.into_bytes();
        for line in self.data.split(|b| *b == b'\n') {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            out.push(b'\n');
        }
        out.push(b'\n');
        out.into()
    }
}

/// Frames that go out as one piece of the body: small ones are copied together, a large one is shared as it is.
#[derive(Default)]
struct Piece {
    first: Bytes,
    all: Vec<u8>,
}

impl Piece {
    fn push(&mut self, frame: Bytes) {
        if self.first.is_empty() {
            self.first = frame;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&frame);
    }
    fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
    fn is_full(&self) -> bool {
        self.first.len().max(self.all.len()) >= PIECE_MIN
    }
    fn take(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.into() }
    }
}

/// Where the body of a stream stands.
struct Gathering<S> {
    events: Pin<Box<S>>,
    silence: Pin<Box<tokio::time::Sleep>>,
    /// A large frame that came while small ones were gathered: it goes out next.
    held: Option<Bytes>,
}

impl<S: Stream<Item = SseEvent> + Send> Gathering<S> {
    /// Whatever is ready; `None` at the end.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut piece = Piece::default();
        piece.push(self.held.take().unwrap_or_default());
        while !piece.is_full() {
            match self.events.as_mut().poll_next(cx) {
                Poll::Ready(Some(event)) => {
                    let frame = event.frame();
                    if !piece.is_empty() && frame.len() >= PIECE_MIN {
                        self.held = Some(frame);
                        break;
                    }
                    piece.push(frame);
                }
                Poll::Pending if piece.is_empty() => {
                    return self.silence.as_mut().poll(cx).map(|()| Some(Bytes::from_static(b": ping\n\n")));
                }
                Poll::Ready(None) if piece.is_empty() => return Poll::Ready(None),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Poll::Ready(Some(piece.take()))
    }
}

/// The body of a stream. Whatever is ready goes out together, so that a burst costs few writes instead of one per event.
pub(crate) fn sse_stream(events: impl Stream<Item = SseEvent> + Send + 'static) -> impl Stream<Item = Bytes> + Send {
    // Fused, because the end of a stream may be met while a piece is gathered.
    let state = Gathering { events: Box::pin(events.fuse()), silence: Box::pin(tokio::time::sleep(HEARTBEAT)), held: None };
    futures_util::stream::unfold(state, |mut state| async move {
        let bytes = poll_fn(|cx| state.poll_piece(cx)).await?;
        state.silence.as_mut().reset(tokio::time::Instant::now() + HEARTBEAT);
        Some((bytes, state))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_hold_id_name_and_every_line() {
        let frame = SseEvent::data("a\nb").id(7).event("tick").frame();
        assert_eq!(&frame[..], b"id: 7\nevent: tick\ndata: a\ndata: b\n\n");
        assert_eq!(SseEvent::frames(frame.clone()).frame(), frame);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_filled_with_heartbeats() {
        let mut s = Box::pin(sse_stream(futures_util::stream::pending()));
        assert_eq!(s.next().await.unwrap(), Bytes::from_static(b": ping\n\n"));
    }

    #[tokio::test]
    async fn what_is_ready_goes_out_together_and_in_order() {
        let events = (0..5_000).map(|n| SseEvent::data(format!("{n:050}")));
        let expected: Vec<u8> = events.clone().flat_map(|e| e.frame().to_vec()).collect();
        let pieces: Vec<Bytes> = sse_stream(futures_util::stream::iter(events)).collect().await;
        assert_eq!(pieces.concat(), expected);
        assert!(pieces.len() < 20 && pieces.iter().all(|p| p.len() < PIECE_MIN + 100), "{} pieces", pieces.len());
    }
    #[tokio::test]
    async fn large_frames_go_out_as_they_are_between_small_ones() {
        let large = Bytes::from(vec![b'x'; PIECE_MIN]);
        let (small, shared) = (SseEvent::data("a"), SseEvent::frames(large.clone()));
        let events = [small.clone(), small.clone(), shared.clone(), shared, small.clone()];
        let pieces: Vec<Bytes> = sse_stream(futures_util::stream::iter(events)).collect().await;
        let two = [small.frame(), small.frame()].concat();
        assert_eq!(pieces, [two.into(), large.clone(), large.clone(), small.frame()]);
        assert_eq!(pieces[1].as_ptr(), large.as_ptr(), "it is not copied");
    }
}
