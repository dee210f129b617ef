//! The addresses that this process really listens on, by name; the ready line prints them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Clones share the list.
#[derive(Clone, Default)]
pub struct Listeners(Arc<Mutex<BTreeMap<&'static str, SocketAddr>>>);

impl Listeners {
    pub fn set(&self, name: &'static str, address: SocketAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, address);
    }

    /// `None`: nobody listens under that name.
    pub fn get(&self, name: &str) -> Option<SocketAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }
}
