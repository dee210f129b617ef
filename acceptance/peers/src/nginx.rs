//! Debian's nginx as a backend or as the one to compare with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::try_wait_for;

/// A running nginx in its own directory.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    port: u16,
    // Dropped after the process.
    dir: TempDir,
}

impl Nginx {
    /// Finds the program, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        let sbin = [PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")];
        packages::require("nginx", &["nginx-light"], || process::find_program(&["nginx"], &sbin))
    }

    /// Starts it. `http` writes the inside of the `http` block for a port and a directory of its own.
    ///
    /// # Panics
    /// When it is not here and cannot be installed, or does not start.
    #[must_use]
    pub fn start(workers: usize, http: impl Fn(u16, &Path) -> String) -> Self {
        let program = Self::find().unwrap_or_else(|error| panic!("{error}"));
        for _ in 0..5 {
            if let Some(started) = Self::try_start(&program, workers, &http) {
                return started;
            }
        }
        panic!("nginx found no free port");
    }

    fn try_start(program: &Path, workers: usize, http: &impl Fn(u16, &Path) -> String) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("argos-nginx-").tempdir().expect("a temporary directory");
        let port = crate::free_port();
        let user = if process::is_root() { "user root;\n" } else { "" };
        let at = |name: &str| dir.path().join(name).display().to_string();
        let config = format!(
            "{user}daemon off;\nworker_processes {workers};\npid {pid};\nerror_log stderr warn;\nevents {{ worker_connections 4096; }}\n\
             http {{\naccess_log off;\nclient_body_temp_path {body};\nproxy_temp_path {proxy};\n\
             fastcgi_temp_path {other};\nuwsgi_temp_path {other};\nscgi_temp_path {other};\n{http}\n}}\n",
            pid = at("pid"),
            body = at("body"),
            proxy = at("proxy"),
            other = at("other"),
            http = http(port, dir.path()),
        );
        std::fs::write(dir.path().join("nginx.conf"), config).expect("a writable directory");
        let err = process::log_file(&dir.path().join("log")).expect("a writable directory");
        let words = ["-p", &dir.path().display().to_string(), "-c", &at("nginx.conf"), "-e", &at("log")].map(str::to_owned);
        let mut process = Launch::new(program, "TERM")
            .args(&words)
            .with(|command| {
                command.stderr(err);
            })
            .spawn()
            .expect("the program starts");
        let is_up = try_wait_for(Duration::from_secs(10), || {
            if process.try_exit().is_some() {
                return Some(false);
            }
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true)
        });
        (is_up == Some(true)).then_some(Self { process, port, dir })
    }

    /// The port given to the configuration.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process of its master.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it wrote as errors.
    #[must_use]
    pub fn log(&self) -> String {
        process::tail(&self.dir.path().join("log"), 50)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(3));
    }
}
