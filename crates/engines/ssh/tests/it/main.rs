//! The client against real servers.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod sessions;
