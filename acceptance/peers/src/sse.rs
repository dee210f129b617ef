//! Reads Server-Sent Events (HTML living standard, 9.2) with a deadline per event.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::http::{BodyReader, Head, Request};

/// One event, or a comment line between events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `id:`, when the event carries one.
    pub id: Option<String>,
    /// `event:`, `None` for the default kind `message`.
    pub kind: Option<String>,
    /// The `data:` lines joined by line feeds.
    pub data: String,
    /// How many `data:` lines there were.
    pub data_lines: usize,
}

/// What a stream yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An event.
    Event(Event),
    /// A comment (`: ping`).
    Comment(String),
    /// The server ended the stream.
    End,
    /// Nothing came before the deadline.
    Silence,
}

/// An open event stream.
#[derive(Debug)]
pub struct EventStream {
    /// Status and headers of the answer.
    pub head: Head,
    lines: BufReader<BodyReader<BufReader<TcpStream>>>,
    partial: Vec<u8>,
    event: Event,
}

impl EventStream {
    /// Opens the stream that `request` asks for.
    ///
    /// # Panics
    /// When the server does not answer in HTTP.
    #[track_caller]
    #[must_use]
    pub fn open(request: Request<'_>) -> Self {
        let (head, reader) = request.open().unwrap_or_else(|error| panic!("event stream: {error}"));
        let body = BodyReader::new(&head, reader);
        Self { head, lines: BufReader::with_capacity(1, body), partial: Vec::new(), event: Event::default() }
    }

    /// The next event or comment, `Silence` when none came within `limit`.
    pub fn next(&mut self, limit: Duration) -> Item {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Item::Silence;
            }
            let socket = self.lines.get_ref().get_ref().get_ref();
            if socket.set_read_timeout(Some(left)).is_err() {
                return Item::End;
            }
            match self.lines.read_until(b'\n', &mut self.partial) {
                Ok(0) => return Item::End,
                Ok(_) if !self.partial.ends_with(b"\n") => return Item::End,
                Ok(_) => {
                    if let Some(item) = self.take_line() {
                        return item;
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Item::Silence;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Item::End,
            }
        }
    }

    /// The next event, passing over comments.
    ///
    /// # Panics
    /// When the stream ends or stays silent for `limit`.
    #[track_caller]
    pub fn next_event(&mut self, limit: Duration) -> Event {
        let deadline = Instant::now() + limit;
        loop {
            match self.next(deadline.saturating_duration_since(Instant::now())) {
                Item::Event(event) => return event,
                Item::Comment(_) => {}
                Item::End => panic!("the event stream ended"),
                Item::Silence => panic!("no event within {limit:?}"),
            }
        }
    }

    fn take_line(&mut self) -> Option<Item> {
        let line = String::from_utf8_lossy(&self.partial).trim_end_matches(['\r', '\n']).to_owned();
        self.partial.clear();
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (event.data_lines > 0).then_some(Item::Event(event));
        }
        if let Some(comment) = line.strip_prefix(':') {
            return Some(Item::Comment(comment.trim_start().to_owned()));
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.event.id = Some(value.to_owned()),
            "event" => self.event.kind = Some(value.to_owned()),
            "data" => {
                if self.event.data_lines > 0 {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.event.data_lines += 1;
            }
            _ => {}
        }
        None
    }
}
