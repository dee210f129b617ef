//! Server-sent events (WHATWG HTML 9.2): framing and heartbeats.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// A comment is sent when nothing else was for this long.
const HEARTBEAT: Duration = Duration::from_secs(15);

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

pub(crate) fn sse_stream(events: impl Stream<Item = SseEvent> + Send + 'static) -> impl Stream<Item = Bytes> + Send {
    futures_util::stream::unfold(Box::pin(events), |mut events| async move {
        match tokio::time::timeout(HEARTBEAT, events.next()).await {
            Ok(Some(event)) => Some((event.frame(), events)),
            Ok(None) => None,
            Err(_) => Some((Bytes::from_static(b": ping\n\n"), events)),
        }
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
}
