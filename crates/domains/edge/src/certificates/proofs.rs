//! What is shown while an authority looks: answers to http-01 and certificates for tls-alpn-01 in the data plane, texts
//! in the DNS. Lives in memory; an order that goes on after a restart shows its proofs anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_proxy::Proxy;
use rustls::sign::CertifiedKey;

#[derive(Debug, Default)]
struct Shown {
    http: HashMap<String, String>,
    alpn: HashMap<String, Arc<CertifiedKey>>,
}

/// What this process shows.
#[derive(Debug, Default)]
pub(crate) struct Proofs(Mutex<Shown>);

impl Proofs {
    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn show_http(&self, proxy: &Proxy, token: &str, authorization: String) {
        let mut shown = self.shown();
        shown.http.insert(token.to_owned(), authorization);
        proxy.set_http_challenges(shown.http.clone());
    }

    pub(crate) fn hide_http(&self, proxy: &Proxy, token: &str) {
        let mut shown = self.shown();
        shown.http.remove(token);
        proxy.set_http_challenges(shown.http.clone());
    }

    pub(crate) fn show_alpn(&self, proxy: &Proxy, name: &str, certificate: Arc<CertifiedKey>) {
        let mut shown = self.shown();
        shown.alpn.insert(name.to_owned(), certificate);
        proxy.set_alpn_challenges(shown.alpn.clone());
    }

    pub(crate) fn hide_alpn(&self, proxy: &Proxy, name: &str) {
        let mut shown = self.shown();
        shown.alpn.remove(name);
        proxy.set_alpn_challenges(shown.alpn.clone());
    }
}
