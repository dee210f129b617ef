//! Debian's CrowdSec as a local API: own configuration, own database, a free port, no hub and no central service.
//!
//! The package is unpacked, not installed: its installation registers at the central service and fails without one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::{PATIENCE, try_wait_for};

/// Where the package is unpacked to.
const ROOT: &str = "/var/cache/argos-peers/crowdsec";
/// The account that the command line uses.
const OWN: (&str, &str) = ("cli", "cli-password");

/// A running local API.
#[derive(Debug)]
pub struct CrowdSec {
    server: Option<Process>,
    port: u16,
    // Dropped after the process.
    dir: TempDir,
}

fn program(name: &str) -> Option<PathBuf> {
    process::find_program(&[name], &[Path::new(ROOT).join("usr/bin")])
}

impl CrowdSec {
    /// Finds the programs, unpacking Debian's package when they are missing.
    ///
    /// # Errors
    /// When they are not here and cannot be had.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::unpack("CrowdSec", "crowdsec", Path::new(ROOT), || program("crowdsec").filter(|_| program("cscli").is_some()))
    }

    /// Starts it on a free port.
    ///
    /// # Panics
    /// When it is not here and cannot be had, or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::find().unwrap_or_else(|error| panic!("{error}"));
        (0..5).find_map(|_| Self::try_start(false)).expect("CrowdSec starts on a free port")
    }

    fn try_start(with_hub: bool) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("argos-crowdsec-").tempdir().expect("a temporary directory");
        let port = crate::free_port();
        let mut peer = Self { server: None, port, dir };
        peer.write_configuration();
        if with_hub {
            peer.copy_hub();
        }
        peer.cscli(&["machines", "add", OWN.0, "--password", OWN.1, "-f", "/dev/null"]);
        peer.try_resume().then_some(peer)
    }

    fn write_configuration(&self) {
        // As a daemon it stays in the foreground all the same, and a SIGHUP has it read its configuration again.
        let root = self.dir.path();
        for folder in ["conf", "data", "hub", "notifications", "plugins"] {
            std::fs::create_dir(root.join(folder)).expect("a writable directory");
        }
        let at = root.display();
        let url = self.url();
        let write = |name: &str, text: String| std::fs::write(root.join(name), text).expect("a writable directory");
        write("conf/profiles.yaml", "name: none\nfilters:\n - \"false\"\non_success: break\n".to_owned());
        write("conf/simulation.yaml", "simulation: false\n".to_owned());
        write("conf/credentials.yaml", format!("url: {url}\nlogin: {}\npassword: {}\n", OWN.0, OWN.1));
        write("hub/.index.json", "{}".to_owned());
        let port = self.port;
        write(
            "config.yaml",
            format!(
                "common:\n  daemonize: true\n  log_media: stdout\n  log_level: info\n  working_dir: {at}\n\
                 config_paths:\n  config_dir: {at}/conf\n  data_dir: {at}/data\n  hub_dir: {at}/hub\n  index_path: {at}/hub/.index.json\n  \
                 notification_dir: {at}/notifications\n  plugin_dir: {at}/plugins\n  simulation_path: {at}/conf/simulation.yaml\n\
                 cscli:\n  output: json\n  hub_branch: master\n\
                 db_config:\n  type: sqlite\n  db_path: {at}/data/crowdsec.db\n  use_wal: true\n  flush:\n    max_items: 5000\n    max_age: 7d\n\
                 api:\n  client:\n    credentials_path: {at}/conf/credentials.yaml\n  server:\n    log_level: info\n    \
                 listen_uri: 127.0.0.1:{port}\n    profiles_path: {at}/conf/profiles.yaml\n    console_path: {at}/conf/console.yaml\n\
                 prometheus:\n  enabled: false\n"
            ),
        );
    }

    /// Starts it with the hub that its package brings, from which `cscli` installs without any network.
    ///
    /// # Panics
    /// As `start`.
    #[must_use]
    pub fn with_hub() -> Self {
        Self::find().unwrap_or_else(|error| panic!("{error}"));
        (0..5).find_map(|_| Self::try_start(true)).expect("CrowdSec starts on a free port")
    }

    fn copy_hub(&self) {
        let (from, to) = (Path::new(ROOT).join("usr/share/crowdsec/hub/."), self.dir.path().join("hub"));
        process::run(Path::new("/bin/cp"), &["-r", &from.display().to_string(), &to.display().to_string()], &[])
            .expect("the hub is copied");
    }

    /// Where its configuration is.
    #[must_use]
    pub fn config_dir(&self) -> PathBuf {
        self.dir.path().join("conf")
    }

    /// Runs a shell script beside it, as an operator would in its container: with its `cscli`, its configuration and the
    /// directory that is shared with others. Returns what it printed and its exit status.
    ///
    /// # Panics
    /// When there is no shell.
    #[must_use]
    pub fn run_script(&self, script: &Path, shared: &Path) -> (String, String) {
        let envs = self.surroundings(shared);
        let envs: Vec<(&str, &str)> = envs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let words = ["-c", "/bin/sh \"$0\" 2>&1; echo \"exit $?\"", &script.display().to_string()];
        let said = process::run(Path::new("/bin/sh"), &words, &envs).unwrap_or_else(|error| panic!("{error}"));
        let (said, status) = said.trim_end().rsplit_once("exit ").expect("the status comes last");
        (said.to_owned(), status.to_owned())
    }

    /// The same as a watcher, until it is dropped.
    ///
    /// # Panics
    /// When there is no shell.
    #[must_use]
    pub fn watch_script(&self, script: &Path, shared: &Path) -> Process {
        let envs = self.surroundings(shared);
        let launch = Launch::new(Path::new("/bin/sh"), "KILL").args([script, Path::new("--watch")]);
        let launch = launch.with(|command| {
            command.envs(envs).env("ARGOS_WATCH_SECONDS", "1");
        });
        launch.spawn().unwrap_or_else(|error| panic!("{error}"))
    }

    /// What the script finds around it.
    fn surroundings(&self, shared: &Path) -> Vec<(&'static str, String)> {
        let path = |path: &Path| path.display().to_string();
        let pid = self.server.as_ref().map(|server| server.pid().to_string()).unwrap_or_default();
        vec![
            ("PATH", format!("{}:{}", path(&Path::new(ROOT).join("usr/bin")), "/usr/bin:/bin")),
            ("ARGOS_OFFLINE", "1".to_owned()),
            ("ARGOS_SHARED_DIR", path(shared)),
            ("CROWDSEC_CONFIG_DIR", path(&self.config_dir())),
            ("CROWDSEC_CONFIG", path(&self.dir.path().join("config.yaml"))),
            ("CROWDSEC_PID", pid),
        ]
    }

    /// The address of the local API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs its command line.
    ///
    /// # Panics
    /// When it fails.
    pub fn cscli(&self, words: &[&str]) -> String {
        let cscli = program("cscli").expect("both come in one package");
        let config = self.dir.path().join("config.yaml").display().to_string();
        let words: Vec<&str> = ["-c", &config].into_iter().chain(words.iter().copied()).collect();
        process::run(&cscli, &words, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Lets a bouncer in with this key.
    pub fn add_bouncer(&self, name: &str, key: &str) {
        self.cscli(&["bouncers", "add", name, "-k", key]);
    }

    /// Opens an account that may decide.
    pub fn add_machine(&self, name: &str, password: &str) {
        self.cscli(&["machines", "add", name, "--password", password, "-f", "/dev/null"]);
    }

    /// What is decided now; one entry for each alert with its `decisions`.
    ///
    /// # Panics
    /// When it does not answer JSON.
    #[must_use]
    pub fn decisions(&self) -> Value {
        // Without `-a` it leaves out what others than itself decided.
        let text = self.cscli(&["decisions", "list", "-a", "-o", "json"]);
        serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Ends it; nobody answers on its port.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.stop(Signal::TERM, Duration::from_secs(3));
        }
    }

    /// Starts it again on the same port with what it knew; the key of its tokens is a new one.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn resume(&mut self) {
        assert!(self.try_resume(), "CrowdSec starts again; log:\n{}", self.log());
    }

    /// Everything it said.
    #[must_use]
    pub fn log(&self) -> String {
        process::tail(&self.dir.path().join("crowdsec.log"), usize::MAX)
    }

    fn try_resume(&mut self) -> bool {
        let file = || process::log_file(&self.dir.path().join("crowdsec.log")).expect("a writable directory");
        let (out, err) = (file(), file());
        let program = program("crowdsec").expect("found before");
        let words = ["-c".to_owned(), self.dir.path().join("config.yaml").display().to_string(), "-no-cs".to_owned()];
        let mut server = Launch::new(&program, "KILL")
            .args(&words)
            .with(|command| {
                command.stdout(out).stderr(err);
            })
            .spawn()
            .expect("the program starts");
        let up = try_wait_for(PATIENCE, || {
            if server.try_exit().is_some() {
                return Some(false);
            }
            std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok().then_some(true)
        });
        self.server = Some(server);
        up == Some(true)
    }
}

impl Drop for CrowdSec {
    fn drop(&mut self) {
        self.stop();
    }
}
