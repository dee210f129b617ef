//! The values of variables: what an agent can answer, and their readings as number and text.

use crate::ber::{self, Reader, Writer};
use crate::error::Malformed;
use crate::oid::Oid;

const IP_ADDRESS: u8 = 0x40;
const COUNTER32: u8 = 0x41;
const GAUGE32: u8 = 0x42;
const TIME_TICKS: u8 = 0x43;
const OPAQUE: u8 = 0x44;
const COUNTER64: u8 = 0x46;
const NO_SUCH_OBJECT: u8 = 0x80;
const NO_SUCH_INSTANCE: u8 = 0x81;
const END_OF_MIB_VIEW: u8 = 0x82;

/// The value of one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// INTEGER; wider than its 32 bits because agents exist that send more.
    Integer(i64),
    /// OCTET STRING: text or bytes.
    OctetString(Vec<u8>),
    /// The placeholder of a request.
    Null,
    /// OBJECT IDENTIFIER.
    Oid(Oid),
    /// IpAddress.
    IpAddress([u8; 4]),
    /// Counter32.
    Counter32(u32),
    /// Gauge32 and Unsigned32.
    Gauge32(u32),
    /// TimeTicks: hundredths of a second.
    TimeTicks(u32),
    /// Opaque: usually a wrapped float.
    Opaque(Vec<u8>),
    /// Counter64.
    Counter64(u64),
    /// The agent does not know the object.
    NoSuchObject,
    /// The agent knows the object, but not this instance.
    NoSuchInstance,
    /// Nothing comes behind the asked identifier.
    EndOfMibView,
}

impl Value {
    /// Whether this is one of the three "there is nothing" answers.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::NoSuchObject | Self::NoSuchInstance | Self::EndOfMibView | Self::Null)
    }

    /// The value as a number: every numeric type, wrapped floats, and text that is a number with or without a unit
    /// behind it (`042.7 V`).
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Counter32(value) | Self::Gauge32(value) | Self::TimeTicks(value) => Some(f64::from(*value)),
            Self::Counter64(value) => Some(*value as f64),
            Self::Opaque(bytes) => opaque_float(bytes),
            Self::OctetString(bytes) => number_in(std::str::from_utf8(bytes).ok()?),
            _ => None,
        }
    }

    /// The value as a whole number, for enumerations.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Counter32(value) | Self::Gauge32(value) | Self::TimeTicks(value) => Some(i64::from(*value)),
            Self::Counter64(value) => i64::try_from(*value).ok(),
            Self::OctetString(bytes) => std::str::from_utf8(bytes).ok()?.trim().parse().ok(),
            _ => None,
        }
    }

    /// The value as text without control characters and surrounding blanks; `None` when nothing is left.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        let Self::OctetString(bytes) = self else { return None };
        let text: String = String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The value as an object identifier.
    #[must_use]
    pub fn as_oid(&self) -> Option<&Oid> {
        match self {
            Self::Oid(oid) => Some(oid),
            _ => None,
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Integer(value) => writer.i64(ber::INTEGER, *value),
            Self::OctetString(bytes) => writer.octets(bytes),
            Self::Null => writer.element(ber::NULL, &[]),
            Self::Oid(oid) => writer.oid(oid),
            Self::IpAddress(bytes) => writer.element(IP_ADDRESS, bytes),
            Self::Counter32(value) => writer.u64(COUNTER32, u64::from(*value)),
            Self::Gauge32(value) => writer.u64(GAUGE32, u64::from(*value)),
            Self::TimeTicks(value) => writer.u64(TIME_TICKS, u64::from(*value)),
            Self::Opaque(bytes) => writer.element(OPAQUE, bytes),
            Self::Counter64(value) => writer.u64(COUNTER64, *value),
            Self::NoSuchObject => writer.element(NO_SUCH_OBJECT, &[]),
            Self::NoSuchInstance => writer.element(NO_SUCH_INSTANCE, &[]),
            Self::EndOfMibView => writer.element(END_OF_MIB_VIEW, &[]),
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (tag, inner) = reader.any()?;
        let content = inner.content();
        let small = || Ok(u32::try_from(ber::unsigned(content, 4)?).unwrap_or(u32::MAX));
        Ok(match tag {
            ber::INTEGER => Self::Integer(ber::signed(content)?),
            ber::OCTET_STRING => Self::OctetString(content.to_vec()),
            ber::NULL => Self::Null,
            ber::OBJECT_IDENTIFIER => Self::Oid(ber::oid(content)?),
            IP_ADDRESS => Self::IpAddress(content.try_into().map_err(|_| Malformed("an IP address is not four bytes"))?),
            COUNTER32 => Self::Counter32(small()?),
            GAUGE32 => Self::Gauge32(small()?),
            TIME_TICKS => Self::TimeTicks(small()?),
            OPAQUE => Self::Opaque(content.to_vec()),
            COUNTER64 => Self::Counter64(ber::unsigned(content, 8)?),
            NO_SUCH_OBJECT => Self::NoSuchObject,
            NO_SUCH_INSTANCE => Self::NoSuchInstance,
            END_OF_MIB_VIEW => Self::EndOfMibView,
            _ => return Err(Malformed("a value has an unknown type")),
        })
    }
}

/// Net-SNMP's wrapped float and double: tag 0x9f 0x78 or 0x9f 0x79, a length, the IEEE number.
fn opaque_float(bytes: &[u8]) -> Option<f64> {
    match bytes {
        [0x9f, 0x78, 4, rest @ ..] => Some(f64::from(f32::from_be_bytes(rest.try_into().ok()?))),
        [0x9f, 0x79, 8, rest @ ..] => Some(f64::from_be_bytes(rest.try_into().ok()?)),
        _ => None,
    }
    .filter(|value| value.is_finite())
}

fn number_in(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    text.get(..end)?.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::Value;

    fn text(text: &str) -> Value {
        Value::OctetString(text.into())
    }

    #[test]
    fn value_of_numeric_text_reads_as_number() {
        assert_eq!(text(" 042.7 V").as_f64(), Some(42.7));
        assert_eq!(text("-3").as_f64(), Some(-3.0));
        assert_eq!(text("n/a").as_f64(), None);
        assert_eq!(text("").as_f64(), None);
    }

    #[test]
    fn value_of_wrapped_float_reads_as_number() {
        assert_eq!(Value::Opaque(vec![0x9f, 0x78, 4, 0x42, 0x2a, 0, 0]).as_f64(), Some(42.5));
        assert_eq!(Value::Opaque(vec![0x9f, 0x78, 4, 0x7f, 0xc0, 0, 0]).as_f64(), None);
        assert_eq!(Value::Opaque(vec![1]).as_f64(), None);
    }

    #[test]
    fn value_of_text_loses_control_characters() {
        assert_eq!(text(" Smart-UPS\u{0}\n 1500 ").as_text().as_deref(), Some("Smart-UPS 1500"));
        assert_eq!(text("\u{0}").as_text(), None);
    }
}
