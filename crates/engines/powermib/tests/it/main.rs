//! Profiles against recordings (object numbers from the public MIBs, values made up), directly and through a real agent.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers fail the test")]

mod detection;
mod pdus;
mod properties;
mod recording;
mod upses;
mod wire;
