//! A bare TCP connection for requests that no well-behaved client would send.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How a connection ended, as seen by the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The peer closed or reset the connection.
    Closed,
    /// The peer still held it open at the deadline.
    StillOpen,
}

/// One raw connection.
#[derive(Debug)]
pub struct RawConnection {
    stream: TcpStream,
}

impl RawConnection {
    /// Connects within 5 s.
    ///
    /// # Errors
    /// When the peer does not accept.
    pub fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { stream })
    }

    /// Sends bytes as they are. `Err` usually means that the peer has closed already.
    ///
    /// # Errors
    /// When the peer no longer takes bytes.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Reads until the peer closes or `limit` has passed; returns what came and how it ended.
    pub fn read_to_end(&mut self, limit: Duration) -> (Vec<u8>, End) {
        let deadline = Instant::now() + limit;
        let mut received = Vec::new();
        let mut buffer = [0_u8; 8192];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return (received, End::StillOpen);
            }
            if self.stream.set_read_timeout(Some(left)).is_err() {
                return (received, End::Closed);
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return (received, End::Closed),
                Ok(count) => received.extend_from_slice(&buffer[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return (received, End::StillOpen);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return (received, End::Closed),
            }
        }
    }
}

/// Sends `request` on a fresh connection and returns the status code of the answer, `None` when
/// the peer closed without one or kept silent for `limit`.
///
/// # Errors
/// When the peer does not accept connections at all.
pub fn status_of(address: SocketAddr, request: &[u8], limit: Duration) -> std::io::Result<Option<u16>> {
    let mut connection = RawConnection::open(address)?;
    // A refusal may arrive before the whole request was taken.
    drop(connection.send(request));
    let (answer, _) = connection.read_to_end(limit);
    let line = String::from_utf8_lossy(&answer);
    Ok(line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok()))
}
