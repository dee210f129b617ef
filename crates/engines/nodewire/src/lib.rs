//! What media edges and relays say to their manager and hear from it: envelopes, commands, configurations of flows and
//! tunnels in both generations, and what their figures mean.
//!
//! Pure: bytes and JSON in, values out. It must never do I/O, keep state or trust a length that a node claims. Unknown
//! members and types pass through unchanged, because the node is the authority on its own configuration.

pub mod assistant;
mod command;
mod envelope;
mod event;
mod figures;
pub mod flow;
mod media;
mod outbound;
mod redact;
mod thumbnail;
mod tunnel;

pub use command::{Command, Driver, DriverRole, EDGE, RELAY, driver};
pub use envelope::{Ack, Auth, Credential, Fault, Inbound};
pub use event::{NodeEvent, Severity};
pub use figures::{DriverMetrics, Health, driver_metrics, health_of};
pub use media::{CHUNK_BYTES, MediaChunk, chunk, chunk_command, is_media_name};
pub use outbound::{auth_error, auth_ok, command, ping, register_ack};
pub use redact::{Hidden, MASK, hidden, redact, restore};
pub use thumbnail::Thumbnail;
pub use tunnel::{Tokens, TunnelSpec, bind_token};

/// Protocol version this manager speaks.
pub const PROTOCOL_VERSION: i64 = 4;
/// Largest message of an authenticated node, in bytes.
pub const MESSAGE_MAX: usize = 5 << 20;
/// Largest message of a node that has not proved itself, in bytes.
pub const AUTH_MESSAGE_MAX: usize = 64 << 10;
/// Deepest nesting of JSON that is looked at.
pub const DEPTH_MAX: usize = 64;

/// A UUID of version 4 from 16 random bytes.
#[must_use]
pub fn uuid4(mut random: [u8; 16]) -> String {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&random);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// At most `max` characters, without NUL.
pub(crate) fn cut(text: &str, max: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(max).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn uuid4_carries_version_and_variant() {
        assert_eq!(super::uuid4([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(super::uuid4([0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
