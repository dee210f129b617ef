//! Where addresses are: the two databases on disk, their refresh, and a memory of what was asked last. Without a database
//! every answer is unknown.

use std::collections::HashMap;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_geoip::Database;
use argos_kernel::{AppError, Result, Timestamp};
use argos_logs::Place;
use argos_net::{Class, Net, Request};
use argos_settings::boot::Boot;

use crate::model::ban::is_private;

/// Answers remembered in each of two generations.
const REMEMBERED: usize = 5_000;
/// The largest database, unpacked.
const BYTES_MAX: u64 = 200 << 20;
/// The documented source.
const SOURCE: &str = "https://download.db-ip.com/free";
/// Said wherever places are shown.
pub(crate) const ATTRIBUTION: &str = "IP geolocation by DB-IP (https://db-ip.com)";

/// Which of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Country,
    Network,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Country, Self::Network];

    /// Its word in addresses and names of files.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Network => "asn",
        }
    }
}

/// One database as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) database: Arc<Database>,
    pub(crate) bytes: u64,
    pub(crate) loaded_at: Timestamp,
}

#[derive(Default)]
struct State {
    loaded: [Option<Loaded>; 2],
    /// The newer generation, and the one before it.
    memory: [HashMap<IpAddr, Place>; 2],
    refreshed_at: Option<Timestamp>,
    error: Option<String>,
}

/// Places of addresses.
pub(crate) struct GeoIp {
    dir: PathBuf,
    source: String,
    net: Net,
    state: Mutex<State>,
    hits: AtomicU64,
    misses: AtomicU64,
    /// One refresh at a time.
    turn: tokio::sync::Mutex<()>,
}

/// How it stands.
pub(crate) struct Standing {
    pub(crate) country: Option<Loaded>,
    pub(crate) network: Option<Loaded>,
    pub(crate) refreshed_at: Option<Timestamp>,
    pub(crate) error: Option<String>,
    pub(crate) remembered: usize,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

/// Year and month of a time, as `2026-03`.
pub(crate) fn month(at: Timestamp) -> String {
    at.rfc3339().chars().take(7).collect()
}

impl GeoIp {
    pub(crate) fn new(boot: &Boot, net: &Net) -> Self {
        let dir = boot.text("geoip.dir").filter(|dir| !dir.starts_with('<')).map_or_else(|| boot.data_dir().join("geoip"), PathBuf::from);
        let source = boot.text("geoip.base_url").filter(|url| url.contains("://")).unwrap_or_else(|| SOURCE.to_owned());
        Self {
            dir,
            source: source.trim_end_matches('/').to_owned(),
            net: net.clone(),
            state: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            turn: tokio::sync::Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn path(&self, kind: Kind) -> PathBuf {
        self.dir.join(format!("{}.mmdb", kind.word()))
    }

    pub(crate) fn loaded(&self, kind: Kind) -> Option<Loaded> {
        self.state().loaded[kind as usize].clone()
    }

    /// Whether there is anything to look in.
    pub(crate) fn is_there(&self) -> bool {
        self.state().loaded.iter().any(Option::is_some)
    }

    pub(crate) fn standing(&self) -> Standing {
        let state = self.state();
        Standing {
            country: state.loaded[Kind::Country as usize].clone(),
            network: state.loaded[Kind::Network as usize].clone(),
            refreshed_at: state.refreshed_at,
            error: state.error.clone(),
            remembered: state.memory.iter().map(HashMap::len).sum(),
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }

    /// Opens what lies on disk.
    pub(crate) fn load(&self, now: Timestamp) {
        for kind in Kind::ALL {
            let path = self.path(kind);
            match std::fs::read(&path) {
                Ok(bytes) => {
                    if let Err(error) = self.take(kind, bytes, now) {
                        tracing::warn!(path = %path.display(), %error, "a database of places cannot be used");
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => tracing::warn!(path = %path.display(), %error, "a database of places cannot be read"),
            }
        }
    }

    /// Swaps a database in and forgets old answers.
    fn take(&self, kind: Kind, bytes: Vec<u8>, now: Timestamp) -> Result<(), String> {
        let size = bytes.len() as u64;
        let database = Arc::new(Database::open(bytes).map_err(|e| e.to_string())?);
        if database.is_of_countries() != (kind == Kind::Country) {
            return Err(format!("it is {}, which is not of the kind {}", database.kind(), kind.word()));
        }
        let mut state = self.state();
        state.loaded[kind as usize] = Some(Loaded { database, bytes: size, loaded_at: now });
        state.memory = Default::default();
        Ok(())
    }

    /// Keeps a database that somebody brought or that was fetched: checked first, then in place of the one before.
    pub(crate) fn keep(&self, kind: Kind, bytes: Vec<u8>, now: Timestamp) -> Result<(), String> {
        let bytes = unpacked(bytes)?;
        self.take(kind, bytes.clone(), now)?;
        let store = |path: &Path| {
            std::fs::create_dir_all(&self.dir)?;
            let new = path.with_extension("mmdb.new");
            std::fs::write(&new, &bytes)?;
            std::fs::File::open(&new)?.sync_all()?;
            std::fs::rename(&new, path)
        };
        store(&self.path(kind)).map_err(|error| format!("it cannot be stored: {error}"))
    }

    /// Where an address is. Private ones are known without a database.
    pub(crate) fn find(&self, address: IpAddr) -> Place {
        let address = address.to_canonical();
        if is_private(address) {
            return Place { is_private: true, country_name: Some("LAN".to_owned()), ..Place::default() };
        }
        let mut state = self.state();
        let known = state.memory[0].get(&address).or_else(|| state.memory[1].get(&address)).cloned();
        if let Some(place) = known {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return place;
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let of = |kind: Kind| state.loaded[kind as usize].as_ref().map(|loaded| Arc::clone(&loaded.database));
        let country = of(Kind::Country).and_then(|database| database.country(address));
        let network = of(Kind::Network).and_then(|database| database.network(address));
        let (country_code, country_name) = country.map_or((None, None), |c| (Some(c.code), c.name));
        let (asn, asn_org) = network.map_or((None, None), |n| (Some(n.number), n.organization));
        let place = Place { is_private: false, country_code, country_name, asn, asn_org };
        if state.memory[0].len() >= REMEMBERED {
            state.memory.swap(0, 1);
            state.memory[0].clear();
        }
        state.memory[0].insert(address, place.clone());
        place
    }

    /// The name of a country, by one of its addresses.
    pub(crate) fn country_name(&self, code: &str, address: Option<IpAddr>) -> Option<String> {
        let place = self.find(address?);
        place.country_name.filter(|_| place.country_code.as_deref() == Some(code))
    }

    /// Fetches both databases of this month, or of the month before where this one's is not there yet. One that fails does
    /// not undo the other.
    pub(crate) async fn refresh(&self, now: Timestamp) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        let mut failures = Vec::new();
        for kind in Kind::ALL {
            if let Err(why) = self.fetch(kind, now).await {
                failures.push(format!("{}: {why}", kind.word()));
            }
        }
        let outcome = if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) };
        let mut state = self.state();
        state.error = outcome.clone().err();
        if outcome.is_ok() {
            state.refreshed_at = Some(now);
        }
        outcome
    }

    async fn fetch(&self, kind: Kind, now: Timestamp) -> Result<(), String> {
        let this = month(now);
        // A day of the month before, whatever its length.
        let day = now.rfc3339().get(8..10).and_then(|d| d.parse().ok()).unwrap_or(1_i64);
        let before = month(now.minus_secs(day * 86_400));
        let mut why = String::new();
        for wanted in [this, before] {
            let url = format!("{}/dbip-{}-lite-{wanted}.mmdb.gz", self.source, kind.word());
            let request = Request::get(Class::Admin, url).timeout(Duration::from_secs(55)).follow_redirects(3);
            let answer =
                self.net.send(request.bytes_max(usize::try_from(BYTES_MAX).unwrap_or(usize::MAX))).await.map_err(|e| e.to_string())?;
            match answer.status {
                200 => return tokio::task::block_in_place(|| self.keep(kind, answer.body.to_vec(), now)),
                status => why = format!("HTTP {status} for {wanted}"),
            }
        }
        Err(why)
    }
}

/// The bytes of a database, packed or not.
fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut out = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(bytes.as_slice()).take(BYTES_MAX + 1);
    reader.read_to_end(&mut out).map_err(|error| format!("it cannot be unpacked: {error}"))?;
    if out.len() as u64 > BYTES_MAX { Err(format!("it is larger than {} MiB", BYTES_MAX >> 20)) } else { Ok(out) }
}

/// The documented 503.
pub(crate) fn no_database() -> AppError {
    AppError::unavailable("no GeoIP database is loaded").code("geoip_unavailable")
}
