//! A NUT server that misbehaves as broken lines and broken programs do: no real one does so when it is asked to. It lists one
//! UPS, `odd`; what it answers when asked for its variables can be changed at any time.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::loopback::Loopback;

/// How the variables are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As they should be.
    Sound,
    /// The same of a UPS that runs on its battery.
    OnBattery,
    /// Half a line, then silence.
    Half,
    /// Half a line, then the end of the connection.
    Cut,
    /// Bytes that are no protocol.
    Garbage,
    /// Rows without end.
    Flood,
    /// A byte at a time, slower than anybody waits.
    Drip,
    /// No access.
    Denied,
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct BrokenNut {
    listener: Loopback,
    manner: Arc<Mutex<Manner>>,
    told: Arc<Mutex<Option<Instant>>>,
}

impl BrokenNut {
    /// Starts a sound server.
    ///
    /// # Panics
    /// When no port can be bound.
    #[must_use]
    pub fn start() -> Self {
        let (manner, told) = (Arc::new(Mutex::new(Manner::Sound)), Arc::new(Mutex::new(None)));
        let (shared, moment) = (Arc::clone(&manner), Arc::clone(&told));
        let listener = Loopback::start(move |stream, stop| {
            let now = || *shared.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever is cut off in the middle is what this is for.
            drop(serve(&stream, stop, now, || {
                moment.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
            }));
        });
        Self { listener, manner, told }
    }

    /// When somebody first heard that the UPS runs on its battery, since [`BrokenNut::set`] was called last.
    #[must_use]
    pub fn told_at(&self) -> Option<Instant> {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Misbehaves in another way from now on.
    pub fn set(&self, manner: Manner) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }
}

const HEAD: &str = "BEGIN LIST VAR odd\n";
const ROWS: &str = "VAR odd ups.status \"OL\"\nVAR odd battery.charge \"100\"\nVAR odd ups.load \"12\"\n";

fn serve(stream: &TcpStream, stop: &AtomicBool, manner: impl Fn() -> Manner, on_battery_told: impl Fn()) -> std::io::Result<()> {
    let mut out = stream;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["LIST", "UPS"] => out.write_all(b"BEGIN LIST UPS\nUPS odd \"Odd\"\nEND LIST UPS\n")?,
            ["LIST", "VAR", "odd"] => match manner() {
                Manner::Sound => out.write_all(format!("{HEAD}{ROWS}END LIST VAR odd\n").as_bytes())?,
                Manner::OnBattery => {
                    let rows = ROWS.replace("\"OL\"", "\"OB DISCHRG\"");
                    on_battery_told();
                    out.write_all(format!("{HEAD}{rows}END LIST VAR odd\n").as_bytes())?;
                }
                Manner::Half => out.write_all(format!("{HEAD}VAR odd ups.sta").as_bytes())?,
                Manner::Cut => {
                    out.write_all(format!("{HEAD}VAR odd ups.sta").as_bytes())?;
                    return stream.shutdown(std::net::Shutdown::Both);
                }
                Manner::Garbage => out.write_all(&[0x16, 0x03, 0x00, 0xff, b'"', 0xfe, b'\n', 0x00, b'\n'])?,
                Manner::Flood => {
                    out.write_all(HEAD.as_bytes())?;
                    while !stop.load(Ordering::SeqCst) {
                        out.write_all(ROWS.repeat(100).as_bytes())?;
                    }
                }
                Manner::Drip => {
                    for byte in format!("{HEAD}{ROWS}END LIST VAR odd\n").bytes().cycle() {
                        if stop.load(Ordering::SeqCst) {
                            return Ok(());
                        }
                        out.write_all(&[byte])?;
                        std::thread::sleep(Duration::from_millis(200));
                    }
                }
                Manner::Denied => out.write_all(b"ERR ACCESS-DENIED\n")?,
            },
            ["LIST", kind @ ("RW" | "CMD"), "odd"] => {
                out.write_all(format!("BEGIN LIST {kind} odd\nEND LIST {kind} odd\n").as_bytes())?;
            }
            ["USERNAME" | "PASSWORD", ..] => out.write_all(b"OK\n")?,
            ["LOGOUT"] => return out.write_all(b"OK Goodbye\n"),
            _ => out.write_all(b"ERR UNKNOWN-COMMAND\n")?,
        }
    }
    Ok(())
}
