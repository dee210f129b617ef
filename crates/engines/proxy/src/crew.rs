//! The serving threads as they see each other. The kernel spreads new connections over their sockets by a hash: of
//! thirty-two, one thread may get twenty and the other twelve, and whoever is with the fuller one waits longer. So a
//! thread that accepts a connection hands it on when another one has clearly fewer.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

use crate::config::ListenerConfig;

/// Connections that may wait for a thread to take them; whoever finds no room keeps its own.
const GUESTS_MAX: usize = 1024;
/// One in so many may be more before a connection is handed on: with many of them, another one more makes no difference.
const SLACK: usize = 16;

/// All serving threads.
#[derive(Debug)]
pub(crate) struct Crew(Vec<Mate>);

/// A serving thread.
#[derive(Debug)]
struct Mate {
    /// Client connections it serves, or is about to.
    open: AtomicUsize,
    door: mpsc::Sender<(TcpStream, Guest)>,
}

/// Whose connection it is, and where it is counted.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) listener: Arc<ListenerConfig>,
    pub(crate) peer: SocketAddr,
    pub(crate) seat: Seat,
}

/// The connections that others hand to a thread.
pub(crate) type Guests = mpsc::Receiver<(TcpStream, Guest)>;

/// A connection's count with its thread, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    crew: Arc<Crew>,
    thread: usize,
}

impl Crew {
    /// So many threads, and what each of them is handed.
    pub(crate) fn new(threads: usize) -> (Arc<Self>, Vec<Guests>) {
        let made = (0..threads).map(|_| mpsc::channel(GUESTS_MAX));
        let (mates, guests) = made.map(|(door, guests)| (Mate { open: AtomicUsize::new(0), door }, guests)).unzip();
        (Arc::new(Self(mates)), guests)
    }

    /// A seat for a connection that `thread` accepted: with itself, unless another one has clearly fewer.
    pub(crate) fn seat(self: &Arc<Self>, thread: usize) -> Seat {
        let open = |n: usize| self.0.get(n).map_or(usize::MAX, |mate| mate.open.load(Ordering::Relaxed));
        let emptiest = (0..self.0.len()).min_by_key(|n| open(*n)).unwrap_or(thread);
        let fewest = open(emptiest);
        let is_clear = open(thread) > fewest.saturating_add(fewest / SLACK);
        self.take(if is_clear { emptiest } else { thread })
    }

    fn take(self: &Arc<Self>, thread: usize) -> Seat {
        if let Some(mate) = self.0.get(thread) {
            mate.open.fetch_add(1, Ordering::Relaxed);
        }
        Seat { crew: Arc::clone(self), thread }
    }

    /// Hands a connection to the thread of its seat. It comes back when that thread takes no more, or is gone.
    pub(crate) fn hand(&self, tcp: TcpStream, guest: Guest) -> Result<(), (TcpStream, Guest)> {
        let Some(mate) = self.0.get(guest.seat.thread) else { return Err((tcp, guest)) };
        mate.door.try_send((tcp, guest)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(back) | mpsc::error::TrySendError::Closed(back) => back,
        })
    }
}

impl Seat {
    pub(crate) fn is_with(&self, thread: usize) -> bool {
        self.thread == thread
    }

    /// Counts the connection with another thread from now on.
    pub(crate) fn moved(self, thread: usize) -> Self {
        self.crew.take(thread)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(mate) = self.crew.0.get(self.thread) {
            mate.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Crew, SLACK, Seat};

    fn counts(seats: &[Seat], threads: usize) -> Vec<usize> {
        (0..threads).map(|n| seats.iter().filter(|seat| seat.is_with(n)).count()).collect()
    }

    #[test]
    fn connections_are_even_however_the_kernel_spreads_them() {
        let (crew, _guests) = Crew::new(2);
        let seats: Vec<Seat> = (0..32).map(|n| crew.seat(usize::from(n % 8 == 0))).collect();
        assert_eq!(counts(&seats, 2), [16, 16]);
        drop(seats);
        let all: Vec<Seat> = (0..3).map(|_| crew.seat(1)).collect();
        assert_eq!(counts(&all, 2), [1, 2], "nobody is counted who is gone; one more is no reason");
    }

    #[test]
    fn seat_that_moved_counts_with_its_new_thread_alone() {
        let (crew, _guests) = Crew::new(2);
        let seat = crew.seat(0).moved(1);
        assert_eq!(counts(&[crew.seat(1), seat], 2), [1, 1]);
    }

    proptest! {
        #[test]
        fn no_thread_has_clearly_more_than_another(accepted in prop::collection::vec(0..3usize, 0..300)) {
            let (crew, _guests) = Crew::new(3);
            let seats: Vec<Seat> = accepted.iter().map(|thread| crew.seat(*thread)).collect();
            let counts = counts(&seats, 3);
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            prop_assert!(*most <= least + least / SLACK + 1, "{:?}", counts);
        }
    }
}
