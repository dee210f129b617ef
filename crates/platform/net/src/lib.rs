//! Everything that leaves this process on its own initiative: the guarded HTTP client (platform spec 14) and the one
//! process runner.
//!
//! The client resolves a name, judges every address and connects to a judged one; it follows no redirect it has not
//! judged again, caps time and size, and never puts a body or an address secret into an error. The runner takes
//! argument lists, never a shell line.

mod address;
mod client;
mod error;
mod lookup;
mod policy;
pub mod process;
mod request;
pub mod sigv4;
mod tls;

pub use address::{AddressKind, NeverReason, is_metadata_name};
pub use client::Net;
pub use error::NetError;
pub use lookup::{BoxFuture, Lookup, SystemLookup};
pub use policy::{AllowEntry, BlockReason, Class, Policy};
pub use request::{Request, Response};
pub use tls::{Tls, native_roots, tls_client_config};

pub use http::{HeaderMap, Method};
