//! Our own engine: informs of v3 are addressed to whoever receives them, so the sender asks us for our name and clock first
//! and signs with keys made for that name (RFC 3414 sections 3.2 and 4). It never answers a question for data.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::message::{self, Envelope, FLAG_AUTH, FLAG_PRIVACY, Security};
use crate::oid::Oid;
use crate::pdu::{Pdu, PduKind, VarBind};
use crate::usm::{self, AuthProtocol, PrivacyProtocol, Salt};
use crate::value::Value;

/// `usmStatsNotInTimeWindows.0` and `usmStatsUnknownEngineIDs.0`
const NOT_IN_TIME_WINDOWS: [u32; 11] = [1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0];
const UNKNOWN_ENGINE_IDS: [u32; 11] = [1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0];
/// Seconds a clock may be off.
const WINDOW_S: u32 = 150;

/// Keys towards this engine, of one user: for signatures, and for encryption.
pub(crate) type Keys<'a> = (&'a (AuthProtocol, Vec<u8>), Option<&'a (PrivacyProtocol, Vec<u8>)>);

/// An engine that lives as long as the process: its name is new each time, so nothing sent to an earlier one can be replayed.
pub struct LocalEngine {
    id: Vec<u8>,
    salt: AtomicU64,
}

impl fmt::Debug for LocalEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEngine").field("id", &self.id).finish_non_exhaustive()
    }
}

impl LocalEngine {
    const BOOTS: u32 = 1;

    /// `seed` is random; half of it becomes the name.
    #[must_use]
    pub fn new(seed: [u8; 16]) -> Self {
        let (name, salt) = seed.split_at(8);
        let salt = salt.iter().fold(0, |n: u64, byte| (n << 8) | u64::from(*byte));
        // RFC 3411 section 5: no enterprise, and octets of our own choice behind the format 5.
        Self { id: [&[0x80, 0, 0, 0, 5], name].concat(), salt: AtomicU64::new(salt) }
    }

    pub(crate) fn is(&self, id: &[u8]) -> bool {
        self.id == id
    }

    fn time(now: Duration) -> u32 {
        u32::try_from(now.as_secs()).unwrap_or(u32::MAX)
    }

    pub(crate) fn is_timely(security: &Security, now: Duration) -> bool {
        security.boots == Self::BOOTS && security.time.abs_diff(Self::time(now)) <= WINDOW_S
    }

    /// Tells who does not know us our name and clock.
    pub(crate) fn introduce(&self, asked: &Envelope, now: Duration) -> Vec<u8> {
        self.report(asked, &UNKNOWN_ENGINE_IDS, None, now)
    }

    /// Tells who knows us, and not our clock, the clock.
    pub(crate) fn correct(&self, asked: &Envelope, keys: Option<Keys<'_>>, now: Duration) -> Vec<u8> {
        self.report(asked, &NOT_IN_TIME_WINDOWS, keys.map(|(auth, _)| (auth, None)), now)
    }

    fn report(&self, asked: &Envelope, complaint: &[u32], keys: Option<Keys<'_>>, now: Duration) -> Vec<u8> {
        // How often is nobody's business; readers look at the name only.
        let binding = VarBind { oid: Oid::new(complaint), value: Value::Counter32(1) };
        // The number of the question is told where it can be read.
        let plain = asked.flags & FLAG_PRIVACY == 0;
        let request_id = if plain { message::decode_scoped(&asked.payload).map_or(0, |pdu| pdu.request_id) } else { 0 };
        let pdu = Pdu { kind: PduKind::Report, request_id, status: 0, index: 0, bindings: vec![binding] };
        self.seal(asked, message::encode_scoped(&self.id, b"", &pdu), keys, now)
    }

    /// The answer to an inform, which repeats its variables.
    pub(crate) fn answer(
        &self,
        asked: &Envelope,
        (context_engine, context): (&[u8], &[u8]),
        pdu: &Pdu,
        keys: Option<Keys<'_>>,
        now: Duration,
    ) -> Vec<u8> {
        let pdu = Pdu { kind: PduKind::Response, status: 0, index: 0, ..pdu.clone() };
        self.seal(asked, message::encode_scoped(context_engine, context, &pdu), keys, now)
    }

    fn seal(&self, asked: &Envelope, mut payload: Vec<u8>, keys: Option<Keys<'_>>, now: Duration) -> Vec<u8> {
        let (boots, time) = (Self::BOOTS, Self::time(now));
        let user = asked.security.user.clone();
        let mut security = Security { engine_id: self.id.clone(), boots, time, user, ..Security::default() };
        let mut flags = 0;
        if let Some((_, Some((protocol, key)))) = keys {
            let salt = Salt { boots, time, counter: self.salt.fetch_add(1, Ordering::Relaxed) };
            let (encrypted, parameters) = usm::encrypt(*protocol, key, salt, &payload);
            (payload, security.privacy) = (encrypted, parameters.to_vec());
            flags |= FLAG_PRIVACY;
        }
        if let Some(((protocol, _), _)) = keys {
            security.auth = vec![0; protocol.signature_len()];
            flags |= FLAG_AUTH;
        }
        let (mut bytes, at) = Envelope { id: asked.id, flags, security, payload, auth_at: 0 }.encode();
        if let Some(((protocol, key), _)) = keys {
            let signature = protocol.sign(key, &bytes);
            bytes[at..at + signature.len()].copy_from_slice(&signature);
        }
        bytes
    }
}
