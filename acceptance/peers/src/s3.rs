//! A real S3 server that refuses unknown accounts: the npm package `s3rver`, installed once into the user's cache.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::packages::Unavailable;
use crate::process::{self, Launch, Process};
use crate::wait::try_wait_for;

const PACKAGE: &str = "s3rver@3.7.1";
/// The only account of the server.
pub const ACCESS_KEY: &str = "S3RVER";
/// Its secret.
pub const SECRET_KEY: &str = "S3RVER";
/// The bucket it starts with.
pub const BUCKET: &str = "argos-backups";

/// A running S3 server.
#[derive(Debug)]
pub struct S3Server {
    // Held: the server ends with it.
    _process: Process,
    address: SocketAddr,
    // Dropped after the process.
    dir: TempDir,
}

impl S3Server {
    /// Finds the server's program, installing it with npm when it is missing.
    ///
    /// # Errors
    /// When there is no node, or npm cannot install.
    pub fn find() -> Result<PathBuf, Unavailable> {
        let home = std::env::var("HOME").map_err(|_| Unavailable("HOME is not set".to_owned()))?;
        let prefix = Path::new(&home).join(".cache/argos-peers/s3rver");
        let program = prefix.join("node_modules/s3rver/bin/s3rver.js");
        if program.is_file() {
            return Ok(program);
        }
        let npm = process::find_program(&["npm"], &[]).ok_or_else(|| Unavailable("npm is missing; install Node.js".to_owned()))?;
        std::fs::create_dir_all(&prefix).map_err(|e| Unavailable(e.to_string()))?;
        let place = prefix.display().to_string();
        let args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", place.as_str(), PACKAGE];
        process::run(&npm, &args, &[]).map_err(Unavailable)?;
        if program.is_file() { Ok(program) } else { Err(Unavailable("s3rver was installed but is not there".to_owned())) }
    }

    /// Starts a server with one empty bucket.
    ///
    /// # Errors
    /// When it cannot be had or does not start.
    pub fn start() -> Result<Self, Unavailable> {
        let program = Self::find()?;
        let node = process::find_program(&["node"], &[]).ok_or_else(|| Unavailable("node is missing".to_owned()))?;
        let failed = |e: std::io::Error| Unavailable(e.to_string());
        let dir = tempfile::Builder::new().prefix("argos-s3-").tempdir().map_err(failed)?;
        let address = SocketAddr::from(([127, 0, 0, 1], crate::free_port()));
        let log = process::log_file(&dir.path().join("s3.log")).map_err(failed)?;
        let log_too = log.try_clone().map_err(failed)?;
        let store = dir.path().join("store");
        let process = Launch::new(&node, "KILL")
            .args([program.as_os_str(), "--directory".as_ref(), store.as_os_str(), "--address".as_ref(), "127.0.0.1".as_ref()])
            .args(["--port".to_owned(), address.port().to_string(), "--configure-bucket".to_owned(), BUCKET.to_owned()])
            .with(|command| {
                command.stdout(log).stderr(log_too);
            })
            .spawn()
            .map_err(failed)?;
        let ready = try_wait_for(Duration::from_secs(30), || std::net::TcpStream::connect(address).ok());
        if ready.is_none() {
            return Err(Unavailable(format!("s3rver did not start:\n{}", process::tail(&dir.path().join("s3.log"), 40))));
        }
        Ok(Self { _process: process, address, dir })
    }

    /// `http://ip:port`
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Names of the objects below a folder of the bucket, as the server keeps them on disk.
    #[must_use]
    pub fn objects(&self, folder: &str) -> Vec<String> {
        let place = self.dir.path().join("store").join(BUCKET).join(folder);
        let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
        let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
        // Content and its description lie beside each other.
        let mut names: Vec<String> = names.filter_map(|n| n.strip_suffix("._S3rver_object").map(str::to_owned)).collect();
        names.sort_unstable();
        names
    }

    /// The content of an object.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(&self, key: &str) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.dir.path().join("store").join(BUCKET).join(format!("{key}._S3rver_object")))
    }
}
