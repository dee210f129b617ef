//! Places for connections that have not proved themselves: so many altogether and of one address. Whoever finds none waits,
//! in the order of coming; of one address only so many that others find room.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::service::hold;

/// Sockets without proof, altogether and per address.
const PLACES: usize = 200;
const PLACES_OF_ADDRESS: usize = 20;
/// Connections that have a place or wait for one, altogether and per address.
const WAITING_MAX: usize = 8_000;
const WAITING_OF_ADDRESS: usize = 1_000;

/// All places.
pub(crate) struct Doorway {
    places: Arc<Semaphore>,
    lines: Arc<Mutex<Lines>>,
}

#[derive(Default)]
struct Lines {
    all: usize,
    of: HashMap<Option<IpAddr>, Line>,
}

struct Line {
    places: Arc<Semaphore>,
    count: usize,
}

/// Somebody who has a place or waits for one.
struct Waiting {
    lines: Arc<Mutex<Lines>>,
    ip: Option<IpAddr>,
}

/// A place among those that wait to be let in; given back when it is dropped.
pub(super) struct Place {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
    _waiting: Waiting,
}

impl Default for Doorway {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), lines: Arc::default() }
    }
}

impl Doorway {
    /// A place, when there is one; `None` when too many wait already.
    pub(super) async fn enter(&self, ip: Option<IpAddr>) -> Option<Place> {
        let (waiting, own) = self.line_up(ip)?;
        // Nobody closes them.
        let own = own.acquire_owned().await.ok()?;
        let all = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some(Place { _own: own, _all: all, _waiting: waiting })
    }

    fn line_up(&self, ip: Option<IpAddr>) -> Option<(Waiting, Arc<Semaphore>)> {
        let mut lines = hold(&self.lines);
        if lines.all >= WAITING_MAX {
            return None;
        }
        let line = lines.of.entry(ip).or_insert_with(|| Line { places: Arc::new(Semaphore::new(PLACES_OF_ADDRESS)), count: 0 });
        if line.count >= WAITING_OF_ADDRESS {
            return None;
        }
        line.count += 1;
        let places = Arc::clone(&line.places);
        lines.all += 1;
        drop(lines);
        Some((Waiting { lines: Arc::clone(&self.lines), ip }, places))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut lines = hold(&self.lines);
        lines.all -= 1;
        if let Some(line) = lines.of.get_mut(&self.ip) {
            line.count -= 1;
            if line.count == 0 {
                lines.of.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn ip(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, n]))
    }

    #[test]
    fn an_address_waits_for_its_own_places_and_holds_up_nobody_else() {
        let door = Doorway::default();
        let mut inside: Vec<_> = (0..PLACES_OF_ADDRESS).map(|_| door.enter(ip(1)).now_or_never().flatten().unwrap()).collect();
        let mut waits = Box::pin(door.enter(ip(1)));
        assert!((&mut waits).now_or_never().is_none());
        assert!(door.enter(ip(2)).now_or_never().flatten().is_some());
        inside.pop();
        assert!(waits.now_or_never().flatten().is_some(), "whoever waits gets the place that is given back");
        drop(inside);
        assert!(hold(&door.lines).of.is_empty(), "nothing is remembered of those that went");
    }

    #[test]
    fn all_places_together_and_all_that_wait_are_bounded() {
        let door = Doorway::default();
        let many = u8::try_from(PLACES / PLACES_OF_ADDRESS).unwrap();
        let inside: Vec<_> = (0..many)
            .flat_map(|n| (0..PLACES_OF_ADDRESS).map(move |_| n))
            .map(|n| door.enter(ip(n)).now_or_never().flatten().unwrap())
            .collect();
        let mut line: Vec<_> = (0..WAITING_OF_ADDRESS).map(|_| Box::pin(door.enter(ip(200)))).collect();
        assert!(line.iter_mut().all(|waits| waits.now_or_never().is_none()));
        assert!(door.enter(ip(200)).now_or_never().is_some_and(|place| place.is_none()), "the line of this address is full");
        assert!(door.enter(ip(201)).now_or_never().is_none(), "another address may wait");
        drop((inside, line));
        assert_eq!(hold(&door.lines).all, 0);
    }
}
