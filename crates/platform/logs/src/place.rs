//! Where clients are, as somebody else knows it: a line gets its country when it is stored, because addresses move. What
//! nobody knows stays unknown.

use std::net::IpAddr;
use std::sync::Arc;

use crate::entry::LogEntry;

/// What is known of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub is_private: bool,
    pub country_code: Option<String>,
    pub country_name: Option<String>,
    pub asn: Option<u32>,
    pub asn_org: Option<String>,
}

/// Finds the place of an address; must be quick.
pub type Locate = Arc<dyn Fn(IpAddr) -> Place + Send + Sync>;

/// Fills in where the client of a line is, unless the line says it.
pub(crate) fn fill(entry: &mut LogEntry, locate: &Locate) {
    if entry.country_code.is_some() {
        return;
    }
    let Some(address) = entry.remote_ip.as_deref().and_then(|ip| ip.parse().ok()) else { return };
    let place = locate(address);
    if !place.is_private {
        entry.country_code = place.country_code;
        entry.asn = place.asn.map(i64::from);
    }
}
