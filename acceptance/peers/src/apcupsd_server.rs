//! The network server of apcupsd, played back: Debian's daemon cannot be installed beside NUT's. It answers the question
//! `status` with the lines of a recorded report, a frame a line.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::loopback::Loopback;

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct ApcupsdServer {
    listener: Loopback,
    report: Arc<Mutex<String>>,
}

impl ApcupsdServer {
    /// Starts a server with a report of `KEY      : value` lines.
    ///
    /// # Panics
    /// When no port can be bound.
    #[must_use]
    pub fn start(report: &str) -> Self {
        let report = Arc::new(Mutex::new(report.to_owned()));
        let shared = Arc::clone(&report);
        let listener = Loopback::start(move |stream, _| {
            let text = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
            drop(answer(stream, &text));
        });
        Self { listener, report }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Replaces the report.
    pub fn set(&self, report: &str) {
        report.clone_into(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn answer(mut stream: TcpStream, report: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut question = [0; 8];
    stream.read_exact(&mut question)?;
    if question != *b"\x00\x06status" {
        return Ok(());
    }
    for line in report.lines() {
        let frame = format!("{line}\n");
        stream.write_all(&u16::try_from(frame.len()).unwrap_or(0).to_be_bytes())?;
        stream.write_all(frame.as_bytes())?;
    }
    stream.write_all(&[0, 0])
}
