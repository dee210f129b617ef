//! Where counted requests came from, as their rows say it.

use std::collections::HashMap;
use std::net::IpAddr;

use argos_logs::LogEntry;
use serde::{Deserialize, Serialize};

use super::ban::is_private;

/// Requests of a country, and one address of them, by which its name is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OfCountry {
    pub(crate) count: u64,
    pub(crate) address: Option<IpAddr>,
}

/// Requests by country.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origins {
    pub(crate) countries: HashMap<String, OfCountry>,
    /// Of private networks.
    pub(crate) private: u64,
    /// Nobody knew when the row was stored.
    pub(crate) unknown: u64,
}

impl Origins {
    pub(crate) fn join(&mut self, other: &Self) {
        for (code, theirs) in &other.countries {
            let mine = self.countries.entry(code.clone()).or_insert(OfCountry { count: 0, address: theirs.address });
            mine.count += theirs.count;
        }
        self.private += other.private;
        self.unknown += other.unknown;
    }

    pub(crate) fn add(&mut self, entry: &LogEntry) {
        self.add_many(entry.remote_ip.as_deref(), entry.country_code.as_deref(), 1);
    }

    /// Counts so many requests of a client.
    pub(crate) fn add_many(&mut self, client: Option<&str>, country: Option<&str>, requests: u64) {
        let address: Option<IpAddr> = client.and_then(|ip| ip.parse().ok());
        if let Some(code) = country {
            if let Some(known) = self.countries.get_mut(code) {
                known.count += requests;
            } else {
                self.countries.insert(code.to_owned(), OfCountry { count: requests, address });
            }
        } else if address.is_some_and(is_private) {
            self.private += requests;
        } else {
            self.unknown += requests;
        }
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::{Severity, Timestamp};
    use argos_logs::Source;

    use super::*;

    #[test]
    fn origins_are_counted_by_country_and_the_rest_is_private_or_unknown() {
        let mut origins = Origins::default();
        for (ip, country) in
            [("203.0.113.9", Some("ES")), ("203.0.113.8", Some("ES")), ("10.0.0.1", None), ("198.51.100.1", None), ("", None)]
        {
            let mut entry = LogEntry::new(Source::CaddyAccess, Timestamp::from_secs(0), Severity::Info, "");
            (entry.remote_ip, entry.country_code) = (Some(ip.to_owned()), country.map(str::to_owned));
            origins.add(&entry);
        }
        let spain = OfCountry { count: 2, address: "203.0.113.9".parse().ok() };
        assert_eq!((origins.countries.get("ES"), origins.private, origins.unknown), (Some(&spain), 1, 2));
    }
}
