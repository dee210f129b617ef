//! What is shown while an authority looks: answers to http-01 and certificates for tls-alpn-01 in the data plane. The
//! tables say what; every process with a data plane shows all of it, for nobody knows whom the authority reaches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_proxy::Proxy;
use rustls::sign::CertifiedKey;

use crate::store::proofs::{Kind, Proof};

#[derive(Debug, Default)]
struct Shown {
    proofs: Vec<Proof>,
    /// By the proof's id: made once, as each has a key of its own.
    alpn: HashMap<i64, Arc<CertifiedKey>>,
}

/// What this process shows.
#[derive(Debug, Default)]
pub(crate) struct Proofs(Mutex<Shown>);

impl Proofs {
    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows these and nothing else. The newest of them, 0 = none.
    pub(crate) fn show(&self, proxy: &Proxy, wanted: Vec<Proof>) -> i64 {
        let newest = wanted.last().map_or(0, |p| p.id);
        let mut shown = self.shown();
        if shown.proofs == wanted {
            return newest;
        }
        let of = |kind: Kind| wanted.iter().filter(move |p| p.kind == kind);
        let mut alpn = HashMap::new();
        for proof in of(Kind::Alpn) {
            let made = shown
                .alpn
                .get(&proof.id)
                .cloned()
                .map_or_else(|| argos_acme::tls_alpn_certificate(&proof.name, &proof.key_authorization).map_err(|e| e.to_string()), Ok);
            match made {
                Ok(certificate) => drop(alpn.insert(proof.id, certificate)),
                Err(error) => tracing::error!(name = proof.name, error, "the proof for an authority could not be made"),
            }
        }
        proxy.set_http_challenges(of(Kind::Http).map(|p| (p.name.clone(), p.key_authorization.clone())).collect());
        proxy.set_alpn_challenges(of(Kind::Alpn).filter_map(|p| Some((p.name.clone(), alpn.get(&p.id).cloned()?))).collect());
        *shown = Shown { proofs: wanted, alpn };
        newest
    }
}
