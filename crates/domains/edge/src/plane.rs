//! The running engine: where it listens, whether it runs at all, its reports. It serves what it is given and knows no
//! table. It starts with the first enabled site, or at once when its listeners were asked for by name.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_kernel::{AppError, Result};
use argos_platform::Listeners;
use argos_proxy::{Config, ListenerConfig, Options, Prefix, PrefixSet, Proxy, Reports, StartError, TargetStatus};
use argos_settings::boot::{Boot, ListenAddr};

/// A wanted listener.
#[derive(Debug)]
struct Place {
    key: &'static str,
    /// Its name in the ready line.
    name: &'static str,
    tls: bool,
    wanted: Option<ListenAddr>,
    /// Somebody named it, so it is there before the first site.
    given: bool,
}

/// The engine and where it listens.
pub(crate) struct Plane {
    embedded: bool,
    places: [Place; 2],
    threads: usize,
    running: Mutex<Option<Arc<Proxy>>>,
    /// Handed to the readers once they start.
    reports: Mutex<Option<Reports>>,
    /// Whom the engine turns away; kept for its start.
    bans: Mutex<PrefixSet>,
    /// The listener that could not be had at the start.
    refused: Mutex<Option<String>>,
}

impl Plane {
    pub(crate) fn new(boot: &Boot) -> Self {
        let place = |key: &'static str, name, tls| Place { key, name, tls, wanted: boot.listener(key), given: boot.source(key).is_some() };
        Self {
            embedded: !crate::caddy::is_chosen(boot),
            places: [place("edge.http_listen", "edge_http", false), place("edge.https_listen", "edge_https", true)],
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            running: Mutex::default(),
            reports: Mutex::default(),
            bans: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// Whether there is anything to listen on.
    pub(crate) fn is_wanted(&self) -> bool {
        self.embedded && self.places.iter().any(|p| p.wanted.is_some())
    }

    pub(crate) fn has_https(&self) -> bool {
        self.places.iter().any(|p| p.tls && p.wanted.is_some())
    }

    /// Where the plain or the TLS listener is to be.
    pub(crate) fn wanted(&self, tls: bool) -> Option<String> {
        self.places.iter().filter(|p| p.tls == tls).find_map(|p| p.wanted.as_ref()).map(ToString::to_string)
    }

    fn running(&self) -> MutexGuard<'_, Option<Arc<Proxy>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn proxy(&self) -> Option<Arc<Proxy>> {
        self.running().clone()
    }

    pub(crate) fn statuses(&self) -> Vec<TargetStatus> {
        self.proxy().map(|p| p.statuses()).unwrap_or_default()
    }

    pub(crate) fn take_reports(&self) -> Option<Reports> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn give_reports_back(&self, reports: Reports) {
        *self.reports.lock().unwrap_or_else(PoisonError::into_inner) = Some(reports);
    }

    /// The sockets of a state: those asked for by name always, the others once a site is served. Connections from
    /// `balancers` begin with a PROXY header.
    pub(crate) fn listeners(&self, has_sites: bool, balancers: &[Prefix]) -> Result<Vec<ListenerConfig>, String> {
        let wanted = self.places.iter().filter(|p| p.given || has_sites);
        let config = |place: &Place| {
            let at = place.wanted.as_ref()?;
            let found = (at.bind_host(), at.port).to_socket_addrs().map(|mut a| a.next());
            Some(match found {
                Ok(Some(address)) => Ok(ListenerConfig { address, tls: place.tls, proxy_protocol: balancers.to_vec() }),
                Ok(None) => Err(format!("{} {at}: no such address", place.key)),
                Err(e) => Err(format!("{} {at}: {e}", place.key)),
            })
        };
        wanted.filter_map(config).collect()
    }

    /// Serves this configuration, whole or not at all. Blocks while it compiles.
    pub(crate) fn apply(&self, config: &Config) -> Result<(), StartError> {
        let running = self.proxy();
        if let Some(proxy) = running {
            return proxy.reload(config);
        }
        if config.listeners.is_empty() {
            return Ok(());
        }
        let options = Options { threads: self.threads, roots: argos_net::native_roots() };
        match Proxy::start(config, &options) {
            Ok((proxy, reports)) => {
                proxy.set_bans(self.bans().clone());
                *self.running() = Some(Arc::new(proxy));
                self.give_reports_back(reports);
                Ok(())
            }
            Err(error) => {
                if let StartError::Bind(..) = error {
                    *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                }
                Err(error)
            }
        }
    }

    fn bans(&self) -> MutexGuard<'_, PrefixSet> {
        self.bans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns these addresses away from now on.
    pub(crate) fn set_bans(&self, bans: PrefixSet) {
        let mut kept = self.bans();
        if let Some(proxy) = self.proxy() {
            proxy.set_bans(bans.clone());
        }
        *kept = bans;
    }

    /// The address of the plain or the TLS listener.
    pub(crate) fn address(&self, tls: bool) -> Option<SocketAddr> {
        let proxy = self.proxy()?;
        let bound = proxy.listeners();
        bound.into_iter().find(|(config, _)| config.tls == tls).map(|(_, address)| address)
    }

    /// Tells the ready line where it listens.
    pub(crate) fn report_addresses(&self, listeners: &Listeners) {
        for place in &self.places {
            if let Some(address) = self.address(place.tls) {
                listeners.set(place.name, address);
            }
        }
    }

    /// A port that was asked for by name and is not to be had ends the start.
    pub(crate) fn refused_listener(&self) -> Option<AppError> {
        let given = self.places.iter().any(|p| p.given && p.wanted.is_some());
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        refused.filter(|_| given).map(|text| AppError::conflict(text).code("port_taken"))
    }

    /// Ends it; requests in progress may finish. Blocks.
    pub(crate) fn stop(&self) {
        let proxy = self.running().take();
        if let Some(proxy) = proxy.and_then(Arc::into_inner) {
            proxy.stop();
        }
    }
}
