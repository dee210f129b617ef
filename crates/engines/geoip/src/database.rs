//! One database, checked when it is opened.

use std::fmt;
use std::net::IpAddr;

use maxminddb::{Reader, WithinOptions};
use serde::Deserialize;

/// A country of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// Two letters, as `ES`.
    pub code: String,
    /// In English, where the database has names.
    pub name: Option<String>,
}

/// The network of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Number of the autonomous system.
    pub number: u32,
    /// Who runs it.
    pub organization: Option<String>,
}

/// An opened database.
pub struct Database {
    reader: Reader<Vec<u8>>,
}

/// The bytes are no database of this format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDatabase(String);

impl fmt::Display for BadDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a MaxMind database: {}", self.0)
    }
}

impl std::error::Error for BadDatabase {}

#[derive(Deserialize)]
struct CountryRecord {
    #[serde(default)]
    country: Option<CountryPart>,
}

#[derive(Deserialize)]
struct CountryPart {
    #[serde(default)]
    iso_code: Option<String>,
    #[serde(default)]
    names: Option<Names>,
}

#[derive(Deserialize)]
struct Names {
    #[serde(default)]
    en: Option<String>,
}

#[derive(Deserialize)]
struct NetworkRecord {
    #[serde(default)]
    autonomous_system_number: Option<u32>,
    #[serde(default)]
    autonomous_system_organization: Option<String>,
}

impl Database {
    /// Opens a database and looks an address up in it, so that a broken one is refused here.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn open(bytes: Vec<u8>) -> Result<Self, BadDatabase> {
        let reader = Reader::from_source(bytes).map_err(|e| BadDatabase(e.to_string()))?;
        reader.verify().map_err(|e| BadDatabase(e.to_string()))?;
        Ok(Self { reader })
    }

    /// When it was made, in seconds of the epoch.
    #[must_use]
    pub fn built_at(&self) -> i64 {
        i64::try_from(self.reader.metadata().build_epoch).unwrap_or(0)
    }

    /// What it says it is, as `DBIP-Country-Lite`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.reader.metadata().database_type
    }

    /// Whether it knows countries; else it knows networks.
    #[must_use]
    pub fn is_of_countries(&self) -> bool {
        ["Country", "City", "Enterprise"].iter().any(|word| self.kind().contains(word))
    }

    /// Where an address is.
    #[must_use]
    pub fn country(&self, address: IpAddr) -> Option<Country> {
        let record: CountryRecord = self.reader.lookup(address.to_canonical()).ok()?.decode().ok()??;
        let part = record.country?;
        Some(Country { code: part.iso_code.filter(|code| !code.is_empty())?, name: part.names.and_then(|n| n.en) })
    }

    /// Whose network an address belongs to.
    #[must_use]
    pub fn network(&self, address: IpAddr) -> Option<Network> {
        let record: NetworkRecord = self.reader.lookup(address.to_canonical()).ok()?.decode().ok()??;
        let organization = record.autonomous_system_organization.filter(|name| !name.is_empty());
        Some(Network { number: record.autonomous_system_number?, organization })
    }

    /// Every range of a country, aliases of IPv4 in IPv6 left out.
    #[must_use]
    pub fn ranges_of(&self, code: &str) -> Vec<(IpAddr, u8)> {
        let Ok(networks) = self.reader.networks(WithinOptions::default()) else { return Vec::new() };
        let is_there = |record: &CountryRecord| record.country.as_ref().and_then(|c| c.iso_code.as_deref()) == Some(code);
        let found = networks.filter_map(Result::ok).filter(|found| found.decode().ok().flatten().as_ref().is_some_and(is_there));
        found.filter_map(|found| found.network().ok()).map(|network| (network.ip(), network.prefix())).collect()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("kind", &self.kind()).finish_non_exhaustive()
    }
}
