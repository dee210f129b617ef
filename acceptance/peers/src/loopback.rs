//! A listener on a loopback port of its own for peers that are played by the test process: a thread per connection, until
//! dropped. Nobody else of the tests answers there afterwards.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The listener; it stops when dropped.
#[derive(Debug)]
pub(crate) struct Loopback {
    pub(crate) address: SocketAddr,
    stopping: Arc<AtomicBool>,
}

impl Loopback {
    /// Hands every connection to `serve`, with a flag that tells whether the listener is gone.
    ///
    /// # Panics
    /// When no port can be bound.
    pub(crate) fn start(serve: impl Fn(TcpStream, &AtomicBool) + Send + Sync + 'static) -> Self {
        let listener = crate::listener();
        let address = listener.local_addr().expect("a bound listener has an address");
        let stopping = Arc::new(AtomicBool::new(false));
        let (serve, stop) = (Arc::new(serve), Arc::clone(&stopping));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (serve, stop) = (Arc::clone(&serve), Arc::clone(&stop));
                std::thread::spawn(move || serve(stream, &stop));
            }
        });
        Self { address, stopping }
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the accepting thread so that it sees the flag.
        drop(TcpStream::connect_timeout(&self.address, Duration::from_secs(1)));
    }
}
