//! The serving threads as they see each other. The kernel spreads new connections over their sockets by a hash: of
//! thirty-two, one thread may get twenty and the other twelve, and whoever is with the fuller one waits longer. So a
//! thread that accepts a connection hands it on when another one has clearly fewer.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

use crate::config::ListenerConfig;

/// Connections that may wait for a thread to take them. Few: one that keeps up takes them in its next turn, and whoever finds
/// no room keeps its own. No limit counts them and no time runs for them until they are taken.
const GUESTS_MAX: usize = 16;
/// One in so many may be more before a connection is handed on: with many of them, another one more makes no difference.
const SLACK: usize = 16;

/// All serving threads.
#[derive(Debug)]
pub(crate) struct Crew(Vec<Mate>);

/// A serving thread.
#[derive(Debug)]
struct Mate {
    /// Client connections it serves, or is about to. One of HTTP/1.1 that became a tunnel is counted no more.
    open: Arc<AtomicUsize>,
    door: mpsc::Sender<(TcpStream, Guest)>,
}

/// Whose connection it is, and where it is counted.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) listener: Arc<ListenerConfig>,
    pub(crate) peer: SocketAddr,
    pub(crate) seat: Seat,
}

impl Guest {
    /// Counted with this thread from now on.
    pub(crate) fn moved(self, crew: &Crew, thread: usize) -> Self {
        Self { seat: crew.take(thread), ..self }
    }
}

/// The connections that others hand to a thread.
pub(crate) type Guests = mpsc::Receiver<(TcpStream, Guest)>;

/// A connection's count with its thread, until it is dropped. It holds the count alone: one in a door that held the doors
/// would keep its own.
#[derive(Debug)]
pub(crate) struct Seat {
    open: Arc<AtomicUsize>,
    thread: usize,
}

impl Crew {
    /// So many threads, and what each of them is handed.
    pub(crate) fn new(threads: usize) -> (Arc<Self>, Vec<Guests>) {
        let made = (0..threads).map(|_| mpsc::channel(GUESTS_MAX));
        let (mates, guests) = made.map(|(door, guests)| (Mate { open: Arc::default(), door }, guests)).unzip();
        (Arc::new(Self(mates)), guests)
    }

    /// A seat for a connection that `thread` accepted: with itself, unless another one has clearly fewer.
    pub(crate) fn seat(&self, thread: usize) -> Seat {
        let open = |n: usize| self.0.get(n).map_or(usize::MAX, |mate| mate.open.load(Ordering::Relaxed));
        let emptiest = (0..self.0.len()).min_by_key(|n| open(*n)).unwrap_or(thread);
        let fewest = open(emptiest);
        let is_clear = open(thread) > fewest.saturating_add(fewest / SLACK);
        self.take(if is_clear { emptiest } else { thread })
    }

    /// A seat with this very thread.
    fn take(&self, thread: usize) -> Seat {
        let open = self.0.get(thread).map(|mate| Arc::clone(&mate.open)).unwrap_or_default();
        open.fetch_add(1, Ordering::Relaxed);
        Seat { open, thread }
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
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use proptest::prelude::*;

    use super::{Crew, GUESTS_MAX, Guest, SLACK, Seat};
    use crate::config::ListenerConfig;

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
    fn connection_that_finds_no_room_or_nobody_comes_back_and_counts_until_it_is_dropped() {
        let (crew, mut guests) = Crew::new(2);
        let open = |n: usize| crew.0[n].open.load(Ordering::Relaxed);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let tcp = TcpStream::connect(address).unwrap();
        let config = Arc::new(ListenerConfig { address, tls: false, proxy_protocol: Vec::new() });
        let handed = |thread: usize| {
            crew.hand(tcp.try_clone().unwrap(), Guest { listener: Arc::clone(&config), peer: address, seat: crew.take(thread) })
        };
        for _ in 0..GUESTS_MAX {
            assert!(handed(1).is_ok());
        }
        let (_, refused) = handed(1).unwrap_err();
        assert!(refused.seat.is_with(1), "it is the same that was to be handed");
        assert_eq!((open(0), open(1)), (0, GUESTS_MAX + 1));
        let kept = refused.moved(&crew, 0);
        assert_eq!((open(0), open(1)), (1, GUESTS_MAX), "it counts with the thread that keeps it alone");
        drop(kept);

        let (_, taken) = guests[1].try_recv().unwrap();
        assert_eq!(open(1), GUESTS_MAX, "who was taken is served");
        assert!(handed(1).is_ok(), "there is room again");
        drop(taken);
        // The thread ends, and whoever waits at its door with it.
        guests.truncate(1);
        assert_eq!((open(0), open(1)), (0, 0));
        let back = handed(1).unwrap_err();
        assert_eq!(open(1), 1);
        drop(back);
        assert_eq!((open(0), open(1)), (0, 0));
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
