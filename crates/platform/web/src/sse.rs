//! Server-sent events (WHATWG HTML 9.2): framing and heartbeats.

use std::future::{Future, poll_fn};
use std::task::Poll;
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
    /// The finished frame, when many streams send the same.
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
    /// Renders the frame now, so that clones share it.
    #[must_use]
    pub fn framed(self) -> Self {
        Self { framed: Some(self.frame()), ..Self::default() }
    }
    fn frame(&self) -> Bytes {
        if let Some(frame) = &self.framed {
            return frame.clone();
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

/// Frames that go out as one piece of the body: one is shared with the other streams, several are copied together.
#[derive(Default)]
struct Piece {
    first: Option<Bytes>,
    all: Vec<u8>,
}

impl Piece {
    fn push(&mut self, frame: Bytes) {
        match &self.first {
            None => self.first = Some(frame),
            Some(first) => {
                if self.all.is_empty() {
                    self.all.extend_from_slice(first);
                }
                self.all.extend_from_slice(&frame);
            }
        }
    }
    fn is_full(&self) -> bool {
        self.all.len() >= PIECE_MIN
    }
    /// `None` = nothing was pushed.
    fn take(self) -> Option<Bytes> {
        if self.all.is_empty() { self.first } else { Some(self.all.into()) }
    }
}

/// The body of a stream. Whatever is ready goes out together, so that a burst costs few writes instead of one per event.
pub(crate) fn sse_stream(events: impl Stream<Item = SseEvent> + Send + 'static) -> impl Stream<Item = Bytes> + Send {
    // Fused, because the end of a stream may be met while a piece is gathered.
    let state = (Box::pin(events.fuse()), Box::pin(tokio::time::sleep(HEARTBEAT)));
    futures_util::stream::unfold(state, |(mut events, mut silence)| async move {
        let gather = poll_fn(|cx| {
            let mut piece = Piece::default();
            while !piece.is_full() {
                match events.poll_next_unpin(cx) {
                    Poll::Ready(Some(event)) => piece.push(event.frame()),
                    Poll::Pending if piece.first.is_none() => {
                        return silence.as_mut().poll(cx).map(|()| Some(Bytes::from_static(b": ping\n\n")));
                    }
                    Poll::Ready(None) | Poll::Pending => break,
                }
            }
            Poll::Ready(piece.take())
        });
        let bytes = gather.await?;
        silence.as_mut().reset(tokio::time::Instant::now() + HEARTBEAT);
        Some((bytes, (events, silence)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_hold_id_name_and_every_line() {
        let frame = SseEvent::data("a\nb").id(7).event("tick").frame();
        assert_eq!(&frame[..], b"id: 7\nevent: tick\ndata: a\ndata: b\n\n");
        assert_eq!(SseEvent::data("a\nb").id(7).event("tick").framed().clone().frame(), frame);
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
}
