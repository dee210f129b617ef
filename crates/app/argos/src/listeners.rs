//! The listeners of `argos serve`: where it listens, with which certificate, and what it says of a place it cannot have.
//! Binds and makes certificates; serves nothing.

use std::io::Write;
use std::net::SocketAddr;

use argos_kernel::Timestamp;
use argos_platform::Platform;
use argos_settings::boot::{Boot, ListenAddr};
use argos_tls::self_signed;
use argos_web::ServerTls;
use tokio::net::TcpListener;

use crate::data_dir::DataDir;
use crate::exit::{Exit, Failure};
use crate::routes::tls::TlsPlace;

/// Life of the certificate made for a first start, in days.
const SELF_SIGNED_DAYS: i64 = 825;

/// A listener that is bound but does not serve yet.
pub(crate) struct Bound {
    pub(crate) listener: TcpListener,
    address: SocketAddr,
    pub(crate) tls: Option<ServerTls>,
}

/// The bound addresses, as announced.
pub(crate) struct Addresses {
    pub(crate) http: Option<SocketAddr>,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) edge_http: Option<SocketAddr>,
    pub(crate) edge_https: Option<SocketAddr>,
    /// The listeners of the published ports of other products.
    pub(crate) compat: Vec<SocketAddr>,
}

/// Every listener the configuration asks for.
pub(crate) struct Listeners {
    http: Option<Bound>,
    https: Option<(Bound, TlsPlace)>,
    compat: Vec<(Bound, Only)>,
}

impl Listeners {
    pub(crate) async fn bind(boot: &Boot, dir: &DataDir, now: Timestamp) -> Result<Self, Failure> {
        Ok(Self { http: bind(boot, "http.listen").await?, https: bind_tls(boot, dir, now).await?, compat: bind_compat(boot).await? })
    }

    /// Where they listen, and where the domains said that they do.
    pub(crate) fn addresses(&self, platform: &Platform) -> Addresses {
        Addresses {
            http: self.http.as_ref().map(|b| b.address),
            https: self.https.as_ref().map(|(b, _)| b.address),
            edge_http: platform.listeners.get("edge_http"),
            edge_https: platform.listeners.get("edge_https"),
            compat: self.compat.iter().map(|(b, _)| b.address).collect(),
        }
    }

    /// The certificate of the TLS listener and where it comes from.
    pub(crate) fn certificate(&self) -> (Option<ServerTls>, TlsPlace) {
        self.https.as_ref().map(|(bound, place)| (bound.tls.clone(), place.clone())).unwrap_or_default()
    }
}

impl IntoIterator for Listeners {
    type Item = (Bound, Only);
    type IntoIter = std::vec::IntoIter<(Bound, Only)>;

    fn into_iter(self) -> Self::IntoIter {
        let own = [self.http, self.https.map(|(b, _)| b)].into_iter().flatten().map(|b| (b, None));
        own.chain(self.compat).collect::<Vec<_>>().into_iter()
    }
}

/// The only paths of a listener and the routes they stand for.
pub(crate) type Only = Option<&'static [(&'static str, &'static str)]>;

const HEALTH_PATHS: &[(&str, &str)] = &[("/health", "/health/scheduler")];
const METRICS_PATHS: &[(&str, &str)] = &[("/metrics", "/metrics"), ("/ups_metrics", "/ups_metrics")];

/// Listeners under which existing clients and dashboards find what they know: everything, health, metrics. A bare port
/// listens where the server does.
async fn bind_compat(boot: &Boot) -> Result<Vec<(Bound, Only)>, Failure> {
    let mut out = Vec::new();
    out.extend(bind(boot, "compat.api_listen").await?.map(|bound| (bound, None)));
    for (key, only) in [("compat.health_port", HEALTH_PATHS), ("compat.metrics_port", METRICS_PATHS)] {
        let Some(port) = boot.int(key).and_then(|p| u16::try_from(p).ok()) else { continue };
        let host = boot.listener("http.listen").map_or_else(|| "127.0.0.1".to_owned(), |l| l.host);
        let wanted = ListenAddr { host, port };
        let listener = listen(&wanted, key).await?;
        let address = listener.local_addr().map_err(Failure::runtime)?;
        out.push((Bound { listener, address, tls: None }, Some(only)));
    }
    Ok(out)
}

async fn bind(boot: &Boot, key: &str) -> Result<Option<Bound>, Failure> {
    let Some(wanted) = boot.listener(key) else { return Ok(None) };
    let listener = listen(&wanted, key).await?;
    let address = listener.local_addr().map_err(Failure::runtime)?;
    Ok(Some(Bound { listener, address, tls: None }))
}

async fn listen(wanted: &ListenAddr, key: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind((wanted.bind_host(), wanted.port)).await.map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => Failure::new(Exit::InUse, format!("{key} {wanted}: the port is taken")),
        std::io::ErrorKind::PermissionDenied => Failure::configuration(format!("{key} {wanted}: this port needs more rights")),
        _ => Failure::configuration(format!("{key} {wanted}: {e}")),
    })
}

/// The TLS listener with the given certificate, else the uploaded one, else one of our own making.
async fn bind_tls(boot: &Boot, dir: &DataDir, now: Timestamp) -> Result<Option<(Bound, TlsPlace)>, Failure> {
    let Some(mut bound) = bind(boot, "https.listen").await? else { return Ok(None) };
    let given = boot.path("https.cert").filter(|_| boot.source("https.cert").is_some());
    let uploaded = TlsPlace::uploaded(&dir.path);
    let place = match given {
        Some(cert) => TlsPlace { cert, key: boot.path("https.key").unwrap_or_default(), own: false },
        None if uploaded.cert.exists() => uploaded,
        None => TlsPlace { cert: dir.path.join("tls/self-signed.crt"), key: dir.path.join("tls/self-signed.key"), own: true },
    };
    if place.own && !place.cert.exists() {
        make_certificate(dir, now)?;
    }
    let read = |path: &std::path::Path| std::fs::read(path).map_err(|e| Failure::configuration(format!("{}: {e}", path.display())));
    let tls =
        ServerTls::from_pem(&read(&place.cert)?, &read(&place.key)?).map_err(|e| Failure::configuration(format!("https.cert: {e}")))?;
    tracing::info!(address = %bound.address, fingerprint = tls.certificate().fingerprint_colons(), own = place.own, "TLS certificate");
    bound.tls = Some(tls);
    Ok(Some((bound, place)))
}

fn make_certificate(dir: &DataDir, now: Timestamp) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_lowercase();
    let names: Vec<String> =
        [host, "localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()].into_iter().filter(|n| !n.is_empty()).collect();
    let (cert, key) = self_signed(&names, now.secs() - 86_400, SELF_SIGNED_DAYS).map_err(Failure::runtime)?;
    let place = dir.path.join("tls");
    std::fs::create_dir_all(&place).map_err(Failure::runtime)?;
    let write = |name: &str, text: &str| {
        let file = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(place.join(name));
        file.and_then(|mut f| f.write_all(text.as_bytes())).map_err(Failure::runtime)
    };
    write("self-signed.key", &key)?;
    write("self-signed.crt", &cert)
}
