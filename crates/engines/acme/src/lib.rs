//! An ACME client: accounts, orders, challenges, certificates (RFC 8555), tls-alpn-01 (RFC 8737), renewal information
//! (RFC 9773).
//!
//! Each call is one exchange with the authority. The owner brings the transport, keeps keys and addresses, waits as long
//! as the authority asks, and decides what to do next: nothing here polls, sleeps, retries (but for a stale nonce, as the
//! protocol demands) or remembers. Everything is addressed by URL, so an order goes on after a restart.

mod account;
mod challenge;
mod client;
mod error;
mod jws;
mod order;
mod renewal;
mod request;
mod retry;
mod transport;

pub use account::{AccountKey, ExternalAccount};
pub use challenge::{dns_record, dns_value, http_path, tls_alpn_certificate};
pub use client::{Answer, Client, Directory, Registration};
pub use error::{AcmeError, Problem, Subproblem};
pub use order::{Authorization, Challenge, ChallengeKind, Identifier, Order, State};
pub use renewal::{RenewalInfo, certificate_id};
pub use request::{new_key, signing_request};
pub use retry::RetryAfter;
pub use transport::{BoxFuture, HttpRequest, HttpResponse, Transport};

/// Let's Encrypt, the authority when nobody names another.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
