//! The codec against hostile bytes, the client against Debian's Net-SNMP agent and the simulator of PyPI.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers fail the test")]

mod agent;
mod codec;
mod simulator;
