//! The way to an external Caddy: where it stands, the guarded client, what it was given last and what is known of its
//! backends. It decides nothing.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use argos_backup::FileSet;
use argos_caddy::{Admin, BoxFuture, HealthBook, HttpRequest, HttpResponse, Transport};
use argos_kernel::Timestamp;
use argos_net::{Class, Method, Net, Request};
use argos_proxy::TargetStatus;
use argos_settings::boot::Boot;
use argos_tls::Certificate;
use serde_json::Value;

/// The guarded client of the product.
struct Way(Net);

impl Transport for Way {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        Box::pin(async move {
            let method = if request.method == "POST" { Method::POST } else { Method::GET };
            let mut sent = Request::new(Class::Integration, method, request.url).timeout(request.timeout).bytes_max(request.bytes_max);
            for (name, value) in &request.headers {
                sent = sent.header(name, value);
            }
            if let Some(body) = request.body {
                sent = sent.body("application/json", body);
            }
            let answer = self.0.send(sent).await.map_err(|e| e.to_string())?;
            Ok(HttpResponse { status: answer.status, body: answer.body.to_vec() })
        })
    }
}

/// Where Caddy listens, as it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) addresses: Vec<String>,
    pub(crate) http_port: Option<u16>,
    pub(crate) https_port: Option<u16>,
}

/// The three logs that Caddy writes and this process reads.
#[derive(Clone, Debug)]
pub(crate) struct LogPaths {
    pub(crate) access: String,
    pub(crate) errors: String,
    pub(crate) firewall: String,
}

/// What Caddy was given last.
#[derive(Default)]
struct Given {
    document: Option<Value>,
    /// Modules it turned out not to have.
    missing: BTreeSet<String>,
    pushed_at: Option<Timestamp>,
    /// The last push got no answer, so what is wanted was never judged.
    is_away: bool,
    /// Files of certificates changed since the last load, which an equal document would not have Caddy read.
    has_new_files: bool,
}

/// What is known of its backends.
#[derive(Default)]
pub(crate) struct Observed {
    pub(crate) book: HealthBook,
    pub(crate) statuses: Vec<TargetStatus>,
}

/// An external Caddy.
pub(crate) struct Caddy {
    way: Way,
    pub(crate) address: String,
    pub(crate) listen: Listen,
    pub(crate) logs: LogPaths,
    pub(crate) panel_upstream: String,
    /// Where its TLS listener is reached from here.
    pub(crate) tls_dial: String,
    /// Uploaded certificates: where they are written, and where Caddy reads them.
    pub(crate) manual_dir: PathBuf,
    pub(crate) manual_dir_caddy: String,
    given: Mutex<Given>,
    observed: Mutex<Observed>,
    /// Certificates that names were seen with, and when.
    pub(crate) seen: Mutex<HashMap<String, (Timestamp, Certificate)>>,
    /// Fingerprints of the certificates whose files were written.
    pub(crate) written: Mutex<HashMap<i64, String>>,
}

impl Caddy {
    /// What is set up, whether or not it serves.
    pub(crate) fn of(boot: &Boot, net: &Net) -> Self {
        let text = |key: &str, default: &str| boot.text(key).unwrap_or_else(|| default.to_owned());
        Self {
            way: Way(net.clone()),
            address: text("caddy.admin", "http://localhost:2019").trim_end_matches('/').to_owned(),
            listen: listen(boot),
            logs: LogPaths {
                access: text("caddy.access_log", "/var/log/caddy/access.log"),
                errors: text("caddy.errors_log", "/var/log/caddy/errors.log"),
                firewall: text("caddy.waf_audit_log", "/var/log/caddy/waf-audit.log"),
            },
            panel_upstream: text("panel.upstream", "argos:8080"),
            tls_dial: text("caddy.tls_dial", "caddy:443"),
            manual_dir: boot.path("manual_cert.dir").unwrap_or_else(|| boot.data_dir().join("manual-certs")),
            manual_dir_caddy: text("manual_cert.dir_caddy", "/etc/caddy/manual-certs"),
            given: Mutex::default(),
            observed: Mutex::default(),
            seen: Mutex::default(),
            written: Mutex::default(),
        }
    }

    pub(crate) fn admin(&self) -> Admin<'_, dyn Transport + '_> {
        Admin::new(&self.way as &dyn Transport, &self.address)
    }

    /// Where its admin API listens after a load: where it is reached. One that is reached over the network listens on
    /// every address, since only Caddy knows its own.
    pub(crate) fn admin_listen(&self) -> String {
        admin_listen(&self.address)
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_loaded(&self, document: Value, now: Timestamp) {
        let mut given = self.given();
        given.document = Some(document);
        given.pushed_at = Some(now);
        given.is_away = false;
        given.has_new_files = false;
    }

    pub(crate) fn note_new_files(&self) {
        self.given().has_new_files = true;
    }

    pub(crate) fn has_new_files(&self) -> bool {
        self.given().has_new_files
    }

    pub(crate) fn note_away(&self, is_away: bool) {
        self.given().is_away = is_away;
    }

    /// The last document that Caddy took from this process.
    pub(crate) fn document(&self) -> Option<Value> {
        self.given().document.clone()
    }

    /// Whether it runs what it was given, and nothing waits for it.
    pub(crate) fn is_running(&self, config: &Value) -> bool {
        let given = self.given();
        given.document.as_ref() == Some(config) && !given.is_away
    }

    pub(crate) fn pushed_at(&self) -> Option<Timestamp> {
        self.given().pushed_at
    }

    pub(crate) fn missing(&self) -> BTreeSet<String> {
        self.given().missing.clone()
    }

    /// Notes a module that is not there; whether that is news.
    pub(crate) fn lacks(&self, module: &str) -> bool {
        self.given().missing.insert(module.to_owned())
    }

    /// Another build may have come with a restart.
    pub(crate) fn forget_missing(&self) {
        self.given().missing.clear();
    }

    pub(crate) fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files of an uploaded certificate.
    pub(crate) fn files(&self, host_id: i64) -> [PathBuf; 2] {
        ["crt", "key"].map(|end| Path::new(&self.manual_dir).join(format!("{host_id}.{end}")))
    }
}

/// The storage of an external Caddy for the backup, as far as it can be read: with it certificates outlive a machine. It
/// is Caddy's to put back (edge spec D9).
pub(crate) fn storage(boot: &Boot) -> Option<FileSet> {
    let dir = boot.text("caddy.data_dir").unwrap_or_else(|| "/data/caddy".to_owned()).into();
    is_chosen(boot).then_some(FileSet { name: "caddy", dir, restored: false, named: None })
}

/// Whether an external Caddy serves the sites.
pub(crate) fn is_chosen(boot: &Boot) -> bool {
    boot.text("edge.engine").as_deref() == Some("caddy")
}

/// The listeners of the settings. Other than for the built-in engine `--listen` switches none off: the ports are Caddy's.
pub(crate) fn listen(boot: &Boot) -> Listen {
    let place = |key: &str, default: &str| {
        let text = boot.text(key).unwrap_or_else(|| default.to_owned());
        let port = text.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        port.map(|port| (text.trim_start_matches('*').to_owned(), port))
    };
    let (http, https) = (place("edge.http_listen", ":80"), place("edge.https_listen", ":443"));
    Listen {
        http_port: http.as_ref().map(|(_, port)| *port),
        https_port: https.as_ref().map(|(_, port)| *port),
        addresses: http.into_iter().chain(https).map(|(address, _)| address).collect(),
    }
}

pub(crate) fn admin_listen(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    let place = rest.split('/').next().unwrap_or(rest);
    let default = if scheme == "https" { 443 } else { 80 };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(default)),
        _ => (place, default),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if is_here { format!("{host}:{port}") } else { format!("0.0.0.0:{port}") }
}

#[cfg(test)]
mod tests {
    use super::admin_listen;

    #[test]
    fn admin_api_stays_where_it_is_reached() {
        for (address, listen) in [
            ("http://localhost:2019", "localhost:2019"),
            ("http://127.0.0.1:2020/", "127.0.0.1:2020"),
            ("http://[::1]:2019", "[::1]:2019"),
            ("http://caddy:2019", "0.0.0.0:2019"),
            ("http://10.0.0.7", "0.0.0.0:80"),
        ] {
            assert_eq!(admin_listen(address), listen, "{address}");
        }
    }
}
