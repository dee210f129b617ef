//! The client against Pebble.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod orders;
