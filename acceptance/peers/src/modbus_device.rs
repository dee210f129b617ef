//! A Modbus/TCP device from the Python package pymodbus, unit 1, with registers of the test's choosing. A register it does
//! not have is answered with exception 2.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Map, Value, json};

use crate::packages::Unavailable;
use crate::process::{Launch, Process};
use crate::python;
use crate::wait::try_wait_for;

const REQUIREMENTS: [&str; 1] = ["pymodbus==3.6.9"];
const SCRIPT: &str = include_str!("../assets/modbus-device.py");

/// First register and what it and the following ones hold.
pub type Registers<'a> = (u16, &'a [u16]);

/// A running device.
#[derive(Debug)]
pub struct ModbusDevice {
    process: Process,
    address: SocketAddr,
}

impl ModbusDevice {
    /// Finds the interpreter with the package, installing it when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        python::require("pymodbus", &REQUIREMENTS, "python3")
    }

    /// Starts a device.
    ///
    /// # Errors
    /// When the package is not here and cannot be installed, or the device does not start.
    pub fn start(holding: &[Registers<'_>], input: &[Registers<'_>]) -> Result<Self, Unavailable> {
        let python = Self::find()?;
        let tables = json!({ "holding": table(holding), "input": table(input) }).to_string();
        for _ in 0..5 {
            let address = SocketAddr::from(([127, 0, 0, 1], crate::free_port()));
            let process = Launch::new(&python, "KILL")
                .args(["-c", SCRIPT, &address.port().to_string(), &tables])
                .with(|command| {
                    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
                })
                .spawn()
                .map_err(|error| Unavailable(format!("pymodbus: {error}")))?;
            let mut device = Self { process, address };
            let ready = try_wait_for(Duration::from_secs(20), || {
                if device.process.try_exit().is_some() {
                    return Some(false);
                }
                TcpStream::connect(address).is_ok().then_some(true)
            });
            if ready == Some(true) {
                return Ok(device);
            }
        }
        Err(Unavailable("the Modbus device did not start".to_owned()))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ModbusDevice {
    fn drop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(2));
    }
}

fn table(registers: &[Registers<'_>]) -> Map<String, Value> {
    let each = registers.iter().flat_map(|(first, words)| (*first..).zip(words.iter()));
    each.map(|(at, word)| (at.to_string(), json!(word))).collect()
}
