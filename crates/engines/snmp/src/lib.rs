//! An SNMP manager: v1, v2c and v3 with the user-based security model, GET, GETNEXT, GETBULK, walk, SET and received traps.
//!
//! [`Session`] is the protocol without input or output: it turns a request into datagrams and datagrams into answers, and
//! owns engine discovery, the time window and the keys of v3. [`Client`] adds a UDP socket, time-outs and retries.
//!
//! The crate never panics on received bytes, never lets a reply through that was not asked for, and never prints a
//! community or key. A wrong v2c community shows as a time-out (agents stay silent); a wrong v3 user or key is an error of its own.

mod ber;
mod client;
mod credentials;
mod engine;
mod error;
mod message;
mod oid;
mod pdu;
mod session;
mod trap;
mod usm;
mod value;

pub use client::{Client, Timing, Walk};
pub use credentials::{Credentials, User, Version};
pub use engine::LocalEngine;
pub use error::{Error, ErrorStatus, Malformed};
pub use oid::{Oid, OidError};
pub use pdu::{Pdu, PduKind, VarBind};
pub use session::{Incoming, Session};
pub use trap::{Heard, Trap, TrapReader};
pub use usm::{AuthProtocol, PrivacyProtocol};
pub use value::Value;

/// Decodes a community message (v1 or v2c), for tools and tests: version, community, PDU.
///
/// # Errors
/// Says what is wrong with the bytes.
pub fn decode_community_message(bytes: &[u8]) -> Result<(Version, Vec<u8>, Pdu), Malformed> {
    message::decode_community(bytes)
}

/// Encodes a community message (v1 or v2c).
#[must_use]
pub fn encode_community_message(version: Version, community: &[u8], pdu: &Pdu) -> Vec<u8> {
    message::encode_community(version, community, pdu)
}
