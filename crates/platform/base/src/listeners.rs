//! The addresses that this process really listens on, by name; the ready line prints them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use argos_kernel::Timestamp;

/// What a client that connects to our own TLS listener meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCertificate {
    pub self_signed: bool,
    /// SHA-256 of the leaf, lower-case, with colons.
    pub fingerprint: String,
    /// Its common name, or all of its subject where it has none.
    pub subject: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

type Describe = Arc<dyn Fn() -> Option<OwnCertificate> + Send + Sync>;

/// Clones share the list.
#[derive(Clone, Default)]
pub struct Listeners(Arc<Mutex<BTreeMap<&'static str, SocketAddr>>>, Arc<Mutex<Option<Describe>>>);

impl Listeners {
    pub fn set(&self, name: &'static str, address: SocketAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, address);
    }

    /// `None`: nobody listens under that name.
    pub fn get(&self, name: &str) -> Option<SocketAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// Who knows the certificate of our own TLS listener.
    pub fn set_certificate(&self, describe: impl Fn() -> Option<OwnCertificate> + Send + Sync + 'static) {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(describe));
    }

    /// The certificate in use; `None` without a TLS listener.
    pub fn certificate(&self) -> Option<OwnCertificate> {
        let describe = self.1.lock().unwrap_or_else(PoisonError::into_inner).clone();
        describe.and_then(|describe| describe())
    }
}
