//! The protocol without input or output: requests become datagrams, datagrams become answers.
//!
//! For v3 the session finds the agent's engine id and clock, keeps the time window, and tries the second way of
//! lengthening keys when the first is refused. It never accepts an answer below the security level of the question.

use std::time::Duration;

use crate::credentials::{Credentials, User};
use crate::error::Error;
use crate::message::{self, Envelope, FLAG_AUTH, FLAG_PRIVACY, FLAG_REPORTABLE, Security};
use crate::oid::Oid;
use crate::pdu::{Pdu, PduKind, VarBind};
use crate::usm::{self, AuthProtocol, Extension, PrivacyProtocol, Salt, UserKeys};
use crate::value::Value;

/// `usmStats` of SNMP-USER-BASED-SM-MIB: what a Report complains about; the last component tells which.
const USM_STATS: [u32; 10] = [1, 3, 6, 1, 6, 3, 15, 1, 1, 0];

const SYS_UP_TIME: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 3, 0];

/// What a datagram turned out to be.
#[derive(Debug)]
pub enum Incoming {
    /// The answer.
    Answer(Pdu),
    /// The session learnt something (engine id, clock, key variant): make the datagram anew and send it.
    SendAgain,
    /// Not an answer to this question: wait on.
    Ignored,
}

/// What is known about a v3 agent.
#[derive(Clone, Debug)]
struct Engine {
    id: Vec<u8>,
    boots: u32,
    time: u32,
    /// When `time` was learnt.
    at: Duration,
}

/// Keys for one agent: for signatures, and for encryption.
type LocalKeys = ((AuthProtocol, Vec<u8>), Option<(PrivacyProtocol, Vec<u8>)>);

struct V3 {
    user: User,
    keys: Option<UserKeys>,
    extension: Extension,
    /// How often in a row the agent could not decrypt.
    undecrypted: u8,
    /// An answer has been decrypted: the way of lengthening keys is right.
    proven: bool,
    engine: Option<Engine>,
    message_id: i32,
    salt: u64,
    /// The open message is a signed question in plain text that tells a wrong privacy key from a dead agent.
    probing: bool,
}

enum Scheme {
    Community(crate::credentials::Version, Vec<u8>),
    User(Box<V3>),
}

/// One conversation with one agent.
pub struct Session {
    security: Scheme,
    request_id: i32,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

impl Session {
    /// Starts a conversation; `seed` is random and makes ids and salts unpredictable.
    ///
    /// # Errors
    /// When the credentials break a rule that no agent needs to be asked for.
    pub fn new(credentials: Credentials, seed: [u8; 16]) -> Result<Self, Error> {
        credentials.check()?;
        let number = |at: usize| i32::from_be_bytes([seed[at], seed[at + 1], seed[at + 2], seed[at + 3]]) & 0x3fff_ffff;
        let security = match credentials {
            Credentials::Community(version, community) => Scheme::Community(version, community.into_bytes()),
            Credentials::User(user) => Scheme::User(Box::new(V3 {
                keys: UserKeys::new(&user),
                user,
                extension: Extension::Blumenthal,
                undecrypted: 0,
                proven: false,
                engine: None,
                message_id: number(4),
                salt: (u64::from(number(8).unsigned_abs()) << 32) | u64::from(number(12).unsigned_abs()),
                probing: false,
            })),
        };
        Ok(Self { security, request_id: number(0) })
    }

    /// Whether the session speaks v1, which knows no GETBULK and answers a missing variable with an error.
    #[must_use]
    pub fn is_v1(&self) -> bool {
        matches!(self.security, Scheme::Community(crate::credentials::Version::V1, _))
    }

    /// Gives the PDU the id of a new question.
    pub fn number(&mut self, pdu: &mut Pdu) {
        self.request_id = next_id(self.request_id);
        pdu.request_id = self.request_id;
    }

    /// The datagram to send now: the question itself, or engine discovery in front of it. `now` is the time since any
    /// fixed moment.
    pub fn outgoing(&mut self, pdu: &Pdu, now: Duration) -> Vec<u8> {
        match &mut self.security {
            Scheme::Community(version, community) => message::encode_community(*version, community, pdu),
            Scheme::User(v3) => {
                v3.probing = false;
                v3.outgoing(pdu, now)
            }
        }
    }

    /// Judges a datagram that came back while `pdu` was open.
    ///
    /// # Errors
    /// When the agent refuses the user or keys.
    pub fn incoming(&mut self, bytes: &[u8], pdu: &Pdu, now: Duration) -> Result<Incoming, Error> {
        let answer = match &mut self.security {
            Scheme::Community(version, _) => match message::decode_community(bytes) {
                Ok((found, _, answer)) if found == *version => answer,
                _ => return Ok(Incoming::Ignored),
            },
            Scheme::User(v3) => match v3.incoming(bytes, now)? {
                Incoming::Answer(answer) => answer,
                other => return Ok(other),
            },
        };
        let fits = answer.kind == PduKind::Response && answer.request_id == pdu.request_id;
        Ok(if fits { Incoming::Answer(answer) } else { Incoming::Ignored })
    }

    /// After silence of an agent that answered discovery but never an encrypted question: a signed question in plain
    /// text. Agents drop what they cannot decrypt; one that answers this has the right signature key and the wrong
    /// privacy key, and [`Session::incoming`] says so.
    pub fn privacy_probe(&mut self, now: Duration) -> Option<Vec<u8>> {
        let Scheme::User(v3) = &mut self.security else { return None };
        if v3.proven || v3.engine.is_none() || v3.user.privacy.is_none() {
            return None;
        }
        v3.probing = true;
        let harmless = VarBind { oid: SYS_UP_TIME.into(), value: Value::Null };
        let pdu = Pdu { kind: PduKind::Get, request_id: self.request_id, status: 0, index: 0, bindings: vec![harmless] };
        Some(v3.outgoing(&pdu, now))
    }

    /// After silence: switches to the other way of lengthening keys when that may help, and says whether it did.
    pub fn try_other_keys(&mut self) -> bool {
        match &mut self.security {
            Scheme::Community(..) => false,
            Scheme::User(v3) => v3.try_other_keys(),
        }
    }

    /// After silence: forgets the agent's engine, which may have been replaced.
    pub fn forget_engine(&mut self) {
        if let Scheme::User(v3) = &mut self.security {
            v3.engine = None;
        }
    }
}

fn next_id(id: i32) -> i32 {
    if id >= 0x7fff_fffe { 1 } else { id + 1 }
}

impl V3 {
    fn level(&self) -> u8 {
        let auth = if self.user.auth.is_some() { FLAG_AUTH } else { 0 };
        let privacy = if self.user.privacy.is_some() && !self.probing { FLAG_PRIVACY } else { 0 };
        auth | privacy
    }

    fn local_keys(&self, engine_id: &[u8]) -> Option<LocalKeys> {
        let keys = self.keys.as_ref()?;
        let privacy = if self.probing { None } else { keys.privacy(engine_id, self.extension) };
        Some((keys.auth(engine_id), privacy))
    }

    fn try_other_keys(&mut self) -> bool {
        let possible = !self.proven && self.engine.is_some() && self.keys.as_ref().is_some_and(UserKeys::is_extended);
        if possible {
            self.extension = match self.extension {
                Extension::Blumenthal => Extension::Reeder,
                Extension::Reeder => Extension::Blumenthal,
            };
        }
        possible
    }

    fn outgoing(&mut self, pdu: &Pdu, now: Duration) -> Vec<u8> {
        self.message_id = next_id(self.message_id);
        let Some(engine) = self.engine.clone() else {
            let nothing = Pdu { kind: PduKind::Get, request_id: pdu.request_id, status: 0, index: 0, bindings: Vec::new() };
            let payload = message::encode_scoped(&[], b"", &nothing);
            let probe = Envelope { id: self.message_id, flags: FLAG_REPORTABLE, security: Security::default(), payload, auth_at: 0 };
            return probe.encode().0;
        };
        let elapsed = u32::try_from(now.saturating_sub(engine.at).as_secs()).unwrap_or(0);
        let time = engine.time.saturating_add(elapsed);
        let mut payload = message::encode_scoped(&engine.id, self.user.context.as_bytes(), pdu);
        let mut security = Security {
            engine_id: engine.id.clone(),
            boots: engine.boots,
            time,
            user: self.user.name.clone().into_bytes(),
            ..Security::default()
        };
        let local = self.local_keys(&engine.id);
        if let Some((_, Some((protocol, key)))) = &local {
            self.salt = self.salt.wrapping_add(1);
            let salt = Salt { boots: engine.boots, time, counter: self.salt };
            let (encrypted, parameters) = usm::encrypt(*protocol, key, salt, &payload);
            payload = encrypted;
            security.privacy = parameters.to_vec();
        }
        if let Some(((protocol, _), _)) = &local {
            security.auth = vec![0; protocol.signature_len()];
        }
        let flags = self.level() | FLAG_REPORTABLE;
        let (mut bytes, at) = Envelope { id: self.message_id, flags, security, payload, auth_at: 0 }.encode();
        if let Some(((protocol, key), _)) = &local {
            let signature = protocol.sign(key, &bytes);
            bytes[at..at + signature.len()].copy_from_slice(&signature);
        }
        bytes
    }

    fn incoming(&mut self, bytes: &[u8], now: Duration) -> Result<Incoming, Error> {
        let Ok(envelope) = Envelope::decode(bytes) else { return Ok(Incoming::Ignored) };
        if envelope.id != self.message_id {
            return Ok(Incoming::Ignored);
        }
        let Some(engine) = self.engine.clone() else { return Ok(self.discovered(&envelope, now)) };
        let local = self.local_keys(&engine.id);
        let signed = envelope.flags & FLAG_AUTH != 0;
        if signed {
            let Some(((protocol, key), _)) = &local else { return Ok(Incoming::Ignored) };
            let genuine = envelope.security.engine_id == engine.id
                && envelope.security.auth.len() == protocol.signature_len()
                && protocol.verifies(key, bytes, envelope.auth_at, &envelope.security.auth);
            if !genuine {
                return Ok(Incoming::Ignored);
            }
            if self.probing {
                return Err(Error::DecryptionFailed);
            }
        }
        let encrypted = envelope.flags & FLAG_PRIVACY != 0;
        let plain = match (encrypted, local.as_ref().and_then(|(_, privacy)| privacy.as_ref())) {
            (false, _) => envelope.payload.clone(),
            (true, Some((protocol, key))) => {
                let salt = Salt { boots: envelope.security.boots, time: envelope.security.time, counter: 0 };
                match usm::decrypt(*protocol, key, salt, &envelope.security.privacy, &envelope.payload) {
                    Ok(plain) => plain,
                    Err(_) => return Ok(Incoming::Ignored),
                }
            }
            (true, None) => return Ok(Incoming::Ignored),
        };
        let Ok(pdu) = message::decode_scoped(&plain) else { return Ok(Incoming::Ignored) };
        if pdu.kind == PduKind::Report {
            return self.report(&pdu, &envelope, signed, now);
        }
        if envelope.flags & (FLAG_AUTH | FLAG_PRIVACY) != self.level() {
            return Ok(Incoming::Ignored);
        }
        if signed && !self.in_time_window(&envelope.security, &engine, now) {
            return Err(Error::Untrusted("the agent's answer is outside the time window: replayed, or its clock runs wild"));
        }
        self.proven = self.proven || encrypted;
        Ok(Incoming::Answer(pdu))
    }

    /// Takes over engine id and clock of the answer to discovery. The clock is only a hint: a wrong one is put right by
    /// the agent's signed Report.
    fn discovered(&mut self, envelope: &Envelope, now: Duration) -> Incoming {
        let id = &envelope.security.engine_id;
        let is_report = message::decode_scoped(&envelope.payload).is_ok_and(|pdu| pdu.kind == PduKind::Report);
        if !is_report || !(5..=32).contains(&id.len()) {
            return Incoming::Ignored;
        }
        self.engine = Some(Engine { id: id.clone(), boots: envelope.security.boots, time: envelope.security.time, at: now });
        Incoming::SendAgain
    }

    fn report(&mut self, pdu: &Pdu, envelope: &Envelope, signed: bool, now: Duration) -> Result<Incoming, Error> {
        let Some(complaint) = pdu.bindings.iter().find_map(|binding| complaint(&binding.oid)) else { return Ok(Incoming::Ignored) };
        match complaint {
            1 => Err(Error::SecurityLevel),
            2 if signed || self.user.auth.is_none() => {
                if let Some(engine) = &mut self.engine {
                    *engine = Engine { boots: envelope.security.boots, time: envelope.security.time, at: now, id: engine.id.clone() };
                }
                Ok(Incoming::SendAgain)
            }
            3 => Err(Error::UnknownUser),
            4 => {
                self.engine = None;
                Ok(Incoming::SendAgain)
            }
            5 => Err(Error::WrongDigest),
            6 => {
                self.undecrypted += 1;
                if self.undecrypted < 2 && self.try_other_keys() {
                    return Ok(Incoming::SendAgain);
                }
                self.undecrypted = 0;
                Err(Error::DecryptionFailed)
            }
            _ => Ok(Incoming::Ignored),
        }
    }

    /// RFC 3414 section 3.2, 7b: boots may not go back, time may not lag by more than 150 s. Newer values are learnt.
    fn in_time_window(&mut self, found: &Security, engine: &Engine, now: Duration) -> bool {
        let elapsed = u32::try_from(now.saturating_sub(engine.at).as_secs()).unwrap_or(0);
        let expected = engine.time.saturating_add(elapsed);
        if found.boots < engine.boots || (found.boots == engine.boots && found.time.saturating_add(150) < expected) {
            return false;
        }
        if found.boots > engine.boots || found.time > expected {
            self.engine = Some(Engine { boots: found.boots, time: found.time, at: now, id: engine.id.clone() });
        }
        true
    }
}

/// The number of the complaint when the variable is one of `usmStats`.
fn complaint(oid: &Oid) -> Option<u32> {
    let (last, stem) = USM_STATS.split_last()?;
    match oid.index_under(stem)? {
        [number, zero] if zero == last => Some(*number),
        [number] => Some(*number),
        _ => None,
    }
}
