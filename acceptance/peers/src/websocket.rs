//! A WebSocket client (RFC 6455) with a deadline per frame, written from the standard and not from the server.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketType};

/// What a socket yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    Binary(Vec<u8>),
    /// A ping; it is answered already.
    Ping,
    Pong,
    /// The server says goodbye with this code.
    Close(Option<u16>),
    /// The connection is over.
    End,
    /// Nothing came before the deadline.
    Silence,
}

/// An open socket.
#[derive(Debug)]
pub struct WebSocket {
    stream: TcpStream,
    received: Vec<u8>,
    /// The answer to the upgrade, as it came.
    pub head: String,
}

impl WebSocket {
    /// Opens `path`; the status of a refusal is the error.
    ///
    /// # Errors
    /// The status when the server does not upgrade, 0 when it does not answer.
    pub fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).map_err(|_| 0_u16)?;
        Self::upgrade(stream, address, path, headers)
    }

    /// The same from an address of this machine, to be somebody else: any of `127.0.0.0/8`.
    ///
    /// # Errors
    /// The status when the server does not upgrade, 0 when it does not answer.
    pub fn open_from(source: Ipv4Addr, address: SocketAddr, path: &str) -> Result<Self, u16> {
        let connect = || -> rustix::io::Result<TcpStream> {
            let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
            rustix::net::bind(&socket, &SocketAddr::from((source, 0)))?;
            rustix::net::connect(&socket, &address)?;
            Ok(socket.into())
        };
        Self::upgrade(connect().map_err(|_| 0_u16)?, address, path, &[])
    }

    fn upgrade(stream: TcpStream, address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let mut socket = Self { stream, received: Vec::new(), head: String::new() };
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        socket.stream.write_all(request.as_bytes()).map_err(|_| 0_u16)?;
        let deadline = Instant::now() + Duration::from_secs(10);
        let end = loop {
            if let Some(end) = socket.received.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            if !socket.fill(deadline) || Instant::now() >= deadline {
                return Err(0);
            }
        };
        let head: Vec<u8> = socket.received.drain(..end).collect();
        socket.head = String::from_utf8_lossy(&head).into_owned();
        match socket.head.split_whitespace().nth(1).and_then(|s| s.parse().ok()) {
            Some(101) => Ok(socket),
            Some(status) => Err(status),
            None => Err(0),
        }
    }

    /// Reads what is there; false when the connection is over.
    fn fill(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        if self.stream.set_read_timeout(Some(left)).is_err() {
            return false;
        }
        let mut buffer = [0_u8; 16_384];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Sends a masked text frame.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn send(&mut self, text: &str) -> std::io::Result<()> {
        self.frame(1, text.as_bytes())
    }

    /// Sends a goodbye with this code.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn close(&mut self, code: u16) -> std::io::Result<()> {
        self.frame(8, &code.to_be_bytes())
    }

    /// Ends the connection without a goodbye.
    pub fn cut(&self) {
        // It may be gone already.
        drop(self.stream.shutdown(std::net::Shutdown::Both));
    }

    /// Sends one whole masked frame.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn frame(&mut self, opcode: u8, payload: &[u8]) -> std::io::Result<()> {
        const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
        let mut out = vec![0x80 | opcode];
        match payload.len() {
            length @ 0..=125 => out.push(0x80 | u8::try_from(length).unwrap_or_default()),
            length @ 126..=65_535 => {
                out.push(0x80 | 126);
                out.extend_from_slice(&u16::try_from(length).unwrap_or_default().to_be_bytes());
            }
            length => {
                out.push(0x80 | 127);
                out.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        out.extend_from_slice(&MASK);
        out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.stream.write_all(&out)
    }

    /// The next frame, or [`Frame::Silence`] after `limit`. Pings are answered.
    pub fn next(&mut self, limit: Duration) -> Frame {
        let deadline = Instant::now() + limit;
        loop {
            if let Some((opcode, payload)) = self.parse() {
                return match opcode {
                    1 => Frame::Text(String::from_utf8_lossy(&payload).into_owned()),
                    2 => Frame::Binary(payload),
                    8 => Frame::Close(payload.get(..2).map(|c| u16::from_be_bytes([c[0], c[1]]))),
                    9 => match self.frame(10, &payload) {
                        Ok(()) => Frame::Ping,
                        Err(_) => Frame::End,
                    },
                    _ => Frame::Pong,
                };
            }
            if !self.fill(deadline) {
                return Frame::End;
            }
            // A frame whose rest is on its way is read to its end.
            if Instant::now() >= deadline && self.received.is_empty() {
                return Frame::Silence;
            }
        }
    }

    /// The next text frame within `limit`, whatever else comes before it.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn text(&mut self, limit: Duration) -> String {
        let deadline = Instant::now() + limit;
        loop {
            match self.next(deadline.saturating_duration_since(Instant::now())) {
                Frame::Text(text) => return text,
                Frame::Ping | Frame::Pong | Frame::Binary(_) => {}
                other => panic!("no text came: {other:?}"),
            }
        }
    }

    fn parse(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, second) = (*self.received.first()?, *self.received.get(1)?);
        let (start, length) = match second & 0x7f {
            126 => (4, usize::from(u16::from_be_bytes(self.received.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(self.received.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, usize::from(short)),
        };
        let payload = self.received.get(start..start + length)?.to_vec();
        self.received.drain(..start + length);
        Some((first & 0x0f, payload))
    }
}
