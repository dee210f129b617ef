//! Name resolution behind a trait, so that a test can play a resolver that changes its mind.

use std::io;
use std::net::IpAddr;

use argos_kernel::BoxFuture;

/// Turns a host name into addresses.
pub trait Lookup: Send + Sync + 'static {
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let mut out: Vec<IpAddr> = Vec::new();
            for found in tokio::net::lookup_host((host, 0)).await? {
                if !out.contains(&found.ip()) {
                    out.push(found.ip());
                }
            }
            Ok(out)
        })
    }
}
