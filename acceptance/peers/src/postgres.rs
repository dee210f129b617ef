//! A private PostgreSQL: own cluster in a temporary directory, own port, no durability.
//!
//! `ARGOS_TEST_POSTGRES_URL` (a superuser URL) makes tests share one server that somebody started
//! for all of them, as `cargo xtask test` does; each test still gets a database of its own.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Account, Launch, Process};
use crate::wait::try_wait_for;

/// Password of the superuser of a private cluster. The server trusts its loopback interface: deriving a SCRAM key costs a
/// debug build a tenth of a second per connection.
const PASSWORD: &str = "argos";

/// Durability costs time and protects nothing here: the cluster is thrown away.
const SETTINGS: [&str; 6] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=64MB",
    "log_min_messages=warning",
];

/// A running PostgreSQL server that belongs to this test process.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
    // Dropped after the process.
    _cluster: Cluster,
}

impl Postgres {
    /// Finds `initdb`, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("PostgreSQL", &["postgresql"], || process::find_program(&["initdb"], &debian_bin_dirs()))
    }

    /// Creates a cluster and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is not here and cannot be installed, or does not start; with its log.
    pub fn start() -> Result<Self, Unavailable> {
        let cluster = Cluster::create()?;
        for _ in 0..5 {
            let port = crate::free_port();
            let mut process = cluster.launch(port)?;
            let ready = try_wait_for(Duration::from_secs(60), || {
                if process.try_exit().is_some() {
                    return Some(false);
                }
                cluster.accepts(port).then_some(true)
            });
            if ready == Some(true) {
                return Ok(Self { process, port, _cluster: cluster });
            }
            if !cluster.log_tail().contains("Address already in use") {
                return Err(Unavailable(format!("PostgreSQL did not start:\n{}", cluster.log_tail())));
            }
        }
        Err(Unavailable("PostgreSQL found no free port".to_owned()))
    }

    /// URL of the superuser on the maintenance database.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("postgres://postgres:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// A fresh database, a copy of `template` when one is named.
    ///
    /// # Errors
    /// What `psql` printed.
    pub fn create_database(&self, template: Option<&str>) -> Result<PostgresDatabase, Unavailable> {
        PostgresDatabase::create(&self.admin_url(), template)
    }

    /// Kills the server as a crash would.
    pub fn kill9(&mut self) {
        self.process.kill();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT ends the backends too, SIGKILL of the postmaster would leave them to notice.
        self.process.stop(Signal::QUIT, Duration::from_secs(10));
    }
}

/// A database of its own on a PostgreSQL server, dropped with this value.
#[derive(Debug)]
pub struct PostgresDatabase {
    admin_url: String,
    name: String,
}

impl PostgresDatabase {
    /// A fresh database on the shared server: `ARGOS_TEST_POSTGRES_URL`, else one that this test
    /// process starts on first use.
    ///
    /// # Errors
    /// When there is no server, or what `psql` printed.
    pub fn on_shared_server() -> Result<Self, Unavailable> {
        Self::create(shared_admin_url()?, None)
    }

    /// A fresh database on the server at `admin_url`, a copy of `template` when one is named.
    ///
    /// # Errors
    /// What `psql` printed.
    pub fn create(admin_url: &str, template: Option<&str>) -> Result<Self, Unavailable> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // A process id comes again in time, and a killed test drops nothing.
        let nanos = std::time::UNIX_EPOCH.elapsed().map_or(0, |age| age.subsec_nanos());
        let name = format!("argos_peer_{}_{nanos}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let database = Self { admin_url: admin_url.to_owned(), name };
        let template = template.map_or_else(String::new, |template| format!(" template \"{template}\""));
        psql(admin_url, &format!("create database \"{}\"{template}", database.name))?;
        Ok(database)
    }

    /// `postgres://user:password@host:port/name`.
    #[must_use]
    pub fn url(&self) -> String {
        let base = self.admin_url.rsplit_once('/').map_or(self.admin_url.as_str(), |(base, _)| base);
        format!("{base}/{}", self.name)
    }

    /// Name of the database, to be used as a template.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL in this database and returns the unaligned rows.
    ///
    /// # Errors
    /// What `psql` printed.
    pub fn sql(&self, sql: &str) -> Result<String, Unavailable> {
        psql(&self.url(), sql)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // The server may be gone already; then the database is too.
        drop(psql(&self.admin_url, &format!("drop database if exists \"{}\" with (force)", self.name)));
    }
}

/// Superuser URL of the server that the tests of this process share.
///
/// # Errors
/// When no server could be started.
pub fn shared_admin_url() -> Result<&'static str, Unavailable> {
    static SHARED: OnceLock<Result<(String, Option<Postgres>), String>> = OnceLock::new();
    SHARED
        .get_or_init(|| match std::env::var("ARGOS_TEST_POSTGRES_URL") {
            Ok(url) if !url.is_empty() => Ok((url, None)),
            _ => Postgres::start().map(|server| (server.admin_url(), Some(server))).map_err(|error| error.0),
        })
        .as_ref()
        .map(|(url, _)| url.as_str())
        .map_err(|error| Unavailable(error.clone()))
}

fn psql(url: &str, sql: &str) -> Result<String, Unavailable> {
    let program = process::find_program(&["psql"], &debian_bin_dirs()).ok_or_else(|| Unavailable("psql is not installed".to_owned()))?;
    process::run(&program, &["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql], &[]).map_err(Unavailable)
}

/// An initialised data directory and the account that owns it.
#[derive(Debug)]
struct Cluster {
    bin_dir: PathBuf,
    account: Option<Account>,
    dir: TempDir,
}

impl Cluster {
    fn create() -> Result<Self, Unavailable> {
        let initdb = Postgres::find()?;
        // A link in PATH does not tell where its siblings are.
        let initdb = initdb.canonicalize().map_err(io_failure)?;
        let bin_dir = initdb.parent().map(Path::to_path_buf).unwrap_or_default();
        // PostgreSQL refuses to run as root.
        let account = match process::is_root() {
            true => Some(process::account("postgres").ok_or_else(|| Unavailable("no account `postgres` to run the server as".to_owned()))?),
            false => None,
        };
        let dir = tempfile::Builder::new().prefix("argos-postgres-").tempdir().map_err(io_failure)?;
        std::fs::write(dir.path().join("password"), PASSWORD).map_err(io_failure)?;
        if let Some(account) = &account {
            std::os::unix::fs::chown(dir.path(), Some(account.uid), Some(account.gid)).map_err(io_failure)?;
        }
        let cluster = Self { bin_dir, account, dir };
        let mut initdb = cluster
            .program("initdb", "KILL")?
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--no-sync", "--no-instructions", "--pwfile=password", "--pgdata=data"])
            .spawn()
            .map_err(io_failure)?;
        match initdb.wait_exit(Duration::from_secs(180)) {
            Some(status) if status.success() => Ok(cluster),
            _ => Err(Unavailable(format!("initdb failed:\n{}", cluster.log_tail()))),
        }
    }

    fn launch(&self, port: u16) -> Result<Process, Unavailable> {
        self.program("postgres", "QUIT")?
            .args(["-D", "data", "-p", &port.to_string(), "-h", "127.0.0.1", "-k", ""])
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .spawn()
            .map_err(io_failure)
    }

    fn accepts(&self, port: u16) -> bool {
        let program = self.bin_dir.join("pg_isready");
        process::run(&program, &["-q", "-h", "127.0.0.1", "-p", &port.to_string()], &[]).is_ok()
    }

    fn program(&self, name: &str, on_orphan: &str) -> Result<Launch, Unavailable> {
        let log = process::log_file(&self.log_path()).map_err(io_failure)?;
        let log_too = log.try_clone().map_err(io_failure)?;
        Ok(Launch::new(&self.bin_dir.join(name), on_orphan).with(|command| {
            command.current_dir(self.dir.path()).env_remove("PGDATA").stdout(log).stderr(log_too);
            if let Some(account) = &self.account {
                command.uid(account.uid).gid(account.gid);
            }
        }))
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("postgres.log")
    }

    fn log_tail(&self) -> String {
        process::tail(&self.log_path(), 20)
    }
}

/// Debian keeps the server's programs outside `PATH`, one directory per major version.
fn debian_bin_dirs() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, dir)| dir).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(format!("PostgreSQL: {error}"))
}
