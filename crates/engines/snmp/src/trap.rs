//! What an agent tells unasked: traps of v1, v2c and v3 and informs of v2c and v3 (RFC 1157 section 4.1.6, RFC 3416 sections
//! 4.2.6 and 4.2.7), read only when they come with the community or the keys of the credentials at hand. A trap may be an old
//! one sent again, so it is a reason to ask the agent, never data; an inform is bound to the clock of our own engine.

use std::time::Duration;

use crate::ber::{self, Reader};
use crate::credentials::{Credentials, User};
use crate::engine::LocalEngine;
use crate::error::{Error, Malformed};
use crate::message::{self, Envelope, FLAG_AUTH, FLAG_PRIVACY, FLAG_REPORTABLE};
use crate::oid::Oid;
use crate::pdu::{Pdu, PduKind, VarBind};
use crate::usm::{self, Extension, PrivacyProtocol, Salt, UserKeys};
use crate::value::Value;

/// Context tag of the trap of v1.
const TRAP_V1: u8 = 0xa4;
/// `snmpTraps` of SNMPv2-MIB; the generic traps of v1 are its children.
const GENERIC_TRAPS: [u32; 9] = [1, 3, 6, 1, 6, 3, 1, 1, 5];
/// `snmpTrapOID.0`
const SNMP_TRAP_OID: [u32; 11] = [1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];

/// A trap that came with the right credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// What happened, as `snmpTrapOID` names it in every version (RFC 3584 section 3.1).
    pub oid: Oid,
    /// The variables that came along.
    pub bindings: Vec<VarBind>,
    /// The datagram an inform waits for; the agent repeats it until it comes.
    pub answer: Option<Vec<u8>>,
}

/// What a datagram turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing that concerns this agent.
    Nothing,
    /// Something happened; the answer, if any, is in it.
    Trap(Trap),
    /// Send this back: the sender gets to know our engine first.
    Answer(Vec<u8>),
}

/// A PDU in its context, and the key that opened it.
type Opened = ((Vec<u8>, Vec<u8>, Pdu), Option<(PrivacyProtocol, Vec<u8>)>);

/// Reads the traps of one agent. Making one stretches the passphrases, which takes milliseconds.
pub struct TrapReader {
    credentials: Credentials,
    keys: Option<UserKeys>,
}

impl std::fmt::Debug for TrapReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrapReader").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

impl TrapReader {
    /// # Errors
    /// When the credentials break a rule.
    pub fn new(credentials: Credentials) -> Result<Self, Error> {
        credentials.check()?;
        let keys = match &credentials {
            Credentials::Community(..) => None,
            Credentials::User(user) => UserKeys::new(user),
        };
        Ok(Self { credentials, keys })
    }

    /// What a datagram says; `now` is the time since `own` began. Nothing when it is no trap, or came with other
    /// credentials.
    #[must_use]
    pub fn read(&self, bytes: &[u8], own: &LocalEngine, now: Duration) -> Heard {
        let trap = match &self.credentials {
            Credentials::Community(_, community) => read_community(bytes, community.as_bytes()).ok().flatten(),
            Credentials::User(user) => return self.read_user(bytes, user, own, now).unwrap_or(Heard::Nothing),
        };
        trap.map_or(Heard::Nothing, Heard::Trap)
    }

    /// Whoever wants an answer has to know our engine; a trap names the engine of its sender.
    fn read_user(&self, bytes: &[u8], user: &User, own: &LocalEngine, now: Duration) -> Option<Heard> {
        let envelope = Envelope::decode(bytes).ok()?;
        let wants_answer = envelope.flags & FLAG_REPORTABLE != 0;
        if wants_answer && !own.is(&envelope.security.engine_id) {
            return Some(Heard::Answer(own.introduce(&envelope, now)));
        }
        let (signed, encrypted) = (envelope.flags & FLAG_AUTH != 0, envelope.flags & FLAG_PRIVACY != 0);
        if envelope.security.user != user.name.as_bytes() || signed != user.auth.is_some() || encrypted != user.privacy.is_some() {
            return None;
        }
        let engine = &envelope.security.engine_id;
        let auth = self.keys.as_ref().map(|keys| keys.auth(engine));
        if let Some((protocol, key)) = auth.as_ref().filter(|_| signed)
            && (envelope.security.auth.len() != protocol.signature_len()
                || !protocol.verifies(key, bytes, envelope.auth_at, &envelope.security.auth))
        {
            return None;
        }
        if wants_answer && signed && !LocalEngine::is_timely(&envelope.security, now) {
            return Some(Heard::Answer(own.correct(&envelope, auth.as_ref().map(|auth| (auth, None)), now)));
        }
        let ((context_engine, context, pdu), privacy) = self.open(&envelope, encrypted)?;
        if !wants_answer {
            return of_pdu(pdu).map(Heard::Trap);
        }
        if pdu.kind != PduKind::Inform {
            return None;
        }
        let answer = own.answer(&envelope, (&context_engine, &context), &pdu, auth.as_ref().map(|auth| (auth, privacy.as_ref())), now);
        of_pdu(Pdu { kind: PduKind::Trap, ..pdu }).map(|trap| Heard::Trap(Trap { answer: Some(answer), ..trap }))
    }

    fn open(&self, envelope: &Envelope, encrypted: bool) -> Option<Opened> {
        if !encrypted {
            return Some((message::decode_in_context(&envelope.payload).ok()?, None));
        }
        let security = &envelope.security;
        // Agents lengthen short keys in either way.
        [Extension::Blumenthal, Extension::Reeder].into_iter().find_map(|extension| {
            let (protocol, key) = self.keys.as_ref()?.privacy(&security.engine_id, extension)?;
            let salt = Salt { boots: security.boots, time: security.time, counter: 0 };
            let plain = usm::decrypt(protocol, &key, salt, &security.privacy, &envelope.payload).ok()?;
            Some((message::decode_in_context(&plain).ok()?, Some((protocol, key))))
        })
    }
}

fn read_community(bytes: &[u8], community: &[u8]) -> Result<Option<Trap>, Malformed> {
    let mut outer = Reader::new(bytes).expect(ber::SEQUENCE)?;
    let version = outer.i32()?;
    if outer.octets()? != community {
        return Ok(None);
    }
    match version {
        0 => read_v1(&mut outer).map(Some),
        1 => {
            let (version, _, pdu) = message::decode_community(bytes)?;
            if pdu.kind != PduKind::Inform {
                return Ok(of_pdu(pdu));
            }
            // The answer repeats the variables.
            let answer = message::encode_community(version, community, &Pdu { kind: PduKind::Response, ..pdu.clone() });
            Ok(of_pdu(Pdu { kind: PduKind::Trap, ..pdu }).map(|trap| Trap { answer: Some(answer), ..trap }))
        }
        _ => Ok(None),
    }
}

fn read_v1(outer: &mut Reader<'_>) -> Result<Trap, Malformed> {
    let mut trap = outer.expect(TRAP_V1)?;
    let enterprise = ber::oid(trap.expect(ber::OBJECT_IDENTIFIER)?.content())?;
    // The agent's address and, behind the two numbers, its uptime: neither is of use here.
    trap.any()?;
    let number = |n: i32| u32::try_from(n).map_err(|_| Malformed("the number of a trap is negative"));
    let (generic, specific) = (number(trap.i32()?)?, number(trap.i32()?)?);
    trap.any()?;
    let mut list = trap.expect(ber::SEQUENCE)?;
    let mut bindings = Vec::new();
    while !list.is_empty() {
        let mut pair = list.expect(ber::SEQUENCE)?;
        let oid = ber::oid(pair.expect(ber::OBJECT_IDENTIFIER)?.content())?;
        bindings.push(VarBind { oid, value: Value::read(&mut pair)? });
    }
    let oid = if generic < 6 { Oid::new(&GENERIC_TRAPS).child(&[generic + 1]) } else { enterprise.child(&[0, specific]) };
    Ok(Trap { oid, bindings, answer: None })
}

fn of_pdu(pdu: Pdu) -> Option<Trap> {
    if pdu.kind != PduKind::Trap {
        return None;
    }
    let name = Oid::new(&SNMP_TRAP_OID);
    let oid = pdu.bindings.iter().find(|b| b.oid == name)?.value.as_oid()?.clone();
    let bindings = pdu.bindings.into_iter().skip(2).collect();
    Some(Trap { oid, bindings, answer: None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::credentials::Version;

    fn reader(community: &str) -> TrapReader {
        TrapReader::new(Credentials::Community(Version::V2c, community.to_owned())).unwrap()
    }

    fn own() -> LocalEngine {
        LocalEngine::new([7; 16])
    }

    fn heard(reader: &TrapReader, bytes: &[u8]) -> Option<Trap> {
        match reader.read(bytes, &own(), Duration::from_secs(1)) {
            Heard::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    fn v2(oid: &[u32]) -> Vec<u8> {
        told(PduKind::Trap, oid)
    }

    fn told(kind: PduKind, oid: &[u32]) -> Vec<u8> {
        let uptime = VarBind { oid: [1, 3, 6, 1, 2, 1, 1, 3, 0].into(), value: Value::TimeTicks(7) };
        let name = VarBind { oid: SNMP_TRAP_OID.into(), value: Value::Oid(Oid::new(oid)) };
        let more = VarBind { oid: [1, 3, 6, 1, 2, 1, 33, 1, 2, 3, 0].into(), value: Value::Integer(3) };
        let pdu = Pdu { kind, request_id: 9, status: 0, index: 0, bindings: vec![uptime, name, more] };
        message::encode_community(Version::V2c, b"site", &pdu)
    }

    #[test]
    fn trap_is_read_with_its_community_only() {
        let bytes = v2(&[1, 3, 6, 1, 2, 1, 33, 2, 1]);
        let trap = heard(&reader("site"), &bytes).unwrap();
        assert_eq!((trap.oid.to_string(), trap.bindings.len()), ("1.3.6.1.2.1.33.2.1".to_owned(), 1));
        assert_eq!(heard(&reader("other"), &bytes), None);
        let question = Pdu { kind: PduKind::Get, request_id: 1, status: 0, index: 0, bindings: Vec::new() };
        assert_eq!(heard(&reader("site"), &message::encode_community(Version::V2c, b"site", &question)), None);
    }

    #[test]
    fn inform_is_a_trap_with_an_answer_to_send() {
        let bytes = told(PduKind::Inform, &[1, 3, 6, 1, 2, 1, 33, 2, 1]);
        let trap = heard(&reader("site"), &bytes).unwrap();
        assert_eq!(trap.oid.to_string(), "1.3.6.1.2.1.33.2.1");
        let (_, community, answer) = message::decode_community(&trap.answer.unwrap()).unwrap();
        assert_eq!((community.as_slice(), answer.kind, answer.request_id, answer.bindings.len()), (&b"site"[..], PduKind::Response, 9, 3));
        assert_eq!(heard(&reader("other"), &bytes), None, "whoever has no right to ask gets no answer");
        assert_eq!(heard(&reader("site"), &v2(&[1, 3, 6, 1, 2, 1, 33, 2, 1])).unwrap().answer, None);
    }

    #[test]
    fn trap_of_the_first_version_gets_the_name_of_the_second() {
        // As Net-SNMP sends it: enterprise 318, agent 127.0.0.1, enterpriseSpecific 5, uptime 1, no variables.
        let trap = |generic: u8, specific: u8| {
            let mut pdu =
                vec![6, 7, 0x2b, 6, 1, 4, 1, 0x82, 0x3e, 0x40, 4, 127, 0, 0, 1, 2, 1, generic, 2, 1, specific, 0x43, 1, 1, 0x30, 0];
            let mut body = vec![2, 1, 0, 4, 4, b's', b'i', b't', b'e', TRAP_V1, u8::try_from(pdu.len()).unwrap()];
            body.append(&mut pdu);
            [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
        };
        assert_eq!(heard(&reader("site"), &trap(6, 5)).unwrap().oid.to_string(), "1.3.6.1.4.1.318.0.5");
        assert_eq!(heard(&reader("site"), &trap(0, 0)).unwrap().oid.to_string(), "1.3.6.1.6.3.1.1.5.1");
    }

    /// An agent that sends informs, as RFC 3414 has it: it asks who we are, then what our clock says, then tells.
    #[test]
    fn inform_of_a_user_is_taken_once_its_sender_knows_our_engine_and_clock() {
        use crate::usm::{AuthProtocol, PrivacyProtocol};
        use crate::{Incoming, Session};
        let user = User {
            name: "card".to_owned(),
            auth: Some((AuthProtocol::Sha256, "signing-key".to_owned())),
            privacy: Some((PrivacyProtocol::Aes256, "hiding-key".to_owned())),
            context: "rack".to_owned(),
        };
        let uptime = VarBind { oid: [1, 3, 6, 1, 2, 1, 1, 3, 0].into(), value: Value::TimeTicks(7) };
        let name = VarBind { oid: SNMP_TRAP_OID.into(), value: Value::Oid(Oid::new(&[1, 3, 6, 1, 2, 1, 33, 2, 1])) };
        let mut pdu = Pdu { kind: PduKind::Inform, request_id: 0, status: 0, index: 0, bindings: vec![uptime, name] };
        let mut agent = Session::new(Credentials::User(user.clone()), [9; 16]).unwrap();
        agent.number(&mut pdu);
        let reader = TrapReader::new(Credentials::User(user.clone())).unwrap();
        let (own, now) = (own(), Duration::from_secs(1_000));

        let who = agent.outgoing(&pdu, Duration::ZERO);
        let Heard::Answer(report) = reader.read(&who, &own, now) else { panic!("we introduce ourselves") };
        assert!(matches!(agent.incoming(&report, &pdu, Duration::ZERO).unwrap(), Incoming::SendAgain));
        // Its idea of our clock is from long ago.
        let late = agent.outgoing(&pdu, Duration::ZERO);
        let Heard::Answer(report) = reader.read(&late, &own, now + Duration::from_secs(200)) else { panic!("we correct its clock") };
        assert!(matches!(agent.incoming(&report, &pdu, Duration::ZERO).unwrap(), Incoming::SendAgain));
        let told = agent.outgoing(&pdu, Duration::ZERO);
        let now = now + Duration::from_secs(201);
        let Heard::Trap(trap) = reader.read(&told, &own, now) else { panic!("it is a trap") };
        assert_eq!(trap.oid.to_string(), "1.3.6.1.2.1.33.2.1");
        let Incoming::Answer(answer) = agent.incoming(&trap.answer.unwrap(), &pdu, Duration::ZERO).unwrap() else {
            panic!("it is answered")
        };
        assert_eq!((answer.kind, answer.request_id, answer.bindings), (PduKind::Response, pdu.request_id, pdu.bindings));

        let other =
            TrapReader::new(Credentials::User(User { auth: Some((AuthProtocol::Sha256, "another-key".to_owned())), ..user })).unwrap();
        assert_eq!(other.read(&told, &own, now), Heard::Nothing, "the signature is not theirs");
        assert!(matches!(reader.read(&told, &LocalEngine::new([8; 16]), now), Heard::Answer(_)), "after a restart it is told our new name");
        assert!(matches!(reader.read(&told, &own, now + Duration::from_secs(600)), Heard::Answer(_)), "sent again later it is out of date");
    }

    proptest! {
        #[test]
        fn any_datagram_is_a_trap_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..120), at in 0_usize..80, flip in any::<u8>()) {
            let user = User { name: "u".to_owned(), ..User::default() };
            let readers = [reader("site"), TrapReader::new(Credentials::User(user)).unwrap()];
            let mut bent = v2(&[1, 3, 6, 1, 2, 1, 33, 2, 1]);
            if let Some(byte) = bent.get_mut(at) {
                *byte ^= flip;
            }
            for reader in &readers {
                drop(reader.read(&bytes, &own(), Duration::ZERO));
                drop(reader.read(&bent, &own(), Duration::ZERO));
            }
        }
    }
}
