//! Debian's `upsd` 2.8 with one `dummy-ups` driver per device, in a directory of its own; `/etc/nut` is never touched.
//!
//! A device's variables are a file the driver reads again when it changes, so a test makes the mains fail by writing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::{PATIENCE, try_wait_for, wait_for};

/// User that may do everything, and its password.
pub const NUT_USER: (&str, &str) = ("admin", "two words");

/// A device of the server.
#[derive(Clone, Copy, Debug)]
pub struct NutDevice<'a> {
    pub name: &'a str,
    pub description: &'a str,
    /// `name: value` lines.
    pub variables: &'a str,
}

/// A running `upsd` and its drivers.
#[derive(Debug)]
pub struct NutServer {
    upsd: Process,
    drivers: Vec<(String, Process)>,
    address: SocketAddr,
    // Dropped after the processes.
    dir: TempDir,
}

impl NutServer {
    /// Finds the server, installing Debian's packages when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("NUT", &["nut-server", "nut-client"], || {
            let drivers = PathBuf::from("/lib/nut");
            (drivers.join("dummy-ups").is_file() && drivers.join("upsd").is_file()).then_some(drivers)
        })
    }

    /// Starts the drivers and the server on a free port of the loopback interface.
    ///
    /// # Errors
    /// When NUT is not here and cannot be installed, or does not start.
    pub fn start(devices: &[NutDevice<'_>]) -> Result<Self, Unavailable> {
        let programs = Self::find()?;
        let dir = tempfile::Builder::new().prefix("argos-nut-").tempdir().map_err(io_failure)?;
        let port = crate::free_port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        write_configuration(dir.path(), port, devices).map_err(io_failure)?;
        let mut drivers = Vec::new();
        for device in devices {
            let log = dir.path().join(format!("{}.log", device.name));
            let process = launch(&programs.join("dummy-ups"), dir.path(), &["-a", device.name, "-D", "-u", "root"], &log)?;
            drivers.push((device.name.to_owned(), process));
        }
        for device in devices {
            let socket = dir.path().join(format!("dummy-ups-{}", device.name));
            if try_wait_for(Duration::from_secs(20), || socket.exists().then_some(())).is_none() {
                let log = process::tail(&dir.path().join(format!("{}.log", device.name)), 20);
                return Err(Unavailable(format!("dummy-ups did not start:\n{log}")));
            }
        }
        let upsd = launch(&programs.join("upsd"), dir.path(), &["-F", "-u", "root"], &dir.path().join("upsd.log"))?;
        let server = Self { upsd, drivers, address, dir };
        server.wait_ready()?;
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the variables of a device; the driver sees them within about a second.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn set(&self, device: &str, variables: &str) {
        write_variables(self.dir.path(), device, variables).expect("the device file can be written");
    }

    /// Stops the driver of a device in its tracks, or lets it go on.
    pub fn freeze(&self, device: &str, frozen: bool) {
        let signal = if frozen { Signal::STOP } else { Signal::CONT };
        for (_, process) in self.drivers.iter().filter(|(name, _)| name == device) {
            process.signal(signal);
        }
    }

    /// Kills the server, not the drivers.
    pub fn kill_upsd(&mut self) {
        self.upsd.kill();
    }

    /// Starts the server again on the same port.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_upsd(&mut self) -> Result<(), Unavailable> {
        let programs = Self::find()?;
        self.upsd = launch(&programs.join("upsd"), self.dir.path(), &["-F", "-u", "root"], &self.dir.path().join("upsd.log"))?;
        self.wait_ready()
    }

    fn wait_ready(&self) -> Result<(), Unavailable> {
        let answers = || {
            let known = self
                .drivers
                .iter()
                .all(|(name, _)| upsc(&format!("{name}@{}", self.address), Some("ups.status")).is_ok_and(|status| status != "WAIT"));
            known.then_some(())
        };
        try_wait_for(PATIENCE, answers)
            .ok_or_else(|| Unavailable(format!("upsd does not answer:\n{}", process::tail(&self.dir.path().join("upsd.log"), 20))))
    }
}

/// What the stock client `upsc` prints for a UPS (`name@host:port`) and a variable.
///
/// # Errors
/// What it printed, when it failed.
pub fn upsc(ups: &str, variable: Option<&str>) -> Result<String, String> {
    let mut args = vec![ups];
    args.extend(variable);
    process::run(Path::new("/usr/bin/upsc"), &args, &[]).map(|text| text.trim().to_owned())
}

/// A stock `upsmon` in the foreground that watches `ups` (`name@host:port`) as a secondary and runs `on_shutdown`.
///
/// # Errors
/// When it cannot be started.
pub fn upsmon(dir: &Path, ups: &str, login: (&str, &str), on_shutdown: &str) -> Result<Process, Unavailable> {
    upsmon_as("secondary", dir, ups, login, on_shutdown)
}

/// The same in a role: `primary` or `secondary`.
///
/// # Errors
/// When it cannot be started.
pub fn upsmon_as(role: &str, dir: &Path, ups: &str, (user, password): (&str, &str), on_shutdown: &str) -> Result<Process, Unavailable> {
    std::fs::create_dir_all(dir).map_err(io_failure)?;
    let configuration = format!(
        "MONITOR {ups} 1 {user} {password} {role}\nMINSUPPLIES 1\nSHUTDOWNCMD \"{on_shutdown}\"\nPOLLFREQ 1\nPOLLFREQALERT 1\n\
         HOSTSYNC 5\nDEADTIME 15\nFINALDELAY 0\nRUN_AS_USER root\nPOWERDOWNFLAG {}/killpower\n",
        dir.display()
    );
    let path = dir.join("upsmon.conf");
    std::fs::write(&path, configuration).map_err(io_failure)?;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).map_err(io_failure)?;
    let log = dir.join("upsmon.log");
    // Every one of a machine writes the same file and refuses to start beside the process it names.
    for _ in 0..20 {
        let mut monitor = launch(Path::new("/lib/nut/upsmon"), dir, &["-D", "-p"], &log)?;
        let saved = wait_for("upsmon to start", Duration::from_secs(10), || {
            let said = process::tail(&log, usize::MAX);
            let place = said.split_once("Saving PID ").and_then(|(_, rest)| rest.lines().next()?.split_once(" into "));
            match place {
                Some((_, path)) => Some(Some(PathBuf::from(path.trim()))),
                None => monitor.try_exit().map(|_| None),
            }
        });
        if let Some(path) = saved {
            drop(std::fs::remove_file(path));
            return Ok(monitor);
        }
        drop(std::fs::remove_file("/run/nut/upsmon.pid"));
    }
    Err(Unavailable(format!("NUT: upsmon does not start: {}", process::tail(&log, 5))))
}

/// Runs a stock NUT tool.
///
/// # Errors
/// What it printed, when it failed.
pub fn tool(name: &str, args: &[&str]) -> Result<String, String> {
    process::run(&Path::new("/usr/bin").join(name), args, &[]).map(|text| text.trim().to_owned())
}

fn launch(program: &Path, dir: &Path, args: &[&str], log: &Path) -> Result<Process, Unavailable> {
    let log = process::log_file(log).map_err(io_failure)?;
    let log_too = log.try_clone().map_err(io_failure)?;
    Launch::new(program, "KILL")
        .args(args)
        .with(|command| {
            for name in ["NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH"] {
                command.env(name, dir);
            }
            command.current_dir(dir).stdout(log).stderr(log_too);
        })
        .spawn()
        .map_err(io_failure)
}

fn write_configuration(dir: &Path, port: u16, devices: &[NutDevice<'_>]) -> std::io::Result<()> {
    let mut ups = "maxretry = 3\npollinterval = 1\n".to_owned();
    for device in devices {
        let description = device.description.replace('\\', "\\\\").replace('"', "\\\"");
        ups.push_str(&format!(
            "[{}]\n  driver = dummy-ups\n  mode = dummy-once\n  port = {}.dev\n  desc = \"{description}\"\n",
            device.name, device.name
        ));
        write_variables(dir, device.name, device.variables)?;
    }
    let (user, password) = NUT_USER;
    let users = format!(
        "[{user}]\n  password = \"{password}\"\n  actions = SET\n  actions = FSD\n  instcmds = ALL\n  upsmon primary\n\
         [monuser]\n  password = secret\n  upsmon secondary\n"
    );
    let files = [
        ("ups.conf", ups),
        ("upsd.conf", format!("LISTEN 127.0.0.1 {port}\nMAXAGE 5\n")),
        ("upsd.users", users),
        ("nut.conf", "MODE=netserver\n".to_owned()),
    ];
    for (name, text) in files {
        let path = dir.join(name);
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640))?;
    }
    Ok(())
}

fn write_variables(dir: &Path, device: &str, variables: &str) -> std::io::Result<()> {
    let lines: Vec<&str> = variables.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let new = dir.join(format!("{device}.new"));
    let file = dir.join(format!("{device}.dev"));
    std::fs::write(&new, format!("{}\n", lines.join("\n")))?;
    // The driver tells files apart by whole seconds of their time.
    if let Ok(before) = std::fs::metadata(&file).and_then(|known| known.modified()) {
        let written = std::fs::File::options().write(true).open(&new)?;
        let now = written.metadata()?.modified()?;
        written.set_modified(now.max(before + Duration::from_secs(1)))?;
    }
    std::fs::rename(new, file)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(format!("NUT: {error}"))
}
