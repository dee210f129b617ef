//! Messages around the PDUs: the community message of v1 and v2c, and the v3 message with its security parameters
//! (RFC 3412 section 6, RFC 3414 section 2.4). Layout only; keys and judgement live elsewhere.

use crate::ber::{self, Reader, Writer};
use crate::credentials::Version;
use crate::error::Malformed;
use crate::pdu::Pdu;

/// Largest datagram we take, announced to v3 agents.
pub(crate) const MAX_SIZE: usize = 65_507;

/// `msgFlags`: signed.
pub(crate) const FLAG_AUTH: u8 = 1;
/// `msgFlags`: encrypted.
pub(crate) const FLAG_PRIVACY: u8 = 2;
/// `msgFlags`: a Report may come back.
pub(crate) const FLAG_REPORTABLE: u8 = 4;

/// Number of the user-based security model.
const USM: i64 = 3;

pub(crate) fn encode_community(version: Version, community: &[u8], pdu: &Pdu) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.nested(ber::SEQUENCE, |message| {
        message.i64(ber::INTEGER, if version == Version::V1 { 0 } else { 1 });
        message.octets(community);
        pdu.write(message);
    });
    writer.into_bytes()
}

pub(crate) fn decode_community(bytes: &[u8]) -> Result<(Version, Vec<u8>, Pdu), Malformed> {
    let mut message = Reader::new(bytes).expect(ber::SEQUENCE)?;
    let version = match message.i32()? {
        0 => Version::V1,
        1 => Version::V2c,
        _ => return Err(Malformed("it is of another SNMP version")),
    };
    Ok((version, message.octets()?.to_vec(), Pdu::read(&mut message)?))
}

/// The security parameters of the user-based model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Security {
    pub(crate) engine_id: Vec<u8>,
    pub(crate) boots: u32,
    pub(crate) time: u32,
    pub(crate) user: Vec<u8>,
    pub(crate) auth: Vec<u8>,
    pub(crate) privacy: Vec<u8>,
}

/// A v3 message with its payload as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) id: i32,
    pub(crate) flags: u8,
    pub(crate) security: Security,
    /// The scoped PDU: its element when plain, the ciphertext when `flags` say encrypted.
    pub(crate) payload: Vec<u8>,
    /// Where the bytes of `security.auth` stand in the message.
    pub(crate) auth_at: usize,
}

impl Envelope {
    /// Writes the message and tells where the signature goes.
    pub(crate) fn encode(&self) -> (Vec<u8>, usize) {
        let mut behind_auth = Writer::default();
        behind_auth.octets(&self.security.privacy);
        let mut data = Writer::default();
        if self.flags & FLAG_PRIVACY == 0 {
            data.raw(&self.payload);
        } else {
            data.octets(&self.payload);
        }
        let tail = behind_auth.len() + data.len() + self.security.auth.len();

        let mut writer = Writer::default();
        writer.nested(ber::SEQUENCE, |message| {
            message.i64(ber::INTEGER, 3);
            message.nested(ber::SEQUENCE, |header| {
                header.i64(ber::INTEGER, i64::from(self.id));
                header.i64(ber::INTEGER, MAX_SIZE as i64);
                header.octets(&[self.flags]);
                header.i64(ber::INTEGER, USM);
            });
            message.nested(ber::OCTET_STRING, |parameters| parameters.nested(ber::SEQUENCE, |usm| self.write_security(usm)));
            message.raw(&data.into_bytes());
        });
        let bytes = writer.into_bytes();
        let auth_at = bytes.len() - tail;
        (bytes, auth_at)
    }

    fn write_security(&self, usm: &mut Writer) {
        usm.octets(&self.security.engine_id);
        usm.i64(ber::INTEGER, i64::from(self.security.boots));
        usm.i64(ber::INTEGER, i64::from(self.security.time));
        usm.octets(&self.security.user);
        usm.octets(&self.security.auth);
        usm.octets(&self.security.privacy);
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut message = Reader::new(bytes).expect(ber::SEQUENCE)?;
        if message.i32()? != 3 {
            return Err(Malformed("it is of another SNMP version"));
        }
        let mut header = message.expect(ber::SEQUENCE)?;
        let (id, _size) = (header.i32()?, header.i32()?);
        let [flags] = *header.octets()? else { return Err(Malformed("the message flags are not one byte")) };
        if i64::from(header.i32()?) != USM {
            return Err(Malformed("it uses another security model than USM"));
        }
        let mut usm = message.expect(ber::OCTET_STRING)?.expect(ber::SEQUENCE)?;
        let engine_id = usm.octets()?.to_vec();
        let number = |value: i32| u32::try_from(value).map_err(|_| Malformed("boots or time of the agent is negative"));
        let (boots, time) = (number(usm.i32()?)?, number(usm.i32()?)?);
        let user = usm.octets()?.to_vec();
        let auth = usm.expect(ber::OCTET_STRING)?;
        let privacy = usm.octets()?.to_vec();
        let payload = if flags & FLAG_PRIVACY == 0 { message.content() } else { message.octets()? };
        let security = Security { engine_id, boots, time, user, auth: auth.content().to_vec(), privacy };
        Ok(Self { id, flags, security, payload: payload.to_vec(), auth_at: auth.position() })
    }
}

/// A scoped PDU: which context of which engine the PDU is about.
pub(crate) fn encode_scoped(engine_id: &[u8], context: &[u8], pdu: &Pdu) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.nested(ber::SEQUENCE, |scoped| {
        scoped.octets(engine_id);
        scoped.octets(context);
        pdu.write(scoped);
    });
    writer.into_bytes()
}

/// Reads the PDU of a scoped PDU; padding behind it is ignored.
pub(crate) fn decode_scoped(bytes: &[u8]) -> Result<Pdu, Malformed> {
    decode_in_context(bytes).map(|(_, _, pdu)| pdu)
}

/// The same with the engine and the name of the context it is about.
pub(crate) fn decode_in_context(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>, Pdu), Malformed> {
    let mut scoped = Reader::new(bytes).expect(ber::SEQUENCE)?;
    Ok((scoped.octets()?.to_vec(), scoped.octets()?.to_vec(), Pdu::read(&mut scoped)?))
}
