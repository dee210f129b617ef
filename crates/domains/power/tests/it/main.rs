//! The domain against real NUT servers.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod nut_client;
