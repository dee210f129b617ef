//! Debian's Pebble, the test authority of Let's Encrypt, with its challenge test server as the DNS it believes.
//!
//! It keeps everything in memory: stopping and starting it again is an authority that lost its accounts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::{PATIENCE, try_wait_for};

/// How Pebble runs.
#[derive(Clone, Debug, Default)]
pub struct PebbleConfig {
    /// Where http-01 is looked for on every name.
    pub http_port: u16,
    /// Where tls-alpn-01 is looked for on every name.
    pub tls_port: u16,
    /// A name server other than the challenge test server, which says that every name is 127.0.0.1.
    pub dns: Option<SocketAddr>,
    /// Key id and secret (base64url) without which no account is opened.
    pub external_account: Option<(String, String)>,
    /// Names that are refused, with all below them.
    pub blocked: Vec<String>,
    /// Seconds that certificates live; `None` = five years, as it likes best.
    pub validity_s: Option<u64>,
}

/// A running authority.
#[derive(Debug)]
pub struct Pebble {
    authority: Option<Process>,
    challenges: Option<Process>,
    port: u16,
    config: PebbleConfig,
    dns: SocketAddr,
    // Dropped after the processes.
    dir: TempDir,
}

impl Pebble {
    /// Finds the programs, installing Debian's package when they are missing.
    ///
    /// # Errors
    /// When they are not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("OpenSSL", &["openssl"], || process::find_program(&["openssl"], &[]))?;
        packages::require("Pebble", &["pebble"], || process::find_program(&["pebble"], &[]))
    }

    /// Starts it on free ports.
    ///
    /// # Panics
    /// When it is not here and cannot be installed, or does not start.
    #[must_use]
    pub fn start(config: &PebbleConfig) -> Self {
        Self::find().unwrap_or_else(|error| panic!("{error}"));
        (0..5).find_map(|_| Self::try_start(config)).expect("Pebble starts on a free port")
    }

    fn try_start(config: &PebbleConfig) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("argos-pebble-").tempdir().expect("a temporary directory");
        certificate(dir.path());
        let dns = config.dns.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], crate::free_port())));
        let challenges = config.dns.is_none().then(|| name_server(dir.path(), dns));
        let mut pebble = Self { authority: None, challenges, port: crate::free_port(), config: config.clone(), dns, dir };
        pebble.try_resume().then_some(pebble)
    }

    /// The address of its directory.
    #[must_use]
    pub fn directory(&self) -> String {
        format!("https://127.0.0.1:{}/dir", self.port)
    }

    /// The certificate its own listener shows, to be trusted.
    #[must_use]
    pub fn trust_file(&self) -> PathBuf {
        self.dir.path().join("listener.crt")
    }

    /// Ends it; nobody answers on its port.
    pub fn stop(&mut self) {
        if let Some(mut authority) = self.authority.take() {
            authority.stop(Signal::TERM, Duration::from_secs(2));
        }
    }

    /// Starts it again on the same port, without memory.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn resume(&mut self) {
        assert!(self.try_resume(), "Pebble starts again; log:\n{}", self.log());
    }

    /// Everything it said.
    #[must_use]
    pub fn log(&self) -> String {
        process::tail(&self.dir.path().join("pebble.log"), usize::MAX)
    }

    fn try_resume(&mut self) -> bool {
        let at = |name: &str| self.dir.path().join(name).display().to_string();
        let mut settings = json!({
            "listenAddress": format!("127.0.0.1:{}", self.port),
            "managementListenAddress": format!("127.0.0.1:{}", crate::free_port()),
            "certificate": at("listener.crt"),
            "privateKey": at("listener.key"),
            "httpPort": self.config.http_port,
            "tlsPort": self.config.tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": self.config.external_account.is_some(),
            "domainBlocklist": self.config.blocked,
        });
        if let Some(seconds) = self.config.validity_s {
            settings["certificateValidityPeriod"] = json!(seconds);
        }
        if let Some((id, secret)) = &self.config.external_account {
            settings["externalAccountMACKeys"] = json!({ id.as_str(): secret });
        }
        std::fs::write(at("pebble.json"), json!({ "pebble": settings }).to_string()).expect("a writable directory");
        let words = ["-config".to_owned(), at("pebble.json"), "-dnsserver".to_owned(), self.dns.to_string()];
        let mut authority = launch(self.dir.path(), "pebble", &words);
        let up = try_wait_for(PATIENCE, || {
            if authority.try_exit().is_some() {
                return Some(false);
            }
            std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok().then_some(true)
        });
        self.authority = Some(authority);
        up == Some(true)
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.stop();
        if let Some(mut challenges) = self.challenges.take() {
            challenges.stop(Signal::TERM, Duration::from_secs(1));
        }
    }
}

/// A certificate for its own listener.
fn certificate(dir: &Path) {
    let at = |name: &str| dir.join(name).display().to_string();
    let settings = "[req]\ndistinguished_name=n\nx509_extensions=e\nprompt=no\n[n]\nCN=pebble\n\
        [e]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n";
    std::fs::write(at("openssl.cnf"), settings).expect("a writable directory");
    let openssl = process::find_program(&["openssl"], &[]).expect("found before");
    let (config, cert, key) = (at("openssl.cnf"), at("listener.crt"), at("listener.key"));
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
    let words: Vec<&str> = new.into_iter().chain(["-config", &config, "-out", &cert, "-keyout", &key]).collect();
    process::run(&openssl, &words, &[]).unwrap_or_else(|error| panic!("{error}"));
}

fn name_server(dir: &Path, dns: SocketAddr) -> Process {
    let management = format!("127.0.0.1:{}", crate::free_port());
    // An IPv6 address would be tried first, and nobody listens there.
    let words = ["-defaultIPv6", "", "-defaultIPv4", "127.0.0.1", "-http01", "", "-https01", "", "-tlsalpn01", ""].map(str::to_owned);
    let ours = ["-dns01".to_owned(), dns.to_string(), "-management".to_owned(), management];
    launch(dir, "pebble-challtestsrv", &[words.as_slice(), ours.as_slice()].concat())
}

fn launch(dir: &Path, name: &str, words: &[String]) -> Process {
    let program = process::find_program(&[name], &[]).expect("both come in one package");
    let out = process::log_file(&dir.join(format!("{name}.log"))).expect("a writable directory");
    let err = process::log_file(&dir.join(format!("{name}.log"))).expect("a writable directory");
    Launch::new(&program, "KILL")
        .args(words)
        .with(|command| {
            command.stdout(out).stderr(err).env("PEBBLE_VA_NOSLEEP", "1");
        })
        .spawn()
        .expect("the program starts")
}
