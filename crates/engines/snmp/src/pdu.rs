//! Protocol data units (RFC 3416 section 3): kind, request id, two numbers, variables.

use crate::ber::{self, Reader, Writer};
use crate::error::Malformed;
use crate::oid::Oid;
use crate::value::Value;

/// What a PDU asks or tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PduKind {
    /// Ask for exact instances.
    Get,
    /// Ask for what comes next.
    GetNext,
    /// An answer.
    Response,
    /// Change instances.
    Set,
    /// Ask for several that come next (v2c and v3).
    GetBulk,
    /// Something told unasked that waits for an answer (v2c and v3).
    Inform,
    /// Something told unasked (v2c and v3).
    Trap,
    /// A complaint of the message layer (v3).
    Report,
}

impl PduKind {
    fn tag(self) -> u8 {
        match self {
            Self::Get => 0xa0,
            Self::GetNext => 0xa1,
            Self::Response => 0xa2,
            Self::Set => 0xa3,
            Self::GetBulk => 0xa5,
            Self::Inform => 0xa6,
            Self::Trap => 0xa7,
            Self::Report => 0xa8,
        }
    }

    fn from_tag(tag: u8) -> Result<Self, Malformed> {
        [Self::Get, Self::GetNext, Self::Response, Self::Set, Self::GetBulk, Self::Inform, Self::Trap, Self::Report]
            .into_iter()
            .find(|kind| kind.tag() == tag)
            .ok_or(Malformed("it carries an unknown kind of PDU"))
    }
}

/// A variable: name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarBind {
    /// Instance the value belongs to.
    pub oid: Oid,
    /// Its value; `Null` in questions.
    pub value: Value,
}

/// A protocol data unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    /// What it is.
    pub kind: PduKind,
    /// Pairs answers with questions.
    pub request_id: i32,
    /// Error status; `non-repeaters` of a GETBULK.
    pub status: i32,
    /// Position of the variable at fault, from 1; `max-repetitions` of a GETBULK.
    pub index: i32,
    /// The variables.
    pub bindings: Vec<VarBind>,
}

impl Pdu {
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.nested(self.kind.tag(), |pdu| {
            for number in [self.request_id, self.status, self.index] {
                pdu.i64(ber::INTEGER, i64::from(number));
            }
            pdu.nested(ber::SEQUENCE, |list| {
                for binding in &self.bindings {
                    list.nested(ber::SEQUENCE, |pair| {
                        pair.oid(&binding.oid);
                        binding.value.write(pair);
                    });
                }
            });
        });
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (tag, mut body) = reader.any()?;
        let kind = PduKind::from_tag(tag)?;
        let (request_id, status, index) = (body.i32()?, body.i32()?, body.i32()?);
        let mut list = body.expect(ber::SEQUENCE)?;
        let mut bindings = Vec::new();
        while !list.is_empty() {
            let mut pair = list.expect(ber::SEQUENCE)?;
            let oid = ber::oid(pair.expect(ber::OBJECT_IDENTIFIER)?.content())?;
            bindings.push(VarBind { oid, value: Value::read(&mut pair)? });
        }
        Ok(Self { kind, request_id, status, index, bindings })
    }
}
