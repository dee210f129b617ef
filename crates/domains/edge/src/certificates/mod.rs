//! Certificates of sites, as the compiler of the data plane asks for them: out of memory, at once.
//!
//! Whoever has certificates (self-signed ones, ACME, uploads) stands behind [`CertificateStore`]. It must never make the
//! compiler wait, and says through `watch` when a reload would find something new.

pub(crate) mod dns;
pub(crate) mod live;
mod proofs;
mod self_signed;
mod served;
mod transport;

use std::fmt;
use std::sync::Arc;

use argos_kernel::Result;
use argos_web::BoxFuture;
use rustls::sign::CertifiedKey;
use tokio::sync::watch;

pub(crate) use live::leaf;
pub(crate) use proofs::Proofs;
pub(crate) use self_signed::{SelfSigned, aad as self_signed_aad};
pub(crate) use served::{Served, dns_aad, issued_aad, manual_aad};
pub(crate) use transport::Way;

use crate::model::host::Host;

/// Where the data plane finds certificates.
pub(crate) trait CertificateStore: Send + Sync + fmt::Debug {
    /// The certificate of a site, if there is one that may be served.
    fn find(&self, host_id: i64, domain: &str) -> Option<Arc<CertifiedKey>>;

    /// Called before each compilation with every site that wants TLS: loads or makes what is missing. A site whose
    /// certificate cannot be had must not keep the others from being served.
    fn prepare<'a>(&'a self, hosts: &'a [Host]) -> BoxFuture<'a, Result<()>>;

    /// Grows whenever a compilation would find other certificates.
    fn watch(&self) -> watch::Receiver<u64>;

    /// Whether this provider can answer a dns-01 challenge now.
    fn dns_provider_ready<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>>;
}

/// Where the sealed key of an account at an authority stands.
pub(crate) fn account_aad(id: &str) -> String {
    format!("edge_acme_accounts.key:{id}")
}

/// Where the sealed key of a certificate that is ordered stands.
pub(crate) fn order_aad(host_id: &str) -> String {
    format!("edge_orders.key:{host_id}")
}
