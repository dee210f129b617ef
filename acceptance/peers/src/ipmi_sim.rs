//! OpenIPMI's simulator of a management controller, from Debian's package: RMCP+ sessions with a real handshake. It knows
//! no DCMI. Behind it stands a machine that obeys, is deaf to soft orders, or is stuck.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::try_wait_for;

/// The user of the controller and its password.
pub const IPMI_USER: (&str, &str) = ("reader", "two-words");

/// A running controller.
#[derive(Debug)]
pub struct IpmiSim {
    process: Process,
    address: SocketAddr,
    // Dropped after the process.
    dir: TempDir,
}

/// How the machine takes orders: the simulator runs this for each.
const MACHINE: &str = r#"#!/bin/sh
shift
verb=$1
shift
if [ "$verb" = get ]; then
    echo "power:$(cat power)"
    exit 0
fi
echo "$*" >> told
manner=$(cat manner)
case "$1 $2 $manner" in
    "shutdown 1 polite" | "power 0 polite" | "power 0 deaf") echo 0 > power ;;
    "power 1 "*) echo 1 > power ;;
    "power 0 stuck") echo "the relay is stuck"; exit 1 ;;
esac
"#;

impl IpmiSim {
    /// Finds the program, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("ipmi_sim", &["openipmi"], || process::find_program(&["ipmi_sim"], &[]))
    }

    /// Starts a controller on a free loopback port.
    ///
    /// # Errors
    /// When it is not here and cannot be installed, or does not start.
    pub fn start() -> Result<Self, Unavailable> {
        let program = Self::find()?;
        let failed = |e: std::io::Error| Unavailable(format!("ipmi_sim: {e}"));
        for _ in 0..5 {
            let dir = tempfile::Builder::new().prefix("argos-ipmi-").tempdir().map_err(failed)?;
            let address = SocketAddr::from(([127, 0, 0, 1], crate::free_port()));
            std::fs::write(dir.path().join("lan.conf"), configuration(address)).map_err(failed)?;
            let machine = dir.path().join("machine");
            std::fs::write(&machine, MACHINE).map_err(failed)?;
            std::fs::set_permissions(&machine, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
            for (name, text) in [("power", "1"), ("manner", "polite"), ("told", "")] {
                std::fs::write(dir.path().join(name), text).map_err(failed)?;
            }
            let emulated = "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n";
            std::fs::write(dir.path().join("argos.emu"), emulated).map_err(failed)?;
            let log = process::log_file(&dir.path().join("sim.log")).map_err(failed)?;
            let log_too = log.try_clone().map_err(failed)?;
            let mut process = Launch::new(&program, "KILL")
                .args(["-c", "lan.conf", "-f", "argos.emu", "-n", "-s", "."])
                .with(|command| {
                    command.current_dir(dir.path()).stdout(log).stderr(log_too);
                })
                .spawn()
                .map_err(failed)?;
            // It says nothing when it is ready, but then nobody else can have the port.
            let ready = try_wait_for(Duration::from_secs(10), || {
                if process.try_exit().is_some() {
                    return Some(false);
                }
                std::net::UdpSocket::bind(address).is_err().then_some(true)
            });
            if ready == Some(true) {
                return Ok(Self { process, address, dir });
            }
        }
        Err(Unavailable("ipmi_sim did not start on five ports".to_owned()))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the machine hears no soft order.
    pub fn make_deaf(&self) {
        self.behave("deaf");
    }

    /// From now on the machine goes neither by itself nor by force.
    pub fn make_stuck(&self) {
        self.behave("stuck");
    }

    fn behave(&self, manner: &str) {
        std::fs::write(self.dir.path().join("manner"), manner).expect("the simulator's directory can be written");
    }

    /// The orders the machine got: `shutdown 1` for a soft one, `power 0`, `power 1`.
    #[must_use]
    pub fn orders(&self) -> Vec<String> {
        let told = std::fs::read_to_string(self.dir.path().join("told")).unwrap_or_default();
        told.lines().map(str::to_owned).collect()
    }
}

impl Drop for IpmiSim {
    fn drop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(2));
    }
}

fn configuration(address: SocketAddr) -> String {
    let (user, password) = IPMI_USER;
    let allowed: String =
        ["callback", "user", "operator", "admin"].map(|level| format!("  allowed_auths_{level} none md2 md5 straight\n")).concat();
    format!(
        "name \"argos\"\nset_working_mc 0x20\n startlan 1\n  addr {} {}\n  priv_limit admin\n{allowed}  guid \
         a123456789abcdefa123456789abcdef\n endlan\n chassis_control \"./machine 0x20\"\n user 1 true \"\" \"test\" user 10 none md2 md5 straight\n user 2 true \"{user}\" \
         \"{password}\" admin 10 none md2 md5 straight\n",
        address.ip(),
        address.port()
    )
}
