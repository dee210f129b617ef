//! Connections by client: nobody may take all of them. Shared by all threads, since the kernel spreads the connections
//! of one client over their sockets.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::limit::network;

/// The open connections of each client; as many entries as clients with one.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    hasher: RandomState,
    shards: [Mutex<HashMap<u64, u32>>; 16],
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    clients: Arc<Clients>,
    key: u64,
}

impl Clients {
    fn with<T>(&self, key: u64, act: impl FnOnce(Entry<'_, u64, u32>) -> T) -> Option<T> {
        let shard = self.shards.get(usize::try_from(key % 16).unwrap_or(0))?;
        Some(act(shard.lock().unwrap_or_else(PoisonError::into_inner).entry(key)))
    }

    /// A place for a connection of this address, unless it has `max` already.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr, max: u32) -> Option<Place> {
        let key = self.hasher.hash_one(network(address));
        let is_admitted = self.with(key, |entry| {
            let count = entry.or_insert(0);
            let is_admitted = *count < max;
            *count += u32::from(is_admitted);
            is_admitted
        });
        is_admitted?.then(|| Place { clients: Arc::clone(self), key })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clients.with(self.key, |entry| {
            if let Entry::Occupied(mut count) = entry {
                *count.get_mut() = count.get().saturating_sub(1);
                if *count.get() == 0 {
                    count.remove();
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Clients;

    #[test]
    fn a_client_has_so_many_places_and_gets_them_back() {
        let clients = Arc::new(Clients::default());
        let at = |text: &str| clients.admit(text.parse().unwrap(), 2);
        let (first, second) = (at("192.0.2.1"), at("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some() && at("192.0.2.1").is_none());
        assert!(at("192.0.2.2").is_some(), "another client");
        let (a, b) = (at("2001:db8::1"), at("2001:db8::2"));
        assert!(a.is_some() && b.is_some() && at("2001:db8:0:0:9::").is_none(), "a network is one client");
        drop(first);
        assert!(at("192.0.2.1").is_some());
        drop((second, a, b));
        assert!(clients.shards.iter().all(|s| s.lock().unwrap().is_empty()), "nothing stays behind");
    }
}
