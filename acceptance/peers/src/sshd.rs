//! Debian's OpenSSH server, each with a host key, an account key and a directory of its own.
//!
//! It runs as whoever runs the test and admits that user by key only: a password would need the machine's accounts.
//! An allowed command is not restricted, so a test decides by what it runs what "powered off" means.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::free_port;
use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::{PATIENCE, try_wait_for};

/// A running server on 127.0.0.1.
#[derive(Debug)]
pub struct Sshd {
    process: Process,
    port: u16,
    program: PathBuf,
    // Dropped after the process.
    dir: TempDir,
}

impl Sshd {
    /// Finds the program, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("sshd", &["openssh-server", "openssh-client"], || {
            process::find_program(&["ssh-keygen"], &[]).and_then(|_| process::find_program(&["sshd"], &[]))
        })
    }

    /// Starts a server with fresh keys.
    ///
    /// # Errors
    /// When it is not here and cannot be installed, or does not start.
    pub fn start() -> Result<Self, Unavailable> {
        let program = Self::find()?;
        for _ in 0..5 {
            let dir = tempfile::Builder::new().prefix("argos-sshd-").tempdir().map_err(io_failure)?;
            for (name, passphrase) in [("host_key", ""), ("account_key", ""), ("locked_key", PASSPHRASE)] {
                generate_key(&dir.path().join(name), passphrase)?;
            }
            let port = free_port();
            configure(dir.path(), port).map_err(io_failure)?;
            let mut server = Self { process: launch(&program, &dir)?, port, program: program.clone(), dir };
            if server.wait_ready() {
                return Ok(server);
            }
        }
        Err(Unavailable("sshd did not start on five ports".to_owned()))
    }

    /// Where it listens on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The account it admits: whoever runs the test.
    #[must_use]
    pub fn user(&self) -> String {
        process::run(Path::new("/usr/bin/id"), &["-un"], &[]).map_or_else(|_| "root".to_owned(), |name| name.trim().to_owned())
    }

    /// The private key it admits, in OpenSSH's format.
    #[must_use]
    pub fn account_key(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("account_key")).unwrap_or_default()
    }

    /// Another key it admits, encrypted with `PASSPHRASE`.
    #[must_use]
    pub fn locked_key(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("locked_key")).unwrap_or_default()
    }

    /// A directory for what the commands of a test leave behind.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The fingerprint of the host key as `ssh-keygen` writes it.
    ///
    /// # Errors
    /// When `ssh-keygen` fails.
    pub fn fingerprint(&self) -> Result<String, Unavailable> {
        let key = self.dir.path().join("host_key.pub");
        let line = process::run(Path::new("/usr/bin/ssh-keygen"), &["-lf", &key.to_string_lossy()], &[]).map_err(Unavailable)?;
        line.split_whitespace().nth(1).map(ToOwned::to_owned).ok_or_else(|| Unavailable(format!("ssh-keygen said {line}")))
    }

    /// Shows another host key from now on.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn change_host_key(&mut self) -> Result<(), Unavailable> {
        self.stop();
        for name in ["host_key", "host_key.pub"] {
            std::fs::remove_file(self.dir.path().join(name)).map_err(io_failure)?;
        }
        generate_key(&self.dir.path().join("host_key"), "")?;
        self.resume()
    }

    /// Ends the server and every connection, as a machine that powers off does.
    pub fn stop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(3));
        self.process.kill_group();
    }

    /// Starts it again on the same port with the same keys.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn resume(&mut self) -> Result<(), Unavailable> {
        self.process = launch(&self.program, &self.dir)?;
        if self.wait_ready() { Ok(()) } else { Err(Unavailable("sshd did not come back".to_owned())) }
    }

    fn wait_ready(&mut self) -> bool {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], self.port));
        try_wait_for(PATIENCE, || {
            if self.process.try_exit().is_some() {
                return Some(false);
            }
            std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok().then_some(true)
        }) == Some(true)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the second key of the account is encrypted with.
pub const PASSPHRASE: &str = "correct horse";

fn generate_key(path: &Path, passphrase: &str) -> Result<(), Unavailable> {
    let file = path.to_string_lossy();
    process::run(Path::new("/usr/bin/ssh-keygen"), &["-q", "-t", "ed25519", "-N", passphrase, "-C", "argos-test", "-f", &file], &[])
        .map(drop)
        .map_err(Unavailable)
}

fn configure(dir: &Path, port: u16) -> std::io::Result<()> {
    let mut keys = std::fs::read_to_string(dir.join("account_key.pub"))?;
    keys.push_str(&std::fs::read_to_string(dir.join("locked_key.pub"))?);
    std::fs::write(dir.join("authorized_keys"), keys)?;
    let at = dir.display();
    // The temporary directory belongs to nobody's home, hence no `StrictModes`.
    let text = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {at}/host_key\nAuthorizedKeysFile {at}/authorized_keys\nStrictModes no\n\
         PidFile {at}/sshd.pid\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nPermitRootLogin yes\n\
         Subsystem sftp internal-sftp\nMaxStartups 100\n"
    );
    std::fs::write(dir.join("sshd_config"), text)
}

fn launch(program: &Path, dir: &TempDir) -> Result<Process, Unavailable> {
    if process::is_root() {
        // Debian's sshd run by root wants its chroot; a service unit would create it.
        std::fs::create_dir_all("/run/sshd").map_err(io_failure)?;
    }
    let log = process::log_file(&dir.path().join("sshd.log")).map_err(io_failure)?;
    let log_too = log.try_clone().map_err(io_failure)?;
    let config = dir.path().join("sshd_config");
    Launch::new(program, "KILL")
        .args(["-D", "-e", "-f", &config.to_string_lossy()])
        .with(|command| {
            command.stdout(log).stderr(log_too);
        })
        .spawn()
        .map_err(io_failure)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(error.to_string())
}
